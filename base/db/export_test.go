package db

import "io/fs"

// Waiting returns how many writes wait for SQLite's writer.
func (d *DB) Waiting() int { return len(d.queue) }

// SetMigrations gives the database other migrations than the program's.
func (d *DB) SetMigrations(f fs.FS) { d.own = f }
