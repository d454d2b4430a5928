package dossier

import (
	"slices"
	"strings"
	"testing"

	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/table"
)

// The quick way to read a time reads nothing that the careful one refuses, and the same.
func FuzzQuickTime(f *testing.F) {
	for _, s := range []string{"2026-11-23", "23/11/2026", "2026-11-23T09:00", "2026-11-23 09:00:05", "23/11/2026 09:00", "23/11/2026 09:00:05", "23/11/2026T09:00", "29/02/2024", "29/02/2100", "2200-12-31T23:59:59",
		"1900-01-01", "1975-06-13", "31/04/2026", "2026-11-23T24:00", "2026-11-23T09:60", "2026-11-23Z09:00", "0x/11/2026", "2026-1\xff-23", "２０26-11-2"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, second, ok := quickTime(s, closing)
		if !ok {
			return
		}
		if i, err := moment.ParseInstant(s); err == nil {
			if d >= earliest && i != d.At(second) { // before, Vietnam's time had other offsets
				t.Errorf("%q is %s %d, and carefully %s", s, d, second, i)
			}
			return
		}
		if slow, err := moment.ParseDate(s); err != nil || slow != d || second != closing {
			t.Errorf("%q is %s %d, and carefully %s, %v", s, d, second, slow, err)
		}
	})
}

// A row whose cells are right tells facts in their order, of times that were, after which
// the dossier stands as the row says; any other has one fault, at a cell of the row.
func FuzzImportRow(f *testing.F) {
	names := []string{"received", "due", "finished", "outcome", "paused_from", "paused_to", "due_after_supplement", "returned", "status", "status_at"}
	for _, s := range []string{
		"2026-11-02T08:00,2026-11-10,,,,,,,,", "02/11/2026,10/11/2026,06/11/2026,Đã giải quyết,03/11/2026,04/11/2026,12/11/2026,07/11/2026,,", "2026-11-02,,2026-11-01,,,,,,,", "2026-11-02,2026-10-01,,,,,,,,",
		"2026-11-02T08:00,2026-11-10,,,,,,,1,", "2026-11-02T08:00,2026-11-10,,,,,,,3,2026-11-03", "2026-11-02T08:00,2026-11-10,,,,,,,4,2026-11-03", "2026-11-02T08:00,2026-11-10,,,,,,,5,2026-11-04",
		"2026-11-02T08:00,2026-11-10,,,,,,,Yêu cầu thực hiện nghĩa vụ tài chính,2026-11-04", "2026-11-02T08:00,2026-11-10,,,,,,,7,2026-11-05", "2026-11-02T08:00,2026-11-10,,,,,,,8,2026-11-06",
		"2026-11-02T08:00,2026-11-10,,,,,,,9,2026-11-06", "2026-11-02T08:00,2026-11-10,2026-11-06,tra lai,,,,,10,2026-11-09", "2026-11-02T08:00,,2026-11-06,rút,,,,,8,", "1900-01-01,,,,,,,,,", "2026-11-26,,2026-11-26,,,,,,9,",
		"2026-11-02,,,,2026-11-05,,,,2,2026-11-03", "2026-11-02,,2026-11-03,,2026-11-05,,,,,", "2026-11-02,,2026-11-03,,2026-11-05,,,2026-11-03,10,", "2026-11-02,,,,,,,,7,2026-11-01", "2026-11-02,,,,,2026-11-03,,,,", "2027-01-01,,,,,,,,11,x"} {
		f.Add(s)
	}
	now := moment.NewDate(2026, 11, 26).At(10 * 3600)
	f.Fuzz(func(t *testing.T, row string) {
		text := "id,channel," + strings.Join(names, ",") + "\nH1,direct," + row + "\n"
		from, err := table.Open(strings.NewReader(text), int64(len(text)), table.Spec{Columns: ImportColumns})
		if from != nil {
			defer from.Close()
		}
		if err != nil || !from.Next() || from.Bad() != nil || from.Line() != 2 {
			return
		}
		var x told
		c := &rowReader{t: from, now: now}
		x.read(c)
		if c.bad != nil {
			if len(c.bad.Fields) != 1 || !slices.Contains(names, c.bad.Fields[0].Name) || !i18n.Has(c.bad.Fields[0].Key) {
				t.Errorf("%q: a fault at no cell: %+v", row, c.bad)
			}
			return
		}
		facts := x.facts(c, "u1", 0)
		if facts[0].Kind != FRegistered || facts[0].At.Date() < earliest || !slices.IsSortedFunc(facts, byTime) {
			t.Errorf("%q: facts are %+v", row, facts)
		}
		for _, fact := range facts {
			if fact.At == 0 || fact.At > now {
				t.Errorf("%q: at %s was %+v", row, fact.At, fact)
			}
		}
		s := Fold(facts, false, 0, 0)
		if x.status != 0 && s.Status() != x.status {
			t.Errorf("%q says status %d, and its facts %d: %+v", row, x.status, s.Status(), facts)
		}
		if x.status == 0 && (s.Ended != x.finished || s.Returned != x.returned) {
			t.Errorf("%q: finished %s, returned %s, and its facts %s, %s", row, x.finished, x.returned, s.Ended, s.Returned)
		}
	})
}
