package account

import (
	"context"
	"net/http"
	"strings"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/web"
	"cchc/base/web/ui"
)

// HandoverPath is where work is handed over from one person to another.
const HandoverPath = "/admin/handover"

// An Item is one thing on somebody's hands.
type Item struct {
	Kind    string // step, original, drawer, appraisal, request, delegation: the message handover.kind.KIND
	Text    string
	URL     string
	Problem *fault.Fault // why it cannot go to the other; nil when it can, or nobody is chosen
	Stays   bool         // it never goes: only its person can end it
	Ends    bool         // it goes to nobody, and ends
}

// A Handed is what a handover did.
type Handed struct{ Moved, Ended, Left int }

// Handover knows what is on people's hands, of all rooms.
type Handover interface {
	// OnHand lists what a person has; elsewhere counts what the actor may not move.
	OnHand(ctx context.Context, q db.Queryer, a actor.Actor, from, to string) (list []Item, elsewhere int, err error)
	// HandOver gives it to another, in a write of the caller's.
	HandOver(ctx context.Context, tx *db.Tx, a actor.Actor, from, to, reason string) (Handed, error)
}

type handoverForm struct {
	web.Form
	To     string `form:"to"`
	Reason string `form:"reason"`
}

type handoverPage struct {
	In        *handoverForm
	Account   auth.Account
	List      []Item
	Elsewhere int
	People    []ui.Option
	ToName    string
}

// A handable is an account whose work may be handed over. Two people may have one name:
// their sign-in names and roles tell them apart.
type handable struct {
	auth.Account
	Works bool
	Roles []string
}

func (p *Pages) registerHandover(mux *web.Mux) {
	if p.Hands == nil {
		return
	}
	mux.Handle("GET "+HandoverPath, web.SignedIn, p.handables)
	mux.Handle("GET "+HandoverPath+"/{id}", web.SignedIn, p.handover)
	mux.Handle("POST "+HandoverPath+"/{id}", web.SignedIn, p.handOver)
}

func (p *Pages) handables(w http.ResponseWriter, r *http.Request) error {
	list, err := p.Accounts.Handables(r.Context(), web.Actor(r.Context()))
	if err != nil {
		return err
	}
	pl, err := p.places(r.Context(), nil)
	if err != nil {
		return err
	}
	today := p.Accounts.DB.Now().Date()
	rows := make([]handable, len(list))
	for i, a := range list {
		rows[i] = handable{Account: a, Works: works(a, today), Roles: rolesText(r.Context(), pl, a.Grants, today)}
	}
	return web.Render(w, r, http.StatusOK, handablesView(rows))
}

func (p *Pages) handover(w http.ResponseWriter, r *http.Request) error {
	in := &handoverForm{}
	if err := web.Decode(r, in); err != nil {
		return err
	}
	return p.handoverIs(w, r, http.StatusOK, in)
}

func (p *Pages) handoverIs(w http.ResponseWriter, r *http.Request, status int, in *handoverForm) error {
	ctx, a := r.Context(), web.Actor(r.Context())
	page := handoverPage{In: in}
	err := p.Accounts.DB.Snapshot(ctx, func(q *db.Snapshot) (err error) {
		if page.Account, err = p.Accounts.Handable(ctx, q, a, r.PathValue("id")); err != nil {
			return err
		}
		page.List, page.Elsewhere, err = p.Hands.OnHand(ctx, q, a, page.Account.ID, in.To)
		return err
	})
	if err != nil {
		return err
	}
	others, err := p.Accounts.Handables(ctx, a)
	if err != nil {
		return err
	}
	pl, err := p.places(ctx, nil)
	if err != nil {
		return err
	}
	page.People = []ui.Option{{Text: i18n.T(ctx, "account.choose")}}
	today := p.Accounts.DB.Now().Date()
	for _, x := range others {
		if x.ID == page.Account.ID || x.Disabled != 0 || !works(x, today) {
			continue
		}
		page.People = append(page.People, ui.Option{Value: x.ID, Text: strings.Join(append([]string{x.Name + " (" + x.Login + ")"}, rolesText(ctx, pl, x.Grants, today)...), "; ")})
		if x.ID == in.To {
			page.ToName = x.Name
		}
	}
	return web.Render(w, r, status, handoverView(page))
}

// handOver does what the page showed, in one write.
func (p *Pages) handOver(w http.ResponseWriter, r *http.Request) error {
	ctx, a, in := r.Context(), web.Actor(r.Context()), &handoverForm{}
	err := web.Decode(r, in)
	var done Handed
	if err == nil {
		f := fault.New(fault.Invalid, "form.invalid")
		if in.To == "" || in.To == r.PathValue("id") {
			f.With("to", "web.form.required")
		}
		if in.Reason == "" {
			f.With("reason", "web.form.required")
		}
		err = f.Or()
	}
	if err == nil {
		err = p.Accounts.DB.Write(ctx, func(tx *db.Tx) error {
			from, err := p.Accounts.Handable(ctx, tx, a, r.PathValue("id"))
			if err != nil {
				return err
			}
			to, err := p.Accounts.Handable(ctx, tx, a, in.To)
			if err != nil {
				return err
			}
			now, err := p.Accounts.Stands(ctx, tx, to)
			if err != nil {
				return err
			}
			if !auth.TakeWork.In(now) || !works(to, tx.Now.Date()) {
				return fault.New(fault.Invalid, "form.invalid").With("to", "handover.not_working")
			}
			if done, err = p.Hands.HandOver(ctx, tx, a, from.ID, to.ID, in.Reason); err != nil {
				return err
			}
			return p.Accounts.RecordHandover(ctx, tx, a, from.ID, to.ID, in.Reason, done.Moved, done.Ended, done.Left)
		})
	}
	if in.Failed(err) {
		return p.handoverIs(w, r, http.StatusUnprocessableEntity, in)
	}
	if err != nil {
		return err
	}
	return web.SeeOther(w, r, HandoverPath+"/"+r.PathValue("id"), "handover.done", "Moved", done.Moved, "Ended", done.Ended, "Left", done.Left)
}
