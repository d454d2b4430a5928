package auth

import (
	"context"
	"strings"
	"time"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
)

const (
	// keepSessions is how long it is known who signed in when, for the list of
	// accounts that nobody uses.
	keepSessions = 400 * 24 * time.Hour
	// alive is the longest that a session lasts; see web.Config.Lifetime.
	alive = 12 * time.Hour
)

var (
	beginSession = db.SQL("auth.session.begin", `
		INSERT INTO account_session (account_id, at, agent, ended_at) VALUES ($1, $2, $3, NULL)
		ON CONFLICT (account_id, at) DO NOTHING`)
	endSessions = db.SQL("auth.session.end", `
		UPDATE account_session SET ended_at = $1
		WHERE account_id = $2 AND ended_at IS NULL AND at > $3 AND at <> $4`)
	endSession = db.SQL("auth.session.end_one", `
		UPDATE account_session SET ended_at = $1
		WHERE account_id = $2 AND ended_at IS NULL AND at = $3`)
	liveSessions = db.SQL("auth.session.live", `
		SELECT s.at, s.agent
		FROM account_session s
		JOIN account a ON a.id = s.account_id
		WHERE s.account_id = $1 AND s.ended_at IS NULL AND s.at > $2 AND s.at >= a.password_at
		ORDER BY s.at DESC`)
	sessionEnded = db.SQL("auth.session.ended", `SELECT COUNT(*) FROM account_session WHERE account_id = $1 AND at = $2 AND ended_at IS NOT NULL`)
	lastSignIn   = db.SQL("auth.session.last", `SELECT COALESCE(MAX(at), 0) FROM account_session WHERE account_id = $1`)
	lastSignIns  = db.SQL("auth.session.last_all", `
		SELECT account_id, MAX(at)
		FROM account_session
		GROUP BY account_id`)
	forgetSessions = db.SQL("auth.session.forget", `DELETE FROM account_session WHERE at < $1`)
)

// A Session (phiên làm việc) is a browser in which somebody is signed in.
type Session struct {
	At    moment.Instant // when it began; it names the session of an account
	Agent string         // what sort of browser: "Firefox, Windows"
}

// Sessions returns the actor's own sessions that may still be open, the latest
// first.
func (k *Accounts) Sessions(ctx context.Context, a actor.Actor) ([]Session, error) {
	return k.sessions(ctx, k.DB, a.Account)
}

func (k *Accounts) sessions(ctx context.Context, q db.Queryer, account string) ([]Session, error) {
	return db.All(ctx, q, liveSessions, func(r db.Scanner) (s Session, err error) {
		err = r.Scan(&s.At, &s.Agent)
		return s, err
	}, account, k.DB.Now().Add(-alive))
}

// EndSession ends one of the actor's own sessions, or with a zero instant all but
// the one that began at keep, and the actor's tokens too: whoever was in may have made
// one. Ending what is over is no error.
func (k *Accounts) EndSession(ctx context.Context, a actor.Actor, at, keep moment.Instant) error {
	if !a.SignedIn() || a.IsSystem() {
		return fault.New(fault.Unauthenticated, "auth.sign_in")
	}
	return k.DB.Write(ctx, func(tx *db.Tx) (err error) {
		if at != 0 {
			_, err = tx.Exec(ctx, endSession, tx.Now, a.Account, at)
		} else {
			_, err = tx.Exec(ctx, endSessions, tx.Now, a.Account, tx.Now.Add(-alive), keep)
			if err == nil {
				err = endTokens(ctx, tx, a, a.Account)
			}
		}
		if err != nil {
			return err
		}
		return record(ctx, tx, a, "account.end_sessions", a.Account, a.Home())
	})
}

// Supersede ends a session in whose browser its person signed in again: it is one browser
// and one session. That is no deed of its own, and stands in no trail.
func (k *Accounts) Supersede(ctx context.Context, account string, at moment.Instant) error {
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, endSession, tx.Now, account, at)
		return err
	})
}

