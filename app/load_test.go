package app

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"cchc/base/actor"
	"cchc/base/db"
	"cchc/base/web"
	"cchc/base/web/webtest"
	"cchc/dossier"
)

// While the disk does not answer, writes pile up: some wait inside, the others are
// sent away at once, everything that writes nothing goes on, and afterwards nothing
// is lost and nothing is stuck.
func TestOverloadSendsSomeAwayAndRecovers(t *testing.T) {
	t.Parallel()
	r, _, province, u := commune(t)
	if r.db.Engine() != db.SQLite {
		t.Skip("the one writer of SQLite is what can be held")
	}
	h, stop, err := r.handler(context.Background(), serveFlags{Files: t.TempDir(), Load: loadFlags{AtOnce: 8, Wait: 50 * time.Millisecond}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	o := &office{rooms: r, b: webtest.Open(t, h), province: province, commune: u}
	clerk := o.signIn(t, "motcua", actor.Grant{Role: actor.OneStop, Unit: u})
	clerk.Get("/work").Is(200)

	begun, release, held := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() {
		first := sync.OnceFunc(func() { close(begun) })
		held <- r.db.Write(context.Background(), func(*db.Tx) error { first(); <-release; return nil })
	}()
	<-begun
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
	r.ready.write.wait = 50 * time.Millisecond
	if p := clerk.Get("/readyz"); p.Status != 503 {
		t.Errorf("/readyz answers %d while nothing can be written", p.Status)
	}
	close(release)
	all.Wait()
	if err := <-held; err != nil {
		t.Fatal(err)
	}
	for range sent - away {
		if p := <-answers; p.Status != http.StatusCreated {
			t.Errorf("who waited inside was answered %d %s", p.Status, p.Body)
		}
	}
	r.ready.write.every, r.ready.write.wait = 0, askFor
	clerk.Get("/readyz").Is(200)
	for range 3 {
		if p := clerk.Send(http.MethodPost, "/api/v1/dossiers", "application/json", body); p.Status != http.StatusCreated {
			t.Errorf("afterwards: %d %s", p.Status, p.Body)
		}
	}
	if v, err := r.verify(context.Background(), func(int) {}, func(_ int, d dossier.Difference) { t.Errorf("%+v", d) }); err != nil || v.Dossiers != sent-away+3 {
		t.Errorf("%d dossiers, want %d: %v", v.Dossiers, sent-away+3, err)
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
