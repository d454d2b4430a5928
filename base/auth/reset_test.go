package auth_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
)

// Who keeps an account replaces a forgotten password, and not the second factor.
func TestANewPasswordLeavesTheSecondFactor(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	k, clock := open(t)
	a := account(t, k, "hoa.nt", actor.Grant{Role: actor.OneStop, Unit: "commune"})
	must(t, k.BeginFactor(ctx, a))
	secret, err := k.PendingFactor(ctx, a)
	must(t, err)
	code, err := totp.GenerateCode(secret, clock.Now())
	must(t, err)
	recovery, err := k.ConfirmFactor(ctx, a, code)
	must(t, err)
	for _, c := range recovery { // of 32 letters and digits: 120 bits
		if n := len(strings.ReplaceAll(c, "-", "")); float64(n)*math.Log2(32) < 120 || strings.ContainsAny(c, "OoIiLlUu") {
			t.Errorf("the recovery code %q has %d signs", c, n)
		}
	}
	clock.Advance(time.Minute)
	first := auth.FirstPassword()
	must(t, k.ResetPassword(ctx, actor.System("test"), a.Account, first))
	in, err := k.SignIn(ctx, "hoa.nt", first, "10.0.0.1")
	must(t, err)
	if !in.Second {
		t.Error("the new password alone signs in")
	}
}

// A password holds for years: nothing makes people change it by the calendar.
func TestAPasswordDoesNotGrowOld(t *testing.T) {
	t.Parallel()
	k, clock := open(t)
	account(t, k, "hoa.nt")
	clock.Advance(5 * 365 * 24 * time.Hour)
	in, err := k.SignIn(t.Context(), "hoa.nt", password, "10.0.0.1")
	must(t, err)
	if in.Actor.FirstPassword {
		t.Error("after five years it must be changed")
	}
}

var keptRecovery = db.SQL("authtest.recovery", `SELECT hash FROM account_recovery WHERE account_id = $1`)

// What the tables hold signs nobody in.
func TestNothingInTheTablesSignsIn(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	k, clock := open(t)
	a := account(t, k, "hoa.nt")
	must(t, k.BeginFactor(ctx, a))
	secret, err := k.PendingFactor(ctx, a)
	must(t, err)
	code, err := totp.GenerateCode(secret, clock.Now())
	must(t, err)
	recovery, err := k.ConfirmFactor(ctx, a, code)
	must(t, err)
	kept, err := db.Column[string](ctx, k.DB, keptRecovery, a.Account)
	must(t, err)
	if len(kept) != len(recovery) {
		t.Fatalf("%d recovery codes are kept of %d", len(kept), len(recovery))
	}
	for _, h := range kept[:3] {
		_, err := k.SecondStep(ctx, a.Account, h, auth.Attempt{From: "10.0.0.1"})
		wants(t, "a kept hash", err, fault.Invalid)
	}
}
