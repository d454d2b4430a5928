package app

import (
	"context"

	"cchc/base/auth"
	"cchc/base/db"
)

// sealKeyAt is where the key is kept that seals the secrets of second factors: beside
// the database file, or in the working folder for a database elsewhere.
func (r *rooms) sealKeyAt(given string) string {
	switch {
	case given != "":
		return given + r.suffix()
	case r.db.Engine() == db.Postgres:
		return "cchc.seal-key" + r.suffix()
	}
	return r.db.Name() + ".seal-key"
}

// openSeal takes the key, and seals what is not sealed yet. Without it codes of
// applications are refused with the reason, nothing is sent to other systems, and health
// tells.
func (r *rooms) openSeal(ctx context.Context, given string) (err error) {
	r.sealKey = r.sealKeyAt(given)
	r.accounts.Seal, err = auth.OpenSeal(ctx, r.db, r.sealKey)
	r.exchange.Seal = r.accounts.Seal
	if err == nil {
		err = r.exchange.SealSecrets(ctx)
	}
	r.sealed = err
	return err
}

// sealKeyName is the same of a database that is not open.
func sealKeyName(dsn string) string {
	if db.IsPostgres(dsn) {
		return "cchc.seal-key"
	}
	return dsn + ".seal-key"
}
