package reported

import (
	"context"
	"errors"
	"regexp"
	"strconv"
	"strings"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/table"
)

// lookFor is how many rows are looked through for the row of column numbers.
const lookFor = 40

// place is where the columns of the form stand in a sheet.
type place struct {
	label int
	at    [11]int
}

var columnNumber = regexp.MustCompile(`^\(?(\d{1,2})\)?\s*(=.*)?$`)

// columns finds the columns in the row that numbers them: (1), (2), (3)=(4)+(5)+(6)
// and so on.
func columns(cells []string) (place, bool) {
	p := place{label: -1}
	found := 0
	for i := range p.at {
		p.at[i] = -1
	}
	for i, c := range cells {
		m := columnNumber.FindStringSubmatch(strings.TrimSpace(c))
		if m == nil {
			continue
		}
		n, err := strconv.Atoi(m[1])
		switch {
		case err != nil:
		case n == 2:
			p.label = i
		case n >= 3 && n <= 13 && p.at[n-3] < 0:
			p.at[n-3] = i
			found++
		}
	}
	if found == len(p.at) && p.label < 0 && p.at[0] > 0 {
		p.label = p.at[0] - 1
	}
	return p, found == len(p.at) && p.label >= 0
}

// Taken counts what Take found.
type Taken struct {
	Lines int
	Same  bool  // the report is stored already, as it is
	Sums  []int // columns whose lines do not add up to the total
}

// Take reads form II.06a out of a table that names its columns by letters, and
// stores it for r's unit, period and source. Every wrong cell is a flaw, and with
// any nothing is stored. then, which may be nil, runs last in the same write.
func (k *Book) Take(ctx context.Context, a actor.Actor, t *table.Reader, r Report, then func(context.Context, *db.Tx) error) (Taken, table.Flaws, error) {
	if err := k.Guard.Check(ctx, k.DB, a, auth.IndexEnter, r.Unit); err != nil {
		return Taken{}, nil, err
	}
	if r.From == 0 || r.To < r.From {
		return Taken{}, nil, fault.New(fault.Invalid, "reported.period")
	}
	if strings.TrimSpace(r.Source) == "" {
		return Taken{}, nil, fault.New(fault.Invalid, "reported.source_missing")
	}
	lines, flaws, err := read(t)
	if err != nil || len(flaws) > 0 {
		return Taken{Lines: len(lines)}, flaws, err
	}
	r.Lines = lines
	done := Taken{Lines: len(lines), Sums: sums(lines)}
	err = k.DB.Write(ctx, func(tx *db.Tx) error {
		if err := k.put(ctx, tx, a, r); err != nil {
			return err
		}
		err := audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: "reported.take", Kind: "reported", ID: string(r.Unit) + "/" + r.From.String() + "/" + r.To.String(),
			Unit: r.Unit, Reason: r.Source, Changes: []audit.Change{{Field: "lines", To: strconv.Itoa(len(lines))}}})
		if err == nil && then != nil {
			err = then(ctx, tx)
		}
		return err
	})
	return done, nil, err
}

func read(t *table.Reader) ([]Line, table.Flaws, error) {
	t.Lenient = true
	var lines []Line
	var flaws table.Flaws
	var at place
	found := false
	for n := 0; t.Next(); n++ {
		if t.Bad() != nil && !found {
			continue
		}
		if !found {
			if at, found = columns(t.Cells()); !found && n >= lookFor {
				break
			}
			continue
		}
		l, flaw, ok := line(t, at)
		switch {
		case flaw != nil:
			flaws = append(flaws, t.Flaw(flaw))
		case ok:
			lines = append(lines, l)
		}
	}
	switch {
	case t.Err() != nil:
		return nil, nil, t.Err()
	case !found:
		return nil, nil, fault.New(fault.Invalid, "reported.no_form")
	case len(lines) == 0 && len(flaws) == 0:
		return nil, nil, fault.New(fault.Invalid, "reported.no_lines")
	}
	return lines, flaws, nil
}

// totals are what forms call the line that sums up, folded.
var totals = map[string]bool{"tong so": true, "tong cong": true, "cong": true, "tong": true, "total": true}

// line reads one row; ok is false for one without figures: a heading, a signature.
func line(t *table.Reader, at place) (l Line, bad *fault.Fault, ok bool) {
	cells := t.Cells()
	cell := func(i int) string {
		if i < len(cells) {
			return strings.TrimSpace(cells[i])
		}
		return ""
	}
	for i := at.label; i >= 0 && l.Label == ""; i-- {
		l.Label = strings.Join(strings.Fields(cell(i)), " ")
	}
	any := false
	for _, i := range at.at {
		any = any || cell(i) != ""
	}
	if !any || l.Label == "" {
		return l, nil, false
	}
	if bad = t.Bad(); bad != nil {
		return l, bad, true
	}
	for n, i := range at.at {
		v, err := figure(cell(i))
		if err != nil {
			return l, t.Wrong(table.Letter(i), "reported.no_number", "Number", n+3), true
		}
		l.Figures[n] = v
	}
	for _, r := range rules {
		var sum int64
		text := ""
		for i, n := range r.of {
			sum += l.Column(n)
			if i > 0 {
				text += "+"
			}
			text += strconv.Itoa(n)
		}
		if sum != l.Column(r.column) {
			return l, t.Wrong(table.Letter(at.at[r.column-3]), "reported.sum", "Number", r.column, "Of", text, "Sum", sum), true
		}
	}
	if totals[table.Fold(l.Label)] {
		l.Label = ""
	}
	return l, nil, true
}

var (
	grouped  = regexp.MustCompile(`^\d{1,3}([.,\x{a0} ]\d{3})+$`)
	parts    = strings.NewReplacer(".", "", ",", "", "\u00a0", "", " ", "")
	errCount = errors.New("not a count")
)

// figure reads a count: digits, in groups of three or not; nothing and a dash are
// zero.
func figure(s string) (int64, error) {
	if s == "" || s == "-" || s == "–" {
		return 0, nil
	}
	if grouped.MatchString(s) {
		s = parts.Replace(s)
	}
	if strings.Trim(s, "0123456789") != "" { // ParseInt takes a sign too: -0, +5
		return 0, errCount
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n > 1e12 {
		return 0, errCount
	}
	return n, nil
}

// sums returns the columns in which the lines do not add up to the total, where
// there is one. Lines may be groups of others, so this is for a person to look at.
func sums(lines []Line) []int {
	var total, sum Figures
	has := false
	for _, l := range lines {
		if l.Label == "" {
			total, has = l.Figures, true
			continue
		}
		for i, n := range l.Figures {
			sum[i] += n
		}
	}
	var out []int
	for i := range total {
		if has && len(lines) > 1 && total[i] != sum[i] {
			out = append(out, i+3)
		}
	}
	return out
}
