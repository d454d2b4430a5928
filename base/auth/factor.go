package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
)

// A second factor (xác thực hai yếu tố) is an application on somebody's telephone
// that shows six digits, new every thirty seconds (TOTP, RFC 6238), and for the day
// on which the telephone is gone a few recovery codes (mã khôi phục), each good for
// once.
const (
	factorPeriod  = 30 // seconds
	factorSkew    = 1  // periods by which the clocks may differ
	factorSecret  = 20 // bytes, as RFC 4226, section 4 recommends
	recoveryCodes = 10
)

var (
	factorOf = db.SQL("auth.factor.of", `SELECT secret, COALESCE(confirmed_at, 0), step FROM account_factor WHERE account_id = $1`)
	factorIn = db.SQL("auth.factor.begin", `
		INSERT INTO account_factor (account_id, secret, made_at, confirmed_at, step) VALUES ($1, $2, $3, NULL, 0)
		ON CONFLICT (account_id) DO UPDATE SET secret = excluded.secret, made_at = excluded.made_at, step = 0`)
	factorOn    = db.SQL("auth.factor.confirm", `UPDATE account_factor SET confirmed_at = $1, step = $2 WHERE account_id = $3`)
	factorStep  = db.SQL("auth.factor.step", `UPDATE account_factor SET step = $1 WHERE account_id = $2 AND step < $1`)
	factorOff   = db.SQL("auth.factor.drop", `DELETE FROM account_factor WHERE account_id = $1`)
	recoveryIn  = db.Rows("auth.recovery.put", "account_recovery", "account_id, hash", "")
	recoveryUse = db.SQL("auth.recovery.use", `UPDATE account_recovery SET used_at = $1 WHERE account_id = $2 AND hash = $3 AND used_at IS NULL`)
	recoveryOff = db.SQL("auth.recovery.drop", `DELETE FROM account_recovery WHERE account_id = $1`)
	recoveryNum = db.SQL("auth.recovery.left", `SELECT COUNT(*) FROM account_recovery WHERE account_id = $1 AND used_at IS NULL`)
	secondOf    = db.SQL("auth.factor.any", `
		SELECT COUNT(*) FROM account_factor WHERE account_id = $1 AND confirmed_at IS NOT NULL
		UNION ALL
		SELECT COUNT(*) FROM account_factor_lost WHERE account_id = $1
		UNION ALL
		SELECT COUNT(*) FROM account_passkey WHERE account_id = $1`)
)

// A Factor is how an account's second factor stands.
type Factor struct {
	Since    moment.Instant // when the application's was confirmed; 0 without one
	Lost     moment.Instant // when the application's was lost with the key of the seal; 0 otherwise
	Recovery int            // recovery codes that are left
	Passkeys int
}

// Any reports whether there is a second factor, of whichever sort.
func (f Factor) Any() bool { return f.Since != 0 || f.Passkeys > 0 }

// hasSecond reports whether an account has a second factor, of whichever sort: a
// passkey asks for what one has and for what one knows or is by itself. One that was
// lost with the key of the seal still counts: no account is opened by its password alone
// because the server lost something.
func hasSecond(ctx context.Context, q db.Queryer, account string) (bool, error) {
	counts, err := db.Column[int](ctx, q, secondOf, account)
	for _, n := range counts {
		if n > 0 {
			return true, err
		}
	}
	return false, err
}

type factor struct {
	account   string
	secret    string // sealed
	confirmed moment.Instant
	step      int64 // the last period whose code was used
}

func loadFactor(ctx context.Context, q db.Queryer, account string) (f factor, err error) {
	f, err = db.One(ctx, q, factorOf, func(r db.Scanner) (f factor, err error) {
		f.account = account
		err = r.Scan(&f.secret, &f.confirmed, &f.step)
		return f, err
	}, account)
	if errors.Is(err, db.ErrNotFound) {
		return factor{}, nil
	}
	return f, err
}

