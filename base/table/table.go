// Package table reads the tables that people bring: CSV in UTF-8 (or UTF-16 with
// its mark) and XLSX, row by row and never as a whole. The header may stand below
// titles, be spread over two lines, and name its columns in Vietnamese or English,
// with or without marks. What is wrong is said with line or cell, column and
// value, as a fault; what is no table at all is refused before anything is read.
package table

import (
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"cchc/base/fault"
)

// A Column is one that a reader looks for.
type Column struct {
	Name  string   // how code calls it, and one of its names in files
	Names []string // its other names in files; case, marks and punctuation don't matter
	Need  bool     // a file without it is refused
	Date  bool     // a number in a cell of a spreadsheet is a day, not a number
}

// A Spec says what a reader looks for. The zero Spec takes any header in the
// first line.
type Spec struct {
	Columns []Column
	Map     map[string]string // a file's own header, folded by Fold → Name; "-" ignores it
	Sheet   string            // of a workbook; "" is the first one that is not hidden
	Letters bool              // there is no header: columns are called A, B, C

	// What a mapping says of values, by column: words that must be known, words
	// that stand for others, and further ways to write dates, as package time does.
	Values map[string]map[string]string
	Also   map[string]map[string]string
	Dates  []string
}

// A Reader gives the rows of a file one by one.
type Reader struct {
	Row // the present one

	rows   raw
	spec   Spec
	ahead  []line // read while looking for the header
	header []string
	names  []string // of each column: a Spec's Name, or the header itself
	at     map[string]int
	dates  []int
	used   []int // columns that the Spec asked for
	err    error
	bad    *fault.Fault

	words   []words
	unknown map[Count]int
	atEnd   []func()

	// Lenient goes on after a row that is wrong as a whole; ask Bad.
	Lenient bool
}

// A line is one row as it stands in the file.
type line struct {
	number int      // the line of a CSV file, the row of a sheet
	cells  []string // empty at the end may be missing in a sheet
	lines  []int    // of each cell where they differ from number
	kinds  []kind   // of each cell of a sheet; nil is all text
}

// A raw gives lines; false at the end and at an error.
type raw interface {
	next() bool
	line() line
	err() error
	sheet() bool // cells have names such as C17
	close()
}

// kind is what a cell of a sheet holds beside text.
type kind byte

const (
	text kind = iota
	number
	failed  // #REF!, #N/A
	formula // without a value
)

// maxCell is the most characters of a cell: a spreadsheet's own limit. More is
// a quote that was never closed.
const maxCell = 32_767

// Read begins a CSV file in UTF-8 with commas, whose first line is the header;
// the columns named must be there, others may.
func Read(r io.Reader, need ...string) (*Reader, error) {
	spec := Spec{}
	for _, n := range need {
		spec.Columns = append(spec.Columns, Column{Name: n, Need: true})
	}
	t := &Reader{rows: plain(r), spec: spec}
	if err := t.begin(1); err != nil {
		return nil, err
	}
	return t, nil
}

// Header returns the columns of the file in order, as the file calls them.
func (t *Reader) Header() []string { return slices.Clone(t.header) }

// Names returns what each column of the Header was taken for, "" for those that
// nobody asked for.
func (t *Reader) Names() []string {
	out := make([]string, len(t.header))
	for _, i := range t.used {
		out[i] = t.names[i]
	}
	return out
}

// Has reports whether the file has a column.
func (t *Reader) Has(column string) bool { _, ok := t.at[column]; return ok }

// Next goes to the next row that has anything in it; false at the end of the file
// and at an error, which Err tells apart.
func (t *Reader) Next() bool {
	for t.err == nil {
		var l line
		if len(t.ahead) > 0 {
			l, t.ahead = t.ahead[0], t.ahead[1:]
		} else if t.rows.next() {
			l = t.rows.line()
		} else {
			t.err = t.rows.err()
			return false
		}
		if blank(l.cells) {
			continue
		}
		t.Row = Row{t: t, l: l}
		if t.bad = t.check(); t.bad != nil && !t.Lenient {
			t.err = t.bad
			return false
		}
		return true
	}
	return false
}

// check tells what is wrong with the row as a whole, pads it to the header's
// width and turns serial numbers into days.
func (t *Reader) check() *fault.Fault {
	l := &t.l
	if !t.rows.sheet() && !t.spec.Letters && len(l.cells) != len(t.header) {
		return fault.New(fault.Invalid, "table.width", "Line", strconv.Itoa(l.number), "Columns", len(l.cells), "Header", len(t.header))
	}
	for len(l.cells) < len(t.header) {
		l.cells = append(l.cells, "")
	}
	for i, c := range l.cells[:len(t.header)] {
		if !utf8.ValidString(c) || strings.IndexByte(c, 0) >= 0 {
			return fault.New(fault.Invalid, "table.encoding", "Line", strconv.Itoa(t.lineAt(i)), "Column", t.header[i])
		}
		if len(c) > maxCell && utf8.RuneCountInString(c) > maxCell {
			l.cells[i] = string([]rune(c)[:100]) + "…"
			return t.wrongAt(i, "table.long", "Max", maxCell)
		}
	}
	if bad := t.kinds(); bad != nil {
		return bad
	}
	if len(t.spec.Dates) > 0 {
		t.rewrite()
	}
	return t.translate()
}

// kinds refuses errors and formulas in the columns that are read, and turns serial
// numbers into days.
func (t *Reader) kinds() *fault.Fault {
	l := &t.l
	if l.kinds == nil {
		return nil
	}
	for _, i := range t.used {
		if i >= len(l.kinds) {
			continue
		}
		switch l.kinds[i] {
		case failed:
			return t.wrongAt(i, "table.failed")
		case formula:
			return t.wrongAt(i, "table.formula")
		}
	}
	for _, i := range t.dates {
		if i < len(l.kinds) && l.kinds[i] == number {
			if s, ok := t.rows.(*sheetRows).day(l.cells[i]); ok {
				l.cells[i] = s
			}
		}
	}
	return nil
}

// Bad returns what is wrong with the row as a whole (its number of cells, its
// encoding, an error in a cell), or nil. A row that is bad ends the reading unless
// the Reader is Lenient.
func (t *Reader) Bad() *fault.Fault { return t.bad }

// Err returns what ended the reading, or nil at the end of the file.
func (t *Reader) Err() error { return t.err }

// rewrite writes the dates of a mapping's ways as ours.
func (t *Reader) rewrite() {
	for _, i := range t.dates {
		for _, layout := range t.spec.Dates {
			at, err := time.Parse(layout, strings.TrimSpace(t.l.cells[i]))
			if err != nil {
				continue
			}
			if t.l.cells[i] = at.Format("2006-01-02T15:04:05"); !strings.Contains(layout, "15") {
				t.l.cells[i] = at.Format("2006-01-02")
			}
			break
		}
	}
}

// AtEnd has f called by Close.
func (t *Reader) AtEnd(f func()) { t.atEnd = append(t.atEnd, f) }

// Close lets go of what the reader holds open.
func (t *Reader) Close() {
	for _, f := range t.atEnd {
		f()
	}
	t.atEnd = nil
	if t.rows != nil {
		t.rows.close()
	}
}

func blank(cells []string) bool {
	for _, c := range cells {
		if strings.TrimSpace(c) != "" {
			return false
		}
	}
	return true
}
