package web_test

import (
	"net/http"
	"testing"

	"cchc/base/web"
	"cchc/base/web/ui"
)

// What a route says of itself must be true of its pattern, so that none can stand among
// those that are open for a reason which is not its own.
func TestARouteThatIsOpenForAReasonHasThatReason(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pattern string
		access  web.Access
		ok      bool
	}{
		{"GET /mark/{token}", web.BySecret, true},
		{"POST /mark/{token}/reason", web.BySecret, true},
		{"GET /mark", web.BySecret, false},
		{"GET /mark/{id}", web.BySecret, false},
		{"GET /mark/{tokens}", web.BySecret, false},
		{"GET /mark/{token}", web.Public, false},
		{"GET /mark/{token}", web.SignedIn, false},
		{"GET /shown", web.Published, true},
		{"GET /shown", web.SignedIn.OfPublished(), true},
		{"POST /shown", web.Published, false},
	} {
		s := open(t)
		func() {
			defer func() {
				if refused := recover() != nil; refused == c.ok {
					t.Errorf("%s as %+v: refused %v", c.pattern, c.access, refused)
				}
			}()
			s.mux.Handle(c.pattern, c.access, func(http.ResponseWriter, *http.Request) error { return nil })
		}()
	}
}

func TestNoCacheKeepsWhatASecretOpens(t *testing.T) {
	t.Parallel()
	s := open(t)
	page := func(w http.ResponseWriter, r *http.Request) error {
		return web.Render(w, r, http.StatusOK, ui.Layout(ui.Page{Title: "A"}))
	}
	s.mux.Handle("GET /mark/{token}", web.BySecret, page)
	s.mux.Handle("GET /shown", web.Published, page)
	if got := s.Get("/mark/x").Is(200).Header; got.Get("Cache-Control") != "no-store" || got.Get("ETag") != "" {
		t.Errorf("by a secret: %q, %q", got.Get("Cache-Control"), got.Get("ETag"))
	}
	if got := s.Get("/shown").Is(200).Header; got.Get("Cache-Control") != "no-cache" || got.Get("ETag") == "" {
		t.Errorf("published: %q, %q", got.Get("Cache-Control"), got.Get("ETag"))
	}
}
