package dossierweb_test

import (
	"testing"
	"time"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/look"
	"cchc/base/web/webtest"
	"cchc/dossier"
	"cchc/dossier/dossiertest"
)

// The counter and who has the dossier open scans with a citizen waiting; everybody else
// says for what, once, and it holds for half an hour.
func TestScansOfOthersWorkOpenForAPurpose(t *testing.T) {
	t.Parallel()
	d := sit(t, anOfficer)
	x := d.Receive(t, dossiertest.Birth)
	page := "/dossiers/" + x.Code
	ask1 := page + "/papers/purpose?ord=2"
	upload(t, d.Browser, page+"/papers", "a.png", scan(t), "ord", "2", "source", "scanned").To(page)
	opens := func(who string, b *webtest.Browser) {
		t.Helper()
		if got := b.Get(page + "/papers/2"); got.Status != 200 || got.Body != string(scan(t)) {
			t.Errorf("%s gets %d %s", who, got.Status, got.Header.Get("Location"))
		}
	}
	asked := func(who string, b *webtest.Browser) {
		t.Helper()
		if got := b.Get(page + "/papers/2"); got.Status != 303 || got.Header.Get("Location") != ask1 {
			t.Errorf("%s gets %d %s; want to be asked for what", who, got.Status, got.Header.Get("Location"))
		}
	}
	opens("the counter of its unit", d.Browser)
	specialist, chair, auditor := d.as(d.Specialist), d.as(d.CommuneChair), d.as(d.Auditor)
	opens("the specialist for whom it waits", specialist)
	ask(t, d.Desk.Claim(t.Context(), d.Specialist, x.Code))
	opens("the specialist who has it", specialist)
	asked("the head of the unit, who has nothing to sign", chair)
	asked("an inspector", auditor)
	d.as(d.OtherOfficer).Get(page + "/papers/2").Is(403)
	d.as(d.OtherOfficer).Get(ask1).Is(403)
	d.as(d.OtherOfficer).Post(page+"/papers/purpose", "purpose", "inspection").Is(403)
	d.as(d.HomeAffairs).Post(page+"/papers/purpose", "purpose", "inspection").Is(403)

	chair.Get(page).Is(200).Has("#papers", "nêu mục đích").Has("#papers a", ".png")
	d.Get(page).Lacks("#papers", "mục đích")
	chair.Get(ask1).Is(200).Has("h1", x.Code).Has("main", "30 phút").Count("form select[name=purpose]", 1)
	chair.Look(ask1)
	chair.Post(page+"/papers/purpose", "ord", "2").Is(422).Has("#error-summary a[href='#f-purpose']", "mục đích")
	chair.Post(page+"/papers/purpose", "purpose", "other", "purpose_note", "x").Is(422).Has("#error-summary a[href='#f-purpose_note']", "").Count("input[name=purpose_note][value=x]", 1)
	asked("whoever told nothing", chair)
	chair.Post(page+"/papers/purpose", "purpose", "complaint", "purpose_note", "đơn 12").To(page + "#papers")
	opens("the head, with a purpose", chair)
	chair.Get(page).Is(200).Has("#papers", "09:30").Has("#papers", "đơn 12")
	asked("an inspector, after the head told one", auditor)
	d.Clock.Advance(31 * time.Minute)
	asked("the head, after the time", chair)

	// A dossier that is with the head to be signed is on their hands.
	ask(t, d.Desk.Forward(t.Context(), d.Specialist, x.Code, "", ""))
	opens("the head to whom it was passed", chair)
	asked("the specialist who passed it on", specialist)
	ask(t, d.Desk.Finish(t.Context(), d.CommuneChair, x.Code, dossier.Result{}))
	opens("the counter that hands the result over", d.Browser)
	ask(t, d.Desk.HandOver(t.Context(), d.Officer, x.Code, dossier.AtCounter, 0, ""))
	asked("the counter, when all is done", d.Browser)

	looks, err := (&look.Log{DB: d.DB}).Of(t.Context(), d.DB, x.ID, 100)
	ask(t, err)
	got := map[string]int{}
	for _, y := range looks {
		if y.What == look.Paper {
			got[y.Account+" "+y.Purpose] = y.Times
		}
	}
	want := map[string]int{d.Officer.Account + " " + dossier.OwnWork: 2, d.Specialist.Account + " " + dossier.OwnWork: 2,
		d.CommuneChair.Account + " Giải quyết phản ánh, khiếu nại, tố cáo: đơn 12": 1, d.CommuneChair.Account + " " + dossier.OwnWork: 1}
	if len(got) != len(want) {
		t.Errorf("the looks are %v", got)
	}
	for k, n := range want {
		if got[k] != n {
			t.Errorf("%s: %d looks, want %d", k, got[k], n)
		}
	}
	told := 0
	trail, err := audit.Of(t.Context(), d.DB, "dossier", x.ID)
	ask(t, err)
	for _, e := range trail {
		switch e.Verb {
		case "dossier.open_papers":
			told++
		case "dossier.read_paper":
			if e.Reason == "" {
				t.Errorf("no purpose in the trail: %+v", e)
			}
		}
	}
	if told != 1 {
		t.Errorf("the trail has %d purposes", told)
	}
}

// The counter of the province is not the commune's.
func TestWhoStandsAboveAUnitHasNothingOfItOnTheirHands(t *testing.T) {
	t.Parallel()
	d := sit(t, anOfficer)
	x := d.Receive(t, dossiertest.Birth)
	for who, c := range map[string]struct {
		grant actor.Grant
		want  bool
	}{
		"the commune's counter":      {actor.Grant{Role: actor.OneStop, Unit: d.Commune}, true},
		"the province's counter":     {actor.Grant{Role: actor.OneStop, Unit: d.Province}, false},
		"a counter of everything":    {actor.Grant{Role: actor.OneStop}, false},
		"the commune's head":         {actor.Grant{Role: actor.Chairperson, Unit: d.Commune}, false},
		"a deputy who only receives": {actor.Grant{Role: actor.OneStop, Unit: d.Commune, Only: "dossier.receive dossier.read"}, false},
	} {
		s, err := d.Desk.PapersFor(t.Context(), d.DB, actor.Actor{Account: "x", Grants: []actor.Grant{c.grant}}, x)
		ask(t, err)
		if !s.May || s.OnHands != c.want {
			t.Errorf("%s: %+v, want on hands: %v", who, s, c.want)
		}
	}
	if s, err := d.Desk.PapersFor(t.Context(), d.DB, actor.Actor{Account: "x", Grants: []actor.Grant{{Role: actor.OneStop, Unit: d.Commune}}, Scopes: []string{"dossier.read", "dossier.read_person"}}, x); err != nil || !s.May || s.OnHands {
		t.Errorf("a program that does not process: %+v, %v", s, err)
	}
}
