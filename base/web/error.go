package web

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/file"
	"cchc/base/i18n"
	"cchc/base/web/ui"
)

// errMethod is for an address that exists, asked in a way that it does not know.
var errMethod = errors.New("method not allowed")

// RetryAfter is after how many seconds what is not available may be tried again: another
// server of the database takes over in less than a minute.
const RetryAfter = 10

// fullAgain is the same where a person has to make room first.
const fullAgain = 60

// An answer is how an error is told.
type answer struct {
	status int
	fault  *fault.Fault // nil for what is our mistake
	code   string       // of the log's line, for our mistakes
}

var statuses = map[fault.Kind]int{
	fault.Invalid:         http.StatusBadRequest,
	fault.NotFound:        http.StatusNotFound,
	fault.Forbidden:       http.StatusForbidden,
	fault.Conflict:        http.StatusConflict,
	fault.Unauthenticated: http.StatusUnauthorized,
	fault.TooMany:         http.StatusTooManyRequests,
	fault.Unavailable:     http.StatusServiceUnavailable,
}

// classify tells what sort of answer an error is.
func classify(err error) answer {
	if f := fault.As(err); f != nil {
		return answer{status: statuses[f.Kind], fault: f}
	}
	tooLarge := new(http.MaxBytesError)
	switch {
	case errors.Is(err, errMethod):
		return answer{status: http.StatusMethodNotAllowed, fault: fault.New(fault.Invalid, "web.method.text")}
	case errors.As(err, &tooLarge):
		return answer{status: http.StatusRequestEntityTooLarge, fault: fault.New(fault.Invalid, "web.too_large.text", "Megabytes", (tooLarge.Limit+1<<20-1)>>20)}
	case errors.Is(err, db.ErrUncertain):
		return answer{status: http.StatusServiceUnavailable, fault: fault.New(fault.Unavailable, "web.uncertain.text", "Seconds", RetryAfter).Because(err)}
	case errors.Is(err, db.ErrAway):
		return answer{status: http.StatusServiceUnavailable, fault: fault.New(fault.Unavailable, "web.away.text", "Seconds", RetryAfter).Because(err)}
	case errors.Is(err, db.ErrFull), errors.Is(err, db.ErrDisk), errors.Is(err, file.ErrFull):
		return answer{status: http.StatusServiceUnavailable, fault: fault.New(fault.Unavailable, "web.full.text", "Seconds", fullAgain).Because(err)}
	case errors.Is(err, file.ErrAway):
		return answer{status: http.StatusServiceUnavailable, fault: fault.New(fault.Unavailable, "web.store_away.text", "Seconds", RetryAfter).Because(err)}
	case errors.Is(err, db.ErrRetry), errors.Is(err, context.DeadlineExceeded),
		errors.Is(err, context.Canceled): // not by whoever asks, see fail: work they shared, or a connection that was given up
		return answer{status: http.StatusServiceUnavailable, fault: fault.New(fault.Unavailable, "web.slow.text", "Seconds", RetryAfter).Because(err)}
	case errors.Is(err, db.ErrText): // whoever sends one did not type it
		f := fault.New(fault.Invalid, "web.form.invalid").Because(err)
		return answer{status: statuses[f.Kind], fault: f}
	case errors.Is(err, db.ErrNotFound):
		return answer{status: http.StatusNotFound, fault: fault.New(fault.NotFound, "web.not_found.text")}
	}
	return answer{status: http.StatusInternalServerError}
}

// fail writes an error: the only place that does. What is our mistake goes to the
// log with a code, and people are told the code.
func (m *Mux) fail(w http.ResponseWriter, r *http.Request, err error) {
	ctx := r.Context()
	v := visitOf(ctx)
	if rec := recorderOf(w); rec != nil && rec.status != 0 {
		// The answer has begun; all that is left is to tell the log.
		if ctx.Err() == nil {
			m.cfg.Log.ErrorContext(ctx, "answer broke off", "route", v.route, "err", err)
		}
		return
	}
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		gone(w)
		return
	}
	a := classify(err)
	switch {
	case a.fault == nil:
		a.code = errorCode()
		v.code = a.code
		m.cfg.Log.ErrorContext(ctx, "request failed", "code", a.code, "method", r.Method, "route", v.route, "err", err)
	case a.fault.Cause != nil:
		m.cfg.Log.InfoContext(ctx, "request refused", "route", v.route, "key", a.fault.Key, "cause", a.fault.Cause)
	}
	m.write(w, r, a)
}

// gone answers a request that was given up: nobody reads it, and the log shows that they
// went away. The connection goes too: net/http gives up whatever comes on one that it took
// for closed, and a proxy that keeps it would send more.
func gone(w http.ResponseWriter) {
	w.Header().Set("Connection", "close")
	w.WriteHeader(499)
}

