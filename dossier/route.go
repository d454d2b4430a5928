package dossier

import (
	"context"
	"slices"
	"strings"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/unit"
)

// Where open dossiers go when units change: told before it happens, done by a
// job, and by a person for those that no rule decides.

// What decides where a dossier goes, beside the fields of rules: the unit's one
// successor, or a person who has to choose.
const (
	WayAll  = "all"
	WayOpen = "open"
)

// A Way is where one dossier would go, and why.
type Way struct {
	System, Code string
	Procedure    string
	Sector       string
	From, To     unit.ID // To is "" when a person has to choose
	By           string  // WayAll, WayOpen, or the field of a unit.Rule
	Value        string  // of the rule
	Due          moment.Instant
}

// route returns where a move sends a dossier.
func route(ctx context.Context, q db.Queryer, m unit.Move, d *Dossier) (Way, error) {
	w := Way{System: d.System, Code: d.Code, Procedure: d.ProcedureCode, Sector: d.Sector, From: d.State.Unit, To: m.To, By: WayAll, Due: d.Due}
	address, read := "", false
	for _, r := range m.Rules {
		match := false
		switch r.Field {
		case unit.ByDossier:
			match = strings.EqualFold(d.Code, r.Value)
		case unit.ByProcedure:
			match = d.ProcedureCode == r.Value
		case unit.BySector:
			match = i18n.Fold(d.Sector) == i18n.Fold(r.Value)
		case unit.ByAddress:
			if !read {
				p, err := db.One(ctx, q, personOf, scanPerson, d.ID)
				if err != nil {
					return w, err
				}
				address, read = words(p.Address), true
			}
			match = strings.Contains(address, words(r.Value))
		}
		if match {
			w.To, w.By, w.Value = r.To, r.Field, r.Value
			return w, nil
		}
	}
	if w.To == "" {
		w.By = WayOpen
	}
	return w, nil
}

// words folds a text and sets it between blanks, so that "Thôn 1" is not found in
// "Thôn 12".
func words(s string) string {
	f := strings.FieldsFunc(i18n.Fold(s), func(r rune) bool { return strings.ContainsRune(" ,;.-/()", r) })
	return " " + strings.Join(f, " ") + " "
}

// Route moves what was open in a unit on a day by a move's rules, as Transfer
// does, and leaves what a person has to choose. It returns how many moved.
func (k *Desk) Route(ctx context.Context, m unit.Move, day moment.Date, document string) (int, error) {
	find := func(ctx context.Context) ([]string, error) {
		return db.Column[string](ctx, k.DB, openOf, string(m.From), day, day.Start())
	}
	return k.sweep(ctx, find, "transfer", nil, func(ctx context.Context, w *work) error {
		if !w.meant(m.From, day) {
			return nil
		}
		way, err := route(ctx, w.tx, m, w.d)
		if err != nil {
			return err
		}
		return w.transfer(way.To, day, document)
	})
}

// transfer hands the dossier to a unit on the day of the merger, or when it came
// if that was later.
func (w *work) transfer(to unit.ID, day moment.Date, document string) error {
	if to == "" || to == w.d.State.Unit {
		return nil
	}
	return w.happened(Fact{Kind: FTransferred, At: max(day.Start(), w.d.RegisteredAt), Unit: to, Document: document})
}

// Ways tells where Route would send what is open now, in the order of ids. The
// actor needs unit.change in the unit.
func (k *Desk) Ways(ctx context.Context, q db.Queryer, a actor.Actor, m unit.Move, day moment.Date) ([]Way, error) {
	if err := k.Guard.Check(ctx, q, a, auth.UnitChange, m.From); err != nil {
		return nil, err
	}
	ids, err := db.Column[string](ctx, q, openOf, string(m.From), day, day.Start())
	if err != nil {
		return nil, err
	}
	slices.Sort(ids)
	out := make([]Way, 0, len(ids))
	for _, id := range ids {
		d, err := db.One(ctx, q, byID, scan, id)
		if err != nil {
			return nil, err
		}
		if !meant(&d.State, m.From, day) {
			continue
		}
		way, err := route(ctx, q, m, &d)
		if err != nil {
			return nil, err
		}
		out = append(out, way)
	}
	return out, nil
}

var strandedIn = db.SQL("dossier.stranded", `
	SELECT unit_id, COUNT(*)
	FROM dossier
	WHERE ended_at IS NULL AND not_accepted_at IS NULL
	AND unit_id NOT IN (SELECT v.unit_id FROM unit_version v WHERE v.from_day <= $1 AND (v.to_day IS NULL OR v.to_day > $1))
	GROUP BY unit_id
	ORDER BY unit_id`)

// Stranded counts the open dossiers of units that are no longer: they wait for a
// person to say where they go.
func (k *Desk) Stranded(ctx context.Context, q db.Queryer) (map[unit.ID]int, error) {
	out := map[unit.ID]int{}
	err := db.Each(ctx, q, strandedIn, func(r db.Scanner) error {
		var u unit.ID
		var n int
		err := r.Scan(&u, &n)
		out[u] = n
		return err
	}, k.DB.Now().Date())
	return out, err
}

// Assign hands open dossiers of a unit to one of its successors, by hand, on the
// day of the event that leaves them open. The actor needs unit.change in both
// units. It returns how many moved; codes that are no open dossiers of the unit
// are a fault, and nothing moves.
func (k *Desk) Assign(ctx context.Context, a actor.Actor, from, to unit.ID, codes []string, day moment.Date, document string) (int, error) {
	f := fault.New(fault.Invalid, "dossier.assign_invalid")
	if to == "" || to == from {
		f.With("to", "dossier.assign_to")
	}
	if len(codes) == 0 {
		f.With("code", "dossier.assign_none")
	}
	if strings.TrimSpace(document) == "" {
		f.With("basis", "unit.basis_missing")
	}
	if err := f.Or(); err != nil {
		return 0, err
	}
	moved := 0
	err := k.DB.Write(ctx, func(tx *db.Tx) error {
		moved = 0
		for _, u := range []unit.ID{from, to} {
			if err := k.Guard.Check(ctx, tx, a, auth.UnitChange, u); err != nil {
				return err
			}
		}
		tree, err := k.Units.Today(ctx, tx)
		if err != nil {
			return err
		}
		if _, ok := tree.Unit(to); !ok {
			return fault.New(fault.Invalid, "dossier.assign_invalid").With("to", "dossier.assign_to")
		}
		for _, code := range codes {
			d, err := find(ctx, tx, code)
			if err != nil {
				return err
			}
			if d.State.Unit != from {
				return assignGone(code)
			}
			err = k.actTx(ctx, tx, a, auth.TransferDossier, &d, func(ctx context.Context, w *work) error {
				w.why = document
				return w.transfer(to, day, document)
			})
			if err != nil {
				return err
			}
			moved++
		}
		return nil
	})
	return moved, err
}

var openCount = db.SQL("dossier.open.count", `
	SELECT COUNT(*)
	FROM dossier
	WHERE unit_id = $1 AND ended_at IS NULL AND not_accepted_at IS NULL`)

// OpenCount returns how many dossiers are open in a unit itself, those that are
// registered and not yet accepted too: what a change of units moves.
func (k *Desk) OpenCount(ctx context.Context, q db.Queryer, u unit.ID) (int, error) {
	return db.Value[int](ctx, q, openCount, string(u))
}
