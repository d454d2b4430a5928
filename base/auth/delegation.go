package auth

import (
	"context"
	"errors"
	"slices"
	"strings"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
)

// A Delegation (uỷ quyền): From lets To act in its place, with a role that From
// holds, in a unit, on some days, by a document. It ends by itself, with From's
// own right, or when either's account is disabled. To acts under it only after
// choosing to (ActFor), and everything done then is recorded in both names.
type Delegation struct {
	ID        string
	From, To  Person
	Role      actor.Role
	Unit      actor.UnitID
	Only      []Verb      // of the role; none is all of it
	Document  string      // "12/GUQ-UBND"
	FromDay   moment.Date // first day
	ToDay     moment.Date // the day on which it is over
	Made      moment.Instant
	Withdrawn moment.Instant
}

// A NewDelegation is what Delegate asks for; Last is the last day.
type NewDelegation struct {
	To       string // account
	Role     actor.Role
	Unit     actor.UnitID
	Only     []Verb
	Document string
	From     moment.Date
	Last     moment.Date
}

// longest is how many days a delegation may last: what lasts longer is an
// appointment, and a grant.
const longest = 366

const delegationColumns = `d.id, d.from_account, f.name, d.to_account, t.name, d.role, d.unit_id, d.verbs, d.document, d.from_day, d.to_day, d.made_at, d.withdrawn_at`

var (
	insertDelegation = db.SQL("auth.delegation.insert", `
		INSERT INTO delegation (id, from_account, to_account, role, unit_id, verbs, document, from_day, to_day, made_at, withdrawn_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, NULL)`)
	withdrawDelegation = db.SQL("auth.delegation.withdraw", `UPDATE delegation SET withdrawn_at = $1 WHERE id = $2`)
	delegationByID     = db.SQL("auth.delegation.by_id", `
		SELECT `+delegationColumns+`
		FROM delegation d
		JOIN account f ON f.id = d.from_account
		JOIN account t ON t.id = d.to_account
		WHERE d.id = $1`)
	delegationsOf = db.SQL("auth.delegation.of", `
		SELECT `+delegationColumns+`
		FROM delegation d
		JOIN account f ON f.id = d.from_account
		JOIN account t ON t.id = d.to_account
		WHERE d.from_account = $1 OR d.to_account = $1
		ORDER BY d.from_day DESC, d.id DESC`)
	delegationsNow = db.SQL("auth.delegation.now", `
		SELECT `+delegationColumns+`
		FROM delegation d
		JOIN account f ON f.id = d.from_account
		JOIN account t ON t.id = d.to_account
		WHERE d.to_day > $1
		ORDER BY d.from_day DESC, d.id DESC`)
	colleagues = db.SQL("auth.delegation.colleagues", `
		SELECT a.id, a.name
		FROM account a
		JOIN account_grant g ON g.account_id = a.id
		LEFT JOIN unit_reach r ON r.ancestor_id = $1 AND r.unit_id = g.unit_id
			AND r.from_day <= $2 AND (r.to_day IS NULL OR r.to_day > $2)
		WHERE a.disabled_at IS NULL AND g.from_day <= $2 AND (g.to_day IS NULL OR g.to_day > $2)
		AND (g.unit_id = $1 OR r.unit_id IS NOT NULL)
		GROUP BY a.id, a.name
		ORDER BY a.name, a.id
		LIMIT 300`)
)

func scanDelegation(r db.Scanner) (d Delegation, err error) {
	var verbs string
	err = r.Scan(&d.ID, &d.From.Account, &d.From.Name, &d.To.Account, &d.To.Name, &d.Role, &d.Unit, &verbs, &d.Document,
		&d.FromDay, &d.ToDay, &d.Made, &d.Withdrawn)
	for _, v := range strings.Fields(verbs) {
		d.Only = append(d.Only, Verb(v))
	}
	return d, err
}

// Colleagues returns up to 300 who hold a role in a unit or below it today: those
// to whom one may delegate there.
func (k *Accounts) Colleagues(ctx context.Context, u actor.UnitID) ([]Person, error) {
	return db.All(ctx, k.DB, colleagues, func(r db.Scanner) (p Person, err error) {
		err = r.Scan(&p.Account, &p.Name)
		return p, err
	}, string(u), k.DB.Now().Date())
}

