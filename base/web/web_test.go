package web_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"cchc/base/actor"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/base/web/static"
	"cchc/base/web/ui"
	"cchc/base/web/webtest"
)

// Clock is a time that tests move.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

type site struct {
	*webtest.Browser
	mux   *web.Mux
	log   *webtest.Journal
	clock *clock
	gone  bool // the account was disabled
}

// open serves a small site in which /enter signs in without a password.
func open(t *testing.T, change ...func(*web.Config)) *site {
	t.Helper()
	s := &site{log: &webtest.Journal{}, clock: &clock{t: time.Date(2026, 11, 23, 9, 0, 0, 0, moment.Zone)}}
	cfg := web.Config{
		Demo: true,
		Now:  s.clock.Now,
		Log:  slog.New(slog.NewTextHandler(s.log, nil)),
		Load: func(ctx context.Context, account string, at moment.Instant) (actor.Actor, error) {
			if s.gone {
				return actor.Actor{}, fault.New(fault.Unauthenticated, "web.sign_in.first")
			}
			return actor.Actor{Account: account, Name: "Trần Thị Bích"}, nil
		},
		Place: func(_ context.Context, a actor.Actor) string { return "xã Gio Hải" },
		Nav: func(_ context.Context, a actor.Actor) []ui.Link {
			if !a.SignedIn() {
				return []ui.Link{{Text: "Tra cứu", URL: "/lookup", Key: "lookup"}}
			}
			return []ui.Link{{Text: "Hồ sơ", URL: "/dossiers", Key: "dossiers", Count: 4}}
		},
		Search: func(a actor.Actor) string {
			if a.SignedIn() {
				return "/dossiers"
			}
			return ""
		},
	}
	for _, f := range change {
		f(&cfg)
	}
	s.mux = web.New(cfg)
	s.mux.Handle("GET /{$}", web.Public, func(w http.ResponseWriter, r *http.Request) error {
		return web.Render(w, r, http.StatusOK, ui.Layout(ui.Page{Title: "Trang đầu"}))
	})
	s.mux.Handle("GET /mine", web.SignedIn, func(w http.ResponseWriter, r *http.Request) error {
		return web.Render(w, r, http.StatusOK, ui.Layout(ui.Page{Title: "Việc của " + web.Actor(r.Context()).Name, Active: "dossiers"}))
	})
	s.mux.Handle("POST /mine", web.SignedIn, func(w http.ResponseWriter, r *http.Request) error {
		return web.SeeOther(w, r, "/mine", "web.sign_in.done", "Name", "ai đó")
	})
	s.mux.Handle("POST /enter", web.Public, func(w http.ResponseWriter, r *http.Request) error {
		if err := web.SignIn(r.Context(), "acc-1", moment.Of(s.clock.Now())); err != nil {
			return err
		}
		return web.SeeOther(w, r, "/mine", "")
	})
	s.mux.Handle("POST /leave", web.Public, func(w http.ResponseWriter, r *http.Request) error {
		if err := web.SignOut(r.Context()); err != nil {
			return err
		}
		return web.SeeOther(w, r, "/", "web.sign_out.done")
	})
	fails := map[string]error{
		"invalid":     fault.New(fault.Invalid, "web.form.invalid").With("name", "web.form.required"),
		"notfound":    fault.New(fault.NotFound, "web.not_found.text"),
		"row":         fmt.Errorf("look for it: %w", db.ErrNotFound),
		"forbidden":   fault.New(fault.Forbidden, "auth.forbidden"),
		"conflict":    fault.New(fault.Conflict, "web.form.broken"),
		"toomany":     fault.New(fault.TooMany, "auth.too_many", "Minutes", 3),
		"unavailable": fault.New(fault.Unavailable, "web.error.wait.what"),
		"away":        fmt.Errorf("write gave up: %w", &db.Error{Kind: db.ErrAway, Err: errors.New("connection refused")}),
		"given-up":    fmt.Errorf("read the board: %w", context.Canceled), // by another who waited for the same
		"uncertain":   fmt.Errorf("commit: %w", errors.Join(db.ErrUncertain, &db.Error{Kind: db.ErrAway, Err: errors.New("EOF")})),
		"own":         errors.New("secret: the disk is full"),
	}
	s.mux.Handle("GET /fail/{how}", web.Public, func(w http.ResponseWriter, r *http.Request) error {
		if r.PathValue("how") == "panic" {
			panic("secret: a nil map")
		}
		return fails[r.PathValue("how")]
	})
	s.mux.Handle("POST /fail", web.Public.Body(100), func(w http.ResponseWriter, r *http.Request) error {
		var in struct {
			Text string `form:"text"`
		}
		return web.Decode(r, &in)
	})
	s.Browser = webtest.Open(t, s.mux)
	return s
}

