// Package db is the only place that knows which engine runs. It opens a SQLite
// file or a PostgreSQL database, runs a write as one function in one transaction
// at one instant, and keeps a registry of every SQL statement so that a test can
// prepare them all on both engines.
//
// The promise of Write is the same on both: as if writes ran one at a time, and
// what was acknowledged is on disk. SQLite has one writer that groups concurrent
// writes into one commit (each in a savepoint of its own); PostgreSQL runs
// SERIALIZABLE and retries, with jitter, until the context's deadline.
//
// SQL is the dialect that both engines share: numbered parameters in order of
// first appearance, no engine time, no engine case folding, no JSON operators.
package db
