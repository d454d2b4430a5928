package dossierweb

import (
	"context"
	"net/http"
	"strings"

	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/dossier"
)

const (
	// bulkRows is how many dossiers one form apologises for: each is a write of
	// its own, and a person reads the list before sending.
	bulkRows = 100
	// apologyDays is the working days that the form proposes to add.
	apologyDays = 5
	// mostDays keeps a mistyped number from running through centuries.
	mostDays = 250
)

// An apologyForm is the form that apologises for many: first shown as a preview,
// with a new date proposed for each; then sent.
type apologyForm struct {
	web.Form
	Codes    []string `form:"code"`
	Reason   string   `form:"reason"`
	Document string   `form:"document"`
	Days     int      `form:"days"`
	Do       string   `form:"do"` // "" shows, again computes the dates anew, send sends
	Back     string   `form:"back"`
}

// An apologyRow is one dossier of the form.
type apologyRow struct {
	Code      string
	URL       string
	Procedure string
	Due       string
	Standing  saying
	Field     string // name of its date's field
	Problem   string // why it was not done
	Gone      bool   // it can't be done at all
}

type apologyPage struct {
	In   *apologyForm
	Rows []apologyRow
	Done []string // codes that were apologised for a moment ago
}

func untilField(code string) string { return "until." + code }

func (p *Lists) apologise(w http.ResponseWriter, r *http.Request) error {
	in := &apologyForm{}
	err := web.Decode(r, in)
	if in.Back = web.Local(in.Back); in.Back == "/" {
		in.Back = "/late"
	}
	ctx := r.Context()
	if len(in.Codes) == 0 {
		web.Warn(ctx, "dossierlist.apology.none")
		return web.SeeOther(w, r, in.Back, "")
	}
	if len(in.Codes) > bulkRows {
		return fault.New(fault.Invalid, "dossierlist.apology.too_many", "Most", bulkRows)
	}
	failed := in.Failed(err)
	if err != nil && !failed {
		return err
	}
	if in.Days <= 0 || in.Days > mostDays {
		in.Days = apologyDays
		in.Set("days", i18n.Number(ctx, in.Days))
	}
	if in.Do == "send" && !failed {
		return p.sendApologies(w, r, in)
	}
	page, err := p.previewApology(ctx, in, in.Do == "again" || in.Do == "")
	if err != nil {
		return err
	}
	status := http.StatusOK
	if failed {
		status = http.StatusUnprocessableEntity
	}
	return web.Render(w, r, status, apologyView(page))
}

// previewApology tells what would be sent; dates are proposed anew, or kept as
// they were typed.
func (p *Lists) previewApology(ctx context.Context, in *apologyForm, propose bool) (apologyPage, error) {
	page := apologyPage{In: in}
	err := p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) error {
		page.Rows = nil
		t, err := newTeller(ctx, p.Desk, q)
		if err != nil {
			return err
		}
		for _, code := range in.Codes {
			row, err := p.apologyRow(ctx, t, in, code, propose)
			if err != nil {
				return err
			}
			page.Rows = append(page.Rows, row)
		}
		return nil
	})
	return page, err
}

func (p *Lists) apologyRow(ctx context.Context, t *teller, in *apologyForm, code string, propose bool) (apologyRow, error) {
	d, err := p.Desk.ByCode(ctx, t.q, web.Actor(ctx), code)
	if err != nil {
		return apologyRow{}, err
	}
	row := apologyRow{Code: d.Code, URL: rowURL(d.System, d.Code), Due: dueText(ctx, d.Due, d.ByInstant), Field: untilField(d.Code)}
	name, err := t.procedure(ctx, d.VersionID, d.ProcedureCode, d.RegisteredAt.Date())
	if err != nil {
		return row, err
	}
	row.Procedure = joined(d.ProcedureCode, shorten(name, 60))
	if row.Standing, err = t.due(ctx, d.State); err != nil {
		return row, err
	}
	if propose {
		cal, err := t.calendar(ctx, d.Promised)
		if err != nil {
			return row, err
		}
		in.Set(row.Field, i18n.Date(ctx, cal.AddWorkingDays(max(t.now.Date(), d.Due.Date()), in.Days)))
	}
	switch {
	case d.Apology != 0:
		row.Problem, row.Gone = i18n.T(ctx, "dossier.apologised_already"), true
	case !d.IsOpen():
		row.Problem, row.Gone = i18n.T(ctx, "dossierlist.apology.ended"), true
	}
	return row, nil
}

// sendApologies sends each apology by itself: what succeeds stays, and what does
// not is shown again with the reason.
func (p *Lists) sendApologies(w http.ResponseWriter, r *http.Request, in *apologyForm) error {
	ctx := r.Context()
	if in.Reason == "" {
		in.Fault = fault.New(fault.Invalid, "web.form.invalid").With("reason", "dossier.reason_missing")
		page, err := p.previewApology(ctx, in, false)
		if err != nil {
			return err
		}
		return web.Render(w, r, http.StatusUnprocessableEntity, apologyView(page))
	}
	var done, left []string
	problems := map[string]string{}
	wrong := fault.New(fault.Invalid, "dossierlist.apology.partly")
	for _, code := range in.Codes {
		err := p.sendApology(ctx, in, code)
		f := fault.As(err)
		switch {
		case err == nil:
			done = append(done, code)
			continue
		case f == nil:
			return err
		case f.Kind == fault.Forbidden && len(done) == 0:
			return err // of another unit: the form was not made by us
		}
		left = append(left, code)
		key, args := f.Key, f.Args
		if len(f.Fields) > 0 {
			key, args = f.Fields[0].Key, f.Fields[0].Args
		}
		problems[code] = i18n.T(ctx, key, args...)
		wrong.With(untilField(code), "dossierlist.apology.of", "Code", code, "Why", problems[code])
	}
	if len(left) == 0 {
		return web.SeeOther(w, r, in.Back, "dossierlist.apology.done", "Count", len(done))
	}
	in.Codes, in.Fault = left, wrong
	page, err := p.previewApology(ctx, in, false)
	if err != nil {
		return err
	}
	page.Done = done
	for i := range page.Rows {
		page.Rows[i].Problem = problems[page.Rows[i].Code]
	}
	return web.Render(w, r, http.StatusUnprocessableEntity, apologyView(page))
}

// sendApology sends one. The new promise ends with the day's office hours.
func (p *Lists) sendApology(ctx context.Context, in *apologyForm, code string) error {
	d, err := p.Desk.ByCode(ctx, p.Desk.DB, web.Actor(ctx), code)
	if err != nil {
		return err
	}
	cal, err := p.Desk.Calendars.For(ctx, p.Desk.DB, d.Promised)
	if err != nil {
		return err
	}
	typed := in.Value(untilField(code))
	day, err := moment.ParseDate(typed)
	if strings.TrimSpace(typed) == "" {
		return fault.New(fault.Invalid, "web.form.invalid").With("until", "dossier.new_date_missing")
	}
	if err != nil {
		return fault.New(fault.Invalid, "web.form.invalid").With("until", "web.form.date", "Value", typed)
	}
	until := cal.Closing(day)
	if until == 0 || !cal.Working(day) {
		return fault.New(fault.Invalid, "web.form.invalid").With("until", "dossierlist.apology.day_off", "Day", day)
	}
	return p.Desk.Apologise(ctx, web.Actor(ctx), code, dossier.Apology{Reason: in.Reason, Document: in.Document, Until: until})
}

// fieldID is the id of a field's control as the kit makes it.
func fieldID(name string) string {
	return "f-" + strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' {
			return r
		}
		return '-'
	}, name)
}
