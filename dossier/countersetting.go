package dossier

import (
	"context"
	"slices"
	"strconv"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/unit"
)

// A Rule is something that a unit may set for its counter, in days. No law fixes
// these: each is a setting with the value that the product proposes.
type Rule struct {
	Name            string
	Usual           int64
	Least, Greatest int64
}

// Rules of the counter.
var (
	// AlikeDays is how many days back an earlier receipt for the same person and
	// procedure is pointed out; 0 points out open ones only.
	AlikeDays = Rule{"alike_days", 30, 0, 365}
	// UncollectedDays is after how many days from its end a result that nobody
	// came for is shown as long uncollected.
	UncollectedDays = Rule{"uncollected_days", 30, 1, 3650}
)

// Rules lists them all, in the order of the page.
var Rules = []Rule{AlikeDays, UncollectedDays}

var (
	settingGet = db.SQL("counter.setting.get", `SELECT unit_id, value FROM counter_setting WHERE name = $1`)
	settingPut = db.SQL("counter.setting.put", `
		INSERT INTO counter_setting (unit_id, name, value) VALUES ($1, $2, $3)
		ON CONFLICT (unit_id, name) DO UPDATE SET value = excluded.value`)
)

// Setting returns what holds for a unit: its own, else that of the nearest unit
// above that set one, else what is usual.
func (k *Desk) Setting(ctx context.Context, q db.Queryer, u unit.ID, r Rule) (int64, error) {
	set := map[unit.ID]int64{}
	err := db.Each(ctx, q, settingGet, func(s db.Scanner) error {
		var id unit.ID
		var n int64
		err := s.Scan(&id, &n)
		set[id] = n
		return err
	}, r.Name)
	if err != nil || len(set) == 0 {
		return r.Usual, err
	}
	above, err := k.Units.Above(ctx, q, u)
	if err != nil {
		return 0, err
	}
	for _, id := range above {
		if n, ok := set[id]; ok {
			return n, nil
		}
	}
	return r.Usual, nil
}

// SetRule sets a rule for a unit and what is below it.
func (k *Desk) SetRule(ctx context.Context, a actor.Actor, u unit.ID, r Rule, days int64) error {
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		if err := k.Guard.Check(ctx, tx, a, auth.CounterSet, u); err != nil {
			return err
		}
		if !slices.Contains(Rules, r) || days < r.Least || days > r.Greatest {
			return fault.New(fault.Invalid, "form.invalid").With(r.Name, "counter.setting.range", "Least", r.Least, "Greatest", r.Greatest)
		}
		before, err := k.Setting(ctx, tx, u, r)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, settingPut, string(u), r.Name, days); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: string(auth.CounterSet), Kind: "counter_setting", ID: string(u), Unit: u,
			Changes: []audit.Change{{Field: r.Name, From: strconv.FormatInt(before, 10), To: strconv.FormatInt(days, 10)}}})
	})
}
