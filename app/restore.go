package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"cchc/backup"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/file"
	"cchc/base/ledger"
	"cchc/base/moment"
)

type restoreCmd struct {
	Dir      string `arg:"" help:"Folder of the copies that backup made, or s3://BUCKET?endpoint=…." env:"CCHC_BACKUP"`
	DB       string `help:"Where the database goes: a path where none is, or a postgres:// URL of an empty one. Of a drill: the database whose copy is tried." default:"cchc.db" placeholder:"PATH|URL" name:"db"`
	Files    string `help:"Where scans go, as for serve." placeholder:"DIR|URL"`
	At       string `help:"The newest copy that is not after this moment; the newest of all when left out." placeholder:"2026-11-25T01:30"`
	Aside    bool   `help:"When a database is there: put it aside, under another name."`
	Drill    bool   `help:"Put the newest copy back into a temporary folder (a database of its own on the PostgreSQL server), verify it, and remove it again."`
	Identity string `help:"File that opens encrypted copies." placeholder:"FILE"`
	PgTools  string `help:"Folder of pg_restore; found when left out." placeholder:"DIR" name:"pg-tools" env:"CCHC_PG_TOOLS"`
	logFlag
	SealKey string `help:"Where the key of second factors goes, as for serve." name:"seal-key" placeholder:"PATH"`
}

// Run puts a copy back: the database, compared with its checksum and read through,
// and the scans that are not there yet, each compared with its own; then it
// recounts everything. What is there already is put aside or stays as it is; an
// interrupted one leaves nothing half under its name.
func (c restoreCmd) Run(ctx context.Context, s streams) error {
	shelf, err := file.OpenShelf(ctx, c.Dir, false)
	if err != nil {
		return fmt.Errorf("DIR: %w", err)
	}
	defer shelf.Close()
	if c.Drill {
		return c.drill(ctx, s, shelf)
	}
	identities, err := backup.Identities(c.Identity)
	if err != nil {
		return fmt.Errorf("--identity: %w", err)
	}
	r := &backup.Reader{Shelf: shelf, Identities: identities}
	from, until, err := c.choose(ctx, shelf)
	if err != nil {
		return err
	}
	if from.Dump != db.IsPostgres(c.DB) {
		return fmt.Errorf("--db: %s is of %s: put it back there; cchc export and cchc import move it to the other", from.Name(), map[bool]string{true: "PostgreSQL", false: "SQLite"}[from.Dump])
	}
	if from.Sealed && len(identities) == 0 {
		return fmt.Errorf("%s: %w", from.Name(), backup.ErrSealed)
	}
	if err := r.Check(ctx, from); errors.Is(err, backup.ErrNoSum) {
		fmt.Fprintf(s.out, "%s has no checksum beside it: made by an older version; it is read through only\n", shelf.Path(from.Name()))
	} else if err != nil {
		return err
	}
	if err := c.put(ctx, s, r, from); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "%s: the copy of %s\n", db.NameOf(c.DB), from.At.Format("02/01/2006 15:04:05"))
	if !until.IsZero() {
		fmt.Fprintf(s.out, "what was written in the %s until %s is not in it\n", until.Sub(from.At).Truncate(time.Second), until.Format("02/01/2006 15:04:05"))
	}
	key := c.LogKey
	if key == "" {
		key = keyName(c.DB)
	}
	if c.Aside {
		if err := keyAside(ctx, s, r, from, key); err != nil {
			return fmt.Errorf("the database is back; the log's key is not: %w", err)
		}
	}
	if err := putKeys(ctx, r, from, filepath.Base(key), key, s.out); err != nil {
		return fmt.Errorf("the database is back; the log's key is not: %w", err)
	}
	if err := c.putSealKey(ctx, s, r, from); err != nil {
		return fmt.Errorf("the database is back; the key of second factors is not: %w", err)
	}
	if err := c.putFiles(ctx, s, r, from); err != nil {
		return err
	}
	if err := c.tellSeal(ctx, s); err != nil {
		return err
	}
	erased, err := r.Erased(ctx, from)
	if err != nil {
		return err
	}
	return verifyCmd{dbFlag: dbFlag{DB: c.DB}, Files: c.Files, Erased: erased}.Run(ctx, s)
}

