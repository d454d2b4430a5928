package dossier

import (
	"testing"

	"cchc/base/moment"
)

func instant(s string) moment.Instant {
	if s == "" {
		return 0
	}
	if len(s) == 10 {
		s += "T10:00"
	}
	i, err := moment.ParseInstant(s)
	if err != nil {
		panic(err)
	}
	return i
}

// story makes facts of kind, when and due; each is recorded when it happened.
func story(parts ...string) []Fact {
	var out []Fact
	for i := 0; i < len(parts); i += 3 {
		at := instant(parts[i+1])
		out = append(out, Fact{Seq: len(out) + 1, Kind: FactKind(parts[i]), At: at, Recorded: at, Unit: "u1", Due: instant(parts[i+2])})
	}
	return out
}

func TestStatusFollowsFromFacts(t *testing.T) {
	const in, due = "2026-09-01", "2026-09-10T17:00"
	for _, c := range []struct {
		name  string
		facts []Fact
		want  Status
	}{
		{"arrived online", story("registered", in, ""), Registered},
		{"accepted", story("registered", in, "", "accepted", in, due), Accepted},
		{"not accepted", story("registered", in, "", "not_accepted", "2026-09-02", ""), NotAccepted},
		{"papers asked before acceptance", story("registered", in, "", "supplement_asked", "2026-09-02", ""), Supplement},
		{"papers asked during processing", story("accepted", in, due, "supplement_asked", "2026-09-02", ""), Supplement},
		{"papers came", story("accepted", in, due, "supplement_asked", "2026-09-02", "", "supplement_received", "2026-09-04", due), Accepted},
		{"obligation", story("accepted", in, due, "obligation_asked", "2026-09-02", ""), Obligation},
		{"paused for a survey", story("accepted", in, due, "paused", "2026-09-02", ""), InProgress},
		{"withdrawal asked while papers are awaited", story("accepted", in, due, "supplement_asked", "2026-09-02", "", "withdrawal_asked", "2026-09-03", ""), Withdrawing},
		{"withdrawal declined", story("accepted", in, due, "withdrawal_asked", "2026-09-03", "", "withdrawal_declined", "2026-09-04", ""), Accepted},
		{"withdrawn", story("accepted", in, due, "withdrawal_asked", "2026-09-03", "", "withdrawn", "2026-09-04", ""), Stopped},
		{"stopped", story("accepted", in, due, "stopped", "2026-09-04", ""), Stopped},
		{"finished", story("accepted", in, due, "finished", "2026-09-04", ""), Finished},
		{"refused is a result", story("accepted", in, due, "refused", "2026-09-04", ""), Finished},
		{"handed over", story("accepted", in, due, "finished", "2026-09-04", "", "returned", "2026-09-05", ""), HandedOver},
	} {
		if got := Fold(c.facts, false, 0, 0).Status(); got != c.want {
			t.Errorf("%s: status %d, want %d", c.name, got, c.want)
		}
	}
}

func TestVerdictIsByDateAndByInstantForHours(t *testing.T) {
	for _, c := range []struct {
		name, due, ended string
		hours            bool
		want             Verdict
	}{
		{"the day before", "2026-09-10T17:00", "2026-09-09T16:59", false, Early},
		{"the same day in the morning", "2026-09-10T17:00", "2026-09-10T08:00", false, OnTime},
		{"the same day after closing", "2026-09-10T11:30", "2026-09-10T16:00", false, OnTime},
		{"the day after", "2026-09-10T17:00", "2026-09-11T07:30", false, Late},
		{"hours: a minute before", "2026-09-10T15:00", "2026-09-10T14:59", true, Early},
		{"hours: to the minute", "2026-09-10T15:00", "2026-09-10T15:00", true, OnTime},
		{"hours: a minute after", "2026-09-10T15:00", "2026-09-10T15:01", true, Late},
		{"no due date is never in time", "", "2026-09-01T15:00", false, Late},
	} {
		s := Fold(story("accepted", "2026-09-01", c.due, "finished", c.ended, ""), c.hours, 0, 0)
		if got := s.Verdict(); got != c.want {
			t.Errorf("%s: due %s, ended %s is %q, want %q", c.name, c.due, c.ended, got, c.want)
		}
	}
}

