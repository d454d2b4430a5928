package dossier

import (
	"context"
	"errors"
	"strconv"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
	"cchc/unit"
)

// A Reserved is a dossier's number kept for a receipt written on paper while the
// system is down.
type Reserved struct {
	Code      string
	Unit      unit.ID
	Block     string // those printed together
	Reserved  moment.Instant
	Account   string
	DossierID string // "" until its receipt is entered
	Cancelled moment.Instant
	Reason    string // why it was cancelled
}

// Open reports whether the number still waits for its answer.
func (r Reserved) Open() bool { return r.DossierID == "" && r.Cancelled == 0 }

// MostReserved is how many numbers one block has.
const MostReserved = 100

// reserveAhead is how many days ahead numbers may be reserved.
const reserveAhead = 31

const reservedColumns = `code, unit_id, block, reserved_at, account, COALESCE(dossier_id, ''), cancelled_at, reason`

var (
	numbersTake = db.SQL("dossier.number.take", `
		INSERT INTO dossier_number (prefix, day, last)
		VALUES ($1, $2, $3)
		ON CONFLICT (prefix, day) DO UPDATE SET last = dossier_number.last + excluded.last
		RETURNING last`)
	reservedPut = db.Rows("counter.reserved.put", "reserved_number",
		"code, unit_id, block, reserved_at, account, dossier_id, cancelled_at, cancelled_by, reason", "")
	reservedGet  = db.SQL("counter.reserved.get", `SELECT `+reservedColumns+` FROM reserved_number WHERE code = $1`)
	reservedUse  = db.SQL("counter.reserved.use", `UPDATE reserved_number SET dossier_id = $1 WHERE code = $2 AND dossier_id IS NULL AND cancelled_at IS NULL`)
	reservedDrop = db.SQL("counter.reserved.cancel", `
		UPDATE reserved_number SET cancelled_at = $1, cancelled_by = $2, reason = $3
		WHERE code = $4 AND dossier_id IS NULL AND cancelled_at IS NULL`)
	reservedOpen = db.SQL("counter.reserved.open", `
		SELECT `+reservedColumns+` FROM reserved_number
		WHERE unit_id = $1 AND dossier_id IS NULL AND cancelled_at IS NULL
		ORDER BY code`)
	reservedDone = db.SQL("counter.reserved.done", `
		SELECT `+reservedColumns+` FROM reserved_number
		WHERE unit_id = $1 AND (dossier_id IS NOT NULL OR cancelled_at IS NOT NULL)
		ORDER BY code DESC`)
	reservedBlock = db.SQL("counter.reserved.block", `SELECT `+reservedColumns+` FROM reserved_number WHERE block = $1 ORDER BY code`)
)

func scanReserved(r db.Scanner) (x Reserved, err error) {
	err = r.Scan(&x.Code, &x.Unit, &x.Block, &x.Reserved, &x.Account, &x.DossierID, &x.Cancelled, &x.Reason)
	return x, err
}

// Reserve takes the next n numbers of a day (today, or ahead of it) for receipts
// on paper and returns the block's id. Who counts that day goes on after them.
func (k *Desk) Reserve(ctx context.Context, a actor.Actor, u unit.ID, day moment.Date, n int) (string, error) {
	block := db.NewID()
	err := k.DB.Write(ctx, func(tx *db.Tx) error {
		if err := k.Guard.Check(ctx, tx, a, auth.DossierReceive, u); err != nil {
			return err
		}
		if day == 0 {
			day = tx.Now.Date()
		}
		f := fault.New(fault.Invalid, "form.invalid")
		if n < 1 || n > MostReserved {
			f.With("count", "counter.reserved.count_wrong", "Most", MostReserved)
		}
		if day < tx.Now.Date() || day > tx.Now.Date().AddDays(reserveAhead) {
			f.With("day", "counter.reserved.day_wrong", "Days", reserveAhead)
		}
		if err := f.Or(); err != nil {
			return err
		}
		tree, err := k.Units.Today(ctx, tx)
		if err != nil {
			return err
		}
		here, ok := tree.Unit(u)
		if !ok {
			return fault.New(fault.Invalid, "form.invalid").With("unit", "dossier.unit_unknown")
		}
		last, err := db.Value[int64](ctx, tx, numbersTake, here.Code, day, n)
		if err != nil {
			return err
		}
		rows := make([][]any, n)
		for i := range rows {
			code := Code{here.Code, day, last - int64(n-1-i)}.String()
			rows[i] = []any{code, string(u), block, tx.Now, a.Account, nil, moment.Instant(0), "", ""}
		}
		if err := tx.InsertRows(ctx, reservedPut, rows); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: string(auth.DossierReceive), Kind: "reserved_block", ID: block, Unit: u,
			Changes: []audit.Change{{Field: "count", To: strconv.Itoa(n)}, {Field: "day", To: day.String()}}})
	})
	return block, err
}

