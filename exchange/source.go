package exchange

import (
	"context"

	"cchc/base/db"
	"cchc/base/moment"
	"cchc/unit"
)

// Desk is what the exchange asks of the room of dossiers; the app makes one. None
// of it asks rights: what may be shown is the exchange's to know.
type Desk interface {
	// Standing returns where the dossier of a system ("" is ours) with a code
	// stands; db.ErrNotFound when there is none. StandingOf is the same by id.
	Standing(ctx context.Context, q db.Queryer, system, code string) (Standing, error)
	StandingOf(ctx context.Context, q db.Queryer, id string) (Standing, error)
	// Standings calls fn for every dossier of a system that arrived from the first
	// day up to and with the last (zero days: whenever) and stands in a unit or one
	// that is below it, or was to its end ("" everywhere); Since is left zero. fn must not read.
	Standings(ctx context.Context, q db.Queryer, system string, u unit.ID, from, to moment.Date, fn func(Standing) error) error
	// Reach returns the units that Standings covers; nil is all.
	Reach(ctx context.Context, q db.Queryer, u unit.ID) (map[unit.ID]bool, error)
	// Changeovers returns the statuses into which a dossier came, in order of time,
	// and how it is now.
	Changeovers(ctx context.Context, q db.Queryer, id string) ([]Changeover, Whole, error)
	// ReadTime reads a time as files write it.
	ReadTime(s string) (moment.Instant, bool)
}

// A Standing is where a dossier stands, as other systems are told it.
type Standing struct {
	ID, Code  string
	Unit      unit.ID
	Procedure string
	Channel   string
	Status    int            // national status, 1 to 10
	Since     moment.Instant // when it came into the status
	Arrived   moment.Instant
}

// A Changeover is a national status into which a dossier came.
type Changeover struct {
	Status  int
	At      moment.Instant
	Due     moment.Instant // as it stood then
	Outcome string         // of 9 when it is a refusal
}

// Whole is what a dossier's facts say of it.
type Whole struct {
	Accepted, Due, Ended moment.Instant
	Outcome              string
	Sequence             int // of the last fact
}

// National statuses.
const (
	firstStatus = 1
	lastStatus  = 10
)
