package dossierweb

import (
	_ "embed"
	"net/http"

	"github.com/xuri/excelize/v2"

	"cchc/base/i18n"
	"cchc/dossier"
)

// printCSS makes the form fit a sheet across.
//
//go:embed report.css
var printCSS []byte

func printStyle(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", "public, max-age=3600")
	_, err := w.Write(printCSS)
	return err
}

// exported are the page's lines as files have them: keys that mean something
// outside, units by their agency code.
func (p reportPage) exported(codes map[string]string) []dossier.Line {
	out := []dossier.Line{{II06a: p.Total.II06a}}
	for _, l := range p.Lines {
		key := l.Key
		if code := codes[key]; code != "" {
			key = code
		}
		out = append(out, dossier.Line{Key: key, II06a: l.II06a})
	}
	return out
}

// codes returns the agency codes of the rows when they are units.
func (p *Reports) codes(r *http.Request, page reportPage) (map[string]string, error) {
	out := map[string]string{}
	if page.In.By != dossier.ByUnit {
		return out, nil
	}
	for _, l := range page.Lines {
		u, _, err := p.Desk.Units.Last(r.Context(), p.Desk.DB, unitID(l.Key))
		if err != nil {
			return nil, err
		}
		out[l.Key] = u.Code
	}
	return out, nil
}

func (p reportPage) fileName(ext string) string {
	return "ii06a-" + p.Unit.Code + "-" + dossier.PeriodName(p.In.From, p.In.To) + "." + ext
}

// csv sends the form as the command line prints it.
func (p *Reports) csv(w http.ResponseWriter, r *http.Request, page reportPage) error {
	codes, err := p.codes(r, page)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="`+page.fileName("csv")+`"`)
	h.Set("Cache-Control", "no-store")
	return dossier.WriteII06a(w, page.In.From, page.In.To, string(page.In.By), page.exported(codes))
}

// xlsx sends the form as a workbook: head, columns by name and number, rows.
func (p *Reports) xlsx(w http.ResponseWriter, r *http.Request, page reportPage) error {
	ctx := r.Context()
	f := excelize.NewFile()
	defer f.Close()
	const sheet = "II.06a"
	if err := f.SetSheetName("Sheet1", sheet); err != nil {
		return err
	}
	row := 0
	var failed error
	put := func(values ...any) {
		row++
		at, err := excelize.CoordinatesToCellName(1, row)
		if err == nil {
			err = f.SetSheetRow(sheet, at, &values)
		}
		if err != nil && failed == nil {
			failed = err
		}
	}
	put(page.Unit.Name)
	put(i18n.T(ctx, "dossierlist.report.paper"))
	put(firstUpper(periodText(ctx, page.In.From, page.In.To)))
	put(page.known(ctx))
	put()
	columns := columnsOf(page.Moved)
	heads, numbers := []any{i18n.T(ctx, "dossierlist.report.by."+byName(page.In.By))}, []any{""}
	for i, c := range columns {
		heads = append(heads, columnText(ctx, c))
		numbers = append(numbers, number(i, c))
	}
	for _, c := range moreColumns {
		heads = append(heads, columnText(ctx, c))
		numbers = append(numbers, "")
	}
	put(heads...)
	head := row
	put(numbers...)
	for i, l := range append([]reportLine{page.Total}, page.Lines...) {
		name := l.Name
		if i == 0 {
			name = i18n.T(ctx, "dossierlist.report.total")
		}
		values := []any{name}
		for _, c := range append(columns[:len(columns):len(columns)], moreColumns...) {
			values = append(values, figure(l.II06a, c))
		}
		put(values...)
	}
	if failed == nil {
		failed = dress(f, sheet, head, row, len(heads))
	}
	if failed != nil {
		return failed
	}
	h := w.Header()
	h.Set("Content-Type", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
	h.Set("Content-Disposition", `attachment; filename="`+page.fileName("xlsx")+`"`)
	h.Set("Cache-Control", "no-store")
	return f.Write(w)
}

// dress sets widths, bold heads and thousands, and prints the sheet across.
func dress(f *excelize.File, sheet string, head, last, width int) error {
	corner, err := excelize.CoordinatesToCellName(width, last)
	if err != nil {
		return err
	}
	end, err := excelize.ColumnNumberToName(width)
	if err != nil {
		return err
	}
	bold, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}, Alignment: &excelize.Alignment{WrapText: true, Vertical: "center", Horizontal: "center"}})
	if err != nil {
		return err
	}
	thousands, err := f.NewStyle(&excelize.Style{NumFmt: 3})
	if err != nil {
		return err
	}
	first, err := excelize.CoordinatesToCellName(1, head)
	if err != nil {
		return err
	}
	under, err := excelize.CoordinatesToCellName(width, head+1)
	if err != nil {
		return err
	}
	figures, err := excelize.CoordinatesToCellName(2, head+2)
	if err != nil {
		return err
	}
	across, fit := "landscape", 9
	for _, do := range []func() error{
		func() error { return f.SetCellStyle(sheet, first, under, bold) },
		func() error { return f.SetCellStyle(sheet, figures, corner, thousands) },
		func() error { return f.SetColWidth(sheet, "A", "A", 48) },
		func() error { return f.SetColWidth(sheet, "B", end, 12) },
		func() error {
			return f.SetPageLayout(sheet, &excelize.PageLayoutOptions{Orientation: &across, Size: &fit})
		},
		func() error {
			return f.SetPanes(sheet, &excelize.Panes{Freeze: true, XSplit: 1, YSplit: head + 1, TopLeftCell: figures, ActivePane: "bottomRight"})
		},
	} {
		if err := do(); err != nil {
			return err
		}
	}
	return nil
}
