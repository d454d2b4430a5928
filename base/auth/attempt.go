package auth

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
	"time"

	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
)

// Attempts to sign in are counted in a window of time that begins with the
// first. Three counters, so that neither one password tried on many logins nor
// many on one gets far, and yet a stranger cannot lock a clerk out from
// elsewhere: the narrow one is of login and address together.
const (
	attemptWindow   = 15 * time.Minute
	attemptsBoth    = 10  // one login from one address
	attemptsLogin   = 50  // one login from anywhere
	attemptsAddress = 200 // one address, any login: an office shares one
)

type attemptKey struct {
	key   string
	limit int64
	login string // key of the login's own counter; "" where it is of many
}

// attemptKeys returns the counters of an attempt. They are hashes: people type
// passwords into the field for the login.
func attemptKeys(login, from string) []attemptKey {
	own := attemptHash("login", login)
	keys := []attemptKey{{own, attemptsLogin, own}}
	if from = network(from); from != "" {
		keys = append(keys,
			attemptKey{attemptHash("both", login, from), attemptsBoth, own},
			attemptKey{attemptHash("address", from), attemptsAddress, ""})
	} else {
		keys[0].limit = attemptsBoth
	}
	return keys
}

func attemptHash(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// network returns the address without its port; of an IPv6 address the network
// of 64 bits, all of which one visitor has.
func network(from string) string {
	if ap, err := netip.ParseAddrPort(from); err == nil {
		from = ap.Addr().String()
	}
	ip, err := netip.ParseAddr(from)
	if err != nil {
		return from
	}
	ip = ip.Unmap().WithZone("")
	if ip.Is6() {
		if p, err := ip.Prefix(64); err == nil {
			return p.String()
		}
	}
	return ip.String()
}

var (
	countAttempt = db.SQL("auth.attempt.count", `
		INSERT INTO sign_in_attempt (key, count, since, login_key) VALUES ($1, 1, $2, $3)
		ON CONFLICT (key) DO UPDATE SET
			count = CASE WHEN sign_in_attempt.since <= $4 THEN 1 ELSE sign_in_attempt.count + 1 END,
			since = CASE WHEN sign_in_attempt.since <= $4 THEN $2 ELSE sign_in_attempt.since END
		RETURNING count, since`)
	lessAttempt = db.SQL("auth.attempt.less", `
		UPDATE sign_in_attempt SET count = count - 1
		WHERE key = $1 AND count > 0`)
	oldAttempts = db.SQL("auth.attempt.sweep", `DELETE FROM sign_in_attempt WHERE since <= $1`)
)

// take counts an attempt on every key, or refuses it and counts nothing, so that
// trying on while refused does not make the wait longer.
func take(ctx context.Context, d *db.DB, keys []attemptKey) error {
	return d.Write(ctx, func(tx *db.Tx) error {
		for _, k := range keys {
			type counter struct {
				count int64
				since moment.Instant
			}
			c, err := db.One(ctx, tx, countAttempt, func(r db.Scanner) (c counter, err error) {
				err = r.Scan(&c.count, &c.since)
				return c, err
			}, k.key, tx.Now, k.login, tx.Now.Add(-attemptWindow))
			if err != nil {
				return err
			}
			if c.count > k.limit {
				wait := time.Duration(c.since.Add(attemptWindow)-tx.Now) * time.Millisecond
				return fault.New(fault.TooMany, "auth.too_many", "Minutes", int(wait/time.Minute)+1)
			}
		}
		return nil
	})
}

// giveBack uncounts an attempt that succeeded.
func giveBack(ctx context.Context, tx *db.Tx, keys []attemptKey) error {
	for _, k := range keys {
		if _, err := tx.Exec(ctx, lessAttempt, k.key); err != nil {
			return err
		}
	}
	return nil
}

// Sweep removes what is over: sessions past their end and old attempts. Run it
// from time to time.
func Sweep(ctx context.Context, d *db.DB) error {
	return d.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, oldAttempts, tx.Now.Add(-attemptWindow)); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, forgetSessions, tx.Now.Add(-keepSessions)); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, forgetPlaces, tx.Now.Add(-keepPlaces)); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, logoutForget, tx.Now.Add(-keepLogouts)); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, cameForget, tx.Now.Add(-alive)); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, strangerForget, tx.Now.Add(-keepStrangers)); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, oldSessions, tx.Now)
		return err
	})
}
