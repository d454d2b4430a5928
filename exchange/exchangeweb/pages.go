package exchangeweb

import (
	"context"
	"net/http"

	"cchc/base/auth"
	"cchc/base/i18n"
	"cchc/base/web"
	"cchc/base/web/ui"
	"cchc/exchange"
	"cchc/unit"
)

// Pages are the pages on which links are kept.
type Pages struct{ Book *exchange.Book }

// Path is where the pages begin.
const Path = "/admin/exchange"

// Register puts the pages at /admin/exchange.
func (p *Pages) Register(mux *web.Mux) {
	mux.Handle("GET "+Path, web.SignedIn, func(w http.ResponseWriter, r *http.Request) error {
		in := &form{}
		in.Set("kind", exchange.Hook)
		return p.list(w, r, in, http.StatusOK)
	})
	mux.Handle("POST "+Path, web.SignedIn, p.create)
	mux.Handle("GET "+Path+"/{id}", web.SignedIn, p.show)
	mux.Handle("POST "+Path+"/{id}/again", web.SignedIn, p.again)
	mux.Handle("POST "+Path+"/{id}/key", web.SignedIn, p.rekey)
	mux.Handle("GET "+Path+"/{id}/end", web.SignedIn, p.askEnd)
	mux.Handle("POST "+Path+"/{id}/end", web.SignedIn, p.end)
	p.registerReconcile(mux)
}

type form struct {
	web.Form
	Kind   string `form:"kind"`
	Name   string `form:"name"`
	URL    string `form:"url"`
	Unit   string `form:"unit"`
	System string `form:"system"`
	Secret string `form:"secret,raw"`
	List   string `form:"list"`
}

type listPage struct {
	In    *form
	Links []exchange.Link
	Units []ui.Option
	names map[unit.ID]string
	Quiet bool
}

func (p *Pages) list(w http.ResponseWriter, r *http.Request, in *form, status int) error {
	ctx := r.Context()
	links, err := p.Book.Links(ctx, web.Actor(ctx))
	if err != nil {
		return err
	}
	v := listPage{In: in, Links: links, Quiet: p.Book.Quiet}
	if v.Units, v.names, err = p.units(ctx); err != nil {
		return err
	}
	return web.Render(w, r, status, listView(v))
}

// units are the choices among units in which who calls keeps the exchange, and
// their names.
func (p *Pages) units(ctx context.Context) (out []ui.Option, names map[unit.ID]string, err error) {
	tree, err := p.Book.Units.Today(ctx, p.Book.DB)
	if err != nil {
		return nil, nil, err
	}
	names = map[unit.ID]string{}
	for _, root := range auth.Roots(web.Actor(ctx), auth.DossierImport) {
		ids := tree.Subtree(root)
		if root == "" {
			out = append(out, ui.Option{Text: i18n.T(ctx, "exchange.everywhere")})
			ids = nil
			for _, top := range tree.Roots() {
				ids = append(ids, tree.Subtree(top)...)
			}
		}
		for _, id := range ids {
			if u, ok := tree.Unit(id); ok && names[id] == "" {
				names[id] = u.Name
				out = append(out, ui.Option{Value: string(id), Text: u.Name})
			}
		}
	}
	return out, names, nil
}

func (p *Pages) create(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in := &form{}
	err := web.Decode(r, in)
	if err == nil {
		var l exchange.Link
		l, err = p.Book.Create(ctx, web.Actor(ctx), exchange.Link{Kind: in.Kind, Name: in.Name, URL: in.URL, Unit: unit.ID(in.Unit), System: in.System, Secret: in.Secret, List: in.List})
		if err == nil && l.Kind == exchange.Hook {
			w.Header().Set("Cache-Control", "no-store")
			return web.Render(w, r, http.StatusCreated, madeView(l, "exchange.made"))
		}
		if err == nil {
			return web.SeeOther(w, r, Path+"/"+l.ID, "exchange.made")
		}
	}
	if !in.Failed(err) {
		return err
	}
	return p.list(w, r, in, http.StatusUnprocessableEntity)
}

type showPage struct {
	In   *keyForm
	Link exchange.Link
	List string // where its own list is fetched
	Open []exchange.Delivery
}

// A keyForm gives a link a new key.
type keyForm struct {
	web.Form
	Secret string `form:"secret,raw"`
}

func (p *Pages) show(w http.ResponseWriter, r *http.Request) error {
	return p.showWith(w, r, &keyForm{}, http.StatusOK)
}

func (p *Pages) showWith(w http.ResponseWriter, r *http.Request, in *keyForm, status int) error {
	l, err := p.Book.Find(r.Context(), web.Actor(r.Context()), r.PathValue("id"))
	if err != nil {
		return err
	}
	open, err := p.Book.Open(r.Context(), l)
	if err != nil {
		return err
	}
	at, err := p.Book.List(r.Context(), l.ID)
	if err != nil {
		return err
	}
	return web.Render(w, r, status, showView(showPage{In: in, Link: l, List: at, Open: open}))
}

// rekey gives the link a new key; that of a webhook is shown once.
func (p *Pages) rekey(w http.ResponseWriter, r *http.Request) error {
	ctx, in := r.Context(), &keyForm{}
	err := web.Decode(r, in)
	if err == nil {
		var l exchange.Link
		l, err = p.Book.Rekey(ctx, web.Actor(ctx), r.PathValue("id"), in.Secret)
		if err == nil && l.Kind == exchange.Hook {
			w.Header().Set("Cache-Control", "no-store")
			return web.Render(w, r, http.StatusOK, madeView(l, "exchange.key.made"))
		}
		if err == nil {
			return web.SeeOther(w, r, Path+"/"+l.ID, "exchange.key.made")
		}
	}
	if !in.Failed(err) {
		return err
	}
	return p.showWith(w, r, in, http.StatusUnprocessableEntity)
}

func (p *Pages) again(w http.ResponseWriter, r *http.Request) error {
	if err := p.Book.Again(r.Context(), web.Actor(r.Context()), r.PathValue("id")); err != nil {
		return err
	}
	return web.SeeOther(w, r, Path+"/"+r.PathValue("id"), "exchange.again.done")
}

func (p *Pages) askEnd(w http.ResponseWriter, r *http.Request) error {
	l, err := p.Book.Find(r.Context(), web.Actor(r.Context()), r.PathValue("id"))
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, endView(l))
}

func (p *Pages) end(w http.ResponseWriter, r *http.Request) error {
	if err := p.Book.End(r.Context(), web.Actor(r.Context()), r.PathValue("id")); err != nil {
		return err
	}
	return web.SeeOther(w, r, Path, "exchange.ended")
}
