package app

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cchc/admin"
	"cchc/base/db"
	"cchc/base/i18n"
	"cchc/base/moment"
)

// What PostgreSQL says of its archive, and what is told of it. That PostgreSQL says it is
// tried with a cluster that archives, by TestPostgreSQLGoesBackToAMoment.
func TestHowPostgreSQLsArchiveStandsIsTold(t *testing.T) {
	t.Parallel()
	now, err := moment.ParseInstant("2026-11-23T09:00")
	if err != nil {
		t.Fatal(err)
	}
	ago := func(d time.Duration) moment.Instant { return now.Add(-d) }
	const dir, min, mb = "/mnt/backup/pg", time.Minute, 1 << 20
	long := ago(30 * 24 * time.Hour)
	for _, c := range []struct {
		what     string
		a        db.Archive
		dir      string
		key      string // "": nothing is told
		standing admin.Standing
		says     string // in both languages
	}{
		{"nobody archives", db.Archive{Started: long, Waiting: -1}, "", "", "", ""},
		{"a folder is named and nothing goes there", db.Archive{Started: long, Archived: ago(min), Waiting: -1}, dir, "archive_off", admin.Bad, dir},
		{"it archives", db.Archive{On: true, Told: true, Started: long, Archived: ago(min), Timeout: min}, dir, "archive", admin.Fine, "08:59 "},
		{"it archives where nobody said", db.Archive{On: true, Told: true, Started: long, Archived: ago(min), Timeout: min}, "", "archive", admin.Fine, "08:59 "},
		{"it failed once and then did it", db.Archive{On: true, Told: true, Started: long, Failed: ago(3 * min), Piece: "0A", Archived: ago(2 * min)}, "", "archive", admin.Fine, "08:58 "},
		{"its last try failed", db.Archive{On: true, Told: true, Started: long, Archived: ago(2 * min), Failed: ago(min), Piece: "00000001000000000000000A", Waiting: 1}, "", "archive", admin.Bad, "00000001000000000000000A"},
		{"it never did it", db.Archive{On: true, Told: true, Started: ago(2 * min), Failed: ago(min), Piece: "000000010000000000000001", Waiting: -1}, "", "archive", admin.Bad, i18n.None},
		{"no command is set", db.Archive{On: true, Started: long, Archived: ago(min)}, "", "archive_untold", admin.Bad, "archive_command"},
		{"pieces wait a moment", db.Archive{On: true, Told: true, Started: long, Archived: ago(15 * min), Waiting: 3, Size: 16 * mb}, "", "archive", admin.Fine, "08:45 "},
		{"pieces wait for long", db.Archive{On: true, Told: true, Started: long, Archived: ago(15*min + time.Second), Waiting: 3, Size: 16 * mb}, "", "archive_late", admin.Bad, "48.0 MB"},
		{"it has just started after a night", db.Archive{On: true, Told: true, Started: ago(min), Archived: ago(600 * min), Waiting: 3, Size: 16 * mb}, "", "archive", admin.Fine, "23:00 "},
		{"nothing was written since", db.Archive{On: true, Told: true, Started: long, Archived: ago(600 * min), Timeout: min}, "", "archive", admin.Fine, "23:00 "},
		{"turned on a minute ago", db.Archive{On: true, Told: true, Started: ago(min), Waiting: -1, Timeout: min}, "", "archive_quiet", admin.Fine, ""},
		{"turned on an hour ago and nothing came", db.Archive{On: true, Told: true, Started: ago(60 * min), Waiting: -1}, "", "archive_quiet", admin.Look, i18n.None},
		{"a base copy's label an hour ago, and nothing since", db.Archive{On: true, Told: true, Started: long, Archived: ago(60 * min), Waiting: -1, Timeout: min}, "", "archive_quiet", admin.Look, "08:00 "},
		{"the same where pieces wait until they are full", db.Archive{On: true, Told: true, Started: long, Archived: ago(60 * min), Waiting: -1}, "", "archive", admin.Fine, "08:00 "},
		{"a standby, which another archives for", db.Archive{On: true, Told: true, Standby: true, Started: long, Waiting: -1}, dir, "", "", ""},
	} {
		c.a.Now = now
		all := archiveStands(c.a, c.dir)
		if c.key == "" {
			if len(all) != 0 {
				t.Errorf("%s: %+v is told", c.what, all)
			}
			continue
		}
		if len(all) != 1 || all[0].Key != c.key || all[0].Standing != c.standing {
			t.Errorf("%s: %+v, want %s %s", c.what, all, c.key, c.standing)
			continue
		}
		inBoth(t, all[0], c.says)
	}
	inBoth(t, admin.Finding{Key: "archive_unknown", Standing: admin.Bad}, "")
}

// inBoth looks that a finding has its words in both languages, and says a thing in them.
func inBoth(t *testing.T, f admin.Finding, says string) {
	t.Helper()
	for _, lang := range i18n.Langs {
		ctx := i18n.With(context.Background(), lang)
		name, text, do := f.Name(ctx), f.Text(ctx), f.Do(ctx)
		if !strings.Contains(text, says) || strings.Contains(name+text+do, "admin.health") || strings.Contains(text, "<no value>") || (do == "") != (f.Standing == admin.Fine) {
			t.Errorf("in %s: %s: %q → %q; want that it says %q", lang, name, text, do, says)
		}
	}
}

// The disk of PostgreSQL's archive is watched where somebody said where it is, also when
// the folder is closed to this program; one that is not there is not taken for the disk
// above it.
func TestTheDiskOfPostgreSQLsArchiveIsWatched(t *testing.T) {
	t.Parallel()
	r, _, _, _ := commune(t)
	scans, archive := t.TempDir(), filepath.Join(t.TempDir(), "pg")
	const gb = 1 << 30
	free := int64(9 * gb)
	r.freeAt = func(dir string) (int64, bool) {
		if dir == archive {
			return free, true
		}
		return 9 * gb, true
	}
	look := func(what string, want admin.Standing) {
		t.Helper()
		for _, f := range r.disks(scans) {
			if f.Key != "disk_archive" {
				continue
			}
			if f.Standing != want {
				t.Errorf("%s: %s, want %q", what, f.Standing, want)
			}
			inBoth(t, f, archive)
			return
		}
		if want != "" {
			t.Errorf("%s: nothing is told, want %s", what, want)
		}
	}
	look("nobody said where it is", "")
	r.archive = archive
	if r.db.Engine() == db.SQLite {
		look("a SQLite file has no such archive", "")
		return
	}
	look("it is not mounted", admin.Bad)
	if err := os.WriteFile(archive, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	look("it is a file", admin.Bad)
	if err := os.Remove(archive); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(archive, 0o000); err != nil {
		t.Fatal(err)
	}
	look("there is room", admin.Fine)
	free = gb
	look("it is short", admin.Look)
	free = 0
	look("it is full", admin.Bad)
}
