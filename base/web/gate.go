package web

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"cchc/base/fault"
	"cchc/base/web/ui"
)

// A Class is what a request is for, when more come than can be served at once: the
// first classes go before the later ones. See docs/adr/0036-load.md.
type Class int

const (
	Counter Class = iota // what people at work send: a dossier received, a step done
	Upload               // files, which come slowly
	Entry                // signing in and out
	Work                 // what people at work look at
	Program              // the API
	Visitor              // public pages
	Heavy                // reports, exports, what reads much
	Live                 // streams of events: each stays for hours and does little
	classes
)

// String names the class in metrics.
func (c Class) String() string {
	return [...]string{"counter", "upload", "entry", "work", "program", "visitor", "heavy", "live"}[c]
}

// Limits say how many requests are served at once. The zero value of a field is the
// default.
type Limits struct {
	AtOnce int           // of all classes but Live; 48
	Heavy  int           // of the class Heavy; 2
	Live   int           // of the class Live; 2000
	Wait   time.Duration // how long one waits for its turn; 2 s, and Heavy and Entry five times as long
}

// A Load is how a class stands.
type Load struct {
	Class   Class
	Inside  int   // being served
	Waiting int   // for their turn
	Let     int64 // let in since the start
	Shed    int64 // sent away since the start
}

// share is what a class may have of the places: own of its own, and total with all
// classes together. The places above a class's total are kept free for those before
// it. As many as queue may wait.
type share struct {
	own, total, queue int
	wait              time.Duration
}

// A gate lets in as many requests as can be served well, lets some more wait for a
// moment, and sends the others away at once: they may come again, and whoever is
// inside is served in the time that one is used to.
type gate struct {
	shares [classes]share

	mu     sync.Mutex
	inside [classes]int
	total  int // without Live
	queues [classes][]*waiter
	let    [classes]int64
	shed   [classes]int64
}

// A waiter is a request that waits; in is closed when it may enter.
type waiter struct{ in chan struct{} }

func newGate(l Limits) *gate {
	def := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	def(&l.AtOnce, 48)
	def(&l.Heavy, 2)
	def(&l.Live, 2000)
	if l.Wait <= 0 {
		l.Wait = 2 * time.Second
	}
	n := max(l.AtOnce, 4)
	g := &gate{}
	g.shares[Counter] = share{own: n, total: n, queue: 4 * n, wait: 2 * l.Wait}
	g.shares[Upload] = share{own: n / 4, total: n, queue: n, wait: 2 * l.Wait}
	// Signing in costs a hash, of which few are made at once: more inside would only wait
	// there, and whoever is sent away types the password again.
	g.shares[Entry] = share{own: n / 4, total: n - n/8, queue: 4 * n, wait: 5 * l.Wait}
	g.shares[Work] = share{own: n, total: n - n/8, queue: 2 * n, wait: l.Wait}
	g.shares[Program] = share{own: n / 2, total: n - n/4, queue: n, wait: l.Wait}
	g.shares[Visitor] = share{own: n / 2, total: n / 2, queue: n, wait: l.Wait}
	g.shares[Heavy] = share{own: min(l.Heavy, n/2), total: n / 2, queue: 4 * l.Heavy, wait: 5 * l.Wait}
	g.shares[Live] = share{own: l.Live}
	return g
}

// enter waits for a place. leave gives it back; ok is false when there is none.
func (g *gate) enter(ctx context.Context, c Class) (leave func(), ok bool) {
	g.mu.Lock()
	if g.free(c) && len(g.queues[c]) == 0 {
		g.take(c)
		g.mu.Unlock()
		return func() { g.leave(c) }, true
	}
	s := g.shares[c]
	if len(g.queues[c]) >= s.queue {
		g.shed[c]++
		g.mu.Unlock()
		return nil, false
	}
	w := &waiter{in: make(chan struct{})}
	g.queues[c] = append(g.queues[c], w)
	g.mu.Unlock()

	patience := time.NewTimer(s.wait)
	defer patience.Stop()
	select {
	case <-w.in:
		return func() { g.leave(c) }, true
	case <-patience.C:
	case <-ctx.Done():
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if i := slices.Index(g.queues[c], w); i >= 0 {
		g.queues[c] = slices.Delete(g.queues[c], i, i+1)
		g.shed[c]++
		return nil, false
	}
	return func() { g.leave(c) }, true // its turn came just now
}

func (g *gate) free(c Class) bool {
	s := g.shares[c]
	return g.inside[c] < s.own && (c == Live || g.total < s.total)
}

func (g *gate) take(c Class) {
	g.inside[c]++
	g.let[c]++
	if c != Live {
		g.total++
	}
}

// leave gives a place back to whoever waits, by the order of classes.
func (g *gate) leave(c Class) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inside[c]--
	if c != Live {
		g.total--
	}
	for c := range classes {
		for len(g.queues[c]) > 0 && g.free(c) {
			w := g.queues[c][0]
			g.queues[c] = slices.Delete(g.queues[c], 0, 1)
			g.take(c)
			close(w.in)
		}
	}
}

