package admin_test

import (
	"context"
	"testing"

	"cchc/admin"
	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/base/web/webtest"
	"net/http"
	"time"
)

// as serves pages to one actor, who is signed in by visiting /enter.
func as(t *testing.T, who map[string]actor.Actor, pages ...interface{ Register(*web.Mux) }) func(name string) *webtest.Browser {
	t.Helper()
	mux := web.New(web.Config{
		Now: func() time.Time { return time.Date(2026, 11, 25, 9, 0, 0, 0, moment.Zone) },
		Load: func(_ context.Context, account string, _ moment.Instant) (actor.Actor, error) {
			return who[account], nil
		},
	})
	mux.Handle("POST /enter", web.Public, func(w http.ResponseWriter, r *http.Request) error {
		if err := web.SignIn(r.Context(), r.FormValue("who"), moment.Of(time.Date(2026, 11, 25, 9, 0, 0, 0, moment.Zone))); err != nil {
			return err
		}
		return web.SeeOther(w, r, "/admin", "")
	})
	for _, p := range pages {
		p.Register(mux)
	}
	b := webtest.Open(t, mux)
	return func(name string) *webtest.Browser {
		o := b.Other()
		o.Post("/enter", "who", name).To("/admin")
		return o
	}
}

func person(login string, roles ...actor.Role) actor.Actor {
	a := actor.Actor{Account: login, Login: login, Name: login}
	for _, r := range roles {
		a.Grants = append(a.Grants, actor.Grant{Role: r, Unit: "u"})
	}
	return a
}

func TestTheHubShowsEachSectionToThoseWithItsVerbOnly(t *testing.T) {
	t.Parallel()
	hub := &admin.Hub{Sections: []admin.Section{
		{Key: "accounts", Group: admin.People, URL: "/a", Verbs: []auth.Verb{auth.AccountChange}},
		{Key: "audit", Group: admin.System, URL: "/b", Verbs: []auth.Verb{auth.AuditRead},
			Waits: func(context.Context, actor.Actor) (int, error) { return 3, nil }},
		{Key: "settings", Group: admin.System, URL: "/c", Verbs: []auth.Verb{auth.AuditRead},
			Waits: func(context.Context, actor.Actor) (int, error) { return 0, nil }},
	}}
	open := as(t, map[string]actor.Actor{
		"keeper": person("keeper", actor.Administrator), "chair": person("chair", actor.Chairperson), "clerk": person("clerk", actor.Specialist),
	}, hub)
	open("keeper").Get("/admin").Is(200).Count(".sections a", 3).Count(".sections .state", 1)
	open("chair").Get("/admin").Is(200).Count(".sections a", 2).Count(`.sections a[href="/a"]`, 0)
	open("clerk").Get("/admin").Is(403)
	for name, want := range map[string]bool{"keeper": true, "chair": true, "clerk": false} {
		if got := hub.Any(map[string]actor.Actor{"keeper": person("k", actor.Administrator), "chair": person("c", actor.Chairperson), "clerk": person("s", actor.Specialist)}[name]); got != want {
			t.Errorf("Any(%s) = %v, want %v", name, got, want)
		}
	}
}
