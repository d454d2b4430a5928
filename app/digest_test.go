package app

import (
	"context"
	"strings"
	"testing"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/serviceindex/serviceindexweb"
)

func TestTheWeekIsToldOnceOnItsFirstWorkingDay(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	r, clock, province, u := commune(t)
	var leaders []string
	for login, unit := range map[string]actor.UnitID{"chutich": province, "chutich.xa": u} {
		id, err := r.accounts.Create(ctx, operator, auth.NewAccount{Login: login, Name: login, Password: "nắng chiều trên sông",
			Grants: []actor.Grant{{Role: actor.Chairperson, Unit: unit}}})
		if err != nil {
			t.Fatal(err)
		}
		leaders = append(leaders, id)
	}
	told := map[string][]serviceindexweb.Letter{}
	r.letters = func(_ context.Context, account string, l serviceindexweb.Letter) error {
		told[account] = append(told[account], l)
		return nil
	}
	receive(t, r, u)
	for _, c := range []struct {
		at   string
		want int
	}{
		{"2026-11-29T09:00", 2}, // a Sunday: the week that began on the 23rd was never told
		{"2026-11-29T10:00", 0},
		{"2026-11-30T08:00", 2}, // Monday
		{"2026-12-01T08:00", 0},
	} {
		clock.Set(c.at)
		n, err := r.tellWeek(ctx)
		if err != nil || n != c.want {
			t.Errorf("%s: %d told, %v; want %d", c.at, n, err, c.want)
		}
	}
	for _, account := range leaders {
		if got := told[account]; len(got) != 2 || !strings.Contains(got[1].Subject, "Bản tin tuần 30/11/2026") || !strings.HasPrefix(got[1].Link, "/board/week?") {
			t.Errorf("%s was told %+v", account, got)
		}
	}
	// A holiday on Monday: 02/09/2027 is a Thursday, so take the Tết week of 2027.
	clock.Set("2027-02-08T09:00")
	if n, err := r.tellWeek(ctx); err != nil || n != 0 {
		t.Errorf("on the third day of Tết %d were told, %v", n, err)
	}
}
