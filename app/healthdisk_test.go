package app

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cchc/admin"
	"cchc/base/db"
	"cchc/base/i18n"
	"cchc/base/job"
)

// Each disk that is written to is told by itself, and one that is nearly full is seen
// whichever it is and whatever the database is.
func TestADiskThatIsNearlyFullIsTold(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	r, _, _, _ := commune(t)
	const gb = 1 << 30
	home, scans, copied := filepath.Dir(r.db.Name()), filepath.Join(t.TempDir(), "scans"), t.TempDir()
	sqlite := r.db.Engine() == db.SQLite
	for _, c := range []struct {
		what                string
		home, scans, copied int64 // bytes that are free; -1: nobody knows
		files, to           string
		want                map[string]admin.Standing // with the database in a file
	}{
		{"there is room", 2 * gb, 2 * gb, 2 * gb, scans, copied, map[string]admin.Standing{"disk": admin.Fine, "disk_files": admin.Fine, "disk_copies": admin.Fine}},
		{"the database's is short", 2*gb - 1, 9 * gb, 9 * gb, scans, copied, map[string]admin.Standing{"disk": admin.Look, "disk_files": admin.Fine, "disk_copies": admin.Fine}},
		{"the database's is nearly full", gb/4 - 1, 9 * gb, 9 * gb, scans, copied, map[string]admin.Standing{"disk": admin.Bad, "disk_files": admin.Fine, "disk_copies": admin.Fine}},
		{"that of the scans is short", 9 * gb, gb / 4, 9 * gb, scans, copied, map[string]admin.Standing{"disk": admin.Fine, "disk_files": admin.Look, "disk_copies": admin.Fine}},
		{"that of the scans is full", 9 * gb, 0, 9 * gb, scans, copied, map[string]admin.Standing{"disk": admin.Fine, "disk_files": admin.Bad, "disk_copies": admin.Fine}},
		{"that of the copies is full", 9 * gb, 9 * gb, 1 << 20, scans, copied, map[string]admin.Standing{"disk": admin.Fine, "disk_files": admin.Fine, "disk_copies": admin.Bad}},
		{"that of the copies cannot be looked at", 9 * gb, 9 * gb, -1, scans, copied, map[string]admin.Standing{"disk": admin.Fine, "disk_files": admin.Fine, "disk_copies": admin.Bad}},
		{"copies are not made", 9 * gb, 0, 0, scans, "", map[string]admin.Standing{"disk": admin.Fine, "disk_files": admin.Bad}},
		{"scans and copies lie elsewhere", 9 * gb, 0, 0, "s3://scans?endpoint=http://127.0.0.1:1", "s3://copies?endpoint=http://127.0.0.1:1", map[string]admin.Standing{"disk": admin.Fine}},
	} {
		if !sqlite {
			delete(c.want, "disk") // it is another machine's, or another program's
		}
		r.copies.To = c.to
		r.freeAt = func(dir string) (int64, bool) {
			free, ok := map[string]int64{home: c.home, filepath.Dir(scans): c.scans, copied: c.copied}[dir]
			if !ok {
				t.Errorf("%s: somebody looks at the disk of %s", c.what, dir)
			}
			return free, free >= 0
		}
		got := map[string]admin.Standing{}
		for _, f := range r.disks(c.files) {
			got[f.Key] = f.Standing
			where := map[string]string{"disk": home, "disk_files": c.files, "disk_copies": c.to}[f.Key]
			for _, lang := range i18n.Langs {
				ctx := i18n.With(ctx, lang)
				if text := f.Text(ctx); !strings.Contains(text, where) || strings.Contains(f.Name(ctx)+text+f.Do(ctx), "admin.health") {
					t.Errorf("%s, in %s: %s: %s → %s", c.what, lang, f.Name(ctx), text, f.Do(ctx))
				}
			}
		}
		if !maps.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.what, got, c.want)
		}
	}

	// It is among all that is looked at, and what asks the machine finds something.
	r.copies.To, r.freeAt = "", func(string) (int64, bool) { return 1, true }
	queue := &job.Queue{DB: r.db}
	defer queue.Close()
	told := 0
	for _, f := range r.examine(ctx, scans, queue) {
		if strings.HasPrefix(f.Key, "disk") && f.Standing == admin.Bad {
			told++
		}
	}
	if want := map[bool]int{true: 2, false: 1}[sqlite]; told != want {
		t.Errorf("%d full disks are told, want %d", told, want)
	}
	r.freeAt = nil
	if f := r.disk("disk_files", scans); f.Args[1] == i18n.None {
		t.Errorf("nothing is known of the disk of %s, which is to be made", scans)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if f := r.disk("disk_copies", filepath.Join(file, "in it")); f.Standing != admin.Bad {
		t.Errorf("what can be no folder: %s", f.Standing)
	}
}
