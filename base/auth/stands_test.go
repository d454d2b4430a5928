package auth_test

import (
	"context"
	"testing"
	"time"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/law"
)

// tried does every act of a kind to a thing that stands so, and undoes it: what the
// policy allows is done, and what it refuses is refused, or was done before and
// changes nothing.
func tried(t *testing.T, kind string, now auth.State, acts map[string]func(context.Context) error, elsewhere ...string) {
	t.Helper()
	known := map[string]bool{}
	for _, name := range elsewhere {
		known[name] = true
	}
	for _, x := range auth.Acts {
		if x.Kind != kind {
			continue
		}
		do, ok := acts[x.Name]
		if ok == known[x.Name] {
			t.Errorf("%s of a %s: tried %v, said to be tried elsewhere %v", x.Name, kind, ok, known[x.Name])
		}
		known[x.Name] = true
		if !ok {
			continue
		}
		rehearsal, undone := db.Rehearse(t.Context())
		err := do(rehearsal)
		switch may := x.In(now); {
		case may && err != nil:
			t.Errorf("%s of a %s that is %s: the policy allows it, and %v", x.Name, kind, now, err)
		case !may && err == nil && len(undone.Statements()) > 0:
			t.Errorf("%s of a %s that is %s: the policy forbids it, and it was done", x.Name, kind, now)
		case !may && err != nil && fault.As(err) == nil:
			t.Errorf("%s of a %s that is %s: %v, want a fault", x.Name, kind, now, err)
		}
	}
	for name := range acts {
		if !known[name] {
			t.Errorf("the policy knows no act %s of a %s", name, kind)
		}
	}
}

func statesOf(t *testing.T, kind string) []auth.State {
	t.Helper()
	for _, k := range auth.Kinds {
		if k.Name == kind {
			return k.States
		}
	}
	t.Fatalf("the policy knows no %s", kind)
	return nil
}

func TestEveryActOnAnAccountIsPossibleInItsStatesAndInNoOther(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	for _, state := range statesOf(t, "account") {
		t.Run(string(state), func(t *testing.T) {
			t.Parallel()
			k, clock := open(t)
			keeper := actor.System("keeper")
			chair := account(t, k, "chair", actor.Grant{Role: actor.Chairperson, Unit: "commune"})
			id, err := k.Create(ctx, keeper, auth.NewAccount{Login: "bich", Name: "Bích", Password: password, First: state == "first_password",
				Grants: []actor.Grant{{Role: actor.OneStop, Unit: "commune"}}})
			must(t, err)
			// A role that begins later, so that there is one to end whatever happens.
			must(t, k.Grant(ctx, keeper, id, actor.Grant{Role: actor.Auditor, Unit: "other"}, law.Span{From: k.DB.Now().Date() + 60}))
			last := k.DB.Now().Date() + 30
			given, err := k.Delegate(ctx, chair, auth.NewDelegation{To: id, Role: actor.Chairperson, Unit: "commune", Document: "1", Last: last})
			must(t, err)
			clock.Advance(48 * time.Hour)
			today := k.DB.Now().Date()
			switch state {
			case "read_only":
				_, err := k.Succeed(ctx, "commune", "", today, "none", "NQ 1")
				must(t, err)
				must(t, k.Grant(ctx, keeper, chair.Account, actor.Grant{Role: actor.Chairperson, Unit: "commune"}, law.Span{}))
				chair, err = auth.Load(ctx, k.DB, chair.Account, today)
				must(t, err)
			case "closed":
				must(t, k.Disable(ctx, keeper, id, "A"))
			}
			acc, err := k.ByID(ctx, keeper, id)
			must(t, err)
			if now, err := k.Stands(ctx, k.DB, acc); err != nil || now != state {
				t.Fatalf("the account that is to be %s is %s, %v", state, now, err)
			}
			coming := acc.Grants[len(acc.Grants)-1].ID
			// self is who came in with the account, as every request has it.
			self := func(do func(ctx context.Context, a actor.Actor) error) func(context.Context) error {
				return func(ctx context.Context) error {
					a, err := auth.Load(ctx, k.DB, id, today)
					if err != nil {
						return err
					}
					return do(ctx, a)
				}
			}
			token := auth.NewToken{Name: "A", Scopes: []string{"dossier.read"}, Until: today}
			acts := map[string]func(context.Context) error{
				auth.UseAccount.Name: func(ctx context.Context) error { _, err := k.SignIn(ctx, "bich", password, ""); return err },
				auth.SetOwnPassword.Name: self(func(ctx context.Context, a actor.Actor) error {
					return k.ChangePassword(ctx, a, password, "trăng sáng trên đồi cao")
				}),
				auth.GiveDelegation.Name: self(func(ctx context.Context, a actor.Actor) error {
					_, err := k.Delegate(ctx, a, auth.NewDelegation{To: chair.Account, Role: actor.OneStop, Unit: "commune", Document: "1", Last: today})
					return err
				}),
				auth.TakeDelegation.Name: func(ctx context.Context) error {
					_, err := k.Delegate(ctx, chair, auth.NewDelegation{To: id, Role: actor.Chairperson, Unit: "commune", Document: "1", Last: today})
					return err
				},
				auth.ActForAnother.Name: self(func(ctx context.Context, a actor.Actor) error {
					_, err := auth.ActFor(ctx, k.DB, units, a, given, today)
					return err
				}),
				auth.MakeToken.Name:     self(func(ctx context.Context, a actor.Actor) error { _, _, err := k.CreateToken(ctx, a, token); return err }),
				auth.RenameAccount.Name: func(ctx context.Context) error { return k.Rename(ctx, keeper, id, "Bích Hà") },
				auth.NewPassword.Name: func(ctx context.Context) error {
					return k.ResetPassword(ctx, keeper, id, "trăng sáng trên đồi cao")
				},
				auth.DropSecond.Name:     func(ctx context.Context) error { return k.ResetFactor(ctx, keeper, id, "A") },
				auth.CutSessions.Name:    func(ctx context.Context) error { return k.EndSessions(ctx, keeper, id, "A") },
				auth.ForgetTries.Name:    func(ctx context.Context) error { return k.Unlock(ctx, keeper, id) },
				auth.LinkIdentity.Name:   func(ctx context.Context) error { return k.Link(ctx, keeper, id, "https://sso.example", "1") },
				auth.UnlinkIdentity.Name: func(ctx context.Context) error { return k.Unlink(ctx, keeper, id, "https://sso.example", "1") },
				auth.GiveRole.Name: func(ctx context.Context) error {
					return k.Grant(ctx, keeper, id, actor.Grant{Role: actor.Specialist, Unit: "commune"}, law.Span{})
				},
				auth.EndRole.Name:      func(ctx context.Context) error { return k.Revoke(ctx, keeper, id, coming, 0) },
				auth.CloseAccount.Name: func(ctx context.Context) error { return k.Disable(ctx, keeper, id, "A") },
				auth.OpenAccount.Name:  func(ctx context.Context) error { return k.Enable(ctx, keeper, id, "A") },
				auth.HandWorkOn.Name:   func(ctx context.Context) error { _, err := k.Handable(ctx, k.DB, keeper, id); return err },
			}
			tried(t, "account", state, acts, auth.TakeWork.Name) // of the pages of accounts
			// Another makes the token: the same row.
			token.Account = id
			rehearsal, _ := db.Rehearse(ctx)
			if _, _, err := k.CreateToken(rehearsal, keeper, token); (err == nil) != auth.MakeToken.In(state) {
				t.Errorf("a keeper's token for an account that is %s: %v", state, err)
			}
		})
	}
}

