// Package imports takes files of other systems in (nhập dữ liệu): it keeps each
// file with its hash, finds out what taking it in would do, shows every cell that
// is wrong, and takes it in whole or not at all. It knows no room: app gives it the
// kinds of files, each with the verb of the room that reads it. A run is one file
// from its upload to its end, and is never forgotten.
package imports

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"slices"
	"sync"
	"time"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/file"
	"cchc/base/i18n"
	"cchc/base/job"
	"cchc/base/moment"
	"cchc/base/table"
	"cchc/setting"
)

// A Kind is one sort of file.
type Kind struct {
	Name    string         // "units"; the last part of its message keys
	Verb    auth.Verb      // the right that it needs
	Columns []table.Column // none for a form that is read by its cells
	Options []string       // names of what else it asks for: "unit", "system", "basis", "from", "to", "source", "mapping"
	Partly  bool           // wrong rows may be left out
	Inline  bool           // it is always taken at once, because its answer is shown once
	// Take reads the file and does what it says, or with Job.Store unset finds out
	// what that would be. It must hand Job.Then to the room's verb, to run in the
	// same write.
	Take func(ctx context.Context, j *Job) (Counts, error)
}

// A Job is what Take works on.
type Job struct {
	Actor    actor.Actor
	Run      Run
	Store    bool
	Leave    bool // leave wrong rows out
	Open     func() (*table.Reader, error)
	Flaw     func(table.Flaw) // takes every wrong row
	Progress func(rows int)
	Then     func(ctx context.Context, tx *db.Tx) error
}

// Counts are what an import did or would do.
type Counts struct {
	Rows, New, Changed, Same int
	Notes                    []Note
	Once                     any // shown to whoever imports and kept nowhere: first passwords
}

// A Note tells more of an import.
type Note struct {
	Key  string `json:"key"`
	Args []any  `json:"args,omitempty"`
}

// State is how far a run is.
type State string

const (
	Waiting   State = "waiting"  // uploaded, nobody looked at it yet
	Checking  State = "checking" // being read
	Checked   State = "checked"  // read: what it would do is known
	Storing   State = "storing"  // being taken in
	Done      State = "done"     // taken in, all of it
	Failed    State = "failed"   // it cannot be read, or taking it in went wrong: nothing of it is stored
	Abandoned State = "abandoned"
)

// A Run is one file from its upload to its end (lượt nhập).
type Run struct {
	ID       string
	Kind     string
	Name     string // of the file, as it was called
	Key      string // of the file: its SHA-256
	Size     int64
	Format   string // table.CSV or table.XLSX
	Sheets   []string
	Sheet    string
	Options  map[string]string
	State    State
	Account  string
	Person   string // who it was, as called then
	Unit     actor.UnitID
	Created  moment.Instant
	Read     moment.Instant // when it was checked
	Ended    moment.Instant
	Rows     int
	New      int
	Changed  int
	Same     int
	Wrong    int
	Left     int // wrong rows that were left out
	Notes    []Note
	Header   []string // of a file whose columns are not understood
	Fault    *fault.Fault
	Mended   string         // key of the workbook with the wrong rows
	Gone     moment.Instant // when the file was let go of; 0 while it is kept
	Earlier  []Run          // runs that took the same file in before; only of ByID
	Progress *Progress
}

// Busy reports whether somebody works on the run.
func (r Run) Busy() bool { return r.State == Waiting || r.State == Checking || r.State == Storing }

// CanStore reports whether the run can be taken in; leave tells that only without
// its wrong rows.
func (r Run) CanStore(k Kind) (ok, leave bool) {
	if r.State != Checked || r.Rows == 0 || r.New+r.Changed == 0 {
		return false, false
	}
	if r.Wrong == 0 {
		return true, false
	}
	return k.Partly && r.Wrong < r.Rows, true
}

// Progress is how far work under way is, in this process.
type Progress struct {
	Rows  int
	Of    int // 0 when nobody knows yet
	Since time.Time
	told  time.Time // when the other servers were told last
}

// Runs holds the verbs. All fields but Publish and Load are needed.
type Runs struct {
	DB       *db.DB
	Guard    *auth.Guard
	Files    *file.Store
	Settings *setting.Book
	Kinds    []Kind
	// Load returns who ordered a run that is done in the background.
	Load func(ctx context.Context, account string) (actor.Actor, error)
	// Publish tells whoever watches that a run went on; nil tells nobody.
	Publish func(run string)
	// Tell is the same for the other servers, in the write of how far it is.
	Tell  func(tx *db.Tx, run string)
	Watch func(run Run, rows int) // the same for the command line, with how far it is

	mu       sync.Mutex
	progress map[string]*Progress
}

const (
	// MaxSize is the most bytes of a file: a million dossiers have about 150 MB.
	MaxSize = 1 << 30
	// inlineSize is up to which size a file is checked while its sender waits.
	inlineSize = 512 << 10
	// inlineRows is up to how many rows are stored while their sender waits.
	inlineRows = 2000
	// keptFlaws is how many wrong rows a run keeps; the workbook has more.
	keptFlaws = 500
)

// Kind returns a kind by its name. Faults: NotFound.
func (k *Runs) Kind(name string) (Kind, error) {
	i := slices.IndexFunc(k.Kinds, func(x Kind) bool { return x.Name == name })
	if i < 0 {
		return Kind{}, fault.New(fault.NotFound, "imports.kind_unknown")
	}
	return k.Kinds[i], nil
}

