package auth

import (
	"context"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/law"
	"cchc/base/moment"
)

var (
	insertGrant = db.SQL("auth.grant.insert", `
		INSERT INTO account_grant (id, account_id, role, unit_id, from_day, to_day)
		VALUES ($1, $2, $3, $4, $5, $6)`)
	endGrant = db.SQL("auth.grant.end", `UPDATE account_grant SET to_day = $1 WHERE id = $2`)
)

// Grant gives an account a role in a unit for the days of s; a zero From is
// today. The actor needs account.change there too. Faults: NotFound, Forbidden;
// Invalid with fields role and to; Conflict when the same grant is already in
// force on one of the days, for an account that is closed, and for one's own.
func (k *Accounts) Grant(ctx context.Context, a actor.Actor, id string, g actor.Grant, s law.Span) error {
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		acc, err := k.may(ctx, tx, a, GiveRole, id) // who asks goes before what was typed
		if err != nil {
			return err
		}
		if s.From == 0 {
			s.From = tx.Now.Date()
		}
		f := fault.New(fault.Invalid, "auth.account_invalid")
		if _, known := policy[g.Role]; !known {
			f.With("role", "auth.role_unknown", "Role", string(g.Role))
		}
		if s.To != 0 && s.To <= s.From {
			f.With("to", "auth.grant_empty")
		}
		if err := f.Or(); err != nil {
			return err
		}
		if err := k.Guard.Check(ctx, tx, a, AccountChange, g.Unit); err != nil {
			return err
		}
		if a.Is(id) {
			// Who keeps the accounts decides no dossier: for that somebody else must
			// agree.
			return fault.New(fault.Conflict, "auth.grant_self")
		}
		for _, h := range acc.Grants {
			if h.Grant == g && h.Overlaps(s) {
				return fault.New(fault.Conflict, "auth.grant_exists")
			}
		}
		return grant(ctx, tx, a, id, g, s)
	})
}

func grant(ctx context.Context, tx *db.Tx, a actor.Actor, account string, g actor.Grant, s law.Span) error {
	if _, err := tx.Exec(ctx, insertGrant, db.NewID(), account, g.Role, g.Unit, s.From, s.To); err != nil {
		return err
	}
	return record(ctx, tx, a, "account.grant", account, g.Unit,
		audit.Change{Field: "role", To: string(g.Role)},
		audit.Change{Field: "from", To: s.From.String()},
		audit.Change{Field: "to", To: s.To.String()})
}

// Revoke ends a grant on a day: it is in force until the day before; a zero day
// is today. A grant that has not begun by then never was. Faults: NotFound, also
// for a grant that is over; Conflict for the last administrator's.
func (k *Accounts) Revoke(ctx context.Context, a actor.Actor, id, grantID string, day moment.Date) error {
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		if day == 0 {
			day = tx.Now.Date()
		}
		acc, err := k.may(ctx, tx, a, EndRole, id)
		if err != nil {
			return err
		}
		for _, h := range acc.Grants {
			if h.ID != grantID || (h.To != 0 && h.To <= day) {
				continue
			}
			to := max(day, h.From)
			if err := k.leaveOne(ctx, tx, h, "", h.ID, to); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, endGrant, to, grantID); err != nil {
				return err
			}
			return record(ctx, tx, a, "account.revoke", id, h.Unit,
				audit.Change{Field: "role", From: string(h.Role)},
				audit.Change{Field: "to", From: h.To.String(), To: to.String()})
		}
		return fault.New(fault.NotFound, "auth.grant_unknown")
	})
}

// administrators counts who else keeps the accounts of a unit from a day on,
// without an end in sight: neither the account $3 nor the grant $4.
var administrators = db.SQL("auth.grant.administrators", `
	SELECT COUNT(*)
	FROM account_grant g
	JOIN account a ON a.id = g.account_id
	WHERE g.role = $1 AND a.disabled_at IS NULL
	AND g.from_day <= $2 AND g.to_day IS NULL
	AND g.account_id <> $3 AND g.id <> $4
	AND (g.unit_id = $5 OR g.unit_id = '' OR EXISTS (
		SELECT 1 FROM unit_reach r
		WHERE r.ancestor_id = g.unit_id AND r.unit_id = $5 AND r.from_day <= $2 AND (r.to_day IS NULL OR r.to_day > $2)))`)

// leaveOne refuses to take away the held grant when nobody would be left who
// keeps accounts where it holds. Without the account, or without the grant,
// whichever is given.
func (k *Accounts) leaveOne(ctx context.Context, tx *db.Tx, h Held, account, grantID string, day moment.Date) error {
	if h.Role != actor.Administrator || h.To != 0 && h.To <= day {
		return nil
	}
	n, err := db.Value[int](ctx, tx, administrators, string(actor.Administrator), day, account, grantID, string(h.Unit))
	if err != nil {
		return err
	}
	if n == 0 {
		return fault.New(fault.Conflict, "auth.last_administrator")
	}
	return nil
}
