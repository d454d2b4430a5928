package auth_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/law"
	"cchc/base/moment"
)

func TestADelegationGivesItsVerbsForItsDaysAndIsRecordedInBothNames(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	k, clock := open(t)
	chair := account(t, k, "chair", actor.Grant{Role: actor.Chairperson, Unit: "province"})
	vice := account(t, k, "vice", actor.Grant{Role: actor.Specialist, Unit: "commune"})
	today := k.DB.Now().Date()
	id, err := k.Delegate(ctx, chair, auth.NewDelegation{To: vice.Account, Role: actor.Chairperson, Unit: "commune",
		Only: []auth.Verb{auth.DossierApologise}, Document: "12/GUQ-UBND", From: today + 1, Last: today + 3})
	if err != nil {
		t.Fatal(err)
	}
	act := func() (actor.Actor, error) {
		return auth.ActFor(ctx, k.DB, units, vice, id, k.DB.Now().Date())
	}
	if _, err := act(); !fault.Is(err, fault.NotFound) {
		t.Errorf("before its first day: %v, want not found", err)
	}
	clock.Advance(24 * time.Hour)
	a, err := act()
	if err != nil {
		t.Fatal(err)
	}
	g := auth.Guard{Tree: units}
	for _, c := range []struct {
		verb auth.Verb
		unit actor.UnitID
		want bool
	}{
		{auth.DossierApologise, "commune", true},
		{auth.DossierApologise, "province", false}, // delegated for the commune only
		{auth.DossierProcess, "commune", false},    // one verb was delegated; B's own is not mixed in
		{auth.AuditRead, "commune", false},
	} {
		if got, err := g.May(ctx, k.DB, a, c.verb, c.unit); err != nil || got != c.want {
			t.Errorf("acting for another, %s in %s: %v, %v, want %v", c.verb, c.unit, got, err, c.want)
		}
	}
	if err := k.DB.Write(ctx, func(tx *db.Tx) error {
		return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: "test.act", Kind: "test", ID: "1"})
	}); err != nil {
		t.Fatal(err)
	}
	for _, account := range []string{vice.Account, chair.Account} { // found under either name
		trail, err := audit.Latest(ctx, k.DB, audit.Filter{Account: account, Kind: "test"})
		if err != nil || len(trail) != 1 || trail[0].Actor.Account != vice.Account || trail[0].Actor.For.Account != chair.Account || trail[0].Actor.For.Name == "" {
			t.Errorf("the trail of %s: %+v, %v", account, trail, err)
		}
	}
	if _, err := k.Delegate(ctx, a, auth.NewDelegation{To: chair.Account, Role: actor.Chairperson, Unit: "commune", Document: "1", Last: today + 3}); !fault.Is(err, fault.Forbidden) {
		t.Errorf("passing on what was delegated: %v, want forbidden", err)
	}
	clock.Advance(3 * 24 * time.Hour)
	if _, err := act(); !fault.Is(err, fault.NotFound) {
		t.Errorf("after its last day: %v, want not found", err)
	}
}

func TestADelegationEndsWithTheGiversRightAndWhenWithdrawn(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	k, _ := open(t)
	system := actor.System("test")
	chair := account(t, k, "chair", actor.Grant{Role: actor.Chairperson, Unit: "commune"})
	vice := account(t, k, "vice", actor.Grant{Role: actor.Specialist, Unit: "commune"})
	today := k.DB.Now().Date()
	give := func() string {
		t.Helper()
		id, err := k.Delegate(ctx, chair, auth.NewDelegation{To: vice.Account, Role: actor.Chairperson, Unit: "commune", Document: "1/GUQ", Last: today + 10})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := auth.ActFor(ctx, k.DB, units, vice, id, today); err != nil {
			t.Fatalf("a delegation that holds: %v", err)
		}
		return id
	}
	over := func(id, why string) {
		t.Helper()
		if _, err := auth.ActFor(ctx, k.DB, units, vice, id, today); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s: %v, want not found", why, err)
		}
	}
	one := give()
	stranger := account(t, k, "stranger", actor.Grant{Role: actor.Administrator, Unit: "elsewhere"})
	if err := k.Withdraw(ctx, stranger, one); !fault.Is(err, fault.NotFound) {
		t.Errorf("a stranger withdrew: %v", err)
	}
	if err := k.Withdraw(ctx, vice, one); err != nil { // who was given it may lay it down
		t.Fatal(err)
	}
	over(one, "withdrawn")
	two := give()
	acc, err := k.ByID(ctx, system, chair.Account)
	if err != nil {
		t.Fatal(err)
	}
	if err := k.Revoke(ctx, system, chair.Account, acc.Grants[0].ID, 0); err != nil {
		t.Fatal(err)
	}
	over(two, "the giver lost the role")
	if err := k.Grant(ctx, system, chair.Account, actor.Grant{Role: actor.Chairperson, Unit: "commune"}, law.Span{}); err != nil {
		t.Fatal(err)
	}
	if err := k.Disable(ctx, system, chair.Account, "nghỉ hưu"); err != nil {
		t.Fatal(err)
	}
	over(two, "the giver's account is disabled")
	if list, err := k.Delegations(ctx, vice); err != nil || len(list) != 2 || list[0].From.Name == "" {
		t.Errorf("both are told of: %+v, %v", list, err)
	}
}

