package dossier

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
)

// A BulkRun is a run as it stands.
type BulkRun struct {
	Bulk
	Account  string
	Made     moment.Instant
	Finished moment.Instant // zero while dossiers are left that nobody tried
	Results  []BulkResult
}

// A BulkResult is what became of one dossier.
type BulkResult struct {
	Ord         int
	Dossier     string // id
	Code        string
	Until       moment.Instant
	Done        moment.Instant
	Problem     *fault.Fault // why it was not done
	Undone      moment.Instant
	UndoProblem *fault.Fault // why it was not taken back

	facts, step int
	holder      string
}

// Left reports whether nobody has tried it yet.
func (r BulkResult) Left() bool { return r.Done == 0 && r.Problem == nil }

// Counts returns how many were done, failed, are left, and were taken back.
func (r *BulkRun) Counts() (done, failed, left, undone int) {
	for _, x := range r.Results {
		switch {
		case x.Left():
			left++
		case x.Done == 0:
			failed++
		default:
			done++
			if x.Undone != 0 {
				undone++
			}
		}
	}
	return done, failed, left, undone
}

const bulkColumns = `id, account, act, to_account, reason, document, how, made_at, finished_at`

var (
	bulkAdd = db.Rows("dossier.bulk.add", "bulk_run", bulkColumns, "")
	bulkOf  = db.SQL("dossier.bulk.of", `SELECT `+bulkColumns+` FROM bulk_run WHERE id = $1`)
	bulksOf = db.SQL("dossier.bulk.list", `
		SELECT `+bulkColumns+`
		FROM bulk_run
		WHERE account = $1
		ORDER BY made_at DESC, id DESC
		LIMIT 30`)
	bulkEnd = db.SQL("dossier.bulk.end", `UPDATE bulk_run SET finished_at = $1 WHERE id = $2 AND finished_at IS NULL`)

	bulkItemAdd = db.Rows("dossier.bulk.item.add", "bulk_item",
		"run_id, ord, dossier_id, until, done_at, problem, facts, step, holder, undone_at, undo_problem", "")
	bulkItems = db.SQL("dossier.bulk.items", `
		SELECT i.ord, i.dossier_id, d.code, i.until, i.done_at, i.problem, i.facts, i.step, i.holder, i.undone_at, i.undo_problem
		FROM bulk_item i
		JOIN dossier d ON d.id = i.dossier_id
		WHERE i.run_id = $1
		ORDER BY i.ord`)
	// Whoever gets the row does it: the other finds none left.
	bulkItemDone = db.SQL("dossier.bulk.item.done", `
		UPDATE bulk_item SET done_at = $1
		WHERE run_id = $2 AND ord = $3 AND done_at IS NULL AND problem = ''`)
	bulkItemAfter = db.SQL("dossier.bulk.item.after", `
		UPDATE bulk_item SET facts = $1, step = $2, holder = $3
		WHERE run_id = $4 AND ord = $5`)
	bulkItemFail = db.SQL("dossier.bulk.item.fail", `
		UPDATE bulk_item SET problem = $1
		WHERE run_id = $2 AND ord = $3 AND done_at IS NULL AND problem = ''`)
)

func scanBulk(r db.Scanner) (b BulkRun, err error) {
	err = r.Scan(&b.ID, &b.Account, &b.Act, &b.To, &b.Reason, &b.Document, &b.How, &b.Made, &b.Finished)
	return b, err
}

func scanBulkItem(r db.Scanner) (x BulkResult, err error) {
	var problem, undo string
	err = r.Scan(&x.Ord, &x.Dossier, &x.Code, &x.Until, &x.Done, &problem, &x.facts, &x.step, &x.holder, &x.Undone, &undo)
	x.Problem, x.UndoProblem = readProblem(problem), readProblem(undo)
	return x, err
}

