package app

import (
	"context"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"cchc/backup"
	"cchc/base/actor"
	"cchc/base/file"
)

func TestCopiesAreSeenAndAskedForOnAPage(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := serveOffice(t)
	b := o.signIn(t, "quantri", actor.Grant{Role: actor.Administrator, Unit: o.province})
	b.Get("/admin").Has("main", "Sao lưu và diễn tập khôi phục")
	noRawKeys(t, b.Get("/admin/backups").Is(200).Has("main", "Chưa đặt nơi lưu bản sao").Has("main", "Chưa chạy lần nào").Count(`button[name="do"]`, 0).Body)
	// Without a place nothing is said of one.
	if body := b.Get("/admin/backups").Body; strings.Contains(body, "Nơi lưu") || strings.Contains(body, "Dung lượng còn trống") || !strings.Contains(body, "Bản tốt gần nhất") {
		t.Errorf("without a place the page says %s", body)
	}
	ask := func(do string) {
		t.Helper()
		b.Post("/admin/backups", "do", do).To("/admin/backups")
	}
	ask(backup.Copying)
	b.Get("/admin/backups").Has("main", "Chưa đặt nơi lưu bản sao")
	if runs, err := backup.Runs(ctx, o.db, 5); err != nil || len(runs) != 0 {
		t.Errorf("without a place there are runs: %+v, %v", runs, err)
	}

	dir := t.TempDir()
	var err error
	if o.copies, err = (backupFlags{To: filepath.Join(dir, "copies"), At: []string{"01:30", "13:30"}, Drill: "monthly", copyFlags: copyFlags{Keep: 2}}).schedule(); err != nil {
		t.Fatal(err)
	}
	if o.scans, err = file.Open(ctx, filepath.Join(dir, "files")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { o.scans.Close() })
	receive(t, o.rooms, o.commune)
	// The clock stands at Monday 09:00.
	b.Get("/admin/backups").Has("main", "23/11/2026 13:30").Has("main", "Không đọc được nơi lưu").Count(`button[name="do"]`, 2)
	run := func(kind string) backup.Run {
		t.Helper()
		ask(kind)
		r, err := backup.Last(ctx, o.db, kind, o.db.Now())
		if err != nil {
			t.Fatal(err)
		}
		b.Get("/admin/backups").Has("table", "Đang chờ").Has("table", "quantri")
		ask(kind) // once more while that one waits
		if again, err := backup.Last(ctx, o.db, kind, o.db.Now()); err != nil || again.ID != r.ID {
			t.Errorf("another %s is asked for: %+v, %v", kind, again, err)
		}
		if err := o.backupRun(ctx, r.ID); err != nil {
			t.Fatal(err)
		}
		if r, err = backup.Of(ctx, o.db, r.ID); err != nil || !r.Good() {
			t.Fatalf("the %s ended as %+v, %v", kind, r, err)
		}
		return r
	}
	made := run(backup.Copying)
	shelf, err := file.OpenShelf(ctx, filepath.Join(dir, "copies"), false)
	if err != nil {
		t.Fatal(err)
	}
	defer shelf.Close()
	all, err := backup.Copies(ctx, shelf)
	if err != nil || len(all) != 1 {
		t.Fatalf("copies: %+v, %v", all, err)
	}
	sum, err := backup.Sum(ctx, shelf, all[0])
	if err != nil || len(sum) != 64 {
		t.Fatalf("sum: %q, %v", sum, err)
	}
	b.Get("/admin/backups").Has("main", made.Name).Has("main", sum).Has("table", "Tốt")
	run(backup.Drill)
	b.Get("/admin/backups").Has("main", made.Name+", mọi số liệu khớp")
	if body := b.Get("/api/v1/backups").Is(200).Body; !strings.Contains(body, sum) {
		t.Errorf("programs are told %s", body)
	}
	b.Header.Set("Accept-Language", "en")
	noRawKeys(t, b.Get("/admin/backups").Is(200).Has("main", "every figure agreed").Body)
	b.Get("/admin/health").Has(`a[href="/admin/backups"]`, "Last")

	// Who keeps one commune keeps no copies of all.
	other := o.signIn(t, "quantrixa", actor.Grant{Role: actor.Administrator, Unit: o.commune})
	other.Get("/admin/backups").Is(http.StatusForbidden)
	other.Post("/admin/backups", "do", "copy").Is(http.StatusForbidden)
	b.Post("/admin/backups", "do", "x").Is(http.StatusBadRequest)
	if strings.Contains(b.Get("/admin/backups").Body, "download") {
		t.Error("copies are handed out")
	}
}
