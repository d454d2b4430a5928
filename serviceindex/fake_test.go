package serviceindex_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/db/dbtest"
	"cchc/base/moment"
	"cchc/serviceindex"
	"cchc/unit"
)

// paper is a dossier of the fake source. Everything is by day.
type paper struct {
	code      string
	unit      unit.ID
	procedure string
	sector    string
	accepted  moment.Date
	due       moment.Date
	ended     moment.Date
	has       []serviceindex.Measure
}

// papers is a Source over a list.
type papers struct {
	db   *db.DB
	list []paper
}

func (p *papers) counts(x paper, per serviceindex.Period, m serviceindex.Measure) bool {
	asOf := per.AsOf(p.db.Now()).Date()
	received := x.accepted >= per.From && x.accepted <= asOf
	ended := x.ended != 0 && x.ended <= asOf
	overdue := x.accepted <= asOf && !ended && x.due < asOf
	switch m {
	case serviceindex.Received:
		return received
	case serviceindex.Displeased:
		return received && (overdue || ended && x.ended > x.due || slices.Contains(x.has, m))
	case serviceindex.Timed:
		return overdue || ended && x.ended >= per.From
	case serviceindex.TimedOK:
		return ended && x.ended >= per.From && x.ended <= x.due
	case serviceindex.PaidOnline:
		return received && slices.Contains(x.has, m) && slices.Contains(x.has, serviceindex.Obliged)
	}
	return received && slices.Contains(x.has, m)
}

func (p *papers) Counts(_ context.Context, _ db.Queryer, per serviceindex.Period) (map[actor.UnitID]serviceindex.Counts, error) {
	out := map[actor.UnitID]serviceindex.Counts{}
	procs := map[string]bool{}
	for _, x := range p.list {
		if out[x.unit] == nil {
			out[x.unit] = serviceindex.Counts{}
		}
		for _, m := range serviceindex.DossierMeasures {
			if p.counts(x, per, m) {
				out[x.unit][m]++
			}
		}
		for proc, of := range map[serviceindex.Measure]serviceindex.Measure{
			serviceindex.ProceduresOnline: serviceindex.Online, serviceindex.ProceduresPopulation: serviceindex.Population,
			serviceindex.ProceduresObliged: serviceindex.Obliged, serviceindex.ProceduresPaid: serviceindex.PaidOnline,
		} {
			if key := fmt.Sprint(x.unit, x.procedure, proc); p.counts(x, per, of) && !procs[key] {
				procs[key] = true
				out[x.unit][proc]++
			}
		}
	}
	return out, nil
}

var below = db.SQL("serviceindex.test.below", `
	SELECT unit_id
	FROM unit_reach
	WHERE ancestor_id = $1 AND (to_day IS NULL OR to_day > $2) AND from_day <= $3`)

func (p *papers) Behind(ctx context.Context, q db.Queryer, u actor.UnitID, per serviceindex.Period, m serviceindex.Measure) ([]serviceindex.Dossier, error) {
	units, err := db.Column[unit.ID](ctx, q, below, string(u), per.From, per.To)
	var out []serviceindex.Dossier
	for _, x := range p.list {
		if slices.Contains(units, x.unit) && p.counts(x, per, m) {
			out = append(out, dossierOf(x))
		}
	}
	return out, err
}

func dossierOf(x paper) serviceindex.Dossier {
	d := serviceindex.Dossier{ID: x.code, Code: x.code, Unit: x.unit, Procedure: x.procedure, ProcedureName: "Thủ tục " + x.procedure,
		Sector: x.sector, Channel: "direct", Accepted: x.accepted.At(9 * 3600), Due: x.due.At(17 * 3600)}
	if x.ended != 0 {
		d.Ended, d.Late = x.ended.At(10*3600), x.ended > x.due
	}
	return d
}

func (p *papers) DueBy(_ context.Context, _ db.Queryer, per serviceindex.Period, by moment.Instant) ([]serviceindex.DueGroup, error) {
	var out []serviceindex.DueGroup
	today := p.db.Now().Date()
	for _, x := range p.list {
		if x.ended == 0 && x.due >= today && x.due <= by.Date() {
			out = append(out, serviceindex.DueGroup{Unit: x.unit, Sector: x.sector, Received: x.accepted >= per.From, Has: x.has, Count: 1})
		}
	}
	return out, nil
}

func (p *papers) DueSoonest(_ context.Context, _ db.Queryer, _ actor.UnitID, n int) ([]serviceindex.Dossier, error) {
	var out []serviceindex.Dossier
	today := p.db.Now().Date()
	for _, x := range p.list {
		if x.ended == 0 && x.due >= today && len(out) < n {
			out = append(out, dossierOf(x))
		}
	}
	return out, nil
}

// catalogue has ten procedures for communes, five of them online and two with a
// fee, and none for other levels.
type catalogue struct{}

func (catalogue) Authority(_ context.Context, _ db.Queryer, level string, _ moment.Date) ([]serviceindex.Procedure, error) {
	var out []serviceindex.Procedure
	for i := range 10 {
		if level == unit.Commune {
			code := fmt.Sprintf("1.%06d", i)
			out = append(out, serviceindex.Procedure{Code: code, Name: "Thủ tục " + code, Online: i < 5, Fee: i < 2})
		}
	}
	return out, nil
}

// place is a province of three communes, with the index of it and its clock.
type place struct {
	*serviceindex.Index
	papers   *papers
	clock    *dbtest.Clock
	registry *unit.Registry
	province unit.ID
	communes []unit.ID // A, B, C
}

var system = actor.System("test")

func day(s string) moment.Date {
	d, err := moment.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

func newPlace(t testing.TB) *place {
	t.Helper()
	d, clock := dbtest.Open(t)
	book := &unit.Book{DB: d}
	src := &papers{db: d}
	p := &place{papers: src, clock: clock, registry: &unit.Registry{Book: book, Guard: auth.Guard{Tree: book}},
		Index: &serviceindex.Index{DB: d, Guard: auth.Guard{Tree: book}, Units: book, Sets: sets(t), Source: src, Catalogue: catalogue{}}}
	p.province = p.unit(t, "H21", "Tỉnh Sông Mẫu", unit.Province, "", "2020-01-01")
	for _, name := range []string{"A", "B", "C"} {
		p.communes = append(p.communes, p.unit(t, "H21."+name, "Xã "+name, unit.Commune, p.province, "2025-07-01"))
	}
	return p
}

func (p *place) unit(t testing.TB, code, name, level string, parent unit.ID, from string) unit.ID {
	t.Helper()
	id, err := p.registry.Create(t.Context(), system, unit.New{Code: code, Name: name, Level: level, Parent: parent},
		unit.Act{Day: day(from), Basis: "1/NQ"})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// hold adds n dossiers to a unit: accepted and ended on the day, due by due.
func (p *place) hold(u unit.ID, n int, on, due string, has ...serviceindex.Measure) {
	for range n {
		i := len(p.papers.list)
		p.papers.list = append(p.papers.list, paper{code: fmt.Sprintf("D%04d", i), unit: u, procedure: fmt.Sprintf("1.%06d", i%3),
			sector: "Hộ tịch", accepted: day(on), ended: day(on), due: day(due), has: has})
	}
}

func (p *place) of(t testing.TB, u unit.ID, period string) *serviceindex.Report {
	t.Helper()
	per, err := serviceindex.ParsePeriod(period)
	if err != nil {
		t.Fatal(err)
	}
	r, err := p.Of(t.Context(), system, u, per)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