func TestReturnedWithoutFinishedIsResolvedThatDay(t *testing.T) {
	s := Fold(story("accepted", "2026-09-01", "2026-09-10", "returned", "2026-09-11", ""), false, 0, 0)
	if s.Ended.Date().String() != "2026-09-11" || s.Verdict() != Late || s.End != EndReturned {
		t.Errorf("ended %s as %s, %s", s.Ended, s.End, s.Verdict())
	}
	s = Fold(story("accepted", "2026-09-01", "2026-09-10", "finished", "2026-09-09", "", "returned", "2026-10-11", ""), false, 0, 0)
	if s.Verdict() != Early {
		t.Errorf("returned late after 9 is %s, want early: it has no effect", s.Verdict())
	}
}

func TestPausedIsInTimeUnlessItWasOverdueBefore(t *testing.T) {
	at := instant("2026-10-01")
	before := Fold(story("accepted", "2026-09-01", "2026-09-10", "supplement_asked", "2026-09-09", ""), false, 0, 0)
	after := Fold(story("accepted", "2026-09-01", "2026-09-10", "supplement_asked", "2026-09-11", ""), false, 0, 0)
	if before.Overdue(at) || !after.Overdue(at) {
		t.Errorf("paused in time: overdue %t, want false; paused overdue: %t, want true", before.Overdue(at), after.Overdue(at))
	}
}

func TestFoldAsOfAndAsKnown(t *testing.T) {
	facts := story("accepted", "2026-09-01", "2026-09-10T17:00", "finished", "2026-09-09", "")
	facts[1].Recorded = instant("2026-10-05") // entered late
	if got := Fold(facts, false, instant("2026-09-30"), 0).Verdict(); got != Early {
		t.Errorf("known now: %q, want early", got)
	}
	then := Fold(facts, false, instant("2026-09-30"), instant("2026-09-30T23:59"))
	if then.Ended != 0 || !then.Overdue(instant("2026-09-30")) {
		t.Errorf("as known then it had not ended and was overdue: %+v", then)
	}
	if got := Fold(facts, false, instant("2026-09-05"), 0); got.Ended != 0 {
		t.Error("as of 5 September it had not ended")
	}
}

func TestCorrectionVoidsAndKeeps(t *testing.T) {
	facts := story("accepted", "2026-09-01", "2026-09-10T17:00", "finished", "2026-09-09", "", "corrected", "2026-09-10", "")
	facts[2].Ref = 2
	if s := Fold(facts, false, 0, 0); s.Ended != 0 || s.Status() != Accepted {
		t.Errorf("after the correction: status %d, want accepted", s.Status())
	}
	if s := Fold(facts, false, 0, instant("2026-09-09T23:00")); s.Ended == 0 {
		t.Error("as known before the correction it had ended")
	}
}

func TestAnApologyNeverMovesTheStatisticalDueDate(t *testing.T) {
	s := Fold(story("accepted", "2026-09-01", "2026-09-10T17:00", "apologised", "2026-09-09", "2026-09-20T17:00", "finished", "2026-09-15", ""), false, 0, 0)
	if s.Verdict() != Late || !s.ApologyInTime() || !s.KeptPromise() {
		t.Errorf("verdict %s, in time %t, kept %t; want late, true, true", s.Verdict(), s.ApologyInTime(), s.KeptPromise())
	}
	onDay := Fold(story("accepted", "2026-09-01", "2026-09-10T17:00", "apologised", "2026-09-10", "2026-09-20T17:00"), false, 0, 0)
	if onDay.ApologyInTime() {
		t.Error("an apology on the due date is at least one day too late")
	}
}

