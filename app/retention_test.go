package app

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/job"
	"cchc/base/look"
	"cchc/base/moment"
	"cchc/dossier"
	"cchc/privacy"
	"cchc/setting"
	"cchc/unit"
)

func TestWhatIsOverGoesAfterItWasApprovedAndNotBefore(t *testing.T) {
	t.Parallel()
	o := serveOffice(t)
	d, held, again := o.known(t), o.known(t), o.known(t)
	open := o.known(t)
	for _, x := range []dossier.Dossier{d, held, again} {
		o.ok(t, o.desk.Finish(ctx, operator, x.Code, dossier.Result{}))
		o.ok(t, o.desk.HandOver(ctx, operator, x.Code, dossier.AtCounter, 0, ""))
	}
	keeper := o.signIn(t, "quantri", actor.Grant{Role: actor.Administrator, Unit: o.province})
	officer := o.signIn(t, "motcua", actor.Grant{Role: actor.OneStop, Unit: o.commune})
	const path = "/admin/privacy/retention"
	at := path + "?unit=" + string(o.commune)
	officer.Get(path).Is(403)
	page := keeper.Get(at).Is(200).Count("tr[data-row]", 12).Has("#class-dossiers", "60 tháng").Has("#class-dossiers", "chưa ai đặt").Has("#class-looks", "24 tháng").Has("#class-notices", "180 ngày").Has("#class-imports", "90 ngày")
	noRawKeys(t, page.Body)
	settings := keeper.Get("/admin/settings").Is(200)
	for _, s := range []string{"privacy.keep_months", "imports.keep_days", "notice.keep_days", "privacy.look_months"} {
		if strings.Contains(settings.Body, s) {
			t.Errorf("the list of settings has %s too", s)
		}
	}
	keeper.Get("/admin/settings/privacy.keep_months?unit=" + string(o.commune)).Is(200)

	// Nothing is over within five years.
	keeper.Get(path+"/due?unit="+string(o.commune)).Is(200).Count("tr[data-row]", 0)
	keeper.Post(path+"/propose", "unit", string(o.commune)).Is(409)
	// By the general rule in a month, by the field's own period in ten years.
	o.ok(t, o.settings.Change(ctx, operator, setting.Change{Name: dossier.KeepMonths.Name, Unit: o.province, What: setting.Set, Value: "1", From: o.db.Now().Date(), Reason: "Danh mục 12/2026"}))
	keeper.Get(at).Has("#class-dossiers", "1 tháng").Has("#class-dossiers", "Danh mục 12/2026")
	keeper.Post(path+"/keep", "unit", string(o.province), "sector", "", "months", "x", "basis", "").Is(422).Count("#error-summary li", 3)
	officer.Post(path+"/keep", "unit", string(o.commune), "sector", d.Sector, "months", "0", "basis", "tự ý").Is(403)
	keeper.Post(path+"/keep", "unit", string(o.province), "sector", d.Sector, "months", "120", "basis", "Danh mục 12/2026").To(path + "?unit=" + string(o.province))
	o.clock.Advance(40 * 24 * time.Hour)
	signInAgain := func(login string) { // sessions end in forty days
		b := o.b.Other()
		b.Post("/sign-in", "login", login, "password", testPassword).Is(303)
		keeper = b
	}
	signInAgain("quantri")
	keeper.Get(path+"/due?unit="+string(o.commune)).Is(200).Count("tr[data-row]", 0)
	keeper.Post(path+"/keep", "unit", string(o.province), "sector", d.Sector, "months", "", "basis", "bỏ").To(path + "?unit=" + string(o.province))
	keeper.Post(path+"/keep", "unit", string(o.province), "sector", d.Sector, "months", "", "basis", "bỏ").Is(404)

	// One is under inspection: it is over and stays.
	keeper.Post(path+"/holds", "code", held.Code, "reason", "thanh tra", "document", "", "unit", string(o.commune)).Is(422)
	keeper.Post(path+"/holds", "code", held.Code, "reason", "thanh tra", "document", "5/QĐ-TTr", "unit", string(o.commune)).To(at)
	keeper.Get(at).Count("[data-hold]", 1).Has("[data-hold]", held.Code)
	keeper.Get(path+"/due?unit="+string(o.commune)).Is(200).Count("tr[data-row]", 2).Has("main", "1 hồ sơ hết hạn nhưng phải giữ")
	if _, err := o.desk.Erase(ctx, operator, dossier.Erasure{Subject: dossier.Subject{Number: known.IDNumber}, Codes: []string{d.Code, held.Code, again.Code}, Reason: "x", Document: "y"}); err == nil {
		t.Error("what is on hold was erased at a request")
	}

	o.ok(t, o.privacy.ProposeDue(ctx))
	o.ok(t, o.privacy.ProposeDue(ctx)) // asks once
	list, err := o.privacy.Proposals(ctx, o.db, operator)
	o.ok(t, err)
	if len(list) != 1 || list[0].Count != 2 || list[0].State != "proposed" {
		t.Fatalf("proposed: %+v", list)
	}
	id := list[0].ID
	if w, err := o.desk.ByCode(ctx, o.db, operator, d.Code); err != nil || w.Person.Name != known.Name {
		t.Fatalf("erased before it was approved: %+v, %v", w.Person, err)
	}
	keeper.Post(path+"/"+id, "approve", "yes", "document", "9/QĐ").Is(403) // rules are the keeper's, approval the head's
	chief := o.signIn(t, "chutich", actor.Grant{Role: actor.Chairperson, Unit: o.commune})
	chief.Get("/admin").Has("main", "1 đề nghị chờ duyệt")
	noRawKeys(t, chief.Get(path+"/"+id).Is(200).Count("tr[data-row]", 2).Body)
	chief.Post(path+"/"+id, "document", "9/QĐ").Is(422)
	chief.Post(path+"/"+id, "approve", "yes").Is(422).Has("#error-summary", "quyết định")
	chief.Post(path+"/"+id, "approve", "no").Is(422).Has("#error-summary", "lý do")
	chief.Post(path+"/"+id, "approve", "yes", "document", "9/QĐ-UBND").To(path + "/" + id)
	chief.Post(path+"/"+id, "approve", "yes", "document", "9/QĐ-UBND").Is(409)
	// Between the approval and the job one more is held.
	_, err = o.desk.HoldDossier(ctx, operator, again.Code, "khiếu nại", "6/TB")
	o.ok(t, err)
	keeper.Get(path).Has("main", "hệ thống (command-line)").Lacks("main", "không rõ")
	o.ok(t, o.privacy.Carry(ctx, id))
	o.ok(t, o.privacy.Carry(ctx, id)) // done is done
	for code, want := range map[string]string{d.Code: dossier.Erased, again.Code: known.Name, held.Code: known.Name, open.Code: known.Name} {
		w, err := o.desk.ByCode(ctx, o.db, operator, code)
		if err != nil || w.Person.Name != want {
			t.Errorf("%s: %q, want %q, %v", code, w.Person.Name, want, err)
		}
	}
	chief.Get(path+"/"+id).Is(200).Has("main", "đã xoá xong").Has("table", "giữ lại").Has("table", "Đang được giữ lại")
	trail, err := audit.Latest(ctx, o.db, audit.Filter{Kind: "retention", Limit: 10})
	o.ok(t, err)
	if len(trail) != 3 || trail[0].Verb != "privacy.erased" || trail[1].Verb != "privacy.approve" {
		t.Errorf("the trail: %+v", trail)
	}
	holds, err := o.desk.Holds(ctx, o.db, operator)
	o.ok(t, err)
	chief.Post(path+"/holds/"+holds[0].ID+"/end", "reason", "xong").To(path)
	chief.Post(path+"/holds/"+holds[0].ID+"/end", "reason", "xong").Is(409)
	chief.Header.Set("Accept-Language", "en")
	noRawKeys(t, chief.Get(path).Is(200).Has("h1", "How long").Body)
	noRawKeys(t, chief.Get(path+"/"+id).Is(200).Body)
}