func TestErrorsBecomePages(t *testing.T) {
	t.Parallel()
	s := open(t)
	for _, c := range []struct {
		path   string
		status int
		h1     string
		text   string
	}{
		{"/fail/invalid", 400, "Yêu cầu chưa đúng", "Chưa nhập mục này"},
		{"/fail/notfound", 404, "Không tìm thấy", "Không có gì ở địa chỉ này"},
		{"/fail/row", 404, "Không tìm thấy", "Không có gì ở địa chỉ này"},
		{"/nowhere", 404, "Không tìm thấy", "kiểm tra lại địa chỉ"},
		{"/fail/forbidden", 403, "Bạn không được làm việc này", "quản trị hệ thống"},
		{"/fail/conflict", 409, "Tình trạng đã thay đổi", "chưa được ghi"},
		{"/fail/toomany", 429, "Quá nhiều lần thử", "3 phút"},
		{"/fail/unavailable", 503, "Tạm thời chưa phục vụ được", "đợi ít phút"},
		{"/fail/away", 503, "Tạm thời chưa phục vụ được", "Chưa có gì được ghi"},
		{"/fail/given-up", 503, "Tạm thời chưa phục vụ được", "không kịp xử lý"},
		{"/fail/uncertain", 503, "Tạm thời chưa phục vụ được", "chưa biết việc này đã được ghi hay chưa"},
		{"/fail/own", 500, "Hệ thống gặp lỗi", "Mã lỗi"},
		{"/fail/panic", 500, "Hệ thống gặp lỗi", "Mã lỗi"},
	} {
		p := s.Get(c.path)
		p.Is(c.status).Has("h1", c.h1).Has("main", c.text).Count("h1", 1)
		if strings.Contains(p.Text("body"), "web.") {
			t.Errorf("GET %s shows a key instead of its message: %s", c.path, p.Text("main"))
		}
		if strings.Contains(p.Body, "secret") {
			t.Errorf("GET %s shows the cause to the visitor", c.path)
		}
	}
	s.Send("DELETE", "/mine", "", "").Is(405).Has("h1", "Không làm được như vậy ở đây")
	if got := s.Send("DELETE", "/mine", "", "").Header.Get("Allow"); got != "GET, HEAD, POST" {
		t.Errorf("Allow = %q, want GET, HEAD, POST", got)
	}
	s.Post("/fail", "text", strings.Repeat("x", 200)).Is(413).Has("main", "1 MB")
}

func TestTheCodeOfAnErrorIsInTheLog(t *testing.T) {
	t.Parallel()
	s := open(t)
	code := s.Get("/fail/own").Text(".code")
	if len(code) != 8 {
		t.Fatalf("the page's code is %q, want eight characters", code)
	}
	if log := s.log.String(); !strings.Contains(log, "code="+code) || !strings.Contains(log, "secret: the disk is full") {
		t.Errorf("the log has not the code %s and the cause:\n%s", code, log)
	}
}

func TestTheLogHoldsNoAddresses(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.Get("/mine?q=Nguyen+Van+A")
	s.Get("/nowhere/0912345678")
	log := s.log.String()
	if strings.Contains(log, "Nguyen") || strings.Contains(log, "0912") {
		t.Errorf("the log tells what was asked:\n%s", log)
	}
	if !strings.Contains(log, `route="GET /mine"`) {
		t.Errorf("the log lacks the route:\n%s", log)
	}
}

func TestProgramsGetProblems(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.Header.Set("Accept", "application/json")
	p := s.Get("/fail/invalid").Is(400)
	if got := p.Header.Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("Content-Type = %q", got)
	}
	var problem web.Problem
	if err := json.Unmarshal([]byte(p.Body), &problem); err != nil {
		t.Fatal(err)
	}
	if problem.Type != "urn:cchc:fault:web.form.invalid" || len(problem.Errors) != 1 || problem.Errors[0].Key != "web.form.required" {
		t.Errorf("problem = %+v", problem)
	}
	if p := s.Get("/mine").Is(401); p.Header.Get("Location") != "" {
		t.Errorf("a program was sent to sign in at %q", p.Header.Get("Location"))
	}
	if strings.Contains(s.Get("/fail/own").Is(500).Body, "secret") {
		t.Error("the problem tells the cause")
	}
}

func TestAFragmentsErrorIsAFragment(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.Header.Set("HX-Request", "true")
	s.Get("/fail/conflict").Is(409).Has("[role=alert]", "Tình trạng đã thay đổi").Count("header", 0)
}

