package auth_test

import (
	"testing"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
)

// What a keeper does to an account stands in the trail of the unit where the account
// holds its grants, for its head and inspectors; so does what its owner does.
func TestWhatIsDoneToAnAccountIsInTheTrailOfItsUnit(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	k, _ := open(t)
	keeper := actor.System("keeper")
	a := account(t, k, "hoa.nt", actor.Grant{Role: actor.OneStop, Unit: "commune"})
	must(t, k.Rename(ctx, keeper, a.Account, "Nguyễn Thị Hoà"))
	must(t, k.Unlock(ctx, keeper, a.Account))
	must(t, k.EndSessions(ctx, keeper, a.Account, "mất máy"))
	must(t, k.ResetFactor(ctx, keeper, a.Account, "mất điện thoại"))
	must(t, k.EndSession(ctx, a, 0, 0))
	const changed = "mat khau moi cua Hoa 5"
	must(t, k.ChangePassword(ctx, a, password, changed))
	must(t, k.ResetPassword(ctx, keeper, a.Account, auth.FirstPassword()))
	must(t, k.Disable(ctx, keeper, a.Account, "nghỉ"))
	must(t, k.Enable(ctx, keeper, a.Account, "đi làm lại"))
	want := map[string]string{"account.create": "", "account.grant": "", "account.rename": "", "account.unlock": "", "account.end_sessions": "mất máy",
		"account.factor_reset": "mất điện thoại", "account.change_password": "", "account.reset_password": "", "account.disable": "nghỉ", "account.enable": "đi làm lại"}
	entries, err := audit.Of(ctx, k.DB, "account", a.Account)
	must(t, err)
	reasons := map[string]string{}
	for _, e := range entries {
		if e.Unit != "commune" {
			t.Errorf("%s is of the unit %q", e.Verb, e.Unit)
		}
		reasons[e.Verb] += e.Reason
	}
	for verb, reason := range want {
		if got, there := reasons[verb]; !there || got != reason {
			t.Errorf("%s: there %v, for the reason %q, want %q", verb, there, got, reason)
		}
	}
	// Who holds nothing any more is found where the last grant ended.
	acc, err := k.ByID(ctx, keeper, a.Account)
	must(t, err)
	must(t, k.Revoke(ctx, keeper, a.Account, acc.Grants[0].ID, k.DB.Now().Date()))
	must(t, k.Disable(ctx, keeper, a.Account, "thôi việc"))
	entries, err = audit.Of(ctx, k.DB, "account", a.Account)
	must(t, err)
	if last := entries[len(entries)-1]; last.Verb != "account.disable" || last.Unit != "commune" {
		t.Errorf("without a grant: %s of %q", last.Verb, last.Unit)
	}
}