// over lets dossiers end, has what ended kept for a month and no longer, and lets that pass.
func (o *office) over(t *testing.T, ended ...dossier.Dossier) {
	t.Helper()
	for _, d := range ended {
		o.ok(t, o.desk.Finish(ctx, operator, d.Code, dossier.Result{}))
		o.ok(t, o.desk.HandOver(ctx, operator, d.Code, dossier.AtCounter, 0, ""))
	}
	o.ok(t, o.settings.Change(ctx, operator, setting.Change{Name: dossier.KeepMonths.Name, Unit: o.province, What: setting.Set, Value: "1", From: o.db.Now().Date(), Reason: "thử"}))
	o.clock.Advance(40 * 24 * time.Hour)
}

// proposed has the sweep propose what is over, and returns the proposal.
func (o *office) proposed(t *testing.T) string {
	t.Helper()
	o.ok(t, o.privacy.ProposeDue(ctx))
	list, err := o.privacy.Proposals(ctx, o.db, operator)
	o.ok(t, err)
	if len(list) != 1 {
		t.Fatalf("%d proposals, want one: %+v", len(list), list)
	}
	return list[0].ID
}

// Two eyes more: who proposed does not approve, in their own name or in another's.
func TestWhoActsForWhoProposedDoesNotApprove(t *testing.T) {
	t.Parallel()
	o := serveOffice(t)
	d := o.known(t)
	o.over(t, d)
	grants := []actor.Grant{{Role: actor.Chairperson, Unit: o.commune}}
	head := actor.Actor{Account: "truong", Grants: grants}
	deputy := actor.Actor{Account: "pho", Grants: grants}
	third := actor.Actor{Account: "ba", Grants: grants}
	instead := func(a, of actor.Actor) actor.Actor {
		a.For = actor.Behalf{Account: of.Account, Name: "Trưởng", Delegation: "uỷ quyền"}
		return a
	}
	refused := func(id string, by map[string]actor.Actor) {
		t.Helper()
		for name, a := range by {
			if f := fault.As(o.privacy.Decide(ctx, a, id, true, "9/QĐ-UBND", "")); f == nil || f.Key != "privacy.retention.own" {
				t.Errorf("%s approves: %v", name, f)
			}
		}
	}
	// A deputy proposes in the head's place: neither is the second pair of eyes.
	id, err := o.privacy.Propose(ctx, instead(deputy, head), o.commune)
	o.ok(t, err)
	refused(id, map[string]actor.Actor{"who proposed": deputy, "in whose place": head, "who acts for the one": instead(third, deputy), "who acts for the other": instead(third, head)})
	o.ok(t, o.privacy.Decide(ctx, head, id, false, "", "chưa đủ")) // one's own may be dropped
	id, err = o.privacy.Propose(ctx, head, o.commune)
	o.ok(t, err)
	refused(id, map[string]actor.Actor{"who proposed": head, "who acts for them": instead(deputy, head)})
	o.ok(t, o.privacy.Decide(ctx, deputy, id, true, "9/QĐ-UBND", ""))
}

