package auth_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/db/dbtest"
	"cchc/base/fault"
)

var putFactorSecret = db.SQL("authtest.factor.put", `UPDATE account_factor SET secret = $1 WHERE account_id = $2`)

// Who has a copy of the database alone has no second factor of anybody's.
func TestSecretsOfSecondFactorsAreSealedByAKeyBesideTheDatabase(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	d, clock := dbtest.Open(t)
	k := &auth.Accounts{DB: d, Guard: auth.Guard{Tree: units}}
	make := func(login string) actor.Actor {
		id, err := k.Create(ctx, actor.System("test"), auth.NewAccount{Login: login, Name: login, Password: "nắng chiều trên sông"})
		must(t, err)
		a, err := auth.Load(ctx, d, id, d.Now().Date())
		must(t, err)
		return a
	}
	stored := func(a actor.Actor) string {
		s, err := db.Value[string](ctx, d, factorSecretOf, a.Account)
		must(t, err)
		return s
	}
	code := func(secret string) string {
		c, err := totp.GenerateCode(secret, clock.Now())
		must(t, err)
		return c
	}
	// One from before there was a seal.
	old, fresh := make("bich"), make("lan")
	must(t, k.BeginFactor(ctx, old))
	secret := stored(old)
	recovery, err := k.ConfirmFactor(ctx, old, code(secret))
	must(t, err)

	path := filepath.Join(t.TempDir(), "cchc.seal-key")
	k.Seal, err = auth.OpenSeal(ctx, d, path)
	must(t, err)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key is %v, %v", info, err)
	}
	if got := stored(old); !strings.HasPrefix(got, "sealed:") || strings.Contains(got, secret) {
		t.Errorf("stored is %q", got)
	}
	clock.Advance(time.Minute)
	_, err = k.SecondStep(ctx, old.Account, code(secret), auth.Attempt{})
	must(t, err)

	// A new one never stands there open.
	must(t, k.BeginFactor(ctx, fresh))
	shown, err := k.PendingFactor(ctx, fresh)
	must(t, err)
	if got := stored(fresh); !strings.HasPrefix(got, "sealed:") || len(shown) != 32 || strings.Contains(got, shown) {
		t.Errorf("shown is %q, stored %q", shown, got)
	}
	_, err = k.ConfirmFactor(ctx, fresh, code(shown))
	must(t, err)

	// Opened again, with the same key; never made anew, and never with another.
	again, err := auth.OpenSeal(ctx, d, path)
	must(t, err)
	k.Seal = again
	clock.Advance(time.Minute)
	_, err = k.SecondStep(ctx, fresh.Account, code(shown), auth.Attempt{})
	must(t, err)
	gone := filepath.Join(t.TempDir(), "cchc.seal-key")
	k.Seal, err = auth.OpenSeal(ctx, d, gone)
	if !errors.Is(err, auth.ErrSealKey) {
		t.Errorf("without the key: %v", err)
	}
	if _, err := os.Stat(gone); err == nil {
		t.Error("another key was made for a database that has one")
	}
	clock.Advance(time.Minute)
	_, err = k.SecondStep(ctx, old.Account, code(secret), auth.Attempt{})
	wants(t, "a right code without the key", err, fault.Unavailable)
	wants(t, "a new second factor without the key", k.BeginFactor(ctx, make("hoa")), fault.Unavailable)
	_, err = k.SecondStep(ctx, old.Account, recovery[0], auth.Attempt{})
	must(t, err)
	d2, _ := dbtest.Open(t)
	other := filepath.Join(t.TempDir(), "cchc.seal-key")
	_, err = auth.OpenSeal(ctx, d2, other)
	must(t, err)
	if _, err := auth.OpenSeal(ctx, d, other); !errors.Is(err, auth.ErrSealKey) {
		t.Errorf("with another database's key: %v", err)
	}

	// One account's secret is nobody else's.
	k.Seal = again
	must(t, d.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, putFactorSecret, stored(old), fresh.Account)
		return err
	}))
	clock.Advance(time.Minute)
	_, err = k.SecondStep(ctx, fresh.Account, code(secret), auth.Attempt{})
	wants(t, "a secret that was put with another account", err, fault.Unavailable)
}
