package web

import (
	"net/http"
	"net/url"
	"strings"

	"cchc/base/i18n"
)

// preferenceCookie names the cookie of preferences. Over TLS it bears the prefix with
// which browsers let no other host set it.
func (m *Mux) preferenceCookie() string {
	if m.cfg.Secure {
		return "__Host-cchc_looks"
	}
	return "cchc_looks"
}

// choices lists what a visitor may prefer, without an account: it stays in the
// browser.
var choices = map[string][]string{
	"lang":     i18n.Langs,
	"size":     {"small", "normal", "large"},
	"contrast": {"on", "off"},
	"keys":     {"on", "off"},
}

// preferences reads the cookie and keeps what we know.
func (m *Mux) preferences(r *http.Request) url.Values {
	out := url.Values{}
	c, err := r.Cookie(m.preferenceCookie())
	if err != nil {
		return out
	}
	in, err := url.ParseQuery(c.Value)
	if err != nil {
		return out
	}
	for name, values := range choices {
		if v := in.Get(name); has(values, v) {
			out.Set(name, v)
		}
	}
	return out
}

// prefer keeps a choice of language, text size, contrast or keys, and goes back.
func (m *Mux) prefer(w http.ResponseWriter, r *http.Request) error {
	values, err := typed(r)
	if err != nil {
		return err
	}
	p := m.preferences(r)
	for name, known := range choices {
		if v := values.Get(name); has(known, v) {
			p.Set(name, v)
		}
	}
	http.SetCookie(w, &http.Cookie{
		Name: m.preferenceCookie(), Value: p.Encode(), Path: "/", MaxAge: 365 * 24 * 3600,
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: m.cfg.Secure,
	})
	return SeeOther(w, r, Local(values.Get("back")), "")
}

// Local returns the address when it is a path of our own, else "/": a form's
// "where to go next" must not lead to another site.
func Local(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil ||
		!strings.HasPrefix(address, "/") || strings.HasPrefix(address, "//") || strings.ContainsAny(address, "\\\r\n\t") {
		return "/"
	}
	return address
}
