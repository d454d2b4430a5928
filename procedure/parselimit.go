package procedure

import (
	"regexp"
	"slices"
	"strings"

	"cchc/calendar"
)

// Where a limit was read, for its basis. The words are the export's own.
const (
	fromPortal = "Cổng Dịch vụ công quốc gia: cách thức thực hiện"
	fromCase   = "Cổng Dịch vụ công quốc gia: trường hợp"
	byHand     = "luật/nội dung trình tự"
)

// parseLimit reads the limit out of the four columns that may state it.
//
//   - time_value and time_unit: the portal's own field, by way of filing. With
//     the unit see_description the number has no unit and is no limit.
//   - case_times: a limit per case, 1.004859.01=1 WORKING_DAY.
//   - resolved_time: for most rows the same again; for those that a person read
//     in the law, the only text.
//   - f_time_differs_by_channel: the limit is not the same for all channels, but
//     the export gives one only and does not say whose.
//
// The field holds for any case; cases hold for themselves; where all cases say
// the same, it is the limit of the procedure. What contradicts itself is not
// decided here: no limit is kept, and the problem blocks.
func (v *Version) parseLimit(r row) {
	stated := strings.Trim(strings.Join([]string{r["time_value"], r["time_unit"], r["case_times"], r["resolved_time"]}, " | "), " |")
	block := func(reason string) {
		v.Limits = nil
		v.problem("limit", reason, stated, BlocksAll)
	}
	field, fieldOK, bad := readField(r["time_value"], r["time_unit"])
	if bad {
		block("limit_unreadable")
		return
	}
	cases, ok := readCases(r["case_times"])
	if !ok {
		block("limit_case_unit")
		return
	}
	hand, handOK := calendar.Limit{}, false
	if text := r["resolved_time"]; strings.HasPrefix(r["resolved_basis"], byHand) {
		if hand, handOK = readText(text); !handOK {
			block("limit_conditional")
			return
		}
	}
	var all *calendar.Limit // what every case says
	if len(cases) > 0 && !slices.ContainsFunc(cases, func(l Limit) bool { return l.Limit != cases[0].Limit }) {
		all = &cases[0].Limit
	}

	switch {
	case handOK:
		// The portal has no unit for "within the day" and writes one day.
		agrees := func(l calendar.Limit) bool {
			return l == hand || hand.Unit == calendar.SameDay && l.Qty == 1000 && (l.Unit == calendar.WorkingDay || l.Unit == calendar.CalendarDay)
		}
		if fieldOK && !agrees(field) || slices.ContainsFunc(cases, func(l Limit) bool { return !agrees(l.Limit) }) {
			block("limit_conflict")
			return
		}
		v.Limits = []Limit{{Limit: hand, Basis: byHand + ": " + r["resolved_time"]}}
		v.problem("limit", "limit_by_hand", stated, "")
	case fieldOK:
		if len(cases) > 0 && !slices.ContainsFunc(cases, func(l Limit) bool { return l.Limit == field }) {
			block("limit_conflict")
			return
		}
		v.Limits = []Limit{{Limit: field, Basis: fromPortal}}
		if all == nil {
			v.Limits = append(v.Limits, cases...)
		}
	case all != nil:
		v.Limits = []Limit{{Limit: *all, Basis: fromCase}}
		v.strayNumber(r, *all)
	case len(cases) > 0:
		v.Limits = cases
	default:
		block("limit_missing")
		return
	}
	if v.DiffersByChannel && len(v.Channels) > 1 {
		block("limit_channel")
		return
	}
	if v.HardAreaExtra {
		v.problem("limit", "limit_area", stated, BlocksArea)
	}
}

// strayNumber notes a number without unit beside a limit that was read
// elsewhere, when they are not the same.
func (v *Version) strayNumber(r row, l calendar.Limit) {
	if q, err := calendar.ParseQuantity(r["time_value"]); err == nil && q != l.Qty {
		v.problem("limit", "limit_stray", r["time_value"], "")
	}
}

func readField(value, unit string) (l calendar.Limit, ok, bad bool) {
	if unit == "see_description" || value == "" && unit == "" {
		return l, false, false
	}
	l, err := calendar.ParseLimit(value, unit)
	if err != nil || l.Qty == 0 {
		// Nothing in the export is due "in zero days"; it is a blank.
		return l, false, true
	}
	return l, true, false
}

var caseUnits = map[string]calendar.LimitUnit{
	"WORKING_DAY": calendar.WorkingDay, "DAY": calendar.CalendarDay, "HOUR": calendar.Hour,
	"MONTH": calendar.Month, "YEAR": calendar.Year,
}

var caseShape = regexp.MustCompile(`^([\d.]+)=([\d.]+) ([A-Z_]+)$`)

// readCases reads 1.000656.01=5 WORKING_DAY;1.000656.03=2 DAY, in order of code.
func readCases(text string) ([]Limit, bool) {
	var out []Limit
	for part := range strings.SplitSeq(text, ";") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		m := caseShape.FindStringSubmatch(part)
		if m == nil || caseUnits[m[3]] == "" {
			return nil, false
		}
		l, err := calendar.ParseLimit(m[2], string(caseUnits[m[3]]))
		if err != nil || l.Qty == 0 {
			return nil, false
		}
		i := slices.IndexFunc(out, func(o Limit) bool { return o.Case == m[1] })
		switch {
		case i < 0:
			out = append(out, Limit{Case: m[1], Limit: l, Basis: fromCase})
		case out[i].Limit != l: // the export repeats some cases word for word
			return nil, false
		}
	}
	slices.SortFunc(out, func(a, b Limit) int { return strings.Compare(a.Case, b.Case) })
	return out, true
}

var textShape = regexp.MustCompile(`^(?:tối đa )?(\d+(?:[.,]\d+)?) (ngày LV|ngày làm việc|ngày|giờ|tháng|năm)$`)

var textUnits = map[string]calendar.LimitUnit{
	"ngày LV": calendar.WorkingDay, "ngày làm việc": calendar.WorkingDay, "ngày": calendar.CalendarDay,
	"giờ": calendar.Hour, "tháng": calendar.Month, "năm": calendar.Year,
}

// readText reads a limit in words when the whole of it is one: "03 ngày LV",
// "tối đa 02 ngày LV", "trong ngày; sau 15h → ngày làm việc tiếp theo". A
// condition ("+05 khi xác minh") makes it unreadable.
func readText(s string) (calendar.Limit, bool) {
	switch s {
	case "trong ngày", "trong ngày; sau 15h → ngày làm việc tiếp theo", "trong ngày hoặc ngày LV tiếp theo (sau 15h)":
		return calendar.Limit{Unit: calendar.SameDay}, true
	}
	m := textShape.FindStringSubmatch(s)
	if m == nil {
		return calendar.Limit{}, false
	}
	l, err := calendar.ParseLimit(m[1], string(textUnits[m[2]]))
	return l, err == nil && l.Qty > 0
}
