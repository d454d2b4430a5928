package look

import (
	"context"
	"errors"
	"time"

	"cchc/base/actor"
	"cchc/base/db"
	"cchc/base/moment"
)

// OpenFor is for how long a purpose that somebody told opens the papers of one thing:
// as long as one reads them at a stretch.
const OpenFor = 30 * time.Minute

var (
	openPut = db.Rows("look.open.put", "look_open", "object_id, account, on_behalf, token, purpose, until_at", `
		ON CONFLICT (object_id, account, on_behalf, token) DO UPDATE SET purpose = excluded.purpose, until_at = excluded.until_at`)
	openOf    = db.SQL("look.open.of", `SELECT purpose, until_at FROM look_open WHERE object_id = $1 AND account = $2 AND on_behalf = $3 AND token = $4 AND until_at > $5`)
	openDrop  = db.SQL("look.open.drop", `DELETE FROM look_open WHERE until_at <= $1`)
	openWords = db.SQL("look.open.words", `SELECT DISTINCT purpose FROM look_open WHERE object_id = $1`)
	openSet   = db.SQL("look.open.words.set", `UPDATE look_open SET purpose = $1 WHERE object_id = $2 AND purpose = $3`)
)

// An Opening is a purpose that holds until a moment; the zero Opening is none.
type Opening struct {
	Purpose string
	Until   moment.Instant
}

// Open notes for what somebody opens the papers of a thing from now on; what is over,
// of whomever, goes.
func Open(ctx context.Context, tx *db.Tx, a actor.Actor, object, purpose string) (Opening, error) {
	if _, err := tx.Exec(ctx, openDrop, tx.Now); err != nil {
		return Opening{}, err
	}
	o := Opening{Purpose: purpose, Until: tx.Now.Add(OpenFor)}
	return o, tx.InsertRows(ctx, openPut, [][]any{{object, a.Account, a.For.Account, a.Token, o.Purpose, o.Until}})
}

// OpeningOf returns the purpose by which somebody may open the papers of a thing now, if
// there is one: at the screen, or by this token.
func OpeningOf(ctx context.Context, q db.Queryer, a actor.Actor, object string, now moment.Instant) (Opening, error) {
	o, err := db.One(ctx, q, openOf, func(r db.Scanner) (o Opening, err error) {
		err = r.Scan(&o.Purpose, &o.Until)
		return o, err
	}, object, a.Account, a.For.Account, a.Token, now)
	if errors.Is(err, db.ErrNotFound) {
		return Opening{}, nil
	}
	return o, err
}
