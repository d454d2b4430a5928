package signin_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/op"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db/dbtest"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/base/web/signin"
	"cchc/base/web/sso"
	"cchc/base/web/ui"
	"cchc/base/web/webtest"
)

// A province is a real provider of OpenID Connect, served on the loopback: the op of
// github.com/zitadel/oidc with the storage of its example, and two programs that it
// knows, cchc and another. Its user id1 is test-user@127.0.0.1.
type province struct {
	server *httptest.Server
	store  *storage.Storage

	mu     sync.Mutex
	token  string // put into the next answer of the token endpoint, instead of its ID token
	taken  string // ID token of the last answer
	access string // access token of the last answer
	renew  string // refresh token of the last answer
	broken bool   // answers with 503
	asked  int
	sid    string // put into its ID tokens: the example's have no sessions
	when   int64  // auth_time of its ID tokens, unix seconds; 0 is the example's own
}

// clientsLeaving adds to the example's clients where people may go after signing out.
type clientsLeaving struct {
	*storage.Storage
	left func() string
}

type clientLeaving struct {
	op.Client
	left string
}

func (c clientLeaving) PostLogoutRedirectURIs() []string { return []string{c.left} }

func (s clientsLeaving) GetClientByClientID(ctx context.Context, id string) (op.Client, error) {
	c, err := s.Storage.GetClientByClientID(ctx, id)
	if err != nil {
		return nil, err
	}
	return clientLeaving{c, s.left()}, nil
}

// provider serves a province that sends people back to what base returns.
func provider(t *testing.T, base func() string, back string) *province {
	t.Helper()
	p := &province{}
	var real http.Handler
	p.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		p.asked++
		broken, token := p.broken, p.token
		p.mu.Unlock()
		if broken {
			http.Error(w, "down for maintenance", http.StatusServiceUnavailable)
			return
		}
		if r.URL.Path != "/oauth/token" {
			real.ServeHTTP(w, r)
			return
		}
		rec := httptest.NewRecorder()
		real.ServeHTTP(rec, r)
		body := rec.Body.Bytes()
		answer := map[string]any{}
		if json.Unmarshal(body, &answer) == nil && answer["id_token"] != nil {
			p.mu.Lock()
			p.taken = answer["id_token"].(string)
			p.access, _ = answer["access_token"].(string)
			p.renew, _ = answer["refresh_token"].(string)
			p.mu.Unlock()
			if token == "" && (p.sid != "" || p.when != 0) {
				var claims map[string]any
				if b, err := base64.RawURLEncoding.DecodeString(strings.Split(p.taken, ".")[1]); err == nil && json.Unmarshal(b, &claims) == nil {
					claims["sid"] = p.sid
					if p.when != 0 {
						claims["auth_time"] = p.when
					}
					token = p.signed(t, "JWT", claims)
				}
			}
			if token != "" {
				answer["id_token"] = token
				body, _ = json.Marshal(answer)
			}
		}
		for k, v := range rec.Header() {
			w.Header()[k] = v
		}
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		w.WriteHeader(rec.Code)
		io.Copy(w, bytes.NewReader(body))
	}))
	t.Cleanup(p.server.Close)
	clients := map[string]*storage.Client{
		"cchc":  storage.WebClient("cchc", "secret", base()+back),
		"other": storage.WebClient("other", "secret", base()+back),
	}
	store := clientsLeaving{storage.NewStorageWithClients(storage.NewUserStore(p.server.URL), clients), func() string { return base() + "/sign-in" }}
	p.store = store.Storage
	real = exampleop.SetupServer(p.server.URL, store, nil, false)
	return p
}

// visit goes to the provider's address, signs in there as a person does and returns
// where it sends the browser: our address of return.
func (p *province) visit(t *testing.T, to, login string) *url.URL {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	ours := ""
	c := &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if !strings.HasPrefix(r.URL.String(), p.server.URL) {
			ours = r.URL.String()
			return http.ErrUseLastResponse
		}
		return nil
	}}
	answer, err := c.Get(to)
	if err != nil {
		t.Fatal(err)
	}
	said, err := io.ReadAll(answer.Body)
	answer.Body.Close()
	if ours == "" && err == nil {
		id := answer.Request.URL.Query().Get("authRequestID")
		if id == "" {
			t.Fatalf("the provider shows %s and asks for no password: %d %s", answer.Request.URL, answer.StatusCode, said)
		}
		answer, err = c.PostForm(p.server.URL+"/login/username", url.Values{"username": {login}, "password": {"verysecure"}, "id": {id}})
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
	}
	u, err := url.Parse(ours)
	if err != nil || ours == "" {
		t.Fatalf("the provider sends nobody back: %v, %d at %s", err, answer.StatusCode, answer.Request.URL)
	}
	return u
}

