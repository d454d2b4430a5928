package app

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mattn/go-isatty"

	"cchc/admin"
	"cchc/admin/account"
	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/file"
	"cchc/base/job"
	"cchc/base/ledger"
	"cchc/base/live"
	"cchc/base/web"
	"cchc/calendar"
	"cchc/data"
	"cchc/dossier"
	"cchc/dossier/dossierweb"
	"cchc/evaluation"
	"cchc/exchange"
	"cchc/exchange/exchangeweb"
	"cchc/imports"
	"cchc/notice"
	"cchc/notice/noticeweb"
	"cchc/portal"
	"cchc/privacy"
	"cchc/procedure"
	"cchc/reported"
	"cchc/scorecard"
	"cchc/serviceindex"
	"cchc/setting"
	"cchc/unit"
)

// rooms are the rooms of the house on one open database.
type rooms struct {
	db         *db.DB
	guard      *auth.Guard
	accounts   *auth.Accounts
	bearers    *auth.Bearers
	exchange   *exchange.Book
	units      *unit.Book
	registry   *unit.Registry
	calendars  *calendar.Store
	procedures *procedure.Catalogue
	editor     *procedure.Registry
	desk       *dossier.Desk
	settings   *setting.Book
	index      *serviceindex.Index
	evaluation []*evaluation.Set
	hub        *live.Hub
	standby    *db.DB    // where what everybody may read is read; nil: where all is
	letters    letterBox // nil: nobody mails digests
	notices    *notice.Book
	reported   *reported.Book
	scorecard  *scorecard.Desk // chỉ số CCHC
	privacy    *privacy.Desk
	pastScores pastScores
	imports    *imports.Runs // where files are kept
	scans      *file.Store   // nil where nothing is served
	clamd      *file.Clam    // who looks at files that are brought; nil: nobody
	queue      *job.Queue
	first      *admin.FirstRun
	files      string        // where scans are kept
	training   bool          // people practise: pages and papers say so, and nothing is sent out
	words      *portal.Words // in which citizens ask
	log        *ledger.Log   // of the audit trail
	logKey     string        // where its private key is
	logKeeper  *logKeeper
	sealKey    string // where the key of second factors is
	sealed     error  // why codes of second factors cannot be checked; nil when they can
	cosigner   cosignerFlags
	ready      *readiness // of what serves
	copies     copies     // when they are made by the program itself
	archive    string     // folder here to which PostgreSQL archives its log; "" when nobody said so
	meters     *meters
	tracer     *tracer                                    // nil: nobody wants traces
	load       func() []web.Load                          // how the classes of requests stand; nil where nothing is served
	freeAt     func(dir string) (bytes int64, known bool) // of a disk; nil asks the machine
}

// operator is who acts at the command line: whoever can open the database file
// may do everything with it, and the audit trail says so.
var operator = actor.System("command-line")

// dbFlag is the flag of every command that opens a database.
type dbFlag struct {
	DB string `help:"Database: path of a SQLite file or a postgres:// URL." default:"cchc.db" placeholder:"PATH|URL" name:"db"`
}

// read opens a database that must be there: a report about a file that is not
// there would be a page of zeros.
func (f dbFlag) read(ctx context.Context) (*rooms, error) {
	if !db.IsPostgres(f.DB) {
		if _, err := os.Stat(f.DB); err != nil {
			return nil, fmt.Errorf("--db: %w", err)
		}
	}
	return f.open(ctx)
}

// open opens and migrates the database and puts the rooms together.
func (f dbFlag) open(ctx context.Context) (*rooms, error) { return openRooms(ctx, f.DB, db.Options{}) }

