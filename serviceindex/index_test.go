package serviceindex_test

import (
	"context"
	"testing"

	"cchc/base/actor"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/points"
	"cchc/serviceindex"
	"cchc/unit"
)

func ratio(t *testing.T, s serviceindex.Score, metric string) points.Ratio {
	t.Helper()
	m, ok := s.Metric(metric)
	if !ok {
		t.Fatalf("no metric %s", metric)
	}
	return m.Value.Ratio
}

func TestAProvinceIsScoredOnTheSums(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.Hold(p.Communes[0], 9, "2026-11-10", "2026-11-12", serviceindex.Online)
	p.Hold(p.Communes[0], 1, "2026-11-10", "2026-11-09") // late
	p.Hold(p.Communes[1], 990, "2026-11-11", "2026-11-12")
	r := of(t, p, p.Province, "2026-11")
	for metric, want := range map[string]points.Ratio{
		"ON_TIME_RATE":                   {Num: 999, Den: 1000},
		"ONLINE_DOSSIER_RATE":            {Num: 9, Den: 1000},
		"DOSSIER_RECEIVING_SATISFACTION": {Num: 999, Den: 1000},
		"ONLINE_SERVICE_COVERAGE":        {Num: 10, Den: 20}, // two communes with dossiers, not three
		"SERVICES_WITH_ONLINE_DOSSIERS":  {Num: 3, Den: 10},
	} {
		if got := ratio(t, r.Score, metric); got != want {
			t.Errorf("%s of the province is %v, want %v", metric, got, want)
		}
	}
	on, _ := r.Score.Metric("ON_TIME_RATE")
	if on.Points.String() != "19.98" { // a mean of the communes' scores would be 19.00
		t.Errorf("the province has %s points on time, want 19.98", on.Points)
	}
	// 9/10 and 990/990 on time, and 3 of 5 online services: sums of rounded metrics.
	var a serviceindex.Standing
	sum := points.Points(0)
	for _, c := range r.Children {
		if c.Unit.ID == p.Communes[0] {
			a = c
		}
	}
	for _, g := range a.Score.Groups {
		for _, m := range g.Metrics {
			sum += m.Points
		}
	}
	if a.Score.Points != sum || sum == 0 {
		t.Errorf("commune A has %s, its metrics add up to %s", a.Score.Points, sum)
	}
	if on, _ := a.Score.Metric("ON_TIME_RATE"); on.Points != points.Of(18) {
		t.Errorf("commune A has %s points on time, want 18", on.Points)
	}
}

func TestDesksCountForTheirCommune(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	desk := p.Unit(t, "H21.A.1", "Bộ phận Một cửa xã A", unit.OneStop, p.Communes[0], "2025-07-01")
	p.Hold(desk, 4, "2026-11-10", "2026-11-12", serviceindex.Population)
	r := of(t, p, p.Communes[0], "2026-11")
	if got := ratio(t, r.Score, "ON_TIME_RATE"); got != (points.Ratio{Num: 4, Den: 4}) {
		t.Errorf("on time at the desk: %v, want 4/4", got)
	}
	// The desk's dossiers, the commune's catalogue.
	if got := ratio(t, r.Score, "CITIZEN_DATA_CONNECTED_FORMALITY"); got != (points.Ratio{Num: 3, Den: 10}) {
		t.Errorf("procedures with population data: %v, want 3/10", got)
	}
}

func TestRanksAreSharedAndSilentUnitsHaveNone(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	d := p.Unit(t, "H21.D", "Xã D", unit.Commune, p.Province, "2025-07-01")
	for _, u := range []unit.ID{p.Communes[0], p.Communes[2]} {
		p.Hold(u, 5, "2026-11-10", "2026-11-12")
	}
	p.Hold(d, 1, "2026-11-10", "2026-11-09")
	r := of(t, p, p.Province, "2026-11")
	got := ""
	for _, c := range r.Children {
		got += c.Unit.Name + " " + c.RankText() + "; "
	}
	if want := "Xã A =1; Xã C =1; Xã D 3; Xã B –; "; got != want {
		t.Errorf("ranks %s want %s", got, want)
	}
	if r.Children[0].Of != 3 {
		t.Errorf("%d units are ranked, want 3", r.Children[0].Of)
	}
	if own := of(t, p, d, "2026-11"); own.RankText() != "3" || own.Of != 3 {
		t.Errorf("commune D sees rank %s of %d, want 3 of 3", own.RankText(), own.Of)
	}
}

func TestDeltasAgainstThePeriodBefore(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	a, b, c := p.Communes[0], p.Communes[1], p.Communes[2]
	p.Hold(a, 10, "2026-10-05", "2026-10-10")
	p.Hold(b, 9, "2026-10-05", "2026-10-10")
	p.Hold(b, 1, "2026-10-05", "2026-10-04")
	p.Hold(a, 8, "2026-11-05", "2026-11-10")
	p.Hold(a, 2, "2026-11-05", "2026-11-04")
	p.Hold(b, 10, "2026-11-05", "2026-11-10")
	p.Hold(c, 1, "2026-11-05", "2026-11-10")
	at := func(r *serviceindex.Report, u unit.ID) serviceindex.Standing {
		for _, s := range r.Children {
			if s.Unit.ID == u {
				return s
			}
		}
		t.Fatalf("unit %s is not there", u)
		return serviceindex.Standing{}
	}
	r := of(t, p, p.Province, "2026-11")
	// On time 10/10 → 8/10 is −4; nobody displeased 10/10 → 8/10 is 6 → 5.33.
	if d := at(r, a).Delta; !d.HasPoints || d.Points.String() != "-4.67" || !d.HasRank || d.Rank != -2 {
		t.Errorf("commune A: %+v, want −4.67 points and two places lost", d)
	}
	if d := at(r, b).Delta; !d.HasPoints || d.Points <= 0 || d.Rank != 1 {
		t.Errorf("commune B: %+v, want points and one place won", d)
	}
	if d := at(r, c).Delta; d.HasPoints || d.HasRank || d.Why != serviceindex.Silence {
		t.Errorf("commune C was silent before: %+v", d)
	}
	// A new commune has no delta, and whoever is ranked in a longer list than
	// before has none of rank.
	e := p.Unit(t, "H21.E", "Xã E", unit.Commune, p.Province, "2026-11-01")
	p.Hold(e, 1, "2026-11-05", "2026-11-10")
	r = of(t, p, p.Province, "2026-11")
	if d := at(r, e).Delta; d.HasPoints || d.HasRank || d.Why != serviceindex.Formed || d.Formed != day("2026-11-01") {
		t.Errorf("commune E was formed in between: %+v", d)
	}
	if d := at(r, b).Delta; !d.HasPoints || d.HasRank || d.Why != serviceindex.PeersNew {
		t.Errorf("commune B is in another list: %+v, want points and no rank", d)
	}
}

