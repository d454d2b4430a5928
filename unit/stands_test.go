package unit_test

import (
	"context"
	"testing"

	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/unit"
)

// For an act of a day a unit stands in one of the policy's states, and in each of them
// every act is tried and undone: what the policy allows is done, the rest is refused
// with the unit and the day.
func TestEveryActOnAUnitIsPossibleInItsStatesAndInNoOther(t *testing.T) {
	t.Parallel()
	r, _ := registry(t)
	make := func(code string, level string, parent unit.ID) unit.ID {
		t.Helper()
		return must[unit.ID](t)(r.Create(ctx, system, unit.New{Code: code, Name: "Đơn vị " + code, Level: level, Parent: parent}, on(day("2010-01-01"))))
	}
	province := make("70", unit.Province, "")
	other := make("70.1", unit.Commune, province)
	plain := make("70.2", unit.Commune, province)
	renamed := make("70.3", unit.Commune, province)
	check(t, r.Rename(ctx, system, renamed, "Xã Khác", on(reform)))
	gone := make("70.4", unit.Commune, province)
	check(t, r.Dissolve(ctx, system, gone, other, on(reform)))
	for _, x := range []struct {
		state auth.State
		id    unit.ID
		day   string
	}{
		{"to_come", plain, "2009-12-31"},
		{"in_force", plain, "2020-01-01"},
		{"in_force", renamed, "2025-07-02"},
		{"changed_that_day", renamed, "2025-07-01"},
		{"changed_that_day", plain, "2010-01-01"},
		{"changed_later", renamed, "2025-06-30"},
		{"ended", gone, "2025-07-01"},
		{"ended", gone, "2020-01-01"}, // its end is known: what goes before it would change what went on
	} {
		act := on(day(x.day))
		born := unit.New{Code: "70.9", Name: "Xã Mới", Level: unit.Commune, Parent: province}
		for _, try := range []struct {
			act  auth.Act
			name string
			do   func(ctx context.Context) error
		}{
			{auth.AmendUnit, "rename", func(ctx context.Context) error { return r.Rename(ctx, system, x.id, "Xã Đổi Tên", act) }},
			{auth.AmendUnit, "code", func(ctx context.Context) error { return r.ChangeCode(ctx, system, x.id, "70.99", act) }},
			{auth.AmendUnit, "level", func(ctx context.Context) error {
				return r.ChangeLevel(ctx, system, x.id, unit.District, province, act)
			}},
			{auth.AmendUnit, "parent", func(ctx context.Context) error { return r.ChangeParent(ctx, system, x.id, province, act) }},
			{auth.AmendUnit, "facts", func(ctx context.Context) error { return r.ChangeFacts(ctx, system, x.id, "", "A", act) }},
			{auth.EndUnit, "dissolve", func(ctx context.Context) error { return r.Dissolve(ctx, system, x.id, "", act) }},
			{auth.EndUnit, "merge", func(ctx context.Context) error {
				_, err := r.Merge(ctx, system, unit.Merger{From: []unit.ID{x.id}, New: &born}, act)
				return err
			}},
			{auth.DivideUnit, "divide", func(ctx context.Context) error {
				two := born
				two.Code = "70.8"
				_, err := r.Split(ctx, system, unit.Division{Unit: x.id, Open: -1, Into: []unit.Piece{{New: &born, Share: unit.Whole / 2}, {New: &two, Share: unit.Whole / 2}}}, act)
				return err
			}},
			{auth.CarryOn, "keep a part", func(ctx context.Context) error {
				_, err := r.Split(ctx, system, unit.Division{Unit: x.id, Open: 0, Into: []unit.Piece{{Unit: x.id, Share: unit.Whole / 2}, {New: &born, Share: unit.Whole / 2}}}, act)
				return err
			}},
		} {
			rehearsal, _ := db.Rehearse(ctx)
			err := try.do(rehearsal)
			f := fault.As(err)
			switch may := try.act.In(x.state); {
			case may && f != nil && (f.Key == "unit.not_in_force" || f.Key == "unit.changed_later"):
				t.Errorf("%s of a unit that is %s on %s: the policy allows it, and %v", try.name, x.state, x.day, err)
			case !may && (f == nil || f.Key != map[bool]string{true: "unit.not_in_force", false: "unit.changed_later"}[x.state == "to_come" || x.state == "ended"]):
				t.Errorf("%s of a unit that is %s on %s: the policy forbids it, and %v", try.name, x.state, x.day, err)
			}
		}
		// Another is put together with it.
		rehearsal, _ := db.Rehearse(ctx)
		_, err := r.Merge(rehearsal, system, unit.Merger{From: []unit.ID{other}, Into: x.id}, act)
		if f := fault.As(err); (f != nil && (f.Key == "unit.not_in_force" || f.Key == "unit.changed_later")) == auth.CarryOn.In(x.state) && x.day > "2010-01-01" {
			t.Errorf("taking in another by a unit that is %s on %s: %v", x.state, x.day, err)
		}
	}
}
