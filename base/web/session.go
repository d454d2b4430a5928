package web

import (
	"context"
	"crypto/rand"
	"net/http"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"

	"cchc/base/actor"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/web/ui"
)

// What a session holds.
const (
	keyAccount = "account"
	keyWhose   = "whose" // account whose things the session keeps: keyAccount, and of before a second step
	keyAt      = "at"    // instant of signing in
	keySeen    = "seen"  // unix seconds of about the last request
	keyFor     = "for"   // delegation under which the actor acts
	keyFlash   = "flash"
	keyKind    = "flash_kind"
	keyKept    = "kept"

	keyStale  = "stale"  // the provider let in whom it knew from before
	keyStrong = "strong" // how it was shown, beyond a password, who signed in
	keyHeld   = "held."  // before the names of Hold

	keyPending   = "pending" // account whose password was right
	keyPendingAt = "pending_at"
)

// seenEvery is how exactly the last request is known: a session is written once
// in so long, not with every page.
const seenEvery = 10 * time.Minute

func (m *Mux) newSessions() *scs.SessionManager {
	s := scs.New()
	if m.cfg.Sessions != nil {
		s.Store = m.cfg.Sessions
	}
	s.Lifetime = m.cfg.Lifetime
	s.Cookie.Name = m.cookie()
	s.Cookie.HttpOnly = true
	s.Cookie.SameSite = http.SameSiteLaxMode
	s.Cookie.Persist = false // counters are shared: closing the browser signs out
	if m.cfg.Secure {
		s.Cookie.Name = "__Host-" + m.cookie()
		s.Cookie.Secure = true
	}
	s.ErrorFunc = func(w http.ResponseWriter, r *http.Request, err error) {
		m.fail(w, r, err)
		panic(errAnswered)
	}
	return s
}

// cookie names the session's cookie; two installations on one host need two.
func (m *Mux) cookie() string {
	if m.cfg.Cookie == "" {
		return "cchc"
	}
	return m.cfg.Cookie
}

// behalf returns the actor in whose place the session acts, or itself. When the
// delegation is over a page shows as one's own and says so, and what was sent is
// refused: it was meant to be done in another's name.
func (m *Mux) behalf(r *http.Request, a actor.Actor) (actor.Actor, error) {
	ctx := r.Context()
	id := m.sessions.GetString(ctx, keyFor)
	if id == "" || m.cfg.Behalf == nil {
		return a, nil
	}
	other, err := m.cfg.Behalf(ctx, a, id)
	if !fault.Is(err, fault.NotFound) {
		return other, err
	}
	m.sessions.Remove(ctx, keyFor)
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return a, fault.New(fault.Conflict, fault.As(err).Key).Because(err)
	}
	flash(ctx, ui.Soon, i18n.Fault(ctx, fault.As(err)))
	return a, nil
}

// ActFor makes the session act in another's place by a delegation, or for itself
// again with "". Whether the delegation holds is asked with every request.
func ActFor(ctx context.Context, delegation string) {
	s := visitOf(ctx).mux.sessions
	if delegation == "" {
		s.Remove(ctx, keyFor)
		return
	}
	s.Put(ctx, keyFor, delegation)
}

// Since returns when the session signed in; it names the session of its account.
func Since(ctx context.Context) moment.Instant {
	v := visitOf(ctx)
	if v == nil || !v.actor.SignedIn() {
		return 0
	}
	return moment.Instant(v.mux.sessions.GetInt64(ctx, keyAt))
}

