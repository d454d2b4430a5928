package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

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
	ErrText      = errors.New("a text holds a byte that no text may hold")
	ErrRetry     = errors.New("another write was in the way")
	ErrFull      = errors.New("no room left to store")
	ErrClosed    = errors.New("the database is closed")
	// ErrDisk says that the disk under a SQLite file fails or takes no writes; nothing
	// was done.
	ErrDisk = errors.New("the disk does not do what it is asked")
	// ErrAway says that the database's server could not be reached, or takes no writes
	// any more; nothing was done.
	ErrAway = errors.New("the database server is away")
	// ErrUncertain says that the server went away while it committed: whether the write
	// happened could not be found out.
	ErrUncertain = errors.New("whether the write happened is not known")

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
	if connect := new(pgconn.ConnectError); errors.As(err, &connect) { // whatever it said
		return &Error{Kind: ErrAway, Err: err}
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return &Error{Kind: pgKind(pg), Err: err}
	}
	if away(err) {
		return &Error{Kind: ErrAway, Err: err}
	}
	return err
}

// away reports whether an error of the driver tells that the server, or the way to it, is
// gone. A statement whose caller gave up is none.
func away(err error) bool {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	var network *net.OpError
	return errors.As(err, &network) || errors.Is(err, driver.ErrBadConn) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) || pgconn.SafeToRetry(err)
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
	case lib.SQLITE_IOERR, lib.SQLITE_READONLY, lib.SQLITE_CANTOPEN:
		return ErrDisk
	}
	return nil
}

// pgKind reads SQLSTATE: classes 08 (connection), 23 (integrity), 40 (rollback), 53
// (resources), 57 (an operator's hand), 58 (the system under it).
func pgKind(pg *pgconn.PgError) error {
	switch pg.Code {
	case "23505":
		return ErrUnique
	case "23503":
		return ErrReference
	case "23502", "23514", "P0001":
		return ErrCheck
	case "22021": // a zero byte, or no UTF-8
		return ErrText
	case "40001", "40P01", "53200": // the last: no room in the table of locks, until others end
		return ErrRetry
	case "53100":
		return ErrFull
	case "25006", "53300", "57P01", "57P02", "57P03": // reads only, no connection free, stopping, crashed, starting
		return ErrAway
	case "58030": // its disk fails
		return ErrAway
	case "42501":
		// The system lets it write no file: what a disk that turned read-only says. What
		// rights on tables, schemas and the like refuse has the same code and comes from one
		// file of PostgreSQL's source, which it names.
		if pg.File != "aclchk.c" {
			return ErrAway
		}
	}
	if strings.HasPrefix(pg.Code, "08") { // the connection
		return ErrAway
	}
	return nil
}
