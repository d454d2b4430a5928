package calendar

import (
	"bytes"
	"encoding/csv"
	"os"
	"slices"
	"strings"
	"testing"

	"cchc/base/moment"
)

func at(tb testing.TB, s string) moment.Instant {
	tb.Helper()
	if s == "" {
		return 0
	}
	t, err := moment.ParseInstant(s)
	if err != nil {
		tb.Fatal(err)
	}
	return t
}

func on(tb testing.TB, s string) moment.Date {
	tb.Helper()
	d, err := moment.ParseDate(s)
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

func limit(tb testing.TB, qty, unit string) Limit {
	tb.Helper()
	l, err := ParseLimit(qty, unit)
	if err != nil {
		tb.Fatal(err)
	}
	return l
}

func golden(tb testing.TB, name string) (rows []map[string]string, raw []byte) {
	tb.Helper()
	raw, err := os.ReadFile("testdata/" + name)
	if err != nil {
		tb.Fatal(err)
	}
	all, err := csv.NewReader(bytes.NewReader(raw)).ReadAll()
	if err != nil {
		tb.Fatal(err)
	}
	for _, row := range all[1:] {
		m := map[string]string{}
		for i, cell := range row {
			m[all[0][i]] = cell
		}
		rows = append(rows, m)
	}
	return rows, raw
}

func TestGoldenDueDates(t *testing.T) {
	c := office(t, DefaultWeek())
	rows, _ := golden(t, "golden_due.csv")
	if len(rows) == 0 {
		t.Fatal("no rows")
	}
	for _, row := range rows {
		for conv, want := range map[Convention]string{Days: row["due_mode_days"], Clock: row["due_mode_clock"]} {
			got, err := c.Due(at(t, row["received_at"]), limit(t, row["qty"], row["unit"]), conv)
			if err != nil {
				t.Fatal(err)
			}
			if got.String() != want {
				t.Errorf("%s: Due(%s, %s %s, %s) = %s, want %s (%s)", row["id"], row["received_at"], row["qty"], row["unit"], conv, got, want, row["why"])
			}
		}
	}
}

func TestGoldenDueDatesThroughCSV(t *testing.T) {
	_, raw := golden(t, "golden_due.csv")
	var out bytes.Buffer
	if err := DueCSV(office(t, DefaultWeek()), bytes.NewReader(raw), &out); err != nil {
		t.Fatal(err)
	}
	want, _ := csv.NewReader(bytes.NewReader(raw)).ReadAll()
	got, _ := csv.NewReader(&out).ReadAll()
	if !slices.EqualFunc(got, want, slices.Equal) {
		t.Errorf("the golden file came out as\n%v\nwant\n%v", got, want)
	}
}

func TestGoldenStops(t *testing.T) {
	c := office(t, DefaultWeek())
	rows, _ := golden(t, "golden_clock.csv")
	if len(rows) != 3 {
		t.Fatalf("%d rows, want K1 to K3", len(rows))
	}
	for _, row := range rows {
		var stops []Stop
		if row["stop"] != "" {
			s, err := ParseStop(row["stop"], row["as"])
			if err != nil {
				t.Fatal(err)
			}
			stops = append(stops, s)
		}
		p, err := c.Project(at(t, row["received"]), limit(t, row["limit"], row["in"]), "", stops, 0)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Due.String(); got != row["due"] {
			t.Errorf("%s: due %s, want %s", row["id"], got, row["due"])
		}
	}
}

func TestDueCSV(t *testing.T) {
	c := office(t, DefaultWeek())
	in := "\ufeffnote,id,received_at,qty,unit\r\n# a comment, with \"quotes\r\n" +
		"\"a, b\",X2,2026-11-09 08:00,\"7,5\",working_day\n ghi chú ,X1,23/11/2026 14:59,,same_day\n"
	want := "note,id,received_at,qty,unit,due_mode_days,due_mode_clock\n" +
		"\"a, b\",X2,2026-11-09 08:00,\"7,5\",working_day,2026-11-19T11:30,2026-11-18T13:30\n" +
		"\" ghi chú \",X1,23/11/2026 14:59,,same_day,2026-11-23T17:00,2026-11-23T17:00\n"
	var out bytes.Buffer
	if err := DueCSV(c, strings.NewReader(in), &out); err != nil {
		t.Fatal(err)
	}
	if out.String() != want {
		t.Errorf("DueCSV wrote\n%s\nwant\n%s", out.String(), want)
	}
}

func TestDueCSVNamesTheWrongCell(t *testing.T) {
	c := office(t, DefaultWeek())
	for _, test := range []struct{ name, in, want string }{
		{"empty file", "", "line 1: the header is missing"},
		{"no column", "id,qty,unit\n", "line 1: column received_at is missing"},
		{"time without hour", "id,received_at,qty,unit\n# x\nA,2026-11-09,1,hour\n", "line 3, column received_at: "},
		{"quantity in words", "id,received_at,qty,unit\nA,2026-11-09T08:00,one,hour\n", "line 2, column qty: "},
		{"unit unknown", "id,received_at,qty,unit\nA,2026-11-09T08:00,1,day\n", "line 2, column unit: "},
		{"no unit", "id,received_at,qty,unit\nA,2026-11-09T08:00,1,\n", "line 2, column unit: "},
		{"too long", "id,received_at,qty,unit\nA,2026-11-09T08:00,900000,hour\n", "line 2, column qty: "},
		{"decimal comma without quotes", "id,received_at,qty,unit\nA,2026-11-09T08:00,7,5,working_day\n", "line 2: 5 columns"},
		{"stop without end mark", "id,received_at,qty,unit,clock_stops\nA,2026-11-09T08:00,1,hour,2026 pause\n", "line 2, column clock_stops: "},
		{"open quote", "id,received_at,qty,unit\n\"A,2026-11-09T08:00,1,hour\n", "line 2"},
	} {
		err := DueCSV(c, strings.NewReader(test.in), &bytes.Buffer{})
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want %q", test.name, err, test.want)
		}
	}
}