// known finds out who makes the request, before any handler runs.
func (m *Mux) known(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := r.Context()
		v := visitOf(ctx)
		if account := m.sessions.GetString(ctx, keyAccount); account != "" {
			a, err := m.load(r, account)
			switch {
			case fault.Is(err, fault.Unauthenticated):
				if err := m.sessions.Destroy(ctx); err != nil {
					m.fail(w, r, err)
					return
				}
			case err != nil:
				m.fail(w, r, err)
				return
			default:
				v.actor = a
				if v.actor, err = m.behalf(r, a); err != nil {
					m.fail(w, r, err)
					return
				}
			}
		}
		frame := ui.FrameOf(ctx)
		if !WantsJSON(r) && !streams(r) {
			m.fill(ctx, frame, v.actor)
		}
		if r.Method == http.MethodGet && !WantsJSON(r) && !streams(r) && r.Header.Get("HX-Request") == "" {
			if text := m.sessions.PopString(ctx, keyFlash); text != "" {
				frame.Flashes = append(frame.Flashes, ui.Flash{Text: text, Kind: ui.Kind(m.sessions.PopString(ctx, keyKind))})
			}
		}
		next.ServeHTTP(w, r)
	})
}

// WhoPath is where our script asks whether the session whose page it stands in still goes
// on. Asking keeps no session alive.
const WhoPath = "/sign-in/who"

// Left returns whose session it is and how long it goes on if nobody uses it; "" and 0
// when nobody is signed in.
func Left(ctx context.Context) (account string, left time.Duration) {
	v := visitOf(ctx)
	if !v.actor.SignedIn() || v.actor.Token != "" {
		return "", 0
	}
	m := v.mux
	now := m.cfg.Now()
	left = m.cfg.Idle - now.Sub(time.Unix(m.sessions.GetInt64(ctx, keySeen), 0))
	return v.actor.Account, max(0, min(left, m.cfg.Lifetime-now.Sub(Since(ctx).Time())))
}

// fill puts into the frame what depends on who looks.
func (m *Mux) fill(ctx context.Context, f *ui.Frame, a actor.Actor) {
	f.Person = a.Name
	if a.SignedIn() && f.Person == "" {
		f.Person = a.Login
	}
	f.For = a.For.Name
	f.Who, f.Left = Left(ctx)
	if m.cfg.Place != nil {
		f.Unit = m.cfg.Place(ctx, a)
	}
	if m.cfg.Nav != nil {
		f.Nav = m.cfg.Nav(ctx, a)
	}
	if m.cfg.Search != nil {
		f.Search = m.cfg.Search(a)
	}
	if m.cfg.Bell != nil && a.SignedIn() {
		n, err := m.cfg.Bell(ctx, a)
		if err != nil { // a page is worth more than its bell
			m.cfg.Log.WarnContext(ctx, "count notices", "err", err)
		}
		f.Bell, f.Unread = true, n
	}
}

// load returns the session's actor, or Unauthenticated when the session lay idle
// for too long or the account is gone.
func (m *Mux) load(r *http.Request, account string) (actor.Actor, error) {
	ctx := r.Context()
	now := m.cfg.Now()
	idle := now.Sub(time.Unix(m.sessions.GetInt64(ctx, keySeen), 0))
	if idle > m.cfg.Idle {
		return actor.Actor{}, fault.New(fault.Unauthenticated, "web.sign_in.idle")
	}
	if m.cfg.Load == nil {
		return actor.Actor{}, fault.New(fault.Unauthenticated, "web.sign_in.first")
	}
	a, err := m.cfg.Load(ctx, account, moment.Instant(m.sessions.GetInt64(ctx, keyAt)))
	if err == nil && idle > seenEvery && r.URL.Path != WhoPath {
		m.sessions.Put(ctx, keySeen, now.Unix())
		if m.cfg.Seen != nil {
			m.cfg.Seen(ctx, account, moment.Instant(m.sessions.GetInt64(ctx, keyAt)), ClientIP(r))
		}
	}
	return a, err
}

// SignIn begins the session of an account whose password was found right at an
// instant. The session gets a new token, so that one planted before is worth
// nothing.
func SignIn(ctx context.Context, account string, at moment.Instant) error {
	m := visitOf(ctx).mux
	if err := m.turn(ctx, account, at); err != nil {
		return err
	}
	m.sessions.Remove(ctx, keyPending)
	m.sessions.Remove(ctx, keyFor)
	m.sessions.Remove(ctx, keyStrong)
	m.sessions.Remove(ctx, keyStale)
	m.sessions.Put(ctx, keyAccount, account)
	m.sessions.Put(ctx, keyAt, int64(at))
	m.sessions.Put(ctx, keySeen, m.cfg.Now().Unix())
	return nil
}

