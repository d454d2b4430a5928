package auth_test

import (
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/fault"
	"cchc/base/moment"
)

// The keeper sees who is locked out at the second step too, and lets them try again.
func TestAKeeperUnlocksTheSecondStep(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	k, clock := open(t)
	a := account(t, k, "hoa.nt")
	system := actor.System("test")
	must(t, k.BeginFactor(ctx, a))
	secret, err := k.PendingFactor(ctx, a)
	must(t, err)
	code := func() string {
		c, err := totp.GenerateCode(secret, clock.Now())
		must(t, err)
		return c
	}
	_, err = k.ConfirmFactor(ctx, a, code())
	must(t, err)
	clock.Advance(time.Minute)
	for range 10 {
		_, err := k.SecondStep(ctx, a.Account, "000001", auth.Attempt{From: "10.0.0.1"})
		wants(t, "a guess", err, fault.Invalid)
	}
	list, err := k.List(ctx, system)
	must(t, err)
	all, err := k.Standings(ctx, list)
	must(t, err)
	if s, err := k.Standing(ctx, system, a.Account); err != nil || s.Locked != k.DB.Now().Add(15*time.Minute) || all[a.Account].Locked != s.Locked || s.Failed != 10 {
		t.Errorf("Standing = %+v, %v; the list has %+v", s, err, all[a.Account])
	}
	_, err = k.SecondStep(ctx, a.Account, code(), auth.Attempt{From: "10.0.0.1"})
	wants(t, "the right code while it is locked", err, fault.TooMany)
	for range 10 {
		k.DropFactor(ctx, a, "000001")
	}
	must(t, k.Unlock(ctx, system, a.Account))
	_, err = k.SecondStep(ctx, a.Account, code(), auth.Attempt{From: "10.0.0.1"})
	must(t, err)
	clock.Advance(time.Minute)
	must(t, k.DropFactor(ctx, a, code()))
}

// Passwords that people show in their sessions are counted by person: one who mistypes
// does not use up everybody's tries.
func TestThePasswordsShownInSessionsAreCountedByPerson(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	k, _ := open(t)
	var people []actor.Actor
	for _, login := range []string{"p.a", "p.b", "p.c"} {
		people = append(people, account(t, k, login))
	}
	for i := range 10 {
		if err := k.ChangePassword(ctx, people[0], "not the password", "mưa rơi trên mái hiên"); !fault.Is(err, fault.Invalid) {
			t.Fatalf("try %d: %v", i, err)
		}
	}
	wants(t, "the eleventh", k.ChangePassword(ctx, people[0], password, "mưa rơi trên mái hiên"), fault.TooMany)
	must(t, k.ConfirmPassword(ctx, people[1], password))
	if n, err := auth.CountersOf(ctx, k.DB, "change-password", "confirm-password"); err != nil || n != 0 {
		t.Errorf("%d counters are of all people together, %v", n, err)
	}
	must(t, k.ChangePassword(ctx, people[2], password, "mưa rơi trên mái hiên"))
}

// What one signed in with before does not go on after its account was closed, its
// password replaced or everything ended, not even when the account is opened again.
func TestSessionsAndTokensEndForGood(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	k, clock := open(t)
	b := &auth.Bearers{DB: k.DB, Guard: k.Guard}
	a := account(t, k, "hoa.nt", actor.Grant{Role: actor.OneStop, Unit: "commune"})
	system := actor.System("test")
	now := password
	const second = "mưa rơi trên mái hiên"
	for _, c := range []struct {
		name string
		end  func(at moment.Instant) error
		ends bool
	}{
		{"closing the account", func(moment.Instant) error {
			if err := k.Disable(ctx, system, a.Account, "nghỉ"); err != nil {
				return err
			}
			return k.Enable(ctx, system, a.Account, "")
		}, true},
		{"ending all", func(moment.Instant) error { return k.EndSessions(ctx, system, a.Account, "") }, true},
		{"ending one's others", func(at moment.Instant) error { return k.EndSession(ctx, a, 0, at+1) }, true},
		{"a new password of one's own", func(moment.Instant) error {
			defer func() { now = second }()
			return k.ChangePassword(ctx, a, now, second)
		}, false},
		{"a new password of one's own, tokens too", func(moment.Instant) error {
			defer func() { now = password }()
			return k.ChangePasswordWith(ctx, a, auth.PasswordChange{Old: now, New: password, Tokens: true})
		}, true},
		{"a reset", func(moment.Instant) error {
			first := auth.FirstPassword()
			if err := k.ResetPassword(ctx, system, a.Account, first); err != nil {
				return err
			}
			clock.Advance(time.Minute)
			return k.ChangePassword(ctx, a, first, now)
		}, true},
	} {
		in, err := k.SignIn(ctx, "hoa.nt", now, "10.0.0.1")
		must(t, err)
		_, text, err := k.CreateToken(ctx, a, auth.NewToken{Name: c.name, Scopes: []string{"dossier.read"}, Until: k.DB.Now().Date() + 9})
		must(t, err)
		clock.Advance(time.Minute)
		must(t, c.end(in.At))
		if _, err := auth.Resume(ctx, k.DB, a.Account, in.At, k.DB.Now().Date()); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("after %s the session goes on: %v", c.name, err)
		}
		if _, err := b.Actor(ctx, text); c.ends != fault.Is(err, fault.Unauthenticated) {
			t.Errorf("after %s the token: %v", c.name, err)
		}
		clock.Advance(time.Minute)
	}
}

