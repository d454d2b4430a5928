// Package ranking ranks units by the PAR index (chỉ số CCHC) inside their groups
// (khối), names their bands (xếp loại), tells what changed since last year and
// takes means; and it points out what contradicts itself in figures that others
// published. It does no I/O but reading and writing the tables it is given.
//
// Units are compared by their exact ratio of points to effective maximum, two
// integers of ten-thousandths: rounding is for print.
package ranking

import (
	"cmp"
	"math/big"
	"math/bits"
	"slices"

	"cchc/base/points"
)

// An Entry is a unit as it is ranked.
type Entry struct {
	Unit  string        // what the caller knows it by
	Block string        // the group that it is ranked in
	Score points.Points // total, in points
	Max   points.Points // effective maximum; 0: there is no index
	// Missing says that the unit has no sheet, or one that nobody finished: it has
	// no index, which is not 0.
	Missing bool
	// Breakers are the numbers that tell equal units apart with Ordinal, in the
	// order in which they are asked; the larger goes first.
	Breakers []points.Points
}

// Ratio returns the index exactly; it is not defined for a missing unit.
func (e Entry) Ratio() points.Ratio {
	if e.Missing || e.Max <= 0 {
		return points.Ratio{}
	}
	return points.Ratio{Num: int64(e.Score), Den: int64(e.Max)}
}

// Ties (xếp hạng khi bằng điểm) says what equal units get.
type Ties string

const (
	Shared  Ties = "shared"  // units of the same exact index share the rank: 1, 2, 2, 4
	Ordinal Ties = "ordinal" // no rank is given twice: the breakers decide, then the order of the list
	Printed Ties = "printed" // units whose index prints the same share the rank
)

// AllTies lists the ways.
var AllTies = []Ties{Shared, Ordinal, Printed}

// Settings are what a province states about its ranking.
type Settings struct {
	Ties     Ties    // "" is Shared
	Decimals int     // of the printed index, 0 to 4
	Bands    []Band  // in any order
	ByHand   ByHands // bands that people set, by unit
}

// ByHands are the bands that people set for units against or without their index.
type ByHands map[string]string

// A Place is where an entry came out.
type Place struct {
	Entry
	Index  points.Points // in percent, half-up at Settings.Decimals; 0 when unranked
	Rank   int           // from 1; 0 is unranked, which prints as "–"
	Shared bool          // another unit of the block has the rank
	Of     int           // how many of the block are ranked
	ByList bool          // nothing but the order of the list told it from its equal
	Band   string        // "" when none holds
	ByHand bool          // a person set the band
	Doubt  *Doubt        // a band by hand that contradicts the index
}

// Ranked reports whether the unit has an index and a rank.
func (p Place) Ranked() bool { return p.Rank > 0 }

// Rank places every entry in its block. The result is in the order of entries.
func Rank(entries []Entry, s Settings) []Place {
	bands := sorted(s.Bands)
	out := make([]Place, len(entries))
	blocks := map[string][]int{}
	for i, e := range entries {
		out[i] = Place{Entry: e}
		if r := e.Ratio(); r.Defined() {
			out[i].Index = Percent(r, s.Decimals)
			blocks[e.Block] = append(blocks[e.Block], i)
		}
		out[i].band(bands, s.ByHand)
	}
	for _, in := range blocks {
		place(out, in, s.Ties)
	}
	return out
}

func place(out []Place, in []int, ties Ties) {
	compare := func(a, b int) int {
		if ties == Printed {
			return cmp.Compare(out[b].Index, out[a].Index)
		}
		return Compare(out[b].Ratio(), out[a].Ratio())
	}
	order := compare
	if ties == Ordinal {
		order = func(a, b int) int { return cmp.Or(compare(a, b), slices.Compare(out[b].Breakers, out[a].Breakers)) }
	}
	slices.SortStableFunc(in, order)
	for n, i := range in {
		p := &out[i]
		p.Rank, p.Of = n+1, len(in)
		if n == 0 || order(in[n-1], i) != 0 {
			continue
		}
		before := &out[in[n-1]]
		if ties == Ordinal {
			before.ByList, p.ByList = true, true
			continue
		}
		p.Rank = before.Rank
		before.Shared, p.Shared = true, true
	}
}

// Compare tells which of two ratios is larger, exactly: -1, 0 or 1. Both must be
// defined and have a positive denominator.
func Compare(a, b points.Ratio) int {
	if (a.Num < 0) != (b.Num < 0) {
		return cmp.Compare(a.Num, b.Num)
	}
	x, y := a.Num, b.Num
	if x < 0 {
		x, y = -b.Num, -a.Num
		a.Den, b.Den = b.Den, a.Den
	}
	ah, al := bits.Mul64(uint64(x), uint64(b.Den))
	bh, bl := bits.Mul64(uint64(y), uint64(a.Den))
	return cmp.Or(cmp.Compare(ah, bh), cmp.Compare(al, bl))
}

// Percent returns a ratio in percent, half-up at the place.
func Percent(r points.Ratio, decimals int) points.Points {
	return points.Round(new(big.Rat).Mul(r.Rat(), big.NewRat(100, 1)), decimals)
}
