package serviceindexweb

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"cchc/base/auth"
	"cchc/base/i18n"
	"cchc/base/web"
	"cchc/base/web/list"
	"cchc/base/web/ui"
	"cchc/serviceindex"
	"cchc/unit"
)

// listQuery is the address of a list.
type listQuery struct {
	web.Form
	list.Query
	Part    serviceindex.Part `form:"part"`
	Period  string            `form:"period"`
	At      int64             `form:"at"` // when it was found, for the pages of one list to be of one piece
	Sector  string            `form:"sector"`
	Of      string            `form:"of"` // code of a procedure
	Channel string            `form:"channel"`
}

const (
	pageRows = 100
	// listMost is how many rows are found to be read; a longer list is opened by
	// the units below.
	listMost = 200_000
)

// A listPage is what a number counted.
type listPage struct {
	In         *listQuery
	List       *serviceindex.List
	Names      *namer
	Dossiers   list.Slice[serviceindex.Dossier]
	Procedures list.Slice[serviceindex.UnitProcedure]
	Sectors    []ui.Option
	Below      []ui.Link // of a list that is too long
	May        bool      // may enter, where the metric is entered
}

// found returns the list that the address names: the one that was found before, by
// whoever, or a new one.
func (p *Pages) found(ctx context.Context, in *listQuery, u unit.ID, period serviceindex.Period, metric string) (*serviceindex.List, error) {
	now := p.Index.DB.Now()
	if err := p.Index.Guard.Check(ctx, p.Index.DB, web.Actor(ctx), auth.IndexRead, u); err != nil {
		return nil, err
	}
	key := fmt.Sprint(u, " ", period, " ", metric, " ", in.Part)
	if l := p.lists.get(key, in.At, now); l != nil {
		return l, nil
	}
	l, err := p.Index.BehindAtMost(ctx, web.Actor(ctx), u, period, metric, in.Part, listMost)
	if err != nil {
		return nil, err
	}
	in.At = int64(now)
	p.lists.put(key, in.At, l)
	return l, nil
}

func (p *Pages) list(w http.ResponseWriter, r *http.Request) error {
	in := &listQuery{}
	if err := web.Decode(r, in); err != nil {
		return err
	}
	if in.Part == "" {
		in.Part = serviceindex.PartDenominator
	}
	period, err := p.period(in.Period)
	if err != nil {
		return err
	}
	file, err := in.Wanted()
	if err != nil {
		return err
	}
	ctx := r.Context()
	u := unit.ID(r.PathValue("unit"))
	l, err := p.found(ctx, in, u, period, r.PathValue("metric"))
	if err != nil {
		return err
	}
	v := &listPage{In: in, List: l, Names: p.namer(ctx, p.Index.DB)}
	if l.TooLong {
		if v.Below, err = p.below(ctx, v); err != nil {
			return err
		}
		return web.Render(w, r, http.StatusOK, listOf(v))
	}
	v.cut(ctx, file)
	if file {
		return v.file(w, r)
	}
	if l.Metric.Metric.Entered {
		if v.May, err = p.Index.Guard.May(ctx, p.Index.DB, web.Actor(ctx), auth.IndexEnter, u); err != nil {
			return err
		}
	}
	if err := v.names(); err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, listOf(v))
}

