package auth_test

import (
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/db/dbtest"
	"cchc/base/fault"
	"cchc/base/law"
)

var factorSecretOf = db.SQL("authtest.factor", `SELECT secret FROM account_factor WHERE account_id = $1`)

// A second factor: set up, needed, each code good for once, recovered from, reset.
func TestASecondFactorIsNeededOnceItIsOn(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	d, clock := dbtest.Open(t)
	k := &auth.Accounts{DB: d, Guard: auth.Guard{Tree: units}}
	id, err := k.Create(ctx, actor.System("test"), auth.NewAccount{Login: "bich", Name: "Bích", Password: "nắng chiều trên sông"})
	must(t, err)
	signIn := func() auth.SignedIn {
		t.Helper()
		in, err := k.SignIn(ctx, "bich", "nắng chiều trên sông", "10.0.0.1")
		must(t, err)
		return in
	}
	a := signIn().Actor
	wants(t, "a code before there is a secret", k.DropFactor(ctx, a, "123456"), fault.Invalid)
	must(t, k.BeginFactor(ctx, a))
	if signIn().Second {
		t.Fatal("a factor that nobody confirmed is asked for")
	}
	secret, err := db.Value[string](ctx, d, factorSecretOf, id)
	must(t, err)
	code := func() string {
		c, err := totp.GenerateCode(secret, clock.Now())
		must(t, err)
		return c
	}
	_, err = k.ConfirmFactor(ctx, a, "000000")
	wants(t, "a wrong first code", err, fault.Invalid)
	first := code()
	recovery, err := k.ConfirmFactor(ctx, a, first[:3]+" "+first[3:])
	must(t, err)
	if len(recovery) != 10 {
		t.Fatalf("%d recovery codes", len(recovery))
	}
	wants(t, "set up twice", k.BeginFactor(ctx, a), fault.Conflict)

	in := signIn()
	if !in.Second || in.Actor.Name != "" || in.At != 0 {
		t.Fatalf("the password alone gives %+v", in)
	}
	_, err = k.SecondStep(ctx, id, first, auth.Attempt{From: "10.0.0.1"})
	wants(t, "the code that confirmed it, again", err, fault.Invalid)
	clock.Advance(30 * time.Second)
	now := code()
	in, err = k.SecondStep(ctx, id, now, auth.Attempt{From: "10.0.0.1"})
	must(t, err)
	if in.Actor.Name != "Bích" || in.At == 0 || in.Second {
		t.Errorf("both gave %+v", in)
	}
	_, err = k.SecondStep(ctx, id, now, auth.Attempt{From: "10.0.0.1"})
	wants(t, "a code twice", err, fault.Invalid)
	clock.Advance(5 * time.Minute)
	stale := code()
	clock.Advance(2 * time.Minute)
	_, err = k.SecondStep(ctx, id, stale, auth.Attempt{From: "10.0.0.1"})
	wants(t, "a code of two minutes ago", err, fault.Invalid)

	// A recovery code, typed without hyphens and in capitals, once.
	typed := strings.ToUpper(strings.ReplaceAll(recovery[3], "-", " "))
	_, err = k.SecondStep(ctx, id, typed, auth.Attempt{From: "10.0.0.1"})
	must(t, err)
	_, err = k.SecondStep(ctx, id, recovery[3], auth.Attempt{From: "10.0.0.1"})
	wants(t, "a recovery code twice", err, fault.Invalid)
	f, err := k.Factor(ctx, id)
	must(t, err)
	if f.Recovery != 9 || f.Since == 0 {
		t.Errorf("left are %+v", f)
	}
	fresh, err := k.RenewRecovery(ctx, a, recovery[4])
	must(t, err)
	wants(t, "an old recovery code", k.DropFactor(ctx, a, recovery[5]), fault.Invalid)
	must(t, k.DropFactor(ctx, a, fresh[0]))
	if signIn().Second {
		t.Error("it is asked for after it was turned off")
	}

	// Guessing ends: ten tries of a login from an address.
	clock.Advance(time.Hour)
	must(t, k.BeginFactor(ctx, a))
	secret, err = db.Value[string](ctx, d, factorSecretOf, id)
	must(t, err)
	_, err = k.ConfirmFactor(ctx, a, code())
	must(t, err)
	clock.Advance(time.Minute)
	for range 10 {
		_, err = k.SecondStep(ctx, id, "000001", auth.Attempt{From: "10.0.0.2"})
		wants(t, "a guess", err, fault.Invalid)
	}
	_, err = k.SecondStep(ctx, id, code(), auth.Attempt{From: "10.0.0.2"})
	wants(t, "one guess too many, though right", err, fault.TooMany)

	// Somebody who keeps the account turns it off, with a reason.
	wants(t, "reset without a reason", k.ResetFactor(ctx, actor.System("test"), id, ""), fault.Invalid)
	must(t, k.ResetFactor(ctx, actor.System("test"), id, "mất điện thoại"))
	if signIn().Second {
		t.Error("it is asked for after the reset")
	}
}

