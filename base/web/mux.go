package web

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/klauspost/compress/gzhttp"

	"cchc/base/actor"
	"cchc/base/fault"
	"cchc/base/moment"
	"cchc/base/web/static"
	"cchc/base/web/ui"
)

// A Handler answers a request or returns why it could not; the Mux writes the
// error. Writing the answer is the last thing that a Handler does.
type Handler func(w http.ResponseWriter, r *http.Request) error

// Access says who may call a route.
type Access struct {
	signedIn  bool
	secret    bool
	published bool
	live      bool
	entry     bool
	body      int64
}

var (
	// Public routes are open to everybody. Given to a POST it is a promise that
	// the form is meant for visitors.
	Public = Access{}
	// SignedIn routes send visitors to sign in first.
	SignedIn = Access{signedIn: true}
	// BySecret routes are for whoever has the secret {token} of their path, from a receipt
	// or a message, without an account. Whatever else may be right of a secret that is
	// nobody's, it is not found. No cache keeps what they answer.
	BySecret = Access{secret: true}
	// Published routes show everybody what was published, of whichever unit; the same to
	// all, and by GET only.
	Published = Public.OfPublished()
)

// secretInPath is where the secret of a BySecret route stands in its pattern.
const secretInPath = "/{token}"

// OfPublished returns the access for a route that shows only what was published.
func (a Access) OfPublished() Access { a.published = true; return a }

// Body returns the access with another limit for the size of what is sent, for
// uploads.
func (a Access) Body(bytes int64) Access { a.body = bytes; return a }

// Live returns the access of a route that answers with events for as long as somebody
// watches (Stream). It has no limit of time, and places of its own; who asks another
// route for events gets what that route gives, where everybody gets it.
func (a Access) Live() Access { a.live = true; return a }

// Entry returns the access of a route by which people sign in or out. It has places of
// its own: a flood of visitors leaves them, and a flood of sign-ins takes no others.
func (a Access) Entry() Access { a.entry = true; return a }

// ForEntry reports whether people sign in or out by the route.
func (a Access) ForEntry() bool { return a.entry }

// NeedsSignIn reports whether visitors are refused.
func (a Access) NeedsSignIn() bool { return a.signedIn }

// NeedsSecret reports whether the route is for who has the secret of its path.
func (a Access) NeedsSecret() bool { return a.secret }

// ShowsPublished reports whether the route shows only what was published.
func (a Access) ShowsPublished() bool { return a.published }

// Config is what a Mux needs from the rest of the program.
type Config struct {
	Product  string
	Sessions scs.Store // of accounts' sessions; in memory when nil
	// Load returns the actor of an account as of now, for a session that began at
	// signedIn: a right that was withdrawn is gone with the next request. An error
	// fault.Unauthenticated signs out.
	Load func(ctx context.Context, account string, signedIn moment.Instant) (actor.Actor, error)
	// Bearer returns the actor behind the token of a program that calls the API;
	// nil knows no tokens.
	Bearer func(ctx context.Context, token string) (actor.Actor, error)
	// Seen is told once in some minutes that a session, which began at signedIn, is used
	// from an address; nil is not told.
	Seen func(ctx context.Context, account string, signedIn moment.Instant, from string)
	// SignedOut ends for good a session, which began at signedIn, when its browser signs
	// out or somebody signs in there anew; nil only forgets it in the browser.
	SignedOut func(ctx context.Context, account string, signedIn moment.Instant) error
	// Behalf returns the actor acting in another's place by a delegation (see
	// ActFor); asked with every request. A fault NotFound ends that.
	Behalf func(ctx context.Context, a actor.Actor, delegation string) (actor.Actor, error)
	// Elsewhere returns the only address that this request may go to now, or "":
	// the first run, a first password that must be changed.
	Elsewhere func(r *http.Request, a actor.Actor) (string, error)
	// Place names the actor's unit for the top bar, or the province for a visitor.
	Place func(ctx context.Context, a actor.Actor) string
	// Nav lists what the actor may open, in order.
	Nav func(ctx context.Context, a actor.Actor) []ui.Link
	// Bell counts what the actor was told and did not read yet, for the top of every
	// page of who is signed in; nil shows no bell.
	Bell func(ctx context.Context, a actor.Actor) (int, error)
	// Search returns where the top bar's search goes for the actor, or "".
	Search func(a actor.Actor) string

	Cookie   string // name of the session's cookie; "cchc" when empty
	Training bool   // mark every page as training: nothing on it is real
	// Help returns the address of the guide to the page at a path; nil shows none.
	Help func(path string) string

	Demo       bool          // mark every page as an illustration
	Secure     bool          // people reach us over TLS
	TrustProxy bool          // X-Forwarded-For's last address is the client's
	BodyLimit  int64         // bytes; 1 MB when 0
	Idle       time.Duration // sign out after so long without a request; 2 h when 0
	Lifetime   time.Duration // sign out after so long in any case; 12 h when 0
	Limits     Limits        // how many requests are served at once
	Patience   time.Duration // after which a request is given up; never when 0
	// Heavy tells which requests read much (reports, exports) by their route; nil none.
	Heavy func(r *http.Request, pattern string) bool
	// Routed is told the route's pattern and the status of a request; nil nothing.
	Routed func(ctx context.Context, route string, status int)
	// Measure begins to measure a request; what it returns is told the route's pattern
	// ("" for none), the status, and whether it was a stream. nil measures nothing.
	Measure func() (done func(route string, status int, stream bool))
	Now     func() time.Time // required
	Log     *slog.Logger     // slog.Default() when nil
}

