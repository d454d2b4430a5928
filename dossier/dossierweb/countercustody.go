package dossierweb

import (
	"context"
	"net/http"
	"slices"
	"strconv"

	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/look"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/base/web/list"
	"cchc/base/web/ui"
	"cchc/dossier"
)

type custodyForm struct {
	web.Form
	list.Query
	Unit string `form:"unit"`
	Find string `form:"find"`
	To   string `form:"to"`
	ID   string `form:"id"`
}

type custodyView struct {
	deskView
	in    *custodyForm
	here  int // all that are here
	table list.Table[dossier.Original]
}

func (p *Pages) custodyView(ctx context.Context, in *custodyForm) (*custodyView, error) {
	v := &custodyView{in: in}
	err := p.Desk.DB.Snapshot(ctx, func(s *db.Snapshot) (err error) {
		if v.deskView, err = p.deskView(ctx, s, in.Unit); err != nil {
			return err
		}
		all, err := p.Desk.Originals(ctx, s, web.Actor(ctx), v.unit)
		v.here = len(all)
		all = slices.DeleteFunc(all, func(o dossier.Original) bool { return !list.Finds(in.Find, o.Code, o.Applicant, o.Name, o.Place) })
		v.table = list.NewTable(all, &in.Query, list.Order{Key: "since"}, list.At("/counter/custody", "unit", in.Unit, "find", in.Find),
			func(o *dossier.Original) string { return o.ID }, custodyColumns(ctx))
		return err
	})
	return v, err
}

func custodyColumns(ctx context.Context) []list.Field[dossier.Original] {
	return []list.Field[dossier.Original]{
		{Key: "name", Label: i18n.T(ctx, "counter.custody.name"), Sort: func(o *dossier.Original) string { return list.Name(o.Name) }, Cell: func(o *dossier.Original) string { return o.Name }},
		{Key: "code", Label: i18n.T(ctx, "counter.column.dossier"), Sort: func(o *dossier.Original) string { return o.Code }, Cell: func(o *dossier.Original) string { return o.Code }},
		{Key: "applicant", Label: i18n.T(ctx, "dossierweb.person.name"), Sort: func(o *dossier.Original) string { return list.Name(o.Applicant) }, Cell: func(o *dossier.Original) string { return o.Applicant }},
		{Key: "place", Label: i18n.T(ctx, "counter.custody.place"), Sort: func(o *dossier.Original) string { return list.Name(o.Place) }, Cell: func(o *dossier.Original) string { return o.Place }},
		{Key: "since", Label: i18n.T(ctx, "counter.custody.since"), Sort: func(o *dossier.Original) string { return list.When(o.Kept) }, Cell: func(o *dossier.Original) string { return i18n.ShortInstant(ctx, o.Kept) }},
		{Key: "back", Label: i18n.T(ctx, "counter.custody.back")},
	}
}

// custodyPage lists the originals that are here.
func (p *Pages) custodyPage(w http.ResponseWriter, r *http.Request) error {
	in := &custodyForm{}
	if err := web.Decode(r, in); err != nil {
		return err
	}
	file, err := in.Wanted()
	if err != nil {
		return err
	}
	v, err := p.custodyView(r.Context(), in)
	if err != nil {
		return err
	}
	if file {
		return v.table.Send(w, r, in.Format, "custody-"+v.now.Date().String(), noted(r.Context(), p.Desk, look.Export{Unit: v.unit, List: "custody", Filter: narrowed(in.Find), Format: in.Format}, v.table.Rows, func(o *dossier.Original) string { return o.Dossier }))
	}
	return web.Render(w, r, http.StatusOK, custodyPage(v))
}

