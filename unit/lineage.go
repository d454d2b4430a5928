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
	w := map[ID]*big.Rat{id: big.NewRat(1, 1)}
	for _, links := range h.acts() {
		if links[0].day > d {
			break
		}
		flow(w, links)
	}
	return h.parts(w, d, "")
}

// predecessors follows back what a unit is made of, to the units in force on a
// day before: each with the share of it that went into the unit. A unit that was
// in force itself on that day, and got parts of others later, is not listed.
func (h *history) predecessors(id ID, d moment.Date) []Part {
	w := map[ID]*big.Rat{id: big.NewRat(1, 1)}
	for _, links := range slices.Backward(h.acts()) {
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

// acts groups the lineage by event, in the order in which things happened.
func (h *history) acts() [][]link {
	var out [][]link
	for i, l := range h.lineage {
		if i == 0 || l.event != h.lineage[i-1].event {
			out = append(out, nil)
		}
		out[len(out)-1] = append(out[len(out)-1], l)
	}
	return out
}

// flow moves the weights of one event at once: a unit that keeps a part of
// itself is source and target.
func flow(w map[ID]*big.Rat, links []link) {
	taken := map[ID]*big.Rat{}
	for _, l := range links {
		if w[l.from] != nil {
			taken[l.from] = w[l.from]
		}
	}
	for from := range taken {
		delete(w, from)
	}
	for _, l := range links {
		if taken[l.from] == nil {
			continue
		}
		if w[l.to] == nil {
			w[l.to] = new(big.Rat)
		}
		part := new(big.Rat).Mul(taken[l.from], big.NewRat(int64(l.share), int64(Whole)))
		w[l.to] = part.Add(part, w[l.to])
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
