package app

import (
	"context"
	"testing"
	"time"

	"cchc/base/moment"
	"cchc/calendar"
	"cchc/dossier"
	"cchc/procedure"
	"cchc/scorecard"
	"cchc/scorecard/criteria"
	"cchc/unit"
)

// Counted by hand over four dossiers; every number opens to as many, now and as it was
// known on the evening of the first day.
func TestEveryMeasureOfDossiersIsCountedAndOpens(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	r, clock, province, u := commune(t)
	clock.Set("2026-11-23T08:00")
	_, err := r.editor.NewVersion(ctx, operator, procedure.Version{Code: "2.000815", Name: "Chứng thực bản sao từ bản chính", Sector: "Chứng thực", Level: procedure.Commune,
		Channels: procedure.Channels, From: moment.NewDate(2025, 7, 1), Limits: []procedure.Limit{{Limit: calendar.Limit{Qty: 3000, Unit: calendar.WorkingDay}}}}, "QĐ thử nghiệm")
	if err != nil {
		t.Fatal(err)
	}
	take := func(code string, channel dossier.Channel, at moment.Instant) string {
		t.Helper()
		d, err := r.desk.Receive(ctx, operator, dossier.Application{Unit: u, Procedure: code, Channel: channel, At: at, Obliged: channel == dossier.Online,
			Person: dossier.Person{Name: "Nguyễn Văn A", Phone: "0905123456"}})
		if err != nil {
			t.Fatal(err)
		}
		return d.Code
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	online := take("1.001193", dossier.Online, 0)
	posted := take("2.000815", dossier.Direct, 0)
	clock.Set("2026-11-24T08:00")
	paper := take("2.000815", dossier.Post, r.db.Now().Add(-20*time.Hour)) // entered a day later
	asked := take("1.001193", dossier.Direct, 0)
	must(r.desk.Finish(ctx, operator, online, dossier.Result{Electronic: true}))
	must(r.desk.Finish(ctx, operator, posted, dossier.Result{Electronic: true}))
	must(r.desk.HandOver(ctx, operator, posted, dossier.ByPost, 0, "EM1"))
	must(r.desk.Apologise(ctx, operator, paper, dossier.Apology{Reason: "x", Until: r.db.Now().Add(60 * 24 * time.Hour)}))
	for _, again := range []bool{false, true} {
		must(r.desk.AskForMore(ctx, operator, asked, dossier.Ask{Reason: "x", Again: again}))
		must(r.desk.Supply(ctx, operator, asked, 0, 0))
	}
	clock.Set("2026-12-07T08:00") // paper and asked are overdue
	source := scoreSource{r}
	year := scorecard.Measuring{From: moment.NewDate(2026, 1, 1), To: moment.NewDate(2026, 12, 31)}
	for _, c := range []struct {
		num, den          string
		n, of             int64 // now
		beforeN, beforeOf int64 // as known on 23 November at its end
	}{
		{"online", "received", 1, 4, 1, 2},
		{"online", "total", 1, 4, 1, 2},
		{"fee_bearing", "received", 1, 4, 1, 2},
		{"digitised", "total", 0, 4, 0, 2},
		{"e_result", "total", 2, 4, 0, 2},
		{"reused", "total", 0, 4, 0, 2},
		{"satisfied", "total", 2, 4, 2, 2},
		{"in_system", "total", 3, 4, 2, 2},
		{"postal", "total", 2, 4, 0, 2},
		{"on_time", "finished", 2, 4, 0, 0},
		{"apology_letters", "late", 1, 2, 0, 0},
		{"e_certified", "certified", 1, 2, 0, 1},
		{"paid_online", "fee_bearing", 0, 1, 0, 1},
		{"supplemented_twice", "", 1, 1, 0, 1},
		{"late", "", 2, 1, 0, 1},
		{"with_dossiers", "total", 1, 2, 1, 2},
	} {
		for _, at := range []struct {
			name  string
			known moment.Instant
			n, of int64
		}{{"now", 0, c.n, c.of}, {"on 23/11", moment.NewDate(2026, 11, 23).End(), c.beforeN, c.beforeOf}} {
			m := year
			m.Known = at.known
			m.Binding = criteria.Binding{Source: "dossiers", Num: c.num, Den: c.den}
			of, ok, err := source.Measures(ctx, r.db, m)
			if err != nil || !ok {
				t.Fatalf("%s/%s %s: %v, measured %v", c.num, c.den, at.name, err, ok)
			}
			in := of[u]
			got := in.Ratio
			if c.den == "" {
				got = in.Value
			}
			n, den := int64(0), int64(0)
			if got != nil {
				n, den = got.Num, got.Den
			} else if c.den == "" {
				den = 1
			}
			if n != at.n || den != at.of {
				t.Errorf("%s/%s %s: %d of %d, want %d of %d", c.num, c.den, at.name, n, den, at.n, at.of)
			}
			for _, below := range []unit.ID{u, province} {
				num, _, err := source.Behind(ctx, r.db, m, below, scorecard.PartNum)
				if err != nil || int64(len(num)) != n {
					t.Errorf("%s/%s %s: %d behind %d, %v", c.num, c.den, at.name, len(num), n, err)
				}
				rest, _, err := source.Behind(ctx, r.db, m, below, scorecard.PartRest)
				if err != nil || c.den != "" && int64(len(num)+len(rest)) != den || c.den == "" && len(rest) > 0 {
					t.Errorf("%s/%s %s: %d and %d behind %d, %v", c.num, c.den, at.name, len(num), len(rest), den, err)
				}
			}
		}
	}
	// What is not counted says why.
	for b, want := range map[criteria.Binding]string{
		{Source: "dossiers"}: "score.by_hand.no_measure", {Source: "dossiers", Num: "received", Den: "total"}: "score.by_hand.at_onestop",
		{Source: "dossiers", Num: "late", Den: "online"}: "score.by_hand.no_ratio", {Source: "dossiers", Num: "count"}: "score.by_hand.not_counted",
		{Source: "document_register", Num: "signed", Den: "total"}: "score.by_hand.no_room", {Source: "index_766"}: "",
		{Source: "dossiers", Num: "postal", Den: "total"}: "",
	} {
		if got := source.ByHand(b); got != want {
			t.Errorf("%+v is entered by hand because of %q, want %q", b, got, want)
		}
	}
}

// The service index is read of any unit, and as it was known on a day that is past.
func TestTheServiceIndexOfAnyUnitAndDay(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	r, clock, province, u := commune(t)
	clock.Set("2026-11-23T08:00")
	act := unit.Act{Day: moment.NewDate(2025, 7, 1), Basis: "Nghị quyết thử nghiệm"}
	office, err := r.registry.Create(ctx, operator, unit.New{Code: "H99.101.01", Name: "Phòng Kinh tế", Level: "onestop", Parent: u}, act)
	if err != nil {
		t.Fatal(err)
	}
	first := receive(t, r, office)
	if err := r.desk.Finish(ctx, operator, first.Code, dossier.Result{Electronic: true}); err != nil {
		t.Fatal(err)
	}
	source := scoreSource{r}
	m := scorecard.Measuring{Binding: criteria.Binding{Source: "index_766"}, From: moment.NewDate(2026, 1, 1), To: moment.NewDate(2026, 12, 31)}
	measure := func(known moment.Instant) map[unit.ID]string {
		t.Helper()
		m.Known = known
		of, ok, err := source.Measures(ctx, r.db, m)
		if err != nil || !ok {
			t.Fatal(err, ok)
		}
		out := map[unit.ID]string{}
		for id, in := range of {
			n, _ := criteria.OfRatio(*in.Value)
			out[id] = n.String()
		}
		return out
	}
	then := measure(0)
	clock.Set("2026-12-14T08:00")
	receive(t, r, office)
	clock.Set("2026-12-28T08:00") // overdue
	now := measure(0)
	for name, id := range map[string]unit.ID{"province": province, "commune": u, "office": office} {
		report, err := r.index.Of(ctx, operator, id, source.yearOf(m))
		if err != nil {
			t.Fatal(err)
		}
		if got, want := now[id], report.Score.Points.String(); got != want && got+"0" != want && got+".00" != want {
			t.Errorf("%s: %s, its own page says %s", name, got, want)
		}
	}
	again := measure(moment.NewDate(2026, 11, 23).End())
	if now[u] == then[u] || len(then) != 3 {
		t.Fatalf("a late dossier moves nothing: %v, then %v", now, then)
	}
	for id, want := range then {
		if again[id] != want {
			t.Errorf("as known on 23/11: %s, it was %s", again[id], want)
		}
	}
}
