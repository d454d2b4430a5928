package scorecard

import (
	"crypto/sha256"
	"encoding/hex"
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
	Parent   *DocNode
	Children []*DocNode
}

// Leaf reports whether the node is scored by a rule, or should be.
func (n *DocNode) Leaf() bool {
	return n.Has("kind") || n.Has("rule") || n.Item() || len(n.Children) == 0 && !n.Flag("may_add")
}

// Item reports whether the node stands in the bonus or penalty group.
func (n *DocNode) Item() bool { return n.Place[0] == 'b' || n.Place[0] == 'p' }

// Stamp names what the node itself says, without what is below it: somebody who
// edits it sends the stamp along, and another stamp tells that it was edited since.
func (n *DocNode) Stamp() string { return stampOf(n.ownText()) }

// DeepStamp is Stamp with all that is below the node.
func (n *DocNode) DeepStamp() string { return stampOf(textOf(n.Fields)) }

func stampOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:8])
}

func textOf(f *Fields) string {
	var b strings.Builder
	f.write(&b, 0, false)
	return b.String()
}

// ownText is the node as YAML without its children.
func (n *DocNode) ownText() string {
	own := &Fields{}
	for _, e := range n.list {
		if !slices.Contains(childKeys, e.key) {
			own.list = append(own.list, e)
		}
	}
	return textOf(own)
}

// The groups of a set by their keys.
const (
	keyFields    = "domains"
	keyBonus     = "bonus"
	keyPenalties = "penalties"
)

// childKeys are where children stand, by how deep their parent is; at reading any
// of them will do.
var childKeys = []string{"criteria", "components", "children"}

func childKey(f *Fields, depth int) string {
	for _, k := range childKeys {
		if f.Has(k) {
			return k
		}
	}
	return childKeys[min(depth, len(childKeys)-1)]
}

// Tree returns the fields with all below them.
func (d *SetDoc) Tree() []*DocNode { return nodesOf(d.root, keyFields, "", nil) }

// Bonus returns the items of the bonus group.
func (d *SetDoc) Bonus() []*DocNode { return nodesOf(d.root, keyBonus, "b", nil) }

// Penalties returns the items of the penalty group.
func (d *SetDoc) Penalties() []*DocNode { return nodesOf(d.root, keyPenalties, "p", nil) }

func nodesOf(f *Fields, key, prefix string, parent *DocNode) []*DocNode {
	var out []*DocNode
	for i, x := range f.List(key) {
		n := &DocNode{Fields: x, Place: prefix + strconv.Itoa(i+1), Parent: parent}
		if parent != nil {
			n.Depth = parent.Depth + 1
		}
		if prefix != "b" && prefix != "p" {
			n.Children = nodesOf(x, childKey(x, n.Depth), n.Place+".", n)
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

// siblings returns the list in which a node stands, and puts it there anew.
func (d *SetDoc) siblings(n *DocNode) (list []*Fields, set func([]*Fields)) {
	owner, key := d.root, keyFields
	switch {
	case n.Place[0] == 'b':
		key = keyBonus
	case n.Place[0] == 'p':
		key = keyPenalties
	case n.Parent != nil:
		owner, key = n.Parent.Fields, childKey(n.Parent.Fields, n.Parent.Depth)
	}
	return owner.List(key), func(l []*Fields) { owner.SetList(key, l) }
}

// at returns a node's place among its siblings, from 0.
func (n *DocNode) at() int {
	i, _ := strconv.Atoi(strings.TrimLeft(n.Place[strings.LastIndexByte(n.Place, '.')+1:], "bp"))
	return i - 1
}
