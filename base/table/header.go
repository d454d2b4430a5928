package table

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"cchc/base/fault"
)

// lettered is how many columns a sheet without header has names for.
const lettered = 64

// lookFor is how many rows are looked through for the header: official forms
// carry the body's name, a title and a remark above it.
const lookFor = 30

// begin finds the header among the first rows of the file.
func (t *Reader) begin(among int) error {
	if t.spec.Letters {
		t.at = map[string]int{}
		for i := range lettered {
			t.header, t.names = append(t.header, Letter(i)), append(t.names, Letter(i))
			t.at[Letter(i)] = i
			t.used = append(t.used, i)
		}
		return nil
	}
	var lines []line
	for len(lines) < among && t.rows.next() {
		if l := t.rows.line(); !blank(l.cells) {
			lines = append(lines, l)
		}
	}
	if err := t.rows.err(); err != nil && len(lines) == 0 {
		return err
	}
	if len(lines) == 0 {
		return fault.New(fault.Invalid, "table.empty")
	}
	names := t.known()
	best, two, most := 0, false, -1
	for i := range lines {
		if n := matches(names, lines[i].cells); n > most {
			best, two, most = i, false, n
		}
		if i+1 < len(lines) {
			// A title above the header is no part of it.
			if n := matches(names, joined(names, lines[i].cells, lines[i+1].cells)); n > most && n > matches(names, lines[i+1].cells) {
				best, two, most = i, true, n
			}
		}
	}
	cells, rest := lines[best].cells, lines[best+1:]
	if two {
		cells, rest = joined(names, cells, rest[0].cells), rest[1:]
	}
	t.ahead = rest
	return t.take(names, cells)
}

// known maps every folded name to the column that it means.
func (t *Reader) known() map[string]string {
	names := map[string]string{}
	for _, c := range t.spec.Columns {
		for _, n := range c.Names {
			names[Fold(n)] = c.Name
		}
	}
	for _, c := range t.spec.Columns {
		names[Fold(c.Name)] = c.Name
	}
	for h, name := range t.spec.Map {
		names[h] = name
	}
	return names
}

// take makes a header of the cells; what is wrong with it is a fault.
func (t *Reader) take(names map[string]string, cells []string) error {
	t.at = map[string]int{}
	for len(cells) > 0 && t.rows.sheet() && strings.TrimSpace(cells[len(cells)-1]) == "" {
		cells = cells[:len(cells)-1]
	}
	spec := map[string]Column{}
	for _, c := range t.spec.Columns {
		spec[c.Name] = c
	}
	for i, cell := range cells {
		if !utf8.ValidString(cell) || strings.ContainsRune(cell, 0) {
			return fault.New(fault.Invalid, "table.not_utf8")
		}
		cell = strings.Join(strings.Fields(cell), " ")
		name := names[Fold(cell)]
		t.header, t.names = append(t.header, cell), append(t.names, name)
		if name == "-" {
			continue
		}
		c, asked := spec[name]
		if !asked {
			if name = cell; name == "" || spec[name].Name != "" {
				continue
			}
			t.names[i] = name
		}
		if _, twice := t.at[name]; twice {
			if !asked && len(t.spec.Columns) > 0 {
				continue // two columns that nobody asked for
			}
			return fault.New(fault.Invalid, "table.column_twice", "Column", cell)
		}
		t.at[name] = i
		if asked {
			t.used = append(t.used, i)
		}
		if c.Date {
			t.dates = append(t.dates, i)
		}
	}
	var missing *fault.Fault
	for _, c := range t.spec.Columns {
		if _, ok := t.at[c.Name]; ok || !c.Need {
			continue
		}
		if missing == nil {
			missing = fault.New(fault.Invalid, "table.column_missing", "Column", c.shown())
		}
		missing.With(c.Name, "table.column_missing", "Column", c.shown())
	}
	if missing != nil {
		return missing
	}
	t.prepare()
	return nil
}

// shown is what people call the column: its own name and the first other one.
func (c Column) shown() string {
	if len(c.Names) == 0 {
		return c.Name
	}
	return c.Name + " (" + c.Names[0] + ")"
}

// matches counts the columns that a row would name.
func matches(names map[string]string, cells []string) int {
	seen := map[string]bool{}
	for _, c := range cells {
		if n := names[Fold(c)]; n != "" && n != "-" {
			seen[n] = true
		}
	}
	return len(seen)
}

// joined makes one header of two lines: where the lower one says nothing the
// upper one counts, merged down; where the upper one says nothing, what stands
// left of it counts, merged across.
func joined(names map[string]string, upper, lower []string) []string {
	out := make([]string, max(len(upper), len(lower)))
	above := ""
	for i := range out {
		up, low := "", ""
		if i < len(upper) {
			up = strings.TrimSpace(upper[i])
		}
		if i < len(lower) {
			low = strings.TrimSpace(lower[i])
		}
		if up != "" {
			above = up
		}
		switch {
		case low == "":
			out[i] = up
		case above == "" || names[Fold(above+" "+low)] == "" && names[Fold(low)] != "":
			out[i] = low
		default:
			out[i] = above + " " + low
		}
	}
	return out
}

// Fold returns a header's name as names are compared: letters and digits only,
// lower case, without marks, đ as d; what is not one of them parts words.
func Fold(s string) string {
	var b strings.Builder
	gap := false
	for _, r := range norm.NFD.String(s) {
		switch {
		case unicode.Is(unicode.Mn, r):
			continue
		case r == 'đ', r == 'Đ':
			r = 'd'
		case unicode.IsLetter(r), unicode.IsDigit(r):
			r = unicode.ToLower(r)
		default:
			gap = b.Len() > 0
			continue
		}
		if gap {
			b.WriteByte(' ')
			gap = false
		}
		b.WriteRune(r)
	}
	return b.String()
}
