package calendar

import (
	"context"

	"cchc/base/actor"
	"cchc/base/db"
	"cchc/base/moment"
	rows "cchc/base/table"
)

// ImportColumns are the columns that an import of days off reads.
var ImportColumns = []rows.Column{
	{Name: "date", Names: []string{"Ngày"}, Need: true, Date: true},
	{Name: "kind", Names: []string{"Loại"}, Need: true},
	{Name: "name_vi", Names: []string{"Tên ngày nghỉ", "Tên", "Nội dung"}},
	{Name: "rule", Names: []string{"Căn cứ", "Ghi chú"}},
}

var kinds = map[string]string{"off": Off, "nghi": Off, "ngay nghi": Off, "work": Work, "lam bu": Work, "ngay lam bu": Work}

// ImportTable is ImportHolidays of a table; it returns every wrong row, and with
// any nothing is stored. then, which may be nil, runs last in the same write: an
// error of it undoes all.
func (s *Store) ImportTable(ctx context.Context, a actor.Actor, t *rows.Reader, name string, then func(context.Context, *db.Tx) error) (HolidayReport, rows.Flaws, error) {
	t.Lenient = true
	var days []DayOff
	var flaws rows.Flaws
	wrong := func(column, key string, args ...any) { flaws = append(flaws, t.Flaw(t.Wrong(column, key, args...))) }
	for t.Next() {
		if bad := t.Bad(); bad != nil {
			flaws = append(flaws, t.Flaw(bad))
			continue
		}
		d := DayOff{Kind: kinds[rows.Fold(t.Get("kind"))], Name: t.Get("name_vi"), Rule: t.Get("rule")}
		var err error
		if d.Date, err = moment.ParseDate(t.Get("date")); err != nil || d.Date < earliest || d.Date > latest {
			wrong("date", "calendar.import_date")
			continue
		}
		if d.Kind == "" {
			wrong("kind", "calendar.import_kind")
			continue
		}
		if d.Kind == Work {
			if d.Replaces, err = replaced(d.Date, d.Rule); err != nil {
				wrong("rule", "calendar.import_rule", "Why", err.Error())
				continue
			}
		}
		days = append(days, d)
	}
	if err := t.Err(); err != nil || len(flaws) > 0 {
		return HolidayReport{}, flaws, err
	}
	rep, err := s.importDays(ctx, a, days, name, then)
	return rep, nil, err
}