func TestScoresOfAnotherVersionAreNotCompared(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	old, next := *p.Sets[0], *p.Sets[0]
	old.ID, old.Span.To = "old", day("2026-11-01")
	next.ID, next.Span.From = "new", day("2026-11-01")
	p.Sets = serviceindex.Sets{&old, &next}
	p.Hold(p.Communes[0], 3, "2026-10-05", "2026-10-10")
	p.Hold(p.Communes[0], 3, "2026-11-05", "2026-11-10")
	r := of(t, p, p.Province, "2026-11")
	if d := r.Children[0].Delta; r.Set.ID != "new" || d.HasPoints || d.Why != serviceindex.Version {
		t.Errorf("under %s: %+v, want no delta because of the version", r.Set.ID, d)
	}
}

func TestWhatADissolvedUnitReportedStaysInTheSum(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.Hold(p.Communes[1], 6, "2026-02-10", "2026-02-12")
	p.Hold(p.Communes[0], 4, "2026-11-10", "2026-11-12")
	if _, err := p.Registry.Merge(t.Context(), system, unit.Merger{From: []unit.ID{p.Communes[1]}, Into: p.Communes[0]},
		unit.Act{Day: day("2026-06-01"), Basis: "2/NQ"}); err != nil {
		t.Fatal(err)
	}
	r := of(t, p, p.Province, "2026-11-ytd")
	if got := ratio(t, r.Score, "ON_TIME_RATE"); got != (points.Ratio{Num: 10, Den: 10}) {
		t.Errorf("the province's year to date: %v, want 10/10", got)
	}
	if got := ratio(t, of(t, p, p.Communes[0], "2026-11-ytd").Score, "ON_TIME_RATE"); got != (points.Ratio{Num: 4, Den: 4}) {
		t.Errorf("the successor's own: %v, want 4/4: history stays with who reported it", got)
	}
	if got := ratio(t, of(t, p, p.Communes[1], "2026-02").Score, "ON_TIME_RATE"); got != (points.Ratio{Num: 6, Den: 6}) {
		t.Errorf("the dissolved unit's February: %v, want 6/6", got)
	}
}

func TestOfRefuses(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	ctx := t.Context()
	month, _ := serviceindex.ParsePeriod("2026-11")
	future, _ := serviceindex.ParsePeriod("2026-12")
	past, _ := serviceindex.ParsePeriod("2022-06")
	elsewhere := actor.Actor{Account: "x", Grants: []actor.Grant{{Role: actor.OneStop, Unit: p.Communes[0]}}}
	for name, x := range map[string]struct {
		a    actor.Actor
		u    unit.ID
		p    serviceindex.Period
		kind fault.Kind
	}{
		"a visitor":               {actor.Actor{}, p.Province, month, fault.Unauthenticated},
		"an officer of a commune": {elsewhere, p.Communes[1], month, fault.Forbidden},
		"a unit that never was":   {system, "nobody", month, fault.NotFound},
		"a month to come":         {system, p.Province, future, fault.Invalid},
		"before the decision":     {system, p.Province, past, fault.Invalid},
	} {
		if _, err := p.Of(ctx, x.a, x.u, x.p); !fault.Is(err, x.kind) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := p.Of(ctx, elsewhere, p.Communes[0], month); err != nil {
		t.Errorf("an officer's own commune: %v", err)
	}
}

// keeper is a source that gives the same map again, as one that caches does.
type keeper struct {
	serviceindex.Source
	kept map[actor.UnitID]serviceindex.Counts
}

func (k *keeper) Counts(ctx context.Context, q db.Queryer, p serviceindex.Period) (map[actor.UnitID]serviceindex.Counts, error) {
	var err error
	if k.kept == nil {
		k.kept, err = k.Source.Counts(ctx, q, p)
	}
	return k.kept, err
}

func TestWhatASourceKeepsIsNotChanged(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.Hold(p.Communes[0], 3, "2026-11-10", "2026-11-12")
	p.Sets[0].Span.From = day("2026-11-01") // nothing is asked of the month before
	p.Source = &keeper{Source: p.Source}
	first := of(t, p, p.Province, "2026-11")
	if again := of(t, p, p.Province, "2026-11"); again.Score.Points != first.Score.Points || ratio(t, again.Score, "ONLINE_SERVICE_COVERAGE").Den != 10 {
		t.Errorf("the second time %s of %v, the first %s", again.Score.Points, ratio(t, again.Score, "ONLINE_SERVICE_COVERAGE"), first.Score.Points)
	}
}
