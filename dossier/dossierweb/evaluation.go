package dossierweb

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"slices"
	"strconv"

	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/points"
	"cchc/base/web"
	"cchc/base/web/ui"
	"cchc/dossier"
	"cchc/evaluation"
	"cchc/unit"
)

// An evaluationRow is the indices of one unit or officer.
type evaluationRow struct {
	Key      string
	Name     string
	Dossiers int64
	Cells    []evaluationCell
	evaluation.Result
	tally evaluation.Tally
}

// An evaluationCell is one index.
type evaluationCell struct {
	Text  string
	Title string // what it was computed of
	URL   string
}

type evaluationPage struct {
	reportPage
	Set     *evaluation.Set
	InForce bool
	By      dossier.By // unit or officer
	Rows    []evaluationRow
	Total   evaluationRow
	Indices []*evaluation.Index
	Entry   *entryIn // to enter what facts cannot tell; nil for who may not
	Entered []enteredLine
}

// An enteredLine is what stands entered for the unit.
type enteredLine struct{ Index, Value, Source, Who, At string }

// entryIn is the form in which publicity and feedback are entered.
type entryIn struct {
	web.Form
	Unit        string `form:"unit"`
	Period      string `form:"period"`
	Index       string `form:"index"`
	Choice      string `form:"choice"`
	Numerator   int64  `form:"numerator"`
	Denominator int64  `form:"denominator"`
	Publicity   string `form:"source_publicity"`
	Feedback    string `form:"source_feedback"`
}

var sheetEvaluation = &sheet{Key: "evaluation"}

func (p *Reports) evaluation(w http.ResponseWriter, r *http.Request) error {
	in := &reportQuery{sheet: sheetEvaluation}
	err := web.Decode(r, in)
	if err == nil {
		err = in.settle(p.Desk.DB.Now().Date())
	}
	if in.Failed(err) {
		in.Period, in.From, in.To = "", 0, 0
		if err := in.settle(p.Desk.DB.Now().Date()); err != nil {
			return err
		}
		in.Failed(err)
		return p.showEvaluation(w, r, http.StatusUnprocessableEntity, in, nil)
	}
	if err != nil {
		return err
	}
	return p.showEvaluation(w, r, http.StatusOK, in, nil)
}

func (p *Reports) showEvaluation(w http.ResponseWriter, r *http.Request, status int, in *reportQuery, entry *entryIn) error {
	ctx := r.Context()
	var page evaluationPage
	err := p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) (err error) {
		page, err = p.gatherEvaluation(ctx, q, in, entry)
		return err
	})
	if err != nil {
		return err
	}
	switch in.Format {
	case "csv":
		return page.csv(w, r)
	case "xlsx":
		return page.xlsx(w, r)
	case "print":
		return web.Render(w, r, status, evaluationPaper(page))
	}
	return web.Render(w, r, status, evaluationView(page))
}

func (p *Reports) gatherEvaluation(ctx context.Context, q db.Queryer, in *reportQuery, entry *entryIn) (evaluationPage, error) {
	page := evaluationPage{reportPage: reportPage{In: in, Now: p.Desk.DB.Now()}, By: dossier.ByUnit}
	if in.By == dossier.ByOfficer {
		page.By = dossier.ByOfficer
	}
	in.By = page.By
	if err := p.place(ctx, q, &page.reportPage); err != nil {
		return page, err
	}
	page.Running = in.To.End() > page.Now
	page.Set, page.InForce = evaluation.On(p.Evaluation, in.To)
	officers := page.By == dossier.ByOfficer
	for _, x := range page.Set.Indices {
		if !officers || x.Officers {
			page.Indices = append(page.Indices, x)
		}
	}
	x := in.question()
	var total evaluation.Tally
	rows := map[string]*evaluation.Tally{}
	groups := unitGroups{}
	of := map[unit.ID][]string{}
	if !officers {
		var err error
		if groups, err = p.unitGroups(ctx, q, x); err != nil {
			return page, err
		}
		for key, units := range groups.units {
			for u := range units {
				of[u] = append(of[u], key)
			}
		}
	}
	err := p.Desk.Evaluate(ctx, q, web.Actor(ctx), x, func(e *dossier.Evaluated) {
		page.Set.Count(&total, e.Work)
		keys := []string{e.Officer}
		if !officers {
			keys = of[e.Unit]
		}
		for _, key := range keys {
			if rows[key] == nil {
				rows[key] = &evaluation.Tally{}
			}
			page.Set.Count(rows[key], e.Work)
		}
	})
	if err != nil {
		return page, err
	}
	entered, err := p.Desk.EvaluationEntries(ctx, q, page.Set, in.From, in.To)
	if err != nil {
		return page, err
	}
	known := func(key string) map[string]evaluation.Entered {
		out := map[string]evaluation.Entered{}
		for code, e := range entered[unit.ID(key)] {
			out[code] = e.Entered
		}
		return out
	}
	who := newNames(q)
	add := func(key, name string) {
		t := rows[key]
		if t == nil {
			t = &evaluation.Tally{}
		}
		e := known(key)
		if officers || key == in.Unit {
			e = nil // what is entered is said of the whole unit
		}
		row := evaluationRow{Key: key, Name: name, Dossiers: t.Dossiers, Result: page.Set.Score(*t, e, officers), tally: *t}
		row.cells(ctx, in, false)
		page.Rows = append(page.Rows, row)
	}
	if officers {
		for key := range rows {
			name, err := p.officer(ctx, who, key)
			if err != nil {
				return page, err
			}
			add(key, name)
		}
		i18n.SortBy(page.Rows, func(r evaluationRow) string { return r.Name })
	} else {
		for _, key := range groups.order {
			if rows[key] == nil && !groups.evenEmpty[key] {
				continue
			}
			name, err := groups.name(ctx, q, p.Desk.Units, key, x.Unit)
			if err != nil {
				return page, err
			}
			add(key, name)
		}
	}
	page.Total = evaluationRow{Name: page.Unit.Name, Dossiers: total.Dossiers, Result: page.Set.Score(total, known(in.Unit), officers), tally: total}
	page.Total.cells(ctx, in, true)
	return page, p.entries(ctx, q, &page, entry, entered[unit.ID(in.Unit)], who)
}

