package list

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"cchc/base/audit"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/web"
)

// A View is filters and a sort that a person keeps under a name (bộ lọc đã lưu).
// What was searched for is no part of it: it may be a citizen's name.
type View struct {
	ID      string
	Page    string // the list's key
	Name    string
	Query   string // of the address, encoded
	Default bool   // what the list opens with
}

// Views keeps them: each person's own, seen and changed by nobody else. Pages
// gives the path of every list that has views, by its key.
type Views struct {
	DB    *db.DB
	Pages map[string]string
}

const (
	viewsMost = 20 // of one list
	nameMost  = 60
)

var (
	viewsOf = db.SQL("list.views", `
		SELECT id, page, name, query, is_default
		FROM saved_view
		WHERE account_id = $1 AND page = $2
		ORDER BY made_at, id`)
	viewOf = db.SQL("list.view", `
		SELECT id, page, name, query, is_default
		FROM saved_view
		WHERE id = $1 AND account_id = $2`)
	viewAdd   = db.Rows("list.view.add", "saved_view", "id, account_id, page, name, query, is_default, made_at", "")
	viewName  = db.SQL("list.view.name", `UPDATE saved_view SET name = $1 WHERE id = $2`)
	viewUsual = db.SQL("list.view.default", `UPDATE saved_view SET is_default = (id = $1) WHERE account_id = $2 AND page = $3`)
	viewDrop  = db.SQL("list.view.drop", `DELETE FROM saved_view WHERE id = $1`)
)

func scanView(r db.Scanner) (v View, err error) {
	err = r.Scan(&v.ID, &v.Page, &v.Name, &v.Query, &v.Default)
	return v, err
}

// unkept are the values of an address that a view does not keep.
var unkept = []string{"q", "number", "after", "before", "format"}

// Of returns the views of a list that the one who asks keeps, in the order in
// which they were made.
func (v *Views) Of(ctx context.Context, q db.Queryer, page string) ([]View, error) {
	a := web.Actor(ctx)
	if !a.SignedIn() {
		return nil, nil
	}
	return db.All(ctx, q, viewsOf, scanView, a.Account, page)
}

// Register puts the pages at /views.
func (v *Views) Register(mux *web.Mux) {
	mux.Handle("GET /views/{page}", web.SignedIn, v.manage)
	mux.Handle("POST /views/{page}", web.SignedIn, v.save)
	mux.Handle("POST /views/{page}/{id}/rename", web.SignedIn, v.change("rename"))
	mux.Handle("POST /views/{page}/{id}/default", web.SignedIn, v.change("default"))
	mux.Handle("POST /views/{page}/{id}/delete", web.SignedIn, v.change("delete"))
}

// A viewForm is a name for what is shown.
type viewForm struct {
	web.Form
	Name    string `form:"name"`
	Query   string `form:"query"`
	Default bool   `form:"default"`
}

func (v *Views) path(r *http.Request) (page, path string, err error) {
	page = r.PathValue("page")
	if path = v.Pages[page]; path == "" {
		return "", "", fault.New(fault.NotFound, "list.view.page_unknown")
	}
	return page, path, nil
}

func (v *Views) manage(w http.ResponseWriter, r *http.Request) error {
	page, path, err := v.path(r)
	if err != nil {
		return err
	}
	return v.show(w, r, http.StatusOK, page, path, &viewForm{})
}

func (v *Views) show(w http.ResponseWriter, r *http.Request, status int, page, path string, in *viewForm) error {
	all, err := v.Of(r.Context(), v.DB, page)
	if err != nil {
		return err
	}
	return web.Render(w, r, status, viewsPage(page, path, all, in))
}

func (v *Views) save(w http.ResponseWriter, r *http.Request) error {
	page, path, err := v.path(r)
	if err != nil {
		return err
	}
	in := &viewForm{}
	if err := web.Decode(r, in); err != nil {
		return err
	}
	query := kept(in.Query)
	err = v.DB.Write(r.Context(), func(tx *db.Tx) error { return v.add(r.Context(), tx, page, query, in) })
	if in.Failed(err) {
		return v.show(w, r, http.StatusUnprocessableEntity, page, path, in)
	}
	if err != nil {
		return err
	}
	return web.SeeOther(w, r, address(path, query), "list.view.saved", "Name", in.Name)
}

