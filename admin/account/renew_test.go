package account_test

import (
	"testing"
	"time"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/fault"
)

// A change of password ends all sessions, and the one in which it was made goes on as a new
// one: whoever came from a provider of single sign-on still did, and it ends that one too.
func TestTheProviderEndsASessionThatWentOnAfterAChangeOfPassword(t *testing.T) {
	t.Parallel()
	o := open(t)
	ctx, bich := t.Context(), actor.Actor{Account: o.id["bich"]}
	province := auth.Identity{Issuer: "https://sso.example.vn", Subject: "s-1"}
	const changed = "một mật khẩu khác"
	latest := func() auth.Session {
		t.Helper()
		list, err := o.accounts.Sessions(ctx, bich)
		if err != nil || len(list) == 0 {
			t.Fatalf("sessions: %v, %v", list, err)
		}
		return list[0]
	}
	came := o.as("bich", password)
	if err := o.accounts.CameBy(ctx, bich.Account, latest().At, province, "sid-1"); err != nil {
		t.Fatal(err)
	}
	o.clock.Advance(time.Minute)
	came.Post("/me/password", "old", password, "new", changed, "again", changed).To("/me")
	o.clock.Advance(time.Minute)
	typed := o.as("bich", changed)
	end := func(sid, jti string, want int) {
		t.Helper()
		if n, err := o.accounts.LogOut(ctx, province, sid, jti); err != nil || n != want {
			t.Errorf("LogOut(%s) = %d, %v, want %d", sid, n, err, want)
		}
	}
	end("sid-2", "j1", 0)
	came.Get("/").Is(200)
	end("sid-1", "j2", 1)
	came.Get("/").To("/sign-in?next=%2F")
	typed.Get("/").Is(200) // by the password, which the provider does not keep

	// What the provider ended meanwhile does not go on.
	was := latest().At
	if err := o.accounts.CameBy(ctx, bich.Account, was, province, "sid-3"); err != nil {
		t.Fatal(err)
	}
	end("sid-3", "j3", 1)
	if _, err := o.accounts.Renew(ctx, bich, was, ""); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("a session that is over goes on: %v", err)
	}
}
