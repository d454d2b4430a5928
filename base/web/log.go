package web

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"log/slog"
	"net/http"
	"regexp"
	"runtime/debug"
)

// logged writes one line for each request and turns a panic into an error page.
// The line holds the route's pattern rather than the address, for addresses hold
// codes and what people typed.
func (m *Mux) logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begin := m.cfg.Now()
		measured := func(string, int, bool) {}
		if m.cfg.Measure != nil {
			measured = m.cfg.Measure()
		}
		v := &visit{mux: m, id: requestID(r, m.cfg.TrustProxy)}
		w.Header().Set(requestHeader, v.id)
		ctx := context.WithValue(r.Context(), visitKey{}, v)
		r = r.WithContext(ctx)
		rec := &recorder{ResponseWriter: w}
		defer func() {
			if p := recover(); p != nil && p != errAnswered {
				if p == http.ErrAbortHandler {
					panic(p)
				}
				v.code = errorCode()
				m.cfg.Log.ErrorContext(ctx, "panic in a handler", "code", v.code, "route", v.route, "panic", p, "stack", string(debug.Stack()))
				if rec.status == 0 {
					m.write(rec, r, answer{status: http.StatusInternalServerError, code: v.code})
				}
			}
			level := slog.LevelInfo
			switch {
			case v.route == routeStatic, m.plain[r.URL.Path] != nil: // what is not ready says so by itself
				level = slog.LevelDebug
			case rec.status >= 500 && v.shed == "": // those come by the hundred; see shedding
				level = slog.LevelError
			case rec.status == 0: // nothing written is an empty 200
				rec.status = http.StatusOK
			}
			measured(v.route, rec.status, m.access[v.route].live)
			if m.cfg.Routed != nil {
				m.cfg.Routed(ctx, v.route, rec.status)
			}
			attrs := []slog.Attr{
				slog.String("method", r.Method), slog.String("route", v.route), slog.Int("status", rec.status),
				slog.Int64("bytes", rec.bytes), slog.Float64("ms", float64(m.cfg.Now().Sub(begin).Microseconds())/1000),
			}
			if v.actor.SignedIn() {
				attrs = append(attrs, slog.String("account", v.actor.Account))
			}
			if v.shed != "" {
				attrs = append(attrs, slog.String("shed", v.shed))
			}
			if v.code != "" {
				attrs = append(attrs, slog.String("code", v.code))
			}
			m.cfg.Log.LogAttrs(ctx, level, "request", attrs...)
		}()
		next.ServeHTTP(rec, r)
	})
}

// Log returns the log of the site that answers a request.
func Log(ctx context.Context) *slog.Logger {
	if v := visitOf(ctx); v != nil {
		return v.mux.cfg.Log
	}
	return slog.Default()
}

// errAnswered is panicked with to leave a handler whose answer was replaced by an
// error page behind its back: its session could not be kept.
var errAnswered = errors.New("answered already")

// A recorder remembers what was answered.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 && status >= 200 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	n, err := r.ResponseWriter.Write(b)
	r.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

const requestHeader = "X-Request-Id"

var requestForm = regexp.MustCompile(`^[0-9a-f-]{16,64}$`)

// requestID names a request in the log and in its answer: as our own proxy called it
// if that is a random name, or by a new one.
func requestID(r *http.Request, trusted bool) string {
	if id := r.Header.Get(requestHeader); trusted && requestForm.MatchString(id) {
		return id
	}
	var b [8]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// RequestID returns the name of the context's request, "" outside of one.
func RequestID(ctx context.Context) string {
	if v := visitOf(ctx); v != nil {
		return v.id
	}
	return ""
}
