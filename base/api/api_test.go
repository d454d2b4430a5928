package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"cchc/base/actor"
	"cchc/base/api"
	"cchc/base/api/apitest"
	"cchc/base/fault"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/base/web/webtest"
)

type askInput struct {
	Code string `path:"code" doc:"The dossier's code."`
	Body struct {
		Reason string         `json:"reason" minLength:"3"`
		On     moment.Date    `json:"on"`
		At     moment.Instant `json:"at,omitempty"`
	}
}

type askOutput struct {
	Body struct {
		Code string      `json:"code"`
		By   string      `json:"by"`
		On   moment.Date `json:"on"`
	}
}

func open(t *testing.T) (*webtest.Browser, *api.API) {
	t.Helper()
	now := func() time.Time { return time.Date(2026, 11, 23, 9, 0, 0, 0, moment.Zone) }
	mux := web.New(web.Config{
		Now: now, Log: slog.New(slog.DiscardHandler),
		Load: func(_ context.Context, account string, _ moment.Instant) (actor.Actor, error) {
			return actor.Actor{Account: account, Name: "Bích"}, nil
		},
	})
	mux.Handle("POST /enter", web.Public, func(w http.ResponseWriter, r *http.Request) error {
		if err := web.SignIn(r.Context(), "acc", moment.Of(now())); err != nil {
			return err
		}
		return web.SeeOther(w, r, "/", "")
	})
	a := api.New(mux, "1.0.0")
	api.Handle(a, web.SignedIn, huma.Operation{
		OperationID: "ask", Method: http.MethodPost, Path: "/api/v1/dossiers/{code}/ask", Summary: "Ask for papers", Tags: []string{"dossiers"},
	}, func(ctx context.Context, in *askInput) (*askOutput, error) {
		switch in.Code {
		case "wrong":
			return nil, fault.New(fault.Conflict, "web.form.invalid").With("reason", "web.form.required")
		case "broken":
			return nil, errors.New("secret: the disk is full")
		}
		out := &askOutput{}
		out.Body.Code, out.Body.By, out.Body.On = in.Code, api.Actor(ctx).Name, in.Body.On
		return out, nil
	})
	api.Handle(a, web.Public, huma.Operation{
		OperationID: "ping", Method: http.MethodGet, Path: "/api/v1/ping", Summary: "See whether we are there",
	}, func(context.Context, *struct{}) (*struct{}, error) { return nil, nil })
	return webtest.Open(t, mux), a
}

const body = `{"reason":"thiếu bản đồ","on":"2026-11-25"}`

func problem(t *testing.T, p *webtest.Page, status int) (out web.Problem) {
	t.Helper()
	p.Is(status)
	if got := p.Header.Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("Content-Type = %q, want a problem", got)
	}
	if err := json.Unmarshal([]byte(p.Body), &out); err != nil {
		t.Fatalf("%v in %q", err, p.Body)
	}
	return out
}

func TestOperationsAskWhoCallsAndTellFaultsAsProblems(t *testing.T) {
	t.Parallel()
	b, _ := open(t)
	b.Header.Set("Accept", "application/json")
	if p := problem(t, b.Send("POST", "/api/v1/dossiers/x/ask", "application/json", body), 401); p.Type != "urn:cchc:fault:web.sign_in.first" {
		t.Errorf("a visitor got %+v", p)
	}
	b.Post("/enter")
	p := b.Send("POST", "/api/v1/dossiers/X1/ask", "application/json", body).Is(200)
	if got := strings.TrimSpace(p.Body); got != `{"code":"X1","by":"Bích","on":"2026-11-25"}` {
		t.Errorf("answered %s", got)
	}
	if p := problem(t, b.Send("POST", "/api/v1/dossiers/wrong/ask", "application/json", body), 409); len(p.Errors) != 1 || p.Errors[0].Key != "web.form.required" || p.Errors[0].Message != "Chưa nhập mục này." {
		t.Errorf("a conflict is told as %+v", p)
	}
	if p := problem(t, b.Send("POST", "/api/v1/dossiers/broken/ask", "application/json", body), 500); len(p.Code) != 8 || strings.Contains(p.Detail, "secret") {
		t.Errorf("our mistake is told as %+v", p)
	}
	if p := problem(t, b.Send("POST", "/api/v1/dossiers/x/ask", "application/json", `{"reason":"x","on":"2026-11-25"}`), 422); len(p.Errors) != 1 || p.Errors[0].Location != "body.reason" {
		t.Errorf("a body that does not fit is told as %+v", p)
	}
	problem(t, b.Get("/api/v1/nothing"), 404)
	b.Get("/api/v1/ping").Is(204)
	b.Header.Set("Sec-Fetch-Site", "cross-site")
	problem(t, b.Send("POST", "/api/v1/dossiers/x/ask", "application/json", body), 403)
}

