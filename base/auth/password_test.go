package auth

import (
	"strings"
	"testing"

	"cchc/base/fault"
)

// Long passwords, of any signs whatever, are taken; nobody has to mix kinds of them.
func TestAnyLongPasswordIsTaken(t *testing.T) {
	t.Parallel()
	for what, p := range map[string]string{
		"64 signs":            "trăng nước bến đò chiều mưa rơi trên mái hiên nhà ai đó bên sông xa",
		"the most there may":  strings.Repeat("mua nang ben do ", 16),
		"only small letters":  "vuonraumuadong",
		"only digits, random": "83920571640298",
		"signs and blanks":    " ~!@#$%^&*()_+ ",
	} {
		f := fault.New(fault.Invalid, "auth.account_invalid")
		checkPassword(f, "password", "hoa.nt", p)
		if err := f.Or(); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	for what, p := range map[string]string{"the product's name over and over": "cchccchccchc", "the login": "hoa.nt hoa.nt"} {
		f := fault.New(fault.Invalid, "auth.account_invalid")
		checkPassword(f, "password", "hoa.nt", p)
		if f.Or() == nil {
			t.Errorf("%s is taken", what)
		}
	}
}
