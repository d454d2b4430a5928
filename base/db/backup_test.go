package db_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"cchc/base/db"
	"cchc/base/db/dbtest"
)

func TestABackupIsTheDatabaseAtOneInstant(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	dsn := dbtest.Empty(t)
	d, err := db.Open(ctx, dsn, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if _, err := d.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	bump := func() {
		t.Helper()
		if err := d.Write(ctx, func(tx *db.Tx) error { return tx.Bump(ctx, "kept") }); err != nil {
			t.Fatal(err)
		}
	}
	bump()
	path := filepath.Join(t.TempDir(), "cổng 1 cửa?.db")
	if db.IsPostgres(dsn) {
		if err := d.Backup(ctx, path); !errors.Is(err, db.ErrNoCopy) {
			t.Errorf("Backup gave %v, want ErrNoCopy", err)
		}
		return
	}
	if err := d.Backup(ctx, path); err != nil {
		t.Fatal(err)
	}
	bump()
	if err := d.Backup(ctx, path); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a second copy of the same name gave %v, want fs.ErrExist", err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm()&0o007 != 0 {
		t.Errorf("the copy is %v, %v; others may read it", info.Mode(), err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "*.half*")); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
	c, err := db.Open(ctx, path, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if n, err := db.Value[int](ctx, c, epochOf, "kept"); err != nil || n != 1 {
		t.Errorf("the copy has %d, %v; want 1, what was there when it was made", n, err)
	}
	if have, want, err := c.Version(ctx); err != nil || have != want {
		t.Errorf("the copy has schema %d of %d, %v", have, want, err)
	}
}

func TestABackupOfADamagedDatabaseIsRefused(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	dsn := dbtest.Empty(t)
	if db.IsPostgres(dsn) {
		return
	}
	d, err := db.Open(ctx, dsn, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	// Half of the pages are not what they were.
	b, err := os.ReadFile(dsn)
	if err != nil {
		t.Fatal(err)
	}
	for i := 8 * 4096; i < len(b); i += 2 * 4096 {
		copy(b[i:], "damaged by a disk that is about to fail")
	}
	if err := os.WriteFile(dsn, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if d, err = db.Open(ctx, dsn, db.Options{}); err != nil {
		return // so much so that it isn't even opened
	}
	defer d.Close()
	path := filepath.Join(t.TempDir(), "copy.db")
	if err := d.Backup(ctx, path); err == nil {
		t.Error("Backup gave no error")
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "*")); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}
