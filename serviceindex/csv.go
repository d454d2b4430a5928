package serviceindex

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"cchc/base/fault"
	"cchc/base/points"
	"cchc/base/table"
)

// ScoreCSV copies rows and sets the column points: what the metric of the row
// gives for its numerator and denominator, with two decimals, or "–" where a
// denominator of 0 has no value. The column is overwritten, or appended when
// missing; all others pass through, the rows keep their order. The numerator of
// a complement metric is what is left of the denominator, as published.
//
// The first wrong cell is an error that names line and column, and nothing has
// been written then. Errors: fault.Invalid.
func (s *Set) ScoreCSV(in io.Reader, out io.Writer) error {
	const (
		metric, numerator, denominator = "metric", "numerator", "denominator"
		result                         = "points"
	)
	t, err := table.Read(in, "unit", metric, numerator, denominator)
	if err != nil {
		return err
	}
	header := t.Header()
	names := make([]string, len(header)) // as the table compares them: Points is points
	for i, h := range header {
		names[i] = table.Fold(h)
	}
	at := slices.Index(names, result)
	if at < 0 {
		at = len(header)
		header = append(header, result)
	} else if slices.Contains(names[at+1:], result) {
		return fault.New(fault.Invalid, "table.column_twice", "Column", result)
	}
	var buf bytes.Buffer
	w := csv.NewWriter(&buf)
	if err := w.Write(header); err != nil {
		return fmt.Errorf("write the header: %w", err)
	}
	for t.Next() {
		m, ok := s.Metric(t.Get(metric))
		if !ok {
			return t.Wrong(metric, "serviceindex.csv.metric", "Version", s.ID)
		}
		num, ok := whole(t.Get(numerator))
		if !ok {
			return t.Wrong(numerator, "serviceindex.csv.number")
		}
		den, ok := whole(t.Get(denominator))
		if !ok {
			return t.Wrong(denominator, "serviceindex.csv.number")
		}
		if num > den {
			return t.Wrong(numerator, "serviceindex.csv.above", "Denominator", strconv.FormatInt(den, 10))
		}
		cell := "–"
		if p, b := m.Score(Value{points.Ratio{Num: num, Den: den}, true}); b.HasPoints() {
			cell = p.String()
		}
		row := append(slices.Clone(t.Cells()), "")[:len(header)]
		row[at] = cell
		if err := w.Write(row); err != nil {
			return fmt.Errorf("write a row: %w", err)
		}
	}
	if err := t.Err(); err != nil {
		return err
	}
	w.Flush()
	if _, err := out.Write(buf.Bytes()); err != nil {
		return fmt.Errorf("write the rows: %w", err)
	}
	return nil
}

// whole reads a count: digits, with a decimal part of zeros at most (2541,0).
func whole(s string) (int64, bool) {
	whole, places, found := strings.Cut(strings.Replace(s, ",", ".", 1), ".")
	if found && (places == "" || strings.Trim(places, "0") != "") {
		return 0, false
	}
	if whole == "" || strings.Trim(whole, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(whole, 10, 64)
	return n, err == nil
}