func TestARequestThatWasGivenUpEndsItsConnection(t *testing.T) {
	t.Parallel()
	s := open(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w := httptest.NewRecorder()
	s.mux.ServeHTTP(w, httptest.NewRequestWithContext(ctx, "GET", "/fail/given-up", nil))
	if w.Code != 499 || w.Header().Get("Connection") != "close" || w.Body.Len() != 0 {
		t.Errorf("answered %d with Connection %q and %d bytes", w.Code, w.Header().Get("Connection"), w.Body.Len())
	}
}

func TestEveryAnswerTellsBrowsersToTrustOnlyUs(t *testing.T) {
	t.Parallel()
	s := open(t, func(c *web.Config) { c.Secure = true })
	for _, path := range []string{"/", "/nowhere", "/fail/own", static.URL("cchc.css"), "/fail/panic"} {
		h := s.Get(path).Header
		csp := h.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'", "object-src 'none'"} {
			if !strings.Contains(csp, want) {
				t.Errorf("GET %s: the policy %q lacks %s", path, csp, want)
			}
		}
		if strings.Contains(csp, "unsafe") || strings.Contains(csp, "http") || strings.Contains(csp, "*") {
			t.Errorf("GET %s: the policy %q is not strict", path, csp)
		}
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Strict-Transport-Security": "max-age=31536000; includeSubDomains"} {
			if h.Get(name) != want {
				t.Errorf("GET %s: %s = %q, want %q", path, name, h.Get(name), want)
			}
		}
	}
}

func TestAFormOfAnotherSiteIsRefused(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.Post("/enter").To("/mine")
	s.Header.Set("Origin", "https://elsewhere.example")
	s.Post("/mine").Is(403).Has("main", "từ một trang web khác")
	s.Header.Set("Sec-Fetch-Site", "cross-site")
	s.Post("/mine").Is(403)
	s.Header.Del("Origin")
	s.Header.Set("Sec-Fetch-Site", "same-origin")
	s.Post("/mine").To("/mine")
}

func TestSignedInRoutesSendVisitorsToSignInAndBack(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.Get("/mine?page=2").To("/sign-in?next=%2Fmine%3Fpage%3D2")
	s.Post("/mine").Is(401).Has("h1", "Cần đăng nhập")
	s.Post("/enter").To("/mine")
	p := s.Get("/mine").Is(200).Has("h1", "Việc của Trần Thị Bích").Has(".person", "Trần Thị Bích").
		Has("nav [aria-current=page]", "Hồ sơ").Has(".top .count", "4").Has("search", "")
	if got := p.Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("what somebody signed in sees has Cache-Control %q, want no-store", got)
	}
	s.Other().Get("/mine").To("/sign-in?next=%2Fmine")
}

func TestASessionsCookieIsClosedToScripts(t *testing.T) {
	t.Parallel()
	for _, secure := range []bool{false, true} {
		s := open(t, func(c *web.Config) { c.Secure = secure })
		got := strings.Join(s.Post("/enter").Header.Values("Set-Cookie"), "\n")
		want := "cchc="
		if secure {
			want = "__Host-cchc="
		}
		if !strings.HasPrefix(got, want) || !strings.Contains(got, "HttpOnly") || !strings.Contains(got, "SameSite=Lax") ||
			strings.Contains(got, "Secure") != secure || strings.Contains(got, "Domain") || strings.Contains(got, "Max-Age") {
			t.Errorf("Secure=%v: Set-Cookie %q", secure, got)
		}
	}
}

func TestSigningInChangesTheToken(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.Post("/leave") // leaves a flash, so that there is a session before
	before := s.Get("/").Header.Get("Set-Cookie")
	first := s.Post("/enter").Header.Get("Set-Cookie")
	second := s.Post("/enter").Header.Get("Set-Cookie")
	if first == "" || first == second || first == before {
		t.Errorf("tokens before %q, first %q, second %q: want all different", before, first, second)
	}
}

func TestASessionEndsWhenIdleOrWhenTheAccountIsGone(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.Post("/enter")
	for range 3 {
		s.clock.advance(110 * time.Minute)
		s.Get("/mine").Is(200) // seen in time, so that the session goes on
	}
	s.clock.advance(121 * time.Minute)
	s.Get("/mine").To("/sign-in?next=%2Fmine")
	s.Post("/enter")
	s.Get("/mine").Is(200)
	s.gone = true
	s.Get("/mine").To("/sign-in?next=%2Fmine")
	s.gone = false
	s.Get("/mine").To("/sign-in?next=%2Fmine") // the session itself was ended
}

func TestAMessageIsShownOnce(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.Post("/enter")
	s.Post("/mine").To("/mine")
	s.Get("/mine").Has("[role=status]", "Xin chào ai đó.")
	s.Get("/mine").Lacks("[role=status]", "")
	s.Post("/leave").To("/")
	s.Get("/").Has("[role=status]", "Bạn đã đăng xuất").Has(".looks a", "Đăng nhập")
}

