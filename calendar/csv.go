package calendar

import (
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strings"

	"cchc/base/fault"
	"cchc/base/moment"
	rows "cchc/base/table"
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

// table is a CSV file whose rows pass through: package table reads it, and what is
// wrong is said in words, for the command line and for who looks after the data of
// the program.
type table struct {
	reader *rows.Reader
	header []string
	row    []string
	err    error
}

func readTable(r io.Reader, need ...string) (*table, error) {
	t, err := rows.Read(r, need...)
	if err != nil {
		return nil, inWords(err)
	}
	return &table{reader: t, header: t.Header()}, nil
}

func (t *table) next() bool {
	if !t.reader.Next() {
		t.err = inWords(t.reader.Err())
		return false
	}
	t.row = t.reader.Cells()
	return true
}

// get returns the cell of a column; empty when the file has no such column.
func (t *table) get(name string) string { return t.reader.Get(name) }

func (t *table) wrong(name string, err error) error {
	return fmt.Errorf("line %d, column %s: %w", t.reader.LineOf(name), name, err)
}

// inWords tells a fault of a table in the words of the command line.
func inWords(err error) error {
	f := fault.As(err)
	if f == nil {
		return err
	}
	arg := map[string]any{}
	for i := 0; i+1 < len(f.Args); i += 2 {
		arg[fmt.Sprint(f.Args[i])] = f.Args[i+1]
	}
	switch f.Key {
	case "table.empty":
		return fmt.Errorf("line 1: the header is missing")
	case "table.column_missing":
		return fmt.Errorf("line 1: column %v is missing", arg["Column"])
	case "table.width":
		return fmt.Errorf("line %v: %v columns, the header has %v (a decimal comma needs quotes)", arg["Line"], arg["Columns"], arg["Header"])
	case "table.broken":
		return fmt.Errorf("line %v: a quote or a separator is wrong: %w", arg["Line"], err)
	}
	return err
}
