package backup

import (
	"context"
	"errors"
	"time"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/job"
	"cchc/base/moment"
)

// Kinds of runs.
const (
	Copying = "copy"  // a copy is made
	Drill   = "drill" // the newest copy is put back elsewhere, and looked through
)

// A Run is one time that a copy was made or tried, or is to be.
type Run struct {
	ID       string
	Kind     string
	By       string // account
	Asked    moment.Instant
	Started  moment.Instant // of the last attempt
	Finished moment.Instant
	Attempts int
	Place    string // where the copies are
	Name     string // of the copy
	Bytes    int64
	Files    int   // new ones; of a drill all
	FileSize int64 // bytes of the new ones
	Removed  int   // older copies
	Error    string
}

// Good reports whether it ended well.
func (r Run) Good() bool { return r.Finished != 0 && r.Error == "" }

// Failed reports whether the last attempt failed.
func (r Run) Failed() bool { return r.Error != "" }

var (
	runInsert = db.SQL("backup.run.insert", `
		INSERT INTO backup_run (id, kind, account, asked_at, started_at, finished_at, attempts, place, name, bytes, files, file_bytes, removed, error)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`)
	runBegin = db.SQL("backup.run.begin", `UPDATE backup_run SET started_at = $1, finished_at = NULL, attempts = attempts + 1, place = $2 WHERE id = $3`)
	runEnd   = db.SQL("backup.run.end", `
		UPDATE backup_run SET finished_at = $1, name = $2, bytes = $3, files = $4, file_bytes = $5, removed = $6, error = $7
		WHERE id = $8`)
	runColumns = `id, kind, account, asked_at, started_at, finished_at, attempts, place, name, bytes, files, file_bytes, removed, error`
	runList    = db.SQL("backup.run.list", `SELECT `+runColumns+` FROM backup_run ORDER BY asked_at DESC, id DESC LIMIT $1`)
	runGood    = db.SQL("backup.run.good", `
		SELECT `+runColumns+` FROM backup_run
		WHERE kind = $1 AND finished_at IS NOT NULL AND error = '' AND finished_at <= $2
		ORDER BY finished_at DESC LIMIT 1`)
	runLast = db.SQL("backup.run.last", `SELECT `+runColumns+` FROM backup_run WHERE kind = $1 AND asked_at <= $2 ORDER BY asked_at DESC, id DESC LIMIT 1`)
	// What is kept of runs: a year's, and always the last good ones of each kind.
	runForget = db.SQL("backup.run.forget", `
		DELETE FROM backup_run WHERE asked_at < $1 AND id NOT IN (
			SELECT r.id FROM backup_run r
			WHERE r.error = '' AND r.finished_at = (SELECT MAX(x.finished_at) FROM backup_run x WHERE x.kind = r.kind AND x.error = ''))`)
)

func scanRun(s db.Scanner) (r Run, err error) {
	err = s.Scan(&r.ID, &r.Kind, &r.By, &r.Asked, &r.Started, &r.Finished, &r.Attempts, &r.Place, &r.Name, &r.Bytes, &r.Files, &r.FileSize, &r.Removed, &r.Error)
	return r, err
}

// Work is the job of a run.
var Work = job.Kind[string]{Name: "backup.run", Timeout: 12 * time.Hour, Attempts: 8}

// Ask has a copy made, or a drill, by a job. Whether the actor may is for the caller
// to check. Faults: Conflict when one of the kind waits or runs.
func Ask(ctx context.Context, tx *db.Tx, a actor.Actor, kind string) (Run, error) {
	last, err := Last(ctx, tx, kind, tx.Now)
	if err != nil && !errors.Is(err, db.ErrNotFound) {
		return Run{}, err
	}
	if err == nil && last.Finished == 0 && last.Error == "" && last.Asked > tx.Now.Add(-Work.Timeout) {
		return last, fault.New(fault.Conflict, "backup.under_way")
	}
	r := Run{ID: db.NewID(), Kind: kind, By: a.Account, Asked: tx.Now}
	if err := put(ctx, tx, r); err != nil {
		return r, err
	}
	if err := audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: "backup." + kind, Kind: "backup", ID: r.ID}); err != nil {
		return r, err
	}
	return r, Work.Enqueue(ctx, tx, r.ID)
}

// Note writes down a run that was made outside of the program that serves.
func Note(ctx context.Context, tx *db.Tx, a actor.Actor, r Run) error {
	r.ID, r.By, r.Finished, r.Attempts = db.NewID(), a.Account, tx.Now, 1
	if err := put(ctx, tx, r); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: "backup." + r.Kind, Kind: "backup", ID: r.ID})
}

func put(ctx context.Context, tx *db.Tx, r Run) error {
	_, err := tx.Exec(ctx, runInsert, r.ID, r.Kind, r.By, r.Asked, r.Started, r.Finished, r.Attempts, r.Place, r.Name, r.Bytes, r.Files, r.FileSize, r.Removed, r.Error)
	return err
}

// Begin notes that an attempt of a run begins.
func Begin(ctx context.Context, d *db.DB, id, place string) error {
	return d.Write(ctx, func(tx *db.Tx) error { _, err := tx.Exec(ctx, runBegin, tx.Now, place, id); return err })
}

// End notes how an attempt of a run ended.
func End(ctx context.Context, d *db.DB, id string, r Run) error {
	return d.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, runEnd, tx.Now, r.Name, r.Bytes, r.Files, r.FileSize, r.Removed, r.Error, id)
		return err
	})
}

// Runs returns the last runs, the newest first.
func Runs(ctx context.Context, q db.Queryer, n int) ([]Run, error) {
	return db.All(ctx, q, runList, scanRun, n)
}

// LastGood returns the last run of a kind that ended well. One that lies after now is
// of a clock that was ahead, and says nothing. Errors: db.ErrNotFound.
func LastGood(ctx context.Context, q db.Queryer, kind string, now moment.Instant) (Run, error) {
	return db.One(ctx, q, runGood, scanRun, kind, now.Add(moment.Skew))
}

// Last returns the last run of a kind, as LastGood. Errors: db.ErrNotFound.
func Last(ctx context.Context, q db.Queryer, kind string, now moment.Instant) (Run, error) {
	return db.One(ctx, q, runLast, scanRun, kind, now.Add(moment.Skew))
}

// Of returns a run. Errors: db.ErrNotFound.
func Of(ctx context.Context, q db.Queryer, id string) (Run, error) {
	return db.One(ctx, q, runOne, scanRun, id)
}

var runOne = db.SQL("backup.run.one", `SELECT `+runColumns+` FROM backup_run WHERE id = $1`)

// Forget removes runs that nobody asks of any more.
func Forget(ctx context.Context, d *db.DB) error {
	return d.Write(ctx, func(tx *db.Tx) error { _, err := tx.Exec(ctx, runForget, tx.Now.Add(-400*24*time.Hour)); return err })
}