func TestLooksGoByThemselvesWhenTheirTimeIsOver(t *testing.T) {
	t.Parallel()
	o := serveOffice(t)
	d := o.known(t)
	o.desk.Looks.Saw(actor.Actor{Account: "a1"}, d.ID, look.Opened)
	o.ok(t, o.desk.Looks.Export(ctx, actor.Actor{Account: "a1"}, look.Export{List: "dossiers", Format: "csv"}, []string{d.ID}))
	o.ok(t, o.desk.Looks.Flush(ctx))
	count := func() int {
		t.Helper()
		list, err := o.desk.Looks.Of(context.Background(), o.db, d.ID, 100)
		o.ok(t, err)
		return len(list)
	}
	o.clock.Advance(300 * 24 * time.Hour)
	o.ok(t, o.privacy.Forget(ctx))
	if count() != 2 {
		t.Errorf("%d looks are left within their time", count())
	}
	o.clock.Advance(500 * 24 * time.Hour)
	old, all, err := o.privacy.OldLooks(ctx, o.db)
	o.ok(t, err)
	if old != 2 || all != 2 {
		t.Errorf("the preview counts %d of %d", old, all)
	}
	o.ok(t, o.privacy.Forget(ctx))
	if count() != 0 {
		t.Errorf("%d looks are left", count())
	}
	trail, err := audit.Latest(ctx, o.db, audit.Filter{Kind: "retention", Limit: 10})
	o.ok(t, err)
	if len(trail) != 1 || trail[0].Verb != "privacy.forget" {
		t.Errorf("the trail: %+v", trail)
	}
}

