package exchange

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"os"
	"strings"
	"time"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/file"
	"cchc/base/job"
	"cchc/base/moment"
)

// Reconcile is the job that makes a comparison, by the run's id.
var Reconcile = job.Kind[string]{Name: "exchange.compare", Timeout: 30 * time.Minute, Attempts: 3}

// EraseFiles is the job that deletes lists that were compared: files go after the write
// that let go of them, and only then.
var EraseFiles = job.Kind[[]string]{Name: "exchange.erase_files", Timeout: 10 * time.Minute, Attempts: 20}

// FileUse is where comparisons refer to stored files: until they are done with.
var FileUse = file.Use{What: "lists to be compared", Columns: []string{"exchange_work.file_key"}, Count: workUsing, Named: workNamed}

// States of a Run.
const (
	RunWaiting   = "waiting"
	RunFetching  = "fetching"  // the other side's list is on its way
	RunComparing = "comparing" // it is read, line by line
	RunDone      = "done"
	RunFailed    = "failed"
)

// Lists keeps lists that were handed in until they were compared.
type Lists interface {
	Keep(ctx context.Context, r io.Reader) (key string, err error)
	Open(ctx context.Context, key string) (io.ReadCloser, error)
}

// A Fetcher fetches a link's list of our dossiers and writes it in a form that File
// reads. told hears how many dossiers came so far.
type Fetcher interface {
	Fetch(ctx context.Context, l Link, address string, to io.Writer, told func(rows int64)) error
}

var (
	workInsert = db.Rows("exchange.work.insert", "exchange_work", "run_id, state, file_key, address, lines, fault", "")
	workOf     = db.SQL("exchange.work.of", `SELECT state, file_key, address, lines, finished_at, fault FROM exchange_work WHERE run_id = $1`)
	workAt     = db.SQL("exchange.work.at", `UPDATE exchange_work SET state = $1, lines = $2 WHERE run_id = $3 AND finished_at IS NULL`)
	workEnd    = db.SQL("exchange.work.end", `UPDATE exchange_work SET state = $1, lines = $2, finished_at = $3, fault = $4 WHERE run_id = $5 AND finished_at IS NULL`)
	workDrop   = db.SQL("exchange.work.drop", `DELETE FROM exchange_work WHERE run_id = $1`)
	workUsing  = db.SQL("exchange.work.using", `SELECT COUNT(*) FROM exchange_work WHERE file_key = $1 AND finished_at IS NULL`)
	workNamed  = db.SQL("exchange.work.named", `
		SELECT file_key, -1, -1, MIN(run_id)
		FROM exchange_work
		WHERE file_key > $1 AND finished_at IS NULL
		GROUP BY file_key
		ORDER BY file_key
		LIMIT 500`)
	runCounts = db.SQL("exchange.run.counts", `
		UPDATE exchange_run SET ours = $1, theirs = $2, same = $3, outside = $4, missing_there = $5, missing_here = $6, status_differs = $7, time_differs = $8
		WHERE id = $9`)
	linkOne = db.SQL("exchange.link.one", `
		SELECT id, kind, name, url, secret, unit_id, system, created_at, ended_at
		FROM exchange_link
		WHERE id = $1`)
	listPut = db.SQL("exchange.list.put", `INSERT INTO exchange_list (link_id, url) VALUES ($1, $2)`)
	listOf  = db.SQL("exchange.list.of", `SELECT url FROM exchange_list WHERE link_id = $1`)
)

// A work is how far a run's job is.
type work struct {
	State, Key, Address string
	Lines               int64
	Finished            moment.Instant
	Fault               *fault.Fault
}

func scanWork(r db.Scanner) (w work, err error) {
	var text string
	err = r.Scan(&w.State, &w.Key, &w.Address, &w.Lines, &w.Finished, &text)
	if err == nil && text != "" {
		w.Fault = &fault.Fault{}
		err = json.Unmarshal([]byte(text), w.Fault)
	}
	return w, err
}

// Busy reports whether the comparison is not done with.
func (r Run) Busy() bool {
	return r.State == RunWaiting || r.State == RunFetching || r.State == RunComparing
}

// List returns where a link's own list is fetched; "" when nobody said.
func (b *Book) List(ctx context.Context, link string) (string, error) {
	s, err := db.Value[string](ctx, b.DB, listOf, link)
	if errors.Is(err, db.ErrNotFound) {
		err = nil
	}
	return s, err
}

