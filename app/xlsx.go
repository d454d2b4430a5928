package app

import (
	"io"

	"github.com/xuri/excelize/v2"

	"cchc/dossier"
)

// writeFormXLSX writes form II.06a, or 07a when the question asks for detail, as a
// workbook with the columns of the CSV.
func writeFormXLSX(w io.Writer, x dossier.Question, keys string, lines []dossier.Line) error {
	f := excelize.NewFile()
	defer f.Close()
	sheet := "II.06a"
	if x.Detail {
		sheet = "07a"
	}
	if err := f.SetSheetName("Sheet1", sheet); err != nil {
		return err
	}
	moved := false
	for _, l := range lines {
		moved = moved || l.MovedIn != 0 || l.MovedOut != 0
	}
	header := dossier.Header(moved)
	figures := func(l dossier.Line) []int64 { return l.Figures(moved) }
	if x.Detail {
		header, figures = dossier.Header07a(), dossier.Line.Figures07a
	}
	if keys != "" {
		header = append(header, keys)
	}
	row := make([]any, len(header))
	for i, h := range header {
		row[i] = h
	}
	if err := f.SetSheetRow(sheet, "A1", &row); err != nil {
		return err
	}
	for i, l := range lines {
		row := []any{dossier.PeriodName(x.From, x.To), x.From.String(), x.To.String()}
		for _, n := range figures(l) {
			row = append(row, n)
		}
		if keys != "" {
			row = append(row, l.Key)
		}
		at, err := excelize.CoordinatesToCellName(1, i+2)
		if err != nil {
			return err
		}
		if err := f.SetSheetRow(sheet, at, &row); err != nil {
			return err
		}
	}
	return f.Write(w)
}
