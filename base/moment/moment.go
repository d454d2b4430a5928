// Package moment holds the two kinds of time that the product knows: a civil
// Date and an Instant, both in Vietnam's time (Asia/Ho_Chi_Minh, UTC+7, without
// daylight saving since 1975). Both are small integers: they compare with <,
// are zero when "not happened", and are stored as they are on both engines.
package moment

import (
	"database/sql/driver"
	"fmt"
	"strings"
	"time"
)

// Zone is Vietnam's civil time, UTC+7. The zone has had one offset since
// 1975-06-13, before any fact that the product keeps.
var Zone = time.FixedZone("+07", 7*3600)

const (
	day    = 86_400
	offset = 7 * 3600
)

// A Date is a civil day: the number of days since 1970-01-01. The zero Date
// means "none" and is stored as NULL; 1970-01-01 itself cannot be written.
type Date int32

// NewDate returns the Date of a year, month and day; values out of range are
// normalised as time.Date does (2026-02-30 is 2026-03-02).
func NewDate(year int, month time.Month, d int) Date {
	return Date(time.Date(year, month, d, 0, 0, 0, 0, time.UTC).Unix() / day)
}

// latestYear is the last whose days and times are read: what is reckoned from one, such
// as the day after a last day, has four figures too and is read back. The first is 1: an
// instant of 0000 with a zone may be of the year before that, which no text has.
const latestYear = 9998

// inReach returns an error, with the text, for a year that is not read.
func inReach(t time.Time, s string) error {
	if y := t.Year(); y < 1 || y > latestYear {
		return fmt.Errorf("%q is not of the years 1 to %d", s, latestYear)
	}
	return nil
}

// ParseDate reads 2026-11-23 or 23/11/2026, of the years 1 to 9998.
func ParseDate(s string) (Date, error) {
	s = strings.TrimSpace(s)
	for _, layout := range []string{"2006-01-02", "02/01/2006", "2/1/2006"} {
		if t, err := time.Parse(layout, s); err == nil {
			if err := inReach(t, s); err != nil {
				return 0, err
			}
			return Date(t.Unix() / day), nil
		}
	}
	return 0, fmt.Errorf("%q is not a date (2026-11-23 or 23/11/2026)", s)
}

// Time returns midnight UTC of the date, for formatting and arithmetic only.
func (d Date) Time() time.Time { return time.Unix(int64(d)*day, 0).UTC() }

// Weekday returns the day of the week.
func (d Date) Weekday() time.Weekday { return time.Weekday(((int(d)+4)%7 + 7) % 7) }

// AddDays returns the date n days later, or earlier for a negative n.
func (d Date) AddDays(n int) Date { return d + Date(n) }

// AddMonths returns the same day n months later, or the last day of that month
// when it is shorter: 2026-01-31 + 1 is 2026-02-28.
func (d Date) AddMonths(n int) Date {
	y, m, dd := d.Time().Date()
	last := time.Date(y, m+time.Month(n)+1, 0, 0, 0, 0, 0, time.UTC)
	if dd > last.Day() {
		dd = last.Day()
	}
	return NewDate(last.Year(), last.Month(), dd)
}

// FirstOfMonth returns the first day of the date's month.
func (d Date) FirstOfMonth() Date { y, m, _ := d.Time().Date(); return NewDate(y, m, 1) }

// LastOfMonth returns the last day of the date's month.
func (d Date) LastOfMonth() Date { y, m, _ := d.Time().Date(); return NewDate(y, m+1, 0) }

// FirstOfYear returns 1 January of the date's year.
func (d Date) FirstOfYear() Date { return NewDate(d.Time().Year(), 1, 1) }

// At returns the instant of the date at a time of day, given in seconds since
// midnight; values of 86,400 and more reach into later days.
func (d Date) At(seconds int) Instant {
	return Instant((int64(d)*day + int64(seconds) - offset) * 1000)
}

// Start returns midnight at the beginning of the date.
func (d Date) Start() Instant { return d.At(0) }

// End returns the last millisecond of the date.
func (d Date) End() Instant { return (d + 1).At(0) - 1 }

// String returns the date as 2026-11-23, or "" for the zero Date.
func (d Date) String() string {
	if d == 0 {
		return ""
	}
	return d.Time().Format("2006-01-02")
}

// VN returns the date as Vietnamese papers write it, 23/11/2026, or "".
func (d Date) VN() string {
	if d == 0 {
		return ""
	}
	return d.Time().Format("02/01/2006")
}

