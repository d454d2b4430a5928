package dossier

import (
	"context"
	"fmt"
	"slices"

	"cchc/base/db"
	"cchc/base/moment"
	"cchc/unit"
)

// A Standing is where a dossier stands, as other systems are told it.
type Standing struct {
	ID, Code  string
	Unit      unit.ID
	Procedure string
	Channel   Channel
	Status    Status
	Since     moment.Instant // when it came into the status
	Arrived   moment.Instant
}

// A Changeover is a national status into which a dossier came.
type Changeover struct {
	Status  Status
	At      moment.Instant
	Due     moment.Instant // as it stood then
	Refused bool           // 9 is a refusal
}

var (
	standingOf = db.SQL("dossier.standing", `
		SELECT id, code, unit_id, procedure_code, channel, status, registered_at, by_instant
		FROM dossier
		WHERE system = $1 AND code = $2`)
	standings = db.SQL("dossier.standings", `
		SELECT id, code, unit_id, procedure_code, channel, status, registered_at, by_instant
		FROM dossier
		WHERE system = $1 AND registered_at >= $2 AND registered_at < $3
		AND ($4 = '' OR unit_id IN (`+reachOf("$4", "$5")+`))`)
	standingReach = db.SQL("dossier.standing.reach", `SELECT DISTINCT x.unit_id FROM unit_reach x WHERE x.unit_id IN (`+reachOf("$1", "$2")+`)`)
	standingByID  = db.SQL("dossier.standing.by_id", `
		SELECT id, code, unit_id, procedure_code, channel, status, registered_at, by_instant
		FROM dossier
		WHERE id = $1`)
)

type standingRow struct {
	Standing
	byInstant bool
}

func scanStanding(r db.Scanner) (s standingRow, err error) {
	err = r.Scan(&s.ID, &s.Code, &s.Unit, &s.Procedure, &s.Channel, &s.Status, &s.Arrived, &s.byInstant)
	return s, err
}

// Standing returns where the dossier of a system ("" is ours) with a code stands.
// It asks no rights: what may be shown of it is the caller's to know. The error
// is db.ErrNotFound when there is none.
func (k *Desk) Standing(ctx context.Context, q db.Queryer, system, code string) (Standing, error) {
	s, err := db.One(ctx, q, standingOf, scanStanding, system, code)
	if err != nil {
		return Standing{}, err
	}
	return k.since(ctx, q, s)
}

// StandingOf is Standing for the dossier of an id.
func (k *Desk) StandingOf(ctx context.Context, q db.Queryer, id string) (Standing, error) {
	s, err := db.One(ctx, q, standingByID, scanStanding, id)
	if err != nil {
		return Standing{}, err
	}
	return k.since(ctx, q, s)
}

func (k *Desk) since(ctx context.Context, q db.Queryer, s standingRow) (Standing, error) {
	facts, err := db.All(ctx, q, factsOf, scanFact, s.ID)
	if list := changeovers(facts, s.byInstant); len(list) > 0 {
		s.Since = list[len(list)-1].At
	}
	return s.Standing, err
}

// Standings calls fn for every dossier of a system that arrived from the first day
// up to and with the last (zero days: whenever) and stands in a unit or one that is
// below it, or was to its end ("" everywhere); what left it for another is that one's.
// Since is left zero. fn must not read.
func (k *Desk) Standings(ctx context.Context, q db.Queryer, system string, u unit.ID, from, to moment.Date, fn func(Standing) error) error {
	first, end := moment.Instant(0), moment.NewDate(9999, 1, 1).Start()
	if from != 0 {
		first = from.Start()
	}
	if to != 0 {
		end = to.AddDays(1).Start()
	}
	return db.Each(ctx, q, standings, func(r db.Scanner) error {
		s, err := scanStanding(r)
		if err != nil {
			return err
		}
		return fn(s.Standing)
	}, system, int64(first), int64(end), string(u), k.DB.Now().Date())
}

// Reach returns the units that Standings covers; nil is all.
func (k *Desk) Reach(ctx context.Context, q db.Queryer, u unit.ID) (map[unit.ID]bool, error) {
	if u == "" {
		return nil, nil
	}
	ids, err := db.Column[unit.ID](ctx, q, standingReach, string(u), k.DB.Now().Date())
	if err != nil {
		return nil, err
	}
	out := map[unit.ID]bool{}
	for _, id := range ids {
		out[id] = true
	}
	return out, nil
}

// Told is what a dossier's facts say of it as a whole.
type Told struct {
	State
	Sequence int // of the last fact
}

// Changeovers returns the statuses into which a dossier came, in order of time,
// and how it is. What was taken back never was.
func (k *Desk) Changeovers(ctx context.Context, q db.Queryer, id string) ([]Changeover, Told, error) {
	row, err := db.One(ctx, q, standingByID, scanStanding, id)
	if err != nil {
		return nil, Told{}, err
	}
	facts, err := db.All(ctx, q, factsOf, scanFact, id)
	if err != nil {
		return nil, Told{}, fmt.Errorf("statuses of dossier %s: %w", id, err)
	}
	return changeovers(facts, row.byInstant), Told{Fold(facts, row.byInstant, 0, 0), len(facts)}, nil
}

func changeovers(facts []Fact, byInstant bool) []Changeover {
	void := voided(facts)
	facts = slices.DeleteFunc(slices.Clone(facts), func(f Fact) bool { return void[f.Seq] || f.Kind == FCorrected })
	slices.SortStableFunc(facts, byTime)
	var out []Changeover
	for i, f := range facts {
		s := Fold(facts[:i+1], byInstant, 0, 0)
		if n := len(out); n == 0 || out[n-1].Status != s.Status() {
			out = append(out, Changeover{Status: s.Status(), At: f.At, Due: s.Due, Refused: s.End == EndRefused})
		}
	}
	return out
}

// ReadTime reads a time as files write it: 2026-11-23T09:00[:05] (with a zone or
// without, which is ours), 23/11/2026 09:00[:05], or a day, which is its
// beginning.
func ReadTime(s string) (moment.Instant, bool) {
	if d, second, ok := quickTime(s, 0); ok {
		return d.At(second), true
	}
	if i, err := moment.ParseInstant(s); err == nil {
		return i, true
	}
	d, err := moment.ParseDate(s)
	return d.At(0), err == nil
}
