package dossierweb

import (
	"net/http"

	"github.com/xuri/excelize/v2"

	"cchc/base/i18n"
)

// A workbook is one sheet being written from the top down. The first error stays.
type workbook struct {
	f      *excelize.File
	sheet  string
	row    int
	err    error
	bold   int
	digits int
	frame  int
}

func newWorkbook(sheet string) *workbook {
	b := &workbook{f: excelize.NewFile(), sheet: sheet}
	b.err = b.f.SetSheetName("Sheet1", sheet)
	border := []excelize.Border{{Type: "left", Style: 1, Color: "808080"}, {Type: "right", Style: 1, Color: "808080"},
		{Type: "top", Style: 1, Color: "808080"}, {Type: "bottom", Style: 1, Color: "808080"}}
	style := func(s *excelize.Style) (id int) {
		if b.err == nil {
			id, b.err = b.f.NewStyle(s)
		}
		return id
	}
	b.bold = style(&excelize.Style{Font: &excelize.Font{Bold: true}, Border: border,
		Alignment: &excelize.Alignment{WrapText: true, Vertical: "center", Horizontal: "center"}})
	b.digits = style(&excelize.Style{NumFmt: 3, Border: border})
	b.frame = style(&excelize.Style{Border: border, Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}})
	return b
}

// put writes the next row and returns its number.
func (b *workbook) put(values ...any) int {
	b.row++
	b.do(func() error { return b.f.SetSheetRow(b.sheet, b.at(1, b.row), &values) })
	return b.row
}

func (b *workbook) do(f func() error) {
	if b.err == nil {
		b.err = f()
	}
}

func (b *workbook) at(column, row int) string {
	name, err := excelize.CoordinatesToCellName(column, row)
	b.do(func() error { return err })
	return name
}

// merge joins cells, as the heads of official forms do.
func (b *workbook) merge(column, row, toColumn, toRow int) {
	if column != toColumn || row != toRow {
		b.do(func() error { return b.f.MergeCell(b.sheet, b.at(column, row), b.at(toColumn, toRow)) })
	}
}

func (b *workbook) style(column, row, toColumn, toRow, style int) {
	b.do(func() error { return b.f.SetCellStyle(b.sheet, b.at(column, row), b.at(toColumn, toRow), style) })
}

// across prints the sheet on A4 landscape, its head on every page, and keeps the
// head and the first names columns in sight.
func (b *workbook) across(names, head int, width float64) {
	across, a4, one, zero := "landscape", 9, 1, 0
	fit := true
	b.do(func() error {
		return b.f.SetPageLayout(b.sheet, &excelize.PageLayoutOptions{Orientation: &across, Size: &a4, FitToWidth: &one, FitToHeight: &zero})
	})
	b.do(func() error { return b.f.SetSheetProps(b.sheet, &excelize.SheetPropsOptions{FitToPage: &fit}) })
	b.do(func() error { return b.f.SetColWidth(b.sheet, "A", "XFD", 11) })
	b.do(func() error {
		last, err := excelize.ColumnNumberToName(names)
		if err != nil {
			return err
		}
		return b.f.SetColWidth(b.sheet, last, last, width)
	})
	b.do(func() error {
		return b.f.SetPanes(b.sheet, &excelize.Panes{Freeze: true, XSplit: names, YSplit: head, TopLeftCell: b.at(names+1, head+1), ActivePane: "bottomRight"})
	})
}

// send writes the workbook as a file to keep.
func (b *workbook) send(w http.ResponseWriter, name string) error {
	defer b.f.Close()
	if b.err != nil {
		return b.err
	}
	h := w.Header()
	h.Set("Content-Type", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	h.Set("Cache-Control", "no-store")
	return b.f.Write(w)
}

// xlsx sends the form as a workbook in the layout of the official one: head,
// groups over columns, the numbers of columns, rows, and the total.
func (p *Reports) xlsx(w http.ResponseWriter, r *http.Request, page reportPage) error {
	ctx := r.Context()
	b := newWorkbook(map[string]string{"ii06a": "II.06a", "07a": "07a"}[page.In.sheet.Key])
	b.put(page.Unit.Name)
	b.put(i18n.T(ctx, "reports.sheet."+page.In.sheet.Key+".long"))
	b.put(firstUpper(periodText(ctx, page.In.From, page.In.To)))
	b.put(page.known(ctx))
	for _, x := range page.broken(ctx) {
		b.put(x)
	}
	b.put()
	columns := columnsIn(page.Groups)
	heads, under, numbers := []any{i18n.T(ctx, "reports.paper.no"), byText(ctx, page.In.By)}, []any{"", ""}, []any{"(1)", "(2)"}
	for _, g := range page.Groups {
		for i, c := range g.Columns {
			head := ""
			if i == 0 {
				head = i18n.T(ctx, "dossierlist.paper."+g.Key)
			}
			heads = append(heads, head)
			under = append(under, i18n.T(ctx, "dossierlist.paper.head."+string(c)))
			numbers = append(numbers, number(c))
		}
	}
	for _, c := range page.In.sheet.More {
		heads, under, numbers = append(heads, columnText(ctx, c)), append(under, ""), append(numbers, "")
	}
	head := b.put(heads...)
	b.put(under...)
	b.put(numbers...)
	b.merge(1, head, 1, head+1)
	b.merge(2, head, 2, head+1)
	at := 3
	for _, g := range page.Groups {
		b.merge(at, head, at+len(g.Columns)-1, head)
		at += len(g.Columns)
	}
	for range page.In.sheet.More {
		b.merge(at, head, at, head+1)
		at++
	}
	line := func(no any, name string, l reportLine) {
		values := []any{no, name}
		for _, c := range append(columns[:len(columns):len(columns)], page.In.sheet.More...) {
			values = append(values, l.At(c))
		}
		b.put(values...)
	}
	for i, l := range page.Lines {
		line(i+1, l.Name, l)
	}
	line("", i18n.T(ctx, "dossierlist.report.total"), page.Total)
	b.style(1, head, len(heads), head+2, b.bold)
	b.style(1, head+3, len(heads), b.row, b.digits)
	b.across(2, head+2, 44)
	b.do(func() error { return b.f.SetColWidth(b.sheet, "A", "A", 6) })
	return b.send(w, page.fileName("xlsx"))
}
