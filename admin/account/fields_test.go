package account_test

import "testing"

// Passwords are hidden as they are typed, and fields say which they are, so that
// password keepers fill them.
func TestFieldsOfPasswordsHideThem(t *testing.T) {
	t.Parallel()
	o := open(t)
	o.browser.Get("/sign-in").Is(200).Count("[name=password][type=password][autocomplete=current-password]", 1).Count("[onpaste], [autocomplete=off][type=password]", 0)
	o.as("bich", password).Get("/me/password").Is(200).Count("[type=password]", 3).Count("[type=password][autocomplete=current-password]", 1).
		Count("[type=password][autocomplete=new-password]", 2)
}
