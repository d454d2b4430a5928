package signin_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"cchc/base/actor"
	"cchc/base/db"
	"cchc/base/web/webtest"
)

var heldSessions = db.SQL("tokens_test.sessions", `SELECT data FROM session`)

// What the provider gives stays where it is needed. The access token is used once, to
// fetch who somebody is, and kept nowhere; none is asked for that could be renewed. The
// ID token is in the session, for signing out at the provider, and in no page before.
func TestTheProvidersTokensStayAtTheServer(t *testing.T) {
	t.Parallel()
	o := together(t, nil)
	if err := o.accounts.Link(t.Context(), actor.System("test"), o.id["bich"], o.province.server.URL, "id1"); err != nil {
		t.Fatal(err)
	}
	out := o.b.Post("/sign-in/sso").Is(200)
	back := o.province.visit(t, out.Attr("#onward", "href"), provincial)
	pages := []*webtest.Page{out, o.b.Get(back.RequestURI()).To("/"), o.b.Get("/work").Is(200), o.b.Get("/me/sso").Is(200)}
	var id, access, renew string
	o.province.set(func(p *province) { id, access, renew = p.taken, p.access, p.renew })
	if id == "" || access == "" || renew != "" {
		t.Fatalf("the provider gave an ID token of %d, an access token of %d and one to renew of %d letters", len(id), len(access), len(renew))
	}
	for i, p := range pages {
		if all := p.Body + fmt.Sprint(p.Header); strings.Contains(all, id) || strings.Contains(all, access) {
			t.Errorf("answer %d has a token of the provider:\n%s", i, all)
		}
	}
	held := func(token string) (n int) {
		t.Helper()
		sessions, err := db.Column[[]byte](t.Context(), o.accounts.DB, heldSessions)
		if err != nil {
			t.Fatal(err)
		}
		for _, data := range sessions {
			if bytes.Contains(data, []byte(token)) {
				n++
			}
		}
		return n
	}
	if n, m := held(id), held(access); n != 1 || m != 0 {
		t.Errorf("%d sessions hold the ID token and %d the access token, want 1 and none", n, m)
	}
	left := o.b.Post("/sign-out").Is(200)
	if !strings.Contains(left.Attr("#onward", "href"), "id_token_hint="+id) || strings.Contains(left.Body, access) {
		t.Errorf("signs out by %s", left.Attr("#onward", "href"))
	}
	if n := held(id); n != 0 {
		t.Errorf("%d sessions hold the ID token of who signed out", n)
	}
}