// Delegate lets another act in the actor's place. Only what one holds by a grant
// can be delegated: what was delegated to one cannot be passed on, and keeping
// accounts cannot be delegated at all, for it would not end. Faults: Invalid with
// fields to, role, unit, only, document, from, last; Forbidden.
func (k *Accounts) Delegate(ctx context.Context, a actor.Actor, n NewDelegation) (id string, err error) {
	if !a.SignedIn() || a.IsSystem() {
		return "", fault.New(fault.Unauthenticated, "auth.sign_in")
	}
	if a.For.Account != "" {
		return "", fault.New(fault.Forbidden, "auth.delegation.passed_on")
	}
	if a.Token != "" { // a program deputises nobody
		return "", fault.New(fault.Forbidden, "auth.forbidden")
	}
	if err := oneselfMay(a, GiveDelegation); err != nil {
		return "", err
	}
	n.Document = strings.TrimSpace(n.Document)
	err = k.DB.Write(ctx, func(tx *db.Tx) error {
		today := tx.Now.Date()
		if n.From == 0 {
			n.From = today
		}
		f := fault.New(fault.Invalid, "auth.delegation.invalid")
		if n.Document == "" {
			f.With("document", "auth.delegation.document_missing")
		}
		if n.From < today {
			f.With("from", "auth.delegation.past")
		}
		switch {
		case n.Last == 0:
			f.With("last", "auth.delegation.last_missing")
		case n.Last < n.From:
			f.With("last", "auth.delegation.empty")
		case n.Last-n.From >= longest:
			f.With("last", "auth.delegation.too_long", "Days", longest)
		}
		verbs := delegable(n.Role)
		if len(verbs) == 0 {
			f.With("role", "auth.delegation.role")
		}
		for _, v := range n.Only {
			if !slices.Contains(verbs, v) {
				f.With("only", "auth.delegation.verb", "Verb", string(v))
			}
		}
		held, err := k.holds(ctx, tx, a, n.Role, n.Unit)
		if err != nil {
			return err
		}
		if !held {
			f.With("unit", "auth.delegation.not_held")
		}
		to, err := load(ctx, tx, n.To)
		switch {
		case errors.Is(err, db.ErrNotFound):
			f.With("to", "auth.delegation.to")
		case err != nil:
			return err
		case to.ID == a.Account:
			f.With("to", "auth.delegation.self")
		default:
			now, err := k.Stands(ctx, tx, to)
			if err != nil {
				return err
			}
			if !TakeDelegation.In(now) {
				f.With("to", "auth.delegation.to")
			}
		}
		if err := f.Or(); err != nil {
			return err
		}
		only := make([]string, len(n.Only))
		for i, v := range n.Only {
			only[i] = string(v)
		}
		id = db.NewID()
		if _, err := tx.Exec(ctx, insertDelegation, id, a.Account, n.To, string(n.Role), string(n.Unit), strings.Join(only, " "),
			n.Document, n.From, n.Last+1, tx.Now); err != nil {
			return err
		}
		return record(ctx, tx, a, "account.delegate", n.To, n.Unit,
			audit.Change{Field: "delegation", To: id}, audit.Change{Field: "role", To: string(n.Role)},
			audit.Change{Field: "only", To: strings.Join(only, " ")}, audit.Change{Field: "document", To: n.Document},
			audit.Change{Field: "from", To: n.From.String()}, audit.Change{Field: "to", To: (n.Last + 1).String()})
	})
	return id, err
}

// delegable returns the verbs of a role that can be delegated.
func delegable(r actor.Role) []Verb {
	return slices.DeleteFunc(Of(r), func(v Verb) bool { return v == AccountChange })
}

// holds reports whether the actor's own grants give the role in the unit.
func (k *Accounts) holds(ctx context.Context, q db.Queryer, a actor.Actor, role actor.Role, u actor.UnitID) (bool, error) {
	for _, g := range a.Grants {
		if g.Role != role || g.Only != "" { // what was narrowed is not one's own to give
			continue
		}
		if g.Unit == u || g.Unit == "" {
			return true, nil
		}
		if u == "" || k.Guard.Tree == nil {
			continue
		}
		if ok, err := k.Guard.Tree.Within(ctx, q, u, g.Unit); ok || err != nil {
			return ok, err
		}
	}
	return false, nil
}

