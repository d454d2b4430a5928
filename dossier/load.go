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
	if len(histories) == 0 {
		return nil
	}
	var rows, people, agents, facts, steps, papers [][]any
	t := newTally()
	checked := map[unit.ID]bool{}
	touched := map[unit.ID]string{}
	numbers := map[Code]int64{} // by agency and day
	var issued []Issue
	for _, h := range histories {
		d := &h.Dossier
		for i := range h.Facts {
			f := &h.Facts[i]
			f.Seq = i + 1
			f.Account = cmp.Or(f.Account, a.Account)
			if f.Recorded == 0 {
				f.Recorded = tx.Now
			}
			if f.At > tx.Now {
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
		if !checked[d.Promised] {
			if err := k.Guard.Check(ctx, tx, a, auth.DossierImport, d.Promised); err != nil {
				return err
			}
			checked[d.Promised] = true
		}
		rows = append(rows, d.rowArgs())
		people = append(people, h.Person.args(d.ID))
		if h.Person.Agent != (Agent{}) {
			agents = append(agents, h.Person.Agent.args(d.ID))
		}
		for _, s := range h.Steps {
			steps = append(steps, s.args(d.ID))
		}
		for i, p := range h.Papers {
			p.Ord = i + 1
			papers = append(papers, p.args(d.ID))
		}
		issued = append(issued, issuesOf(h)...)
		t.add(d, 1)
		touched[d.State.Unit] = d.Code
		if c, err := ParseCode(d.Code); err == nil && d.System == "" {
			day := Code{Agency: c.Agency, Day: c.Day}
			numbers[day] = max(numbers[day], c.Number)
		}
	}
	for _, x := range []struct {
		bulk *db.Bulk
		rows [][]any
	}{
		{rowInsert, rows}, {personInsert, people}, {agentInsert, agents}, {factInsert, facts}, {stepStore, steps}, {paperInsert, papers},
	} {
		if err := tx.InsertRows(ctx, x.bulk, x.rows); err != nil {
			return err
		}
	}
	slices.SortStableFunc(issued, func(a, b Issue) int { return cmp.Compare(a.at, b.at) })
	if err := number(ctx, tx, issued); err != nil {
		return err
	}
	if err := t.store(ctx, tx); err != nil {
		return err
	}
	var raise [][]any
	for c, last := range numbers {
		raise = append(raise, []any{c.Agency, c.Day, last})
	}
	if err := tx.InsertRows(ctx, numberRaise, raise); err != nil {
		return err
	}
	if k.Publish != nil {
		tx.AfterCommit(func() {
			for u, code := range touched {
				k.Publish(u, code)
			}
		})
	}
	units := make([]string, 0, len(touched))
	for u := range touched {
		units = append(units, string(u))
	}
	slices.Sort(units)
	return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: string(auth.DossierImport), Kind: "dossier_load", ID: db.NewID(),
		Unit: unit.ID(units[0]), Reason: why, Changes: []audit.Change{
			{Field: "dossiers", To: fmt.Sprint(len(histories))},
			{Field: "first", To: histories[0].Code}, {Field: "last", To: histories[len(histories)-1].Code},
			{Field: "units", To: fmt.Sprint(len(units))},
		}})
}
