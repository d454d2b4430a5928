package dossier_test

import (
	"testing"
	"time"

	"cchc/base/fault"
	"cchc/dossier"
	"cchc/dossier/dossiertest"
	"cchc/setting"
)

// elsewhere receives a dossier for a body of another territory.
func elsewhere(t *testing.T, o *dossiertest.Office, body string) dossier.Dossier {
	t.Helper()
	app := o.Application(dossiertest.Birth)
	app.Elsewhere, app.Body = true, body
	d, err := o.Desk.Receive(ctx, o.Officer, app)
	ok(t, err)
	return d
}

func TestDossiersOfAnotherTerritoryLeaveOnANumberedList(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	a, b, local := elsewhere(t, o, "UBND phường Đông Hà"), elsewhere(t, o, "UBND xã Vĩnh Linh"), o.Receive(t, dossiertest.Birth)
	waiting, err := o.Desk.ForList(ctx, o.DB, o.Officer, o.Commune, dossier.Outside)
	if err != nil || len(waiting) != 2 || waiting[0].Body != "UBND phường Đông Hà" {
		t.Fatalf("waiting %+v, %v; want two, ordered by body", waiting, err)
	}
	make := func(kind dossier.ListKind, body string, codes ...string) (dossier.HandList, error) {
		return o.Desk.MakeList(ctx, o.Officer, o.Commune, kind, body, codes)
	}
	for about, x := range map[string]struct {
		kind  dossier.ListKind
		body  string
		codes []string
	}{
		"no body": {dossier.Outside, " ", []string{a.Code}}, "no dossiers": {dossier.Outside, "X", nil}, "twice": {dossier.Outside, "X", []string{a.Code, a.Code}},
		"of this territory": {dossier.Outside, "X", []string{local.Code}}, "unknown": {dossier.Outside, "X", []string{"H99.101-261123-0099"}},
		"without a result": {dossier.PostBatch, "X", []string{a.Code}}, "no such kind": {"x", "X", []string{a.Code}},
	} {
		if _, err := make(x.kind, x.body, x.codes...); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v, want Invalid", about, err)
		}
	}
	if _, err := o.Desk.MakeList(ctx, o.Specialist, o.Commune, dossier.Outside, "X", []string{a.Code}); !fault.Is(err, fault.Forbidden) {
		t.Errorf("by a specialist: %v, want Forbidden", err)
	}
	one, err := make(dossier.Outside, "UBND phường Đông Hà", a.Code)
	ok(t, err)
	two, err := make(dossier.Outside, "UBND xã Vĩnh Linh", b.Code)
	ok(t, err)
	inside, err := make(dossier.Inside, "Phòng Văn hoá - Xã hội", local.Code)
	ok(t, err)
	// What was refused took no number.
	if one.Number != 1 || two.Number != 2 || inside.Number != 1 {
		t.Errorf("numbers %d, %d, %d; want 1, 2 and 1 of its own series", one.Number, two.Number, inside.Number)
	}
	if _, err := make(dossier.Outside, "X", a.Code); !fault.Is(err, fault.Invalid) {
		t.Errorf("on two lists: %v, want Invalid", err)
	}
	if waiting, err = o.Desk.ForList(ctx, o.DB, o.Officer, o.Commune, dossier.Outside); err != nil || len(waiting) != 0 {
		t.Errorf("still waiting %+v, %v", waiting, err)
	}
	if err := o.Desk.Settle(ctx, o.Officer, one.ID, a.Code, "back", 0, ""); !fault.Is(err, fault.Conflict) {
		t.Errorf("back before it left: %v, want Conflict", err)
	}
	ok(t, o.Desk.GiveList(ctx, o.Officer, one.ID, "Trần Văn Nhận"))
	if err := o.Desk.GiveList(ctx, o.Officer, one.ID, "ai nữa"); !fault.Is(err, fault.Conflict) {
		t.Errorf("handed over twice: %v, want Conflict", err)
	}
	if err := o.Desk.Settle(ctx, o.Officer, one.ID, a.Code, "delivered", 0, ""); !fault.Is(err, fault.Invalid) {
		t.Errorf("delivered by no post: %v, want Invalid", err)
	}
	ok(t, o.Desk.Settle(ctx, o.Officer, one.ID, a.Code, "back", 0, "đã giải quyết"))
	if err := o.Desk.Settle(ctx, o.Officer, one.ID, a.Code, "back", 0, ""); !fault.Is(err, fault.Conflict) {
		t.Errorf("back twice: %v, want Conflict", err)
	}
	l, err := o.Desk.HandList(ctx, o.DB, o.CommuneChair, one.ID)
	if err != nil || l.Receiver != "Trần Văn Nhận" || l.Out() != 0 || l.Items[0].Note != "đã giải quyết" {
		t.Errorf("the list is %+v, %v", l, err)
	}
	// What came back may go out again, and unfinished lists stay in sight.
	_, err = make(dossier.Outside, "UBND phường Đông Hà", a.Code)
	ok(t, err)
	o.Clock.Advance(60 * 24 * time.Hour)
	lists, err := o.Desk.HandLists(ctx, o.DB, o.Officer, o.Commune, date("2027-01-15"))
	if err != nil || len(lists) != 3 {
		t.Errorf("%d lists in sight, %v; want the three unfinished ones", len(lists), err)
	}
	if _, err := o.Desk.HandList(ctx, o.DB, o.OtherOfficer, one.ID); !fault.Is(err, fault.Forbidden) {
		t.Errorf("read by another commune: %v, want Forbidden", err)
	}
	o.Clean(t)
}

