package serviceindex_test

import (
	"strings"
	"testing"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/fault"
	"cchc/base/points"
	"cchc/serviceindex"
)

func TestWhatIsEnteredScoresAndKeepsItsVersions(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	ctx := t.Context()
	p.Hold(p.Communes[0], 1, "2026-11-10", "2026-11-12")
	home := actor.Actor{Account: "h", Name: "Nội vụ", Grants: []actor.Grant{{Role: actor.HomeAffairs, Unit: p.Province}}}
	e := serviceindex.Entry{Unit: p.Communes[0], Metric: "PETITION_PROCESSING_ON_TIME", Month: day("2026-10-17"),
		Numerator: 195, Denominator: 243, Source: " Hệ thống PAKN ", Document: "12/BC"}
	if m, _ := of(t, p, p.Communes[0], "2026-10").Score.Metric(e.Metric); m.Branch != serviceindex.Missing {
		t.Errorf("before anything was entered the branch is %s", m.Branch)
	}
	first, err := p.Enter(ctx, home, e)
	if err != nil {
		t.Fatal(err)
	}
	e.Numerator = 196
	second, err := p.Enter(ctx, home, e)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := p.Enter(ctx, home, e); err != nil || again.ID != second.ID {
		t.Errorf("the same again made version %d, %v", again.Version, err)
	}
	if first.Version != 1 || second.Version != 2 || second.Source != "Hệ thống PAKN" || second.Month != day("2026-10-01") {
		t.Errorf("versions %+v and %+v", first, second)
	}
	all, err := p.Versions(ctx, p.DB, e.Unit, e.Metric, e.Month)
	if err != nil || len(all) != 2 || all[0].Numerator != 196 || all[1].Numerator != 195 || all[1].Superseded == 0 || all[0].Superseded != 0 {
		t.Errorf("versions kept: %+v, %v", all, err)
	}
	m, _ := of(t, p, p.Province, "2026-11-ytd").Score.Metric(e.Metric)
	if m.Points.String() != "4.84" || m.Value.Ratio != (points.Ratio{Num: 196, Den: 243}) {
		t.Errorf("the province's year to date has %s of %v, want 4.84 of 196/243", m.Points, m.Value.Ratio)
	}
	if m, _ := of(t, p, p.Province, "2026-11").Score.Metric(e.Metric); m.Branch != serviceindex.Missing {
		t.Errorf("October's figures show in November: %s", m.Branch)
	}
	if err := p.Withdraw(ctx, home, e.Unit, e.Metric, e.Month, "nhầm tháng"); err != nil {
		t.Fatal(err)
	}
	if m, _ := of(t, p, p.Communes[0], "2026-10").Score.Metric(e.Metric); m.Branch != serviceindex.Missing {
		t.Errorf("after it was withdrawn the branch is %s", m.Branch)
	}
	if err := p.Withdraw(ctx, home, e.Unit, e.Metric, e.Month, "nhầm"); !fault.Is(err, fault.NotFound) {
		t.Errorf("withdrawing twice: %v", err)
	}
	if third, err := p.Enter(ctx, home, e); err != nil || third.Version != 3 {
		t.Errorf("entered anew as version %d, %v; want 3", third.Version, err)
	}
	trail, err := audit.Of(ctx, p.DB, "entered_measure", string(e.Unit)+"/"+e.Metric+"/2026-10-01")
	if err != nil || len(trail) != 4 {
		t.Fatalf("%d entries in the trail, %v; want 4", len(trail), err)
	}
	changes := ""
	for _, x := range trail {
		for _, c := range x.Changes {
			if c.Field == "numerator" {
				changes += x.Verb + " " + c.From + ">" + c.To + " "
			}
		}
	}
	for _, want := range []string{"index.enter >195 ", "index.enter 195>196 ", "index.withdraw 196> ", "index.enter >196 "} {
		if !strings.Contains(changes, want) {
			t.Errorf("the trail is %q, want %q in it", changes, want)
		}
	}
}

func TestNothingEnteredIsNotZeroEntered(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.Hold(p.Communes[0], 1, "2026-11-10", "2026-11-12")
	before := of(t, p, p.Communes[0], "2026-11").Score
	if _, err := p.Enter(t.Context(), system, serviceindex.Entry{Unit: p.Communes[0], Metric: "PETITION_PROCESSING_ON_TIME",
		Month: day("2026-11-01"), Source: "PAKN"}); err != nil {
		t.Fatal(err)
	}
	after := of(t, p, p.Communes[0], "2026-11").Score
	if after.Points-before.Points != points.Of(6) || before.Unscored-after.Unscored != points.Of(6) {
		t.Errorf("0 of 0 petitions entered: %s → %s points, %s → %s not scored; want 6 more, 6 fewer", before.Points, after.Points, before.Unscored, after.Unscored)
	}
}

func TestEnterRefuses(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	good := serviceindex.Entry{Unit: p.Communes[0], Metric: "DOSSIER_SYNC", Month: day("2026-10-01"), Numerator: 1, Denominator: 2, Source: "DVCQG"}
	for field, edit := range map[string]func(*serviceindex.Entry){
		"numerator":   func(e *serviceindex.Entry) { e.Numerator = 3 },
		"denominator": func(e *serviceindex.Entry) { e.Denominator = -1 },
		"month":       func(e *serviceindex.Entry) { e.Month = day("2026-12-01") },
		"metric":      func(e *serviceindex.Entry) { e.Metric = "ON_TIME_RATE" },
		"source":      func(e *serviceindex.Entry) { e.Source = "  " },
		"document":    func(e *serviceindex.Entry) { e.Document = strings.Repeat("x", 401) },
	} {
		e := good
		edit(&e)
		_, err := p.Enter(t.Context(), system, e)
		f := fault.As(err)
		if f == nil || f.Kind != fault.Invalid || len(f.Fields) == 0 || f.Fields[0].Name != field {
			t.Errorf("a wrong %s gives %v", field, err)
		}
	}
	officer := actor.Actor{Account: "o", Grants: []actor.Grant{{Role: actor.OneStop, Unit: p.Communes[0]}}}
	if _, err := p.Enter(t.Context(), officer, good); !fault.Is(err, fault.Forbidden) {
		t.Errorf("an officer without the right: %v", err)
	}
	e := good
	e.Unit = "nobody"
	if _, err := p.Enter(t.Context(), system, e); !fault.Is(err, fault.NotFound) {
		t.Errorf("a unit that never was: %v", err)
	}
}
