package ranking

import (
	"math/big"

	"cchc/base/points"
)

// A Weighting (cách tính trung bình) says what a mean over units is of. Published
// means often don't state it, and the results differ.
type Weighting string

const (
	Plain    Weighting = "plain"     // every unit's index counts the same
	OfBlocks Weighting = "of_blocks" // the mean of the blocks' means: every block counts the same
	ByUnits  Weighting = "by_units"  // the blocks' means, each as often as it has units
	OfTotals Weighting = "of_totals" // all points over all effective maxima
)

// Weightings lists the ways that a publication may state.
var Weightings = []Weighting{Plain, OfBlocks, ByUnits, OfTotals}

// A BlockMean is a block's mean with how many units it is of.
type BlockMean struct {
	Block string
	Mean  *big.Rat // in percent
	Units int
}

// Mean returns the mean index of the ranked places in percent, exactly; ok is
// false when there are none.
//
// ByUnits takes the blocks' means as they are printed at the place: that is how
// it is done from a published table. Unrounded, it would be Plain.
func Mean(places []Place, w Weighting, decimals int) (*big.Rat, bool) {
	switch w {
	case OfBlocks, ByUnits:
		blocks := BlockMeans(places)
		if w == ByUnits {
			for i := range blocks {
				blocks[i].Mean = points.Round(blocks[i].Mean, decimals).Rat()
			}
		}
		return MeanOfBlocks(blocks, w)
	case OfTotals:
		var score, most points.Points
		for _, p := range places {
			if p.Ranked() {
				score, most = score+p.Score, most+p.Max
			}
		}
		if most == 0 {
			return nil, false
		}
		return new(big.Rat).Mul(big.NewRat(int64(score), int64(most)), big.NewRat(100, 1)), true
	}
	sum, n := new(big.Rat), int64(0)
	for _, p := range places {
		if p.Ranked() {
			sum.Add(sum, p.Ratio().Rat())
			n++
		}
	}
	if n == 0 {
		return nil, false
	}
	return sum.Mul(sum, big.NewRat(100, n)), true
}

// BlockMeans returns the plain mean of each block, in the order in which blocks
// first appear; blocks without a ranked unit are left out.
func BlockMeans(places []Place) []BlockMean {
	var order []string
	in := map[string][]Place{}
	for _, p := range places {
		if !p.Ranked() {
			continue
		}
		if in[p.Block] == nil {
			order = append(order, p.Block)
		}
		in[p.Block] = append(in[p.Block], p)
	}
	var out []BlockMean
	for _, b := range order {
		m, _ := Mean(in[b], Plain, 0)
		out = append(out, BlockMean{Block: b, Mean: m, Units: len(in[b])})
	}
	return out
}

// MeanOfBlocks returns the mean of blocks' means: each once (OfBlocks), or as often
// as it has units (any other weighting).
func MeanOfBlocks(blocks []BlockMean, w Weighting) (*big.Rat, bool) {
	sum, n := new(big.Rat), int64(0)
	for _, b := range blocks {
		times := int64(b.Units)
		if w == OfBlocks {
			times = 1
		}
		sum.Add(sum, new(big.Rat).Mul(b.Mean, big.NewRat(times, 1)))
		n += times
	}
	if n == 0 {
		return nil, false
	}
	return sum.Quo(sum, big.NewRat(n, 1)), true
}