func TestAPostBatchDeliversOrComesBackToTheUncollected(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	var codes []string
	for range 3 {
		app := o.Application(dossiertest.Birth)
		app.ReturnBy = dossier.ByPost
		d, err := o.Desk.Receive(ctx, o.Officer, app)
		ok(t, err)
		ok(t, o.Desk.Finish(ctx, o.Officer, d.Code, dossier.Result{}))
		codes = append(codes, d.Code)
	}
	waiting, err := o.Desk.ForList(ctx, o.DB, o.Officer, o.Commune, dossier.PostBatch)
	if err != nil || len(waiting) != 3 {
		t.Fatalf("waiting %+v, %v; want 3", waiting, err)
	}
	l, err := o.Desk.MakeList(ctx, o.Officer, o.Commune, dossier.PostBatch, "Bưu điện", codes[:2])
	ok(t, err)
	left := func() int {
		t.Helper()
		all, err := o.Desk.NotCollected(ctx, o.DB, o.Officer, o.Commune)
		ok(t, err)
		n, _, _, err := o.Desk.CountUncollected(ctx, o.DB, o.Commune)
		if ok(t, err); int(n) != len(all) {
			t.Errorf("counted %d, listed %d", n, len(all))
		}
		return len(all)
	}
	if n := left(); n != 1 {
		t.Errorf("%d not collected, want the one that is not on its way", n)
	}
	if err := o.Desk.Track(ctx, o.Officer, l.ID, map[string]string{codes[2]: "X"}); !fault.Is(err, fault.Invalid) {
		t.Errorf("a number for what is not on it: %v, want Invalid", err)
	}
	ok(t, o.Desk.Track(ctx, o.Officer, l.ID, map[string]string{codes[0]: "EB123456789VN", codes[1]: "EB123456790VN"}))
	ok(t, o.Desk.GiveList(ctx, o.Officer, l.ID, "Bưu tá A"))
	o.Clock.Advance(48 * time.Hour)
	if err := o.Desk.Settle(ctx, o.Officer, l.ID, codes[0], "delivered", date("2026-11-20").Start(), ""); !fault.Is(err, fault.Invalid) {
		t.Errorf("delivered before it was sent: %v, want Invalid", err)
	}
	ok(t, o.Desk.Settle(ctx, o.Officer, l.ID, codes[0], "delivered", 0, ""))
	if err := o.Desk.Settle(ctx, o.Officer, l.ID, codes[1], "failed", 0, ""); !fault.Is(err, fault.Invalid) {
		t.Errorf("failed without a reason: %v, want Invalid", err)
	}
	ok(t, o.Desk.Settle(ctx, o.Officer, l.ID, codes[1], "failed", 0, "không có người nhận"))
	w, err := o.Desk.ByCode(ctx, o.DB, o.Officer, codes[0])
	if last := w.Facts[len(w.Facts)-1]; err != nil || w.Status() != dossier.HandedOver || last.How != dossier.ByPost || last.Document != "EB123456789VN" {
		t.Errorf("delivered: %+v, %v", last, err)
	}
	if w, err = o.Desk.ByCode(ctx, o.DB, o.Officer, codes[1]); err != nil || w.Status() != dossier.Finished || len(w.Contacts) != 1 || w.Contacts[0].How != "post" {
		t.Errorf("failed: status %d, contacts %+v, %v", w.Status(), w.Contacts, err)
	}
	if n := left(); n != 2 {
		t.Errorf("%d not collected, want 2", n)
	}
	o.Clean(t)
}