// lookSize is up to how many bytes a list that was handed in is looked through at
// once, so that who handed it in is told of wrong lines beside the form.
const lookSize = 1 << 20

// Start begins a comparison with a list that was handed in, or with the link's own
// that is fetched: a job makes it, and Run tells how far it is. Faults are those of
// Compare, and exchange.list_missing at field link.
func (b *Book) Start(ctx context.Context, a actor.Actor, q Comparison) (Run, error) {
	c, err := b.begin(ctx, a, &q)
	if err != nil {
		return Run{}, err
	}
	w := work{State: RunWaiting}
	wrong := func(field, key string) error {
		return fault.New(fault.Invalid, "exchange.compare.invalid").With(field, key)
	}
	switch {
	case q.Fetch && b.Quiet:
		return Run{}, fault.New(fault.Conflict, "exchange.quiet")
	case q.Fetch && q.Link == "":
		return Run{}, wrong("link", "exchange.resend.link")
	case q.Fetch:
		if w.Address, err = b.List(ctx, q.Link); err == nil && w.Address == "" {
			err = wrong("link", "exchange.list_missing")
		}
		c.run.File = w.Address
	case q.File.Content == nil:
		err = wrong("file", "exchange.compare.file")
	default:
		if q.File.Size <= lookSize {
			err = b.look(q.File)
		}
		if err == nil {
			w.Key, err = b.Lists.Keep(ctx, io.NewSectionReader(q.File.Content, 0, q.File.Size))
		}
		if f := fault.As(err); f != nil && len(f.Fields) == 0 {
			err = fault.New(fault.Invalid, "exchange.compare.invalid").With("file", f.Key, f.Args...)
		}
	}
	if err != nil {
		return Run{}, err
	}
	err = b.DB.Write(ctx, func(tx *db.Tx) error {
		if err := b.Guard.Check(ctx, tx, a, auth.DossierImport, q.Unit); err != nil {
			return err
		}
		if err := file.Refer(ctx, tx, w.Key); err != nil {
			return err
		}
		c.run.Created, c.run.State = tx.Now, w.State
		if err := tx.InsertRows(ctx, runInsert, [][]any{c.run.args()}); err != nil {
			return err
		}
		if err := tx.InsertRows(ctx, workInsert, [][]any{{c.run.ID, w.State, w.Key, w.Address, 0, ""}}); err != nil {
			return err
		}
		if err := Reconcile.Enqueue(ctx, tx, c.run.ID); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: "exchange.compare", Kind: "exchange_run", ID: c.run.ID, Unit: q.Unit,
			Changes: []audit.Change{{Field: "file", To: c.run.File}, {Field: "system", To: c.run.System}}})
	})
	return c.run, err
}

// look reads a list for what is wrong with it.
func (b *Book) look(f File) error {
	seen := map[string]bool{}
	return f.each(b.Desk.ReadTime, func(x entry, flaw func(key string, args ...any)) error {
		if seen[x.Code] {
			flaw("exchange.compare.twice", "Code", x.Code)
		}
		seen[x.Code] = true
		return nil
	})
}

// Work makes the comparison of a run: the job. Cut off, it begins anew; a run that
// is done with stays as it is. What is wrong with the list, or why it could not be
// fetched, is kept with the run.
func (b *Book) Work(ctx context.Context, id string) error {
	r, err := db.One(ctx, b.DB, runFind, scanRun, id)
	if errors.Is(err, db.ErrNotFound) { // so many came after it that it was dropped
		return nil
	}
	if err != nil {
		return err
	}
	w, err := db.One(ctx, b.DB, workOf, scanWork, id)
	if err != nil || w.Finished != 0 {
		return err
	}
	c := &comparing{b: b, run: r, q: Comparison{Unit: r.Unit, System: r.System, From: r.From, To: r.To, Link: r.Link, Minutes: r.Minutes},
		names: map[string]bool{"": true, r.System: true}, seed: maphash.MakeSeed(), seen: map[uint64]bool{}, kept: map[string]int{}}
	c.run.Ours, c.run.Theirs, c.run.Same, c.run.Outside, c.run.Counts = 0, 0, 0, 0, map[string]int64{}
	var l Link
	if r.Link != "" {
		if l, err = db.One(ctx, b.DB, linkOne, scanLink, r.Link); err != nil {
			return err
		}
		if l.System != "" {
			c.names[l.System] = true
		}
	}
	err = b.compareList(ctx, c, w, l)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	f := fault.As(err)
	if err != nil && f == nil {
		return err
	}
	return b.end(ctx, c, w, f)
}

