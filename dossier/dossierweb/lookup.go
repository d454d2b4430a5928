package dossierweb

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/base/web/ui"
	"cchc/dossier"
)

// A lookupQuery is what a citizen types: the code on the receipt, and the last
// four digits of the telephone number that was left with the dossier.
type lookupQuery struct {
	web.Form
	Code   string `form:"code"`
	Digits string `form:"digits"`
}

// lookup answers how a dossier stands, without anything personal. The address
// without digits only shows the form: the code on a receipt's picture leads there. One
// with digits is answered for links from elsewhere; our form sends them in the body.
func (p *Public) lookup(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in := &lookupQuery{}
	if err := web.Decode(r, in); err != nil {
		return err
	}
	if r.Method == http.MethodPost { // another language or larger letters come back to the form
		ui.FrameOf(ctx).Path = link("/lookup", "code", in.Code)
	}
	if _, sent := in.Values["digits"]; !sent {
		return web.Render(w, r, http.StatusOK, lookupAsk(in))
	}
	// Four digits are soon guessed by a machine, so it is made to wait.
	if !p.limit.allow(web.ClientIP(r), p.Desk.DB.Now().Time()) {
		return fault.New(fault.TooMany, "dossierlist.lookup.too_many")
	}
	var found lookupPage
	asOf := p.asOf()
	err := p.reads().Snapshot(ctx, func(q *db.Snapshot) (err error) {
		found, err = p.find(ctx, q, in)
		return err
	})
	f := fault.As(err)
	switch {
	case f != nil && f.Kind == fault.Invalid:
		in.Fault = fault.New(fault.Invalid, "web.form.invalid")
		in.Fault.Fields = f.Fields
		return web.Render(w, r, http.StatusUnprocessableEntity, lookupAsk(in))
	case f != nil && f.Kind == fault.NotFound:
		return web.Render(w, r, http.StatusNotFound, lookupNothing(in, asOf))
	case err != nil:
		return err
	}
	return web.Render(w, r, http.StatusOK, lookupView(found))
}

// asOf is as of when what is read is complete, 0 for the present moment.
func (p *Public) asOf() moment.Instant {
	now := p.Desk.DB.Now()
	if at := p.reads().AsOf(); at < now {
		return at
	}
	return 0
}

// A lookupPage is how a dossier stands, for its applicant.
type lookupPage struct {
	Code      string
	Procedure string
	Service   string // the procedure's code
	Unit      string
	Heading   string // the status in plain words
	Standing  saying
	What      string // what the citizen can do now, or what happens next
	Due       moment.Instant
	Original  moment.Instant // the first promise, where it was another
	ByInstant bool
	Apology   string
	Events    []ui.Event
	Now       moment.Instant
}

func (p *Public) find(ctx context.Context, q db.Queryer, in *lookupQuery) (lookupPage, error) {
	d, err := p.Desk.Public(ctx, q, in.Code, in.Digits)
	if err != nil {
		return lookupPage{}, err
	}
	t, err := newTeller(ctx, p.Desk, q)
	if err != nil {
		return lookupPage{}, err
	}
	page := lookupPage{Code: d.Code, Service: d.ProcedureCode, Now: p.reads().AsOf(), Due: d.Due, ByInstant: d.ByInstant}
	if page.Procedure, err = t.procedure(ctx, d.VersionID, d.ProcedureCode, d.RegisteredAt.Date()); err != nil {
		return page, err
	}
	if page.Unit, err = t.unit(ctx, d.State.Unit); err != nil {
		return page, err
	}
	if page.Standing, err = t.due(ctx, d.State); err != nil {
		return page, err
	}
	if d.DueOriginal != 0 && d.DueOriginal.Date() != d.Due.Date() {
		page.Original = d.DueOriginal
	}
	page.tell(ctx, d.Dossier)
	page.Events = progress(ctx, d.Dossier)
	return page, nil
}

// tell puts the status and what follows from it into plain words.
func (page *lookupPage) tell(ctx context.Context, d dossier.Dossier) {
	key := strconv.Itoa(int(d.Status()))
	switch {
	case d.End == dossier.EndRefused && d.Returned == 0:
		key = "refused"
	case d.End == dossier.EndWithdrawn:
		key = "withdrawn"
	case d.End == dossier.EndVoided:
		key = "voided"
	case d.Status() == dossier.InProgress && d.Waiting == dossier.ForOther:
		key = "pause"
	case d.IsOpen() && d.Waiting == "" && d.Withdrawal == 0 && d.Overdue(page.Now):
		key = "late"
		if d.Apology != 0 {
			key = "sorry"
		}
	}
	page.Heading = i18n.T(ctx, "dossierlist.lookup.status."+key)
	page.What = i18n.T(ctx, "dossierlist.lookup.next."+key)
	if d.Status() == dossier.Finished {
		page.What = i18n.T(ctx, "dossierlist.lookup.take."+d.ReturnBy)
	}
	if d.Apology != 0 {
		page.Apology = i18n.T(ctx, "dossierlist.lookup.apology", "At", d.Apology.Date(), "New", d.DuePromised.Date())
	}
}

// progress tells the steps so far, without the names of those who did them.
func progress(ctx context.Context, d dossier.Dossier) []ui.Event {
	var out []ui.Event
	add := func(at moment.Instant, k ui.Kind, key string) {
		if at != 0 {
			out = append(out, ui.Event{At: i18n.ShortInstant(ctx, at), Title: i18n.T(ctx, "dossierlist.lookup.event."+key), Kind: k})
		}
	}
	if d.RegisteredAt != d.AcceptedAt {
		add(d.RegisteredAt, ui.OK, "registered")
	}
	add(d.NotAccepted, ui.Neutral, "not_accepted")
	add(d.AcceptedAt, ui.OK, "accepted")
	add(d.Started, ui.OK, "started")
	add(d.Apology, ui.Soon, "apologised")
	add(d.Withdrawal, ui.Info, "withdrawal")
	if d.Waiting != "" {
		add(d.WaitingSince, ui.Paused, "waiting."+d.Waiting)
	} else if d.IsOpen() && d.Step.Name != "" {
		out = append(out, ui.Event{At: i18n.T(ctx, "dossierlist.lookup.now"), Title: i18n.T(ctx, "dossierlist.lookup.step", "Step", d.Step.Name), Kind: ui.Info})
	}
	switch d.End {
	case "", dossier.EndReturned, dossier.EndVoided:
	default:
		kind := ui.OK
		if d.End != dossier.EndFinished {
			kind = ui.Neutral
		}
		add(d.Ended, kind, "ended."+d.End)
	}
	add(d.Returned, ui.OK, "returned")
	return out
}

// facts are the little that the page tells of the dossier itself.
func (page lookupPage) facts(ctx context.Context) []ui.Fact {
	out := []ui.Fact{{Label: i18n.T(ctx, "dossierlist.column.procedure"), Value: page.Procedure}, {Label: i18n.T(ctx, "dossierlist.lookup.unit"), Value: page.Unit}}
	if page.Procedure == "" {
		out = out[1:]
	}
	if page.Due != 0 {
		due := i18n.Instant(ctx, page.Due)
		if page.Original != 0 {
			due += " (" + i18n.T(ctx, "dossierlist.lookup.original", "Day", i18n.Date(ctx, page.Original.Date())) + ")"
		}
		out = append(out, ui.Fact{Label: i18n.T(ctx, "dossierlist.lookup.due"), Value: strings.TrimSpace(due)})
	}
	return out
}
