package file

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"cchc/base/fault"
)

// A sluggish store takes what it is sent, and gives what it has, byte by byte.
type sluggish struct {
	http.Handler
	takes, gives atomic.Bool // slowly
	rest         time.Duration
}

func (s *sluggish) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.takes.Load() && r.Method == http.MethodPut {
		r.Body = io.NopCloser(drip{r.Body, s})
	}
	if s.gives.Load() && r.Method == http.MethodGet {
		w = dripped{w, r.Context(), s.rest}
	}
	s.Handler.ServeHTTP(w, r)
}

type drip struct {
	io.Reader
	s *sluggish
}

func (d drip) Read(p []byte) (int, error) {
	if d.s.takes.Load() { // who sent it may be gone: what is buffered comes all the same
		time.Sleep(d.s.rest)
		return d.Reader.Read(p[:1])
	}
	return d.Reader.Read(p)
}

type dripped struct {
	http.ResponseWriter
	ctx  context.Context
	rest time.Duration
}

func (d dripped) Write(p []byte) (int, error) {
	for i := range p {
		select {
		case <-time.After(d.rest):
		case <-d.ctx.Done():
			return i, d.ctx.Err()
		}
		if _, err := d.ResponseWriter.Write(p[i : i+1]); err != nil {
			return i, err
		}
		http.NewResponseController(d.ResponseWriter).Flush()
	}
	return len(p), nil
}

func slowStore(t *testing.T, p patience) (*Store, *sluggish) {
	t.Helper()
	t.Setenv("AWS_ACCESS_KEY_ID", "test")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	backend := s3mem.New()
	if err := backend.CreateBucket("scans"); err != nil {
		t.Fatal(err)
	}
	slow := &sluggish{Handler: gofakes3.New(backend).Server(), rest: 20 * time.Millisecond}
	server := httptest.NewServer(slow)
	t.Cleanup(server.Close)
	t.Cleanup(func() { slow.takes.Store(false) })
	s, err := Open(t.Context(), "s3://scans?endpoint="+server.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	out := elsewhere(s.bucket, p)
	return out, slow
}

func pdf(n int) []byte {
	return append([]byte("%PDF-1.7\n"), bytes.Repeat([]byte{byte('a' + n)}, 5000)...)
}

func TestAStoreThatTakesBytesSlowlyIsGivenUpAndNothingIsLeft(t *testing.T) {
	p := usual
	p.take = 200 * time.Millisecond
	s, slow := slowStore(t, p)
	var mu sync.Mutex
	var failed []string
	s.Measured(func(what string) func(error) {
		return func(err error) {
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				failed = append(failed, what)
			}
		}
	})
	slow.takes.Store(true)
	_, err := s.Put(t.Context(), bytes.NewReader(pdf(1)), Limits{})
	if !errors.Is(err, ErrAway) {
		t.Fatalf("put: %v, want ErrAway", err)
	}
	told := fault.As(FieldOf(err, "form", "file"))
	if told == nil || told.Kind != fault.Unavailable || told.Fields[0].Key != "file.store_away" {
		t.Errorf("people are told %v", told)
	}
	if !slices.Equal(failed, []string{"put"}) {
		t.Errorf("measured as failed: %q", failed)
	}
	if all, err := s.Keys(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("left behind: %v, %v", all, err)
	}
	short, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := s.Try(short); !errors.Is(err, ErrAway) {
		t.Errorf("a trial: %v, want ErrAway", err)
	}
	slow.takes.Store(false)
	if err := s.Try(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := s.Put(t.Context(), bytes.NewReader(pdf(1)), Limits{}); err != nil {
		t.Errorf("when it is quick again: %v", err)
	}
}

func TestAFileThatComesSlowlyComesWholeOrIsGivenUp(t *testing.T) {
	p := usual
	s, slow := slowStore(t, p)
	slow.rest = time.Millisecond
	info, err := s.Put(t.Context(), bytes.NewReader(pdf(2)[:200]), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	slow.gives.Store(true)
	r, _, err := s.Hand(t.Context(), info.Key)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, pdf(2)[:200]) {
		t.Errorf("read %d bytes, %v", len(got), err)
	}
	r.Close()
	slow.rest, s.patience.piece = time.Hour, 50*time.Millisecond
	s.patience.answer = 50 * time.Millisecond
	if r, _, err = s.Hand(t.Context(), info.Key); err == nil { // its head may come before its bytes
		_, err = io.ReadAll(r)
		r.Close()
	}
	if !errors.Is(err, ErrAway) {
		t.Errorf("no next piece: %v, want ErrAway", err)
	}
}

func TestFewWaitForASlowStoreAtOnce(t *testing.T) {
	p := usual
	p.waiting, p.turn, p.take = 2, 20*time.Millisecond, time.Minute
	s, slow := slowStore(t, p)
	slow.takes.Store(true)
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	for i := range 2 {
		all.Go(func() { s.Put(ctx, bytes.NewReader(pdf(i)), Limits{}) })
	}
	for len(s.turns) < 2 {
		time.Sleep(time.Millisecond)
	}
	if _, err := s.Put(t.Context(), bytes.NewReader(pdf(3)), Limits{}); !errors.Is(err, ErrAway) {
		t.Errorf("a third: %v, want ErrAway", err)
	}
	if _, _, err := s.Hand(t.Context(), keyOf(pdf(1))); !errors.Is(err, ErrAway) {
		t.Errorf("who opens a file: %v, want ErrAway", err)
	}
	if _, _, err := s.Get(t.Context(), keyOf(pdf(1))); !fault.Is(err, fault.NotFound) {
		t.Errorf("a job: %v, want an answer", err) // copies and checks take no turns
	}
	cancel()
	all.Wait()
	slow.takes.Store(false)
	if _, err := s.Put(t.Context(), bytes.NewReader(pdf(3)), Limits{}); err != nil {
		t.Errorf("when it is quick again: %v", err)
	}
}

func keyOf(content []byte) string { return fmt.Sprintf("%x", sha256.Sum256(content)) }
