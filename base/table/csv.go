package table

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"

	"cchc/base/fault"
)

// csvRows gives the lines of a CSV file.
type csvRows struct {
	csv   *csv.Reader
	meter *meter
	now   line
	fail  error
}

// maxRow bounds one row of a CSV file in bytes: a quote that is never closed
// would make one row of all that follows.
const maxRow = 4 << 20

// meter refuses to read on when a row has grown too large.
type meter struct {
	r    io.Reader
	left int
}

var errRow = errors.New("a row is too large")

// Read reads on while the row is small enough.
func (m *meter) Read(p []byte) (int, error) {
	if m.left <= 0 {
		return 0, errRow
	}
	n, err := m.r.Read(p[:min(len(p), m.left)])
	m.left -= n
	return n, err
}

func plain(r io.Reader) *csvRows {
	b := bufio.NewReader(r)
	if bom, _ := b.Peek(3); string(bom) == "\ufeff" {
		b.Discard(3)
	}
	return separated(b, ',')
}

func separated(r io.Reader, comma rune) *csvRows {
	c := &csvRows{meter: &meter{r: r, left: maxRow}}
	c.csv = csv.NewReader(c.meter)
	c.csv.Comma, c.csv.Comment = comma, '#'
	c.csv.FieldsPerRecord = -1
	return c
}

func (c *csvRows) next() bool {
	if c.fail != nil {
		return false
	}
	c.meter.left = maxRow
	row, err := c.csv.Read()
	if errors.Is(err, io.EOF) {
		return false
	}
	if err != nil {
		c.fail = broken(err)
		return false
	}
	c.now = line{cells: row}
	c.now.number, _ = c.csv.FieldPos(0)
	if last, _ := c.csv.FieldPos(len(row) - 1); last != c.now.number { // a cell of several lines
		c.now.lines = make([]int, len(row))
		for i := range row {
			c.now.lines[i], _ = c.csv.FieldPos(i)
		}
	}
	return true
}

func (c *csvRows) line() line  { return c.now }
func (c *csvRows) err() error  { return c.fail }
func (c *csvRows) sheet() bool { return false }
func (c *csvRows) close()      {}

func broken(err error) error {
	var p *csv.ParseError
	switch {
	case errors.Is(err, errRow):
		f := fault.New(fault.Invalid, "table.row_large", "Megabytes", maxRow>>20)
		return f.Because(err)
	case errors.As(err, &p):
		return fault.New(fault.Invalid, "table.broken", "Line", strconv.Itoa(p.Line)).Because(err)
	}
	return fmt.Errorf("read a table: %w", err)
}

// separator returns what parts the cells: the one of comma, semicolon and tab of
// which most lines have the same number, quoted ones left out. A semicolon's file
// is full of decimal commas, but not the same number in every line.
func separator(head []byte) rune {
	best, most := ',', 0
	for _, sep := range []byte(",;\t") {
		lines := map[int]int{} // by how many there are
		n, quoted := 0, false
		for _, b := range append(bytes.Clone(head), '\n') {
			switch {
			case b == '"':
				quoted = !quoted
			case quoted:
			case b == sep:
				n++
			case b == '\n':
				lines[n]++
				n = 0
			}
		}
		for n, times := range lines {
			if n*times > most {
				best, most = rune(sep), n*times
			}
		}
	}
	return best
}
