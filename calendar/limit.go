package calendar

import (
	"fmt"
	"strconv"
	"strings"

	"cchc/base/moment"
)

// A Quantity is a number of units in thousandths: 7.5 is 7500.
type Quantity int64

// ParseQuantity reads 7, 7.5 or 7,5, not negative and with at most three
// decimals that matter.
func ParseQuantity(s string) (Quantity, error) {
	bad := fmt.Errorf("%q is not a quantity (7 or 7.5)", s)
	whole, part, _ := strings.Cut(strings.Replace(strings.TrimSpace(s), ",", ".", 1), ".")
	part = strings.TrimRight(part, "0")
	if whole == "" || len(whole) > 9 || len(part) > 3 {
		return 0, bad
	}
	digits := whole + part + "000"[len(part):]
	for _, r := range digits {
		if r < '0' || r > '9' {
			return 0, bad
		}
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return 0, bad
	}
	return Quantity(n), nil
}

// String returns the quantity with a decimal point: 7.5.
func (q Quantity) String() string {
	sign := ""
	if q < 0 {
		sign, q = "-", -q
	}
	s := fmt.Sprintf("%s%d.%03d", sign, q/1000, q%1000)
	return strings.TrimRight(strings.TrimRight(s, "0"), ".")
}

// VN returns the quantity with a decimal comma: 7,5.
func (q Quantity) VN() string { return strings.Replace(q.String(), ".", ",", 1) }

// MarshalText writes 7.5.
func (q Quantity) MarshalText() ([]byte, error) { return []byte(q.String()), nil }

// UnmarshalText reads what ParseQuantity reads.
func (q *Quantity) UnmarshalText(b []byte) (err error) {
	*q, err = ParseQuantity(string(b))
	return err
}

// A LimitUnit is the unit in which a limit is stated.
type LimitUnit string

const (
	WorkingDay  LimitUnit = "working_day"  // ngày làm việc
	CalendarDay LimitUnit = "calendar_day" // ngày
	Hour        LimitUnit = "hour"         // giờ làm việc
	Month       LimitUnit = "month"        // tháng
	SameDay     LimitUnit = "same_day"     // trong ngày
	Year        LimitUnit = "year"         // năm
)

// A Limit is the time that a procedure or a step may take (thời hạn giải quyết).
type Limit struct {
	Qty  Quantity
	Unit LimitUnit
}

// ParseLimit reads a quantity and a unit; the quantity of same_day may be empty.
func ParseLimit(qty, unit string) (Limit, error) {
	l := Limit{Unit: LimitUnit(strings.TrimSpace(unit))}
	if l.Unit != SameDay || strings.TrimSpace(qty) != "" {
		var err error
		if l.Qty, err = ParseQuantity(qty); err != nil {
			return Limit{}, err
		}
	}
	return l, l.Validate()
}

// most is the largest quantity of a unit: about a hundred years.
func (u LimitUnit) most() Quantity {
	switch u {
	case WorkingDay, CalendarDay:
		return 36_525_000
	case Hour:
		return 200_000_000
	case Month:
		return 1_200_000
	case Year:
		return 100_000
	case SameDay:
		return 1_000
	}
	return -1
}

// Validate reports an unknown unit, a negative quantity or one of more than a
// hundred years, and a fraction of a month, a year or a same-day limit.
func (l Limit) Validate() error {
	most := l.Unit.most()
	switch {
	case most < 0:
		return fmt.Errorf("%q is not a unit of a limit (working_day, calendar_day, hour, month, year, same_day)", string(l.Unit))
	case l.Qty < 0 || l.Qty > most:
		return fmt.Errorf("a limit of %s %s is not between 0 and %s", l.Qty, l.Unit, most)
	case l.Qty%1000 != 0 && (l.Unit == Month || l.Unit == Year || l.Unit == SameDay):
		return fmt.Errorf("a limit of %s %s is not whole", l.Qty, l.Unit)
	}
	return nil
}

// ByInstant reports whether being on time is judged by the instant (hours)
// rather than by the date (all others).
func (l Limit) ByInstant() bool { return l.Unit == Hour }

// Late reports whether something that ended (or stands) at an instant is late
// (quá hạn): after the due instant for hours, after the due date for all others.
// What has no due date is never on time.
func (l Limit) Late(at, due moment.Instant) bool {
	if l.ByInstant() {
		return cut(at) > cut(due)
	}
	return at.Date() > due.Date()
}

func (l Limit) String() string { return l.Qty.String() + " " + string(l.Unit) }

// seconds returns the quantity as working seconds, of units of so many seconds
// each, rounded up.
func (q Quantity) seconds(unit int) int { return (int(q)*unit + 999) / 1000 }

// months returns the quantity of a month or year limit in months.
func (l Limit) months() int {
	if l.Unit == Year {
		return 12 * int(l.Qty/1000)
	}
	return int(l.Qty / 1000)
}
