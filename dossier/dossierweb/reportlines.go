package dossierweb

import (
	"context"

	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/web"
	"cchc/dossier"
	"cchc/unit"
)

// lines counts the form: the total first, then its rows in the order of people's
// lists.
func (p *Reports) lines(ctx context.Context, q db.Queryer, x dossier.Question, by dossier.By) ([]reportLine, error) {
	counted, err := p.Desk.Statistics(ctx, q, web.Actor(ctx), x, by)
	if err != nil {
		return nil, err
	}
	if by == dossier.ByUnit {
		return p.unitLines(ctx, q, x, counted)
	}
	var out []reportLine
	for i, l := range counted {
		line := reportLine{Key: l.Key, Name: l.Key, II06a: l.II06a}
		switch {
		case i == 0 || by == dossier.BySector:
			line.Name = sectorName(ctx, l.Key)
		case l.Key == "":
			line.Name = i18n.T(ctx, "dossierlist.report.no_procedure")
		default:
			v, err := p.Desk.Procedures.Nearest(ctx, q, l.Key, x.To)
			if err != nil && !fault.Is(err, fault.NotFound) {
				return nil, err
			}
			if err == nil {
				line.Name = l.Key + " " + shorten(v.Name, 70)
			}
		}
		out = append(out, line)
	}
	if by == dossier.BySector {
		i18n.SortBy(out[1:], func(l reportLine) string { return l.Name })
	}
	return out, nil
}

// unitLines makes of the figures of single units the rows that people expect: one
// for each unit right below the one asked about, with all below it, and one for
// that unit by itself when it has dossiers of its own. Dossiers that moved within
// such a subtree are not moved for it, so a subtree is counted as a whole.
func (p *Reports) unitLines(ctx context.Context, q db.Queryer, x dossier.Question, counted []dossier.Line) ([]reportLine, error) {
	single := map[string]dossier.II06a{}
	for _, l := range counted[1:] {
		single[l.Key] = l.II06a
	}
	out := []reportLine{{II06a: counted[0].II06a}}
	covered := map[unit.ID]bool{x.Unit: true}
	row := func(id unit.ID, subtree map[unit.ID]bool, evenEmpty bool) error {
		for u := range subtree {
			covered[u] = true
		}
		figures := single[string(id)]
		if len(subtree) > 1 {
			y := x
			y.Unit = id
			whole, err := p.Desk.Statistics(ctx, q, web.Actor(ctx), y, dossier.ByNothing)
			if err != nil {
				return err
			}
			figures = whole[0].II06a
		}
		if figures == (dossier.II06a{}) && !evenEmpty {
			return nil
		}
		name, err := unitName(ctx, q, p.Desk.Units, id)
		if err != nil {
			return err
		}
		out = append(out, reportLine{Key: string(id), Name: name, II06a: figures})
		return nil
	}
	first, err := p.Desk.Units.On(ctx, q, x.From)
	if err != nil {
		return nil, err
	}
	last, err := p.Desk.Units.On(ctx, q, x.To)
	if err != nil {
		return nil, err
	}
	done := map[unit.ID]bool{}
	for _, tree := range []*unit.Tree{last, first} {
		for _, id := range tree.Children(x.Unit) {
			if done[id] {
				continue
			}
			done[id] = true
			subtree := map[unit.ID]bool{id: true}
			for _, t := range []*unit.Tree{last, first} {
				for _, u := range t.Subtree(id) {
					subtree[u] = true
				}
			}
			if err := row(id, subtree, tree == last); err != nil {
				return nil, err
			}
		}
	}
	// Units that came and went within the period.
	for _, l := range counted[1:] {
		if id := unit.ID(l.Key); !covered[id] {
			if err := row(id, map[unit.ID]bool{id: true}, false); err != nil {
				return nil, err
			}
		}
	}
	if own := single[string(x.Unit)]; own != (dossier.II06a{}) {
		name, err := unitName(ctx, q, p.Desk.Units, x.Unit)
		if err != nil {
			return nil, err
		}
		out = append(out, reportLine{Key: string(x.Unit), Name: i18n.T(ctx, "dossierlist.report.itself", "Unit", name), Self: true, II06a: own})
	}
	return out, nil
}