func TestVisitorsChooseLanguageSizeAndContrast(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.Get("/").Has(".looks", "English").Has(".demo", "Dữ liệu minh hoạ")
	if got := s.Get("/").Attr("html", "lang"); got != "vi" {
		t.Errorf("the language without a wish is %q, want vi", got)
	}
	s.Header.Set("Accept-Language", "en-GB,en;q=0.8")
	s.Get("/").Has(".demo", "Illustrative data")
	s.Post("/preferences", "lang", "vi", "back", "/?a=1").To("/?a=1")
	s.Get("/").Has(".demo", "Dữ liệu minh hoạ")
	s.Post("/preferences", "size", "large", "back", "//elsewhere.example").To("/")
	s.Post("/preferences", "contrast", "on", "size", "huge").To("/")
	p := s.Get("/")
	if got := p.Attr("html", "class"); got != "size-large contrast" {
		t.Errorf("class = %q, want size-large contrast", got)
	}
	if got := p.Attr(".looks-form [name=size][value=large]", "aria-pressed"); got != "true" {
		t.Errorf("A+ is pressed: %q, want true", got)
	}
	s.Post("/preferences", "keys", "off", "back", "/keys").To("/keys")
	s.Get("/keys").Has("main", "đang tắt").Count("dialog", 0)
}

func TestLocal(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"/dossiers?q=a#b": "/dossiers?q=a#b", "": "/", "https://x.example/": "/", "//x.example": "/", "/\\x.example": "/",
		"javascript:alert(1)": "/", "mine": "/", "/%zz": "/", "/a\tb": "/", "http:/mine": "/",
	} {
		if got := web.Local(in); got != want {
			t.Errorf("Local(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestGetNeverChangesWhatASessionHolds(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.Post("/enter")
	for _, path := range []string{"/sign-out", "/leave", "/enter", "/preferences?lang=en"} {
		if p := s.Get(path); p.Status < 400 {
			t.Errorf("GET %s answered %d", path, p.Status)
		}
	}
	s.Get("/mine").Is(200)
}

func TestPagesForEverybodyAreAskedForAgainByTheirTag(t *testing.T) {
	t.Parallel()
	s := open(t)
	p := s.Get("/").Is(200)
	s.Header.Set("If-None-Match", p.Header.Get("ETag"))
	s.Get("/").Is(304)
	s.Header.Set("Accept-Language", "en")
	s.Get("/").Is(200)
}

func TestHandleWantsAMethod(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("Handle took a pattern without a method")
		}
	}()
	open(t).mux.Handle("/any", web.Public, nil)
}

func TestEveryStatusHasATitle(t *testing.T) {
	t.Parallel()
	for _, key := range []string{
		"invalid", "unauthenticated", "forbidden", "not_found", "method", "conflict", "too_large", "too_many", "internal", "unavailable",
	} {
		if !i18n.Has("web.error." + key) {
			t.Errorf("no message for web.error.%s", key)
		}
	}
}

func TestTheClientsAddress(t *testing.T) {
	t.Parallel()
	for _, trust := range []bool{false, true} {
		s := open(t, func(c *web.Config) { c.TrustProxy = trust })
		s.mux.Handle("GET /ip", web.Public, func(w http.ResponseWriter, r *http.Request) error {
			_, err := w.Write([]byte(web.ClientIP(r)))
			return err
		})
		s.Header.Set("X-Forwarded-For", "6.6.6.6, 203.0.113.7")
		want := "127.0.0.1"
		if trust {
			want = "203.0.113.7" // the last: our own proxy wrote it
		}
		if got := s.Get("/ip").Body; got != want {
			t.Errorf("TrustProxy=%v: ClientIP = %q, want %q", trust, got, want)
		}
	}
}

// A brokenStore finds nothing, or fails.
type brokenStore struct{ find, commit error }

func (b brokenStore) Find(string) ([]byte, bool, error)      { return nil, false, b.find }
func (b brokenStore) Commit(string, []byte, time.Time) error { return b.commit }
func (b brokenStore) Delete(string) error                    { return nil }

func TestASessionThatCannotBeKeptIsAnErrorPage(t *testing.T) {
	t.Parallel()
	broken := errors.New("secret: the disk is full")
	s := open(t, func(c *web.Config) { c.Sessions = brokenStore{commit: broken} })
	p := s.Post("/enter").Is(500).Has("h1", "Hệ thống gặp lỗi").Count("h1", 1)
	if log := s.log.String(); !strings.Contains(log, "code="+p.Text(".code")) || strings.Count(log, "level=ERROR") != 2 {
		t.Errorf("want one line for the error and one for the request, both with the code %s:\n%s", p.Text(".code"), log)
	}
	s = open(t, func(c *web.Config) { c.Sessions = brokenStore{find: broken} })
	s.Header.Set("Cookie", "cchc=some-token")
	s.Get("/").Is(500).Has("h1", "Hệ thống gặp lỗi").Count("h1", 1)
}
