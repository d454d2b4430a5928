package dossierweb

import (
	"context"
	"net/http"
	"net/url"

	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/base/web/ui"
	"cchc/dossier"
)

type custodyForm struct {
	web.Form
	Unit string `form:"unit"`
	To   string `form:"to"`
	ID   string `form:"id"`
}

type custodyView struct {
	deskView
	in   *custodyForm
	list []dossier.Original
}

func (p *Pages) custodyView(ctx context.Context, in *custodyForm) (*custodyView, error) {
	v := &custodyView{in: in}
	err := p.Desk.DB.Snapshot(ctx, func(s *db.Snapshot) (err error) {
		if v.deskView, err = p.deskView(ctx, s, in.Unit); err != nil {
			return err
		}
		v.list, err = p.Desk.Originals(ctx, s, web.Actor(ctx), v.unit)
		return err
	})
	return v, err
}

// custodyPage lists the originals that are here.
func (p *Pages) custodyPage(w http.ResponseWriter, r *http.Request) error {
	in := &custodyForm{}
	if err := web.Decode(r, in); err != nil {
		return err
	}
	v, err := p.custodyView(r.Context(), in)
	if err != nil {
		return err
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
	to := "/counter/custody"
	if in.Unit != "" {
		to += "?unit=" + url.QueryEscape(in.Unit)
	}
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
	list, err := p.Desk.Originals(ctx, q, web.Actor(ctx), v.unit)
	return dayCard{Title: i18n.T(ctx, "counter.custody"), Key: "g", URL: v.url("/counter/custody"), Big: i18n.Number(ctx, len(list)),
		Text: i18n.T(ctx, "counter.custody.card")}, err
}

type uncollectedView struct {
	deskView
	list            []dossier.Uncollected
	all, long, days int64
}

// age is how many days ago a result was ready.
func (v *uncollectedView) age(at moment.Instant) int { return int(v.now.Date() - at.Date()) }

// uncollectedPage lists results that nobody came for.
func (p *Pages) uncollectedPage(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v := &uncollectedView{}
	err := p.Desk.DB.Snapshot(ctx, func(s *db.Snapshot) (err error) {
		if v.deskView, err = p.deskView(ctx, s, r.URL.Query().Get("unit")); err != nil {
			return err
		}
		if v.list, err = p.Desk.NotCollected(ctx, s, web.Actor(ctx), v.unit); err != nil {
			return err
		}
		v.all, v.long, v.days, err = p.Desk.CountUncollected(ctx, s, v.unit)
		return err
	})
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, uncollectedPage(v))
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

func collectable(w *dossier.Whole) bool { return w.Ended != 0 && w.Returned == 0 }

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
