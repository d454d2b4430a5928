package auth

import (
	"testing"
	"unicode/utf8"

	"github.com/trustelem/zxcvbn/frequency"

	"cchc/base/fault"
)

// None of the passwords that people use most is taken, of the first 3,000 also those not
// that are long enough when they are written twice.
func TestTheMostUsedPasswordsAreRefused(t *testing.T) {
	t.Parallel()
	most := frequency.FrequencyLists["passwords"]
	if len(most) < 20_000 {
		t.Fatalf("a list of %d passwords", len(most))
	}
	refused := func(p string) {
		t.Helper()
		f := fault.New(fault.Invalid, "auth.password_common")
		checkPassword(f, "password", "", p)
		if len(f.Fields) == 0 {
			t.Errorf("%q is taken", p)
		}
	}
	long := 0
	for i, p := range most {
		switch {
		case utf8.RuneCountInString(p) >= MinPassword:
			long++
			refused(p)
		case i < 3000:
			refused(p)
			if q := p + p; utf8.RuneCountInString(q) >= MinPassword {
				refused(q)
			}
		}
	}
	if long < 50 {
		t.Errorf("%d long ones looked at", long)
	}
}
