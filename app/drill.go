package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"cchc/backup"
	"cchc/base/db"
	"cchc/base/file"
	"cchc/base/ledger"
)

// drilled is what a drill found.
type drilled struct {
	Name   string // of the copy
	Bytes  int64
	Files  int // that belong to it
	Opened bool
	Text   string // what verify and verify --log said
}

// drill puts the newest copy of a database on a shelf back elsewhere: into a
// temporary folder, or a database of its own on the PostgreSQL server of dsn, which
// are removed again. Everything is recounted there, the log of the trail checked and
// every file of the copy read through. What is encrypted is opened with the identity;
// without one only checksums are compared, and Opened is false.
func drill(ctx context.Context, shelf *file.Shelf, dsn, identity string, tools backup.Tools) (drilled, error) {
	var out drilled
	identities, err := backup.Identities(identity)
	if err != nil {
		return out, err
	}
	r := backup.Reader{Shelf: shelf, Identities: identities}
	all, err := backup.Copies(ctx, shelf)
	if err != nil {
		return out, err
	}
	c, err := backup.Choose(all, backup.Stem(dsn), time.Time{}, time.Now())
	if err != nil {
		return out, fmt.Errorf("%s: %w", shelf.Where(), err)
	}
	out.Name, out.Bytes = c.Name(), c.Size
	if err := r.Check(ctx, c); err != nil {
		return out, err
	}
	if c.Sealed && len(identities) == 0 {
		return out, nil
	}
	out.Opened = true
	dir, err := os.MkdirTemp("", "cchc-drill-")
	if err != nil {
		return out, err
	}
	defer os.RemoveAll(dir)
	if free, known := file.FreeAt(dir); known && !c.Dump && free < c.Size+c.Size/4 {
		return out, fmt.Errorf("%s: %w: a drill needs %d MB there; TMPDIR names another folder", os.TempDir(), db.ErrFull, (c.Size+c.Size/4)>>20)
	}
	at := filepath.Join(dir, "cchc.db")
	if c.Dump {
		scratch, drop, err := db.Scratch(ctx, dsn)
		if err != nil {
			return out, fmt.Errorf("a database for the drill, which the user of --db must be allowed to create (CREATEDB): %w", err)
		}
		defer drop()
		if err := load(ctx, &r, c, scratch, tools); err != nil {
			return out, err
		}
		at = scratch
	} else if err := fetchDB(ctx, &r, c, at, nil); err != nil {
		return out, err
	}
	logKey := filepath.Join(dir, "log-key")
	if err := putKeys(ctx, &r, c, filepath.Base(keyName(dsn)), logKey, io.Discard); err != nil {
		return out, err
	}
	// Files that lie open in a folder are read through where they are.
	files := shelf.Path("files")
	var to *file.Shelf
	if shelf.Dir() == "" || c.Sealed {
		files = filepath.Join(dir, "files")
		if to, err = file.OpenShelf(ctx, files, true); err != nil {
			return out, err
		}
	}
	put, err := r.Files(ctx, c, to)
	if err == nil {
		err = errors.Join(put.Lost...)
	}
	if err != nil {
		return out, fmt.Errorf("files of the copy: %w", err)
	}
	out.Files = put.New + put.Had
	var says bytes.Buffer
	s := streams{in: strings.NewReader(""), out: &says, err: io.Discard}
	erased, err := r.Erased(ctx, c)
	if err != nil {
		return out, err
	}
	if err := (verifyCmd{dbFlag: dbFlag{DB: at}, Place: files, Erased: erased}).Run(ctx, s); err != nil {
		return out, fmt.Errorf("what was put back: %w\n%s", err, says.String())
	}
	if err := (verifyCmd{dbFlag: dbFlag{DB: at}, logFlag: logFlag{LogKey: logKey}, Log: true}).Run(ctx, s); err != nil {
		return out, fmt.Errorf("the log of what was put back: %w\n%s", err, says.String())
	}
	out.Text = says.String()
	return out, nil
}

// fetchDB puts a SQLite copy to a path, read through before it bears its name; then
// room is made there.
func fetchDB(ctx context.Context, r *backup.Reader, c backup.Copy, path string, room func() error) error {
	fetched := path + ".fetched"
	if err := os.Remove(fetched); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := r.Fetch(ctx, c, fetched); err != nil {
		return err
	}
	defer os.Remove(fetched)
	return db.PutBack(ctx, fetched, path, room)
}

// load puts a copy of a PostgreSQL database into one that is empty.
func load(ctx context.Context, r *backup.Reader, c backup.Copy, dsn string, tools backup.Tools) error {
	from, err := r.Open(ctx, c)
	if err != nil {
		return err
	}
	defer from.Close()
	return tools.Load(ctx, dsn, from)
}

// keyName is where the key of the log of a database is, when nobody says.
func keyName(dsn string) string {
	if db.IsPostgres(dsn) {
		return "cchc.log-key"
	}
	return dsn + ".log-key"
}

// putKeys puts back the key that signs the log of the trail, with what was signed
// last, where there is none.
func putKeys(ctx context.Context, r *backup.Reader, c backup.Copy, name, to string, say io.Writer) error {
	for _, signed := range []bool{false, true} {
		path := to
		if signed {
			path += ".signed"
		}
		if _, err := os.Lstat(path); err == nil {
			continue
		}
		b, err := r.Key(ctx, c, name, signed)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if err := ledger.WriteFile(path, b, 0o600); err != nil {
			return err
		}
		fmt.Fprintf(say, "%s: put back\n", path)
	}
	return nil
}
