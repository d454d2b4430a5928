package procedure

import (
	"encoding/csv"
	"slices"
	"strings"
	"testing"

	"cchc/base/i18n"
	"cchc/calendar"
	"cchc/data"
)

// Whatever stands in the columns of a limit, of a fee and of the channels: a version has
// limits that are limits, one a case and each with its basis, or a problem that says why
// not and blocks; none is guessed. The seeds are one row of the portal's export for each
// way in which it writes a limit.
func FuzzParse(f *testing.F) {
	r := csv.NewReader(strings.NewReader(data.Procedures))
	rows, err := r.ReadAll()
	if err != nil {
		f.Fatal(err)
	}
	fields := []string{"time_value", "time_unit", "case_times", "resolved_time", "resolved_basis", "channels", "online_level", "fee_direct_raw", "decision"}
	at := make([]int, len(fields))
	for i, name := range fields {
		if at[i] = slices.Index(rows[0], name); at[i] < 0 {
			f.Fatalf("the export has no column %s", name)
		}
	}
	differs := slices.Index(rows[0], "f_time_differs_by_channel")
	shapes := map[string]bool{}
	for _, row := range rows[1:] {
		s := make([]string, len(at))
		for i, n := range at {
			s[i] = row[n]
		}
		// Rows that differ in their digits only are of one shape.
		shape := strings.Map(func(c rune) rune {
			if c >= '0' && c <= '9' {
				return -1
			}
			return c
		}, strings.Join(s[1:5], "|"))
		if !shapes[shape] && len(shapes) < 400 {
			shapes[shape] = true
			f.Add(s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7], s[8], row[differs] == "1")
		}
	}
	f.Add("1e9", "working_day", "1.1=1 DAY;1.1=1 DAY", "trong ngày", byHand, "DOPX", "toàn trình", "-1;1;99999999999999999999", "Số: 1/QĐ-BTC", true)
	f.Fuzz(func(t *testing.T, value, unit, cases, text, basis, channels, online, fee, decision string, differs bool) {
		in := row{"code": "1.000005", "name": "A", "level": "Cấp Xã", "time_value": value, "time_unit": unit, "case_times": cases, "resolved_time": text, "resolved_basis": basis,
			"channels": channels, "online_level": online, "fee_direct_raw": fee, "decision": decision, "f_time_differs_by_channel": map[bool]string{true: "1"}[differs]}
		v := parse(in)
		seen := map[string]bool{}
		for _, l := range v.Limits {
			if l.Validate() != nil || l.Qty == 0 && l.Unit != calendar.SameDay || l.Basis == "" || seen[l.Case] {
				t.Errorf("a limit is %+v", l)
			}
			seen[l.Case] = true
		}
		blocked := false
		for _, p := range v.Problems {
			if p.Field == "" || !i18n.Has("procedure.problem."+p.Reason) {
				t.Errorf("a problem that says nothing: %+v", p)
			}
			blocked = blocked || p.Field == "limit" && p.Blocks == BlocksAll
		}
		if blocked == (len(v.Limits) > 0) || v.Settled == blocked {
			t.Errorf("%d limits, settled is %v, problems %+v", len(v.Limits), v.Settled, v.Problems)
		}
		if len(v.Channels) > 1 && differs && len(v.Limits) > 0 {
			t.Errorf("the limit differs by channel, and one holds for all of %v", v.Channels)
		}
		for _, x := range v.Fees {
			if x.Amount != 0 && (x.Amount < leastFee || x.Amount > mostFee) {
				t.Errorf("a fee of %d", x.Amount)
			}
		}
	})
}

// A limit in words is read when the whole text is one, and is the number that stands
// there: a condition before or after it makes it unreadable.
func FuzzReadText(f *testing.F) {
	for _, s := range []string{"03 ngày LV", "tối đa 02 ngày LV", "trong ngày", "trong ngày; sau 15h → ngày làm việc tiếp theo", "+05 khi xác minh", "7,5 giờ", "0 ngày", "1.000 giờ", "12 tháng",
		"99999999999999999999 ngày", "0,0001 giờ", "1,5 tháng", "3 ngày làm việc (5 ngày khi xác minh)", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		l, ok := readText(s)
		if !ok {
			return
		}
		if l.Validate() != nil || (l.Qty == 0) != (l.Unit == calendar.SameDay) {
			t.Errorf("%q is %+v", s, l)
		}
		if m := textShape.FindStringSubmatch(s); m != nil {
			if q, err := calendar.ParseQuantity(m[1]); err != nil || q != l.Qty {
				t.Errorf("%q is %s %s", s, l.Qty, l.Unit)
			}
		}
		for _, more := range []string{s + " +05 khi xác minh", "khi xác minh: " + s, s + "; " + s, s + " hoặc hơn"} {
			if got, ok := readText(more); ok {
				t.Errorf("%q is read as %s %s", more, got.Qty, got.Unit)
			}
		}
	})
}
