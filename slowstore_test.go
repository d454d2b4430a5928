package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"cchc/base/db"
	"cchc/base/db/dbtest"
)

// A sluggish store of scans, somewhere else, answers after a while, and takes what it is
// sent in small pieces.
type sluggish struct {
	http.Handler
	backend *s3mem.Backend
	url     string

	late    atomic.Int64 // milliseconds before it answers anything
	trickle atomic.Bool  // 100 bytes a second
	dead    atomic.Bool  // answers nothing until it is quick again
}

func newSluggish(t *testing.T) *sluggish {
	t.Helper()
	os.Setenv("AWS_ACCESS_KEY_ID", "test") // of servers that this test starts
	os.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	s := &sluggish{backend: s3mem.New()}
	if err := s.backend.CreateBucket("scans"); err != nil {
		t.Fatal(err)
	}
	s.Handler = gofakes3.New(s.backend).Server()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	t.Cleanup(func() { s.trickle.Store(false); s.dead.Store(false) })
	s.url = "s3://scans?endpoint=" + server.URL
	return s
}

// ServeHTTP answers as slowly as it was told to.
func (s *sluggish) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	time.Sleep(time.Duration(s.late.Load()) * time.Millisecond)
	for s.dead.Load() {
		time.Sleep(10 * time.Millisecond)
	}
	if s.trickle.Load() && r.Method == http.MethodPut {
		r.Body = io.NopCloser(trickling{r.Body, s})
	}
	s.Handler.ServeHTTP(w, r)
}

type trickling struct {
	io.Reader
	s *sluggish
}

// Read reads a little, until the store is quick again.
func (t trickling) Read(p []byte) (int, error) {
	if !t.s.trickle.Load() {
		return t.Reader.Read(p)
	}
	time.Sleep(100 * time.Millisecond)
	return t.Reader.Read(p[:min(len(p), 10)])
}

// has reports whether the store has a scan, whole.
func (s *sluggish) has(scan []byte) bool {
	key := fmt.Sprintf("%x", sha256.Sum256(scan))
	o, err := s.backend.HeadObject("scans", key[:2]+"/"+key)
	return err == nil && o.Size == int64(len(scan))
}

func scanOf(n int) []byte {
	return append([]byte(fmt.Sprintf("%%PDF-1.7\n%d\n", n)), bytes.Repeat([]byte("Hồ sơ\n"), 20_000)...)
}

// checks asks what monitors ask.
func (c *client) checks(t *testing.T) map[string]string {
	t.Helper()
	a, err := c.http.Get(c.base + "/standing")
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	var out struct {
		Checks map[string]string `json:"checks"`
	}
	if err := json.NewDecoder(a.Body).Decode(&out); err != nil {
		t.Fatal(err)
	}
	return out.Checks
}

// A store of scans that answers late is waited for; one that takes a scan in drops is
// given up, with what was typed kept and nothing half stored. Neither holds up who sends
// no scan, and nobody has to do anything when it is quick again.
func TestAStoreThatIsSlowHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	store := newSluggish(t)
	dsn := dbtest.Empty(t)
	s, load, before := serving(t, dsn, "--files", store.url)
	code, status, _, err := load.office.tryReceive(db.NewID())
	if err != nil || status != http.StatusCreated {
		t.Fatalf("%d, %v", status, err)
	}
	if got := load.office.checks(t)["files"]; got != "ok" {
		t.Errorf("a store that is well stands as %q", got)
	}
	load.begin(2)
	// meanwhile uploads a scan while others work on, and returns how many writes of
	// theirs were acknowledged in that time.
	meanwhile := func(scan []byte) (status, again int, text string, others int) {
		load.mu.Lock()
		others = -len(load.acked) - load.verbs
		load.mu.Unlock()
		status, again, text = load.office.upload(t, code, scan)
		load.mu.Lock()
		others += len(load.acked) + load.verbs
		load.mu.Unlock()
		return
	}
	store.late.Store(1500)
	status, _, text, others := meanwhile(scanOf(1))
	if status != http.StatusSeeOther || !store.has(scanOf(1)) {
		t.Errorf("a store that answers late: %d %.300s", status, text)
	}
	if others < 10 {
		t.Errorf("%d writes were acknowledged meanwhile: whoever sends no scan waited", others)
	}
	store.late.Store(0)

	store.trickle.Store(true)
	status, again, text, others := meanwhile(scanOf(2))
	if status != http.StatusServiceUnavailable || again == 0 {
		t.Errorf("a store that takes drops: %d, Retry-After %d: %.300s", status, again, text)
	}
	if !strings.Contains(text, `value="Giấy tờ"`) || !strings.Contains(text, "Kho tệp đang chậm") {
		t.Errorf("what was typed, or why it failed, is not on the page: %s", text)
	}
	if others < 50 {
		t.Errorf("%d writes were acknowledged meanwhile: whoever sends no scan waited", others)
	}
	if store.has(scanOf(2)) {
		t.Error("a scan that was refused is there")
	}
	if got := load.office.checks(t)["files"]; got != "bad" {
		t.Errorf("a store that takes nothing in time stands as %q", got)
	}
	store.trickle.Store(false)
	if status, _, text = load.office.upload(t, code, scanOf(2)); status != http.StatusSeeOther || !store.has(scanOf(2)) {
		t.Errorf("when it is quick again: %d %.300s", status, text)
	}
	if got := load.office.checks(t)["files"]; got != "warn" {
		t.Errorf("a store that was slow just now stands as %q", got)
	}
	load.office.haveScans(t, code, scanOf(1), scanOf(2))
	load.reckon(t, dsn, before+1)
	s.stop(t)
	load.verifyLog(t, dsn)
}
