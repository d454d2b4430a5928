package calendar

import (
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"

	"cchc/base/moment"
)

// ParseHolidays reads days off and make-up days as data/holidays.csv has them:
// columns date, kind (off, work), name_vi and rule, others being ignored. The
// day that a make-up day stands for is read out of its rule ("bù cho thứ Hai
// 29/4"); where the rule names the weekday too, the two must agree. Errors name
// line and column.
func ParseHolidays(r io.Reader) ([]DayOff, error) {
	t, err := readTable(r, "date", "kind")
	if err != nil {
		return nil, err
	}
	var days []DayOff
	for t.next() {
		d := DayOff{Kind: strings.TrimSpace(t.get("kind")), Name: t.get("name_vi"), Rule: t.get("rule")}
		if d.Date, err = moment.ParseDate(t.get("date")); err != nil {
			return nil, t.wrong("date", err)
		}
		switch d.Kind {
		case Off:
		case Work:
			if d.Replaces, err = replaced(d.Date, d.Rule); err != nil {
				return nil, t.wrong("rule", err)
			}
		default:
			return nil, t.wrong("kind", fmt.Errorf("%q is neither off nor work", d.Kind))
		}
		days = append(days, d)
	}
	return days, t.err
}

var instead = regexp.MustCompile(`(?i)bù cho\s+(?:ngày\s+)?(?:(thứ hai|thứ ba|thứ tư|thứ năm|thứ sáu|thứ bảy|chủ nhật),?\s+)?(?:ngày\s+)?(\d{1,2})/(\d{1,2})(?:/(\d{4}))?`)

var weekdays = map[string]time.Weekday{
	"chủ nhật": time.Sunday, "thứ hai": time.Monday, "thứ ba": time.Tuesday, "thứ tư": time.Wednesday,
	"thứ năm": time.Thursday, "thứ sáu": time.Friday, "thứ bảy": time.Saturday,
}

// replaced returns the day that a rule says is made up for by work on date; zero
// when the rule does not say. Without a year it is the nearest such day.
func replaced(date moment.Date, rule string) (moment.Date, error) {
	m := instead.FindStringSubmatch(rule)
	if m == nil {
		return 0, nil
	}
	year := date.Time().Year()
	years := []int{year - 1, year, year + 1}
	if m[4] != "" {
		y, _ := strconv.Atoi(m[4])
		years = []int{y}
	}
	var found moment.Date
	for _, y := range years {
		d, err := moment.ParseDate(fmt.Sprintf("%s/%s/%d", m[2], m[3], y))
		if err == nil && (found == 0 || apart(d, date) < apart(found, date)) {
			found = d
		}
	}
	if found == 0 {
		return 0, fmt.Errorf("%s/%s is not a date", m[2], m[3])
	}
	if m[1] != "" && found.Weekday() != weekdays[strings.ToLower(m[1])] {
		return 0, fmt.Errorf("%s is not a %s", found.VN(), m[1])
	}
	return found, nil
}

func apart(a, b moment.Date) moment.Date { return max(a-b, b-a) }
