package dossier

import (
	"context"
	"fmt"
	"sync"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/look"
	"cchc/calendar"
	"cchc/procedure"
	"cchc/setting"
	"cchc/unit"
)

// A Desk is where dossiers are worked on: every verb is a method of it. DB,
// Guard, Units, Calendars and Procedures are needed; the rest may be zero.
type Desk struct {
	DB         *db.DB
	Guard      *auth.Guard
	Units      *unit.Book
	Calendars  *calendar.Store
	Procedures *procedure.Catalogue
	Settings   *setting.Book // nil: what is usual

	// Publish takes part in the write by which a unit's dossiers move, to tell whoever
	// watches once it is committed; nil tells nobody.
	Publish func(ctx context.Context, tx *db.Tx, u unit.ID, code string)
	// TurnMoved is the same for a unit's queue.
	TurnMoved func(tx *db.Tx, u unit.ID)

	// Changed takes part in the write in which a dossier changed, to note whom to
	// tell; nil tells nobody. before is the national status until then, 0 for a new
	// dossier. What is brought in by an import or a feed is not told of.
	Changed func(ctx context.Context, tx *db.Tx, d Dossier, before Status, facts []Fact) error

	// Looks notes who opened a dossier; nil notes nobody.
	Looks *look.Log

	// Forget takes part in the write in which a dossier's person was erased, for
	// whatever else knows of them; nil is nobody.
	Forget func(ctx context.Context, tx *db.Tx, f Forgotten) error

	keeping sync.Once
	figures *db.Cache[*kept] // see perUnit
	periods keptPeriods
	lists   figureLists
}

// A work is a verb under way on one dossier: what it was, what happens now, and
// what must be written.
type work struct {
	desk  *Desk
	tx    *db.Tx
	actor actor.Actor
	d     *Dossier
	facts []Fact
	added []Fact
	steps []Step // loaded by the verbs that move them
	moved map[int]bool
	why   string
	extra []audit.Change
}

// act runs one verb on one dossier in one write: load, ask the policy whether the
// act may be done by this person to a dossier that stands so, let do add facts,
// fold, store, count, record.
func (k *Desk) act(ctx context.Context, a actor.Actor, x auth.Act, code string, do func(ctx context.Context, w *work) error) error {
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		d, err := find(ctx, tx, code)
		if err != nil {
			return err
		}
		return k.actTx(ctx, tx, a, x, &d, do)
	})
}

func (k *Desk) actTx(ctx context.Context, tx *db.Tx, a actor.Actor, x auth.Act, d *Dossier, do func(ctx context.Context, w *work) error) error {
	if err := k.may(ctx, tx, a, x, d); err != nil {
		return err
	}
	facts, err := db.All(ctx, tx, factsOf, scanFact, d.ID)
	if err != nil {
		return err
	}
	w := &work{desk: k, tx: tx, actor: a, d: d, facts: facts, moved: map[int]bool{}}
	if err := do(ctx, w); err != nil {
		return err
	}
	return w.store(ctx, x.Verb)
}

// happened adds a fact. A zero At is now; one in the future, or before the
// dossier arrived, is refused.
func (w *work) happened(f Fact) error {
	if f.At == 0 {
		f.At = w.tx.Now
	}
	if f.At > w.tx.Now {
		return fault.New(fault.Invalid, "dossier.in_future").With("at", "dossier.in_future")
	}
	if w.d.RegisteredAt != 0 && f.At < w.d.RegisteredAt {
		return fault.New(fault.Invalid, "dossier.before_receipt").With("at", "dossier.before_receipt")
	}
	f.Seq = len(w.facts) + len(w.added) + 1
	f.Recorded, f.Account, f.Behalf = w.tx.Now, w.actor.Account, w.actor.For.Account
	w.added = append(w.added, f)
	w.d.State = w.fold()
	return nil
}

func (w *work) all() []Fact { return append(w.facts[:len(w.facts):len(w.facts)], w.added...) }

func (w *work) fold() State { return Fold(w.all(), w.d.Limit.ByInstant(), 0, 0) }

