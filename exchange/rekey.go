package exchange

import (
	"context"
	"crypto/rand"
	"strings"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
)

var (
	linkSealed = db.SQL("exchange.link.sealed", `
		SELECT l.id, l.kind, l.name, l.url, l.secret, l.unit_id, l.ended_at, COALESCE((SELECT x.url FROM exchange_list x WHERE x.link_id = l.id), ''),
			(SELECT COUNT(*) FROM exchange_delivery d WHERE d.link_id = l.id AND d.state = 'waiting')
		FROM exchange_link l
		WHERE SUBSTR(l.secret, 1, 7) = 'sealed:'
		ORDER BY l.name, l.id`)
	linkKeyless = db.SQL("exchange.link.keyless", `SELECT COUNT(*) FROM exchange_link WHERE secret = $1 AND ended_at IS NULL`)
)

// Sealed returns the links whose secrets are sealed, ended ones too, with what waits for
// them: what is lost with the key of the seal.
func (b *Book) Sealed(ctx context.Context, q db.Queryer) ([]Link, error) {
	list, err := db.All(ctx, q, linkSealed, func(r db.Scanner) (l Link, err error) {
		err = r.Scan(&l.ID, &l.Kind, &l.Name, &l.URL, &l.Secret, &l.Unit, &l.Ended, &l.List, &l.Waiting)
		return l, err
	})
	return list, err
}

// Opens reports whether the seal opens the link's secret.
func (l Link) Opens(s *auth.Seal) bool { return s.OpensText(sealedFor(l.ID), l.Secret) }

// needs reports whether the link sends or fetches with its secret: who has files written
// needs none.
func (l Link) needs() bool { return l.Kind == Hook || l.URL != "" || l.List != "" }

// Stops reports whether the link stands still once its secret is given up.
func (l Link) Stops() bool { return l.Ended == 0 && l.needs() }

// LoseKeys gives up the secrets of links, in the write in which the seal begins anew (s is
// the new one): links stop until they get new keys, and what waits for them goes on
// waiting. Those that write files go on. It returns what stopped. The actor needs
// system.keep. Faults: Forbidden.
func (b *Book) LoseKeys(ctx context.Context, tx *db.Tx, a actor.Actor, s *auth.Seal, reason string) (stopped []Link, err error) {
	if err := b.Guard.Check(ctx, tx, a, auth.SystemKeep, ""); err != nil {
		return nil, err
	}
	list, err := b.Sealed(ctx, tx)
	if err != nil {
		return nil, err
	}
	for _, l := range list {
		text := auth.Gone
		if !l.needs() {
			if text, err = s.Put(ctx, tx, sealedFor(l.ID), rand.Text()); err != nil {
				return nil, err
			}
		}
		if _, err := tx.Exec(ctx, linkSeal, text, l.ID); err != nil {
			return nil, err
		}
		if !l.Stops() {
			continue
		}
		stopped = append(stopped, l)
		if err := audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: "exchange.key_lost", Kind: "exchange_link", ID: l.ID, Unit: l.Unit, Reason: reason,
			Changes: []audit.Change{{Field: "name", To: l.Name}}}); err != nil {
			return nil, err
		}
	}
	return stopped, tx.Bump(ctx, epoch)
}

// KeylessCount counts the links that stand still because they have no key.
func (b *Book) KeylessCount(ctx context.Context) (int, error) {
	return db.Value[int](ctx, b.DB, linkKeyless, auth.Gone)
}

// Rekey gives a link a new secret and returns the link with it, to be shown once: of a
// webhook a new one is made, of a peer it is what the other side gave. What waits is sent
// with it at once. The actor needs dossier.import in the link's unit. Faults: NotFound;
// Conflict "exchange.over" for a link that has ended; Invalid with field secret.
func (b *Book) Rekey(ctx context.Context, a actor.Actor, id, secret string) (Link, error) {
	l, err := b.Find(ctx, a, id)
	if err != nil {
		return Link{}, err
	}
	if secret = strings.TrimSpace(secret); l.Kind == Hook {
		secret = rand.Text() + rand.Text()
	} else if secret == "" || len(secret) > 500 {
		return Link{}, fault.New(fault.Invalid, "exchange.invalid").With("secret", "exchange.key.secret")
	}
	err = b.DB.Write(ctx, func(tx *db.Tx) error {
		if err := b.Guard.Check(ctx, tx, a, auth.DossierImport, l.Unit); err != nil {
			return err
		}
		now, err := db.One(ctx, tx, linkOne, scanLink, id)
		if err != nil {
			return err
		}
		if now.Ended != 0 {
			return fault.New(fault.Conflict, "exchange.over")
		}
		text, err := b.Seal.Put(ctx, tx, sealedFor(id), secret)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, linkSeal, text, id); err != nil {
			return err
		}
		if err := tx.Bump(ctx, epoch); err != nil {
			return err
		}
		if !b.Quiet {
			if err := Deliver.Enqueue(ctx, tx, id); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: "exchange.rekey", Kind: "exchange_link", ID: id, Unit: l.Unit, Changes: []audit.Change{{Field: "name", To: l.Name}}})
	})
	l.Secret = secret
	return l, err
}
