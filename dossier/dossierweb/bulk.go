package dossierweb

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/base/web/ui"
	"cchc/dossier"
	"cchc/unit"
)

const (
	// apologyDays is the working days that the form proposes to add.
	apologyDays = 5
	// mostDays keeps a mistyped number from running through centuries.
	mostDays = 250
)

// A bulkForm is what is done to many: the rows that a list had ticked, then the
// preview with the fields of the act. Nothing is stored until it is confirmed, so
// the form carries its rows; Run makes it one run however often it is sent.
type bulkForm struct {
	web.Form
	Run      string          `form:"run"`
	Act      dossier.BulkAct `form:"act"`
	Of       []string        `form:"of"`   // the rows of the preview
	Codes    []string        `form:"code"` // those ticked
	All      bool            `form:"all"`  // all that the list's filters keep
	To       string          `form:"to"`
	Reason   string          `form:"reason"`
	Document string          `form:"document"`
	How      string          `form:"how"`
	Days     int             `form:"days"`
	Do       string          `form:"do"` // "" comes from a list, again computes anew, confirm does it
	Back     string          `form:"back"`
}

func (in *bulkForm) bulk(codes []string) *dossier.Bulk {
	b := &dossier.Bulk{ID: in.Run, Act: in.Act, To: in.To, Reason: in.Reason, Document: in.Document, How: in.How}
	for _, code := range codes {
		b.Items = append(b.Items, dossier.BulkItem{Code: code})
	}
	return b
}

// A bulkRow is one dossier of the preview.
type bulkRow struct {
	Code, URL string
	Applicant string
	Procedure string
	Due       string
	Does      string // what will happen
	Warns     string
	Field     string // of its new date
	Wrong     string // what is wrong with it
	Problem   string // why nothing can be done
	Ticked    bool
	until     moment.Instant
}

type bulkPage struct {
	In     *bulkForm
	Rows   []bulkRow
	People []auth.Person
	Able   int
	Cut    bool // more than BulkMost matched
}

func untilField(code string) string { return "until." + code }

// bulkActs are the acts that somebody may do to dossiers of a unit.
func (p *Lists) bulkActs(ctx context.Context, q db.Queryer, u unit.ID) ([]dossier.BulkAct, error) {
	var out []dossier.BulkAct
	for _, act := range dossier.BulkActs {
		may, err := p.Desk.Guard.May(ctx, q, web.Actor(ctx), act.Verb(), u)
		if err != nil {
			return nil, err
		}
		if may {
			out = append(out, act)
		}
	}
	return out, nil
}

// bulk shows what would happen, and does it when it is confirmed.
func (p *Lists) bulk(w http.ResponseWriter, r *http.Request) error {
	in := &bulkForm{}
	err := web.Decode(r, in)
	if err != nil && !in.Failed(err) {
		return err
	}
	if in.Back = web.Local(in.Back); in.Back == "/" {
		in.Back = "/dossiers"
	}
	ctx := r.Context()
	page := bulkPage{In: in}
	if in.Do == "" {
		if in.All {
			filters := &listQuery{}
			if err := web.Decode(r, filters); err != nil {
				return err
			}
			if in.Codes, page.Cut, err = p.matching(ctx, filters); err != nil {
				return err
			}
		}
		in.Run = db.NewID()
	}
	if len(in.Of) == 0 {
		in.Of = in.Codes
	}
	if len(in.Of) == 0 {
		web.Warn(ctx, "bulk.none")
		return web.SeeOther(w, r, in.Back, "")
	}
	if in.Days <= 0 || in.Days > mostDays {
		in.Days = apologyDays
		in.Set("days", i18n.Number(ctx, in.Days))
	}
	if err := p.previewBulk(ctx, &page); err != nil {
		return err
	}
	if in.Do == "confirm" && !in.Wrong() {
		done, err := p.confirmBulk(ctx, &page)
		if err != nil && !in.Failed(err) {
			return err
		}
		if done {
			return web.SeeOther(w, r, "/bulk/"+in.Run, "")
		}
	}
	status := http.StatusOK
	if in.Wrong() {
		status = http.StatusUnprocessableEntity
	}
	return web.Render(w, r, status, bulkView(&page))
}

