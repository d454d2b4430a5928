package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"cchc/base/db"
	"cchc/base/file"
	"cchc/base/ledger"
	"cchc/base/moment"
)

type restoreCmd struct {
	Dir   string `arg:"" help:"Folder of the copies that backup made." env:"CCHC_BACKUP" type:"existingdir"`
	DB    string `help:"Where the database goes." required:"" placeholder:"PATH" name:"db"`
	Files string `help:"Where scans go, as for serve." placeholder:"DIR"`
	At    string `help:"The newest copy that is not after this moment; the newest of all when left out." placeholder:"2026-11-25T01:30"`
	Aside bool   `help:"When a database is there: put it aside, under another name."`
}

// A copied is one copy of a database in a folder of copies.
type copied struct {
	path, stem string
	at         time.Time
}

// Run puts a copy back: the database, compared with its checksum and read through,
// and the scans that are not there yet, each compared with its own; then it
// recounts everything. What is there already is put aside or stays as it is; an
// interrupted one leaves nothing half under its name.
func (c restoreCmd) Run(ctx context.Context, s streams) error {
	if db.IsPostgres(c.DB) {
		return fmt.Errorf("--db: a file, please; PostgreSQL's own tools put its copies back (see docs/operate, PostgreSQL)")
	}
	from, err := c.choose()
	if err != nil {
		return err
	}
	if err := checkSum(from.path); errors.Is(err, fs.ErrNotExist) {
		fmt.Fprintf(s.out, "%s has no checksum beside it: made by an older version; it is read through only\n", from.path)
	} else if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(c.DB), 0o750); err != nil {
		return fmt.Errorf("--db: %w", err)
	}
	if err := c.makeRoom(ctx, s); err != nil {
		return err
	}
	if err := db.PutBack(ctx, from.path, c.DB); err != nil {
		return fmt.Errorf("restore %s: %w", from.path, err)
	}
	fmt.Fprintf(s.out, "%s: the copy of %s\n", c.DB, from.at.Format("02/01/2006 15:04:05"))
	if err := c.putKeys(s); err != nil {
		return fmt.Errorf("the database is back; the log's key is not: %w", err)
	}
	if err := c.putFiles(ctx, s); err != nil {
		return err
	}
	return verifyCmd{dbFlag: dbFlag{DB: c.DB}, Files: c.Files}.Run(ctx, s)
}

var copyName = regexp.MustCompile(`^(.+)-(\d{4}-\d\d-\d\dT\d{6})\.db$`)

// choose finds the copy that is wanted.
func (c restoreCmd) choose() (copied, error) {
	until := time.Time{}
	if c.At != "" {
		t, err := time.ParseInLocation("2006-01-02T15:04", c.At, moment.Zone)
		if err != nil {
			return copied{}, fmt.Errorf("--at: %q; want 2026-11-25T01:30", c.At)
		}
		until = t.Add(time.Minute - 1)
	}
	entries, err := os.ReadDir(c.Dir)
	if err != nil {
		return copied{}, err
	}
	var all []copied
	for _, e := range entries {
		m := copyName.FindStringSubmatch(e.Name())
		if m == nil || !e.Type().IsRegular() {
			continue
		}
		if at, err := time.ParseInLocation("2006-01-02T150405", m[2], moment.Zone); err == nil {
			all = append(all, copied{path: filepath.Join(c.Dir, e.Name()), stem: m[1], at: at})
		}
	}
	// A training's copies may stand beside: those named as the database come first.
	stem := strings.TrimSuffix(filepath.Base(c.DB), filepath.Ext(c.DB))
	if slices.ContainsFunc(all, func(x copied) bool { return x.stem == stem }) {
		all = slices.DeleteFunc(all, func(x copied) bool { return x.stem != stem })
	}
	for _, x := range all {
		if x.stem != all[0].stem {
			return copied{}, fmt.Errorf("%s has copies of %s and of %s, none of %s: name the database as one of them", c.Dir, all[0].stem, x.stem, stem)
		}
	}
	slices.SortFunc(all, func(a, b copied) int { return a.at.Compare(b.at) })
	for _, x := range slices.Backward(all) {
		if until.IsZero() || !x.at.After(until) {
			return x, nil
		}
	}
	if len(all) == 0 {
		return copied{}, fmt.Errorf("%s: no copy of a database is there", c.Dir)
	}
	return copied{}, fmt.Errorf("--at: the oldest copy is of %s", all[0].at.Format("02/01/2006 15:04:05"))
}

