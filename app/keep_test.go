package app

import (
	"context"
	"database/sql"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"cchc/backup"
	"cchc/base/actor"
	"cchc/base/db"
	"cchc/base/db/dbtest"
	"cchc/base/file"
	"cchc/base/moment"
)

// s3Stand says where a test's S3 stand-in is.
func s3Stand(t *testing.T, bucket string) string {
	t.Helper()
	backend := s3mem.New()
	if err := backend.CreateBucket(bucket); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(gofakes3.New(backend).Server())
	t.Cleanup(server.Close)
	os.Setenv("AWS_ACCESS_KEY_ID", "test")
	os.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	return "s3://" + bucket + "?endpoint=" + server.URL
}

// A copy, open and encrypted, in a folder and in a store, is put back on an empty
// machine with its files and its key, whole; so it is by a drill, which leaves
// nothing behind.
func TestACopyOfEitherEngineIsPutBack(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	dsn := dbtest.Empty(t)
	files, key := filepath.Join(dir, "files"), filepath.Join(dir, "log-key")
	if code, _, says := run(t, "demo", "--db", dsn, "--dossiers", "40", "--make-only", "--files", files); code != 0 {
		t.Fatal(says)
	}
	store, err := file.Open(context.Background(), files)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	evidence := proveWith(t, dsn, store, "%PDF-1.7\nquyết định\n%%EOF\n")
	signLog(t, dsn, key)
	identity := filepath.Join(dir, "identity")
	code, public, says := run(t, "backupkey", identity)
	if code != 0 || !strings.HasPrefix(public, "age1") || strings.Contains(public+says, "AGE-SECRET-KEY") {
		t.Fatalf("exit %d: %s%s", code, public, says)
	}
	public = strings.TrimSpace(public)
	if code, _, _ := run(t, "backupkey", identity); code == 0 {
		t.Error("an identity was written over another")
	}
	for _, c := range []struct {
		name, to string
		sealed   bool
	}{
		{"open in a folder", filepath.Join(dir, "open"), false},
		{"encrypted in a store", s3Stand(t, "copies"), true},
	} {
		args := []string{"backup", c.to, "--db", dsn, "--files", files, "--log-key", key}
		if c.sealed {
			args = append(args, "--recipient", public)
		}
		code, out, says := run(t, args...)
		if code != 0 || !strings.Contains(out, " files new") {
			t.Fatalf("%s: exit %d: %s%s", c.name, code, out, says)
		}
		if code, out, says = run(t, args...); code != 0 && !strings.Contains(says, "exists") || strings.Contains(out, " files new") && !strings.Contains(out, "0 files new") {
			t.Errorf("%s again: exit %d: %s%s; want that no file is copied twice", c.name, code, out, says)
		}
		back, where := dbtest.Empty(t), t.TempDir()
		restore := []string{"restore", c.to, "--db", back, "--files", filepath.Join(where, "files"), "--log-key", filepath.Join(where, "log-key")}
		if c.sealed {
			if code, _, says := run(t, restore...); code == 0 || !strings.Contains(says, "--identity") {
				t.Errorf("%s without the identity: exit %d, %s", c.name, code, says)
			}
			restore = append(restore, "--identity", identity)
		}
		// The database bears another name here than its copies do.
		code, out, says = run(t, restore...)
		if code != 0 || !strings.Contains(out, "40 dossiers: every figure agrees") || !strings.Contains(out, "1 files of evidence: each is there") {
			t.Fatalf("%s put back: exit %d: %s%s", c.name, code, out, says)
		}
		if _, err := os.Stat(filepath.Join(where, "files", evidence[:2], evidence)); err != nil {
			t.Errorf("%s: the evidence: %v", c.name, err)
		}
		for _, name := range []string{"log-key", "log-key.signed"} {
			want, _ := os.ReadFile(filepath.Join(dir, name))
			if got, err := os.ReadFile(filepath.Join(where, name)); err != nil || string(got) != string(want) {
				t.Errorf("%s: %s is another: %v", c.name, name, err)
			}
		}
		if code, out, says := run(t, "verify", "--log", "--db", back, "--log-key", filepath.Join(where, "log-key")); code != 0 {
			t.Errorf("%s: the log: exit %d: %s%s", c.name, code, out, says)
		}
		if !c.sealed && !db.IsPostgres(back) {
			// A fresh installation has begun a database and a key of its own.
			fresh := filepath.Join(t.TempDir(), "log-key")
			for name, text := range map[string]string{fresh: "of another log", fresh + ".signed": "of another log"} {
				if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			code, out, says := run(t, "restore", c.to, "--aside", "--db", filepath.Join(t.TempDir(), "cchc.db"), "--files", filepath.Join(t.TempDir(), "files"), "--log-key", fresh)
			want, _ := os.ReadFile(key)
			if got, err := os.ReadFile(fresh); code != 0 || err != nil || string(got) != string(want) || !strings.Contains(out, "another log's") {
				t.Errorf("onto a fresh installation: exit %d, %v: %s%s", code, err, out, says)
			}
		}
		sameRows(t, dsn, back, "backup_run", "audit_entry", "log_pending", "verify_run", "log_check")
		drill := []string{"restore", c.to, "--drill", "--db", dsn}
		code, out, says = run(t, drill...)
		if code != 0 || strings.Contains(out, "it is encrypted") != c.sealed {
			t.Errorf("%s, a drill without the identity: exit %d: %s%s", c.name, code, out, says)
		}
		if c.sealed {
			code, out, says = run(t, append(drill, "--identity", identity)...)
		}
		if code != 0 || !strings.Contains(out, "40 dossiers: every figure agrees") || !strings.Contains(out, "the log holds") {
			t.Errorf("%s, a drill: exit %d: %s%s", c.name, code, out, says)
		}
	}
	if code, _, says := run(t, "backup", filepath.Join(dir, "sealed"), "--db", dsn, "--files", files, "--log-key", key, "--recipient", public); code != 0 {
		t.Fatal(says)
	}
	// Nobody can read an encrypted copy: neither names nor the files are in it.
	for _, path := range tree(t, filepath.Join(dir, "sealed")) {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(b), "quyết định") || strings.Contains(string(b), "SQLite format") || strings.Contains(string(b), "PGDMP") {
			t.Errorf("%s lies open", path)
		}
	}
	// A scan that is damaged is named, and not taken; the others are.
	store.Put(context.Background(), strings.NewReader("%PDF-1.7\nkhác\n%%EOF\n"), file.Limits{})
	if err := os.WriteFile(filepath.Join(files, evidence[:2], evidence), []byte("%PDF other bytes"), 0o600); err != nil {
		t.Fatal(err)
	}
	late := filepath.Join(dir, "late")
	code, out, says := run(t, "backup", late, "--db", dsn, "--files", files)
	if code == 0 || !strings.Contains(says, evidence) || !strings.Contains(out, "files new") {
		t.Errorf("of a damaged store: exit %d: %s%s", code, out, says)
	}
	if _, err := os.Stat(filepath.Join(late, "files", evidence[:2], evidence)); err == nil {
		t.Error("the damaged scan was taken")
	}
	if code, _, says := run(t, "backup", filepath.Join(dir, "none"), "--db", dsn, "--recipient", identity); code == 0 || !strings.Contains(says, "no business on the server") {
		t.Errorf("encrypted to an identity: exit %d, %s", code, says)
	}
}

