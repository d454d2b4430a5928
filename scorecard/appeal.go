package scorecard

import (
	"context"
	"errors"
	"slices"
	"strings"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
	"cchc/base/points"
	"cchc/scorecard/criteria"
)

// An Appeal is what a unit has against its final score (kiến nghị về điểm), leaf by
// leaf, and what was decided.
type Appeal struct {
	ID       string
	Sheet    string
	Document string // number of the unit's letter
	Text     string
	By       string // name
	At       moment.Instant
	Decider  string         // name
	Decided  moment.Instant // zero: waits
	Leaves   []AppealLeaf
}

// An AppealLeaf is one leaf of an appeal.
type AppealLeaf struct {
	Leaf    string
	Claim   string // what the unit wants, and why
	Verdict string // Accepted, Refused; "" while it waits
	Reason  string
}

// Verdicts of an appeal.
const (
	Accepted = "accepted"
	Refused  = "refused"
)

var (
	appealInsert     = db.SQL("scorecard.appeal.insert", `INSERT INTO score_appeal (id, sheet_id, document, text, filed_by, filed_at) VALUES ($1, $2, $3, $4, $5, $6)`)
	appealLeafInsert = db.Rows("scorecard.appeal.leaf.insert", "score_appeal_leaf", "appeal_id, leaf, claim", "")
	appealsOf        = db.SQL("scorecard.appeal.of_sheet", `
		SELECT p.id, p.sheet_id, p.document, p.text, COALESCE(a.name, p.filed_by), p.filed_at, COALESCE(b.name, p.decided_by), p.decided_at
		FROM score_appeal p
		LEFT JOIN account a ON a.id = p.filed_by
		LEFT JOIN account b ON b.id = p.decided_by
		WHERE p.sheet_id = $1
		ORDER BY p.filed_at, p.id`)
	appealLeaves = db.SQL("scorecard.appeal.leaves", `SELECT leaf, claim, verdict, reason FROM score_appeal_leaf WHERE appeal_id = $1 ORDER BY leaf`)
	appealSheet  = db.SQL("scorecard.appeal.sheet", `SELECT sheet_id FROM score_appeal WHERE id = $1`)
	appealDecide = db.SQL("scorecard.appeal.decide", `UPDATE score_appeal SET decided_by = $1, decided_at = $2 WHERE id = $3`)
	leafDecide   = db.SQL("scorecard.appeal.leaf.decide", `UPDATE score_appeal_leaf SET verdict = $1, reason = $2 WHERE appeal_id = $3 AND leaf = $4`)
)

func scanAppeal(r db.Scanner) (p Appeal, err error) {
	err = r.Scan(&p.ID, &p.Sheet, &p.Document, &p.Text, &p.By, &p.At, &p.Decider, &p.Decided)
	return p, err
}

func scanAppealLeaf(r db.Scanner) (x AppealLeaf, err error) {
	err = r.Scan(&x.Leaf, &x.Claim, &x.Verdict, &x.Reason)
	return x, err
}

// Appeals returns the appeals of a sheet, the oldest first. It asks no rights: the
// caller has read the sheet.
func (k *Desk) Appeals(ctx context.Context, q db.Queryer, s Sheet) ([]Appeal, error) {
	list, err := db.All(ctx, q, appealsOf, scanAppeal, s.ID)
	for i := range list {
		if err == nil {
			list[i].Leaves, err = db.All(ctx, q, appealLeaves, scanAppealLeaf, list[i].ID)
		}
	}
	return list, err
}

// File files an appeal against the approved score of the unit's own sheet. It needs
// ScoreEnter and a post in the unit. One appeal waits at a time. Faults: Conflict
// rounds.not_approved, rounds.appeal_waits; Invalid with the fields text, leaf and
// claim.CODE. It returns the appeal's id.
func (k *Desk) File(ctx context.Context, a actor.Actor, sheetID string, p Appeal) (id string, err error) {
	err = k.DB.Write(ctx, func(tx *db.Tx) error {
		s, r, err := k.ownSheet(ctx, tx, a, sheetID)
		if err != nil {
			return err
		}
		if !auth.FileAppeal.In(s.Stands(r, tx.Now)) {
			return fault.New(fault.Conflict, "rounds.not_approved")
		}
		list, err := k.Appeals(ctx, tx, s)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(list, func(x Appeal) bool { return x.Decided == 0 }) {
			return fault.New(fault.Conflict, "rounds.appeal_waits")
		}
		_, set, err := k.issuedSet(ctx, tx, s.Set)
		if err != nil {
			return err
		}
		p.Text, p.Document = strings.TrimSpace(p.Text), strings.TrimSpace(p.Document)
		if err := checkAppeal(set, p); err != nil {
			return err
		}
		id = db.NewID()
		if _, err := tx.Exec(ctx, appealInsert, id, s.ID, p.Document, p.Text, a.Account, tx.Now); err != nil {
			return err
		}
		var rows [][]any
		var changes []audit.Change
		for _, x := range p.Leaves {
			rows = append(rows, []any{id, x.Leaf, strings.TrimSpace(x.Claim)})
			changes = append(changes, audit.Change{Field: "appeal." + x.Leaf, To: x.Claim})
		}
		if err := tx.InsertRows(ctx, appealLeafInsert, rows); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: string(auth.ScoreEnter), Kind: "sheet", ID: s.ID, Unit: s.Unit, Changes: changes, Reason: p.Text})
	})
	return id, err
}

