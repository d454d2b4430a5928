package signin_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db/dbtest"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/base/web/signin"
	"cchc/base/web/ui"
	"cchc/base/web/webtest"
)

const password = "nắng chiều trên sông"

func open(t *testing.T) (*webtest.Browser, *auth.Accounts, *dbtest.Clock) {
	t.Helper()
	d, clock := dbtest.Open(t)
	accounts := &auth.Accounts{DB: d}
	mux := web.New(web.Config{
		Now: clock.Now, Sessions: auth.Store{DB: d},
		Load: func(ctx context.Context, account string, at moment.Instant) (actor.Actor, error) {
			return auth.Resume(ctx, d, account, at, d.Now().Date())
		},
	})
	(&signin.Pages{Accounts: accounts}).Register(mux)
	mux.Handle("GET /work", web.SignedIn, func(w http.ResponseWriter, r *http.Request) error {
		return web.Render(w, r, http.StatusOK, ui.Layout(ui.Page{Title: "Việc của tôi"}))
	})
	if _, err := accounts.Create(t.Context(), actor.System("test"), auth.NewAccount{Login: "bich", Name: "Trần Thị Bích", Password: password}); err != nil {
		t.Fatal(err)
	}
	return webtest.Open(t, mux), accounts, clock
}

func TestSigningInLeadsWhereOneWantedToGo(t *testing.T) {
	t.Parallel()
	b, _, _ := open(t)
	b.Get("/work?page=2").To("/sign-in?next=%2Fwork%3Fpage%3D2")
	p := b.Get("/sign-in?next=%2Fwork%3Fpage%3D2").Is(200).Has("h1", "Đăng nhập").Count("input[required]", 2)
	b.Post("/sign-in", "login", " BICH ", "password", password, "next", p.Attr("[name=next]", "value")).To("/work?page=2")
	b.Get("/work").Is(200).Has("[role=status]", "Xin chào Trần Thị Bích.").Has(".person", "Trần Thị Bích")
	b.Get("/sign-in").Has("main", "đang đăng nhập với tên Trần Thị Bích")
	b.Post("/sign-out").To("/sign-in")
	b.Get("/sign-in").Has("[role=status]", "đã đăng xuất")
	b.Get("/work").To("/sign-in?next=%2Fwork")
}

func TestSigningInLeadsToNoOtherSite(t *testing.T) {
	t.Parallel()
	b, _, _ := open(t)
	if got := b.Get("/sign-in?next=https://elsewhere.example/").Attr("[name=next]", "value"); got != "/" {
		t.Errorf("next = %q, want /", got)
	}
	b.Post("/sign-in", "login", "bich", "password", password, "next", "//elsewhere.example").To("/")
}

func TestAWrongPasswordKeepsTheLoginAndNotThePassword(t *testing.T) {
	t.Parallel()
	b, _, _ := open(t)
	p := b.Post("/sign-in", "login", "bich", "password", "sai-hoàn-toàn").Is(422).
		Has("#error-summary h2", "Tên đăng nhập hoặc mật khẩu không đúng").Has("title", "Có lỗi: Đăng nhập")
	if got := p.Attr("[name=login]", "value"); got != "bich" {
		t.Errorf("the login is %q, want what was typed", got)
	}
	if strings.Contains(p.Body, "sai-hoàn-toàn") {
		t.Error("the page holds the password")
	}
	b.Post("/sign-in", "login", "bich").Is(422).Has("#error-summary a[href='#f-password']", "Mật khẩu: Chưa nhập")
}

func TestTooManyAttemptsAreToldToWait(t *testing.T) {
	t.Parallel()
	b, _, _ := open(t)
	for i := range 50 {
		if p := b.Post("/sign-in", "login", "bich", "password", "sai"); p.Status == 429 {
			p.Has("#error-summary h2", "Vui lòng chờ")
			if i < 3 {
				t.Errorf("told to wait after %d attempts", i+1)
			}
			return
		}
	}
	t.Error("fifty wrong passwords, and nobody was told to wait")
}

func TestASessionLivesInTheDatabaseAndEndsInTime(t *testing.T) {
	t.Parallel()
	b, _, clock := open(t)
	b.Post("/sign-in", "login", "bich", "password", password).To("/")
	for range 7 { // never idle, but the longest day is twelve hours
		b.Get("/work").Is(200)
		clock.Advance(100 * time.Minute)
	}
	clock.Advance(30 * time.Minute)
	b.Get("/work").To("/sign-in?next=%2Fwork")
}

func TestThePageInABrowser(t *testing.T) {
	t.Parallel()
	b, _, _ := open(t)
	b.Look("/sign-in")
}

// factor gives an account a second factor of its own.
func (o *place) factor(t *testing.T, login string) (secret string) {
	t.Helper()
	ctx := t.Context()
	a, err := auth.Load(ctx, o.accounts.DB, o.id[login], o.accounts.DB.Now().Date())
	if err == nil {
		err = o.accounts.BeginFactor(ctx, a)
	}
	if err == nil {
		secret, err = o.accounts.PendingFactor(ctx, a)
	}
	if err != nil {
		t.Fatal(err)
	}
	code, err := totp.GenerateCode(secret, o.clock.Now())
	if err == nil {
		_, err = o.accounts.ConfirmFactor(ctx, a, code)
	}
	if err != nil {
		t.Fatal(err)
	}
	return secret
}
