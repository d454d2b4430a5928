package setting_test

import (
	"testing"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/fault"
	"cchc/base/moment"
	"cchc/dossier/dossiertest"
	"cchc/setting"
	"cchc/unit"
)

var (
	days  = &setting.Setting{Name: "t.days", Kind: setting.Integer, Usual: "30", Least: 0, Most: 99, Verb: auth.CounterSet}
	light = &setting.Setting{Name: "t.light", Kind: setting.Switch, Usual: setting.Off, System: true, Verb: auth.SettingChange}
	size  = &setting.Setting{Name: "t.size", Kind: setting.Choice, Usual: "s", Choices: []string{"s", "l"}, Verb: auth.SettingChange}
	motto = &setting.Setting{Name: "t.motto", Kind: setting.Text, Least: 1, Most: 3, Usual: "abc", Verb: auth.SettingChange}
)

type place struct {
	*dossiertest.Office
	t    *testing.T
	book *setting.Book
}

func open(t *testing.T) *place {
	o := dossiertest.Desk(t)
	return &place{o, t, &setting.Book{DB: o.DB, Guard: *o.Desk.Guard, Tree: o.Desk.Units, All: []*setting.Setting{days, light, size, motto}}}
}

func day(s string) moment.Date { d, _ := moment.ParseDate(s); return d }

func (p *place) change(a actor.Actor, s *setting.Setting, u unit.ID, what setting.What, value, from string) error {
	return p.book.Change(p.t.Context(), a, setting.Change{Name: s.Name, Unit: u, What: what, Value: value, From: day(from), Reason: "Quyết định 12"})
}

func (p *place) want(s *setting.Setting, u unit.ID, want string) {
	p.t.Helper()
	if got, err := p.book.Value(p.t.Context(), p.DB, s, u); err != nil || got != want {
		p.t.Errorf("%s is %q, %v; want %q", s.Name, got, err, want)
	}
}

