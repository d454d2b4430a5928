package auth

import (
	"context"
	"errors"
	"strings"
	"time"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
)

// An Identity is who somebody is at a provider of single sign-on (đăng nhập một lần):
// issuer and subject together name a person there for good (OpenID Connect Core 1.0,
// section 5.7). Claimed and Name are what the provider calls them; they find no
// account.
type Identity struct {
	Issuer, Subject string
	Claimed, Name   string
	Strong          bool // the provider asked for a second factor, and that is believed
}

// A Linked is an identity that signs an account in.
type Linked struct {
	Issuer, Subject string
	At              moment.Instant
	By              string         // account of who made the link
	Used            moment.Instant // zero while it was not used
}

// A Stranger is somebody whom the provider knows and no account is linked with.
type Stranger struct {
	ID              string
	Issuer, Subject string
	Claimed, Name   string
	First, Last     moment.Instant
}

// keepStrangers is how long it is remembered that somebody tried.
const keepStrangers = 30 * 24 * time.Hour

var (
	identityAccount = db.SQL("auth.identity.account", `SELECT account_id FROM account_identity WHERE issuer = $1 AND subject = $2`)
	identityPut     = db.Rows("auth.identity.put", "account_identity", "issuer, subject, account_id, made_at, made_by", "")
	identityUsed    = db.SQL("auth.identity.used", `UPDATE account_identity SET used_at = $1 WHERE issuer = $2 AND subject = $3`)
	identityDrop    = db.SQL("auth.identity.drop", `DELETE FROM account_identity WHERE account_id = $1 AND issuer = $2 AND subject = $3`)
	identitiesOf    = db.SQL("auth.identity.of", `
		SELECT issuer, subject, made_at, made_by, used_at
		FROM account_identity
		WHERE account_id = $1
		ORDER BY issuer`)
	strangerPut = db.SQL("auth.stranger.put", `
		INSERT INTO identity_waiting (id, issuer, subject, claimed, name, first_at, last_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (issuer, subject) DO UPDATE SET claimed = excluded.claimed, name = excluded.name, last_at = excluded.last_at
		RETURNING id`)
	strangers = db.SQL("auth.stranger.all", `
		SELECT id, issuer, subject, claimed, name, first_at, last_at
		FROM identity_waiting
		ORDER BY last_at DESC, id`)
	strangerDrop   = db.SQL("auth.stranger.drop", `DELETE FROM identity_waiting WHERE issuer = $1 AND subject = $2`)
	strangerForget = db.SQL("auth.stranger.forget", `DELETE FROM identity_waiting WHERE last_at < $1`)
	closePassword  = db.SQL("auth.account.close_password", `UPDATE account SET password = $1, first_password = 0 WHERE id = $2 AND first_password = 1`)
)

// SignInBy signs in whom a provider of single sign-on vouches for. An account with a
// second factor is asked for it, unless the provider asked for one and is believed.
// Faults: NotFound "auth.sso.unknown" for somebody with no account linked, which the
// trail tells of; Forbidden "auth.sso.disabled" for an account that is closed.
func (k *Accounts) SignInBy(ctx context.Context, id Identity, t Attempt) (in SignedIn, err error) {
	t.how = "sso"
	var refused error
	err = k.DB.Write(ctx, func(tx *db.Tx) error {
		account, err := db.Value[string](ctx, tx, identityAccount, id.Issuer, id.Subject)
		if errors.Is(err, db.ErrNotFound) {
			refused = fault.New(fault.NotFound, "auth.sso.unknown")
			return k.stranger(ctx, tx, id)
		}
		if err != nil {
			return err
		}
		a, err := Load(ctx, tx, account, tx.Now.Date())
		if fault.Is(err, fault.Unauthenticated) {
			refused = fault.New(fault.Forbidden, "auth.sso.disabled").Because(err)
			return recordHome(ctx, tx, actor.System("sign-in"), "account.sso_refused", account)
		}
		if err != nil {
			return err
		}
		second, err := hasSecond(ctx, tx, account)
		if err != nil {
			return err
		}
		if second && !id.Strong {
			in = SignedIn{Actor: actor.Actor{Account: account}, Second: true}
			return nil
		}
		if _, err := tx.Exec(ctx, identityUsed, tx.Now, id.Issuer, id.Subject); err != nil {
			return err
		}
		if a.FirstPassword {
			if a, err = k.closeFirst(ctx, tx, account); err != nil {
				return err
			}
		}
		in = SignedIn{Actor: a}
		return k.begin(ctx, tx, &in, nil, t)
	})
	if err == nil {
		err = refused
	}
	return in, err
}

