package db

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // driver "pgx"
	_ "modernc.org/sqlite"             // driver "sqlite"

	"cchc/base/moment"
)

// Engine is the kind of database that runs.
type Engine string

const (
	SQLite   Engine = "sqlite"
	Postgres Engine = "postgres"
)

// Options change how a database is opened. The zero value is what serving uses.
type Options struct {
	Now     func() time.Time // the clock of every write; time.Now when nil
	Readers int              // connections for reading; 8 when 0
	Try     func() []*Stmt   // what an upgrade tries on the new schema: the program's statements
	Wait    time.Duration    // how long to wait for a server that is away; it is not waited for when 0
	Retry   time.Duration    // how long a write without a deadline may retry; 30 s when 0
	Twice   bool             // tests: every write runs, is undone, and runs again, as after a collision
	Serve   bool             // have a SQLite file for this process alone, until Close: see Keep
}

// A DB is one open database. It is safe for concurrent use.
type DB struct {
	engine Engine
	dsn    string
	read   *sql.DB
	write  *sql.DB
	conn   *sql.Conn // SQLite's only writing connection
	now    func() time.Time
	try    func() []*Stmt
	own    fs.FS // tests: other migrations than the program's
	retry  time.Duration
	twice  bool
	lines  lines

	queue  chan *job // SQLite only
	before int       // writes of the last commit, for the writer alone
	done   chan struct{}
	closed chan struct{}
	once   sync.Once

	gate   sync.Mutex     // PostgreSQL: guards closing
	shut   bool           // no write may begin any more
	writes sync.WaitGroup // those under way

	// failed counts group commits that the disk refused, committed those that it took.
	failed, committed atomic.Int64
	seen              recent
	meter             atomic.Pointer[Meter]
	trace             atomic.Pointer[func(context.Context) (context.Context, func(error))]
	postgres
	release func()    // of a SQLite file that is this process's alone; nil otherwise
	follows *follower // a standby's; nil for a database of its own
	self    string    // tells what this process notifies from what others do

	prepared sync.Map      // *Stmt → *sql.Stmt, reading side, SQLite only
	writing  sync.Map      // *Stmt → *sql.Stmt, writing side, SQLite only
	views    chan struct{} // a token for each view that is open; see view
}

// IsPostgres reports whether dsn names a PostgreSQL database rather than a file.
func IsPostgres(dsn string) bool {
	return strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://")
}

// Open opens the database that dsn names: a postgres:// URL, or a path of a
// SQLite file, which is created with its folder when it isn't there. It does not
// migrate: see Migrate.
//
// Errors: *ServedError where Options.Serve is set.
func Open(ctx context.Context, dsn string, o Options) (*DB, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Readers == 0 {
		o.Readers = 8
	}
	if o.Retry == 0 {
		o.Retry = 30 * time.Second
	}
	var release func()
	if o.Serve && !IsPostgres(dsn) {
		err := os.MkdirAll(filepath.Dir(dsn), 0o750)
		if err == nil {
			release, err = Keep(dsn)
		}
		if err != nil {
			return nil, fmt.Errorf("open database %s: %w", dsn, err)
		}
	}
	d := &DB{dsn: dsn, release: release, self: rand.Text()[:12], now: o.Now, retry: o.Retry, twice: o.Twice, try: o.Try, done: make(chan struct{}), closed: make(chan struct{}), views: make(chan struct{}, o.Readers)}
	var err error
	if IsPostgres(dsn) {
		err = d.openPostgres(o)
	} else {
		err = d.openSQLite(o)
	}
	if err != nil {
		d.letGo()
		return nil, err
	}
	err = d.read.PingContext(ctx)
	for end := time.Now().Add(o.Wait); errors.Is(translate(err), ErrAway) && ctx.Err() == nil && time.Now().Before(end); {
		time.Sleep(min(o.Wait, 500*time.Millisecond))
		err = d.read.PingContext(ctx)
	}
	if err != nil {
		d.Close()
		return nil, fmt.Errorf("open database %s: %w", d.Name(), translate(err))
	}
	return d, nil
}

func (d *DB) openPostgres(o Options) (err error) {
	d.engine = Postgres
	if d.read, err = d.openPool(); err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	d.read.SetMaxOpenConns(4 * o.Readers)
	d.keepIdle(4 * o.Readers)
	d.write = d.read
	return nil
}

