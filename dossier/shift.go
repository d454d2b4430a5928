package dossier

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/moment"
	"cchc/calendar"
	"cchc/unit"
)

// What a change of calendar would do to promises, before anybody makes it. It is
// computed by the functions with which Reproject does it.

// Calendars gives the calendar of a unit: the calendar room's Store, or a Draft
// of it.
type Calendars interface {
	For(ctx context.Context, q db.Queryer, u unit.ID) (*calendar.Calendar, error)
}

// A Shift is what a change of calendar does to one promise, or would have done to
// one that has ended.
type Shift struct {
	System, Code string
	Unit         unit.ID
	Procedure    string
	Due, New     moment.Instant
	ByInstant    bool
	Was, Would   Verdict // of an ended dossier
	Overdue      bool    // an open one that is overdue now
	Saved        bool    // … and no longer would be
}

// Shifts is what a change of calendar does to the promises of a unit and below.
type Shifts struct {
	Later  []Shift // move to a later day or hour, by due date
	Kept   []Shift // would be earlier: the promise stays as it was given
	Judged []Shift // ended ones that the new calendar would judge differently: they stay as they were judged

	Same     int // open, and not concerned
	Paused   int // open and waiting: counted by the new calendar when the clock goes on
	External int // open, with a due date that came from another system
	NoLimit  int // open, without a limit
}

// Open counts the open dossiers that were looked at.
func (s *Shifts) Open() int {
	return len(s.Later) + len(s.Kept) + s.Same + s.Paused + s.External + s.NoLimit
}

var (
	shiftOpen = db.Lines("dossier.shift.open", `
		SELECT `+columns+`
		FROM dossier
		WHERE accepted_at IS NOT NULL AND ended_at IS NULL
		AND `+withReach("unit_id")+`    --[unit]
		ORDER BY id`)
	shiftEnded = db.Lines("dossier.shift.ended", `
		SELECT `+columns+`
		FROM dossier
		WHERE accepted_at IS NOT NULL AND ended_day >= :from AND NOT external_due
		AND `+withReach("unit_id")+`    --[unit]
		ORDER BY id`)
	// The facts of which Stops makes the intervals of the clock.
	shiftFacts = db.Lines("dossier.shift.facts", `
		SELECT d.id, f.seq, f.kind, f.at, f.recorded_at, f.account, f.unit_id, f.due, f.how, f.qty, f.ref, f.reason, f.document, f.on_behalf
		FROM dossier d
		JOIN dossier_fact f ON f.dossier_id = d.id
		WHERE d.accepted_at IS NOT NULL
		AND d.ended_at IS NULL                                                             --[!ended]
		AND d.ended_day >= :ended                                                          --[ended]
		AND `+withReach("d.unit_id")+`  --[unit]
		AND f.kind IN ('accepted', 'supplement_asked', 'supplement_received', 'obligation_asked', 'obligation_met',
			'paused', 'resumed', 'withdrawn', 'stopped', 'finished', 'refused', 'corrected')
		ORDER BY d.id, f.seq`)
)

// Shifts tells what the calendars would do to the promises of a unit and below
// ("" is all) if they held instead of today's. from is the first day on which
// they differ. The actor needs calendar.change there.
func (k *Desk) Shifts(ctx context.Context, q db.Queryer, a actor.Actor, u unit.ID, would Calendars, from moment.Date) (Shifts, error) {
	var out Shifts
	if err := k.Guard.Check(ctx, q, a, auth.CalendarChange, u); err != nil {
		return out, err
	}
	args := db.Args{}
	if u != "" {
		args["unit"], args["today"] = string(u), k.DB.Now().Date()
	}
	stops, err := stopsWhere(ctx, q, args)
	if err != nil {
		return out, err
	}
	now := k.DB.Now()
	stmt, list := shiftOpen.With(args)
	open, err := db.All(ctx, q, stmt, scan, list...)
	if err != nil {
		return out, err
	}
	for i := range open {
		if err := k.shift(ctx, q, &out, &open[i], stops[open[i].ID], would, now); err != nil {
			return out, err
		}
	}
	byDue := func(a, b Shift) int { return cmp.Or(cmp.Compare(a.Due, b.Due), cmp.Compare(a.Code, b.Code)) }
	slices.SortFunc(out.Later, byDue)
	slices.SortFunc(out.Kept, byDue)
	if out.Judged, err = k.judged(ctx, q, args, would, from); err != nil {
		return out, err
	}
	slices.SortFunc(out.Judged, byDue)
	return out, nil
}

