package app

import (
	"context"
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"cchc/admin"
	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/db/dbtest"
	"cchc/base/i18n"
	"cchc/base/ledger"
	"cchc/base/points"
	"cchc/base/receipt"
	"cchc/dossier"
	"cchc/scorecard"
)

// logged is an office whose log has a key.
func logged(t *testing.T) *office {
	t.Helper()
	o := serveOffice(t)
	if err := o.openLog(context.Background(), filepath.Join(t.TempDir(), "key")); err != nil {
		t.Fatal(err)
	}
	return o
}

func step(t *testing.T, r *rooms) {
	t.Helper()
	if err := r.log.Step(context.Background(), 0, nil); err != nil {
		t.Fatal(err)
	}
}

func TestAnApologyHasAReceiptThatHoldsWithThePublicKeyAlone(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := logged(t)
	d := receive(t, o.rooms, o.commune)
	if err := o.desk.Apologise(ctx, operator, d.Code, dossier.Apology{Reason: "mất điện", Document: "4/PXL", Until: d.Due.Add(48 * time.Hour)}); err != nil {
		t.Fatal(err)
	}
	b := o.signIn(t, "canbo", actor.Grant{Role: actor.OneStop, Unit: o.commune})
	list := "/receipts/dossier/" + d.Code
	b.Get("/dossiers/"+d.Code).Is(200).Has(".card-links", "Giấy xác nhận")
	page := b.Get(list).Is(200).Has("tbody", "Xin lỗi và hẹn lại ngày trả").Has("tbody", "đang chờ").Count("tbody tr", 1)
	noRawKeys(t, page.Body)
	file := page.Attr("tbody a", "href")
	text := b.Get(file).Is(200).Body
	r, err := receipt.Parse([]byte(text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	keys, err := receipt.ParseKeys(strings.TrimSpace(o.b.Get("/cchc/log/key").Is(200).Body))
	if err != nil {
		t.Fatal(err)
	}
	v, err := r.Verify(keys)
	if err != nil || v.Entry.Object != d.ID || v.Entry.Reason != "mất điện" || !strings.Contains(v.Entry.Changes, "due_promised") {
		t.Errorf("the receipt says %+v, %v", v.Entry, err)
	}
	b.Get(list).Has("tbody", "2").Lacks("tbody", "đang chờ")
	b.Get(strings.Replace(file, ".txt", "x.txt", 1)).Is(404)
	o.b.Get(list).Is(303) // nobody signed in
	o.signIn(t, "binh", actor.Grant{Role: actor.OneStop, Unit: "elsewhere"}).Get(file).Is(403)
	b.Header.Set("Accept-Language", "en")
	noRawKeys(t, b.Get(list).Is(200).Body)
}

func TestThePageOfTheLogTellsHowItStands(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := logged(t)
	receive(t, o.rooms, o.commune)
	b := o.signIn(t, "quantri", actor.Grant{Role: actor.Administrator, Unit: o.province})
	b.Get("/admin").Has("main", "Nhật ký không sửa được")
	b.Get("/admin/log").Is(200).Has(".facts", "0 mục").Has(".facts", "chưa có").Has("main", o.log.Key.Public())
	b.Get("/admin/health").Has("table", "chưa ký lần nào")
	step(t, o.rooms)
	b.Post("/admin/log/check").To("/admin/log")
	if err := o.checkLogJob(ctx, ""); err != nil {
		t.Fatal(err)
	}
	noRawKeys(t, b.Get("/admin/log").Is(200).Has(".facts", "nguyên vẹn").Has(".facts", "23/11/2026").Body)
	b.Get("/admin/health").Has("table", "ký lúc")

	key := o.log.Key.CosignKey()
	b.Post("/admin/log/parties", "role", "cosigner", "name", "Sở Nội vụ", "public", "x").Is(422).Has("main", "không phải khoá ký xác nhận")
	b.Post("/admin/log/parties", "role", "cosigner", "name", "Sở Nội vụ", "public", key).To("/admin/log")
	b.Post("/admin/log/parties", "role", "cosigner", "name", "Sở Nội vụ", "public", key).Is(422).Has("main", "đã được nhập")
	page := b.Get("/admin/log").Is(200).Has("tbody", "Sở Nội vụ")
	asked := b.Get(page.Attr("tbody a", "href")).Is(200).Body
	if _, _, _, err := receipt.ParseRequest([]byte(asked)); err != nil {
		t.Errorf("%v\n%s", err, asked)
	}
	b.Post("/admin/log/cosigned", "text", "x").Is(422).Has("main", "không phải điểm chốt")
	b.Post(page.Attr("tbody form", "action")).To("/admin/log")

	// What was rewritten shows here, with its number, and to monitors.
	h, err := o.db.Handle()
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	drop := "DROP TRIGGER audit_entry_no_update"
	if o.db.Engine() == db.Postgres {
		drop = "ALTER TABLE audit_entry DISABLE TRIGGER ALL"
	}
	for _, s := range []string{drop, "UPDATE audit_entry SET account = 'x' WHERE id = (SELECT entry_id FROM log_leaf WHERE idx = 1)"} {
		if _, err := h.ExecContext(ctx, s); err != nil {
			t.Fatal(err)
		}
	}
	o.clock.Advance(time.Second)
	if err := o.checkLogJob(ctx, ""); err != nil {
		t.Fatal(err)
	}
	b.Get("/admin/log").Has("main", "mục 2").Has("main", "đã bị sửa")
	b.Get("/admin/health").Has("table", "có chỗ bị viết lại")

	public := o.b.Get("/cchc/log").Is(200).Has("main", o.log.Key.Public()).Lacks("main", "Sở Nội vụ")
	noRawKeys(t, public.Body)
	if _, err := receipt.Peek([]byte(o.b.Get("/cchc/log/checkpoint").Is(200).Body)); err != nil {
		t.Error(err)
	}
	c := o.signIn(t, "canbo", actor.Grant{Role: actor.OneStop, Unit: o.commune})
	c.Get("/admin/log").Is(403)
	c.Get("/admin/log/request").Is(403)
	c.Post("/admin/log/check").Is(403)
	c.Post("/admin/log/parties", "role", "log", "name", "x", "public", o.log.Key.Public()).Is(403)
	c.Post("/admin/log/cosigned", "text", "x").Is(403)
	reader := o.signIn(t, "kiemtra", actor.Grant{Role: actor.Auditor, Unit: o.province})
	reader.Get("/admin/log").Is(200).Count("form[action='/admin/log/check']", 0)
	reader.Post("/admin/log/check").Is(403)
}

func TestAHigherUnitsServerCosignsOverTheAPI(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	low, high := logged(t), logged(t)
	receive(t, low.rooms, low.commune)
	if _, err := high.log.AddParty(ctx, operator, ledger.LogRole, low.log.Key.Public(), "Xã Gio Hải"); err != nil {
		t.Fatal(err)
	}
	if _, err := low.log.AddParty(ctx, operator, ledger.CosignerRole, high.log.Key.CosignKey(), "Tỉnh Sông Mẫu"); err != nil {
		t.Fatal(err)
	}
	keeper := actor.Grant{Role: actor.Administrator, Unit: high.province}
	program := high.program(t, "giohai", []string{string(auth.LogCosign)}, keeper)
	low.cosigner = cosignerFlags{LogCosigner: high.b.URL(), LogCosignerToken: strings.TrimPrefix(program.Header.Get("Authorization"), "Bearer ")}
	for range 2 { // the second time with a proof from the first
		receive(t, low.rooms, low.commune)
		low.clock.Advance(time.Minute)
		step(t, low.rooms)
		if err := low.askCosigners(ctx); err != nil {
			t.Fatal(err)
		}
		if err := low.askCosigners(ctx); err != nil { // nothing new
			t.Fatal(err)
		}
	}
	s, err := low.log.LastCosigned(ctx, low.db)
	if err != nil {
		t.Fatal(err)
	}
	if last, err := low.log.Latest(ctx, low.db); err != nil || last.Checkpoint != s.Checkpoint {
		t.Errorf("co-signed is %+v, the last %+v, %v", s.Checkpoint, last.Checkpoint, err)
	}
	b := low.signIn(t, "quantri", actor.Grant{Role: actor.Administrator, Unit: low.province})
	b.Get("/admin/log").Has(".facts", "Tỉnh Sông Mẫu")
	high.signIn(t, "quantri", keeper).Get("/admin/log").Has("tbody", "Xã Gio Hải")

	// Rights and refusals.
	other := high.program(t, "khac", []string{string(auth.AuditRead)}, keeper)
	origin := url.QueryEscape(low.log.Key.Name())
	other.Get("/api/v1/log/cosigned?origin=" + origin).Is(403)
	high.b.Get("/api/v1/log/cosigned?origin=" + origin).Is(401)
	program.Get("/api/v1/log/cosigned?origin=nobody").Is(404)
	body := func(old int64, proof []string, text string) string {
		x, err := json.Marshal(map[string]any{"old": old, "proof": proof, "checkpoint": text})
		if err != nil {
			t.Fatal(err)
		}
		return string(x)
	}
	text := string(s.Text)
	other.Send("POST", "/api/v1/log/cosign", "application/json", body(0, nil, text)).Is(403)
	program.Send("POST", "/api/v1/log/cosign", "application/json", body(1, nil, text)).Is(409)
	program.Send("POST", "/api/v1/log/cosign", "application/json", body(s.Checkpoint.Size, nil, "x")).Is(400)
	program.Send("POST", "/api/v1/log/cosign", "application/json", body(s.Checkpoint.Size, []string{"x"}, text)).Is(400)

	// What programs read of a log, and what proves it.
	var c logCheckpoint
	if err := json.Unmarshal([]byte(low.b.Get("/api/v1/log/checkpoint").Is(200).Body), &c); err != nil || c.Size != s.Checkpoint.Size || len(c.Keys) != 1 {
		t.Errorf("the checkpoint is %+v, %v", c, err)
	}
	keys, err := receipt.ParseKeys(low.log.Key.Public(), high.log.Key.CosignKey())
	if err != nil {
		t.Fatal(err)
	}
	if _, n, err := receipt.Open([]byte(c.Checkpoint), keys); err != nil || len(n.Sigs) != 2 {
		t.Errorf("its signatures: %v", err)
	}
	low.b.Get("/api/v1/log/consistency?old=1&size=" + strconv.FormatInt(c.Size, 10)).Is(200)
	low.b.Get("/api/v1/log/consistency?old=2&size=1").Is(400)
}

func TestTheLogIsKeptByCommands(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	made := func(name string) (dsn, key string) {
		dsn, key = dbtest.DSN(t), filepath.Join(dir, name+".log-key")
		r, err := openRooms(context.Background(), dsn, db.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := r.openLog(context.Background(), key); err != nil {
			t.Fatal(err)
		}
		if _, err := r.accounts.Create(context.Background(), operator, auth.NewAccount{Login: "canbo", Name: "An", Password: testPassword}); err != nil {
			t.Fatal(err)
		}
		r.close()
		return dsn, key
	}
	low, lowKey := made("low")
	high, highKey := made("high")
	do := func(want int, says string, args ...string) string {
		t.Helper()
		code, out, errOut := run(t, args...)
		if code != want || !strings.Contains(out+errOut, says) {
			t.Fatalf("%v: exit %d, want %d, %q in %s%s", args, code, want, says, out, errOut)
		}
		return out
	}
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	on := func(dsn, key string, args ...string) []string { return append(args, "--db", dsn, "--log-key", key) }
	find := regexp.MustCompile(`(?m)^(log|co-signs) +(\S+)`)
	keys := map[string]string{}
	for _, x := range []struct{ name, dsn, key string }{{"low", low, lowKey}, {"high", high, highKey}} {
		for _, m := range find.FindAllStringSubmatch(do(0, "", on(x.dsn, x.key, "log", "key")...), -1) {
			keys[x.name+" "+m[1]] = m[2]
		}
	}
	do(1, "nothing is signed", on(low, lowKey, "log", "request")...)
	do(1, "--old: -3; want 0 or more", on(low, lowKey, "log", "request", "--old=-3")...)
	point := do(0, "cchc/", on(low, lowKey, "log", "checkpoint")...)
	do(0, "the log holds", on(low, lowKey, "verify", "--log", "--key", keys["low log"], "--against", file("point", point))...)
	do(1, "not signed with the key", on(low, lowKey, "verify", "--log", "--key", keys["high log"])...)

	// A co-signature by files: the parties are entered on the page.
	for _, x := range []struct {
		dsn, public, name string
		role              ledger.Role
	}{{high, keys["low log"], "Xã", ledger.LogRole}, {low, keys["high co-signs"], "Tỉnh", ledger.CosignerRole}} {
		r, err := openRooms(context.Background(), x.dsn, db.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.log.AddParty(context.Background(), operator, x.role, x.public, x.name); err != nil {
			t.Fatal(err)
		}
		r.close()
	}
	request := file("request", do(0, "old 0", on(low, lowKey, "log", "request")...))
	signed := do(0, "— cchc/", on(high, highKey, "log", "cosign", request)...)
	do(0, "1 new", on(low, lowKey, "log", "cosigned", file("signed", signed))...)
	do(1, "nothing like", "log", "cosign", "--db", high, "--log-key", highKey, filepath.Join(dir, "nothing like this"))
	do(1, "not a request", on(high, highKey, "log", "cosign", file("nonsense", "x"))...)

	if !db.IsPostgres(low) {
		copies := filepath.Join(dir, "copies")
		do(0, "low.log-key: copied", on(low, lowKey, "backup", copies, "--files", filepath.Join(dir, "files"))...)
		for _, name := range []string{"low.log-key", "low.log-key.signed"} {
			if info, err := os.Stat(filepath.Join(copies, name)); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("the copy %s: %v", name, err)
			}
		}
	}

	// A new key, and one after a loss.
	do(0, "new key", on(low, lowKey, "log", "rotate", "--reason", "định kỳ")...)
	do(0, "the log holds", on(low, lowKey, "verify", "--log", "--key", keys["low log"])...)
	if err := os.Remove(lowKey); err != nil {
		t.Fatal(err)
	}
	do(1, "is not there", on(low, lowKey, "log", "checkpoint")...)
	do(1, "is not there", on(low, lowKey, "log", "rotate", "--reason", "x")...)
	do(0, "new key", on(low, lowKey, "log", "rotate", "--lost", "--reason", "hỏng đĩa")...)
	do(0, "was lost", on(low, lowKey, "verify", "--log")...)

	// A restore from an older copy: nothing is signed until somebody says so.
	do(0, "cchc/", on(low, lowKey, "log", "checkpoint")...)
	kept, err := os.ReadFile(lowKey + ".signed")
	if err != nil {
		t.Fatal(err)
	}
	c, err := receipt.Peek(kept)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ledger.ReadKey(lowKey)
	if err != nil {
		t.Fatal(err)
	}
	c.Size += 5 // as if the database had been longer
	longer, err := receipt.Sign(c, key.Signer())
	if err != nil {
		t.Fatal(err)
	}
	file("low.log-key.signed", string(longer))
	do(1, "not the beginning", on(low, lowKey, "log", "checkpoint")...)
	do(1, "the log ends before", on(low, lowKey, "verify", "--log")...)
	do(0, "signed again", on(low, lowKey, "log", "restored", "--reason", "khôi phục bản 23/11")...)
	do(0, "cchc/", on(low, lowKey, "log", "checkpoint")...)
	do(0, "the log holds", on(low, lowKey, "verify", "--log")...)
}

func TestEntriesThatWaitLongAreToldToKeepers(t *testing.T) {
	t.Parallel()
	o := logged(t)
	receive(t, o.rooms, o.commune)
	step(t, o.rooms)
	receive(t, o.rooms, o.commune)
	standing := func() admin.Standing { return o.logFinding(context.Background()).Standing }
	if s := standing(); s != admin.Fine {
		t.Errorf("an entry of this second: %v", s)
	}
	o.clock.Advance(2 * time.Minute)
	if s := standing(); s != admin.Bad {
		t.Errorf("an entry that waits for two minutes: %v", s)
	}
	step(t, o.rooms)
	if s := standing(); s != admin.Fine {
		t.Errorf("when it is in the log: %v", s)
	}
}

func TestALogWithoutItsKeyIsToldToKeepers(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := logged(t)
	step(t, o.rooms)
	o.log.Key = nil
	err := o.openLog(ctx, filepath.Join(t.TempDir(), "another place")) // as when the file was lost
	if err == nil {
		t.Fatal("a second key was made")
	}
	o.logKeeper.unsigned(err)
	b := o.signIn(t, "quantri", actor.Grant{Role: actor.Administrator, Unit: o.province})
	b.Get("/admin/log").Is(200).Has(".notice", "thiếu khoá")
	b.Get("/admin/health").Has("table", "không ký tiếp được")
	d := receive(t, o.rooms, o.commune)
	if err := o.desk.Apologise(ctx, operator, d.Code, dossier.Apology{Reason: "mất điện", Until: d.Due.Add(48 * time.Hour)}); err != nil {
		t.Fatal(err)
	}
	page := b.Get("/receipts/dossier/" + d.Code).Is(200)
	b.Get(page.Attr("tbody a", "href")).Is(409) // no receipt without a signature
}

func TestWhatServesKeepsTheLog(t *testing.T) {
	t.Parallel()
	o := logged(t)
	receive(t, o.rooms, o.commune)
	ctx, enough := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); o.logKeeper.keep(ctx) }()
	enough() // at the end all is entered and signed
	<-done
	last, err := o.log.Latest(context.Background(), o.db)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := o.log.Waiting(context.Background(), o.db); err != nil || n != 0 || last.Checkpoint.Size == 0 {
		t.Errorf("%d wait, %d are signed, %v", n, last.Checkpoint.Size, err)
	}
	if err := o.logKeeper.failed(); err != nil {
		t.Error(err)
	}
}

func TestAPublishedRankingIsLocked(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := logged(t)
	score, most := points.Of(86), points.Of(98)
	id, err := o.scorecard.EnterHistory(ctx, operator, scorecard.Publication{Unit: o.province, Publisher: "UBND tỉnh", Year: 2022, Level: "district", Title: "Chỉ số CCHC năm 2022",
		Source: "Trang thông tin", Decimals: 2, Rows: []scorecard.ResultRow{{Name: "Huyện Gio Linh", Score: &score, Max: &most, Rank: 3, Of: 10}}})
	if err != nil {
		t.Fatal(err)
	}
	step(t, o.rooms)
	// Somebody gives the place another rank; then takes all of it away.
	for _, x := range []struct{ what, sql string }{
		{"", ""},
		{"content", "UPDATE publication_row SET place = 1"},
		{"content_gone", "DELETE FROM publication_row"},
	} {
		if x.sql != "" {
			dbtest.Behind(t, o.db, []string{"publication", "publication_row"}, x.sql)
		}
		if x.what == "content_gone" {
			dbtest.Behind(t, o.db, nil, "DELETE FROM publication")
		}
		c, err := o.checkLog(ctx, ledger.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if x.what == "" {
			if c.First != nil {
				t.Errorf("before: found %+v", c.Findings)
			}
			continue
		}
		english := i18n.With(ctx, i18n.English)
		if c.First == nil || c.First.What != x.what || c.First.Number != c.Size || !strings.Contains(found(english, *c.First), "publication "+id) {
			t.Errorf("found %+v, want %s", c.Findings, x.what)
			continue
		}
		// What was locked anew while the check ran is of an entry that has no number yet.
		numbered, later := "entry "+strconv.FormatInt(c.First.Number, 10)+" (", *c.First
		later.Number = 0
		if text := found(english, later); !strings.Contains(found(english, *c.First), numbered) || !strings.Contains(text, "entry (") {
			t.Errorf("with a number: %s; without: %s", found(english, *c.First), text)
		}
	}
}
