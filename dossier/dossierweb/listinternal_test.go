package dossierweb

import (
	"fmt"
	"testing"
	"time"

	"cchc/base/actor"
	"cchc/base/i18n"
	"cchc/dossier"
	"cchc/unit"
)

// Keys that are put together while the program runs are not found by the test
// that reads the code.
func TestEveryComposedKeyHasAMessage(t *testing.T) {
	t.Parallel()
	var keys []string
	add := func(prefix string, names ...string) {
		for _, n := range names {
			keys = append(keys, "dossierlist."+prefix+n)
		}
	}
	for _, b := range dossier.Buckets {
		for _, p := range []string{"bucket.", "list.title.", "list.found.", "list.empty."} {
			add(p, string(b))
		}
	}
	for _, b := range lateBuckets {
		add("late.nothing.", string(b))
		add("late.count.", string(b))
		for _, p := range []string{"late.found.", "late.sector."} {
			add(p, string(b), string(b)+some(0))
		}
	}
	for _, sheet := range sheets {
		for _, c := range columnsIn(sheet.Groups) {
			for _, p := range []string{"head.", "ii06a.", "paper.head."} {
				add(p, string(c))
			}
		}
		for _, c := range sheet.More {
			add("ii06a.", string(c))
		}
		for _, g := range sheet.Groups {
			add("paper.", g.Key)
		}
		keys = append(keys, "reports.sheet."+sheet.Key, "reports.sheet."+sheet.Key+".long", "reports.paper."+sheet.Key)
	}
	for index, outcomes := range map[string][]string{"total_time": {"shorter", "equal", "longer"}, "unit_time": {"shorter", "equal", "longer"},
		"contacts": {"none", "one", "more"}, "agencies": {"none", "one", "more"}, "attitude": {"early", "on_time", "late", "complaint"},
		"organisation": {"yes", "no"}, "online": {"yes", "no"}} {
		for _, o := range outcomes {
			keys = append(keys, "reports.evaluation.outcome."+index+"."+o)
		}
	}
	for _, s := range periodSteps {
		keys = append(keys, "reports.periods.step."+s.Key)
	}
	for _, by := range reportBy {
		if by != dossier.ByOfficer {
			add("report.by.", byName(by))
		}
	}
	add("waiting.", dossier.ForSupplement, dossier.ForObligation, dossier.ForOther)
	add("lookup.event.waiting.", dossier.ForSupplement, dossier.ForObligation, dossier.ForOther)
	add("lookup.event.ended.", dossier.EndFinished, dossier.EndRefused, dossier.EndWithdrawn, dossier.EndStopped)
	add("lookup.event.", "registered", "not_accepted", "accepted", "started", "apologised", "withdrawal", "returned")
	add("lookup.take.", dossier.AtCounter, dossier.ByPost, dossier.ByOnline)
	for _, p := range []string{"lookup.status.", "lookup.next."} {
		add(p, "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "late", "sorry", "pause", "refused", "withdrawn")
	}
	add("rate.score.", "1", "2", "3", "4", "5")
	add("unit.area.", "ordinary", unit.Mountainous, unit.Difficult)
	for _, k := range []unit.Kind{unit.Created, unit.Renamed, unit.Merged, unit.Divided, unit.Dissolved, unit.LevelChanged, unit.ParentChanged, unit.CodeChanged, unit.FactsChanged} {
		add("unit.event.", string(k))
	}
	add("unit.convention.", "days", "clock")
	add("unit.stat.", "open", "overdue", "soon", "waiting", "uncollected", "new")
	for _, k := range []string{"code", "applicant", "procedure", "due", "standing", "apology", "step", "new_date", "channel", "accepted", "ended", "at_end", "unit"} {
		add("column.", k)
	}
	for _, k := range keys {
		if !i18n.Has(k) {
			t.Errorf("no message for %s", k)
		}
	}
}

func TestTheLimiterForgetsAddressesAndNotThoseThatTry(t *testing.T) {
	t.Parallel()
	var l limiter
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	for i := range lookupKept - 4 { // came long ago, and have their whole allowance again
		l.allow(fmt.Sprintf("10.%d.%d.1", i/250, i%250), now.Add(-time.Hour))
	}
	for range lookupBurst {
		if !l.allow("192.0.2.1", now) {
			t.Fatal("refused within the burst")
		}
	}
	if l.allow("192.0.2.1", now) {
		t.Error("allowed one too many")
	}
	// One line of IPv6 is one caller, however many addresses it has.
	for i := range lookupBurst {
		l.allow(fmt.Sprintf("2001:db8:1:2::%x", i+1), now)
	}
	if l.allow("2001:db8:1:2:ffff::1", now) {
		t.Error("another address of the same line is another caller")
	}
	if !l.allow("2001:db8:1:3::1", now) || !l.allow("::ffff:192.0.2.2", now) {
		t.Error("somebody else has to wait")
	}
	if l.allow("::ffff:192.0.2.1", now) {
		t.Error("an IPv4 address written as IPv6 is another caller")
	}
	for i := range 10 {
		l.allow(fmt.Sprintf("198.51.100.%d", i), now)
	}
	if len(l.from) > 20 {
		t.Errorf("%d addresses are kept, want only those of late", len(l.from))
	}
	if l.allow("192.0.2.1", now) {
		t.Error("who tries too much was forgotten together with the others")
	}
	for i := range lookupKept + 10 { // all at once: then everybody begins anew
		l.allow(fmt.Sprintf("10.%d.%d.2", i/250, i%250), now)
	}
	if len(l.from) > lookupKept {
		t.Errorf("%d addresses are kept, want at most %d", len(l.from), lookupKept)
	}
}

func TestWhereTheDayBegins(t *testing.T) {
	t.Parallel()
	for role, want := range map[actor.Role]string{actor.OneStop: "/work", actor.Specialist: "/work", actor.Chairperson: "/board",
		actor.HomeAffairs: "/board", actor.Auditor: "/board", actor.Administrator: "/board"} {
		if got := Start(actor.Actor{Account: "a", Grants: []actor.Grant{{Role: role}}}); got != want {
			t.Errorf("the day of %s begins at %s, want %s", role, got, want)
		}
	}
}

func TestShorten(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in   string
		n    int
		want string
	}{{"Đăng ký khai sinh", 20, "Đăng ký khai sinh"}, {"Đăng ký khai sinh", 12, "Đăng ký…"}, {"Cấp (đổi) thẻ", 6, "Cấp…"}, {"Khôngcókhoảngtrắng", 5, "Không…"}} {
		if got := shorten(c.in, c.n); got != c.want {
			t.Errorf("shorten(%q, %d) = %q, want %q", c.in, c.n, got, c.want)
		}
	}
}

func TestPeriodsAreReadAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"2026-10", "2026-Q3", "2026"} {
		from, to, ok := parsePeriod(s)
		if !ok || dossier.PeriodName(from, to) != s {
			t.Errorf("parsePeriod(%s) = %s, %s, %v", s, from, to, ok)
		}
	}
	for _, s := range []string{"", "2026-13", "2026-Q5", "26", "1999", "custom", "2026-1"} {
		if from, to, ok := parsePeriod(s); ok {
			t.Errorf("parsePeriod(%q) = %s, %s", s, from, to)
		}
	}
}