// Allowed returns the kinds that the actor may import.
func (k *Runs) Allowed(a actor.Actor) []Kind {
	return slices.DeleteFunc(slices.Clone(k.Kinds), func(x Kind) bool { return k.Guard.CheckAnywhere(a, x.Verb) != nil })
}

// A task is a step of a run that is done in the background.
type task struct {
	Run   string `json:"run"`
	Store bool   `json:"store,omitempty"`
	Leave bool   `json:"leave,omitempty"`
}

// Work is the job that goes on with a run. A run that was cut off begins anew: a
// file is stored in one write, so nothing of it is there before all of it is.
var Work = job.Kind[task]{Name: "imports.work", Timeout: 3 * time.Hour, Attempts: 3}

// Go does one step of a run in the background, as whoever ordered it.
func (k *Runs) Go(ctx context.Context, t task) error { return k.Step(ctx, t.Run, t.Store, t.Leave) }

// Step goes on with a run that waits to be checked or, with store, to be stored.
func (k *Runs) Step(ctx context.Context, id string, store, leave bool) error {
	run, err := db.One(ctx, k.DB, runByID, scanRun, id)
	if errors.Is(err, db.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if !run.Busy() {
		return nil // somebody ended it in the meantime, or it ran before
	}
	a, err := k.Load(ctx, run.Account)
	if err != nil {
		return k.fail(ctx, run, err)
	}
	if store {
		_, err = k.store(ctx, a, run, leave)
	} else {
		err = k.check(ctx, a, run)
	}
	return err
}

// at notes how far a run is.
func (k *Runs) at(run Run, rows int) {
	k.mu.Lock()
	if k.progress == nil {
		k.progress = map[string]*Progress{}
	}
	p := k.progress[run.ID]
	if p == nil {
		p = &Progress{Since: k.DB.Now().Time()}
		k.progress[run.ID] = p
	}
	p.Rows, p.Of = rows, run.Rows
	now := k.DB.Now().Time()
	tell := k.DB.Engine() == db.Postgres && now.Sub(p.told) >= tellEvery
	if tell {
		p.told = now
	}
	kept := *p
	k.mu.Unlock()
	if tell {
		k.tell(run.ID, kept)
	}
	if k.Publish != nil {
		k.Publish(run.ID)
	}
	if k.Watch != nil {
		k.Watch(run, rows)
	}
}

func (k *Runs) over(run string) {
	k.mu.Lock()
	delete(k.progress, run)
	k.mu.Unlock()
	if k.DB.Engine() == db.Postgres {
		ctx, cancel := context.WithTimeout(context.Background(), telling)
		defer cancel()
		if err := k.DB.Write(ctx, func(tx *db.Tx) error { _, err := tx.Exec(ctx, progressDrop, run); return err }); err != nil {
			slog.Warn("the progress of an import stays noted", "run", run, "err", err)
		}
	}
	if k.Publish != nil {
		k.Publish(run)
	}
}

// far returns how far a run is, in this process or in another of the database, or nil
// when nobody works on it.
func (k *Runs) far(ctx context.Context, run string) (*Progress, error) {
	k.mu.Lock()
	p := k.progress[run]
	if p != nil {
		kept := *p
		k.mu.Unlock()
		return &kept, nil
	}
	k.mu.Unlock()
	if k.DB.Engine() != db.Postgres {
		return nil, nil
	}
	there, err := db.One(ctx, k.DB, progressGet, func(r db.Scanner) (p Progress, err error) {
		var since moment.Instant
		err = r.Scan(&p.Rows, &p.Of, &since)
		p.Since = since.Time()
		return p, err
	}, run, k.DB.Now().Add(-silentFor))
	if errors.Is(err, db.ErrNotFound) {
		return nil, nil
	}
	return &there, err
}

const (
	tellEvery = 2 * time.Second
	telling   = 5 * time.Second
	// silentFor is after how long without a word the process that works on a run is taken
	// for gone: the end of a big one is one commit.
	silentFor = 2 * time.Minute
)

var (
	progressTell = db.SQL("imports.progress.tell", `
		INSERT INTO import_progress (run_id, done, of_rows, since, at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (run_id) DO UPDATE SET done = excluded.done, of_rows = excluded.of_rows, at = excluded.at`)
	progressGet  = db.SQL("imports.progress.get", `SELECT done, of_rows, since FROM import_progress WHERE run_id = $1 AND at > $2`)
	progressDrop = db.SQL("imports.progress.drop", `DELETE FROM import_progress WHERE run_id = $1`)
)

// tell notes how far a run is, for the other servers, and wakes who watches there.
func (k *Runs) tell(run string, p Progress) {
	ctx, cancel := context.WithTimeout(context.Background(), telling)
	defer cancel()
	err := k.DB.Write(ctx, func(tx *db.Tx) error {
		if k.Tell != nil {
			k.Tell(tx, run)
		}
		_, err := tx.Exec(ctx, progressTell, run, p.Rows, p.Of, moment.Of(p.Since), tx.Now)
		return err
	})
	if err != nil {
		slog.Warn("the progress of an import is not noted", "run", run, "err", err)
	}
}

// spool copies a kept file into a nameless one: a workbook is read from its end.
func (k *Runs) spool(ctx context.Context, key string) (*os.File, error) {
	content, _, err := k.Files.Get(ctx, key)
	if err != nil {
		return nil, err
	}
	defer content.Close()
	f, err := os.CreateTemp("", "cchc-import-")
	if err != nil {
		return nil, err
	}
	os.Remove(f.Name())
	if _, err := f.ReadFrom(content); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// Title is what people call the kind.
func (x Kind) Title(ctx context.Context) string { return i18n.T(ctx, "imports.kind."+x.Name) }
