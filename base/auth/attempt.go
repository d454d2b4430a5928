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
//
// A window that was filled makes the next twice as long, so that who guesses on waits
// ever longer; the first attempt that succeeds makes a login's windows short again. The
// narrow ones grow to a day, which only whoever guesses there feels. The wide ones grow
// to an hour: longer, and a stranger could keep a clerk, or one machine an office, out.
const (
	attemptWindow   = 15 * time.Minute
	attemptNarrow   = 24 * time.Hour // the longest window of a login from an address
	attemptWide     = time.Hour      // the longest of the others
	attemptsBoth    = 10             // one login from one address
	attemptsLogin   = 50             // one login from anywhere
	attemptsAddress = 200            // one address, any login: an office shares one
	// keepAttempts is how long it is known that windows were filled: longer than the
	// longest of them.
	keepAttempts = 2 * attemptNarrow
)

type attemptKey struct {
	key     string
	limit   int64
	longest time.Duration // that a window may grow to
	login   string        // key of the login's own counter; "" where it is of many
}

// attemptKeys returns the counters of an attempt. They are hashes: people type
// passwords into the field for the login.
func attemptKeys(login, from string) []attemptKey {
	from = network(from)
	keys := loginKeys(login, from)
	if from != "" {
		keys = append(keys, attemptKey{attemptHash("address", from), attemptsAddress, attemptWide, ""})
	}
	return keys
}

// loginKeys returns the counters of a login alone: where is the address, or what somebody
// who is signed in shows a password or a code for.
func loginKeys(login, where string) []attemptKey {
	own := attemptHash("login", login)
	return []attemptKey{{own, attemptsLogin, attemptWide, own}, {attemptHash("both", login, where), attemptsBoth, attemptNarrow, own}}
}

// secondLogin is the login under which the codes of a second step are counted: guessing
// those is another thing than guessing the password.
func secondLogin(login string) string { return "factor:" + login }

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
		INSERT INTO sign_in_attempt (key, count, since, login_key, wait) VALUES ($1, 1, $2, $3, $4)
		ON CONFLICT (key) DO UPDATE SET
			count = CASE WHEN sign_in_attempt.since + sign_in_attempt.wait <= $2 THEN 1 ELSE sign_in_attempt.count + 1 END,
			since = CASE WHEN sign_in_attempt.since + sign_in_attempt.wait <= $2 THEN $2 ELSE sign_in_attempt.since END,
			wait = CASE
				WHEN sign_in_attempt.since + sign_in_attempt.wait > $2 OR sign_in_attempt.count < $5 THEN sign_in_attempt.wait
				WHEN sign_in_attempt.wait * 2 > $6 THEN $6
				ELSE sign_in_attempt.wait * 2 END
		RETURNING count, since, wait`)
	lessAttempt = db.SQL("auth.attempt.less", `
		UPDATE sign_in_attempt SET count = CASE WHEN count > 0 THEN count - 1 ELSE 0 END, wait = CASE WHEN login_key = '' THEN wait ELSE $1 END
		WHERE key = $2`)
	oldAttempts = db.SQL("auth.attempt.sweep", `
		DELETE FROM sign_in_attempt
		WHERE since <= $1 OR since <= $2 AND wait <= $3 AND count < $4`)
)

// take counts an attempt on every key, or refuses it and counts nothing, so that
// trying on while refused does not make the wait longer.
func take(ctx context.Context, d *db.DB, keys []attemptKey) error {
	return d.Write(ctx, func(tx *db.Tx) error {
		for _, k := range keys {
			c, err := db.One(ctx, tx, countAttempt, func(r db.Scanner) (c counter, err error) {
				err = r.Scan(&c.count, &c.since, &c.wait)
				return c, err
			}, k.key, tx.Now, k.login, attemptWindow.Milliseconds(), k.limit, k.longest.Milliseconds())
			if err != nil {
				return err
			}
			if c.count > k.limit {
				wait := time.Duration(c.until()-tx.Now) * time.Millisecond
				return fault.New(fault.TooMany, "auth.too_many", "Minutes", int(wait/time.Minute)+1)
			}
		}
		return nil
	})
}

// A counter is how a counter of attempts stands.
type counter struct {
	count int64
	since moment.Instant
	wait  int64 // ms that its window lasts
}

// until returns when its window ends.
func (c counter) until() moment.Instant {
	return c.since.Add(time.Duration(c.wait) * time.Millisecond)
}

// giveBack uncounts an attempt that succeeded, and makes the windows of the login short
// again. Those of an address stay: one account there that is one's own opens no other.
func giveBack(ctx context.Context, tx *db.Tx, keys []attemptKey) error {
	for _, k := range keys {
		if _, err := tx.Exec(ctx, lessAttempt, attemptWindow.Milliseconds(), k.key); err != nil {
			return err
		}
	}
	return nil
}

// Sweep removes what is over: sessions past their end and old attempts. Run it
// from time to time.
func Sweep(ctx context.Context, d *db.DB) error {
	return d.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, oldAttempts, tx.Now.Add(-keepAttempts), tx.Now.Add(-attemptWindow), attemptWindow.Milliseconds(), attemptsBoth); err != nil {
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
