package account_test

import (
	"testing"
	"time"

	"cchc/base/auth"
)

// Tokens go on when their owner changes the password, unless they say otherwise: the page
// says how many there are. Ending all other sessions ends them, and says so before.
func TestTokensAreToldOfWhereSessionsEnd(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	o := open(t)
	o.as("bich", password).Get("/me/password").Is(200).Count("[name=tokens]", 0)
	a, err := auth.Load(ctx, o.accounts.DB, o.id["bich"], o.accounts.DB.Now().Date())
	if err != nil {
		t.Fatal(err)
	}
	live := func() (n int) {
		t.Helper()
		list, err := o.accounts.OwnTokens(ctx, a)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range list {
			if x.Revoked == 0 {
				n++
			}
		}
		return n
	}
	program := func() {
		t.Helper()
		if _, _, err := o.accounts.CreateToken(ctx, a, auth.NewToken{Name: "máy", Scopes: []string{"dossier.read"}, Until: o.accounts.DB.Now().Date() + 9}); err != nil {
			t.Fatal(err)
		}
	}
	program()
	const second, third = "mưa rơi trên mái hiên", "gió thổi qua cánh đồng"
	b := o.as("bich", password)
	o.clock.Advance(time.Minute)
	b.Get("/me/password").Is(200).Has("label", "đang có 1 mã dùng được")
	b.Post("/me/password", "old", password, "new", password, "again", password).Is(422).Has("#error-summary", "phải khác mật khẩu hiện tại")
	b.Post("/me/password", "old", password, "new", second, "again", second).To("/me")
	if live() != 1 {
		t.Error("a change of password ended the tokens unasked")
	}
	o.clock.Advance(time.Minute)
	b.Post("/me/password", "old", second, "new", third, "again", third, "tokens", "on").To("/me")
	if live() != 0 {
		t.Error("the tokens go on although their owner said otherwise")
	}
	program()
	o.clock.Advance(time.Minute)
	o.as("bich", third)
	b.Get("/me").Is(200).Has("main", "1 mã truy cập API đang dùng được của bạn cũng bị thu hồi")
	b.Post("/me/sessions").To("/me")
	if live() != 0 {
		t.Error("the tokens go on after all else was ended")
	}
}