// Factor returns how the second factor of an account stands.
func (k *Accounts) Factor(ctx context.Context, account string) (Factor, error) {
	f, err := loadFactor(ctx, k.DB, account)
	if err != nil {
		return Factor{}, err
	}
	out := Factor{Since: f.confirmed}
	if out.Passkeys, err = db.Value[int](ctx, k.DB, passkeysCount, account); err != nil {
		return Factor{}, err
	}
	if out.Lost, err = db.Value[moment.Instant](ctx, k.DB, factorLostAt, account); err != nil || !out.Any() && out.Lost == 0 {
		return Factor{}, err
	}
	out.Recovery, err = db.Value[int](ctx, k.DB, recoveryNum, account)
	return out, err
}

// period returns the period of a code that is right at an instant and was not used
// before, or 0. All that could be right are compared, in constant time.
func (k *Accounts) period(f factor, code string, at moment.Instant) (int64, error) {
	secret, err := k.Seal.open(f.account, f.secret)
	if err != nil {
		return 0, err
	}
	now := at.Time().Unix() / factorPeriod
	found := int64(0)
	for step := now - factorSkew; step <= now+factorSkew; step++ {
		want, err := totp.GenerateCodeCustom(secret, time.Unix(step*factorPeriod, 0), totp.ValidateOpts{Period: factorPeriod, Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err != nil {
			return 0, fmt.Errorf("make a code of the second factor: %w", err)
		}
		if subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 && step > f.step {
			found = step
		}
	}
	return found, nil
}

// BeginFactor makes a new secret for the actor's own application; it holds from
// ConfirmFactor on. Faults: Forbidden; Conflict when there is a second factor already.
func (k *Accounts) BeginFactor(ctx context.Context, a actor.Actor) error {
	if !a.SignedIn() || a.IsSystem() || a.For.Account != "" {
		return fault.New(fault.Forbidden, "auth.forbidden")
	}
	raw := make([]byte, factorSecret)
	rand.Read(raw) // never fails
	secret := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(raw)
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		f, err := loadFactor(ctx, tx, a.Account)
		if err != nil {
			return err
		}
		if f.confirmed != 0 {
			return fault.New(fault.Conflict, "auth.factor.there")
		}
		text, err := k.Seal.Put(ctx, tx, a.Account, secret)
		if err != nil {
			return err
		}
		if _, err = tx.Exec(ctx, factorIn, a.Account, text, tx.Now); err != nil {
			return err
		}
		return record(ctx, tx, a, "account.factor_begin", a.Account, a.Home())
	})
}

// FactorAddress is the address that applications read from a QR code: the form
// otpauth://totp/ISSUER:LOGIN?secret=…
func FactorAddress(issuer, login, secret string) string {
	q := url.Values{"secret": {secret}, "issuer": {issuer}, "period": {strconv.Itoa(factorPeriod)}, "digits": {"6"}}
	return "otpauth://totp/" + url.PathEscape(issuer+":"+login) + "?" + q.Encode()
}

// PendingFactor returns the secret that waits for its first code, or "".
func (k *Accounts) PendingFactor(ctx context.Context, a actor.Actor) (string, error) {
	f, err := loadFactor(ctx, k.DB, a.Account)
	if err != nil || f.confirmed != 0 {
		return "", err
	}
	return k.Seal.open(f.account, f.secret)
}

