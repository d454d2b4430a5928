package calendar_test

import (
	"strings"
	"testing"

	"cchc/calendar"
)

// Limits, stops and files of days off are read or refused.
func FuzzCalendarTexts(f *testing.F) {
	for _, s := range []string{"3", "0,5", "2026-11-24T08:00..2026-11-25T09:00", "..", "Ngày,Loại,Tên\n01/02/2027,nghỉ,Bão\n", "day,kind,name\n2027-02-01,off,x\n", "", " ", "0", "-1", "\x00", "\xff\xfe", "\u202e", "99999999999999999999", "e\u0302\u0301", "||||||||", "31/02/2026", "0000-00-00", "9999-12-31T24:61", "1e400", "NaN"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, unit := range []string{"working_day", "day", "hour", s} {
			calendar.ParseLimit(s, unit)
		}
		for _, as := range []string{"pause", "reset", "extend:2", "close", s} {
			calendar.ParseStop(s, as)
		}
		calendar.ParseHolidays(strings.NewReader(s))
	})
}
