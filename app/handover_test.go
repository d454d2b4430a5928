package app

import (
	"strings"
	"testing"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/law"
	"cchc/privacy"
)

// Somebody moves: what is on their hands is shown, goes to another at once, and what
// cannot go stays and says why.
func TestWorkIsHandedOverWhenSomebodyMoves(t *testing.T) {
	t.Parallel()
	o := serveOffice(t)
	ctx := t.Context()
	for _, login := range []string{"cuong", "dung"} {
		o.signIn(t, login, actor.Grant{Role: actor.OneStop, Unit: o.commune}, actor.Grant{Role: actor.Specialist, Unit: o.commune})
	}
	o.signIn(t, "motcua", actor.Grant{Role: actor.OneStop, Unit: o.commune})
	chair := o.signIn(t, "chutich", actor.Grant{Role: actor.Chairperson, Unit: o.commune})
	other := o.signIn(t, "xakhac", actor.Grant{Role: actor.Chairperson, Unit: o.province})
	stranger := o.signIn(t, "chuyenvien", actor.Grant{Role: actor.Specialist, Unit: o.commune})
	list, err := o.accounts.List(ctx, operator)
	if err != nil {
		t.Fatal(err)
	}
	id := map[string]string{}
	for _, a := range list {
		id[a.Login] = a.ID
	}
	from, err := auth.Load(ctx, o.db, id["cuong"], o.db.Now().Date())
	if err != nil {
		t.Fatal(err)
	}
	d := receive(t, o.rooms, o.commune)
	if err := o.desk.Claim(ctx, from, d.Code); err != nil {
		t.Fatal(err)
	}
	if err := o.desk.KeepOriginal(ctx, from, d.Code, "Giấy khai sinh", "Tủ 3"); err != nil {
		t.Fatal(err)
	}
	if _, err := o.accounts.Delegate(ctx, from, auth.NewDelegation{To: id["dung"], Role: actor.OneStop, Unit: o.commune, Document: "5/GUQ", Last: o.db.Now().Date() + 5}); err != nil {
		t.Fatal(err)
	}
	at := "/admin/handover/" + id["cuong"]
	stranger.Get(at).Is(403)
	stranger.Post(at, "to", id["dung"], "reason", "thử").Is(403)
	chair.Get("/admin/handover").Is(200).Has("a", "cuong")
	chair.Get(at).Is(200).Has("th", d.Code).Has("td", "Giữ bản chính").Has("th", "5/GUQ").Count("tbody tr", 3)
	chair.Get(at+"?to="+id["dung"]).Is(200).Has("td", "giao cho dung").Has("td", "chấm dứt").Has("button", "Giao cho dung")
	chair.Get(at+"?to="+id["motcua"]).Is(200).Has("td", "ở lại: ") // has not the step's role
	chair.Post(at, "to", id["dung"], "reason", "").Is(422).Has("#error-summary", "Lý do")
	if w, err := o.desk.ByCode(ctx, o.db, operator, d.Code); err != nil || w.Step.Account != id["cuong"] {
		t.Fatalf("before: %v, %v", w.Step, err)
	}
	chair.Post(at, "to", id["dung"], "reason", "QĐ 12/QĐ-UBND").To(at)
	chair.Get(at).Is(200).Has("[role=status]", "Đã giao 2 việc, chấm dứt 1 uỷ quyền").Count("tbody tr", 0)
	w, err := o.desk.ByCode(ctx, o.db, operator, d.Code)
	if err != nil || w.Step.Account != id["dung"] {
		t.Errorf("after: %+v, %v", w.Step, err)
	}
	entries, err := audit.Latest(ctx, o.db, audit.Filter{Kind: "account", Object: id["cuong"], Limit: 3})
	if err != nil || entries[0].Verb != "account.handover" || entries[0].Reason != "QĐ 12/QĐ-UBND" {
		t.Errorf("the trail: %+v, %v", entries, err)
	}
	other.Get("/admin/handover/"+id["dung"]).Is(200).Has("th", d.Code)
	// Of what was delegated elsewhere nothing is shown or withdrawn: it is counted.
	if err := o.accounts.Grant(ctx, operator, id["dung"], actor.Grant{Role: actor.Specialist, Unit: o.province}, law.Span{}); err != nil {
		t.Fatal(err)
	}
	giver, err := auth.Load(ctx, o.db, id["dung"], o.db.Now().Date())
	if err != nil {
		t.Fatal(err)
	}
	far, err := o.accounts.Delegate(ctx, giver, auth.NewDelegation{To: id["xakhac"], Role: actor.Specialist, Unit: o.province, Document: "9/GUQ", Last: o.db.Now().Date() + 5})
	if err != nil {
		t.Fatal(err)
	}
	page := chair.Get("/admin/handover/"+id["dung"]).Is(200).Has("main", "1 việc khác nằm ngoài đơn vị")
	if strings.Contains(page.Body, "9/GUQ") {
		t.Error("the commune is shown what was delegated in the province")
	}
	chair.Post("/admin/handover/"+id["dung"], "to", id["cuong"], "reason", "QĐ 13/QĐ-UBND").To("/admin/handover/" + id["dung"])
	if list, err := o.accounts.Delegations(ctx, giver); err != nil || len(list) == 0 || list[0].ID != far || list[0].Withdrawn != 0 {
		t.Errorf("the commune withdrew what was delegated in the province: %+v, %v", list, err)
	}
}