func TestWhatCannotBeDelegatedIsSaid(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	k, _ := open(t)
	chair := account(t, k, "chair", actor.Grant{Role: actor.Chairperson, Unit: "commune"})
	vice := account(t, k, "vice", actor.Grant{Role: actor.Specialist, Unit: "commune"})
	today := k.DB.Now().Date()
	good := auth.NewDelegation{To: vice.Account, Role: actor.Chairperson, Unit: "commune", Document: "1", Last: today}
	for _, c := range []struct {
		name  string
		spoil func(n *auth.NewDelegation)
		want  string
	}{
		{"no document", func(n *auth.NewDelegation) { n.Document = " " }, "document:auth.delegation.document_missing"},
		{"no end", func(n *auth.NewDelegation) { n.Last = 0 }, "last:auth.delegation.last_missing"},
		{"ends before it begins", func(n *auth.NewDelegation) { n.From, n.Last = today+5, today+4 }, "last:auth.delegation.empty"},
		{"begins in the past", func(n *auth.NewDelegation) { n.From = today - 1 }, "from:auth.delegation.past"},
		{"for years", func(n *auth.NewDelegation) { n.Last = today + 400 }, "last:auth.delegation.too_long"},
		{"a role not held", func(n *auth.NewDelegation) { n.Role = actor.OneStop }, "unit:auth.delegation.not_held"},
		{"above one's unit", func(n *auth.NewDelegation) { n.Unit = "province" }, "unit:auth.delegation.not_held"},
		{"the whole system", func(n *auth.NewDelegation) { n.Unit = "" }, "unit:auth.delegation.not_held"},
		{"a verb of another role", func(n *auth.NewDelegation) { n.Only = []auth.Verb{auth.DossierReceive} }, "only:auth.delegation.verb"},
		{"keeping accounts", func(n *auth.NewDelegation) { n.Only = []auth.Verb{auth.AccountChange} }, "only:auth.delegation.verb"},
		{"to oneself", func(n *auth.NewDelegation) { n.To = chair.Account }, "to:auth.delegation.self"},
		{"to nobody", func(n *auth.NewDelegation) { n.To = "nobody" }, "to:auth.delegation.to"},
		{"a role that does not exist", func(n *auth.NewDelegation) { n.Role = "king" }, "role:auth.delegation.role unit:auth.delegation.not_held"},
		{"nothing wrong", func(*auth.NewDelegation) {}, "<nil>"},
	} {
		n := good
		c.spoil(&n)
		if _, err := k.Delegate(ctx, chair, n); fields(err) != c.want {
			t.Errorf("%s: %s, want %s", c.name, fields(err), c.want)
		}
	}
}

func TestAFirstPasswordOpensNothingButItsOwnChange(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	k, clock := open(t)
	first := auth.FirstPassword()
	if len(first) < auth.MinPassword || first == auth.FirstPassword() || strings.ContainsAny(first, "l1io0") {
		t.Errorf("FirstPassword() = %q", first)
	}
	id, err := k.Create(ctx, actor.System("test"), auth.NewAccount{Login: "moi.nv", Name: "Người Mới", Password: first, First: true,
		Grants: []actor.Grant{{Role: actor.OneStop, Unit: "commune"}}})
	if err != nil {
		t.Fatal(err)
	}
	in, err := k.SignIn(ctx, "moi.nv", first, "")
	if err != nil {
		t.Fatal(err)
	}
	if a := in.Actor; !a.FirstPassword || len(a.Grants) != 0 {
		t.Errorf("signed in with a first password: %+v, want no grants", a)
	}
	clock.Advance(time.Minute)
	if err := k.ChangePassword(ctx, in.Actor, first, password); err != nil {
		t.Fatal(err)
	}
	a, err := auth.Load(ctx, k.DB, id, k.DB.Now().Date())
	if err != nil || a.FirstPassword || !a.Has(actor.OneStop) {
		t.Errorf("after the change: %+v, %v", a, err)
	}
	if err := k.ResetPassword(ctx, actor.System("test"), id, "another one altogether"); err != nil {
		t.Fatal(err)
	}
	if a, err = auth.Load(ctx, k.DB, id, k.DB.Now().Date()); err != nil || !a.FirstPassword {
		t.Errorf("after a reset: %+v, %v, want a first password again", a, err)
	}
}

