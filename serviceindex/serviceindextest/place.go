// Package serviceindextest builds a small province with an index over a list of
// dossiers in memory, for the tests of this room and of its pages.
package serviceindextest

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
	"cchc/data"
	"cchc/serviceindex"
	"cchc/unit"
)

// A Paper is a dossier of the list. Everything is by day.
type Paper struct {
	Code      string
	Unit      unit.ID
	Procedure string
	Sector    string
	Accepted  moment.Date
	Due       moment.Date
	Ended     moment.Date // zero while it is open
	Has       []serviceindex.Measure
}

// Papers is a Source over a list.
type Papers struct {
	DB   *db.DB
	List []Paper
}

func (p *Papers) counts(x Paper, per serviceindex.Period, m serviceindex.Measure) bool {
	asOf := per.AsOf(p.DB.Now()).Date()
	received := x.Accepted >= per.From && x.Accepted <= asOf
	ended := x.Ended != 0 && x.Ended <= asOf
	overdue := x.Accepted <= asOf && !ended && x.Due < asOf
	switch m {
	case serviceindex.Received:
		return received
	case serviceindex.Displeased:
		return received && (overdue || ended && x.Ended > x.Due || slices.Contains(x.Has, m))
	case serviceindex.Timed:
		return overdue || ended && x.Ended >= per.From
	case serviceindex.TimedOK:
		return ended && x.Ended >= per.From && x.Ended <= x.Due
	case serviceindex.PaidOnline:
		return received && slices.Contains(x.Has, m) && slices.Contains(x.Has, serviceindex.Obliged)
	}
	return received && slices.Contains(x.Has, m)
}

// Counts implements serviceindex.Source.
func (p *Papers) Counts(_ context.Context, _ db.Queryer, per serviceindex.Period) (map[actor.UnitID]serviceindex.Counts, error) {
	out := map[actor.UnitID]serviceindex.Counts{}
	procs := map[string]bool{}
	for _, x := range p.List {
		if out[x.Unit] == nil {
			out[x.Unit] = serviceindex.Counts{}
		}
		for _, m := range serviceindex.DossierMeasures {
			if p.counts(x, per, m) {
				out[x.Unit][m]++
			}
		}
		for proc, of := range map[serviceindex.Measure]serviceindex.Measure{
			serviceindex.ProceduresOnline: serviceindex.Online, serviceindex.ProceduresPopulation: serviceindex.Population,
			serviceindex.ProceduresObliged: serviceindex.Obliged, serviceindex.ProceduresPaid: serviceindex.PaidOnline,
		} {
			if key := fmt.Sprint(x.Unit, x.Procedure, proc); p.counts(x, per, of) && !procs[key] {
				procs[key] = true
				out[x.Unit][proc]++
			}
		}
	}
	return out, nil
}

var below = db.SQL("serviceindex.test.below", `
	SELECT unit_id
	FROM unit_reach
	WHERE ancestor_id = $1 AND (to_day IS NULL OR to_day > $2) AND from_day <= $3`)

// Behind implements serviceindex.Source.
func (p *Papers) Behind(ctx context.Context, q db.Queryer, u actor.UnitID, per serviceindex.Period, m serviceindex.Measure) ([]serviceindex.Dossier, error) {
	units, err := db.Column[unit.ID](ctx, q, below, string(u), per.From, per.To)
	var out []serviceindex.Dossier
	for _, x := range p.List {
		if slices.Contains(units, x.Unit) && p.counts(x, per, m) {
			d := dossierOf(x)
			d.Late = d.Late || d.Ended == 0 && x.Due < per.AsOf(p.DB.Now()).Date()
			out = append(out, d)
		}
	}
	return out, err
}

func dossierOf(x Paper) serviceindex.Dossier {
	d := serviceindex.Dossier{ID: x.Code, Code: x.Code, Unit: x.Unit, Procedure: x.Procedure, ProcedureName: "Thủ tục " + x.Procedure,
		Sector: x.Sector, Channel: "direct", Accepted: x.Accepted.At(9 * 3600), Due: x.Due.At(17 * 3600)}
	if x.Ended != 0 {
		d.Ended, d.Late = x.Ended.At(10*3600), x.Ended > x.Due
	}
	return d
}

