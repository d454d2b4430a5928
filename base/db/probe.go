package db

import (
	"context"
	"database/sql"
	"errors"
)

// probes change nothing that anybody reads, and yet have to be forced to the disk: a
// number in the head of a SQLite file that the program does not use, a transaction
// number of PostgreSQL. A server that only follows another refuses to give one.
var probes = map[Engine]string{
	SQLite:   `PRAGMA user_version = 0`,
	Postgres: `SELECT pg_current_xact_id()`,
}

// readOnly tells whether PostgreSQL was told to take no writes, which it gives
// numbers in spite of.
const readOnly = `SELECT current_setting('transaction_read_only') = 'on'`

// Writable writes, as every write does, and returns nil when it is on disk. It waits
// behind the writes that wait, so that a writer that hangs shows.
func (d *DB) Writable(ctx context.Context) error {
	return d.Write(ctx, func(tx *Tx) error {
		return tx.Raw(ctx, func(ctx context.Context, raw *sql.Tx) error {
			if d.engine == Postgres {
				var refused bool
				if err := raw.QueryRowContext(ctx, readOnly).Scan(&refused); err != nil {
					return err
				} else if refused {
					return errors.New("the database takes no writes")
				}
			}
			_, err := raw.ExecContext(ctx, probes[d.engine])
			return err
		})
	})
}
