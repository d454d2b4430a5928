package app

import (
	"slices"
	"testing"
	"time"

	"cchc/base/db"
	"cchc/dossier"
	"cchc/imports"
	"cchc/setting"
)

var keptKeys = db.SQL("apptest.kept_keys", `SELECT file_key FROM import_run WHERE file_gone_at IS NULL`)

// What was uploaded holds many people's papers: it goes after the days of the
// setting, an upload that nobody went on with is given up, and the file of dossiers
// goes at once when somebody is erased.
func TestUploadsAreKeptForATimeOnly(t *testing.T) {
	t.Parallel()
	x := bringing(t)
	x.scans = x.runs.Files
	ctx := t.Context()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	const head = "Mã hồ sơ;Hình thức tiếp nhận;Ngày tiếp nhận;Hạn trả;Người nộp;Số định danh;Mã đơn vị\n"
	bring := func(code, name, number string) (run, key string) {
		file := []byte(head + code + ";Trực tiếp;01/09/2026;05/09/2026;" + name + ";" + number + ";H99.101\n")
		_, to := x.follow(t, x.bring("dossiers", code+".csv", file, "system", "motcua-cu"))
		keys, err := db.Column[string](ctx, x.db, keptKeys)
		check(err)
		run = to
		r, _, err := x.runs.ByID(ctx, operator, to[len("/admin/imports/"):])
		check(err)
		if !slices.Contains(keys, r.Key) {
			t.Fatalf("%s is not kept", r.Key)
		}
		return run, r.Key
	}
	has := func(key string, want bool) {
		t.Helper()
		check(x.eraseFiles(ctx, []string{key}))
		if got, err := x.runs.Files.Has(ctx, key); err != nil || got != want {
			t.Errorf("the file %s is there: %v, want %v (%v)", key, got, want, err)
		}
	}
	old, oldKey := bring("H1", "Nguyễn Thị Ánh", "049185777123")
	x.Post(old + "/store").To(old)
	waiting, waitingKey := bring("H2", "Trần Văn Bê", "049185777124")

	check(x.runs.Forget(ctx))
	has(oldKey, true)
	x.Get(old + "/file").Is(200)

	x.clock.Advance(91 * 24 * time.Hour)
	fresh, freshKey := bring("H3", "Lê Thị Cúc", "049185777125")
	x.Post(fresh + "/store").To(fresh)
	check(x.runs.Forget(ctx))
	check(x.runs.Forget(ctx)) // again: nothing more to do
	has(oldKey, false)
	has(freshKey, true)
	x.Get(old).Is(200).Has("main", "Tệp đã được xoá").Count("a[href$='/file']", 0)
	x.Get(old + "/file").Is(404)
	x.Get(waiting).Is(200).Has("main", "Lần nhập này đã bỏ")
	x.Post(waiting + "/store").Is(422)
	has(waitingKey, true) // given up today: its days begin

	// The same file once more is kept, though an earlier run let go of it.
	_, again := bring("H1", "Nguyễn Thị Ánh", "049185777123")
	if again != oldKey {
		t.Fatalf("the same file has the keys %s and %s", oldKey, again)
	}
	has(again, true)

	// Somebody is erased: every file of dossiers whose run has ended goes.
	check(x.settings.Change(ctx, operator, setting.Change{Name: dossier.KeepMonths.Name, Unit: x.province, What: setting.Set, Value: "0", From: x.db.Now().Date(), Reason: "thử"}))
	check(x.desk.Stop(ctx, operator, "H3", "dừng", ""))
	_, err := x.desk.Erase(ctx, operator, dossier.Erasure{Subject: dossier.Subject{Number: "049185777125"}, Codes: []string{"H3"}, Reason: "theo yêu cầu", Document: "Đơn 9"})
	check(err)
	has(freshKey, false)
	r, _, err := x.runs.ByID(ctx, operator, fresh[len("/admin/imports/"):])
	check(err)
	if r.Gone == 0 || r.State != imports.Done || r.Rows != 1 {
		t.Errorf("the run of the erased person's file is %+v", r)
	}
}
