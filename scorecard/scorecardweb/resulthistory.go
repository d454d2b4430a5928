package scorecardweb

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/points"
	"cchc/base/table"
	"cchc/base/web"
	"cchc/base/web/ui"
	"cchc/scorecard"
	"cchc/scorecard/ranking"
	"cchc/unit"
)

// A historyForm is published history as it is entered: what the publication says of
// itself, and either one unit's line in fields or a whole table.
type historyForm struct {
	web.Form
	Unit      string      `form:"unit"`
	Year      int         `form:"year"`
	Level     string      `form:"level"`
	Publisher string      `form:"publisher"`
	Title     string      `form:"title"`
	Number    string      `form:"number"`
	Decided   moment.Date `form:"decided"`
	Source    string      `form:"source"`
	Decimals  string      `form:"decimals"`
	Mean      string      `form:"mean"`
	Weighting string      `form:"weighting"`
	Stated    int         `form:"stated"`
	SetMax    string      `form:"set_max"`
	Bands     string      `form:"bands"`
	Sums      string      `form:"sums"`
	Facts     string      `form:"facts"`
	Rows      string      `form:"rows"`
	Amends    string      `form:"amends"`
	Reason    string      `form:"reason"`
	Do        string      `form:"do"`

	Name      string `form:"row_unit"`
	Score     string `form:"row_score"`
	Max       string `form:"row_max"`
	Index     string `form:"row_index"`
	Rank      string `form:"row_rank"`
	Band      string `form:"row_band"`
	Delta     string `form:"row_delta"`
	DeltaOf   string `form:"row_delta_of"`
	DeltaRank string `form:"row_delta_rank"`
	Note      string `form:"row_note"`

	Units   []ui.Option
	Levels  []ui.Option
	Preview *resultPage
	sent    bool     // a file came along
	Flaws   []string // of the table: line or cell, column, value
}

func (p *Pages) historyChoices(ctx context.Context, in *historyForm) error {
	var err error
	if in.Units, err = p.unitOptions(ctx, p.Desk.DB, auth.ResultPublish); err != nil {
		return err
	}
	if len(in.Units) == 0 {
		return fault.New(fault.Forbidden, "auth.forbidden")
	}
	levels, err := p.Desk.Units.Levels(ctx, p.Desk.DB)
	for _, l := range levels {
		if l.Kind == unit.Desk {
			continue
		}
		name := l.NameVI
		if i18n.Lang(ctx) == i18n.English && l.NameEN != "" {
			name = l.NameEN
		}
		in.Levels = append(in.Levels, ui.Option{Value: l.Code, Text: name})
	}
	return err
}

func (p *Pages) askHistory(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in := &historyForm{Amends: r.URL.Query().Get("amends")}
	if err := p.historyChoices(ctx, in); err != nil {
		return err
	}
	in.Set("unit", in.Units[0].Value)
	in.Set("level", unit.Commune)
	in.Set("decimals", "2")
	in.Set("year", strconv.Itoa(p.Desk.DB.Now().Date().Time().Year()-1))
	if in.Amends != "" {
		old, err := p.Desk.Publication(ctx, p.Desk.DB, web.Actor(ctx), in.Amends)
		if err != nil {
			return err
		}
		in.from(old)
	}
	return web.Render(w, r, http.StatusOK, historyView(in))
}

// from fills the form with a publication that is to be amended.
func (in *historyForm) from(p scorecard.Publication) {
	for name, value := range map[string]string{"unit": string(p.Unit), "year": strconv.Itoa(p.Year), "level": p.Level, "publisher": p.Publisher, "title": p.Title,
		"source": p.Source, "decimals": strconv.Itoa(p.Decimals), "mean": plainNumber(p.Mean), "weighting": string(p.Weighting), "amends": p.ID, "rows": tableOf(p.Rows)} {
		in.Set(name, value)
	}
	if p.Stated > 0 {
		in.Set("stated", strconv.Itoa(p.Stated))
	}
	if p.SetMax > 0 {
		in.Set("set_max", p.SetMax.String())
	}
	var bands bytes.Buffer
	if len(p.Bands) > 0 && ranking.WriteBands(&bands, p.Bands) == nil {
		in.Set("bands", bands.String())
	}
	var lines []string
	for _, s := range p.Sums {
		var parts []string
		for _, x := range s.Parts {
			parts = append(parts, x.String())
		}
		lines = append(lines, s.What+": "+strings.Join(parts, " + ")+" = "+s.Total.String())
	}
	in.Set("sums", strings.Join(lines, "\n"))
	lines = nil
	for _, f := range p.Facts {
		lines = append(lines, f.What+": "+f.Value)
	}
	in.Set("facts", strings.Join(lines, "\n"))
}

