package auth_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/db/dbtest"
	"cchc/base/fault"
	"cchc/base/law"
)

const password = "nắng chiều trên sông"

func open(t *testing.T) (*auth.Accounts, *dbtest.Clock) {
	t.Helper()
	d, clock := dbtest.Open(t)
	return &auth.Accounts{DB: d, Guard: auth.Guard{Tree: units}}, clock
}

// account makes one and returns its actor as it would sign in.
func account(t *testing.T, k *auth.Accounts, login string, grants ...actor.Grant) actor.Actor {
	t.Helper()
	ctx := context.Background()
	id, err := k.Create(ctx, actor.System("test"), auth.NewAccount{Login: login, Name: "Nguyễn Thị Hoa", Password: password, Grants: grants})
	if err != nil {
		t.Fatal(err)
	}
	a, err := auth.Load(ctx, k.DB, id, k.DB.Now().Date())
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func fields(err error) string {
	f := fault.As(err)
	if f == nil {
		return fmt.Sprint(err)
	}
	var names []string
	for _, x := range f.Fields {
		names = append(names, x.Name+":"+x.Key)
	}
	return strings.Join(names, " ")
}

func TestWhoSignsInIsWhoWasCreated(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	k, _ := open(t)
	made := account(t, k, " Hoa.NT ", actor.Grant{Role: actor.OneStop, Unit: "commune"})
	in, err := k.SignIn(ctx, "HOA.nt", password, "10.0.0.1:5000")
	if err != nil {
		t.Fatal(err)
	}
	if in.Actor.Account != made.Account || in.Actor.Login != "hoa.nt" || !in.Actor.Has(actor.OneStop) || in.Actor.Home() != "commune" || in.At != k.DB.Now() {
		t.Errorf("SignIn gave %+v", in)
	}
	trail, err := audit.Of(ctx, k.DB, "account", made.Account)
	if err != nil {
		t.Fatal(err)
	}
	var verbs []string
	for _, e := range trail {
		verbs = append(verbs, e.Verb)
		for _, c := range e.Changes {
			// Not "Hoa" alone: a hash may hold any three letters.
			if strings.Contains(c.To, "Thị Hoa") || strings.Contains(c.To, "hoa.nt") {
				t.Errorf("the trail holds a personal value: %+v", c)
			}
		}
	}
	if got := strings.Join(verbs, " "); got != "account.create account.grant account.sign_in" {
		t.Errorf("the trail has %q", got)
	}
	if trail[2].Actor.Name != "Nguyễn Thị Hoa" {
		t.Errorf("the trail names %q", trail[2].Actor.Name)
	}
}

func TestWrongLoginPasswordOrDisabledAllSoundTheSame(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	k, _ := open(t)
	account(t, k, "hoa.nt")
	gone := account(t, k, "gone")
	if err := k.Disable(ctx, actor.System("test"), gone.Account, "nghỉ việc"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ login, password string }{
		{"hoa.nt", "something else altogether"}, {"nobody", password}, {"gone", password}, {"", ""}, {"hoa.nt", ""},
		{"hoa.nt", strings.Repeat("x", 5000)}, {"nobody", ""},
	} {
		_, err := k.SignIn(ctx, c.login, c.password, "10.0.0.1")
		if f := fault.As(err); f == nil || f.Kind != fault.Invalid || f.Key != "auth.wrong" {
			t.Errorf("SignIn(%q, %.10q…) gave %v, want auth.wrong", c.login, c.password, err)
		}
	}
	if _, err := auth.Load(ctx, k.DB, gone.Account, k.DB.Now().Date()); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("Load of a disabled account gave %v", err)
	}
	if err := k.Enable(ctx, actor.System("test"), gone.Account, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := k.SignIn(ctx, "gone", password, "10.0.0.1"); err != nil {
		t.Errorf("after Enable: %v", err)
	}
}

func TestTooManyAttemptsMustWait(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	k, clock := open(t)
	account(t, k, "hoa.nt")
	var mu sync.Mutex
	kinds := map[fault.Kind]int{}
	var wg sync.WaitGroup
	for range 14 { // at once: none may slip past the counter
		wg.Go(func() {
			_, err := k.SignIn(ctx, "hoa.nt", "a wrong password", "10.0.0.9")
			mu.Lock()
			defer mu.Unlock()
			if f := fault.As(err); f != nil {
				kinds[f.Kind]++
			} else {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if kinds[fault.Invalid] != 10 || kinds[fault.TooMany] != 4 {
		t.Errorf("of 14 wrong attempts %d were tried and %d told to wait, want 10 and 4", kinds[fault.Invalid], kinds[fault.TooMany])
	}
	if _, err := k.SignIn(ctx, "hoa.nt", password, "10.0.0.9"); !fault.Is(err, fault.TooMany) {
		t.Errorf("the right password after that gave %v, want TooMany", err)
	}
	if _, err := k.SignIn(ctx, "hoa.nt", password, "10.0.0.10"); err != nil {
		t.Errorf("from another address the owner is locked out: %v", err)
	}
	clock.Advance(15*time.Minute + time.Second)
	if _, err := k.SignIn(ctx, "hoa.nt", password, "10.0.0.9"); err != nil {
		t.Errorf("after the window: %v", err)
	}
	for range 25 { // what succeeds does not count
		if _, err := k.SignIn(ctx, "hoa.nt", password, "10.0.0.9"); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWhatIsWrongWithANewAccount(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	k, _ := open(t)
	account(t, k, "taken")
	for _, c := range []struct {
		name string
		n    auth.NewAccount
		want string
	}{
		{"a short password", auth.NewAccount{Login: "abc", Name: "A", Password: "mười một k1"}, "password:auth.password_short"},
		{"a long password", auth.NewAccount{Login: "abc", Name: "A", Password: strings.Repeat("x", 257)}, "password:auth.password_long"},
		{"the login in the password", auth.NewAccount{Login: "abc", Name: "A", Password: "my ABC and more"}, "password:auth.password_login"},
		{"a login with diacritics", auth.NewAccount{Login: "hòa", Name: "A", Password: password}, "login:auth.login_form"},
		{"no name", auth.NewAccount{Login: "abc", Name: " ", Password: password}, "name:auth.name_missing"},
		{"a login that is taken, in capitals", auth.NewAccount{Login: "TAKEN", Name: "A", Password: password}, "login:auth.login_taken"},
		{"no such role", auth.NewAccount{Login: "abc", Name: "A", Password: password, Grants: []actor.Grant{{Role: "king"}}}, "grants:auth.role_unknown"},
	} {
		if _, err := k.Create(ctx, actor.System("test"), c.n); fields(err) != c.want {
			t.Errorf("%s: got %s, want %s", c.name, fields(err), c.want)
		}
	}
}

func TestTheKeeperOfACommuneCannotTouchTheProvince(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	k, _ := open(t)
	keeper := account(t, k, "keeper", actor.Grant{Role: actor.Administrator, Unit: "commune"})
	chief := account(t, k, "chief", actor.Grant{Role: actor.Administrator, Unit: "province"}, actor.Grant{Role: actor.Specialist, Unit: "commune"})
	clerk := account(t, k, "clerk", actor.Grant{Role: actor.OneStop, Unit: "commune"})

	if _, err := k.Create(ctx, keeper, auth.NewAccount{Login: "mole", Name: "M", Password: password, Grants: []actor.Grant{{Role: actor.Administrator, Unit: "province"}}}); !fault.Is(err, fault.Forbidden) {
		t.Errorf("Create above oneself gave %v", err)
	}
	if err := k.ResetPassword(ctx, keeper, chief.Account, "now it is mine alone"); !fault.Is(err, fault.NotFound) {
		t.Errorf("ResetPassword of the province's keeper gave %v", err)
	}
	if err := k.Disable(ctx, keeper, chief.Account, ""); !fault.Is(err, fault.NotFound) {
		t.Errorf("Disable of the province's keeper gave %v", err)
	}
	if err := k.Grant(ctx, keeper, clerk.Account, actor.Grant{Role: actor.Auditor, Unit: "province"}, law.Span{}); !fault.Is(err, fault.Forbidden) {
		t.Errorf("Grant above oneself gave %v", err)
	}
	if err := k.ResetPassword(ctx, clerk, keeper.Account, "now it is mine alone"); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a clerk's ResetPassword gave %v", err)
	}
	if err := k.Disable(ctx, keeper, keeper.Account, ""); !fault.Is(err, fault.Conflict) {
		t.Errorf("Disable of oneself gave %v", err)
	}
	list, err := k.List(ctx, keeper)
	if err != nil || len(list) != 2 || list[0].Login != "clerk" || list[1].Login != "keeper" || len(list[0].Grants) != 1 {
		t.Errorf("List gave %+v, %v, want clerk and keeper", list, err)
	}
	if _, err := k.List(ctx, clerk); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a clerk's List gave %v", err)
	}
	if acc, err := k.ByID(ctx, keeper, clerk.Account); err != nil || acc.Login != "clerk" {
		t.Errorf("ByID gave %+v, %v", acc, err)
	}
}

func TestAGrantHoldsFromItsDayUntilItIsRevoked(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	k, _ := open(t)
	system := actor.System("test")
	a := account(t, k, "hoa.nt")
	today := k.DB.Now().Date()
	g := actor.Grant{Role: actor.Specialist, Unit: "commune"}
	if err := k.Grant(ctx, system, a.Account, g, law.Span{From: today.AddDays(2), To: today.AddDays(10)}); err != nil {
		t.Fatal(err)
	}
	if err := k.Grant(ctx, system, a.Account, g, law.Span{From: today.AddDays(9)}); !fault.Is(err, fault.Conflict) {
		t.Errorf("the same grant twice gave %v", err)
	}
	if err := k.Grant(ctx, system, a.Account, g, law.Span{From: today.AddDays(9), To: today.AddDays(9)}); fields(err) != "to:auth.grant_empty" {
		t.Errorf("a grant of no day gave %v", err)
	}
	held := func(days int) bool {
		t.Helper()
		who, err := auth.Load(ctx, k.DB, a.Account, today.AddDays(days))
		if err != nil {
			t.Fatal(err)
		}
		return who.Has(actor.Specialist)
	}
	for days, want := range map[int]bool{0: false, 1: false, 2: true, 9: true, 10: false} {
		if held(days) != want {
			t.Errorf("after %d days the grant is in force: %v, want %v", days, !want, want)
		}
	}
	acc, err := k.ByID(ctx, system, a.Account)
	if err != nil {
		t.Fatal(err)
	}
	if err := k.Revoke(ctx, system, a.Account, acc.Grants[0].ID, today.AddDays(5)); err != nil {
		t.Fatal(err)
	}
	if !held(4) || held(5) {
		t.Errorf("revoked on day 5: in force on day 4 %v, on day 5 %v", held(4), held(5))
	}
	if err := k.Revoke(ctx, system, a.Account, acc.Grants[0].ID, 0); err != nil {
		t.Fatal(err)
	}
	if held(2) {
		t.Error("revoked before it began, and in force all the same")
	}
	if err := k.Revoke(ctx, system, a.Account, "no such grant", 0); !fault.Is(err, fault.NotFound) {
		t.Errorf("Revoke of no grant gave %v", err)
	}
}

func TestANewPasswordEndsTheSessionsBefore(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	k, clock := open(t)
	a := account(t, k, "hoa.nt")
	before, err := k.SignIn(ctx, "hoa.nt", password, "")
	if err != nil {
		t.Fatal(err)
	}
	clock.Advance(time.Hour)
	const next = "mưa rơi trên mái hiên"
	if err := k.ChangePassword(ctx, a, "not the present one", next); fields(err) != "old:auth.password_wrong" {
		t.Errorf("a wrong present password gave %v", err)
	}
	if err := k.ChangePassword(ctx, a, password, "short"); fields(err) != "new:auth.password_short" {
		t.Errorf("a short new password gave %v", err)
	}
	if err := k.ChangePassword(ctx, actor.System("x"), password, next); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("the program's own password gave %v", err)
	}
	if err := k.ChangePassword(ctx, a, password, next); err != nil {
		t.Fatal(err)
	}
	today := k.DB.Now().Date()
	if _, err := auth.Resume(ctx, k.DB, a.Account, before.At, today); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("the old session goes on: %v", err)
	}
	if _, err := k.SignIn(ctx, "hoa.nt", password, ""); !fault.Is(err, fault.Invalid) {
		t.Errorf("the old password gave %v", err)
	}
	after, err := k.SignIn(ctx, "hoa.nt", next, "")
	if err != nil {
		t.Fatal(err)
	}
	if who, err := auth.Resume(ctx, k.DB, a.Account, after.At, today); err != nil || who.Login != "hoa.nt" {
		t.Errorf("the new session: %+v, %v", who, err)
	}
	if err := k.ResetPassword(ctx, actor.System("x"), a.Account, password); err != nil {
		t.Fatal(err)
	}
	if _, err := k.SignIn(ctx, "hoa.nt", password, ""); err != nil {
		t.Errorf("after ResetPassword: %v", err)
	}
	if err := k.Rename(ctx, actor.System("x"), a.Account, " Trần Thị Hoa "); err != nil {
		t.Fatal(err)
	}
	if who, _ := auth.Load(ctx, k.DB, a.Account, today); who.Name != "Trần Thị Hoa" {
		t.Errorf("after Rename the name is %q", who.Name)
	}
}

var (
	countSessions = db.SQL("auth.test.sessions", `SELECT COUNT(*) FROM session`)
	countAttempts = db.SQL("auth.test.attempts", `SELECT COUNT(*) FROM sign_in_attempt`)
	tokens        = db.SQL("auth.test.tokens", `SELECT token_hash FROM session`)
)

func TestSessionsLastUntilTheirEnd(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	k, clock := open(t)
	s := auth.Store{DB: k.DB}
	if _, found, err := s.FindCtx(ctx, "unknown"); found || err != nil {
		t.Errorf("FindCtx(unknown) = %v, %v", found, err)
	}
	for _, data := range []string{"one", "two"} { // the second replaces the first
		if err := s.CommitCtx(ctx, "token", []byte(data), time.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	if got, found, err := s.FindCtx(ctx, "token"); string(got) != "two" || !found || err != nil {
		t.Errorf("FindCtx = %q, %v, %v, want two", got, found, err)
	}
	if stored, err := db.Column[[]byte](ctx, k.DB, tokens); err != nil || len(stored) != 1 || strings.Contains(string(stored[0]), "token") {
		t.Errorf("the table holds the tokens %q, %v", stored, err)
	}
	clock.Advance(59 * time.Minute)
	if _, found, _ := s.FindCtx(ctx, "token"); !found {
		t.Error("a session of an hour is over after 59 minutes")
	}
	clock.Advance(2 * time.Minute)
	if _, found, _ := s.FindCtx(ctx, "token"); found {
		t.Error("a session of an hour goes on after 61 minutes")
	}
	s.CommitCtx(ctx, "other", []byte("x"), time.Now().Add(time.Hour))
	k.SignIn(ctx, "nobody", "nothing at all", "10.0.0.1")
	if err := auth.Sweep(ctx, k.DB); err != nil {
		t.Fatal(err)
	}
	if n, err := db.Value[int](ctx, k.DB, countSessions); n != 1 || err != nil {
		t.Errorf("after Sweep %d sessions, %v, want the one that is not over", n, err)
	}
	if n, err := db.Value[int](ctx, k.DB, countAttempts); n != 3 || err != nil {
		t.Errorf("after Sweep %d counters, %v, want the three of the window", n, err)
	}
	clock.Advance(time.Hour)
	auth.Sweep(ctx, k.DB)
	if n, _ := db.Value[int](ctx, k.DB, countAttempts); n != 0 {
		t.Errorf("%d counters outlive their window", n)
	}
	if err := s.CommitCtx(ctx, "gone", []byte("x"), time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := s.DeleteCtx(ctx, "gone"); err != nil {
			t.Fatal(err)
		}
	}
	if _, found, _ := s.Find("gone"); found {
		t.Error("a deleted session goes on")
	}
}
