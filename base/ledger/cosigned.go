package ledger

import (
	"context"

	"cchc/base/db"
	"cchc/base/moment"
)

var (
	cosignaturesOf = db.SQL("ledger.cosignature.of", `
		SELECT c.public, COALESCE(p.name, ''), c.made_at, c.line
		FROM log_cosignature c
		LEFT JOIN log_party p ON p.public = c.public AND p.role = 'cosigner'
		WHERE c.size = $1 AND c.at = $2
		ORDER BY c.made_at, c.public`)
	cosignedOver = db.SQL("ledger.cosignature.over", `
		SELECT k.size, k.at, k.signed
		FROM log_cosignature c
		JOIN log_checkpoint k ON k.size = c.size AND k.at = c.at
		WHERE c.size > $1
		ORDER BY c.size, c.at
		LIMIT 1`)
)

var cosignedLast = db.SQL("ledger.cosignature.last", `
	SELECT k.size, k.at, k.signed
	FROM log_cosignature c
	JOIN log_checkpoint k ON k.size = c.size AND k.at = c.at
	ORDER BY c.size DESC, c.at DESC
	LIMIT 1`)

// LastCosigned returns the last checkpoint that somebody co-signed; db.ErrNotFound when
// nobody did.
func (l *Log) LastCosigned(ctx context.Context, q db.Queryer) (Signed, error) {
	return db.One(ctx, q, cosignedLast, scanSigned)
}

// A Cosignature is what another server signed of a checkpoint of ours.
type Cosignature struct {
	Public string
	Name   string // of who co-signed, as it was entered here
	At     moment.Instant
	Line   string
}

// Cosignatures returns who co-signed a checkpoint.
func (l *Log) Cosignatures(ctx context.Context, q db.Queryer, s Signed) ([]Cosignature, error) {
	return db.All(ctx, q, cosignaturesOf, func(r db.Scanner) (c Cosignature, err error) {
		err = r.Scan(&c.Public, &c.Name, &c.At, &c.Line)
		return c, err
	}, s.Checkpoint.Size, s.At)
}

// WithCosignatures returns a checkpoint as signed by the log and by others.
func (l *Log) WithCosignatures(ctx context.Context, q db.Queryer, s Signed) ([]byte, error) {
	all, err := l.Cosignatures(ctx, q, s)
	text := s.Text[:len(s.Text):len(s.Text)]
	for _, c := range all {
		text = append(text, c.Line...)
	}
	return text, err
}

// cosignedOver returns the first checkpoint over a leaf that somebody co-signed.
func (l *Log) cosignedOver(ctx context.Context, q db.Queryer, index int64) (Signed, error) {
	return db.One(ctx, q, cosignedOver, scanSigned, index)
}
