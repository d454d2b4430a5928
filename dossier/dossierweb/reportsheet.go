package dossierweb

import (
	"context"
	"slices"
	"strconv"

	"cchc/base/i18n"
	"cchc/dossier"
)

// A sheet is one of the statistical forms: which figures it has, and how they
// stand on paper.
type sheet struct {
	Key    string // ii06a, 07a: its address is /reports/KEY
	Groups []columnGroup
	More   []dossier.Column // figures beside the form
	Detail bool             // needs what only form 07a asks for
}

// A columnGroup is columns under one heading of the printed form.
type columnGroup struct {
	Key     string
	Columns []dossier.Column
}

// The forms. II.06a: Thông tư 01/2020/TT-VPCP, annex. 07a/BTP has the same
// figures and those that the justice sector asks for beside them; figures that
// both have are numbered as in II.06a.
var (
	sheetII06a = &sheet{Key: "ii06a", Groups: []columnGroup{
		{"received", []dossier.Column{"received", "online", "other", "carried"}},
		{"resolved", []dossier.Column{"resolved", "early", "on_time", "late"}},
		{"in_progress", []dossier.Column{"in_progress", "in_time", "overdue"}},
		{"moved", []dossier.Column{"moved_in", "moved_out"}},
	}, More: []dossier.Column{"returned", "paused", "apologised", "kept_promise", "no_due"}}
	sheet07a = &sheet{Key: "07a", Detail: true, Groups: []columnGroup{
		{"received", []dossier.Column{"received", "online_full", "online_partial", "online_unknown", "other", "carried"}},
		{"resolved", []dossier.Column{"resolved", "early", "on_time", "late"}},
		{"in_progress", []dossier.Column{"in_progress", "in_time", "overdue"}},
		{"ended_else", []dossier.Column{"not_accepted", "refused", "stopped", "withdrawn"}},
		{"apologies", []dossier.Column{"apologised", "no_apology"}},
		{"beside", []dossier.Column{"non_territorial", "obliged", "paid_online"}},
		{"moved", []dossier.Column{"moved_in", "moved_out"}},
	}, More: []dossier.Column{"paused", "kept_promise", "no_due"}}
	sheets = map[string]*sheet{"ii06a": sheetII06a, "07a": sheet07a}
)

// whenAny are columns that stand in a form only when they are not all zero.
var whenAny = []dossier.Column{"moved_in", "moved_out", "online_unknown"}

// shown are the sheet's groups without the columns that are left out when no line
// has anything in them.
func (s *sheet) shown(lines []reportLine) []columnGroup {
	var out []columnGroup
	for _, g := range s.Groups {
		keep := columnGroup{Key: g.Key}
		for _, c := range g.Columns {
			if slices.Contains(whenAny, c) && !slices.ContainsFunc(lines, func(l reportLine) bool { return l.At(c) != 0 }) {
				continue
			}
			keep.Columns = append(keep.Columns, c)
		}
		if len(keep.Columns) > 0 {
			out = append(out, keep)
		}
	}
	return out
}

func columnsIn(groups []columnGroup) []dossier.Column {
	var out []dossier.Column
	for _, g := range groups {
		out = append(out, g.Columns...)
	}
	return out
}

// has reports whether a column is in the sheet or beside it.
func (s *sheet) has(c dossier.Column) bool {
	return slices.Contains(columnsIn(s.Groups), c) || slices.Contains(s.More, c)
}

func (s *sheet) path(below string) string { return "/reports/" + s.Key + below }

// name is what the sheet is called.
func (s *sheet) name(ctx context.Context) string { return i18n.T(ctx, "reports.sheet."+s.Key) }

// number is the number of a column in form II.06a, "" for one that it has not.
func number(c dossier.Column) string {
	if i := slices.Index(numbered, c); i >= 0 {
		return "(" + strconv.Itoa(i+3) + ")"
	}
	return ""
}

var numbered = []dossier.Column{"received", "online", "other", "carried", "resolved", "early", "on_time", "late", "in_progress", "in_time", "overdue"}
