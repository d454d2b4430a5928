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
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/db/dbtest"
	"cchc/base/fault"
	"cchc/exchange"
	"cchc/exchange/exchangeweb"
	"cchc/unit"
)

var recoveryGone = db.SQL("sealanew_test.recovery", `DELETE FROM account_recovery WHERE account_id = $1`)

// A sealedPlace is a database with two second factors, one of somebody who has no recovery
// code left, a webhook for which something waits, and a link that writes files.
type sealedPlace struct {
	dir, dsn, seal string
	peer           *httptest.Server
	signed         map[string]int // webhooks that came, by the key they were signed with
	keys           []string
	link           string
	id, secret     map[string]string
	recovery       []string
}

func (p *sealedPlace) code(t *testing.T, login string, at time.Time) string {
	t.Helper()
	c, err := totp.GenerateCode(p.secret[login], at)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (p *sealedPlace) open(t *testing.T, dsn, key string) *rooms {
	t.Helper()
	r, err := openRooms(t.Context(), dsn, db.Options{})
	if err == nil {
		err = r.openSeal(t.Context(), key)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.close)
	r.exchange.Sender.(*exchangeweb.Sender).Hosts = []string{"127.0.0.1"}
	return r
}

func newSealedPlace(t *testing.T) *sealedPlace {
	t.Helper()
	ctx := context.Background()
	p := &sealedPlace{dir: t.TempDir(), dsn: dbtest.Empty(t), signed: map[string]int{}, id: map[string]string{}, secret: map[string]string{}}
	p.seal = filepath.Join(p.dir, "seal-key")
	p.peer = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body := make([]byte, q.ContentLength)
		q.Body.Read(body)
		for _, k := range p.keys {
			if q.Header.Get("Webhook-Signature") == exchangeweb.Sign(k, q.Header.Get("Webhook-Id"), q.Header.Get("Webhook-Timestamp"), string(body)) {
				p.signed[k]++
			}
		}
	}))
	t.Cleanup(p.peer.Close)
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	r := p.open(t, p.dsn, p.seal)
	u, err := r.registry.Create(ctx, operator, unit.New{Code: "H99", Name: "Tỉnh Sông Mẫu", Level: unit.Province}, unit.Act{Day: unitsBegin, Basis: "NQ"})
	check(err)
	for _, login := range []string{"hoa.nt", "bich"} {
		id, err := r.accounts.Create(ctx, operator, auth.NewAccount{Login: login, Name: "Người " + login, Password: "nắng chiều trên sông", Grants: []actor.Grant{{Role: actor.OneStop, Unit: u}}})
		check(err)
		a, err := auth.Load(ctx, r.db, id, r.db.Now().Date())
		check(err)
		check(r.accounts.BeginFactor(ctx, a))
		p.id[login] = id
		p.secret[login], err = r.accounts.PendingFactor(ctx, a)
		check(err)
		recovery, err := r.accounts.ConfirmFactor(ctx, a, p.code(t, login, time.Now().Add(-30*time.Second)))
		check(err)
		if login == "hoa.nt" {
			p.recovery = recovery
		}
	}
	l, err := r.exchange.Create(ctx, operator, exchange.Link{Kind: exchange.Hook, Name: "Trục tỉnh", URL: p.peer.URL, Unit: u})
	check(err)
	_, err = r.exchange.Create(ctx, operator, exchange.Link{Kind: exchange.Peer, Name: "Ghi tệp", System: "x", Unit: u})
	check(err)
	p.link, p.keys = l.ID, []string{l.Secret}
	check(r.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, recoveryGone, p.id["bich"]); err != nil {
			return err
		}
		return r.exchange.Note(ctx, tx, exchange.Change{Dossier: "d1", Code: "H99-261126-0001", Unit: u, Status: 2, Facts: []string{"accepted"}, At: tx.Now, Now: tx.Now, Sequence: 1})
	}))
	return p
}