// entries shows what was entered for the unit, and the form for who may enter.
func (p *Reports) entries(ctx context.Context, q db.Queryer, page *evaluationPage, entry *entryIn, entered map[string]dossier.EvaluationEntry, who *names) error {
	for _, x := range page.Set.Indices {
		e, ok := entered[x.Code]
		if !ok {
			continue
		}
		name, err := who.of(ctx, e.Account)
		if err != nil {
			return err
		}
		value := i18n.Share(ctx, e.Ratio)
		if e.Choice != "" {
			value = i18n.T(ctx, "reports.evaluation.choice."+e.Choice)
		}
		page.Entered = append(page.Entered, enteredLine{Index: x.Name.In(ctx), Value: value, Source: e.Source, Who: name, At: i18n.ShortInstant(ctx, e.At)})
	}
	may, err := p.Desk.Guard.May(ctx, q, web.Actor(ctx), auth.ReportEnter, unit.ID(page.In.Unit))
	if err != nil || !may || page.By == dossier.ByOfficer || page.In.Period == customPeriod {
		return err
	}
	if page.Entry = entry; entry == nil {
		page.Entry = &entryIn{}
	}
	return nil
}

// cells writes the indices, each with the address of its dossiers.
func (r *evaluationRow) cells(ctx context.Context, in *reportQuery, total bool) {
	for _, l := range r.Lines {
		c := evaluationCell{Text: i18n.None}
		if l.Known {
			c.Text = oneDecimal(ctx, l.Value)
			if l.Ratio.Den > 0 {
				c.Title = i18n.Number(ctx, l.Ratio.Num) + " / " + i18n.Number(ctx, l.Ratio.Den)
			}
		}
		if l.Index.Per != evaluation.PerEntered && r.Dossiers > 0 {
			args := []string{"index", l.Index.Code}
			if !total {
				row := r.Key
				if row == "" {
					row = noSector
				}
				args = append(args, "row", row)
			}
			c.URL = in.url("/reports/evaluation/list", args...)
		}
		r.Cells = append(r.Cells, c)
	}
}

// oneDecimal writes points to one place, as the evaluation rounds them.
func oneDecimal(ctx context.Context, p points.Points) string {
	s := i18n.Decimal(ctx, p)
	return s[:len(s)-1]
}

// enterEvaluation stores what was entered, or shows the page again with what is
// wrong and what was typed.
func (p *Reports) enterEvaluation(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in := &entryIn{}
	err := web.Decode(r, in)
	from, to, ok := parsePeriod(in.Value("period"))
	if err == nil && !ok {
		return fault.New(fault.NotFound, "dossierlist.report.period_wrong")
	}
	if err == nil {
		set, _ := evaluation.On(p.Evaluation, to)
		err = p.Desk.EnterEvaluation(ctx, web.Actor(ctx), set, dossier.EvaluationEntry{Index: in.Index, Unit: unit.ID(in.Unit), From: from, To: to,
			Entered: evaluation.Entered{Choice: in.Choice, Ratio: points.Ratio{Num: in.Numerator, Den: in.Denominator}}, Source: cmp.Or(in.Publicity, in.Feedback)})
	}
	if err == nil {
		return web.SeeOther(w, r, link("/reports/evaluation", "unit", in.Unit, "period", in.Period), "reports.evaluation.saved")
	}
	if !in.Failed(err) || !ok {
		return err
	}
	for i, f := range in.Fault.Fields { // each index has a field of its own for the source
		if f.Name == "source" {
			in.Fault.Fields[i].Name = "source_" + in.Value("index")
		}
	}
	q := &reportQuery{sheet: sheetEvaluation, Unit: in.Value("unit"), Period: in.Value("period")}
	if err := q.settle(p.Desk.DB.Now().Date()); err != nil {
		return err
	}
	return p.showEvaluation(w, r, http.StatusUnprocessableEntity, q, in)
}

