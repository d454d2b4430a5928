package dossierweb

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/base/web/ui"
	"cchc/calendar"
	"cchc/dossier"
)

// How many dossiers a group reads and how many it shows; what is due first comes
// first, and the rest is a list of its own.
const (
	groupRead = 300
	groupShow = 25
)

// streamFor is how long one stream lives: a browser comes again by itself, and
// whoever lost their rights or their session in between is refused.
const streamFor = 10 * time.Minute

// streamPause is the least time between two renewals of a page, so that a busy
// morning does not draw the page for every fact.
const streamPause = 2 * time.Second

// checkLimit is by when a dossier that arrived online or by post must be checked
// and accepted or not. Source: NĐ 118/2025/NĐ-CP; handbook, status 1: an
// 8-working-hour check.
var checkLimit = calendar.Limit{Qty: 8000, Unit: calendar.Hour}

// A group is one part of my work (việc của tôi).
type group struct {
	key   string
	rows  []workRow
	more  bool   // there are more than were read
	count int    // of those that were read
	all   string // address of the whole list, or ""
}

// A workRow is a dossier in a group, with what this person can do at once.
type workRow struct {
	listRow
	StepDue  saying // sub-deadline of the step
	By       string // until when it must be checked, or since when it waits
	Action   string // address of a form that does it, or a page
	Verb     string // what the button says
	Post     bool   // the button does it without asking more
	Dossier  string // code, for what the button is read out as
	Standing saying
}

// A workView is what the page of my work shows.
type workView struct {
	now     moment.Instant
	groups  []group
	late    int // mine, overdue
	today   int // mine, due today
	receive bool
	stream  string
}

// work shows what waits for the one who looks.
func (p *Pages) work(w http.ResponseWriter, r *http.Request) error {
	v, err := p.workView(r.Context())
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, workPage(v))
}

// workStream renews the groups as facts arrive.
func (p *Pages) workStream(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := context.WithTimeout(r.Context(), streamFor)
	defer cancel()
	a := web.Actor(ctx)
	if err := p.Desk.Guard.CheckAnywhere(a, auth.DossierRead); err != nil {
		return err
	}
	var topics []string
	for _, root := range auth.Roots(a, auth.DossierRead) {
		topics = append(topics, Topic(root))
	}
	return web.Stream(w, r, func(send func(string, []byte) error) error {
		if p.Live == nil {
			<-ctx.Done()
			return nil
		}
		sub := p.Live.Subscribe(topics...)
		if web.Resumed(r) {
			sub.Wake()
		}
		for range sub.All(ctx) {
			v, err := p.workView(ctx)
			if err != nil {
				return err
			}
			var b bytes.Buffer
			if err := workGroups(v).Render(ctx, &b); err != nil {
				return err
			}
			if err := send("work", b.Bytes()); err != nil {
				return err
			}
			select {
			case <-time.After(streamPause):
			case <-ctx.Done():
			}
		}
		return nil
	})
}

func (p *Pages) workView(ctx context.Context) (*workView, error) {
	a := web.Actor(ctx)
	if err := p.Desk.Guard.CheckAnywhere(a, auth.DossierRead); err != nil {
		return nil, err
	}
	v := &workView{now: p.Desk.DB.Now()}
	if p.Live != nil {
		v.stream = "/work/stream"
	}
	err := p.Desk.DB.Snapshot(ctx, func(s *db.Snapshot) error {
		t, err := newTeller(ctx, p.Desk, s)
		if err != nil {
			return err
		}
		for _, gather := range []func(context.Context, *teller, actor.Actor, *workView) error{p.mine, p.forMyRole, p.arrived, p.ready, p.paused} {
			if err := gather(ctx, t, a, v); err != nil {
				return err
			}
		}
		v.receive = len(auth.Roots(a, auth.DossierReceive)) > 0
		return nil
	})
	return v, err
}

// find lists the dossiers that a filter finds in every unit where the actor may
// do the verb.
func (p *Pages) find(ctx context.Context, t *teller, a actor.Actor, verb auth.Verb, f dossier.Filter) ([]dossier.Row, bool, error) {
	var out []dossier.Row
	more := false
	for _, root := range auth.Roots(a, verb) {
		f.Unit, f.Limit = root, groupRead
		rows, next, err := p.Desk.List(ctx, t.q, a, f)
		if err != nil {
			return nil, false, err
		}
		for _, r := range rows {
			if !slices.ContainsFunc(out, func(o dossier.Row) bool { return o.ID == r.ID }) {
				out = append(out, r)
			}
		}
		more = more || next.ID != ""
	}
	return out, more, nil
}