// tellSeal says what does not work while the key of the seal is missing.
func (c restoreCmd) tellSeal(ctx context.Context, s streams) error {
	r, err := verifyCmd{dbFlag: dbFlag{DB: c.DB}}.read(ctx)
	if err != nil {
		return err
	}
	defer r.close()
	err = auth.SealFits(ctx, r.db, c.sealKeyAt())
	if errors.Is(err, auth.ErrSealKey) {
		fmt.Fprintf(s.out, "%v: until it is brought, codes of applications are refused and nothing is sent to other systems; passwords, recovery codes and passkeys work, and nothing else is lost. Bring it from the copies or from the machine that has it; when it is lost for good, \"cchc seal anew\" says what has to be set up again\n", err)
		return nil
	}
	return err
}

func (c restoreCmd) sealKeyAt() string {
	if c.SealKey != "" {
		return c.SealKey
	}
	return sealKeyName(c.DB)
}

// putSealKey puts back the key that seals second factors. Another one that is there
// goes aside: a new installation has made one of its own, which opens nothing of this
// database.
func (c restoreCmd) putSealKey(ctx context.Context, s streams, r *backup.Reader, from backup.Copy) error {
	to := c.sealKeyAt()
	b, err := r.SealKey(ctx, from, filepath.Base(to))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	have, err := os.ReadFile(to)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	case string(have) == string(b):
		return nil
	case !c.Aside:
		fmt.Fprintf(s.out, "%s: another key than the copy's is there and stays; with --aside it is put aside\n", to)
		return nil
	default:
		aside := to + asideEnding()
		if err := os.Rename(to, aside); err != nil {
			return err
		}
		fmt.Fprintf(s.out, "%s: another system's\n", aside)
	}
	if err := ledger.WriteFile(to, b, 0o600); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "%s: put back\n", to)
	return nil
}

// put puts the database back.
func (c restoreCmd) put(ctx context.Context, s streams, r *backup.Reader, from backup.Copy) error {
	if from.Dump {
		if err := db.MustBeEmpty(ctx, c.DB); err != nil {
			return fmt.Errorf("--db: %w; nothing was changed", err)
		}
		if err := load(ctx, r, from, c.DB, backup.Tools{Dir: c.PgTools}); err != nil {
			return fmt.Errorf("restore %s: %w", from.Name(), err)
		}
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(c.DB), 0o750); err != nil {
		return fmt.Errorf("--db: %w", err)
	}
	// Nobody begins to serve it meanwhile, and who serves it is told, also when its file
	// was moved away under them.
	release, err := db.Keep(c.DB)
	if err != nil {
		return fmt.Errorf("--db: %w", err)
	}
	defer release()
	if free, known := file.FreeAt(filepath.Dir(c.DB)); known && free < 2*from.Size {
		return fmt.Errorf("--db: %w: %d MB are free and %d MB are needed; nothing was changed", db.ErrFull, free>>20, 2*from.Size>>20)
	}
	there, err := c.mayGo(ctx)
	if err != nil {
		return err
	}
	var room func() error
	if there {
		room = func() error { return c.makeRoom(ctx, s) }
	}
	if err := fetchDB(ctx, r, from, c.DB, room); err != nil {
		return fmt.Errorf("restore %s: %w", r.Shelf.Path(from.Name()), err)
	}
	return nil
}

// choose finds the copy that is wanted; until is the end of the minute that was
// asked for.
func (c restoreCmd) choose(ctx context.Context, shelf *file.Shelf) (from backup.Copy, until time.Time, err error) {
	if c.At != "" {
		t, err := time.ParseInLocation("2006-01-02T15:04", c.At, moment.Zone)
		if err != nil {
			return from, until, fmt.Errorf("--at: %q; want 2026-11-25T01:30", c.At)
		}
		until = t.Add(time.Minute - 1)
	}
	all, err := backup.Copies(ctx, shelf)
	if err != nil {
		return from, until, err
	}
	if from, err = backup.Choose(all, backup.Stem(c.DB), until, time.Now()); err != nil {
		err = fmt.Errorf("%s: %w", shelf.Where(), err)
	}
	return from, until, err
}