func TestUncollectedResultsHaveAnAgeAndContacts(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	d := o.Receive(t, dossiertest.Birth)
	if err := o.Desk.Contact(ctx, o.Officer, d.Code, "phone", ""); !fault.Is(err, fault.Conflict) {
		t.Errorf("called about no result: %v, want Conflict", err)
	}
	ok(t, o.Desk.Finish(ctx, o.Officer, d.Code, dossier.Result{}))
	if err := o.Desk.Contact(ctx, o.Officer, d.Code, "pigeon", ""); !fault.Is(err, fault.Invalid) {
		t.Errorf("by pigeon: %v, want Invalid", err)
	}
	o.Clock.Advance(40 * 24 * time.Hour)
	ok(t, o.Desk.Contact(ctx, o.Officer, d.Code, "phone", "hẹn thứ Hai"))
	all, long, days, err := o.Desk.CountUncollected(ctx, o.DB, o.Commune)
	if err != nil || all != 1 || long != 1 || days != 30 {
		t.Errorf("%d not collected, %d for more than %d days, %v; want 1, 1, 30", all, long, days, err)
	}
	ok(t, o.Desk.Settings.Change(ctx, o.Admin, setting.Change{Name: dossier.UncollectedDays.Name, Unit: o.Province, What: setting.Set,
		Value: "60", From: o.DB.Now().Date(), Reason: "thử"}))
	if _, long, days, _ = o.Desk.CountUncollected(ctx, o.DB, o.Commune); long != 0 || days != 60 {
		t.Errorf("%d for more than %d days; want 0, 60", long, days)
	}
	list, err := o.Desk.NotCollected(ctx, o.DB, o.Officer, o.Commune)
	if err != nil || len(list) != 1 || list[0].Contacts != 1 || list[0].LastContact == 0 {
		t.Errorf("list %+v, %v", list, err)
	}
}

func TestOriginalsAreKeptAndGivenBack(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	d := o.Receive(t, dossiertest.Land)
	if err := o.Desk.KeepOriginal(ctx, o.Officer, d.Code, " ", ""); !fault.Is(err, fault.Invalid) {
		t.Errorf("kept nothing: %v, want Invalid", err)
	}
	if err := o.Desk.KeepOriginal(ctx, o.OtherOfficer, d.Code, "Giấy chứng nhận", ""); !fault.Is(err, fault.Forbidden) {
		t.Errorf("kept by another commune: %v, want Forbidden", err)
	}
	ok(t, o.Desk.KeepOriginal(ctx, o.Officer, d.Code, "Giấy chứng nhận AB 123", "Tủ 2"))
	here, err := o.Desk.Originals(ctx, o.DB, o.CommuneChair, o.Commune)
	if err != nil || len(here) != 1 || here[0].Code != d.Code || here[0].Place != "Tủ 2" {
		t.Fatalf("here %+v, %v", here, err)
	}
	if err := o.Desk.GiveBack(ctx, o.Officer, here[0].ID, ""); !fault.Is(err, fault.Invalid) {
		t.Errorf("given to nobody: %v, want Invalid", err)
	}
	ok(t, o.Desk.GiveBack(ctx, o.Officer, here[0].ID, "Nguyễn Thị Ánh"))
	if err := o.Desk.GiveBack(ctx, o.Officer, here[0].ID, "ai nữa"); !fault.Is(err, fault.Conflict) {
		t.Errorf("given twice: %v, want Conflict", err)
	}
	if here, err = o.Desk.Originals(ctx, o.DB, o.Officer, o.Commune); err != nil || len(here) != 0 {
		t.Errorf("here %+v, %v; want none", here, err)
	}
	w, err := o.Desk.ByCode(ctx, o.DB, o.Officer, d.Code)
	if err != nil || len(w.Originals) != 1 || w.Originals[0].ReturnedTo != "Nguyễn Thị Ánh" {
		t.Errorf("the dossier's originals %+v, %v", w.Originals, err)
	}
}