// matching are the codes of what a list shows on all its pages, in its order.
func (p *Lists) matching(ctx context.Context, in *listQuery) (codes []string, cut bool, err error) {
	in.settle(ctx)
	err = p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) error {
		codes = nil
		t, _, err := p.begin(ctx, q, in)
		if err != nil {
			return err
		}
		until, err := t.soon(ctx, unit.ID(in.Unit))
		if err != nil {
			return err
		}
		f := in.filter(until)
		f.After, f.Limit = dossier.Cursor{}, dossier.BulkMost
		found, err := p.Desk.Page(ctx, q, web.Actor(ctx), f)
		for _, r := range found.Rows {
			if r.System == "" {
				codes = append(codes, r.Code)
			}
		}
		cut = found.After.ID != ""
		return err
	})
	return codes, cut, err
}

// previewBulk tells of each row what would happen or why it can't. New dates are
// proposed until somebody typed them.
func (p *Lists) previewBulk(ctx context.Context, page *bulkPage) error {
	in := page.In
	return p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) error {
		page.Rows, page.Able = nil, 0
		lines, people, err := p.Desk.BulkPreview(ctx, q, web.Actor(ctx), in.bulk(in.Of))
		if err != nil {
			return err
		}
		page.People = people
		t, err := newTeller(ctx, p.Desk, q)
		if err != nil {
			return err
		}
		for i := range lines {
			row, err := t.bulkRow(ctx, in, &lines[i])
			if err != nil {
				return err
			}
			if row.Problem == "" {
				page.Able++
			}
			page.Rows = append(page.Rows, row)
		}
		return nil
	})
}

func (t *teller) bulkRow(ctx context.Context, in *bulkForm, l *dossier.BulkLine) (bulkRow, error) {
	row := bulkRow{Code: l.Code, URL: rowURL(l.System, l.Code), Applicant: l.Applicant, Due: dueText(ctx, l.Due, l.ByInstant), Field: untilField(l.Code)}
	name, err := t.procedure(ctx, l.VersionID, l.ProcedureCode, l.RegisteredAt.Date())
	if err != nil {
		return row, err
	}
	if row.Procedure = shorten(name, 48); name == "" {
		row.Procedure = l.ProcedureCode
	}
	if l.Problem != nil {
		row.Problem = faultText(ctx, l.Problem)
		return row, nil
	}
	row.Ticked = in.Do == "" || slices.Contains(in.Codes, l.Code)
	to, err := t.who.of(ctx, in.To)
	if err != nil {
		return row, err
	}
	switch in.Act {
	case dossier.BulkAssign:
		was, err := t.who.of(ctx, l.Now.Account)
		if err != nil {
			return row, err
		}
		if was == "" {
			was = i18n.T(ctx, "bulk.nobody")
		}
		if to == "" {
			to = "…"
		}
		row.Does = i18n.T(ctx, "bulk.does.assign", "Step", l.Now.Name, "From", was, "To", to)
	case dossier.BulkForward:
		if to == "" {
			to = stepWho(ctx, *l.Next)
		}
		row.Does = i18n.T(ctx, "bulk.does.forward", "From", l.Now.Name, "Step", l.Next.Name, "To", to)
	case dossier.BulkReturn:
		row.Does = i18n.T(ctx, "bulk.does.return", "How", returnText(ctx, l.How))
	case dossier.BulkApologise:
		return row, t.newDate(ctx, in, l, &row)
	}
	return row, nil
}