// mayGo reports whether a database is there, which has to be free to be put aside.
func (c restoreCmd) mayGo(ctx context.Context) (there bool, err error) {
	if _, err := os.Lstat(c.DB); errors.Is(err, fs.ErrNotExist) {
		return false, nil
	} else if err != nil {
		return false, fmt.Errorf("--db: %w", err)
	}
	if !c.Aside {
		return false, fmt.Errorf("--db: %s is there already; nothing was changed. With --aside it is put aside first", c.DB)
	}
	if err := db.Settle(ctx, c.DB); err != nil {
		return false, fmt.Errorf("--aside: %s: %w; is the program still running?", c.DB, err)
	}
	return true, nil
}

// makeRoom puts the database aside, when nobody has it open.
func (c restoreCmd) makeRoom(ctx context.Context, s streams) error {
	if err := db.Settle(ctx, c.DB); err != nil {
		return fmt.Errorf("--aside: %s: %w; is the program still running?", c.DB, err)
	}
	to := c.DB + asideEnding()
	if err := os.Rename(c.DB, to); err != nil {
		return fmt.Errorf("--aside: %w", err)
	}
	fmt.Fprintf(s.out, "%s: what was there before\n", to)
	return nil
}

func asideEnding() string {
	return ".aside-" + time.Now().In(moment.Zone).Format("2006-01-02T150405")
}

// keyAside puts a key of the log aside that is another than the copy's, with what was
// signed by it: a new installation has made one of its own, which did not sign this log.
func keyAside(ctx context.Context, s streams, r *backup.Reader, from backup.Copy, key string) error {
	want, err := r.Key(ctx, from, filepath.Base(key), false)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	have, err := os.ReadFile(key)
	if errors.Is(err, fs.ErrNotExist) || err == nil && string(have) == string(want) {
		return nil
	}
	if err != nil {
		return err
	}
	ending := asideEnding()
	for _, name := range []string{key, key + ".signed"} {
		if err := os.Rename(name, name+ending); err == nil {
			fmt.Fprintf(s.out, "%s: another log's\n", name+ending)
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

func (c restoreCmd) putFiles(ctx context.Context, s streams, r *backup.Reader, from backup.Copy) error {
	to := dbFlag{DB: c.DB}.files(c.Files)
	shelf, err := file.OpenShelf(ctx, to, true)
	if err != nil {
		return fmt.Errorf("--files: %w", err)
	}
	defer shelf.Close()
	done, err := r.Files(ctx, from, shelf)
	fmt.Fprintf(s.out, "%s: %d files put back, %d there from before\n", to, done.New, done.Had)
	if err == nil {
		err = errors.Join(done.Lost...)
	}
	if err != nil {
		return fmt.Errorf("the database is back; files that are not: %w", err)
	}
	return nil
}

func (c restoreCmd) drill(ctx context.Context, s streams, shelf *file.Shelf) error {
	begun := time.Now()
	d, err := drill(ctx, shelf, c.DB, c.Identity, backup.Tools{Dir: c.PgTools})
	if err != nil {
		return fmt.Errorf("drill: %s: %w", d.Name, err)
	}
	fmt.Fprintf(s.out, "%s: %d bytes, its checksum agrees\n", shelf.Path(d.Name), d.Bytes)
	if !d.Opened {
		fmt.Fprintln(s.out, "it is encrypted: without --identity nothing more can be tried")
		return nil
	}
	fmt.Fprintf(s.out, "put back elsewhere in %.1f s, with %d files, each compared; there:\n%s", time.Since(begun).Seconds(), d.Files, d.Text)
	return nil
}