// ConfirmFactor turns the second factor on with the first code of the application,
// and returns the recovery codes: they are shown once. Faults: Invalid with field
// code; Conflict when it is on already; TooMany.
func (k *Accounts) ConfirmFactor(ctx context.Context, a actor.Actor, code string) (recovery []string, err error) {
	keys := loginKeys(secondLogin(a.Account), "")
	if err := take(ctx, k.DB, keys); err != nil {
		return nil, err
	}
	err = k.DB.Write(ctx, func(tx *db.Tx) error {
		f, err := loadFactor(ctx, tx, a.Account)
		if err != nil {
			return err
		}
		if f.confirmed != 0 || f.secret == "" {
			return fault.New(fault.Conflict, "auth.factor.there")
		}
		step, err := k.period(f, digitsOf(code), tx.Now)
		if err != nil {
			return err
		}
		if step == 0 {
			return fault.New(fault.Invalid, "form.invalid").With("code", "auth.factor.wrong")
		}
		if err := giveBack(ctx, tx, keys); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, factorOn, tx.Now, step, a.Account); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, factorFound, a.Account); err != nil {
			return err
		}
		if recovery, err = newRecovery(ctx, tx, a.Account); err != nil {
			return err
		}
		return record(ctx, tx, a, "account.factor_set", a.Account, a.Home())
	})
	return recovery, err
}

// RenewRecovery makes new recovery codes; the old ones are worth nothing then. It
// needs a code, as DropFactor does. Faults: Invalid with field code; TooMany.
func (k *Accounts) RenewRecovery(ctx context.Context, a actor.Actor, code string) (recovery []string, err error) {
	err = k.withCode(ctx, a, code, func(tx *db.Tx) error {
		if recovery, err = newRecovery(ctx, tx, a.Account); err != nil {
			return err
		}
		return record(ctx, tx, a, "account.recovery_new", a.Account, a.Home())
	})
	return recovery, err
}

// DropFactor turns the actor's own second factor off, with one of its codes.
// Faults: Invalid with field code; TooMany.
func (k *Accounts) DropFactor(ctx context.Context, a actor.Actor, code string) error {
	return k.withCode(ctx, a, code, func(tx *db.Tx) error {
		return dropFactor(ctx, tx, a, a.Account, a.Home(), "account.factor_drop", "")
	})
}

// ResetFactor turns another account's second factor off, passkeys too, for somebody who lost
// telephone and recovery codes. One's own takes a code (DropFactor), or another
// administrator: whoever finds a session open must not turn it off. Faults: NotFound;
// Forbidden auth.factor_self; Invalid with field reason.
func (k *Accounts) ResetFactor(ctx context.Context, a actor.Actor, id, reason string) error {
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		acc, err := k.may(ctx, tx, a, DropSecond, id)
		if err != nil {
			return err
		}
		if a.Is(id) {
			return fault.New(fault.Forbidden, "auth.factor_self")
		}
		if reason == "" {
			return fault.New(fault.Invalid, "auth.account_invalid").With("reason", "web.form.required")
		}
		if _, err := tx.Exec(ctx, endSessions, tx.Now, id, tx.Now.Add(-alive), 0); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, passkeysOff, id); err != nil {
			return err
		}
		return dropFactor(ctx, tx, a, id, homeOf(acc, tx.Now.Date()), "account.factor_reset", reason)
	})
}

func dropFactor(ctx context.Context, tx *db.Tx, a actor.Actor, id string, unit actor.UnitID, verb, reason string) error {
	if _, err := tx.Exec(ctx, factorOff, id); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, factorFound, id); err != nil {
		return err
	}
	if second, err := hasSecond(ctx, tx, id); err != nil {
		return err
	} else if !second {
		if _, err := tx.Exec(ctx, recoveryOff, id); err != nil {
			return err
		}
	}
	return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: verb, Kind: "account", ID: id, Unit: unit, Reason: reason})
}

// withCode does what needs a code of the actor's second factor, in one write.
func (k *Accounts) withCode(ctx context.Context, a actor.Actor, code string, do func(tx *db.Tx) error) error {
	if a.For.Account != "" {
		return fault.New(fault.Forbidden, "auth.forbidden")
	}
	keys := loginKeys(secondLogin(a.Account), "")
	if err := take(ctx, k.DB, keys); err != nil {
		return err
	}
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		if _, err := k.useCode(ctx, tx, a.Account, code); err != nil {
			return err
		}
		if err := giveBack(ctx, tx, keys); err != nil {
			return err
		}
		return do(tx)
	})
}

