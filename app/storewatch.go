package app

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"cchc/admin"
	"cchc/base/file"
)

// A storeWatch measures what people wait for at the store of files, and remembers how
// that went: a store can answer every question whether it is there, and take a minute
// for a scan.
type storeWatch struct {
	seconds *prometheus.HistogramVec
	failed  *prometheus.CounterVec

	mu   sync.Mutex
	fine time.Time // something was answered in time
	slow time.Time // something took too long, or was given up
	gone time.Time // something was given up
}

const (
	storePutSlow = 5 * time.Second // to take a file in
	storeSlow    = 2 * time.Second // any other question, and the next piece of a file
	storeRecent  = 10 * time.Minute
	storeStale   = 30 * time.Second // an answer to "is it there" may be so old
)

func newStoreWatch(r *prometheus.Registry) *storeWatch {
	w := &storeWatch{
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "cchc_file_store_duration_seconds", Help: "What the store of files was asked, by verb: put, get, piece, has, delete.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60}}, []string{"verb"}),
		failed: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "cchc_file_store_failed_total", Help: "What the store of files did not answer, or not in time, by what it was asked."}, []string{"verb"}),
	}
	r.MustRegister(w.seconds, w.failed)
	for _, what := range []string{"put", "get", "piece", "has", "delete"} { // an alarm sees the first failure as a rise from 0
		w.seconds.WithLabelValues(what)
		w.failed.WithLabelValues(what)
	}
	return w
}

// begin measures one question.
func (w *storeWatch) begin(what string) func(error) {
	begun := time.Now()
	return func(err error) {
		took := time.Since(begun)
		w.seconds.WithLabelValues(what).Observe(took.Seconds())
		if err != nil {
			w.failed.WithLabelValues(what).Inc()
		}
		long := storeSlow
		if what == "put" {
			long = storePutSlow
		}
		w.note(time.Now(), took >= long || errors.Is(err, file.ErrAway), err != nil)
	}
}

func (w *storeWatch) note(now time.Time, slow, gone bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case gone:
		w.gone = now
		if slow {
			w.slow = now
		}
	case slow:
		w.fine, w.slow = now, now
	default:
		w.fine = now
	}
}

// standing tells how it went lately: bad when the last thing was given up, to be looked
// at when something took too long.
func (w *storeWatch) standing(now time.Time) admin.Standing {
	w.mu.Lock()
	defer w.mu.Unlock()
	recent := func(t time.Time) bool { return !t.IsZero() && now.Sub(t) < storeRecent }
	switch {
	case recent(w.gone) && !w.fine.After(w.gone):
		return admin.Bad
	case recent(w.slow), recent(w.gone):
		return admin.Look
	}
	return admin.Fine
}

// storeFinding tells how a store that other machines keep stands: whether it answers at
// all, and how long people waited for it lately. Whoever looks at a page does not wait.
func (r *rooms) storeFinding(ctx context.Context, where string) admin.Finding {
	shown, _, _ := strings.Cut(where, "?")
	f := admin.Finding{Key: "files", Standing: admin.Fine, Args: []any{"Where", shown}}
	result := probeOK
	if r.ready != nil {
		result = r.ready.files.latest(storeStale)
	} else { // a command of its own: doctor
		result = reached(ctx, where)
	}
	lately := admin.Fine
	if r.meters != nil {
		lately = r.meters.store.standing(time.Now())
	}
	switch {
	case result == probeFailed || lately == admin.Bad:
		f.Standing = admin.Bad
	case result == probeSlow || lately == admin.Look:
		f.Standing = admin.Look
	}
	return f
}

// reached has a store that nobody has opened yet take something in and give it back.
func reached(ctx context.Context, where string) string {
	ctx, cancel := context.WithTimeout(ctx, 4*storePutSlow)
	defer cancel()
	begun := time.Now()
	s, err := file.Open(ctx, where)
	if err == nil {
		defer s.Close()
		err = s.Try(ctx)
	}
	switch {
	case err != nil:
		return probeFailed
	case time.Since(begun) > storePutSlow:
		return probeSlow
	}
	return probeOK
}
