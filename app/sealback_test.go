package app

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/db/dbtest"
	"cchc/base/fault"
	"cchc/exchange"
	"cchc/exchange/exchangeweb"
	"cchc/unit"
)

// The key of the seal is copied and put back with everything else: on an empty machine
// the application on somebody's telephone goes on, and so do signed webhooks. Without it
// the restore says what does not work, and what does.
func TestSecondFactorsAndWebhooksGoOnAfterARestore(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	dir, dsn := t.TempDir(), dbtest.Empty(t)
	seal := filepath.Join(dir, "seal-key")
	signed := 0
	var key string
	peer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body := make([]byte, q.ContentLength)
		q.Body.Read(body)
		if q.Header.Get("Webhook-Signature") == exchangeweb.Sign(key, q.Header.Get("Webhook-Id"), q.Header.Get("Webhook-Timestamp"), string(body)) {
			signed++
		}
	}))
	defer peer.Close()
	r, err := openRooms(ctx, dsn, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	check(r.openSeal(ctx, seal))
	u, err := r.registry.Create(ctx, operator, unit.New{Code: "H99", Name: "Tỉnh Sông Mẫu", Level: unit.Province}, unit.Act{Day: unitsBegin, Basis: "NQ"})
	check(err)
	id, err := r.accounts.Create(ctx, operator, auth.NewAccount{Login: "hoa.nt", Name: "Nguyễn Thị Hoa", Password: "nắng chiều trên sông", Grants: []actor.Grant{{Role: actor.OneStop, Unit: u}}})
	check(err)
	a, err := auth.Load(ctx, r.db, id, r.db.Now().Date())
	check(err)
	check(r.accounts.BeginFactor(ctx, a))
	secret, err := r.accounts.PendingFactor(ctx, a)
	check(err)
	code := func(at time.Time) string {
		c, err := totp.GenerateCode(secret, at)
		check(err)
		return c
	}
	recovery, err := r.accounts.ConfirmFactor(ctx, a, code(time.Now().Add(-30*time.Second))) // an earlier one: each is good for once
	check(err)
	l, err := r.exchange.Create(ctx, operator, exchange.Link{Kind: exchange.Hook, Name: "Trục tỉnh", URL: peer.URL, Unit: u})
	check(err)
	key = l.Secret
	check(r.db.Write(ctx, func(tx *db.Tx) error { // what waits to be told
		return r.exchange.Note(ctx, tx, exchange.Change{Dossier: "d1", Code: "H99-261126-0001", Unit: u, Status: 2, Facts: []string{"accepted"}, At: tx.Now, Now: tx.Now, Sequence: 1})
	}))
	if found := traces(t, r.db, secret, key); len(found) > 0 {
		t.Errorf("stand open: %v", found)
	}
	r.close()

	copies := filepath.Join(dir, "copies")
	exit, out, says := run(t, "backup", copies, "--db", dsn, "--files", filepath.Join(dir, "files"), "--log-key", filepath.Join(dir, "log-key"), "--seal-key", seal)
	if exit != 0 {
		t.Fatalf("exit %d: %s%s", exit, out, says)
	}
	restore := func(to string) (string, string) {
		t.Helper()
		back, where := dbtest.Empty(t), filepath.Join(dir, to)
		if err := os.MkdirAll(where, 0o700); err != nil {
			t.Fatal(err)
		}
		kept := filepath.Join(where, "seal-key")
		exit, out, says := run(t, "restore", copies, "--db", back, "--files", filepath.Join(where, "files"), "--log-key", filepath.Join(where, "log-key"), "--seal-key", kept)
		if exit != 0 {
			t.Fatalf("exit %d: %s%s", exit, out, says)
		}
		r, err := openRooms(ctx, back, db.Options{})
		check(err)
		err = r.openSeal(ctx, kept)
		if lost := to == "lost"; lost != (err != nil) {
			t.Errorf("the seal, %s: %v", to, err)
		}
		sender := r.exchange.Sender.(*exchangeweb.Sender)
		sender.Hosts = []string{"127.0.0.1"}
		_, second := r.accounts.SecondStep(ctx, id, code(time.Now()), auth.Attempt{From: "10.0.0.1"})
		_, other := r.accounts.SecondStep(ctx, id, recovery[0], auth.Attempt{From: "10.0.0.1"})
		if other != nil {
			t.Errorf("a recovery code, %s: %v", to, other)
		}
		sent := r.exchange.Send(ctx, l.ID)
		defer r.close()
		if (sent != nil) != (to == "lost") {
			t.Errorf("what waits to be told, %s: %v", to, sent)
		}
		if second != nil {
			return out, fault.As(second).Key
		}
		return out, ""
	}
	if out, wrong := restore("kept"); wrong != "" || strings.Contains(out, "codes of applications are refused") {
		t.Errorf("put back with its key: the code is %q, and it says %s", wrong, out)
	}
	if signed != 1 {
		t.Errorf("the other side took %d webhooks by its key", signed)
	}
	list, err := filepath.Glob(filepath.Join(copies, "*seal-key*"))
	if err != nil || len(list) == 0 {
		t.Fatalf("the copies have no key: %v, %v", list, err)
	}
	for _, x := range list {
		check(os.Remove(x))
	}
	if out, wrong := restore("lost"); wrong != "auth.factor.no_key" || !strings.Contains(out, "codes of applications are refused") || !strings.Contains(out, "recovery codes and passkeys work") {
		t.Errorf("put back without its key: the code is %q, and it says %s", wrong, out)
	}
	if signed != 1 {
		t.Error("a webhook went out without its key")
	}
}
