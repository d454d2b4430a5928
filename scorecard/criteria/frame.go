package criteria

import "bytes"

// CheckFrame returns where the set departs from the frame of the higher level: every
// node of the frame must be there under the same parent, with its maximum and rule,
// and what is added must be a leaf marked so, below a node where the frame allows it.
func (s *Set) CheckFrame(frame *Set) Faults {
	r := &reader{}
	wrong := func(n *Node, key, message string, args ...any) {
		r.code = n.Code
		r.wrong(place{n.at.line, join(n.at.path, key)}, message, args...)
	}
	if s.Frame != frame.ID {
		r.wrong(place{0, "meta.frame"}, "criteria.frame_other", "Says", s.Frame, "Is", frame.ID)
	}
	var given func(f *Node)
	given = func(f *Node) {
		switch n := s.byCode[f.Code]; {
		case n == nil:
			r.code = f.Code
			r.wrong(place{0, "domains"}, "criteria.frame_missing", "Code", f.Code, "Name", f.Name)
		case parentCode(n) != parentCode(f):
			wrong(n, "code", "criteria.frame_moved", "Code", f.Code, "Parent", parentCode(f))
		default:
			if n.Max != f.Max {
				wrong(n, "max", "criteria.frame_max", "Says", plain(n.Max), "Frame", plain(f.Max))
			}
			if n.Name != f.Name {
				wrong(n, "name", "criteria.frame_name", "Frame", f.Name)
			}
			if n.Added {
				wrong(n, "added", "criteria.frame_added")
			}
			if f.Leaf != nil && (n.Leaf == nil || !sameLeaf(n, f)) {
				wrong(n, "rule", "criteria.frame_rule", "Code", f.Code)
			}
		}
		for _, c := range f.Children {
			given(c)
		}
	}
	for _, f := range frame.Fields {
		given(f)
	}
	var added func(n *Node)
	added = func(n *Node) {
		if frame.byCode[n.Code] == nil {
			switch {
			case !n.Added:
				wrong(n, "code", "criteria.frame_not_marked", "Code", n.Code)
			case !allowed(frame, n):
				wrong(n, "code", "criteria.frame_not_allowed", "Code", n.Code)
			}
		}
		for _, c := range n.Children {
			added(c)
		}
	}
	for _, f := range s.Fields {
		added(f)
	}
	return r.faults
}

func parentCode(n *Node) string {
	if n.Parent == nil {
		return ""
	}
	return n.Parent.Code
}

// allowed reports whether the frame lets leaves be added where n stands.
func allowed(frame *Set, n *Node) bool {
	for p := n.Parent; p != nil; p = p.Parent {
		if f := frame.byCode[p.Code]; f != nil {
			return f.MayAdd
		}
	}
	return false
}

// sameLeaf reports whether two leaves have the same rule, policy and binding.
func sameLeaf(a, b *Node) bool { return bytes.Equal(leafText(a), leafText(b)) }

func leafText(n *Node) []byte {
	w := &writer{depth: 1}
	bare := *n.Leaf
	bare.Evidence = ""
	w.leaf(&Node{Leaf: &bare})
	return []byte(w.b.String())
}
