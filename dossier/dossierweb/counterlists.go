package dossierweb

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"cchc/base/auth"
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

// listDays is how many days back finished lists are shown.
const listDays = 14

type handForm struct {
	web.Form
	list.Query
	Since    moment.Date    `form:"since"`
	Unit     string         `form:"unit"`
	Body     string         `form:"body"`
	Chosen   []string       `form:"code"`
	More     string         `form:"codes"` // typed or scanned, one a line
	Receiver string         `form:"receiver"`
	Tracking string         `form:"tracking"`
	Code     string         `form:"item"`
	Outcome  string         `form:"outcome"`
	At       moment.Instant `form:"at"`
	Note     string         `form:"note"`
}

// A handView is the page of one kind of list, or of one list.
type handView struct {
	deskView
	in      *handForm
	kind    dossier.ListKind
	waiting []dossier.Listable
	since   moment.Date
	table   list.Table[dossier.HandList]
	one     dossier.HandList
	items   list.Table[dossier.ListItem]
	bodies  []string
}

func (v *handView) title(ctx context.Context) string {
	return i18n.T(ctx, "counter.list."+string(v.kind))
}

func (v *handView) base() string { return "/counter/lists/" + string(v.kind) }

func (p *Pages) handView(ctx context.Context, kind, asked string, in *handForm) (*handView, error) {
	v := &handView{in: in, kind: dossier.ListKind(kind)}
	err := p.Desk.DB.Snapshot(ctx, func(s *db.Snapshot) (err error) {
		if v.deskView, err = p.deskView(ctx, s, asked); err != nil {
			return err
		}
		a := web.Actor(ctx)
		if v.waiting, err = p.Desk.ForList(ctx, s, a, v.unit, v.kind); err != nil {
			return err
		}
		if v.since = in.Since; v.since == 0 {
			v.since = v.now.Date().AddDays(-listDays)
		}
		in.Set("since", i18n.Date(ctx, v.since))
		all, err := p.Desk.HandLists(ctx, s, a, v.unit, v.since)
		var lists []dossier.HandList
		seen := map[string]bool{}
		add := func(body string) {
			if body != "" && !seen[body] {
				seen[body] = true
				v.bodies = append(v.bodies, body)
			}
		}
		for _, w := range v.waiting {
			if v.kind == dossier.Outside {
				add(w.Body)
			}
		}
		for _, l := range all {
			if l.Kind == v.kind {
				lists = append(lists, l)
				add(l.Body)
			}
		}
		at := list.At(v.base(), "unit", asked)
		if in.Since != 0 {
			at.Values.Set("since", in.Since.String())
		}
		v.table = list.NewTable(lists, &in.Query, list.Order{Key: "day", Desc: true}, at, func(l *dossier.HandList) string { return l.ID }, handListColumns(ctx))
		return err
	})
	return v, err
}

// handKind reports whether the address names a kind of list.
func handKind(r *http.Request) error {
	switch dossier.ListKind(r.PathValue("kind")) {
	case dossier.Outside, dossier.Inside, dossier.PostBatch:
		return nil
	}
	return fault.New(fault.NotFound, "counter.list.no_list")
}

func (p *Pages) handPage(w http.ResponseWriter, r *http.Request) error {
	if err := handKind(r); err != nil {
		return err
	}
	in := &handForm{}
	if err := web.Decode(r, in); err != nil && !in.Failed(err) {
		return err
	}
	in.Fault = nil
	file, err := in.Wanted()
	if err != nil {
		return err
	}
	v, err := p.handView(r.Context(), r.PathValue("kind"), in.Unit, in)
	if err != nil {
		return err
	}
	if file {
		return v.table.Send(w, r, in.Format, string(v.kind)+"-"+v.now.Date().String(), nil)
	}
	v.begin(r.Context())
	return web.Render(w, r, http.StatusOK, handListsPage(v))
}

// begin ticks what waits for the same body as the first: one list goes to one.
func (v *handView) begin(ctx context.Context) {
	if len(v.in.Chosen) > 0 || len(v.waiting) == 0 || v.kind == dossier.Inside {
		return
	}
	body := v.waiting[0].Body
	if v.kind == dossier.PostBatch {
		body = i18n.T(i18n.With(ctx, i18n.Vietnamese), "counter.list.post.body")
	}
	v.in.Set("body", body)
	for _, w := range v.waiting {
		if w.Body == v.waiting[0].Body {
			v.in.Values["code"] = append(v.in.Values["code"], w.Code)
		}
	}
}

// codesOf reads dossiers' numbers as people type and scanners read them: one a
// line, or the address in the code on a receipt.
func codesOf(text string) []string {
	var out []string
	for _, s := range strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == ' ' || r == ',' || r == ';' || r == '\t' }) {
		if u, err := url.Parse(s); err == nil && u.Host != "" {
			s = u.Query().Get("code")
		}
		if s != "" {
			out = append(out, strings.ToUpper(s))
		}
	}
	return out
}

