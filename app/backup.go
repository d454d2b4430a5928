package app

import (
	"context"
	"errors"
	"fmt"
	"os"

	"cchc/backup"
	"cchc/base/db"
	"cchc/base/file"
)

// copyFlags say how copies are made and kept; the same for serve, which makes them
// by a schedule, and for the command.
type copyFlags struct {
	Keep        int      `help:"How many of the newest copies of the database stay; 0 keeps all." default:"14" placeholder:"N" env:"CCHC_KEEP"`
	KeepDaily   int      `help:"Beyond them the newest of each of so many days." default:"7" placeholder:"N" name:"keep-daily" env:"CCHC_KEEP_DAILY"`
	KeepWeekly  int      `help:"And of so many weeks." default:"5" placeholder:"N" name:"keep-weekly" env:"CCHC_KEEP_WEEKLY"`
	KeepMonthly int      `help:"And of so many months." default:"12" placeholder:"N" name:"keep-monthly" env:"CCHC_KEEP_MONTHLY"`
	Recipient   []string `help:"Encrypt to this key (age1…, see cchc backupkey), or to those in this file: only who holds its identity can put a copy back." placeholder:"KEY" env:"CCHC_BACKUP_RECIPIENT"`
	PgTools     string   `help:"Folder of pg_dump and pg_restore; found when left out." placeholder:"DIR" name:"pg-tools" env:"CCHC_PG_TOOLS"`
}

func (f copyFlags) keep() backup.Keep {
	return backup.Keep{Last: f.Keep, Daily: f.KeepDaily, Weekly: f.KeepWeekly, Monthly: f.KeepMonthly}
}

type backupCmd struct {
	dbFlag
	Dir   string `arg:"" help:"Folder of the copies, made when it is not there, or s3://BUCKET?endpoint=…; better on another disk or machine." env:"CCHC_BACKUP"`
	Files string `help:"Where scans are kept, as for serve." placeholder:"DIR|URL"`
	logFlag
	SealKey string `help:"File of the key that seals second factors, as for serve." name:"seal-key" placeholder:"PATH"`
	copyFlags
}

// Run copies the database to DIR/NAME-TIME.db (.dump of PostgreSQL, made by pg_dump),
// and to DIR/files the scans that are not there yet. The program may be running
// meanwhile. It does not migrate: a backup before an upgrade is of what was there.
func (c backupCmd) Run(ctx context.Context, s streams) error {
	if err := c.keep().Validate(); err != nil {
		return fmt.Errorf("--keep: %w", err)
	}
	if !db.IsPostgres(c.DB) {
		if _, err := os.Stat(c.DB); err != nil {
			return fmt.Errorf("--db: %w", err)
		}
	}
	d, err := db.Open(ctx, c.DB, db.Options{Readers: 1})
	if err != nil {
		return fmt.Errorf("--db: %w", err)
	}
	defer d.Close()
	r := &rooms{db: d}
	r.sealKey = r.sealKeyAt(c.SealKey)
	files, err := file.Open(ctx, c.files(c.Files))
	if err != nil {
		return fmt.Errorf("--files: %w", err)
	}
	defer files.Close()
	begun := d.Now()
	made, err := r.copyTo(ctx, c.Dir, files, r.logKeyAt(c.LogKey), c.copyFlags, func(format string, args ...any) { fmt.Fprintf(s.out, format+"\n", args...) })
	x := ran(made, err)
	x.Asked, x.Started, x.Place = begun, begun, c.Dir
	if current, target, again := d.Version(ctx); again == nil && current == target { // a program that was not upgraded yet knows no such table
		if noted := d.Write(ctx, func(tx *db.Tx) error { return backup.Note(ctx, tx, operator, x) }); noted != nil && err == nil {
			fmt.Fprintf(s.err, "cchc: the copy is made; that it was could not be written down: %v\n", noted)
		}
	}
	for _, path := range made.Keyless {
		fmt.Fprintf(s.err, "cchc: %s is not there: this copy has no such key (--log-key, --seal-key say where they are)\n", path)
	}
	if err == nil || errors.Is(err, backup.ErrScans) {
		err = errors.Join(err, r.copied(made, c.Dir))
	}
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	return nil
}

// ran is what is written down of a copy.
func ran(m backup.Made, err error) backup.Run {
	x := backup.Run{Kind: backup.Copying, Name: m.Copy.Name(), Bytes: m.Copy.Size, Files: m.New, FileSize: m.Bytes, Removed: m.Removed}
	if err != nil {
		x.Error = err.Error()
	}
	return x
}

// copyTo makes a copy of everything.
func (r *rooms) copyTo(ctx context.Context, where string, files *file.Store, logKey string, f copyFlags, say func(string, ...any)) (backup.Made, error) {
	to, err := backup.Recipients(f.Recipient)
	if err != nil {
		return backup.Made{}, fmt.Errorf("--recipient: %w", err)
	}
	shelf, err := file.OpenShelf(ctx, where, true)
	if err != nil {
		return backup.Made{}, err
	}
	defer shelf.Close()
	m := backup.Maker{DB: r.db, DSN: r.db.DSN(), Files: files, Keys: []string{logKey, logKey + ".signed"}, SealKey: r.sealKey, Shelf: shelf,
		Recipients: to, Keep: f.keep(), Tools: backup.Tools{Dir: f.PgTools}, Say: say}
	return m.Make(ctx)
}

// copied leaves beside a SQLite file when it was copied last, and where to: a
// program before its upgrade notes it nowhere else.
func (r *rooms) copied(m backup.Made, where string) error {
	if r.db.Engine() != db.SQLite {
		return nil
	}
	return os.WriteFile(r.db.Name()+".backup", []byte(where+" "+m.Copy.Name()+"\n"), 0o640)
}

type backupkeyCmd struct {
	File string `arg:"" help:"File of the identity, which opens copies. It must not be there."`
}

// Run makes the pair of keys for encrypted copies.
func (c backupkeyCmd) Run(s streams) error {
	public, err := backup.NewIdentity(c.File)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "%s\n", public)
	fmt.Fprintf(s.err, "cchc: %s opens every copy that is encrypted to the key above. Take it off this machine: print it, or put it on two sticks that lie in different safes. Without it no copy can ever be put back.\n", c.File)
	return nil
}
