package signin

import (
	"cmp"
	"net/http"

	"cchc/base/auth"
	"cchc/base/fault"
	"cchc/base/web"
)

// tell says in the log that a sign-in was refused: by what, why, of which account, and
// from which address on the network, for whoever looks for one who guesses. What was
// typed is not told, the login neither: people type passwords there.
func tell(r *http.Request, err error, by, account string) {
	f := fault.As(err)
	if f == nil {
		return
	}
	web.Log(r.Context()).WarnContext(r.Context(), "sign-in refused", "by", by, "key", f.Key,
		"account", cmp.Or(account, auth.RefusedAccount(err)), "network", web.ClientIP(r))
}
