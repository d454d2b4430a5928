package auth

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/law"
	"cchc/base/moment"
)

// An Account (tài khoản) is somebody who can sign in.
type Account struct {
	ID       string
	Login    string // folded to lower case, unique
	Name     string
	Created  moment.Instant
	Disabled moment.Instant // zero while it can be used
	Grants   []Held         // all, past and coming ones too, oldest first
}

// A Held is a grant and the days on which it is in force.
type Held struct {
	ID string
	actor.Grant
	law.Span
}

// Accounts holds the verbs over accounts. All but SignIn and a person's own
// ChangePassword need account.change in every unit where the account has a grant
// that is not over: who keeps the accounts of a commune cannot take over one of
// the province. Of an account with none they need it where its last ones ended; see
// keptIn.
type Accounts struct {
	DB    *db.DB
	Guard Guard
	// Names returns what units are called, for passwords that must not contain it; nil
	// knows none.
	Names func(ctx context.Context, q db.Queryer, units []actor.UnitID) ([]string, error)
	// Most returns how many sessions an account may have at once, 0 for any number; nil
	// is any number.
	Most func(ctx context.Context, q db.Queryer) (int, error)
	// Seal keeps the secrets of second factors; nil keeps them as they are.
	Seal *Seal
}

// A NewAccount is what Create asks for.
type NewAccount struct {
	// First tells that the password is for the first sign-in only: somebody else
	// knows it.
	First    bool
	Login    string
	Name     string
	Password string
	Grants   []actor.Grant // from today on, without end
}

var (
	insertAccount = db.SQL("auth.account.insert", `
		INSERT INTO account (id, login, name, password, created_at, password_at, first_password)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`)
	accountByID = db.SQL("auth.account.by_id", `
		SELECT id, login, name, created_at, disabled_at
		FROM account
		WHERE id = $1`)
	allAccounts = db.SQL("auth.account.all", `
		SELECT id, login, name, created_at, disabled_at
		FROM account
		ORDER BY login`)
	grantsOf = db.SQL("auth.grant.of", `
		SELECT account_id, id, role, unit_id, from_day, to_day
		FROM account_grant
		WHERE account_id = $1
		ORDER BY from_day, id`)
	allGrants = db.SQL("auth.grant.all", `
		SELECT account_id, id, role, unit_id, from_day, to_day
		FROM account_grant
		ORDER BY account_id, from_day, id`)
)

// loginForm leaves out what looks alike or cannot be typed everywhere.
var loginForm = regexp.MustCompile(`^[a-z0-9][a-z0-9._@-]{1,62}[a-z0-9]$`)