// mine are the steps that this person has taken on.
func (p *Pages) mine(ctx context.Context, t *teller, a actor.Actor, v *workView) error {
	rows, more, err := p.find(ctx, t, a, auth.DossierProcess, dossier.Filter{Bucket: dossier.BucketOpen, Account: a.Account})
	if err != nil {
		return err
	}
	for _, r := range rows {
		if r.Waiting != "" {
			continue
		}
		switch {
		case r.Overdue(v.now):
			v.late++
		case r.Due.Date() == v.now.Date():
			v.today++
		}
	}
	return v.add(ctx, t, "mine", "", rows, more, func(r dossier.Row, x *workRow) {
		x.Action, x.Verb = dossierURL(r.Code, "forward"), i18n.T(ctx, "dossierweb.act.forward")
		if r.Waiting != "" {
			x.Action = ""
		}
	})
}

// forMyRole are steps of this person's roles that nobody has taken on.
func (p *Pages) forMyRole(ctx context.Context, t *teller, a actor.Actor, v *workView) error {
	var rows []dossier.Row
	more := false
	for _, g := range a.Grants {
		if !auth.Allows(g.Role, auth.DossierProcess) {
			continue
		}
		found, next, err := p.Desk.List(ctx, t.q, a, dossier.Filter{Unit: g.Unit, Bucket: dossier.BucketOpen, Role: string(g.Role), Limit: groupRead})
		if err != nil {
			return err
		}
		for _, r := range found {
			if r.Step.Account == "" && r.Waiting == "" && !slices.ContainsFunc(rows, func(o dossier.Row) bool { return o.ID == r.ID }) {
				rows = append(rows, r)
			}
		}
		more = more || next.ID != ""
	}
	return v.add(ctx, t, "role", "/dossiers", rows, more, func(r dossier.Row, x *workRow) {
		x.Action, x.Verb, x.Post = dossierURL(r.Code, "claim"), i18n.T(ctx, "dossierweb.act.claim"), true
	})
}

// arrived are dossiers that came online or by post and are not accepted yet.
func (p *Pages) arrived(ctx context.Context, t *teller, a actor.Actor, v *workView) error {
	rows, more, err := p.find(ctx, t, a, auth.DossierReceive, dossier.Filter{Bucket: dossier.BucketNew})
	if err != nil {
		return err
	}
	var wrong error
	slices.SortFunc(rows, func(x, y dossier.Row) int { return int(min(max(x.RegisteredAt-y.RegisteredAt, -1), 1)) })
	err = v.add(ctx, t, "new", "/dossiers?bucket=new", rows, more, func(r dossier.Row, x *workRow) {
		cal, err := t.calendar(ctx, r.State.Unit)
		if err != nil {
			wrong = err
			return
		}
		by, err := cal.Due(r.RegisteredAt, checkLimit, "")
		if err != nil {
			wrong = err
			return
		}
		x.By = i18n.ShortInstant(ctx, by)
		x.Standing = saying{ui.Info, i18n.T(ctx, "dossierweb.work.check_by", "At", x.By)}
		switch {
		case r.Waiting != "":
			x.Standing = saying{ui.Paused, i18n.T(ctx, "dossierweb.waiting.supplement")}
		case v.now > by:
			x.Standing = saying{ui.Late, i18n.T(ctx, "dossierweb.work.check_late", "At", x.By)}
		case cal.WorkingTime(v.now, by) <= 2*time.Hour:
			x.Standing.Kind = ui.Soon
		}
		x.Action, x.Verb = dossierURL(r.Code, "accept"), i18n.T(ctx, "dossierweb.act.accept")
	})
	if wrong != nil {
		return wrong
	}
	return err
}

// ready are results that wait to be handed over.
func (p *Pages) ready(ctx context.Context, t *teller, a actor.Actor, v *workView) error {
	rows, more, err := p.find(ctx, t, a, auth.DossierReturn, dossier.Filter{Bucket: dossier.BucketUncollected})
	if err != nil {
		return err
	}
	rows = slices.DeleteFunc(rows, func(r dossier.Row) bool { return r.Status() != dossier.Finished })
	slices.SortFunc(rows, func(x, y dossier.Row) int { return int(min(max(x.Ended-y.Ended, -1), 1)) })
	return v.add(ctx, t, "ready", "/dossiers?bucket=uncollected", rows, more, func(r dossier.Row, x *workRow) {
		x.By = i18n.Date(ctx, r.Ended.Date())
		x.Standing = saying{ui.OK, i18n.T(ctx, "dossierweb.work.ready_since", "On", r.Ended.Date(), "How", returnText(ctx, r.ReturnBy))}
		x.Action, x.Verb = dossierURL(r.Code, "hand-over"), i18n.T(ctx, "dossierweb.act.hand-over")
	})
}

