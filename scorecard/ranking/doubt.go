package ranking

import (
	"cmp"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"cchc/base/i18n"
	"cchc/base/points"
	"cchc/base/table"
)

// A Doubt is something in a published or entered figure that contradicts another
// of the same publication. What was published is kept as it was; a doubt stands
// beside it. The message is "results.doubt." + Kind with Args.
type Doubt struct {
	Kind string
	Unit string // "" of the table as a whole
	Args []any  // alternating names and values, for i18n
}

// Kinds of doubts, and what they say.
const (
	DoubtBand      = "band"       // the band does not hold the index
	DoubtPercent   = "percent"    // points over maximum give another percent
	DoubtCut       = "cut"        // … which is the published one when places are cut off instead of rounded
	DoubtMean      = "mean"       // the mean is none of the ways to take one: its weighting is not stated
	DoubtWeighting = "weighting"  // the mean is another one than of the stated weighting
	DoubtSum       = "sum"        // parts do not add up to the total
	DoubtPast      = "past"       // index less published change is not what was published last year
	DoubtReadings  = "readings"   // a change of which nobody says whether it is of points or percent
	DoubtOrder     = "order"      // a unit with the lower index has the better rank
	DoubtTie       = "tie"        // the same printed index, different ranks
	DoubtNoTie     = "no_tie"     // different printed indices, the same rank
	DoubtRankOf    = "rank_of"    // a rank beyond the number of units
	DoubtAbove     = "above"      // more points than the maximum
	DoubtRankMoved = "rank_moved" // rank and places moved contradict last year's rank
	DoubtListed    = "listed"     // more or fewer rows than stated
	DoubtRank      = "rank"       // the published rank is not the computed one
	DoubtByList    = "by_list"    // only the order of the list tells two equal units apart
)

// A Row is a unit's line of a published table. What is nil, 0 or "" was not printed.
type Row struct {
	Unit, Block  string
	Score, Max   *points.Points
	Parts        []points.Points // whose sum the score is: appraised and survey
	Index        *points.Points
	Rank, Of     int
	Band         string
	DeltaPoints  *points.Points // change of points
	DeltaPercent *points.Points // change of the index
	DeltaUnclear *points.Points // a change of which the source does not say what it is of
	DeltaRank    *int           // places won
	Past         *Past          // what was published of the year before
}

// A Past is what an earlier publication says of the unit.
type Past struct {
	Score *points.Points
	Index *points.Points
	Rank  int
}

// A Table is a published table as a whole.
type Table struct {
	Rows      []Row
	Decimals  int
	Ties      Ties // "" where the source does not say
	Bands     []Band
	BandsOf   map[string][]Band // of groups that have bands of their own
	Mean      *points.Points
	Weighting Weighting   // "" where it is not stated
	Blocks    []BlockMean // where only blocks' means are published
	Sums      []Sum
	Units     int // how many units it says it ranks; 0: it does not say
}

// A Sum is parts with the total printed beside them: units by band, maxima of the
// fields, dossiers early, on time and late.
type Sum struct {
	What  string          `json:"what"`
	Parts []points.Points `json:"parts"`
	Total points.Points   `json:"total"`
}

// Off returns by how much the parts are more (above 0) or less than the total.
func (s Sum) Off() points.Points {
	sum := -s.Total
	for _, p := range s.Parts {
		sum += p
	}
	return sum
}

// Doubts returns all that contradicts itself in the table, rows first.
func (t Table) Doubts() []Doubt {
	var out []Doubt
	for _, r := range t.Rows {
		out = append(out, r.doubts(t)...)
	}
	out = append(out, t.order()...)
	for _, s := range t.Sums {
		if off := s.Off(); off != 0 {
			out = append(out, Doubt{Kind: DoubtSum, Args: []any{"What", s.What, "Sum", s.Total + off, "Total", s.Total, "Off", off}})
		}
	}
	if d := t.mean(); d != nil {
		out = append(out, *d)
	}
	if t.Units > 0 && len(t.Rows) > 1 && t.Units != len(t.Rows) {
		out = append(out, Doubt{Kind: DoubtListed, Args: []any{"Stated", t.Units, "Listed", len(t.Rows)}})
	}
	return out
}