func (d *DB) openSQLite(o Options) (err error) {
	d.engine = SQLite
	if dir := filepath.Dir(d.dsn); dir != "." {
		if err := os.MkdirAll(dir, 0o750); err != nil {
			return fmt.Errorf("open database %s: %w", d.dsn, err)
		}
	}
	if d.write, err = sql.Open("sqlite", sqliteDSN(d.dsn, false)); err != nil {
		return fmt.Errorf("open database %s: %w", d.dsn, err)
	}
	d.write.SetMaxOpenConns(2) // the writer's, and one for migrations
	// The writer first: it creates the file and turns WAL on, which a read-only
	// connection cannot.
	if d.conn, err = d.write.Conn(context.Background()); err != nil {
		d.write.Close()
		return fmt.Errorf("open database %s: %w", d.dsn, translate(err))
	}
	if d.read, err = sql.Open("sqlite", sqliteDSN(d.dsn, true)); err != nil {
		return fmt.Errorf("open database %s: %w", d.dsn, err)
	}
	d.read.SetMaxOpenConns(2 * o.Readers)
	d.keepIdle(2 * o.Readers)
	d.queue = make(chan *job, 256)
	go d.writer()
	return nil
}

// keepIdle keeps every connection for a while: a new one reads the whole schema and
// compiles its statements again, which takes longer than most of what is asked.
func (d *DB) keepIdle(all int) {
	d.idle = all
	d.read.SetMaxIdleConns(all)
	d.read.SetConnMaxIdleTime(2 * time.Minute)
}

// sqliteDSN puts every pragma in the DSN: on a pool, a PRAGMA statement reaches
// one connection only.
func sqliteDSN(path string, readOnly bool) string {
	q := url.Values{}
	for _, p := range []string{
		"busy_timeout(15000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)",
		"mmap_size(268435456)",
	} {
		q.Add("_pragma", p)
	}
	if readOnly {
		// Readers find their pages in the mapped file; a cache of each connection's
		// own would hold them a second time.
		q.Add("_pragma", "cache_size(-2000)")
		q.Add("_pragma", "query_only(1)")
		// Not for the writer: its statement journal would be in memory too, and
		// that costs the square of what a write changes.
		q.Add("_pragma", "temp_store(MEMORY)")
	} else {
		q.Add("_pragma", "cache_size(-16000)")
		// 16 MB: a page that many writes change comes to the file once for all of them.
		q.Add("_pragma", "wal_autocheckpoint(4000)")
		// What is deleted may be a person's: it is overwritten, not only forgotten.
		q.Add("_pragma", "secure_delete(1)")
		q.Set("_txlock", "immediate")
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}

// Engine tells which engine runs. Rooms have no reason to ask.
func (d *DB) Engine() Engine { return d.engine }

// Name returns the database's name for logs and messages, without a password.
func (d *DB) Name() string {
	return NameOf(d.dsn)
}

// Now returns the instant of the database's clock. Inside a write use tx.Now.
func (d *DB) Now() moment.Instant { return moment.Of(d.now()) }

// At returns the instant on the database's clock that is as far from its Now as
// t is from the machine's, for libraries that know only the machine's clock.
func (d *DB) At(t time.Time) moment.Instant { return d.Now().Add(time.Until(t)) }

// Handle opens a further pool on the same database for a library that needs a
// *sql.DB of its own (the job queue). On SQLite it holds one connection that
// begins its transactions as writers.
func (d *DB) Handle() (*sql.DB, error) {
	if d.engine == Postgres {
		return sql.Open("pgx", d.dsn)
	}
	h, err := sql.Open("sqlite", sqliteDSN(d.dsn, false))
	if err == nil {
		h.SetMaxOpenConns(1)
	}
	return h, err
}

// Close waits for the writes under way, then closes the database.
func (d *DB) Close() error {
	var err error
	d.once.Do(func() {
		close(d.done)
		if d.queue != nil {
			<-d.closed
		}
		d.gate.Lock()
		d.shut = true
		d.gate.Unlock()
		d.writes.Wait()
		if d.conn != nil {
			d.conn.Close()
		}
		if d.read != nil {
			err = d.read.Close()
		}
		if d.write != nil && d.write != d.read {
			err = errors.Join(err, d.write.Close())
		}
		d.letGo()
	})
	return err
}

func (d *DB) letGo() {
	if d.release != nil {
		d.release()
	}
}

// enter counts a write in, unless the database is being closed.
func (d *DB) enter() bool {
	d.gate.Lock()
	defer d.gate.Unlock()
	if d.shut {
		return false
	}
	d.writes.Add(1)
	return true
}

// MachineTime is the machine's clock, whatever a database was told in Options.Now: for
// what is dated by others by it, as the queue's jobs are. Facts and rows take tx.Now.
func MachineTime() time.Time { return time.Now() }
