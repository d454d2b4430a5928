package calendar

import (
	"context"
	"io"
	"maps"
	"slices"
	"strings"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/job"
	"cchc/base/moment"
)

// A Change of a calendar concerns what is open in Unit ("" is the nation) and
// below it, and is due on or after From.
type Change struct {
	ID     string // of the Adopted; "" when an older program enqueued it
	Unit   actor.UnitID
	Reason string
	From   moment.Date
}

// Changed is the job that has open deadlines projected anew. It is enqueued in
// the transaction of the change; a week that begins later is told of on its first
// day, by Sweep.
var Changed = job.Kind[Change]{Name: "calendar.changed"}

// An Amendment adds a day off or a make-up day to the calendar of a unit, or of
// the nation, or withdraws one. It may come late: a storm closes offices before
// anybody enters it.
type Amendment struct {
	Unit     actor.UnitID // "" is the nation
	Withdraw bool         // takes back what is entered for Unit on the date
	DayOff                // with Withdraw only its Date counts
	Reason   string       // goes to the trail and to whoever's deadline moves
}

func (a Amendment) check(f *fault.Fault) {
	if a.Date < earliest || a.Date > latest {
		f.With("date", "calendar.date_bad")
	}
	if !a.Withdraw {
		if a.Kind != Off && a.Kind != Work {
			f.With("kind", "calendar.kind_bad", "Kind", a.Kind)
		}
		if strings.TrimSpace(a.Name) == "" {
			f.With("name", "calendar.name_missing")
		}
		if a.Kind == Off && a.Replaces != 0 {
			f.With("replaces", "calendar.replaces_off")
		}
	}
}

// AmendDay adds or withdraws a day. A day that is entered differently for the
// same unit is withdrawn and the new one added; entered the same is the fault
// calendar.day_there, and withdrawing what is not there calendar.day_missing. A
// unit that works on a day off of the nation adds it as work: what belongs to
// another unit cannot be withdrawn.
func (s *Store) AmendDay(ctx context.Context, a actor.Actor, m Amendment) error {
	_, err := s.Adopt(ctx, a, Proposal{Unit: m.Unit, Days: []Amendment{m}, Reason: m.Reason})
	return err
}

// SetWeek sets the working time of a unit and of what lies below it, from a day
// on. A second setting of the same day replaces the first.
func (s *Store) SetWeek(ctx context.Context, a actor.Actor, x Setting, reason string) error {
	_, err := s.Adopt(ctx, a, Proposal{Unit: x.Unit, Week: &x, Reason: reason})
	return err
}

func (x Setting) check(f *fault.Fault) {
	if x.Unit == "" {
		f.With("unit", "calendar.unit_missing")
	}
	if x.From < earliest || x.From > latest {
		f.With("from", "calendar.date_bad")
	}
	if x.Week.Validate() != nil {
		f.With("week", "calendar.week_bad")
	}
	if x.Convention.Validate() != nil {
		f.With("convention", "calendar.convention_bad")
	}
	if x.SameDayUntil <= 0 || x.SameDayUntil >= 86_400 {
		f.With("same_day_until", "calendar.time_bad")
	}
}

// Sweep tells the other rooms of the weeks that have begun since, and returns how
// many there were. Run it once a day, after midnight.
func (s *Store) Sweep(ctx context.Context) (int, error) {
	n := 0
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		begun, err := db.All(ctx, tx, qUntold, func(r db.Scanner) (c Change, err error) {
			err = r.Scan(&c.Unit, &c.From, &c.Reason)
			return c, err
		}, tx.Now.Date())
		if err != nil {
			return err
		}
		n = len(begun)
		for i := range begun {
			c := &begun[i]
			if c.ID, err = adoptedWeek(ctx, tx, c.Unit, c.From); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, markTold, tx.Now, string(c.Unit), c.From); err != nil {
				return err
			}
		}
		return Changed.EnqueueAll(ctx, tx, begun)
	})
	return n, err
}

// A HolidayReport counts what ImportHolidays did.
type HolidayReport struct{ Added, Changed, Same int }

// ImportHolidays reads the nation's days off from a CSV file as ParseHolidays
// does. A date that is there with other facts is withdrawn and entered anew; a
// date that the file has not is left alone. Reading a file twice changes nothing.
func (s *Store) ImportHolidays(ctx context.Context, a actor.Actor, file io.Reader, name string) (HolidayReport, error) {
	days, err := ParseHolidays(file)
	if err != nil {
		return HolidayReport{}, fault.New(fault.Invalid, "calendar.import", "File", name, "Why", err.Error()).Because(err)
	}
	return s.importDays(ctx, a, days, name, nil)
}

