package settingweb_test

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"testing"
	"time"

	"cchc/base/actor"
	"cchc/base/fault"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/base/web/webtest"
	"cchc/dossier"
	"cchc/dossier/dossiertest"
	"cchc/serviceindex"
	"cchc/setting/settingweb"
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
	book := o.Desk.Settings
	book.All = slices.Concat(dossier.Settings, serviceindex.Settings)
	(&settingweb.Pages{DB: o.DB, Book: book, Units: o.Desk.Units}).Register(mux)
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

func TestASettingIsChangedAfterAPreviewAndGoesBackToTheInherited(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	b := open(t, o, o.Admin)
	b.Get(settingweb.Path).Is(200).Has("h2", "Quầy một cửa").Has("td", "Không có văn bản quy định").Has("td", "91/2025/QH15, hiệu lực từ 01/01/2026").Has("td", "đề xuất của phần mềm")
	at := settingweb.Path + "/counter.uncollected_days"
	u := string(o.Province)
	b.Get(at+"?unit="+u).Is(200).Count("[name=value][value='30']", 1).Count("[name=from][value='23/11/2026']", 1)

	bad := b.Post(at, "unit", u, "what", "set", "value", "0", "from", "23/11/2026", "reason", "Họp giao ban", "do", "preview").Is(422)
	bad.Has("#error-summary a[href='#f-value']", "1").Count("[name=value][value='0']", 1).Has("textarea", "Họp giao ban")
	b.Post(at, "unit", u, "what", "set", "value", "45", "from", "hôm qua", "reason", "Họp", "do", "preview").Is(422).Has("#error-summary a[href='#f-from']", "")
	b.Post(at, "unit", u, "what", "set", "value", "45", "from", "23/11/2026", "reason", "", "do", "preview").Is(422).Has("#error-summary a[href='#f-reason']", "lý do")

	b.Post(at, "unit", u, "what", "x", "value", "45", "from", "23/11/2026", "reason", "Họp", "do", "preview").Is(422).Has("input[name=what][value=set]", "").Lacks("main", "settingweb.")
	p := b.Post(at, "unit", u, "what", "set", "value", "45", "from", "23/11/2026", "reason", "Họp", "do", "preview").Is(200)
	p.Has(".card p", "Từ 23/11/2026: 45").Has(".card p", "thay cho 30").Has(".card p", "tại 3 đơn vị")
	if n, err := o.Desk.Settings.Int(t.Context(), o.DB, dossier.UncollectedDays, o.Commune); err != nil || n != 30 {
		t.Fatalf("a preview changed it to %d, %v", n, err)
	}
	confirm := func(unit, what, value string) *webtest.Page {
		return b.Post(at, "unit", unit, "what", what, "value", value, "from", "23/11/2026", "reason", "Họp", "do", "confirm")
	}
	b.Post(at, "unit", u, "what", "set", "value", "45", "from", "23/11/2026", "reason", "Họp", "stamp", p.Attr("[name=stamp]", "value"), "do", "confirm").To(settingweb.Path + "?unit=" + u)
	b.Post(at, "unit", u, "what", "set", "value", "46", "from", "23/11/2026", "reason", "Họp", "stamp", p.Attr("[name=stamp]", "value"), "do", "confirm").Is(409).Has("#error-summary", "vừa đổi")
	b.Get(settingweb.Path+"?unit="+string(o.Commune)).Has("td strong", "45").Has("td", "theo Tỉnh Sông Mẫu, từ 23/11/2026")

	confirm(string(o.Commune), "set", "10").Is(303)
	b.Get(at+"?unit="+string(o.Commune)).Has("dd", "riêng của đơn vị").Has(".btn", "Trở về giá trị theo cấp trên").Has("tbody td", "Họp")
	b.Post(at, "unit", string(o.Commune), "what", "inherit", "from", "23/11/2026", "reason", "Thôi", "do", "preview").Is(200).Has(".card p", "45 (theo Tỉnh Sông Mẫu)")
	confirm(string(o.Commune), "inherit", "").Is(303)
	if n, _ := o.Desk.Settings.Int(t.Context(), o.DB, dossier.UncollectedDays, o.Commune); n != 45 {
		t.Errorf("it inherits %d, want 45", n)
	}

	// Ahead of its day, and taken back.
	b.Post(at, "unit", u, "what", "set", "value", "60", "from", "01/12/2026", "reason", "Họp", "do", "confirm").Is(303)
	p = b.Get(at+"?unit="+u).Has(".card p", "Từ 01/12/2026: 60")
	b.Get(p.Attr(".card p a", "href")).Is(200).Count("[type=hidden][name=from][value='01/12/2026']", 1)
	b.Post(at, "unit", u, "what", "withdraw", "from", "01/12/2026", "reason", "Nhầm", "do", "confirm").Is(303)
	b.Get(at+"?unit="+u).Lacks(".card p", "Từ 01/12/2026: 60")

	b.Get(settingweb.Path + "/nothing").Is(404)
	b.Look(settingweb.Path, at+"?unit="+u)
}

func TestPeopleSeeOnlyWhatTheyMayChange(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	open(t, o, o.Officer).Get(settingweb.Path).Is(403)
	b := open(t, o, o.HomeAffairs)
	b.Get(settingweb.Path+"/board.wall_names").Is(200).Count("[name=reason]", 0)
	b.Post(settingweb.Path+"/board.wall_names", "unit", string(o.Province), "what", "set", "value", "always", "from", "23/11/2026", "reason", "x", "do", "confirm").Is(403)
	b.Get(settingweb.Path+"/counter.alike_days").Is(200).Count("[name=reason]", 1)

	keeper := actor.Actor{Account: "keeper", Login: "quantrixa", Name: "Quản trị xã", Grants: []actor.Grant{{Role: actor.Administrator, Unit: o.Commune}}}
	k := open(t, o, keeper)
	k.Get(settingweb.Path + "?unit=" + string(o.Province)).Is(403)
	k.Get(settingweb.Path+"/index.close_days").Is(200).Count("[name=reason]", 0).Has("main p", "toàn hệ thống")
	k.Get(settingweb.Path+"/board.wall_names").Is(200).Count("[type=radio]", 3)
}
