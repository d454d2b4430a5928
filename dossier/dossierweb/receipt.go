package dossierweb

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/look"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/base/web/ui"
	"cchc/dossier"
	"cchc/unit"
)

// Forms (biểu mẫu) of TT 03/2025/TT-VPCP, annex I, as they are printed: what is
// on them follows from the stored dossier alone, so that a form printed again is
// the same form.

// A printed is a form that a dossier may have.
type printed struct {
	has  func(w *dossier.Whole) bool
	kind []dossier.FactKind // the fact that it tells of; the form's date is the fact's
	body func(v *formView) templ.Component
}

var formOrder = []string{"02", "03", "04", "05", "06", "void"}

var forms = map[string]printed{
	"02":   {has: hasFact(dossier.FAsked), kind: []dossier.FactKind{dossier.FAsked}, body: form02},
	"03":   {has: hasFact(dossier.FNotAccepted, dossier.FRefused), kind: []dossier.FactKind{dossier.FNotAccepted, dossier.FRefused}, body: form03},
	"04":   {has: hasFact(dossier.FApologised), kind: []dossier.FactKind{dossier.FApologised}, body: form04},
	"05":   {has: hasFact(dossier.FStopped), kind: []dossier.FactKind{dossier.FStopped}, body: form05},
	"void": {has: hasFact(dossier.FVoided), kind: []dossier.FactKind{dossier.FVoided}, body: formVoid},
	"06":   {has: func(w *dossier.Whole) bool { return len(w.Steps) > 0 && w.AcceptedAt != 0 }, kind: []dossier.FactKind{dossier.FAccepted}, body: form06},
}

// A formView is what a form prints.
type formView struct {
	w         dossier.Whole
	fact      dossier.Fact
	procedure string
	above     string // superior body
	body      string // issuing body
	place     string
	issue     dossier.Issue // its number in a book; zero where another system issued it
	officer   string        // who did what the form tells of
	steps     []stepRow
	lookup    string // address where the dossier can be looked up
	rating    string // address where it can be rated; "" for who may not have the token
}

// receipt prints form 01, receipt and appointment (giấy tiếp nhận hồ sơ và hẹn
// trả kết quả).
func (p *Pages) receipt(w http.ResponseWriter, r *http.Request) error {
	v, err := p.formView(r, dossier.FAccepted)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, formPage(v, "01", true, form01(v)))
}

func (p *Pages) form(name string) web.Handler {
	f := forms[name]
	return func(w http.ResponseWriter, r *http.Request) error {
		v, err := p.formView(r, f.kind...)
		if err != nil {
			return err
		}
		if !f.has(&v.w) {
			return fault.New(fault.NotFound, "dossierweb.form_nothing", "Code", v.w.Code)
		}
		return web.Render(w, r, http.StatusOK, formPage(v, name, false, f.body(v)))
	}
}

// formView gathers what forms print; NotFound when what the form tells of did not
// happen.
func (p *Pages) formView(r *http.Request, kinds ...dossier.FactKind) (*formView, error) {
	ctx, a := r.Context(), web.Actor(r.Context())
	vi := i18n.With(ctx, i18n.Vietnamese)
	v := &formView{}
	err := p.Desk.DB.Snapshot(ctx, func(s *db.Snapshot) (err error) {
		if v.w, err = p.Desk.ByCode(ctx, s, a, r.PathValue("code")); err != nil {
			return err
		}
		found := false
		if v.fact, found = latest(&v.w, kinds...); !found {
			return fault.New(fault.NotFound, "dossierweb.form_nothing", "Code", v.w.Code)
		}
		issued, err := p.Desk.Issues(ctx, s, v.w.Dossier)
		if err != nil {
			return err
		}
		for _, x := range issued {
			if x.Seq == v.fact.Seq {
				v.issue = x
			}
		}
		t, err := newTeller(vi, p.Desk, s)
		if err != nil {
			return err
		}
		if v.procedure, err = t.procedure(vi, v.w.VersionID, v.w.ProcedureCode, v.w.RegisteredAt.Date()); err != nil {
			return err
		}
		if v.officer, err = t.who.acted(vi, v.fact.Account, v.fact.Behalf); err != nil {
			return err
		}
		if err := issuer(vi, p.Desk, s, v); err != nil {
			return err
		}
		cal, err := t.calendar(vi, v.w.Promised)
		if err != nil {
			return err
		}
		if v.steps, err = stepRows(vi, t, cal, &v.w, max(v.w.LastAt, v.w.Ended)); err != nil {
			return err
		}
		receives, err := p.Desk.Guard.May(ctx, s, a, auth.DossierReceive, v.w.State.Unit)
		if receives && v.w.RatingToken != "" {
			v.rating = p.address(r, "/rate/"+v.w.RatingToken)
		}
		return err
	})
	if err == nil {
		p.Desk.Looks.Saw(a, v.w.ID, look.Printed)
	}
	v.lookup = p.address(r, "/lookup?code="+url.QueryEscape(v.w.Code))
	return v, err
}

