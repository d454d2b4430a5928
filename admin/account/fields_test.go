package account_test

import (
	"testing"
	"time"
)

// Passwords are hidden as they are typed, and fields say which they are, so that
// password keepers fill them.
func TestFieldsOfPasswordsHideThem(t *testing.T) {
	t.Parallel()
	o := open(t)
	o.browser.Get("/sign-in").Is(200).Count("[name=password][type=password][autocomplete=current-password]", 1).Count("[onpaste], [autocomplete=off][type=password]", 0)
	o.as("bich", password).Get("/me/password").Is(200).Count("[type=password]", 3).Count("[type=password][autocomplete=current-password]", 1).
		Count("[type=password][autocomplete=new-password]", 2)
}

// A second factor is set up soon after signing in: whoever finds a session left open
// must not lock its owner out.
func TestASecondFactorIsSetUpSoonAfterSigningIn(t *testing.T) {
	t.Parallel()
	o := open(t)
	b := o.as("bich", password)
	o.clock.Advance(20 * time.Minute)
	b.Post("/me/factor").To("/sign-in?next=%2Fme%2Ffactor")
	b.Get("/sign-in?next=%2Fme%2Ffactor").Is(200).Has("[role=status]", "vừa đăng nhập")
	b.Get("/me/factor").Is(200).Count("#secret", 0)
	b.Post("/sign-in", "login", "bich", "password", password, "next", "/me/factor").To("/me/factor")
	b.Post("/me/factor").To("/me/factor")
	b.Get("/me/factor").Is(200).Count("#secret", 1)
}