// A problem is stored as its message's key and arguments, to be told in the
// reader's language.
type problem struct {
	Kind fault.Kind `json:"kind"`
	Key  string     `json:"key"`
	Args []any      `json:"args,omitempty"`
}

func writeProblem(f *fault.Fault) (string, error) {
	p := problem{Kind: f.Kind, Key: f.Key, Args: f.Args}
	if len(f.Fields) > 0 {
		p.Key, p.Args = f.Fields[0].Key, f.Fields[0].Args
	}
	for i, v := range p.Args {
		switch v.(type) {
		case int, string:
		default:
			p.Args[i] = fmt.Sprint(v)
		}
	}
	b, err := json.Marshal(p)
	return string(b), err
}

func readProblem(s string) *fault.Fault {
	if s == "" {
		return nil
	}
	var p problem
	d := json.NewDecoder(strings.NewReader(s))
	d.UseNumber()
	if err := d.Decode(&p); err != nil {
		return fault.New(fault.Conflict, "bulk.unknown_problem")
	}
	for i, v := range p.Args {
		if n, ok := v.(json.Number); ok {
			whole, _ := n.Int64()
			p.Args[i] = int(whole)
		}
	}
	return &fault.Fault{Kind: p.Kind, Key: p.Key, Args: p.Args}
}

// BulkStart stores a run; nothing is done to any dossier yet: BulkGoOn does it.
// A run that is there already stays as it is, so a form sent twice is one run.
// Each dossier's right is asked when its turn comes.
func (k *Desk) BulkStart(ctx context.Context, a actor.Actor, b Bulk) error {
	if err := b.check(); err != nil {
		return err
	}
	if len(b.ID) != len(db.NewID()) {
		return fault.New(fault.Invalid, "bulk.unknown")
	}
	if err := b.complete(); err != nil {
		return err
	}
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		if err := k.Guard.CheckAnywhere(a, b.Act.Verb()); err != nil {
			return err
		}
		was, err := db.One(ctx, tx, bulkOf, scanBulk, b.ID)
		switch {
		case err == nil && was.Account != a.Account:
			return fault.New(fault.NotFound, "bulk.unknown")
		case err == nil:
			return nil
		case !errors.Is(err, db.ErrNotFound):
			return err
		}
		var rows [][]any
		seen := map[string]bool{}
		for _, x := range b.Items {
			d, err := find(ctx, tx, x.Code)
			if err != nil {
				return err
			}
			if err := k.Guard.Check(ctx, tx, a, auth.DossierRead, d.State.Unit); err != nil {
				return err
			}
			if seen[d.ID] {
				continue
			}
			seen[d.ID] = true
			rows = append(rows, []any{b.ID, len(rows) + 1, d.ID, x.Until, moment.Instant(0), "", 0, 0, "", moment.Instant(0), ""})
		}
		run := []any{b.ID, a.Account, string(b.Act), b.To, b.Reason, b.Document, b.How, tx.Now, moment.Instant(0)}
		if err := tx.InsertRows(ctx, bulkAdd, [][]any{run}); err != nil {
			return err
		}
		if err := tx.InsertRows(ctx, bulkItemAdd, rows); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: string(b.Act.Verb()), Kind: "bulk_run", ID: b.ID, Reason: b.Reason,
			Changes: []audit.Change{{Field: "act", To: string(b.Act)}, {Field: "dossiers", To: fmt.Sprint(len(rows))}}})
	})
}

// BulkRun returns one's own run.
func (k *Desk) BulkRun(ctx context.Context, q db.Queryer, a actor.Actor, id string) (BulkRun, error) {
	run, err := db.One(ctx, q, bulkOf, scanBulk, id)
	if errors.Is(err, db.ErrNotFound) || err == nil && (run.Account != a.Account || !a.SignedIn()) {
		return BulkRun{}, fault.New(fault.NotFound, "bulk.unknown")
	}
	if err != nil {
		return run, err
	}
	// One's own, and by a token only when that is for dossiers.
	if err := k.Guard.CheckAnywhere(a, auth.DossierRead); err != nil {
		return BulkRun{}, err
	}
	run.Results, err = db.All(ctx, q, bulkItems, scanBulkItem, id)
	return run, err
}