// Signing out ends the session itself, not only the cookie.
func TestASessionThatSignedOutIsOver(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	k, clock := open(t)
	a := account(t, k, "hoa.nt")
	var at [2]moment.Instant
	for i := range at {
		in, err := k.SignIn(ctx, "hoa.nt", password, "10.0.0.1")
		must(t, err)
		at[i] = in.At
		clock.Advance(time.Minute)
	}
	for range 2 {
		must(t, k.SignedOut(ctx, a.Account, at[0]))
	}
	list, err := k.Sessions(ctx, a)
	must(t, err)
	if len(list) != 1 || list[0].At != at[1] {
		t.Errorf("open are %+v", list)
	}
	_, err = auth.Resume(ctx, k.DB, a.Account, at[0], k.DB.Now().Date())
	wants(t, "the session that signed out", err, fault.Unauthenticated)
	// Two that begin at once are two.
	one, err := k.SignIn(ctx, "hoa.nt", password, "10.0.0.1")
	must(t, err)
	two, err := k.SignIn(ctx, "hoa.nt", password, "10.0.0.2")
	must(t, err)
	must(t, k.SignedOut(ctx, a.Account, one.At))
	if _, err = auth.Resume(ctx, k.DB, a.Account, two.At, k.DB.Now().Date()); err != nil || one.At == two.At {
		t.Errorf("of two sessions that began at once one ended the other: %v", err)
	}
}

// A first password that stays as it is stays known to who gave it.
func TestANewPasswordIsAnother(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	k, _ := open(t)
	first := auth.FirstPassword()
	id, err := k.Create(ctx, actor.System("test"), auth.NewAccount{Login: "moi.nv", Name: "Người Mới", Password: first, First: true})
	must(t, err)
	a, err := auth.Load(ctx, k.DB, id, k.DB.Now().Date())
	must(t, err)
	if got := fields(k.ChangePassword(ctx, a, first, first)); got != "new:auth.password_same" {
		t.Errorf("the same again: %s", got)
	}
	if a, err = auth.Load(ctx, k.DB, id, k.DB.Now().Date()); err != nil || !a.FirstPassword {
		t.Errorf("after that: %+v, %v", a, err)
	}
}

// Nobody makes another a key to what they may not open themselves.
func TestATokenForAnotherHasNothingThatItsMakerHasNot(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	k, _ := open(t)
	holder := account(t, k, "may-1", actor.Grant{Role: actor.Chairperson, Unit: "commune"})
	keeper := account(t, k, "quan-tri", actor.Grant{Role: actor.Administrator, Unit: "commune"})
	until := k.DB.Now().Date() + 9
	for _, v := range []string{"dossier.read_person", "result.publish", "dossier.process"} {
		_, _, err := k.CreateToken(ctx, keeper, auth.NewToken{Account: holder.Account, Name: "x", Scopes: []string{v}, Until: until})
		if got := fields(err); got != "scopes:auth.scope_not_makers" {
			t.Errorf("%s: %s", v, got)
		}
		_, _, err = k.CreateToken(ctx, holder, auth.NewToken{Name: "x", Scopes: []string{v}, Until: until})
		must(t, err)
	}
	// Of a group only what both have.
	tok, _, err := k.CreateToken(ctx, keeper, auth.NewToken{Account: holder.Account, Name: "x", Scopes: []string{"dossier.*", "unit.read"}, Until: until})
	must(t, err)
	if len(tok.Scopes) != 2 || tok.Scopes[0] != "dossier.read" || tok.Scopes[1] != "unit.read" {
		t.Errorf("the token has %v", tok.Scopes)
	}
}