// tableOf writes rows as ReadResults reads them.
func tableOf(rows []scorecard.ResultRow) string {
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	header := []string{"unit", "block", "code", "score", "max", "index", "rank", "of", "band", "delta_points", "delta_percent", "delta", "delta_rank", "note"}
	var parts []scorecard.FieldResult
	for _, r := range rows {
		for _, f := range r.Fields {
			if !slices.ContainsFunc(parts, func(o scorecard.FieldResult) bool { return o.Name == f.Name && o.Max == f.Max }) {
				parts = append(parts, f)
				header = append(header, f.Name+"_max"+f.Max.String())
			}
		}
	}
	w.Write(header)
	number := func(n int) string {
		if n == 0 {
			return ""
		}
		return strconv.Itoa(n)
	}
	change := func(d ranking.Delta) string {
		if !d.OK {
			return ""
		}
		return d.Value.String()
	}
	for _, r := range rows {
		row := []string{r.Name, r.Block, r.Code, plainNumber(r.Score), plainNumber(r.Max), plainNumber(r.Index), number(r.Rank), number(r.Of), r.Band,
			change(r.Deltas.Points), change(r.Deltas.Percent), plainNumber(r.Unclear), change(r.Deltas.Rank), r.Note}
		for _, f := range parts {
			cell := ""
			for _, o := range r.Fields {
				if o.Name == f.Name && o.Max == f.Max {
					cell = o.Points.String()
				}
			}
			row = append(row, cell)
		}
		w.Write(row)
	}
	w.Flush()
	return out.String()
}

func (p *Pages) enterHistory(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in := &historyForm{}
	err := web.Decode(r, in)
	var v scorecard.Publication
	if err == nil {
		v, err = in.publication(ctx, r)
	}
	if err == nil && in.Do != "store" {
		// The copy is for ever: it is shown before it is stored, with what
		// contradicts itself.
		if err = p.Desk.CheckHistory(ctx, web.Actor(ctx), v); err == nil {
			in.Preview = &resultPage{resultEntry: resultEntry{Publication: v}}
			in.Preview.Doubts = v.Doubts(nil)
		}
	} else if err == nil {
		var id string
		if id, err = p.Desk.EnterHistory(ctx, web.Actor(ctx), v); err == nil {
			return web.SeeOther(w, r, resultURL(id), "results.history.done")
		}
	}
	status := http.StatusOK
	if err != nil {
		if !in.Failed(err) {
			return err
		}
		status = http.StatusUnprocessableEntity
	}
	if err := p.historyChoices(ctx, in); err != nil {
		return err
	}
	return web.Render(w, r, status, historyView(in))
}

// publication makes the publication that the form describes.
func (in *historyForm) publication(ctx context.Context, r *http.Request) (scorecard.Publication, error) {
	f := fault.New(fault.Invalid, "results.wrong")
	v := scorecard.Publication{Unit: unit.ID(in.Unit), Year: in.Year, Level: in.Level, Publisher: in.Publisher, Title: in.Title, Number: in.Number, Decided: in.Decided,
		Source: in.Source, Weighting: ranking.Weighting(in.Weighting), Stated: in.Stated, Supersedes: in.Amends, Reason: in.Reason, Decimals: 2}
	if in.Unit == "" {
		f.With("unit", "results.unit_missing")
	}
	if in.Decimals != "" {
		n, err := strconv.Atoi(in.Decimals)
		if err != nil {
			n = -1
		}
		v.Decimals = n
	}
	number := func(name, text string) *points.Points {
		if strings.TrimSpace(text) == "" {
			return nil
		}
		x, err := points.Parse(text)
		if err != nil || x < 0 {
			f.With(name, "results.csv.number")
			return nil
		}
		return &x
	}
	v.Mean = number("mean", in.Mean)
	if m := number("set_max", in.SetMax); m != nil {
		v.SetMax = *m
	}
	if v.Weighting != "" && !slices.Contains(ranking.Weightings, v.Weighting) {
		f.With("weighting", "results.weighting_wrong")
	}
	if strings.TrimSpace(in.Bands) != "" {
		bands, err := ranking.ReadBands(strings.NewReader(in.Bands))
		if x := fault.As(err); x != nil {
			f.With("bands", x.Key, x.Args...)
		} else if err != nil {
			return v, err
		}
		v.Bands = bands
	}
	v.Sums = sumsOf(in.Sums, f)
	for l := range strings.Lines(in.Facts) {
		if l = strings.TrimSpace(l); l == "" {
			continue
		}
		what, value, ok := strings.Cut(l, ":")
		if !ok {
			f.With("facts", "results.facts_wrong", "Line", l)
			continue
		}
		v.Facts = append(v.Facts, scorecard.Fact{What: strings.TrimSpace(what), Value: strings.TrimSpace(value)})
	}
	if err := in.rows(ctx, r, &v, f); err != nil {
		return v, err
	}
	return v, f.Or()
}

