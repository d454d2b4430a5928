package app

import (
	"context"
	"slices"
	"testing"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/scorecard"
	"cchc/unit"
)

// Who scores in a unit and who appraises is told of stages, questions, answers and
// verdicts, each once, however often the job runs.
func TestPeopleAreToldOfARound(t *testing.T) {
	t.Parallel()
	ctx := i18n.With(context.Background(), i18n.Vietnamese)
	r, clock, province, u := commune(t)
	clock.Set("2026-11-23T08:00")
	person := func(login string, role actor.Role, at unit.ID) actor.Actor {
		t.Helper()
		id, err := r.accounts.Create(ctx, operator, auth.NewAccount{Login: login, Name: "Cán bộ " + login, Password: "một mật khẩu đủ dài", Grants: []actor.Grant{{Role: role, Unit: at}}})
		if err != nil {
			t.Fatal(err)
		}
		a, err := auth.Load(ctx, r.db, id, r.db.Now().Date())
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	staff, appraiser := person("xa101", actor.HomeAffairs, u), person("thamdinh", actor.Specialist, province)
	round := scoredRound(t, r, province)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	at := func(s string) moment.Instant {
		t.Helper()
		i, err := moment.ParseInstant(s)
		must(err)
		return i
	}
	must(r.scorecard.SetCalendar(ctx, operator, round.ID, append(slices.Clone(round.Windows),
		scorecard.Window{Stage: scorecard.StageExplain, Opens: at("2027-01-05T08:00"), Closes: at("2027-01-17T17:00")}), ""))
	for _, f := range []string{"3", "6"} {
		must(r.scorecard.Assign(ctx, operator, round.ID, scorecard.StageAppraised1, f, []string{appraiser.Account}))
	}
	events := func(a actor.Actor) []string {
		t.Helper()
		for range 2 { // what was told is not told again
			must(r.tellScores(ctx))
		}
		list, _, err := r.notices.Inbox(ctx, a, false, "")
		must(err)
		var out []string
		for _, n := range slices.Backward(list) {
			out = append(out, n.Event)
			if n.Text == "" || n.Link == "" {
				t.Errorf("%s says %q and leads to %q", n.Event, n.Text, n.Link)
			}
		}
		return out
	}
	is := func(when string, a actor.Actor, want ...string) {
		t.Helper()
		if got := events(a); !slices.Equal(got, want) {
			t.Errorf("%s: told of %q, want %q", when, got, want)
		}
	}
	is("before", staff)
	clock.Set("2026-12-01T09:00")
	is("self-scores open", staff, "score_opens")
	clock.Set("2026-12-18T09:00")
	is("they lock in two days", staff, "score_opens", "score_closes")
	sheets, err := r.scorecard.Sheets(ctx, r.db, operator, round)
	must(err)
	sheet := sheets[slices.IndexFunc(sheets, func(s scorecard.Sheet) bool { return s.Unit == u })]
	must(r.scorecard.HandIn(ctx, operator, sheet.ID, true))
	is("an appraiser before appraisal", appraiser)
	clock.Set("2027-01-04T09:00")
	is("appraisal opens", appraiser, "score_opens")
	must(r.scorecard.Ask(ctx, appraiser, sheet.ID, []string{"3.2.2"}, "Cơ sở nào?"))
	is("asked", staff, "score_opens", "score_closes", "score_asked")
	clock.Set("2027-01-05T09:00")
	all := []string{"score_opens", "score_closes", "score_asked", "score_verdict", "score_opens"}
	is("explanations open", staff, all...)
	questions, err := r.scorecard.Questions(ctx, r.db, sheet)
	must(err)
	must(r.scorecard.Answer(ctx, staff, questions[0].ID, "Có biên bản"))
	is("answered", appraiser, "score_opens", "score_answered")
	clock.Set("2027-01-13T09:00") // appraisal locks on the 15th
	is("appraisal locks soon", appraiser, "score_opens", "score_answered", "score_closes")
	clock.Set("2027-01-29T09:00")
	is("long after", staff, all...)
}