func (p *Pages) custodyBack(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in := &custodyForm{}
	if err := web.Decode(r, in); err != nil {
		return err
	}
	err := p.Desk.GiveBack(ctx, web.Actor(ctx), in.ID, in.To)
	if in.Failed(err) {
		status := http.StatusUnprocessableEntity
		if in.Fault.Kind == fault.Conflict {
			status = http.StatusConflict
		}
		in.Fault = renamed(in.Fault, "to", "to-"+in.ID)
		v, err := p.custodyView(ctx, in)
		if err != nil {
			return err
		}
		return web.Render(w, r, status, custodyPage(v))
	}
	if err != nil {
		return err
	}
	to := list.At("/counter/custody", "unit", in.Unit, "find", in.Find, "sort", in.Sort, "after", in.After, "before", in.Before).String()
	return web.SeeOther(w, r, to, "counter.custody.back.done")
}

// renamed calls a field by the name that it has on a page with several such forms.
func renamed(f *fault.Fault, from, to string) *fault.Fault {
	for i := range f.Fields {
		if f.Fields[i].Name == from {
			f.Fields[i].Name = to
		}
	}
	return f
}

func (p *Pages) custodyCard(ctx context.Context, q db.Queryer, v *dayView) (dayCard, error) {
	here, err := p.Desk.Originals(ctx, q, web.Actor(ctx), v.unit)
	return dayCard{Title: i18n.T(ctx, "counter.custody"), Key: "g", URL: v.url("/counter/custody"), Big: i18n.Number(ctx, len(here)),
		Text: i18n.T(ctx, "counter.custody.card")}, err
}

type uncollectedForm struct {
	web.Form
	list.Query
	Unit string `form:"unit"`
	Find string `form:"find"`
}

type uncollectedView struct {
	deskView
	in              *uncollectedForm
	table           list.Table[dossier.Uncollected]
	all, long, days int64
}

// age is how many days ago a result was ready.
func (v *uncollectedView) age(at moment.Instant) int { return int(v.now.Date() - at.Date()) }

// uncollectedPage lists results that nobody came for.
func (p *Pages) uncollectedPage(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in := &uncollectedForm{}
	if err := web.Decode(r, in); err != nil {
		return err
	}
	file, err := in.Wanted()
	if err != nil {
		return err
	}
	v := &uncollectedView{in: in}
	err = p.Desk.DB.Snapshot(ctx, func(s *db.Snapshot) (err error) {
		if v.deskView, err = p.deskView(ctx, s, in.Unit); err != nil {
			return err
		}
		all, err := p.Desk.NotCollected(ctx, s, web.Actor(ctx), v.unit)
		if err != nil {
			return err
		}
		all = slices.DeleteFunc(all, func(x dossier.Uncollected) bool { return !list.Finds(in.Find, x.Code, x.Applicant, x.Procedure) })
		v.table = list.NewTable(all, &in.Query, list.Order{Key: "since"}, list.At("/counter/uncollected", "unit", in.Unit, "find", in.Find),
			func(x *dossier.Uncollected) string { return x.Code }, uncollectedColumns(ctx))
		v.all, v.long, v.days, err = p.Desk.CountUncollected(ctx, s, v.unit)
		return err
	})
	if err != nil {
		return err
	}
	if file {
		return v.table.Send(w, r, in.Format, "uncollected-"+v.now.Date().String(), noted(ctx, p.Desk, look.Export{Unit: v.unit, List: "uncollected", Filter: narrowed(in.Find), Format: in.Format}, v.table.Rows, func(x *dossier.Uncollected) string { return x.Dossier }))
	}
	return web.Render(w, r, http.StatusOK, uncollectedPage(v))
}