// exact returns the index by the published points; not defined without them.
func (r Row) exact() points.Ratio {
	if r.Score == nil || r.Max == nil || *r.Max <= 0 {
		return points.Ratio{}
	}
	return points.Ratio{Num: int64(*r.Score), Den: int64(*r.Max)}
}

func (r Row) doubts(t Table) []Doubt {
	var out []Doubt
	say := func(kind string, args ...any) { out = append(out, Doubt{Kind: kind, Unit: r.Unit, Args: args}) }
	if r.Score != nil && len(r.Parts) > 0 {
		s := Sum{Parts: r.Parts, Total: *r.Score}
		if off := s.Off(); off != 0 {
			say(DoubtSum, "What", r.Unit, "Sum", s.Total+off, "Total", s.Total, "Off", off)
		}
	}
	exact := r.exact()
	if exact.Defined() && *r.Score > *r.Max {
		say(DoubtAbove, "Score", *r.Score, "Max", *r.Max)
	}
	if exact.Defined() && r.Index != nil {
		if is := Percent(exact, t.Decimals); is != *r.Index {
			kind := DoubtPercent
			if Cut(exact, t.Decimals) == *r.Index {
				kind = DoubtCut
			}
			say(kind, "Score", *r.Score, "Max", *r.Max, "Published", *r.Index, "Computed", is)
		}
	}
	if r.Index != nil {
		exact = points.Ratio{Num: int64(*r.Index), Den: int64(points.Of(100))} // the published one decides
	}
	bands := t.Bands
	if own, ok := t.BandsOf[r.Block]; ok {
		bands = own
	}
	if r.Band != "" && exact.Defined() && len(bands) > 0 {
		if b, _ := BandOf(bands, exact); !sameLabel(b.Label, r.Band) {
			say(DoubtBand, "Band", r.Band, "Index", Percent(exact, t.Decimals), "Computed", orNone(b.Label))
		}
	}
	if r.Rank > 0 && r.Of > 0 && r.Rank > r.Of {
		say(DoubtRankOf, "Rank", r.Rank, "Of", r.Of)
	}
	return append(out, r.past()...)
}

// past compares the published changes with what was published the year before.
func (r Row) past() []Doubt {
	var out []Doubt
	differs := func(now, change, then *points.Points) {
		if now != nil && change != nil && then != nil && *now-*change != *then {
			out = append(out, Doubt{Kind: DoubtPast, Unit: r.Unit, Args: []any{"Now", *now, "Change", *change, "Implied", *now - *change, "Published", *then}})
		}
	}
	if r.DeltaUnclear != nil {
		args := []any{"Change", *r.DeltaUnclear, "Points", none, "Percent", none}
		if r.Score != nil {
			args[3] = *r.Score - *r.DeltaUnclear
		}
		if r.Index != nil {
			args[5] = *r.Index - *r.DeltaUnclear
		}
		out = append(out, Doubt{Kind: DoubtReadings, Unit: r.Unit, Args: args})
	}
	if r.Past == nil {
		return out
	}
	differs(r.Score, r.DeltaPoints, r.Past.Score)
	differs(r.Index, r.DeltaPercent, r.Past.Index)
	if r.DeltaRank != nil && r.Rank > 0 && r.Past.Rank > 0 && r.Rank+*r.DeltaRank != r.Past.Rank {
		out = append(out, Doubt{Kind: DoubtRankMoved, Unit: r.Unit, Args: []any{"Rank", r.Rank, "Moved", *r.DeltaRank, "Implied", r.Rank + *r.DeltaRank, "Published", r.Past.Rank}})
	}
	return out
}