// newDate proposes an apology's new date, or reads the one that was typed. It ends
// with the office hours of the day.
func (t *teller) newDate(ctx context.Context, in *bulkForm, l *dossier.BulkLine, row *bulkRow) error {
	if t.now.Date() >= l.Due.Date() { // form 04: at least one day before the due date
		row.Warns = i18n.T(ctx, "bulk.apology_late")
	}
	cal, err := t.calendar(ctx, l.Promised)
	if err != nil {
		return err
	}
	if in.Do != "confirm" {
		in.Set(row.Field, i18n.Date(ctx, cal.AddWorkingDays(max(t.now.Date(), l.Due.Date()), in.Days)))
	}
	typed := strings.TrimSpace(in.Value(row.Field))
	day, err := moment.ParseDate(typed)
	switch {
	case typed == "":
		row.Wrong = i18n.T(ctx, "dossier.new_date_missing")
	case err != nil:
		row.Wrong = i18n.T(ctx, "web.form.date", "Value", typed)
	case cal.Closing(day) == 0 || !cal.Working(day):
		row.Wrong = i18n.T(ctx, "bulk.day_off", "Day", day)
	default:
		if row.until = cal.Closing(day); row.until <= t.now || row.until <= l.Due {
			row.Wrong = i18n.T(ctx, "dossier.new_date_wrong", "Due", l.Due.VN())
		}
	}
	return nil
}

// confirmBulk does what the page shows, and nothing else: as long as a ticked row
// can't be done, or a field is wrong, nothing happens and the page says so.
func (p *Lists) confirmBulk(ctx context.Context, page *bulkPage) (bool, error) {
	in := page.In
	b := in.bulk(nil)
	wrong := fault.New(fault.Invalid, "web.form.invalid")
	stuck := 0
	for _, row := range page.Rows {
		switch {
		case !slices.Contains(in.Codes, row.Code):
			continue
		case row.Problem != "":
			stuck++
		case row.Wrong != "":
			wrong.With(row.Field, "bulk.of", "Code", row.Code, "Why", row.Wrong)
		}
		b.Items = append(b.Items, dossier.BulkItem{Code: row.Code, Until: row.until})
	}
	if in.Act == dossier.BulkApologise && in.Reason == "" {
		wrong.With("reason", "dossier.reason_missing")
	}
	if in.Act == dossier.BulkAssign && in.To == "" {
		wrong.With("to", "bulk.to_missing")
	}
	if err := wrong.Or(); err != nil {
		return false, err
	}
	if stuck > 0 && !p.sent(ctx, in.Run) {
		return false, fault.New(fault.Conflict, "bulk.stuck", "Count", stuck)
	}
	a := web.Actor(ctx)
	if err := p.Desk.BulkStart(ctx, a, *b); err != nil {
		return false, err
	}
	_, err := p.Desk.BulkGoOn(ctx, a, in.Run)
	return err == nil, err
}

// sent reports whether the form was sent before: then its rows are done, and the
// page of the run tells how.
func (p *Lists) sent(ctx context.Context, run string) bool {
	_, err := p.Desk.BulkRun(ctx, p.Desk.DB, web.Actor(ctx), run)
	return err == nil
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

func bulkOptions(ctx context.Context, acts []dossier.BulkAct) []ui.Option {
	var out []ui.Option
	for _, act := range acts {
		out = append(out, ui.Option{Value: string(act), Text: i18n.T(ctx, "bulk.act."+string(act))})
	}
	return out
}

func (p *bulkPage) people(ctx context.Context) []ui.Option {
	out := []ui.Option{{Text: i18n.T(ctx, "bulk.to."+string(p.In.Act)+".none")}}
	for _, x := range p.People {
		out = append(out, ui.Option{Value: x.Account, Text: x.Name})
	}
	return out
}

func bulkReturns(ctx context.Context) []ui.Option {
	out := []ui.Option{{Text: i18n.T(ctx, "bulk.how.receipt")}}
	for _, how := range []string{dossier.AtCounter, dossier.ByPost, dossier.ByOnline} {
		out = append(out, ui.Option{Value: how, Text: returnText(ctx, how)})
	}
	return out
}
