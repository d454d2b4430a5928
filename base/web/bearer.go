package web

import (
	"net/http"
	"strings"

	"cchc/base/fault"
)

// bears reports whether a program calls the API with a token. A token says who
// calls by itself, and no browser sends one unasked: such a request needs neither
// a session nor a check of where it comes from. Pages take no tokens.
func bears(r *http.Request) bool {
	return r.Header.Get("Authorization") != "" && strings.HasPrefix(r.URL.Path, "/api/")
}

// borne finds out who calls by the token.
func (m *Mux) borne(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		err := error(fault.New(fault.Unauthenticated, "auth.token_wrong"))
		if strings.EqualFold(scheme, "Bearer") {
			a, e := m.cfg.Bearer(r.Context(), strings.TrimSpace(token))
			if err = e; err == nil {
				visitOf(r.Context()).actor = a
			}
		}
		if err != nil {
			if fault.Is(err, fault.Unauthenticated) {
				w.Header().Set("WWW-Authenticate", `Bearer realm="cchc"`)
			}
			r.Header.Set("Accept", "application/json") // whoever sends a token is a program
			m.fail(w, r, err)
			return
		}
		next.ServeHTTP(w, r)
	})
}
