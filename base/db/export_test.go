package db

import (
	"context"
	"io/fs"
	"time"
)

// UpgradeLock is the number of the lock that whoever migrates a PostgreSQL holds.
const UpgradeLock = upgradeLock

// Waiting counts the pieces between two names of PostgreSQL's log.
var Waiting = waiting

// SetMigrations gives the database other migrations than the program's.
func (d *DB) SetMigrations(f fs.FS) { d.own = f }

// Look looks once how far a standby is behind.
func (d *DB) Look(ctx context.Context) { d.follows.look(ctx, d) }

// LookFor makes the looks at a standby take at most so long.
func (d *DB) LookFor(wait time.Duration) { d.follows.wait = wait }

// UpgradeAfterWaiting upgrades as a server does that found an older schema and then had to
// wait for another's upgrade.
func (d *DB) UpgradeAfterWaiting(ctx context.Context) error {
	p, err := d.provider()
	if err != nil {
		return err
	}
	return d.upgradePostgres(ctx, p)
}
