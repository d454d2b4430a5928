package signin_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db/dbtest"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/base/web/signin"
	"cchc/base/web/webtest"
)

// A sign-in that is refused stands in the log with the account and the address on the
// network, and without what was typed.
func TestARefusedSignInIsLogged(t *testing.T) {
	t.Parallel()
	d, clock := dbtest.Open(t)
	accounts := &auth.Accounts{DB: d}
	id, err := accounts.Create(t.Context(), actor.System("test"), auth.NewAccount{Login: "bich", Name: "Trần Thị Bích", Password: password})
	if err != nil {
		t.Fatal(err)
	}
	var log webtest.Journal
	mux := web.New(web.Config{Now: clock.Now, Sessions: auth.Store{DB: d}, Log: slog.New(slog.NewTextHandler(&log, nil)),
		Load: func(ctx context.Context, account string, at moment.Instant) (actor.Actor, error) {
			return auth.Resume(ctx, d, account, at, d.Now().Date())
		}})
	(&signin.Pages{Accounts: accounts}).Register(mux)
	b := webtest.Open(t, mux)
	b.Post("/sign-in", "login", "bich", "password", "sai-hoàn-toàn").Is(422)
	b.Post("/sign-in", "login", "mat khau cua toi", "password", "sai-hoàn-toàn").Is(422)
	for range 10 {
		b.Post("/sign-in", "login", "bich", "password", "sai-hoàn-toàn")
	}
	text := log.String()
	var refused []string
	for line := range strings.Lines(text) {
		if strings.Contains(line, "sign-in refused") {
			refused = append(refused, line)
		}
	}
	if len(refused) != 12 {
		t.Fatalf("%d refused sign-ins are logged of 12:\n%s", len(refused), text)
	}
	for i, want := range map[int]string{0: "account=" + id, 1: "key=auth.wrong account=\"\"", 11: "key=auth.too_many"} {
		if !strings.Contains(refused[i], want) || !strings.Contains(refused[i], "network=127.0.0.1") {
			t.Errorf("line %d: %s", i, refused[i])
		}
	}
	if strings.Contains(refused[1], id) || strings.Contains(text, "hoàn") || strings.Contains(text, "khau") || strings.Contains(text, "bich") {
		t.Errorf("the log tells what was typed:\n%s", text)
	}
}