func (p *Pages) handMake(w http.ResponseWriter, r *http.Request) error {
	if err := handKind(r); err != nil {
		return err
	}
	ctx := r.Context()
	in := &handForm{}
	err := web.Decode(r, in)
	v, failed := p.handView(ctx, r.PathValue("kind"), in.Unit, in)
	if failed != nil {
		return failed
	}
	var l dossier.HandList
	if err == nil {
		l, err = p.Desk.MakeList(ctx, web.Actor(ctx), v.unit, v.kind, in.Body, append(in.Chosen, codesOf(in.More)...))
	}
	if in.Failed(err) {
		return web.Render(w, r, http.StatusUnprocessableEntity, handListsPage(v))
	}
	if err != nil {
		return err
	}
	return web.SeeOther(w, r, v.base()+"/"+l.ID, "counter.list.made", "Number", l.Number)
}

func (p *Pages) handOne(ctx context.Context, r *http.Request, in *handForm) (*handView, error) {
	v := &handView{in: in}
	err := p.Desk.DB.Snapshot(ctx, func(s *db.Snapshot) (err error) {
		if v.one, err = p.Desk.HandList(ctx, s, web.Actor(ctx), r.PathValue("id")); err != nil {
			return err
		}
		v.kind = v.one.Kind
		if v.deskView, err = p.deskView(ctx, s, string(v.one.Unit)); err != nil {
			return err
		}
		v.items = list.NewTable(v.one.Items, &in.Query, list.Order{Key: "ord"}, list.At(v.base()+"/"+v.one.ID),
			func(x *dossier.ListItem) string { return x.Code }, handItemColumns(ctx, v.kind))
		return v.know(ctx, v.one.Account)
	})
	return v, err
}

func handListColumns(ctx context.Context) []list.Field[dossier.HandList] {
	type row = dossier.HandList
	return []list.Field[row]{
		{Key: "number", Label: i18n.T(ctx, "counter.column.number"), Down: true, Sort: func(l *row) string { return list.Number(l.Year*1_000_000 + l.Number) }, Cell: func(l *row) string { return strconv.FormatInt(l.Number, 10) }},
		{Key: "day", Label: i18n.T(ctx, "counter.column.day"), Down: true, Sort: func(l *row) string { return list.Number(int64(l.Made)) }, Cell: func(l *row) string { return i18n.Date(ctx, l.Day) }},
		{Key: "to", Label: i18n.T(ctx, "counter.list.to"), Sort: func(l *row) string { return list.Name(l.Body) }, Cell: func(l *row) string { return l.Body }},
		{Key: "count", Label: i18n.T(ctx, "counter.list.count"), Numeric: true, Down: true, Sort: func(l *row) string { return list.Number(int64(len(l.Items))) }, Cell: func(l *row) string { return strconv.Itoa(len(l.Items)) }},
		{Key: "out", Label: i18n.T(ctx, "counter.list.out"), Numeric: true, Down: true, Sort: func(l *row) string { return list.Number(int64(l.Out())) }, Cell: func(l *row) string { return strconv.Itoa(l.Out()) }},
		{Key: "state", Label: i18n.T(ctx, "counter.column.state"), Cell: func(l *row) string { return i18n.T(ctx, "counter.list.state."+handStateOf(l)) }},
	}
}

func handStateOf(l *dossier.HandList) string {
	switch {
	case l.Handed == 0:
		return "made"
	case l.Out() > 0:
		return "handed"
	}
	return "done"
}

func handItemColumns(ctx context.Context, kind dossier.ListKind) []list.Field[dossier.ListItem] {
	type row = dossier.ListItem
	out := []list.Field[row]{
		{Key: "ord", Label: i18n.T(ctx, "counter.column.dossier"), Sort: func(x *row) string { return list.Number(int64(x.Ord)) }, Cell: func(x *row) string { return x.Code }},
		{Key: "applicant", Label: i18n.T(ctx, "dossierweb.person.name"), Sort: func(x *row) string { return list.Name(x.Applicant) }, Cell: func(x *row) string { return x.Applicant }},
		{Key: "procedure", Label: i18n.T(ctx, "dossierweb.counter.procedure"), Sort: func(x *row) string { return x.Procedure }, Cell: func(x *row) string { return x.Procedure }},
	}
	if kind == dossier.PostBatch {
		out = append(out, list.Field[row]{Key: "tracking", Label: i18n.T(ctx, "counter.list.tracking.short"), Sort: func(x *row) string { return x.Tracking }, Cell: func(x *row) string { return x.Tracking }})
	}
	return append(out, list.Field[row]{Key: "outcome", Label: i18n.T(ctx, "counter.list.outcome"), Sort: func(x *row) string { return x.Outcome }, Cell: func(x *row) string {
		if x.Outcome == "" {
			return ""
		}
		return joined(i18n.T(ctx, "counter.list.outcome."+x.Outcome), i18n.ShortInstant(ctx, x.At), x.Note)
	}})
}

