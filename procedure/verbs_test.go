package procedure_test

import (
	"fmt"
	"strings"
	"testing"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/fault"
	"cchc/calendar"
	"cchc/procedure"
)

func TestALimitIsTheMostExactThatMatches(t *testing.T) {
	t.Parallel()
	l := func(n int64, c string, ch procedure.Channel, area string) procedure.Limit {
		return procedure.Limit{Case: c, Channel: ch, Area: area, Limit: days(n)}
	}
	v := procedure.Version{Code: "1", Settled: true, Limits: []procedure.Limit{
		l(10, "", "", ""), l(7, "", procedure.Online, ""), l(15, "", "", "mountainous"),
		l(3, "A", "", ""), l(4, "A", procedure.Online, "mountainous"), l(20, "B", procedure.Post, ""),
	}}
	for _, x := range []struct {
		c, channel, area string
		want             string
	}{
		{"", "direct", "", "10"}, {"", "online", "", "7"}, {"", "online", "mountainous", "15"}, {"", "", "difficult", "10"},
		{"A", "direct", "", "3"}, {"A", "online", "mountainous", "4"}, {"A", "direct", "mountainous", "3"},
		{"B", "post", "", "20"}, {"B", "direct", "", "10"}, {"B", "online", "", "7"}, {"B", "online", "mountainous", "15"}, // B has none online: any case, the area before the channel
		{"C", "direct", "", "procedure.case_unknown"},
	} {
		got, err := v.Find(x.c, procedure.Channel(x.channel), x.area)
		text := got.Qty.String()
		if err != nil {
			text = err.Error()
		}
		if !strings.Contains(text, x.want) {
			t.Errorf("Find(%q, %q, %q) = %s, want %s", x.c, x.channel, x.area, text, x.want)
		}
	}
	v.HardAreaExtra = true
	if _, _, ok := v.Limit("", procedure.Direct, "difficult"); ok {
		t.Error("where difficult areas take longer, the ordinary limit stands in for theirs")
	}
	if got, _, ok := v.Limit("", procedure.Direct, "mountainous"); !ok || got != days(15) {
		t.Errorf("in the mountains the limit is %v, %v; want 15 days", got, ok)
	}
	v.Limits = v.Limits[3:]
	if _, err := v.Find("", procedure.Direct, ""); fault.As(err) == nil || fault.As(err).Key != "procedure.case_needed" {
		t.Errorf("without a case: %v, want procedure.case_needed", err)
	}
	v.Settled = false
	if _, err := v.Find("A", procedure.Direct, ""); fault.As(err) == nil || fault.As(err).Key != "procedure.limit_unsettled" {
		t.Errorf("not settled: %v, want procedure.limit_unsettled", err)
	}
}