func (s *Store) importDays(ctx context.Context, a actor.Actor, days []DayOff, name string, then func(context.Context, *db.Tx) error) (HolidayReport, error) {
	var rep HolidayReport
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		rep = HolidayReport{}
		if err := s.Guard.Check(ctx, tx, a, auth.CalendarChange, ""); err != nil {
			return err
		}
		t, err := s.tables(ctx, tx)
		if err != nil {
			return err
		}
		present := map[moment.Date]DayOff{}
		if t.seeded {
			present = maps.Clone(t.days[""])
		}
		var rows [][]any
		var first moment.Date
		for _, d := range days {
			old, there := present[d.Date]
			if there && old == d {
				rep.Same++
				continue
			}
			if there {
				rep.Changed++
				if _, err := tx.Exec(ctx, withdrawDay, tx.Now, a.Account, name, "", d.Date); err != nil {
					return err
				}
			} else {
				rep.Added++
			}
			present[d.Date] = d
			if first == 0 || d.Date < first {
				first = d.Date
			}
			rows = append(rows, dayRow("", d, name, a.Account, tx.Now))
		}
		if len(rows) > 0 {
			if err := s.entered(ctx, tx, a, name, first, rows); err != nil {
				return err
			}
		}
		if then != nil {
			return then(ctx, tx)
		}
		return nil
	})
	return rep, err
}

// entered stores days of the nation and tells whoever has to know.
func (s *Store) entered(ctx context.Context, tx *db.Tx, a actor.Actor, name string, first moment.Date, rows [][]any) error {
	if err := tx.InsertRows(ctx, insertDays, rows); err != nil {
		return err
	}
	return s.changed(ctx, tx, a, "calendar.import", Change{ID: db.NewID(), Reason: name, From: first}, []audit.Change{{Field: "days", To: first.String()}}, true)
}

// Seed records the program's days off of the nation where none were ever
// recorded, so that they can be amended one by one. Run it after migrating; it
// changes no deadline, because they were in use before.
func (s *Store) Seed(ctx context.Context) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error { return s.seed(ctx, tx, actor.System("seed")) })
}

func (s *Store) seed(ctx context.Context, tx *db.Tx, a actor.Actor) error {
	t, err := s.tables(ctx, tx)
	if err != nil || t.seeded {
		return err
	}
	var rows [][]any
	for _, d := range slices.Sorted(maps.Keys(embedded())) {
		rows = append(rows, dayRow("", embedded()[d], "holidays.csv", a.Account, tx.Now))
	}
	if err := tx.InsertRows(ctx, insertDays, rows); err != nil {
		return err
	}
	return tx.Bump(ctx, epoch)
}

// known refuses a unit that does not exist, before the engine does.
func (s *Store) known(ctx context.Context, q db.Queryer, unit actor.UnitID) error {
	above, err := s.above(ctx, q, unit)
	if err == nil && unit != "" && len(above) == 0 {
		err = fault.New(fault.NotFound, "calendar.unit_unknown", "Unit", string(unit))
	}
	return err
}

// changed records a change, tells the caches and, when tell is set, the rooms
// with open deadlines.
func (s *Store) changed(ctx context.Context, tx *db.Tx, a actor.Actor, verb string, c Change, what []audit.Change, tell bool) error {
	id := string(c.Unit)
	if id == "" {
		id = "nation"
	}
	if err := keep(ctx, tx, a, verb, c); err != nil {
		return err
	}
	err := audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: verb, Kind: "calendar", ID: id, Unit: c.Unit, Changes: what, Reason: c.Reason})
	if err != nil {
		return err
	}
	if tell {
		if err := Changed.Enqueue(ctx, tx, c); err != nil {
			return err
		}
	}
	return tx.Bump(ctx, epoch)
}

func differences(old, x Setting) []audit.Change {
	out := []audit.Change{{Field: "from", To: x.From.String()}}
	for wd, d := range x.Week {
		if from, to := hours(old.Week[wd]), hours(d); from != to {
			out = append(out, audit.Change{Field: "weekday " + string(rune('0'+wd)), From: from, To: to})
		}
	}
	if old.Convention != x.Convention {
		out = append(out, audit.Change{Field: "convention", From: string(old.Convention), To: string(x.Convention)})
	}
	if old.SameDayUntil != x.SameDayUntil {
		out = append(out, audit.Change{Field: "same_day_until", From: clockTime(old.SameDayUntil), To: clockTime(x.SameDayUntil)})
	}
	if old.AsReceived != x.AsReceived {
		out = append(out, audit.Change{Field: "as_received", To: map[bool]string{true: "yes", false: "no"}[x.AsReceived]})
	}
	return out
}

// hours writes the hours of a day for the trail: 07:30–11:30 13:00–17:00.
func hours(d Day) string {
	var out []string
	for _, s := range d.Sessions {
		out = append(out, clockTime(s.From)+"–"+clockTime(s.To))
	}
	if len(out) > 0 && !d.Counts {
		out = append(out, "(reception only)")
	}
	return strings.Join(out, " ")
}

func clockTime(second int) string { return moment.Date(1).At(second).Time().Format("15:04") }
