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
)

// A Question asks a unit to explain its score of a leaf (yêu cầu giải trình), with
// the answer (giải trình) once it is there.
type Question struct {
	ID         string
	Sheet      string
	Leaf       string
	Text       string
	By         string // account
	Name       string
	At         moment.Instant
	Answer     string
	AnsweredBy string // name
	Answered   moment.Instant
}

const questionColumns = `n.id, n.sheet_id, n.leaf, n.question, n.asked_by, COALESCE(a.name, n.asked_by), n.asked_at, n.answer, COALESCE(b.name, n.answered_by), n.answered_at`

var (
	questionInsert = db.SQL("scorecard.question.insert", `
		INSERT INTO score_question (id, sheet_id, leaf, question, asked_by, asked_at)
		VALUES ($1, $2, $3, $4, $5, $6)`)
	questionGet = db.SQL("scorecard.question.get", `
		SELECT `+questionColumns+`
		FROM score_question n
		LEFT JOIN account a ON a.id = n.asked_by
		LEFT JOIN account b ON b.id = n.answered_by
		WHERE n.id = $1`)
	questionsOf = db.SQL("scorecard.question.of_sheet", `
		SELECT `+questionColumns+`
		FROM score_question n
		LEFT JOIN account a ON a.id = n.asked_by
		LEFT JOIN account b ON b.id = n.answered_by
		WHERE n.sheet_id = $1
		ORDER BY n.asked_at, n.id`)
	questionAnswer = db.SQL("scorecard.question.answer", `
		UPDATE score_question
		SET answer = $1, answered_by = $2, answered_at = $3
		WHERE id = $4`)
)

func scanQuestion(r db.Scanner) (x Question, err error) {
	err = r.Scan(&x.ID, &x.Sheet, &x.Leaf, &x.Text, &x.By, &x.Name, &x.At, &x.Answer, &x.AnsweredBy, &x.Answered)
	return x, err
}

// Questions returns what a unit was asked about its sheet, the oldest first. It asks
// no rights: the caller has read the sheet.
func (k *Desk) Questions(ctx context.Context, q db.Queryer, s Sheet) ([]Question, error) {
	return db.All(ctx, q, questionsOf, scanQuestion, s.ID)
}

// Ask asks a unit to explain named leaves. Who was assigned their fields in appraisal
// 1 or 2 may, or who keeps the round, from the beginning of appraisal 1 until
// explanations are over; nobody asks their own unit. Faults: Forbidden; Conflict
// rounds.stage_closed, rounds.not_handed_in; Invalid with the fields question, leaf.
func (k *Desk) Ask(ctx context.Context, a actor.Actor, sheetID string, leaves []string, text string) error {
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		s, err := getSheet(ctx, tx, sheetID)
		if err != nil {
			return err
		}
		r, err := getRound(ctx, tx, s.Round)
		if err != nil {
			return err
		}
		if err := k.Guard.Check(ctx, tx, a, auth.ScoreAppraise, s.Unit); err != nil {
			return err
		}
		if err := k.mustBeOther(ctx, tx, a, s.Unit); err != nil {
			return err
		}
		if err := s.canIn(auth.AskUnit, r, s.askedIn(r, tx.Now), tx.Now); err != nil {
			return err
		}
		f := fault.New(fault.Invalid, "rounds.invalid")
		if text = strings.TrimSpace(text); text == "" {
			f.With("question", "rounds.question_missing")
		}
		if len(leaves) == 0 {
			f.With("leaf", "rounds.leaf_missing")
		}
		tooLong(f, "question", text)
		if err := f.Or(); err != nil {
			return err
		}
		l, err := k.ledger(ctx, tx, s)
		if err != nil {
			return err
		}
		if err := k.mustAppraise(ctx, tx, a, r, l, leaves); err != nil {
			return err
		}
		slices.Sort(leaves)
		var changes []audit.Change
		for _, leaf := range slices.Compact(leaves) {
			if _, err := tx.Exec(ctx, questionInsert, db.NewID(), s.ID, leaf, text, a.Account, tx.Now); err != nil {
				return err
			}
			changes = append(changes, audit.Change{Field: "question." + leaf, To: text})
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: string(auth.ScoreAppraise), Kind: "sheet", ID: s.ID, Unit: s.Unit, Changes: changes})
	})
}

