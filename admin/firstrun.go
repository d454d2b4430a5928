package admin

import (
	"context"
	"crypto/subtle"
	"net/http"
	"strings"
	"sync/atomic"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/base/web/ui"
	"cchc/unit"
)

// FirstRun is the page at /first-run of an installation in which there is nothing
// yet: it makes the first unit and the first administrator, once. Who makes them
// must know Code, which the program prints where only its keeper reads; so that
// whoever finds the address first cannot take the installation.
type FirstRun struct {
	Accounts *auth.Accounts
	Registry *unit.Registry
	Code     string // see auth.Code

	done atomic.Bool // there is an account; that never changes back
}

var (
	anyAccount = db.SQL("admin.first_run.accounts", `SELECT COUNT(*) FROM account`)
	anyUnit    = db.SQL("admin.first_run.units", `SELECT COUNT(*) FROM unit`)
)

var (
	codeKeep = db.SQL("admin.first_run.code.keep", `INSERT INTO first_run (id, code) VALUES (1, $1) ON CONFLICT (id) DO NOTHING`)
	codeGet  = db.SQL("admin.first_run.code", `SELECT code FROM first_run WHERE id = 1`)
	codeDrop = db.SQL("admin.first_run.code.drop", `DELETE FROM first_run WHERE id = 1`)
)

// Share makes the code the same on every server of the database: that of the first one.
func (f *FirstRun) Share(ctx context.Context) error {
	return f.Accounts.DB.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, codeKeep, f.Code); err != nil {
			return err
		}
		code, err := db.Value[string](ctx, tx, codeGet)
		if err == nil {
			f.Code = code
		}
		return err
	})
}

// guesses is how many wrong codes the page bears before it takes no more until the
// program is started anew.
const guesses = 30

// Waiting reports whether nobody can sign in yet.
func (f *FirstRun) Waiting(ctx context.Context) (bool, error) {
	if f.done.Load() {
		return false, nil
	}
	n, err := db.Value[int](ctx, f.Accounts.DB, anyAccount)
	if err == nil && n > 0 {
		f.done.Store(true)
	}
	return n == 0, err
}

// Elsewhere sends every page to /first-run while it waits. What machines ask for
// is left alone.
func (f *FirstRun) Elsewhere(r *http.Request, _ actor.Actor) string {
	switch path := r.URL.Path; {
	case path == "/first-run", path == "/preferences", path == "/standing", strings.HasPrefix(path, "/static/"):
		return ""
	}
	waiting, err := f.Waiting(r.Context())
	if err != nil || !waiting {
		return ""
	}
	return "/first-run"
}

// Register puts the page at /first-run.
func (f *FirstRun) Register(mux *web.Mux) {
	wrong := &atomic.Int32{}
	mux.Handle("GET /first-run", web.Public, f.ask)
	mux.Handle("POST /first-run", web.Public, func(w http.ResponseWriter, r *http.Request) error { return f.make(w, r, wrong) })
}

type firstForm struct {
	web.Form
	Proof    string      `form:"proof"`
	Name     string      `form:"name"`
	Level    string      `form:"level"`
	Code     string      `form:"code"`
	Area     string      `form:"area"`
	Day      moment.Date `form:"day"`
	Basis    string      `form:"basis"`
	Person   string      `form:"person"`
	Login    string      `form:"login"`
	Password string      `form:"password,raw"`
	Again    string      `form:"again,raw"`
}

func (f *FirstRun) ask(w http.ResponseWriter, r *http.Request) error {
	waiting, err := f.Waiting(r.Context())
	if err != nil {
		return err
	}
	if !waiting {
		return fault.New(fault.NotFound, "web.not_found.text")
	}
	in := &firstForm{}
	in.Set("level", unit.Commune)
	return f.render(w, r, http.StatusOK, in)
}

