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

// Notes are the denominations in circulation, in đồng, the greatest first.
var Notes = []int64{500_000, 200_000, 100_000, 50_000, 20_000, 10_000, 5_000, 2_000, 1_000, 500}

// A Cash is one officer's drawer on one day (sổ quỹ trong ngày). Amounts are in
// đồng.
type Cash struct {
	ID      string
	Unit    unit.ID
	Account string
	Day     moment.Date
	Float   int64 // what lay in the drawer in the morning
	Opened  moment.Instant
	Closed  moment.Instant // zero while it is open; locked from then on
	Counted int64
	Reason  string // why what was counted is not what should be there
	Entries []CashEntry
	Count   map[int64]int64 // pieces by denomination
}

// A CashEntry is money in or out of the drawer.
type CashEntry struct {
	Ord     int
	Kind    string // take, refund, adjust
	Number  int64  // of the unit's year, without gaps; 0 for adjust
	At      moment.Instant
	Account string
	Amount  int64 // negative for what went out
	Code    string
	Reason  string
}

// Taken, Refunded and Adjusted sum the entries of a kind; Refunded is not negative.
func (c Cash) Taken() int64    { return c.sum("take") }
func (c Cash) Refunded() int64 { return -c.sum("refund") }
func (c Cash) Adjusted() int64 { return c.sum("adjust") }

func (c Cash) sum(kind string) (n int64) {
	for _, e := range c.Entries {
		if e.Kind == kind {
			n += e.Amount
		}
	}
	return n
}

// Expected is what should lie in the drawer when it is counted.
func (c Cash) Expected() int64 { return c.Float + c.Taken() - c.Refunded() }

// Difference is what was counted more (positive) or less than expected, as it is
// after the corrections made since.
func (c Cash) Difference() int64 { return c.Counted + c.Adjusted() - c.Expected() }

const cashColumns = `id, unit_id, account, day, float_amount, opened_at, closed_at, counted, reason`

var (
	cashInsert = db.Rows("cash.open", "cash_session", cashColumns, "")
	cashByID   = db.SQL("cash.by_id", `SELECT `+cashColumns+` FROM cash_session WHERE id = $1`)
	cashOf     = db.SQL("cash.of", `SELECT `+cashColumns+` FROM cash_session WHERE unit_id = $1 AND account = $2 AND day = $3`)
	cashSince  = db.SQL("cash.since", `SELECT `+cashColumns+` FROM cash_session WHERE unit_id = $1 AND day >= $2 ORDER BY day DESC, opened_at, id`)
	cashClose  = db.SQL("cash.close", `UPDATE cash_session SET closed_at = $1, counted = $2, reason = $3 WHERE id = $4`)
	countPut   = db.Rows("cash.count", "cash_count", "session_id, note, pieces", "")
	countGet   = db.SQL("cash.counted", `SELECT note, pieces FROM cash_count WHERE session_id = $1`)
	entryPut   = db.Rows("cash.entry", "cash_entry", "session_id, ord, kind, number, at, account, amount, dossier_id, fact_seq, reason", "")
	entryNext  = db.SQL("cash.entry.next", `SELECT COALESCE(MAX(ord), 0) + 1 FROM cash_entry WHERE session_id = $1`)
	entryTook  = db.SQL("cash.entry.took", `SELECT COUNT(*) FROM cash_entry WHERE dossier_id = $1 AND fact_seq = $2 AND kind = 'take'`)
	entriesOf  = db.SQL("cash.entries", `
		SELECT e.ord, e.kind, e.number, e.at, e.account, e.amount, COALESCE(d.code, ''), e.reason
		FROM cash_entry e
		LEFT JOIN dossier d ON d.id = e.dossier_id
		WHERE e.session_id = $1
		ORDER BY e.ord`)
	seriesNext = db.SQL("counter.number.next", `
		INSERT INTO counter_number (unit_id, series, year, last) VALUES ($1, $2, $3, 1)
		ON CONFLICT (unit_id, series, year) DO UPDATE SET last = counter_number.last + 1
		RETURNING last`)
)

// nextInSeries gives the next number of a unit's series in a year: what is rolled
// back was never given, so there are no gaps.
func nextInSeries(ctx context.Context, tx *db.Tx, u unit.ID, series string) (int64, error) {
	return db.Value[int64](ctx, tx, seriesNext, string(u), series, int64(tx.Now.Date().Time().Year()))
}

// stands is how a drawer stands; the zero Cash is one that nobody opened.
func (c Cash) stands() auth.State {
	switch {
	case c.ID == "":
		return "none"
	case c.Closed != 0:
		return "closed"
	}
	return "open"
}