// DueBy implements serviceindex.Source.
func (p *Papers) DueBy(_ context.Context, _ db.Queryer, per serviceindex.Period, by moment.Instant) ([]serviceindex.DueGroup, error) {
	var out []serviceindex.DueGroup
	today := p.DB.Now().Date()
	for _, x := range p.List {
		if x.Ended == 0 && x.Due >= today && x.Due <= by.Date() {
			out = append(out, serviceindex.DueGroup{Unit: x.Unit, Sector: x.Sector, Received: x.Accepted >= per.From, Has: x.Has, Count: 1})
		}
	}
	return out, nil
}

// DueSoonest implements serviceindex.Source.
func (p *Papers) DueSoonest(_ context.Context, _ db.Queryer, _ actor.UnitID, n int) ([]serviceindex.Dossier, error) {
	var out []serviceindex.Dossier
	today := p.DB.Now().Date()
	for _, x := range p.List {
		if x.Ended == 0 && x.Due >= today && len(out) < n {
			out = append(out, dossierOf(x))
		}
	}
	return out, nil
}

// Catalogue has ten procedures for communes, five of them online and two with a
// fee, and none for other levels.
type Catalogue struct{}

// Authority implements serviceindex.Catalogue.
func (Catalogue) Authority(_ context.Context, _ db.Queryer, level string, _ moment.Date) ([]serviceindex.Procedure, error) {
	var out []serviceindex.Procedure
	for i := range 10 {
		if level == unit.Commune {
			code := fmt.Sprintf("1.%06d", i)
			out = append(out, serviceindex.Procedure{Code: code, Name: "Thủ tục " + code, Online: i < 5, Fee: i < 2})
		}
	}
	return out, nil
}

// A Place is a province of three communes, with the index of it and its clock. It
// is Monday 2026-11-23, 09:00.
type Place struct {
	*serviceindex.Index
	Papers   *Papers
	Clock    *dbtest.Clock
	Registry *unit.Registry
	Province unit.ID
	Communes []unit.ID // A, B, C
}

// System may do everything.
var System = actor.System("test")

// Day reads a date, and panics at a wrong one.
func Day(s string) moment.Date {
	d, err := moment.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

// Open returns a place on a private database, with no dossier yet.
func Open(t testing.TB) *Place {
	t.Helper()
	d, clock := dbtest.Open(t)
	sets, err := serviceindex.LoadSets(data.QD766)
	if err != nil {
		t.Fatal(err)
	}
	book := &unit.Book{DB: d}
	src := &Papers{DB: d}
	p := &Place{Papers: src, Clock: clock, Registry: &unit.Registry{Book: book, Guard: auth.Guard{Tree: book}},
		Index: &serviceindex.Index{DB: d, Guard: auth.Guard{Tree: book}, Units: book, Sets: sets, Source: src, Catalogue: Catalogue{}}}
	p.Province = p.Unit(t, "H21", "Tỉnh Sông Mẫu", unit.Province, "", "2020-01-01")
	for _, name := range []string{"A", "B", "C"} {
		p.Communes = append(p.Communes, p.Unit(t, "H21."+name, "Xã "+name, unit.Commune, p.Province, "2025-07-01"))
	}
	return p
}

// Unit makes a unit.
func (p *Place) Unit(t testing.TB, code, name, level string, parent unit.ID, from string) unit.ID {
	t.Helper()
	id, err := p.Registry.Create(t.Context(), System, unit.New{Code: code, Name: name, Level: level, Parent: parent},
		unit.Act{Day: Day(from), Basis: "1/NQ"})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// Hold adds n dossiers to a unit: accepted and ended on the day, due by due.
func (p *Place) Hold(u unit.ID, n int, on, due string, has ...serviceindex.Measure) {
	for range n {
		i := len(p.Papers.List)
		p.Papers.List = append(p.Papers.List, Paper{Code: fmt.Sprintf("D%04d", i), Unit: u, Procedure: fmt.Sprintf("1.%06d", i%3),
			Sector: "Hộ tịch", Accepted: Day(on), Ended: Day(on), Due: Day(due), Has: has})
	}
}