// A database that is moved opens second factors with the key that is carried beside it.
// Without it the import and doctor say what is missing and what to do.
func TestAMovedDatabaseOpensSecondFactorsWithTheKeyCarriedBesideIt(t *testing.T) {
	t.Parallel()
	p := newSealedPlace(t)
	stream := filepath.Join(p.dir, "all.cchc")
	if exit, _, says := run(t, "export", stream, "--db", p.dsn, "--files", filepath.Join(p.dir, "files"), "--log-key", filepath.Join(p.dir, "log-key")); exit != 0 {
		t.Fatal(says)
	}
	move := func(name string, carried bool) (dsn, key, told string) {
		t.Helper()
		dsn, key = dbtest.Empty(t), filepath.Join(p.dir, name+".seal-key")
		if carried {
			text, err := os.ReadFile(p.seal)
			if err == nil {
				err = os.WriteFile(key, text, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		exit, out, says := run(t, "import", stream, "--db", dsn, "--files", filepath.Join(p.dir, name+"-files"), "--log-key", filepath.Join(p.dir, name+".log-key"), "--seal-key", key)
		if exit != 0 {
			t.Fatalf("exit %d: %s%s", exit, out, says)
		}
		_, doctor, _ := run(t, "doctor", "--db", dsn, "--files", filepath.Join(p.dir, name+"-files"), "--seal-key", key)
		return dsn, key, out + doctor
	}
	dsn, key, told := move("carried", true)
	if strings.Contains(told, "seal anew") || strings.Contains(told, "Seal of secrets") {
		t.Errorf("with its key: %s", told)
	}
	r := p.open(t, dsn, key)
	if _, err := r.accounts.SecondStep(t.Context(), p.id["hoa.nt"], p.code(t, "hoa.nt", time.Now()), auth.Attempt{}); err != nil {
		t.Errorf("the code after the move: %v", err)
	}
	if err := r.exchange.Send(t.Context(), p.link); err != nil || p.signed[p.keys[0]] != 1 {
		t.Errorf("what waited was sent %v, %v", p.signed, err)
	}
	_, key, told = move("left", false)
	for _, want := range []string{key + ": until it is brought, codes of applications are refused", // the import
		"Seal of secrets: The key of the seal is missing", "is not at " + key} { // doctor
		if !strings.Contains(told, want) {
			t.Errorf("without its key it is not told %q:\n%s", want, told)
		}
	}
	if n := strings.Count(told, "cchc seal anew"); n != 2 {
		t.Errorf("the way out is told %d times, want 2:\n%s", n, told)
	}
}

// A key that is lost for good: the command names what must be set up again, and changes
// nothing until it is told to. Then second factors and links are given up together, nobody
// comes in by a password alone, and what waits for links waits.
func TestASealWhoseKeyIsLostBeginsAnew(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	p := newSealedPlace(t)
	before := p.open(t, p.dsn, p.seal) // a server that goes on with the old key in its memory
	anew := func(want int, more ...string) string {
		t.Helper()
		exit, out, says := run(t, append([]string{"seal", "anew", "--db", p.dsn}, more...)...)
		if exit != want {
			t.Fatalf("exit %d, want %d: %s%s", exit, want, out, says)
		}
		return out + says
	}
	has := func(text string, want ...string) {
		t.Helper()
		for _, x := range want {
			if !strings.Contains(text, x) {
				t.Errorf("it is not told %q:\n%s", x, text)
			}
		}
	}
	has(anew(1, "--seal-key", p.seal, "--lost", "--reason", "mất"), "is the right key; nothing was changed")
	if _, out, _ := run(t, "seal", "check", "--db", p.dsn, "--seal-key", p.seal); !strings.Contains(out, "it seals 2 second factors and the keys of 1 links") {
		t.Error(out)
	}
	copies := filepath.Join(p.dir, "copies")
	if exit, _, says := run(t, "backup", copies, "--db", p.dsn, "--files", filepath.Join(p.dir, "files"), "--log-key", filepath.Join(p.dir, "log-key"), "--seal-key", p.seal); exit != 0 {
		t.Fatal(says)
	}
	if err := os.Remove(p.seal); err != nil {
		t.Fatal(err)
	}
	has(anew(1, "--seal-key", p.seal, "--backup-to", copies, "--lost", "--reason", "mất"), "the right key is in the copies", "nothing was changed")
	preview := anew(0, "--seal-key", p.seal)
	has(preview, "seal-key, is not there", "2 second factors", "hoa.nt  Người hoa.nt  10 recovery codes, 0 passkeys", "neither recovery codes nor passkeys", "1 of them cannot sign in",
		"1 links to other systems", "Trục tỉnh  webhook", "1 wait to be sent", "Nothing was changed")
	if strings.Contains(preview, "Ghi tệp") {
		t.Errorf("a link that needs no key is told of: %s", preview)
	}
	has(anew(1, "--seal-key", p.seal, "--lost"), "--reason")
	if _, err := os.Stat(p.seal); err == nil {
		t.Error("the preview made a key")
	}
	if err := auth.SealFits(ctx, before.db, p.seal); err == nil {
		t.Error("after the preview nothing is missing")
	}
	// Another database's key in its place is put aside.
	if err := os.WriteFile(p.seal, []byte("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if exit, _, says := run(t, "seal", "check", "--db", p.dsn, "--seal-key", p.seal); exit != 1 || !strings.Contains(says, "is not the one that this database was sealed with") {
		t.Errorf("exit %d: %s", exit, says)
	}
	has(anew(0, "--seal-key", p.seal, "--lost", "--reason", "ổ đĩa hỏng"), "is another database's", "Done", "2 second factors and the keys of 1 links are given up", ".aside-")
	if aside, _ := filepath.Glob(p.seal + ".aside-*"); len(aside) != 1 {
		t.Errorf("put aside: %v", aside)
	}
	has(anew(1, "--seal-key", p.seal, "--lost", "--reason", "lần nữa"), "is the right key; nothing was changed")

	r := p.open(t, p.dsn, p.seal)
	step := func(login, code string) (auth.SignedIn, string) {
		in, err := r.accounts.SecondStep(ctx, p.id[login], code, auth.Attempt{From: "10.0.0.1"})
		if f := fault.As(err); f != nil && len(f.Fields) > 0 {
			return in, f.Fields[0].Key
		}
		if err != nil {
			return in, err.Error()
		}
		return in, ""
	}
	for _, login := range []string{"hoa.nt", "bich"} {
		if in, err := r.accounts.SignIn(ctx, login, "nắng chiều trên sông", "10.0.0.1"); err != nil || !in.Second {
			t.Errorf("%s comes in by the password alone: %+v, %v", login, in, err)
		}
	}
	if _, why := step("hoa.nt", p.code(t, "hoa.nt", time.Now())); why != "auth.factor.lost" {
		t.Errorf("a code of the application: %q", why)
	}
	in, why := step("hoa.nt", p.recovery[0])
	if why != "" || !in.Anew {
		t.Fatalf("a recovery code: %q, %+v", why, in)
	}
	// Begun and not finished, nothing opens.
	if err := r.accounts.BeginFactor(ctx, in.Actor); err != nil {
		t.Fatal(err)
	}
	if in, err := r.accounts.SignIn(ctx, "hoa.nt", "nắng chiều trên sông", "10.0.0.1"); err != nil || !in.Second {
		t.Errorf("after a beginning the password is enough: %v", err)
	}
	fresh, err := r.accounts.PendingFactor(ctx, in.Actor)
	if err != nil || fresh == "" || fresh == p.secret["hoa.nt"] {
		t.Fatalf("the new one: %q, %v", fresh, err)
	}
	p.secret["hoa.nt"] = fresh
	if _, err := r.accounts.ConfirmFactor(ctx, in.Actor, p.code(t, "hoa.nt", time.Now().Add(-30*time.Second))); err != nil {
		t.Fatal(err)
	}
	if in, why := step("hoa.nt", p.code(t, "hoa.nt", time.Now())); why != "" || in.Anew {
		t.Errorf("the new application: %q, %+v", why, in)
	}
	// Who has nothing else is helped by a keeper.
	if err := r.accounts.ResetFactor(ctx, operator, p.id["bich"], "mất khoá niêm phong"); err != nil {
		t.Error(err)
	}
	if in, err := r.accounts.SignIn(ctx, "bich", "nắng chiều trên sông", "10.0.0.1"); err != nil || in.Second {
		t.Errorf("after the keeper's help: %+v, %v", in, err)
	}

	// The link stands still, is shown so, and goes on with a new key.
	if err := r.exchange.Send(ctx, p.link); err != nil || len(p.signed) > 0 {
		t.Errorf("without a key something was sent: %v, %v", p.signed, err)
	}
	if n, err := r.exchange.KeylessCount(ctx); err != nil || n != 1 {
		t.Errorf("%d links without a key, %v", n, err)
	}
	l, err := r.exchange.Rekey(ctx, operator, p.link, "")
	if err != nil || l.Secret == p.keys[0] || len(traces(t, r.db, l.Secret)) > 0 {
		t.Fatalf("the new key: %+v, %v", l, err)
	}
	p.keys = append(p.keys, l.Secret)
	if err := r.exchange.Send(ctx, p.link); err != nil || p.signed[l.Secret] != 1 || len(p.signed) != 1 {
		t.Errorf("what waited was sent: %v, %v", p.signed, err)
	}

	// A server that still has the old key seals nothing with it.
	b, err := auth.Load(ctx, before.db, p.id["bich"], before.db.Now().Date())
	if err != nil {
		t.Fatal(err)
	}
	if err := before.accounts.BeginFactor(ctx, b); !fault.Is(err, fault.Unavailable) {
		t.Errorf("the old key still seals: %v", err)
	}
	list, err := audit.Latest(ctx, r.db, audit.Filter{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for _, e := range list {
		count[e.Verb]++
		if strings.HasSuffix(e.Verb, "_lost") && e.Reason != "ổ đĩa hỏng" {
			t.Errorf("%s: the reason is %q", e.Verb, e.Reason)
		}
	}
	for verb, want := range map[string]int{"seal.anew": 1, "account.factor_lost": 2, "exchange.key_lost": 1, "exchange.rekey": 1} {
		if count[verb] != want {
			t.Errorf("the trail has %s %d times, want %d", verb, count[verb], want)
		}
	}
}

// After the seal began anew people are led to set up another application, and the page of
// a link says why it stands still and gives it a new key.
func TestPagesLeadOnAfterTheSealBeganAnew(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := serveOffice(t)
	path := filepath.Join(t.TempDir(), "seal-key")
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	check(o.openSeal(ctx, path))
	keeper := o.signIn(t, "quantri", actor.Grant{Role: actor.Administrator, Unit: o.province})
	keeper.Post("/me/factor").To("/me/factor")
	code, err := totp.GenerateCode(keeper.Get("/me/factor").Text("#secret"), o.db.Now().Time())
	check(err)
	recovery := keeper.Post("/me/factor/confirm", "code", code).Is(200).Text(".recovery")
	links := map[string]string{}
	for kind, l := range map[string]exchange.Link{"hook": {Kind: exchange.Hook, Name: "Trục", URL: "https://truc.example/nhan"}, "peer": {Kind: exchange.Peer, Name: "Cổng", System: "x", URL: "https://cong.example/nhan", Secret: "cũ"}} {
		l.Unit = o.commune
		l, err := o.exchange.Create(ctx, operator, l)
		check(err)
		links[kind] = "/admin/exchange/" + l.ID
	}
	check(o.db.Write(ctx, func(tx *db.Tx) error {
		seal, _, _, err := auth.NewSealKey(path+"-2", time.Now())
		if err == nil {
			_, err = o.accounts.SealAnew(ctx, tx, operator, seal, "mất")
		}
		if err == nil {
			_, err = o.exchange.LoseKeys(ctx, tx, operator, seal, "mất")
		}
		os.Remove(path + "-1")
		os.Rename(path+"-2", path+"-1") // the write's closure may run twice
		return err
	}))
	check(o.openSeal(ctx, path+"-1"))

	b := o.b.Other()
	b.Post("/sign-in", "login", "quantri", "password", testPassword).To("/sign-in/code?next=%2F")
	b.Post("/sign-in/code", "code", "123456").Is(422).Has("#error-summary", "máy chủ đã mất khoá")
	b.Post("/sign-in/code", "code", recovery, "next", "/work").To("/me/factor")
	b.Get("/me/factor").Is(200).Has(".notice", "Máy chủ đã mất khoá").Has("button", "Bắt đầu cài đặt")
	b.Post("/me/factor").To("/me/factor")
	code, err = totp.GenerateCode(b.Get("/me/factor").Text("#secret"), o.db.Now().Time())
	check(err)
	b.Post("/me/factor/confirm", "code", code).Is(200)
	b.Get("/me/factor").Lacks(".notice", "Máy chủ đã mất khoá")

	b.Get("/admin/health").Is(200).Has("main", "2 liên kết với hệ thống khác đang dừng")
	b.Get("/admin/exchange").Is(200).Has("td", "Thiếu khoá")
	b.Get(links["hook"]).Is(200).Has(".notice", "đang dừng")
	b.Post(links["hook"]+"/key").Is(200).Has("label", "Khóa ký")
	b.Get(links["hook"]).Lacks(".notice", "đang dừng")
	b.Post(links["peer"]+"/key", "secret", " ").Is(422).Has("#error-summary", "mã truy cập")
	b.Post(links["peer"]+"/key", "secret", "mới").To(links["peer"])
	b.Get(links["peer"]).Lacks(".notice", "đang dừng")
	b.Post(links["peer"] + "/end").To("/admin/exchange")
	b.Post(links["peer"]+"/key", "secret", "nữa").Is(422).Has(".notice, #error-summary", "đã kết thúc")
	o.signIn(t, "motcua", actor.Grant{Role: actor.OneStop, Unit: o.commune}).Post(links["hook"] + "/key").Is(403)
}
