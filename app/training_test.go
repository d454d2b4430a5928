package app

import (
	"context"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cchc/admin"
	"cchc/base/db"
	"cchc/base/db/dbtest"
	"cchc/base/file"
)

func TestTheTrainingsDatabaseIsNeverTheRealOne(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		dsn, want string
		ok        bool
	}{
		{"cchc.db", "cchc-training.db", true},
		{"/var/lib/cchc/cchc.db", "/var/lib/cchc/cchc-training.db", true},
		{"data", "data-training", true},
		{"postgres://u@h/cchc", "", false},
		{"postgres://u@training/cchc?sslmode=disable", "", false},
		{"postgres://u@h/cchc_training?sslmode=disable", "postgres://u@h/cchc_training?sslmode=disable", true},
	} {
		if got, err := trainingDSN(c.dsn); got != c.want || (err == nil) != c.ok {
			t.Errorf("trainingDSN(%q) = %q, %v, want %q", c.dsn, got, err, c.want)
		}
	}
}

func TestATrainingSaysSoAndHasACookieOfItsOwn(t *testing.T) {
	t.Parallel()
	r, _, _, _ := commune(t)
	r.training = true
	r.first.Code = ""
	h, stop, err := r.handler(context.Background(), serveFlags{Files: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/first-run", nil))
	if !strings.Contains(w.Body.String(), "TẬP HUẤN") {
		t.Errorf("the page does not say that it is a training: %s", w.Body)
	}
	if r.cookie() == "" || r.filesAt("") == (&rooms{db: r.db}).filesAt("") {
		t.Error("a training shares its cookie or its files with the real one")
	}
}

func TestTheDoctorFindsWhatIsWrong(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	r, clock, _, _ := commune(t)
	find := func(key string) admin.Standing {
		t.Helper()
		for _, f := range r.examine(ctx, t.TempDir(), r.queue) {
			if f.Key == key {
				if text := f.Text(ctx); strings.HasPrefix(text, "admin.") || f.Do(ctx) != "" && strings.HasPrefix(f.Do(ctx), "admin.") {
					t.Errorf("%s has no words: %q, %q", key, text, f.Do(ctx))
				}
				return f.Standing
			}
		}
		t.Fatalf("nobody looked at %s", key)
		return ""
	}
	for key, want := range map[string]admin.Standing{"schema": admin.Fine, "files": admin.Fine, "jobs": admin.Fine, "holidays": admin.Fine, "clock": admin.Fine,
		"keepers": admin.Bad /* nobody has an account yet */} {
		if got := find(key); got != want {
			t.Errorf("%s stands %s, want %s", key, got, want)
		}
	}
	clock.Set("2027-12-01T09:00")
	if got := find("holidays"); got != admin.Look {
		t.Errorf("a month before the holidays run out: %s", got)
	}
	clock.Set("2028-01-03T09:00")
	if got := find("holidays"); got != admin.Bad {
		t.Errorf("after the holidays ran out: %s", got)
	}
	clock.Set("2026-01-01T09:00") // set back: units were made later
	if got := find("clock"); got != admin.Bad {
		t.Errorf("a clock that was set back: %s", got)
	}
}

func TestATrainingsScansAreApart(t *testing.T) {
	t.Parallel()
	d, _ := dbtest.Open(t)
	for _, c := range []struct{ given, real, training string }{
		{"/srv/files", "/srv/files", "/srv/files-training"},
		{"/srv/files/", "/srv/files", "/srv/files-training"}, // not a folder among the real ones
		{"/srv/files-training/", "/srv/files-training", "/srv/files-training"},
		{"./files//", "files", "files-training"},
		{"s3://papers", "s3://papers", "s3://papers?prefix=training/"},
		{"s3://papers?endpoint=https://store:9000", "s3://papers?endpoint=https://store:9000", "s3://papers?endpoint=https://store:9000&prefix=training/"},
	} {
		for training, want := range map[bool]string{false: c.real, true: c.training} {
			r := &rooms{db: d, training: training}
			if got := r.filesAt(c.given); got != want {
				t.Errorf("files at %s, training %t: %s, want %s", c.given, training, got, want)
			}
		}
	}
}

// The server and every command find the scans of a database at one place, given or not.
func TestCommandsLookForScansWhereTheServerKeepsThem(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ dsn, given, want string }{
		{"cchc.db", "", "files"},
		{"/var/lib/cchc/cchc.db", "", "/var/lib/cchc/files"},
		{"/var/lib/cchc/cchc-training.db", "", "/var/lib/cchc/files-training"},
		{"/var/lib/cchc/cchc-training.db", "/srv/files", "/srv/files-training"},
		{"/var/lib/cchc/cchc-training.db", "/srv/files-training", "/srv/files-training"}, // who names the training's own means that
		{"/var/lib/cchc/cchc-training.db", "/srv/files/", "/srv/files-training"},
		{"/var/lib/cchc/cchc-training.db", "/srv/files-training/", "/srv/files-training"},
		{"cchc.db", "/srv/files/", "/srv/files"},
		{"/var/lib/cchc-training/cchc.db", "", "/var/lib/cchc-training/files"},
		{"postgres://u@h/cchc", "", "files"},
		{"postgres://training@h/cchc?x=training", "", "files"},
		{"postgres://u@h/cchc_training?sslmode=disable", "", "files-training"},
		{"postgres://u@h/cchc_training", "s3://papers?endpoint=https://store:9000", "s3://papers?endpoint=https://store:9000&prefix=training/"},
		{"postgres://u@h/cchc_training", "s3://papers?prefix=training/", "s3://papers?prefix=training/"},
	} {
		if got := (dbFlag{DB: c.dsn}).files(c.given); got != c.want {
			t.Errorf("files of %s, given %q: %s, want %s", c.dsn, c.given, got, c.want)
		}
	}
}

func TestVerifyFindsTheScansOfATraining(t *testing.T) {
	t.Parallel()
	o := serveOffice(t)
	if o.db.Engine() != db.SQLite {
		t.Skip("beside a PostgreSQL database there is no folder: the table above has its place")
	}
	_, scan := o.scanned(t)
	dir := t.TempDir()
	training := filepath.Join(dir, "cchc-training.db")
	h, err := o.db.Handle()
	o.ok(t, err)
	defer h.Close()
	_, err = h.Exec("VACUUM INTO '" + training + "'")
	o.ok(t, err)
	o.ok(t, os.CopyFS(filepath.Join(dir, "files-training"), os.DirFS(o.files)))
	o.ok(t, os.Mkdir(filepath.Join(dir, "files"), 0o700)) // the real one's, beside it
	if code, out, says := run(t, "verify", "--db", training); code != 0 {
		t.Errorf("exit %d: %s%s", code, out, says)
	}
	o.ok(t, os.Remove(filepath.Join(dir, "files-training", filepath.FromSlash(file.Place(scan.Key)))))
	if code, out, _ := run(t, "verify", "--db", training); code == 0 || !strings.Contains(out, "no file") {
		t.Errorf("a scan that is gone: exit %d: %s", code, out)
	}
}