// A Mux routes requests to handlers and puts around them what all need. It is an
// http.Handler.
type Mux struct {
	cfg      Config
	routes   *http.ServeMux
	sessions *scs.SessionManager
	origin   *http.CrossOriginProtection
	chain    http.Handler
	patterns []string
	plain    map[string]http.HandlerFunc
	access   map[string]Access  // of patterns
	handlers map[string]Handler // of patterns
	gate     *gate
	warned   atomic.Int64 // unix seconds of the last warning that some are sent away
	closing  context.Context
	close    context.CancelFunc
}

// New returns a Mux with the routes that every installation has: static files,
// what people prefer, and the help on keys.
func New(cfg Config) *Mux {
	if cfg.Product == "" {
		cfg.Product = "CCHC"
	}
	if cfg.BodyLimit == 0 {
		cfg.BodyLimit = 1 << 20
	}
	if cfg.Idle == 0 {
		cfg.Idle = 2 * time.Hour
	}
	if cfg.Lifetime == 0 {
		cfg.Lifetime = 12 * time.Hour
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	m := &Mux{cfg: cfg, routes: http.NewServeMux(), plain: map[string]http.HandlerFunc{}, access: map[string]Access{}, handlers: map[string]Handler{}, gate: newGate(cfg.Limits), origin: http.NewCrossOriginProtection()}
	m.sessions = m.newSessions()
	m.closing, m.close = context.WithCancel(context.Background())
	zip, err := gzhttp.NewWrapper(gzhttp.MinSize(1024))
	if err != nil {
		panic(err) // only for options that clash
	}
	pages := m.framed(m.guarded(m.gated(m.sessions.LoadAndSave(m.known(http.HandlerFunc(m.route))))))
	zipped := zip(pages)
	programs := m.framed(m.gated(m.borne(http.HandlerFunc(m.route))))
	if m.cfg.Bearer != nil {
		programs = zip(programs)
	}
	files := static.Handler()
	m.chain = m.logged(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		secure(w.Header(), cfg.Secure)
		switch plain := m.plain[r.URL.Path]; {
		case plain != nil && (r.Method == http.MethodGet || r.Method == http.MethodHead):
			visitOf(r.Context()).route = "GET " + r.URL.Path
			w.Header().Set("Cache-Control", "no-store")
			plain(w, r)
		case strings.HasPrefix(r.URL.Path, "/static/"):
			visitOf(r.Context()).route = routeStatic
			files.ServeHTTP(w, r)
		case m.cfg.Bearer != nil && bears(r):
			programs.ServeHTTP(w, r)
		case m.live(r):
			ctx, cancel := context.WithCancel(r.Context())
			defer cancel()
			defer context.AfterFunc(m.closing, cancel)()
			pages.ServeHTTP(w, r.WithContext(ctx)) // not through the compressor, which holds back
		default:
			zipped.ServeHTTP(w, r)
		}
	}))
	m.Handle("POST /preferences", Public, m.prefer)
	m.Handle("GET /keys", Public, func(w http.ResponseWriter, r *http.Request) error {
		return Render(w, r, http.StatusOK, ui.KeysPage())
	})
	return m
}

// Handle registers a handler for a pattern of http.ServeMux, which must name a
// method. It panics for one that does not, where ServeMux does, and for an access that
// the pattern belies: a secret that is not in the path, something published by POST.
func (m *Mux) Handle(pattern string, a Access, h Handler) {
	method, _, ok := strings.Cut(pattern, " ")
	if !ok || method != strings.ToUpper(method) {
		panic("web: the pattern " + pattern + " names no method")
	}
	if a.secret != strings.Contains(pattern+"/", secretInPath+"/") {
		panic("web: a secret is in the path of a route that asks for one, and of no other: " + pattern)
	}
	if a.published && method != http.MethodGet {
		panic("web: what was published is read: " + pattern)
	}
	m.patterns = append(m.patterns, pattern)
	m.access[pattern], m.handlers[pattern] = a, h
	m.routes.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		w = &recorder{ResponseWriter: w} // so that fail knows what the compressor holds back
		if a.signedIn && !Actor(r.Context()).SignedIn() {
			m.fail(w, r, fault.New(fault.Unauthenticated, "web.sign_in.first"))
			return
		}
		limit := a.body
		if limit == 0 {
			limit = m.cfg.BodyLimit
		}
		r.Body = http.MaxBytesReader(w, r.Body, limit)
		if a.secret {
			w.Header().Set("Cache-Control", "no-store")
		}
		if err := h(w, r); err != nil {
			m.fail(w, r, err)
		}
	})
}

