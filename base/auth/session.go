package auth

import (
	"context"
	"crypto/sha256"
	"time"

	"cchc/base/db"
)

// A Store keeps sessions (phiên làm việc) in the database, for package scs. Only
// a hash of the cookie's token is stored: who reads the table, or a copy of it,
// cannot sign in with what is there.
type Store struct{ DB *db.DB }

var (
	findSession = db.SQL("auth.session.find", `
		SELECT data FROM session
		WHERE token_hash = $1 AND expires_at > $2`)
	commitSession = db.SQL("auth.session.commit", `
		INSERT INTO session (token_hash, data, expires_at) VALUES ($1, $2, $3)
		ON CONFLICT (token_hash) DO UPDATE SET data = excluded.data, expires_at = excluded.expires_at`)
	deleteSession = db.SQL("auth.session.delete", `DELETE FROM session WHERE token_hash = $1`)
	oldSessions   = db.SQL("auth.session.sweep", `DELETE FROM session WHERE expires_at <= $1`)
)

// FindCtx returns a session's data, and whether there is one that is not over.
func (s Store) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	found, err := db.Column[[]byte](ctx, s.DB, findSession, hashToken(token), s.DB.Now())
	if err != nil || len(found) == 0 {
		return nil, false, err
	}
	return found[0], true, nil
}

// CommitCtx stores a session's data until expiry, a time of the machine's clock:
// scs knows no other.
func (s Store) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, commitSession, hashToken(token), data, s.DB.At(expiry))
		return err
	})
}

// DeleteCtx ends a session; one that does not exist is no error.
func (s Store) DeleteCtx(ctx context.Context, token string) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, deleteSession, hashToken(token))
		return err
	})
}

// Find is FindCtx without a context; scs asks for it and does not call it.
func (s Store) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

// Commit is CommitCtx without a context; scs asks for it and does not call it.
func (s Store) Commit(token string, data []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), token, data, expiry)
}

// Delete is DeleteCtx without a context; scs asks for it and does not call it.
func (s Store) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }

func hashToken(token string) []byte {
	h := sha256.Sum256([]byte(token))
	return h[:]
}