// compareList brings the list to a file of its own and compares it.
func (b *Book) compareList(ctx context.Context, c *comparing, w work, l Link) error {
	spool, err := os.CreateTemp("", "cchc-list-")
	if err != nil {
		return fmt.Errorf("compare a list: %w", err)
	}
	defer os.Remove(spool.Name())
	defer spool.Close()
	os.Remove(spool.Name())
	if w.Address != "" {
		err = b.fetch(ctx, c.run.ID, l, w.Address, spool)
	} else {
		var content io.ReadCloser
		if content, err = b.Lists.Open(ctx, w.Key); err == nil {
			_, err = io.Copy(spool, content)
			content.Close()
		}
	}
	if err != nil {
		return err
	}
	size, err := spool.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	c.q.File = File{Name: c.run.File, Content: spool, Size: size}
	if err := b.reached(ctx, c.run.ID, RunComparing, 0); err != nil {
		return err
	}
	var last moment.Instant
	c.told = func(lines int64) error {
		now := b.DB.Now()
		if now < last.Add(time.Second) {
			return nil
		}
		last = now
		return b.reached(ctx, c.run.ID, RunComparing, lines)
	}
	return b.DB.Snapshot(ctx, func(s *db.Snapshot) error { return c.compare(ctx, s) })
}

func (b *Book) fetch(ctx context.Context, run string, l Link, address string, to io.Writer) error {
	failed := func(err error) error {
		why := strings.ToValidUTF8(err.Error()[:min(len(err.Error()), 300)], "")
		return fault.New(fault.Unavailable, "exchange.fetch_failed", "Why", why).Because(err)
	}
	switch {
	case b.Quiet:
		return fault.New(fault.Conflict, "exchange.quiet")
	case b.Fetcher == nil || !auth.FetchList.In(l.stands()):
		return failed(errors.New("the link has ended"))
	}
	if err := b.reached(ctx, run, RunFetching, 0); err != nil {
		return err
	}
	l, err := b.opened(l)
	if err != nil {
		return err
	}
	err = b.Fetcher.Fetch(ctx, l, address, to, func(rows int64) {
		b.reached(ctx, run, RunFetching, rows) // only for who looks
	})
	if err != nil && fault.As(err) == nil && ctx.Err() == nil {
		err = failed(err)
	}
	return err
}

func (b *Book) reached(ctx context.Context, run, state string, lines int64) error {
	return b.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, workAt, state, lines, run)
		return err
	})
}

// end stores what came of a run, and lets go of its list.
func (b *Book) end(ctx context.Context, c *comparing, w work, f *fault.Fault) error {
	state, text := RunDone, []byte(nil)
	if f != nil {
		state = RunFailed
		var err error
		if text, err = json.Marshal(fault.Fault{Kind: f.Kind, Key: f.Key, Args: f.Args, Fields: f.Fields}); err != nil {
			return err
		}
	}
	return b.DB.Write(ctx, func(tx *db.Tx) error {
		if n, err := tx.Exec(ctx, workEnd, state, c.run.Theirs, tx.Now, string(text), c.run.ID); err != nil || n == 0 {
			return err
		}
		if f == nil {
			r := c.run
			if _, err := tx.Exec(ctx, runCounts, r.Ours, r.Theirs, r.Same, r.Outside, r.Counts[MissingThere], r.Counts[MissingHere], r.Counts[StatusDiffers],
				r.Counts[TimeDiffers], r.ID); err != nil {
				return err
			}
			if err := c.keep(ctx, tx); err != nil {
				return err
			}
		}
		if w.Key == "" {
			return nil
		}
		return EraseFiles.Enqueue(ctx, tx, []string{w.Key})
	})
}

// how adds to runs how far their jobs are.
func (b *Book) how(ctx context.Context, runs ...*Run) error {
	for _, r := range runs {
		w, err := db.One(ctx, b.DB, workOf, scanWork, r.ID)
		if errors.Is(err, db.ErrNotFound) {
			r.State = RunDone
			continue
		}
		if err != nil {
			return err
		}
		r.State, r.Lines, r.Finished, r.Fault, r.Fetched = w.State, w.Lines, w.Finished, w.Fault, w.Address != ""
	}
	return nil
}
