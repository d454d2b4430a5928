package dossierweb

import (
	"context"

	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/dossier"
	"cchc/unit"
)

// lines counts the form: the total first, then its rows in the order of people's
// lists.
func (p *Reports) lines(ctx context.Context, q db.Queryer, x dossier.Question, by dossier.By) ([]reportLine, error) {
	if by == dossier.ByUnit {
		return p.unitLines(ctx, q, x)
	}
	counted, err := p.Desk.Statistics(ctx, q, web.Actor(ctx), x, by)
	if err != nil {
		return nil, err
	}
	who := newNames(q)
	var out []reportLine
	for i, l := range counted {
		line := reportLine{Key: l.Key, Name: l.Key, II06a: l.II06a}
		switch {
		case by == dossier.ByOfficer && i > 0:
			if line.Name, err = p.officer(ctx, who, l.Key); err != nil {
				return nil, err
			}
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
	if by == dossier.BySector || by == dossier.ByOfficer {
		i18n.SortBy(out[1:], func(l reportLine) string { return l.Name })
	}
	return out, nil
}

// officer names whom dossiers count for; "" is nobody.
func (p *Reports) officer(ctx context.Context, who *names, account string) (string, error) {
	if account == "" {
		return i18n.T(ctx, "reports.officer.none"), nil
	}
	return who.of(ctx, account)
}

// unitGroups are the rows that people expect: one for each unit right below the
// one asked about, with all below it, and one for that unit by itself.
type unitGroups struct {
	order     []string
	units     map[string]map[unit.ID]bool
	evenEmpty map[string]bool // stands there although nothing was counted in it
}

func (p *Reports) unitGroups(ctx context.Context, q db.Queryer, x dossier.Question) (unitGroups, error) {
	g := unitGroups{units: map[string]map[unit.ID]bool{}, evenEmpty: map[string]bool{}}
	covered := map[unit.ID]bool{x.Unit: true}
	add := func(id unit.ID, subtree map[unit.ID]bool, empty bool) {
		for u := range subtree {
			covered[u] = true
		}
		g.units[string(id)], g.evenEmpty[string(id)] = subtree, empty
		g.order = append(g.order, string(id))
	}
	for i, day := range []moment.Date{x.To, x.From} {
		tree, err := p.Desk.Units.On(ctx, q, day)
		if err != nil {
			return g, err
		}
		for _, id := range tree.Children(x.Unit) {
			if g.units[string(id)] != nil {
				continue
			}
			y := x
			y.Unit = id
			below, err := p.Desk.UnitsDuring(ctx, q, y)
			if err != nil {
				return g, err
			}
			subtree := map[unit.ID]bool{id: true}
			for _, u := range below {
				subtree[u] = true
			}
			add(id, subtree, i == 0)
		}
	}
	// Units that came and went within the period.
	during, err := p.Desk.UnitsDuring(ctx, q, x)
	if err != nil {
		return g, err
	}
	for _, id := range during {
		if !covered[id] {
			add(id, map[unit.ID]bool{id: true}, false)
		}
	}
	add(x.Unit, map[unit.ID]bool{x.Unit: true}, false)
	return g, nil
}

// name names the row of a group.
func (g unitGroups) name(ctx context.Context, q db.Queryer, b *unit.Book, key string, of unit.ID) (string, error) {
	name, err := unitName(ctx, q, b, unit.ID(key))
	if key == string(of) {
		name = i18n.T(ctx, "dossierlist.report.itself", "Unit", name)
	}
	return name, err
}

// unitLines counts the rows of the units. Dossiers that moved within a subtree are
// not moved for it, so a subtree is counted as a whole.
func (p *Reports) unitLines(ctx context.Context, q db.Queryer, x dossier.Question) ([]reportLine, error) {
	groups, err := p.unitGroups(ctx, q, x)
	if err != nil {
		return nil, err
	}
	counted, err := p.Desk.StatisticsOf(ctx, q, web.Actor(ctx), x, groups.units)
	if err != nil {
		return nil, err
	}
	of := map[string]dossier.II06a{}
	for _, l := range counted[1:] {
		of[l.Key] = l.II06a
	}
	out := []reportLine{{II06a: counted[0].II06a}}
	for _, key := range groups.order {
		line := reportLine{Key: key, II06a: of[key], Self: key == string(x.Unit)}
		if line.II06a == (dossier.II06a{}) && !groups.evenEmpty[key] {
			continue
		}
		if line.Name, err = groups.name(ctx, q, p.Desk.Units, key, x.Unit); err != nil {
			return nil, err
		}
		out = append(out, line)
	}
	return out, nil
}
