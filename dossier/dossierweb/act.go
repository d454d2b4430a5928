package dossierweb

import (
	"context"
	"net/http"

	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/base/web/ui"
	"cchc/calendar"
	"cchc/dossier"
)

// An actForm has every field that some action asks for.
type actForm struct {
	web.Form
	Reason     string            `form:"reason"`
	Document   string            `form:"document"`
	At         moment.Instant    `form:"at"`
	Account    string            `form:"account"`
	Note       string            `form:"note"`
	SupplyBy   moment.Date       `form:"supply_by"`
	Again      bool              `form:"again"`
	Due        moment.Instant    `form:"due"`
	Amount     string            `form:"amount"`
	Channel    string            `form:"channel"`
	Qty        calendar.Quantity `form:"qty"`
	Body       string            `form:"body"`
	Name       string            `form:"name"`
	By         moment.Date       `form:"by"`
	Ord        int               `form:"ord"`
	Answer     string            `form:"answer"`
	Electronic bool              `form:"electronic"`
	Synced     bool              `form:"synced"`
	How        string            `form:"how"`
	Tracking   string            `form:"tracking"`
	Until      moment.Date       `form:"until"`
	Seq        int               `form:"seq"`
	Back       string            `form:"back"`
}

// An actView is the page that asks before an action.
type actView struct {
	action *action
	w      dossier.Whole
	in     *actForm
	people []auth.Person // who may take the next step
	inputs []input
	lead   string
}

// ask shows what an action needs to know; it changes nothing.
func (p *Pages) ask(x *action) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		in := &actForm{}
		if err := web.Decode(r, in); err != nil && !in.Failed(err) {
			return err
		}
		in.Fault = nil
		v, err := p.actView(r.Context(), x, r.PathValue("code"), in)
		if err != nil {
			return err
		}
		if x.name == "forward" && hasStep(&v.w) && next(&v.w) == nil && finishable(&v.w) {
			// After the last step comes the end: lists of steps do not know which is the last.
			http.Redirect(w, r, dossierURL(v.w.Code, "finish"), http.StatusSeeOther)
			return nil
		}
		if !x.open(&v.w) {
			return fault.New(fault.Conflict, "dossier.wrong_status", "Code", v.w.Code)
		}
		v.inputs = x.inputs(r.Context(), v)
		return web.Render(w, r, http.StatusOK, actPage(v))
	}
}

// act does it and goes back to the dossier; what is wrong, or came in between, is
// told on the page that asked, with everything that was typed.
func (p *Pages) act(x *action) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		ctx := r.Context()
		in := &actForm{}
		wrong := web.Decode(r, in)
		if wrong != nil && fault.As(wrong) == nil {
			return wrong
		}
		v, err := p.actView(ctx, x, r.PathValue("code"), in)
		if err != nil {
			return err
		}
		err = wrong
		if err == nil {
			err = x.do(ctx, p, v)
		}
		if in.Failed(err) {
			status := http.StatusUnprocessableEntity
			if in.Fault.Kind == fault.Conflict {
				status = http.StatusConflict
			}
			v.inputs = x.inputs(ctx, v)
			return web.Render(w, r, status, actPage(v))
		}
		if err != nil {
			return err
		}
		to := dossierURL(v.w.Code)
		if in.Back != "" {
			to = web.Local(in.Back)
		}
		return web.SeeOther(w, r, to, "dossierweb.done."+x.name, "Code", v.w.Code)
	}
}

func (p *Pages) actView(ctx context.Context, x *action, code string, in *actForm) (*actView, error) {
	v := &actView{action: x, in: in}
	a := web.Actor(ctx)
	err := p.Desk.DB.Snapshot(ctx, func(s *db.Snapshot) (err error) {
		if v.w, err = p.Desk.ByCode(ctx, s, a, code); err != nil {
			return err
		}
		if err := p.Desk.Guard.Check(ctx, s, a, x.act.Verb, v.w.State.Unit); err != nil {
			return err
		}
		if n := next(&v.w); x.name == "forward" && n != nil && n.Role != "" {
			v.people, err = auth.People(ctx, s, v.w.State.Unit, roleOf(n.Role), p.Desk.DB.Now().Date())
		}
		return err
	})
	return v, err
}

func (v *actView) title(ctx context.Context) string {
	return joined(v.action.text(ctx, &v.w), v.w.Code)
}

// text says what will happen, where an action has something to say.
func (v *actView) text(ctx context.Context) string {
	key := "dossierweb.act." + v.action.name + ".text"
	if !i18n.Has(key) {
		return ""
	}
	return i18n.T(ctx, key)
}

// An input is one field of an action's page.
type input struct {
	ui.Field
	kind    string // text, area, date, check, select, radios, hidden
	options []ui.Option
}