// FoldLogin returns the login as it is kept: without spaces around, lower case.
func FoldLogin(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

// unitNames returns what the units of grants are called.
func (k *Accounts) unitNames(ctx context.Context, q db.Queryer, grants []actor.Grant) ([]string, error) {
	var units []actor.UnitID
	for _, g := range grants {
		if g.Unit != "" {
			units = append(units, g.Unit)
		}
	}
	if k.Names == nil || len(units) == 0 {
		return nil, nil
	}
	return k.Names(ctx, q, units)
}

// namesFor is unitNames for an account as it is.
func (k *Accounts) namesFor(ctx context.Context, account string) ([]string, error) {
	acc, err := load(ctx, k.DB, account)
	if err != nil {
		return nil, err
	}
	grants := make([]actor.Grant, len(acc.Grants))
	for i, h := range acc.Grants {
		grants[i] = h.Grant
	}
	return k.unitNames(ctx, k.DB, grants)
}

func (n *NewAccount) check(units []string) error {
	n.Login, n.Name = FoldLogin(n.Login), strings.TrimSpace(n.Name)
	f := fault.New(fault.Invalid, "auth.account_invalid")
	if !loginForm.MatchString(n.Login) {
		f.With("login", "auth.login_form")
	}
	if n.Name == "" {
		f.With("name", "auth.name_missing")
	}
	checkPassword(f, "password", n.Login, n.Password, units...)
	for _, g := range n.Grants {
		if _, known := policy[g.Role]; !known {
			f.With("grants", "auth.role_unknown", "Role", string(g.Role))
		}
	}
	return f.Or()
}

// Create makes an account and returns its id. The actor needs account.change in
// every unit of the grants, and in the whole system when there are none. Faults: Invalid
// with fields login, name, password, grants; a login that is taken is one.
func (k *Accounts) Create(ctx context.Context, a actor.Actor, n NewAccount) (id string, err error) {
	units, err := k.unitNames(ctx, k.DB, n.Grants)
	if err != nil {
		return "", err
	}
	if err := n.check(units); err != nil {
		return "", err
	}
	// Who may not do it must not make us hash.
	if err := k.Guard.CheckAnywhere(a, AccountChange); err != nil {
		return "", err
	}
	hash, err := hashPassword(ctx, n.Password)
	if err != nil {
		return "", err
	}
	err = k.DB.Write(ctx, func(tx *db.Tx) error {
		id, err = k.insert(ctx, tx, a, n, hash)
		return err
	})
	if err != nil {
		return "", err
	}
	return id, nil
}

// A Draft is an account that was checked and whose password is hashed, ready to
// be made as part of a larger write.
type Draft struct {
	new  NewAccount
	hash string
}

// Draft checks a new account and hashes its password. Faults as of Create.
func (k *Accounts) Draft(ctx context.Context, n NewAccount) (Draft, error) {
	units, err := k.unitNames(ctx, k.DB, n.Grants)
	if err != nil {
		return Draft{}, err
	}
	if err := n.check(units); err != nil {
		return Draft{}, err
	}
	hash, err := hashPassword(ctx, n.Password)
	return Draft{n, hash}, err
}

// CreateIn makes a drafted account in a write of the caller's, with grants.
func (k *Accounts) CreateIn(ctx context.Context, tx *db.Tx, a actor.Actor, d Draft, grants ...actor.Grant) (string, error) {
	d.new.Grants = grants
	return k.insert(ctx, tx, a, d.new, d.hash)
}

func (k *Accounts) insert(ctx context.Context, tx *db.Tx, a actor.Actor, n NewAccount, hash string) (string, error) {
	if len(n.Grants) == 0 { // nobody below could change it then
		if err := k.Guard.Check(ctx, tx, a, AccountChange, ""); err != nil {
			return "", err
		}
	}
	for _, g := range n.Grants {
		if err := k.Guard.Check(ctx, tx, a, AccountChange, g.Unit); err != nil {
			return "", err
		}
	}
	id, first := db.NewID(), 0
	if n.First {
		first = 1
	}
	_, err := tx.Exec(ctx, insertAccount, id, n.Login, n.Name, hash, tx.Now, tx.Now, first)
	if errors.Is(err, db.ErrUnique) {
		return "", fault.New(fault.Invalid, "auth.account_invalid").With("login", "auth.login_taken").Because(err)
	}
	if err != nil {
		return "", err
	}
	unit := actor.UnitID("") // as homeOf will tell, once it has its grants
	if len(n.Grants) > 0 {
		unit = n.Grants[0].Unit
	}
	if err := record(ctx, tx, a, "account.create", id, unit,
		audit.Change{Field: "login", To: n.Login, Personal: true},
		audit.Change{Field: "name", To: n.Name, Personal: true}); err != nil {
		return "", err
	}
	for _, g := range n.Grants {
		if err := grant(ctx, tx, a, id, g, law.Span{From: tx.Now.Date()}); err != nil {
			return "", err
		}
	}
	return id, nil
}

func record(ctx context.Context, tx *db.Tx, a actor.Actor, verb, id string, unit actor.UnitID, changes ...audit.Change) error {
	return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: verb, Kind: "account", ID: id, Unit: unit, Changes: changes})
}

// ByID returns an account that a may change, with its grants. Faults: NotFound.
func (k *Accounts) ByID(ctx context.Context, a actor.Actor, id string) (Account, error) {
	return k.changeable(ctx, k.DB, a, id)
}

// List returns the accounts that a may change, by login. Faults: Unauthenticated,
// Forbidden for who may change none.
func (k *Accounts) List(ctx context.Context, a actor.Actor) ([]Account, error) {
	if err := k.Guard.CheckAnywhere(a, AccountChange); err != nil {
		return nil, err
	}
	var list []Account
	err := k.DB.Snapshot(ctx, func(s *db.Snapshot) error {
		all, err := db.All(ctx, s, allAccounts, scanAccount)
		if err != nil {
			return err
		}
		held := map[string][]Held{}
		if err := db.Each(ctx, s, allGrants, func(r db.Scanner) error {
			account, h, err := scanHeld(r)
			held[account] = append(held[account], h)
			return err
		}); err != nil {
			return err
		}
		may := map[actor.UnitID]bool{} // a few units hold thousands of accounts
		for _, acc := range all {
			acc.Grants = held[acc.ID]
			ok, err := k.mayChange(ctx, s, a, acc, may)
			if err != nil {
				return err
			}
			if ok {
				list = append(list, acc)
			}
		}
		return nil
	})
	return list, err
}