func TestEveryActOnADelegationIsPossibleInItsStatesAndInNoOther(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	k, clock := open(t)
	chair := account(t, k, "chair", actor.Grant{Role: actor.Chairperson, Unit: "commune"})
	vice := account(t, k, "vice", actor.Grant{Role: actor.Specialist, Unit: "commune"})
	give := func(after, days int) string {
		t.Helper()
		from := k.DB.Now().Date().AddDays(after)
		id, err := k.Delegate(ctx, chair, auth.NewDelegation{To: vice.Account, Role: actor.Chairperson, Unit: "commune", Document: "1", From: from, Last: from.AddDays(days)})
		must(t, err)
		return id
	}
	made := map[auth.State]string{"over": give(0, 1)}
	clock.Advance(48 * time.Hour)
	made["coming"], made["now"], made["withdrawn"] = give(3, 1), give(0, 1), give(0, 1)
	must(t, k.Withdraw(ctx, vice, made["withdrawn"]))
	list, err := k.Delegations(ctx, chair)
	must(t, err)
	today := k.DB.Now().Date()
	for _, state := range statesOf(t, "delegation") {
		id := made[state]
		for _, d := range list {
			if d.ID == id && d.Stands(today) != state {
				t.Errorf("the delegation that is to be %s is %s", state, d.Stands(today))
			}
		}
		tried(t, "delegation", state, map[string]func(context.Context) error{
			auth.UseDelegation.Name: func(ctx context.Context) error { _, err := auth.ActFor(ctx, k.DB, units, vice, id, today); return err },
			auth.EndDelegation.Name: func(ctx context.Context) error { return k.Withdraw(ctx, chair, id) },
		})
	}
}

func TestEveryActOnATokenIsPossibleInItsStatesAndInNoOther(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	k, clock := open(t)
	a := account(t, k, "cong-dvc", actor.Grant{Role: actor.OneStop, Unit: "commune"})
	type token struct{ id, text string }
	give := func(days int) token {
		t.Helper()
		x, text, err := k.CreateToken(ctx, a, auth.NewToken{Name: "A", Scopes: []string{"dossier.read"}, Until: k.DB.Now().Date().AddDays(days)})
		must(t, err)
		return token{x.ID, text}
	}
	made := map[auth.State]token{"expired": give(0)}
	clock.Advance(48 * time.Hour)
	made["live"], made["withdrawn"] = give(3), give(3)
	must(t, k.RevokeToken(ctx, a, made["withdrawn"].id))
	list, err := k.OwnTokens(ctx, a)
	must(t, err)
	for _, state := range statesOf(t, "token") {
		x := made[state]
		for _, y := range list {
			if now := y.Stands(k.DB.Now()); y.ID == x.id && now != state {
				t.Errorf("the token that is to be %s is %s", state, now)
			}
		}
		tried(t, "token", state, map[string]func(context.Context) error{
			auth.UseToken.Name: func(ctx context.Context) error {
				b := &auth.Bearers{DB: k.DB, Guard: k.Guard} // with nothing in memory
				_, err := b.Actor(ctx, x.text)
				return err
			},
			auth.EndToken.Name: func(ctx context.Context) error { return k.RevokeToken(ctx, a, x.id) },
		})
	}
}
