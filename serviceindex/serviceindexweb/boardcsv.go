package serviceindexweb

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"net/http"
	"strconv"

	"cchc/base/i18n"
)

// csv writes the whole ranking as a file: numbers with a decimal point, and what
// they are of in lines that begin with #.
func (b *board) csv(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	header := []string{"level", "rank", "shared", "of", "unit_code", "unit", "points", "not_scored", "delta_rank", "delta_points", "note"}
	for _, g := range b.Report.Set.Groups {
		header = append(header, g.Code)
	}
	rows := [][]string{append(header, "overdue_now")}
	for _, t := range b.Tables {
		for _, s := range t.Rows {
			row := []string{t.Level.Code, "", "", strconv.Itoa(s.Of), s.Unit.Code, s.Unit.Name, "", "", "", "", why(ctx, s.Delta)}
			if s.Rank > 0 {
				row[1], row[2] = strconv.Itoa(s.Rank), strconv.FormatBool(s.Shared)
				row[6], row[7] = s.Score.Points.String(), s.Score.Unscored.String()
			}
			if s.Delta.HasRank {
				row[8] = strconv.Itoa(s.Delta.Rank)
			}
			if s.Delta.HasPoints {
				row[9] = s.Delta.Points.String()
			}
			for _, g := range s.Score.Groups {
				cell := ""
				if s.Rank > 0 && g.Unscored < g.Group.Max {
					cell = g.Points.String()
				}
				row = append(row, cell)
			}
			rows = append(rows, append(row, strconv.FormatInt(s.Overdue, 10)))
		}
	}
	about := fmt.Sprintf("%s, %s, %s, %s", b.Unit.Name, b.Report.Set.ID, b.Report.Period, i18n.ShortInstant(ctx, b.Report.AsOf))
	return sendCSV(w, "board-"+b.Report.Period.String(), about, rows)
}

// sendCSV sends rows as a file that spreadsheets open with its letters right.
func sendCSV(w http.ResponseWriter, name, about string, rows [][]string) error {
	var out bytes.Buffer
	out.WriteString("\ufeff# " + about + "\n")
	c := csv.NewWriter(&out)
	for _, row := range rows {
		for i, cell := range row {
			row[i] = harmless(cell)
		}
	}
	if err := c.WriteAll(rows); err != nil {
		return fmt.Errorf("write %s.csv: %w", name, err)
	}
	h := w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="`+name+`.csv"`)
	h.Set("Cache-Control", "no-store")
	_, err := w.Write(out.Bytes())
	return err
}

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