// changeable returns the account when a may change it, and the same fault when
// there is none as when it is out of a's reach.
func (k *Accounts) changeable(ctx context.Context, q db.Queryer, a actor.Actor, id string) (Account, error) {
	if err := k.Guard.CheckAnywhere(a, AccountChange); err != nil {
		return Account{}, err
	}
	acc, err := load(ctx, q, id)
	if errors.Is(err, db.ErrNotFound) {
		return Account{}, fault.New(fault.NotFound, "auth.account_unknown").Because(err)
	}
	if err != nil {
		return Account{}, err
	}
	ok, err := k.mayChange(ctx, q, a, acc, map[actor.UnitID]bool{})
	if err != nil {
		return Account{}, err
	}
	if !ok {
		return Account{}, fault.New(fault.NotFound, "auth.account_unknown")
	}
	return acc, nil
}

// mayChange reports whether a may change the account; may remembers the units
// that were asked about.
func (k *Accounts) mayChange(ctx context.Context, q db.Queryer, a actor.Actor, acc Account, may map[actor.UnitID]bool) (bool, error) {
	for _, u := range keptIn(acc, k.DB.Now().Date()) {
		ok, asked := may[u]
		if !asked {
			var err error
			if ok, err = k.Guard.May(ctx, q, a, AccountChange, u); err != nil {
				return false, err
			}
			may[u] = ok
		}
		if !ok {
			return false, nil
		}
	}
	return true, nil
}

// keptIn returns the units in all of which one must keep accounts to change this one:
// where it has grants that are not over; with none in force also where the last of them
// ended, which its keepers kept until then and a successor's keep now (its owner may
// still read what is there); and the whole system's for an account that never had any.
func keptIn(acc Account, today moment.Date) []actor.UnitID {
	var units []actor.UnitID
	now, last := false, Held{}
	for _, h := range acc.Grants {
		if !isOver(h, today) {
			units, now = append(units, h.Unit), now || h.From <= today
		} else if outlives(h, last) {
			last = h
		}
	}
	if now {
		return units
	}
	for _, h := range acc.Grants {
		if isOver(h, today) && !outlives(last, h) {
			units = append(units, h.Unit)
		}
	}
	if len(units) == 0 {
		return []actor.UnitID{""}
	}
	return units
}

// homeOf returns the unit to whose trail belongs what is done to an account: the first
// of keptIn, where its oldest grant holds. Its head and inspectors find it there. "" is
// the whole system's.
func homeOf(acc Account, today moment.Date) actor.UnitID { return keptIn(acc, today)[0] }

// recordHome is record in the trail of the account's home, as it is in this write.
func recordHome(ctx context.Context, tx *db.Tx, a actor.Actor, verb, id string, changes ...audit.Change) error {
	acc, err := load(ctx, tx, id)
	if err != nil {
		return err
	}
	return record(ctx, tx, a, verb, id, homeOf(acc, tx.Now.Date()), changes...)
}

// isOver reports whether a grant does not hold any more and never will again, as one does
// not that was taken back before it began.
func isOver(h Held, today moment.Date) bool { return h.To != 0 && (h.To <= today || h.To <= h.From) }

// outlives reports whether the grant x, which is over, ended after y. One that was
// taken back before it began never held, and outlives none that did.
func outlives(x, y Held) bool {
	if held := x.To > x.From; held != (y.To > y.From) {
		return held
	}
	return x.To > y.To
}

func load(ctx context.Context, q db.Queryer, id string) (Account, error) {
	acc, err := db.One(ctx, q, accountByID, scanAccount, id)
	if err != nil {
		return acc, fmt.Errorf("account %s: %w", id, err)
	}
	acc.Grants, err = db.All(ctx, q, grantsOf, func(r db.Scanner) (Held, error) { _, h, err := scanHeld(r); return h, err }, id)
	return acc, err
}

func scanAccount(r db.Scanner) (a Account, err error) {
	err = r.Scan(&a.ID, &a.Login, &a.Name, &a.Created, &a.Disabled)
	return a, err
}

func scanHeld(r db.Scanner) (account string, h Held, err error) {
	err = r.Scan(&account, &h.ID, &h.Role, &h.Unit, &h.From, &h.To)
	return account, h, err
}
