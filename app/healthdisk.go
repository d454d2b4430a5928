package app

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"cchc/admin"
	"cchc/base/db"
	"cchc/base/file"
	"cchc/base/i18n"
)

const (
	fewGB = 2    // free on a disk: time to look
	noGB  = 0.25 // nothing more may be written soon
)

// disks looks at each disk of this machine that the program writes to: of the database
// when it is a file, of scans and of copies when they lie in folders; and at that of
// PostgreSQL's archive when somebody said where it is (--pg-archive). Each is told by
// itself, for they may be different ones; what other machines keep is theirs to watch.
func (r *rooms) disks(files string) (out []admin.Finding) {
	if r.db.Engine() == db.SQLite {
		out = append(out, r.disk("disk", filepath.Dir(r.db.Name())))
	}
	if !strings.Contains(files, "://") {
		out = append(out, r.disk("disk_files", files))
	}
	if to := r.copies.To; r.backedUp() && !strings.Contains(to, "://") {
		out = append(out, r.disk("disk_copies", to))
	}
	if r.archive != "" && r.db.Engine() == db.Postgres {
		out = append(out, r.archiveDisk())
	}
	return out
}

// archiveDisk is disk of a folder that PostgreSQL has, which this program never makes: what
// is not there, or no folder, is no place for anything, however empty its disk is. It may
// be closed to this program, as pg-moment leaves it.
func (r *rooms) archiveDisk() admin.Finding {
	if info, err := os.Stat(r.archive); err != nil || !info.IsDir() {
		return admin.Finding{Key: "disk_archive", Standing: admin.Bad, Args: []any{"Free", i18n.None, "Where", r.archive}}
	}
	return r.disk("disk_archive", r.archive)
}

// disk tells how much may still be written in a folder. One that nobody can look at is
// bad.
func (r *rooms) disk(key, dir string) admin.Finding {
	look := r.freeAt
	if look == nil {
		look = file.FreeAt
	}
	f := admin.Finding{Key: key, Standing: admin.Bad, Args: []any{"Free", i18n.None, "Where", dir}}
	bytes, known := look(thereOrAbove(dir))
	if !known {
		return f
	}
	free := float64(bytes) / (1 << 30)
	f.Args[1] = fmt.Sprintf("%.1f GB", free)
	switch {
	case free >= fewGB:
		f.Standing = admin.Fine
	case free >= noGB:
		f.Standing = admin.Look
	}
	return f
}

// thereOrAbove is a folder, or the nearest one above in which it will be made.
func thereOrAbove(dir string) string {
	for {
		up := filepath.Dir(dir)
		if _, err := os.Stat(dir); !os.IsNotExist(err) || up == dir {
			return dir
		}
		dir = up
	}
}