// cut filters, sorts and cuts the page; whole is all of it, for a file.
func (v *listPage) cut(ctx context.Context, whole bool) {
	limit := pageRows
	if whole {
		limit = 0
	}
	unitKey := func(u unit.ID) string {
		name, _ := v.Names.name(u) // without a name it sorts by ""
		return list.Name(name)
	}
	sectors := map[string]bool{}
	var dossiers []serviceindex.Dossier
	for _, d := range v.List.Dossiers {
		sectors[d.Sector] = true
		if (v.In.Sector == "" || d.Sector == v.In.Sector) && (v.In.Of == "" || d.Procedure == v.In.Of) && (v.In.Channel == "" || d.Channel == v.In.Channel) {
			dossiers = append(dossiers, d)
		}
	}
	for s := range sectors {
		if s != "" {
			v.Sectors = append(v.Sectors, ui.Option{Value: s, Text: s})
		}
	}
	i18n.SortBy(v.Sectors, func(o ui.Option) string { return o.Text })
	v.Sectors = append([]ui.Option{{Text: i18n.T(ctx, "dossierlist.any")}}, v.Sectors...)
	v.Dossiers = list.Cut(dossiers, &v.In.Query, list.Order{Key: "code"}, list.Keys[serviceindex.Dossier]{
		ID: func(x *serviceindex.Dossier) string { return x.ID },
		By: map[string]func(*serviceindex.Dossier) string{
			"code":      func(x *serviceindex.Dossier) string { return x.Code },
			"procedure": func(x *serviceindex.Dossier) string { return x.Procedure },
			"unit":      func(x *serviceindex.Dossier) string { return unitKey(x.Unit) },
			"received":  func(x *serviceindex.Dossier) string { return list.When(x.Accepted) },
			"due":       func(x *serviceindex.Dossier) string { return list.When(x.Due) },
			"ended":     func(x *serviceindex.Dossier) string { return list.When(x.Ended) },
			"verdict":   func(x *serviceindex.Dossier) string { return strconv.FormatBool(x.Late) },
		}}, limit)
	v.Procedures = list.Cut(v.List.Procedures, &v.In.Query, list.Order{Key: "unit"}, list.Keys[serviceindex.UnitProcedure]{
		ID: func(x *serviceindex.UnitProcedure) string { return string(x.Unit) + " " + x.Code },
		By: map[string]func(*serviceindex.UnitProcedure) string{
			"code":      func(x *serviceindex.UnitProcedure) string { return x.Code },
			"procedure": func(x *serviceindex.UnitProcedure) string { return list.Name(x.Name) },
			"unit":      func(x *serviceindex.UnitProcedure) string { return unitKey(x.Unit) },
			"dossiers":  func(x *serviceindex.UnitProcedure) string { return list.Number(x.Dossiers) },
		}}, limit)
}

// below leads to the same list of each unit right below.
func (p *Pages) below(ctx context.Context, v *listPage) ([]ui.Link, error) {
	tree, err := p.Index.Units.On(ctx, p.Index.DB, v.List.AsOf.Date())
	if err != nil {
		return nil, err
	}
	out := []ui.Link{}
	for _, id := range tree.Children(v.List.Unit.ID) {
		name, err := v.Names.name(id)
		if err != nil {
			return nil, err
		}
		out = append(out, ui.Link{Text: name, URL: listURL(id, v.List.Metric.Metric.Code, v.List.Part, v.List.Period)})
	}
	return out, nil
}

// names looks up the names of the units that the page shows, so that the
// template reads nothing.
func (v *listPage) names() error {
	var err error
	look := func(u unit.ID) {
		_, e := v.Names.name(u)
		err = errors.Join(err, e)
	}
	switch v.List.Kind {
	case serviceindex.ListDossiers:
		for _, d := range v.Dossiers.Rows {
			look(d.Unit)
		}
	case serviceindex.ListProcedures:
		for _, x := range v.Procedures.Rows {
			look(x.Unit)
		}
	case serviceindex.ListEntries:
		for _, e := range v.List.Entries {
			look(e.Unit)
		}
	}
	return err
}

// at is the list's address with its filters.
func (v *listPage) at() list.Address {
	return list.At("/index/"+string(v.List.Unit.ID)+"/"+v.List.Metric.Metric.Code, "part", string(v.In.Part), "period", v.List.Period.String(),
		"at", strconv.FormatInt(v.In.At, 10), "sector", v.In.Sector, "of", v.In.Of, "channel", v.In.Channel, "sort", v.In.Sort)
}

func (v *listPage) heads(ctx context.Context, o list.Order, keys ...string) []ui.Column {
	var out []list.Column
	for _, key := range keys {
		out = append(out, list.Column{Key: key, Label: i18n.T(ctx, "board.col."+key), Sorts: true, Numeric: key == "dossiers",
			Down: key == "received" || key == "ended" || key == "dossiers" || key == "verdict"})
	}
	return list.Heads(out, o, v.at())
}