// A request about personal data goes with the rest, to who may answer it.
func TestARequestIsHandedOverWithTheWork(t *testing.T) {
	t.Parallel()
	o := serveOffice(t)
	ctx := t.Context()
	d := o.known(t)
	for _, login := range []string{"cuong", "dung"} {
		o.signIn(t, login, actor.Grant{Role: actor.OneStop, Unit: o.commune})
	}
	o.signIn(t, "chuyenvien", actor.Grant{Role: actor.Specialist, Unit: o.commune})
	chair := o.signIn(t, "chutich", actor.Grant{Role: actor.Chairperson, Unit: o.commune})
	list, err := o.accounts.List(ctx, operator)
	o.ok(t, err)
	id := map[string]string{}
	for _, a := range list {
		id[a.Login] = a.ID
	}
	r, err := o.privacy.Receive(ctx, operator, privacy.New{Code: d.Code, Kind: privacy.Access, Name: known.Name, Identity: "xem thẻ"})
	o.ok(t, err)
	o.ok(t, o.privacy.Assign(ctx, operator, r.ID, id["cuong"]))
	at := "/admin/handover/" + id["cuong"]
	chair.Get(at).Is(200).Has("td", "Yêu cầu về dữ liệu cá nhân").Has("th", r.Label()).Count("tbody tr", 1)
	chair.Get(at+"?to="+id["chuyenvien"]).Is(200).Has("td", "ở lại: ") // answers nothing
	chair.Post(at, "to", id["chuyenvien"], "reason", "QĐ 11/QĐ-UBND")
	if x, err := o.privacy.Request(ctx, o.db, operator, r.ID); err != nil || x.Assigned != id["cuong"] {
		t.Errorf("it went to one who answers nothing: %+v, %v", x, err)
	}
	chair.Post(at, "to", id["dung"], "reason", "QĐ 12/QĐ-UBND").To(at)
	chair.Get(at).Is(200).Has("[role=status]", "Đã giao 1 việc").Count("tbody tr", 0)
	if x, err := o.privacy.Request(ctx, o.db, operator, r.ID); err != nil || x.Assigned != id["dung"] {
		t.Errorf("after: %+v, %v", x, err)
	}
	trail, err := audit.Latest(ctx, o.db, audit.Filter{Kind: "subject_request", Object: r.ID, Limit: 1})
	if err != nil || trail[0].Verb != "account.handover" || trail[0].Reason != "QĐ 12/QĐ-UBND" {
		t.Errorf("the trail: %+v, %v", trail, err)
	}
}
