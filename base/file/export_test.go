package file

import (
	"context"
	"io"

	"cchc/base/db"
)

// ErrErasing is that another deletes the file just now.
var ErrErasing = errErasing

// Delete deletes whoever refers to it.
func (s *Store) Delete(ctx context.Context, key string) error { return s.delete(ctx, key) }

// Leave notes that a file is being deleted, and deletes nothing yet.
func Leave(ctx context.Context, d *db.DB, key, turn string) error {
	return d.Write(ctx, func(tx *db.Tx) error { return leave(ctx, tx, key, turn) })
}

// TakeAway deletes what Leave noted.
func (s *Store) TakeAway(ctx context.Context, key, turn string) error {
	return s.takeAway(ctx, s.rows, key, turn)
}

// Detect tells the type by the content.
func Detect(f io.ReaderAt, size int64) (Type, error) { return detect(f, size) }
