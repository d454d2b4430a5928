package scorecard

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
	"cchc/unit"
)

// A Stage is a step of a round (giai đoạn). It opens and locks by the clock.
type Stage string

// The stages in their order. Scores are kept by StageSelf, StageAppraised1,
// StageAppraised2, StageCouncil and StageFinal, each beside the others.
const (
	StageSelf       Stage = "self"       // tự chấm điểm
	StageAppraised1 Stage = "appraised1" // thẩm định lần 1
	StageExplain    Stage = "explain"    // giải trình
	StageAppraised2 Stage = "appraised2" // thẩm định lần 2
	StageCouncil    Stage = "council"    // hội đồng
	StageApproved   Stage = "approved"   // phê duyệt
	StagePublished  Stage = "published"  // công bố

	StageFinal Stage = "final" // what approval made of the latest scores, as amended since
)

// Stages lists the stages that a calendar has, in their order.
var Stages = []Stage{StageSelf, StageAppraised1, StageExplain, StageAppraised2, StageCouncil, StageApproved, StagePublished}

// ScoredIn lists the stages that keep scores, in their order: of two the later
// one counts.
var ScoredIn = []Stage{StageSelf, StageAppraised1, StageAppraised2, StageCouncil, StageFinal}

// needed are the stages that no round can do without.
var needed = []Stage{StageSelf, StageAppraised1, StageApproved}

// A Window is when a stage is open: from Opens up to and without Closes. The zero
// Window is of a stage that the round leaves out.
type Window struct {
	Stage  Stage
	Opens  moment.Instant
	Closes moment.Instant
}

// A Reopening opens a stage again after its deadline, with a reason (mở lại).
type Reopening struct {
	ID     string
	Sheet  string // "" for all sheets of the round
	Stage  Stage
	Until  moment.Instant
	Reason string
	By     string // account
	At     moment.Instant
}

// A Group is a group of units (khối) that is scored by a set of its own.
type Group struct {
	Block string
	Set   string // id of the version
}

// A Round is an assessment (đợt đánh giá, xác định chỉ số CCHC) of all units of a
// level under the unit that runs it.
type Round struct {
	ID     string
	Unit   unit.ID // that runs it
	Name   string
	Basis  string // the plan or decision that it rests on
	Set    string // id of the version that scores; Groups may have their own
	Level  string // of the units that are scored
	Year   int
	From   moment.Date
	To     moment.Date // its last day
	CutOff moment.Date // measures are taken as of the end of this day
	Origin string      // OriginHere, OriginFile

	Created   moment.Instant
	CreatedBy string
	Measured  moment.Instant // when measures were taken; zero: not yet
	Approved  moment.Instant
	Approver  string
	Decision  string // number of the decision that approves it
	Decided   moment.Date

	Groups     []Group
	Windows    []Window
	Reopenings []Reopening
}

// Where a round comes from.
const (
	OriginHere = "here"
	OriginFile = "file" // an earlier round, brought in from a workbook
)

// A Phase is how a stage stands at an instant.
type Phase string

const (
	PhaseNone     Phase = "none"     // the round has no such stage
	PhaseAhead    Phase = "ahead"    // not open yet
	PhaseOpen     Phase = "open"     // by its calendar
	PhaseReopened Phase = "reopened" // after its deadline, with a reason
	PhaseLocked   Phase = "locked"
)

// Window returns when a stage is open; the zero Window when the round leaves it out.
func (r Round) Window(s Stage) Window {
	for _, w := range r.Windows {
		if w.Stage == s {
			return w
		}
	}
	return Window{Stage: s}
}

// Phase tells how a stage stands for a sheet ("": for the round at large). It is
// computed from the calendar and the clock, so that nothing has to run for a stage
// to open or to lock. Once a round is approved nothing but its final scores changes.
func (r Round) Phase(s Stage, sheet string, now moment.Instant) Phase {
	w := r.Window(s)
	if w.Closes == 0 {
		return PhaseNone
	}
	if r.Approved != 0 && s != StageApproved && s != StagePublished {
		return PhaseLocked
	}
	switch {
	case now < w.Opens:
		return PhaseAhead
	case now < w.Closes:
		return PhaseOpen
	}
	for _, o := range r.Reopenings {
		if o.Stage == s && (o.Sheet == "" || o.Sheet == sheet) && o.At <= now && now < o.Until {
			return PhaseReopened
		}
	}
	return PhaseLocked
}

// Open reports whether work of a stage can be done on a sheet now.
func (r Round) Open(s Stage, sheet string, now moment.Instant) bool {
	p := r.Phase(s, sheet, now)
	return p == PhaseOpen || p == PhaseReopened
}

// Due returns until when a stage is open for a sheet: its deadline, or that of the
// longest reopening.
func (r Round) Due(s Stage, sheet string) moment.Instant {
	due := r.Window(s).Closes
	for _, o := range r.Reopenings {
		if o.Stage == s && (o.Sheet == "" || o.Sheet == sheet) {
			due = max(due, o.Until)
		}
	}
	return due
}

// Now returns the stage that is open at large, the latest of several; "" when none
// is.
func (r Round) Now(now moment.Instant) Stage {
	for _, s := range slices.Backward(Stages) {
		if p := r.Phase(s, "", now); p == PhaseOpen || p == PhaseReopened {
			return s
		}
	}
	return ""
}