// closeFirst makes a first password worth nothing, when its owner comes in by single
// sign-on: somebody else knows it, and nobody needs it. It returns the actor anew.
func (k *Accounts) closeFirst(ctx context.Context, tx *db.Tx, account string) (actor.Actor, error) {
	if _, err := tx.Exec(ctx, closePassword, nobody, account); err != nil {
		return actor.Actor{}, err
	}
	a, err := Load(ctx, tx, account, tx.Now.Date())
	if err == nil {
		err = record(ctx, tx, a, "account.password_closed", account, a.Home())
	}
	return a, err
}

// stranger notes that somebody came with whom no account is linked.
func (k *Accounts) stranger(ctx context.Context, tx *db.Tx, id Identity) error {
	key, err := db.Value[string](ctx, tx, strangerPut, db.NewID(), id.Issuer, id.Subject, id.Claimed, id.Name, tx.Now, tx.Now)
	if err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{Actor: actor.System("sign-in"), Verb: "account.sso_unknown", Kind: "identity", ID: key,
		Changes: []audit.Change{{Field: "issuer", To: id.Issuer}, {Field: "subject", To: id.Subject, Personal: true}}})
}

// Identities returns the identities that sign the actor's own account in.
func (k *Accounts) Identities(ctx context.Context, a actor.Actor) ([]Linked, error) {
	return k.identities(ctx, k.DB, a.Account)
}

func (k *Accounts) identities(ctx context.Context, q db.Queryer, account string) ([]Linked, error) {
	return db.All(ctx, q, identitiesOf, func(r db.Scanner) (l Linked, err error) {
		err = r.Scan(&l.Issuer, &l.Subject, &l.At, &l.By, &l.Used)
		return l, err
	}, account)
}

// LinkedWith returns the identities of an account that a may change, and the five latest
// strangers whom the provider calls as the account is called, however many others came
// since: who keeps accounts says whether they are the same person. Faults: NotFound.
func (k *Accounts) LinkedWith(ctx context.Context, a actor.Actor, id string) (linked []Linked, like []Stranger, err error) {
	err = k.DB.Snapshot(ctx, func(q *db.Snapshot) error {
		acc, err := k.changeable(ctx, q, a, id)
		if err != nil {
			return err
		}
		if linked, err = k.identities(ctx, q, id); err != nil || len(linked) > 0 {
			return err
		}
		like = nil
		return db.Each(ctx, q, strangers, func(r db.Scanner) error {
			var s Stranger
			if err := r.Scan(&s.ID, &s.Issuer, &s.Subject, &s.Claimed, &s.Name, &s.First, &s.Last); err != nil {
				return err
			}
			if len(like) < strangersShown && calledAs(s.Claimed, acc.Login) {
				like = append(like, s)
			}
			return nil
		})
	})
	return linked, like, err
}

// strangersShown is how many strangers are offered for an account.
const strangersShown = 5

// calledAs reports whether what a provider calls somebody is the login, or an address
// that begins with it. Engines make capitals small each in its way, so it is asked here.
func calledAs(claimed, login string) bool {
	name, _, _ := strings.Cut(claimed, "@")
	return strings.EqualFold(claimed, login) || strings.EqualFold(name, login)
}

// Link lets an identity sign another's account in: the keeper knows that both are one
// person. Faults: NotFound; Invalid with field subject; Conflict when the identity or
// the account is linked already, and for one's own account, which LinkOwn links.
func (k *Accounts) Link(ctx context.Context, a actor.Actor, account, issuer, subject string) error {
	if a.Is(account) {
		return fault.New(fault.Conflict, "auth.sso.self")
	}
	subject = strings.TrimSpace(subject)
	if subject == "" || len(subject) > 255 || issuer == "" {
		return fault.New(fault.Invalid, "auth.account_invalid").With("subject", "auth.sso.subject_form")
	}
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		if _, err := k.may(ctx, tx, a, LinkIdentity, account); err != nil {
			return err
		}
		return k.link(ctx, tx, a, account, Identity{Issuer: issuer, Subject: subject})
	})
}

