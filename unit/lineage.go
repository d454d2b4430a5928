package unit

import (
	"cmp"
	"math/big"
	"slices"

	"cchc/base/moment"
)

// successors follows what became of a unit up to and with a day. The shares of
// a unit that left no successor are lost: they may sum to less than Whole.
func (h *history) successors(id ID, d moment.Date) []Part {
	w := map[ID]*big.Rat{}
	var follow func(u ID, after int, share *big.Rat)
	follow = func(u ID, after int, share *big.Rat) {
		out := h.leaves[u]
		i, _ := slices.BinarySearch(out, after+1)
		if i == len(out) || h.acts[out[i]][0].day > d {
			if w[u] == nil {
				w[u] = new(big.Rat)
			}
			w[u].Add(w[u], share)
			return
		}
		// A unit that keeps a part of itself goes on after this act.
		for _, l := range h.acts[out[i]] {
			if l.from == u {
				follow(l.to, out[i], new(big.Rat).Mul(share, big.NewRat(int64(l.share), int64(Whole))))
			}
		}
	}
	follow(id, -1, big.NewRat(1, 1))
	return h.parts(w, d, "")
}

// predecessors follows back what a unit is made of, to the units in force on a
// day before: each with the share of it that went into the unit. A unit that was
// in force itself on that day, and got parts of others later, is not listed.
func (h *history) predecessors(id ID, d moment.Date) []Part {
	w := map[ID]*big.Rat{id: big.NewRat(1, 1)}
	for _, links := range slices.Backward(h.acts) {
		if links[0].day <= d {
			break
		}
		// Weight a source by what of it ended in the targets: a target keeps
		// its own, for other acts may have added to it.
		before := map[ID]*big.Rat{}
		for _, l := range links {
			if t := w[l.to]; t != nil {
				if before[l.from] == nil {
					before[l.from] = new(big.Rat)
				}
				before[l.from].Add(before[l.from], new(big.Rat).Mul(t, big.NewRat(int64(l.share), int64(Whole))))
			}
		}
		for from, x := range before {
			w[from] = x
		}
	}
	return h.parts(w, d, id)
}

// group puts the lineage together by event, in the order in which things
// happened, and notes for each unit the events in which it gave something.
func (h *history) group() {
	h.acts, h.leaves = nil, map[ID][]int{}
	for i, l := range h.lineage {
		if i == 0 || l.event != h.lineage[i-1].event {
			h.acts = append(h.acts, nil)
		}
		n := len(h.acts) - 1
		h.acts[n] = append(h.acts[n], l)
		if at := h.leaves[l.from]; len(at) == 0 || at[len(at)-1] != n {
			h.leaves[l.from] = append(at, n)
		}
	}
}

// parts rounds weights half-up and keeps the units in force on the day, the
// largest first.
func (h *history) parts(w map[ID]*big.Rat, d moment.Date, without ID) []Part {
	var out []Part
	for id, x := range w {
		if _, ok := h.at(id, d); !ok || id == without {
			continue
		}
		n := new(big.Int).Mul(x.Num(), big.NewInt(2*int64(Whole)))
		n.Add(n, x.Denom()).Quo(n, new(big.Int).Mul(x.Denom(), big.NewInt(2)))
		out = append(out, Part{id, Share(n.Int64())})
	}
	slices.SortFunc(out, func(a, b Part) int {
		return cmp.Or(cmp.Compare(b.Share, a.Share), cmp.Compare(a.Unit, b.Unit))
	})
	return out
}
