package unit

import (
	"cmp"
	"slices"

	"cchc/base/moment"
)

// A Tree is every unit in force on one day. It never changes; the zero Tree is
// empty.
type Tree struct {
	units    map[ID]Unit
	codes    map[string]ID
	children map[ID][]ID
}

func (h *history) grow(d moment.Date) *Tree {
	t := &Tree{units: map[ID]Unit{}, codes: map[string]ID{}, children: map[ID][]ID{}}
	for id := range h.versions {
		if v, ok := h.at(id, d); ok {
			t.units[id] = v
			t.codes[v.Code] = id
			t.children[v.Parent] = append(t.children[v.Parent], id)
		}
	}
	for _, ids := range t.children {
		slices.SortFunc(ids, func(a, b ID) int {
			x, y := t.units[a], t.units[b]
			return cmp.Or(cmp.Compare(h.levels[x.Level].Order, h.levels[y.Level].Order), cmp.Compare(x.Code, y.Code))
		})
	}
	return t
}

// Len returns the number of units.
func (t *Tree) Len() int { return len(t.units) }

// Unit returns a unit in force; false when it is not, or was never.
func (t *Tree) Unit(id ID) (Unit, bool) { u, ok := t.units[id]; return u, ok }

// ByCode returns the unit that has the agency code.
func (t *Tree) ByCode(code string) (Unit, bool) { return t.Unit(t.codes[code]) }

// Roots returns the units without a parent, by level and code.
func (t *Tree) Roots() []ID { return t.Children("") }

// Children returns the units right below one, by level and code.
func (t *Tree) Children(id ID) []ID { return slices.Clone(t.children[id]) }

// Ancestors returns the units above one, the nearest first, without itself.
func (t *Tree) Ancestors(id ID) []ID {
	var up []ID
	for u := t.units[id]; u.Parent != ""; u = t.units[u.Parent] {
		up = append(up, u.Parent)
	}
	return up
}

// Within reports whether a unit is root or lies under it.
func (t *Tree) Within(id, root ID) bool {
	u, ok := t.units[id]
	for ok {
		if u.ID == root {
			return true
		}
		u, ok = t.units[u.Parent]
	}
	return false
}

// Subtree returns root and every unit below it, parents before children; nil
// when root is not in force.
func (t *Tree) Subtree(root ID) []ID {
	if _, ok := t.units[root]; !ok {
		return nil
	}
	all := []ID{root}
	for i := 0; i < len(all); i++ {
		all = append(all, t.children[all[i]]...)
	}
	return all
}

// Nearest returns the unit or its nearest ancestor of a level; false when there
// is none.
func (t *Tree) Nearest(id ID, level string) (Unit, bool) {
	u, ok := t.units[id]
	for ok && u.Level != level {
		u, ok = t.units[u.Parent]
	}
	return u, ok
}
