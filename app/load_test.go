package app

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/web"
	"cchc/base/web/webtest"
	"cchc/dossier"
)

// writesHeld makes whoever writes stand where they are until letGo, which may be called
// more than once: on SQLite all, for there is one writer; on PostgreSQL those who write to
// the table. Reading goes on.
func writesHeld(t *testing.T, d *db.DB, table string) (letGo func()) {
	t.Helper()
	if d.Engine() == db.SQLite {
		begun, release, held := make(chan struct{}), make(chan struct{}), make(chan error, 1)
		go func() {
			first := sync.OnceFunc(func() { close(begun) })
			held <- d.Write(context.Background(), func(*db.Tx) error { first(); <-release; return nil })
		}()
		<-begun
		letGo = sync.OnceFunc(func() {
			close(release)
			if err := <-held; err != nil {
				t.Error(err)
			}
		})
		t.Cleanup(letGo)
		return letGo
	}
	h, err := d.Handle()
	if err != nil {
		t.Fatal(err)
	}
	tx, err := h.BeginTx(context.Background(), nil)
	if err == nil {
		_, err = tx.Exec("LOCK TABLE " + table + " IN EXCLUSIVE MODE")
	}
	if err != nil {
		t.Fatal(err)
	}
	letGo = sync.OnceFunc(func() { tx.Rollback(); h.Close() })
	t.Cleanup(letGo)
	return letGo
}

