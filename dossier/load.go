package dossier

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/unit"
)

// A History is a dossier as another system, or the maker of demonstration data,
// tells it: its fixed part and its facts in order. Load stores many at once.
type History struct {
	Dossier // ID, Code and the fixed part; the state follows from Facts
	Person  Person
	Facts   []Fact // Seq, and Recorded when zero, are filled in
	Steps   []Step
	Papers  []Paper
}

// What was numbered elsewhere is never given again: the number of the day goes
// on after it.
var numberRaise = db.Rows("dossier.number.raise", "dossier_number", "prefix, day, last", `
	ON CONFLICT (prefix, day) DO UPDATE SET last = excluded.last
	WHERE dossier_number.last < excluded.last`)

// Load stores histories in one write: dossiers, facts and counters together, and
// one audit entry for all of them. The codes must be new.
func (k *Desk) Load(ctx context.Context, a actor.Actor, why string, histories []*History) error {
	return k.DB.Write(ctx, func(tx *db.Tx) error { return k.load(ctx, tx, a, why, histories) })
}

func (k *Desk) load(ctx context.Context, tx *db.Tx, a actor.Actor, why string, histories []*History) error {
	l := k.newLoader(tx, a, why)
	if err := l.add(ctx, histories); err != nil {
		return err
	}
	return l.close(ctx)
}

// A loader stores histories in parts, as one write: add as often as wanted, then
// close.
type loader struct {
	k           *Desk
	tx          *db.Tx
	a           actor.Actor
	why         string
	t           *tally
	checked     map[unit.ID]bool
	touched     map[unit.ID]string
	numbers     map[Code]int64 // by agency and day
	n           int
	back        bool   // something was entered before, by its own word
	first, last string // codes
}

func (k *Desk) newLoader(tx *db.Tx, a actor.Actor, why string) *loader {
	return &loader{k: k, tx: tx, a: a, why: why, t: newTally(), checked: map[unit.ID]bool{}, touched: map[unit.ID]string{}, numbers: map[Code]int64{}}
}

// tallied is how many counters are kept in memory before they are stored.
const tallied = 50_000

func (l *loader) add(ctx context.Context, histories []*History) error {
	if len(histories) == 0 {
		return nil
	}
	var rows, people, agents, facts, steps, papers, finds, words [][]any
	var issued []Issue
	for _, h := range histories {
		d := &h.Dossier
		for i := range h.Facts {
			f := &h.Facts[i]
			f.Seq = i + 1
			f.Account = cmp.Or(f.Account, l.a.Account)
			if f.Recorded == 0 {
				f.Recorded = l.tx.Now
			} else {
				l.back = true
			}
			if f.At > l.tx.Now {
				return fault.New(fault.Invalid, "dossier.in_future").With(d.Code, "dossier.in_future")
			}
			facts = append(facts, f.args(d.ID))
		}
		d.State = Fold(h.Facts, d.Limit.ByInstant(), 0, 0)
		d.facts = len(h.Facts)
		d.Step = StepNow{}
		if d.Ended == 0 && d.NotAccepted == 0 {
			d.Step = stepNow(d.State, h.Steps)
		}
		if !l.checked[d.Promised] {
			if err := l.k.Guard.Check(ctx, l.tx, l.a, auth.DossierImport, d.Promised); err != nil {
				return err
			}
			l.checked[d.Promised] = true
		}
		rows = append(rows, d.rowArgs())
		people = append(people, h.Person.args(d.ID))
		if h.Person.Agent != (Agent{}) {
			agents = append(agents, h.Person.Agent.args(d.ID))
		}
		f := d.findable(h.Person.Name)
		finds, words = append(finds, f.args(d.ID)), append(words, f.wordRows(d.ID)...)
		for _, s := range h.Steps {
			steps = append(steps, s.args(d.ID))
		}
		for i, p := range h.Papers {
			p.Ord = i + 1
			papers = append(papers, p.args(d.ID))
		}
		issued = append(issued, issuesOf(h)...)
		l.t.add(d, 1)
		l.touched[d.State.Unit] = d.Code
		if d.System == "" {
			if c, err := ParseCode(d.Code); err == nil {
				day := Code{Agency: c.Agency, Day: c.Day}
				l.numbers[day] = max(l.numbers[day], c.Number)
			}
		}
	}
	for _, x := range []struct {
		bulk *db.Bulk
		rows [][]any
	}{
		{rowInsert, rows}, {personInsert, people}, {agentInsert, agents}, {factInsert, facts}, {stepStore, steps}, {paperInsert, papers},
		{findInsert, finds}, {wordInsert, words},
	} {
		if err := l.tx.InsertRows(ctx, x.bulk, x.rows); err != nil {
			return err
		}
	}
	slices.SortStableFunc(issued, func(a, b Issue) int { return cmp.Compare(a.at, b.at) })
	if err := number(ctx, l.tx, issued); err != nil {
		return err
	}
	if l.n == 0 {
		l.first = histories[0].Code
	}
	l.n += len(histories)
	l.last = histories[len(histories)-1].Code
	if len(l.t.days)+len(l.t.procedures) > tallied {
		if err := l.t.store(ctx, l.tx); err != nil {
			return err
		}
		l.t = newTally()
	}
	return nil
}

// close stores the counters and the one audit entry.
func (l *loader) close(ctx context.Context) error {
	if l.n == 0 {
		return nil
	}
	if err := l.t.store(ctx, l.tx); err != nil {
		return err
	}
	var raise [][]any
	for c, last := range l.numbers {
		raise = append(raise, []any{c.Agency, c.Day, last})
	}
	if err := l.tx.InsertRows(ctx, numberRaise, raise); err != nil {
		return err
	}
	if err := l.tx.Bump(ctx, bulk); err != nil {
		return err
	}
	if l.back || l.k.DB.Now() > l.tx.Now.Add(settled/2) {
		if err := l.tx.Bump(ctx, backdated); err != nil {
			return err
		}
	}
	if l.k.Publish != nil {
		for u, code := range l.touched {
			l.k.Publish(ctx, l.tx, u, code)
		}
	}
	units := make([]string, 0, len(l.touched))
	for u := range l.touched {
		units = append(units, string(u))
	}
	slices.Sort(units)
	return audit.Record(ctx, l.tx, audit.Entry{Actor: l.a, Verb: string(auth.DossierImport), Kind: "dossier_load", ID: db.NewID(),
		Unit: unit.ID(units[0]), Reason: l.why, Changes: []audit.Change{
			{Field: "dossiers", To: fmt.Sprint(l.n)},
			{Field: "first", To: l.first}, {Field: "last", To: l.last},
			{Field: "units", To: fmt.Sprint(len(units))},
		}})
}
