package static_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"cchc/base/web/static"
)

func get(path string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	static.Handler().ServeHTTP(w, r)
	return w
}

func TestFilesAreKeptForEver(t *testing.T) {
	t.Parallel()
	w := get(static.URL("cchc.css"))
	if w.Code != 200 || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/css") {
		t.Errorf("answered %d with %v", w.Code, w.Header())
	}
	if w := get(static.URL("cchc.css"), "If-None-Match", w.Header().Get("ETag")); w.Code != 304 {
		t.Errorf("asked again by its tag: %d, want 304", w.Code)
	}
	if w := get(static.URL("cchc.css"), "Accept-Encoding", "gzip"); w.Header().Get("Content-Encoding") != "gzip" || w.Body.Len() > 10_000 {
		t.Errorf("compressed: %q, %d bytes", w.Header().Get("Content-Encoding"), w.Body.Len())
	}
}

func TestAnOldVersionGetsTheFileOfNowAndDoesNotKeepIt(t *testing.T) {
	t.Parallel()
	w := get("/static/000000000000/cchc.js")
	if w.Code != 200 || w.Header().Get("Cache-Control") != "no-cache" {
		t.Errorf("answered %d with %q", w.Code, w.Header().Get("Cache-Control"))
	}
}

func TestOnlyFilesOfPagesAreServed(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"static.go", "../web.go", "nothing.css", "", "vendor"} {
		if w := get(static.URL(name)); w.Code != 404 {
			t.Errorf("%s answered %d, want 404", name, w.Code)
		}
	}
}