// setFor returns the id of the set that scores a group.
func (r Round) setFor(block string) string {
	for _, g := range r.Groups {
		if g.Block == block {
			return g.Set
		}
	}
	return r.Set
}

const roundColumns = "id, unit_id, name, basis, set_id, level, year, from_day, to_day, cutoff_day, origin, created_at, created_by, measured_at, approved_at, approved_by, decision, decided_day"

var (
	roundGet    = db.SQL("scorecard.round.get", `SELECT `+roundColumns+` FROM round WHERE id = $1`)
	roundAll    = db.SQL("scorecard.round.all", `SELECT `+roundColumns+` FROM round ORDER BY year DESC, created_at DESC, id`)
	roundGroups = db.SQL("scorecard.round.groups", `SELECT block, set_id FROM round_group WHERE round_id = $1 ORDER BY block`)
	roundStages = db.SQL("scorecard.round.stages", `SELECT stage, opens, closes FROM round_stage WHERE round_id = $1`)
	roundOpened = db.SQL("scorecard.round.reopenings", `
		SELECT id, sheet_id, stage, until, reason, account, at
		FROM round_reopening
		WHERE round_id = $1
		ORDER BY at, id`)
)

func scanRound(r db.Scanner) (x Round, err error) {
	err = r.Scan(&x.ID, &x.Unit, &x.Name, &x.Basis, &x.Set, &x.Level, &x.Year, &x.From, &x.To, &x.CutOff, &x.Origin,
		&x.Created, &x.CreatedBy, &x.Measured, &x.Approved, &x.Approver, &x.Decision, &x.Decided)
	return x, err
}

func scanReopening(r db.Scanner) (o Reopening, err error) {
	err = r.Scan(&o.ID, &o.Sheet, &o.Stage, &o.Until, &o.Reason, &o.By, &o.At)
	return o, err
}

// getRound reads a round whole, without asking who wants it. Fault: rounds.unknown.
func getRound(ctx context.Context, q db.Queryer, id string) (Round, error) {
	r, err := db.One(ctx, q, roundGet, scanRound, id)
	if errors.Is(err, db.ErrNotFound) {
		return r, fault.New(fault.NotFound, "rounds.unknown").Because(err)
	}
	if err != nil {
		return r, fmt.Errorf("read round %s: %w", id, err)
	}
	return r, fillRound(ctx, q, &r)
}

func fillRound(ctx context.Context, q db.Queryer, r *Round) (err error) {
	r.Groups, err = db.All(ctx, q, roundGroups, func(s db.Scanner) (g Group, err error) {
		return g, s.Scan(&g.Block, &g.Set)
	}, r.ID)
	if err != nil {
		return err
	}
	r.Windows, err = db.All(ctx, q, roundStages, func(s db.Scanner) (w Window, err error) {
		return w, s.Scan(&w.Stage, &w.Opens, &w.Closes)
	}, r.ID)
	if err != nil {
		return err
	}
	slices.SortFunc(r.Windows, func(a, b Window) int { return slices.Index(Stages, a.Stage) - slices.Index(Stages, b.Stage) })
	r.Reopenings, err = db.All(ctx, q, roundOpened, scanReopening, r.ID)
	return err
}

// mayReadRound reports whether somebody may know of a round: who reads scores in
// the unit that runs it, or in a unit below that is scored.
func (k *Desk) mayReadRound(ctx context.Context, q db.Queryer, a actor.Actor, r Round) (bool, error) {
	if a.IsSystem() {
		return true, nil
	}
	for _, root := range auth.Roots(a, auth.ScoreRead) {
		if root == "" {
			return true, nil
		}
		for _, pair := range [2][2]unit.ID{{r.Unit, root}, {root, r.Unit}} {
			if in, err := k.Units.Within(ctx, q, pair[0], pair[1]); err != nil || in {
				return in, err
			}
		}
	}
	return false, nil
}

// Rounds returns the rounds that somebody may know of, the latest year first. It
// needs ScoreRead somewhere.
func (k *Desk) Rounds(ctx context.Context, q db.Queryer, a actor.Actor) ([]Round, error) {
	if err := k.Guard.CheckAnywhere(a, auth.ScoreRead); err != nil {
		return nil, err
	}
	all, err := db.All(ctx, q, roundAll, scanRound)
	if err != nil {
		return nil, fmt.Errorf("list rounds: %w", err)
	}
	out := all[:0]
	for _, r := range all {
		ok, err := k.mayReadRound(ctx, q, a, r)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		if err := fillRound(ctx, q, &r); err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return slices.Clip(out), nil
}

// Round returns a round, for who may know of it; for others there is none.
func (k *Desk) Round(ctx context.Context, q db.Queryer, a actor.Actor, id string) (Round, error) {
	if err := k.Guard.CheckAnywhere(a, auth.ScoreRead); err != nil {
		return Round{}, err
	}
	r, err := getRound(ctx, q, id)
	if err != nil {
		return r, err
	}
	ok, err := k.mayReadRound(ctx, q, a, r)
	if err == nil && !ok {
		err = fault.New(fault.NotFound, "rounds.unknown")
	}
	if err != nil {
		return Round{}, err
	}
	return r, nil
}