// SecondStep finishes the sign-in of an account whose password was right, with a
// code of its application or a recovery code. Faults: Invalid with field code;
// TooMany; Unauthenticated when the account is gone.
func (k *Accounts) SecondStep(ctx context.Context, account, code string, t Attempt) (in SignedIn, err error) {
	who, err := Load(ctx, k.DB, account, k.DB.Now().Date())
	if err != nil {
		return SignedIn{}, err
	}
	keys := attemptKeys(secondLogin(who.Login), t.From)
	if err := take(ctx, k.DB, keys); err != nil {
		return SignedIn{}, err
	}
	err = k.DB.Write(ctx, func(tx *db.Tx) error {
		recovery, err := k.useCode(ctx, tx, account, code)
		if err != nil {
			return err
		}
		a, err := Load(ctx, tx, account, tx.Now.Date())
		if err != nil {
			return err
		}
		in = SignedIn{Actor: a}
		if recovery {
			lost, err := db.Value[moment.Instant](ctx, tx, factorLostAt, account)
			if err != nil {
				return err
			}
			in.Anew = lost != 0
			if err := record(ctx, tx, a, "account.recovery_use", account, a.Home()); err != nil {
				return err
			}
		}
		return k.begin(ctx, tx, &in, keys, t)
	})
	return in, err
}

// useCode uses a code up: of the application, or a recovery code.
func (k *Accounts) useCode(ctx context.Context, tx *db.Tx, account, code string) (recovery bool, err error) {
	f, err := loadFactor(ctx, tx, account)
	if err != nil {
		return false, err
	}
	wrong := fault.New(fault.Invalid, "form.invalid").With("code", "auth.factor.wrong")
	if digits := digitsOf(code); len(digits) == 6 && len(typed(code)) == 6 && f.confirmed != 0 {
		step, err := k.period(f, digits, tx.Now)
		if err != nil {
			return false, err
		}
		if step != 0 {
			_, err := tx.Exec(ctx, factorStep, step, account)
			return false, err
		}
	} else if len(digits) == 6 && len(typed(code)) == 6 {
		lost, err := db.Value[moment.Instant](ctx, tx, factorLostAt, account)
		if err != nil {
			return false, err
		}
		if lost != 0 {
			return false, fault.New(fault.Invalid, "form.invalid").With("code", "auth.factor.lost")
		}
	}
	n, err := tx.Exec(ctx, recoveryUse, tx.Now, account, recoveryHash(account, code))
	if err == nil && n == 0 {
		err = wrong
	}
	return true, err
}

func newRecovery(ctx context.Context, tx *db.Tx, account string) (codes []string, err error) {
	if _, err := tx.Exec(ctx, recoveryOff, account); err != nil {
		return nil, err
	}
	var rows [][]any
	for range recoveryCodes {
		code := recoveryCode()
		codes = append(codes, code)
		rows = append(rows, []any{account, recoveryHash(account, code)})
	}
	return codes, tx.InsertRows(ctx, recoveryIn, rows)
}

// recoveryCode makes a recovery code: 24 characters of 32, 120 bits, so that a fast hash
// of it is enough (ASVS 5.0, V6.5.2: from 112 bits on). Those of before had 59.
func recoveryCode() string { return strings.ToUpper(groupsOf(alike, 6, 4)) }

// recoveryHash is what is kept of a recovery code.
func recoveryHash(account, code string) string {
	h := sha256.Sum256([]byte(account + "\x00" + typed(code)))
	return hex.EncodeToString(h[:])
}

// typed is a code as it was meant: people type it with hyphens, blanks, dots or nothing
// between the groups, in capitals or not, and letters for the digits that they look like.
// Codes of before had none of these letters.
func typed(code string) string {
	return strings.Map(func(r rune) rune {
		switch r = unicode.ToLower(r); r {
		case 'o':
			return '0'
		case 'i', 'l':
			return '1'
		}
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return -1
		}
		return r
	}, code)
}

func digitsOf(code string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, code)
}
