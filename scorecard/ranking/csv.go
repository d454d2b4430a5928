package ranking

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"cchc/base/fault"
	"cchc/base/points"
	"cchc/base/table"
)

// Wrong are the wrong cells and rows of a file, in its order, each with line and
// column.
type Wrong []*fault.Fault

// Error tells each on a line.
func (w Wrong) Error() string {
	lines := make([]string, len(w))
	for i, f := range w {
		lines[i] = f.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns them.
func (w Wrong) Unwrap() []error {
	out := make([]error, len(w))
	for i, f := range w {
		out[i] = f
	}
	return out
}

// A Summary is what RankCSV says beside the rows.
type Summary struct {
	Places []Place
	Means  []BlockMean // of each block, plain
	Doubts []Doubt     // published figures in the file that contradict the computed ones
}

// totalMax is a column of published tables that holds a total out of a maximum:
// total_max100.
var totalMax = regexp.MustCompile(`^total_max([0-9]+(?:[.,][0-9]+)?)$`)

// RankCSV copies the rows block, unit, score, max and sets percent, rank and band:
// the index with Settings.Decimals places, the rank in the row's block, and the
// band. These columns are overwritten, or appended when missing; all others pass
// through and the rows keep their order. A unit without a score ("" or "–") is
// missing: "–" in all three.
//
// A file without block is one block. A column such as total_max100 is a score out
// of 100. Columns by which equal units are told apart with Ordinal are named by
// breakers, the larger first, or the smaller with a "-" before the name.
// band_by_hand, where the file has it, goes before the computed band. index_percent
// and published_rank, where it has them, are compared with what comes out.
//
// What is wrong is told all at once, as Wrong, and nothing has been written then.
// Errors: fault.Invalid.
func RankCSV(in io.Reader, out io.Writer, s Settings, breakers ...string) (Summary, error) {
	t, err := table.Read(in, "unit")
	if err != nil {
		return Summary{}, err
	}
	header := t.Header()
	c, err := columnsOf(header)
	if err != nil {
		return Summary{}, err
	}
	for _, name := range results {
		if i := slices.Index(header, name); i >= 0 && slices.Contains(header[i+1:], name) {
			return Summary{}, fault.New(fault.Invalid, "table.column_twice", "Column", name)
		}
	}
	for _, b := range breakers {
		if name := strings.TrimPrefix(b, "-"); !slices.Contains(header, name) {
			return Summary{}, fault.New(fault.Invalid, "table.column_missing", "Column", name)
		}
	}
	var rows []table.Row
	var entries []Entry
	var bad Wrong
	s.ByHand = ByHands{}
	t.Lenient = true
	for t.Next() {
		if f := t.Bad(); f != nil {
			bad = append(bad, f)
			continue
		}
		e, wrong := c.entry(t.Row, breakers)
		if len(wrong) > 0 {
			bad = append(bad, wrong...)
			continue
		}
		e.Unit = strconv.Itoa(len(entries)) // a province has communes of one name
		if hand := t.Get("band_by_hand"); hand != "" && hand != none {
			s.ByHand[e.Unit] = hand
		}
		rows, entries = append(rows, t.Row), append(entries, e)
	}
	if err := t.Err(); err != nil {
		f := fault.As(err)
		if f == nil || len(bad) == 0 {
			return Summary{}, err
		}
		bad = append(bad, f)
	}
	if len(bad) > 0 {
		return Summary{}, bad
	}
	sum := Summary{Places: Rank(entries, s)}
	for i := range sum.Places {
		sum.Places[i].Unit = rows[i].Get("unit")
		if d := sum.Places[i].Doubt; d != nil {
			d.Unit = sum.Places[i].Unit
		}
	}
	sum.Means = BlockMeans(sum.Places)
	sum.Doubts = published(rows, sum.Places, s)
	return sum, write(out, header, rows, sum.Places, s)
}

// results are the columns that are set, or appended where they are missing.
var results = [3]string{"percent", "rank", "band"}

// columns says where the score and its maximum stand.
type columns struct {
	score string
	fixed *points.Points // the maximum of all rows, from the column's name
}

func columnsOf(header []string) (columns, error) {
	if slices.Contains(header, "score") {
		if !slices.Contains(header, "max") {
			return columns{}, fault.New(fault.Invalid, "table.column_missing", "Column", "max")
		}
		return columns{score: "score"}, nil
	}
	for _, h := range header {
		if m := totalMax.FindStringSubmatch(h); m != nil {
			most, err := points.Parse(m[1])
			if err == nil && most > 0 {
				return columns{score: h, fixed: &most}, nil
			}
		}
	}
	return columns{}, fault.New(fault.Invalid, "table.column_missing", "Column", "score")
}

// entry reads a row; what is wrong with it is every cell that is.
func (c columns) entry(r table.Row, breakers []string) (Entry, Wrong) {
	e := Entry{Block: r.Get("block"), Unit: r.Get("unit")}
	var bad Wrong
	wrong := func(column, key string, args ...any) { bad = append(bad, r.Wrong(column, key, args...)) }
	if e.Unit == "" {
		wrong("unit", "results.csv.empty")
	}
	score := r.Get(c.score)
	e.Missing = score == "" || score == none || score == "-"
	known := true // the maximum
	if c.fixed != nil {
		e.Max = *c.fixed
	} else if text := r.Get("max"); !e.Missing || text != "" && text != none && text != "-" {
		most, err := points.Parse(text)
		switch known = false; {
		case err != nil:
			wrong("max", "results.csv.number")
		case most < 0:
			wrong("max", "results.csv.below_zero")
		default:
			e.Max, known = most, true
		}
	}
	if !e.Missing {
		p, err := points.Parse(score)
		switch {
		case err != nil:
			wrong(c.score, "results.csv.number")
		case p < 0:
			wrong(c.score, "results.csv.below_zero")
		case known && p > e.Max:
			wrong(c.score, "results.csv.above", "Max", e.Max)
		}
		e.Score = p
	}
	for _, b := range breakers {
		name := strings.TrimPrefix(b, "-")
		p, err := points.Parse(r.Get(name))
		if err != nil {
			wrong(name, "results.csv.number")
		}
		if name != b {
			p = -p
		}
		e.Breakers = append(e.Breakers, p)
	}
	return e, bad
}

// published compares the figures that a published file brings with what came out.
func published(rows []table.Row, places []Place, s Settings) []Doubt {
	var out []Doubt
	for i, p := range places {
		if p.Doubt != nil {
			out = append(out, *p.Doubt)
		}
		if !p.Ranked() {
			continue
		}
		if v, err := points.Parse(rows[i].Get("index_percent")); err == nil && v != p.Index {
			kind := DoubtPercent
			if Cut(p.Ratio(), s.Decimals) == v {
				kind = DoubtCut
			}
			out = append(out, Doubt{Kind: kind, Unit: p.Unit, Args: []any{"Score", p.Score, "Max", p.Max, "Published", v, "Computed", p.Index}})
		}
		if n, err := strconv.Atoi(rows[i].Get("published_rank")); err == nil && n != p.Rank {
			out = append(out, Doubt{Kind: DoubtRank, Unit: p.Unit, Args: []any{"Published", n, "Computed", p.Rank}})
		}
		if p.ByList {
			out = append(out, Doubt{Kind: DoubtByList, Unit: p.Unit, Args: []any{"Rank", p.Rank}})
		}
	}
	return out
}

func write(out io.Writer, header []string, rows []table.Row, places []Place, s Settings) error {
	at := [3]int{}
	for i, name := range results {
		if at[i] = slices.Index(header, name); at[i] < 0 {
			at[i] = len(header)
			header = append(header, name)
		}
	}
	var buf bytes.Buffer
	w := csv.NewWriter(&buf)
	if err := w.Write(header); err != nil {
		return fmt.Errorf("write the header: %w", err)
	}
	for i, p := range places {
		row := append(slices.Clone(rows[i].Cells()), "", "", "")[:len(header)]
		row[at[0]], row[at[1]], row[at[2]] = none, none, orNone(p.Band)
		if p.Ranked() {
			row[at[0]], row[at[1]] = Print(p.Index, s.Decimals), strconv.Itoa(p.Rank)
		}
		if err := w.Write(row); err != nil {
			return fmt.Errorf("write a row: %w", err)
		}
	}
	w.Flush()
	if _, err := out.Write(buf.Bytes()); err != nil {
		return fmt.Errorf("write the rows: %w", err)
	}
	return nil
}
