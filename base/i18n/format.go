package i18n

import (
	"context"
	"strconv"
	"strings"
	"time"

	"cchc/base/moment"
	"cchc/base/points"
)

// None is what stands where there is no value; a missing figure is never 0.
const None = "–"

// Date writes a date, 28/11/2026, or "–" for none.
func Date(ctx context.Context, d moment.Date) string {
	if d == 0 {
		return None
	}
	return d.VN()
}

// LongDate writes a date with its weekday, "thứ Bảy 28/11/2026" or "Saturday
// 28/11/2026".
func LongDate(ctx context.Context, d moment.Date) string {
	if d == 0 {
		return None
	}
	return Weekday(ctx, d) + " " + d.VN()
}

// DayMonth writes 28/11, where the year is plain from what stands around it.
func DayMonth(ctx context.Context, d moment.Date) string {
	if d == 0 {
		return None
	}
	return d.VN()[:5]
}

// Instant writes a moment as people are told of it, "17:00 thứ Bảy 28/11/2026".
func Instant(ctx context.Context, i moment.Instant) string {
	if i == 0 {
		return None
	}
	return Clock(ctx, i) + " " + LongDate(ctx, i.Date())
}

// ShortInstant writes a moment for tables, "28/11/2026 17:00".
func ShortInstant(ctx context.Context, i moment.Instant) string {
	if i == 0 {
		return None
	}
	return i.Date().VN() + " " + Clock(ctx, i)
}

// Clock writes the time of day, 17:00.
func Clock(ctx context.Context, i moment.Instant) string {
	if i == 0 {
		return None
	}
	return i.Time().Format("15:04")
}

var weekdays = [...]string{"Chủ nhật", "thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy"}

// Weekday names the day of the week: "thứ Sáu", "Friday".
func Weekday(ctx context.Context, d moment.Date) string {
	if Lang(ctx) == English {
		return d.Weekday().String()
	}
	return weekdays[d.Weekday()]
}

// Month names a month with its year: "tháng 11/2026", "November 2026".
func Month(ctx context.Context, d moment.Date) string {
	y, m, _ := d.Time().Date()
	if Lang(ctx) == English {
		return m.String() + " " + strconv.Itoa(y)
	}
	return "tháng " + strconv.Itoa(int(m)) + "/" + strconv.Itoa(y)
}

// Number writes a whole number with separators: 1.234 in Vietnamese, 1,234 in
// English.
func Number[N ~int | ~int32 | ~int64 | ~uint32](ctx context.Context, n N) string {
	return group(strconv.FormatInt(int64(n), 10), separator(ctx))
}

// Decimal writes points with at least two places: 1.234,50 or 1,234.50.
func Decimal(ctx context.Context, p points.Points) string {
	whole, places, _ := strings.Cut(p.String(), ".")
	return group(whole, separator(ctx)) + comma(ctx) + places
}

// Delta writes a change with its sign: +10,31, −1,20, or 0,00. The minus is the
// mathematical one, as wide as the plus.
func Delta(ctx context.Context, p points.Points) string {
	switch {
	case p > 0:
		return "+" + Decimal(ctx, p)
	case p < 0:
		return "−" + Decimal(ctx, -p)
	}
	return Decimal(ctx, p)
}

// Percent writes a ratio in percent, half-up to two places: "97,31 %", "97.31%",
// or "–" when there is nothing to divide by.
func Percent(ctx context.Context, r points.Ratio) string {
	p, ok := r.Percent()
	if !ok {
		return None
	}
	return PercentPoints(ctx, p)
}

// PercentPoints writes points that are a percent already.
func PercentPoints(ctx context.Context, p points.Points) string {
	if Lang(ctx) == English {
		return Decimal(ctx, p) + "%"
	}
	return Decimal(ctx, p) + " %"
}

// Share writes a ratio with what it is made of: "97,31 % (31.205 / 32.068)".
func Share(ctx context.Context, r points.Ratio) string {
	return Percent(ctx, r) + " (" + Number(ctx, r.Num) + " / " + Number(ctx, r.Den) + ")"
}

// Money writes an amount in đồng: "50.000 đ".
func Money(ctx context.Context, dong int64) string { return Number(ctx, dong) + " đ" }

// Hours writes a span of working time in hours and minutes: "6 giờ 30 phút".
func Hours(ctx context.Context, d time.Duration) string {
	h, m := int(d/time.Hour), int(d%time.Hour/time.Minute)
	switch {
	case m == 0:
		return T(ctx, "i18n.hours", "Count", h)
	case h == 0:
		return T(ctx, "i18n.minutes", "Count", m)
	}
	return T(ctx, "i18n.hours", "Count", h) + " " + T(ctx, "i18n.minutes", "Count", m)
}

func separator(ctx context.Context) string {
	if Lang(ctx) == English {
		return ","
	}
	return "."
}

func comma(ctx context.Context) string {
	if Lang(ctx) == English {
		return "."
	}
	return ","
}

func group(digits, sep string) string {
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "−", digits[1:]
	}
	n := len(digits)
	if n <= 3 {
		return sign + digits
	}
	var b strings.Builder
	b.Grow(n + n/3 + 3)
	b.WriteString(sign)
	for i := range n {
		if i > 0 && (n-i)%3 == 0 {
			b.WriteString(sep)
		}
		b.WriteByte(digits[i])
	}
	return b.String()
}
