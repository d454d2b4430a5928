package dossierweb

import (
	"context"
	"net/http"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/web"
	"cchc/base/web/ui"
	"cchc/dossier"
	"cchc/unit"
)

// queueQuery is the address of the leaders' queue, and what is decided in it.
type queueQuery struct {
	web.Form
	Show   string `form:"show"` // mine, or all: of everybody below
	Reason string `form:"reason"`
	Note   string `form:"note"`
}

// A queueRow is a dossier that waits for a signature.
type queueRow struct {
	listRow
	Since  string
	Waited string // working time that it has waited
	Step   saying
	By     string // who has it, or whose role
	From   string // who gave it
	Own    bool
	Ask    bool // its reason is asked for: what was sent was refused
}

type queuePage struct {
	In   *queueQuery
	Rows []queueRow
	More bool
	Late int // steps past their own deadline
	Mine bool
	Wide bool
}

// queue shows leaders what waits for their signature or approval (chờ ký, chờ
// duyệt): whose it is, since when, what is overdue first.
func (p *Lists) queue(w http.ResponseWriter, r *http.Request) error {
	in := &queueQuery{}
	if err := web.Decode(r, in); err != nil {
		return err
	}
	return p.showQueue(w, r, in, "", http.StatusOK)
}

func (p *Lists) showQueue(w http.ResponseWriter, r *http.Request, in *queueQuery, asked string, status int) error {
	ctx, a := r.Context(), web.Actor(r.Context())
	page := queuePage{In: in, Mine: in.Show != "all"}
	if err := p.Desk.Guard.CheckAnywhere(a, auth.DossierRead); err != nil {
		return err
	}
	err := p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) error {
		t, err := newTeller(ctx, p.Desk, q)
		if err != nil {
			return err
		}
		seen := map[string]bool{}
		for _, f := range signing(a, page.Mine) {
			list, more, err := p.Desk.WaitingFor(ctx, q, a, f)
			if err != nil {
				return err
			}
			page.More = page.More || more
			page.Wide = page.Wide || f.Unit == "" || len(t.tree.Children(f.Unit)) > 0
			for _, x := range list {
				if seen[x.ID] {
					continue
				}
				seen[x.ID] = true
				row, err := p.queueRow(ctx, t, a, x)
				if err != nil {
					return err
				}
				row.Ask = row.Code == asked
				if x.Dossier.Step.Due != 0 && x.Dossier.Step.Due < t.now {
					page.Late++
				}
				page.Rows = append(page.Rows, row)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return web.Render(w, r, status, queueView(page))
}

// signing says whose steps a leader looks at: their own body's, or all below.
func signing(a actor.Actor, mine bool) []dossier.WaitingFilter {
	var out []dossier.WaitingFilter
	for _, g := range a.Grants {
		f := dossier.WaitingFilter{Unit: unit.ID(g.Unit), Role: actor.Chairperson}
		switch {
		case !auth.Allows(g.Role, auth.DossierRead):
			continue
		case mine && g.Role != actor.Chairperson:
			continue
		case mine:
			f.Alone, f.Account = g.Unit != "", a.Account
		}
		out = append(out, f)
	}
	return out
}

func (p *Lists) queueRow(ctx context.Context, t *teller, a actor.Actor, x dossier.Waiting) (queueRow, error) {
	var out queueRow
	var err error
	if out.listRow, err = t.row(ctx, x.Row); err != nil {
		return out, err
	}
	cal, err := t.calendar(ctx, x.Promised)
	if err != nil {
		return out, err
	}
	out.Since = i18n.ShortInstant(ctx, x.Since)
	days, rest, _ := cal.Left(x.Since, t.now)
	if days > 0 {
		out.Waited = i18n.T(ctx, "queue.waited.days", "Count", days)
	} else {
		out.Waited = i18n.T(ctx, "queue.waited.hours", "Hours", i18n.Hours(ctx, rest))
	}
	due := x.Dossier.Step.Due
	out.Step = saying{ui.Neutral, i18n.T(ctx, "queue.step_due", "At", shortDue(ctx, due))}
	if due != 0 && due < t.now {
		out.Step = saying{ui.Late, i18n.T(ctx, "queue.step_late", "At", shortDue(ctx, due))}
	}
	if out.By, err = t.holder(ctx, x.Dossier); err != nil {
		return out, err
	}
	steps, err := p.Desk.Steps(ctx, t.q, x.Dossier)
	if err != nil {
		return out, err
	}
	for _, s := range steps {
		if s.Done != 0 && s.Done <= x.Since && !s.Beside {
			if out.From, err = t.who.of(ctx, s.Account); err != nil {
				return out, err
			}
		}
	}
	may, err := p.Desk.Guard.May(ctx, t.q, a, auth.DossierProcess, x.State.Unit)
	out.Own = may && x.System == "" && a.Has(actor.Chairperson)
	return out, err
}

// sign forwards a dossier from the queue: it is signed, or approved (ký, duyệt).
func (p *Lists) sign(w http.ResponseWriter, r *http.Request) error {
	return p.decide(w, r, "queue.signed", func(ctx context.Context, a actor.Actor, code string, in *queueQuery) error {
		return p.Desk.Forward(ctx, a, code, "", in.Note)
	})
}

// sendBack gives a dossier back to the step before with the reason.
func (p *Lists) sendBack(w http.ResponseWriter, r *http.Request) error {
	return p.decide(w, r, "queue.returned", func(ctx context.Context, a actor.Actor, code string, in *queueQuery) error {
		return p.Desk.SendBack(ctx, a, code, in.Reason)
	})
}

func (p *Lists) decide(w http.ResponseWriter, r *http.Request, done string, do func(context.Context, actor.Actor, string, *queueQuery) error) error {
	in := &queueQuery{}
	if err := web.Decode(r, in); err != nil {
		return err
	}
	code := r.PathValue("code")
	err := do(r.Context(), web.Actor(r.Context()), code, in)
	if f := fault.As(err); f != nil && (f.Kind == fault.Invalid || f.Kind == fault.Conflict) {
		if len(f.Fields) == 0 { // somebody else was faster: said above the list as it is now
			f = f.With("reason", f.Key, f.Args...)
		}
		in.Fault = f
		return p.showQueue(w, r, in, code, http.StatusUnprocessableEntity)
	}
	if err != nil {
		return err
	}
	return web.SeeOther(w, r, link("/queue", "show", in.Show), done, "Code", code)
}

// heading states the finding.
func (p queuePage) heading(ctx context.Context) string {
	key := "queue.found"
	switch {
	case len(p.Rows) == 0:
		key = "queue.nothing"
	case p.Late > 0:
		key = "queue.found_late"
	}
	return i18n.T(ctx, key, "Count", len(p.Rows), "Late", p.Late)
}
