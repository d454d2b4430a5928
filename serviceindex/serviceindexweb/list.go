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
	"cchc/base/web/ui"
	"cchc/serviceindex"
	"cchc/unit"
)

// listQuery is the address of a list.
type listQuery struct {
	web.Form
	Part   serviceindex.Part `form:"part"`
	Period string            `form:"period"`
	Page   int               `form:"page"`
	Format string            `form:"format"`
}

const pageRows = 100

// A listPage is what a number counted.
type listPage struct {
	In    *listQuery
	List  *serviceindex.List
	Names *namer
	From  int // rows shown are [From, To)
	To    int
	May   bool // may enter, where the metric is entered
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
	ctx := r.Context()
	u := unit.ID(r.PathValue("unit"))
	l, err := p.Index.Behind(ctx, web.Actor(ctx), u, period, r.PathValue("metric"), in.Part)
	if err != nil {
		return err
	}
	v := &listPage{In: in, List: l, Names: p.namer(ctx, p.Index.DB)}
	if in.Format == "csv" {
		return v.csv(ctx, w)
	}
	if l.Metric.Metric.Entered {
		if v.May, err = p.Index.Guard.May(ctx, p.Index.DB, web.Actor(ctx), auth.IndexEnter, u); err != nil {
			return err
		}
	}
	last := max(0, (l.Len()-1)/pageRows)
	in.Page = min(max(in.Page, 1), last+1)
	v.From = (in.Page - 1) * pageRows
	v.To = min(v.From+pageRows, l.Len())
	if err := v.names(); err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, listOf(v))
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
		for _, d := range v.List.Dossiers[v.From:v.To] {
			look(d.Unit)
		}
	case serviceindex.ListProcedures:
		for _, x := range v.List.Procedures[v.From:v.To] {
			look(x.Unit)
		}
	case serviceindex.ListEntries:
		for _, e := range v.List.Entries {
			look(e.Unit)
		}
	}
	return err
}

func (v *listPage) url(set ...string) string {
	return link("/index/"+string(v.List.Unit.ID)+"/"+v.List.Metric.Metric.Code,
		append([]string{"part", string(v.In.Part), "period", v.List.Period.String()}, set...)...)
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

// shown says how many rows there are, and which of them are on the page.
func (v *listPage) shown(ctx context.Context) string {
	n := v.List.Len()
	if n <= pageRows {
		return i18n.T(ctx, "board.list.rows", "Count", n)
	}
	return i18n.T(ctx, "board.list.shown", "From", v.From+1, "To", v.To, "Count", n)
}

func (v *listPage) pager(ctx context.Context) ui.Pager {
	out := ui.Pager{Shown: v.shown(ctx)}
	if v.From > 0 {
		out.Prev = v.url("page", itoa(v.In.Page-1))
	}
	if v.To < v.List.Len() {
		out.Next = v.url("page", itoa(v.In.Page+1))
	}
	return out
}

func (v *listPage) csv(ctx context.Context, w http.ResponseWriter) error {
	l := v.List
	about := fmt.Sprintf("%s, %s %s, %s, %s: %d", l.Unit.Name, l.Metric.Metric.Code, l.Part, l.Period, l.Metric.Formula(ctx), l.Number)
	rows := [][]string{{"code", "unit", "procedure", "procedure_name", "sector", "channel", "received", "due", "finished", "late"}}
	err := error(nil)
	name := func(u unit.ID) string {
		s, e := v.Names.name(u)
		err = errors.Join(err, e)
		return s
	}
	switch l.Kind {
	case serviceindex.ListDossiers:
		for _, d := range l.Dossiers {
			rows = append(rows, []string{d.Code, name(d.Unit), d.Procedure, d.ProcedureName, d.Sector, d.Channel,
				d.Accepted.String(), d.Due.String(), d.Ended.String(), strconv.FormatBool(d.Late)})
		}
	case serviceindex.ListProcedures:
		rows[0] = []string{"unit", "procedure", "procedure_name", "dossiers"}
		for _, x := range l.Procedures {
			rows = append(rows, []string{name(x.Unit), x.Code, x.Name, strconv.FormatInt(x.Dossiers, 10)})
		}
	case serviceindex.ListEntries:
		rows[0] = []string{"unit", "month", "numerator", "denominator", "source", "document", "entered_by", "entered_at"}
		for _, e := range l.Entries {
			rows = append(rows, []string{name(e.Unit), e.Month.String(), strconv.FormatInt(e.Numerator, 10), strconv.FormatInt(e.Denominator, 10),
				e.Source, e.Document, e.Name, e.Entered.String()})
		}
	}
	if err != nil {
		return err
	}
	return sendCSV(w, l.Metric.Metric.Code+"-"+string(l.Part)+"-"+l.Period.String(), about, rows)
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
