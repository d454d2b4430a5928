package app

import (
	"strings"
	"testing"
)

// Who looks for one who guesses finds the account and the address on the network: they
// are not taken for what could be a person's.
func TestTheLogKeepsWhereARefusedSignInCameFrom(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"203.0.113.7", "2001:db8:1:2::7"} {
		var b strings.Builder
		newLog(&b, "json").Warn("sign-in refused", "by", "password", "key", "auth.wrong", "account", "01a216c4-bb94-75ae-8f3e-b779f8be7ad5", "network", address)
		for _, want := range []string{`"account":"01a216c4-bb94-75ae-8f3e-b779f8be7ad5"`, `"network":"` + address + `"`, `"key":"auth.wrong"`} {
			if !strings.Contains(b.String(), want) {
				t.Errorf("the log has no %s: %s", want, b.String())
			}
		}
	}
}
