package app

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/fault"
	"cchc/dossier"
	"cchc/exchange"
	"cchc/exchange/exchangeweb"
	"cchc/notice"
)

func TestHealthTellsWhenEverythingWasRecounted(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := serveOffice(t)
	b := o.signIn(t, "quantri", actor.Grant{Role: actor.Administrator, Unit: o.province})
	receive(t, o.rooms, o.commune)
	b.Get("/admin/health").Is(200).Has("table", "Chưa chạy lần nào").Has("table", "giờ Việt Nam (UTC+07:00)")
	recount := func() verified {
		t.Helper()
		v, err := o.verify(ctx, verifying{found: func(int, dossier.Difference) {}})
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	if v := recount(); v.Dossiers != 1 || v.Differences != 0 || v.Finished != o.db.Now() {
		t.Errorf("recounted %+v", v)
	}
	noRawKeys(t, b.Get("/admin/health").Is(200).Has("table", "23/11/2026").Has("table", "1 hồ sơ, mọi số liệu khớp").Body)
	o.clock.Advance(36 * 24 * time.Hour)
	b = o.signIn(t, "quantri2", actor.Grant{Role: actor.Administrator, Unit: o.province})
	b.Get("/admin/health").Has("table", "đã hơn một tháng").Has("table", "Chạy “cchc verify”")
	b.Header.Set("Accept-Language", "en")
	noRawKeys(t, b.Get("/admin/health").Has("table", "more than a month ago").Has("table", "time of Vietnam").Body)

	// A figure that was changed behind the program's back.
	h, err := o.db.Handle()
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	if _, err := h.ExecContext(ctx, `UPDATE dossier SET channel = 'direct' WHERE channel = 'online'`); err != nil {
		t.Fatal(err)
	}
	if v := recount(); v.Differences == 0 {
		t.Error("the change was not found")
	}
	b.Get("/admin/health").Has("table", "figures differ from the facts")
	if w := b.Get("/standing"); w.Status != http.StatusServiceUnavailable || !strings.Contains(w.Body, `"verify":"bad"`) {
		t.Errorf("monitors are told %d %s", w.Status, w.Body)
	}
}

func TestFailedWebhooksStandAmongTheJobsAndAreTriedAgain(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := serveOffice(t)
	up := false
	peer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if !up {
			w.WriteHeader(http.StatusBadGateway)
		}
	}))
	defer peer.Close()
	o.exchange.Sender.(*exchangeweb.Sender).Hosts = []string{"127.0.0.1"}
	l, err := o.exchange.Create(ctx, operator, exchange.Link{Kind: exchange.Hook, Name: "Trục tỉnh", URL: peer.URL, Unit: o.province})
	if err != nil {
		t.Fatal(err)
	}
	receive(t, o.rooms, o.commune)
	b := o.signIn(t, "quantri", actor.Grant{Role: actor.Administrator, Unit: o.province})
	b.Get("/admin/jobs").Is(200).Has("main", "Webhook").Count("form.stuck", 0)
	for range 14 { // until it is given up
		if err := o.exchange.Send(ctx, l.ID); err != nil {
			t.Fatal(err)
		}
		o.clock.Advance(7 * time.Hour)
	}
	if n, err := o.exchange.Dead(ctx); err != nil || n != 1 {
		t.Fatalf("%d were given up, %v", n, err)
	}
	b = o.signIn(t, "quantri2", actor.Grant{Role: actor.Administrator, Unit: o.province}) // the first session is long over
	page := b.Get("/admin/jobs").Is(200).Has("form.stuck", "Trục tỉnh").Has("form.stuck", "1 lần gửi lỗi").Has("form.stuck", "502")
	noRawKeys(t, page.Body)
	up = true
	b.Post(page.Attr("form.stuck", "action")).To("/admin/exchange/" + l.ID)
	if err := o.exchange.Send(ctx, l.ID); err != nil {
		t.Fatal(err)
	}
	b.Get("/admin/jobs").Count("form.stuck", 0).Has("main", "0 lần gửi lỗi")
}

func TestATrainingSendsNothing(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	r, _, province, u := commune(t)
	asked := 0
	peer := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	defer peer.Close()
	l, err := r.exchange.Create(ctx, operator, exchange.Link{Kind: exchange.Hook, Name: "Trục tỉnh", URL: peer.URL, Unit: province})
	if err != nil {
		t.Fatal(err)
	}
	receive(t, r, u) // waits from before it was a training
	r.training = true
	f := serveFlags{Files: t.TempDir()}
	f.Notices.Demo, f.SMTP.Host, f.SMTP.From = true, "mail.example", "a@example.vn"
	_, stop, err := r.handler(ctx, f)
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	r.exchange.Sender.(*exchangeweb.Sender).Hosts = []string{"127.0.0.1"}
	receive(t, r, u)
	if err := r.exchange.Send(ctx, l.ID); err != nil || asked != 0 {
		t.Errorf("the other side was called %d times, %v", asked, err)
	}
	if open, err := r.exchange.Open(ctx, l); err != nil || len(open) != 1 {
		t.Errorf("%d deliveries wait, want the one of before: %v", len(open), err)
	}
	if err := r.exchange.Again(ctx, operator, l.ID); !fault.Is(err, fault.Conflict) {
		t.Errorf("tried again: %v", err)
	}
	for _, channel := range []string{notice.Email, notice.SMS, notice.Zalo} {
		if _, file := r.notices.Senders[channel].(*notice.FileSender); !file {
			t.Errorf("%s leaves by %T", channel, r.notices.Senders[channel])
		}
	}
}

// What somebody does for another says so wherever it is read.
func TestADelegatesNameStandsBesideWhomTheyActFor(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := serveOffice(t)
	d := receive(t, o.rooms, o.commune)
	an := o.signIn(t, "anh.nt", actor.Grant{Role: actor.Specialist, Unit: o.commune})
	binh := o.signIn(t, "binh.lv", actor.Grant{Role: actor.OneStop, Unit: o.commune})
	accounts, err := o.accounts.List(ctx, operator)
	if err != nil {
		t.Fatal(err)
	}
	id := map[string]string{}
	for _, a := range accounts {
		id[a.Login] = a.ID
	}
	giver, err := auth.Load(ctx, o.db, id["anh.nt"], o.db.Now().Date())
	if err != nil {
		t.Fatal(err)
	}
	today := o.db.Now().Date()
	delegation, err := o.accounts.Delegate(ctx, giver, auth.NewDelegation{To: id["binh.lv"], Role: actor.Specialist, Unit: o.commune, Document: "5/GUQ", From: today, Last: today.AddDays(3)})
	if err != nil {
		t.Fatal(err)
	}
	binh.Post("/me/act", "delegation", delegation).To("/")
	binh.Post("/dossiers/"+d.Code+"/finish", "electronic", "on").To("/dossiers/" + d.Code)
	binh.Get("/dossiers/"+d.Code).Is(200).Has("main", "binh.lv thay anh.nt")
	an.Get("/dossiers/"+d.Code).Has("main", "binh.lv thay anh.nt")
	admin := o.signIn(t, "quantri", actor.Grant{Role: actor.Administrator, Unit: o.province})
	admin.Get("/admin/audit?kind=dossier").Is(200).Has("main", "binh.lv thay anh.nt")
	admin.Header.Set("Accept-Language", "en")
	admin.Get("/dossiers/"+d.Code).Has("main", "binh.lv for anh.nt")
}