// A sum is written as "Số xã: 7 + 10 = 17".
var sumLine = regexp.MustCompile(`^(.+?):\s*([0-9.,+\s]+)=\s*([0-9.,]+)$`)

func sumsOf(text string, f *fault.Fault) []ranking.Sum {
	var out []ranking.Sum
	for l := range strings.Lines(text) {
		if l = strings.TrimSpace(l); l == "" {
			continue
		}
		m := sumLine.FindStringSubmatch(l)
		if m == nil {
			f.With("sums", "results.sums_wrong", "Line", l)
			continue
		}
		s := ranking.Sum{What: strings.TrimSpace(m[1])}
		total, err := points.Parse(m[3])
		s.Total = total
		for part := range strings.SplitSeq(m[2], "+") {
			x, err2 := points.Parse(part)
			err = errors.Join(err, err2)
			s.Parts = append(s.Parts, x)
		}
		if err != nil {
			f.With("sums", "results.sums_wrong", "Line", l)
			continue
		}
		out = append(out, s)
	}
	return out
}

// rows takes the rows out of the file that was sent, else the table that was typed,
// else the fields of one unit. A file goes into the form's table, so that what is
// wrong can be mended there.
func (in *historyForm) rows(ctx context.Context, r *http.Request, v *scorecard.Publication, f *fault.Fault) error {
	t, err := in.table(r)
	if err != nil {
		if x := fault.As(err); x != nil {
			f.With("rows", x.Key, x.Args...)
			return nil
		}
		return err
	}
	if t == nil {
		in.one(v, f)
		return nil
	}
	defer t.Close()
	rows, flaws, err := scorecard.ReadResults(t)
	if x := fault.As(err); x != nil {
		f.With("rows", x.Key, x.Args...)
		return nil
	} else if err != nil {
		return err
	}
	v.Rows = append(v.Rows, rows...)
	for _, x := range flaws {
		text := i18n.Fault(ctx, x.Fault)
		for _, y := range x.Fault.Fields {
			text += " " + i18n.Field(ctx, y)
		}
		in.Flaws = append(in.Flaws, text)
	}
	if len(flaws) > 0 {
		f.With("rows", "results.rows_flawed", "Count", len(flaws))
	} else if in.sent {
		in.Set("rows", tableOf(v.Rows))
	}
	return nil
}

func (in *historyForm) table(r *http.Request) (*table.Reader, error) {
	spec := table.Spec{Columns: slices.Clone(scorecard.ResultColumns)}
	up, head, err := r.FormFile("file")
	switch {
	case err == nil && head.Size > 0:
		in.sent = true
		t, err := table.Open(up, head.Size, spec)
		if err != nil {
			up.Close()
			return nil, err
		}
		t.AtEnd(func() { up.Close() })
		return t, nil
	case err != nil && !errors.Is(err, http.ErrMissingFile) && !errors.Is(err, http.ErrNotMultipart):
		return nil, err
	}
	if strings.TrimSpace(in.Rows) == "" {
		return nil, nil
	}
	return table.Open(strings.NewReader(in.Rows), int64(len(in.Rows)), spec)
}