func TestSettleMakesAVersionReceivable(t *testing.T) {
	t.Parallel()
	r, d := sample(t, "1.000656", "1.001193")
	v := inForce(t, r, "1.000656", today)
	if _, _, ok := v.Limit("", procedure.Direct, ""); ok || v.Settled {
		t.Fatal("an unreadable limit is settled")
	}
	home := actor.Actor{Account: "a1", Login: "a", Grants: []actor.Grant{{Role: actor.HomeAffairs, Unit: "u"}}}
	s := procedure.Settlement{Basis: "Điều 34 Luật Hộ tịch", Limits: []procedure.Limit{
		{Case: "1.000656.01", CaseName: "cần xác minh", Limit: days(3)},
		{Limit: calendar.Limit{Unit: calendar.SameDay}},
	}}
	check(t, r.Settle(ctx, home, v.ID, s))
	v = inForce(t, r, "1.000656", today)
	got, basis, ok := v.Limit("1.000656.01", procedure.Direct, "")
	if !ok || got != days(3) || basis != s.Basis || !v.Settled {
		t.Errorf("after Settle the limit is %v by %q, %v; want 3 working days by the law given", got, basis, ok)
	}
	for _, p := range v.Problems {
		if p.Field == "limit" {
			t.Errorf("the problem %s is still open", p.Reason)
		}
	}
	trail, err := audit.Of(ctx, d, "procedure", v.ID)
	if err != nil || len(trail) != 1 || trail[0].Actor.Account != "a1" || trail[0].Reason != s.Basis || trail[0].Changes[0].To != "0 same_day; 1.000656.01 3 working_day" {
		t.Errorf("trail %+v, %v", trail, err)
	}

	other := inForce(t, r, "1.001193", today)
	one := []procedure.Limit{{Limit: days(3)}}
	for name, c := range map[string]struct {
		a       actor.Actor
		version string
		s       procedure.Settlement
		want    string
	}{
		"settled already": {system, v.ID, s, "procedure.settled_already"},
		"readable":        {system, other.ID, s, "procedure.settled_already"},
		"no version":      {system, "x", s, "procedure.unknown"},
		"a visitor":       {actor.Actor{}, v.ID, s, "auth.sign_in"},
		"one-stop":        {actor.Actor{Account: "x", Grants: []actor.Grant{{Role: actor.OneStop}}}, v.ID, s, "auth.forbidden"},
		"settled, no law": {system, v.ID, procedure.Settlement{Limits: one}, "procedure.settled_already"},
	} {
		err := r.Settle(ctx, c.a, c.version, c.s)
		if fault.As(err) == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}

func TestSettleRefusesWhatIsNoLimit(t *testing.T) {
	t.Parallel()
	r, _ := sample(t, "1.000656")
	id := inForce(t, r, "1.000656", today).ID
	for want, s := range map[string]procedure.Settlement{
		"basis: procedure.basis_missing":       {Limits: []procedure.Limit{{Limit: days(3)}}},
		"limit: procedure.limit_needed":        {Basis: "x"},
		"limit: procedure.limit_bad":           {Basis: "x", Limits: []procedure.Limit{{Limit: calendar.Limit{Qty: 3000, Unit: "week"}}}},
		"limit: procedure.limit_twice":         {Basis: "x", Limits: []procedure.Limit{{Limit: days(3)}, {Limit: days(4)}}},
		"channel: procedure.channel_unknown":   {Basis: "x", Limits: []procedure.Limit{{Channel: "fax", Limit: days(3)}}},
		"area_class: procedure.limit_ordinary": {Basis: "x", Limits: []procedure.Limit{{Area: "difficult", Limit: days(3)}}},
	} {
		if err := r.Settle(ctx, system, id, s); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func TestDifficultAreasWaitForTheirLimit(t *testing.T) {
	t.Parallel()
	r, d := registry(t)
	file := rows(t, map[string]string{"f_hard_area_extra": "1"}, "1.000017")
	if _, err := r.Import(ctx, system, strings.NewReader(file), "x", 0); err != nil {
		t.Fatal(err)
	}
	v := inForce(t, r, "1.000017", today)
	if _, _, ok := v.Limit("", procedure.Direct, ""); !ok {
		t.Error("an ordinary area waits too")
	}
	if _, err := v.Find("", procedure.Direct, "difficult"); fault.As(err) == nil || fault.As(err).Key != "procedure.area_unsettled" {
		t.Errorf("in a difficult area: %v, want procedure.area_unsettled", err)
	}
	check(t, r.Settle(ctx, system, v.ID, procedure.Settlement{Basis: "NĐ 101/2024", Limits: []procedure.Limit{{Area: "difficult", Limit: days(11)}}}))
	v = inForce(t, r, "1.000017", today)
	if got, _, ok := v.Limit("", procedure.Direct, "difficult"); !ok || got != days(11) {
		t.Errorf("settled, a difficult area has %v, %v; want 11 days", got, ok)
	}
	if got, _, _ := v.Limit("", procedure.Direct, ""); got != days(1) {
		t.Errorf("an ordinary area now has %v, want 1 day as before", got)
	}
	if open, _ := r.Catalogue.Problems(ctx, d, "limit_area"); len(open) != 0 {
		t.Errorf("still open: %+v", open)
	}
}

func TestStepsAddUpToTheLimit(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		qty   calendar.Quantity
		unit  calendar.LimitUnit
		hours string
	}{
		{5000, calendar.WorkingDay, "40"}, {7500, calendar.WorkingDay, "60"}, {250, calendar.WorkingDay, "2"}, {1, calendar.WorkingDay, "0.008"},
		{0, calendar.SameDay, "8"}, {1000, calendar.Hour, "1"}, {30000, calendar.CalendarDay, "240"},
		{1000, calendar.Month, "240"}, {1000, calendar.Year, "2920"}, {1, calendar.Hour, "0.001"}, {0, calendar.WorkingDay, "0"},
	} {
		l := calendar.Limit{Qty: x.qty, Unit: x.unit}
		var sum calendar.Quantity
		for _, s := range procedure.ProposeSteps(l) {
			if s.Hours <= 0 || s.Name == "" || s.Role == "" || !s.Proposed {
				t.Errorf("%v proposes %+v", l, s)
			}
			sum += s.Hours
		}
		if got := procedure.Hours(l).String(); got != x.hours || sum != 0 && sum != procedure.Hours(l) || sum == 0 && x.qty > 1 {
			t.Errorf("%s %s is %s hours and the proposal %s, want %s", x.qty, x.unit, got, sum, x.hours)
		}
	}

	r, d := sample(t, "1.115692", "1.115619", "1.000656")
	v := inForce(t, r, "1.115692", today) // 20 working days
	steps := procedure.ProposeSteps(days(20))
	check(t, r.SetSteps(ctx, system, v.ID, "", steps))
	steps[1].Hours -= 1
	err := r.SetSteps(ctx, system, v.ID, "", steps)
	if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "steps: procedure.steps_sum Sum=159,999 Limit=160") {
		t.Errorf("steps a thousandth short: %v", err)
	}
	if got := inForce(t, r, "1.115692", today).StepsOf(""); len(got) != 4 || got[1].Hours != steps[1].Hours+1 || got[0].Name != steps[0].Name || got[0].Proposed {
		t.Errorf("the steps are %+v, want those that were entered", got)
	}
	v = inForce(t, r, "1.115619", today) // 5 days; case .02 has 3
	check(t, r.SetSteps(ctx, system, v.ID, "", procedure.ProposeSteps(days(5))))
	check(t, r.SetSteps(ctx, system, v.ID, "1.115619.02", procedure.ProposeSteps(days(3))[:4]))
	v = inForce(t, r, "1.115619", today)
	if len(v.StepsOf("1.115619.02")) != 4 || v.StepsOf("1.115619.02")[0].Hours != 3000 || v.StepsOf("1.115619.01")[0].Hours != 4000 {
		t.Errorf("steps by case: %+v", v.Steps)
	}
	for want, err := range map[string]error{
		"procedure.case_unknown":   r.SetSteps(ctx, system, v.ID, "9", procedure.ProposeSteps(days(5))),
		"procedure.step_bad":       r.SetSteps(ctx, system, v.ID, "", []procedure.Step{{Name: "x", Role: "king", Hours: 40000}}),
		"procedure.steps_no_limit": r.SetSteps(ctx, system, inForce(t, r, "1.000656", today).ID, "", procedure.ProposeSteps(days(5))),
		"procedure.unknown":        r.SetSteps(ctx, system, "x", "", nil),
	} {
		if fault.As(err) == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if trail, err := audit.Of(ctx, d, "procedure", v.ID); err != nil || len(trail) != 2 {
		t.Errorf("%d entries in the trail (%v), want 2", len(trail), err)
	}
}

func TestFeesAndPapersAreEntered(t *testing.T) {
	t.Parallel()
	r, d := sample(t, "1.000039")
	v := inForce(t, r, "1.000039", today)
	if open, _ := r.Catalogue.Problems(ctx, d, "fee_unit"); len(open) != 1 {
		t.Fatalf("open problems of fees: %+v, want one", open)
	}
	check(t, r.SetFees(ctx, system, v.ID, []procedure.Fee{{Channel: procedure.Direct, Label: "1 lần", Amount: 625_000}, {Channel: procedure.Direct, Label: "nhiều lần", Amount: 1_250_000}}, "TT 25/2021/TT-BTC"))
	check(t, r.SetPapers(ctx, system, v.ID, []procedure.Paper{{Name: "Hộ chiếu", Originals: 1, Required: true}, {Name: "Tờ khai", Form: "NA5"}}))
	v = inForce(t, r, "1.000039", today)
	if f := v.FeesOf(procedure.Direct); len(f) != 2 || f[0].Label != "1 lần" || f[1].Amount != 1_250_000 {
		t.Errorf("fees %+v", f)
	}
	if len(v.Papers) != 2 || !v.Papers[0].Required || v.Papers[1].Form != "NA5" {
		t.Errorf("papers %+v", v.Papers)
	}
	if open, _ := r.Catalogue.Problems(ctx, d, "fee_unit"); len(open) != 0 {
		t.Errorf("still open: %+v", open)
	}
	for want, err := range map[string]error{
		"procedure.fee_bad":       r.SetFees(ctx, system, v.ID, []procedure.Fee{{Channel: "fax", Amount: 1}}, "x"),
		"procedure.basis_missing": r.SetFees(ctx, system, v.ID, nil, ""),
		"procedure.paper_bad":     r.SetPapers(ctx, system, v.ID, []procedure.Paper{{Name: " "}}),
	} {
		if fault.As(err) == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func TestManyVersionsAreEnteredAtOnce(t *testing.T) {
	t.Parallel()
	r, d := sample(t, "1.115692", "1.115619")
	a, b := inForce(t, r, "1.115692", today), inForce(t, r, "1.115619", today)
	of := procedure.ProposeSteps(days(3))
	for i := range of {
		of[i].Case = "1.115619.02"
	}
	check(t, r.Enter(ctx, system, []procedure.Parts{
		{Version: a.ID, Steps: procedure.ProposeSteps(days(20)), Papers: []procedure.Paper{{Name: "Đơn"}}},
		{Version: b.ID, Steps: append(procedure.ProposeSteps(days(5)), of...)},
	}))
	check(t, r.Enter(ctx, system, []procedure.Parts{{Version: a.ID, Papers: []procedure.Paper{}}, {Version: b.ID, Steps: of}}))
	a, b = inForce(t, r, "1.115692", today), inForce(t, r, "1.115619", today)
	if len(a.Steps) != 4 || len(a.Papers) != 0 || len(b.Steps) != 4 || len(b.StepsOf("1.115619.02")) != 4 {
		t.Errorf("entered: %d steps, %d papers; %+v", len(a.Steps), len(a.Papers), b.Steps)
	}
	err := r.Enter(ctx, system, []procedure.Parts{{Version: a.ID, Steps: []procedure.Step{}}, {Version: b.ID, Steps: of[:3]}})
	if !fault.Is(err, fault.Invalid) || len(inForce(t, r, "1.115692", today).Steps) != 4 {
		t.Errorf("one that is refused: %v; the other must be as it was", err)
	}
	if trail, err := audit.Of(ctx, d, "procedure", a.ID); err != nil || len(trail) != 2 {
		t.Errorf("%d entries in the trail (%v), want 2", len(trail), err)
	}
}

func TestDismissSettlesOnlyWhatBlocksNothing(t *testing.T) {
	t.Parallel()
	r, d := sample(t, "1.001193", "1.000656")
	open, err := r.Catalogue.Problems(ctx, d, "")
	if err != nil || len(open) != 2 {
		t.Fatalf("open problems %+v, %v; want two", open, err)
	}
	if err := r.Dismiss(ctx, system, open[0].ID, "x"); !fault.Is(err, fault.Conflict) {
		t.Errorf("a problem that blocks was dismissed: %v", err)
	}
	if err := r.Dismiss(ctx, system, open[1].ID, " "); !fault.Is(err, fault.Invalid) {
		t.Errorf("a problem was dismissed without a reason: %v", err)
	}
	check(t, r.Dismiss(ctx, system, open[1].ID, "đã đối chiếu Điều 16 Luật Hộ tịch"))
	if err := r.Dismiss(ctx, system, open[1].ID, "x"); !fault.Is(err, fault.NotFound) {
		t.Errorf("a problem was dismissed twice: %v", err)
	}
	if open, _ = r.Catalogue.Problems(ctx, d, ""); len(open) != 1 {
		t.Errorf("open problems %+v, want the one that blocks", open)
	}
}

func TestVersionsFollowEachOther(t *testing.T) {
	t.Parallel()
	r, d := registry(t)
	v := procedure.Version{Code: "9.000001", Name: "Thủ tục  mẫu", Level: procedure.Commune, Sector: "Hộ tịch",
		Channels: []procedure.Channel{procedure.Direct}, From: today,
		Limits: []procedure.Limit{{Limit: days(5)}}, Steps: procedure.ProposeSteps(days(5)),
		Fees: []procedure.Fee{{Channel: procedure.Direct}}, Papers: []procedure.Paper{{Name: "Đơn"}}}
	first, err := r.NewVersion(ctx, system, v, "12/QĐ-UBND")
	check(t, err)
	next := v
	next.From, next.Limits, next.Steps = today+10, []procedure.Limit{{Limit: days(3)}}, nil
	second, err := r.NewVersion(ctx, system, next, "13/QĐ-UBND")
	check(t, err)
	for d, want := range map[int]string{0: first, 9: first, 10: second, 1000: second} {
		if got := inForce(t, r, "9.000001", today.AddDays(d)); got.ID != want {
			t.Errorf("after %d days %s is in force, want %s", d, got.ID, want)
		}
	}
	if _, err := r.Catalogue.InForce(ctx, d, "9.000001", today-1); !fault.Is(err, fault.NotFound) {
		t.Errorf("in force before it began: %v", err)
	}
	if got, err := r.Catalogue.Nearest(ctx, d, "9.000001", today-400); err != nil || got.ID != first {
		t.Errorf("nearest to long ago is %+v, %v; want the first", got, err)
	}
	if got := inForce(t, r, "9.000001", today); !got.Settled || got.Name != "Thủ tục mẫu" || got.Limits[0].Basis != "12/QĐ-UBND" || len(got.Steps) != 4 || len(got.FeesOf(procedure.Direct)) != 1 || len(got.Papers) != 1 {
		t.Errorf("the first version reads %+v", got)
	}
	for want, edit := range map[string]func(*procedure.Version){
		"procedure.version_later":   func(v *procedure.Version) { v.From = today + 10 },
		"procedure.code_missing":    func(v *procedure.Version) { v.Code = "" },
		"procedure.name_missing":    func(v *procedure.Version) { v.Name = " " },
		"procedure.from_missing":    func(v *procedure.Version) { v.From = 0 },
		"procedure.channel_needed":  func(v *procedure.Version) { v.Channels = nil },
		"procedure.channel_unknown": func(v *procedure.Version) { v.Channels = []procedure.Channel{"fax"} },
		"procedure.limit_needed":    func(v *procedure.Version) { v.Limits = nil },
		"procedure.online_unknown":  func(v *procedure.Version) { v.OnlineLevel = "4" },
		"procedure.stop_unknown":    func(v *procedure.Version) { v.StopsAs = "sleep" },
		"procedure.steps_sum":       func(v *procedure.Version) { v.Limits = []procedure.Limit{{Limit: days(6)}} },
		"procedure.fee_bad":         func(v *procedure.Version) { v.Fees = []procedure.Fee{{Channel: procedure.Direct, Amount: -1}} },
	} {
		x := v
		x.From = today + 100
		edit(&x)
		if _, err := r.NewVersion(ctx, system, x, "x"); fault.As(err) == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if trail, err := audit.Of(ctx, d, "procedure", second); err != nil || len(trail) != 1 || !strings.Contains(fmt.Sprint(trail[0].Changes), "5 working_day") {
		t.Errorf("trail %+v, %v: want the limit before", trail, err)
	}
}
