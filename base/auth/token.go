package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"slices"
	"strings"
	"time"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
)

// tokenLife is the longest that a token may hold: a year, as certificates do.
const tokenLife = 366

// A Token (mã truy cập API) lets a program call the API for an account, with a
// part of what the account may do: some verbs, in and below one unit, until a
// day. Its secret is shown once and kept as a hash; it is random, so a fast hash
// will do.
type Token struct {
	ID      string
	Account string
	Name    string
	Scopes  []string     // verbs
	Unit    actor.UnitID // "" is wherever the account may
	Created moment.Instant
	By      string // account that made it
	Expires moment.Instant
	Revoked moment.Instant
	Used    moment.Instant // exact to usedEvery
}

// A NewToken is what CreateToken asks for.
type NewToken struct {
	Account string // "" is the actor's own
	Name    string
	Scopes  []string // verbs, or groups of them: "dossier.*"
	Unit    actor.UnitID
	Until   moment.Date // the last day
}

const tokenColumns = `id, account_id, name, scopes, unit_id, created_at, created_by, expires_at, revoked_at, used_at`

var (
	insertToken = db.SQL("auth.token.insert", `
		INSERT INTO api_token (id, account_id, name, scopes, unit_id, secret_hash, created_at, created_by, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`)
	tokensOf = db.SQL("auth.token.of", `
		SELECT `+tokenColumns+`
		FROM api_token
		WHERE account_id = $1
		ORDER BY created_at DESC, id`)
	tokenAll = db.SQL("auth.token.all", `
		SELECT `+tokenColumns+`
		FROM api_token
		ORDER BY created_at DESC, id`)
	tokenByID = db.SQL("auth.token.by_id", `SELECT `+tokenColumns+` FROM api_token WHERE id = $1`)
	tokenEnd  = db.SQL("auth.token.revoke", `UPDATE api_token SET revoked_at = $1 WHERE id = $2`)
)

// ExpandScopes returns the verbs that scopes name, and those that name none.
func ExpandScopes(scopes []string) (verbs, unknown []string) {
	for _, s := range scopes {
		group, isGroup := strings.CutSuffix(s, "*")
		n := len(verbs)
		for _, v := range Verbs {
			if string(v) == s || isGroup && strings.HasSuffix(group, ".") && strings.HasPrefix(string(v), group) {
				verbs = append(verbs, string(v))
			}
		}
		if len(verbs) == n {
			unknown = append(unknown, s)
		}
	}
	slices.Sort(verbs)
	return slices.Compact(verbs), unknown
}

// CreateToken makes a token and returns it with its secret, which nobody can see
// again. One's own needs no verb; another's needs account.change wherever that
// account has a grant, and for every verb of the token the actor's own right to it
// wherever the token will reach: who keeps accounts makes nobody a key to what they may
// not open themselves. With a token no token can be made. Faults: Forbidden,
// NotFound; Invalid with fields name, scopes, unit, until; Conflict for an account that
// only reads or has a first password.
func (k *Accounts) CreateToken(ctx context.Context, a actor.Actor, n NewToken) (Token, string, error) {
	if !a.SignedIn() || a.Token != "" {
		return Token{}, "", refuse(a, AccountChange)
	}
	if n.Account == "" {
		n.Account = a.Account
	}
	n.Name = strings.TrimSpace(n.Name)
	f := fault.New(fault.Invalid, "auth.token_invalid")
	if n.Name == "" || len([]rune(n.Name)) > 100 {
		f.With("name", "auth.token_name")
	}
	verbs, unknown := ExpandScopes(n.Scopes)
	switch {
	case len(unknown) > 0:
		f.With("scopes", "auth.scope_unknown", "Scope", unknown[0])
	case len(verbs) == 0:
		f.With("scopes", "auth.scope_missing")
	}
	if today := k.DB.Now().Date(); n.Until < today || n.Until > today.AddDays(tokenLife) {
		f.With("until", "auth.token_until", "Days", tokenLife)
	}
	if err := f.Or(); err != nil {
		return Token{}, "", err
	}
	secret := make([]byte, 32)
	rand.Read(secret) // never fails
	t := Token{ID: strings.ToLower(rand.Text()[:16]), Account: n.Account, Name: n.Name, Scopes: verbs, Unit: n.Unit, By: a.Account, Expires: n.Until.End()}
	text := strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(secret))
	err := k.DB.Write(ctx, func(tx *db.Tx) error {
		if n.Account != a.Account {
			if _, err := k.changeable(ctx, tx, a, n.Account); err != nil {
				return err
			}
		}
		holder, err := Load(ctx, tx, n.Account, tx.Now.Date())
		if fault.Is(err, fault.Unauthenticated) {
			return fault.New(fault.NotFound, "auth.account_unknown").Because(err)
		}
		if err != nil {
			return err
		}
		if n.Account == a.Account {
			err = oneselfMay(holder, MakeToken)
		} else if now := ownStands(holder); !MakeToken.In(now) {
			err = notOf(now)
		}
		if err != nil {
			return err
		}
		holder.Scopes = verbs
		if holder.Grants, err = k.Guard.narrow(ctx, tx, holder.Grants, n.Unit); err != nil {
			return err
		}
		// Of a group the token gets what the account has; what is named must be had.
		// What its maker has not is not the maker's to give.
		t.Scopes = nil
		for _, v := range verbs {
			roots, key := Roots(holder, Verb(v)), ""
			if len(roots) == 0 {
				key = "auth.scope_not_held"
			} else if n.Account != a.Account {
				for _, u := range roots {
					if ok, err := k.Guard.May(ctx, tx, a, Verb(v), u); err != nil {
						return err
					} else if !ok {
						key = "auth.scope_not_makers"
					}
				}
			}
			switch {
			case key == "":
				t.Scopes = append(t.Scopes, v)
			case slices.Contains(n.Scopes, v):
				return fault.New(fault.Invalid, "auth.token_invalid").With("scopes", key, "Scope", v)
			}
		}
		if len(t.Scopes) == 0 {
			return fault.New(fault.Invalid, "auth.token_invalid").With("scopes", "auth.scope_not_held", "Scope", strings.Join(n.Scopes, " "))
		}
		scopes := strings.Join(t.Scopes, " ")
		t.Created = tx.Now
		if _, err := tx.Exec(ctx, insertToken, t.ID, t.Account, t.Name, scopes, string(t.Unit), hashSecret(text), tx.Now, a.Account, t.Expires); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: "token.create", Kind: "token", ID: t.ID, Unit: t.Unit, Changes: []audit.Change{
			{Field: "account", To: t.Account}, {Field: "name", To: t.Name}, {Field: "scopes", To: scopes}, {Field: "expires", To: t.Expires.String()}}})
	})
	if err != nil {
		return Token{}, "", err
	}
	return t, tokenPrefix + t.ID + "_" + text, nil
}