// askedIn is the stage in which a unit is asked to explain: appraisal 1, and while
// that is closed the explanations themselves.
func (s Sheet) askedIn(r Round, now moment.Instant) Stage {
	if !r.Open(StageAppraised1, s.ID, now) && r.Open(StageExplain, s.ID, now) {
		return StageExplain
	}
	return StageAppraised1
}

// mustAppraise returns nil for who appraises all the leaves in some stage, or keeps
// the round.
func (k *Desk) mustAppraise(ctx context.Context, q db.Queryer, a actor.Actor, r Round, l *Ledger, leaves []string) error {
	keeps, err := k.Guard.May(ctx, q, a, auth.RoundKeep, r.Unit)
	if err != nil {
		return err
	}
	first, err := k.assigned(ctx, q, a, r, StageAppraised1)
	if err != nil {
		return err
	}
	second, err := k.assigned(ctx, q, a, r, StageAppraised2)
	if err != nil {
		return err
	}
	for _, leaf := range leaves {
		n := l.Set.Node(leaf)
		if n == nil || n.Leaf == nil {
			return fault.New(fault.NotFound, "rounds.leaf_unknown", "Leaf", leaf)
		}
		if f := fieldOf(l, leaf); !keeps && !first[f] && !second[f] {
			return fault.New(fault.Forbidden, "rounds.not_assigned", "Leaf", leaf)
		}
	}
	return nil
}

// Answer answers a question on the unit's own sheet, while explanations are open.
// It can be changed until then; what stood before is in the trail. It needs
// ScoreEnter and a post in the unit. Faults: Conflict rounds.stage_closed; Invalid
// with the field answer.
func (k *Desk) Answer(ctx context.Context, a actor.Actor, questionID, text string) error {
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		n, err := db.One(ctx, tx, questionGet, scanQuestion, questionID)
		if errors.Is(err, db.ErrNotFound) {
			return fault.New(fault.NotFound, "rounds.question_unknown").Because(err)
		}
		if err != nil {
			return err
		}
		s, r, err := k.ownSheet(ctx, tx, a, n.Sheet)
		if err != nil {
			return err
		}
		if err := s.canIn(auth.AnswerAsked, r, StageExplain, tx.Now); err != nil {
			return err
		}
		f := fault.New(fault.Invalid, "rounds.invalid")
		if text = strings.TrimSpace(text); text == "" {
			f.With("answer", "rounds.answer_missing")
		}
		tooLong(f, "answer", text)
		if err := f.Or(); err != nil || text == n.Answer {
			return err
		}
		if _, err := tx.Exec(ctx, questionAnswer, text, a.Account, tx.Now, n.ID); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: string(auth.ScoreEnter), Kind: "sheet", ID: s.ID, Unit: s.Unit,
			Changes: []audit.Change{{Field: "answer." + n.Leaf, From: n.Answer, To: text}}})
	})
}

// MayAsk reports whether somebody may ask the unit about a leaf of its sheet now.
func (k *Desk) MayAsk(ctx context.Context, q db.Queryer, a actor.Actor, r Round, l *Ledger, leaf string) (bool, error) {
	now := nowOf(k, q)
	s := l.Sheet
	if !auth.AskUnit.In(s.StandsIn(r, s.askedIn(r, now), now)) {
		return false, nil
	}
	if err := k.Guard.Check(ctx, q, a, auth.ScoreAppraise, s.Unit); err != nil {
		return may(err)
	}
	if err := k.mustBeOther(ctx, q, a, s.Unit); err != nil {
		return may(err)
	}
	return may(k.mustAppraise(ctx, q, a, r, l, []string{leaf}))
}
