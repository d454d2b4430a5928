package app

import (
	"io"

	"github.com/xuri/excelize/v2"

	"cchc/base/moment"
	"cchc/dossier"
)

// writeII06aXLSX writes the form as a workbook with the columns of the CSV.
func writeII06aXLSX(w io.Writer, from, to moment.Date, keys string, lines []dossier.Line) error {
	f := excelize.NewFile()
	defer f.Close()
	const sheet = "II.06a"
	if err := f.SetSheetName("Sheet1", sheet); err != nil {
		return err
	}
	moved := false
	for _, l := range lines {
		moved = moved || l.MovedIn != 0 || l.MovedOut != 0
	}
	header := dossier.Header(moved)
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
		row := []any{dossier.PeriodName(from, to), from.String(), to.String()}
		for _, n := range l.Figures(moved) {
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
