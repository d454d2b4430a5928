package scorecard

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
)

// An Assignment says that somebody appraises a field (lĩnh vực) in a stage.
type Assignment struct {
	Stage   Stage
	Field   string // code
	Account string
	Name    string
}

var (
	assignments = db.SQL("scorecard.appraiser.of_round", `
		SELECT p.stage, p.field, p.account, COALESCE(a.name, p.account)
		FROM round_appraiser p
		LEFT JOIN account a ON a.id = p.account
		WHERE p.round_id = $1
		ORDER BY p.stage, p.field, a.name, p.account`)
	assignmentsDelete = db.SQL("scorecard.appraiser.delete", `DELETE FROM round_appraiser WHERE round_id = $1 AND stage = $2 AND field = $3`)
	assignmentsInsert = db.Rows("scorecard.appraiser.insert", "round_appraiser", "round_id, stage, field, account, at", "")
)

// Assignments returns who appraises what in a round.
func (k *Desk) Assignments(ctx context.Context, q db.Queryer, r Round) ([]Assignment, error) {
	return db.All(ctx, q, assignments, func(s db.Scanner) (x Assignment, err error) {
		return x, s.Scan(&x.Stage, &x.Field, &x.Account, &x.Name)
	}, r.ID)
}

// Appraisers returns who may be assigned: who appraises in the unit that runs the
// round, or above it.
func (k *Desk) Appraisers(ctx context.Context, q db.Queryer, r Round) ([]auth.Person, error) {
	var out []auth.Person
	for _, role := range actor.Roles {
		if !auth.Allows(role, auth.ScoreAppraise) {
			continue
		}
		list, err := auth.People(ctx, q, r.Unit, role, nowOf(k, q).Date())
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	slices.SortFunc(out, func(a, b auth.Person) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Account, b.Account))
	})
	return slices.Compact(out), nil
}

// Assign says who appraises a field in a stage of appraisal, instead of those until
// now. Everybody must have the right to appraise in the running unit; that nobody
// appraises their own unit is asked again with every score. It needs RoundKeep.
// Faults: Invalid with the fields stage, field, accounts.
func (k *Desk) Assign(ctx context.Context, a actor.Actor, roundID string, s Stage, field string, accounts []string) error {
	return k.keep(ctx, a, auth.AssignAppraiser, roundID, func(ctx context.Context, tx *db.Tx, r Round) error {
		f := fault.New(fault.Invalid, "rounds.invalid")
		if s != StageAppraised1 && s != StageAppraised2 || r.Window(s).Closes == 0 {
			f.With("stage", "rounds.stage_unknown", "Stage", string(s))
		}
		if ok, err := k.hasField(ctx, tx, r, field); err != nil {
			return err
		} else if !ok {
			f.With("field", "rounds.field_unknown", "Field", field)
		}
		before, err := k.Assignments(ctx, tx, r)
		if err != nil {
			return err
		}
		accounts = slices.Compact(slices.Sorted(slices.Values(accounts)))
		for _, id := range accounts {
			who, err := auth.Load(ctx, tx, id, tx.Now.Date())
			if err == nil {
				var ok bool
				if ok, err = k.Guard.May(ctx, tx, who, auth.ScoreAppraise, r.Unit); err == nil && !ok {
					// Who is no appraiser of the round is of any unit: their id tells nobody their name.
					name := id
					if slices.ContainsFunc(before, func(x Assignment) bool { return x.Account == id }) {
						name = cmp.Or(who.Name, id)
					}
					f.With("accounts", "rounds.appraiser_refused", "Name", name)
				}
			} else if fault.Is(err, fault.Unauthenticated) {
				f.With("accounts", "rounds.appraiser_unknown")
				err = nil
			}
			if err != nil {
				return err
			}
		}
		if err := f.Or(); err != nil {
			return err
		}
		var was []string
		for _, x := range before {
			if x.Stage == s && x.Field == field {
				was = append(was, x.Account)
			}
		}
		slices.Sort(was)
		if slices.Equal(was, accounts) {
			return nil
		}
		if _, err := tx.Exec(ctx, assignmentsDelete, r.ID, string(s), field); err != nil {
			return err
		}
		var rows [][]any
		for _, id := range accounts {
			rows = append(rows, []any{r.ID, string(s), field, id, tx.Now})
		}
		if err := tx.InsertRows(ctx, assignmentsInsert, rows); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: string(auth.RoundKeep), Kind: "round", ID: r.ID, Unit: r.Unit,
			Changes: []audit.Change{{Field: string(s) + "." + field, From: strings.Join(was, " "), To: strings.Join(accounts, " ")}}})
	})
}

// Sections of a set beside its fields, for assignments.
const (
	BonusSection   = "bonus"
	PenaltySection = "penalty"
)

// fieldOf returns what an item is assigned by: the code of its field, or that it is
// a bonus or a penalty.
func fieldOf(l *Ledger, leaf string) string {
	n := l.Set.Node(leaf)
	switch {
	case n == nil:
		return ""
	case IsBonus(l.Set, n):
		return BonusSection
	case IsPenalty(l.Set, n):
		return PenaltySection
	}
	return n.Field().Code
}

// hasField reports whether one of the round's sets has a field or section.
func (k *Desk) hasField(ctx context.Context, q db.Queryer, r Round, field string) (bool, error) {
	ids := []string{r.Set}
	for _, g := range r.Groups {
		ids = append(ids, g.Set)
	}
	for _, id := range ids {
		_, set, err := k.issuedSet(ctx, q, id)
		if err != nil {
			return false, err
		}
		if field == BonusSection && len(set.Bonus.Items) > 0 || field == PenaltySection && len(set.Penalty.Items) > 0 {
			return true, nil
		}
		for _, f := range set.Fields {
			if f.Code == field {
				return true, nil
			}
		}
	}
	return false, nil
}

// assigned returns the fields that somebody appraises in a stage, be it in another's
// place.
func (k *Desk) assigned(ctx context.Context, q db.Queryer, a actor.Actor, r Round, s Stage) (map[string]bool, error) {
	list, err := k.Assignments(ctx, q, r)
	if err != nil {
		return nil, err
	}
	who := cmp.Or(a.For.Account, a.Account)
	out := map[string]bool{}
	for _, x := range list {
		if x.Stage == s && x.Account == who {
			out[x.Field] = true
		}
	}
	return out, nil
}
