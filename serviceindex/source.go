package serviceindex

import (
	"context"

	"cchc/base/actor"
	"cchc/base/db"
	"cchc/base/moment"
)

// Counts are a unit's own counts by measure, without the units below it; a
// measure that is not there is 0.
type Counts map[Measure]int64

// A Source counts dossiers. The app makes one of the dossier room.
type Source interface {
	// Counts returns every unit's own DossierMeasures and ProcedureMeasures for a
	// period, as of its end or as of now while it runs. What a numerator counts is
	// among its denominator: TimedOK among Timed, PaidOnline among Obliged, the
	// others among Received.
	Counts(ctx context.Context, q db.Queryer, p Period) (map[actor.UnitID]Counts, error)

	// Behind returns the dossiers that one of the DossierMeasures counts in a unit
	// and in all that lay under it at any time of the period, as of the same
	// moment as Counts: as many as the sum of these units' counts. Order by code.
	Behind(ctx context.Context, q db.Queryer, u actor.UnitID, p Period, m Measure) ([]Dossier, error)

	// DueBy counts the open dossiers that are not overdue yet and are due by a
	// moment, in groups. Those that count as late whatever happens now, for a
	// second supplement, are left out.
	DueBy(ctx context.Context, q db.Queryer, p Period, by moment.Instant) ([]DueGroup, error)

	// DueSoonest returns up to n open dossiers of a unit and what is below it that
	// are not overdue, those due first at the head.
	DueSoonest(ctx context.Context, q db.Queryer, u actor.UnitID, n int) ([]Dossier, error)
}

// A Dossier is what lists show of one; it holds nothing of persons.
type Dossier struct {
	ID            string
	Code          string
	Unit          actor.UnitID // in which the measure counts it
	Procedure     string       // code
	ProcedureName string
	Sector        string
	Channel       string
	Accepted      moment.Instant
	Due           moment.Instant
	Ended         moment.Instant
	Waiting       bool   // the clock stands still
	Late          bool   // ended late, or overdue
	Holder        string // whose step it is, in words; "" when that is not known
}

// A DueGroup counts open dossiers that are alike.
type DueGroup struct {
	Unit     actor.UnitID // who answers for them
	Sector   string
	Received bool      // accepted in the period: what Received and its kin count
	Has      []Measure // of EResult, Digitised, Reused, Population, Synced, Obliged, PaidOnline, Displeased: what they count in already
	Count    int64
}

// A Catalogue knows which procedures are within a body's authority. The app
// makes one of the procedure room.
type Catalogue interface {
	// Authority returns the procedures in force on a day within the authority
	// (thẩm quyền) of units of a level, ordered by code. It is asked on every view:
	// keep the answer.
	Authority(ctx context.Context, q db.Queryer, level string, on moment.Date) ([]Procedure, error)
}

// A Procedure is what the index asks of one in force.
type Procedure struct {
	Code   string
	Name   string
	Online bool // fully or partly (toàn trình, một phần)
	Fee    bool
}
