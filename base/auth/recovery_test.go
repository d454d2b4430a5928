package auth_test

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"
	"testing"

	"github.com/pquerna/otp/totp"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
)

var putRecovery = db.SQL("authtest.recovery.put", `INSERT INTO account_recovery (account_id, hash) VALUES ($1, $2)`)

func TestRecoveryCodesAreTakenHoweverTheyAreTyped(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	k, clock := open(t)
	a := account(t, k, "hoa.nt", actor.Grant{Role: actor.OneStop, Unit: "commune"})
	must(t, k.BeginFactor(ctx, a))
	secret, err := k.PendingFactor(ctx, a)
	must(t, err)
	code, err := totp.GenerateCode(secret, clock.Now())
	must(t, err)
	codes, err := k.ConfirmFactor(ctx, a, code)
	must(t, err)
	seen := map[string]bool{}
	for _, c := range codes {
		if !regexp.MustCompile(`^([0-9A-HJKMNP-TV-Z]{4}-){5}[0-9A-HJKMNP-TV-Z]{4}$`).MatchString(c) || seen[c] {
			t.Errorf("the code %q", c)
		}
		seen[c] = true
	}
	for i, typed := range []func(string) string{
		func(s string) string { return s },
		strings.ToLower,
		func(s string) string { return strings.ReplaceAll(s, "-", "") },
		func(s string) string { return " " + strings.ReplaceAll(s, "-", " ") + "\t" },
		func(s string) string { return strings.ReplaceAll(s, "-", "\u2013") }, // as telephones write hyphens
		func(s string) string { return strings.NewReplacer("0", "O", "1", "l").Replace(s) },
		func(s string) string { return strings.NewReplacer("0", "o", "1", "I").Replace(s) },
	} {
		if _, err := k.SecondStep(ctx, a.Account, typed(codes[i]), auth.Attempt{From: "10.0.0.1"}); err != nil {
			t.Errorf("typed as %q: %v", typed(codes[i]), err)
		}
		_, err := k.SecondStep(ctx, a.Account, codes[i], auth.Attempt{From: "10.0.0.2"})
		wants(t, "a code twice", err, fault.Invalid)
	}

	// One from before, of three groups, is good until new ones are made.
	for _, old := range []string{"abcd-efgh-jkmn", "uxyz-2345-6789"} {
		sum := sha256.Sum256([]byte(a.Account + "\x00" + strings.ReplaceAll(old, "-", "")))
		must(t, k.DB.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, putRecovery, a.Account, hex.EncodeToString(sum[:]))
			return err
		}))
	}
	_, err = k.SecondStep(ctx, a.Account, "ABCD EFGH JKMN", auth.Attempt{From: "10.0.0.1"})
	must(t, err)
	_, err = k.RenewRecovery(ctx, a, codes[8])
	must(t, err)
	_, err = k.SecondStep(ctx, a.Account, "uxyz-2345-6789", auth.Attempt{From: "10.0.0.1"})
	wants(t, "one from before, after new ones were made", err, fault.Invalid)
}