// signLog signs the log of a database, as serving does.
func signLog(t *testing.T, dsn, key string) {
	t.Helper()
	ctx := context.Background()
	r, err := openRooms(ctx, dsn, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	if err := r.openLog(ctx, key); err != nil {
		t.Fatal(err)
	}
	if err := r.log.Step(ctx, 0, func() {}); err != nil {
		t.Fatal(err)
	}
}

func tree(t *testing.T, dir string) (out []string) {
	t.Helper()
	if err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() {
			out = append(out, path)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

// sameRows compares how many rows the tables of two databases have.
func sameRows(t *testing.T, one, other string, but ...string) {
	t.Helper()
	a, b := rowCounts(t, one), rowCounts(t, other)
	if len(a) < 50 {
		t.Errorf("%d tables were found", len(a))
	}
	for name, n := range a {
		if m, ok := b[name]; (!ok || m != n) && !slices.Contains(but, name) && !strings.HasPrefix(name, "river") {
			t.Errorf("table %s: %d rows and %d", name, n, m)
		}
	}
}

func rowCounts(t *testing.T, dsn string) map[string]int {
	t.Helper()
	ctx := context.Background()
	d, err := db.Open(ctx, dsn, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	h, err := d.Handle()
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	list := `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'`
	if d.Engine() == db.Postgres {
		list = `SELECT tablename FROM pg_tables WHERE schemaname = 'public'`
	}
	out := map[string]int{}
	for _, name := range texts(t, h, list) {
		var n int
		if err := h.QueryRow(`SELECT COUNT(*) FROM ` + name).Scan(&n); err != nil {
			t.Fatal(err)
		}
		out[name] = n
	}
	return out
}

func texts(t *testing.T, h *sql.DB, text string) (out []string) {
	t.Helper()
	rows, err := h.Query(text)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		out = append(out, s)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// What is due is copied by the program itself, once; a failure is told to who keeps
// the system and stands on the page of health until a copy succeeds.
func TestCopiesAreMadeByTheScheduleAndFailuresAreTold(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := serveOffice(t)
	b := o.signIn(t, "quantri", actor.Grant{Role: actor.Administrator, Unit: o.province})
	dir := t.TempDir()
	var err error
	if o.copies, err = (backupFlags{To: filepath.Join(dir, "copies"), At: []string{"01:30", "13:30"}, Drill: "monthly", copyFlags: copyFlags{Keep: 2}}).schedule(); err != nil {
		t.Fatal(err)
	}
	if o.scans == nil {
		if o.scans, err = file.Open(ctx, filepath.Join(dir, "files")); err != nil {
			t.Fatal(err)
		}
	}
	// The clock stands at Monday 09:00: the copy of 01:30 is due.
	due := func() (ids []string) {
		t.Helper()
		if err := o.backupDue(ctx); err != nil {
			t.Fatal(err)
		}
		if err := o.drillDue(ctx); err != nil {
			t.Fatal(err)
		}
		list, err := backup.Runs(ctx, o.db, 20)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range list {
			if r.Attempts == 0 {
				ids = append(ids, r.ID)
			}
		}
		return ids
	}
	first := due()
	if again := due(); len(first) != 1 || len(again) != 1 {
		t.Fatalf("asked for %q, then %q; want one", first, again)
	}
	// The place cannot be written: a file is in its way.
	if err := os.WriteFile(filepath.Join(dir, "copies"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := o.backupRun(ctx, first[0]); err == nil {
			t.Fatal("a copy could be made where there is no folder")
		}
	}
	b.Get("/admin/health").Is(200).Has("table", "Lần gần nhất bị lỗi")
	if n := strings.Count(b.Get("/notices").Is(200).Body, "Sao lưu bị lỗi"); n != 1 {
		t.Errorf("the keeper was told %d times, want once", n)
	}
	if err := os.Remove(filepath.Join(dir, "copies")); err != nil {
		t.Fatal(err)
	}
	if err := o.backupRun(ctx, first[0]); err != nil { // the job's next attempt
		t.Fatal(err)
	}
	if body := b.Get("/admin/health").Is(200).Body; strings.Contains(body, "Lần gần nhất bị lỗi") {
		t.Error("health still tells of the failure")
	}
	if len(due()) != 0 {
		t.Error("another copy is due at once")
	}
	for i := range 3 {
		o.clock.Advance(12 * time.Hour)
		id := due()
		if len(id) != 1 {
			t.Fatalf("%d: asked for %q", i, id)
		}
		if err := o.backupRun(ctx, id[0]); err != nil {
			t.Fatal(err)
		}
	}
	all, err := filepath.Glob(filepath.Join(dir, "copies", "*.sha256"))
	if err != nil || len(all) != 2 {
		t.Errorf("copies are %q, %v; want the two newest", all, err)
	}
	// At night the newest is put back for trial.
	o.clock.Set("2026-11-26T02:10")
	for _, id := range due() {
		if err := o.backupRun(ctx, id); err != nil {
			t.Fatal(err)
		}
	}
	if r, err := backup.LastGood(ctx, o.db, backup.Drill, o.db.Now()); err != nil || r.Name == "" {
		t.Errorf("the drill is %+v, %v", r, err)
	}
	b = o.signIn(t, "quantri1", actor.Grant{Role: actor.Administrator, Unit: o.province})
	noRawKeys(t, b.Get("/admin/health").Is(200).Has("table", "Diễn tập").Body)
	// Nothing more happens: the page tells.
	o.clock.Advance(20 * 24 * time.Hour)
	b = o.signIn(t, "quantri2", actor.Grant{Role: actor.Administrator, Unit: o.province})
	b.Get("/admin/health").Is(200).Has("table", "chưa có bản nào trong")
}

func TestWhatOfCopiesStays(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	dir := t.TempDir()
	shelf, err := file.OpenShelf(ctx, dir, true)
	if err != nil {
		t.Fatal(err)
	}
	defer shelf.Close()
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	key := func(n int) string { return fmt.Sprintf("%064x", n+1) }
	day := time.Date(2026, 1, 1, 1, 30, 0, 0, moment.Zone)
	var newest backup.Copy
	for i := range 120 { // a copy a day; the file of each day is in the copies of ten
		newest = backup.Copy{Stem: "cchc", At: day.AddDate(0, 0, i)}
		write(newest.Name(), "db")
		write(newest.Name()+".sha256", "sum")
		list := ""
		for n := max(0, i-9); n <= i; n++ {
			list += key(n) + "\n"
		}
		write(strings.TrimSuffix(newest.Name(), ".db")+".files", list)
		write("files/"+file.Place(key(i)), "scan")
	}
	write("cchc-2026-01-01T013000.txt", "somebody's")
	write("cchc-2026-02-02T020202.db", "without a checksum: nobody knows whose")
	write("other-2026-01-01T013000.db", "another database's")
	write("other-2026-01-01T013000.db.sha256", "sum")
	write("other-2026-01-01T013000.files", key(3)+"\n")
	write("files/"+file.Place(key(500)), "of no copy")
	removed, err := backup.Prune(ctx, shelf, newest, backup.Keep{Last: 3, Daily: 5, Weekly: 4, Monthly: 3})
	if err != nil {
		t.Fatal(err)
	}
	all, err := backup.Copies(ctx, shelf)
	if err != nil {
		t.Fatal(err)
	}
	var have []string
	for _, c := range all {
		if c.Stem == "cchc" && c.Summed {
			have = append(have, c.At.Format("2006-01-02"))
		}
	}
	// Five days; the ends of four weeks (Sundays, and the running one); of three months.
	want := []string{"2026-02-28", "2026-03-31", "2026-04-12", "2026-04-19", "2026-04-26", "2026-04-27", "2026-04-28", "2026-04-29", "2026-04-30"}
	if !slices.Equal(have, want) || removed != 120-len(want) {
		t.Errorf("%d went and there are %q, want %q", removed, have, want)
	}
	for _, name := range []string{"cchc-2026-01-01T013000.txt", "cchc-2026-02-02T020202.db", "other-2026-01-01T013000.db", "files/" + file.Place(key(500))} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Errorf("what it did not make is gone: %v", err)
		}
	}
	// A copy of unknown origin may need any file: none went.
	for i := range 120 {
		if _, err := os.Stat(filepath.Join(dir, "files", file.Place(key(i)))); err != nil {
			t.Fatalf("the file of day %d: %v", i, err)
		}
	}
	os.Remove(filepath.Join(dir, "cchc-2026-02-02T020202.db"))
	c := backup.Copy{Stem: "cchc", At: newest.At.AddDate(0, 0, 1)}
	write(c.Name(), "db")
	write(c.Name()+".sha256", "sum")
	write(strings.TrimSuffix(c.Name(), ".db")+".files", key(119)+"\n")
	if _, err := backup.Prune(ctx, shelf, c, backup.Keep{Last: 2}); err != nil {
		t.Fatal(err)
	}
	for i := range 120 {
		_, err := os.Stat(filepath.Join(dir, "files", file.Place(key(i))))
		// What the last two need, and the other database; and what no list that went named.
		stays := i >= 110 || i == 3 || !listedIn(i, want)
		if (err == nil) != stays {
			t.Errorf("the file of day %d: %v, want that it stays: %v", i, err, stays)
		}
	}
	// Whatever is wanted, the copy that was just made stays.
	if _, err := backup.Prune(ctx, shelf, all[0], backup.Keep{Last: 1}); err != nil {
		t.Fatal(err)
	}
}

// listedIn reports whether a copy of one of the days lists the file of day i.
func listedIn(i int, days []string) bool {
	for _, d := range days {
		at, _ := time.ParseInLocation("2006-01-02", d, moment.Zone)
		n := int(at.Sub(time.Date(2026, 1, 1, 0, 0, 0, 0, moment.Zone)).Hours() / 24)
		if i <= n && i >= n-9 {
			return true
		}
	}
	return false
}

func TestWhenACopyIsDue(t *testing.T) {
	t.Parallel()
	at := func(s string) moment.Instant {
		i, err := moment.ParseInstant(s)
		if err != nil {
			t.Fatal(err)
		}
		return i
	}
	night, err := backup.ParseSchedule([]string{"13:30", "01:30"}, []string{"mon", "Thu"}, 0)
	if err != nil {
		t.Fatal(err)
	}
	for now, want := range map[string]string{
		"2026-11-23T01:29": "2026-11-19T13:30", // a Monday
		"2026-11-23T01:30": "2026-11-23T01:30",
		"2026-11-23T20:00": "2026-11-23T13:30",
		"2026-11-25T20:00": "2026-11-23T13:30",
	} {
		if got := night.Latest(at(now)); got != at(want) {
			t.Errorf("at %s the copy of %s is due, want %s", now, got, want)
		}
	}
	if got := night.Gap(); got != 84*time.Hour {
		t.Errorf("at most %s lie between two copies, want 84h", got)
	}
	often, err := backup.ParseSchedule(nil, nil, 15*time.Minute)
	if err != nil || often.Latest(at("2026-11-23T09:14")) != at("2026-11-23T09:00") || often.Gap() != 15*time.Minute {
		t.Errorf("every 15 minutes: %s, %s, %v", often.Latest(at("2026-11-23T09:14")), often.Gap(), err)
	}
	for _, bad := range [][2]string{{"25:00", "mon"}, {"1.30", "mon"}, {"01:30", "thứ hai"}} {
		if _, err := backup.ParseSchedule([]string{bad[0]}, []string{bad[1]}, 0); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}
