package dossierweb

import (
	"context"
	"net/url"
	"strings"
	"unicode/utf8"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/web/ui"
	"cchc/calendar"
	"cchc/dossier"
	"cchc/unit"
)

// A saying is a state in words with the kind that gives it icon and colour.
type saying struct {
	Kind ui.Kind
	Text string
}

// A teller puts the dossiers of one page into words. It keeps what rows share:
// calendars, units and names are looked up once a page.
type teller struct {
	desk *dossier.Desk
	q    db.Queryer
	now  moment.Instant
	tree *unit.Tree
	who  *names
	cals map[unit.ID]*calendar.Calendar
}

func newTeller(ctx context.Context, desk *dossier.Desk, q db.Queryer) (*teller, error) {
	tree, err := desk.Units.Today(ctx, q)
	return &teller{desk: desk, q: q, now: desk.DB.Now(), tree: tree, who: newNames(q), cals: map[unit.ID]*calendar.Calendar{}}, err
}

func (t *teller) calendar(ctx context.Context, u unit.ID) (*calendar.Calendar, error) {
	if c := t.cals[u]; c != nil {
		return c, nil
	}
	c, err := t.desk.Calendars.For(ctx, t.q, u)
	if err == nil {
		t.cals[u] = c
	}
	return c, err
}

// soon returns the end of the last day that counts as soon in a unit.
func (t *teller) soon(ctx context.Context, u unit.ID) (moment.Instant, error) {
	c, err := t.calendar(ctx, u)
	if err != nil {
		return 0, err
	}
	return c.AddWorkingDays(t.now.Date(), soonDays).End(), nil
}

// due says how a dossier stands against its due date now: "còn 2 ngày làm việc",
// "quá hạn 3 ngày làm việc", and what it waits for.
func (t *teller) due(ctx context.Context, s dossier.State) (saying, error) {
	if s.Waiting != "" && !s.WaitingLate {
		return saying{ui.Paused, i18n.T(ctx, "dossierlist.waiting."+s.Waiting)}, nil
	}
	cal, err := t.calendar(ctx, s.Promised)
	if err != nil {
		return saying{}, err
	}
	text, kind := leftText(ctx, cal, t.now, s)
	return saying{kind, text}, nil
}

// apology says whether and when the applicant was apologised to.
func (t *teller) apology(ctx context.Context, s dossier.State) saying {
	switch {
	case s.ApologyInTime():
		return saying{ui.OK, i18n.T(ctx, "dossierlist.apology.in_time", "At", i18n.DayMonth(ctx, s.Apology.Date()), "New", i18n.DayMonth(ctx, s.DuePromised.Date()))}
	case s.Apology != 0:
		return saying{ui.Soon, i18n.T(ctx, "dossierlist.apology.late", "At", i18n.DayMonth(ctx, s.Apology.Date()), "New", i18n.DayMonth(ctx, s.DuePromised.Date()))}
	case s.Overdue(t.now):
		return saying{ui.Late, i18n.T(ctx, "dossierlist.apology.missing")}
	case s.Due != 0 && t.now.Date() < s.Due.Date():
		return saying{ui.Neutral, i18n.T(ctx, "dossierlist.apology.still", "By", i18n.DayMonth(ctx, s.Due.Date()-1))}
	}
	return saying{ui.Soon, i18n.T(ctx, "dossierlist.apology.too_late")}
}

// holder says whose step it is: the person, else the role; "" when nobody holds
// it.
func (t *teller) holder(ctx context.Context, d dossier.Dossier) (string, error) {
	name, err := t.who.of(ctx, d.Step.Account)
	if name == "" && d.Step.Role != "" {
		name = roleText(ctx, d.Step.Role)
	}
	return name, err
}

// procedure returns the name of a dossier's procedure, or "" when the catalogue
// does not know it.
func (t *teller) procedure(ctx context.Context, version, code string, on moment.Date) (string, error) {
	v, err := t.desk.Procedures.ByID(ctx, t.q, version)
	if fault.Is(err, fault.NotFound) {
		v, err = t.desk.Procedures.Nearest(ctx, t.q, code, on)
	}
	if fault.Is(err, fault.NotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return v.Name, nil
}

// unit names a unit as it is today, or as it last was.
func (t *teller) unit(ctx context.Context, id unit.ID) (string, error) {
	if u, ok := t.tree.Unit(id); ok {
		return u.Name, nil
	}
	return unitName(ctx, t.q, t.desk.Units, id)
}

// shorten cuts a text at a blank before n letters and marks the cut.
func shorten(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	r := []rune(s)[:n]
	cut := strings.TrimRight(string(r), " ,;(")
	if i := strings.LastIndexByte(string(r), ' '); i > len(string(r))/2 {
		cut = strings.TrimRight(string(r)[:i], " ,;(")
	}
	return cut + "…"
}

// chosen returns the unit that a page is about: the one asked for, or the first
// in which the actor may do the verb, and all of those. A grant of the whole
// system stands for the tree's roots. The right itself is the verb's to check;
// only an actor who has it nowhere is refused here.
func chosen(ctx context.Context, desk *dossier.Desk, tree *unit.Tree, a actor.Actor, verb auth.Verb, asked unit.ID) (unit.ID, []unit.ID, error) {
	if err := desk.Guard.CheckAnywhere(a, verb); err != nil {
		return "", nil, err
	}
	var roots []unit.ID
	for _, r := range auth.Roots(a, verb) {
		if r == "" {
			roots = append(roots, tree.Roots()...)
		} else {
			roots = append(roots, r)
		}
	}
	if asked == "" && len(roots) > 0 {
		asked = roots[0]
	}
	return asked, roots, nil
}

// unitOptions lists units and what is below them, indented.
func unitOptions(tree *unit.Tree, roots []unit.ID) []ui.Option {
	var out []ui.Option
	seen := map[unit.ID]bool{}
	var add func(id unit.ID, depth int)
	add = func(id unit.ID, depth int) {
		u, ok := tree.Unit(id)
		if !ok || seen[id] {
			return
		}
		seen[id] = true
		out = append(out, ui.Option{Value: string(id), Text: strings.Repeat("\u2003", depth) + u.Name})
		for _, c := range tree.Children(id) {
			add(c, depth+1)
		}
	}
	for _, r := range roots {
		add(r, 0)
	}
	return out
}

// withOption adds an option that a form already has a value for but the list
// lacks: a unit that is gone by now.
func withOption(list []ui.Option, value, text string) []ui.Option {
	for _, o := range list {
		if o.Value == value {
			return list
		}
	}
	return append(list, ui.Option{Value: value, Text: text})
}

// link writes an address with the values that are not empty.
func link(path string, values ...string) string {
	q := url.Values{}
	for i := 0; i+1 < len(values); i += 2 {
		if values[i+1] != "" {
			q.Set(values[i], values[i+1])
		}
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}