// store writes what the verb did: facts, row, steps, tallies, audit entry, and a
// notice after the commit.
func (w *work) store(ctx context.Context, v auth.Verb) error {
	if len(w.added) == 0 && len(w.moved) == 0 && len(w.extra) == 0 {
		return nil
	}
	before := *w.d
	before.State = Fold(w.facts, w.d.Limit.ByInstant(), 0, 0)
	after := w.d
	after.State = w.fold()
	after.facts = len(w.facts) + len(w.added)
	if w.steps != nil {
		after.Step = stepNow(after.State, w.steps)
	}
	if after.Ended != 0 || after.NotAccepted != 0 {
		after.Step = StepNow{} // nobody holds it any more
	}
	rows := make([][]any, len(w.added))
	for i, f := range w.added {
		rows[i] = f.args(after.ID)
	}
	if err := w.tx.InsertRows(ctx, factInsert, rows); err != nil {
		return err
	}
	rows = nil
	for _, s := range w.steps {
		if w.moved[s.Ord] {
			rows = append(rows, s.args(after.ID))
		}
	}
	if err := w.tx.InsertRows(ctx, stepStore, rows); err != nil {
		return err
	}
	args := append(append(after.stateArgs(), after.stepArgs()...), after.ID)
	if _, err := w.tx.Exec(ctx, rowUpdate, args...); err != nil {
		return err
	}
	if before.Unit != after.Unit { // the row no longer tells where it was counted
		if err := w.tx.Bump(ctx, bulk); err != nil {
			return err
		}
	}
	switch {
	case before.RegisteredAt != after.RegisteredAt: // an earlier event of it was told late
		if err := rearrive(ctx, w.tx, after); err != nil {
			return err
		}
	case before.State.Unit != after.State.Unit:
		if _, err := w.tx.Exec(ctx, findMove, string(after.State.Unit), after.ID); err != nil {
			return err
		}
	}
	if v != auth.DossierImport || after.System == "" { // what another system issued stands in its books
		if err := issueNew(ctx, w.tx, after.State.Unit, after.ID, w.added); err != nil {
			return err
		}
	}
	t := newTally()
	t.add(&before, -1)
	t.add(after, 1)
	if err := t.store(ctx, w.tx); err != nil {
		return err
	}
	return w.record(ctx, v, before)
}

func (w *work) record(ctx context.Context, v auth.Verb, before Dossier) error {
	changes := append(differences(before, *w.d), w.extra...)
	for _, f := range w.added {
		changes = append(changes, audit.Change{Field: "fact", To: string(f.Kind)})
		if w.why == "" {
			w.why = f.Reason
		}
	}
	err := audit.Record(ctx, w.tx, audit.Entry{Actor: w.actor, Verb: string(v), Kind: "dossier", ID: w.d.ID,
		Unit: w.d.State.Unit, Changes: changes, Reason: w.why})
	if err != nil {
		return fmt.Errorf("audit %s: %w", w.d.Code, err)
	}
	w.desk.publish(ctx, w.tx, w.d, before.State.Unit)
	if w.desk.Changed != nil && len(w.added) > 0 {
		return w.desk.Changed(ctx, w.tx, *w.d, before.Status(), w.added)
	}
	return nil
}

// publish tells, once the write is committed, whoever watches the units concerned.
func (k *Desk) publish(ctx context.Context, tx *db.Tx, d *Dossier, also unit.ID) {
	if k.Publish == nil {
		return
	}
	k.Publish(ctx, tx, d.State.Unit, d.Code)
	if also != "" && also != d.State.Unit {
		k.Publish(ctx, tx, also, d.Code)
	}
}

// differences lists what changed of the columns that people ask about.
func differences(a, b Dossier) []audit.Change {
	var out []audit.Change
	diff := func(field, from, to string) {
		if from != to {
			out = append(out, audit.Change{Field: field, From: from, To: to})
		}
	}
	diff("status", fmt.Sprint(int(a.Status())), fmt.Sprint(int(b.Status())))
	diff("unit", string(a.State.Unit), string(b.State.Unit))
	diff("due", a.Due.String(), b.Due.String())
	diff("due_promised", a.DuePromised.String(), b.DuePromised.String())
	diff("verdict", string(a.Verdict()), string(b.Verdict()))
	diff("step", a.Step.Name, b.Step.Name)
	diff("step_account", a.Step.Account, b.Step.Account)
	return out
}

// stepNow is who holds the dossier, from its steps.
func stepNow(s State, steps []Step) StepNow {
	if c := current(steps); c != nil {
		return StepNow{Name: c.Name, Role: c.Role, Account: c.Account, Due: c.Due}
	}
	return StepNow{Due: s.Due}
}

// project returns the due date with the stops so far, as of now.
func (w *work) project(ctx context.Context, facts []Fact) (calendar.Projection, error) {
	cal, err := w.desk.Calendars.For(ctx, w.tx, w.d.State.Unit)
	if err != nil {
		return calendar.Projection{}, err
	}
	return cal.Project(w.d.AcceptedAt, w.d.Limit, w.d.Convention, Stops(facts), w.tx.Now)
}

// loadSteps reads the internal steps.
func (w *work) loadSteps(ctx context.Context) (err error) {
	if w.steps == nil {
		w.steps, err = db.All(ctx, w.tx, stepsOf, scanStep, w.d.ID)
	}
	return err
}
