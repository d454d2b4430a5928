package scorecardweb_test

import (
	"bufio"
	"context"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/live"
	"cchc/base/moment"
	"cchc/base/points"
	"cchc/base/web"
	"cchc/scorecard"
	"cchc/scorecard/criteria"
	. "cchc/scorecard/scorecardtest"
	"cchc/scorecard/scorecardweb"
	"cchc/unit"
)

// moving is a source whose dossiers on time grow.
type moving struct {
	counted
	onTime atomic.Int64
}

func (m *moving) Measures(_ context.Context, _ db.Queryer, x scorecard.Measuring) (map[unit.ID]criteria.Input, bool, error) {
	out := map[unit.ID]criteria.Input{}
	for _, u := range m.units {
		out[u] = criteria.Input{Ratio: &points.Ratio{Num: m.onTime.Load(), Den: 100}}
	}
	return out, x.Binding.Source == "dossiers", nil
}

func TestAFactMovesTheProjectionThatSomebodyWatches(t *testing.T) {
	t.Parallel()
	p := New(t, 2, Small)
	m := &moving{counted: counted{p.Communes}}
	m.onTime.Store(90)
	p.Desk.Source = m
	r := p.Open(t)
	mux := web.New(web.Config{Now: p.Clock.Now, Log: slog.New(slog.DiscardHandler), Idle: 1e5 * time.Hour, Lifetime: 1e5 * time.Hour,
		Load: func(ctx context.Context, account string, _ moment.Instant) (actor.Actor, error) {
			return auth.Load(ctx, p.DB, account, p.DB.Now().Date())
		}})
	hub := &live.Hub{}
	(&scorecardweb.Pages{Desk: p.Desk, Live: hub}).Register(mux)
	mux.Handle("POST /enter/{account}", web.Public, func(w http.ResponseWriter, r *http.Request) error {
		if err := web.SignIn(r.Context(), r.PathValue("account"), moment.Of(p.Clock.Now())); err != nil {
			return err
		}
		return web.SeeOther(w, r, "/", "")
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	call := func(method, path string) *http.Response {
		t.Helper()
		r, err := http.NewRequestWithContext(ctx, method, server.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Origin", server.URL)
		r.Header.Set("Accept", "text/event-stream")
		resp, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		return resp
	}
	call("POST", "/enter/"+p.Keeper.Account).Body.Close()
	resp := call("GET", "/scorecard/projection/"+r.ID+"/stream?unit=")
	defer resp.Body.Close()
	in := bufio.NewScanner(resp.Body)
	in.Buffer(nil, 1<<20)
	if !in.Scan() || in.Text() != "retry: 5000" {
		t.Fatalf("the stream answered %d and begins with %q", resp.StatusCode, in.Text())
	}
	m.onTime.Store(100)
	hub.Publish("unit/"+string(p.Province), "")
	event := ""
	for in.Scan() {
		if e, ok := strings.CutPrefix(in.Text(), "event: "); ok {
			event = e
		}
		if strings.Contains(in.Text(), "6,00 / 20,00") {
			break
		}
	}
	if event != "projected" {
		t.Errorf("the stream ended with %q, want the table with 6.00 points in projected", event)
	}
}