// paused are dossiers whose clock stands: somebody outside has to act.
func (p *Pages) paused(ctx context.Context, t *teller, a actor.Actor, v *workView) error {
	rows, more, err := p.find(ctx, t, a, auth.DossierReceive, dossier.Filter{Bucket: dossier.BucketWaiting})
	if err != nil {
		return err
	}
	return v.add(ctx, t, "paused", "/dossiers?bucket=waiting", rows, more, func(r dossier.Row, x *workRow) {
		x.By = i18n.Date(ctx, r.WaitingSince.Date())
		x.Standing = saying{ui.Paused, i18n.T(ctx, "dossierweb.work.paused_since", "On", r.WaitingSince.Date(), "For", i18n.T(ctx, "dossierweb.waiting."+r.Waiting))}
		if r.WaitingLate {
			x.Standing.Kind = ui.Late
		}
		name := map[string]string{dossier.ForSupplement: "supply", dossier.ForObligation: "pay", dossier.ForOther: "resume"}[r.Waiting]
		x.Action, x.Verb = dossierURL(r.Code, name), i18n.T(ctx, "dossierweb.act."+name)
	})
}

// add makes a group of rows; finish adds to each what the group is about.
func (v *workView) add(ctx context.Context, t *teller, key, all string, rows []dossier.Row, more bool, finish func(dossier.Row, *workRow)) error {
	g := group{key: key, more: more, count: len(rows), all: all}
	for i, r := range rows {
		if i == groupShow {
			break
		}
		row, err := t.row(ctx, r)
		if err != nil {
			return err
		}
		x := workRow{listRow: row, Standing: row.Standing, Dossier: r.Code}
		if r.Step.Due != 0 && r.Step.Due != r.Due {
			x.StepDue.Text = i18n.T(ctx, "dossierweb.work.step_due", "At", shortDue(ctx, r.Step.Due))
			if r.Step.Due < v.now && r.Waiting == "" {
				x.StepDue.Kind = ui.Late
			}
		}
		finish(r, &x)
		g.rows = append(g.rows, x)
	}
	v.groups = append(v.groups, g)
	return nil
}

// heading is the finding: what is most urgent, one's own work before what others
// may take; two things at most, for a heading is read at a glance.
func (v *workView) heading(ctx context.Context) string {
	n := map[string]int{"late": v.late, "today": v.today}
	for _, g := range v.groups {
		n[g.key] = g.count
	}
	if v.late+v.today > 0 {
		n["mine"] = 0 // told already
	}
	var found []string
	for _, key := range []string{"late", "today", "mine", "new", "role", "ready"} {
		if n[key] > 0 && len(found) < 2 {
			found = append(found, i18n.T(ctx, "dossierweb.work.found."+key, "Count", n[key]))
		}
	}
	if len(found) == 0 {
		return i18n.T(ctx, "dossierweb.work.nothing")
	}
	return strings.Join(found, ", ")
}

func (g group) counted(ctx context.Context) string {
	if g.more {
		return i18n.T(ctx, "dossierweb.work.more_than", "Count", g.count)
	}
	return i18n.Number(ctx, g.count)
}

// stats are the counts of what waits, each leading to its table: what is most
// urgent of one's own, then what others may take.
func (v *workView) stats(ctx context.Context) []ui.StatProps {
	var out []ui.StatProps
	add := func(k ui.Kind, value, key, url string) {
		out = append(out, ui.StatProps{Kind: k, Value: value, Label: i18n.T(ctx, "dossierweb.work.stat."+key), URL: url})
	}
	if v.late > 0 {
		add(ui.Late, i18n.Number(ctx, v.late), "late", "#work-mine")
	}
	if v.today > 0 {
		add(ui.Soon, i18n.Number(ctx, v.today), "today", "#work-mine")
	}
	for _, g := range v.groups {
		if g.count > 0 && (g.key != "mine" || len(out) == 0) {
			add(ui.Neutral, g.counted(ctx), g.key, "#work-"+g.key)
		}
	}
	return out
}

func workColumns(ctx context.Context) []ui.Column {
	return []ui.Column{
		{Label: i18n.T(ctx, "dossierweb.dossier")}, {Label: i18n.T(ctx, "dossierweb.work.column.procedure")},
		{Label: i18n.T(ctx, "dossierweb.step")}, {Label: i18n.T(ctx, "dossierweb.due")},
		{Label: i18n.T(ctx, "dossierweb.work.column.standing")}, {Label: i18n.T(ctx, "dossierweb.act"), Hidden: true},
	}
}
