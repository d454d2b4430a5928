package serviceindex

import (
	"context"
	"fmt"
	"math/big"
	"strings"

	"cchc/base/i18n"
	"cchc/base/points"
)

// Formula writes the rule of a metric with its numbers and the result:
// "20 × 2541 / 2618 = 19,41". Where there is no ratio it says why.
func (m *Metric) Formula(ctx context.Context, v Value) string {
	p, b := m.Score(v)
	result := i18n.Decimal(ctx, p)
	switch b {
	case NoPoints, Missing, Nothing:
		return i18n.T(ctx, "serviceindex.branch."+string(b))
	case NothingOK, NothingBad, ByDefault:
		return i18n.T(ctx, "serviceindex.branch."+string(b)) + ": " + result
	}
	return m.left(ctx, v) + " = " + result
}

func (m *Metric) left(ctx context.Context, v Value) string {
	full, num := number(ctx, m.Max), fmt.Sprint(v.Num)
	switch m.Rule.Kind {
	case Capped:
		return fmt.Sprintf("%s × min(1; %s / %d / %s)", full, num, v.Den, percent(ctx, m.Rule.FullAt))
	case Complement:
		return fmt.Sprintf("%s × min(1; (1 − %d / %d) / %s)", full, v.Den-v.Num, v.Den, percent(ctx, m.Rule.FullAt))
	}
	if v.Num > v.Den {
		return fmt.Sprintf("%s × min(1; %s / %d)", full, num, v.Den)
	}
	return fmt.Sprintf("%s × %s / %d", full, num, v.Den)
}

// number writes a maximum without places that it has not: 20, 2,5.
func number(ctx context.Context, p points.Points) string {
	s := strings.TrimRight(i18n.Decimal(ctx, p), "0")
	return strings.TrimRight(s, ".,")
}

func percent(ctx context.Context, r *big.Rat) string {
	p := number(ctx, points.Round(new(big.Rat).Mul(r, big.NewRat(100, 1)), 4))
	if i18n.Lang(ctx) == i18n.English {
		return p + "%"
	}
	return p + " %"
}
