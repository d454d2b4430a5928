package privacyweb

import (
	"context"
	"net/http"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/base/web/ui"
	"cchc/dossier"
	"cchc/privacy"
)

// requestsShown is how many requests a page shows.
const requestsShown = 200

type requestForm struct {
	web.Form
	All      bool     `form:"all"`
	Code     string   `form:"code"`
	Digits   string   `form:"digits"`
	Kind     string   `form:"kind"`
	Name     string   `form:"name"`
	Contact  string   `form:"contact"`
	Asks     string   `form:"asks"`
	Identity string   `form:"identity"`
	Account  string   `form:"account"`
	Outcome  string   `form:"outcome"`
	Answer   string   `form:"answer"`
	Basis    string   `form:"basis"`
	ToName   string   `form:"to_name"`
	IDNumber string   `form:"id_number"`
	Phone    string   `form:"phone"`
	Email    string   `form:"email"`
	Address  string   `form:"address"`
	Codes    []string `form:"codes"`
	Format   string   `form:"format"`
}

func (in *requestForm) asked() privacy.New {
	return privacy.New{Code: in.Code, Kind: in.Kind, Name: in.Name, Contact: in.Contact, Asks: in.Asks, Identity: in.Identity}
}

// call names the fields for the error summary.
func (in *requestForm) call(ctx context.Context) {
	for _, name := range []string{"code", "digits", "kind", "name", "contact", "asks", "identity", "account", "outcome", "answer", "basis"} {
		in.Call(name, i18n.T(ctx, "privacy.request."+name))
	}
	for _, name := range []string{"id_number", "phone", "email", "address"} {
		in.Call(name, i18n.T(ctx, "dossierweb.person."+name))
	}
}

type requestRow struct {
	privacy.Request
	Place, To string
	Late      bool
}

type requestsPage struct {
	In      *requestForm
	Rows    []requestRow
	Receive bool
	Now     moment.Instant
}

// requests lists what people ask about their own data, what waits first.
func (p *Pages) requests(w http.ResponseWriter, r *http.Request) error {
	in := &requestForm{}
	if err := web.Decode(r, in); err != nil && !in.Failed(err) {
		return err
	}
	in.Fault = nil
	return p.requestsShow(w, r, http.StatusOK, in)
}

func (p *Pages) requestsShow(w http.ResponseWriter, r *http.Request, status int, in *requestForm) error {
	ctx, a := r.Context(), web.Actor(r.Context())
	page := requestsPage{In: in, Now: p.Desk.DB.Now(), Receive: len(auth.Roots(a, auth.PrivacyReceive)) > 0}
	err := p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) error {
		list, err := p.Desk.Requests(ctx, q, a, !in.All, requestsShown)
		if err != nil {
			return err
		}
		for _, x := range list {
			u, _, err := p.Desk.Units.Last(ctx, q, x.Unit)
			if err != nil {
				return err
			}
			row := requestRow{Request: x, Place: u.Name, Late: x.Late(page.Now), To: i18n.None}
			if x.Assigned != "" {
				row.To = p.who(ctx, x.Assigned, "")
			}
			page.Rows = append(page.Rows, row)
		}
		return nil
	})
	if err != nil {
		return err
	}
	in.call(ctx)
	return web.Render(w, r, status, requestsView(page))
}

func (p *Pages) receive(w http.ResponseWriter, r *http.Request) error {
	ctx, in := r.Context(), &requestForm{}
	err := web.Decode(r, in)
	var made privacy.Request
	if err == nil {
		made, err = p.Desk.Receive(ctx, web.Actor(ctx), in.asked())
	}
	if err == nil {
		return web.SeeOther(w, r, Path+"/requests/"+made.ID, "privacy.request.received", "Number", made.Label(), "Due", made.Due)
	}
	if f := fault.As(err); f != nil && f.Kind == fault.NotFound { // typed by hand
		err = fault.New(fault.Invalid, "web.form.invalid").With("code", f.Key, f.Args...)
	}
	if !in.Failed(err) {
		return err
	}
	return p.requestsShow(w, r, status(in.Fault), in)
}

func status(f *fault.Fault) int {
	if f.Kind == fault.Conflict {
		return http.StatusConflict
	}
	return http.StatusUnprocessableEntity
}

type requestPage struct {
	privacy.Request
	In     *requestForm
	Place  string
	To     string
	ByWho  string
	Answer string // who answered
	Late   bool
	May    bool // answer
	Opens  bool // may open the person's data
	Fixes  bool // may correct
	Erases bool
	People []ui.Option
	Can    []string // codes from which the person can be erased
	Stays  []stay
	Others int
}

// A stay is a dossier that must still know its person, and why.
type stay struct{ Code, Why string }

func (p *Pages) request(w http.ResponseWriter, r *http.Request) error {
	return p.requestShow(w, r, http.StatusOK, &requestForm{})
}

