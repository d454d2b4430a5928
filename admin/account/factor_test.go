package account_test

import (
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
)

// Somebody sets a second factor up on their own page, signs in with it, with a
// recovery code, and has it turned off by a keeper after losing the telephone.
func TestASecondFactorIsSetUpAndAskedFor(t *testing.T) {
	t.Parallel()
	o := open(t)
	b := o.as("bich", password)
	b.Get("/me").Is(200).Has("a[href='/me/factor']", "Xác thực hai yếu tố")
	b.Get("/me/factor").Is(200).Count("#secret", 0).Has("button", "Bắt đầu cài đặt")
	b.Post("/me/factor").To("/me/factor")
	p := b.Get("/me/factor").Is(200).Count(".card-body svg", 1)
	if p.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("the page of the secret is kept: %q", p.Header.Get("Cache-Control"))
	}
	secret := p.Text("#secret")
	code := func() string {
		c, err := totp.GenerateCode(secret, o.clock.Now())
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	b.Post("/me/factor/confirm", "code", "12").Is(422).Has("#error-summary a[href='#f-code']", "Mã không đúng")
	recovery := b.Post("/me/factor/confirm", "code", code()).Is(200).Count("code.recovery", 10).Has(".notice", "Đã bật")
	b.Get("/me/factor").Is(200).Has("main", "còn 10 mã khôi phục").Count("#secret", 0)

	// Signing in: the password leads to the code, and only the code leads in.
	b.Post("/sign-out")
	b.Get("/sign-in/code").To("/sign-in")
	b.Post("/sign-in", "login", "bich", "password", password, "next", "/me").To("/sign-in/code?next=%2Fme")
	b.Get("/me").To("/sign-in?next=%2Fme")
	b.Get("/sign-in/code?next=%2Fme").Is(200).Count("[name=code][autocomplete=one-time-code]", 1)
	b.Post("/sign-in/code", "code", "000000", "next", "/me").Is(422).Has("#error-summary", "Mã không đúng").Count("form[action='/sign-in/code'] [name=next][value='/me']", 1)
	o.clock.Advance(time.Minute)
	b.Post("/sign-in/code", "code", code(), "next", "https://elsewhere.example/").To("/")
	b.Get("/me").Is(200)

	// Who waits too long begins anew.
	b.Post("/sign-out")
	b.Post("/sign-in", "login", "bich", "password", password).To("/sign-in/code?next=%2F")
	o.clock.Advance(6 * time.Minute)
	b.Post("/sign-in/code", "code", code()).To("/sign-in")
	b.Get("/sign-in").Has(".flash, [role=status]", "chờ quá lâu")
	b.Post("/sign-in", "login", "bich", "password", password)
	b.Post("/sign-in/code", "code", recovery.Text("li:first-child code")).To("/")

	keeper := o.as("quantri", password)
	at := "/admin/accounts/" + o.id["bich"]
	keeper.Get(at).Is(200).Has("button", "Tắt xác thực hai yếu tố")
	keeper.Post(at+"/factor", "reason", "").Is(422)
	o.as("chutich", password).Post(at+"/factor", "reason", "thử").Is(403)
	keeper.Post(at+"/factor", "reason", "mất điện thoại").To(at)
	keeper.Get(at).Lacks("button", "Tắt xác thực hai yếu tố").Has("main", "tắt xác thực hai yếu tố của người khác")
	b.Get("/me").To("/sign-in?next=%2Fme") // their sessions ended
	b.Post("/sign-in", "login", "bich", "password", password).To("/")
}