func uncollectedColumns(ctx context.Context) []list.Field[dossier.Uncollected] {
	return []list.Field[dossier.Uncollected]{
		{Key: "code", Label: i18n.T(ctx, "counter.column.dossier"), Sort: func(x *dossier.Uncollected) string { return x.Code }, Cell: func(x *dossier.Uncollected) string { return x.Code }},
		{Key: "applicant", Label: i18n.T(ctx, "dossierweb.person.name"), Sort: func(x *dossier.Uncollected) string { return list.Name(x.Applicant) }, Cell: func(x *dossier.Uncollected) string { return x.Applicant }},
		{Key: "since", Label: i18n.T(ctx, "counter.uncollected.since"), Sort: func(x *dossier.Uncollected) string { return list.When(x.Ended) }, Cell: func(x *dossier.Uncollected) string { return i18n.Date(ctx, x.Ended.Date()) }},
		{Key: "age", Label: i18n.T(ctx, "counter.uncollected.age"), Numeric: true},
		{Key: "return_by", Label: i18n.T(ctx, "dossierweb.counter.return_by"), Sort: func(x *dossier.Uncollected) string { return x.ReturnBy }, Cell: func(x *dossier.Uncollected) string { return returnText(ctx, x.ReturnBy) }},
		{Key: "contacts", Label: i18n.T(ctx, "counter.uncollected.contacts"), Sort: func(x *dossier.Uncollected) string { return list.Number(int64(x.Contacts)) }, Cell: func(x *dossier.Uncollected) string { return strconv.Itoa(x.Contacts) }},
	}
}

func (p *Pages) uncollectedCard(ctx context.Context, q db.Queryer, v *dayView) (dayCard, error) {
	all, long, days, err := p.Desk.CountUncollected(ctx, q, v.unit)
	c := dayCard{Title: i18n.T(ctx, "counter.uncollected"), Key: "u", URL: v.url("/counter/uncollected"), Big: i18n.Number(ctx, all),
		Text: i18n.T(ctx, "counter.uncollected.card")}
	if long > 0 {
		c.Warn = i18n.T(ctx, "counter.uncollected.long", "Count", long, "Days", days)
	}
	return c, err
}

func keepInputs(ctx context.Context, _ *actView) []input {
	return []input{
		{Field: ui.Field{Name: "name", Label: i18n.T(ctx, "counter.custody.name"), Hint: i18n.T(ctx, "counter.custody.name.hint"), MaxLength: 300, Autofocus: true}},
		{Field: ui.Field{Name: "note", Label: i18n.T(ctx, "counter.custody.place"), Hint: i18n.T(ctx, "counter.custody.place.hint"), Optional: true, MaxLength: 200}},
	}
}

func keepOriginal(ctx context.Context, p *Pages, x *actView) error {
	return p.Desk.KeepOriginal(ctx, web.Actor(ctx), x.w.Code, x.in.Name, x.in.Note)
}

func contactInputs(ctx context.Context, x *actView) []input {
	if x.in.Value("how") == "" {
		x.in.Set("how", dossier.ContactHows[0])
	}
	var options []ui.Option
	for _, how := range dossier.ContactHows {
		options = append(options, option(ctx, how, "counter.contact.how."+how))
	}
	return []input{
		{kind: "radios", options: options, Field: ui.Field{Name: "how", Label: i18n.T(ctx, "counter.contact.how"), Autofocus: true}},
		{Field: ui.Field{Name: "note", Label: i18n.T(ctx, "counter.contact.note"), Hint: i18n.T(ctx, "counter.contact.note.hint"), Optional: true, MaxLength: 300}},
	}
}

func contact(ctx context.Context, p *Pages, x *actView) error {
	return p.Desk.Contact(ctx, web.Actor(ctx), x.w.Code, x.in.How, x.in.Note)
}

// keptText reminds of the originals that the office keeps of a dossier.
func keptText(ctx context.Context, w *dossier.Whole) string {
	var names []string
	for _, o := range w.Originals {
		if o.Returned == 0 {
			names = append(names, joined(o.Name, o.Place))
		}
	}
	if len(names) == 0 {
		return ""
	}
	text := names[0]
	for _, n := range names[1:] {
		text += "; " + n
	}
	return i18n.T(ctx, "counter.custody.remind", "Count", len(names), "Names", text)
}