func (m *Mux) write(w http.ResponseWriter, r *http.Request, a answer) {
	ctx := r.Context()
	if a.status == http.StatusTooManyRequests || a.status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", a.again())
	}
	switch {
	case WantsJSON(r):
		w.Header().Set("Content-Type", "application/problem+json")
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(a.status)
		json.NewEncoder(w).Encode(a.problem(ctx))
		return
	case a.status == http.StatusUnauthorized && r.Method == http.MethodGet && r.Header.Get("HX-Request") == "":
		http.Redirect(w, r, "/sign-in?next="+url.QueryEscape(r.URL.RequestURI()), http.StatusSeeOther)
		return
	}
	if ctx.Err() != nil { // its time is over, and a page that says why is made all the same
		ctx = context.WithoutCancel(ctx)
		r = r.WithContext(ctx)
		ui.FrameOf(ctx).Unasked = !Actor(ctx).SignedIn() // it was over before that was known
	}
	shed := visitOf(ctx) != nil && visitOf(ctx).shed != ""
	e := ui.Error{Status: a.status, Title: i18n.T(ctx, titles[a.status]), Code: a.code}
	if a.fault != nil {
		e.Text = i18n.Fault(ctx, a.fault)
		for _, f := range a.fault.Fields {
			e.Details = append(e.Details, i18n.Field(ctx, f))
		}
	}
	if shed {
		ui.FrameOf(ctx).Unasked = true
		e.Title, e.Again = i18n.T(ctx, "web.busy.title"), true
		e.Resend = resend(w, r)
		e.Lost = r.Method != http.MethodGet && r.Method != http.MethodHead && e.Resend == nil
	}
	page := ui.ErrorPage(e)
	if r.Header.Get("HX-Request") != "" {
		page = ui.ErrorNotice(e)
	}
	if err := Render(w, r, a.status, page); err != nil {
		m.cfg.Log.ErrorContext(ctx, "error page failed", "err", err)
		http.Error(w, http.StatusText(a.status), a.status)
	}
}

// again returns after how many seconds one may try again: what the fault says, or a
// minute.
func (a answer) again() string {
	if a.fault != nil {
		for i := 0; i+1 < len(a.fault.Args); i += 2 {
			if seconds, ok := a.fault.Args[i+1].(int); ok && a.fault.Args[i] == "Seconds" {
				return strconv.Itoa(seconds)
			}
		}
	}
	return "60"
}

// WrongStatus is the status of a form that is shown again for a fault, and sets when it
// may be sent again where only a time must pass.
func WrongStatus(w http.ResponseWriter, f *Form) int {
	if f.Fault != nil && f.Fault.Kind == fault.Unavailable {
		w.Header().Set("Retry-After", answer{fault: f.Fault}.again())
		return http.StatusServiceUnavailable
	}
	return http.StatusUnprocessableEntity
}

var titles = map[int]string{
	http.StatusBadRequest:            "web.error.invalid",
	http.StatusUnauthorized:          "web.error.unauthenticated",
	http.StatusForbidden:             "web.error.forbidden",
	http.StatusNotFound:              "web.error.not_found",
	http.StatusMethodNotAllowed:      "web.error.method",
	http.StatusConflict:              "web.error.conflict",
	http.StatusRequestEntityTooLarge: "web.error.too_large",
	http.StatusTooManyRequests:       "web.error.too_many",
	http.StatusInternalServerError:   "web.error.internal",
	http.StatusServiceUnavailable:    "web.error.unavailable",
}

// A Problem is an error for programs, RFC 9457. Type is stable and may be
// compared; Title and Detail are for people, in the request's language.
type Problem struct {
	Type   string         `json:"type"`
	Title  string         `json:"title"`
	Status int            `json:"status"`
	Detail string         `json:"detail,omitempty"`
	Code   string         `json:"code,omitempty" doc:"Code of the line in the server's log."`
	Errors []ProblemField `json:"errors,omitempty"`
}

// A ProblemField is what is wrong with one property of a request.
type ProblemField struct {
	Location string `json:"location"`
	Key      string `json:"key" doc:"Stable name of what is wrong."`
	Message  string `json:"message"`
}

func (a answer) problem(ctx context.Context) Problem {
	p := Problem{Type: "about:blank", Title: i18n.T(ctx, titles[a.status]), Status: a.status, Code: a.code}
	if a.fault != nil {
		p.Type, p.Detail = "urn:cchc:fault:"+a.fault.Key, i18n.Fault(ctx, a.fault)
		for _, f := range a.fault.Fields {
			p.Errors = append(p.Errors, ProblemField{Location: f.Name, Key: f.Key, Message: i18n.Field(ctx, f)})
		}
	}
	return p
}

// ProblemOf returns how a program is told of err. What is our mistake is logged
// with the code that the problem carries.
func ProblemOf(ctx context.Context, err error) Problem {
	a := classify(err)
	if v := visitOf(ctx); a.fault == nil && v != nil {
		a.code = errorCode()
		v.code = a.code
		v.mux.cfg.Log.ErrorContext(ctx, "request failed", "code", a.code, "route", v.route, "err", err)
	}
	return a.problem(ctx)
}

// WantsJSON reports whether the answer is for a program.
func WantsJSON(r *http.Request) bool {
	accept := r.Header.Get("Accept")
	return strings.HasPrefix(r.URL.Path, "/api/") && !strings.Contains(accept, "text/html") ||
		strings.Contains(accept, "json") && !strings.Contains(accept, "text/html")
}

// recorderOf finds the innermost recorder below what others wrapped around it.
func recorderOf(w http.ResponseWriter) *recorder {
	for w != nil {
		if r, ok := w.(*recorder); ok {
			return r
		}
		u, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			return nil
		}
		w = u.Unwrap()
	}
	return nil
}