// makeRoom puts a database that is there aside, when that was agreed to and nobody
// has it open.
func (c restoreCmd) makeRoom(ctx context.Context, s streams) error {
	if _, err := os.Lstat(c.DB); errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return fmt.Errorf("--db: %w", err)
	}
	if !c.Aside {
		return fmt.Errorf("--db: %s is there already; nothing was changed. With --aside it is put aside first", c.DB)
	}
	if err := db.Settle(ctx, c.DB); err != nil {
		return fmt.Errorf("--aside: %s: %w; is the program still running?", c.DB, err)
	}
	to := c.DB + ".aside-" + time.Now().In(moment.Zone).Format("2006-01-02T150405")
	if err := os.Rename(c.DB, to); err != nil {
		return fmt.Errorf("--aside: %w", err)
	}
	fmt.Fprintf(s.out, "%s: what was there before\n", to)
	return nil
}

func (c restoreCmd) putFiles(ctx context.Context, s streams) error {
	copies := filepath.Join(c.Dir, "files")
	if _, err := os.Stat(copies); errors.Is(err, fs.ErrNotExist) {
		return nil // there were none
	}
	to := c.Files
	if to == "" {
		to = filepath.Join(filepath.Dir(c.DB), "files")
	}
	if strings.Contains(to, "://") {
		return fmt.Errorf("--files: the database is back; copy %s to %s with the storage's own tools", copies, to)
	}
	store, err := file.Open(ctx, copies)
	if err != nil {
		return fmt.Errorf("restore the files: %w", err)
	}
	defer store.Close()
	n, err := store.CopyTo(ctx, to)
	fmt.Fprintf(s.out, "%s: %d files put back (%d bytes), %d were there\n", to, n.New, n.Bytes, n.Had)
	if err != nil {
		return fmt.Errorf("the database is back; files that are not: %w", err)
	}
	return nil
}

// putKeys puts back the key that signs the log of the trail, with what was signed
// last, where there is none.
func (c restoreCmd) putKeys(s streams) error {
	for _, name := range []string{".log-key", ".log-key.signed"} {
		to := c.DB + name
		if _, err := os.Lstat(to); err == nil {
			continue
		}
		b, err := os.ReadFile(filepath.Join(c.Dir, filepath.Base(to)))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if err := ledger.WriteFile(to, b, 0o600); err != nil {
			return err
		}
		fmt.Fprintf(s.out, "%s: put back\n", to)
	}
	return nil
}

// writeSum writes the checksum of a file beside it, as sha256sum does and checks.
func writeSum(path string) error {
	sum, err := sumOf(path)
	if err != nil {
		return err
	}
	return os.WriteFile(path+".sha256", []byte(sum+"  "+filepath.Base(path)+"\n"), 0o640)
}

// checkSum compares a file with the checksum beside it; fs.ErrNotExist without one.
func checkSum(path string) error {
	text, err := os.ReadFile(path + ".sha256")
	if err != nil {
		return err
	}
	want, _, _ := strings.Cut(string(text), " ")
	got, err := sumOf(path)
	if err != nil {
		return err
	}
	if got != want {
		return fmt.Errorf("%s is damaged: its SHA-256 is %s, and %s.sha256 says %s; take another copy (--at)", path, got, filepath.Base(path), want)
	}
	return nil
}

func sumOf(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
