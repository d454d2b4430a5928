package dossierweb

import (
	"context"
	"net/http"
	"slices"

	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/base/web/ui"
	"cchc/calendar"
	"cchc/dossier"
)

// A showView is what a dossier's page shows.
type showView struct {
	w         dossier.Whole
	now       moment.Instant
	procedure string
	unit      string
	promised  string // the unit that promised, when another answers now
	left      saying
	clock     *ui.Clock // nil before acceptance and without a due date
	alerts    []alert
	steps     []stepRow
	facts     []factRow
	audit     []auditRow // nil for who may not read the trail
	first     *action
	beside    []*action
	menu      []*action
	may       map[auth.Verb]bool
	impact    string
	received  bool // it was received just now: the receipt is to be printed
	upload    bool
	papers    dossier.PapersState
}

// show is the dossier's page (hồ sơ): its clock, steps, papers and facts.
func (p *Pages) show(w http.ResponseWriter, r *http.Request) error {
	v, err := p.showView(r.Context(), r.PathValue("code"))
	if err != nil {
		return err
	}
	v.received = r.URL.Query().Has("received") && v.may[auth.DossierReceive]
	return web.Render(w, r, http.StatusOK, showPage(v))
}

func (p *Pages) showView(ctx context.Context, code string) (*showView, error) {
	v := &showView{now: p.Desk.DB.Now()}
	a := web.Actor(ctx)
	err := p.Desk.DB.Snapshot(ctx, func(s *db.Snapshot) (err error) {
		if v.w, err = p.Desk.ByCode(ctx, s, a, code); err != nil {
			return err
		}
		if v.may, err = p.may(ctx, s, a, v.w.State.Unit, auth.Verbs...); err != nil {
			return err
		}
		if v.papers, err = p.Desk.PapersFor(ctx, s, a, v.w.Dossier); err != nil {
			return err
		}
		t, err := newTeller(ctx, p.Desk, s)
		if err != nil {
			return err
		}
		return p.tell(ctx, t, v)
	})
	if err != nil {
		return nil, err
	}
	v.first, v.beside, v.menu = choices(&v.w, v.may)
	v.upload = v.may[auth.DossierProcess] && v.w.NotAccepted == 0
	if p.Index != nil && v.w.IsOpen() {
		v.impact = p.Index.Impact(ctx, v.w.State.Unit)
	}
	return v, nil
}

// tell puts the dossier into words.
func (p *Pages) tell(ctx context.Context, t *teller, v *showView) (err error) {
	w := &v.w
	if v.procedure, err = t.procedure(ctx, w.VersionID, w.ProcedureCode, w.RegisteredAt.Date()); err != nil {
		return err
	}
	if v.unit, err = t.unit(ctx, w.State.Unit); err != nil {
		return err
	}
	if w.Promised != w.State.Unit {
		if v.promised, err = t.unit(ctx, w.Promised); err != nil {
			return err
		}
	}
	cal, err := t.calendar(ctx, w.Promised)
	if err != nil {
		return err
	}
	v.left.Text, v.left.Kind = leftText(ctx, cal, v.now, w.State)
	if w.AcceptedAt != 0 && w.Due != 0 {
		c := clockOf(ctx, cal, w, v.now)
		v.clock = &c
	}
	if v.alerts, err = alertsOf(ctx, cal, w, v.now, v.may); err != nil {
		return err
	}
	if v.steps, err = stepRows(ctx, t, cal, w, v.now); err != nil {
		return err
	}
	if v.facts, err = factRows(ctx, t, v); err != nil {
		return err
	}
	if v.may[auth.AuditRead] {
		v.audit, err = auditRows(ctx, t, w.ID)
	}
	return err
}

// An alert is what must not be missed, with the action that answers it.
type alert struct {
	saying
	link ui.Link // to another page that it speaks of; empty where there is none
	act  *action // nil where nothing is to be done, or not by this person
}

