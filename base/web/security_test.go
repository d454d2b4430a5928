package web_test

import (
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"cchc/base/fault"
	"cchc/base/web"
	"cchc/base/web/ui"
	"cchc/base/web/webtest"
)

// Over TLS a browser takes our cookies from this host alone, never in the clear, and
// shows them to no script.
func TestWhatIsPreferredIsBoundToTheHostToo(t *testing.T) {
	t.Parallel()
	s := open(t, func(c *web.Config) { c.Secure = true })
	got := strings.Join(s.Post("/preferences", "lang", "en").Header.Values("Set-Cookie"), "\n")
	for _, want := range []string{"__Host-cchc_looks=", "Path=/", "HttpOnly", "Secure", "SameSite=Lax"} {
		if !strings.Contains(got, want) {
			t.Errorf("Set-Cookie %q lacks %s", got, want)
		}
	}
	if strings.Contains(got, "Domain") {
		t.Errorf("Set-Cookie %q is for other hosts too", got)
	}
	other := s.Other()
	other.Header.Set("Cookie", "__Host-cchc_looks=lang=en")
	if lang := other.Get("/").Attr("html", "lang"); lang != "en" {
		t.Errorf("the language is %q, want the one preferred", lang)
	}
	other.Header.Set("Cookie", "cchc_looks=lang=en")
	if lang := other.Get("/").Attr("html", "lang"); lang != "vi" {
		t.Errorf("a cookie that another host may have set chose %q", lang)
	}
}

// A session's token is long, each time another, and worth nothing once it is over: who
// copied it before cannot go on with it.
func TestACopiedTokenIsWorthNothingAfterSigningOut(t *testing.T) {
	t.Parallel()
	s := open(t)
	cookie := func() string {
		t.Helper()
		c, _, _ := strings.Cut(s.Post("/enter").Header.Get("Set-Cookie"), ";")
		if _, token, _ := strings.Cut(c, "="); len(token) < 43 { // 256 bits in base64
			t.Fatalf("the token %q is short", c)
		}
		return c
	}
	first, second := cookie(), cookie()
	thief := s.Other()
	thief.Header.Set("Cookie", first)
	thief.Get("/mine").To("/sign-in?next=%2Fmine") // signing in again ended it
	thief.Header.Set("Cookie", second)
	thief.Get("/mine").Is(200)
	s.Post("/leave").To("/")
	thief.Get("/mine").To("/sign-in?next=%2Fmine")
}

// What people type stands on a page as text, in an element as in an attribute.
func TestWhatPeopleTypeIsNeverMarkup(t *testing.T) {
	t.Parallel()
	s := open(t)
	const typed = `"><img src=x onerror=alert(1)><script>alert(1)</script>`
	s.mux.Handle("GET /typed", web.Public, func(w http.ResponseWriter, r *http.Request) error {
		in := web.Form{Values: url.Values{"name": {typed}}}
		in.Fault = fault.New(fault.Invalid, "web.form.invalid").With("name", "web.form.unreadable", "Value", typed)
		return web.Render(w, r, http.StatusOK, ui.Input(&in, ui.Field{Name: "name", Label: typed}))
	})
	s.mux.Handle("GET /title", web.Public, func(w http.ResponseWriter, r *http.Request) error {
		return web.Render(w, r, http.StatusOK, ui.Layout(ui.Page{Title: typed, Lead: typed}))
	})
	for _, path := range []string{"/typed", "/title"} {
		p := s.Get(path).Is(200).Count("img[src=x]", 0)
		for _, n := range p.Find("script") {
			if strings.Contains(p.Text("script"), "alert") {
				t.Errorf("GET %s has the script %v", path, n.Data)
			}
		}
	}
	if got := s.Get("/typed").Attr("[name=name]", "value"); got != typed {
		t.Errorf("the field holds %q, want what was typed", got)
	}
	s.Get("/title").Has("h1", typed)
}

// Methods that a page does not know are refused, and TRACE shows nobody their headers.
func TestOtherMethodsAreRefused(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.Header.Set("X-Secret", "geheim")
	for _, method := range []string{"TRACE", "OPTIONS", "PUT", "PATCH"} {
		for _, path := range []string{"/", "/mine"} {
			if p := s.Send(method, path, "", ""); p.Status != http.StatusMethodNotAllowed || strings.Contains(p.Body, "geheim") {
				t.Errorf("%s %s answered %d", method, path, p.Status)
			}
		}
	}
}

// Who was refused what, where, stands in the log with the time and its zone, and so does
// what another site sent; what they typed does not, and nothing forges a line.
func TestARefusalIsLoggedWithWhoAndWhere(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.mux.Handle("POST /sign/{id}", web.SignedIn, func(w http.ResponseWriter, r *http.Request) error {
		return fault.New(fault.Forbidden, "auth.forbidden").Because(errors.New("x\nlevel=ERROR msg=forged"))
	})
	s.Post("/enter")
	s.Post("/sign/0912345678", "reason", "Nguyễn Văn A").Is(403)
	var line string
	for l := range strings.Lines(s.log.String()) {
		if strings.Contains(l, "/sign/{id}") {
			line = l
		}
	}
	if !regexp.MustCompile(`^time=\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d) `).MatchString(line) {
		t.Errorf("the time of %q has no zone", line)
	}
	for _, want := range []string{"status=403", `route="POST /sign/{id}"`, "account=acc-1"} {
		if !strings.Contains(line, want) {
			t.Errorf("the log says %q, without %s", line, want)
		}
	}
	s.Header.Set("Sec-Fetch-Site", "cross-site")
	s.Post("/sign/0912345678").Is(403)
	if !strings.Contains(s.log.String(), "key=web.cross_origin") {
		t.Error("the log does not tell of what another site sent")
	}
	if strings.Contains(s.log.String(), "\nlevel=ERROR") {
		t.Error("a line was forged")
	}
	if log := s.log.String(); strings.Contains(log, "0912") || strings.Contains(log, "Nguy") {
		t.Errorf("the log tells what was sent:\n%s", log)
	}
}

// An address that looks like another host's is not where a page leads back to, nor sends
// a form again.
func TestNoPageLeadsToTheHostThatAnAddressNames(t *testing.T) {
	t.Parallel()
	s := open(t)
	for _, path := range []string{"//elsewhere.example/x", "//elsewhere.example/%2e%2e", "/\\elsewhere.example"} {
		p := s.Get(path)
		for _, n := range p.Find("a[href], form[action], input[name=back]") {
			for _, attr := range []string{"href", "action", "value"} {
				if v := webtest.Attr(n, attr); strings.HasPrefix(v, "//") || strings.HasPrefix(v, "/\\") {
					t.Errorf("GET %s leads to %s", path, v)
				}
			}
		}
	}
}
