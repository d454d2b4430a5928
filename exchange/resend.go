package exchange

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
)

// A Resend says which differences of a run are told again.
type Resend struct {
	Link string
	Kind string // all of a kind that were not told again yet; "" with Ords
	Ords []int  // these, whether or not they were
}

// stands is how a link stands in the words of the policy.
func (l Link) stands() auth.State {
	if l.Ended != 0 {
		return "ended"
	}
	return "in_use"
}

// resendChunk is how many dossiers are told in one write.
const resendChunk = 500

// Resend tells a link again of dossiers that differ: they go through its queue,
// like every change. A peer gets all the statuses of a dossier and their times; a
// webhook, how the dossier is. Dossiers of units that the link does not cover are
// left out. It returns how many are on their way. What is written is written in
// portions, each whole by itself; told twice does no harm. Faults: NotFound,
// Invalid with field link, Conflict when there is nothing to send.
func (b *Book) Resend(ctx context.Context, a actor.Actor, run string, how Resend) (int, error) {
	if b.Quiet {
		return 0, fault.New(fault.Conflict, "exchange.quiet")
	}
	r, err := b.Run(ctx, a, run)
	if err != nil {
		return 0, err
	}
	if how.Link == "" {
		return 0, fault.New(fault.Invalid, "exchange.resend.invalid").With("link", "exchange.resend.link")
	}
	l, err := b.Find(ctx, a, how.Link)
	if err != nil {
		return 0, err
	}
	if !auth.TellAgain.In(l.stands()) {
		return 0, fault.New(fault.Conflict, "exchange.resend.ended")
	}
	if l.Kind == Peer && r.System != "" {
		return 0, fault.New(fault.Conflict, "exchange.resend.foreign")
	}
	list, err := b.Differences(ctx, r, Filter{Kind: how.Kind, Open: len(how.Ords) == 0})
	if err != nil {
		return 0, err
	}
	list = slices.DeleteFunc(list, func(d Difference) bool {
		return d.Dossier == "" || len(how.Ords) > 0 && !slices.Contains(how.Ords, d.Ord)
	})
	sent := 0
	for chunk := range slices.Chunk(list, resendChunk) {
		n := 0
		err := b.DB.Write(ctx, func(tx *db.Tx) (err error) {
			if err := b.Guard.Check(ctx, tx, a, auth.DossierImport, l.Unit); err != nil {
				return err
			}
			n, err = b.resend(ctx, tx, a, r, l, chunk)
			return err
		})
		if err != nil {
			return sent, err
		}
		sent += n
	}
	if sent == 0 {
		return 0, fault.New(fault.Conflict, "exchange.resend.nothing")
	}
	return sent, nil
}

func (b *Book) resend(ctx context.Context, tx *db.Tx, a actor.Actor, r Run, l Link, list []Difference) (int, error) {
	var rows [][]any
	for _, d := range list {
		w, err := b.Desk.StandingOf(ctx, tx, d.Dossier)
		if err != nil {
			return 0, fmt.Errorf("dossier %s of comparison %s: %w", d.Code, r.ID, err)
		}
		if l.Unit != "" && l.Unit != w.Unit {
			if within, err := b.Units.Within(ctx, tx, w.Unit, l.Unit); err != nil {
				return 0, err
			} else if !within {
				continue
			}
		}
		id := db.NewID()
		body, err := b.whole(ctx, tx, l, id, r.System, w)
		if err != nil {
			return 0, err
		}
		rows = append(rows, []any{l.ID, id, w.ID, w.Code, string(body), tx.Now, 0, tx.Now, "waiting", ""})
		if _, err := tx.Exec(ctx, differenceSent, tx.Now, r.ID, d.Ord); err != nil {
			return 0, err
		}
	}
	if len(rows) == 0 {
		return 0, nil
	}
	if err := tx.InsertRows(ctx, deliveryInsert, rows); err != nil {
		return 0, err
	}
	if err := Deliver.Enqueue(ctx, tx, l.ID); err != nil {
		return 0, err
	}
	return len(rows), audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: "exchange.resend", Kind: "exchange_run", ID: r.ID, Unit: r.Unit,
		Changes: []audit.Change{{Field: "link", To: l.Name}, {Field: "dossiers", To: strconv.Itoa(len(rows))}}})
}

// whole is the body that tells all of a dossier.
func (b *Book) whole(ctx context.Context, tx *db.Tx, l Link, id, system string, w Standing) ([]byte, error) {
	list, due, err := b.Desk.Changeovers(ctx, tx, w.ID)
	if err != nil {
		return nil, err
	}
	c := Change{Dossier: w.ID, System: system, Code: w.Code, Unit: w.Unit, Procedure: w.Procedure, Channel: string(w.Channel),
		Before: int(w.Status), Status: int(w.Status), Accepted: due.Accepted, Due: due.Due, Ended: due.Ended, Outcome: due.Outcome, Now: tx.Now, At: w.Since,
		Facts: []string{}, Sequence: due.Sequence}
	if l.Kind != Peer {
		return b.body(ctx, tx, l, id, c)
	}
	tree, err := b.Units.Today(ctx, tx)
	if err != nil {
		return nil, err
	}
	u, _ := tree.Unit(w.Unit)
	var events []any
	for _, x := range list {
		c.Status, c.At, c.Due, c.Outcome = x.Status, x.At, x.Due, x.Outcome
		// The same status at the same time is the same event, however often it is
		// told: its id follows from what it says.
		sum := sha256.Sum256(fmt.Appendf(nil, "%s %d %d %d", w.ID, x.Status, x.At, x.Due))
		events = append(events, peerEvent(hex.EncodeToString(sum[:16]), u.Code, c))
	}
	return json.Marshal(map[string]any{"system": l.System, "events": events})
}
