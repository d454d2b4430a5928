package auth

import (
	"context"
	"crypto/subtle"
	"errors"
	"strings"
	"sync"
	"time"

	"cchc/base/actor"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
)

// tokenPrefix begins every token, so that scanners of source code find one that
// was left there.
const tokenPrefix = "cchc_"

// keptFor bounds how long a verified token is believed without reading it again,
// whatever the epoch says: a second net.
const keptFor = time.Minute

// Bearers tells who calls with a token. What it found out it keeps in memory until
// tokens, accounts, grants or units change: what this process changes holds with the
// next request, what another one does after db.Lag at most. It is of one database.
type Bearers struct {
	DB    *db.DB
	Guard Guard

	mu   sync.RWMutex
	kept map[string]*bearer
}

// A bearer is a token with who its holder is. It is immutable.
type bearer struct {
	hash    []byte
	actor   actor.Actor
	epoch   int64
	at      moment.Instant
	day     moment.Date // grants are in force by day
	expires moment.Instant
	revoked moment.Instant
	used    moment.Instant
}

var (
	bearerByID = db.SQL("auth.bearer", `
		SELECT secret_hash, account_id, scopes, unit_id, expires_at, revoked_at, used_at
		FROM api_token
		WHERE id = $1`)
	bearerUsed = db.SQL("auth.bearer.used", `UPDATE api_token SET used_at = $1 WHERE id = $2 AND (used_at IS NULL OR used_at < $3)`)
)

// Actor returns who calls with the text of a token: the account, with what its
// grants and the token's scope and unit have in common. Fault: Unauthenticated,
// one and the same whatever is wrong.
func (b *Bearers) Actor(ctx context.Context, text string) (actor.Actor, error) {
	no := fault.New(fault.Unauthenticated, "auth.token_wrong")
	rest, ok := strings.CutPrefix(text, tokenPrefix)
	id, secret, cut := strings.Cut(rest, "_")
	if !ok || !cut || len(text) > 200 {
		return actor.Actor{}, no
	}
	epoch, err := b.DB.Recently(ctx, "auth", "unit")
	if err != nil {
		return actor.Actor{}, err
	}
	now := b.DB.Now()
	b.mu.RLock()
	t := b.kept[id]
	b.mu.RUnlock()
	if t == nil || t.epoch != epoch || t.day != now.Date() || now < t.at || now > t.at.Add(keptFor) {
		if t, err = b.load(ctx, id, epoch, now); errors.Is(err, db.ErrNotFound) || fault.Is(err, fault.Unauthenticated) {
			return actor.Actor{}, no.Because(err)
		} else if err != nil {
			return actor.Actor{}, err
		}
	}
	if subtle.ConstantTimeCompare(hashSecret(secret), t.hash) != 1 || !UseToken.In(tokenStands(t.revoked, t.expires, now)) {
		return actor.Actor{}, no
	}
	if now > t.used.Add(usedEvery) {
		if err := b.use(ctx, id, t, now); err != nil {
			return actor.Actor{}, err
		}
	}
	return t.actor, nil
}

// load reads a token and its holder. The epoch was read before: a change in
// between makes the next request read again.
func (b *Bearers) load(ctx context.Context, id string, epoch int64, now moment.Instant) (*bearer, error) {
	t := &bearer{epoch: epoch, at: now, day: now.Date()}
	var account, scopes string
	var u actor.UnitID
	_, err := db.One(ctx, b.DB, bearerByID, func(r db.Scanner) (struct{}, error) {
		return struct{}{}, r.Scan(&t.hash, &account, &scopes, &u, &t.expires, &t.revoked, &t.used)
	}, id)
	if err != nil {
		return nil, err
	}
	if t.actor, err = Load(ctx, b.DB, account, t.day); err != nil {
		return nil, err
	}
	if t.actor.Grants, err = b.Guard.narrow(ctx, b.DB, t.actor.Grants, u); err != nil {
		return nil, err
	}
	t.actor.Token, t.actor.Scopes = id, append([]string{}, strings.Fields(scopes)...)
	b.keep(id, t)
	return t, nil
}

func (b *Bearers) keep(id string, t *bearer) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.kept == nil {
		b.kept = map[string]*bearer{}
	}
	b.kept[id] = t
}

// use notes that the token was used.
func (b *Bearers) use(ctx context.Context, id string, t *bearer, now moment.Instant) error {
	err := b.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, bearerUsed, tx.Now, id, tx.Now.Add(-usedEvery))
		return err
	})
	if err != nil {
		return err
	}
	newer := *t
	newer.used = now
	b.keep(id, &newer)
	return nil
}

// narrow returns what grants and a unit have in common: a grant above the unit
// holds in the unit only, one below it as it is.
func (g Guard) narrow(ctx context.Context, q db.Queryer, grants []actor.Grant, u actor.UnitID) ([]actor.Grant, error) {
	if u == "" {
		return grants, nil
	}
	within := func(x, root actor.UnitID) (bool, error) {
		if root == "" || x == root {
			return true, nil
		}
		if x == "" || g.Tree == nil {
			return false, nil
		}
		return g.Tree.Within(ctx, q, x, root)
	}
	var out []actor.Grant
	for _, x := range grants {
		below, err := within(u, x.Unit)
		if err != nil {
			return nil, err
		}
		if below {
			out = append(out, actor.Grant{Role: x.Role, Unit: u, Only: x.Only})
			continue
		}
		if below, err = within(x.Unit, u); err != nil {
			return nil, err
		}
		if below {
			out = append(out, x)
		}
	}
	return out, nil
}