// kept returns the query without what a view does not keep.
func kept(query string) string {
	values, err := url.ParseQuery(query)
	if err != nil {
		return ""
	}
	for _, name := range unkept {
		values.Del(name)
	}
	return values.Encode()
}

func address(path, query string) string {
	if query == "" {
		return path
	}
	return path + "?" + query
}

// named checks a name against the others of the list.
func named(name, id string, all []View) error {
	f := fault.New(fault.Invalid, "form.invalid")
	switch {
	case name == "":
		f.With("name", "list.view.name_missing")
	case utf8.RuneCountInString(name) > nameMost || strings.ContainsRune(name, '\n'):
		f.With("name", "list.view.name_long", "Most", nameMost)
	case slices.ContainsFunc(all, func(x View) bool { return x.Name == name && x.ID != id }):
		f.With("name", "list.view.name_taken", "Name", name)
	}
	return f.Or()
}

func (v *Views) add(ctx context.Context, tx *db.Tx, page, query string, in *viewForm) error {
	a := web.Actor(ctx)
	all, err := v.Of(ctx, tx, page)
	if err != nil {
		return err
	}
	if err := named(in.Name, "", all); err != nil {
		return err
	}
	if len(all) >= viewsMost {
		return fault.New(fault.Conflict, "list.view.too_many", "Most", viewsMost)
	}
	id := db.NewID()
	if err := tx.InsertRows(ctx, viewAdd, [][]any{{id, a.Account, page, in.Name, query, false, tx.Now}}); err != nil {
		return err
	}
	if in.Default {
		if _, err := tx.Exec(ctx, viewUsual, id, a.Account, page); err != nil {
			return err
		}
	}
	return v.record(ctx, tx, "view.save", id, audit.Change{Field: "name", To: in.Name}, audit.Change{Field: "query", To: query})
}

func (v *Views) record(ctx context.Context, tx *db.Tx, verb, id string, changes ...audit.Change) error {
	return audit.Record(ctx, tx, audit.Entry{Actor: web.Actor(ctx), Verb: verb, Kind: "saved_view", ID: id, Changes: changes})
}

// change renames, drops, or makes a view what the list opens with; asked for the
// default again, it is none any more.
func (v *Views) change(what string) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		page, path, err := v.path(r)
		if err != nil {
			return err
		}
		in := &viewForm{}
		if err := web.Decode(r, in); err != nil {
			return err
		}
		ctx := r.Context()
		err = v.DB.Write(ctx, func(tx *db.Tx) error {
			a := web.Actor(ctx)
			view, err := db.One(ctx, tx, viewOf, scanView, r.PathValue("id"), a.Account)
			if errors.Is(err, db.ErrNotFound) || err == nil && view.Page != page {
				return fault.New(fault.NotFound, "list.view.unknown")
			}
			if err != nil {
				return err
			}
			changed := audit.Change{Field: "name", From: view.Name}
			switch what {
			case "rename":
				all, err := v.Of(ctx, tx, page)
				if err != nil {
					return err
				}
				if err := named(in.Name, view.ID, all); err != nil {
					return err
				}
				changed.To = in.Name
				_, err = tx.Exec(ctx, viewName, in.Name, view.ID)
				if err != nil {
					return err
				}
			case "default":
				id := view.ID
				changed = audit.Change{Field: "default", To: view.Name}
				if view.Default {
					id, changed = "", audit.Change{Field: "default", From: view.Name}
				}
				if _, err := tx.Exec(ctx, viewUsual, id, a.Account, page); err != nil {
					return err
				}
			case "delete":
				if _, err := tx.Exec(ctx, viewDrop, view.ID); err != nil {
					return err
				}
			}
			return v.record(ctx, tx, "view."+what, view.ID, changed)
		})
		if in.Failed(err) {
			return v.show(w, r, http.StatusUnprocessableEntity, page, path, in)
		}
		if err != nil {
			return err
		}
		return web.SeeOther(w, r, "/views/"+page, "list.view."+what+".done")
	}
}

// Opens returns where the list opens when its bare address is asked for: the
// default view's address, or "".
func (v *Views) Opens(ctx context.Context, q db.Queryer, r *http.Request, page string) (string, error) {
	if r.URL.RawQuery != "" {
		return "", nil
	}
	all, err := v.Of(ctx, q, page)
	for _, x := range all {
		if x.Default && x.Query != "" {
			return address(v.Pages[page], x.Query), err
		}
	}
	return "", err
}
