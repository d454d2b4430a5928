package scorecard

import (
	"context"
	"slices"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
)

var (
	windowDelete    = db.SQL("scorecard.round.stages.delete", `DELETE FROM round_stage WHERE round_id = $1`)
	reopeningInsert = db.SQL("scorecard.round.reopen", `
		INSERT INTO round_reopening (id, round_id, sheet_id, stage, until, reason, account, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`)
)

// checkWindows notes what is wrong with a calendar: a stage that is needed and
// missing, one that ends before it begins, stages out of order, an appraisal that
// begins while units still score themselves.
func checkWindows(f *fault.Fault, list []Window) {
	at := map[Stage]Window{}
	for _, w := range list {
		if !slices.Contains(Stages, w.Stage) {
			f.With("stage", "rounds.stage_unknown", "Stage", string(w.Stage))
			continue
		}
		if w.Opens == 0 && w.Closes == 0 {
			continue
		}
		if w.Opens == 0 || w.Closes == 0 {
			f.With("closes."+string(w.Stage), "rounds.window_half")
			continue
		}
		if w.Closes <= w.Opens {
			f.With("closes."+string(w.Stage), "rounds.window_backwards")
		}
		at[w.Stage] = w
	}
	for _, s := range needed {
		if at[s].Closes == 0 {
			f.With("opens."+string(s), "rounds.stage_needed")
		}
	}
	var before Window
	for _, s := range Stages {
		w := at[s]
		if w.Closes == 0 {
			continue
		}
		if w.Opens < before.Opens || w.Closes < before.Closes {
			f.With("opens."+string(s), "rounds.stage_order")
		}
		before = w
	}
	if self, first := at[StageSelf], at[StageAppraised1]; self.Closes != 0 && first.Closes != 0 && first.Opens < self.Closes {
		f.With("opens."+string(StageAppraised1), "rounds.appraisal_early")
	}
}

// windowChanges tells the trail what changed of a calendar.
func windowChanges(from, to []Window) []audit.Change {
	text := func(list []Window, s Stage) string {
		for _, w := range list {
			if w.Stage == s && w.Closes != 0 {
				return w.Opens.String() + "/" + w.Closes.String()
			}
		}
		return ""
	}
	var out []audit.Change
	for _, s := range Stages {
		if a, b := text(from, s), text(to, s); a != b {
			out = append(out, audit.Change{Field: "stage." + string(s), From: a, To: b})
		}
	}
	return out
}

// SetCalendar changes when the stages of a round open and lock. Once the first one
// has opened it needs a reason. It needs RoundKeep. Faults: Invalid with fields
// opens.STAGE and closes.STAGE; Conflict after approval.
func (k *Desk) SetCalendar(ctx context.Context, a actor.Actor, roundID string, windows []Window, reason string) error {
	return k.keep(ctx, a, auth.ChangeCalendar, roundID, func(ctx context.Context, tx *db.Tx, r Round) (err error) {
		f := fault.New(fault.Invalid, "rounds.invalid")
		checkWindows(f, windows)
		if r.Window(StageSelf).Opens <= tx.Now && reason == "" {
			f.With("reason", "rounds.reason_missing")
		}
		tooLong(f, "reason", reason)
		if err := f.Or(); err != nil {
			return err
		}
		changes := windowChanges(r.Windows, windows)
		if len(changes) == 0 {
			return nil
		}
		if _, err := tx.Exec(ctx, windowDelete, r.ID); err != nil {
			return err
		}
		r.Windows = windows
		if err := storeWindows(ctx, tx, r); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: string(auth.RoundKeep), Kind: "round", ID: r.ID, Unit: r.Unit, Changes: changes, Reason: reason})
	})
}

// Reopen opens a locked stage again until an instant: for one sheet, or with ""
// for all. It needs RoundKeep and a reason, which stays with the round. Faults:
// Invalid with fields stage, until and reason; Conflict after approval.
func (k *Desk) Reopen(ctx context.Context, a actor.Actor, roundID, sheetID string, s Stage, until moment.Instant, reason string) error {
	return k.keep(ctx, a, auth.ReopenStage, roundID, func(ctx context.Context, tx *db.Tx, r Round) error {
		reason, err := needReason(reason)
		if err != nil {
			return err
		}
		f := fault.New(fault.Invalid, "rounds.invalid")
		switch p := r.Phase(s, sheetID, tx.Now); {
		case p == PhaseNone || s == StageApproved || s == StagePublished:
			f.With("stage", "rounds.stage_unknown", "Stage", string(s))
		case p != PhaseLocked && p != PhaseReopened:
			f.With("stage", "rounds.not_locked")
		}
		if until <= tx.Now {
			f.With("until", "rounds.until_past")
		}
		if err := f.Or(); err != nil {
			return err
		}
		unit := r.Unit
		if sheetID != "" {
			sh, err := getSheet(ctx, tx, sheetID)
			if err != nil {
				return err
			}
			if sh.Round != r.ID {
				return fault.New(fault.NotFound, "rounds.sheet_unknown")
			}
			unit = sh.Unit
		}
		if _, err := tx.Exec(ctx, reopeningInsert, db.NewID(), r.ID, sheetID, string(s), until, reason, a.Account, tx.Now); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: string(auth.RoundKeep), Kind: "round", ID: r.ID, Unit: unit,
			Changes: []audit.Change{{Field: "reopened", To: string(s)}, {Field: "sheet", To: sheetID}, {Field: "until", To: until.String()}}, Reason: reason})
	})
}