func openRooms(ctx context.Context, dsn string, o db.Options) (*rooms, error) {
	o.Try = db.Registered // thousands, with all ways of lists: made only when they are tried
	d, err := db.Open(ctx, dsn, o)
	if err != nil {
		return nil, fmt.Errorf("--db: %w", err)
	}
	if _, err := d.Migrate(ctx, func(ctx context.Context) error { return job.Migrate(ctx, d) }); err != nil {
		d.Close()
		return nil, fmt.Errorf("--db %s: %w", d.Name(), err)
	}
	if err := d.AnalyzeNew(ctx); err != nil {
		// It only makes statements faster: no counter stays closed for that. What else is
		// wrong with the database the next statement tells.
		slog.WarnContext(ctx, "PostgreSQL could not count its rows: statements may be slow until it does by itself", "err", err)
	}
	r, err := assemble(d)
	if err != nil {
		d.Close()
		return nil, err
	}
	if err := r.calendars.Seed(ctx); err != nil {
		d.Close()
		return nil, fmt.Errorf("--db %s: %w", d.Name(), err)
	}
	// Once after an upgrade: lists must not lack what was there before.
	bar := newProgress(os.Stderr, "dossiers entered for search")
	if err := r.desk.FillSearch(ctx, bar.at); err != nil {
		d.Close()
		return nil, fmt.Errorf("--db %s: %w", d.Name(), err)
	}
	bar.end()
	return r, nil
}

// assemble builds the rooms; nothing here touches the database.
func assemble(d *db.DB) (*rooms, error) {
	sets, err := serviceindex.LoadSets(data.QD766)
	if err != nil {
		return nil, fmt.Errorf("embedded formulas of QĐ 766: %w", err)
	}
	nine, err := evaluation.LoadSets(data.Evaluation)
	if err != nil {
		return nil, fmt.Errorf("embedded indices of the evaluation: %w", err)
	}
	words, err := portal.ParseWords(strings.NewReader(data.Everyday))
	if err != nil {
		return nil, fmt.Errorf("embedded words: %w", err)
	}
	r := &rooms{db: d, evaluation: nine, words: words}
	r.units = &unit.Book{DB: d}
	r.guard = &auth.Guard{Tree: r.units}
	r.accounts = &auth.Accounts{DB: d, Guard: *r.guard}
	r.accounts.Most = func(ctx context.Context, q db.Queryer) (int, error) {
		n, err := r.settings.Value(ctx, q, account.SessionsMost, "")
		if err != nil {
			return 0, err
		}
		return strconv.Atoi(n)
	}
	r.accounts.Names = func(ctx context.Context, q db.Queryer, list []actor.UnitID) (out []string, err error) {
		for _, id := range list {
			u, ok, err := r.units.Last(ctx, q, id)
			if err != nil {
				return nil, err
			}
			if ok {
				out = append(out, u.Name)
			}
		}
		return out, nil
	}
	r.bearers = &auth.Bearers{DB: d, Guard: *r.guard}
	r.registry = &unit.Registry{Book: r.units, Guard: *r.guard}
	r.calendars = &calendar.Store{DB: d, Guard: *r.guard, Tree: r.units}
	r.procedures = &procedure.Catalogue{DB: d}
	r.editor = &procedure.Registry{Catalogue: r.procedures, Guard: *r.guard}
	r.settings = &setting.Book{DB: d, Guard: *r.guard, Tree: r.units, All: slices.Concat(dossier.Settings, serviceindex.Settings, privacy.Settings, []*setting.Setting{imports.KeepDays, notice.KeepDays, certifiedProcedures}, account.AccessSettings)}
	r.desk = &dossier.Desk{DB: d, Guard: r.guard, Units: r.units, Calendars: r.calendars, Procedures: r.procedures, Settings: r.settings}
	r.hub = &live.Hub{}
	r.meters = newMeters()
	d.Measure(r.meters)
	r.log = &ledger.Log{DB: d}
	r.logKeeper = &logKeeper{log: r.log}
	r.reported = &reported.Book{DB: d, Guard: r.guard, Ours: r.ours}
	r.scorecard = &scorecard.Desk{DB: d, Guard: r.guard, Units: r.units}
	r.queue = &job.Queue{DB: d}
	r.first = &admin.FirstRun{Accounts: r.accounts, Registry: r.registry, Code: auth.Code()}
	r.index = &serviceindex.Index{DB: d, Guard: *r.guard, Units: r.units, Sets: sets,
		Source: &dossierSource{desk: r.desk, procedures: r.procedures}, Catalogue: authority{r.procedures}, Settings: r.settings,
		Publish: func(ctx context.Context, tx *db.Tx, u unit.ID) { r.tell(ctx, tx, u, "index") }}
	r.scorecard.Source = scoreSource{r}
	r.desk.Publish = r.tell
	r.desk.TurnMoved = func(tx *db.Tx, u unit.ID) { r.hub.Tell(tx, dossierweb.TurnTopic(u), "") }
	r.exchange = &exchange.Book{DB: d, Guard: *r.guard, Units: r.units, Desk: exchangeDesk{r.desk}, Sender: &exchangeweb.Sender{Dir: r.beside("exchange"), Now: func() time.Time { return d.Now().Time() }}}
	r.exchange.Fetcher, r.exchange.Lists = r.exchange.Sender.(*exchangeweb.Sender), exchangeLists{r}
	r.desk.Changed, r.desk.Forget = r.changed, r.forget
	r.notices = &notice.Book{DB: d, Guard: *r.guard, Units: r.units, Source: noticeSource{r}, Settings: r.settings, Tell: func(tx *db.Tx, account string) { r.hub.Tell(tx, noticeweb.Topic(account), "") }}
	r.letters = r.post
	r.privacy = r.newPrivacy()
	return r, nil
}

