package scorecardweb

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/i18n"
	"cchc/base/web"
	"cchc/scorecard"
)

// A set for each group: the form has block.N, what the group is called, and group.N,
// the id of the version that scores it; "" is the round's own.

const mostBlocks = 100

// groupsOf reads the groups that have a set of their own out of a form.
func groupsOf(form *web.Form) []scorecard.Group {
	var out []scorecard.Group
	for i := range mostBlocks {
		n := strconv.Itoa(i)
		if _, ok := form.Values["block."+n]; !ok {
			break
		}
		if set := form.Value("group." + n); set != "" {
			out = append(out, scorecard.Group{Block: form.Value("block." + n), Set: set})
		}
	}
	return out
}

// offerBlocks lists the groups for which a set may be chosen: those of the units that
// the preview found, or before one of all units in which the person keeps rounds.
// What was chosen, and what is wrong with it, goes by the name of the group.
func (p *Pages) offerBlocks(ctx context.Context, q db.Queryer, in *roundForm) error {
	chosen := groupsOf(&in.Form)
	add := func(block string) {
		if block != "" && !slices.Contains(in.Blocks, block) && len(in.Blocks) < mostBlocks {
			in.Blocks = append(in.Blocks, block)
		}
	}
	if in.Plan != nil {
		for _, s := range in.Plan.Scored {
			add(s.Block)
		}
	} else {
		tree, err := p.Desk.Units.Today(ctx, q)
		if err != nil {
			return err
		}
		for _, root := range auth.Roots(web.Actor(ctx), auth.RoundKeep) {
			tops := tree.Roots()
			if root != "" {
				tops = tops[:0:0]
				tops = append(tops, root)
			}
			for _, top := range tops {
				for _, id := range tree.Subtree(top) {
					u, _ := tree.Unit(id)
					add(u.Block)
				}
			}
		}
	}
	slices.Sort(in.Blocks)
	for _, g := range chosen { // one that no unit is in any more is told, not dropped
		add(g.Block)
	}
	for i, block := range in.Blocks {
		n := strconv.Itoa(i)
		in.Form.Set("block."+n, block)
		in.Form.Set("group."+n, "")
		in.Call("group."+n, i18n.T(ctx, "rounds.group", "Block", block))
		for _, g := range chosen {
			if g.Block == block {
				in.Form.Set("group."+n, g.Set)
			}
		}
	}
	if in.Fault == nil {
		return nil
	}
	for i := range in.Fault.Fields {
		if block, ok := strings.CutPrefix(in.Fault.Fields[i].Name, "group."); ok {
			if n := slices.Index(in.Blocks, block); n >= 0 {
				in.Fault.Fields[i].Name = "group." + strconv.Itoa(n)
			}
		}
	}
	return nil
}