// alertsOf is what must not be missed, and is not in the picture of the clock.
func alertsOf(ctx context.Context, cal *calendar.Calendar, w *dossier.Whole, now moment.Instant, may map[auth.Verb]bool) ([]alert, error) {
	var out []alert
	say := func(k ui.Kind, key string, args ...any) {
		out = append(out, alert{saying: saying{k, i18n.T(ctx, key, args...)}})
	}
	switch {
	case w.Voided != 0:
		say(ui.Neutral, "counter.void.alert", "At", w.Voided)
	case w.NotAccepted != 0:
		say(ui.Neutral, "dossierweb.alert.not_accepted", "At", w.NotAccepted)
	case auth.AcceptDossier.In(w.Stands()):
		by, err := cal.Due(w.RegisteredAt, checkLimit, "")
		if err != nil {
			return nil, err
		}
		switch {
		case w.Waiting != "":
			say(ui.Paused, "dossierweb.alert.asked_before", "At", w.WaitingSince)
		case now > by:
			say(ui.Late, "dossierweb.alert.check_late", "At", by)
		default:
			say(ui.Info, "dossierweb.alert.check_by", "At", by)
		}
	case w.AcceptedAt != 0 && w.Due == 0:
		say(ui.Late, "dossierweb.alert.no_due")
	}
	if w.Withdrawal != 0 && w.Ended == 0 {
		say(ui.Soon, "dossierweb.alert.withdrawing", "At", w.Withdrawal)
	}
	switch {
	case w.Apology != 0 && w.ApologyInTime():
		say(ui.Info, "dossierweb.alert.apologised", "On", w.Apology.Date(), "New", w.DuePromised.Date())
	case w.Apology != 0:
		say(ui.Soon, "dossierweb.alert.apologised_late", "On", w.Apology.Date(), "New", w.DuePromised.Date())
	case w.Overdue(now):
		say(ui.Late, "dossierweb.alert.no_apology")
		if x := actionNamed("apologise"); may[x.act.Verb] && x.open(w) {
			out[len(out)-1].act = x
		}
	}
	if w.Erased {
		say(ui.Neutral, "erase.alert")
	}
	if w.By != "" {
		say(ui.Info, "counter.void.by", "Code", w.By)
		out[len(out)-1].link = ui.Link{Text: w.By, URL: dossierURL(w.By)}
	}
	if w.Instead != "" {
		say(ui.Info, "counter.void.instead", "Code", w.Instead)
		out[len(out)-1].link = ui.Link{Text: w.Instead, URL: dossierURL(w.Instead)}
	}
	if w.Supplements > 1 {
		say(ui.Soon, "dossierweb.alert.supplements", "Count", w.Supplements)
	}
	if w.End == dossier.EndRefused && w.Returned == 0 {
		say(ui.Info, "dossierweb.alert.refused")
	}
	return out, nil
}

// title is the tab's: what is left comes first, for tabs are narrow.
func (v *showView) title() string { return joined(firstUpper(v.left.Text), v.w.Code) }

func (v *showView) heading() string { return joined(v.w.Code, v.w.Person.Name) }

func (v *showView) above() string {
	return joined(v.w.Sector, v.w.ProcedureCode, shorten(v.procedure, 200))
}

// formNames lists the forms that there is something to print for.
func (v *showView) formNames() []string {
	var out []string
	for _, name := range formOrder {
		if forms[name].has(&v.w) {
			out = append(out, name)
		}
	}
	return out
}

// papersHint says what scans wait for, or until when and for what they are open.
func (v *showView) papersHint(ctx context.Context) string {
	scans := slices.ContainsFunc(v.w.Papers, func(x dossier.Paper) bool { return x.FileKey != "" })
	switch o := v.papers.Opening; {
	case !scans || !v.papers.May || v.papers.OnHands:
		return ""
	case o.Until != 0:
		return i18n.T(ctx, "papers.open_until", "Until", i18n.Clock(ctx, o.Until), "Purpose", o.Purpose)
	}
	return i18n.T(ctx, "papers.purpose_asked")
}
