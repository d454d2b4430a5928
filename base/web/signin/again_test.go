package signin_test

import (
	"encoding/json"
	"net/url"
	"testing"
	"time"

	"cchc/base/actor"
	"cchc/base/web/webtest"
)

// Who comes from a provider that knew the browser from before has shown nobody who they
// are: what needs that sends them to sign in again, and then the provider is to ask.
func TestWhoTheProviderKnewFromBeforeShowsAgainWhoTheyAre(t *testing.T) {
	t.Parallel()
	o := together(t, nil)
	if err := o.accounts.Link(t.Context(), actor.System("test"), o.id["bich"], o.province.server.URL, "id1"); err != nil {
		t.Fatal(err)
	}
	b := o.b.Other()
	prompt := func(to string) string {
		t.Helper()
		u, err := url.Parse(to)
		if err != nil {
			t.Fatal(err)
		}
		return u.Query().Get("prompt")
	}
	come := func(asked time.Duration, prompted, to string) {
		t.Helper()
		o.province.set(func(p *province) { p.when = time.Now().Add(-asked).Unix() })
		o.clock.Advance(time.Second)
		at := setOut(b)
		if got := prompt(at); got != prompted {
			t.Errorf("the provider is sent prompt %q, want %q", got, prompted)
		}
		b.Get(o.province.visit(t, at, provincial).RequestURI()).To(to)
	}
	come(time.Hour, "", "/")
	b.Get("/me/sso").Is(200).Has("main", "vừa đăng nhập")
	drop := []string{"issuer", o.province.server.URL, "subject", "id1"}
	b.Post("/me/sso/drop", drop...).Is(403)
	// Asked to ask it did not: that is no sign-in.
	come(time.Hour, "login", "/sign-in")
	b.Get("/me/sso").Is(200).Has("main", "vừa đăng nhập")
	come(0, "login", "/")
	b.Get("/me/sso").Is(200).Lacks("main", "vừa đăng nhập")
	// One browser, one session, however often its person shows who they are.
	list, err := o.accounts.Sessions(t.Context(), actor.Actor{Account: o.id["bich"]})
	if err != nil || len(list) != 1 {
		t.Errorf("%d sessions, %v", len(list), err)
	}
	b.Post("/me/sso/drop", drop...).To("/me/sso")
}

// Pages ask whether their session goes on: that keeps it alive no longer, and tells nobody
// else's name. Signing out has the browser forget what it keeps.
func TestAPageAsksWhetherItsSessionGoesOn(t *testing.T) {
	t.Parallel()
	o := together(t, nil)
	b := o.b.Other()
	ask := func() (who string, left int) {
		t.Helper()
		p := b.Get("/sign-in/who").Is(200)
		var x struct {
			Who  string
			Left int
		}
		if err := json.Unmarshal([]byte(p.Body), &x); err != nil || p.Header.Get("Cache-Control") != "no-store" {
			t.Fatalf("it says %q, %v; Cache-Control %q", p.Body, err, p.Header.Get("Cache-Control"))
		}
		return x.Who, x.Left
	}
	if who, left := ask(); who != "" || left != 0 {
		t.Errorf("a visitor is %q for %d s", who, left)
	}
	b.Get("/sign-in").Has("body[data-who='']", "")
	b.Post("/sign-in", "login", "bich", "password", password).To("/")
	in := func(p *webtest.Page) { t.Helper(); p.Is(200).Has("body[data-who='"+o.id["bich"]+"'][data-left]", "") }
	in(b.Get("/work"))
	if who, left := ask(); who != o.id["bich"] || left < 7100 || left > 7200 {
		t.Errorf("signed in it is %q for %d s", who, left)
	}
	o.clock.Advance(90 * time.Minute)
	if who, left := ask(); who != o.id["bich"] || left < 1700 || left > 1800 {
		t.Errorf("after an hour and a half it is %q for %d s", who, left)
	}
	o.clock.Advance(40 * time.Minute)
	if who, _ := ask(); who != "" {
		t.Error("asking kept the session alive")
	}
	b.Get("/work").To("/sign-in?next=%2Fwork")
	b.Post("/sign-in", "login", "bich", "password", password).To("/")
	p := b.Post("/sign-out")
	if got := p.Header.Get("Clear-Site-Data"); got != `"cache"` {
		t.Errorf("Clear-Site-Data is %q", got)
	}
	if who, _ := ask(); who != "" {
		t.Error("after signing out somebody is in")
	}
}

// A session that is over takes its pages with it in every tab; only what somebody typed and
// did not send stays for a while, unless they signed out or another person came.
func TestPagesOfASessionThatIsOverLeaveInEveryTab(t *testing.T) {
	t.Parallel()
	o := together(t, nil)
	b := o.b.Other()
	b.Post("/sign-in", "login", "bich", "password", password).To("/")
	b.Drive(`
const clean = await page.context().newPage(), typing = await page.context().newPage();
const open = async () => {
  await page.goto(base + '/work');
  await clean.goto(base + '/work');
  await typing.goto(base + '/me/sso');
  await typing.locator('[name=password]').pressSequentially('chưa gửi');
};
const away = (tab) => tab.waitForURL(base + '/sign-in');
const stays = async (what, tab, at) => {
  await tab.waitForTimeout(500);
  is(what, tab.url(), base + at);
};
await open();
await page.goto(base + '/me/sso');
await stays('while its session goes on a tab', clean, '/work');
// The session is gone without anybody's signing out.
await page.context().clearCookies();
await page.goto(base + '/sign-in');
await clean.waitForURL(base + '/sign-in?next=%2Fwork');
await stays('what was typed', typing, '/me/sso');
is('what was typed', await typing.locator('[name=password]').inputValue(), 'chưa gửi');
const enter = async (login) => {
  await page.goto(base + '/sign-in?next=/work');
  await page.locator('[name=login]').fill(login);
  await page.locator('[name=password]').fill('` + password + `');
  await page.locator("form[action='/sign-in']").evaluate((f) => f.requestSubmit());
  await page.waitForURL(base + '/work');
};
await enter('lan'); // another person
await away(typing);
await open();
await enter('lan'); // the same again
await stays('the same person, again: a tab', clean, '/work');
await stays('the same person, again: what was typed', typing, '/me/sso');
await page.locator("form[action='/sign-out']").evaluate((f) => f.requestSubmit());
await away(clean);
await away(typing);
is('what is left', (await typing.content()).includes('chưa gửi'), false);
await enter('lan');
await page.context().setOffline(true);
await page.locator("form[action='/sign-out']").evaluate((f) => f.requestSubmit());
is('without a connection', await page.locator('#main').evaluate((m) => m.childElementCount), 0);
await page.context().setOffline(false);
`)
}
