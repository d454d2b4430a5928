package calendar

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"cchc/base/moment"
)

// Columns of DueCSV.
const (
	colReceived = "received_at"
	colQty      = "qty"
	colUnit     = "unit"
	colStops    = "clock_stops"
	colAsOf     = "clock_as_of"
	colDays     = "due_mode_days"
	colClock    = "due_mode_clock"
)

// DueCSV copies rows and sets due_mode_days and due_mode_clock: the due dates of
// received_at and the limit qty, unit under both conventions. The two columns
// are overwritten, or appended when missing. All others pass through, the rows
// keep their order, lines that begin with # are left out. A comma that is a
// decimal comma needs quotes: "7,5".
//
// A column clock_stops may hold stops, "FROM..TO as" separated by "; ", and
// clock_as_of the instant at which an open one is taken as supplied; that is how
// data/vectors_due.csv states them.
//
// The first wrong cell ends the copy with an error that names line and column;
// rows before it have been written.
func DueCSV(c *Calendar, in io.Reader, out io.Writer) error {
	t, err := readTable(in, "id", colReceived, colQty, colUnit)
	if err != nil {
		return err
	}
	for _, name := range []string{colDays, colClock} {
		if !slices.Contains(t.header, name) {
			t.header = append(t.header, name)
		}
	}
	w := csv.NewWriter(out)
	if err := w.Write(t.header); err != nil {
		return fmt.Errorf("write the header: %w", err)
	}
	for t.next() {
		days, clock, err := dueRow(c, t)
		if err != nil {
			return err
		}
		for len(t.row) < len(t.header) {
			t.row = append(t.row, "")
		}
		t.row[slices.Index(t.header, colDays)] = days.String()
		t.row[slices.Index(t.header, colClock)] = clock.String()
		if err := w.Write(t.row); err != nil {
			return fmt.Errorf("write a row: %w", err)
		}
	}
	if t.err != nil {
		return t.err
	}
	w.Flush()
	if err := w.Error(); err != nil {
		return fmt.Errorf("write the rows: %w", err)
	}
	return nil
}

func dueRow(c *Calendar, t *table) (days, clock moment.Instant, err error) {
	received, err := moment.ParseInstant(t.get(colReceived))
	if err != nil {
		return 0, 0, t.wrong(colReceived, err)
	}
	unit := t.get(colUnit)
	if LimitUnit(strings.TrimSpace(unit)).most() < 0 {
		return 0, 0, t.wrong(colUnit, Limit{Unit: LimitUnit(unit)}.Validate())
	}
	limit, err := ParseLimit(t.get(colQty), unit)
	if err != nil {
		return 0, 0, t.wrong(colQty, err)
	}
	var stops []Stop
	for _, text := range strings.Split(t.get(colStops), ";") {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		interval, as, _ := strings.Cut(text, " ")
		s, err := ParseStop(interval, as)
		if err != nil {
			return 0, 0, t.wrong(colStops, err)
		}
		stops = append(stops, s)
	}
	var asOf moment.Instant
	if text := t.get(colAsOf); strings.TrimSpace(text) != "" {
		if asOf, err = moment.ParseInstant(text); err != nil {
			return 0, 0, t.wrong(colAsOf, err)
		}
	}
	byDays, err := c.Project(received, limit, Days, stops, asOf)
	if err != nil {
		return 0, 0, t.wrong(colReceived, err)
	}
	byClock, err := c.Project(received, limit, Clock, stops, asOf)
	if err != nil {
		return 0, 0, t.wrong(colReceived, err)
	}
	return byDays.Due, byClock.Due, nil
}

// table reads the CSV that the product takes: UTF-8 with or without BOM, comma,
// a header line, lines that begin with # skipped.
type table struct {
	reader *csv.Reader
	header []string
	given  int // columns of the file
	row    []string
	err    error
}

func readTable(r io.Reader, need ...string) (*table, error) {
	b := bufio.NewReader(r)
	if bom, _ := b.Peek(3); string(bom) == "\ufeff" {
		b.Discard(3)
	}
	t := &table{reader: csv.NewReader(b)}
	t.reader.Comment = '#'
	t.reader.FieldsPerRecord = -1
	header, err := t.reader.Read()
	if errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("line 1: the header is missing")
	}
	if err != nil {
		return nil, fmt.Errorf("the header: %w", err)
	}
	t.header, t.given = header, len(header)
	for _, name := range need {
		if !slices.Contains(header, name) {
			line, _ := t.reader.FieldPos(0)
			return nil, fmt.Errorf("line %d: column %s is missing", line, name)
		}
	}
	return t, nil
}

func (t *table) next() bool {
	t.row, t.err = t.reader.Read()
	if errors.Is(t.err, io.EOF) {
		t.err = nil
		return false
	}
	if t.err != nil {
		return false
	}
	if len(t.row) != t.given {
		line, _ := t.reader.FieldPos(0)
		t.err = fmt.Errorf("line %d: %d columns, the header has %d (a decimal comma needs quotes)", line, len(t.row), t.given)
		return false
	}
	return true
}

// get returns the cell of a column; empty when the file has no such column.
func (t *table) get(name string) string {
	if i := slices.Index(t.header[:t.given], name); i >= 0 {
		return t.row[i]
	}
	return ""
}

func (t *table) wrong(name string, err error) error {
	line, _ := t.reader.FieldPos(slices.Index(t.header[:t.given], name))
	return fmt.Errorf("line %d, column %s: %w", line, name, err)
}
