package auth

import (
	"context"

	"cchc/base/actor"
	"cchc/base/db"
	"cchc/base/moment"
)

// A Standing is what a keeper of accounts wants to know of one beside its grants.
type Standing struct {
	LastSignIn    moment.Instant // zero: not within 400 days
	FirstPassword bool           // nobody but the keeper's first password opened it yet
	Failed        int            // sign-ins that failed in the last 15 minutes, from everywhere
	Locked        moment.Instant // until when sign-in is refused, from somewhere at least; zero when it is not
	Sessions      []Session
	Together      []Place // sessions that were used at once from different networks
}

var (
	firstPassword  = db.SQL("auth.account.first", `SELECT first_password FROM account WHERE id = $1`)
	firstPasswords = db.SQL("auth.account.firsts", `SELECT id FROM account WHERE first_password = 1`)
	attemptsOf     = db.SQL("auth.attempt.of", `
		SELECT key, count, since
		FROM sign_in_attempt
		WHERE login_key = $1 AND login_key <> '' AND since > $2`)
	attemptsAll = db.SQL("auth.attempt.all", `
		SELECT login_key, key, count, since
		FROM sign_in_attempt
		WHERE login_key <> '' AND since > $1`)
	dropAttempts = db.SQL("auth.attempt.drop", `DELETE FROM sign_in_attempt WHERE login_key = $1 AND login_key <> ''`)
)

// full reports whether a counter of a login refuses sign-in.
func full(loginKey, key string, count int64) bool {
	if key == loginKey {
		return count >= attemptsLogin
	}
	return count >= attemptsBoth
}

// Standing returns the standing of an account that a may change. Faults: NotFound.
func (k *Accounts) Standing(ctx context.Context, a actor.Actor, id string) (s Standing, err error) {
	err = k.DB.Snapshot(ctx, func(q *db.Snapshot) error {
		acc, err := k.changeable(ctx, q, a, id)
		if err != nil {
			return err
		}
		if s.LastSignIn, err = db.Value[moment.Instant](ctx, q, lastSignIn, id); err != nil {
			return err
		}
		first, err := db.Value[int](ctx, q, firstPassword, id)
		if err != nil {
			return err
		}
		s.FirstPassword = first == 1
		if s.Sessions, err = k.sessions(ctx, q, id); err != nil {
			return err
		}
		if s.Together, err = together(ctx, q, id, k.DB.Now()); err != nil {
			return err
		}
		own := attemptHash("login", acc.Login)
		return db.Each(ctx, q, attemptsOf, func(r db.Scanner) error {
			var key string
			var n int64
			var since moment.Instant
			if err := r.Scan(&key, &n, &since); err != nil {
				return err
			}
			if key == own {
				s.Failed = int(n)
			}
			if full(own, key, n) {
				s.Locked = max(s.Locked, since.Add(attemptWindow))
			}
			return nil
		}, own, k.DB.Now().Add(-attemptWindow))
	})
	return s, err
}

// Standings returns for List's accounts, by id, when each last signed in, whether
// it is locked, and whether its first password is still unchanged.
func (k *Accounts) Standings(ctx context.Context, list []Account) (map[string]Standing, error) {
	out := map[string]Standing{}
	locked := map[string]moment.Instant{}
	err := k.DB.Snapshot(ctx, func(q *db.Snapshot) error {
		if err := db.Each(ctx, q, lastSignIns, func(r db.Scanner) error {
			var id string
			var s Standing
			err := r.Scan(&id, &s.LastSignIn)
			out[id] = s
			return err
		}); err != nil {
			return err
		}
		firsts, err := db.Column[string](ctx, q, firstPasswords)
		if err != nil {
			return err
		}
		for _, id := range firsts {
			s := out[id]
			s.FirstPassword = true
			out[id] = s
		}
		return db.Each(ctx, q, attemptsAll, func(r db.Scanner) error {
			var own, key string
			var n int64
			var since moment.Instant
			if err := r.Scan(&own, &key, &n, &since); err != nil {
				return err
			}
			if full(own, key, n) {
				locked[own] = max(locked[own], since.Add(attemptWindow))
			}
			return nil
		}, k.DB.Now().Add(-attemptWindow))
	})
	for _, acc := range list {
		if until := locked[attemptHash("login", acc.Login)]; until != 0 {
			s := out[acc.ID]
			s.Locked = until
			out[acc.ID] = s
		}
	}
	return out, err
}

// Unlock forgets the failed attempts on an account, so that its owner may try
// again at once. Faults: NotFound.
func (k *Accounts) Unlock(ctx context.Context, a actor.Actor, id string) error {
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		acc, err := k.may(ctx, tx, a, ForgetTries, id)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, dropAttempts, attemptHash("login", acc.Login)); err != nil {
			return err
		}
		return record(ctx, tx, a, "account.unlock", id, "")
	})
}

// FirstPassword makes a password for a first sign-in: fourteen letters and digits
// that cannot be mistaken for one another, in groups, 59 bits.
func FirstPassword() string { return groups(3, 4) }