// RevokeToken ends a token for good; ending it twice changes nothing. Rights are
// as for making it. Faults: NotFound; Conflict when its days are over.
func (k *Accounts) RevokeToken(ctx context.Context, a actor.Actor, id string) error {
	if !a.SignedIn() || a.Token != "" {
		return refuse(a, AccountChange)
	}
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		unknown := fault.New(fault.NotFound, "auth.token_unknown")
		t, err := db.One(ctx, tx, tokenByID, scanToken, id)
		if errors.Is(err, db.ErrNotFound) {
			return unknown.Because(err)
		}
		if err != nil {
			return err
		}
		if t.Account != a.Account {
			if _, err := k.changeable(ctx, tx, a, t.Account); fault.As(err) != nil {
				return unknown.Because(err)
			} else if err != nil {
				return err
			}
		}
		switch now := t.Stands(tx.Now); {
		case now == "withdrawn":
			return nil
		case !EndToken.In(now):
			return fault.New(fault.Conflict, "auth.token_over", "Day", t.Expires.Date())
		}
		return revokeToken(ctx, tx, a, t)
	})
}

func revokeToken(ctx context.Context, tx *db.Tx, a actor.Actor, t Token) error {
	if _, err := tx.Exec(ctx, tokenEnd, tx.Now, t.ID); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: "token.revoke", Kind: "token", ID: t.ID, Unit: t.Unit, Changes: []audit.Change{
		{Field: "revoked", To: tx.Now.String()}}})
}

// endTokens revokes every token of an account that can still be used.
func endTokens(ctx context.Context, tx *db.Tx, a actor.Actor, account string) error {
	list, err := db.All(ctx, tx, tokensOf, scanToken, account)
	if err != nil {
		return err
	}
	for _, t := range list {
		if !EndToken.In(t.Stands(tx.Now)) {
			continue
		}
		if err := revokeToken(ctx, tx, a, t); err != nil {
			return err
		}
	}
	return nil
}

// OwnTokens returns the actor's tokens, the newest first.
func (k *Accounts) OwnTokens(ctx context.Context, a actor.Actor) ([]Token, error) {
	return db.All(ctx, k.DB, tokensOf, scanToken, a.Account)
}

// Tokens returns the tokens of all accounts that a may change, the newest first.
// Faults: Unauthenticated, Forbidden.
func (k *Accounts) Tokens(ctx context.Context, a actor.Actor) ([]Token, error) {
	accounts, err := k.List(ctx, a)
	if err != nil {
		return nil, err
	}
	mine := map[string]bool{}
	for _, x := range accounts {
		mine[x.ID] = true
	}
	all, err := db.All(ctx, k.DB, tokenAll, scanToken)
	return slices.DeleteFunc(all, func(t Token) bool { return !mine[t.Account] }), err
}

func scanToken(r db.Scanner) (t Token, err error) {
	var scopes string
	err = r.Scan(&t.ID, &t.Account, &t.Name, &scopes, &t.Unit, &t.Created, &t.By, &t.Expires, &t.Revoked, &t.Used)
	t.Scopes = strings.Fields(scopes)
	return t, err
}

func hashSecret(text string) []byte {
	h := sha256.Sum256([]byte(text))
	return h[:]
}

// usedEvery is how exactly it is known when a token was last used: a write in so
// long, not with every request.
const usedEvery = 10 * time.Minute