func scanCash(r db.Scanner) (c Cash, err error) {
	err = r.Scan(&c.ID, &c.Unit, &c.Account, &c.Day, &c.Float, &c.Opened, &c.Closed, &c.Counted, &c.Reason)
	return c, err
}

// OpenCash opens the actor's drawer for today with what lies in it. Errors:
// Conflict when it is open or closed already.
func (k *Desk) OpenCash(ctx context.Context, a actor.Actor, u unit.ID, float int64) (Cash, error) {
	var c Cash
	err := k.DB.Write(ctx, func(tx *db.Tx) (err error) {
		if err := k.Guard.Check(ctx, tx, a, auth.DossierPay, u); err != nil {
			return err
		}
		if float < 0 {
			return fault.New(fault.Invalid, "form.invalid").With("float", "counter.cash.amount_wrong")
		}
		there, err := db.One(ctx, tx, cashOf, scanCash, string(u), a.Account, tx.Now.Date())
		if err != nil && !errors.Is(err, db.ErrNotFound) {
			return err
		}
		if !auth.OpenDrawer.In(there.stands()) {
			return fault.New(fault.Conflict, "counter.cash.open_already")
		}
		c, err = openCash(ctx, tx, a, u, float)
		return err
	})
	return c, err
}

func openCash(ctx context.Context, tx *db.Tx, a actor.Actor, u unit.ID, float int64) (Cash, error) {
	c := Cash{ID: db.NewID(), Unit: u, Account: a.Account, Day: tx.Now.Date(), Float: float, Opened: tx.Now}
	if err := tx.InsertRows(ctx, cashInsert, [][]any{{c.ID, string(u), c.Account, c.Day, c.Float, c.Opened, c.Closed, int64(0), ""}}); err != nil {
		return c, err
	}
	return c, audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: string(auth.DossierPay), Kind: "cash_session", ID: c.ID, Unit: u,
		Changes: []audit.Change{{Field: "float", To: strconv.FormatInt(float, 10)}}})
}

// cash puts money into, or out of, the drawer of who does the verb. Cash that is
// taken must not escape the count at the day's end: a drawer that nobody opened
// is opened empty, and one that is closed takes no more that day.
func (w *work) cash(ctx context.Context, kind string, amount int64, seq int, reason string) error {
	if w.actor.IsSystem() {
		return nil // an import: the money lies in no drawer here
	}
	u := w.d.State.Unit
	c, err := db.One(ctx, w.tx, cashOf, scanCash, string(u), w.actor.Account, w.tx.Now.Date())
	if err != nil && !errors.Is(err, db.ErrNotFound) {
		return err
	}
	if !auth.MoveCash.In(c.stands()) {
		return fault.New(fault.Conflict, "counter.cash.closed", "Day", c.Day)
	}
	if c.ID == "" {
		if c, err = openCash(ctx, w.tx, w.actor, u, 0); err != nil {
			return err
		}
	}
	number, err := nextInSeries(ctx, w.tx, u, "cash")
	if err != nil {
		return err
	}
	ord, err := db.Value[int64](ctx, w.tx, entryNext, c.ID)
	if err != nil {
		return err
	}
	w.extra = append(w.extra, audit.Change{Field: "cash_" + kind, To: strconv.FormatInt(number, 10)})
	return w.tx.InsertRows(ctx, entryPut, [][]any{{c.ID, ord, kind, number, w.tx.Now, w.actor.Account, amount, w.d.ID, seq, reason}})
}

// refund gives back cash that a correction says was not to be taken.
func (w *work) refund(ctx context.Context, paid Fact, reason string) error {
	if paid.Kind != FPaid || paid.How != "cash" {
		return nil
	}
	took, err := db.Value[int64](ctx, w.tx, entryTook, w.d.ID, paid.Seq)
	if err != nil || took == 0 {
		return err
	}
	return w.cash(ctx, "refund", -paid.Qty, paid.Seq, reason)
}