func (f *FirstRun) render(w http.ResponseWriter, r *http.Request, status int, in *firstForm) error {
	ctx := r.Context()
	levels, err := f.Registry.Book.Levels(ctx, f.Accounts.DB)
	if err != nil {
		return err
	}
	var options []ui.Option
	for _, l := range levels {
		if l.Code == unit.Province || l.Code == unit.Commune || l.Code == unit.Department {
			name := l.NameVI
			if i18n.Lang(ctx) == i18n.English {
				name = l.NameEN
			}
			options = append(options, ui.Option{Value: l.Code, Text: name})
		}
	}
	var areas []ui.Option
	for _, a := range unit.AreaClasses {
		areas = append(areas, ui.Option{Value: a, Text: i18n.T(ctx, "admin.first.area."+areaKey(a))})
	}
	return web.Render(w, r, status, firstView(in, options, areas))
}

func areaKey(a string) string {
	if a == "" {
		return "ordinary"
	}
	return a
}

func (f *FirstRun) make(w http.ResponseWriter, r *http.Request, wrong *atomic.Int32) error {
	ctx := r.Context()
	waiting, err := f.Waiting(ctx)
	if err != nil {
		return err
	}
	if !waiting {
		return fault.New(fault.NotFound, "web.not_found.text")
	}
	in := &firstForm{}
	err = web.Decode(r, in)
	if err == nil {
		if wrong.Load() >= guesses {
			return fault.New(fault.TooMany, "admin.first.too_many")
		}
		x := fault.New(fault.Invalid, "web.form.invalid")
		if subtle.ConstantTimeCompare([]byte(plain(in.Proof)), []byte(plain(f.Code))) != 1 || f.Code == "" {
			wrong.Add(1)
			x.With("proof", "admin.first.wrong_code")
		}
		for name, v := range map[string]string{"name": in.Name, "code": in.Code, "level": in.Level} {
			if v == "" {
				x.With(name, "web.form.required")
			}
		}
		if in.Password != in.Again {
			x.With("again", "account.password.differs")
		}
		err = x.Or()
	}
	var at moment.Instant
	account := ""
	if err == nil {
		account, at, err = f.begin(ctx, in)
	}
	if in.Failed(err) {
		return f.render(w, r, http.StatusUnprocessableEntity, in)
	}
	if err != nil {
		return err
	}
	f.done.Store(true)
	if err := web.SignIn(ctx, account, at); err != nil {
		return err
	}
	return web.SeeOther(w, r, "/admin", "admin.first.done", "Unit", in.Name)
}

// plain is a code as it may be typed: without hyphens and blanks, in capitals.
func plain(code string) string {
	return strings.ToUpper(strings.NewReplacer("-", "", " ", "").Replace(code))
}

// begin makes the unit and the account in one transaction, or nothing when there
// is an account or a unit by then.
func (f *FirstRun) begin(ctx context.Context, in *firstForm) (account string, at moment.Instant, err error) {
	a := actor.System("first-run")
	draft, err := f.Accounts.Draft(ctx, auth.NewAccount{Login: in.Login, Name: in.Person, Password: in.Password})
	if x := fault.As(err); x != nil { // the account's name is called person here
		for i := range x.Fields {
			if x.Fields[i].Name == "name" {
				x.Fields[i].Name = "person"
			}
		}
	}
	if err != nil {
		return "", 0, err
	}
	err = f.Accounts.DB.Write(ctx, func(tx *db.Tx) error {
		for _, s := range []*db.Stmt{anyAccount, anyUnit} {
			n, err := db.Value[int](ctx, tx, s)
			if err != nil {
				return err
			}
			if n > 0 {
				return fault.New(fault.Conflict, "admin.first.taken")
			}
		}
		u, err := f.Registry.CreateTx(ctx, tx, a, unit.New{Code: in.Code, Name: in.Name, Level: in.Level, Area: in.Area},
			unit.Act{Day: in.Day, Basis: in.Basis})
		if err != nil {
			return err
		}
		at = tx.Now
		if _, err := tx.Exec(ctx, codeDrop); err != nil {
			return err
		}
		account, err = f.Accounts.CreateIn(ctx, tx, a, draft, actor.Grant{Role: actor.Administrator, Unit: u})
		return err
	})
	return account, at, err
}
