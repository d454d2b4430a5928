package app

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"cchc/base/db"
	"cchc/base/web"
	"cchc/base/web/webtest"
)

func TestReadySaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	r, _, _, _ := commune(t)
	files := t.TempDir() + "/files"
	h, stop, err := r.handler(context.Background(), serveFlags{Files: files})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	b := webtest.Open(t, h)
	r.ready.write.every, r.ready.schema.every, r.ready.files.every = 0, 0, 0
	is := func(path string, status int, says string) {
		t.Helper()
		if p := b.Get(path); p.Status != status || !strings.Contains(p.Body, says) {
			t.Errorf("%s answers %d %s; want %d with %s", path, p.Status, p.Body, status, says)
		}
	}
	is("/healthz", 200, "ok")
	is("/readyz", 200, `{"ready":true,"draining":false,"checks":{"database":"ok","files":"ok","schema":"ok"}}`)
	is("/readyz/read", 200, `"schema":"ok"`)

	// A folder that is gone is this machine's own fault.
	if err := os.RemoveAll(files); err != nil {
		t.Fatal(err)
	}
	is("/readyz", 503, `"files":"failed"`)
	is("/readyz/read", 200, `"ready":true`)
	if err := os.MkdirAll(files, 0o750); err != nil {
		t.Fatal(err)
	}
	is("/readyz", 200, `"files":"ok"`)

	// A writer that hangs: reading goes on.
	if r.db.Engine() == db.SQLite {
		r.ready.write.wait = 50 * time.Millisecond
		begun, release, done := make(chan struct{}), make(chan struct{}), make(chan error)
		go func() {
			done <- r.db.Write(context.Background(), func(*db.Tx) error {
				select {
				case <-begun:
				default:
					close(begun)
				}
				<-release
				return nil
			})
		}()
		<-begun
		is("/readyz", 503, `"database":"slow"`)
		is("/readyz/read", 200, `"ready":true`)
		is("/healthz", 200, "ok")
		close(release)
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		answered(&r.ready.write)
		r.ready.write.wait = askFor
		is("/readyz", 200, `"database":"ok"`)
	}

	r.ready.draining.Store(true)
	is("/readyz", 503, `"draining":true`)
	is("/readyz/read", 503, `"draining":true`)
	is("/healthz", 200, "ok")
}

// answered waits for the question under way: who asks meanwhile gets its answer, and one
// that was asked while nothing could be written is slow.
func answered(p *probe) {
	p.mu.Lock()
	running := p.running
	p.mu.Unlock()
	if running != nil {
		<-running
	}
}

// A store of files elsewhere is missing for all servers alike, and a schema that a
// newer server made is no reason to go.
func TestReadyCountsOnlyWhatIsItsOwn(t *testing.T) {
	t.Parallel()
	no := errors.New("no")
	for _, c := range []struct {
		name                 string
		write, schema, files error
		shared               bool
		want                 int
	}{
		{"everything answers", nil, nil, nil, false, 200},
		{"the database takes no writes", no, nil, nil, false, 503},
		{"migrations are missing", nil, no, nil, false, 503},
		{"the folder of files is gone", nil, nil, no, false, 503},
		{"a store elsewhere does not answer", nil, nil, no, true, 200},
	} {
		ask := func(err error) func(context.Context) error { return func(context.Context) error { return err } }
		y := &readiness{shared: c.shared,
			write:  probe{name: "database", wait: askFor, ask: ask(c.write)},
			schema: probe{name: "schema", wait: askFor, ask: ask(c.schema)},
			files:  probe{name: "files", wait: askFor, ask: ask(c.files)}}
		mux := web.New(web.Config{Now: time.Now})
		y.register(mux)
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/readyz", nil))
		if w.Code != c.want {
			t.Errorf("%s: %d, want %d: %s", c.name, w.Code, c.want, w.Body)
		}
	}
}