// tell tells whoever watches a unit, or one above it, that something moved there,
// once the write is committed: one topic is enough for a province.
func (r *rooms) tell(ctx context.Context, tx *db.Tx, u unit.ID, what string) {
	above, err := r.units.Above(ctx, tx, u)
	if err != nil {
		slog.Warn("who is above a unit", "unit", u, "err", err)
		above = []unit.ID{u}
	}
	for _, id := range append(above, "") { // "" is who may see the whole system
		r.hub.Tell(tx, dossierweb.Topic(id), what)
	}
}

// public is where the pages for everybody are read.
func (r *rooms) public() *db.DB {
	if r.standby != nil {
		return r.standby
	}
	return r.db
}

// follow opens the standby; stop ends reading it.
func (r *rooms) follow(ctx context.Context, f standbyFlags) (stop func(), err error) {
	if f.Standby == "" {
		return func() {}, nil
	}
	if r.standby, err = r.db.Standby(f.Standby, f.StandbyLag); err != nil {
		return nil, fmt.Errorf("--standby: %w", err)
	}
	ctx, enough := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() { defer close(ended); r.standby.Keep(ctx) }()
	return func() {
		enough()
		<-ended
		r.standby.Close()
	}, nil
}

func (r *rooms) close() {
	if err := r.queue.Close(); err != nil {
		slog.Error("close the job queue", "err", err)
	}
	if err := r.db.Close(); err != nil {
		slog.Error("close the database", "err", err)
	}
}

// progress writes how far long work is: one line that rewrites itself on a
// terminal, a plain line every few seconds elsewhere.
type progress struct {
	out  io.Writer
	tty  bool
	what string
	last time.Time
}

func newProgress(out io.Writer, what string) *progress {
	p := &progress{out: out, what: what}
	if f, ok := out.(interface{ Fd() uintptr }); ok {
		p.tty = isatty.IsTerminal(f.Fd())
	}
	return p
}

func (p *progress) at(done, total int) {
	every := 5 * time.Second
	if p.tty {
		every = 100 * time.Millisecond
	}
	now := time.Now()
	if now.Sub(p.last) < every && (total == 0 || done < total) {
		return
	}
	p.last = now
	of := ""
	if total > 0 {
		of = fmt.Sprintf(" of %d", total)
	}
	if p.tty {
		fmt.Fprintf(p.out, "\r%s: %d%s ", p.what, done, of)
	} else {
		fmt.Fprintf(p.out, "%s: %d%s\n", p.what, done, of)
	}
}

func (p *progress) end() {
	if p.tty {
		fmt.Fprintln(p.out)
	}
}
