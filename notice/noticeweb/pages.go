// Package noticeweb shows notices: each person's own, and to who keeps them the
// templates and the log of what was sent.
package noticeweb

import (
	"bytes"
	"context"
	"net/http"
	"time"

	"cchc/base/i18n"
	"cchc/base/live"
	"cchc/base/web"
	"cchc/base/web/ui"
	"cchc/notice"
	"cchc/unit"
)

// Where the pages begin: everybody's own, and the keeper's.
const (
	Path  = "/notices"
	Admin = "/admin/notices"
)

// Topic is what tells an account's pages that it has a new notice.
func Topic(account string) string { return "notices/" + account }

// Dossiers finds the dossier of a code.
type Dossiers interface {
	ByCode(ctx context.Context, code string) (id string, u unit.ID, err error)
}

// Pages are the pages of notices. A nil Live leaves them as they were loaded.
type Pages struct {
	Book     *notice.Book
	Live     *live.Hub
	Dossiers Dossiers
	Name     func(ctx context.Context, account string) string // of an account, "" when unknown
}

// Register puts the pages on the mux.
func (p *Pages) Register(mux *web.Mux) {
	mux.Handle("GET "+Path, web.SignedIn, p.inbox)
	mux.Handle("GET "+Path+"/stream", web.SignedIn.Live(), p.stream)
	mux.Handle("POST "+Path+"/read", web.SignedIn, p.readAll)
	mux.Handle("POST "+Path+"/{id}", web.SignedIn, p.open)
	mux.Handle("GET "+Path+"/wishes", web.SignedIn, p.wishes)
	mux.Handle("POST "+Path+"/wishes", web.SignedIn, p.want)
	mux.Handle("GET "+Admin, web.SignedIn, p.log)
	mux.Handle("POST "+Admin+"/again", web.SignedIn, p.again)
	mux.Handle("GET "+Admin+"/templates", web.SignedIn, p.templates)
	mux.Handle("GET "+Admin+"/templates/{event}/{channel}/{lang}", web.SignedIn, p.template)
	mux.Handle("POST "+Admin+"/templates/{event}/{channel}/{lang}", web.SignedIn, p.saveTemplate)
	mux.Handle("GET /dossiers/{code}/notices", web.SignedIn, p.dossier)
	mux.Handle("POST /dossiers/{code}/notices", web.SignedIn, p.say)
	mux.Handle("GET /stop/{token}", web.BySecret, p.askStop)
	mux.Handle("POST /stop/{token}", web.BySecret, p.stop)
}

type inboxPage struct {
	List   []notice.Notice
	Unread bool // only those that were not read
	Count  int  // not read
	Next   string
	Stream string
}

func (p *Pages) inboxView(ctx context.Context, unread bool, before string) (v inboxPage, err error) {
	a := web.Actor(ctx)
	v.Unread = unread
	if v.List, v.Next, err = p.Book.Inbox(ctx, a, unread, before); err != nil {
		return v, err
	}
	v.Count, err = p.Book.Unread(ctx, a)
	if p.Live != nil && before == "" {
		v.Stream = Path + "/stream"
		if unread {
			v.Stream += "?unread=1"
		}
	}
	return v, err
}

func (p *Pages) inbox(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	v, err := p.inboxView(r.Context(), q.Get("unread") != "", q.Get("before"))
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, inboxView(v))
}

// streamFor is how long a stream lasts; the page then begins another, with the
// rights that hold by then.
const streamFor = 10 * time.Minute

func (p *Pages) stream(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := context.WithTimeout(r.Context(), streamFor)
	defer cancel()
	unread := r.URL.Query().Get("unread") != ""
	return web.Stream(w, r, func(send func(string, []byte) error) error {
		if p.Live == nil {
			<-ctx.Done()
			return nil
		}
		sub := p.Live.Subscribe(Topic(web.Actor(ctx).Account))
		if web.Resumed(r) {
			sub.Wake()
		}
		for range sub.All(ctx) {
			v, err := p.inboxView(ctx, unread, "")
			if err != nil {
				return err
			}
			var list, bell bytes.Buffer
			if err := inboxList(v).Render(ctx, &list); err != nil {
				return err
			}
			if err := ui.Bell(v.Count).Render(ctx, &bell); err != nil {
				return err
			}
			if err := send("notices", list.Bytes()); err != nil {
				return err
			}
			if err := send("bell", bell.Bytes()); err != nil {
				return err
			}
			select { // many at once are shown once
			case <-time.After(time.Second):
			case <-ctx.Done():
			}
		}
		return nil
	})
}