// BulkRuns returns one's own last runs, the newest first, at most 30.
func (k *Desk) BulkRuns(ctx context.Context, q db.Queryer, a actor.Actor) ([]BulkRun, error) {
	if !a.SignedIn() || k.Guard.CheckAnywhere(a, auth.DossierRead) != nil {
		return nil, nil
	}
	runs, err := db.All(ctx, q, bulksOf, scanBulk, a.Account)
	if err != nil {
		return nil, err
	}
	for i := range runs {
		if runs[i].Results, err = db.All(ctx, q, bulkItems, scanBulkItem, runs[i].ID); err != nil {
			return nil, err
		}
	}
	return runs, nil
}

// BulkGoOn does what is left of one's own run: each dossier in a write of its own
// with the right asked and the audit entry made there, so that what is done stays
// done when the rest fails or is cut off. Called again, by two at once too, each
// dossier is still done once.
func (k *Desk) BulkGoOn(ctx context.Context, a actor.Actor, id string) (BulkRun, error) {
	run, err := k.BulkRun(ctx, k.DB, a, id)
	if err == nil {
		err = k.Guard.CheckAnywhere(a, run.Act.Verb())
	}
	if err != nil {
		return run, err
	}
	for i := range run.Results {
		if !run.Results[i].Left() {
			continue
		}
		if err := k.bulkOne(ctx, a, &run.Bulk, &run.Results[i]); err != nil {
			return run, err
		}
	}
	if run.Finished == 0 {
		err := k.DB.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, bulkEnd, tx.Now, id)
			return err
		})
		if err != nil {
			return run, err
		}
	}
	return k.BulkRun(ctx, k.DB, a, id)
}

func (k *Desk) bulkOne(ctx context.Context, a actor.Actor, b *Bulk, x *BulkResult) error {
	err := k.DB.Write(ctx, func(tx *db.Tx) error {
		if n, err := tx.Exec(ctx, bulkItemDone, tx.Now, b.ID, x.Ord); err != nil || n == 0 {
			return err
		}
		d, err := db.One(ctx, tx, byID, scan, x.Dossier)
		if err != nil {
			return err
		}
		steps, err := k.Steps(ctx, tx, d)
		if err != nil {
			return err
		}
		if err := k.look(tx, a, b, tx.Now).ready(ctx, &d, steps); err != nil {
			return err
		}
		step, holder := 0, ""
		if s := current(steps); s != nil {
			step, holder = s.Ord, s.Account
		}
		err = k.actTx(ctx, tx, a, b.Act.act(), &d, func(ctx context.Context, w *work) error {
			return b.do(ctx, w, x)
		})
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, bulkItemAfter, d.facts, step, holder, b.ID, x.Ord)
		return err
	})
	f := fault.As(err)
	if f == nil || f.Kind == fault.Unauthenticated || f.Kind == fault.Unavailable || f.Kind == fault.TooMany {
		return err
	}
	why, err := writeProblem(f)
	if err != nil {
		return err
	}
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, bulkItemFail, why, b.ID, x.Ord)
		return err
	})
}

// do is the act, by the room's own verbs.
func (b *Bulk) do(ctx context.Context, w *work, x *BulkResult) error {
	switch b.Act {
	case BulkAssign:
		return allotted(b.To, b.Reason)(ctx, w)
	case BulkForward:
		return forwarded(b.To, b.Reason)(ctx, w)
	case BulkApologise:
		return apologised(Apology{Reason: b.Reason, Document: b.Document, Until: x.Until})(ctx, w)
	}
	return handedOver(b.how(w.d), 0, b.Document)(ctx, w)
}