func (p *Pages) handShow(w http.ResponseWriter, r *http.Request) error {
	in := &handForm{}
	if err := web.Decode(r, in); err != nil {
		return err
	}
	file, err := in.Wanted()
	if err != nil {
		return err
	}
	v, err := p.handOne(r.Context(), r, in)
	if err != nil {
		return err
	}
	if file {
		return v.items.Send(w, r, in.Format, string(v.kind)+"-"+strconv.FormatInt(v.one.Number, 10), v.noted(r.Context(), p.Desk, in.Format))
	}
	return web.Render(w, r, http.StatusOK, handListPage(v))
}

// noted notes the list as a file or a paper: those on it are named there.
func (v *handView) noted(ctx context.Context, desk *dossier.Desk, format string) func() error {
	e := look.Export{Unit: v.one.Unit, List: "handover", Filter: string(v.kind) + " " + strconv.FormatInt(v.one.Number, 10) + "/" + strconv.FormatInt(v.one.Year, 10), Format: format}
	return noted(ctx, desk, e, v.one.Items, func(x *dossier.ListItem) string { return x.Dossier })
}

func (p *Pages) handPrint(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v, err := p.handOne(ctx, r, &handForm{})
	if err != nil {
		return err
	}
	paper, err := p.paperOf(ctx, &v.deskView, i18n.T(i18n.With(ctx, i18n.Vietnamese), "counter.list.paper."+string(v.kind)), v.base()+"/"+v.one.ID)
	if err != nil {
		return err
	}
	paper.Number = "Số: " + i18n.Number(ctx, v.one.Number) + "/" + strconv.FormatInt(v.one.Year, 10)
	if err := v.noted(ctx, p.Desk, look.OnPaper)(); err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, handPaper(paper, v))
}

// handAct is what is done to a list: handed over, tracking numbers entered, one
// dossier settled.
func (p *Pages) handAct(name string) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		ctx, id := r.Context(), r.PathValue("id")
		in := &handForm{}
		err := web.Decode(r, in)
		if err == nil {
			switch name {
			case "give":
				err = p.Desk.GiveList(ctx, web.Actor(ctx), id, in.Receiver)
			case "track":
				var numbers map[string]string
				if numbers, err = trackingOf(in.Tracking); err == nil {
					err = p.Desk.Track(ctx, web.Actor(ctx), id, numbers)
				}
			default:
				err = p.Desk.Settle(ctx, web.Actor(ctx), id, in.Code, in.Outcome, in.At, in.Note)
			}
		}
		if in.Failed(err) {
			status := http.StatusUnprocessableEntity
			if in.Fault.Kind == fault.Conflict {
				status = http.StatusConflict
			}
			v, err := p.handOne(ctx, r, in)
			if err != nil {
				return err
			}
			return web.Render(w, r, status, handListPage(v))
		}
		if err != nil {
			return err
		}
		return web.SeeOther(w, r, "/counter/lists/"+r.PathValue("kind")+"/"+id, "counter.list.done."+name)
	}
}

// trackingOf reads pasted lines "code tracking", as the post's own file has them.
func trackingOf(text string) (map[string]string, error) {
	out := map[string]string{}
	for i, line := range strings.Split(text, "\n") {
		f := strings.FieldsFunc(line, func(r rune) bool { return r == ' ' || r == '\t' || r == ',' || r == ';' })
		if len(f) == 0 {
			continue
		}
		if len(f) != 2 {
			return nil, fault.New(fault.Invalid, "form.invalid").With("tracking", "counter.list.tracking_line", "Line", i+1)
		}
		out[strings.ToUpper(f[0])] = f[1]
	}
	if len(out) == 0 {
		return nil, fault.New(fault.Invalid, "form.invalid").With("tracking", "counter.list.tracking_line", "Line", 1)
	}
	return out, nil
}

// listCard is a list's card on the counter's day.
func (p *Pages) listCard(kind dossier.ListKind, key string) func(context.Context, db.Queryer, *dayView) (dayCard, error) {
	return func(ctx context.Context, q db.Queryer, v *dayView) (dayCard, error) {
		waiting, err := p.Desk.ForList(ctx, q, web.Actor(ctx), v.unit, kind)
		if err != nil {
			return dayCard{}, err
		}
		lists, err := p.Desk.HandLists(ctx, q, web.Actor(ctx), v.unit, v.now.Date())
		out := 0
		for _, l := range lists {
			if l.Kind == kind && (l.Handed == 0 || kind == dossier.PostBatch) {
				out += l.Out()
			}
		}
		c := dayCard{Title: i18n.T(ctx, "counter.list."+string(kind)), Key: key, URL: v.url("/counter/lists/" + string(kind)),
			Big: i18n.Number(ctx, len(waiting)), Text: i18n.T(ctx, "counter.list.card."+string(kind))}
		if out > 0 {
			c.Warn = i18n.T(ctx, "counter.list.card.out."+string(kind), "Count", out)
		}
		return c, err
	}
}

func outcomeKind(outcome string) ui.Kind {
	switch outcome {
	case "back", "delivered":
		return ui.OK
	case "failed":
		return ui.Late
	}
	return ui.Neutral
}

// settleable reports whether the outcome of items may be entered.
func (v *handView) settleable() bool { return v.one.Handed != 0 && v.may[auth.DossierReturn] }
