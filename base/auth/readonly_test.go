package auth_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/db/dbtest"
	"cchc/base/fault"
	"cchc/base/law"
)

// Whose unit is no more may read what they could read, and every verb that changes
// something is refused and says why, until somebody gives them another grant.
func TestAccountsOfAUnitThatEndedOnlyRead(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	for _, role := range actor.Roles {
		t.Run(string(role), func(t *testing.T) {
			t.Parallel()
			d, clock := dbtest.Open(t)
			guard := auth.Guard{Tree: units}
			k := &auth.Accounts{DB: d, Guard: guard}
			id, err := k.Create(ctx, actor.System("test"), auth.NewAccount{Login: "bich", Name: "Bích", Password: "nắng chiều trên sông", Grants: []actor.Grant{{Role: role, Unit: "commune"}}})
			must(t, err)
			load := func() actor.Actor {
				t.Helper()
				a, err := auth.Load(ctx, d, id, d.Now().Date())
				must(t, err)
				return a
			}
			before := load()
			clock.Advance(48 * time.Hour)
			if _, err := k.Succeed(ctx, "commune", "", d.Now().Date(), "none", "NQ 1"); err != nil {
				t.Fatal(err)
			}
			a := load()
			if !a.ReadOnly || before.ReadOnly {
				t.Fatalf("read only: %v before, %v after", before.ReadOnly, a.ReadOnly)
			}
			for _, v := range auth.Verbs {
				err := guard.Check(ctx, d, a, v, "commune")
				anywhere := guard.CheckAnywhere(a, v)
				if reads := slices.Contains(auth.Reads, v); reads && auth.Allows(role, v) {
					if err != nil || anywhere != nil {
						t.Errorf("%s: %v, %v; want it to go on", v, err, anywhere)
					}
				} else if reads {
					if !fault.Is(err, fault.Forbidden) {
						t.Errorf("%s: %v", v, err)
					}
				} else {
					for _, err := range []error{err, anywhere} {
						if f := fault.As(err); f == nil || f.Kind != fault.Forbidden || f.Key != "auth.read_only" {
							t.Errorf("%s: %v; want it refused with the reason", v, err)
						}
					}
				}
				if err := guard.Check(ctx, d, a, v, "other"); err == nil {
					t.Errorf("%s elsewhere", v)
				}
			}
			_, err = k.Delegate(ctx, a, auth.NewDelegation{To: id, Role: role, Unit: "commune", Document: "1", Last: d.Now().Date() + 3})
			if err == nil {
				t.Error("what is only read is passed on")
			}
			must(t, k.Grant(ctx, actor.System("test"), id, actor.Grant{Role: role, Unit: "other"}, law.Span{}))
			if a = load(); a.ReadOnly || len(a.Grants) != 1 || a.Grants[0].Unit != "other" {
				t.Errorf("with a new grant: %+v", a)
			}
		})
	}
}

// One account used at once from two networks is told of; one session that wanders, and
// sessions one after the other, are not. A limit ends the oldest.
func TestAnAccountThatSeveralUseIsSeen(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	d, clock := dbtest.Open(t)
	most := 0
	k := &auth.Accounts{DB: d, Guard: auth.Guard{Tree: units}, Most: func(context.Context, db.Queryer) (int, error) { return most, nil }}
	id, err := k.Create(ctx, actor.System("test"), auth.NewAccount{Login: "bich", Name: "Bích", Password: "nắng chiều trên sông"})
	must(t, err)
	signIn := func(from string) auth.SignedIn {
		t.Helper()
		in, err := k.SignInWith(ctx, auth.Attempt{Login: "bich", Password: "nắng chiều trên sông", From: from, Agent: "Firefox/1 Windows"})
		must(t, err)
		return in
	}
	seen := func(want int) {
		t.Helper()
		s, err := k.Standing(ctx, actor.System("test"), id)
		must(t, err)
		if len(s.Together) != want {
			t.Errorf("%d places at once, want %d: %+v", len(s.Together), want, s.Together)
		}
	}
	one := signIn("10.0.1.5:4711")
	clock.Advance(5 * time.Minute)
	must(t, k.Seen(ctx, id, one.At, "10.0.9.9")) // the telephone left the house's network
	seen(0)
	clock.Advance(2 * time.Hour)
	signIn("10.0.2.7")
	seen(0)
	clock.Advance(5 * time.Minute)
	must(t, k.Seen(ctx, id, one.At, "10.0.1.5"))
	seen(2)
	clock.Advance(8 * 24 * time.Hour)
	seen(0)
	must(t, auth.Sweep(ctx, d))

	most = 2
	three := signIn("10.0.1.5")
	clock.Advance(time.Minute)
	four := signIn("10.0.1.5")
	clock.Advance(time.Minute)
	five := signIn("10.0.1.5")
	for _, x := range []struct {
		in   auth.SignedIn
		open bool
	}{{three, false}, {four, true}, {five, true}} {
		if _, err := auth.Resume(ctx, d, id, x.in.At, d.Now().Date()); (err == nil) != x.open {
			t.Errorf("the session of %v: %v", x.in.At, err)
		}
	}
}