// turn gives the session a new token and makes it ready for an account, which signed in
// at an instant or 0: the sign-in of before is over, and nothing that somebody else looked for or came with is the next
// one's.
func (m *Mux) turn(ctx context.Context, account string, at moment.Instant) error {
	if err := m.sessions.RenewToken(ctx); err != nil {
		return err
	}
	if m.sessions.GetString(ctx, keyAccount) != account || m.sessions.GetInt64(ctx, keyAt) != int64(at) {
		if err := m.signedOut(ctx); err != nil {
			return err
		}
	}
	if was := m.sessions.GetString(ctx, keyWhose); was != "" && was != account {
		if err := m.sessions.Clear(ctx); err != nil {
			return err
		}
	}
	m.sessions.Put(ctx, keyWhose, account)
	return nil
}

// signedOut ends the sign-in of the session where accounts keep it: a slow request that
// writes the session back brings nobody in again, and it counts as open no more.
func (m *Mux) signedOut(ctx context.Context) error {
	account := m.sessions.GetString(ctx, keyAccount)
	if account == "" || m.cfg.SignedOut == nil {
		return nil
	}
	return m.cfg.SignedOut(ctx, account, moment.Instant(m.sessions.GetInt64(ctx, keyAt)))
}

// Strengthen notes that the session which just began was opened by more than a
// password, without a factor of the account's own: the provider of single sign-on
// asked for one, and is believed.
func Strengthen(ctx context.Context) { visitOf(ctx).mux.sessions.Put(ctx, keyStrong, "provider") }

// Strong reports whether the session was opened so. A program has no session.
func Strong(ctx context.Context) bool {
	v := visitOf(ctx)
	return v != nil && v.actor.SignedIn() && v.actor.Token == "" && v.mux.sessions.GetString(ctx, keyStrong) != ""
}

// Fresh reports whether somebody signed in a few minutes ago: what one signs in with
// is not changed by whoever finds a session left open.
func Fresh(ctx context.Context) bool {
	v := visitOf(ctx)
	at := Since(ctx)
	return at != 0 && moment.Of(v.mux.cfg.Now()) < at.Add(freshFor) && v.mux.sessions.GetString(ctx, keyStale) == ""
}

// Stale notes that whoever began the session just now did not show who they are: the
// provider of single sign-on knew the browser from before, or does not say.
func Stale(ctx context.Context) { visitOf(ctx).mux.sessions.Put(ctx, keyStale, "provider") }

// freshFor is how long after signing in a session is fresh.
const freshFor = 15 * time.Minute

// Hold keeps a text in the session under a name, for as long as the session lasts or
// until Take.
func Hold(ctx context.Context, name, text string) {
	visitOf(ctx).mux.sessions.Put(ctx, keyHeld+name, text)
}

// Held returns what Hold keeps under a name, or "".
func Held(ctx context.Context, name string) string {
	return visitOf(ctx).mux.sessions.GetString(ctx, keyHeld+name)
}

// Take returns what Hold keeps under a name, once.
func Take(ctx context.Context, name string) string {
	return visitOf(ctx).mux.sessions.PopString(ctx, keyHeld+name)
}

// pendingFor is how long a password that was right waits for the second factor.
const pendingFor = 5 * time.Minute

// Pend notes in the session, which gets a new token, that an account's password was
// right and its second factor is wanted. Nobody is signed in by it.
func Pend(ctx context.Context, account string) error {
	m := visitOf(ctx).mux
	if err := m.turn(ctx, account, 0); err != nil {
		return err
	}
	m.sessions.Remove(ctx, keyAccount)
	m.sessions.Put(ctx, keyPending, account)
	m.sessions.Put(ctx, keyPendingAt, m.cfg.Now().Unix())
	return nil
}

