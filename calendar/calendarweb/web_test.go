package calendarweb_test

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/fault"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/base/web/webtest"
	"cchc/calendar/calendarweb"
	"cchc/dossier/dossiertest"
)

// open serves the pages of an office to one of its people.
func open(t *testing.T, o *dossiertest.Office, who actor.Actor) *webtest.Browser {
	t.Helper()
	mux := web.New(web.Config{
		Now: o.Clock.Now, Log: slog.New(slog.DiscardHandler), Idle: 1e5 * time.Hour, Lifetime: 1e5 * time.Hour,
		Load: func(_ context.Context, account string, _ moment.Instant) (actor.Actor, error) {
			if account == who.Account {
				return who, nil
			}
			return actor.Actor{}, fault.New(fault.Unauthenticated, "auth.sign_in")
		},
	})
	(&calendarweb.Pages{DB: o.DB, Calendars: o.Desk.Calendars, Units: o.Desk.Units, Desk: o.Desk}).Register(mux)
	mux.Handle("POST /enter", web.Public, func(w http.ResponseWriter, r *http.Request) error {
		if err := web.SignIn(r.Context(), who.Account, moment.Of(o.Clock.Now())); err != nil {
			return err
		}
		return web.SeeOther(w, r, "/", "")
	})
	b := webtest.Open(t, mux)
	b.Post("/enter").To("/")
	return b
}

const closure = "?kind=off&from=25/11/2026&to=27/11/2026&name=B%C3%A3o+s%E1%BB%91+12&rule=C%C3%B4ng+%C4%91i%E1%BB%87n+01&reason=B%C3%A3o&do=preview"