// LinkOwn lets an identity sign the actor's own account in, after the actor showed
// the password (ConfirmPassword) and came back from the provider. Faults: Forbidden;
// Conflict when the identity or the account is linked already.
func (k *Accounts) LinkOwn(ctx context.Context, a actor.Actor, id Identity) error {
	if err := oneself(a); err != nil {
		return err
	}
	return k.DB.Write(ctx, func(tx *db.Tx) error { return k.link(ctx, tx, a, a.Account, id) })
}

func (k *Accounts) link(ctx context.Context, tx *db.Tx, a actor.Actor, account string, id Identity) error {
	had, err := k.identities(ctx, tx, account)
	if err != nil {
		return err
	}
	for _, l := range had {
		if l.Issuer == id.Issuer {
			return fault.New(fault.Conflict, "auth.sso.has")
		}
	}
	if _, err := db.Value[string](ctx, tx, identityAccount, id.Issuer, id.Subject); err == nil {
		return fault.New(fault.Conflict, "auth.sso.taken")
	} else if !errors.Is(err, db.ErrNotFound) {
		return err
	}
	if err := tx.InsertRows(ctx, identityPut, [][]any{{id.Issuer, id.Subject, account, tx.Now, a.Account}}); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, strangerDrop, id.Issuer, id.Subject); err != nil {
		return err
	}
	return recordHome(ctx, tx, a, "account.sso_link", account,
		audit.Change{Field: "issuer", To: id.Issuer}, audit.Change{Field: "subject", To: id.Subject, Personal: true})
}

// Unlink ends that an identity signs another's account in, and the account's
// sessions. Ending what is over is no error. Faults: NotFound.
func (k *Accounts) Unlink(ctx context.Context, a actor.Actor, account, issuer, subject string) error {
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		if _, err := k.may(ctx, tx, a, UnlinkIdentity, account); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, endSessions, tx.Now, account, tx.Now.Add(-alive), 0); err != nil {
			return err
		}
		return unlink(ctx, tx, a, account, issuer, subject)
	})
}

// UnlinkOwn is Unlink of one's own; the sessions go on. Faults: Forbidden.
func (k *Accounts) UnlinkOwn(ctx context.Context, a actor.Actor, issuer, subject string) error {
	if err := oneself(a); err != nil {
		return err
	}
	return k.DB.Write(ctx, func(tx *db.Tx) error { return unlink(ctx, tx, a, a.Account, issuer, subject) })
}

func unlink(ctx context.Context, tx *db.Tx, a actor.Actor, account, issuer, subject string) error {
	n, err := tx.Exec(ctx, identityDrop, account, issuer, subject)
	if err != nil || n == 0 {
		return err
	}
	return recordHome(ctx, tx, a, "account.sso_unlink", account,
		audit.Change{Field: "issuer", From: issuer}, audit.Change{Field: "subject", From: subject, Personal: true})
}

// oneself refuses whoever is no person at a screen acting in their own name: what
// one signs in with is one's own.
func oneself(a actor.Actor) error {
	if !a.SignedIn() || a.IsSystem() || a.For.Account != "" || a.Token != "" {
		return fault.New(fault.Forbidden, "auth.forbidden")
	}
	return nil
}

// ConfirmPassword makes sure that who sits before a session is its person. Faults:
// Invalid with field password; TooMany as for signing in.
func (k *Accounts) ConfirmPassword(ctx context.Context, a actor.Actor, password string) error {
	if err := oneself(a); err != nil {
		return err
	}
	s, err := k.ownPassword(ctx, a, UseAccount)
	if err != nil {
		return err
	}
	keys := loginKeys(s.login, "confirm-password")
	if err := take(ctx, k.DB, keys); err != nil {
		return err
	}
	if len(password) > MaxPassword {
		password = ""
	}
	ok, _, err := verifyPassword(ctx, password, s.hash)
	if err != nil {
		return err
	}
	if !ok {
		return fault.New(fault.Invalid, "auth.account_invalid").With("password", "auth.password_wrong")
	}
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		if err := unchanged(ctx, tx, a.Account, s.hash); errors.Is(err, errPasswordChanged) {
			return fault.New(fault.Invalid, "auth.account_invalid").With("password", "auth.password_wrong").Because(err)
		} else if err != nil {
			return err
		}
		return giveBack(ctx, tx, keys)
	})
}
