package dossierweb_test

import (
	"context"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"cchc/base/actor"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/file"
	"cchc/base/live"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/base/web/webtest"
	"cchc/dossier"
	"cchc/dossier/dossiertest"
	"cchc/dossier/dossierweb"
	"cchc/unit"
)

// A desk is the pages of an office, with somebody in front of them.
type desk struct {
	*webtest.Browser
	*dossiertest.Office
	pages *dossierweb.Pages
	hub   *live.Hub

	people map[string]actor.Actor // by account
}

// sit opens the pages as one of the office's people.
func sit(t *testing.T, who func(*dossiertest.Office) actor.Actor) *desk {
	t.Helper()
	o := dossiertest.Desk(t)
	d := &desk{Office: o, hub: &live.Hub{}}
	store, err := file.Open(context.Background(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	o.Desk.Publish = func(_ context.Context, tx *db.Tx, u unit.ID, code string) { d.hub.Tell(tx, dossierweb.Topic(u), code) }
	d.pages = &dossierweb.Pages{Desk: o.Desk, Files: store, Live: d.hub, Base: "https://motcua.example"}
	d.people = map[string]actor.Actor{}
	for _, a := range []actor.Actor{o.Admin, o.Chair, o.HomeAffairs, o.Officer, o.Specialist, o.CommuneChair, o.Auditor, o.OtherOfficer} {
		d.people[a.Account] = a
	}
	mux := web.New(web.Config{
		Now: o.Clock.Now, Log: slog.New(slog.DiscardHandler), Idle: 1e5 * time.Hour, Lifetime: 1e5 * time.Hour, // tests move the clock by months
		Load: func(_ context.Context, account string, _ moment.Instant) (actor.Actor, error) {
			if a, ok := d.people[account]; ok {
				return a, nil
			}
			return actor.Actor{}, fault.New(fault.Unauthenticated, "auth.sign_in")
		},
	})
	d.pages.Register(mux)
	mux.Handle("POST /enter/{account}", web.Public, func(w http.ResponseWriter, r *http.Request) error {
		if err := web.SignIn(r.Context(), r.PathValue("account"), moment.Of(o.Clock.Now())); err != nil {
			return err
		}
		return web.SeeOther(w, r, "/", "")
	})
	d.Browser = webtest.Open(t, mux)
	if who != nil {
		d.enter(who(o))
	}
	return d
}

func (d *desk) enter(a actor.Actor) { d.Post("/enter/" + a.Account).To("/") }

// as returns a browser of somebody else at the same pages.
func (d *desk) as(a actor.Actor) *webtest.Browser {
	b := d.Other()
	b.Post("/enter/" + a.Account)
	return b
}

func (d *desk) state(t *testing.T, code string) dossier.Whole {
	t.Helper()
	w, err := d.Desk.ByCode(t.Context(), d.DB, d.Officer, code)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func anOfficer(o *dossiertest.Office) actor.Actor   { return o.Officer }
func aSpecialist(o *dossiertest.Office) actor.Actor { return o.Specialist }
func aChair(o *dossiertest.Office) actor.Actor      { return o.CommuneChair }

func TestVisitorsAreSentToSignIn(t *testing.T) {
	t.Parallel()
	d := sit(t, nil)
	x := d.Receive(t, dossiertest.Birth)
	for _, path := range []string{"/work", "/dossiers/new", "/dossiers/" + x.Code, "/dossiers/" + x.Code + "/receipt", "/dossiers/" + x.Code + "/forward"} {
		if p := d.Get(path); p.Status != 303 || p.Header.Get("Location") == "" {
			t.Errorf("GET %s answered %d, want to be sent to sign in", path, p.Status)
		}
	}
	d.Post("/dossiers/" + x.Code + "/forward").Is(401)
}