// Withdraw ends a delegation at once. Its giver and its taker may, and who may
// change the giver's account. Withdrawing twice changes nothing. Faults: NotFound;
// Conflict when its days are over.
func (k *Accounts) Withdraw(ctx context.Context, a actor.Actor, id string) error {
	if !a.SignedIn() || a.For.Account != "" || a.Token != "" {
		return fault.New(fault.Forbidden, "auth.forbidden")
	}
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		d, err := db.One(ctx, tx, delegationByID, scanDelegation, id)
		if errors.Is(err, db.ErrNotFound) {
			return fault.New(fault.NotFound, "auth.delegation.unknown").Because(err)
		}
		if err != nil {
			return err
		}
		if a.Account != d.From.Account && a.Account != d.To.Account {
			if _, err := k.changeable(ctx, tx, a, d.From.Account); err != nil {
				return fault.New(fault.NotFound, "auth.delegation.unknown").Because(err)
			}
		}
		switch now := d.Stands(tx.Now.Date()); {
		case now == "withdrawn":
			return nil
		case !EndDelegation.In(now):
			return fault.New(fault.Conflict, "auth.delegation.ended", "Day", d.ToDay-1)
		}
		if _, err := tx.Exec(ctx, withdrawDelegation, tx.Now, id); err != nil {
			return err
		}
		return record(ctx, tx, a, "account.withdraw_delegation", d.To.Account, d.Unit, audit.Change{Field: "delegation", From: id})
	})
}

// Delegations returns all that the actor gave and was given, the latest first.
func (k *Accounts) Delegations(ctx context.Context, a actor.Actor) ([]Delegation, error) {
	return db.All(ctx, k.DB, delegationsOf, scanDelegation, a.Account)
}

// AllDelegations returns the delegations that are not over and whose giver's
// account a may change. Faults: Forbidden for who may change none.
func (k *Accounts) AllDelegations(ctx context.Context, a actor.Actor) ([]Delegation, error) {
	list, err := k.List(ctx, a)
	if err != nil {
		return nil, err
	}
	mine := map[string]bool{}
	for _, acc := range list {
		mine[acc.ID] = true
	}
	all, err := db.All(ctx, k.DB, delegationsNow, scanDelegation, k.DB.Now().Date())
	return slices.DeleteFunc(all, func(d Delegation) bool { return !mine[d.From.Account] }), err
}

// ActFor returns the actor acting in another's place by a delegation: with what it
// gives and nothing of its own. It is asked anew with every request, so that a
// delegation that is over or withdrawn is gone with the next one. Faults: NotFound
// "auth.delegation.over".
func ActFor(ctx context.Context, q db.Queryer, t Tree, a actor.Actor, delegation string, on moment.Date) (actor.Actor, error) {
	over := fault.New(fault.NotFound, "auth.delegation.over")
	d, err := db.One(ctx, q, delegationByID, scanDelegation, delegation)
	if errors.Is(err, db.ErrNotFound) || err == nil && (d.To.Account != a.Account || !UseDelegation.In(d.Stands(on)) || !ActForAnother.In(ownStands(a))) {
		return actor.Actor{}, over
	}
	if err != nil {
		return actor.Actor{}, err
	}
	// The giver gives what it still has.
	from, err := Load(ctx, q, d.From.Account, on)
	if fault.Is(err, fault.Unauthenticated) {
		return actor.Actor{}, over.Because(err)
	}
	if err != nil {
		return actor.Actor{}, err
	}
	k := Accounts{Guard: Guard{Tree: t}}
	if ok, err := k.holds(ctx, q, from, d.Role, d.Unit); err != nil || !ok {
		if err == nil {
			err = over
		}
		return actor.Actor{}, err
	}
	only := d.Only
	if len(only) == 0 {
		only = delegable(d.Role)
	}
	names := make([]string, len(only))
	for i, v := range only {
		names[i] = string(v)
	}
	a.Grants = []actor.Grant{{Role: d.Role, Unit: d.Unit, Only: strings.Join(names, " ")}}
	a.For = actor.Behalf{Account: d.From.Account, Name: d.From.Name, Delegation: d.ID}
	return a, nil
}