func checkAppeal(set *criteria.Set, p Appeal) error {
	f := fault.New(fault.Invalid, "rounds.invalid")
	if p.Text == "" {
		f.With("text", "rounds.appeal_text_missing")
	}
	if len(p.Leaves) == 0 {
		f.With("leaf", "rounds.leaf_missing")
	}
	tooLong(f, "text", p.Text, "document", p.Document)
	seen := map[string]bool{}
	for _, x := range p.Leaves {
		n := set.Node(x.Leaf)
		if n == nil || n.Leaf == nil || seen[x.Leaf] {
			return fault.New(fault.NotFound, "rounds.leaf_unknown", "Leaf", x.Leaf)
		}
		seen[x.Leaf] = true
		if strings.TrimSpace(x.Claim) == "" {
			f.With("claim."+x.Leaf, "rounds.claim_missing")
		}
		tooLong(f, "claim."+x.Leaf, x.Claim)
	}
	return f.Or()
}

// A Ruling is what is decided of one leaf of an appeal. An accepted one gives the
// leaf a new final score: an input, or points by hand.
type Ruling struct {
	Leaf   string
	Accept bool
	Reason string
	Input  criteria.Input
	ByHand *points.Points
}

// Decide decides an appeal, all its leaves at once, each with its reason. What is
// accepted amends the sheet's final scores, and the change stays with the appeal's
// reason; the round's final scores are locked anew, and what was published before stays
// as it was published. It needs
// ResultPublish in the running unit, and no post in the unit that appeals. Faults:
// Forbidden rounds.own_unit; Conflict rounds.appeal_decided; Invalid with fields
// verdict.CODE, reason.CODE, points.CODE.
func (k *Desk) Decide(ctx context.Context, a actor.Actor, appealID string, rulings []Ruling) error {
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		sheetID, err := db.Value[string](ctx, tx, appealSheet, appealID)
		if errors.Is(err, db.ErrNotFound) {
			return fault.New(fault.NotFound, "rounds.appeal_unknown").Because(err)
		}
		if err != nil {
			return err
		}
		s, err := getSheet(ctx, tx, sheetID)
		if err != nil {
			return err
		}
		r, err := getRound(ctx, tx, s.Round)
		if err != nil {
			return err
		}
		if err := k.Guard.Check(ctx, tx, a, auth.DecideAppeal.Verb, r.Unit); err != nil {
			return err
		}
		if err := k.mustBeOther(ctx, tx, a, s.Unit); err != nil {
			return err
		}
		list, err := k.Appeals(ctx, tx, s)
		if err != nil {
			return err
		}
		p := list[slices.IndexFunc(list, func(x Appeal) bool { return x.ID == appealID })]
		stands := auth.State("waiting")
		if p.Decided != 0 {
			stands = "decided"
		}
		if !auth.DecideAppeal.In(stands) {
			return fault.New(fault.Conflict, "rounds.appeal_decided")
		}
		return k.decide(ctx, tx, a, r, s, p, rulings)
	})
}

func (k *Desk) decide(ctx context.Context, tx *db.Tx, a actor.Actor, r Round, s Sheet, p Appeal, rulings []Ruling) error {
	l, err := k.ledger(ctx, tx, s)
	if err != nil {
		return err
	}
	f := fault.New(fault.Invalid, "rounds.invalid")
	var changes, amended []audit.Change
	for _, x := range p.Leaves {
		i := slices.IndexFunc(rulings, func(g Ruling) bool { return g.Leaf == x.Leaf })
		if i < 0 {
			f.With("verdict."+x.Leaf, "rounds.verdict_missing")
			continue
		}
		g := rulings[i]
		if g.Reason = strings.TrimSpace(g.Reason); g.Reason == "" {
			f.With("reason."+x.Leaf, "rounds.reason_missing")
			continue
		}
		tooLong(f, "reason."+x.Leaf, g.Reason)
		verdict := Refused
		if g.Accept {
			verdict = Accepted
			before := l.At(x.Leaf, StageFinal)
			now := Score{Sheet: s.ID, Leaf: x.Leaf, Stage: StageFinal, Version: l.Of(x.Leaf, StageFinal).Version + 1, Input: g.Input, ByHand: g.ByHand,
				Note: g.Reason, By: a.Account, At: tx.Now}
			if !now.Given() {
				f.With("points."+x.Leaf, "rounds.points_missing")
				continue
			}
			if bad := fault.As(checkVerdict(l, l.Set.Node(x.Leaf), now, before)); bad != nil {
				for _, y := range bad.Fields {
					f.With(y.Name+"."+x.Leaf, y.Key, y.Args...)
				}
				continue
			}
			if err := k.change(ctx, tx, a, l, []Score{now}, g.Reason); err != nil {
				return err
			}
			amended = append(amended, audit.Change{Field: string(StageFinal) + "." + x.Leaf, From: scoreText(before), To: scoreText(now)})
			l.put(now)
		}
		if _, err := tx.Exec(ctx, leafDecide, verdict, g.Reason, p.ID, x.Leaf); err != nil {
			return err
		}
		changes = append(changes, audit.Change{Field: "appeal." + x.Leaf, To: verdict})
	}
	if err := f.Or(); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, appealDecide, a.Account, tx.Now, p.ID); err != nil {
		return err
	}
	entries := []audit.Entry{{Actor: a, Verb: string(auth.ResultPublish), Kind: "sheet", ID: s.ID, Unit: s.Unit, Changes: append(changes, amended...), Reason: p.Text}}
	if len(amended) > 0 { // the round's scores are others than those that were approved: they are locked anew
		final, err := k.lockedRound(ctx, tx, r)
		if err != nil {
			return err
		}
		entries = append(entries, audit.Entry{Actor: a, Verb: string(auth.ResultPublish), Kind: "round", ID: r.ID, Unit: r.Unit, Reason: p.Text,
			Changes: append(append([]audit.Change{{Field: "amended", To: s.ID}}, amended...), contentChange(final))})
	}
	return audit.RecordAll(ctx, tx, entries)
}