func TestTheDescriptionIsServedAndListed(t *testing.T) {
	t.Parallel()
	b, _ := open(t)
	var doc map[string]any
	if err := json.Unmarshal([]byte(b.Get("/api/openapi.json").Is(200).Body), &doc); err != nil || doc["openapi"] != "3.1.0" {
		t.Errorf("openapi = %v, %v; want 3.1.0", doc["openapi"], err)
	}
	b.Header.Set("Accept", "text/html")
	b.Get("/api").Is(200).Has("nav h3 a[href='/reference/dossiers']", "dossiers").Has("nav a[href='/reference/dossiers#ask']", "Ask for papers").Has("nav a[href='/reference/api#ping']", "").Count("#ask", 0)
	b.Get("/reference/dossiers").Is(200).Has("h2", "POST /api/v1/dossiers/{code}/ask").Has(".card", "Ask for papers").Has(".card td", "The dossier's code.").Has(".card th", "reason").Has(".card td", "string, length ≥ 3").Has("nav a[href='#ask']", "Ask for papers").Count("#ask", 1).Count("#ping", 0).
		Has("#ask pre", "curl -X POST \"$CCHC/api/v1/dossiers/$CODE/ask\"").Has("#ask pre", "Bearer $TOKEN").Has("#ask pre", "Idempotency-Key").Has("#ask pre", "\"on\":").
		Has("#ask", "application/problem+json").
		Has(".card .state", "cần đăng nhập").Count("script:not([src])", 0)
	b.Get("/reference/api").Is(200).Has(".card .state", "công khai").Has("#ping pre", "curl").Lacks("#ping pre", "Bearer")
	b.Get("/reference/nothing").Is(404)
	b.Look("/api")
	b.Look("/reference/dossiers")
}

func TestTheDescriptionIsWhatWasPromised(t *testing.T) {
	t.Parallel()
	_, a := open(t)
	apitest.Golden(t, a, "testdata/openapi.yaml")
}

func TestACallerWhoCallsTooOftenIsToldWhenToTryAgain(t *testing.T) {
	t.Parallel()
	b, a := open(t)
	at := time.Date(2026, 11, 23, 9, 0, 0, 0, moment.Zone)
	a.Limit(api.Limits{Rate: 2, Burst: 30}, func() time.Time { return at })
	b.Header.Set("Accept", "application/json")
	for range 3 { // visitors have a tenth
		b.Get("/api/v1/ping").Is(204)
	}
	p := b.Get("/api/v1/ping")
	if x := problem(t, p, 429); x.Type != "urn:cchc:fault:api.too_many" || p.Header.Get("Retry-After") != "5" || p.Header.Get("RateLimit") != `"caller";r=0` {
		t.Errorf("refused with %+v, %v", x, p.Header)
	}
	b.Post("/enter") // somebody known has an allowance of their own
	if p := b.Send("POST", "/api/v1/dossiers/X1/ask", "application/json", body).Is(200); p.Header.Get("RateLimit-Policy") != `"caller";q=30;w=15` || p.Header.Get("RateLimit") != `"caller";r=29` {
		t.Errorf("the limits are told as %v", p.Header)
	}
	at = at.Add(6 * time.Second)
	b.Other().Get("/api/v1/ping").Is(204)
}

// What a proxy, or the check of a key, read ahead is as good as no body: a request may
// take longer than a body may, and the next one on the connection is none the worse.
func TestARequestMayTakeLongerThanItsBody(t *testing.T) {
	t.Parallel()
	mux := web.New(web.Config{Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	a := api.New(mux, "1.0.0")
	api.Handle(a, web.Public, huma.Operation{OperationID: "wait", Method: http.MethodPost, Path: "/api/v1/wait", Summary: "Wait", BodyReadTimeout: 10 * time.Millisecond},
		func(ctx context.Context, _ *struct {
			Body struct {
				Reason string `json:"reason,omitempty"`
			}
		}) (*struct{}, error) {
			select {
			case <-ctx.Done():
				return nil, ctx.Err()
			case <-time.After(100 * time.Millisecond):
				return nil, nil
			}
		})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		r.Body = io.NopCloser(bytes.NewReader(sent))
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	for i := range 2 {
		answer, err := s.Client().Post(s.URL+"/api/v1/wait", "application/json", strings.NewReader(`{"reason":"x"}`))
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != http.StatusNoContent {
			t.Errorf("request %d on the connection was answered %d", i+1, answer.StatusCode)
		}
	}
}
