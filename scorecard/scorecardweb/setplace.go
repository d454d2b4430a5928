package scorecardweb

import (
	"context"
	"regexp"
	"strconv"
	"strings"

	"cchc/scorecard/criteria"
)

var pathShape = regexp.MustCompile(`^(domains|bonus|penalties)\[(\d+)\]((?:\.(?:criteria|components|children)\[\d+\])*)`)

var indexShape = regexp.MustCompile(`\[(\d+)\]`)

// placeOf returns the place of the node that a fault lies in; "" outside of nodes.
func placeOf(path string) string {
	m := pathShape.FindStringSubmatch(path)
	if m == nil {
		return ""
	}
	var parts []string
	for _, i := range indexShape.FindAllStringSubmatch(m[0], -1) {
		n, _ := strconv.Atoi(i[1])
		parts = append(parts, strconv.Itoa(n+1))
	}
	place := strings.Join(parts, ".")
	switch m[1] {
	case "bonus":
		return "b" + place
	case "penalties":
		return "p" + place
	}
	return place
}

// nodeAt returns the node of a read set at a place; nil when it was not read.
func nodeAt(s *criteria.Set, place string) *criteria.Node {
	if s == nil || place == "" {
		return nil
	}
	list := s.Fields
	switch place[0] {
	case 'b':
		list, place = s.Bonus.Items, place[1:]
	case 'p':
		list, place = s.Penalty.Items, place[1:]
	}
	var at *criteria.Node
	for _, part := range strings.Split(place, ".") {
		i, err := strconv.Atoi(part)
		if err != nil || i < 1 || i > len(list) {
			return nil
		}
		at = list[i-1]
		list = at.Children
	}
	return at
}

// sentence says a node's rule in words; "" where there is none to say.
func (x *setPage) sentence(ctx context.Context, place string) string {
	return say(ctx, nodeAt(x.Set, place))
}

func say(ctx context.Context, n *criteria.Node) string {
	if n == nil || n.Leaf == nil || n.Leaf.Rule == nil {
		return ""
	}
	return n.Leaf.Rule.Sentence(ctx, n)
}

func (x *setPage) faultsAt(place string) (out []criteria.Fault) {
	for _, f := range x.Faults {
		if placeOf(f.Path) == place {
			out = append(out, f)
		}
	}
	return out
}