// order looks for ranks that do not follow the printed indices, in each block.
func (t Table) order() []Doubt {
	rows := slices.DeleteFunc(slices.Clone(t.Rows), func(r Row) bool { return r.Rank == 0 || r.Index == nil })
	slices.SortStableFunc(rows, func(a, b Row) int {
		if c := strings.Compare(a.Block, b.Block); c != 0 {
			return c
		}
		return a.Rank - b.Rank
	})
	var out []Doubt
	for i := 1; i < len(rows); i++ {
		a, b := rows[i-1], rows[i]
		if a.Block != b.Block {
			continue
		}
		args := []any{"Unit", b.Unit, "Rank", b.Rank, "Index", *b.Index, "Other", a.Unit, "OtherRank", a.Rank, "OtherIndex", *a.Index}
		printed := cmp.Compare(*b.Index, *a.Index)
		better := printed // as exactly as it is known
		if x, y := a.exact(), b.exact(); printed == 0 && x.Defined() && y.Defined() {
			better = Compare(y, x)
		}
		switch {
		case better > 0:
			out = append(out, Doubt{Kind: DoubtOrder, Unit: b.Unit, Args: args})
		case better == 0 && b.Rank != a.Rank && t.Ties != Ordinal:
			out = append(out, Doubt{Kind: DoubtTie, Unit: b.Unit, Args: args})
		case *b.Index != *a.Index && b.Rank == a.Rank:
			out = append(out, Doubt{Kind: DoubtNoTie, Unit: b.Unit, Args: args})
		}
	}
	return out
}

// mean compares the published mean with every way to take one.
func (t Table) mean() *Doubt {
	if t.Mean == nil {
		return nil
	}
	ways := map[Weighting]points.Points{}
	if len(t.Blocks) > 0 {
		for _, w := range []Weighting{OfBlocks, ByUnits} {
			if m, ok := MeanOfBlocks(t.Blocks, w); ok {
				ways[w] = points.Round(m, t.Decimals)
			}
		}
	} else {
		places := t.places()
		for _, w := range Weightings {
			if m, ok := Mean(places, w, t.Decimals); ok {
				ways[w] = points.Round(m, t.Decimals)
			}
		}
	}
	if len(ways) == 0 {
		return nil
	}
	shown := func(w Weighting) any {
		if p, ok := ways[w]; ok {
			return p
		}
		return none
	}
	args := []any{"Published", *t.Mean, "Plain", shown(Plain), "OfBlocks", shown(OfBlocks), "ByUnits", shown(ByUnits), "OfTotals", shown(OfTotals)}
	if t.Weighting != "" {
		if p, ok := ways[t.Weighting]; ok && p != *t.Mean {
			return &Doubt{Kind: DoubtWeighting, Args: append(args, "Stated", i18n.Key("results.weighting."+string(t.Weighting)), "Computed", p)}
		}
		return nil
	}
	for _, p := range ways {
		if p == *t.Mean {
			return nil
		}
	}
	return &Doubt{Kind: DoubtMean, Args: args}
}

// places makes places of the rows that have an index, for means.
func (t Table) places() []Place {
	var out []Place
	for _, r := range t.Rows {
		p := Place{Entry: Entry{Unit: r.Unit, Block: r.Block}, Rank: 1}
		switch {
		case r.Score != nil && r.Max != nil && *r.Max > 0:
			p.Score, p.Max = *r.Score, *r.Max
		case r.Index != nil:
			p.Score, p.Max = *r.Index, points.Of(100)
		default:
			continue
		}
		out = append(out, p)
	}
	return out
}

// Cut returns a ratio in percent with the places after decimals cut off, which is
// what some published tables did instead of rounding.
func Cut(r points.Ratio, decimals int) points.Points {
	unit := int64(points.Scale)
	for range decimals {
		unit /= 10
	}
	n := new(big.Int).Mul(big.NewInt(r.Num), big.NewInt(100*points.Scale/unit))
	return points.Points(n.Quo(n, big.NewInt(r.Den)).Int64() * unit)
}

// Print writes a number with exactly that many decimals (0 to 4), a point before
// them.
func Print(p points.Points, decimals int) string {
	p = points.Round(p.Rat(), decimals)
	s := fmt.Sprintf("%d.%04d", abs(p)/points.Scale, abs(p)%points.Scale)
	if s = s[:len(s)-4+decimals]; decimals == 0 {
		s = s[:len(s)-1]
	}
	if p < 0 {
		s = "-" + s
	}
	return s
}

func abs(p points.Points) points.Points {
	if p < 0 {
		return -p
	}
	return p
}

// SameName reports whether two names of units are the same but for case, marks
// and blanks.
func SameName(a, b string) bool { return table.Fold(a) == table.Fold(b) }
