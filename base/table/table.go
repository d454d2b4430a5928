// Package table reads the CSV files that people bring: UTF-8 with or without
// BOM, comma, a header line in any order, lines that begin with # skipped. What
// is wrong is said with line, column and value, as a fault.
package table

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"cchc/base/fault"
)

// A Reader gives the rows of a file one by one.
type Reader struct {
	csv    *csv.Reader
	header []string
	at     map[string]int
	row    []string
	lines  []int // of each cell, for messages
	err    error
	bad    *fault.Fault

	// Lenient goes on after a row that is wrong as a whole; ask Bad.
	Lenient bool
}

// Read begins a file; the columns named must be there, others may.
func Read(r io.Reader, need ...string) (*Reader, error) {
	b := bufio.NewReader(r)
	if bom, _ := b.Peek(3); string(bom) == "\ufeff" {
		b.Discard(3)
	}
	t := &Reader{csv: csv.NewReader(b), at: map[string]int{}}
	t.csv.Comment = '#'
	t.csv.FieldsPerRecord = -1
	t.csv.ReuseRecord = false
	header, err := t.csv.Read()
	if errors.Is(err, io.EOF) {
		return nil, fault.New(fault.Invalid, "table.empty")
	}
	if err != nil {
		return nil, broken(err)
	}
	for _, name := range header {
		if !utf8.ValidString(name) || strings.ContainsRune(name, 0) {
			return nil, fault.New(fault.Invalid, "table.not_utf8")
		}
	}
	for i, name := range header {
		name = strings.TrimSpace(name)
		if _, twice := t.at[name]; twice {
			return nil, fault.New(fault.Invalid, "table.column_twice", "Column", name)
		}
		t.header, t.at[name] = append(t.header, name), i
	}
	for _, name := range need {
		if _, ok := t.at[name]; !ok {
			return nil, fault.New(fault.Invalid, "table.column_missing", "Column", name)
		}
	}
	return t, nil
}

// Header returns the columns of the file in order.
func (t *Reader) Header() []string { return slices.Clone(t.header) }

// Has reports whether the file has a column.
func (t *Reader) Has(column string) bool { _, ok := t.at[column]; return ok }

// Next goes to the next row; false at the end of the file and at an error,
// which Err tells apart.
func (t *Reader) Next() bool {
	if t.err != nil {
		return false
	}
	row, err := t.csv.Read()
	if errors.Is(err, io.EOF) {
		return false
	}
	if err != nil {
		t.err = broken(err)
		return false
	}
	t.row, t.lines = row, t.lines[:0]
	for i := range row {
		line, _ := t.csv.FieldPos(i)
		t.lines = append(t.lines, line)
	}
	t.bad = nil
	if len(row) != len(t.header) {
		t.bad = fault.New(fault.Invalid, "table.width", "Line", strconv.Itoa(t.lines[0]), "Columns", len(row), "Header", len(t.header))
	}
	for i, cell := range row {
		if t.bad == nil && (!utf8.ValidString(cell) || strings.ContainsRune(cell, 0)) {
			t.bad = fault.New(fault.Invalid, "table.encoding", "Line", strconv.Itoa(t.lines[i]), "Column", t.header[i])
		}
	}
	if t.bad != nil && !t.Lenient {
		t.err = t.bad
		return false
	}
	return true
}

// Bad returns what is wrong with the row as a whole (its number of cells, its
// encoding), or nil. A row that is bad ends the reading unless the Reader is
// Lenient; its cells cannot be asked for.
func (t *Reader) Bad() *fault.Fault { return t.bad }

// Err returns what ended the reading, or nil at the end of the file.
func (t *Reader) Err() error { return t.err }

// Get returns a cell without the blanks around it; "" when the file has no such
// column.
func (t *Reader) Get(column string) string {
	if i, ok := t.at[column]; ok {
		return strings.TrimSpace(t.row[i])
	}
	return ""
}

// Row returns the cells as they are, in the order of Header. The caller may keep
// them.
func (t *Reader) Row() []string { return t.row }

// Line returns the line on which the row begins, the header being 1.
func (t *Reader) Line() int { return t.lines[0] }

// Wrong returns the fault of one cell of the row: line, column, value, and why,
// a message key with its arguments.
func (t *Reader) Wrong(column, key string, args ...any) *fault.Fault {
	return Wrong(t.LineOf(column), column, t.Get(column), key, args...)
}

// LineOf returns the line on which a cell of the row begins; the row's own for
// a column that the file has not.
func (t *Reader) LineOf(column string) int {
	if i, ok := t.at[column]; ok {
		return t.lines[i]
	}
	return t.lines[0]
}

// Wrong is the fault of a cell of a row that was read before.
func Wrong(line int, column, value, key string, args ...any) *fault.Fault {
	return fault.New(fault.Invalid, "table.cell", "Line", strconv.Itoa(line), "Column", column, "Value", value).With(column, key, args...)
}

func broken(err error) error {
	var p *csv.ParseError
	if errors.As(err, &p) {
		return fault.New(fault.Invalid, "table.broken", "Line", strconv.Itoa(p.Line)).Because(err)
	}
	return fmt.Errorf("read a table: %w", err)
}
