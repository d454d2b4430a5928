package table

import (
	"strconv"
	"strings"

	"cchc/base/fault"
)

// A Row is one row of a file. It may be kept after the reader went on.
type Row struct {
	t *Reader
	l line
}

// Get returns a cell without the blanks around it; "" when the file has no such
// column.
func (r Row) Get(column string) string {
	if i, ok := r.t.at[column]; ok && i < len(r.l.cells) {
		return strings.TrimSpace(r.l.cells[i])
	}
	return ""
}

// Cells returns the cells as they are, in the order of Header; the caller may
// keep them.
func (r Row) Cells() []string { return r.l.cells }

// Header returns the columns of the file that the row is of.
func (r Row) Header() []string { return r.t.Header() }

// Line returns the line on which the row begins, the header being 1; of a sheet,
// its number there.
func (r Row) Line() int { return r.l.number }

// LineOf returns the line on which a cell of the row begins; the row's own for a
// column that the file has not.
func (r Row) LineOf(column string) int {
	if i, ok := r.t.at[column]; ok {
		return r.lineAt(i)
	}
	return r.l.number
}

func (r Row) lineAt(i int) int {
	if i < len(r.l.lines) {
		return r.l.lines[i]
	}
	return r.l.number
}

// Wrong returns the fault of one cell of the row: line or cell, column, value,
// and why, a message key with its arguments.
func (r Row) Wrong(column, key string, args ...any) *fault.Fault {
	i, ok := r.t.at[column]
	if !ok {
		return wrong("", r.l.number, column, "").With(column, key, args...)
	}
	return r.wrongAt(i, key, args...)
}

func (r Row) wrongAt(i int, key string, args ...any) *fault.Fault {
	value, cell := "", ""
	if i < len(r.l.cells) {
		value = Shown(r.l.cells[i])
	}
	if r.t.rows != nil && r.t.rows.sheet() {
		cell = cellName(i, r.l.number)
	}
	return wrong(cell, r.lineAt(i), r.t.header[i], value).With(r.t.names[i], key, args...)
}

// Shown returns a value short enough for a message.
func Shown(value string) string {
	value = strings.TrimSpace(value)
	if r := []rune(value); len(r) > 80 {
		return string(r[:80]) + "…"
	}
	return value
}

func wrong(cell string, line int, column, value string) *fault.Fault {
	if cell != "" {
		return fault.New(fault.Invalid, "table.cell_at", "Cell", cell, "Column", column, "Value", value)
	}
	return fault.New(fault.Invalid, "table.cell", "Line", strconv.Itoa(line), "Column", column, "Value", value)
}

// A Flaw is a row that cannot be taken, and why. Its fault's first field names
// the column; without one the row is wrong as a whole.
type Flaw struct {
	Row   Row
	Fault *fault.Fault
}

// Flaw makes a flaw of the row.
func (r Row) Flaw(f *fault.Fault) Flaw { return Flaw{Row: r, Fault: f} }

// Column returns which of the row's cells is wrong, or -1.
func (f Flaw) Column() int {
	if len(f.Fault.Fields) > 0 {
		if i, ok := f.Row.t.at[f.Fault.Fields[0].Name]; ok {
			return i
		}
	}
	return -1
}

// Flaws are the rows of a file that cannot be taken.
type Flaws []Flaw

// First returns the first flaw as an error, nil when there is none.
func (f Flaws) First() error {
	if len(f) == 0 {
		return nil
	}
	return f[0].Fault
}

// cellName is how a spreadsheet calls a cell: column 2 of row 17 is C17.
func cellName(column, row int) string { return Letter(column) + strconv.Itoa(row) }

// Letter is how a spreadsheet calls a column: 0 is A, 26 is AA.
func Letter(column int) string {
	name := ""
	for n := column + 1; n > 0; n = (n - 1) / 26 {
		name = string(rune('A'+(n-1)%26)) + name
	}
	return name
}
