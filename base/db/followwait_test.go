package db_test

import (
	"context"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"cchc/base/db"
	"cchc/base/db/dbtest"
)

// A wire leads to a PostgreSQL server. Held, it takes what is sent and passes nothing on,
// as to a machine that stands still; cut, it ends every connection and each new one.
type wire struct {
	net.Listener
	network, address string
	held, cut        atomic.Bool
	heard            chan struct{} // something was sent while it was held

	mu   sync.Mutex
	ends []net.Conn
}

// newWire returns a wire and the name of the database that dsn names, at its other end.
func newWire(t *testing.T, dsn string) (*wire, string) {
	t.Helper()
	c, err := pgconn.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{Listener: l, heard: make(chan struct{}, 1)}
	w.network, w.address = pgconn.NetworkAddress(c.Host, c.Port)
	t.Cleanup(func() { l.Close(); w.end() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go w.lead(c)
		}
	}()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Del("host")
	q.Del("port")
	u.Host, u.RawQuery = l.Addr().String(), q.Encode()
	return w, u.String()
}

func (w *wire) lead(c net.Conn) {
	s, err := net.Dial(w.network, w.address)
	if err != nil || w.cut.Load() {
		c.Close()
		return
	}
	w.mu.Lock()
	w.ends = append(w.ends, c, s)
	w.mu.Unlock()
	pass := func(to, from net.Conn, asks bool) {
		defer to.Close()
		defer from.Close()
		b := make([]byte, 32<<10)
		for {
			n, err := from.Read(b)
			if err != nil {
				return
			}
			if !w.held.Load() {
				to.Write(b[:n])
			} else if asks {
				select {
				case w.heard <- struct{}{}:
				default:
				}
			}
		}
	}
	go pass(c, s, false)
	pass(s, c, true)
}

func (w *wire) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.ends {
		c.Close()
	}
}

// A read waits for a primary that stands still, while a look finds that it is away and
// turns the standby on. When what the read waited for breaks off, it was the primary that
// failed: the standby stays on, and the read goes there.
func TestAReadThatWaitedForThePrimaryLeavesTheStandbyOn(t *testing.T) {
	t.Parallel()
	dsn, standby := dbtest.DSN(t), dbtest.DSN(t)
	if !db.IsPostgres(dsn) {
		t.Skip("only PostgreSQL has standbys")
	}
	w, far := newWire(t, dsn)
	primary, err := db.Open(t.Context(), far, db.Options{Readers: 4})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { primary.Close() })
	// A database of its own stands for the standby.
	behind, err := db.Open(t.Context(), standby, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { behind.Close() })
	err = behind.Write(t.Context(), func(tx *db.Tx) error {
		if _, err := tx.Exec(t.Context(), beatSet, tx.Now.Add(-time.Minute)); err != nil {
			return err
		}
		return tx.Bump(t.Context(), "of the standby")
	})
	if err != nil {
		t.Fatal(err)
	}
	s, err := primary.Standby(standby, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	s.LookFor(300 * time.Millisecond)
	s.Look(t.Context()) // it is a minute behind: the primary is read

	reads := map[string]func(context.Context) (fromStandby bool, err error){
		"a view": func(ctx context.Context) (from bool, err error) {
			err = s.Snapshot(ctx, func(q *db.Snapshot) error {
				n, err := db.Column[int64](ctx, q, counter, "of the standby")
				from = len(n) > 0
				return err
			})
			return from, err
		},
		"a question": func(ctx context.Context) (bool, error) {
			n, err := db.Column[int64](ctx, s, counter, "of the standby")
			return len(n) > 0, err
		},
	}
	type answer struct {
		what string
		from bool
		err  error
	}
	answers := make(chan answer, len(reads))
	patient, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for what, read := range reads {
		if from, err := read(t.Context()); err != nil || from {
			t.Fatalf("%s before: from the standby %v, %v", what, from, err)
		}
		w.held.Store(true)
		go func() {
			from, err := read(patient)
			answers <- answer{what, from, err}
		}()
		<-w.heard
		w.held.Store(false)
	}
	w.held.Store(true)
	s.Look(t.Context())
	if d := s.Now() - s.AsOf(); d < 60_000 {
		t.Fatalf("while the primary stands still it says that it is %d ms behind: the standby is not read", d)
	}
	w.cut.Store(true)
	w.end()
	for range reads {
		if a := <-answers; a.err != nil || !a.from {
			t.Errorf("%s that waited for the primary: from the standby %v, %v", a.what, a.from, a.err)
		}
	}
	if d := s.Now() - s.AsOf(); d < 60_000 {
		t.Error("the reads turned the standby off again")
	}
}