func (p *Pages) requestShow(w http.ResponseWriter, r *http.Request, code int, in *requestForm) error {
	ctx, a := r.Context(), web.Actor(r.Context())
	page := requestPage{In: in, To: i18n.None}
	err := p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) (err error) {
		if page.Request, err = p.Desk.Request(ctx, q, a, r.PathValue("id")); err != nil {
			return err
		}
		u, _, err := p.Desk.Units.Last(ctx, q, page.Unit)
		if err != nil {
			return err
		}
		page.Place = u.Name
		for v, to := range map[auth.Verb]*bool{auth.PrivacyAnswer: &page.May, auth.DossierReadPerson: &page.Opens, auth.DossierCorrect: &page.Fixes, auth.DossierErase: &page.Erases} {
			if *to, err = p.Desk.Guard.May(ctx, q, a, v, actor.UnitID(page.Unit)); err != nil {
				return err
			}
		}
		people, err := p.Desk.People(ctx, q, page.Unit)
		if err != nil {
			return err
		}
		page.People = []ui.Option{{Text: i18n.T(ctx, "privacy.request.account.choose")}}
		for _, x := range people {
			page.People = append(page.People, ui.Option{Value: x.Account, Text: x.Name})
		}
		if page.Kind == privacy.Delete && page.Answered == 0 && page.Erases {
			return p.erasable(ctx, q, &page)
		}
		return nil
	})
	if err != nil {
		return err
	}
	page.Late = page.Request.Late(p.Desk.DB.Now())
	page.ByWho = i18n.T(ctx, "privacy.request.channel."+page.Channel)
	if page.Channel == privacy.Counter {
		page.ByWho += ", " + p.who(ctx, page.By, "")
	}
	if page.Assigned != "" {
		page.To = p.who(ctx, page.Assigned, "")
	}
	if page.AnswerBy != "" {
		page.Answer = p.who(ctx, page.AnswerBy, "")
	}
	in.call(ctx)
	return web.Render(w, r, code, requestView(page))
}

// erasable tells from which dossiers the person can be erased, and why not from others.
func (p *Pages) erasable(ctx context.Context, q db.Queryer, page *requestPage) error {
	list, others, err := p.Dossiers.Erasables(ctx, q, web.Actor(ctx), dossier.Subject{Code: page.Code})
	if f := fault.As(err); f != nil {
		page.Stays = []stay{{page.Code, i18n.T(ctx, f.Key, f.Args...)}}
		return nil
	}
	page.Others = others
	for _, x := range list {
		if x.Problem == nil {
			page.Can = append(page.Can, x.Code)
		} else {
			page.Stays = append(page.Stays, stay{x.Code, i18n.T(ctx, x.Problem.Key, x.Problem.Args...)})
		}
	}
	return err
}

// requestDo runs a verb on a request and shows its page again.
func (p *Pages) requestDo(w http.ResponseWriter, r *http.Request, said string, do func(ctx context.Context, a actor.Actor, id string, in *requestForm) error) error {
	ctx, in, id := r.Context(), &requestForm{}, r.PathValue("id")
	err := web.Decode(r, in)
	if err == nil {
		err = do(ctx, web.Actor(ctx), id, in)
	}
	if err == nil {
		return web.SeeOther(w, r, Path+"/requests/"+id, said)
	}
	if !in.Failed(err) {
		return err
	}
	return p.requestShow(w, r, status(in.Fault), in)
}

func (p *Pages) assign(w http.ResponseWriter, r *http.Request) error {
	return p.requestDo(w, r, "privacy.request.assigned", func(ctx context.Context, a actor.Actor, id string, in *requestForm) error {
		return p.Desk.Assign(ctx, a, id, in.Account)
	})
}

func (p *Pages) identify(w http.ResponseWriter, r *http.Request) error {
	return p.requestDo(w, r, "privacy.request.identified", func(ctx context.Context, a actor.Actor, id string, in *requestForm) error {
		return p.Desk.Identify(ctx, a, id, in.Identity)
	})
}

func (p *Pages) answer(w http.ResponseWriter, r *http.Request) error {
	return p.requestDo(w, r, "privacy.request.answer.saved", func(ctx context.Context, a actor.Actor, id string, in *requestForm) error {
		if in.Outcome != "granted" && in.Outcome != "refused" {
			return fault.New(fault.Invalid, "web.form.invalid").With("outcome", "privacy.retention.choose")
		}
		return p.Desk.Answer(ctx, a, id, privacy.Answer{Granted: in.Outcome == "granted", Text: in.Answer, Basis: in.Basis, Codes: in.Codes,
			Correction: map[string]string{"name": in.ToName, "id_number": in.IDNumber, "phone": in.Phone, "email": in.Email, "address": in.Address}})
	})
}