// one makes the row of one unit of the form's fields, by the reader of tables: what
// is wrong is told of the same way.
func (in *historyForm) one(v *scorecard.Publication, f *fault.Fault) {
	if in.Name == "" {
		return
	}
	delta := map[string]string{"points": "delta_points", "percent": "delta_percent"}[in.DeltaOf]
	if delta == "" {
		delta = "delta"
	}
	var text bytes.Buffer
	w := csv.NewWriter(&text)
	header := []string{"unit", "score", "max", "index", "rank", "band", delta, "delta_rank", "note"}
	w.Write(header)
	w.Write([]string{in.Name, in.Score, in.Max, in.Index, in.Rank, in.Band, in.Delta, in.DeltaRank, in.Note})
	w.Flush()
	t, err := table.Open(bytes.NewReader(text.Bytes()), int64(text.Len()), table.Spec{Columns: slices.Clone(scorecard.ResultColumns)})
	if err != nil {
		f.With("row_unit", "results.csv.empty")
		return
	}
	defer t.Close()
	rows, flaws, err := scorecard.ReadResults(t)
	if err != nil {
		f.With("row_unit", "results.csv.empty")
		return
	}
	for _, x := range flaws {
		for _, y := range x.Fault.Fields {
			name := "row_" + y.Name
			if strings.HasPrefix(y.Name, "delta") && y.Name != "delta_rank" {
				name = "row_delta"
			}
			f.With(name, y.Key, y.Args...)
		}
	}
	v.Rows = append(v.Rows, rows...)
}

// A remedialForm is the draft of a plan with its rows.
type remedialForm struct {
	web.Form
	Version int      `form:"version"`
	Leaf    []string `form:"leaf,raw"`
	Name    []string `form:"name,raw"`
	Lost    []string `form:"lost,raw"`
	Action  []string `form:"action"`
	Owner   []string `form:"owner"`
	Due     []string `form:"due"`

	Draft scorecard.Remedial
	Unit  string
	Of    scorecard.Publication
	May   bool
}

func (p *Pages) remedialPage(r *http.Request, in *remedialForm) error {
	ctx := r.Context()
	return p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) (err error) {
		a := web.Actor(ctx)
		if in.Draft, err = p.Desk.Remedial(ctx, q, a, r.PathValue("id")); err != nil {
			return err
		}
		if in.Of, err = p.Desk.Publication(ctx, q, a, in.Draft.Publication); err != nil {
			return err
		}
		if in.Unit, err = p.unitName(ctx, q, in.Draft.Unit); err != nil {
			return err
		}
		in.May, err = p.Desk.MayRemedy(ctx, q, a, in.Draft.Unit)
		return err
	})
}

func (p *Pages) remedial(w http.ResponseWriter, r *http.Request) error {
	in := &remedialForm{}
	if err := p.remedialPage(r, in); err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, remedialView(in))
}

func (p *Pages) changeRemedial(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in := &remedialForm{}
	if err := p.remedialPage(r, in); err != nil {
		return err
	}
	if !in.May {
		return fault.New(fault.Forbidden, "auth.forbidden")
	}
	err := web.Decode(r, in)
	var rows []scorecard.RemedialRow
	if err == nil {
		rows, err = in.read()
	}
	if err == nil {
		id := r.PathValue("id")
		if err = p.Desk.ChangeRemedial(ctx, web.Actor(ctx), id, in.Version, rows); err == nil {
			return web.SeeOther(w, r, remedialPath+"/"+id, "results.remedial.saved")
		}
	}
	if !in.Failed(err) {
		return err
	}
	status := http.StatusUnprocessableEntity
	if fault.Is(err, fault.Conflict) {
		status = http.StatusConflict
	}
	if err := p.remedialPage(r, in); err != nil {
		return err
	}
	if rows != nil { // what was typed stays
		in.Draft.Rows = rows
	}
	return web.Render(w, r, status, remedialView(in))
}

// read takes the rows out of the form.
func (in *remedialForm) read() ([]scorecard.RemedialRow, error) {
	f := fault.New(fault.Invalid, "results.wrong")
	at := func(list []string, i int) string {
		if i < len(list) {
			return list[i]
		}
		return ""
	}
	rows := []scorecard.RemedialRow{}
	for i := range in.Action {
		x := scorecard.RemedialRow{Leaf: at(in.Leaf, i), Name: at(in.Name, i), Action: in.Action[i], Owner: at(in.Owner, i)}
		if lost, err := points.Parse(at(in.Lost, i)); err == nil {
			x.Lost = lost
		}
		if text := at(in.Due, i); text != "" {
			if err := x.Due.UnmarshalText([]byte(text)); err != nil {
				f.With("due-"+strconv.Itoa(i+1), "web.form.date", "Value", table.Shown(text))
			}
		}
		rows = append(rows, x)
	}
	return rows, f.Or()
}

func (p *Pages) remedialXLSX(w http.ResponseWriter, r *http.Request) error {
	in := &remedialForm{}
	if err := p.remedialPage(r, in); err != nil {
		return err
	}
	body, err := remedialWorkbook(in)
	if err != nil {
		return err
	}
	return sendFile(w, "remedial-"+strconv.Itoa(in.Of.Year)+".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", body)
}
