package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"cchc/base/db"
	"cchc/base/file"
	"cchc/base/web"
)

// A readiness answers a load balancer (see docs/adr/0036-load.md). Whether the
// program is alive (/healthz) asks nothing of anybody: what is down elsewhere is no
// reason to start a program anew. Whether to send people here (/readyz) asks what
// most of them need: a write that reaches the disk, a schema that this program knows,
// a folder for scans. /readyz/read asks only what reading needs, for servers on a
// database that follows another.
type readiness struct {
	draining atomic.Bool // told to stop: nobody new should come
	write    probe
	schema   probe
	files    probe
	shared   bool // files are kept by other machines
}

// How a probe ends.
const (
	probeOK     = "ok"
	probeFailed = "failed"
	probeSlow   = "slow"
)

const (
	askEvery   = time.Second     // several who ask at once get one answer
	filesEvery = 5 * time.Second // a store elsewhere is asked less often
	askFor     = 2 * time.Second // then the answer is that it is slow
)

func newReadiness(d *db.DB, files *file.Store) *readiness {
	return &readiness{
		write:  probe{name: "database", every: askEvery, wait: askFor, ask: d.Writable},
		schema: probe{name: "schema", every: askEvery, wait: askFor, ask: func(ctx context.Context) error { return schemaKnown(ctx, d) }},
		files:  probe{name: "files", every: filesEvery, wait: askFor, ask: files.Reach},
		shared: files.Elsewhere(),
	}
}

// schemaKnown returns an error while migrations are missing. A schema that is newer is
// fine: another server was upgraded before this one.
func schemaKnown(ctx context.Context, d *db.DB) error {
	current, target, err := d.Version(ctx)
	if err == nil && current < target {
		err = fmt.Errorf("the database has schema %d, this program needs %d", current, target)
	}
	return err
}

func (y *readiness) register(mux *web.Mux) {
	mux.Plain("/healthz", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Write([]byte("ok\n")) // who does not read it does not need it
	})
	mux.Plain("/readyz", func(w http.ResponseWriter, _ *http.Request) {
		// Files kept elsewhere are missing for every server alike: taking all of them
		// away would stop what needs no scan as well.
		y.answer(w, []*probe{&y.write, &y.schema, &y.files}, func(p *probe) bool { return p != &y.files || !y.shared })
	})
	mux.Plain("/readyz/read", func(w http.ResponseWriter, _ *http.Request) {
		y.answer(w, []*probe{&y.schema}, func(*probe) bool { return true })
	})
}

// answer tells how the probes end: 503 when one that is needed does not, or while the
// server drains. Reasons are for the log: everybody may ask.
func (y *readiness) answer(w http.ResponseWriter, probes []*probe, needed func(*probe) bool) {
	out := struct {
		Ready    bool              `json:"ready"`
		Draining bool              `json:"draining"`
		Checks   map[string]string `json:"checks"`
	}{Draining: y.draining.Load(), Checks: map[string]string{}}
	out.Ready = !out.Draining
	results := make([]string, len(probes))
	var all sync.WaitGroup
	for i, p := range probes {
		all.Go(func() { results[i] = p.result() })
	}
	all.Wait()
	for i, p := range probes {
		out.Checks[p.name] = results[i]
		out.Ready = out.Ready && (results[i] == probeOK || !needed(p))
	}
	w.Header().Set("Content-Type", "application/json")
	if !out.Ready {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	json.NewEncoder(w).Encode(out) // as above
}

// A probe asks one question, one at a time, and keeps the answer for a while.
type probe struct {
	name  string
	every time.Duration
	wait  time.Duration // then it is slow
	ask   func(ctx context.Context) error

	mu      sync.Mutex
	running chan struct{} // closed when the question under way is answered; nil when none is
	at      time.Time     // of the last answer
	last    error
	told    string // what the log was told
}

// result returns how the question ends. One that does not come back is not asked a
// second time: a database that hangs must not collect questions.
func (p *probe) result() string {
	p.mu.Lock()
	if p.running == nil && (p.at.IsZero() || time.Since(p.at) >= p.every) {
		p.running = make(chan struct{})
		go p.run(p.running)
	}
	running := p.running
	p.mu.Unlock()
	if running != nil {
		wait := time.NewTimer(p.wait)
		defer wait.Stop()
		select {
		case <-running:
		case <-wait.C:
			return p.tell(probeSlow, errors.New("no answer in time"))
		}
	}
	p.mu.Lock()
	err := p.last
	p.mu.Unlock()
	return p.tell(ended(err), err)
}

// ended tells how a question ended.
func ended(err error) string {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return probeSlow
	case err != nil:
		return probeFailed
	}
	return probeOK
}

// latest is result without the wait, when an answer is not older than that: a new one is
// asked for meanwhile.
func (p *probe) latest(old time.Duration) string {
	p.mu.Lock()
	told, fresh := p.told, !p.at.IsZero() && time.Since(p.at) < old
	if fresh && told != "" && p.running == nil && time.Since(p.at) >= p.every {
		p.running = make(chan struct{})
		go p.run(p.running)
	}
	p.mu.Unlock()
	if fresh && told != "" {
		return told
	}
	return p.result()
}

func (p *probe) run(done chan struct{}) {
	ctx, cancel := context.WithTimeout(context.Background(), p.wait)
	defer cancel()
	err := p.ask(ctx)
	p.tell(ended(err), err)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last, p.at, p.running = err, time.Now(), nil
	close(done)
}

// tell writes to the log when the answer is another one than before.
func (p *probe) tell(result string, err error) string {
	p.mu.Lock()
	changed := p.told != result && (p.told != "" || result != probeOK)
	p.told = result
	p.mu.Unlock()
	switch {
	case changed && err != nil:
		slog.Error("not ready", "check", p.name, "result", result, "err", err)
	case changed:
		slog.Info("ready again", "check", p.name)
	}
	return result
}
