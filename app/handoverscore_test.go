package app

import (
	"testing"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/dossier"
	"cchc/scorecard"
)

// Appraisals go to who may appraise there; a drawer of cash stays, for its officer alone
// closes it, and who hands over sees no drawer of another unit.
func TestAppraisalsAreHandedOverAndDrawersStay(t *testing.T) {
	t.Parallel()
	l := serveLeague(t)
	l.Clock.Set(whileScoring)
	r := l.Open(t)
	second := l.Person(t, "thamdinh2", actor.Specialist, l.Province)
	both := []string{l.First.Account, second.Account}
	for field, who := range map[string][]string{"1": both[:1], "2": both} {
		if err := l.Desk.Assign(ctx, l.Keeper, r.ID, scorecard.StageAppraised1, field, who); err != nil {
			t.Fatal(err)
		}
	}
	appraise := func() map[string][]string {
		t.Helper()
		all, err := l.Desk.Assignments(ctx, l.DB, r)
		if err != nil {
			t.Fatal(err)
		}
		out := map[string][]string{}
		for _, x := range all {
			out[x.Field] = append(out[x.Field], x.Account)
		}
		return out
	}
	keeper := l.o.signIn(t, "quantri", actor.Grant{Role: actor.Administrator, Unit: l.Province})
	at := "/admin/handover/" + l.First.Account
	keeper.Get(at).Is(200).Has("td", "Thẩm định điểm").Count("tbody tr", 2)
	// To who appraises nowhere nothing goes, and the preview says so.
	keeper.Get(at+"?to="+l.Staff.Account).Is(200).Has("td", "ở lại: ")
	keeper.Post(at, "to", l.Staff.Account, "reason", "thử").To(at)
	if got := appraise(); len(got["1"]) != 1 || got["1"][0] != l.First.Account || len(got["2"]) != 2 {
		t.Errorf("what could not go went: %v", got)
	}
	keeper.Get(at+"?to="+second.Account).Is(200).Has("td", "giao cho ")
	keeper.Post(at, "to", second.Account, "reason", "QĐ 20/QĐ-SNV").To(at)
	keeper.Get(at).Is(200).Has("[role=status]", "Đã giao 2 việc").Count("tbody tr", 0)
	if got := appraise(); len(got["1"]) != 1 || got["1"][0] != second.Account || len(got["2"]) != 1 || got["2"][0] != second.Account {
		t.Errorf("appraised by %v, want the second alone, once a field", got)
	}
	trail, err := audit.Latest(ctx, l.DB, audit.Filter{Kind: "round", Object: r.ID, Limit: 2})
	if err != nil || len(trail) != 2 || trail[0].Verb != "account.handover" || trail[0].Reason != "QĐ 20/QĐ-SNV" {
		t.Errorf("the trail of the round: %+v, %v", trail, err)
	}

	// A drawer is told of and stays.
	officer, heir := l.Person(t, "quythu", actor.OneStop, l.o.commune), l.Person(t, "quyhai", actor.OneStop, l.o.commune)
	cash, err := l.o.desk.OpenCash(ctx, officer, l.o.commune, 0)
	if err != nil {
		t.Fatal(err)
	}
	d := receive(t, l.o.rooms, l.o.commune)
	if err := l.o.desk.Pay(ctx, officer, d.Code, dossier.Payment{Amount: 8_000, Channel: "cash"}); err != nil {
		t.Fatal(err)
	}
	if err := l.o.desk.KeepOriginal(ctx, officer, d.Code, "Giấy khai sinh", "Tủ 3"); err != nil {
		t.Fatal(err)
	}
	at = "/admin/handover/" + officer.Account
	keeper.Get(at+"?to="+heir.Account).Is(200).Has("td", "Sổ quỹ chưa khoá").Has("td", "ở lại: chính người đó khoá sổ")
	keeper.Post(at, "to", heir.Account, "reason", "nghỉ hưu").To(at)
	keeper.Get(at).Is(200).Has("[role=status]", "Đã giao 1 việc").Has("[role=status]", "1 việc ở lại").Count("tbody tr", 1)
	if got, err := l.o.desk.Cash(ctx, l.DB, operator, cash.ID); err != nil || got.Account != officer.Account || got.Closed != 0 {
		t.Errorf("the drawer: %+v, %v", got, err)
	}
	if err := l.o.desk.CloseCash(ctx, heir, cash.ID, map[int64]int64{5_000: 1, 2_000: 1, 1_000: 1}, ""); err == nil {
		t.Error("the drawer was closed by another")
	}
	// Who leads another commune is told that there is more, and not what.
	chair := l.o.signIn(t, "chutich2", actor.Grant{Role: actor.Chairperson, Unit: l.Communes[1]})
	if p := chair.Get(at); p.Status == 200 {
		p.Count("tbody tr", 0).Lacks("main", "Sổ quỹ")
	} else if p.Status != 403 && p.Status != 404 {
		t.Errorf("a stranger is answered %d", p.Status)
	}
}
