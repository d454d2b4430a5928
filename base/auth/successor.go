package auth

import (
	"context"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/db"
	"cchc/base/moment"
)

// working are the roles whose grants go on in a unit's successor unless somebody
// says otherwise. Whoever leads, keeps or inspects a body is appointed anew.
var working = map[actor.Role]bool{actor.OneStop: true, actor.Specialist: true}

// A Placed is a grant in a unit, with whose it is.
type Placed struct {
	Held
	Account string
	Name    string
	Goes    bool // it goes on in the successor
}

var noteEnded = db.SQL("auth.grant.note_ended", `
	INSERT INTO grant_ended (grant_id, at) VALUES ($1, $2)
	ON CONFLICT (grant_id) DO NOTHING`)

var grantsIn = db.SQL("auth.grant.in", `
	SELECT a.id, a.name, g.id, g.role, g.unit_id, g.from_day, g.to_day
	FROM account_grant g
	JOIN account a ON a.id = g.account_id
	WHERE g.unit_id = $1 AND (g.to_day IS NULL OR g.to_day > $2) AND (g.to_day IS NULL OR g.to_day > g.from_day)
	AND a.disabled_at IS NULL
	ORDER BY a.name, g.role, g.id`)

// GrantsIn lists the grants in a unit itself that are in force on a day or begin
// later, and which of them go on in a successor: "all", "none", or those of
// working roles.
func (k *Accounts) GrantsIn(ctx context.Context, q db.Queryer, u actor.UnitID, day moment.Date, which string) ([]Placed, error) {
	return db.All(ctx, q, grantsIn, func(r db.Scanner) (p Placed, err error) {
		err = r.Scan(&p.Account, &p.Name, &p.ID, &p.Role, &p.Unit, &p.From, &p.To)
		p.Goes = which == "all" || which != "none" && working[p.Role]
		return p, err
	}, string(u), day)
}

// Succeed ends the grants in a unit on a day and begins those that go on in its
// successor; with to "" all only end. Whoever is left without any may still read what
// they could read, and change nothing (actor.ReadOnly). A grant that the account has there already
// is not given twice. Run again it changes nothing. It returns how many went on.
//
// It is for the job that follows a change of units, and checks no right.
func (k *Accounts) Succeed(ctx context.Context, from, to actor.UnitID, day moment.Date, which, basis string) (int, error) {
	if to == "" {
		which = "none"
	}
	n := 0
	a := actor.System("succession")
	err := k.DB.Write(ctx, func(tx *db.Tx) error {
		n = 0
		list, err := k.GrantsIn(ctx, tx, from, day, which)
		if err != nil {
			return err
		}
		for _, p := range list {
			end := max(day, p.From)
			if _, err := tx.Exec(ctx, endGrant, end, p.ID); err != nil {
				return err
			}
			if end > p.From { // what it gave to read remains, until there is another grant
				if _, err := tx.Exec(ctx, noteEnded, p.ID, tx.Now); err != nil {
					return err
				}
			}
			if err := record(ctx, tx, a, "account.revoke", p.Account, from, audit.Change{Field: "role", From: string(p.Role)},
				audit.Change{Field: "to", From: p.To.String(), To: end.String()}, audit.Change{Field: "basis", To: basis}); err != nil {
				return err
			}
			if !p.Goes {
				continue
			}
			s := p.Span
			s.From = max(s.From, day)
			acc, err := load(ctx, tx, p.Account)
			if err != nil {
				return err
			}
			g, there := actor.Grant{Role: p.Role, Unit: to}, false
			for _, h := range acc.Grants {
				there = there || h.Grant == g && h.Overlaps(s)
			}
			if there {
				continue
			}
			if err := grant(ctx, tx, a, p.Account, g, s); err != nil {
				return err
			}
			n++
		}
		return nil
	})
	return n, err
}
