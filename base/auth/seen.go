package auth

import (
	"context"
	"strconv"
	"time"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/db"
	"cchc/base/moment"
)

// A Place is where a session was used: the network that its requests came from, and
// from when to when.
type Place struct {
	Session     moment.Instant // names the session of its account
	Network     string
	Agent       string
	First, Last moment.Instant
}

const (
	// atOnce is how near each other two sessions of an account must be used to be used
	// at once: an officer walks from one machine to another in that time.
	atOnce = 10 * time.Minute
	// keepPlaces is how long it is known where sessions were used: long enough to ask
	// about a shared account, and no diary of where people work.
	keepPlaces = 7 * 24 * time.Hour
)

var (
	seenSession = db.SQL("auth.session.seen", `
		INSERT INTO account_session_seen (account_id, at, network, first_at, last_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (account_id, at, network) DO UPDATE SET last_at = excluded.last_at`)
	placesOf = db.SQL("auth.session.places", `
		SELECT p.at, p.network, s.agent, p.first_at, p.last_at
		FROM account_session_seen p
		JOIN account_session s ON s.account_id = p.account_id AND s.at = p.at
		WHERE p.account_id = $1 AND p.last_at > $2
		ORDER BY p.last_at DESC, p.at DESC, p.network
		LIMIT 100`)
	forgetPlaces = db.SQL("auth.session.forget_places", `DELETE FROM account_session_seen WHERE last_at < $1`)
	beyondLimit  = db.SQL("auth.session.beyond", `
		SELECT s.at
		FROM account_session s
		JOIN account a ON a.id = s.account_id
		WHERE s.account_id = $1 AND s.ended_at IS NULL AND s.at > $2 AND s.at >= a.password_at
		ORDER BY s.at DESC`)
)

// Seen notes that a session of an account is used from a network address. Doors call
// it once in some minutes, not with every request.
func (k *Accounts) Seen(ctx context.Context, account string, session moment.Instant, from string) error {
	from = network(from)
	if from == "" || session == 0 {
		return nil
	}
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, seenSession, account, session, from, tx.Now, tx.Now)
		return err
	})
}

// together returns the places of sessions that were used at once from different
// networks, in the last days: what one person at one place does not do.
func together(ctx context.Context, q db.Queryer, account string, now moment.Instant) ([]Place, error) {
	all, err := db.All(ctx, q, placesOf, func(r db.Scanner) (p Place, err error) {
		err = r.Scan(&p.Session, &p.Network, &p.Agent, &p.First, &p.Last)
		return p, err
	}, account, now.Add(-keepPlaces))
	if err != nil {
		return nil, err
	}
	var out []Place
	for i, a := range all {
		for j, b := range all {
			if i != j && a.Session != b.Session && a.Network != b.Network && a.First <= b.Last.Add(atOnce) && b.First <= a.Last.Add(atOnce) {
				out = append(out, a)
				break
			}
		}
	}
	return out, nil
}

// limit ends the oldest sessions of an account beyond how many there may be at once.
func (k *Accounts) limit(ctx context.Context, tx *db.Tx, account string) error {
	if k.Most == nil {
		return nil
	}
	most, err := k.Most(ctx, tx)
	if err != nil || most <= 0 {
		return err
	}
	open, err := db.Column[moment.Instant](ctx, tx, beyondLimit, account, tx.Now.Add(-alive))
	if err != nil || len(open) <= most {
		return err
	}
	for _, at := range open[most:] {
		if _, err := tx.Exec(ctx, endSession, tx.Now, account, at); err != nil {
			return err
		}
	}
	return recordHome(ctx, tx, actor.System("sign-in"), "account.sessions_most", account, audit.Change{Field: "most", To: strconv.Itoa(most)})
}
