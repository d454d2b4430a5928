package app

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db/dbtest"
	"cchc/base/i18n"
	"cchc/base/web/webtest"
	"cchc/unit"
)

const testPassword = "nắng chiều trên sông"

// An office is the whole program's pages and API before one commune.
type office struct {
	*rooms
	clock             *dbtest.Clock
	b                 *webtest.Browser
	h                 http.Handler
	province, commune unit.ID
	days              int // counts what must be another one each time
}

func serveOffice(t *testing.T) *office {
	t.Helper()
	r, clock, province, u := commune(t)
	h, stop, err := r.handler(context.Background(), serveFlags{Files: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	return &office{rooms: r, b: webtest.Open(t, h), h: h, clock: clock, province: province, commune: u}
}

// signIn makes an account and returns its browser.
func (o *office) signIn(t *testing.T, login string, grants ...actor.Grant) *webtest.Browser {
	t.Helper()
	if _, err := o.accounts.Create(context.Background(), operator, auth.NewAccount{Login: login, Name: login, Password: testPassword, Grants: grants}); err != nil {
		t.Fatal(err)
	}
	b := o.b.Other()
	if p := b.Post("/sign-in", "login", login, "password", testPassword); p.Status != 303 {
		t.Fatalf("signing in answered %d", p.Status)
	}
	return b
}

// program makes an account with a token and returns a client that sends it.
func (o *office) program(t *testing.T, login string, scopes []string, grants ...actor.Grant) *webtest.Browser {
	t.Helper()
	ctx := context.Background()
	id, err := o.accounts.Create(ctx, operator, auth.NewAccount{Login: login, Name: login, Password: testPassword, Grants: grants})
	if err != nil {
		t.Fatal(err)
	}
	_, text, err := o.accounts.CreateToken(ctx, operator, auth.NewToken{Account: id, Name: login, Scopes: scopes, Until: o.db.Now().Date().AddDays(30)})
	if err != nil {
		t.Fatal(err)
	}
	b := o.b.Other()
	b.Header.Set("Authorization", "Bearer "+text)
	b.Header.Set("Origin", "https://elsewhere.example") // a program may come from anywhere
	b.Header.Set("Sec-Fetch-Site", "cross-site")
	return b
}

const someApplication = `{"unit":"H99.101","procedure":"1.001193","channel":"online","person":{"name":"Nguyễn Thị Ánh","phone":"0905123456"}}`

func TestAProgramCallsWithATokenMadeOnThePage(t *testing.T) {
	t.Parallel()
	o := serveOffice(t)
	b := o.signIn(t, "motcua", actor.Grant{Role: actor.OneStop, Unit: o.commune})
	b.Get("/account/tokens").Is(200).Has("h1", "Mã truy cập API của tôi").Has(".empty h2", "Chưa có")
	b.Post("/account/tokens", "name", "", "scopes", "dossier.read", "until", "31/12/2099").Is(422).Has("#error-summary", "đặt tên").Has("#error-summary", "ngày hết hạn")
	made := b.Post("/account/tokens", "name", "Cổng tỉnh", "scopes", "dossier.read", "scopes", "dossier.receive", "until", "31/12/2026").Is(201)
	// A token goes on for long: a session that was left open makes none, and what was typed stays.
	o.clock.Advance(16 * time.Minute)
	b.Get("/account/tokens").Is(200).Has("main", "trong 15 phút").Count("[name=name]", 0)
	b.Post("/account/tokens", "name", "Cổng khác", "scopes", "dossier.read", "until", "31/12/2026").Is(403).Has("main", "trong 15 phút").Count("[name=name][value='Cổng khác']", 1)
	text := made.Attr("#secret", "value")
	if made.Header.Get("Cache-Control") != "no-store" || len(text) < 60 {
		t.Fatalf("the page shows %q, %s", text, made.Header.Get("Cache-Control"))
	}
	list := b.Get("/account/tokens").Has("th", "Cổng tỉnh").Has("td", "dossier.read, dossier.receive").Has("td", "Chưa dùng")
	if strings.Contains(list.Body, text[len(text)-20:]) {
		t.Error("the list shows the secret")
	}
	p := o.b.Other()
	p.Header.Set("Authorization", "Bearer "+text)
	got := p.Send("POST", "/api/v1/dossiers", "application/json", someApplication).Is(201)
	var d struct{ Dossier struct{ Code string } }
	if err := json.Unmarshal([]byte(got.Body), &d); err != nil {
		t.Fatal(err)
	}
	if len(got.Header.Values("Set-Cookie")) != 0 {
		t.Error("a program got a cookie")
	}
	p.Get("/api/v1/dossiers/" + d.Dossier.Code).Is(200)
	p.Send("POST", "/api/v1/dossiers/"+d.Dossier.Code+"/finish", "application/json", `{}`).Is(403) // not in the scopes
	p.Get("/dossiers").Is(303)                                                                     // pages take no tokens
	ctx := context.Background()
	who, err := o.desk.ByCode(ctx, o.db, operator, d.Dossier.Code)
	if err != nil {
		t.Fatal(err)
	}
	trail, err := audit.Of(ctx, o.db, "dossier", who.ID)
	if err != nil || len(trail) == 0 || trail[0].Changes[0].Field != "token" || !strings.Contains(text, trail[0].Changes[0].To) {
		t.Errorf("the trail does not tell the token: %+v %v", trail, err)
	}
	// Revoked, it is refused at once, with a problem that says how to call.
	at := list.Attr("td a", "href")
	b.Get(at).Is(200).Has("h1", "Thu hồi mã “Cổng tỉnh”?")
	b.Post(at).To("/account/tokens")
	refused := p.Get("/api/v1/dossiers/" + d.Dossier.Code).Is(401)
	if refused.Header.Get("WWW-Authenticate") == "" || refused.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("refused with %v", refused.Header)
	}
	p.Header.Set("Authorization", "Basic eDp5")
	p.Get("/api/v1/dossiers").Is(401)
}

func TestKeepersOfAccountsSeeTheirTokensOnly(t *testing.T) {
	t.Parallel()
	o := serveOffice(t)
	o.program(t, "cong-tinh", []string{"report.read"}, actor.Grant{Role: actor.HomeAffairs, Unit: o.province})
	o.program(t, "cong-xa", []string{"dossier.read"}, actor.Grant{Role: actor.OneStop, Unit: o.commune})
	keeper := o.signIn(t, "quantri-xa", actor.Grant{Role: actor.Administrator, Unit: o.commune})
	keeper.Get("/admin/tokens").Is(200).Has("td", "cong-xa").Lacks("td", "cong-tinh").Lacks("option", "cong-tinh")
	keeper.Get("/admin").Is(200).Has("a", "Mã truy cập API")
	keeper.Post("/admin/tokens", "name", "x", "scopes", "dossier.read", "until", "31/12/2026").Is(422).Has("#error-summary", "chọn tài khoản")
	o.signIn(t, "chuyenvien", actor.Grant{Role: actor.Specialist, Unit: o.commune}).Get("/admin/tokens").Is(403)
	keeper.Look("/admin/tokens", "/account/tokens")
}

// A person who makes a token chooses among words, not among names of the code.
func TestEveryVerbOfATokenHasWords(t *testing.T) {
	t.Parallel()
	for _, verb := range auth.Verbs {
		if key := "tokens.scope." + string(verb); !i18n.Has(key) {
			t.Errorf("%s has no message", key)
		}
	}
}
