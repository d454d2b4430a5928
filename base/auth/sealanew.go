package auth

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strconv"
	"time"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
)

var (
	sealedFactors = db.SQL("auth.seal.factors", `
		SELECT f.account_id, f.secret, COALESCE(f.confirmed_at, 0), a.login, a.name, a.disabled_at IS NOT NULL,
			(SELECT COUNT(*) FROM account_recovery r WHERE r.account_id = f.account_id AND r.used_at IS NULL),
			(SELECT COUNT(*) FROM account_passkey p WHERE p.account_id = f.account_id)
		FROM account_factor f
		JOIN account a ON a.id = f.account_id
		WHERE SUBSTR(f.secret, 1, 7) = 'sealed:'
		ORDER BY a.login`)
	sealKeysOff  = db.SQL("auth.seal.keys_off", `DELETE FROM seal_key`)
	factorLost   = db.SQL("auth.factor.lost", `INSERT INTO account_factor_lost (account_id, at) VALUES ($1, $2) ON CONFLICT (account_id) DO NOTHING`)
	factorFound  = db.SQL("auth.factor.found", `DELETE FROM account_factor_lost WHERE account_id = $1`)
	factorLostAt = db.SQL("auth.factor.lost_at", `SELECT COALESCE(MAX(at), 0) FROM account_factor_lost WHERE account_id = $1`)
)

// A SealedFactor is a second factor whose secret is sealed: what is lost with the key.
type SealedFactor struct {
	Account, Login, Name string
	On                   bool // confirmed; else it was only begun
	Disabled             bool // the account
	Recovery, Passkeys   int  // what else its holder can show
	secret               string
}

// Stuck reports whether its holder has nothing else to show: only who keeps the account
// can help then.
func (f SealedFactor) Stuck() bool { return f.On && f.Recovery == 0 && f.Passkeys == 0 }

// SealedFactors returns the second factors that are sealed, by login.
func (k *Accounts) SealedFactors(ctx context.Context, q db.Queryer) ([]SealedFactor, error) {
	return db.All(ctx, q, sealedFactors, func(r db.Scanner) (f SealedFactor, err error) {
		var on moment.Instant
		err = r.Scan(&f.Account, &f.secret, &on, &f.Login, &f.Name, &f.Disabled, &f.Recovery, &f.Passkeys)
		f.On = on != 0
		return f, err
	})
}

// Opens reports whether the seal opens this one.
func (s *Seal) Opens(f SealedFactor) bool { return s.OpensText(f.Account, f.secret) }

// OpensText reports whether the seal opens a secret of a thing as it is stored.
func (s *Seal) OpensText(of, text string) bool {
	if s == nil || s.aead == nil {
		return false
	}
	_, err := s.open(of, text)
	return err == nil
}

// ReadSeal reads the key at path, of whichever database it is. Errors: fs.ErrNotExist.
func ReadSeal(path string) (*Seal, error) {
	key, err := readSealKey(path)
	if err != nil {
		return nil, err
	}
	return sealOf(key)
}

// ParseSeal reads a key as its file has it, of whichever database it is.
func ParseSeal(text []byte) (*Seal, error) {
	key := parseSealKey(text)
	if key == nil {
		return nil, errors.New("it is no key of 32 bytes")
	}
	return sealOf(key)
}

// Known reports whether the seal's key is the one that the database was sealed with.
func (s *Seal) Known(ctx context.Context, q db.Queryer) (bool, error) {
	known, err := db.Column[string](ctx, q, sealKeys)
	for _, id := range known {
		if id == s.id {
			return true, err
		}
	}
	return false, err
}

// SealMade reports whether the database was ever sealed.
func SealMade(ctx context.Context, q db.Queryer) (bool, error) {
	known, err := db.Column[string](ctx, q, sealKeys)
	return len(known) > 0, err
}

// NewSealKey puts a new key to path; what was there is put aside under another name.
// undo takes both back, for a write that did not come to pass.
func NewSealKey(path string, now time.Time) (s *Seal, aside string, undo func(), err error) {
	if _, err := os.Lstat(path); err == nil {
		aside = path + ".aside-" + now.In(moment.Zone).Format("2006-01-02T150405")
		if err := os.Rename(path, aside); err != nil {
			return nil, "", nil, err
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, "", nil, err
	}
	undo = func() {
		os.Remove(path)
		if aside != "" {
			os.Rename(aside, path)
		}
	}
	if err = makeSealKey(path); err == nil {
		s, err = ReadSeal(path)
	}
	if err != nil {
		undo()
		return nil, "", nil, err
	}
	return s, aside, undo, nil
}

// SealAnew gives up what the lost key sealed and has the database know the key of s from
// now on. Whose application is lost is still asked for a second step, with a recovery code
// or a passkey, until they set one up anew or who keeps the account turns it off: losing
// a key opens no account. The actor needs system.keep. Faults: Forbidden; Invalid with
// field reason.
func (k *Accounts) SealAnew(ctx context.Context, tx *db.Tx, a actor.Actor, s *Seal, reason string) ([]SealedFactor, error) {
	if err := k.Guard.Check(ctx, tx, a, SystemKeep, ""); err != nil {
		return nil, err
	}
	if reason == "" {
		return nil, fault.New(fault.Invalid, "auth.account_invalid").With("reason", "web.form.required")
	}
	list, err := k.SealedFactors(ctx, tx)
	if err != nil {
		return nil, err
	}
	on := 0
	for _, f := range list {
		if _, err := tx.Exec(ctx, factorOff, f.Account); err != nil {
			return nil, err
		}
		if !f.On {
			continue
		}
		on++
		if _, err := tx.Exec(ctx, factorLost, f.Account, tx.Now); err != nil {
			return nil, err
		}
		acc, err := load(ctx, tx, f.Account)
		if err != nil {
			return nil, err
		}
		if err := audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: "account.factor_lost", Kind: "account", ID: f.Account, Unit: homeOf(acc, tx.Now.Date()), Reason: reason}); err != nil {
			return nil, err
		}
	}
	before, err := db.Column[string](ctx, tx, sealKeys)
	if err != nil {
		return nil, err
	}
	if _, err := tx.Exec(ctx, sealKeysOff); err != nil {
		return nil, err
	}
	if err := tx.InsertRows(ctx, sealKeyPut, [][]any{{s.id, tx.Now}}); err != nil {
		return nil, err
	}
	from := ""
	if len(before) > 0 {
		from = before[len(before)-1]
	}
	return list, audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: "seal.anew", Kind: "seal", ID: s.id, Reason: reason,
		Changes: []audit.Change{{Field: "key", From: from, To: s.id}, {Field: "factors", To: strconv.Itoa(on)}}})
}
