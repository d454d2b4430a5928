package db

// Waiting returns how many writes wait for SQLite's writer.
func (d *DB) Waiting() int { return len(d.queue) }