func (k *Desk) shift(ctx context.Context, q db.Queryer, out *Shifts, d *Dossier, stops []calendar.Stop, would Calendars, now moment.Instant) error {
	switch {
	case d.Waiting != "":
		out.Paused++
		return nil
	case d.ExternalDue:
		out.External++
		return nil
	case d.Limit.Unit == "":
		out.NoLimit++
		return nil
	}
	is, err := k.dueBy(ctx, q, k.Calendars, d, stops, now)
	if err != nil {
		return err
	}
	due, err := k.dueBy(ctx, q, would, d, stops, now)
	if err != nil {
		return err
	}
	s := shiftOf(d, due)
	s.Overdue = d.Overdue(now)
	switch {
	case due > d.Due:
		moved := d.State
		moved.Due = due
		s.Saved = s.Overdue && !moved.Overdue(now)
		out.Later = append(out.Later, s)
	case due < is:
		out.Kept = append(out.Kept, s)
	default:
		out.Same++
	}
	return nil
}

// judged lists the ended dossiers that would have ended otherwise: in time
// instead of late, or late instead of in time. What they were judged by is the
// due date then in force, so nothing of this happens to them.
func (k *Desk) judged(ctx context.Context, q db.Queryer, args db.Args, would Calendars, from moment.Date) ([]Shift, error) {
	both := db.Args{"ended": from}
	if u, ok := args["unit"]; ok {
		both["unit"], both["today"] = u, args["today"]
	}
	stops, err := stopsWhere(ctx, q, both)
	if err != nil {
		return nil, err
	}
	delete(both, "ended")
	both["from"] = from
	stmt, list := shiftEnded.With(both)
	ended, err := db.All(ctx, q, stmt, scan, list...)
	if err != nil {
		return nil, err
	}
	var out []Shift
	for i := range ended {
		d := &ended[i]
		if d.Limit.Unit == "" || d.Due == 0 {
			continue
		}
		due, err := k.dueBy(ctx, q, would, d, stops[d.ID], d.Ended)
		if err != nil {
			return nil, err
		}
		s := shiftOf(d, max(due, d.Due)) // a promise is never moved earlier
		moved := d.State
		moved.Due = s.New
		if s.Was, s.Would = d.Verdict(), moved.Verdict(); (s.Was == Late) != (s.Would == Late) {
			out = append(out, s)
		}
	}
	return out, nil
}

func shiftOf(d *Dossier, due moment.Instant) Shift {
	return Shift{System: d.System, Code: d.Code, Unit: d.State.Unit, Procedure: d.ProcedureCode, Due: d.Due, New: due, ByInstant: d.ByInstant}
}

// dueBy returns the due date of a dossier by the calendar of its unit, with its
// stops, as of a moment.
func (k *Desk) dueBy(ctx context.Context, q db.Queryer, from Calendars, d *Dossier, stops []calendar.Stop, asOf moment.Instant) (moment.Instant, error) {
	cal, err := from.For(ctx, q, d.State.Unit)
	if err != nil {
		return 0, err
	}
	p, err := cal.Project(d.AcceptedAt, d.Limit, d.Convention, stops, asOf)
	if err != nil {
		return 0, fmt.Errorf("project %s: %w", d.Code, err)
	}
	return p.Due, nil
}

// stopsWhere reads the stops of many dossiers at once; one that never stood still
// has no entry.
func stopsWhere(ctx context.Context, q db.Queryer, args db.Args) (map[string][]calendar.Stop, error) {
	out := map[string][]calendar.Stop{}
	id, facts := "", []Fact(nil)
	flush := func() {
		if s := Stops(facts); len(s) > 0 {
			out[id] = s
		}
		facts = facts[:0]
	}
	stmt, list := shiftFacts.With(args)
	err := db.Each(ctx, q, stmt, func(r db.Scanner) error {
		var next string
		var f Fact
		if err := r.Scan(append([]any{&next}, f.targets()...)...); err != nil {
			return err
		}
		if next != id {
			flush()
			id = next
		}
		facts = append(facts, f)
		return nil
	}, list...)
	flush()
	return out, err
}
