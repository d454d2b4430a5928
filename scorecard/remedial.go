package scorecard

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/points"
	"cchc/unit"
)

// A Remedial is the draft of a plan to win back the points that a unit lost in a
// publication (dự thảo kế hoạch khắc phục). The plan room takes its rows over.
type Remedial struct {
	ID          string
	Publication string
	Ord         int // of the unit's row there
	Unit        unit.ID
	Version     int // one more with each change
	Made        moment.Instant
	MadeBy      string
	Changed     moment.Instant
	ChangedBy   string
	Rows        []RemedialRow
}

// A RemedialRow is one thing to be done for a component criterion.
type RemedialRow struct {
	Leaf   string
	Name   string
	Lost   points.Points
	Action string
	Owner  string
	Due    moment.Date
}

var (
	remedialInsert = db.Rows("scorecard.remedial.insert", "remedial_draft", "id, publication_id, ord, unit_id, version, made_at, made_by, changed_at, changed_by", "")
	remedialGet    = db.SQL("scorecard.remedial.get", `
		SELECT id, publication_id, ord, unit_id, version, made_at, made_by, changed_at, changed_by
		FROM remedial_draft
		WHERE id = $1`)
	remedialOf = db.SQL("scorecard.remedial.of", `
		SELECT id, publication_id, ord, unit_id, version, made_at, made_by, changed_at, changed_by
		FROM remedial_draft
		WHERE publication_id = $1 AND ord = $2`)
	remedialMove = db.SQL("scorecard.remedial.move", `
		UPDATE remedial_draft
		SET version = version + 1, changed_at = $1, changed_by = $2
		WHERE id = $3 AND version = $4`)
	remedialRows = db.SQL("scorecard.remedial_row.of", `
		SELECT leaf, name, lost, action, owner, due_day
		FROM remedial_row
		WHERE draft_id = $1
		ORDER BY ord`)
	remedialRowInsert = db.Rows("scorecard.remedial_row.insert", "remedial_row", "draft_id, ord, leaf, name, lost, action, owner, due_day", "")
	remedialRowsDrop  = db.SQL("scorecard.remedial_row.drop", `DELETE FROM remedial_row WHERE draft_id = $1`)
)

func scanRemedial(r db.Scanner) (d Remedial, err error) {
	return d, r.Scan(&d.ID, &d.Publication, &d.Ord, &d.Unit, &d.Version, &d.Made, &d.MadeBy, &d.Changed, &d.ChangedBy)
}

func scanRemedialRow(r db.Scanner) (x RemedialRow, err error) {
	return x, r.Scan(&x.Leaf, &x.Name, &x.Lost, &x.Action, &x.Owner, &x.Due)
}

func isNotFound(err error) bool { return errors.Is(err, db.ErrNotFound) }

// MayRemedy reports whether somebody may draft the plan of a unit: who scores it, or
// keeps rounds above it.
func (k *Desk) MayRemedy(ctx context.Context, q db.Queryer, a actor.Actor, u unit.ID) (bool, error) {
	if u == "" {
		return false, nil
	}
	for _, v := range []auth.Verb{auth.ScoreEnter, auth.RoundKeep} {
		if ok, err := k.Guard.May(ctx, q, a, v, u); err != nil || ok {
			return ok, err
		}
	}
	return false, nil
}

func (k *Desk) mustRemedy(ctx context.Context, q db.Queryer, a actor.Actor, u unit.ID) error {
	ok, err := k.MayRemedy(ctx, q, a, u)
	if err == nil && !ok {
		err = k.Guard.Check(ctx, q, a, auth.ScoreEnter, u)
	}
	if err == nil && !ok {
		err = fault.New(fault.Forbidden, "auth.forbidden")
	}
	return err
}

// DraftRemedial makes the draft of a unit's remedial plan out of a publication: a
// row for each component criterion that lost points, the most first, with what
// would have taken it. When there is one already it is returned as it stands.
//
// It needs ScoreEnter or RoundKeep in the unit. Faults: NotFound results.unknown;
// Conflict results.nothing_lost.
func (k *Desk) DraftRemedial(ctx context.Context, a actor.Actor, publication string, ord int) (string, error) {
	id := ""
	err := k.DB.Write(ctx, func(tx *db.Tx) error {
		p, err := getPublication(ctx, tx, publication)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(p.Rows, func(r ResultRow) bool { return r.Ord == ord })
		if !auth.PlanRemedy.In(p.stands()) || i < 0 {
			return fault.New(fault.NotFound, "results.unknown")
		}
		row := p.Rows[i]
		if err := k.mustRemedy(ctx, tx, a, row.Unit); err != nil {
			return err
		}
		if d, err := db.One(ctx, tx, remedialOf, scanRemedial, publication, ord); err == nil {
			id = d.ID
			return nil
		} else if !isNotFound(err) {
			return err
		}
		lost := row.LostLeaves()
		if len(lost) == 0 {
			return fault.New(fault.Conflict, "results.nothing_lost")
		}
		d := Remedial{ID: db.NewID()}
		id = d.ID
		for _, l := range lost {
			action := l.Next[i18n.Vietnamese]
			if action == "" {
				action = l.Rule[i18n.Vietnamese]
			}
			d.Rows = append(d.Rows, RemedialRow{Leaf: l.Code, Name: l.Name, Lost: l.Lost(), Action: action})
		}
		if err := tx.InsertRows(ctx, remedialInsert, [][]any{{d.ID, publication, ord, string(row.Unit), 1, tx.Now, a.Account, tx.Now, a.Account}}); err != nil {
			return err
		}
		if err := d.store(ctx, tx); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: "result.remedial", Kind: "remedial", ID: d.ID, Unit: row.Unit,
			Changes: []audit.Change{{Field: "rows", To: strconv.Itoa(len(d.Rows))}}})
	})
	return id, err
}