// Plain registers what a machine asks at a path, by GET: is the program alive. It is
// answered whatever goes on: with no session, no database, no page around it.
func (m *Mux) Plain(path string, h http.HandlerFunc) {
	m.patterns = append(m.patterns, "GET "+path)
	m.plain[path] = h
}

// Patterns lists what Handle and Plain were called with, in order.
func (m *Mux) Patterns() []string { return slices.Clone(m.patterns) }

// AccessOf returns who may call a pattern of Patterns; Public for one of Plain.
func (m *Mux) AccessOf(pattern string) Access { return m.access[pattern] }

// HandlerOf returns what Handle was given for a pattern of Patterns, to be read by who
// wants to know which function answers it; nil for one of Plain. Only tests ask: they read
// from it which fields a route takes.
func (m *Mux) HandlerOf(pattern string) Handler { return m.handlers[pattern] }

// Routes returns the plain mux, for libraries that register routes by themselves
// (the API). They stand behind the same guards, and check rights by themselves.
func (m *Mux) Routes() *http.ServeMux { return m.routes }

// Close ends the streams, which would keep a server from shutting down: give it to
// http.Server.RegisterOnShutdown. Other requests are not touched.
func (m *Mux) Close() { m.close() }

// ServeHTTP answers a request.
func (m *Mux) ServeHTTP(w http.ResponseWriter, r *http.Request) { m.chain.ServeHTTP(w, r) }

// route hands the request to its handler, and writes the mux's own answers (not
// found, method not allowed) as our pages.
func (m *Mux) route(w http.ResponseWriter, r *http.Request) {
	h, pattern := m.routes.Handler(r)
	if m.cfg.Elsewhere != nil {
		to, err := m.cfg.Elsewhere(r, Actor(r.Context()))
		if to != "" || err != nil {
			visitOf(r.Context()).route = pattern
		}
		if err != nil { // nobody is let on in doubt
			m.fail(w, r, err)
			return
		}
		if to != "" {
			w.Header().Set("Cache-Control", "no-store")
			http.Redirect(w, r, to, http.StatusSeeOther)
			return
		}
	}
	if pattern != "" {
		visitOf(r.Context()).route = pattern
		m.routes.ServeHTTP(w, r) // again, for it sets the path's values
		return
	}
	own := verdict{header: http.Header{}}
	h.ServeHTTP(&own, r)
	if own.code == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", own.header.Get("Allow"))
		m.fail(w, r, errMethod)
		return
	}
	m.fail(w, r, fault.New(fault.NotFound, "web.not_found.text"))
}

// A verdict keeps what ServeMux answers by itself, and not its words.
type verdict struct {
	header http.Header
	code   int
}

func (v *verdict) Header() http.Header         { return v.header }
func (v *verdict) Write(b []byte) (int, error) { return len(b), nil }
func (v *verdict) WriteHeader(code int)        { v.code = code }

// routeStatic is the route of static files in the log.
const routeStatic = "GET /static/"

// live reports whether the request is for a route that answers with events.
func (m *Mux) live(r *http.Request) bool {
	_, pattern := m.routes.Handler(r)
	return m.access[pattern].live
}

// streams reports whether whoever asks wants events: the answer to those who may not
// have them is then for a program and no page.
func streams(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "text/event-stream")
}

// secure sets what tells browsers to trust nothing but ourselves. Images may be
// data: URLs because the style sheet draws arrows and ticks with them.
func secure(h http.Header, tls bool) {
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; "+
		"img-src 'self' data:; font-src 'self'; connect-src 'self'; object-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
	if tls {
		h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
	}
}

// guarded refuses what a page of another site sends.
func (m *Mux) guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := m.origin.Check(r); err != nil {
			m.fail(w, r, fault.New(fault.Forbidden, "web.cross_origin").Because(err))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// A visit is what we know of one request, for the log and for handlers.
type visit struct {
	mux   *Mux
	actor actor.Actor
	route string
	id    string // of the request
	code  string // of an error that the log tells of
	shed  string // class of a request that was sent away
}

type visitKey struct{}

func visitOf(ctx context.Context) *visit {
	v, _ := ctx.Value(visitKey{}).(*visit)
	return v
}

// Actor returns who makes the request; the zero Actor is a visitor.
func Actor(ctx context.Context) actor.Actor {
	if v := visitOf(ctx); v != nil {
		return v.actor
	}
	return actor.Actor{}
}

// ClientIP returns the address that the request came from: the connection's, or
// the one that our own proxy saw.
func ClientIP(r *http.Request) string {
	if v := visitOf(r.Context()); v != nil && v.mux.cfg.TrustProxy {
		list := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		if ip := net.ParseIP(strings.TrimSpace(list[len(list)-1])); ip != nil {
			return ip.String()
		}
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// errorCode returns a code that a person can read out on the telephone.
func errorCode() string { return rand.Text()[:8] }