func TestALateClosureIsPreviewedAndThenDoesWhatItSaid(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	x := o.Receive(t, dossiertest.Birth) // due 27/11
	o.Clock.Set("2026-11-30T09:00")      // and overdue
	b := open(t, o, o.Admin)
	at := calendarweb.Path + "/" + string(o.Commune)
	b.Get(calendarweb.Path).Is(200).Has("th a", "Xã Gio Hải").Has("td", "Mặc định")
	b.Get(calendarweb.Path+"?q=gio+hai").Count("tbody tr", 1)
	b.Get(at).Is(200).Has("h1", "Xã Gio Hải").Has("td", "Ngày Văn hóa")
	b.Get(at+"/day").Is(200).Lacks(".problem", "")
	p := b.Get(at + "/day" + closure).Is(200)
	p.Has("h1", "1 trong 1 hồ sơ").Has("th", x.Code).Has("td", "27/11/2026").Has("td", "02/12/2026").Has("td", "sẽ thành trong hạn")
	if got := b.Get(p.Attr("a[href*=csv]", "href")); !strings.Contains(got.Body, x.Code+",Xã Gio Hải") {
		t.Errorf("the file is %q", got.Body)
	}
	if w, err := o.Desk.ByCode(t.Context(), o.DB, o.Officer, x.Code); err != nil || w.Due != x.Due {
		t.Fatalf("a preview moved the promise to %s, %v", w.Due, err)
	}

	// Nothing is confirmed without a basis, and nothing typed is lost.
	bad := b.Post(at+"/day", "kind", "off", "from", "25/11/2026", "name", "Bão số 12", "reason", "Bão", "do", "confirm").Is(422)
	bad.Has(".problem", "căn cứ")
	if bad.Attr("input[name=name]", "value") != "Bão số 12" {
		t.Error("what was typed is lost")
	}

	fields := []string{"do", "confirm"}
	for _, n := range p.Find("form.confirm input[type=hidden]") {
		fields = append(fields, webtest.Attr(n, "name"), webtest.Attr(n, "value"))
	}
	done := b.Post(at+"/day", fields...)
	to := done.Header.Get("Location")
	if done.Status != 303 || !strings.HasPrefix(to, calendarweb.ChangePath) {
		t.Fatalf("confirming answered %d to %q: %s", done.Status, to, done.Text("main"))
	}
	b.Get(to).Is(200).Has("h1", "Đang chờ tính lại")
	id := strings.TrimPrefix(to, calendarweb.ChangePath)
	n, err := o.Desk.ReprojectTold(t.Context(), o.Commune, "Bão", func(n int) error { return o.Desk.Calendars.Progress(t.Context(), id, n) })
	if err != nil || n != 1 {
		t.Fatalf("moved %d, %v", n, err)
	}
	if err := o.Desk.Calendars.Finish(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	b.Get(to).Has("h1", "1 hồ sơ dời hạn")
	if w, err := o.Desk.ByCode(t.Context(), o.DB, o.Officer, x.Code); err != nil || w.Due.Date() != moment.NewDate(2026, 12, 2) {
		t.Errorf("due %s, %v, the preview said 02/12/2026", w.Due, err)
	}
	if trail, err := audit.Of(t.Context(), o.DB, "calendar", string(o.Commune)); err != nil || len(trail) != 1 || len(trail[0].Changes) != 3 {
		t.Errorf("trail %+v, %v", trail, err)
	}

	// The same sent again: somebody, we ourselves, changed the calendar since.
	again := b.Post(at+"/day", fields...).Is(409)
	if !strings.Contains(again.Text("main"), "đã có") && !strings.Contains(again.Text("main"), "người khác") {
		t.Errorf("says %s", again.Text("main"))
	}
	b.Get(at).Has("td .when", "Bão").Has("a", "Rút lại")
}

func TestTwoWhoChangeOneCalendarLoseNothing(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	b := open(t, o, o.Admin)
	at := calendarweb.Path + "/" + string(o.Commune)
	week := []string{"from", "01/12/2026", "hours1", "07:00-11:00, 13:30-17:30", "counts1", "on", "hours6", "7h30 - 11h30", "convention", "clock",
		"same_day_until", "15:00", "reason", "QĐ 12/QĐ-UBND"}
	p := b.Get(at + "/week?do=preview&from=01/12/2026&hours1=07:00-11:00,+13:30-17:30&counts1=on&hours6=7h30+-+11h30&convention=clock&same_day_until=15:00&reason=x").Is(200)
	stamp := p.Attr("input[name=stamp]", "value")
	b.Post(at+"/day", "kind", "off", "from", "25/11/2026", "name", "Bão", "rule", "CĐ 1", "reason", "bão", "do", "confirm").Is(303)
	late := b.Post(at+"/week", append(week, "stamp", stamp, "do", "confirm")...).Is(409)
	late.Has(".summary", "người khác").Has("h1", "hồ sơ")
	if late.Attr("input[name=hours1]", "value") != "07:00-11:00, 13:30-17:30" {
		t.Error("what was typed is lost")
	}
	b.Post(at+"/week", append(week, "stamp", late.Attr("input[name=stamp]", "value"), "do", "confirm")...).Is(303)
	b.Get(at).Has(".card li", "từ ngày 01/12/2026: Thứ Hai 07:00–11:00, 13:30–17:30; Thứ Bảy 07:30–11:30 (chỉ tiếp nhận)")
	b.Post(at+"/week", "from", "01/12/2026", "hours1", "11:00-07:00", "convention", "days", "same_day_until", "25:00", "reason", "x", "do", "preview").
		Is(422).Has(".problem", "07:30-11:30").Has(".problem", "Giờ không hợp lệ")
}

func TestOnlyKeepersOfCalendarsChangeThem(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	at := calendarweb.Path + "/" + string(o.Commune)
	officer := open(t, o, o.Officer)
	officer.Get(at).Is(200).Lacks("a", "Khai đóng cửa")
	officer.Get(at + "/day" + closure).Is(403)
	officer.Post(at+"/week", "do", "confirm").Is(403)
	officer.Get(calendarweb.Path + "/" + string(o.Mountain)).Is(403)
	admin := open(t, o, o.Admin)
	admin.Get(calendarweb.Path+"/nation").Is(200).Lacks("a", "Khai đóng cửa") // of the whole system only
	admin.Get(calendarweb.Path + "/nation/day").Is(403)
	admin.Get(calendarweb.Path + "/nothing").Is(404)
}

func TestCalendarPagesAreLookedAt(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	for range 3 {
		o.Receive(t, dossiertest.Birth)
	}
	at := calendarweb.Path + "/" + string(o.Commune)
	open(t, o, o.Admin).Look(calendarweb.Path, at, at+"/day", at+"/day"+closure, at+"/week", at+"/day?kind=work&do=preview")
}