func (p *province) set(f func(p *province)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f(p)
}

// A place is cchc with the pages to sign in, before a province.
type place struct {
	b        *webtest.Browser
	accounts *auth.Accounts
	province *province
	clock    *dbtest.Clock
	id       map[string]string
	believe  bool
	late     time.Duration // by which the clock of single sign-on goes ahead
}

func (o *place) trail(t *testing.T, verb string) int {
	t.Helper()
	list, err := audit.Latest(t.Context(), o.accounts.DB, audit.Filter{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, e := range list {
		if e.Verb == verb {
			n++
		}
	}
	return n
}

func together(t *testing.T, change func(c *sso.Config)) *place {
	t.Helper()
	d, clock := dbtest.Open(t)
	o := &place{accounts: &auth.Accounts{DB: d}, clock: clock, id: map[string]string{}}
	mux := web.New(web.Config{
		Now: clock.Now, Sessions: auth.Store{DB: d},
		Load: func(ctx context.Context, account string, at moment.Instant) (actor.Actor, error) {
			return auth.Resume(ctx, d, account, at, d.Now().Date())
		},
	})
	o.b = webtest.Open(t, mux)
	o.province = provider(t, o.b.URL, "/sign-in/sso/return")
	c := sso.Config{Issuer: o.province.server.URL, Client: "cchc", Secret: "secret", Scopes: []string{"profile"}, Claim: "preferred_username", Name: "SSO tỉnh",
		Strong: []string{"mfa"}, Return: o.b.URL() + "/sign-in/sso/return", Left: o.b.URL() + "/sign-in",
		Now: func() time.Time { return time.Now().Add(o.late) }, Wait: 2 * time.Second}
	if change != nil {
		change(&c)
	}
	(&signin.Pages{Accounts: o.accounts, SSO: sso.New(c), Believe: func(context.Context) (bool, error) { return o.believe, nil }}).Register(mux)
	mux.Handle("GET /work", web.SignedIn, func(w http.ResponseWriter, r *http.Request) error {
		title := "Việc của tôi"
		if web.Strong(r.Context()) {
			title = "Hai yếu tố"
		}
		return web.Render(w, r, http.StatusOK, ui.Layout(ui.Page{Title: title}))
	})
	for _, login := range []string{"bich", "lan"} {
		id, err := o.accounts.Create(t.Context(), actor.System("test"), auth.NewAccount{Login: login, Name: login, Password: password})
		if err != nil {
			t.Fatal(err)
		}
		o.id[login] = id
	}
	return o
}

const provincial = "test-user@127.0.0.1"

// setOut presses the button and returns the address at the provider.
func setOut(b *webtest.Browser, form ...string) string {
	return b.Post("/sign-in/sso", form...).Is(200).Attr("#onward", "href")
}

func TestSomebodyLinksTheirAccountAndComesInBySingleSignOn(t *testing.T) {
	t.Parallel()
	o := together(t, nil)
	b := o.b
	b.Get("/sign-in").Is(200).Has("form[action='/sign-in/sso'] button", "Đăng nhập bằng SSO tỉnh")

	// Nobody is let in, or linked, for being called alike or having an address.
	back := o.province.visit(t, setOut(b), provincial)
	b.Get(back.RequestURI()).To("/sign-in/sso/unknown")
	b.Get("/sign-in/sso/unknown").Is(403).Has("h1", "Chưa có tài khoản gắn với bạn").Has("main", "quản trị tài khoản")
	b.Get("/work").To("/sign-in?next=%2Fwork")
	if n := o.trail(t, "account.sso_unknown"); n != 1 {
		t.Errorf("the trail tells of %d strangers", n)
	}

	// The person links it, after showing the password.
	b.Post("/sign-in", "login", "bich", "password", password).To("/")
	b.Get("/me/sso").Is(200).Has("button", "Gắn với SSO tỉnh")
	b.Post("/me/sso", "password", "sai").Is(422).Has("#error-summary", "Mật khẩu")
	to := b.Post("/me/sso", "password", password).Is(200).Attr("#onward", "href")
	if u, _ := url.Parse(to); u.Query().Get("prompt") != "login" || u.Query().Get("code_challenge_method") != "S256" {
		t.Errorf("sets out to %s", to)
	}
	b.Get(o.province.visit(t, to, provincial).RequestURI()).To("/me/sso")
	b.Get("/me/sso").Is(200).Has("[role=status]", "Đã gắn").Has("dd", o.province.server.URL).Lacks("button", "Gắn với")
	b.Post("/sign-out").To("/sign-in")

	// From then on they come in by it, to where they wanted to go, and leave by it.
	p := b.Post("/sign-in/sso", "next", "/work?page=2").Is(200)
	to = p.Attr("#onward", "href")
	if p.Header.Get("Refresh") != "0;url="+to {
		t.Errorf("goes on to %q", p.Header.Get("Refresh"))
	}
	b.Get(o.province.visit(t, to, provincial).RequestURI()).To("/work?page=2")
	b.Get("/work").Is(200).Has("h1", "Việc của tôi")
	left, err := url.Parse(b.Post("/sign-out").Is(200).Has("h1", "Đã đăng xuất").Attr("#onward", "href"))
	if err != nil || left.Path != "/end_session" {
		t.Fatalf("signs out at %v", left)
	}
	b.Get("/work").To("/sign-in?next=%2Fwork")
	if end := o.province.visit(t, left.String(), ""); end.Path != "/sign-in" {
		t.Errorf("after signing out the provider leads to %s", end)
	}

	// Another account cannot have the same person.
	an := b.Other()
	an.Post("/sign-in", "login", "lan", "password", password).To("/")
	to = an.Post("/me/sso", "password", password).Is(200).Attr("#onward", "href")
	an.Get(o.province.visit(t, to, provincial).RequestURI()).To("/me/sso")
	an.Get("/me/sso").Has("[role=status]", "tài khoản khác")
	// What is linked in one's name needs one's own session at the end too.
	to = an.Post("/me/sso", "password", password).Is(200).Attr("#onward", "href")
	ended := o.province.visit(t, to, "test-user2").RequestURI()
	an.Post("/sign-out")
	an.Get(ended).To("/sign-in")
	an.Post("/sign-in", "login", "lan", "password", password).To("/")
	an.Get("/me/sso").Is(200).Count("[action='/me/sso/drop']", 0)

	// Unlinked, a little after signing in and not later.
	b.Post("/sign-in", "login", "bich", "password", password).To("/")
	o.clock.Advance(20 * time.Minute)
	p = b.Get("/me/sso").Is(200).Has("main", "vừa đăng nhập")
	drop := []string{"issuer", p.Attr("[name=issuer]", "value"), "subject", p.Attr("[name=subject]", "value")}
	b.Post("/me/sso/drop", drop...).Is(403)
	b.Post("/sign-in", "login", "bich", "password", password).To("/")
	b.Post("/me/sso/drop", drop...).To("/me/sso")
	b.Post("/sign-out").To("/sign-in")
	b.Get(o.province.visit(t, setOut(b), provincial).RequestURI()).To("/sign-in/sso/unknown")
}

func TestWhatComesBackFromTheProviderWrongIsRefused(t *testing.T) {
	t.Parallel()
	o := together(t, nil)
	issuer := o.province.server.URL
	if err := o.accounts.Link(t.Context(), actor.System("test"), o.id["bich"], issuer, "id1"); err != nil {
		t.Fatal(err)
	}
	with := func(u *url.URL, name, value string) string {
		q := u.Query()
		q.Set(name, value)
		u.RawQuery = q.Encode()
		return u.String()
	}
	parse := func(s string) *url.URL {
		u, err := url.Parse(s)
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	refused := func(t *testing.T, b *webtest.Browser, at string) {
		t.Helper()
		b.Get(parse(at).RequestURI()).To("/sign-in")
		b.Get("/sign-in").Has("[role=status]", "Không nhận kết quả")
		b.Get("/work").To("/sign-in?next=%2Fwork")
	}
	// What is right is let in: or nothing below says anything.
	b := o.b.Other()
	good := o.province.visit(t, setOut(b), provincial)
	b.Get(good.RequestURI()).To("/")
	b.Get("/work").Is(200)
	var first string
	o.province.set(func(p *province) { first = p.taken })

	t.Run("the same return twice", func(t *testing.T) {
		b.Post("/sign-out")
		refused(t, b, good.String())
	})
	t.Run("in another browser", func(t *testing.T) {
		mine, theirs := o.b.Other(), o.b.Other()
		at := o.province.visit(t, setOut(mine), provincial).String()
		setOut(theirs)
		refused(t, theirs, at)
	})
	t.Run("with another state, and with none", func(t *testing.T) {
		b := o.b.Other()
		at := o.province.visit(t, setOut(b), provincial)
		refused(t, b, with(at, "state", "AAAAAAAAAAAAAAAAAAAAAAAAAA"))
		refused(t, b, with(at, "state", ""))
	})
	t.Run("with another nonce", func(t *testing.T) {
		b := o.b.Other()
		refused(t, b, o.province.visit(t, with(parse(setOut(b)), "nonce", "another"), provincial).String())
	})
	t.Run("with a challenge that is not ours", func(t *testing.T) {
		b := o.b.Other()
		refused(t, b, o.province.visit(t, with(parse(setOut(b)), "code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"), provincial).String())
	})
	t.Run("with a code for another program", func(t *testing.T) {
		b := o.b.Other()
		refused(t, b, o.province.visit(t, with(parse(setOut(b)), "client_id", "other"), provincial).String())
	})
	t.Run("with an ID token of another sign-in", func(t *testing.T) {
		b := o.b.Other()
		at := o.province.visit(t, setOut(b), provincial).String()
		o.province.set(func(p *province) { p.token = first })
		refused(t, b, at)
		o.province.set(func(p *province) { p.token = "" })
	})
	t.Run("with an ID token for another program", func(t *testing.T) {
		b := o.b.Other()
		at := setOut(b)
		u := parse(at)
		// The other program's own sign-in, with our nonce.
		other := o.otherToken(t, u.Query().Get("nonce"))
		back := o.province.visit(t, at, provincial).String()
		o.province.set(func(p *province) { p.token = other })
		refused(t, b, back)
		o.province.set(func(p *province) { p.token = "" })
	})
	t.Run("with a token that somebody wrote on", func(t *testing.T) {
		b := o.b.Other()
		at := o.province.visit(t, setOut(b), provincial).String()
		parts := strings.Split(first, ".")
		o.province.set(func(p *province) { p.token = parts[0] + "." + parts[1] + "." + parts[2][:20] + "AAAA" + parts[2][24:] })
		refused(t, b, at)
		o.province.set(func(p *province) { p.token = "" })
	})
	t.Run("from another issuer", func(t *testing.T) {
		b := o.b.Other()
		refused(t, b, with(o.province.visit(t, setOut(b), provincial), "iss", "https://elsewhere.example"))
	})
	t.Run("an agreement that was withheld", func(t *testing.T) {
		b := o.b.Other()
		state := parse(setOut(b)).Query().Get("state")
		b.Get("/sign-in/sso/return?error=access_denied&state=" + state).To("/sign-in")
		b.Get("/sign-in").Has("[role=status]", "không đồng ý")
	})
	t.Run("to another site afterwards", func(t *testing.T) {
		b := o.b.Other()
		b.Get(o.province.visit(t, setOut(b, "next", "https://elsewhere.example/"), provincial).RequestURI()).To("/")
	})
	t.Run("to an account that is closed", func(t *testing.T) {
		if err := o.accounts.Disable(t.Context(), actor.System("test"), o.id["bich"], "nghỉ hưu"); err != nil {
			t.Fatal(err)
		}
		b := o.b.Other()
		b.Get(o.province.visit(t, setOut(b), provincial).RequestURI()).To("/sign-in")
		b.Get("/sign-in").Has("[role=status]", "đang bị khoá")
		if err := o.accounts.Enable(t.Context(), actor.System("test"), o.id["bich"], "trở lại"); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("too late", func(t *testing.T) {
		b := o.b.Other()
		at := o.province.visit(t, setOut(b), provincial).String()
		o.late = 20 * time.Minute
		refused(t, b, at)
		// In time by the journey, and past the ID token's hour.
		at = o.province.visit(t, setOut(b), provincial).String()
		o.late = 34 * time.Minute
		o.province.set(func(p *province) { p.token = "" })
		b.Get(parse(at).RequestURI()).To("/")
		b.Post("/sign-out")
		o.late = 61 * time.Minute
		at = o.province.visit(t, setOut(b), provincial).String()
		refused(t, b, at)
	})
}

// otherToken has the other program sign the person in, and returns its ID token.
func (o *place) otherToken(t *testing.T, nonce string) string {
	t.Helper()
	q := url.Values{"client_id": {"other"}, "response_type": {"code"}, "scope": {"openid"}, "state": {"x"}, "nonce": {nonce}, "redirect_uri": {o.b.URL() + "/sign-in/sso/return"}}
	code := o.province.visit(t, o.province.server.URL+"/auth?"+q.Encode(), provincial).Query().Get("code")
	form := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": q["redirect_uri"]}
	r, err := http.NewRequestWithContext(t.Context(), "POST", o.province.server.URL+"/oauth/token", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth("other", "secret")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var got struct {
		Token string `json:"id_token"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&got); err != nil || got.Token == "" {
		t.Fatalf("the other program gets %q, %v", got.Token, err)
	}
	return got.Token
}

func TestWhoKeepsAccountsAgreesToAStranger(t *testing.T) {
	t.Parallel()
	o := together(t, nil)
	ctx, keeper := t.Context(), actor.System("test")
	id, err := o.accounts.Create(ctx, keeper, auth.NewAccount{Login: "test-user", Name: "Người Mới", Password: password, First: true})
	if err != nil {
		t.Fatal(err)
	}
	b := o.b
	b.Get(o.province.visit(t, setOut(b), provincial).RequestURI()).To("/sign-in/sso/unknown")
	_, like, err := o.accounts.LinkedWith(ctx, keeper, id)
	if err != nil || len(like) != 1 || like[0].Claimed != provincial || like[0].Name != "Test User" {
		t.Fatalf("the keeper sees %+v, %v", like, err)
	}
	if err := o.accounts.Link(ctx, keeper, id, like[0].Issuer, like[0].Subject); err != nil {
		t.Fatal(err)
	}
	// The first password, which the keeper knows, opens nothing any more.
	b.Get(o.province.visit(t, setOut(b), provincial).RequestURI()).To("/")
	b.Get("/work").Is(200).Has(".person", "Người Mới")
	b.Other().Post("/sign-in", "login", "test-user", "password", password).Is(422)
	if err := o.accounts.Unlink(ctx, keeper, id, like[0].Issuer, like[0].Subject); err != nil {
		t.Fatal(err)
	}
	b.Get("/work").To("/sign-in?next=%2Fwork")
}

func TestTheProvidersSecondFactorIsBelievedWhenTheSettingSaysSo(t *testing.T) {
	t.Parallel()
	// The example's op says amr "pwd": here that stands for more than a password.
	o := together(t, func(c *sso.Config) { c.Strong = []string{"mfa", "pwd"} })
	if err := o.accounts.Link(t.Context(), actor.System("test"), o.id["bich"], o.province.server.URL, "id1"); err != nil {
		t.Fatal(err)
	}
	come := func() *webtest.Page {
		b := o.b.Other()
		b.Get(o.province.visit(t, setOut(b), provincial).RequestURI()).To("/")
		return b.Get("/work").Is(200)
	}
	come().Has("h1", "Việc của tôi")
	o.believe = true
	come().Has("h1", "Hai yếu tố")
	// An account with a factor of its own is asked for it when the provider's is not believed.
	o.factor(t, "bich")
	come().Has("h1", "Hai yếu tố")
	o.believe = false
	b := o.b.Other()
	b.Get(o.province.visit(t, setOut(b, "next", "/work"), provincial).RequestURI()).To("/sign-in/code?next=%2Fwork")
	b.Get("/work").To("/sign-in?next=%2Fwork")
}

func TestAProviderThatIsAwayKeepsNobodyOut(t *testing.T) {
	t.Parallel()
	o := together(t, nil)
	b := o.b
	o.province.set(func(p *province) { p.broken = true })
	b.Post("/sign-in/sso").To("/sign-in")
	b.Get("/sign-in").Is(200).Has("[role=status]", "SSO tỉnh hiện không trả lời")
	var asked int
	o.province.set(func(p *province) { asked = p.asked })
	b.Post("/sign-in/sso").To("/sign-in")
	o.province.set(func(p *province) {
		if p.asked != asked {
			t.Error("a provider that just failed is asked with every click")
		}
		p.broken = false
	})
	b.Post("/sign-in", "login", "bich", "password", password).To("/")
	b.Post("/sign-out").To("/sign-in")
	o.late = time.Minute // by then it is asked again
	at := o.province.visit(t, setOut(b), provincial)
	o.province.set(func(p *province) { p.broken = true }) // between going and coming back
	b.Get(at.RequestURI()).To("/sign-in")
	b.Get("/sign-in").Has("[role=status]", "không trả lời")
}

func TestTheConfigurationOfSingleSignOnIsChecked(t *testing.T) {
	t.Parallel()
	good := sso.Config{Issuer: "https://sso.example.vn", Client: "cchc", Return: "https://cchc.example.vn/sign-in/sso/return"}
	if err := good.Check(); err != nil {
		t.Error(err)
	}
	for flag, bad := range map[string]sso.Config{
		"--sso-issuer": {Issuer: "http://sso.example.vn", Client: "cchc", Return: good.Return},
		"--sso-client": {Issuer: good.Issuer, Return: good.Return},
		"--base":       {Issuer: good.Issuer, Client: "cchc", Return: "/sign-in/sso/return"},
	} {
		if err := bad.Check(); err == nil || !strings.Contains(err.Error(), flag) {
			t.Errorf("%s: %v", flag, err)
		}
	}
}