// open marks a notice as read, which changes something, and leads on.
func (p *Pages) open(w http.ResponseWriter, r *http.Request) error {
	link, err := p.Book.Open(r.Context(), web.Actor(r.Context()), r.PathValue("id"))
	if err != nil {
		return err
	}
	return web.SeeOther(w, r, link, "")
}

func (p *Pages) readAll(w http.ResponseWriter, r *http.Request) error {
	if err := p.Book.ReadAll(r.Context(), web.Actor(r.Context()), r.PostFormValue("up_to")); err != nil {
		return err
	}
	return web.SeeOther(w, r, Path, "notice.all_read")
}

type wishForm struct {
	web.Form
	Email  string   `form:"email"`
	Lang   string   `form:"lang"`
	Events []string `form:"events"`
}

func (p *Pages) wishes(w http.ResponseWriter, r *http.Request) error {
	wish, err := p.Book.Wish(r.Context(), web.Actor(r.Context()))
	if err != nil {
		return err
	}
	in := &wishForm{}
	in.Set("email", wish.Email)
	in.Set("lang", wish.Lang)
	in.Set("events", wish.Events...)
	return web.Render(w, r, http.StatusOK, wishView(wishPage{In: in, Sends: p.Book.Senders[notice.Email] != nil}))
}

type wishPage struct {
	In    *wishForm
	Sends bool // the installation sends e-mail
}

func (p *Pages) want(w http.ResponseWriter, r *http.Request) error {
	in := &wishForm{}
	err := web.Decode(r, in)
	if err == nil {
		err = p.Book.Want(r.Context(), web.Actor(r.Context()), notice.Wish{Email: in.Email, Lang: in.Lang, Events: in.Events})
		if err == nil {
			return web.SeeOther(w, r, Path+"/wishes", "notice.wish.kept")
		}
	}
	if !in.Failed(err) {
		return err
	}
	return web.Render(w, r, http.StatusUnprocessableEntity, wishView(wishPage{In: in, Sends: p.Book.Senders[notice.Email] != nil}))
}

type dossierPage struct {
	Code string
	Said map[string]bool
	List []notice.Item
	May  bool // may note what the applicant says
}

func (p *Pages) dossier(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	a := web.Actor(ctx)
	id, u, err := p.Dossiers.ByCode(ctx, r.PathValue("code"))
	if err != nil {
		return err
	}
	v := dossierPage{Code: r.PathValue("code")}
	if v.Said, err = p.Book.Said(ctx, a, id, u); err != nil {
		return err
	}
	if v.List, err = p.Book.OfDossier(ctx, a, id, u); err != nil {
		return err
	}
	if v.May, err = p.Book.MaySay(ctx, a, id); err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, dossierView(v))
}

func (p *Pages) say(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	id, u, err := p.Dossiers.ByCode(ctx, r.PathValue("code"))
	if err != nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return err
	}
	wanted := map[string]bool{}
	for _, c := range notice.Leaving {
		wanted[c] = r.PostForm.Get(c) != ""
	}
	if err := p.Book.Say(ctx, web.Actor(ctx), id, u, wanted); err != nil {
		return err
	}
	return web.SeeOther(w, r, "/dossiers/"+r.PathValue("code")+"/notices", "notice.said")
}

func (p *Pages) askStop(w http.ResponseWriter, r *http.Request) error {
	_, code, _, err := p.Book.ByToken(r.Context(), r.PathValue("token"))
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, stopView(stopPage{Code: code, Token: r.PathValue("token")}))
}

type stopPage struct {
	Code, Token string
	Done        bool
}

func (p *Pages) stop(w http.ResponseWriter, r *http.Request) error {
	code, err := p.Book.Stop(r.Context(), r.PathValue("token"))
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, stopView(stopPage{Code: code, Done: true}))
}

func columns(ctx context.Context, keys ...string) []ui.Column {
	var out []ui.Column
	for _, key := range keys {
		out = append(out, ui.Column{Label: i18n.T(ctx, "notice.column."+key)})
	}
	return out
}
