package scorecard

import (
	"encoding/json"
	"fmt"

	"cchc/base/actor"
	"cchc/base/db"
	"cchc/base/moment"
	"cchc/base/points"
	"cchc/scorecard/criteria"
)

// A Score is what a stage says of a leaf, a bonus or a penalty item of a sheet.
type Score struct {
	Sheet   string
	Leaf    string
	Stage   Stage
	Version int // from 1, one more with each change; 0 for none yet
	Input   criteria.Input
	Typed   string         // of a self-score: the form as it was typed, also where it cannot be read yet
	ByHand  *points.Points // points that were given without an input; nil: the rule gives them
	Note    string         // explanation of the unit, or why the appraiser scored so
	By      string         // account; "" for what the product measured
	At      moment.Instant
}

// Given reports whether the score says anything.
func (s Score) Given() bool { return s.ByHand != nil || s.Input.Given() }

const scoreColumns = "c.sheet_id, c.leaf, c.stage, c.version, c.input, c.typed, c.by_hand, c.note, c.account, c.at"

var (
	scoresOfSheet = db.SQL("scorecard.score.of_sheet", `
		SELECT `+scoreColumns+`
		FROM score c
		WHERE c.sheet_id = $1`)
	scoresOfRound = db.SQL("scorecard.score.of_round", `
		SELECT `+scoreColumns+`
		FROM sheet s
		JOIN score c ON c.sheet_id = s.id
		WHERE s.round_id = $1`)
	scoreCount = db.SQL("scorecard.score.count", `SELECT COUNT(*) FROM score WHERE sheet_id = $1`)
	scoreStore = db.Rows("scorecard.score.store", "score", "sheet_id, leaf, stage, version, input, typed, by_hand, note, account, at", `
		ON CONFLICT (sheet_id, leaf, stage) DO UPDATE SET
			version = excluded.version, input = excluded.input, typed = excluded.typed, by_hand = excluded.by_hand, note = excluded.note,
			account = excluded.account, at = excluded.at`)
	changeInsert = db.Rows("scorecard.change.insert", "score_change",
		"id, sheet_id, leaf, stage, from_input, to_input, from_points, to_points, why, account, behalf, at", "")
	changesOfSheet = db.SQL("scorecard.change.of_sheet", `
		SELECT c.id, c.sheet_id, c.leaf, c.stage, c.from_input, c.to_input, c.from_points, c.to_points, c.why, c.account, COALESCE(a.name, c.account), c.at
		FROM score_change c
		LEFT JOIN account a ON a.id = c.account
		WHERE c.sheet_id = $1
		ORDER BY c.at DESC, c.id DESC`)
)

func scanScore(r db.Scanner) (s Score, err error) {
	var input string
	var hand *int64
	if err = r.Scan(&s.Sheet, &s.Leaf, &s.Stage, &s.Version, &input, &s.Typed, &hand, &s.Note, &s.By, &s.At); err != nil {
		return s, err
	}
	if hand != nil {
		p := points.Points(*hand)
		s.ByHand = &p
	}
	s.Input, err = decodeInput(input)
	return s, err
}

func (s Score) args() []any {
	return []any{s.Sheet, s.Leaf, string(s.Stage), s.Version, encodeInput(s.Input), s.Typed, pointsArg(s.ByHand), s.Note, s.By, s.At}
}

func pointsArg(p *points.Points) any {
	if p == nil {
		return nil
	}
	return int64(*p)
}

// A Change is one change of a score: who, when, from, to, why. It stays for ever.
type Change struct {
	ID         string
	Sheet      string
	Leaf       string
	Stage      Stage
	From, To   criteria.Input
	FromPoints *points.Points // nil: none
	ToPoints   *points.Points
	Why        string
	Account    string
	Name       string // of the account
	At         moment.Instant
}

func scanChange(r db.Scanner) (c Change, err error) {
	var from, to string
	var a, b *int64
	if err = r.Scan(&c.ID, &c.Sheet, &c.Leaf, &c.Stage, &from, &to, &a, &b, &c.Why, &c.Account, &c.Name, &c.At); err != nil {
		return c, err
	}
	if a != nil {
		p := points.Points(*a)
		c.FromPoints = &p
	}
	if b != nil {
		p := points.Points(*b)
		c.ToPoints = &p
	}
	if c.From, err = decodeInput(from); err != nil {
		return c, err
	}
	c.To, err = decodeInput(to)
	return c, err
}

func (c Change) args(a actor.Actor, at moment.Instant) []any {
	return []any{db.NewID(), c.Sheet, c.Leaf, string(c.Stage), encodeInput(c.From), encodeInput(c.To), pointsArg(c.FromPoints), pointsArg(c.ToPoints),
		c.Why, a.Account, a.For.Account, at}
}

// encodeInput writes an input; "" for one that says nothing.
func encodeInput(in criteria.Input) string {
	b, err := json.Marshal(in)
	if err != nil {
		panic(err) // numbers and texts: it cannot fail
	}
	if string(b) == "{}" {
		return ""
	}
	return string(b)
}

func decodeInput(s string) (criteria.Input, error) {
	if s == "" {
		return criteria.Input{}, nil
	}
	var in criteria.Input
	if err := json.Unmarshal([]byte(s), &in); err != nil {
		return criteria.Input{}, fmt.Errorf("read input %q: %w: %w", s, errInput, err)
	}
	return in, nil
}

// same reports whether two inputs say the same.
func same(a, b criteria.Input) bool { return encodeInput(a) == encodeInput(b) }