// The unit's own name stands in the decision, and an applicant has the same: what was
// approved is done all the same.
func TestTheTextOfADecisionStopsNothing(t *testing.T) {
	t.Parallel()
	o := serveOffice(t)
	person := known
	person.Name, person.Address = "UBND xã Gio Linh", "xã Gio Linh"
	same, err := o.desk.Receive(ctx, operator, dossier.Application{Unit: o.commune, Procedure: "1.001193", Channel: dossier.Direct, Person: person})
	o.ok(t, err)
	other := o.known(t)
	o.over(t, same, other)
	id := o.proposed(t)
	const decision = "9/QĐ-UBND ngày 05/01/2032 của UBND xã Gio Linh"
	o.ok(t, o.privacy.Decide(ctx, operator, id, true, decision, ""))

	o.ok(t, o.privacy.Carry(ctx, id))
	for _, d := range []dossier.Dossier{same, other} {
		w, err := o.desk.ByCode(ctx, o.db, operator, d.Code)
		if err != nil || w.Person.Name != dossier.Erased {
			t.Errorf("%s still knows %q, %v", d.Code, w.Person.Name, err)
		}
	}
	p, _, err := o.privacy.Proposal(ctx, o.db, operator, id)
	if err != nil || p.State != "done" || p.Erased != 2 || p.Document != decision {
		t.Errorf("the proposal is %+v, %v", p, err)
	}
}

// A short document stands in many a text: that it is left as it is keeps nothing of the
// person in the reason, in the proposal or in its trail.
func TestAShortDocumentHidesNobodyInTheReason(t *testing.T) {
	t.Parallel()
	o := serveOffice(t)
	person := known
	person.Phone = "0912345678"
	d, err := o.desk.Receive(ctx, operator, dossier.Application{Unit: o.commune, Procedure: "1.001193", Channel: dossier.Direct, Person: person})
	o.ok(t, err)
	o.over(t, d)
	id := o.proposed(t)
	o.ok(t, o.privacy.Decide(ctx, operator, id, true, "12", "đã gọi 0912345678"))

	o.ok(t, o.privacy.Carry(ctx, id))
	p, _, err := o.privacy.Proposal(ctx, o.db, operator, id)
	o.ok(t, err)
	if p.State != "done" || p.Document != "12" || strings.Contains(p.Reason, "345678") || !strings.HasPrefix(p.Reason, "đã gọi ") {
		t.Errorf("the proposal is %s by %q for %q", p.State, p.Document, p.Reason)
	}
	trail, err := audit.Latest(ctx, o.db, audit.Filter{Verb: "privacy.approve", Kind: "retention", Object: id, Limit: 10})
	o.ok(t, err)
	if len(trail) != 1 || strings.Contains(trail[0].Reason, "345678") || !strings.HasPrefix(trail[0].Reason, "đã gọi ") ||
		!slices.Contains(trail[0].Changes, audit.Change{Field: "document", To: "12"}) {
		t.Errorf("the trail: %+v", trail)
	}
}

