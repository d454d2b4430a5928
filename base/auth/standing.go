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
	Failed        int            // sign-ins that failed in the window that is open, from everywhere
	Locked        moment.Instant // until when sign-in or its second step is refused, from somewhere at least; zero when neither is
	Sessions      []Session
	Together      []Place // sessions that were used at once from different networks
}

var (
	firstPassword  = db.SQL("auth.account.first", `SELECT first_password FROM account WHERE id = $1`)
	firstPasswords = db.SQL("auth.account.firsts", `SELECT id FROM account WHERE first_password = 1`)
	attemptsOf     = db.SQL("auth.attempt.of", `
		SELECT login_key, key, count, since, wait
		FROM sign_in_attempt
		WHERE login_key IN ($1, $2) AND login_key <> '' AND since + wait > $3`)
	attemptsAll = db.SQL("auth.attempt.all", `
		SELECT login_key, key, count, since, wait
		FROM sign_in_attempt
		WHERE login_key <> '' AND since + wait > $1`)
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
		steps := signInKeys(acc.Login)
		return db.Each(ctx, q, attemptsOf, func(r db.Scanner) error {
			own, key, c, err := scanCounter(r)
			if key == own {
				s.Failed += int(c.count)
			}
			if full(own, key, c.count) {
				s.Locked = max(s.Locked, c.until())
			}
			return err
		}, steps[0], steps[1], k.DB.Now())
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
			own, key, c, err := scanCounter(r)
			if full(own, key, c.count) {
				locked[own] = max(locked[own], c.until())
			}
			return err
		}, k.DB.Now())
	})
	for _, acc := range list {
		steps := signInKeys(acc.Login)
		if until := max(locked[steps[0]], locked[steps[1]]); until != 0 {
			s := out[acc.ID]
			s.Locked = until
			out[acc.ID] = s
		}
	}
	return out, err
}

// signInKeys are the keys of a login's own counters: of the password, and of the second
// step.
func signInKeys(login string) [2]string {
	return [2]string{attemptHash("login", login), attemptHash("login", secondLogin(login))}
}

func scanCounter(r db.Scanner) (own, key string, c counter, err error) {
	err = r.Scan(&own, &key, &c.count, &c.since, &c.wait)
	return own, key, c, err
}

// Unlock forgets the failed attempts on an account, of its codes too, so that its owner
// may try again at once. Faults: NotFound.
func (k *Accounts) Unlock(ctx context.Context, a actor.Actor, id string) error {
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		acc, err := k.may(ctx, tx, a, ForgetTries, id)
		if err != nil {
			return err
		}
		steps := signInKeys(acc.Login)
		for _, own := range append(steps[:], attemptHash("login", secondLogin(id))) { // and what needs a code at /me
			if _, err := tx.Exec(ctx, dropAttempts, own); err != nil {
				return err
			}
		}
		return record(ctx, tx, a, "account.unlock", id, homeOf(acc, tx.Now.Date()))
	})
}

// FirstPassword makes a password for a first sign-in: fourteen letters and digits
// that cannot be mistaken for one another, in groups, 59 bits.
func FirstPassword() string { return groups(3, 4) }
