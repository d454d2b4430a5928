package criteria

import (
	"context"
	"strings"

	"cchc/base/i18n"
	"cchc/base/points"
)

func fold(s string) string { return i18n.Fold(s) }

// decimal writes an exact number as people write it, without needless zeros: 98,5;
// one that does not end is rounded to four places.
func decimal(ctx context.Context, v Num) string {
	s := OfPoints(v.Round(4)).String()
	if places, ok := decimalPlaces(v.Rat()); ok && places > 4 {
		s = v.String()
	}
	whole, places, dot := strings.Cut(s, ".")
	sign := ""
	if strings.HasPrefix(whole, "-") {
		sign, whole = "−", whole[1:]
	}
	sep, comma := ".", ","
	if i18n.Lang(ctx) == i18n.English {
		sep, comma = ",", "."
	}
	var b strings.Builder
	b.WriteString(sign)
	for i := range len(whole) {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteString(sep)
		}
		b.WriteByte(whole[i])
	}
	if dot {
		b.WriteString(comma)
		b.WriteString(places)
	}
	return b.String()
}

// percent writes a ratio in percent: "98 %", "98%" in English.
func percent(ctx context.Context, v Num) string {
	s := decimal(ctx, v.Mul(Int(100)))
	if i18n.Lang(ctx) == i18n.English {
		return s + "%"
	}
	return s + " %"
}

// amount writes a number in the unit that a rule counts in.
func amount(ctx context.Context, v Num, asPercent bool) string {
	if asPercent {
		return percent(ctx, v)
	}
	return decimal(ctx, v)
}

// inPoints writes points with their noun: "7 điểm", "1 point".
func inPoints(ctx context.Context, v Num) string {
	return i18n.T(ctx, "criteria.points", "Count", plural(v), "Points", decimal(ctx, v))
}

// plural returns the number that chooses the plural form; what is not whole is many.
func plural(v Num) int64 {
	if v.whole() {
		return v.floor()
	}
	return 2
}

// plain writes points for a file: 2, 0.25.
func plain(p points.Points) string { return OfPoints(p).String() }

// upper makes the first letter a capital.
func upper(s string) string {
	for i, r := range s {
		return strings.ToUpper(string(r)) + s[i+len(string(r)):]
	}
	return s
}