// What was approved and no job does any more, because it was given up or somebody cancelled
// it, is taken up by the next sweep, with an entry in the trail: without that the unit could
// propose nothing any more. What a job still does, or was done, is left alone.
func TestAnErasingThatWasGivenUpIsTakenUpAgain(t *testing.T) {
	t.Parallel()
	o := serveOffice(t)
	d := o.known(t)
	o.over(t, d)
	id := o.proposed(t)
	o.ok(t, o.privacy.Decide(ctx, operator, id, true, "9/QĐ-UBND", ""))
	// sweep runs the sweep twice and returns the jobs that wait, and how often the trail
	// tells that this erasing was taken up.
	sweep := func() (jobs []int64, told int) {
		t.Helper()
		o.ok(t, o.privacy.ProposeDue(ctx))
		o.ok(t, o.privacy.ProposeDue(ctx))
		seen, err := o.queue.List(ctx, job.Waiting, 100)
		o.ok(t, err)
		for _, x := range seen {
			if x.Kind == privacy.Erase.Name {
				jobs = append(jobs, x.ID)
			}
		}
		trail, err := audit.Latest(ctx, o.db, audit.Filter{Verb: "privacy.resume", Kind: "retention", Object: id, Limit: 10})
		o.ok(t, err)
		return jobs, len(trail)
	}
	had, told := sweep()
	if len(had) != 1 || told != 0 {
		t.Fatalf("while its job waits: jobs %v, taken up %d times", had, told)
	}
	for i, end := range []struct {
		how string
		do  func(id int64) error
	}{
		{"cancelled", func(id int64) error { return o.queue.Cancel(ctx, operator, id, func(job.State) error { return nil }) }},
		{"given up", func(id int64) error {
			return o.db.Write(ctx, func(tx *db.Tx) error { _, err := tx.Exec(ctx, jobPut, "discarded", 1, id); return err })
		}},
	} {
		o.ok(t, end.do(had[0]))
		now, told := sweep()
		if len(now) != 1 || now[0] == had[0] || told != i+1 {
			t.Fatalf("after job %d was %s: jobs %v, taken up %d times, want a new one and %d", had[0], end.how, now, told, i+1)
		}
		had = now
	}
	o.ok(t, o.privacy.Carry(ctx, id))
	o.ok(t, o.queue.Cancel(ctx, operator, had[0], func(job.State) error { return nil }))
	if now, told := sweep(); len(now) != 0 || told != 2 {
		t.Errorf("after it was done: jobs %v, taken up %d times", now, told)
	}
}

var (
	proposalsIn = db.Rows("retention_test.proposals", "retention_proposal", "id, unit_id, at, account, state, quantity, decided_at, decided_by, document, reason, done_at, erased, made_for", "")
	holdsIn     = db.Rows("retention_test.holds", "dossier_hold", "id, dossier_id, reason, document, at, account, ended_at, ended_by, ended_why", "")
)

// However many proposals and holds other units have: a unit sees its own, and is told of
// what waits there.
func TestOtherUnitsHideNothingOfWhatWaits(t *testing.T) {
	t.Parallel()
	o := serveOffice(t)
	other, err := o.registry.Create(ctx, operator, unit.New{Code: "H99.102", Name: "Xã Thạnh Bình", Level: "commune", Parent: o.province}, unit.Act{Day: moment.NewDate(2025, 7, 1), Basis: "NQ 1"})
	o.ok(t, err)
	d := o.known(t)
	theirs := receive(t, o.rooms, other)
	var rows, holds [][]any
	propose := func(u unit.ID, state string, n int) {
		for range n {
			rows = append(rows, []any{db.NewID(), string(u), o.db.Now(), "a", state, 1, nil, "", "", "", nil, 0, ""})
		}
	}
	propose(o.commune, "proposed", 1)
	propose(o.commune, "refused", 1)
	holds = append(holds, []any{db.NewID(), d.ID, "thanh tra", "5/QĐ", o.db.Now(), "a", nil, "", ""})
	o.clock.Advance(time.Hour)
	propose(other, "proposed", 501)
	propose(other, "refused", 1001)
	for range 501 {
		holds = append(holds, []any{db.NewID(), theirs.ID, "thanh tra", "5/QĐ", o.db.Now(), "a", nil, "", ""})
	}
	o.ok(t, o.db.Write(ctx, func(tx *db.Tx) error {
		if err := tx.InsertRows(ctx, proposalsIn, rows); err != nil {
			return err
		}
		return tx.InsertRows(ctx, holdsIn, holds)
	}))
	chief := actor.Actor{Account: "truong", Grants: []actor.Grant{{Role: actor.Chairperson, Unit: o.commune}}}
	list, err := o.privacy.Proposals(ctx, o.db, chief)
	o.ok(t, err)
	if len(list) != 2 {
		t.Errorf("the unit has two proposals and sees %d", len(list))
	}
	if n, err := o.privacy.Waits(ctx, chief); err != nil || n != 1 {
		t.Errorf("%d wait, %v", n, err)
	}
	if held, err := o.desk.Holds(ctx, o.db, chief); err != nil || len(held) != 1 {
		t.Errorf("the unit has one hold and sees %d, %v", len(held), err)
	}
	// Who sees them all sees all that waits, and of the others the last.
	if list, err = o.privacy.Proposals(ctx, o.db, operator); err != nil || len(list) != 502+500 {
		t.Errorf("%d are shown, %v", len(list), err)
	}
}