// Load tells how the classes stand.
func (m *Mux) Load() []Load {
	g := m.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	out := make([]Load, classes)
	for c := range classes {
		out[c] = Load{c, g.inside[c], len(g.queues[c]), g.let[c], g.shed[c]}
	}
	return out
}

// class tells what a request is for, by its route and never by who sends it: that is
// known only later, and costs a question to the database.
func (m *Mux) class(r *http.Request) Class {
	_, pattern := m.routes.Handler(r)
	a := m.access[pattern]
	reads := r.Method == http.MethodGet || r.Method == http.MethodHead
	switch {
	case a.live:
		return Live
	case a.entry: // whatever is sent there
		return Entry
	case m.cfg.Heavy != nil && m.cfg.Heavy(r, pattern):
		return Heavy
	case !reads && strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/"):
		return Upload
	case strings.HasPrefix(r.URL.Path, "/api/"):
		return Program
	case !a.signedIn:
		return Visitor
	case reads:
		return Work
	}
	return Counter
}

// When one that was sent away may come again, in seconds.
const (
	soonAgain  = 5
	laterAgain = 30 // a report or an export takes its time
)

// gated sends away what cannot be served well now, before anything was asked of the
// database and before what was sent was read.
func (m *Mux) gated(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := m.class(r)
		leave, ok := m.gate.enter(r.Context(), c)
		if ok {
			defer leave()
			ctx, cancel := m.patient(r.Context(), c)
			defer cancel()
			next.ServeHTTP(w, r.WithContext(ctx))
			return
		}
		if r.Context().Err() != nil {
			gone(w)
			return
		}
		again := soonAgain
		if c == Heavy {
			again = laterAgain
		}
		visitOf(r.Context()).shed = c.String()
		m.shedding(c)
		m.fail(w, r, fault.New(fault.Unavailable, "web.busy", "Seconds", again))
	})
}

// patient bounds how long a request may take: a database or a store that hangs must
// not hold whoever asks for ever. What people wait for has Patience, a report or a file
// that is sent ten times as long; a stream has no end.
func (m *Mux) patient(ctx context.Context, c Class) (context.Context, context.CancelFunc) {
	switch {
	case m.cfg.Patience == 0 || c == Live:
		return ctx, func() {}
	case c == Heavy || c == Upload:
		return context.WithTimeout(ctx, 10*m.cfg.Patience)
	}
	return context.WithTimeout(ctx, m.cfg.Patience)
}

// shedding warns, once in a while: each one is in the log anyway.
func (m *Mux) shedding(c Class) {
	now := m.cfg.Now().Unix()
	if last := m.warned.Load(); now-last >= 10 && m.warned.CompareAndSwap(last, now) {
		m.cfg.Log.Warn("more requests than can be served: some are sent away", "class", c.String())
	}
}

// resendMost is how many bytes of a form that was sent away come back in the page
// that says so.
const resendMost = 256 << 10

// secrets are fields that no page shows again.
var secrets = []string{"password", "old", "new", "again", "secret", "proof"}

// resend reads a form that was sent away and not looked at, so that the page can send
// it again with nothing typed lost. It returns nil for what has files or secrets in it,
// or is not a form: going back in the browser shows those again.
func resend(w http.ResponseWriter, r *http.Request) *ui.Resend {
	if r.Method != http.MethodPost || r.Header.Get("HX-Request") != "" || strings.HasPrefix(r.URL.Path, "/sign-in") || strings.HasPrefix(r.URL.Path, "/me/factor") ||
		!strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		return nil
	}
	r.Body = http.MaxBytesReader(w, r.Body, resendMost)
	if r.ParseForm() != nil {
		return nil
	}
	out := &ui.Resend{Action: Local(r.URL.RequestURI())}
	for name, values := range r.PostForm {
		if slices.Contains(secrets, name) {
			return nil
		}
		for _, v := range values {
			out.Fields = append(out.Fields, ui.Sent{Name: name, Value: v})
		}
	}
	slices.SortStableFunc(out.Fields, func(a, b ui.Sent) int { return strings.Compare(a.Name, b.Name) })
	return out
}