// QĐ 766/QĐ-TTg, ON_TIME_RATE.
func TestTimedFollowsTheServiceIndex(t *testing.T) {
	due := "2026-09-10T17:00"
	for _, c := range []struct {
		name  string
		facts []Fact
		day   string
		ok    bool
	}{
		{"one supplement is waited for: the day of the request", story("accepted", "2026-09-01", due, "supplement_asked", "2026-09-03", ""), "2026-09-03", true},
		{"asked when overdue", story("accepted", "2026-09-01", due, "supplement_asked", "2026-09-11", ""), "2026-09-11", false},
		{"two supplements are late however it ends", story("accepted", "2026-09-01", due, "supplement_asked", "2026-09-02", "", "supplement_received", "2026-09-03", due,
			"supplement_asked", "2026-09-04", "", "supplement_received", "2026-09-05", due, "finished", "2026-09-08", ""), "2026-09-08", false},
		{"a second one is waited for: not ended", story("accepted", "2026-09-01", due, "supplement_asked", "2026-09-02", "", "supplement_received", "2026-09-03", due,
			"supplement_asked", "2026-09-04", ""), "", false},
		{"an obligation is waited for: not ended", story("accepted", "2026-09-01", due, "obligation_asked", "2026-09-02", ""), "", false},
	} {
		day, ok := Fold(c.facts, false, 0, 0).Timed()
		if day.String() != c.day || ok != c.ok {
			t.Errorf("%s: Timed() = %q, %t, want %q, %t", c.name, day, ok, c.day, c.ok)
		}
	}
}

func TestWithoutDueDateTheIndexTakesTheMaximum(t *testing.T) {
	s := Fold(story("accepted", "2026-09-01", "", "due_maximum", "2026-09-01", "2026-09-10T17:00", "finished", "2026-09-09", ""), false, 0, 0)
	if _, ok := s.Timed(); !ok || s.Verdict() != Late {
		t.Errorf("index in time %t, form %s; want true and late", ok, s.Verdict())
	}
}

func TestDisprovedComplaintsNoLongerCount(t *testing.T) {
	facts := story("accepted", "2026-09-01", "2026-09-10", "finished", "2026-09-09", "", "rated", "2026-09-10", "")
	facts[2].Qty = 2
	if s := Fold(facts, false, 0, 0); s.Marks&Disliked == 0 {
		t.Error("a rating of 2 is no dislike")
	}
	facts = append(facts, Fact{Seq: 4, Kind: FReversed, At: instant("2026-09-12"), Recorded: instant("2026-09-12")})
	if s := Fold(facts, false, 0, 0); s.Marks&Disliked != 0 {
		t.Error("a disproved complaint still counts")
	}
}

func TestTransfersKeepThePromiseAndThePast(t *testing.T) {
	facts := story("accepted", "2025-06-20", "2025-07-10T17:00", "transferred", "2025-07-01T00:00", "", "finished", "2025-07-09", "")
	facts[1].Unit = "u2"
	s := Fold(facts, false, 0, 0)
	p := s.place()
	if s.Unit != "u2" || s.Promised != "u1" || s.Due != s.DueOriginal || p.ownerOn(instant("2025-07-01").Date()) != "u1" || p.ownerOn(instant("2025-07-02").Date()) != "u2" {
		t.Errorf("after the merger: %+v", s)
	}
}

func TestCodesInBothStyles(t *testing.T) {
	for _, c := range []struct {
		in, agency, day string
		n               int64
	}{
		{"000.00.16.H40-180123-0012", "000.00.16.H40", "2018-01-23", 12},
		{"h55.242-261123-0001 ", "H55.242", "2026-11-23", 1},
		{"G09.20-20260609-0092637", "G09.20", "2026-06-09", 92637},
		{"H21.227-261123-12345", "H21.227", "2026-11-23", 12345},
	} {
		got, err := ParseCode(c.in)
		if err != nil || got.Agency != c.agency || got.Day.String() != c.day || got.Number != c.n {
			t.Errorf("ParseCode(%q) = %+v, %v", c.in, got, err)
		}
		again, err := ParseCode(got.String())
		if err != nil || again != got {
			t.Errorf("%s does not read back", got)
		}
	}
	for _, bad := range []string{"", "H55", "H55.242-261323-0001", "H55.242-261123-000", "H55.242-261123-0000", "../etc-261123-0001"} {
		if c, err := ParseCode(bad); err == nil {
			t.Errorf("ParseCode(%q) = %+v", bad, c)
		}
	}
}
