package auth_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/fault"
)

func TestATokenIsTheAccountWithLess(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	k, clock := open(t)
	b := &auth.Bearers{DB: k.DB, Guard: k.Guard}
	a := account(t, k, "cong-dvc", actor.Grant{Role: actor.OneStop, Unit: "province"})
	tok, text, err := k.CreateToken(ctx, a, auth.NewToken{Name: "Cổng", Scopes: []string{"dossier.read", "dossier.receive"}, Unit: "commune", Until: k.DB.Now().Date().AddDays(30)})
	if err != nil {
		t.Fatal(err)
	}
	who, err := b.Actor(ctx, text)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		verb auth.Verb
		unit actor.UnitID
		may  bool
	}{
		{auth.DossierRead, "commune", true},
		{auth.DossierReceive, "commune", true},
		{auth.DossierRead, "province", false},    // beyond the token's unit
		{auth.DossierProcess, "commune", false},  // beyond its scope
		{auth.ReportRead, "commune", false},      // beyond its scope
		{auth.ProcedureChange, "commune", false}, // beyond the account's
	} {
		if ok, err := k.Guard.May(ctx, k.DB, who, c.verb, c.unit); ok != c.may || err != nil {
			t.Errorf("%s in %s: %t, want %t (%v)", c.verb, c.unit, ok, c.may, err)
		}
	}
	if _, _, err := k.CreateToken(ctx, who, auth.NewToken{Name: "x", Scopes: []string{"dossier.read"}, Until: k.DB.Now().Date()}); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a token made a token: %v", err)
	}
	if err := k.RevokeToken(ctx, who, tok.ID); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a token revoked a token: %v", err)
	}
	for name, wrong := range map[string]string{"another secret": text[:len(text)-1] + "!", "no secret": "cchc_" + tok.ID, "another id": "cchc_aaaa_" + text, "nothing": "", "long": text + strings.Repeat("a", 300)} {
		if _, err := b.Actor(ctx, wrong); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("%s: %v", name, err)
		}
	}
	own, err := k.OwnTokens(ctx, a)
	if err != nil || len(own) != 1 || own[0].Used != k.DB.Now() {
		t.Errorf("own tokens %+v, %v", own, err)
	}
	clock.Advance(31 * 24 * time.Hour)
	if _, err := b.Actor(ctx, text); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("an expired token: %v", err)
	}
}

func TestAnotherProcessForgetsATokenAtOnce(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	k, _ := open(t)
	a := account(t, k, "may-1", actor.Grant{Role: actor.OneStop, Unit: "commune"})
	fresh := func() (string, string, *auth.Bearers) {
		tok, text, err := k.CreateToken(ctx, a, auth.NewToken{Name: "x", Scopes: []string{"dossier.*"}, Until: k.DB.Now().Date().AddDays(1)})
		if err != nil {
			t.Fatal(err)
		}
		b := &auth.Bearers{DB: k.DB, Guard: k.Guard} // another process has another memory
		if who, err := b.Actor(ctx, text); err != nil || len(auth.Roots(who, auth.DossierReceive)) != 1 {
			t.Fatalf("%+v, %v", who, err)
		}
		return tok.ID, text, b
	}
	id, text, b := fresh()
	if err := k.RevokeToken(ctx, a, id); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Actor(ctx, text); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("revoked: %v", err)
	}
	_, text, b = fresh()
	keeper := actor.System("test")
	acc, err := k.ByID(ctx, keeper, a.Account)
	if err != nil {
		t.Fatal(err)
	}
	if err := k.Revoke(ctx, keeper, a.Account, acc.Grants[0].ID, 0); err != nil {
		t.Fatal(err)
	}
	if who, err := b.Actor(ctx, text); err != nil || len(auth.Roots(who, auth.DossierReceive)) != 0 {
		t.Errorf("the grant was revoked: %+v, %v", who, err)
	}
	if err := k.Grant(ctx, keeper, a.Account, actor.Grant{Role: actor.OneStop, Unit: "province"}, acc.Grants[0].Span); err != nil {
		t.Fatal(err)
	}
	_, text, b = fresh()
	if err := k.Disable(ctx, keeper, a.Account, "nghỉ việc"); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Actor(ctx, text); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("disabled: %v", err)
	}
}

func TestTokensAreRefusedWithThePlaceOfTheMistake(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	k, _ := open(t)
	a := account(t, k, "may-2", actor.Grant{Role: actor.Specialist, Unit: "commune"})
	other := account(t, k, "may-3", actor.Grant{Role: actor.Specialist, Unit: "province"})
	keeper := account(t, k, "quan-tri-xa", actor.Grant{Role: actor.Administrator, Unit: "commune"})
	today := k.DB.Now().Date()
	good := auth.NewToken{Name: "x", Scopes: []string{"dossier.read"}, Until: today}
	for name, c := range map[string]struct {
		change func(*auth.NewToken)
		want   string
	}{
		"no name":            {func(n *auth.NewToken) { n.Name = " " }, "name:auth.token_name"},
		"no scope":           {func(n *auth.NewToken) { n.Scopes = nil }, "scopes:auth.scope_missing"},
		"unknown scope":      {func(n *auth.NewToken) { n.Scopes = []string{"*"} }, "scopes:auth.scope_unknown"},
		"not held":           {func(n *auth.NewToken) { n.Scopes = []string{"audit.read"} }, "scopes:auth.scope_not_held"},
		"not held elsewhere": {func(n *auth.NewToken) { n.Unit = "elsewhere" }, "scopes:auth.scope_not_held"},
		"over already":       {func(n *auth.NewToken) { n.Until = today - 1 }, "until:auth.token_until"},
		"for ever":           {func(n *auth.NewToken) { n.Until = today + 400 }, "until:auth.token_until"},
	} {
		n := good
		c.change(&n)
		if _, _, err := k.CreateToken(ctx, a, n); fields(err) != c.want {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	n := good
	n.Account = other.Account
	if _, _, err := k.CreateToken(ctx, keeper, n); !fault.Is(err, fault.NotFound) {
		t.Errorf("the commune's keeper made a token of the province: %v", err)
	}
	n.Account = a.Account
	tok, _, err := k.CreateToken(ctx, keeper, n)
	if err != nil {
		t.Fatal(err)
	}
	if err := k.RevokeToken(ctx, other, tok.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("somebody else revoked it: %v", err)
	}
	trail, err := audit.Of(ctx, k.DB, "token", tok.ID)
	if err != nil || len(trail) != 1 || trail[0].Actor.Account != keeper.Account {
		t.Errorf("the trail has %+v, %v", trail, err)
	}
}