// heading states the finding.
func (p evaluationPage) heading(ctx context.Context) string {
	period := firstUpper(periodText(ctx, p.In.From, p.In.To))
	switch {
	case p.Total.Dossiers == 0:
		return i18n.T(ctx, "reports.evaluation.nothing", "Period", period)
	case !p.Total.Complete:
		return i18n.T(ctx, "reports.evaluation.partly", "Period", period, "Sum", oneDecimal(ctx, p.Total.Sum), "Max", p.most())
	}
	return i18n.T(ctx, "reports.evaluation.found", "Period", period, "Sum", oneDecimal(ctx, p.Total.Sum), "Max", p.most(), "Band", p.Total.Band.Name.In(ctx))
}

func (p evaluationPage) most() string { return strconv.FormatInt(int64(p.Total.Max)/points.Scale, 10) }

// law names where the indices come from: "Điều 29–31 61/2018/NĐ-CP".
func (p evaluationPage) law(ctx context.Context) string {
	var out []string
	for i := 0; i < len(p.Set.Refs); {
		first, last := p.Set.Refs[i], p.Set.Refs[i]
		for i++; i < len(p.Set.Refs) && p.Set.Refs[i].Doc == first.Doc && p.Set.Refs[i].Article == last.Article+1; i++ {
			last = p.Set.Refs[i]
		}
		if last == first {
			out = append(out, first.String())
		} else {
			out = append(out, i18n.T(ctx, "reports.evaluation.law", "First", first.Article, "Last", last.Article, "Doc", first.Doc))
		}
	}
	return joined(out...)
}

func (r evaluationRow) band(ctx context.Context) string {
	if !r.Complete {
		return i18n.T(ctx, "reports.evaluation.incomplete")
	}
	return r.Band.Name.In(ctx)
}

// shortColumns are the heads on the screen; papers and files have whole names.
func (p evaluationPage) shortColumns(ctx context.Context) []ui.Column {
	out := p.columns(ctx)
	for i, x := range p.Indices {
		out[i+2].Label = strconv.Itoa(x.No) + ". " + x.Short.In(ctx)
	}
	return out
}

func (p evaluationPage) columns(ctx context.Context) []ui.Column {
	key := "reports.by.officer"
	if p.By == dossier.ByUnit {
		key = "dossierlist.report.by.unit"
	}
	out := []ui.Column{{Label: i18n.T(ctx, key)}, {Label: i18n.T(ctx, "reports.evaluation.dossiers"), Numeric: true}}
	for _, x := range p.Indices {
		out = append(out, ui.Column{Label: strconv.Itoa(x.No) + ". " + x.Name.In(ctx), Numeric: true})
	}
	return append(out, ui.Column{Label: i18n.T(ctx, "reports.evaluation.sum"), Numeric: true}, ui.Column{Label: i18n.T(ctx, "reports.evaluation.band")})
}

func (p evaluationPage) all() []evaluationRow {
	return append(p.Rows[:len(p.Rows):len(p.Rows)], p.Total)
}

// form is whose faults the page tells: what was entered, or else the filters.
func (p evaluationPage) form() *web.Form {
	if p.Entry != nil && p.Entry.Wrong() {
		return &p.Entry.Form
	}
	return &p.In.Form
}

// wholePeriods are the periods without days of one's own: what is entered is said
// of a month, a quarter or a year.
func wholePeriods(ctx context.Context, today moment.Date, chosen string) []ui.Option {
	return slices.DeleteFunc(periodOptions(ctx, today, chosen), func(o ui.Option) bool { return o.Value == customPeriod })
}

func choiceOptions(ctx context.Context, x *evaluation.Index) []ui.Option {
	names := slices.SortedFunc(maps.Keys(x.Choices), func(a, b string) int { return cmp.Or(x.Choices[b]-x.Choices[a], cmp.Compare(a, b)) })
	out := []ui.Option{{Text: i18n.T(ctx, "reports.evaluation.choice.choose")}}
	for _, name := range names {
		out = append(out, ui.Option{Value: name, Text: i18n.T(ctx, "reports.evaluation.choice."+name)})
	}
	return out
}