// keepers returns two who keep accounts, and the second one in the place of the first.
func keepers(t *testing.T) (k *auth.Accounts, one, two, instead actor.Actor) {
	t.Helper()
	d, _ := dbtest.Open(t)
	k = &auth.Accounts{DB: d, Guard: auth.Guard{Tree: units}}
	one = account(t, k, "quan-tri", actor.Grant{Role: actor.Administrator, Unit: "province"})
	two = account(t, k, "quan-tri-2", actor.Grant{Role: actor.Administrator, Unit: "province"})
	instead = two
	instead.For = actor.Behalf{Account: one.Account}
	return k, one, two, instead
}

// Whoever finds an administrator's session open does not get the second factor off.
func TestNobodyResetsASecondFactorOfTheirOwn(t *testing.T) {
	t.Parallel()
	k, one, two, instead := keepers(t)
	for _, a := range []actor.Actor{one, instead} {
		err := k.ResetFactor(t.Context(), a, one.Account, "mất điện thoại")
		if f := fault.As(err); f == nil || f.Kind != fault.Forbidden || f.Key != "auth.factor_self" {
			t.Errorf("by %s for %q: %v; want auth.factor_self", a.Account, a.For.Account, err)
		}
	}
	must(t, k.ResetFactor(t.Context(), two, one.Account, "mất điện thoại"))
}

// What nobody does to their own account, nobody does to it in their place either.
func TestNobodyDoesToAnAccountInItsOwnersPlaceWhatTheyMayNotThemselves(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	k, one, _, instead := keepers(t)
	for name, do := range map[string]struct {
		key string
		do  func(a actor.Actor) error
	}{
		"a role": {"auth.grant_self", func(a actor.Actor) error {
			return k.Grant(ctx, a, one.Account, actor.Grant{Role: actor.Auditor, Unit: "province"}, law.Span{})
		}},
		"a password": {"auth.reset_self", func(a actor.Actor) error { return k.ResetPassword(ctx, a, one.Account, "nắng chiều trên sông") }},
		"closing":    {"auth.disable_self", func(a actor.Actor) error { return k.Disable(ctx, a, one.Account, "thử") }},
		"an identity": {"auth.sso.self", func(a actor.Actor) error {
			return k.Link(ctx, a, one.Account, "https://sso.example.vn", "s-1")
		}},
	} {
		for _, a := range []actor.Actor{one, instead} {
			if f := fault.As(do.do(a)); f == nil || f.Key != do.key {
				t.Errorf("%s, by %s for %q: %v, want %s", name, a.Account, a.For.Account, f, do.key)
			}
		}
	}
}

// Words, years and rows of keys that everybody uses are no passwords, long as they
// may be; a few words that have nothing to do with each other are.
func TestPasswordsThatEverybodyUsesAreRefused(t *testing.T) {
	t.Parallel()
	d, _ := dbtest.Open(t)
	k := &auth.Accounts{DB: d, Guard: auth.Guard{Tree: units}}
	for _, p := range []string{"password1234", "123456789012", "qwertyuiop12", "aaaaaaaaaaaa", "iloveyou2026", "abcabcabcabc",
		"matkhau123456", "Mật khẩu 2026", "anhyeuem12345", "anhyeuemnhieulam", "emyeuanhmaimai", "Anh Yêu Em 123", "vietnam123456", "quantrihethong", "Quản trị 2026!", "khongcomatkhau", "mậtkhẩumới123", "dangnhap2026", "nguyenvan1990", "cán bộ một cửa"} {
		_, err := k.Create(t.Context(), actor.System("test"), auth.NewAccount{Login: "an", Name: "An", Password: p})
		wants(t, p, err, fault.Invalid)
	}
	for i, p := range []string{"song-mau-2026", "nắng chiều trên sông", "bàn gạo thuyền 7", "correct horse battery staple"} {
		_, err := k.Create(t.Context(), actor.System("test"), auth.NewAccount{Login: "an" + string(rune('a'+i)), Name: "An", Password: p})
		must(t, err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wants wants a fault of a kind.
func wants(t *testing.T, what string, err error, kind fault.Kind) {
	t.Helper()
	if !fault.Is(err, kind) {
		t.Errorf("%s: %v", what, err)
	}
}
