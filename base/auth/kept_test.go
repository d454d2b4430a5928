package auth_test

import (
	"testing"
	"time"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/fault"
	"cchc/base/law"
)

// An account that holds nothing any more is not everybody's: its unit's keepers and
// those above keep it, and nobody who keeps accounts elsewhere takes it over.
func TestAnAccountWhoseGrantsAreOverIsKeptWhereTheyEnded(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	k, clock := open(t)
	k.Guard.Tree = tree{"commune": "province", "hamlet": "province"}
	keeper := func(login string, u actor.UnitID) actor.Actor {
		return account(t, k, login, actor.Grant{Role: actor.Administrator, Unit: u})
	}
	here, above, far, all := keeper("here", "commune"), keeper("above", "province"), keeper("far", "elsewhere"), keeper("all", "")
	gone := account(t, k, "gone", actor.Grant{Role: actor.OneStop, Unit: "hamlet"})
	left := account(t, k, "left", actor.Grant{Role: actor.OneStop, Unit: "commune"})
	moved := account(t, k, "moved", actor.Grant{Role: actor.OneStop, Unit: "elsewhere"}, actor.Grant{Role: actor.OneStop, Unit: "commune"})
	never := account(t, k, "never")
	system := actor.System("test")
	end := func(a actor.Actor, u actor.UnitID) {
		t.Helper()
		acc, err := k.ByID(ctx, system, a.Account)
		must(t, err)
		for _, h := range acc.Grants {
			if h.Unit == u && h.To == 0 {
				must(t, k.Revoke(ctx, system, a.Account, h.ID, 0))
			}
		}
	}
	clock.Advance(48 * time.Hour)
	end(moved, "elsewhere")
	clock.Advance(48 * time.Hour)
	end(moved, "commune")
	end(left, "commune")
	_, err := k.Succeed(ctx, "hamlet", "", k.DB.Now().Date(), "none", "NQ 1")
	must(t, err)
	// What never began is over as well, and says nothing.
	must(t, k.Grant(ctx, system, left.Account, actor.Grant{Role: actor.OneStop, Unit: "elsewhere"}, law.Span{From: k.DB.Now().Date() + 9}))
	end(left, "elsewhere")
	for _, c := range []struct {
		who    string
		acc    actor.Actor
		keeper actor.Actor
		may    bool
	}{
		{"of a unit that ended, by the keeper above", gone, above, true},
		{"of a unit that ended, by another unit's", gone, far, false},
		{"of a unit that ended, by a unit's beside it", gone, here, false},
		{"with a grant that was revoked, by its unit's", left, here, true},
		{"with a grant that was revoked, by another unit's", left, far, false},
		{"that moved, by the first unit's", moved, far, false},
		{"that moved, by the last unit's", moved, here, true},
		{"that never held anything, by a unit's", never, above, false},
		{"that never held anything, by who keeps all", never, all, true},
	} {
		_, err := k.ByID(ctx, c.keeper, c.acc.Account)
		if (err == nil) != c.may || err != nil && !fault.Is(err, fault.NotFound) {
			t.Errorf("an account %s: %v, want allowed %v", c.who, err, c.may)
		}
		err = k.ResetPassword(ctx, c.keeper, c.acc.Account, auth.FirstPassword())
		if (err == nil) != c.may || err != nil && !fault.Is(err, fault.NotFound) {
			t.Errorf("the password of an account %s: %v, want allowed %v", c.who, err, c.may)
		}
		list, err := k.List(ctx, c.keeper)
		must(t, err)
		listed := false
		for _, x := range list {
			listed = listed || x.ID == c.acc.Account
		}
		if listed != c.may {
			t.Errorf("an account %s is listed: %v", c.who, listed)
		}
	}
	// A grant to come does not give it away before it holds.
	must(t, k.Grant(ctx, system, gone.Account, actor.Grant{Role: actor.OneStop, Unit: "elsewhere"}, law.Span{From: k.DB.Now().Date() + 9}))
	_, err = k.ByID(ctx, far, gone.Account)
	wants(t, "who will hold something elsewhere and still reads here", err, fault.NotFound)
	// Nobody makes an account that only others could keep.
	_, err = k.Create(ctx, above, auth.NewAccount{Login: "nobodys", Name: "N", Password: password})
	wants(t, "an account of no unit, made by a unit's keeper", err, fault.Forbidden)
}

// What the end of a unit left to read is over with the next grant, for good.
func TestWhatAnEndedUnitLeftToReadDoesNotComeBack(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	k, clock := open(t)
	system := actor.System("test")
	load := func(a actor.Actor) actor.Actor {
		t.Helper()
		a, err := auth.Load(ctx, k.DB, a.Account, k.DB.Now().Date())
		must(t, err)
		return a
	}
	revoke := func(a actor.Actor, u actor.UnitID) {
		t.Helper()
		acc, err := k.ByID(ctx, system, a.Account)
		must(t, err)
		for _, h := range acc.Grants {
			if h.Unit == u && h.To == 0 {
				must(t, k.Revoke(ctx, system, a.Account, h.ID, 0))
			}
		}
	}
	later := account(t, k, "later", actor.Grant{Role: actor.OneStop, Unit: "commune"}, actor.Grant{Role: actor.Specialist, Unit: "commune"})
	both := account(t, k, "both", actor.Grant{Role: actor.OneStop, Unit: "commune"}, actor.Grant{Role: actor.OneStop, Unit: "elsewhere"})
	clock.Advance(48 * time.Hour)
	_, err := k.Succeed(ctx, "commune", "", k.DB.Now().Date(), "none", "NQ 1")
	must(t, err)
	if a := load(later); !a.ReadOnly || len(a.Grants) != 2 {
		t.Fatalf("after the end: %+v", a)
	}
	// A grant that is taken back before it begins changes nothing.
	must(t, k.Grant(ctx, system, later.Account, actor.Grant{Role: actor.OneStop, Unit: "elsewhere"}, law.Span{From: k.DB.Now().Date() + 3}))
	revoke(later, "elsewhere")
	clock.Advance(5 * 24 * time.Hour)
	if !load(later).ReadOnly {
		t.Error("a grant that never held ended what is read")
	}
	must(t, k.Grant(ctx, system, later.Account, actor.Grant{Role: actor.OneStop, Unit: "elsewhere"}, law.Span{}))
	clock.Advance(48 * time.Hour)
	revoke(later, "elsewhere")
	revoke(both, "elsewhere")
	for name, a := range map[string]actor.Actor{"with a later grant": load(later), "with one that went on": load(both)} {
		if a.ReadOnly || len(a.Grants) != 0 {
			t.Errorf("%s that is over too: %+v", name, a)
		}
	}
}
