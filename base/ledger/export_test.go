package ledger

import (
	"context"

	"golang.org/x/mod/sumdb/tlog"
)

// For tests that sign as somebody else would.
var (
	NewKey  = newKey
	Signers = signers
)

// RootNow is the root of what the log is now.
func (l *Log) RootNow(ctx context.Context) (tlog.Hash, error) {
	size, err := l.Size(ctx, l.DB)
	if err != nil {
		return tlog.Hash{}, err
	}
	return tlog.TreeHash(size, reader(ctx, l.DB))
}