// CancelReserved says why numbers were not used. All or none.
func (k *Desk) CancelReserved(ctx context.Context, a actor.Actor, u unit.ID, codes []string, reason string) error {
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		if err := k.Guard.Check(ctx, tx, a, auth.DossierReceive, u); err != nil {
			return err
		}
		f := fault.New(fault.Invalid, "form.invalid")
		if len(codes) == 0 {
			f.With("code", "counter.reserved.none_chosen")
		}
		if reason == "" {
			f.With("reason", "dossier.reason_missing")
		}
		if err := f.Or(); err != nil {
			return err
		}
		var changes []audit.Change
		for _, c := range codes {
			if _, err := k.mayUse(ctx, tx, auth.CancelReserve, u, c, "code"); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, reservedDrop, tx.Now, a.Account, reason, c); err != nil {
				return err
			}
			changes = append(changes, audit.Change{Field: "cancelled", To: c})
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: string(auth.DossierReceive), Kind: "reserved_number", ID: codes[0], Unit: u,
			Changes: changes, Reason: reason})
	})
}

func (r Reserved) stands() auth.State {
	if r.Open() {
		return "open"
	}
	return "answered"
}

// mayUse returns a number, and refuses one that is not reserved here, or has its
// answer.
func (k *Desk) mayUse(ctx context.Context, tx *db.Tx, x auth.Act, u unit.ID, code, field string) (Reserved, error) {
	r, err := db.One(ctx, tx, reservedGet, scanReserved, code)
	if errors.Is(err, db.ErrNotFound) || err == nil && r.Unit != u {
		return r, fault.New(fault.Invalid, "form.invalid").With(field, "counter.reserved.unknown", "Code", code)
	}
	if err != nil {
		return r, err
	}
	if !x.In(r.stands()) {
		return r, fault.New(fault.Invalid, "form.invalid").With(field, "counter.reserved.answered", "Code", code)
	}
	return r, nil
}

// reservedCode is the number that an application brings from its paper receipt.
// The paper tells when it was received, and the promise is computed from then. It
// was written after the number was there to be written: paper tells the minute, so
// the minute of the reservation is the earliest.
func (k *Desk) reservedCode(ctx context.Context, tx *db.Tx, app Application) (string, error) {
	if app.At == 0 {
		return "", fault.New(fault.Invalid, "form.invalid").With("at", "counter.reserved.at_missing")
	}
	r, err := k.mayUse(ctx, tx, auth.UseNumber, app.Unit, app.Reserved, "reserved")
	if err != nil {
		return "", err
	}
	if app.At < r.Reserved-r.Reserved%60_000 {
		return "", fault.New(fault.Invalid, "form.invalid").With("at", "counter.reserved.before", "Code", r.Code, "Reserved", r.Reserved)
	}
	return app.Reserved, nil
}

// ReservedNumbers returns a unit's numbers that wait for their answer, and the
// last hundred that have it.
func (k *Desk) ReservedNumbers(ctx context.Context, q db.Queryer, a actor.Actor, u unit.ID) (open, done []Reserved, err error) {
	if err := k.Guard.Check(ctx, q, a, auth.CounterRead, u); err != nil {
		return nil, nil, err
	}
	if open, err = db.All(ctx, q, reservedOpen, scanReserved, string(u)); err != nil {
		return nil, nil, err
	}
	done, err = db.All(ctx, q, reservedDone, scanReserved, string(u))
	return open, done, err
}

// ReservedBlock returns the numbers of a block, for printing.
func (k *Desk) ReservedBlock(ctx context.Context, q db.Queryer, a actor.Actor, block string) ([]Reserved, error) {
	out, err := db.All(ctx, q, reservedBlock, scanReserved, block)
	if err == nil && len(out) == 0 {
		err = fault.New(fault.NotFound, "counter.reserved.no_block")
	}
	if err != nil {
		return nil, err
	}
	return out, k.Guard.Check(ctx, q, a, auth.CounterRead, out[0].Unit)
}