func TestAnEndedSessionIsGoneWithTheNextRequestAndTheOthersStay(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	k, clock := open(t)
	made := account(t, k, "hoa.nt")
	var at [3]moment.Instant
	for i := range at {
		in, err := k.SignInWith(ctx, auth.Attempt{Login: "hoa.nt", Password: password, Agent: "Mozilla/5.0 (Windows NT 10.0) Gecko Firefox/140.0"})
		if err != nil {
			t.Fatal(err)
		}
		at[i] = in.At
		clock.Advance(time.Minute)
	}
	resumes := func(i int) bool {
		_, err := auth.Resume(ctx, k.DB, made.Account, at[i], k.DB.Now().Date())
		if err != nil && !fault.Is(err, fault.Unauthenticated) {
			t.Fatal(err)
		}
		return err == nil
	}
	if list, err := k.Sessions(ctx, made); err != nil || len(list) != 3 || list[0].At != at[2] || list[0].Agent != "Firefox, Windows" {
		t.Errorf("Sessions = %+v, %v", list, err)
	}
	if err := k.EndSession(ctx, made, at[0], at[2]); err != nil {
		t.Fatal(err)
	}
	if resumes(0) || !resumes(1) || !resumes(2) {
		t.Error("ending one: want the first gone and the others there")
	}
	if err := k.EndSession(ctx, made, 0, at[2]); err != nil { // all but this
		t.Fatal(err)
	}
	if resumes(1) || !resumes(2) {
		t.Error("ending all others: want only the last there")
	}
	if err := k.EndSessions(ctx, actor.System("test"), made.Account, ""); err != nil {
		t.Fatal(err)
	}
	if resumes(2) {
		t.Error("a keeper ended all sessions and one goes on")
	}
}

func TestTheLastAdministratorStays(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	k, _ := open(t)
	system := actor.System("test")
	one := account(t, k, "one", actor.Grant{Role: actor.Administrator, Unit: "province"})
	two := account(t, k, "two", actor.Grant{Role: actor.Administrator, Unit: "province"})
	grantOf := func(id string) string {
		acc, err := k.ByID(ctx, system, id)
		if err != nil {
			t.Fatal(err)
		}
		return acc.Grants[0].ID
	}
	if err := k.Disable(ctx, two, one.Account, "thôi việc"); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"disable":        k.Disable(ctx, system, two.Account, "thôi việc"),
		"revoke":         k.Revoke(ctx, system, two.Account, grantOf(two.Account), 0),
		"revoke oneself": k.Revoke(ctx, two, two.Account, grantOf(two.Account), 0),
	} {
		if f := fault.As(err); f == nil || f.Key != "auth.last_administrator" {
			t.Errorf("%s the last administrator: %v", name, err)
		}
	}
	if err := k.Grant(ctx, two, two.Account, actor.Grant{Role: actor.OneStop, Unit: "commune"}, law.Span{}); fault.As(err) == nil || fault.As(err).Key != "auth.grant_self" {
		t.Errorf("granting oneself a role: %v", err)
	}
	// An administrator for a while only does not do.
	today := k.DB.Now().Date()
	three := account(t, k, "three")
	if err := k.Grant(ctx, system, three.Account, actor.Grant{Role: actor.Administrator, Unit: "province"}, law.Span{From: today, To: today + 5}); err != nil {
		t.Fatal(err)
	}
	if err := k.Disable(ctx, system, two.Account, ""); !fault.Is(err, fault.Conflict) {
		t.Errorf("with only a temporary one left: %v, want a conflict", err)
	}
	if err := k.Enable(ctx, system, one.Account, ""); err != nil {
		t.Fatal(err)
	}
	if err := k.Disable(ctx, system, two.Account, ""); err != nil {
		t.Errorf("with another there: %v", err)
	}
}

func TestAKeeperSeesWhoIsLockedAndLetsThemTryAgain(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	k, _ := open(t)
	made := account(t, k, "hoa.nt")
	system := actor.System("test")
	for range 11 {
		k.SignIn(ctx, "hoa.nt", "not the password", "10.0.0.1")
	}
	s, err := k.Standing(ctx, system, made.Account)
	if err != nil || s.Failed != 10 || s.Locked <= k.DB.Now() {
		t.Fatalf("Standing = %+v, %v, want 10 failed and locked", s, err)
	}
	list, err := k.List(ctx, system)
	if err != nil {
		t.Fatal(err)
	}
	if all, err := k.Standings(ctx, list); err != nil || all[made.Account].Locked != s.Locked {
		t.Errorf("Standings = %+v, %v", all, err)
	}
	if _, err := k.SignIn(ctx, "hoa.nt", password, "10.0.0.1"); !fault.Is(err, fault.TooMany) {
		t.Errorf("locked: %v", err)
	}
	if err := k.Unlock(ctx, system, made.Account); err != nil {
		t.Fatal(err)
	}
	if _, err := k.SignIn(ctx, "hoa.nt", password, "10.0.0.1"); err != nil {
		t.Errorf("after Unlock: %v", err)
	}
	if s, err := k.Standing(ctx, system, made.Account); err != nil || s.Locked != 0 || s.LastSignIn != k.DB.Now() {
		t.Errorf("after Unlock and signing in: %+v, %v", s, err)
	}
}
