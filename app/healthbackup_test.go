package app

import (
	"context"
	"strings"
	"testing"
	"time"

	"cchc/admin"
	"cchc/backup"
	"cchc/base/db"
	"cchc/base/i18n"
	"cchc/base/moment"
)

// Where no copy was ever made, or put back for trial, health says so, and names no time;
// where one was it says when.
func TestHealthSaysThatThereIsNoCopyYet(t *testing.T) {
	t.Parallel()
	r, clock, _, _ := commune(t)
	var err error
	if r.copies, err = (backupFlags{To: t.TempDir(), At: []string{"01:30"}, Drill: "monthly", copyFlags: copyFlags{Keep: 2}}).schedule(); err != nil {
		t.Fatal(err)
	}
	noted := func(x backup.Run) {
		t.Helper()
		clock.Advance(time.Minute)
		x.Asked, x.Started = r.db.Now(), r.db.Now()
		if err := r.db.Write(t.Context(), func(tx *db.Tx) error { return backup.Note(t.Context(), tx, operator, x) }); err != nil {
			t.Fatal(err)
		}
	}
	look := func(key string, standing admin.Standing, vi, en string) {
		t.Helper()
		for _, f := range r.backupFindings(t.Context()) {
			if f.Key != key {
				continue
			}
			if f.Standing != standing {
				t.Errorf("%s is %s, want %s", key, f.Standing, standing)
			}
			for lang, want := range map[string]string{i18n.Vietnamese: vi, i18n.English: en} {
				text := f.Text(i18n.With(context.Background(), lang))
				if !strings.HasPrefix(text, want) || strings.Contains(text, i18n.None) || strings.Contains(text, "<no value>") {
					t.Errorf("%s in %s: %q, want that it begins %q and has no dash", key, lang, text, want)
				}
			}
			return
		}
		t.Errorf("nothing is told of %s", key)
	}
	look("backup", admin.Look, "Chưa có bản sao nào", "There is no copy yet")
	noted(backup.Run{Kind: backup.Copying, Error: "no room"})
	look("backup", admin.Bad, "Lần gần nhất bị lỗi: no room. Chưa có bản tốt nào", "The last try failed: no room. There is no good copy yet")
	noted(backup.Run{Kind: backup.Copying, Name: "cchc.db"})
	at := func(lang string) string {
		return i18n.Instant(i18n.With(context.Background(), lang), moment.Of(clock.Now()))
	}
	look("backup", admin.Fine, at(i18n.Vietnamese), at(i18n.English))
	look("drill", admin.Look, "Chưa từng khôi phục thử bản sao nào", "No copy was ever put back for trial")
	noted(backup.Run{Kind: backup.Drill, Error: "torn"})
	look("drill", admin.Bad, "Không khôi phục được bản sao: torn. Chưa lần thử nào tốt", "A copy could not be put back: torn. None ever was")
	noted(backup.Run{Kind: backup.Copying, Error: "no room"})
	look("backup", admin.Bad, "Lần gần nhất bị lỗi: no room. Bản tốt gần nhất: ", "The last try failed: no room. Last good copy: ")
	noted(backup.Run{Kind: backup.Drill, Name: "cchc.db"})
	look("drill", admin.Fine, at(i18n.Vietnamese), at(i18n.English))
}