// filtered says in words what the list is filtered by.
func (v *listPage) filtered(ctx context.Context) []list.Part {
	var out []list.Part
	add := func(key, name, value string) {
		if value != "" {
			out = append(out, list.Part{Label: i18n.T(ctx, key), Value: value, Without: v.at().With(name, "")})
		}
	}
	add("dossierlist.sector", "sector", v.In.Sector)
	add("dossierlist.list.procedure", "of", v.In.Of)
	if v.In.Channel != "" {
		add("dossierlist.column.channel", "channel", channelName(ctx, v.In.Channel))
	}
	return out
}

func channelName(ctx context.Context, c string) string { return i18n.T(ctx, "dossierweb.channel."+c) }

func channelOptions(ctx context.Context) []ui.Option {
	out := []ui.Option{{Text: i18n.T(ctx, "dossierlist.any")}}
	for _, c := range []string{"direct", "online", "post"} {
		out = append(out, ui.Option{Value: c, Text: channelName(ctx, c)})
	}
	return out
}

// tabs lead to the three parts, with their numbers.
func (v *listPage) tabs(ctx context.Context) []ui.Link {
	var out []ui.Link
	for _, part := range serviceindex.Parts {
		text := partText(ctx, v.List.Metric, part)
		if part == v.List.Part && v.List.Kind == serviceindex.ListProcedures {
			text = i18n.T(ctx, "board.part."+string(part)) + " " + i18n.Number(ctx, v.List.Number)
		}
		out = append(out, ui.Link{Text: text, Key: string(part), URL: listURL(v.List.Unit.ID, v.List.Metric.Metric.Code, part, v.List.Period)})
	}
	return out
}

// partText names a part of a metric with its number, where that is known without
// making the list.
func partText(ctx context.Context, m serviceindex.MetricScore, part serviceindex.Part) string {
	text := i18n.T(ctx, "board.part."+string(part))
	switch {
	case !m.Value.Known:
	case part == serviceindex.PartNumerator:
		return text + " " + i18n.Number(ctx, m.Value.Num)
	case part == serviceindex.PartDenominator:
		return text + " " + i18n.Number(ctx, m.Value.Den)
	case m.Metric.RestKnown():
		return text + " " + i18n.Number(ctx, max(0, m.Value.Den-m.Value.Num))
	}
	return text
}

func (v *listPage) finding(ctx context.Context) string {
	m := v.List.Metric
	if m.Branch.HasPoints() {
		return i18n.T(ctx, "board.list.finding", "Metric", m.Metric.Name.In(ctx), "Points", m.Points, "Max", whole(ctx, m.Metric.Max))
	}
	return m.Metric.Name.In(ctx)
}

// facts say where the points come from.
func (v *listPage) facts(ctx context.Context) []ui.Fact {
	l, m := v.List, v.List.Metric.Metric
	out := []ui.Fact{
		{Label: i18n.T(ctx, "board.col.formula"), Value: l.Metric.Formula(ctx)},
		{Label: i18n.T(ctx, "board.fact.counts"), Value: m.Counts.In(ctx)},
		{Label: i18n.T(ctx, "board.period"), Value: l.Period.Label(ctx) + ", " + i18n.T(ctx, "board.as_of", "At", i18n.ShortInstant(ctx, l.AsOf))},
	}
	return out
}

// rule says by what rule, and how sure we are of it.
func (v *listPage) rule(ctx context.Context) []ui.Fact {
	l, m := v.List, v.List.Metric.Metric
	out := []ui.Fact{{Label: i18n.T(ctx, "board.fact.source"), Value: l.Set.Decision.String() + ", " + l.Set.ID + mark(ctx, m.Mark)}}
	if m.Scored() {
		out = append(out, ui.Fact{Label: i18n.T(ctx, "board.fact.zero"), Value: i18n.T(ctx, "board.zero."+string(m.Zero)) + mark(ctx, m.ZeroMark)})
	}
	for _, n := range m.Notes {
		out = append(out, ui.Fact{Label: i18n.T(ctx, "board.fact.note"), Value: n.In(ctx) + mark(ctx, n.Mark)})
	}
	return out
}

// mark says how sure a value of the data is, in brackets.
func mark(ctx context.Context, m serviceindex.Mark) string {
	switch m {
	case serviceindex.Verified:
		return " (" + i18n.T(ctx, "board.mark.verified") + ")"
	case serviceindex.Inferred:
		return " (" + i18n.T(ctx, "board.mark.inferred") + ")"
	case serviceindex.Unverified:
		return " (" + i18n.T(ctx, "board.mark.unverified") + ")"
	}
	return ""
}

