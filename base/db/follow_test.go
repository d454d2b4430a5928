package db_test

import (
	"testing"
	"time"

	"cchc/base/db"
	"cchc/base/db/dbtest"
)

var beatSet = db.SQL("test.follow.beat", `
	INSERT INTO heartbeat (id, at) VALUES (1, $1)
	ON CONFLICT (id) DO UPDATE SET at = excluded.at`)

// A database of its own stands for the standby: what was written there tells which of the
// two is read.
func TestAStandbyIsReadWhileItIsNotTooFarBehind(t *testing.T) {
	t.Parallel()
	primary := postgresOnly(t)
	dsn := dbtest.DSN(t)
	behind, err := db.Open(t.Context(), dsn, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { behind.Close() })
	s, err := primary.Standby(dsn, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	set := func(d *db.DB, name string) {
		t.Helper()
		if err := d.Write(t.Context(), func(tx *db.Tx) error { return tx.Bump(t.Context(), name) }); err != nil {
			t.Fatal(err)
		}
	}
	beat := func(ago time.Duration) {
		t.Helper()
		err := behind.Write(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), beatSet, tx.Now.Add(-ago))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	set(behind, "of the standby")
	reads := func() (standby bool) {
		t.Helper()
		err := s.Snapshot(t.Context(), func(q *db.Snapshot) error {
			n, err := db.Column[int64](t.Context(), q, counter, "of the standby")
			standby = len(n) > 0
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return standby
	}
	look := func() { s.Look(t.Context()) }

	if reads() {
		t.Error("the standby is read before anybody looked how far it is")
	}
	beat(time.Minute)
	look()
	if reads() {
		t.Error("a standby that is a minute behind is read")
	}
	beat(6 * time.Second)
	look()
	if !reads() {
		t.Error("a standby that is six seconds behind is not read")
	}
	if d := s.Now() - s.AsOf(); d < 5_000 || d > 60_000 {
		t.Errorf("it says that it is %d ms behind", d)
	}
	beat(0)
	look()
	if !reads() || s.AsOf() < s.Now().Add(-time.Second) {
		t.Error("a standby that is not behind is not said to be as of now")
	}
	// Writes go to the primary.
	set(s, "written")
	if n, err := db.Value[int64](t.Context(), primary, counter, "written"); err != nil || n != 1 {
		t.Errorf("what was written through the standby is not in the primary: %d %v", n, err)
	}
	// A standby that is gone is not waited for.
	h, err := primary.Handle()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { h.Close() }()
	name := ""
	other, err := behind.Handle()
	if err != nil {
		t.Fatal(err)
	}
	if err := other.QueryRowContext(t.Context(), "SELECT current_database()").Scan(&name); err != nil {
		t.Fatal(err)
	}
	other.Close()
	behind.Close()
	door := func(open string) {
		t.Helper()
		if _, err := h.ExecContext(t.Context(), "ALTER DATABASE "+name+" ALLOW_CONNECTIONS "+open); err != nil {
			t.Fatal(err)
		}
		if _, err := h.ExecContext(t.Context(), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name); err != nil {
			t.Fatal(err)
		}
	}
	door("false")
	if reads() {
		t.Error("a standby that is away was read")
	}
	look()
	if reads() {
		t.Error("a standby that is away was read after a look")
	}
	door("true")
	look()
	if !reads() {
		t.Error("a standby that is back is not read")
	}
	// While the primary is away the standby is read, however old, and from the first moment:
	// a primary that is waited for takes none of the standby's time.
	if err := h.QueryRowContext(t.Context(), "SELECT current_database()").Scan(&name); err != nil {
		t.Fatal(err)
	}
	h.Close()
	if behind, err = db.Open(t.Context(), dsn, db.Options{}); err != nil {
		t.Fatal(err)
	}
	if h, err = behind.Handle(); err != nil {
		t.Fatal(err)
	}
	beat(time.Minute)
	door("false")
	s.LookFor(300 * time.Millisecond)
	look()
	if !reads() {
		t.Error("with the primary away the standby is not read")
	}
	if d := s.Now() - s.AsOf(); d < 60_000 {
		t.Errorf("it says that it is %d ms behind", d)
	}
	door("true")
	look()
	if reads() {
		t.Error("with the primary back a standby that is a minute behind is read")
	}
	primary.Close()
	look()
	if !reads() {
		t.Error("with the primary closed the standby is not read")
	}
}
