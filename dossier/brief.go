package dossier

import (
	"context"
	"slices"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/look"
	"cchc/calendar"
)

// A Brief is a dossier as programs are told it: what it is, where it stands, what
// happened and who worked on it. Of what is fixed it has the code, the procedure with
// its sector, the channel and the limit's unit; of persons names and masked numbers.
type Brief struct {
	Dossier
	Person Person
	Facts  []Fact
	Steps  []Step
}

// All of it in one statement: as of one moment, and one way to the engine. What a row
// is stands first: the dossier (0), its person (1), a fact (2), a step (3).
var briefOf = db.SQL("dossier.brief", `
	SELECT 0, 0, id, 0, 0, system, code, 0, procedure_code, 0, 0, sector, channel, limit_unit
	FROM (SELECT id, system, code, procedure_code, sector, channel, limit_unit FROM dossier WHERE code = $1 ORDER BY LENGTH(system), system LIMIT 2) d
	UNION ALL
	SELECT 1, 0, name, 0, 0, id_number, phone, 0, representative, 0, 0, '', '', ''
	FROM dossier_person
	WHERE dossier_id = (SELECT id FROM dossier WHERE code = $1 ORDER BY LENGTH(system), system LIMIT 1)
	UNION ALL
	SELECT 2, seq, kind, at, recorded_at, account, unit_id, due, how, qty, ref, reason, document, on_behalf
	FROM dossier_fact
	WHERE dossier_id = (SELECT id FROM dossier WHERE code = $1 ORDER BY LENGTH(system), system LIMIT 1)
	UNION ALL
	SELECT 3, ord, name, came_at, done_at, account, role, due_at, body, hours, CASE WHEN beside THEN 1 ELSE 0 END, outcome, reason, ''
	FROM dossier_step
	WHERE dossier_id = (SELECT id FROM dossier WHERE code = $1 ORDER BY LENGTH(system), system LIMIT 1)`)

// Brief returns a dossier for one who may read it.
func (k *Desk) Brief(ctx context.Context, q db.Queryer, a actor.Actor, code string) (Brief, error) {
	var b Brief
	var found int
	ctx = context.WithoutCancel(ctx) // over before anybody could give up
	err := db.Each(ctx, q, briefOf, func(r db.Scanner) error {
		var f Fact
		var row int
		if err := r.Scan(append([]any{&row}, f.targets()...)...); err != nil {
			return err
		}
		switch row {
		case 0:
			if found++; found == 1 {
				b.ID, b.System, b.Code, b.ProcedureCode = string(f.Kind), f.Account, string(f.Unit), f.How
				b.Sector, b.Channel, b.Limit.Unit = f.Reason, Channel(f.Document), calendar.LimitUnit(f.Behalf)
			}
		case 1:
			b.Person = Person{Name: string(f.Kind), IDNumber: f.Account, Phone: string(f.Unit), Representative: f.How}
			b.Person.mask()
		case 2:
			b.Facts = append(b.Facts, f)
		default:
			b.Steps = append(b.Steps, Step{Ord: f.Seq, Name: string(f.Kind), Role: string(f.Unit), Body: f.How, Hours: f.Qty, Beside: f.Ref == 1,
				Account: f.Account, Came: f.At, Due: f.Due, Done: f.Recorded, Outcome: f.Reason, Reason: f.Document})
		}
		return nil
	}, code)
	if err != nil {
		return Brief{}, err
	}
	if found == 0 || (found > 1 && b.System != "") {
		return Brief{}, notFound(code)
	}
	slices.SortFunc(b.Facts, func(x, y Fact) int { return x.Seq - y.Seq })
	slices.SortFunc(b.Steps, func(x, y Step) int { return x.Ord - y.Ord })
	b.State = Fold(b.Facts, b.Limit.ByInstant(), 0, 0)
	if err := k.Guard.Check(ctx, q, a, auth.DossierRead, b.State.Unit); err != nil {
		return Brief{}, err
	}
	k.Looks.Saw(a, b.ID, look.Opened)
	b.facts = len(b.Facts)
	if b.Ended == 0 && b.NotAccepted == 0 {
		b.Step = stepNow(b.State, b.Steps)
	}
	return b, nil
}

// Void returns the facts that a correction took back.
func (b *Brief) Void() map[int]bool { return voided(b.Facts) }
