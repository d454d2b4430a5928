package signin_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db/dbtest"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/base/web/signin"
	"cchc/base/web/webtest"
)

// A counter is a machine at which one after the other signs in.
type counter struct {
	b        *webtest.Browser
	accounts *auth.Accounts
	clock    *dbtest.Clock
	id       map[string]string
	begun    chan struct{} // a slow request has been let in
	end      chan struct{} // and may go on
}

func openCounter(t *testing.T) *counter {
	t.Helper()
	d, clock := dbtest.Open(t)
	o := &counter{accounts: &auth.Accounts{DB: d}, clock: clock, id: map[string]string{}, begun: make(chan struct{}), end: make(chan struct{})}
	mux := web.New(web.Config{
		Now: clock.Now, Sessions: auth.Store{DB: d}, SignedOut: o.accounts.SignedOut,
		Load: func(ctx context.Context, account string, at moment.Instant) (actor.Actor, error) {
			return auth.Resume(ctx, d, account, at, d.Now().Date())
		},
	})
	(&signin.Pages{Accounts: o.accounts}).Register(mux)
	// What somebody looked for, and a request that takes long.
	mux.Handle("POST /look", web.SignedIn, func(w http.ResponseWriter, r *http.Request) error {
		web.Hold(r.Context(), "looked", "số của một người")
		return web.SeeOther(w, r, "/look", "")
	})
	mux.Handle("GET /look", web.SignedIn, func(w http.ResponseWriter, r *http.Request) error {
		_, err := w.Write([]byte("đã tìm: " + web.Held(r.Context(), "looked")))
		return err
	})
	mux.Handle("POST /slow", web.SignedIn, func(w http.ResponseWriter, r *http.Request) error {
		o.begun <- struct{}{}
		<-o.end
		return web.SeeOther(w, r, "/look", "web.sign_in.done", "Name", "x")
	})
	for _, login := range []string{"bich", "hoa"} {
		id, err := o.accounts.Create(t.Context(), actor.System("test"), auth.NewAccount{Login: login, Name: "Cán bộ " + login, Password: password})
		if err != nil {
			t.Fatal(err)
		}
		o.id[login] = id
	}
	o.b = webtest.Open(t, mux)
	return o
}

func (o *counter) sessions(t *testing.T, login string) int {
	t.Helper()
	list, err := o.accounts.Sessions(t.Context(), actor.Actor{Account: o.id[login]})
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}

// Who signed out is out: a request that was under way writes the cookie's session back,
// and nobody is in by it.
func TestASlowRequestBringsNobodyBackWhoSignedOut(t *testing.T) {
	t.Parallel()
	o := openCounter(t)
	o.b.Post("/sign-in", "login", "bich", "password", password).To("/")
	slow := make(chan *webtest.Page)
	go func() { slow <- o.b.Post("/slow") }()
	<-o.begun
	o.b.Post("/sign-out").To("/sign-in")
	if n := o.sessions(t, "bich"); n != 0 {
		t.Errorf("%d sessions count as open after signing out", n)
	}
	close(o.end)
	(<-slow).To("/look")
	o.b.Get("/look").To("/sign-in?next=%2Flook")
}

// Who signs in where another is still signed in ends that one's session, and finds
// nothing of what the other looked for, by whichever way they sign in.
func TestTheNextAtACounterFindsNothingOfTheOneBefore(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	o := openCounter(t)
	o.b.Post("/sign-in", "login", "bich", "password", password).To("/")
	o.b.Post("/look").To("/look")
	o.clock.Advance(time.Minute)
	o.b.Post("/sign-in", "login", "bich", "password", password).To("/") // the same person goes on
	if got := o.b.Get("/look").Is(200).Body; got != "đã tìm: số của một người" {
		t.Errorf("the same person finds %q", got)
	}
	if n := o.sessions(t, "bich"); n != 1 {
		t.Errorf("signing in again at one's own session leaves %d open, want 1", n)
	}
	o.clock.Advance(time.Minute)
	o.b.Post("/sign-in", "login", "hoa", "password", password).To("/")
	if got := o.b.Get("/look").Is(200).Body; got != "đã tìm: " {
		t.Errorf("the next one finds %q", got)
	}
	if n := o.sessions(t, "bich"); n != 0 {
		t.Errorf("%d sessions of the one before are open", n)
	}

	// With a second step between.
	a, err := auth.Load(ctx, o.accounts.DB, o.id["bich"], o.accounts.DB.Now().Date())
	if err != nil {
		t.Fatal(err)
	}
	if err := o.accounts.BeginFactor(ctx, a); err != nil {
		t.Fatal(err)
	}
	secret, err := o.accounts.PendingFactor(ctx, a)
	if err != nil {
		t.Fatal(err)
	}
	code := func() string {
		t.Helper()
		c, err := totp.GenerateCode(secret, o.clock.Now())
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	if _, err := o.accounts.ConfirmFactor(ctx, a, code()); err != nil {
		t.Fatal(err)
	}
	o.b.Post("/look").To("/look") // hoa looks
	o.clock.Advance(time.Minute)
	o.b.Post("/sign-in", "login", "bich", "password", password).To("/sign-in/code?next=%2F")
	if n := o.sessions(t, "hoa"); n != 0 {
		t.Errorf("%d sessions of the one before are open while a code is waited for", n)
	}
	o.b.Post("/sign-in/code", "code", code()).To("/")
	if got := o.b.Get("/look").Is(200).Body; got != "đã tìm: " {
		t.Errorf("after a second step the next one finds %q", got)
	}
	// Who stops at the second step leaves nothing for the next either.
	o.b.Post("/look").To("/look")
	o.clock.Advance(time.Minute)
	o.b.Post("/sign-in", "login", "bich", "password", password).To("/sign-in/code?next=%2F")
	o.b.Post("/sign-in", "login", "hoa", "password", password).To("/")
	if got := o.b.Get("/look").Is(200).Body; got != "đã tìm: " {
		t.Errorf("the next after one who stopped finds %q", got)
	}
}