// Value stores the number of days, or NULL for the zero Date.
func (d Date) Value() (driver.Value, error) {
	if d == 0 {
		return nil, nil
	}
	return int64(d), nil
}

// Scan reads what Value stored.
func (d *Date) Scan(src any) error {
	n, err := integer(src)
	*d = Date(n)
	return err
}

// MarshalText writes 2026-11-23.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what ParseDate reads; an empty text is the zero Date.
func (d *Date) UnmarshalText(b []byte) (err error) {
	if len(b) == 0 {
		*d = 0
		return nil
	}
	*d, err = ParseDate(string(b))
	return err
}

// An Instant is a moment: milliseconds since 1970-01-01T00:00Z. The zero
// Instant means "not happened" and is stored as NULL.
type Instant int64

// Of returns the Instant of t, cut to the millisecond; the zero time gives the
// zero Instant.
func Of(t time.Time) Instant {
	if t.IsZero() {
		return 0
	}
	return Instant(t.UnixMilli())
}

// ParseInstant reads 2026-11-23T09:00, 2026-11-23 09:00:05, 23/11/2026 09:00 or
// RFC 3339 with a zone. A time without zone is Vietnam's. A bare date is
// refused: use ParseDate where a day alone will do. Of the years 1 to 9998.
func ParseInstant(s string) (Instant, error) {
	t, err := parseTime(strings.TrimSpace(s))
	if err == nil {
		err = inReach(t.In(Zone), s)
	}
	if err != nil {
		return 0, err
	}
	return Of(t), nil
}

func parseTime(s string) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
		return t, nil
	}
	for _, layout := range []string{
		"2006-01-02T15:04", "2006-01-02T15:04:05", "2006-01-02 15:04", "2006-01-02 15:04:05",
		"02/01/2006 15:04", "02/01/2006 15:04:05", "2/1/2006 15:04",
	} {
		if t, err := time.ParseInLocation(layout, s, Zone); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is not a time (2026-11-23T09:00)", s)
}

// Time returns the instant as a time in Vietnam's zone; the zero Instant gives
// the zero time.
func (i Instant) Time() time.Time {
	if i == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(i)).In(Zone)
}

// Date returns the civil day on which the instant falls in Vietnam; zero for
// the zero Instant.
func (i Instant) Date() Date {
	if i == 0 {
		return 0
	}
	return Date(floorDiv(floorDiv(int64(i), 1000)+offset, day))
}

// SecondOfDay returns whole seconds since midnight in Vietnam, 0 to 86,399.
func (i Instant) SecondOfDay() int {
	s := floorDiv(int64(i), 1000) + offset
	return int(s - floorDiv(s, day)*day)
}

// Skew is by how much the clocks of two machines may differ: what lies further ahead of
// now was written by a clock that was wrong.
const Skew = 10 * time.Minute

// Add the instant d later.
func (i Instant) Add(d time.Duration) Instant { return i + Instant(d.Milliseconds()) }

// String returns 2026-11-25T17:00, with seconds when there are any, or "".
func (i Instant) String() string {
	if i == 0 {
		return ""
	}
	if i%60_000 == 0 {
		return i.Time().Format("2006-01-02T15:04")
	}
	return i.Time().Format("2006-01-02T15:04:05")
}

// VN returns the instant as Vietnamese papers write it: 09:00 23/11/2026, or "".
func (i Instant) VN() string {
	if i == 0 {
		return ""
	}
	return i.Time().Format("15:04 02/01/2006")
}

// Value stores the milliseconds, or NULL for the zero Instant.
func (i Instant) Value() (driver.Value, error) {
	if i == 0 {
		return nil, nil
	}
	return int64(i), nil
}

// Scan reads what Value stored.
func (i *Instant) Scan(src any) error {
	n, err := integer(src)
	*i = Instant(n)
	return err
}

// MarshalText writes RFC 3339 with Vietnam's offset.
func (i Instant) MarshalText() ([]byte, error) {
	if i == 0 {
		return nil, nil
	}
	return []byte(i.Time().Format("2006-01-02T15:04:05.999-07:00")), nil
}

// UnmarshalText reads what ParseInstant reads; an empty text is the zero Instant.
func (i *Instant) UnmarshalText(b []byte) (err error) {
	if len(b) == 0 {
		*i = 0
		return nil
	}
	*i, err = ParseInstant(string(b))
	return err
}

func integer(src any) (int64, error) {
	switch v := src.(type) {
	case nil:
		return 0, nil
	case int64:
		return v, nil
	case int32:
		return int64(v), nil
	}
	return 0, fmt.Errorf("a moment is stored as an integer, not %T", src)
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
