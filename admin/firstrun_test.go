package admin_test

import (
	"net/http"
	"sync"
	"testing"

	"cchc/admin"
	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/db/dbtest"
	"cchc/base/web"
	"cchc/base/web/ui"
	"cchc/base/web/webtest"
	"cchc/unit"
)

func firstRun(t *testing.T) (*webtest.Browser, *db.DB) {
	t.Helper()
	d, clock := dbtest.Open(t)
	book := &unit.Book{DB: d}
	guard := auth.Guard{Tree: book}
	first := &admin.FirstRun{Accounts: &auth.Accounts{DB: d, Guard: guard}, Registry: &unit.Registry{Book: book, Guard: guard}, Code: "AB2C-D3EF-G4HJ"}
	mux := web.New(web.Config{Now: clock.Now, Sessions: auth.Store{DB: d}, Elsewhere: func(r *http.Request, a actor.Actor) (string, error) { return first.Elsewhere(r, a), nil }})
	first.Register(mux)
	mux.Handle("GET /{$}", web.Public, func(w http.ResponseWriter, r *http.Request) error {
		return web.Render(w, r, http.StatusOK, ui.Layout(ui.Page{Title: "Trang đầu"}))
	})
	return webtest.Open(t, mux), d
}

func good(set ...string) []string {
	list := []string{"proof", "ab2c d3ef g4hj", "name", "Xã Gio Hải", "level", "commune", "code", "H99.101", "area", "", "day", "01/07/2025",
		"basis", "1680/NQ-UBTVQH15", "person", "Trần Thị Bích", "login", "bich", "password", "nắng chiều trên sông", "again", "nắng chiều trên sông"}
	for i := 0; i+1 < len(set); i += 2 {
		for j := 0; j < len(list); j += 2 {
			if list[j] == set[i] {
				list[j+1] = set[i+1]
			}
		}
	}
	return list
}

var counted = []*db.Stmt{db.SQL("admin.test.accounts", `SELECT COUNT(*) FROM account`), db.SQL("admin.test.units", `SELECT COUNT(*) FROM unit`),
	db.SQL("admin.test.grants", `SELECT COUNT(*) FROM account_grant WHERE role = 'administrator' AND unit_id <> ''`)}

func counts(t *testing.T, d *db.DB) (out [3]int) {
	t.Helper()
	for i, s := range counted {
		n, err := db.Value[int](t.Context(), d, s)
		if err != nil {
			t.Fatal(err)
		}
		out[i] = n
	}
	return out
}

func TestTheFirstRunMakesTheFirstUnitAndAccountOnce(t *testing.T) {
	t.Parallel()
	b, d := firstRun(t)
	b.Get("/").To("/first-run")
	b.Get("/first-run").Is(200).Has("h1", "Lần chạy đầu")
	for _, c := range []struct{ field, value, says string }{
		{"proof", "AB2C-D3EF-G4HK", "không đúng"}, {"proof", "", "không đúng"}, {"name", "", "Chưa nhập"}, {"code", "", "Chưa nhập"},
		{"basis", "", ""}, {"day", "31/02/2025", "31/02/2025"}, {"login", "b!", ""}, {"password", "ngắn", ""}, {"again", "khác", "không giống"}, {"person", "", ""},
	} {
		b.Post("/first-run", good(c.field, c.value)...).Is(422).Has("#error-summary", c.says)
		if got := counts(t, d); got != [3]int{} {
			t.Fatalf("with %s %q something was made: %v", c.field, c.value, got)
		}
	}
	b.Post("/first-run", good()...).To("/admin")
	if got := counts(t, d); got != [3]int{1, 1, 1} {
		t.Errorf("made %v accounts, units, administrators", got)
	}
	b.Get("/first-run").Is(404)
	b.Post("/first-run", good("login", "other", "code", "H99.102")...).Is(404)
	b.Get("/").Is(200)
	if got := counts(t, d); got != [3]int{1, 1, 1} {
		t.Errorf("afterwards there are %v", got)
	}
}

func TestManyFirstRunsAtOnceMakeOne(t *testing.T) {
	t.Parallel()
	b, d := firstRun(t)
	var wg sync.WaitGroup
	logins := []string{"mot", "hai", "ba1", "bon", "nam", "sau"}
	for i, login := range logins {
		other := b.Other()
		wg.Go(func() { other.Post("/first-run", good("login", login, "code", "H99."+string(rune('1'+i)))...) })
	}
	wg.Wait()
	if got := counts(t, d); got != [3]int{1, 1, 1} {
		t.Errorf("%d at once made %v accounts, units, administrators", len(logins), got)
	}
}

func TestGuessingTheCodeEnds(t *testing.T) {
	t.Parallel()
	b, d := firstRun(t)
	for range 30 {
		b.Post("/first-run", good("proof", "XXXX")...).Is(422)
	}
	b.Post("/first-run", good()...).Is(429) // not even the right one
	if got := counts(t, d); got != [3]int{} {
		t.Errorf("made %v", got)
	}
}
