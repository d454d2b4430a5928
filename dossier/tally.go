package dossier

import (
	"cmp"
	"context"
	"slices"

	"cchc/base/db"
	"cchc/base/moment"
	"cchc/unit"
)

// A tally counts what facts alone decide. What depends on the clock as well (in
// progress, in time, overdue) is counted from the open dossiers by due date.
type tally struct {
	days       map[dayKey]*[6]int64
	months     map[monthKey]*[14]int64
	procedures map[procedureKey]*[8]int64
}

type dayKey struct {
	unit      unit.ID
	day       moment.Date
	procedure string
	channel   Channel
}

type monthKey struct {
	unit  unit.ID
	month moment.Date
}

type procedureKey struct {
	unit      unit.ID
	month     moment.Date
	procedure string
}

func newTally() *tally {
	return &tally{days: map[dayKey]*[6]int64{}, months: map[monthKey]*[14]int64{}, procedures: map[procedureKey]*[8]int64{}}
}

// Columns of the tallies, in the order of the tables.
const (
	dReceived = iota
	dEarly
	dOnTime
	dLate
	dIn
	dOut
)
const (
	mReceived = iota
	mOnline
	mEResult
	mDigitised
	mReused
	mPopulation
	mSynced
	mObliged
	mPaidOnline
	mDispleased
	mTimed
	mTimedOK
	mPostal
	mEnteredLater
)
const (
	pReceived = iota
	pOnline
	pPopulation
	pObliged
	pPaidOnline
	pEnded
	pInTime
	pEResult
)

// add counts a dossier n times: 1 for what it is now, -1 for what it was.
func (t *tally) add(d *Dossier, n int64) {
	s := &d.State
	if s.AcceptedAt == 0 {
		return
	}
	day := func(u unit.ID, on moment.Date, column int) {
		at(t.days, dayKey{u, on, d.ProcedureCode, d.Channel})[column] += n
	}
	received := s.AcceptedAt.Date()
	day(s.Promised, received, dReceived)
	for _, m := range s.moves {
		day(m.from, m.day, dOut)
		day(m.to, m.day, dIn)
	}
	if s.Ended != 0 {
		v := s.Verdict()
		day(s.Unit, s.Ended.Date(), map[Verdict]int{Early: dEarly, OnTime: dOnTime, Late: dLate}[v])
		ended := at(t.procedures, procedureKey{s.Unit, s.Ended.Date().FirstOfMonth(), d.ProcedureCode})
		ended[pEnded] += n
		if v != Late {
			ended[pInTime] += n
		}
	}

	month := at(t.months, monthKey{s.Promised, received.FirstOfMonth()})
	proc := at(t.procedures, procedureKey{s.Promised, received.FirstOfMonth(), d.ProcedureCode})
	month[mReceived] += n
	proc[pReceived] += n
	if d.Channel == Online {
		month[mOnline] += n
		proc[pOnline] += n
	}
	for _, m := range []struct {
		mark             Marks
		month, procedure int
	}{
		{EResult, mEResult, pEResult}, {Digitised, mDigitised, -1}, {Reused, mReused, -1}, {Population, mPopulation, pPopulation},
		{Synced, mSynced, -1}, {Obliged, mObliged, pObliged}, {Obliged | PaidOnline, mPaidOnline, pPaidOnline},
	} {
		if s.Marks&m.mark == m.mark {
			month[m.month] += n
			if m.procedure >= 0 {
				proc[m.procedure] += n
			}
		}
	}
	if s.Displeased() {
		month[mDispleased] += n
	}
	if d.postal() {
		month[mPostal] += n
	}
	if d.enteredLater() {
		month[mEnteredLater] += n
	}
	if on, ok := s.Timed(); on != 0 {
		timed := at(t.months, monthKey{s.Unit, on.FirstOfMonth()})
		timed[mTimed] += n
		if ok {
			timed[mTimedOK] += n
		}
	}
}

// Displeased reports whether facts alone take the dossier out of the satisfied
// ones of the service index: it ended late, or was complained of. One that is
// both is left out once (QĐ 766, DOSSIER_RECEIVING_SATISFACTION; see the
// decision record on satisfaction).
func (s State) Displeased() bool { return s.Marks&Disliked != 0 || s.Verdict() == Late }

func at[K comparable, V any](m map[K]*V, k K) *V {
	v := m[k]
	if v == nil {
		v = new(V)
		m[k] = v
	}
	return v
}