func TestParseStop(t *testing.T) {
	for _, test := range []struct {
		text, as string
		want     Stop
	}{
		{"2026-11-04T15:00..2026-11-13T10:00", "pause", Stop{As: Pause, From: at(t, "2026-11-04T15:00"), To: at(t, "2026-11-13T10:00")}},
		{"2026-11-04T15:00..", "close", Stop{As: Close, From: at(t, "2026-11-04T15:00")}},
		{"2026-11-04T15:00..2026-11-04T15:00", "reset", Stop{As: Reset, From: at(t, "2026-11-04T15:00"), To: at(t, "2026-11-04T15:00")}},
		{"04/11/2026 15:00..", "extend:2,5", Stop{As: Extend, From: at(t, "2026-11-04T15:00"), Extra: Limit{Qty: 2500}}},
		{"2026-11-04T15:00..", "extend:3:calendar_day", Stop{As: Extend, From: at(t, "2026-11-04T15:00"), Extra: Limit{3000, CalendarDay}}},
	} {
		got, err := ParseStop(test.text, test.as)
		if err != nil || got != test.want {
			t.Errorf("ParseStop(%q, %q) = %+v, %v, want %+v", test.text, test.as, got, err, test.want)
		}
	}
	for _, bad := range [][2]string{
		{"2026-11-04T15:00", "pause"}, {"..2026-11-04T15:00", "pause"}, {"2026-11-04..2026-11-05", "pause"},
		{"2026-11-05T15:00..2026-11-04T15:00", "pause"}, {"2026-11-04T15:00..", ""}, {"2026-11-04T15:00..", "extend"},
		{"2026-11-04T15:00..", "pause:3"}, {"2026-11-04T15:00..", "extend:-1"}, {"2026-11-04T15:00..", "extend:1:same_day"},
	} {
		if s, err := ParseStop(bad[0], bad[1]); err == nil {
			t.Errorf("ParseStop(%q, %q) = %+v, want an error", bad[0], bad[1], s)
		}
	}
}
