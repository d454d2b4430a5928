package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"cchc/base/db"
	"cchc/base/web"
	"cchc/base/web/static"
	"cchc/base/web/ui"
)

// crowd opens a site of 8 places whose public pages and exports hang, and fills what
// visitors may have. free lets all of them go on; it returns how they were answered.
func crowd(t *testing.T) (s *site, free func() []int) {
	t.Helper()
	s = open(t, func(c *web.Config) {
		c.Limits = web.Limits{AtOnce: 8, Heavy: 1, Wait: 20 * time.Millisecond}
		c.Heavy = func(r *http.Request, pattern string) bool { return pattern == "GET /export" }
	})
	gate, begun := make(chan struct{}), make(chan struct{}, 100)
	hang := func(w http.ResponseWriter, r *http.Request) error {
		begun <- struct{}{}
		<-gate
		return web.Render(w, r, http.StatusOK, ui.Layout(ui.Page{Title: "Xong"}))
	}
	s.mux.Handle("GET /slow", web.Public, hang)
	s.mux.Handle("POST /slow", web.Public, hang)
	s.mux.Handle("GET /api/v1/slow", web.Public, hang)
	s.mux.Handle("GET /export", web.SignedIn, hang)
	s.mux.Plain("/healthz", func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("ok\n")) })
	var all sync.WaitGroup
	var mu sync.Mutex
	var got []int
	send := func(path string) {
		b := s.Browser
		all.Go(func() {
			p := b.Get(path)
			mu.Lock()
			defer mu.Unlock()
			got = append(got, p.Status)
		})
		<-begun
	}
	s.Post("/enter").Is(303)
	for range 4 {
		send("/slow")
	}
	var once sync.Once
	free = func() []int {
		once.Do(func() { close(gate) })
		all.Wait()
		return got
	}
	t.Cleanup(func() { free() })
	return s, free
}

func TestWhoCannotBeServedNowIsToldSoAndComesBack(t *testing.T) {
	t.Parallel()
	s, free := crowd(t)

	visitor := s.Other()
	p := visitor.Get("/slow?q=1").Is(http.StatusServiceUnavailable).Has("h1", "Xin chờ giây lát").Has("main", "thử lại sau 5 giây").Has("main a[href='/slow?q=1']", "Thử lại")
	if got := p.Header.Get("Retry-After"); got != "5" {
		t.Errorf("Retry-After = %q", got)
	}
	if got := p.Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control = %q", got)
	}
	visitor.Header.Set("Accept-Language", "en")
	visitor.Get("/slow").Is(503).Has("h1", "One moment, please").Has("main", "nothing is lost")

	// Programs get a problem, parts of pages a notice.
	visitor.Header.Set("HX-Request", "true")
	visitor.Get("/slow").Is(503).Has("[role=alert]", "One moment, please").Count("nav", 0)
	visitor.Header.Del("HX-Request")
	visitor.Header.Set("Accept", "application/json")
	if p := visitor.Get("/slow"); p.Status != 503 || p.Header.Get("Content-Type") != "application/problem+json" || !strings.Contains(p.Body, `"type":"urn:cchc:fault:web.busy"`) {
		t.Errorf("a program is told %d %s", p.Status, p.Body)
	}

	// What is never sent away, and who goes before visitors.
	visitor.Header.Del("Accept")
	visitor.Get("/healthz").Is(200)
	visitor.Get(static.URL("cchc.js")).Is(200)
	s.Get("/mine").Is(200)
	s.Post("/mine").Is(303)

	if got := free(); len(got) != 4 {
		t.Errorf("%d were inside", len(got))
	} else {
		for _, status := range got {
			if status != 200 {
				t.Errorf("who was inside was answered %d", status)
			}
		}
	}
	visitor.Get("/slow").Is(200)
	if log := s.log.String(); !strings.Contains(log, "shed=visitor") || strings.Count(log, "some are sent away") != 1 || strings.Contains(log, "level=ERROR") {
		t.Errorf("the log says:\n%s", log)
	}
	for _, l := range s.mux.Load() {
		if l.Inside != 0 || l.Waiting != 0 {
			t.Errorf("%s: %d inside and %d wait at the end", l.Class, l.Inside, l.Waiting)
		}
		if l.Class == web.Visitor && l.Shed != 4 {
			t.Errorf("%d visitors are counted as sent away, want 4", l.Shed)
		}
	}
}

func TestAReportHasASmallPoolOfItsOwn(t *testing.T) {
	t.Parallel()
	s, free := crowd(t) // visitors fill the half that reports may have
	p := s.Get("/export").Is(503)
	if got := p.Header.Get("Retry-After"); got != "30" {
		t.Errorf("Retry-After = %q", got)
	}
	s.Get("/mine").Is(200)
	free()
	s.Get("/export").Is(200)
}