// Pending returns the account whose second factor is wanted, or "" when there is
// none or it waited for too long.
func Pending(ctx context.Context) string {
	m := visitOf(ctx).mux
	if m.cfg.Now().Sub(time.Unix(m.sessions.GetInt64(ctx, keyPendingAt), 0)) > pendingFor {
		return ""
	}
	return m.sessions.GetString(ctx, keyPending)
}

// SignOut ends the session.
func SignOut(ctx context.Context) error {
	v := visitOf(ctx)
	if err := v.mux.signedOut(ctx); err != nil {
		return err
	}
	v.actor = actor.Actor{}
	return v.mux.sessions.Destroy(ctx)
}

// SeeOther ends a POST that succeeded: the browser is sent to url and shows the
// message of key there, once. An empty key shows none.
func SeeOther(w http.ResponseWriter, r *http.Request, url, key string, args ...any) error {
	if key != "" {
		flash(r.Context(), ui.OK, i18n.T(r.Context(), key, args...))
	}
	http.Redirect(w, r, url, http.StatusSeeOther)
	return nil
}

// Warn shows a message on the next page beside what SeeOther says, for what
// succeeded in part.
func Warn(ctx context.Context, key string, args ...any) {
	flash(ctx, ui.Soon, i18n.T(ctx, key, args...))
}

func flash(ctx context.Context, kind ui.Kind, text string) {
	m := visitOf(ctx).mux
	if before := m.sessions.GetString(ctx, keyFlash); before != "" {
		text = before + " " + text
	}
	m.sessions.Put(ctx, keyFlash, text)
	m.sessions.Put(ctx, keyKind, string(kind))
}

// keptTexts is how many texts a session remembers: the oldest makes room.
const keptTexts = 20

// Remember keeps a text in the session and returns the name by which Remembered
// finds it: what must not stand in an address, as a person's number must not. It
// lasts as long as the session.
func Remember(ctx context.Context, text string) string {
	m := visitOf(ctx).mux
	kept := m.kept(ctx)
	for i := range kept {
		if name, t, _ := strings.Cut(kept[i], " "); t == text {
			return name
		}
	}
	name := strings.ToLower(rand.Text()[:10])
	kept = append(kept, name+" "+strings.ReplaceAll(text, "\n", " "))
	m.sessions.Put(ctx, keyKept, strings.Join(kept[max(0, len(kept)-keptTexts):], "\n"))
	return name
}

// Remembered returns the text that Remember kept under a name, or "".
func Remembered(ctx context.Context, name string) string {
	for _, line := range visitOf(ctx).mux.kept(ctx) {
		if n, text, _ := strings.Cut(line, " "); n == name {
			return text
		}
	}
	return ""
}

func (m *Mux) kept(ctx context.Context) []string {
	return strings.FieldsFunc(m.sessions.GetString(ctx, keyKept), func(r rune) bool { return r == '\n' })
}

// framed chooses language and looks before anything can fail, so that error
// pages have them too.
func (m *Mux) framed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := m.preferences(r)
		f := &ui.Frame{
			Product: m.cfg.Product, Demo: m.cfg.Demo, Training: m.cfg.Training, AsOf: moment.Of(m.cfg.Now()), Path: Local(r.URL.RequestURI()),
			Size: p.Get("size"), Contrast: p.Get("contrast") == "on", KeysOff: p.Get("keys") == "off",
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			f.Path = "/" // one cannot come back to what was sent
		}
		if m.cfg.Help != nil {
			f.Help = m.cfg.Help(r.URL.Path)
		}
		lang := p.Get("lang")
		if !i18n.Known(lang) {
			lang = i18n.Match(r.Header.Get("Accept-Language"))
		}
		ctx := ui.WithFrame(i18n.With(r.Context(), lang), f)
		w.Header().Add("Vary", "Accept-Language")
		w.Header().Set("Content-Language", lang)
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}
