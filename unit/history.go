package unit

import (
	"cmp"
	"maps"
	"slices"
	"sync"

	"cchc/base/law"
	"cchc/base/moment"
)

// history is all that is known of all units. It is shared and never changed;
// a write works on a copy.
type history struct {
	levels   map[string]Level
	versions map[ID][]Unit // by From
	lineage  []link        // in the order in which things happened
	acts     [][]link      // the lineage by event
	leaves   map[ID][]int  // the indexes in acts in which a unit is a source
	days     []moment.Date // on which anything begins or ends

	mu    sync.Mutex
	trees map[moment.Date]*Tree // by the last of days
}

// link is one row of lineage.
type link struct {
	event    string
	day      moment.Date
	recorded moment.Instant
	from, to ID
	share    Share
}

// ready orders what was loaded.
func (h *history) ready() *history {
	slices.SortStableFunc(h.lineage, func(a, b link) int {
		return cmp.Or(cmp.Compare(a.day, b.day), cmp.Compare(a.recorded, b.recorded), cmp.Compare(a.event, b.event))
	})
	h.group()
	days := map[moment.Date]bool{}
	for _, vs := range h.versions {
		for _, v := range vs {
			days[v.From] = true
			if v.To != 0 {
				days[v.To] = true
			}
		}
	}
	h.days = slices.Sorted(maps.Keys(days))
	h.trees = map[moment.Date]*Tree{}
	return h
}

// copy returns a history that a write may change: whole slices of versions are
// replaced, never their elements.
func (h *history) copy() *history {
	return &history{levels: h.levels, versions: maps.Clone(h.versions), lineage: slices.Clone(h.lineage)}
}

// at returns the version of a unit in force on a day.
func (h *history) at(id ID, d moment.Date) (Unit, bool) {
	for _, v := range h.versions[id] {
		if v.span().Holds(d) {
			return v, true
		}
	}
	return Unit{}, false
}

// on returns the tree as of a day. Between two days on which something changed
// it is the same tree.
func (h *history) on(d moment.Date) *Tree {
	i, exact := slices.BinarySearch(h.days, d)
	if !exact {
		i--
	}
	if i < 0 {
		return &Tree{}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	t := h.trees[h.days[i]]
	if t == nil {
		t = h.grow(h.days[i])
		h.trees[h.days[i]] = t
	}
	return t
}

// reach returns for a unit each ancestor, itself included, with the days on
// which it lay under it: what unit_reach holds. memo is shared between calls.
func (h *history) reach(id ID, memo map[ID]map[ID][]law.Span) map[ID][]law.Span {
	if r, ok := memo[id]; ok {
		return r
	}
	r := map[ID][]law.Span{}
	memo[id] = r // versions without cycles never ask for it while it grows
	for _, v := range h.versions[id] {
		r[id] = join(r[id], v.span())
		if v.Parent == "" {
			continue
		}
		for a, spans := range h.reach(v.Parent, memo) {
			for _, s := range spans {
				if s, ok := meet(s, v.span()); ok {
					r[a] = join(r[a], s)
				}
			}
		}
	}
	return r
}

// join adds a span that begins no earlier than the last one, and makes one of
// two that touch.
func join(spans []law.Span, s law.Span) []law.Span {
	if n := len(spans); n > 0 && spans[n-1].To == s.From {
		spans[n-1].To = s.To
		return spans
	}
	return append(spans, s)
}

// meet returns the days that both spans have.
func meet(a, b law.Span) (law.Span, bool) {
	if !a.Overlaps(b) {
		return law.Span{}, false
	}
	s := law.Span{From: max(a.From, b.From), To: a.To}
	if s.To == 0 || b.To != 0 && b.To < s.To {
		s.To = b.To
	}
	return s, true
}