// CloseCash counts the drawer and locks it: pieces by denomination. What differs
// from what should be there needs a reason. Only who opened it closes it.
func (k *Desk) CloseCash(ctx context.Context, a actor.Actor, id string, pieces map[int64]int64, reason string) error {
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		c, err := k.cashByID(ctx, tx, a, auth.CountCash.Verb, id)
		if err != nil {
			return err
		}
		if c.Account != a.Account {
			return fault.New(fault.Forbidden, "counter.cash.not_yours")
		}
		if !auth.CountCash.In(c.stands()) {
			return fault.New(fault.Conflict, "counter.cash.closed", "Day", c.Day)
		}
		var rows [][]any
		c.Counted = 0
		for _, n := range Notes {
			if pieces[n] < 0 || pieces[n] > 1_000_000 {
				return fault.New(fault.Invalid, "form.invalid").With("n"+strconv.FormatInt(n, 10), "counter.cash.pieces_wrong")
			}
			c.Counted += n * pieces[n]
			if pieces[n] > 0 {
				rows = append(rows, []any{id, n, pieces[n]})
			}
		}
		if c.Difference() != 0 && reason == "" {
			return fault.New(fault.Invalid, "form.invalid").With("reason", "counter.cash.difference", "Amount", c.Difference())
		}
		if err := tx.InsertRows(ctx, countPut, rows); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, cashClose, tx.Now, c.Counted, reason, id); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: string(auth.DossierPay), Kind: "cash_session", ID: id, Unit: c.Unit, Reason: reason,
			Changes: []audit.Change{{Field: "expected", To: strconv.FormatInt(c.Expected(), 10)}, {Field: "counted", To: strconv.FormatInt(c.Counted, 10)}}})
	})
}

// AdjustCash enters what was found after a drawer was closed, with the reason;
// what was counted stays as it was.
func (k *Desk) AdjustCash(ctx context.Context, a actor.Actor, id string, amount int64, reason string) error {
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		c, err := k.cashByID(ctx, tx, a, auth.AdjustCash.Verb, id)
		if err != nil {
			return err
		}
		f := fault.New(fault.Invalid, "form.invalid")
		if amount == 0 {
			f.With("amount", "counter.cash.amount_wrong")
		}
		if reason == "" {
			f.With("reason", "dossier.reason_missing")
		}
		if err := f.Or(); err != nil {
			return err
		}
		if !auth.AdjustCash.In(c.stands()) {
			return fault.New(fault.Conflict, "counter.cash.not_closed")
		}
		row := []any{id, len(c.Entries) + 1, "adjust", int64(0), tx.Now, a.Account, amount, nil, 0, reason}
		if err := tx.InsertRows(ctx, entryPut, [][]any{row}); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: string(auth.DossierCorrect), Kind: "cash_session", ID: id, Unit: c.Unit, Reason: reason,
			Changes: []audit.Change{{Field: "adjust", To: strconv.FormatInt(amount, 10)}}})
	})
}

func (k *Desk) cashByID(ctx context.Context, q db.Queryer, a actor.Actor, v auth.Verb, id string) (Cash, error) {
	c, err := db.One(ctx, q, cashByID, scanCash, id)
	if errors.Is(err, db.ErrNotFound) {
		return c, fault.New(fault.NotFound, "counter.cash.unknown")
	}
	if err != nil {
		return c, err
	}
	if err := k.Guard.Check(ctx, q, a, v, c.Unit); err != nil {
		return c, err
	}
	return c, k.fillCash(ctx, q, &c)
}

func (k *Desk) fillCash(ctx context.Context, q db.Queryer, c *Cash) (err error) {
	c.Entries, err = db.All(ctx, q, entriesOf, func(r db.Scanner) (e CashEntry, err error) {
		err = r.Scan(&e.Ord, &e.Kind, &e.Number, &e.At, &e.Account, &e.Amount, &e.Code, &e.Reason)
		return e, err
	}, c.ID)
	if err != nil {
		return err
	}
	c.Count = map[int64]int64{}
	return db.Each(ctx, q, countGet, func(r db.Scanner) error {
		var note, pieces int64
		err := r.Scan(&note, &pieces)
		c.Count[note] = pieces
		return err
	}, c.ID)
}

// Cash returns a drawer, for who may read the counter's day.
func (k *Desk) Cash(ctx context.Context, q db.Queryer, a actor.Actor, id string) (Cash, error) {
	return k.cashByID(ctx, q, a, auth.CounterRead, id)
}

// CashDays returns the drawers of a unit since a day, the latest day first.
func (k *Desk) CashDays(ctx context.Context, q db.Queryer, a actor.Actor, u unit.ID, since moment.Date) ([]Cash, error) {
	if err := k.Guard.Check(ctx, q, a, auth.CounterRead, u); err != nil {
		return nil, err
	}
	out, err := db.All(ctx, q, cashSince, scanCash, string(u), since)
	for i := range out {
		if err == nil {
			err = k.fillCash(ctx, q, &out[i])
		}
	}
	return out, err
}
