package serviceindex_test

import (
	"context"
	"testing"

	"cchc/base/actor"
	"cchc/base/db"
	"cchc/dossier"
	"cchc/dossier/dossiertest"
	"cchc/serviceindex"
	"cchc/serviceindex/serviceindextest"
)

// desk counts real dossiers, as the app's source does; what is due is not asked.
type desk struct {
	serviceindex.Source
	room *dossier.Desk
}

func (d desk) Counts(ctx context.Context, q db.Queryer, p serviceindex.Period) (map[actor.UnitID]serviceindex.Counts, error) {
	counts, err := d.room.CountsNow(ctx, q, p.From, p.To)
	if p.To < d.room.DB.Now().Date() {
		counts, err = d.room.CountsAsOf(ctx, q, dossier.Question{From: p.From, To: p.To})
	}
	out := map[actor.UnitID]serviceindex.Counts{}
	for u, c := range counts {
		out[u] = serviceindex.Counts{
			serviceindex.Received: c.Received, serviceindex.Online: c.Online, serviceindex.EResult: c.EResult,
			serviceindex.Digitised: c.Digitised, serviceindex.Reused: c.Reused, serviceindex.Population: c.Population,
			serviceindex.Synced: c.Synced, serviceindex.Obliged: c.Obliged, serviceindex.PaidOnline: c.PaidOnline,
			serviceindex.Displeased: c.Displeased, serviceindex.Timed: c.Timed, serviceindex.TimedOK: c.TimedOK,
			serviceindex.ProceduresOnline: c.OnlineProcs, serviceindex.ProceduresPopulation: c.PopulProcs,
			serviceindex.ProceduresObliged: c.ObligedProcs, serviceindex.ProceduresPaid: c.PaidProcs,
		}
	}
	return out, err
}

func (d desk) Behind(ctx context.Context, q db.Queryer, u actor.UnitID, p serviceindex.Period, m serviceindex.Measure) ([]serviceindex.Dossier, error) {
	cases, err := d.room.BehindMeasure(ctx, q, dossier.Question{Unit: u, From: p.From, To: p.To}, dossier.Measure(m))
	var out []serviceindex.Dossier
	for _, c := range cases {
		row := serviceindex.Dossier{ID: c.ID, Code: c.Code, Unit: c.Promised, Procedure: c.Procedure}
		if m == serviceindex.Timed || m == serviceindex.TimedOK {
			row.Unit = c.Unit
		}
		out = append(out, row)
	}
	return out, err
}

func TestRealDossiersMoveTheIndexAndOpenToTheirList(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	ctx := t.Context()
	x := &serviceindex.Index{DB: o.DB, Guard: *o.Desk.Guard, Units: o.Desk.Units, Sets: sets(t), Source: desk{room: o.Desk}, Catalogue: serviceindextest.Catalogue{}}
	month, _ := serviceindex.ParsePeriod("2026-11")
	score := func(who actor.Actor) serviceindex.MetricScore {
		t.Helper()
		r, err := x.Of(ctx, who, o.Commune, month)
		if err != nil {
			t.Fatal(err)
		}
		m, _ := r.Score.Metric("ON_TIME_RATE")
		return m
	}
	if m := score(o.Officer); m.Branch != serviceindex.Nothing {
		t.Errorf("before any dossier: %+v", m)
	}
	var codes []string
	for i, procedure := range []string{dossiertest.Certify, dossiertest.Birth, dossiertest.Birth, dossiertest.Land, dossiertest.Confirm} {
		app := o.Application(procedure)
		app.Population, app.Obliged = i%2 == 0, i < 2
		if i == 1 {
			app.Channel = dossier.Online
		}
		d, err := o.Desk.Receive(ctx, o.Officer, app)
		if err != nil {
			t.Fatal(err)
		}
		codes = append(codes, d.Code)
	}
	finish := func(code string, electronic bool) {
		t.Helper()
		if err := o.Desk.Finish(ctx, o.Officer, code, dossier.Result{Electronic: electronic}); err != nil {
			t.Fatal(err)
		}
	}
	finish(codes[0], true) // in time
	if m := score(o.Officer); m.Points.String() != "20.00" {
		t.Errorf("after one in time: %+v", m)
	}
	o.Clock.Set("2026-11-30T16:00")
	finish(codes[1], true) // due 27/11: late; the other birth and the two hours are overdue
	if m := score(o.Officer); m.Value.Num != 1 || m.Value.Den != 4 || m.Points.String() != "5.00" {
		t.Errorf("one in time, one late, two overdue: %+v, want 1/4", m)
	}
	everythingOpens := func(when string) {
		t.Helper()
		rows := 0
		for _, u := range []actor.UnitID{o.Commune, o.Province} {
			for _, m := range x.Sets[0].Metrics() {
				for _, part := range serviceindex.Parts {
					l, err := x.Behind(ctx, o.Chair, u, month, m.Code, part)
					if err != nil {
						t.Fatal(err)
					}
					if !m.Entered && int64(l.Len()) != l.Number {
						t.Errorf("%s, %s: the %s is %d, the list has %d rows", when, m.Code, part, l.Number, l.Len())
					}
					rows += l.Len()
				}
			}
		}
		if rows < 50 {
			t.Errorf("%s: only %d rows opened", when, rows)
		}
	}
	everythingOpens("while the month runs")
	now := score(o.Chair)
	o.Clock.Set("2026-12-10T09:00")
	finish(codes[2], true) // what happens in December leaves November as it was
	if then := score(o.Chair); then.Value != now.Value {
		t.Errorf("November was %v while it ran and is %v as of its end", now.Value, then.Value)
	}
	everythingOpens("as of the month's end")
}
