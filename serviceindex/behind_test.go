package serviceindex_test

import (
	"testing"

	"cchc/base/fault"
	"cchc/serviceindex"
	"cchc/unit"
)

func TestEveryNumberOpensToAsManyRows(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	desk := p.Unit(t, "H21.A.1", "Bộ phận Một cửa xã A", unit.OneStop, p.Communes[0], "2025-07-01")
	all := []serviceindex.Measure{serviceindex.Online, serviceindex.EResult, serviceindex.Digitised, serviceindex.Reused,
		serviceindex.Population, serviceindex.Synced, serviceindex.Obliged, serviceindex.PaidOnline, serviceindex.Displeased}
	for i := range 60 {
		has := []serviceindex.Measure{}
		for j, m := range all {
			if i%(j+2) == 0 {
				has = append(has, m)
			}
		}
		due := "2026-11-20"
		if i%7 == 0 {
			due = "2026-11-09"
		}
		p.Hold([]unit.ID{desk, p.Communes[1], p.Communes[2]}[i%3], 1, "2026-11-10", due, has...)
	}
	month, _ := serviceindex.ParsePeriod("2026-11")
	opened := 0
	for _, u := range []unit.ID{p.Province, p.Communes[0], p.Communes[1]} {
		for _, m := range p.Sets[0].Metrics() {
			if m.Entered || !m.Scored() {
				continue
			}
			for _, part := range serviceindex.Parts {
				l, err := p.Behind(t.Context(), system, u, month, m.Code, part)
				if err != nil {
					t.Fatalf("%s %s: %v", m.Code, part, err)
				}
				if int64(l.Len()) != l.Number {
					t.Errorf("%s of %s: the %s is %d, the list has %d rows", m.Code, l.Unit.Name, part, l.Number, l.Len())
				}
				if l.Number > 0 {
					opened++
				}
			}
		}
	}
	if opened < 100 {
		t.Errorf("only %d lists had rows: the test tells nothing", opened)
	}
	rest, err := p.Behind(t.Context(), system, p.Communes[0], month, "SERVICES_WITH_ONLINE_DOSSIERS", serviceindex.PartRest)
	if err != nil || rest.Kind != serviceindex.ListProcedures {
		t.Fatalf("%s, %v", rest.Kind, err)
	}
	for _, x := range rest.Procedures {
		if !x.Online || x.Code == "1.000000" {
			t.Errorf("%s is among the online services without an online dossier", x.Code)
		}
	}
}

func TestWhatWasEnteredOpensToTheEntries(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	for i, u := range []unit.ID{p.Communes[0], p.Communes[1]} {
		if _, err := p.Enter(t.Context(), system, serviceindex.Entry{Unit: u, Metric: "DOSSIER_SYNC", Month: day("2026-11-01"),
			Numerator: int64(10 * i), Denominator: 20, Source: "DVCQG"}); err != nil {
			t.Fatal(err)
		}
	}
	month, _ := serviceindex.ParsePeriod("2026-11")
	l, err := p.Behind(t.Context(), system, p.Province, month, "DOSSIER_SYNC", serviceindex.PartDenominator)
	if err != nil || l.Kind != serviceindex.ListEntries || len(l.Entries) != 2 || l.Number != 40 {
		t.Errorf("%+v, %v; want two entries that make 40", l, err)
	}
	if _, err := p.Behind(t.Context(), system, p.Province, month, "NOTHING", serviceindex.PartRest); !fault.Is(err, fault.NotFound) {
		t.Errorf("a metric that there is not: %v", err)
	}
	if _, err := p.Behind(t.Context(), system, p.Province, month, "DOSSIER_SYNC", "half"); !fault.Is(err, fault.Invalid) {
		t.Errorf("a part that there is not: %v", err)
	}
}