// rows are how many stand on the page, and how many there are.
func (v *listPage) rows() (here, all int) {
	switch v.List.Kind {
	case serviceindex.ListDossiers:
		return len(v.Dossiers.Rows), v.Dossiers.All
	case serviceindex.ListProcedures:
		return len(v.Procedures.Rows), v.Procedures.All
	}
	return len(v.List.Entries), len(v.List.Entries)
}

// shown says how many rows there are, and how many of them are on the page.
func (v *listPage) shown(ctx context.Context) string {
	here, all := v.rows()
	if here == all {
		return i18n.T(ctx, "board.list.rows", "Count", all)
	}
	return i18n.T(ctx, "board.list.some", "Here", here, "Count", all)
}

func (v *listPage) pager(ctx context.Context) ui.Pager {
	switch v.List.Kind {
	case serviceindex.ListDossiers:
		return list.Pager(v.at(), v.Dossiers.Before, v.Dossiers.After, v.shown(ctx))
	case serviceindex.ListProcedures:
		return list.Pager(v.at(), v.Procedures.Before, v.Procedures.After, v.shown(ctx))
	}
	return ui.Pager{Shown: v.shown(ctx)}
}

// file sends exactly what the list shows, all pages of it.
func (v *listPage) file(w http.ResponseWriter, r *http.Request) error {
	l := v.List
	name := func(u unit.ID) (string, error) { return v.Names.name(u) }
	f := list.File{Format: v.In.Format, Name: l.Metric.Metric.Code + "-" + string(l.Part) + "-" + l.Period.String()}
	switch l.Kind {
	case serviceindex.ListProcedures:
		f.Header = []string{"unit", "procedure", "procedure_name", "dossiers"}
		f.Rows = func(add func([]string) error) error {
			for _, x := range v.Procedures.Rows {
				u, err := name(x.Unit)
				if err == nil {
					err = add([]string{u, x.Code, x.Name, strconv.FormatInt(x.Dossiers, 10)})
				}
				if err != nil {
					return err
				}
			}
			return nil
		}
	case serviceindex.ListEntries:
		f.Header = []string{"unit", "month", "numerator", "denominator", "source", "document", "entered_by", "entered_at"}
		f.Rows = func(add func([]string) error) error {
			for _, e := range l.Entries {
				u, err := name(e.Unit)
				if err == nil {
					err = add([]string{u, e.Month.String(), strconv.FormatInt(e.Numerator, 10), strconv.FormatInt(e.Denominator, 10),
						e.Source, e.Document, e.Name, e.Entered.String()})
				}
				if err != nil {
					return err
				}
			}
			return nil
		}
	default:
		f.Header = []string{"code", "unit", "procedure", "procedure_name", "sector", "channel", "received", "due", "finished", "late"}
		f.Rows = func(add func([]string) error) error {
			for _, d := range v.Dossiers.Rows {
				u, err := name(d.Unit)
				if err == nil {
					err = add([]string{d.Code, u, d.Procedure, d.ProcedureName, d.Sector, d.Channel,
						d.Accepted.String(), d.Due.String(), d.Ended.String(), strconv.FormatBool(d.Late)})
				}
				if err != nil {
					return err
				}
			}
			return nil
		}
	}
	return list.Send(w, r, f)
}

// title heads the rows: of which part, and how many.
func (v *listPage) title(ctx context.Context) string {
	part := i18n.T(ctx, "board.part."+string(v.List.Part))
	if v.List.Kind == serviceindex.ListEntries {
		return i18n.T(ctx, "board.list.entries", "Count", v.List.Len())
	}
	return part + ": " + v.shown(ctx)
}

func (v *listPage) emptyText(ctx context.Context) string {
	if v.List.Kind == serviceindex.ListEntries {
		return i18n.T(ctx, "board.entered.none")
	}
	return i18n.T(ctx, "board.list.empty.why")
}

func procedureText(d serviceindex.Dossier) string {
	if d.ProcedureName == "" {
		return d.Procedure
	}
	return d.ProcedureName
}
