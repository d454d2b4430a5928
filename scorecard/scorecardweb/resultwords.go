package scorecardweb

import (
	"bytes"
	"context"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/points"
	"cchc/scorecard"
	"cchc/scorecard/ranking"
)

// fixed writes a number with exactly the publication's places.
func fixed(ctx context.Context, p points.Points, decimals int) string {
	s := ranking.Print(p, decimals)
	if i18n.Lang(ctx) != i18n.English {
		s = strings.Replace(s, ".", ",", 1)
	}
	return strings.Replace(s, "-", "−", 1)
}

func percentText(ctx context.Context, p points.Points, decimals int) string {
	if i18n.Lang(ctx) == i18n.English {
		return fixed(ctx, p, decimals) + "%"
	}
	return fixed(ctx, p, decimals) + " %"
}

// indexText writes a row's index: "–" where there is none.
func indexText(ctx context.Context, p scorecard.Publication, r scorecard.ResultRow) string {
	v, ok := r.Percent(p.Decimals)
	if !ok || r.Missing {
		return i18n.None
	}
	return percentText(ctx, v, p.Decimals)
}

// scoreText writes the points with their maximum: "86,33 / 98,00".
func scoreText(ctx context.Context, r scorecard.ResultRow) string {
	switch {
	case r.Score == nil:
		return i18n.None
	case r.Max == nil:
		return i18n.Decimal(ctx, *r.Score)
	}
	return i18n.Decimal(ctx, *r.Score) + " / " + i18n.Decimal(ctx, *r.Max)
}

// rankText writes a rank as leaders' tables do: "3", "=3" when it is shared, "–".
func rankText(r scorecard.ResultRow) string {
	switch {
	case r.Rank == 0:
		return i18n.None
	case r.Shared:
		return "=" + strconv.Itoa(r.Rank)
	}
	return strconv.Itoa(r.Rank)
}

func rankOf(ctx context.Context, r scorecard.ResultRow) string {
	if r.Rank == 0 || r.Of == 0 {
		return rankText(r)
	}
	return i18n.T(ctx, "results.rank_of", "Rank", rankText(r), "Of", r.Of)
}

// deltaText writes a change, "–" where there is none; whyText says why.
func deltaText(ctx context.Context, d ranking.Delta, places bool) string {
	switch {
	case !d.OK:
		return i18n.None
	case !places:
		return i18n.Delta(ctx, d.Value)
	}
	n := int64(d.Value) / points.Scale
	switch {
	case n > 0:
		return "▲ " + strconv.FormatInt(n, 10)
	case n < 0:
		return "▼ " + strconv.FormatInt(-n, 10)
	}
	return "="
}

func whyText(ctx context.Context, d ranking.Delta) string {
	switch {
	case d.Why == ranking.WhyNot:
		return ""
	case d.OK:
		return i18n.T(ctx, "results.note."+string(d.Why))
	}
	return i18n.T(ctx, "results.why."+string(d.Why))
}

// shortWhy is what a cell of a table has room for; what was not published says so
// by its "–".
func shortWhy(ctx context.Context, d ranking.Delta) string {
	if d.Why == ranking.WhyNot || d.Why == ranking.WhyUnknown || d.OK {
		return ""
	}
	return i18n.T(ctx, "results.short."+string(d.Why))
}

func doubtText(ctx context.Context, d ranking.Doubt) string {
	s := i18n.T(ctx, "results.doubt."+d.Kind, d.Args...)
	if d.Unit != "" {
		return d.Unit + ": " + s
	}
	return s
}

// mostLost names where a unit lost the most: the reason that a table has room for.
func mostLost(ctx context.Context, r scorecard.ResultRow) string {
	var out []string
	for i, l := range r.LostLeaves() {
		if i == 3 {
			break
		}
		out = append(out, l.Code+" (−"+i18n.Decimal(ctx, l.Lost())+")")
	}
	if len(out) == 0 {
		return ""
	}
	return strings.Join(out, ", ")
}

// bandsText says the bands in one line, the highest first.
func bandsText(ctx context.Context, bands []ranking.Band) string {
	var out []string
	for _, b := range bands {
		key := "results.band_from"
		if b.Strict {
			key = "results.band_above"
		}
		out = append(out, i18n.T(ctx, key, "Label", b.Label, "Min", b.Min))
	}
	return strings.Join(out, "; ")
}

// inLang picks a text in the page's language; Vietnamese where there is no other.
func inLang(ctx context.Context, texts map[string]string) string {
	if s := texts[i18n.Lang(ctx)]; s != "" {
		return s
	}
	return texts[i18n.Vietnamese]
}

