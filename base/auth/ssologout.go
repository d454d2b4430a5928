package auth

import (
	"context"
	"strconv"
	"time"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
)

var (
	cameBy = db.SQL("auth.session.came_by", `
		INSERT INTO account_session_sso (account_id, at, issuer, subject, sid) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (account_id, at) DO NOTHING`)
	cameFrom  = db.SQL("auth.session.came_from", `SELECT issuer, subject, sid FROM account_session_sso WHERE account_id = $1 AND at = $2`)
	logoutNew = db.SQL("auth.sso.logout_new", `
		INSERT INTO sso_logout (issuer, jti, at) VALUES ($1, $2, $3)
		ON CONFLICT (issuer, jti) DO NOTHING`)
	logoutForget = db.SQL("auth.sso.logout_forget", `DELETE FROM sso_logout WHERE at < $1`)
	cameForget   = db.SQL("auth.session.came_forget", `DELETE FROM account_session_sso WHERE at < $1`)
	// With a session named only that one, else all of the person's.
	cameOpen = db.SQL("auth.session.came_open", `
		SELECT c.account_id, c.at
		FROM account_session_sso c
		JOIN account_session s ON s.account_id = c.account_id AND s.at = c.at
		WHERE c.issuer = $1 AND (c.subject = $2 OR $3 = '') AND (c.sid = $4 OR $5 = '') AND s.ended_at IS NULL AND s.at > $6
		ORDER BY c.account_id, c.at`)
)

// keepLogouts is how long it is known which logout tokens came: longer than one is good.
const keepLogouts = time.Hour

// CameBy notes by which session at the provider of single sign-on a session of ours was
// begun (sid "" when the provider names none): the provider may end it (LogOut).
func (k *Accounts) CameBy(ctx context.Context, account string, at moment.Instant, id Identity, sid string) error {
	if len(sid) > 255 {
		sid = ""
	}
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, cameBy, account, at, id.Issuer, id.Subject, sid)
		return err
	})
}

// stillCame notes of a session that goes on as a new one by which session at the provider
// it was begun, where it was.
func stillCame(ctx context.Context, tx *db.Tx, account string, was, at moment.Instant) error {
	type came struct{ issuer, subject, sid string }
	list, err := db.All(ctx, tx, cameFrom, func(r db.Scanner) (c came, err error) {
		err = r.Scan(&c.issuer, &c.subject, &c.sid)
		return c, err
	}, account, was)
	if err != nil || len(list) == 0 {
		return err
	}
	_, err = tx.Exec(ctx, cameBy, account, at, list[0].issuer, list[0].subject, list[0].sid)
	return err
}

// LogOut ends the sessions that came from a provider and are over there: the one that
// sid names, or with "" all of the subject's. jti is the name of what the provider sent,
// which is good once. Who came by a password or a passkey stays. Faults: Conflict
// "auth.sso.logout_again" for a jti that was used.
func (k *Accounts) LogOut(ctx context.Context, id Identity, sid, jti string) (ended int, err error) {
	err = k.DB.Write(ctx, func(tx *db.Tx) error {
		ended = 0
		n, err := tx.Exec(ctx, logoutNew, id.Issuer, jti, tx.Now)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "auth.sso.logout_again")
		}
		type session struct {
			account string
			at      moment.Instant
		}
		open, err := db.All(ctx, tx, cameOpen, func(r db.Scanner) (s session, err error) {
			err = r.Scan(&s.account, &s.at)
			return s, err
		}, id.Issuer, id.Subject, id.Subject, sid, sid, tx.Now.Add(-alive))
		if err != nil {
			return err
		}
		of := map[string]int{}
		var accounts []string
		for _, s := range open {
			if _, err := tx.Exec(ctx, endSession, tx.Now, s.account, s.at); err != nil {
				return err
			}
			if of[s.account]++; of[s.account] == 1 {
				accounts = append(accounts, s.account)
			}
			ended++
		}
		for _, account := range accounts {
			err := recordHome(ctx, tx, actor.System("sign-in"), "account.sso_logout", account,
				audit.Change{Field: "sessions", To: strconv.Itoa(of[account])})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return ended, err
}
