package db

import (
	"database/sql"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"
)

// Kinds of refusal, told apart by the engine's code and never by its text. Ask
// with errors.Is.
var (
	ErrNotFound  = errors.New("no such row")
	ErrUnique    = errors.New("there is one already")
	ErrReference = errors.New("something that is named does not exist, or is still in use")
	ErrCheck     = errors.New("a value is not allowed")
	ErrRetry     = errors.New("another write was in the way")
	ErrFull      = errors.New("no room left to store")
	ErrClosed    = errors.New("the database is closed")

	errStop = errors.New("stop")
)

// An Error is what the engine refused, with its kind.
type Error struct {
	Kind error // one of the Err values, or nil when it is none of them
	Err  error // the driver's
}

// Error returns the kind and the driver's own words, for logs.
func (e *Error) Error() string {
	if e.Kind == nil {
		return e.Err.Error()
	}
	return fmt.Sprintf("%v: %v", e.Kind, e.Err)
}

// Unwrap lets errors.Is find the kind and errors.As the driver's error.
func (e *Error) Unwrap() []error {
	if e.Kind == nil {
		return []error{e.Err}
	}
	return []error{e.Kind, e.Err}
}

func translate(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	if errors.Is(err, sql.ErrConnDone) {
		return &Error{Kind: ErrClosed, Err: err}
	}
	var known *Error
	if errors.As(err, &known) {
		return err
	}
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		return &Error{Kind: liteKind(lite.Code()), Err: err}
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return &Error{Kind: pgKind(pg.Code), Err: err}
	}
	return err
}

func liteKind(code int) error {
	switch code {
	case lib.SQLITE_CONSTRAINT_UNIQUE, lib.SQLITE_CONSTRAINT_PRIMARYKEY, lib.SQLITE_CONSTRAINT_ROWID:
		return ErrUnique
	case lib.SQLITE_CONSTRAINT_FOREIGNKEY:
		return ErrReference
	case lib.SQLITE_CONSTRAINT_CHECK, lib.SQLITE_CONSTRAINT_NOTNULL, lib.SQLITE_CONSTRAINT_TRIGGER, lib.SQLITE_CONSTRAINT_DATATYPE:
		return ErrCheck
	}
	switch code & 0xff {
	case lib.SQLITE_BUSY, lib.SQLITE_LOCKED:
		return ErrRetry
	case lib.SQLITE_FULL:
		return ErrFull
	}
	return nil
}

// pgKind reads SQLSTATE: classes 23 (integrity), 40 (rollback), 53 (resources).
func pgKind(code string) error {
	switch code {
	case "23505":
		return ErrUnique
	case "23503":
		return ErrReference
	case "23502", "23514", "P0001":
		return ErrCheck
	case "40001", "40P01":
		return ErrRetry
	case "53100":
		return ErrFull
	}
	return nil
}
