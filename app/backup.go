package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"cchc/base/db"
	"cchc/base/file"
	"cchc/base/ledger"
	"cchc/base/moment"
)

type backupCmd struct {
	dbFlag
	Dir   string `arg:"" help:"Folder of the copies, made when it is not there; better on another disk." env:"CCHC_BACKUP"`
	Files string `help:"Where scans are kept, as for serve." placeholder:"DIR|URL"`
	logFlag
	Keep int `help:"How many copies of the database to keep there; 0 keeps all." default:"14" placeholder:"N"`
}

// Run copies the database to DIR/NAME-TIME.db, and to DIR/files the scans that
// are not there yet. The program may be running meanwhile. It does not migrate:
// a backup before an upgrade is of what was there.
func (c backupCmd) Run(ctx context.Context, s streams) error {
	if c.Keep < 0 {
		return fmt.Errorf("--keep: %d; want 0 or more", c.Keep)
	}
	if db.IsPostgres(c.DB) {
		return fmt.Errorf("--db: %w (see docs/operate, PostgreSQL); scans are copied as files", db.ErrNoCopy)
	}
	if _, err := os.Stat(c.DB); err != nil {
		return fmt.Errorf("--db: %w", err)
	}
	if err := os.MkdirAll(c.Dir, 0o750); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	d, err := db.Open(ctx, c.DB, db.Options{Readers: 1})
	if err != nil {
		return fmt.Errorf("--db: %w", err)
	}
	defer d.Close()
	stem := strings.TrimSuffix(filepath.Base(c.DB), filepath.Ext(c.DB))
	path := filepath.Join(c.Dir, stem+"-"+d.Now().Time().In(moment.Zone).Format("2006-01-02T150405")+".db")
	// The database first: what it names of scans is there by then, and stays.
	if err := d.Backup(ctx, path); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if err := writeSum(path); err != nil {
		return fmt.Errorf("backup: the copy's checksum: %w", err)
	}
	fmt.Fprintf(s.out, "%s: %d bytes, looked through\n", path, info.Size())
	where := (&rooms{db: d}).filesAt(c.Files)
	store, err := file.Open(ctx, where)
	if err != nil {
		return fmt.Errorf("--files: %w", err)
	}
	defer store.Close()
	to := filepath.Join(c.Dir, "files")
	n, err := store.CopyTo(ctx, to)
	fmt.Fprintf(s.out, "%s: %d files new (%d bytes), %d there from before\n", to, n.New, n.Bytes, n.Had)
	if err != nil {
		return fmt.Errorf("backup: the database is copied; scans of %s that are not: %w", where, err)
	}
	if err := c.keys(s, (&rooms{db: d}).logKeyAt(c.LogKey)); err != nil {
		return fmt.Errorf("backup: the log's key: %w", err)
	}
	if err := prune(c.Dir, stem, c.Keep); err != nil {
		return fmt.Errorf("backup: what is too old: %w", err)
	}
	// The health page tells when the last one was, wherever it went.
	return os.WriteFile(c.DB+".backup", []byte(path+"\n"), 0o640)
}

// keys copies the key of the log with what was signed last, for its owner alone. A key
// that is there already and is another stays under the name of its time.
func (c backupCmd) keys(s streams, path string) error {
	for _, name := range []string{path, path + ".signed"} {
		b, err := os.ReadFile(name)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		to := filepath.Join(c.Dir, filepath.Base(name))
		had, err := os.ReadFile(to)
		if err == nil && name == path && string(had) != string(b) {
			info, err := os.Stat(to)
			if err != nil {
				return err
			}
			if err := os.Rename(to, to+"."+info.ModTime().In(moment.Zone).Format("2006-01-02T150405")); err != nil {
				return err
			}
		}
		if err := ledger.WriteFile(to, b, 0o600); err != nil {
			return err
		}
		fmt.Fprintf(s.out, "%s: copied\n", to)
	}
	return nil
}

var copyTime = regexp.MustCompile(`^-\d{4}-\d\d-\d\dT\d{6}\.db$`)

// prune removes all but the newest copies.
func prune(dir, stem string, keep int) error {
	list, err := os.ReadDir(dir) // by name, which is by time
	if err != nil || keep == 0 {
		return err
	}
	var names []string
	for _, e := range list {
		if rest, ok := strings.CutPrefix(e.Name(), stem); ok && copyTime.MatchString(rest) && e.Type().IsRegular() {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	var wrong []error
	for _, name := range names[:max(0, len(names)-keep)] {
		wrong = append(wrong, os.Remove(filepath.Join(dir, name)))
		if err := os.Remove(filepath.Join(dir, name+".sha256")); !errors.Is(err, fs.ErrNotExist) {
			wrong = append(wrong, err)
		}
	}
	return errors.Join(wrong...)
}