// plainNumber writes a number for a file or a chart.
func plainNumber(p *points.Points) string {
	if p == nil {
		return ""
	}
	return p.String()
}

// A heatMap is units × fields, each cell the share of the field's maximum.
type heatMap struct {
	Fields []scorecard.FieldResult // code, name
	Rows   []heatRow
}

type heatRow struct {
	Row   scorecard.ResultRow
	Cells []heatCell
}

type heatCell struct {
	Known bool
	Share points.Points // in percent
	Level int           // 1 the weakest, 5 full
	Score string
}

// heatOf lays the rows' fields out; a field that a row lacks stays empty.
func heatOf(x *resultPage) heatMap {
	var h heatMap
	at := map[string]int{}
	for _, r := range x.shown() {
		for _, f := range r.Fields {
			if _, ok := at[f.Code+f.Name]; !ok {
				at[f.Code+f.Name] = len(h.Fields)
				h.Fields = append(h.Fields, f)
			}
		}
	}
	for _, r := range x.shown() {
		if len(r.Fields) == 0 {
			continue
		}
		row := heatRow{Row: r, Cells: make([]heatCell, len(h.Fields))}
		for _, f := range r.Fields {
			if f.Max <= 0 {
				continue
			}
			c := heatCell{Known: true, Share: ranking.Percent(points.Ratio{Num: int64(f.Points), Den: int64(f.Max)}, 0), Score: f.Points.String() + " / " + f.Max.String()}
			switch s := int64(c.Share) / points.Scale; {
			case s >= 95:
				c.Level = 5
			case s >= 85:
				c.Level = 4
			case s >= 70:
				c.Level = 3
			case s >= 50:
				c.Level = 2
			default:
				c.Level = 1
			}
			row.Cells[at[f.Code+f.Name]] = c
		}
		h.Rows = append(h.Rows, row)
	}
	return h
}

// nowhere is for texts whose language the caller chooses: papers and open data.
var nowhere = context.Background()

// noteOf is what an annex prints beside a row: why it is missing, or has no change.
func noteOf(ctx context.Context, r scorecard.ResultRow) string {
	var out []string
	if r.Note != "" {
		out = append(out, r.Note)
	} else if r.Missing {
		out = append(out, i18n.T(ctx, "results.missing"))
	}
	if r.ByHand {
		out = append(out, i18n.T(ctx, "results.by_hand"))
	}
	if r.Deltas.Percent.Why == ranking.WhyFormed {
		out = append(out, i18n.T(ctx, "results.why.formed"))
	}
	return strings.Join(out, "; ")
}

func dueText(ctx context.Context, d moment.Date) string {
	if d == 0 {
		return i18n.None
	}
	return i18n.Date(ctx, d)
}

// due is what stands in the field of a row's day: as it was typed, where it could
// not be read.
func (in *remedialForm) due(ctx context.Context, i int) string {
	if i < len(in.Draft.Rows) && in.Draft.Rows[i].Due != 0 {
		return i18n.Date(ctx, in.Draft.Rows[i].Due)
	}
	if in.Wrong() && i < len(in.Due) {
		return in.Due[i]
	}
	return ""
}

// remedialWorkbook writes the draft as a plan's annex.
func remedialWorkbook(in *remedialForm) ([]byte, error) {
	ctx := i18n.With(nowhere, i18n.Vietnamese)
	f := excelize.NewFile()
	defer f.Close()
	sheet := i18n.T(ctx, "results.remedial.sheet")
	if err := f.SetSheetName("Sheet1", sheet); err != nil {
		return nil, err
	}
	header := []any{"TT", i18n.T(ctx, "results.leaf"), i18n.T(ctx, "results.lost.points"), i18n.T(ctx, "results.remedial.action"), i18n.T(ctx, "results.remedial.owner"), i18n.T(ctx, "results.remedial.due")}
	var rows [][]any
	for i, x := range in.Draft.Rows {
		rows = append(rows, []any{i + 1, x.Leaf + " " + x.Name, asNumber(x.Lost), x.Action, x.Owner, dueText(ctx, x.Due)})
	}
	if err := annexSheet(f, sheet, []string{i18n.T(ctx, "results.remedial.title", "Unit", in.Unit), in.Of.Title}, header, rows); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err := f.Write(&out)
	return out.Bytes(), err
}

// yearText writes a year; a document may name none.
func yearText(year int) string {
	if year == 0 {
		return i18n.None
	}
	return strconv.Itoa(year)
}
