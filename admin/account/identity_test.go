package account_test

import (
	"testing"

	"cchc/base/auth"
	"cchc/base/fault"
)

// Who keeps accounts says who an account is at the provider of single sign-on: a
// stranger who tried and is called alike, or a subject that they were given.
func TestAKeeperLinksAnAccountWithSomebodyAtTheProvider(t *testing.T) {
	t.Parallel()
	o := open(t)
	keeper := o.as("quantri", password)
	at := "/admin/accounts/" + o.id["bich"]
	keeper.Get(at).Is(200).Has("h2", "Đăng nhập bằng SSO tỉnh").Has("p", "Chưa gắn với ai").Lacks("p", "đã thử đăng nhập")
	for subject, claimed := range map[string]string{"s-1": "Bich@h99.example.vn", "s-2": "bichngoc@h99.example.vn", "s-3": "b_ch"} {
		_, err := o.accounts.SignInBy(t.Context(), auth.Identity{Issuer: "https://sso.example.vn", Subject: subject, Claimed: claimed, Name: "Trần Thị Bích"}, auth.Attempt{})
		if !fault.Is(err, fault.NotFound) {
			t.Fatalf("a stranger gets %v", err)
		}
	}
	p := keeper.Get(at).Has("p", "Bich@h99.example.vn (Trần Thị Bích) đã thử đăng nhập").Lacks("p", "bichngoc").Lacks("p", "b_ch")
	if got := p.Attr("form[action='"+at+"/sso'] [name=subject][type=hidden]", "value"); got != "s-1" {
		t.Errorf("agreeing links %q", got)
	}
	keeper.Post(at+"/sso", "subject", "").Is(422).Has("#error-summary", "subject")
	o.as("chutich", password).Post(at+"/sso", "subject", "s-1").Is(403)
	keeper.Post(at+"/sso", "subject", "s-1").To(at)
	keeper.Get(at).Has("dd", "s-1").Has("dd", "chưa dùng lần nào").Has(".events", "gắn đăng nhập một lần")
	keeper.Post("/admin/accounts/"+o.id["chutich"]+"/sso", "subject", "s-1").Is(422).Has("#error-summary", "tài khoản khác")
	keeper.Post("/admin/accounts/"+o.id["quantri"]+"/sso", "subject", "s-9").Is(422).Has("#error-summary", "Tài khoản của tôi")
	keeper.Post(at+"/sso/drop", "issuer", "https://sso.example.vn", "subject", "s-1").To(at)
	keeper.Get(at).Has("p", "Chưa gắn với ai")
}
