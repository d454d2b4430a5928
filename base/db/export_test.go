package db

import "io/fs"

// SetMigrations gives the database other migrations than the program's.
func (d *DB) SetMigrations(f fs.FS) { d.own = f }
