package account_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"cchc/admin"
	"cchc/admin/account"
	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db/dbtest"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/base/web/list"
	"cchc/base/web/signin"
	"cchc/base/web/ui"
	"cchc/base/web/webtest"
	"cchc/unit"
)

const password = "nắng chiều trên sông"

type office struct {
	accounts          *auth.Accounts
	clock             *dbtest.Clock
	province, commune unit.ID
	browser           *webtest.Browser
	id                map[string]string
}

func open(t *testing.T) *office {
	t.Helper()
	ctx := context.Background()
	d, clock := dbtest.Open(t)
	book := &unit.Book{DB: d}
	guard := auth.Guard{Tree: book}
	o := &office{accounts: &auth.Accounts{DB: d, Guard: guard}, clock: clock, id: map[string]string{}}
	reg := &unit.Registry{Book: book, Guard: guard}
	act := unit.Act{Day: moment.NewDate(2025, 7, 1), Basis: "NQ thử"}
	make := func(n unit.New) unit.ID {
		id, err := reg.Create(ctx, actor.System("test"), n, act)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	o.province = make(unit.New{Code: "H99", Name: "Tỉnh Sông Mẫu", Level: "province"})
	o.commune = make(unit.New{Code: "H99.101", Name: "Xã Gio Hải", Level: "commune", Parent: o.province})
	for login, g := range map[string]actor.Grant{
		"quantri": {Role: actor.Administrator, Unit: o.province}, "quantrixa": {Role: actor.Administrator, Unit: o.commune},
		"chutich": {Role: actor.Chairperson, Unit: o.commune}, "bich": {Role: actor.Specialist, Unit: o.commune},
	} {
		id, err := o.accounts.Create(ctx, actor.System("test"), auth.NewAccount{Login: login, Name: "Cán bộ " + login, Password: password, Grants: []actor.Grant{g}})
		if err != nil {
			t.Fatal(err)
		}
		o.id[login] = id
	}
	mux := web.New(web.Config{
		Now: clock.Now, Sessions: auth.Store{DB: d}, Elsewhere: func(r *http.Request, a actor.Actor) (string, error) { return account.Confined(r, a), nil },
		SignedOut: o.accounts.SignedOut,
		Load: func(ctx context.Context, account string, at moment.Instant) (actor.Actor, error) {
			return auth.Resume(ctx, d, account, at, d.Now().Date())
		},
		Behalf: func(ctx context.Context, a actor.Actor, id string) (actor.Actor, error) {
			return auth.ActFor(ctx, d, book, a, id, d.Now().Date())
		},
	})
	keys, err := auth.NewPasskeys(o.accounts, "https://cchc.example.vn", "CCHC")
	if err != nil {
		t.Fatal(err)
	}
	(&signin.Pages{Accounts: o.accounts, Passkeys: keys}).Register(mux)
	views := &list.Views{DB: d, Pages: map[string]string{"accounts": "/admin/accounts"}}
	views.Register(mux)
	(&account.Pages{Accounts: o.accounts, Units: book, Views: views, SSO: account.Provider{Issuer: "https://sso.example.vn", Name: "SSO tỉnh"}, Passkeys: keys}).Register(mux)
	(&admin.Trail{DB: d, Guard: guard, Units: book}).Register(mux)
	mux.Handle("GET /{$}", web.SignedIn, func(w http.ResponseWriter, r *http.Request) error {
		return web.Render(w, r, http.StatusOK, ui.Layout(ui.Page{Title: "Trang đầu"}))
	})
	// What somebody does to the commune, if they may.
	mux.Handle("POST /apologise", web.SignedIn, func(w http.ResponseWriter, r *http.Request) error {
		if err := guard.Check(r.Context(), d, web.Actor(r.Context()), auth.DossierApologise, o.commune); err != nil {
			return err
		}
		return web.SeeOther(w, r, "/", "")
	})
	o.browser = webtest.Open(t, mux)
	return o
}

func (o *office) as(login, password string) *webtest.Browser {
	b := o.browser.Other()
	b.Post("/sign-in", "login", login, "password", password).To("/")
	return b
}

func TestAKeeperMakesAnAccountWhosePasswordMustBeChangedFirst(t *testing.T) {
	t.Parallel()
	o := open(t)
	keeper := o.as("quantri", password)
	keeper.Get("/admin/accounts").Is(200).Has("h1", "4 tài khoản").Has("td", "Chuyên viên, Xã Gio Hải")
	keeper.Get("/admin/accounts/new").Is(200).Has("option", "Xã Gio Hải")
	keeper.Post("/admin/accounts", "login", "b!", "name", "", "role", "", "unit", "").Is(422).
		Has("#error-summary", "Vai trò").Lacks("#password", "-")
	p := keeper.Post("/admin/accounts", "login", "moi.nv", "name", "Người Mới", "role", "onestop", "unit", string(o.commune)).Is(201)
	first := p.Text("#password")
	p.Has("dd", "moi.nv")

	o.clock.Advance(time.Minute)
	fresh := o.as("moi.nv", first)
	fresh.Get("/").To("/me/password")
	fresh.Post("/apologise").To("/me/password") // nothing is done before
	fresh.Get("/me/password").Is(200).Has(".lead", "do người khác đặt")
	fresh.Post("/me/password", "old", first, "new", "short", "again", "short").Is(422).Has("#error-summary", "12")
	fresh.Post("/me/password", "old", first, "new", "một mật khẩu khác", "again", "khác nữa").Is(422).Has(".problem", "không giống nhau")
	fresh.Post("/me/password", "old", first, "new", "một mật khẩu khác", "again", "một mật khẩu khác").To("/")
	fresh.Get("/").Is(200) // goes on without signing in again
	fresh.Post("/apologise").To("/")

	keeper.Get("/admin/accounts?state=first").Has("h1", "0 tài khoản")
	keeper.Get("/admin/accounts?q=nguoi+moi").Has("h1", "1 tài khoản").Has("th a", "Người Mới")
	keeper.Get("/admin/accounts?role=chairperson").Has("h1", "1 tài khoản")
}

func TestAKeeperOfACommuneReachesNoFurther(t *testing.T) {
	t.Parallel()
	o := open(t)
	keeper := o.as("quantrixa", password)
	keeper.Get("/admin/accounts").Is(200).Has("h1", "3 tài khoản").Lacks("th a", "Cán bộ quantri ")
	keeper.Get("/admin/accounts/" + o.id["quantri"]).Is(404)
	keeper.Get("/admin/accounts/new").Lacks("option", "Tỉnh Sông Mẫu")
	keeper.Post("/admin/accounts", "login", "trom", "name", "Kẻ trộm", "role", "administrator", "unit", string(o.province)).Is(403)
	keeper.Post("/admin/accounts", "login", "trom", "name", "Kẻ trộm", "role", "administrator", "unit", "*").Is(403)
	keeper.Post("/admin/accounts/"+o.id["bich"]+"/grants", "role", "auditor", "unit", string(o.province)).Is(403)
	keeper.Post("/admin/accounts/" + o.id["quantri"] + "/password").Is(404)
	keeper.Post("/admin/accounts/"+o.id["quantrixa"]+"/grants", "role", "onestop", "unit", string(o.commune)).Is(422).Has("#error-summary", "tự giao vai trò")
	o.as("bich", password).Get("/admin/accounts").Is(403)
	o.as("bich", password).Get("/admin/accounts/" + o.id["bich"]).Is(403)
}

func TestAWithdrawnRoleIsGoneWithTheNextRequest(t *testing.T) {
	t.Parallel()
	o := open(t)
	keeper, chair := o.as("quantri", password), o.as("chutich", password)
	chair.Post("/apologise").To("/")
	at := "/admin/accounts/" + o.id["chutich"]
	p := keeper.Get(at).Is(200)
	grant := p.Attr("[name=grant]", "value")
	keeper.Post(at+"/revoke", "grant", grant, "day", "31/02/2026").Is(422).Has("#error-summary a[href='#f-day']", "31/02/2026").Has(".inline-form .problem", "31/02/2026").Has(".inline-form #f-day[value='31/02/2026']", "")
	chair.Post("/apologise").To("/")
	keeper.Post(at+"/revoke", "grant", grant).To(at)
	chair.Post("/apologise").Is(403)
	keeper.Post(at+"/grants", "role", "chairperson", "unit", string(o.commune), "from", "31/02/2026").Is(422).Has(".problem", "31/02/2026")
	keeper.Post(at+"/grants", "role", "chairperson", "unit", string(o.commune)).To(at)
	chair.Post("/apologise").To("/")
	keeper.Post(at+"/state", "do", "disable").Is(422).Has("#error-summary", "Lý do")
	keeper.Post(at+"/state", "do", "disable", "reason", "nghỉ hưu").To(at)
	chair.Get("/").To("/sign-in?next=%2F")
	keeper.Get(at).Has(".state", "Đã khoá").Has(".events", "khoá tài khoản").Has(".events", "nghỉ hưu")
	keeper.Post(at+"/state", "do", "enable", "reason", "trở lại").To(at)
	keeper.Post(at+"/rename", "name", "Tên Khác").To(at)
	keeper.Get(at).Has("h1", "Tên Khác")
}

func TestEverybodySeesAndEndsTheirSessions(t *testing.T) {
	t.Parallel()
	o := open(t)
	one := o.as("bich", password)
	o.clock.Advance(time.Minute)
	two := o.as("bich", password)
	two.Get("/me").Is(200).Count("tbody tr", 2).Has(".state", "Phiên này").Has("dt", "Chuyên viên")
	two.Post("/me/sessions").To("/me")
	one.Get("/").To("/sign-in?next=%2F")
	two.Get("/me").Is(200).Count("tbody tr", 1)
	keeper := o.as("quantrixa", password)
	at := "/admin/accounts/" + o.id["bich"]
	// Enter in the reason closes no account.
	keeper.Get(at).Is(200).Count("form[action='"+at+"/state'] button:first-of-type[formaction='"+at+"/sessions']", 1)
	keeper.Post(at+"/sessions").Is(422).Has("#error-summary", "Lý do").Lacks("input[name=name][value='']", "")
	two.Get("/me").Is(200)
	keeper.Post(at+"/sessions", "reason", "mất máy tính").To(at)
	two.Get("/").To("/sign-in?next=%2F")
	keeper.Get(at).Is(200).Has("main", "mất máy tính")
}

// Whoever finds a session left open does not put its owner out elsewhere: ending other
// sessions needs having shown just now who one is.
func TestOtherSessionsEndOnlyForWhoShowedWhoTheyAre(t *testing.T) {
	t.Parallel()
	o := open(t)
	one := o.as("bich", password)
	o.clock.Advance(time.Minute)
	two := o.as("bich", password)
	o.clock.Advance(20 * time.Minute)
	p := two.Get("/me").Is(200).Count("tbody tr", 2).Count("form[action='/me/sessions']", 0).Has(".card-body", "vừa đăng nhập")
	if p.Attr(".card-body a[href^='/sign-in']", "href") != "/sign-in?next=%2Fme" {
		t.Error("the page does not lead to signing in again")
	}
	two.Post("/me/sessions").To("/sign-in?next=%2Fme")
	two.Post("/me/sessions", "at", "1").To("/sign-in?next=%2Fme")
	one.Get("/").Is(200)
	two.Post("/sign-in", "login", "bich", "password", password, "next", "/me").To("/me")
	two.Get("/me").Is(200).Count("tbody tr", 2).Count("form[action='/me/sessions']", 2) // it is the same browser
	two.Post("/me/sessions").To("/me")
	one.Get("/").To("/sign-in?next=%2F")
	two.Get("/me").Is(200).Count("tbody tr", 1)
}

func TestActingForAnotherBeginsEndsAndIsSeen(t *testing.T) {
	t.Parallel()
	o := open(t)
	chair, bich := o.as("chutich", password), o.as("bich", password)
	bich.Post("/apologise").Is(403)
	chair.Get("/me/delegations").Is(200).Has("option", "Cán bộ bich").Has("option", "Lãnh đạo UBND, Xã Gio Hải")
	what := "chairperson " + string(o.commune)
	chair.Post("/me/delegations", "to", o.id["bich"], "what", what, "document", "", "last", "30/11/2026").Is(422).Has("#error-summary", "văn bản")
	chair.Post("/me/delegations", "to", o.id["bich"], "what", what, "document", "12/GUQ-UBND", "last", "30/11/2026").To("/me/delegations")
	chair.Get("/me/delegations").Has("td", "12/GUQ-UBND").Lacks("button", "Làm việc thay")
	bich.Post("/apologise").Is(403) // not before choosing to
	id := bich.Get("/me/delegations").Has("button", "Làm việc thay Cán bộ chutich").Attr("button[name=delegation]", "value")
	bich.Post("/me/act", "delegation", id).To("/")
	bich.Get("/").Has(".person", "Cán bộ bich thay Cán bộ chutich").Has("[role=status]", "thay Cán bộ chutich")
	bich.Post("/apologise").To("/")
	bich.Post("/me/delegations", "to", o.id["quantri"], "what", what, "document", "13", "last", "30/11/2026").Is(403)
	chair.Post("/me/delegations/" + id + "/withdraw").To("/me/delegations")
	bich.Post("/apologise").Is(409) // meant in the chair's name: not done in one's own
	bich.Get("/").Has(".person", "Cán bộ bich").Lacks(".person", "thay")
	o.as("quantri", password).Get("/admin/delegations").Is(200).Has("td", "12/GUQ-UBND").Has(".state", "Đã rút")
}

func TestTheTrailIsReadByPersonUnitAndThingAndExported(t *testing.T) {
	t.Parallel()
	o := open(t)
	keeper := o.as("quantri", password)
	keeper.Get("/admin/audit").Is(200).Has("td", "tạo tài khoản").Has("td", "đã thay đổi")
	keeper.Get("/admin/audit?who=quantri").Is(200).Has("td", "đăng nhập").Lacks("td", "tạo tài khoản")
	keeper.Get("/admin/audit?who=nobody").Is(422).Has("#error-summary", "nobody")
	keeper.Get("/admin/audit?from=35/01/2026").Is(422)
	keeper.Get("/admin/audit?kind=account&object="+o.id["bich"]).Is(200).Has("td", "giao vai trò")
	keeper.Get("/admin/audit?to=22/11/2026").Is(200).Has(".empty", "Không có gì")
	chair := o.as("chutich", password) // of the commune: what happened there
	chair.Get("/admin/audit").Is(200).Has("td", "giao vai trò").Lacks("td", "thành lập đơn vị Tỉnh")
	chair.Get("/admin/audit?unit=" + string(o.province)).Is(403)
	o.as("bich", password).Get("/admin/audit").Is(403)
	csv := keeper.Get("/admin/audit.csv").Is(200)
	if got := csv.Header.Get("Content-Type"); got != "text/csv; charset=utf-8" {
		t.Errorf("the file is %s", got)
	}
	for _, s := range []string{"account.sign_in", "name changed", "on_behalf_of"} {
		csv.Has("body", s)
	}
}

func TestThePagesInABrowser(t *testing.T) {
	t.Parallel()
	o := open(t)
	b := o.as("quantri", password)
	b.Look("/admin/accounts", "/admin/accounts/new", "/admin/accounts/"+o.id["bich"], "/me", "/me/password", "/me/passkeys", "/me/delegations", "/admin/delegations", "/admin/audit")
}
