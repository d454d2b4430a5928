package dossier

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"

	"cchc/base/moment"
)

// PeriodName writes a period as reports name it: 2026-09 for a month, 2026-Q3,
// 2026 for a year, else its first and last day.
func PeriodName(from, to moment.Date) string {
	y, m, _ := from.Time().Date()
	starts := from == from.FirstOfMonth()
	switch {
	case starts && to == from.LastOfMonth():
		return fmt.Sprintf("%04d-%02d", y, int(m))
	case starts && (int(m)-1)%3 == 0 && to == from.AddMonths(2).LastOfMonth():
		return fmt.Sprintf("%04d-Q%d", y, (int(m)-1)/3+1)
	case from == from.FirstOfYear() && to == from.AddMonths(11).LastOfMonth():
		return fmt.Sprintf("%04d", y)
	}
	return from.String() + ".." + to.String()
}

// Header are the columns of form II.06a as the product writes it, numbered as in
// the form. moved adds the two columns of dossiers that a merger or split moved.
func Header(moved bool) []string {
	h := []string{"period", "from", "to", "3_tiep_nhan_tong", "4_moi_truc_tuyen", "5_moi_truc_tiep_bcci", "6_ky_truoc", "7_da_gq_tong",
		"8_truoc_han", "9_dung_han", "10_qua_han", "11_dang_gq_tong", "12_trong_han", "13_qua_han", "of_which_returned_withdrawn", "of_which_paused"}
	if moved {
		h = append(h, "chuyen_den", "chuyen_di")
	}
	return h
}

// Figures are the numbers in the order of Header, from column 3 on.
func (r II06a) Figures(moved bool) []int64 {
	n := []int64{r.Received, r.Online, r.Other, r.Carried, r.Resolved, r.Early, r.OnTime, r.Late, r.InProgress, r.InTime, r.Overdue, r.Returned, r.Paused}
	if moved {
		n = append(n, r.MovedIn, r.MovedOut)
	}
	return n
}

// WriteII06a writes lines as CSV. The two columns for moved dossiers stand there
// only when there are any.
func WriteII06a(w io.Writer, from, to moment.Date, keys string, lines []Line) error {
	moved := false
	for _, l := range lines {
		moved = moved || l.MovedIn != 0 || l.MovedOut != 0
	}
	return writeLines(w, from, to, keys, lines, Header(moved), func(l Line) []int64 { return l.Figures(moved) })
}

// columns07a are the columns that form 07a/BTP adds, as its files name them.
var columns07a = []struct {
	name   string
	column Column
}{
	{"truc_tuyen_toan_trinh", "online_full"}, {"truc_tuyen_mot_phan", "online_partial"}, {"truc_tuyen_chua_ro_muc", "online_unknown"},
	{"phi_dia_gioi", "non_territorial"}, {"da_xin_loi", "apologised"}, {"chua_xin_loi", "no_apology"},
	{"khong_tiep_nhan", "not_accepted"}, {"tu_choi", "refused"}, {"dung_xu_ly", "stopped"}, {"rut_ho_so", "withdrawn"},
	{"co_nghia_vu_tai_chinh", "obliged"}, {"nop_truc_tuyen", "paid_online"},
}

// Header07a are the columns of form 07a/BTP: those of II.06a, and what it adds.
func Header07a() []string {
	h := Header(true)
	for _, c := range columns07a {
		h = append(h, c.name)
	}
	return h
}

// Figures07a are the numbers in the order of Header07a, from column 3 on.
func (r II06a) Figures07a() []int64 {
	n := r.Figures(true)
	for _, c := range columns07a {
		n = append(n, r.At(c.column))
	}
	return n
}

// Write07a writes lines as CSV; they must have been asked for with Detail.
func Write07a(w io.Writer, from, to moment.Date, keys string, lines []Line) error {
	return writeLines(w, from, to, keys, lines, Header07a(), Line.Figures07a)
}

func writeLines(w io.Writer, from, to moment.Date, keys string, lines []Line, header []string, figures func(Line) []int64) error {
	out := csv.NewWriter(w)
	if keys != "" {
		header = append(header, keys)
	}
	if err := out.Write(header); err != nil {
		return err
	}
	for _, l := range lines {
		row := []string{PeriodName(from, to), from.String(), to.String()}
		for _, n := range figures(l) {
			row = append(row, strconv.FormatInt(n, 10))
		}
		if keys != "" {
			row = append(row, l.Key)
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}