// While the disk does not answer, writes pile up: some wait inside, the others are
// sent away at once, everything that writes nothing goes on, and afterwards nothing
// is lost and nothing is stuck.
func TestOverloadSendsSomeAwayAndRecovers(t *testing.T) {
	t.Parallel()
	r, _, province, u := commune(t)
	h, stop, err := r.handler(context.Background(), serveFlags{Files: t.TempDir(), Load: loadFlags{AtOnce: 8, Wait: 50 * time.Millisecond}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	o := &office{rooms: r, b: webtest.Open(t, h), province: province, commune: u}
	clerk := o.signIn(t, "motcua", actor.Grant{Role: actor.OneStop, Unit: u})
	clerk.Get("/work").Is(200)

	letGo := writesHeld(t, r.db, "dossier")
	body := `{"unit":"` + string(u) + `","procedure":"1.001193","channel":"direct","person":{"name":"Nguyễn Văn A"}}`
	answers := make(chan *webtest.Page, 100)
	var all sync.WaitGroup
	const sent = 12
	for range sent {
		all.Go(func() { answers <- clerk.Send(http.MethodPost, "/api/v1/dossiers", "application/json", body) })
	}
	// Four are inside, the others are sent away before the writer is let go.
	var away int
	for away < sent-4 {
		p := <-answers
		if p.Status != http.StatusServiceUnavailable || p.Header.Get("Retry-After") == "" || !strings.Contains(p.Body, "web.busy") {
			t.Fatalf("a write was answered %d %s while the disk hangs", p.Status, p.Body)
		}
		away++
	}
	for _, l := range h.(*web.Mux).Load() {
		if l.Class == web.Program && (l.Inside != 4 || l.Shed != int64(away)) {
			t.Errorf("programs: %d inside and %d sent away; want 4 and %d", l.Inside, l.Shed, away)
		}
	}
	clerk.Get("/work").Is(200)
	clerk.Get("/healthz").Is(200)
	if r.db.Engine() == db.SQLite { // PostgreSQL writes, only not to that table
		r.ready.write.wait = 50 * time.Millisecond
		if p := clerk.Get("/readyz"); p.Status != 503 {
			t.Errorf("/readyz answers %d while nothing can be written", p.Status)
		}
	}
	letGo()
	all.Wait()
	for range sent - away {
		if p := <-answers; p.Status != http.StatusCreated {
			t.Errorf("who waited inside was answered %d %s", p.Status, p.Body)
		}
	}
	answered(&r.ready.write)
	r.ready.write.every, r.ready.write.wait = 0, askFor
	clerk.Get("/readyz").Is(200)
	for range 3 {
		if p := clerk.Send(http.MethodPost, "/api/v1/dossiers", "application/json", body); p.Status != http.StatusCreated {
			t.Errorf("afterwards: %d %s", p.Status, p.Body)
		}
	}
	if v, err := r.verify(context.Background(), verifying{found: func(_ int, d dossier.Difference) { t.Errorf("%+v", d) }}); err != nil || v.Dossiers != sent-away+3 {
		t.Errorf("%d dossiers, want %d: %v", v.Dossiers, sent-away+3, err)
	}
}

// crowded serves a commune with eight places, two of them for signing in.
func crowded(t *testing.T) (*office, *web.Mux) {
	t.Helper()
	r, clock, province, u := commune(t)
	h, stop, err := r.handler(context.Background(), serveFlags{Files: t.TempDir(), Load: loadFlags{AtOnce: 8, Wait: 50 * time.Millisecond}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	return &office{rooms: r, b: webtest.Open(t, h), h: h, clock: clock, province: province, commune: u}, h.(*web.Mux)
}

// Citizens ask for more than can be served, and officers come in and work all the same.
func TestAFloodOfVisitorsKeepsNoOfficerOut(t *testing.T) {
	t.Parallel()
	o, mux := crowded(t)
	if _, err := o.accounts.Create(context.Background(), operator, auth.NewAccount{Login: "motcua", Name: "Lê Thị Cúc", Password: testPassword,
		Grants: []actor.Grant{{Role: actor.OneStop, Unit: o.commune}}}); err != nil {
		t.Fatal(err)
	}
	inside, free := make(chan struct{}), make(chan struct{})
	letGo := sync.OnceFunc(func() { close(free) })
	t.Cleanup(letGo)
	mux.Handle("GET /flood", web.Public, func(w http.ResponseWriter, _ *http.Request) error {
		inside <- struct{}{}
		<-free
		w.WriteHeader(http.StatusNoContent)
		return nil
	})
	var all sync.WaitGroup
	for range 4 { // the half that visitors may have
		all.Go(func() { o.b.Other().Get("/flood").Is(http.StatusNoContent) })
		<-inside
	}
	o.b.Other().Get("/").Is(http.StatusServiceUnavailable)
	clerk := o.b.Other()
	clerk.Get("/work").To("/sign-in?next=%2Fwork")
	clerk.Get("/sign-in").Is(200)
	clerk.Post("/sign-in", "login", "motcua", "password", testPassword).To("/work") // and not to the visitors' page
	clerk.Get("/work").Is(200)
	clerk.Post("/sign-out").Is(303)
	for _, l := range mux.Load() {
		if l.Class == web.Entry && (l.Shed != 0 || l.Let != 3) {
			t.Errorf("to sign in and out %d were let in and %d sent away, want 3 and 0", l.Let, l.Shed)
		}
	}
	letGo()
	all.Wait()
	for _, p := range mux.Patterns() {
		_, path, _ := strings.Cut(p, " ")
		want := strings.HasPrefix(path, "/sign-") && path != web.WhoPath
		if got := mux.AccessOf(p).ForEntry(); got != want {
			t.Errorf("%s has the places for signing in: %v, want %v", p, got, want)
		}
	}
}

// More sign in than can be: some of them are sent away, and nobody at the counter.
func TestAFloodOfSignInsSendsNobodyAwayFromTheCounter(t *testing.T) {
	t.Parallel()
	o, mux := crowded(t)
	clerk := o.signIn(t, "motcua", actor.Grant{Role: actor.Specialist, Unit: o.commune})
	clerk.Get("/work").Is(200)
	const sends = 4
	var codes []string
	for range sends {
		codes = append(codes, receive(t, o.rooms, o.commune).Code)
	}
	load := func(c web.Class) web.Load { return mux.Load()[c] }
	letGo := writesHeld(t, o.db, "sign_in_attempt")
	var signing, counter sync.WaitGroup
	began := load(web.Entry).Let
	const flood = 60 // two inside, 32 that wait for a moment, and the others
	for i := range flood {
		signing.Go(func() {
			p := o.b.Other().Post("/sign-in", "login", "la."+strconv.Itoa(i), "password", "không phải mật khẩu")
			if p.Status != http.StatusServiceUnavailable && p.Status != http.StatusUnprocessableEntity {
				t.Errorf("a wrong password was answered %d", p.Status)
			}
		})
	}
	for { // until nobody waits any more
		if l := load(web.Entry); l.Waiting == 0 && l.Let-began+l.Shed == flood {
			break
		}
		time.Sleep(time.Millisecond)
	}
	if l := load(web.Entry); l.Inside != 2 || l.Shed != flood-2 {
		t.Errorf("%d sign-ins are inside and %d were sent away, want 2 and %d", l.Inside, l.Shed, flood-2)
	}
	before := load(web.Counter).Let
	for _, code := range codes {
		counter.Go(func() {
			if p := clerk.Post("/dossiers/"+code+"/finish", "electronic", "on"); p.Status != http.StatusSeeOther {
				t.Errorf("finishing %s was answered %d %.300s", code, p.Status, p.Text("main"))
			}
		})
	}
	for load(web.Counter).Let < before+sends && load(web.Counter).Shed == 0 {
		time.Sleep(time.Millisecond)
	}
	clerk.Get("/work").Is(200)
	if o.db.Engine() == db.Postgres { // whose counter is done while the sign-ins still stand
		counter.Wait()
	}
	letGo()
	counter.Wait()
	signing.Wait()
	if l := load(web.Counter); l.Shed != 0 || l.Let != before+sends {
		t.Errorf("of the counter's sends %d were let in and %d sent away, want %d and 0", l.Let-before, l.Shed, sends)
	}
	o.b.Other().Post("/sign-in", "login", "motcua", "password", testPassword).To("/work")
}

// A Monday morning, with the hashes that it costs: more sign in over and over than there
// is room for, and three at the counter receive and finish all the while. Everybody at the
// counter is answered; who signs in comes in, is told that the password is wrong, or is
// told when to come again.
func TestTheCounterGoesOnWhileAllSignIn(t *testing.T) {
	t.Parallel()
	o, mux := crowded(t)
	clerk := o.signIn(t, "motcua", actor.Grant{Role: actor.OneStop, Unit: o.commune}, actor.Grant{Role: actor.Specialist, Unit: o.commune})
	o.signIn(t, "canbo", actor.Grant{Role: actor.Specialist, Unit: o.commune})
	began := mux.Load()[web.Entry]
	const people, times = 45, 3 // 135 from one address: of more than 200 it is told to wait
	var in, wrong, away atomic.Int64
	var signing, counter sync.WaitGroup
	for i := range people {
		signing.Go(func() {
			b := o.b.Other()
			for n := range times {
				login, password := fmt.Sprintf("la.%d.%d", i, n), "không phải mật khẩu"
				if i%9 == 0 {
					login, password = "canbo", testPassword
				}
				switch p := b.Post("/sign-in", "login", login, "password", password); {
				case p.Status == http.StatusSeeOther && login == "canbo":
					in.Add(1)
				case p.Status == http.StatusUnprocessableEntity && login != "canbo":
					wrong.Add(1)
				case p.Status == http.StatusServiceUnavailable && p.Header.Get("Retry-After") != "":
					away.Add(1)
				default:
					t.Errorf("%s was answered %d, Retry-After %q", login, p.Status, p.Header.Get("Retry-After"))
				}
			}
		})
	}
	over := make(chan struct{})
	go func() { signing.Wait(); close(over) }()
	var finished atomic.Int64
	for range 3 {
		counter.Go(func() {
			for {
				code := receive(t, o.rooms, o.commune).Code
				if p := clerk.Post("/dossiers/"+code+"/finish", "electronic", "on"); p.Status != http.StatusSeeOther {
					t.Errorf("finishing %s was answered %d %.300s", code, p.Status, p.Text("main"))
				}
				if p := clerk.Get("/work"); p.Status != http.StatusOK {
					t.Errorf("a day's work was answered %d", p.Status)
				}
				finished.Add(1)
				select {
				case <-over:
					return
				default:
				}
			}
		})
	}
	counter.Wait()
	l := mux.Load()
	if c := l[web.Counter]; c.Shed != 0 {
		t.Errorf("%d at the counter were sent away", c.Shed)
	}
	if e := l[web.Entry]; e.Shed != away.Load() || e.Let-began.Let != in.Load()+wrong.Load() || e.Let == began.Let {
		t.Errorf("to sign in %d were let in and %d sent away; answered were %d, %d by a wrong password, %d to come again", e.Let-began.Let, e.Shed, in.Load(), wrong.Load(), away.Load())
	}
	t.Logf("%d came in, %d were told that the password is wrong, %d sent away; %d dossiers finished meanwhile", in.Load(), wrong.Load(), away.Load(), finished.Load())
	o.b.Other().Post("/sign-in", "login", "canbo", "password", testPassword).To("/work")
	if v, err := o.verify(context.Background(), verifying{found: func(_ int, d dossier.Difference) { t.Errorf("%+v", d) }}); err != nil || int64(v.Dossiers) != finished.Load() {
		t.Errorf("%d dossiers, want %d: %v", v.Dossiers, finished.Load(), err)
	}
}

// A route that was renamed must not leave its class in silence.
func TestEveryHeavyRouteIsThere(t *testing.T) {
	t.Parallel()
	r, _, _, _ := commune(t)
	h, stop, err := r.handler(context.Background(), serveFlags{Files: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	for _, route := range heavyRoutes {
		found := strings.HasPrefix(route, "GET /api/")
		for _, p := range h.(*web.Mux).Patterns() {
			found = found || strings.HasPrefix(p, route)
		}
		if !found {
			t.Errorf("no route begins with %q", route)
		}
	}
	for _, c := range []struct {
		url, pattern string
		want         bool
	}{
		{"/dossiers?format=xlsx", "GET /dossiers", true},
		{"/dossiers?status=4", "GET /dossiers", false},
		{"/dossiers?format=", "GET /dossiers", false},
		{"/api/v1/reports/ii06a?from=2026-01-01", "GET /api/v1/reports/ii06a", true},
		{"/reports", "GET /reports", false},
	} {
		req, err := http.NewRequest(http.MethodGet, c.url, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := heavy(req, c.pattern); got != c.want {
			t.Errorf("%s is heavy: %v, want %v", c.url, got, c.want)
		}
	}
}
