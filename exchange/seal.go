package exchange

import (
	"context"
	"strings"

	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
)

var (
	linkUnsealed = db.SQL("exchange.link.unsealed", `SELECT id, secret FROM exchange_link WHERE SUBSTR(secret, 1, 7) <> 'sealed:'`)
	linkSeal     = db.SQL("exchange.link.seal", `UPDATE exchange_link SET secret = $1 WHERE id = $2`)
)

// Keyless reports whether the link's key was lost with the key of the seal: nothing is sent
// until it is given a new one (Rekey); what is to be sent waits.
func (l Link) Keyless() bool { return l.Secret == auth.Gone && l.Ended == 0 }

// sealedFor binds a secret to its link, so that it is of no use beside another.
func sealedFor(link string) string { return "exchange_link:" + link }

// SealSecrets seals the secrets of links that stand open in the database: those from
// before there was a seal, and of a copy that was brought here. Ended links' too.
func (b *Book) SealSecrets(ctx context.Context) error {
	if b.Seal == nil {
		return nil
	}
	return b.DB.Write(ctx, func(tx *db.Tx) error {
		list, err := db.All(ctx, tx, linkUnsealed, func(r db.Scanner) (l Link, err error) {
			err = r.Scan(&l.ID, &l.Secret)
			return l, err
		})
		if err != nil {
			return err
		}
		for _, l := range list {
			text, err := b.Seal.Put(ctx, tx, sealedFor(l.ID), l.Secret)
			if err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, linkSeal, text, l.ID); err != nil {
				return err
			}
		}
		if len(list) > 0 {
			return tx.Bump(ctx, epoch)
		}
		return nil
	})
}

// opened is a link with its secret as it signs. Faults: Unavailable without the key of the
// seal; Conflict without one of its own.
func (b *Book) opened(l Link) (Link, error) {
	if !strings.HasPrefix(l.Secret, auth.Sealed) {
		return l, nil
	}
	if l.Secret == auth.Gone {
		return l, fault.New(fault.Conflict, "exchange.keyless")
	}
	var err error
	l.Secret, err = b.Seal.Take(sealedFor(l.ID), l.Secret)
	return l, err
}
