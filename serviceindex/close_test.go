package serviceindex_test

import (
	"testing"

	"cchc/serviceindex"
	"cchc/serviceindex/serviceindextest"
)

func TestWhatWasReportedStaysBesideWhatIsKnown(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	a := p.Communes[0]
	p.Hold(a, 9, "2026-10-05", "2026-10-10")
	p.Hold(a, 1, "2026-10-05", "2026-10-04")
	// October, its year to date; the third quarter had nothing.
	if n, err := p.CloseDue(t.Context()); err != nil || n != 2 {
		t.Fatalf("closed %d periods, %v; want 2", n, err)
	}
	if n, err := p.CloseDue(t.Context()); err != nil || n != 0 {
		t.Errorf("closed %d periods again, %v", n, err)
	}
	r := of(t, p, a, "2026-10")
	if r.Reported == nil || r.Restated() || r.Reported.Points != r.Score.Points {
		t.Errorf("nothing new is known, reported %+v, now %s", r.Reported, r.Score.Points)
	}
	p.Hold(a, 10, "2026-10-06", "2026-10-04") // entered late
	p.Hold(a, 10, "2026-11-06", "2026-11-07")
	r = of(t, p, a, "2026-10")
	if !r.Restated() || r.Reported.Points <= r.Score.Points {
		t.Errorf("reported %+v, now %s: want a restatement downwards", r.Reported, r.Score.Points)
	}
	// The delta is against what was reported: 18 → 20 on time, 6 stays 6.
	if d := of(t, p, a, "2026-11").Delta; !d.HasPoints || d.Points.String() != "2.00" {
		t.Errorf("delta %+v, want 2.00", d)
	}
	trend, err := p.Trend(t.Context(), system, a, 3)
	if err != nil || len(trend) != 3 {
		t.Fatalf("%d months, %v", len(trend), err)
	}
	if trend[0].Known || !trend[1].Known || trend[1].Points != r.Reported.Points || !trend[2].Now || trend[2].Points-trend[1].Points != 20000 {
		t.Errorf("trend %+v", trend)
	}
}

func TestMovesTellWhatTheNextDaysCanDo(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	a, b := p.Communes[0], p.Communes[1]
	p.Hold(a, 8, "2026-11-05", "2026-11-10")
	p.Hold(a, 2, "2026-11-05", "2026-11-04")
	p.Hold(b, 10, "2026-11-05", "2026-11-10")
	for i, due := range []string{"2026-11-24", "2026-11-25", "2026-12-24"} {
		p.Papers.List = append(p.Papers.List, serviceindextest.Paper{Code: "O" + due, Unit: a, Procedure: "1.000001", Sector: []string{"Đất đai", "Đất đai", "Hộ tịch"}[i],
			Accepted: day("2026-11-20"), Due: day(due)})
	}
	r := of(t, p, p.Province, "2026-11")
	m, err := p.Moves(t.Context(), p.DB, r, 2)
	if err != nil {
		t.Fatal(err)
	}
	var on, pleased serviceindex.Gain
	for _, g := range m.Children {
		if g.Unit != a {
			t.Errorf("commune B has nothing due, but %+v", g)
		}
		switch g.Metric.Code {
		case "ON_TIME_RATE":
			on = g
		case "DOSSIER_RECEIVING_SATISFACTION":
			pleased = g
		}
	}
	// On time 8/10: with two more on time 10/12, 16 → 16.6667; late 8/12 → 13.3333.
	if on.Count != 2 || on.Sector != "Đất đai" || on.Win != 6667 || on.Lose != 26667 {
		t.Errorf("on time: %+v, want 2 land dossiers, +0.6667 or −2.6667", on)
	}
	// 11 of 13 received are not displeased: 5.6410; 9 of 13 give 4.6154.
	if pleased.Count != 2 || pleased.Win != 0 || pleased.Lose != 10256 {
		t.Errorf("satisfaction: %+v, want −1.0256 at risk", pleased)
	}
	if len(m.Soonest) != 2 || m.Soonest[0].Code != "O2026-11-24" {
		t.Errorf("due soonest: %+v", m.Soonest)
	}
	// The province is moved by the same dossiers, among more.
	if m.Own[0].Unit != p.Province || m.Own[0].Win >= m.Children[0].Win {
		t.Errorf("the province's gain %+v is not below the commune's %+v", m.Own[0], m.Children[0])
	}
	past := of(t, p, p.Province, "2026-10")
	if m, err := p.Moves(t.Context(), p.DB, past, 2); err != nil || len(m.Own)+len(m.Children)+len(m.Soonest) > 0 {
		t.Errorf("a month that has ended can be moved: %+v, %v", m, err)
	}
}
