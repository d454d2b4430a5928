package db

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
)

// A Queryer runs statements that read: a *DB, a *Tx or a *Snapshot.
type Queryer interface {
	query(ctx context.Context, s *Stmt, args []any) (*sql.Rows, error)
	base() *DB
}

func (d *DB) base() *DB        { return d }
func (tx *Tx) base() *DB       { return tx.db }
func (sn *Snapshot) base() *DB { return sn.db }

func (d *DB) query(ctx context.Context, s *Stmt, args []any) (*sql.Rows, error) {
	select {
	case <-d.done:
		return nil, ErrClosed
	default:
	}
	if d.engine == Postgres {
		return d.pool().QueryContext(ctx, s.text[Postgres], args...)
	}
	p, err := prepared(d.read, &d.prepared, s)
	if err != nil {
		return nil, err
	}
	return p.QueryContext(ctx, args...)
}

func (tx *Tx) query(ctx context.Context, s *Stmt, args []any) (*sql.Rows, error) {
	if err := tx.alive(ctx); err != nil {
		return nil, err
	}
	if !s.reads() {
		tx.note(s.Name)
	}
	if tx.db.engine == Postgres {
		return tx.sql.QueryContext(ctx, s.text[Postgres], args...)
	}
	p, err := prepared(tx.db.conn, &tx.db.writing, s)
	if err != nil {
		return nil, err
	}
	// Not the caller's context: interrupting a statement inside a transaction
	// makes SQLite undo the whole transaction, other people's writes with it.
	return p.QueryContext(context.Background(), args...)
}

func (sn *Snapshot) query(ctx context.Context, s *Stmt, args []any) (*sql.Rows, error) {
	if sn.db.engine == Postgres { // pgx keeps prepared statements by itself
		return sn.sql.QueryContext(ctx, s.text[Postgres], args...)
	}
	if p, ok := sn.db.prepared.Load(s); ok {
		// Compiled once on each connection of the pool: that takes SQLite longer than
		// running most of ours.
		return sn.sql.StmtContext(ctx, p.(*sql.Stmt)).QueryContext(ctx, args...)
	}
	// The first time it is compiled for this view alone. Preparing takes another
	// connection of the pool, and views that hold all of them would wait for each
	// other; somebody who holds none does it meanwhile.
	go prepared(sn.db.read, &sn.db.prepared, s)
	return sn.sql.QueryContext(ctx, s.text[SQLite], args...)
}

// Exec runs a statement that changes rows and returns how many it changed.
func (tx *Tx) Exec(ctx context.Context, s *Stmt, args ...any) (int64, error) {
	if err := tx.alive(ctx); err != nil {
		return 0, err
	}
	tx.note(s.Name)
	var r sql.Result
	var err error
	if tx.db.engine == Postgres {
		r, err = tx.sql.ExecContext(ctx, s.text[Postgres], args...)
	} else {
		var p *sql.Stmt
		if p, err = prepared(tx.db.conn, &tx.db.writing, s); err == nil {
			r, err = p.ExecContext(context.Background(), args...)
		}
	}
	if err != nil {
		return 0, fmt.Errorf("%s: %w", s.Name, tx.fail(err))
	}
	return r.RowsAffected()
}

func (tx *Tx) alive(ctx context.Context) error {
	if tx.failed != nil {
		return fmt.Errorf("after a statement of this write was refused: %w", tx.failed)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return tx.ctx.Err()
}

// preparer is a pool or the writer's connection.
type preparer interface {
	PrepareContext(ctx context.Context, text string) (*sql.Stmt, error)
}

// prepared returns the statement prepared once on p and kept in cache.
func prepared(p preparer, cache *sync.Map, s *Stmt) (*sql.Stmt, error) {
	if st, ok := cache.Load(s); ok {
		return st.(*sql.Stmt), nil
	}
	st, err := p.PrepareContext(context.Background(), s.text[SQLite])
	if err != nil {
		return nil, err
	}
	if old, loaded := cache.LoadOrStore(s, st); loaded {
		st.Close()
		return old.(*sql.Stmt), nil
	}
	return st, nil
}

// All returns what scan makes of every row.
func All[T any](ctx context.Context, q Queryer, s *Stmt, scan func(Scanner) (T, error), args ...any) ([]T, error) {
	var out []T
	err := Each(ctx, q, s, func(r Scanner) error {
		v, err := scan(r)
		if err == nil {
			out = append(out, v)
		}
		return err
	}, args...)
	return out, err
}

// One returns what scan makes of the first row, or ErrNotFound.
func One[T any](ctx context.Context, q Queryer, s *Stmt, scan func(Scanner) (T, error), args ...any) (T, error) {
	var out T
	found := false
	err := Each(ctx, q, s, func(r Scanner) (err error) {
		out, err = scan(r)
		found = true
		if err == nil {
			err = errStop
		}
		return err
	}, args...)
	if err == nil && !found {
		err = fmt.Errorf("%s: %w", s.Name, ErrNotFound)
	}
	return out, err
}

// Value returns the only column of the first row, or ErrNotFound.
func Value[T any](ctx context.Context, q Queryer, s *Stmt, args ...any) (T, error) {
	return One(ctx, q, s, func(r Scanner) (v T, err error) { err = r.Scan(&v); return }, args...)
}

// Column returns the only column of every row.
func Column[T any](ctx context.Context, q Queryer, s *Stmt, args ...any) ([]T, error) {
	return All(ctx, q, s, func(r Scanner) (v T, err error) { err = r.Scan(&v); return }, args...)
}

// A Scanner is one row.
type Scanner interface{ Scan(dest ...any) error }

// Each calls fn for every row in turn and stops at its first error. A write must
// not start another statement from fn: the engine has one cursor at a time.
func Each(ctx context.Context, q Queryer, s *Stmt, fn func(Scanner) error, args ...any) error {
	switch x := q.(type) {
	case *DB:
		return x.again(ctx, func() (bool, error) { return each(ctx, q, s, fn, args) })
	case lately:
		return x.again(ctx, func() (bool, error) { return each(ctx, q, s, fn, args) })
	}
	_, err := each(ctx, q, s, fn, args)
	return err
}

// each is Each; began tells that fn was given a row.
func each(ctx context.Context, q Queryer, s *Stmt, fn func(Scanner) error, args []any) (began bool, err error) {
	rows, err := q.query(ctx, s, args)
	if err != nil {
		return false, refused(ctx, q, s, err)
	}
	defer rows.Close()
	for rows.Next() {
		began = true
		if err := fn(rows); err != nil {
			if err == errStop {
				// A row may come, and after it why the statement failed all the same:
				// PostgreSQL finds at a statement's end that two writes collide.
				if err := rows.Close(); err != nil {
					return true, refused(ctx, q, s, err)
				}
				return true, nil
			}
			return true, err
		}
	}
	if err := rows.Err(); err != nil {
		return began, refused(ctx, q, s, err)
	}
	return began, nil
}

// refused says which statement could not be read, and fails the write if it was
// one of a write.
func refused(ctx context.Context, q Queryer, s *Stmt, err error) error {
	if tx, ok := q.(*Tx); ok {
		err = tx.fail(err)
	} else if gone := ctx.Err(); gone != nil {
		err = gone // an engine calls it an interruption of its own
	}
	return fmt.Errorf("%s: %w", s.Name, translate(err))
}