// EndSessions ends every session of another account, and revokes its tokens. Faults:
// NotFound.
func (k *Accounts) EndSessions(ctx context.Context, a actor.Actor, id, reason string) error {
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		acc, err := k.may(ctx, tx, a, CutSessions, id)
		if err != nil {
			return err
		}
		if err := endAll(ctx, tx, a, id); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: "account.end_sessions", Kind: "account", ID: id, Unit: homeOf(acc, tx.Now.Date()), Reason: reason})
	})
}

// endAll ends every session and every token of an account.
func endAll(ctx context.Context, tx *db.Tx, a actor.Actor, account string) error {
	if _, err := tx.Exec(ctx, endSessions, tx.Now, account, tx.Now.Add(-alive), 0); err != nil {
		return err
	}
	return endTokens(ctx, tx, a, account)
}

// SignedOut ends the session of an account that began at an instant, when its browser
// signs out or somebody else signs in there: a request that is still under way cannot
// bring it back. Ending what is over changes nothing.
func (k *Accounts) SignedOut(ctx context.Context, account string, at moment.Instant) error {
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, endSession, tx.Now, account, at)
		if err != nil || n == 0 {
			return err
		}
		a, err := Load(ctx, tx, account, tx.Now.Date())
		if fault.Is(err, fault.Unauthenticated) { // closed meanwhile
			a, err = actor.Actor{Account: account}, nil
		}
		if err != nil {
			return err
		}
		return record(ctx, tx, a, "account.sign_out", account, a.Home())
	})
}

// agent says in two words what sort of browser a User-Agent names; the whole text
// would tell one machine from another.
func agent(ua string) string {
	pick := func(list ...[2]string) string {
		for _, x := range list {
			if strings.Contains(ua, x[0]) {
				return x[1]
			}
		}
		return ""
	}
	browser := pick([2]string{"Edg", "Edge"}, [2]string{"coc_coc", "Cốc Cốc"}, [2]string{"OPR/", "Opera"}, [2]string{"Firefox/", "Firefox"},
		[2]string{"Chrome/", "Chrome"}, [2]string{"Safari/", "Safari"})
	system := pick([2]string{"Android", "Android"}, [2]string{"iPhone", "iPhone"}, [2]string{"iPad", "iPad"}, [2]string{"Windows", "Windows"},
		[2]string{"Mac OS", "macOS"}, [2]string{"Linux", "Linux"})
	return strings.Trim(browser+", "+system, ", ")
}

// Renew begins a new session of the actor in the browser of the one that began at was,
// after a change of password ended all. What came from a provider of single sign-on still
// did: the provider ends this one too. Fault: Unauthenticated when somebody ended that of
// before meanwhile, the provider or its owner elsewhere.
func (k *Accounts) Renew(ctx context.Context, a actor.Actor, was moment.Instant, userAgent string) (at moment.Instant, err error) {
	err = k.DB.Write(ctx, func(tx *db.Tx) error {
		if ended, err := db.Value[int](ctx, tx, sessionEnded, a.Account, was); err != nil {
			return err
		} else if ended > 0 {
			return fault.New(fault.Unauthenticated, "auth.sign_in")
		}
		if at, err = startSession(ctx, tx, a.Account, userAgent); err != nil {
			return err
		}
		return stillCame(ctx, tx, a.Account, was, at)
	})
	return at, err
}

// startSession notes that a session of an account begins and returns the instant that
// names it: now, or the next that is free, so that one which ends takes no other with it.
func startSession(ctx context.Context, tx *db.Tx, account, userAgent string) (moment.Instant, error) {
	for at := tx.Now; ; at++ {
		if n, err := tx.Exec(ctx, beginSession, account, at, agent(userAgent)); err != nil || n > 0 {
			return at, err
		}
	}
}