// Routes of signing in have places of their own, whatever is sent there.
func TestWhoSignsInIsNotAmongTheVisitors(t *testing.T) {
	t.Parallel()
	s, free := crowd(t) // visitors fill all that they may have
	defer free()
	s.mux.Handle("POST /in", web.Public.Entry(), func(w http.ResponseWriter, r *http.Request) error {
		for _, l := range s.mux.Load() {
			if inside := map[web.Class]int{web.Visitor: 4, web.Entry: 1}[l.Class]; l.Inside != inside {
				t.Errorf("%s: %d inside, want %d", l.Class, l.Inside, inside)
			}
		}
		w.WriteHeader(http.StatusNoContent)
		return nil
	})
	visitor := s.Other()
	visitor.Get("/slow").Is(503)
	visitor.Post("/in?format=xlsx", "login", "an").Is(http.StatusNoContent)
	visitor.Send(http.MethodPost, "/in", "multipart/form-data; boundary=x", "--x--").Is(http.StatusNoContent)
}

// Nothing typed is lost: without scripts the page that says "not now" sends it again.
func TestAFormThatWasSentAwayIsSentAgain(t *testing.T) {
	t.Parallel()
	s, free := crowd(t)
	visitor := s.Other()
	p := visitor.Post("/slow?step=2", "name", `Nguyễn "Văn" A`, "papers", "a", "papers", "b", "empty", "").Is(503).
		Has("main", "Nội dung bạn gửi chưa được ghi").Has("main form button", "Gửi lại")
	if got := p.Attr("main form", "action"); got != "/slow?step=2" {
		t.Errorf("it is sent to %q", got)
	}
	var fields []string
	for _, n := range p.Find("main form input[type=hidden]") {
		name, value := "", ""
		for _, a := range n.Attr {
			switch a.Key {
			case "name":
				name = a.Val
			case "value":
				value = a.Val
			}
		}
		fields = append(fields, name, value)
	}
	if got := strings.Join(fields, "|"); got != `empty||name|Nguyễn "Văn" A|papers|a|papers|b` {
		t.Errorf("it keeps %s", got)
	}
	// Passwords come back in no page; neither does a form from elsewhere, which
	// somebody would send by that button.
	visitor.Post("/slow", "login", "an", "password", "nắng chiều").Is(503).Has("main", "những gì đã nhập vẫn còn").Lacks("main", "nắng").Count("main form", 0)
	visitor.Header.Set("Sec-Fetch-Site", "cross-site")
	visitor.Post("/slow", "name", "a").Is(403).Count("main form", 0)
	visitor.Header.Del("Sec-Fetch-Site")
	free()
	visitor.Post(p.Attr("main form", "action"), fields...).Is(200)
}

func TestTheBusyPageReadsWell(t *testing.T) {
	t.Parallel()
	s, free := crowd(t)
	defer free()
	visitor := s.Other()
	visitor.Get("/slow").Is(503).Count("a[href='/sign-in']", 0) // nobody looked at whether they are signed in
	visitor.Look("/slow")
}

// The class is the route's to say: whoever asks any page for events waits like everybody.
func TestAskingForEventsGivesNoPlace(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.mux.Handle("GET /plain", web.Public, func(w http.ResponseWriter, _ *http.Request) error {
		for _, l := range s.mux.Load() {
			if l.Class == web.Live && l.Inside != 0 || l.Class == web.Visitor && l.Inside != 1 {
				t.Errorf("%s: %d inside", l.Class, l.Inside)
			}
		}
		w.WriteHeader(http.StatusNoContent)
		return nil
	})
	s.Header.Set("Accept", "text/event-stream")
	s.Get("/plain").Is(http.StatusNoContent)
	// A route that streams without saying so would be cut off, and held back.
	s.mux.Handle("GET /unsaid", web.Public, func(w http.ResponseWriter, r *http.Request) error {
		return web.Stream(w, r, func(func(string, []byte) error) error { return nil })
	})
	s.Get("/unsaid").Is(http.StatusInternalServerError)
}

// Who waited for a database that does not answer, until the request's time was over, gets
// the page that says so, and not the two words of HTTP.
func TestWhoWaitedInVainGetsAPage(t *testing.T) {
	t.Parallel()
	s := open(t, func(c *web.Config) { c.Patience = 50 * time.Millisecond })
	s.mux.Handle("GET /away", web.Public, func(_ http.ResponseWriter, r *http.Request) error {
		<-r.Context().Done()
		return fmt.Errorf("a list: %w", db.ErrAway)
	})
	p := s.Get("/away")
	if p.Status != http.StatusServiceUnavailable || p.Header.Get("Retry-After") == "" || !strings.Contains(p.Text("main"), "Cơ sở dữ liệu tạm thời không truy cập được") {
		t.Errorf("it was answered %d, Retry-After %q: %.300s", p.Status, p.Header.Get("Retry-After"), p.Body)
	}
}