// issuer names who issues the form, as the unit was when it happened.
func issuer(ctx context.Context, desk *dossier.Desk, q db.Queryer, v *formView) error {
	tree, err := desk.Units.On(ctx, q, v.fact.At.Date())
	if err != nil {
		return err
	}
	id := v.w.Promised
	if v.fact.Kind != dossier.FAccepted {
		id = v.w.State.Unit
	}
	u, ok := tree.Unit(id)
	if !ok {
		if u, _, err = desk.Units.Last(ctx, q, id); err != nil {
			return err
		}
	}
	committee := func(u unit.Unit) string {
		return i18n.T(ctx, "dossierweb.paper.committee", "Name", strings.ToUpper(u.Name))
	}
	v.place = u.Name
	switch u.Level {
	case unit.Province:
		v.above, v.body = committee(u), i18n.T(ctx, "dossierweb.paper.centre")
	case unit.Commune, unit.District:
		v.above, v.body = committee(u), i18n.T(ctx, "dossierweb.paper.onestop")
	default:
		v.body = strings.ToUpper(u.Name)
		if up, ok := tree.Unit(u.Parent); ok {
			v.above, v.place = strings.ToUpper(up.Name), up.Name
			if up.Level == unit.Province || up.Level == unit.Commune || up.Level == unit.District {
				v.above = committee(up)
			}
		}
	}
	v.place = bare(v.place)
	return nil
}

// bare returns the name of a place without its level, as papers are dated: "Gio
// Hải, ngày …".
func bare(name string) string {
	for _, level := range []string{"Xã ", "Phường ", "Thị trấn ", "Đặc khu ", "Huyện ", "Quận ", "Thị xã ", "Tỉnh ", "Thành phố "} {
		if rest, ok := strings.CutPrefix(name, level); ok {
			return rest
		}
	}
	return name
}

// latest returns the last fact of some kinds that no correction took back.
func latest(w *dossier.Whole, kinds ...dossier.FactKind) (dossier.Fact, bool) {
	void := w.Void()
	for _, f := range slices.Backward(w.Facts) {
		if slices.Contains(kinds, f.Kind) && !void[f.Seq] {
			return f, true
		}
	}
	return dossier.Fact{}, false
}

func hasFact(kinds ...dossier.FactKind) func(*dossier.Whole) bool {
	return func(w *dossier.Whole) bool {
		_, ok := latest(w, kinds...)
		return ok
	}
}

// longDate writes the date of a paper: "ngày 25 tháng 11 năm 2026".
func longDate(ctx context.Context, d moment.Date) string {
	y, m, day := d.Time().Date()
	return i18n.T(ctx, "dossierweb.paper.date", "Day", fmt.Sprintf("%02d", day), "Month", fmt.Sprintf("%02d", int(m)), "Year", itoa(y))
}

// hourDate writes a moment on a paper: "09 giờ 00 phút, ngày 25/11/2026".
func hourDate(ctx context.Context, i moment.Instant) string {
	t := i.Time()
	return i18n.T(ctx, "dossierweb.paper.hour", "Hour", t.Format("15"), "Minute", t.Format("04"), "On", i.Date())
}

func (v *formView) paper(ctx context.Context, name string, a5 bool) ui.Paper {
	vi := i18n.With(ctx, i18n.Vietnamese)
	code := i18n.T(vi, "dossierweb.paper.code", "Code", v.w.Code)
	number := code
	switch {
	case v.issue.Number != 0:
		number = i18n.T(vi, "dossierweb.paper.number", "Number", bookNumber(vi, v.issue))
	case name != "01" && name != "06" && v.fact.Document != "":
		number = i18n.T(vi, "dossierweb.paper.number", "Number", v.fact.Document)
	}
	x := ui.Paper{
		Title: i18n.T(ctx, "dossierweb.form."+name) + " " + v.w.Code, A5: a5, Above: v.above, Body: v.body, Number: number,
		Place:   v.place + ", " + longDate(vi, v.fact.At.Date()),
		Heading: i18n.T(vi, "dossierweb.paper."+name),
		Back:    ui.Link{Text: v.w.Code, URL: dossierURL(v.w.Code)},
	}
	if number != code {
		x.Code = code
		if name != "01" && name != "06" && v.fact.Document != "" { // the unit's own number of the letter
			x.Code += " · " + i18n.T(vi, "books.paper.document", "Document", v.fact.Document)
		}
	}
	if name != "01" { // which has a second code beside it
		x.QR, x.QRText = v.lookup, i18n.T(vi, "dossierweb.paper.lookup", "Code", v.w.Code)
	}
	return x
}

// brought are the papers of the application; its results are not among them.
func brought(papers []dossier.Paper) []dossier.Paper {
	return slices.DeleteFunc(slices.Clone(papers), func(x dossier.Paper) bool { return x.Result })
}

func splitLines(text string) []string {
	return slices.DeleteFunc(strings.Split(text, "\n"), func(l string) bool { return strings.TrimSpace(l) == "" })
}
