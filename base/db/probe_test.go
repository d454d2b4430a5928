package db_test

import (
	"context"
	"os"
	"testing"

	"cchc/base/db"
	"cchc/base/db/dbtest"
)

func TestWritableWritesAndSaysWhenItCannot(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	d, _ := dbtest.Open(t)
	size := func() int64 {
		info, err := os.Stat(d.Name() + "-wal")
		if err != nil {
			return 0
		}
		return info.Size()
	}
	before := int64(0)
	if d.Engine() == db.SQLite {
		before = size()
	}
	if err := d.Writable(ctx); err != nil {
		t.Fatal(err)
	}
	if d.Engine() == db.SQLite && size() <= before {
		t.Errorf("the log of the file had %d bytes and has %d: nothing was written", before, size())
	}
	d.Close()
	if err := d.Writable(ctx); err == nil {
		t.Error("a closed database is writable")
	}
}

// A follower, or a server that was told to take no writes, answers reads all the
// same: that alone must not make it one to which writes are sent.
func TestADatabaseThatOnlyReadsIsNotWritable(t *testing.T) {
	t.Parallel()
	if os.Getenv("TEST_POSTGRES") == "" {
		t.Skip("a SQLite file has one program: see TestWritableWritesAndSaysWhenItCannot")
	}
	ctx := context.Background()
	dsn := dbtest.DSN(t)
	d, err := db.Open(ctx, dsn, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := d.Writable(ctx); err != nil {
		t.Fatal(err)
	}
	h, err := d.Handle()
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	if _, err := h.ExecContext(ctx, `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', current_database()); END $$`); err != nil {
		t.Fatal(err)
	}
	follower, err := db.Open(ctx, dsn, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer follower.Close()
	if _, _, err := follower.Version(ctx); err != nil {
		t.Errorf("reading: %v", err)
	}
	if err := follower.Writable(ctx); err == nil {
		t.Error("a database that takes no writes is writable")
	}
}
