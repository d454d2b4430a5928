package scorecard

import (
	"slices"
	"strconv"
	"strings"
)

// A DocNode is a field, a criterion, a component, or an item of the bonus or
// penalty group, as it stands in a SetDoc.
type DocNode struct {
	*Fields
	Place    string // "1.2.3": first field, its second criterion, its third component; "b1" and "p1" in the groups
	Depth    int    // 0 for fields and items
	Children []*DocNode
}

// Leaf reports whether the node is scored by a rule.
func (n *DocNode) Leaf() bool { return n.Has("kind") || len(n.Children) == 0 && n.Depth > 0 }

// Item reports whether the node stands in the bonus or penalty group.
func (n *DocNode) Item() bool {
	return strings.HasPrefix(n.Place, "b") || strings.HasPrefix(n.Place, "p")
}

// Where children stand, by how deep their parent is. A node deeper than the usual
// three levels keeps its children where a criterion does.
const (
	keyFields     = "domains"
	keyCriteria   = "criteria"
	keyComponents = "components"
	keyBonus      = "bonus"
	keyPenalties  = "penalties"
)

func childKey(f *Fields, depth int) string {
	for _, k := range []string{keyCriteria, keyComponents} {
		if f.Has(k) {
			return k
		}
	}
	if depth == 0 {
		return keyCriteria
	}
	return keyComponents
}

// Tree returns the fields with all below them.
func (d *SetDoc) Tree() []*DocNode { return nodesOf(d.root, keyFields, "", 0) }

// Bonus returns the items of the bonus group.
func (d *SetDoc) Bonus() []*DocNode { return nodesOf(d.root, keyBonus, "b", 0) }

// Penalties returns the items of the penalty group.
func (d *SetDoc) Penalties() []*DocNode { return nodesOf(d.root, keyPenalties, "p", 0) }

func nodesOf(f *Fields, key, prefix string, depth int) []*DocNode {
	var out []*DocNode
	for i, x := range f.List(key) {
		n := &DocNode{Fields: x, Place: prefix + strconv.Itoa(i+1), Depth: depth}
		if prefix != "b" && prefix != "p" {
			n.Children = nodesOf(x, childKey(x, depth), n.Place+".", depth+1)
		}
		out = append(out, n)
	}
	return out
}

// All returns every node, each before those below it, then bonus and penalty items.
func (d *SetDoc) All() []*DocNode {
	var out []*DocNode
	var walk func([]*DocNode)
	walk = func(list []*DocNode) {
		for _, n := range list {
			out = append(out, n)
			walk(n.Children)
		}
	}
	walk(d.Tree())
	return slices.Concat(out, d.Bonus(), d.Penalties())
}

// Node returns the node at a place; nil when there is none.
func (d *SetDoc) Node(place string) *DocNode {
	for _, n := range d.All() {
		if n.Place == place {
			return n
		}
	}
	return nil
}
