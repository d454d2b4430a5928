package criteria

import (
	"context"
	"strings"

	"cchc/base/i18n"
	"cchc/base/points"
)

// A LateRule takes points for each day that something came late, down to a floor.
type LateRule struct {
	Start   points.Points // the maximum when a leaf leaves it out, else 0
	Each    points.Points // below 0
	Per     string        // "ngày", "ngày làm việc"
	Free    int64         // days that are let pass
	Floor   *points.Points
	Working bool // days are working days: dates alone do not tell them, the value does
}

func readLate(m *mapping, n *Node, s seat) Rule {
	x := &LateRule{Each: readEach(m), Per: m.text("per"), Free: m.integer("free", 0, 366, 0)}
	x.Working = strings.Contains(fold(x.Per), "lam viec") || strings.Contains(fold(x.Per), "working")
	if s.scores() {
		x.Start = n.Max
		x.Floor = new(points.Points)
	}
	if p, ok := m.points("start"); ok {
		x.Start = p
		within(m, "start", OfPoints(p), n, s)
	}
	reaches(m, "start", OfPoints(x.Start), n, s)
	if p, ok := m.points("floor"); ok {
		x.Floor = &p
		if p > x.Start {
			m.wrong("floor", "criteria.floor_above", "Floor", plain(p), "Start", plain(x.Start))
		}
		within(m, "floor", OfPoints(p), n, s)
	}
	if s == penaltySeat && x.Start > 0 {
		m.wrong("start", "criteria.penalty_above_0")
	}
	return x
}

// Kind implements Rule.
func (*LateRule) Kind() Kind { return Late }

// Monotone implements Rule.
func (*LateRule) Monotone() Direction { return Falling }

// Sentence implements Rule.
func (x *LateRule) Sentence(ctx context.Context, _ *Node) string {
	per := x.Per
	if per == "" {
		per = i18n.T(ctx, "criteria.say_day")
	}
	var parts []string
	if x.Start > 0 {
		parts = append(parts, i18n.T(ctx, "criteria.say_on_time", "Points", inPoints(ctx, OfPoints(x.Start))))
	}
	parts = append(parts, i18n.T(ctx, "criteria.say_late", "Per", per, "Each", inPoints(ctx, OfPoints(-x.Each))))
	if x.Free > 0 {
		parts = append(parts, i18n.T(ctx, "criteria.say_free", "Days", days(ctx, Int(x.Free))))
	}
	if x.Floor != nil {
		parts = append(parts, i18n.T(ctx, "criteria.say_floor", "Floor", inPoints(ctx, OfPoints(*x.Floor))))
	}
	return strings.Join(parts, "; ")
}

func (x *LateRule) points(_ *Node, in *Input, _ *scoring) (Num, Branch, bool) {
	v, ok := in.daysLate()
	if x.Working && in.Value == nil && v.Sign() > 0 {
		return Num{}, Branch{}, false // only a calendar knows
	}
	// A day begun is a day late.
	n := max(0, v.ceil())
	return descend(x.Start, x.Each, x.Floor, max(0, n-x.Free), ok)
}

func (x *LateRule) write(w *writer) {
	w.points("start", x.Start)
	w.points("each", x.Each)
	w.text("per", x.Per)
	if x.Free > 0 {
		w.num("free", Int(x.Free))
	}
	if x.Floor != nil {
		w.points("floor", *x.Floor)
	}
}
