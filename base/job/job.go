// Package job runs what leaves the process or runs on a schedule, through River
// on both engines. A job is enqueued in the transaction of the fact that calls
// for it, so it exists exactly when the fact does. What a query over facts can
// find (who is due soon) is a sweep, not a job per dossier.
//
// A room names its jobs as package variables, without knowing River; app says
// what handles them:
//
//	var Notify = job.Kind[Notice]{Name: "dossier.notify"}
//
//	Notify.Enqueue(ctx, tx, Notice{Dossier: id})   // in the write
//	job.Handle(runner, dossier.Notify, desk.Send)  // in app
//
// A job runs at least once: after a crash or an error it runs again, so what it
// does must bear that.
package job

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"

	"cchc/base/db"
)

type riverTx = *sql.Tx

// A Kind is one sort of job, whose arguments are a T in JSON. Arguments stay in
// the database for a day and more: ids, never personal values.
type Kind[T any] struct {
	Name     string        // room.verb, unique; jobs in the queue know it by this name
	Timeout  time.Duration // how long one run may take; a minute when 0
	Attempts int           // how many runs, with growing pauses, before it is given up; 25 (three weeks) when 0
}

// Enqueue adds a job to the queue as part of the write tx: it will run when the
// write is on disk, and never when it fails. A Runner need not run in this
// process.
func (k Kind[T]) Enqueue(ctx context.Context, tx *db.Tx, args T) error {
	return k.EnqueueAll(ctx, tx, []T{args})
}

// EnqueueAll adds many jobs at once; none is no error.
func (k Kind[T]) EnqueueAll(ctx context.Context, tx *db.Tx, args []T) error {
	if len(args) == 0 {
		return nil
	}
	many := make([]river.InsertManyParams, len(args))
	for i, a := range args {
		body, err := json.Marshal(wrapped[T]{a})
		if err != nil {
			return fmt.Errorf("enqueue %s: %w", k.Name, err)
		}
		many[i] = river.InsertManyParams{Args: envelope{kind: k.Name, body: body}, InsertOpts: &river.InsertOpts{MaxAttempts: k.Attempts}}
	}
	c, err := inserter(tx.Engine())
	if err != nil {
		return fmt.Errorf("enqueue %s: %w", k.Name, err)
	}
	return tx.Raw(ctx, func(ctx context.Context, t *sql.Tx) error {
		if _, err := c.InsertManyTx(ctx, t, many); err != nil {
			return fmt.Errorf("enqueue %s: %w", k.Name, err)
		}
		return nil
	})
}

// wrapped makes an object of any arguments: River's way into PostgreSQL takes no
// bare JSON string.
type wrapped[T any] struct {
	Args T `json:"args"`
}

// An envelope is what River sees of every job: a name and JSON.
type envelope struct {
	kind string
	body json.RawMessage
}

// Kind names the job.
func (e envelope) Kind() string { return e.kind }

// MarshalJSON gives the arguments as they are.
func (e envelope) MarshalJSON() ([]byte, error) { return e.body, nil }

// UnmarshalJSON keeps the arguments as they are.
func (e *envelope) UnmarshalJSON(b []byte) error {
	e.body = append(json.RawMessage(nil), b...)
	return nil
}

// Clients that only insert, in the transactions that they are given. They know
// no database, so there is one of each engine for the whole process.
var (
	insertSQLite = sync.OnceValues(func() (*river.Client[riverTx], error) {
		return river.NewClient(riverdriver.Driver[riverTx](riversqlite.New(nil)), &river.Config{Logger: logger()})
	})
	insertPostgres = sync.OnceValues(func() (*river.Client[riverTx], error) {
		return river.NewClient(riverdriver.Driver[riverTx](riverdatabasesql.New(nil)), &river.Config{Logger: logger()})
	})
)

func inserter(e db.Engine) (*river.Client[riverTx], error) {
	if e == db.Postgres {
		return insertPostgres()
	}
	return insertSQLite()
}

// logger hands River's warnings on to the program's log, and not its comings and
// goings.
func logger() *slog.Logger { return slog.New(warnings{slog.Default().Handler()}) }

type warnings struct{ slog.Handler }

// Enabled lets warnings and errors through.
func (w warnings) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelWarn && w.Handler.Enabled(ctx, l)
}

// WithAttrs keeps the filter on loggers made from this one.
func (w warnings) WithAttrs(a []slog.Attr) slog.Handler { return warnings{w.Handler.WithAttrs(a)} }

// WithGroup keeps the filter on loggers made from this one.
func (w warnings) WithGroup(name string) slog.Handler { return warnings{w.Handler.WithGroup(name)} }