func (p *place) ok(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

func TestAValueHoldsBelowUntilALowerUnitHasItsOwn(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.want(days, p.Commune, "30")
	p.ok(p.change(p.Admin, days, p.Province, setting.Set, "20", "2026-11-23"))
	p.want(days, p.Commune, "20")
	p.ok(p.change(p.Admin, days, p.Commune, setting.Set, "5", "2026-11-23"))
	p.want(days, p.Commune, "5")
	p.want(days, p.Mountain, "20")
	p.ok(p.change(p.Admin, days, p.Province, setting.Set, "21", "2026-11-23")) // the same day again: the last word
	p.want(days, p.Mountain, "21")
	p.want(days, p.Commune, "5")
	p.ok(p.change(p.Admin, days, p.Commune, setting.Inherit, "", "2026-11-23"))
	p.want(days, p.Commune, "21")
	h, err := p.book.Holds(t.Context(), p.DB, days, p.Commune, day("2026-11-23"))
	if err != nil || h.Unit != p.Province || h.Usual {
		t.Errorf("it comes from %+v, %v", h, err)
	}
	if n, err := (*setting.Book)(nil).Int(t.Context(), p.DB, days, p.Commune); err != nil || n != 30 {
		t.Errorf("without a book it is %d, %v; want 30", n, err)
	}
}

func TestAChangeBeginsOnItsDayAndCanBeTakenBackBefore(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.ok(p.change(p.Admin, days, p.Province, setting.Set, "20", "2026-12-01"))
	p.ok(p.change(p.Admin, days, p.Province, setting.Set, "10", "2026-12-05"))
	p.want(days, p.Commune, "30")
	p.Clock.Set("2026-11-30T23:59")
	p.want(days, p.Commune, "30")
	p.Clock.Set("2026-12-01T00:00")
	p.want(days, p.Commune, "20")
	done, ahead, err := p.book.History(t.Context(), p.DB, days, p.Province)
	if err != nil || len(done) != 2 || len(ahead) != 1 || ahead[0].Value != "10" || done[0].Reason != "Quyết định 12" || done[0].Account != p.Admin.Account {
		t.Errorf("history %+v, ahead %+v, %v", done, ahead, err)
	}
	if err := p.change(p.Admin, days, p.Province, setting.Withdraw, "", "2026-12-01"); !fault.Is(err, fault.Invalid) {
		t.Errorf("taking back what has begun: %v, want Invalid", err)
	}
	p.ok(p.change(p.Admin, days, p.Province, setting.Withdraw, "", "2026-12-05"))
	p.Clock.Set("2026-12-06T09:00")
	p.want(days, p.Commune, "20")
}

func TestWhatIsOutOfBoundsIsRefusedAtItsField(t *testing.T) {
	t.Parallel()
	p := open(t)
	for about, c := range map[string]struct {
		change setting.Change
		field  string
	}{
		"too many":             {setting.Change{Name: "t.days", What: setting.Set, Value: "100", From: day("2026-11-23"), Reason: "x"}, "value"},
		"below none":           {setting.Change{Name: "t.days", What: setting.Set, Value: "-1", From: day("2026-11-23"), Reason: "x"}, "value"},
		"no number":            {setting.Change{Name: "t.days", What: setting.Set, Value: "x", From: day("2026-11-23"), Reason: "x"}, "value"},
		"no such choice":       {setting.Change{Name: "t.size", What: setting.Set, Value: "m", From: day("2026-11-23"), Reason: "x"}, "value"},
		"a switch half on":     {setting.Change{Name: "t.light", What: setting.Set, Value: "maybe", From: day("2026-11-23"), Reason: "x"}, "value"},
		"four letters":         {setting.Change{Name: "t.motto", What: setting.Set, Value: "ăâêô", From: day("2026-11-23"), Reason: "x"}, "value"},
		"yesterday":            {setting.Change{Name: "t.days", What: setting.Set, Value: "1", From: day("2026-11-22"), Reason: "x"}, "from"},
		"no day":               {setting.Change{Name: "t.days", What: setting.Set, Value: "1", Reason: "x"}, "from"},
		"eleven years ahead":   {setting.Change{Name: "t.days", What: setting.Set, Value: "1", From: day("2037-11-23"), Reason: "x"}, "from"},
		"no reason":            {setting.Change{Name: "t.days", What: setting.Set, Value: "1", From: day("2026-11-23"), Reason: " "}, "reason"},
		"inherits already":     {setting.Change{Name: "t.days", What: setting.Inherit, From: day("2026-11-23"), Reason: "x"}, "from"},
		"nothing to take back": {setting.Change{Name: "t.days", What: setting.Withdraw, From: day("2026-12-23"), Reason: "x"}, "from"},
	} {
		c.change.Unit = p.Province
		f := fault.As(p.book.Change(t.Context(), p.Admin, c.change))
		if f == nil || f.Kind != fault.Invalid || len(f.Fields) != 1 || f.Fields[0].Name != c.field {
			t.Errorf("%s: %+v, want one fault at %s", about, f, c.field)
		}
	}
	p.ok(p.change(p.Admin, motto, p.Province, setting.Set, "ăâê", "2026-11-23"))
	if err := p.change(p.Admin, motto, p.Province, setting.Set, "ăâê", "2026-11-23"); !fault.Is(err, fault.Invalid) {
		t.Errorf("the same again: %v, want Invalid", err)
	}
	if err := p.change(p.Admin, days, "nowhere", setting.Set, "1", "2026-11-23"); !fault.Is(err, fault.NotFound) {
		t.Errorf("a unit that is none: %v, want NotFound", err)
	}
}

func TestWhoMayChangeWhat(t *testing.T) {
	t.Parallel()
	p := open(t)
	keeper := actor.Actor{Account: "keeper", Login: "quantrixa", Name: "Quản trị xã", Grants: []actor.Grant{{Role: actor.Administrator, Unit: p.Commune}}}
	p.ok(p.change(keeper, days, p.Commune, setting.Set, "5", "2026-11-23"))
	for about, err := range map[string]error{
		"a commune's keeper, for the province":      p.change(keeper, days, p.Province, setting.Set, "6", "2026-11-23"),
		"a commune's keeper, for another commune":   p.change(keeper, days, p.Mountain, setting.Set, "6", "2026-11-23"),
		"a commune's keeper, for the system":        p.change(keeper, light, p.Commune, setting.Set, setting.On, "2026-11-23"),
		"home affairs, what is the administrator's": p.change(p.HomeAffairs, size, p.Province, setting.Set, "l", "2026-11-23"),
		"an officer": p.change(p.Officer, days, p.Commune, setting.Set, "6", "2026-11-23"),
	} {
		if !fault.Is(err, fault.Forbidden) {
			t.Errorf("%s: %v, want Forbidden", about, err)
		}
	}
	p.ok(p.change(p.HomeAffairs, days, p.Province, setting.Set, "7", "2026-11-23"))
	p.ok(p.change(p.Admin, light, "", setting.Set, setting.On, "2026-11-23"))
	p.want(light, p.Commune, setting.On)
	p.want(light, "", setting.On)
}

func TestAPreviewTellsWhatAChangeThenDoes(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.ok(p.change(p.Admin, days, p.Commune, setting.Set, "5", "2026-11-23"))
	c := setting.Change{Name: days.Name, Unit: p.Province, What: setting.Set, Value: "9", From: day("2026-11-25"), Reason: "Họp"}
	x, err := p.book.Preview(t.Context(), p.DB, p.Admin, c, []unit.ID{p.Commune, p.Mountain})
	if err != nil || x.Before.Value != "30" || x.After.Value != "9" || x.Changed != 2 || len(x.Keep) != 1 || x.Keep[0] != p.Commune {
		t.Errorf("the preview is %+v, %v", x, err)
	}
	p.want(days, p.Province, "30")
	p.ok(p.change(p.Admin, days, p.Province, setting.Set, "8", "2026-11-23")) // somebody else meanwhile
	c.Stamp = x.Stamp
	if err := p.book.Change(t.Context(), p.Admin, c); !fault.Is(err, fault.Conflict) {
		t.Errorf("changed on an old preview: %v, want Conflict", err)
	}
	c.Stamp = 0
	p.ok(p.book.Change(t.Context(), p.Admin, c))

	list, err := audit.Latest(t.Context(), p.DB, audit.Filter{Kind: "setting", Object: days.Name, Limit: 10})
	if err != nil || len(list) != 3 {
		t.Fatalf("the trail has %d entries, %v; want 3", len(list), err)
	}
	if e := list[0]; e.Actor.Account != p.Admin.Account || e.Reason != "Họp" || e.Unit != p.Province || e.Changes[0].From != "8" || e.Changes[0].To != "9" || e.Changes[1].To != "2026-11-25" {
		t.Errorf("the trail says %+v", e)
	}
}
