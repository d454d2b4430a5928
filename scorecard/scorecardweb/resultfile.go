package scorecardweb

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/xuri/excelize/v2"

	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/points"
	"cchc/scorecard"
	"cchc/scorecard/ranking"
)

func resultLink(path string, values ...string) string {
	q := url.Values{}
	for i := 0; i+1 < len(values); i += 2 {
		if values[i+1] != "" {
			q.Set(values[i], values[i+1])
		}
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

// resultFile sends a publication as a file. What everybody may read is a frozen
// copy: caches may keep it.
func (p *Pages) resultFile(kind string, public bool) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		var x *resultPage
		var err error
		if public {
			x, err = p.publicPage(r)
		} else {
			x, err = p.resultPage(r)
		}
		if err != nil {
			return err
		}
		name := "par-index-" + strconv.Itoa(x.Year)
		var body []byte
		kinds := map[string]string{"csv": "text/csv; charset=utf-8", "json": "application/json", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
		switch kind {
		case "csv":
			body, err = resultCSV(x)
		case "json":
			body, err = resultJSON(x)
		case "xlsx":
			body, err = resultXLSX(x)
		}
		if err != nil {
			return fmt.Errorf("write %s.%s: %w", name, kind, err)
		}
		h := w.Header()
		h.Set("Content-Type", kinds[kind])
		h.Set("Content-Disposition", `attachment; filename="`+name+`.`+kind+`"`)
		h.Set("Cache-Control", "no-store")
		if public {
			h.Set("Cache-Control", "public, max-age=3600")
			h.Set("Access-Control-Allow-Origin", "*") // open data
		}
		_, err = w.Write(body)
		return err
	}
}

// resultCSV writes what cchc rank reads and writes, with all else that was
// published; other columns pass through it.
func resultCSV(x *resultPage) ([]byte, error) {
	var out bytes.Buffer
	about := fmt.Sprintf("%s, %s, %s", x.Title, x.Publisher, x.Number)
	if x.Source != "" {
		about += ", " + x.Source
	}
	out.WriteString("\ufeff# " + oneLine(about) + "\n")
	header := []string{"block", "unit", "score", "max", "percent", "rank", "shared", "of", "band", "band_by_hand", "missing", "delta_points", "delta_points_note",
		"delta_percent", "delta_percent_note", "delta_rank", "delta_rank_note", "delta_share", "delta_share_note", "note"}
	fields := heatOf(&resultPage{resultEntry: x.resultEntry}).Fields
	for _, f := range fields {
		header = append(header, oneOf(f.Code, f.Name))
	}
	rows := [][]string{header}
	for _, r := range x.Rows {
		row := []string{r.Block, r.Name, plainNumber(r.Score), plainNumber(r.Max), "", "", strconv.FormatBool(r.Shared), "", r.Band, "", strconv.FormatBool(r.Missing)}
		if v, ok := r.Percent(x.Decimals); ok && !r.Missing {
			row[4] = ranking.Print(v, x.Decimals)
		}
		if r.Rank > 0 {
			row[5] = strconv.Itoa(r.Rank)
		}
		if r.Of > 0 {
			row[7] = strconv.Itoa(r.Of)
		}
		if r.ByHand {
			row[9] = r.Band
		}
		for i, d := range []ranking.Delta{r.Deltas.Points, r.Deltas.Percent, r.Deltas.Rank, r.Deltas.Share} {
			v := ""
			if d.OK && i == 2 {
				v = strconv.FormatInt(int64(d.Value)/points.Scale, 10)
			} else if d.OK {
				v = d.Value.String()
			}
			row = append(row, v, string(d.Why))
		}
		row = append(row, r.Note)
		for _, f := range fields {
			cell := ""
			if o, ok := reached(r, f); ok {
				cell = o.Points.String()
			}
			row = append(row, cell)
		}
		rows = append(rows, row)
	}
	for _, row := range rows {
		for i, cell := range row {
			row[i] = harmless(cell)
		}
	}
	err := csv.NewWriter(&out).WriteAll(rows)
	return out.Bytes(), err
}

func oneOf(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}

func oneLine(s string) string { return string(bytes.Join(bytes.Fields([]byte(s)), []byte(" "))) }

// harmless keeps spreadsheets from taking a text for a formula. A number with a
// sign is none.
func harmless(s string) string {
	if s == "" {
		return s
	}
	switch s[0] {
	case '=', '@', '\t', '\r':
		return "'" + s
	case '+', '-':
		if _, err := strconv.ParseFloat(s, 64); err != nil {
			return "'" + s
		}
	}
	return s
}

// An openResult is a publication as open data.
type openResult struct {
	ID        string           `json:"id"`
	Title     string           `json:"title"`
	Publisher string           `json:"publisher"`
	Year      int              `json:"year,omitempty"`
	Level     string           `json:"level"`
	Decision  string           `json:"decision,omitempty"`
	Decided   string           `json:"decided,omitempty"`
	Source    string           `json:"source,omitempty"`
	Amends    string           `json:"amends,omitempty" doc:"Id of the publication that this one amends; that one stays as it was."`
	AmendedBy string           `json:"amended_by,omitempty"`
	Reason    string           `json:"reason,omitempty"`
	Set       string           `json:"criteria_set,omitempty"`
	Ties      string           `json:"ties,omitempty"`
	Decimals  int              `json:"decimals"`
	Bands     []openBand       `json:"bands,omitempty"`
	Mean      string           `json:"mean,omitempty"`
	Sets      []openSet        `json:"sets,omitempty" doc:"Of groups that were scored by sets of their own."`
	Weighting string           `json:"mean_weighting,omitempty"`
	Doubts    []string         `json:"contradictions,omitempty" doc:"What contradicts itself in the published figures, which are kept as published."`
	Facts     []scorecard.Fact `json:"facts,omitempty"`
	Units     []openRow        `json:"units"`
}

type openBand struct {
	Label string `json:"label"`
	Min   string `json:"min"`
	Above bool   `json:"above,omitempty" doc:"Above min; otherwise from min on."`
}

type openSet struct {
	Block string     `json:"block"`
	Set   string     `json:"set"`
	Max   string     `json:"max"`
	Bands []openBand `json:"bands,omitempty"`
}

type openDelta struct {
	Value string `json:"value,omitempty"`
	Note  string `json:"note,omitempty" doc:"Why there is none, or a note to it."`
}

type openField struct {
	Code   string `json:"code,omitempty"`
	Name   string `json:"name"`
	Points string `json:"points"`
	Max    string `json:"max"`
}

type openRow struct {
	Unit    string      `json:"unit,omitempty"`
	Name    string      `json:"name"`
	Block   string      `json:"block,omitempty"`
	Score   string      `json:"score,omitempty"`
	Max     string      `json:"max,omitempty"`
	Percent string      `json:"percent,omitempty"`
	Rank    int         `json:"rank,omitempty"`
	Shared  bool        `json:"shared,omitempty"`
	Of      int         `json:"of,omitempty"`
	Band    string      `json:"band,omitempty"`
	ByHand  bool        `json:"band_by_hand,omitempty"`
	Missing bool        `json:"missing,omitempty" doc:"Without a sheet: that is not zero."`
	Note    string      `json:"note,omitempty"`
	Points  openDelta   `json:"delta_points"`
	Index   openDelta   `json:"delta_percent"`
	Places  openDelta   `json:"delta_rank"`
	Share   openDelta   `json:"delta_share"`
	Fields  []openField `json:"fields,omitempty"`
	Lost    []openField `json:"lost,omitempty" doc:"Component criteria that lost points, the most first."`
}

func openOf(x *resultPage) openResult {
	o := openResult{ID: x.ID, Title: x.Title, Publisher: x.Publisher, Year: x.Year, Level: x.Level, Decision: x.Number, Source: x.Source, Amends: x.Supersedes, Reason: x.Reason,
		Set: x.SetTitle, Ties: string(x.Ties), Decimals: x.Decimals, Mean: plainNumber(x.Mean), Weighting: string(x.Weighting), Facts: x.Facts, Units: []openRow{}}
	if x.Decided != 0 {
		o.Decided = x.Decided.String()
	}
	if x.Later != nil {
		o.AmendedBy = x.Later.ID
	}
	for _, b := range x.Bands {
		o.Bands = append(o.Bands, openBand{b.Label, b.Min.String(), b.Strict})
	}
	for _, s := range x.Sets {
		g := openSet{Block: s.Block, Set: s.Title, Max: s.Max.String()}
		for _, b := range s.Bands {
			g.Bands = append(g.Bands, openBand{b.Label, b.Min.String(), b.Strict})
		}
		o.Sets = append(o.Sets, g)
	}
	english := i18n.With(nowhere, i18n.English)
	for _, d := range x.Doubts {
		o.Doubts = append(o.Doubts, doubtText(english, d))
	}
	delta := func(d ranking.Delta, places bool) openDelta {
		out := openDelta{Note: string(d.Why)}
		if d.OK && places {
			out.Value = strconv.FormatInt(int64(d.Value)/points.Scale, 10)
		} else if d.OK {
			out.Value = d.Value.String()
		}
		return out
	}
	for _, r := range x.Rows {
		row := openRow{Unit: string(r.Unit), Name: r.Name, Block: r.Block, Score: plainNumber(r.Score), Max: plainNumber(r.Max), Rank: r.Rank, Shared: r.Shared, Of: r.Of,
			Band: r.Band, ByHand: r.ByHand, Missing: r.Missing, Note: r.Note, Points: delta(r.Deltas.Points, false), Index: delta(r.Deltas.Percent, false),
			Places: delta(r.Deltas.Rank, true), Share: delta(r.Deltas.Share, false)}
		if v, ok := r.Percent(x.Decimals); ok && !r.Missing {
			row.Percent = ranking.Print(v, x.Decimals)
		}
		for _, f := range r.Fields {
			row.Fields = append(row.Fields, openField{f.Code, f.Name, f.Points.String(), f.Max.String()})
		}
		for _, l := range r.LostLeaves() {
			row.Lost = append(row.Lost, openField{l.Code, l.Name, l.Points.String(), l.Max.String()})
		}
		o.Units = append(o.Units, row)
	}
	return o
}

func resultJSON(x *resultPage) ([]byte, error) {
	b, err := json.MarshalIndent(openOf(x), "", "  ")
	return append(b, '\n'), err
}

// annexHead are the lines above the table of an annex, as decisions print them.
func annexHead(x *resultPage) (title, of string) {
	vi := i18n.With(nowhere, i18n.Vietnamese)
	title = i18n.T(vi, "results.annex.title", "Year", yearText(x.Year))
	switch {
	case x.History():
		of = i18n.T(vi, "results.annex.source", "Publisher", x.Publisher, "Source", x.Source)
	case x.Approved == 0:
		of = i18n.T(vi, "results.annex.proposal")
	default:
		of = i18n.T(vi, "results.annex.decision", "Number", x.Number, "Day", decidedText(x.Decided), "Publisher", x.Publisher)
	}
	return title, of
}

func decidedText(d moment.Date) string {
	if d == 0 {
		return "…/…/…"
	}
	return d.VN()
}

// resultXLSX writes the annex of a decision: the ranking, and a sheet of the
// fields.
func resultXLSX(x *resultPage) ([]byte, error) {
	ctx := i18n.With(nowhere, i18n.Vietnamese)
	f := excelize.NewFile()
	defer f.Close()
	sheet := i18n.T(ctx, "results.annex.sheet")
	if err := f.SetSheetName("Sheet1", sheet); err != nil {
		return nil, err
	}
	title, of := annexHead(x)
	header := []any{"TT", i18n.T(ctx, "results.unit"), i18n.T(ctx, "results.annex.score"), i18n.T(ctx, "results.annex.max"), i18n.T(ctx, "results.annex.index"),
		i18n.T(ctx, "results.annex.rank"), i18n.T(ctx, "results.band"), i18n.T(ctx, "results.d_points"), i18n.T(ctx, "results.d_percent"), i18n.T(ctx, "results.d_rank"), i18n.T(ctx, "results.annex.note")}
	var rows [][]any
	n := 0
	for _, b := range x.Blocks() {
		if len(x.Blocks()) > 1 {
			rows = append(rows, []any{nil, b})
		}
		for _, r := range x.Rows {
			if r.Block != b {
				continue
			}
			n++
			row := []any{n, r.Name, cell(r.Score), cell(r.Max), nil, nil, r.Band, changed(r.Deltas.Points), changed(r.Deltas.Percent), changed(r.Deltas.Rank), noteOf(ctx, r)}
			if v, ok := r.Percent(x.Decimals); ok && !r.Missing {
				row[4] = asNumber(v)
			}
			if r.Rank > 0 {
				row[5] = r.Rank
			}
			for i, v := range row {
				if v == nil {
					row[i] = i18n.None
				}
			}
			rows = append(rows, row)
		}
	}
	if err := annexSheet(f, sheet, []string{i18n.T(ctx, "results.annex"), title, of}, header, rows); err != nil {
		return nil, err
	}
	if h := heatOf(&resultPage{resultEntry: x.resultEntry}); len(h.Fields) > 0 {
		second := i18n.T(ctx, "results.annex.fields")
		if _, err := f.NewSheet(second); err != nil {
			return nil, err
		}
		head := []any{"TT", i18n.T(ctx, "results.unit")}
		for _, x := range h.Fields {
			head = append(head, x.Name+" ("+x.Max.VN()+")")
		}
		var rows [][]any
		for i, r := range h.Rows {
			row := []any{i + 1, r.Row.Name}
			for _, x := range h.Fields {
				if o, ok := reached(r.Row, x); ok {
					row = append(row, asNumber(o.Points))
				} else {
					row = append(row, i18n.None)
				}
			}
			rows = append(rows, row)
		}
		if err := annexSheet(f, second, []string{i18n.T(ctx, "results.annex.fields_title", "Year", strconv.Itoa(x.Year)), of}, head, rows); err != nil {
			return nil, err
		}
	}
	var out bytes.Buffer
	err := f.Write(&out)
	return out.Bytes(), err
}

// asNumber gives a spreadsheet its number; what is exact stays in the publication.
func asNumber(p points.Points) float64 { return float64(p) / points.Scale }

func cell(p *points.Points) any {
	if p == nil {
		return nil
	}
	return asNumber(*p)
}

func changed(d ranking.Delta) any {
	if !d.OK {
		return nil
	}
	return asNumber(d.Value)
}

// annexSheet writes a table under its head lines, framed, on A4 lying.
func annexSheet(f *excelize.File, sheet string, head []string, header []any, rows [][]any) error {
	var errs []error
	do := func(err error) { errs = append(errs, err) }
	at := func(column, row int) string {
		name, err := excelize.CoordinatesToCellName(column, row)
		do(err)
		return name
	}
	border := []excelize.Border{{Type: "left", Style: 1, Color: "000000"}, {Type: "right", Style: 1, Color: "000000"}, {Type: "top", Style: 1, Color: "000000"}, {Type: "bottom", Style: 1, Color: "000000"}}
	font := func(bold, italic bool) *excelize.Font {
		return &excelize.Font{Family: "Times New Roman", Size: 12, Bold: bold, Italic: italic}
	}
	style := func(s *excelize.Style) int { id, err := f.NewStyle(s); do(err); return id }
	middle := &excelize.Alignment{Horizontal: "center", Vertical: "center", WrapText: true}
	top, last := style(&excelize.Style{Font: font(true, false), Alignment: middle}), style(&excelize.Style{Font: font(false, true), Alignment: middle})
	headed, body := style(&excelize.Style{Font: font(true, false), Alignment: middle, Border: border}), style(&excelize.Style{Font: font(false, false), Border: border, Alignment: &excelize.Alignment{Vertical: "center", WrapText: true}})
	row := 0
	for i, text := range head {
		row++
		do(f.SetCellStr(sheet, at(1, row), text))
		do(f.MergeCell(sheet, at(1, row), at(len(header), row)))
		s := top
		if i == len(head)-1 {
			s = last
		}
		do(f.SetCellStyle(sheet, at(1, row), at(len(header), row), s))
	}
	row += 2
	do(f.SetSheetRow(sheet, at(1, row), &header))
	do(f.SetCellStyle(sheet, at(1, row), at(len(header), row), headed))
	first := row
	for _, r := range rows {
		row++
		do(f.SetSheetRow(sheet, at(1, row), &r))
	}
	if row > first {
		do(f.SetCellStyle(sheet, at(1, first+1), at(len(header), row), body))
	}
	do(f.SetColWidth(sheet, "A", "A", 6))
	do(f.SetColWidth(sheet, "B", "B", 32))
	do(f.SetColWidth(sheet, "C", "Z", 13))
	lying, a4, one, zero, fit := "landscape", 9, 1, 0, true
	do(f.SetPageLayout(sheet, &excelize.PageLayoutOptions{Orientation: &lying, Size: &a4, FitToWidth: &one, FitToHeight: &zero}))
	do(f.SetSheetProps(sheet, &excelize.SheetPropsOptions{FitToPage: &fit}))
	if i := slices.IndexFunc(errs, func(err error) bool { return err != nil }); i >= 0 {
		return errs[i]
	}
	return nil
}