var (
	tallyDay = db.Rows("dossier.tally.day", "tally_day",
		"unit_id, day, procedure_code, channel, received, early, on_time, late, moved_in, moved_out", `
		ON CONFLICT (unit_id, day, procedure_code, channel) DO UPDATE SET
			received = tally_day.received + excluded.received,
			early = tally_day.early + excluded.early,
			on_time = tally_day.on_time + excluded.on_time,
			late = tally_day.late + excluded.late,
			moved_in = tally_day.moved_in + excluded.moved_in,
			moved_out = tally_day.moved_out + excluded.moved_out`)
	tallyMonth = db.Rows("dossier.tally.month", "tally_month",
		`unit_id, month, received, online, e_result, digitised, reused, population, synced, obliged, paid_online,
		displeased, timed, timed_ok, postal, entered_later`, `
		ON CONFLICT (unit_id, month) DO UPDATE SET
			received = tally_month.received + excluded.received,
			online = tally_month.online + excluded.online,
			e_result = tally_month.e_result + excluded.e_result,
			digitised = tally_month.digitised + excluded.digitised,
			reused = tally_month.reused + excluded.reused,
			population = tally_month.population + excluded.population,
			synced = tally_month.synced + excluded.synced,
			obliged = tally_month.obliged + excluded.obliged,
			paid_online = tally_month.paid_online + excluded.paid_online,
			displeased = tally_month.displeased + excluded.displeased,
			timed = tally_month.timed + excluded.timed,
			timed_ok = tally_month.timed_ok + excluded.timed_ok,
			postal = tally_month.postal + excluded.postal,
			entered_later = tally_month.entered_later + excluded.entered_later`)
	tallyProcedure = db.Rows("dossier.tally.procedure", "tally_procedure",
		"unit_id, month, procedure_code, received, online, population, obliged, paid_online, ended, ended_in_time, e_result", `
		ON CONFLICT (unit_id, month, procedure_code) DO UPDATE SET
			received = tally_procedure.received + excluded.received,
			online = tally_procedure.online + excluded.online,
			population = tally_procedure.population + excluded.population,
			obliged = tally_procedure.obliged + excluded.obliged,
			paid_online = tally_procedure.paid_online + excluded.paid_online,
			ended = tally_procedure.ended + excluded.ended,
			ended_in_time = tally_procedure.ended_in_time + excluded.ended_in_time,
			e_result = tally_procedure.e_result + excluded.e_result`)
)

// store adds the tally to the tables, in a fixed order so that two writes never
// wait for each other in a circle.
func (t *tally) store(ctx context.Context, tx *db.Tx) error {
	if err := tx.InsertRows(ctx, tallyDay, rowsOf(t.days, func(k dayKey, v *[6]int64) []any {
		return append([]any{string(k.unit), k.day, k.procedure, string(k.channel)}, anys(v[:])...)
	})); err != nil {
		return err
	}
	if err := tx.InsertRows(ctx, tallyMonth, rowsOf(t.months, func(k monthKey, v *[14]int64) []any {
		return append([]any{string(k.unit), k.month}, anys(v[:])...)
	})); err != nil {
		return err
	}
	return tx.InsertRows(ctx, tallyProcedure, rowsOf(t.procedures, func(k procedureKey, v *[8]int64) []any {
		return append([]any{string(k.unit), k.month, k.procedure}, anys(v[:])...)
	}))
}

// rowsOf returns the rows that change something, ordered by key.
func rowsOf[K comparable, V [6]int64 | [14]int64 | [8]int64](m map[K]*V, row func(K, *V) []any) [][]any {
	var zero V
	var out [][]any
	for k, v := range m {
		if *v != zero {
			out = append(out, row(k, v))
		}
	}
	slices.SortFunc(out, func(a, b []any) int {
		for i := range a {
			if c := compare(a[i], b[i]); c != 0 {
				return c
			}
		}
		return 0
	})
	return out
}

func compare(a, b any) int {
	switch x := a.(type) {
	case string:
		return cmp.Compare(x, b.(string))
	case moment.Date:
		return cmp.Compare(x, b.(moment.Date))
	case int64:
		return cmp.Compare(x, b.(int64))
	}
	return 0
}

func anys(v []int64) []any {
	out := make([]any, len(v))
	for i, n := range v {
		out[i] = n
	}
	return out
}