// LostLeaves returns the component criteria that lost points, the most first.
func (r ResultRow) LostLeaves() []LeafResult {
	var out []LeafResult
	for _, l := range r.Leaves {
		if l.Lost() > 0 {
			out = append(out, l)
		}
	}
	slices.SortStableFunc(out, func(a, b LeafResult) int { return int(b.Lost() - a.Lost()) })
	return out
}

func (d Remedial) store(ctx context.Context, tx *db.Tx) error {
	var rows [][]any
	for i, x := range d.Rows {
		rows = append(rows, []any{d.ID, i + 1, x.Leaf, x.Name, int64(x.Lost), x.Action, x.Owner, x.Due})
	}
	return tx.InsertRows(ctx, remedialRowInsert, rows)
}

// Remedial returns a draft for who may make it, or reads scores of the unit.
// Fault: NotFound results.remedial_unknown.
func (k *Desk) Remedial(ctx context.Context, q db.Queryer, a actor.Actor, id string) (Remedial, error) {
	if err := k.Guard.CheckAnywhere(a, auth.ScoreRead); err != nil {
		return Remedial{}, err
	}
	d, err := getRemedial(ctx, q, id)
	if err != nil {
		return d, err
	}
	if ok, err := k.MayRemedy(ctx, q, a, d.Unit); err != nil || ok {
		return d, err
	}
	if ok, err := k.Guard.May(ctx, q, a, auth.ScoreRead, d.Unit); err != nil || ok {
		return d, err
	}
	return Remedial{}, fault.New(fault.NotFound, "results.remedial_unknown")
}

func getRemedial(ctx context.Context, q db.Queryer, id string) (Remedial, error) {
	d, err := db.One(ctx, q, remedialGet, scanRemedial, id)
	if isNotFound(err) {
		return d, fault.New(fault.NotFound, "results.remedial_unknown").Because(err)
	}
	if err != nil {
		return d, err
	}
	d.Rows, err = db.All(ctx, q, remedialRows, scanRemedialRow, id)
	return d, err
}

// RemedialOf returns the id of the draft that was made of a row, "" for none.
func (k *Desk) RemedialOf(ctx context.Context, q db.Queryer, publication string, ord int) (string, error) {
	d, err := db.One(ctx, q, remedialOf, scanRemedial, publication, ord)
	if isNotFound(err) {
		return "", nil
	}
	return d.ID, err
}

// ChangeRemedial replaces the rows of a draft. version is the one that was read:
// when somebody changed it since, nothing is stored. Rows without an action are
// left out. Faults: Conflict results.remedial_moved; Invalid results.wrong with
// the fields action-N, owner-N, due-N, N from 1.
func (k *Desk) ChangeRemedial(ctx context.Context, a actor.Actor, id string, version int, rows []RemedialRow) error {
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		d, err := getRemedial(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := k.mustRemedy(ctx, tx, a, d.Unit); err != nil {
			return err
		}
		f := fault.New(fault.Invalid, "results.wrong")
		old := len(d.Rows)
		d.Rows = nil
		for i, x := range rows {
			no := strconv.Itoa(i + 1)
			x.Action, x.Owner = strings.TrimSpace(x.Action), strings.TrimSpace(x.Owner)
			if len(x.Action) > 4*longText {
				f.With("action-"+no, "results.long", "Most", 4*longText)
			}
			if len(x.Owner) > longText {
				f.With("owner-"+no, "results.long", "Most", longText)
			}
			if x.Due != 0 && x.Due < d.Made.Date() {
				f.With("due-"+no, "results.due_past")
			}
			if x.Action != "" {
				d.Rows = append(d.Rows, x)
			}
		}
		if err := f.Or(); err != nil {
			return err
		}
		n, err := tx.Exec(ctx, remedialMove, tx.Now, a.Account, id, version)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "results.remedial_moved")
		}
		if _, err := tx.Exec(ctx, remedialRowsDrop, id); err != nil {
			return err
		}
		if err := d.store(ctx, tx); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: "result.remedial", Kind: "remedial", ID: id, Unit: d.Unit,
			Changes: []audit.Change{{Field: "rows", From: strconv.Itoa(old), To: strconv.Itoa(len(d.Rows))}}})
	})
}
