package scorecard

import (
	"fmt"
	"slices"
)

// A Difference is an entry that two texts have otherwise.
type Difference struct {
	Path         string // rule.tiers[1].points
	Mine, Theirs string
}

// Compare returns where a node would differ from what is stored if the edit were
// written into it.
func Compare(stored *DocNode, e NodeEdit) []Difference {
	mine := stored.own()
	e.apply(mine)
	return compare(mine, stored.own())
}

// own is a copy of the node's entries without its children.
func (n *DocNode) own() *Fields {
	out := &Fields{}
	for _, e := range n.list {
		if !slices.Contains(childKeys, e.key) {
			out.list = append(out.list, entry{e.key, clone(e.value)})
		}
	}
	return out
}

func clone(v any) any {
	switch x := v.(type) {
	case *Fields:
		out := &Fields{}
		for _, e := range x.list {
			out.list = append(out.list, entry{e.key, clone(e.value)})
		}
		return out
	case []any:
		out := make([]any, len(x))
		for i := range x {
			out[i] = clone(x[i])
		}
		return out
	}
	return v
}

// compare lists the entries that two mappings have otherwise, in the order of the
// first, then of the second.
func compare(mine, theirs *Fields) []Difference {
	a, b := map[string]string{}, map[string]string{}
	var paths []string
	flatten("", mine, a, &paths)
	flatten("", theirs, b, &paths)
	var out []Difference
	seen := map[string]bool{}
	for _, p := range paths {
		if a[p] != b[p] && !seen[p] {
			seen[p] = true
			out = append(out, Difference{p, a[p], b[p]})
		}
	}
	return out
}

func flatten(at string, v any, into map[string]string, paths *[]string) {
	switch x := v.(type) {
	case scalar:
		into[at] = x.text
		*paths = append(*paths, at)
	case *Fields:
		for _, e := range x.list {
			p := e.key
			if at != "" {
				p = at + "." + e.key
			}
			flatten(p, e.value, into, paths)
		}
	case []any:
		for i, e := range x {
			flatten(fmt.Sprintf("%s[%d]", at, i+1), e, into, paths)
		}
	}
}
