package serviceindex

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/moment"
)

// Kind is a kind of period.
type Kind string

const (
	Month      Kind = "month"
	Quarter    Kind = "quarter"
	Year       Kind = "year"
	YearToDate Kind = "year_to_date" // from 1 January to the end of a month (lũy kế)
)

// Kinds lists the kinds in the order of pages.
var Kinds = []Kind{YearToDate, Month, Quarter, Year}

// A Period is what an index is of: whole months, From and To being their first
// and last day.
type Period struct {
	Kind  Kind
	From  moment.Date
	To    moment.Date
	Known moment.Instant // as it was known then; zero is now
}

// PeriodOn returns the period of a kind that holds a day; for YearToDate the one
// that ends with the day's month.
func PeriodOn(k Kind, d moment.Date) Period {
	p := Period{Kind: k, From: d.FirstOfMonth(), To: d.LastOfMonth()}
	switch k {
	case Quarter:
		_, m, _ := d.Time().Date()
		p.From = p.From.AddMonths(-((int(m) - 1) % 3))
		p.To = p.From.AddMonths(2).LastOfMonth()
	case Year:
		p.From = d.FirstOfYear()
		p.To = p.From.AddMonths(11).LastOfMonth()
	case YearToDate:
		p.From = d.FirstOfYear()
	}
	return p
}

// ParsePeriod reads what String writes: 2026-11, 2026-Q4, 2026, or 2026-11-ytd.
// Errors: fault.Invalid.
func ParsePeriod(s string) (Period, error) {
	text, ytd := strings.CutSuffix(strings.TrimSpace(strings.ToLower(s)), "-ytd")
	kind := Month
	if ytd {
		kind = YearToDate
	}
	year, rest, _ := strings.Cut(text, "-")
	month := rest
	switch {
	case rest == "" && !ytd:
		kind, month = Year, "1"
	case strings.HasPrefix(rest, "q") && !ytd:
		kind, month = Quarter, ""
		if q, err := strconv.Atoi(rest[1:]); err == nil && q >= 1 && q <= 4 {
			month = strconv.Itoa(q*3 - 2)
		}
	}
	y, err := strconv.Atoi(year)
	m, err2 := strconv.Atoi(month)
	if err != nil || err2 != nil || y < 2000 || y > 2200 || m < 1 || m > 12 {
		return Period{}, fault.New(fault.Invalid, "serviceindex.period_wrong", "Period", s)
	}
	return PeriodOn(kind, moment.NewDate(y, time.Month(m), 1)), nil
}

// String writes the period as addresses and files do.
func (p Period) String() string {
	y, m, _ := p.To.Time().Date()
	switch p.Kind {
	case Quarter:
		return fmt.Sprintf("%d-Q%d", y, int(m)/3)
	case Year:
		return strconv.Itoa(y)
	case YearToDate:
		return fmt.Sprintf("%d-%02d-ytd", y, int(m))
	}
	return fmt.Sprintf("%d-%02d", y, int(m))
}

// Label names the period for people.
func (p Period) Label(ctx context.Context) string {
	y, m, _ := p.To.Time().Date()
	switch p.Kind {
	case Quarter:
		return i18n.T(ctx, "serviceindex.period.quarter", "Quarter", strconv.Itoa(int(m)/3), "Year", strconv.Itoa(y))
	case Year:
		return i18n.T(ctx, "serviceindex.period.year", "Year", strconv.Itoa(y))
	case YearToDate:
		return i18n.T(ctx, "serviceindex.period.year_to_date", "Month", i18n.Month(ctx, p.To))
	}
	return i18n.Month(ctx, p.To)
}

// Before returns the period that this one is compared with: the one before of
// its kind; for YearToDate the year to the end of the month before, and in
// January, which has none, the same January a year before.
func (p Period) Before() Period {
	last := p.From.AddDays(-1)
	if p.Kind == YearToDate {
		if last = p.To.FirstOfMonth().AddDays(-1); last < p.From {
			last = p.To.AddMonths(-12)
		}
	}
	return PeriodOn(p.Kind, last)
}

// Running reports whether the period holds a day, so that its figures still move.
func (p Period) Running(today moment.Date) bool { return p.From <= today && today <= p.To }

// AsOf returns the moment as of which the period's figures are taken: its end,
// or now while it runs, or the moment that is asked for.
func (p Period) AsOf(now moment.Instant) moment.Instant {
	if p.Known != 0 {
		now = min(now, p.Known)
	}
	return min(p.To.End(), now)
}

// Months returns the first day of every month of the period up to a day.
func (p Period) Months(until moment.Date) []moment.Date {
	var out []moment.Date
	for d := p.From; d <= p.To && d <= until; d = d.AddMonths(1) {
		out = append(out, d)
	}
	return out
}
