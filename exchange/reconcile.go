package exchange

import (
	"context"
	"errors"
	"hash/maphash"
	"slices"
	"strconv"
	"strings"
	"time"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
	"cchc/unit"
)

// Kinds of Difference.
const (
	MissingThere  = "missing_there" // we have it, the other side's list has not
	MissingHere   = "missing_here"  // the list has it, we have not
	StatusDiffers = "status"
	TimeDiffers   = "time" // the same status, since another time
)

// Kinds are the kinds of differences in the order in which they are shown.
var Kinds = []string{MissingThere, MissingHere, StatusDiffers, TimeDiffers}

// A Comparison says what is compared with what.
type Comparison struct {
	Unit     unit.ID     // and what is below it, or was to its end; "" everywhere
	System   string      // whose dossiers: "" those received here, else those of a feed
	From, To moment.Date // of arrival; zero is open
	Link     string      // who is compared with, when it is a link: it may call us by a name
	Minutes  int         // how far two times may lie apart
	File     File
	Fetch    bool // the link's own list is fetched; File is not looked at
}

// A Run is a comparison that was made.
type Run struct {
	ID       string
	Unit     unit.ID
	Link     string
	System   string
	From, To moment.Date
	Minutes  int
	File     string
	Account  string
	Person   string
	Created  moment.Instant

	Ours    int64 // dossiers here that should be there
	Theirs  int64 // lines of the list
	Same    int64
	Outside int64            // lines of dossiers of other units, times or systems
	Counts  map[string]int64 // of each kind

	State    string // see RunDone
	Lines    int64  // read so far
	Finished moment.Instant
	Fault    *fault.Fault // why it failed
	Fetched  bool         // from the link
}

// Differing is how many differences the run found.
func (r Run) Differing() (n int64) {
	for _, c := range r.Counts {
		n += c
	}
	return n
}

// A Difference is one dossier of which the two sides know different things.
type Difference struct {
	Ord         int
	Kind        string
	Code        string
	Dossier     string // id; "" when it is missing here
	Unit        unit.ID
	OurStatus   int
	OurAt       moment.Instant
	TheirStatus int
	TheirAt     moment.Instant
	Sent        moment.Instant // when it was told again because of this run
}

// Kept is how many differences of each kind a run keeps; its counts are of all.
const Kept = 10_000

// runsKept is how many comparisons of a unit are kept.
const runsKept = 10

const runColumns = "id, unit_id, link_id, system, from_day, to_day, minutes, file, account, person, created_at, ours, theirs, same, outside, missing_there, missing_here, status_differs, time_differs"

var (
	runInsert = db.Rows("exchange.run.insert", "exchange_run", runColumns, "")
	runFind   = db.SQL("exchange.run.find", `SELECT `+runColumns+` FROM exchange_run WHERE id = $1`)
	runLatest = db.SQL("exchange.run.latest", `SELECT `+runColumns+` FROM exchange_run ORDER BY id DESC LIMIT 500`)
	runOld    = db.SQL("exchange.run.old", `SELECT id FROM exchange_run WHERE unit_id = $1 ORDER BY id DESC LIMIT 100 OFFSET `+strconv.Itoa(runsKept))
	runDrop   = db.SQL("exchange.run.drop", `DELETE FROM exchange_run WHERE id = $1`)

	differenceInsert = db.Rows("exchange.difference.insert", "exchange_difference",
		"run_id, ord, kind, code, dossier_id, unit_id, our_status, our_at, their_status, their_at", "")
	differenceDrop = db.SQL("exchange.difference.drop", `DELETE FROM exchange_difference WHERE run_id = $1`)
	differencesOf  = db.SQL("exchange.differences", `
		SELECT ord, kind, code, dossier_id, unit_id, our_status, our_at, their_status, their_at, sent_at
		FROM exchange_difference
		WHERE run_id = $1 AND ord > $2 AND ($3 = '' OR kind = $3) AND ($4 = '' OR unit_id = $4) AND ($5 = 0 OR sent_at IS NULL)
		ORDER BY ord
		LIMIT $6`)
	differenceUnits = db.SQL("exchange.difference.units", `SELECT DISTINCT unit_id FROM exchange_difference WHERE run_id = $1 AND unit_id <> '' ORDER BY unit_id`)
	differenceSent  = db.SQL("exchange.difference.sent", `UPDATE exchange_difference SET sent_at = $1 WHERE run_id = $2 AND ord = $3`)
)

func (r Run) args() []any {
	return []any{r.ID, string(r.Unit), r.Link, r.System, r.From, r.To, r.Minutes, r.File, r.Account, r.Person, r.Created, r.Ours, r.Theirs, r.Same, r.Outside,
		r.Counts[MissingThere], r.Counts[MissingHere], r.Counts[StatusDiffers], r.Counts[TimeDiffers]}
}

func scanRun(s db.Scanner) (r Run, err error) {
	var there, here, status, at int64
	err = s.Scan(&r.ID, &r.Unit, &r.Link, &r.System, &r.From, &r.To, &r.Minutes, &r.File, &r.Account, &r.Person, &r.Created, &r.Ours, &r.Theirs, &r.Same, &r.Outside,
		&there, &here, &status, &at)
	r.Counts = map[string]int64{MissingThere: there, MissingHere: here, StatusDiffers: status, TimeDiffers: at}
	return r, err
}

func scanDifference(r db.Scanner) (d Difference, err error) {
	err = r.Scan(&d.Ord, &d.Kind, &d.Code, &d.Dossier, &d.Unit, &d.OurStatus, &d.OurAt, &d.TheirStatus, &d.TheirAt, &d.Sent)
	return d, err
}

// Compare compares our dossiers with the other side's list, and keeps what
// differs. The actor needs dossier.import in the unit. A list with a line that
// cannot be read is refused as a whole, for a comparison with a part would call
// the rest missing. Faults: Invalid with fields from, minutes, link, file.
func (b *Book) Compare(ctx context.Context, a actor.Actor, q Comparison) (Run, error) {
	c, err := b.begin(ctx, a, &q)
	if err != nil {
		return Run{}, err
	}
	if err := b.DB.Snapshot(ctx, func(s *db.Snapshot) error { return c.compare(ctx, s) }); err != nil {
		return Run{}, err
	}
	err = b.DB.Write(ctx, func(tx *db.Tx) error {
		if err := b.Guard.Check(ctx, tx, a, auth.DossierImport, q.Unit); err != nil {
			return err
		}
		c.run.Created = tx.Now
		if err := c.store(ctx, tx); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: "exchange.compare", Kind: "exchange_run", ID: c.run.ID, Unit: q.Unit,
			Changes: []audit.Change{{Field: "file", To: c.run.File}, {Field: "system", To: c.run.System}}})
	})
	return c.run, err
}

// begin checks what is to be compared, and the right to.
func (b *Book) begin(ctx context.Context, a actor.Actor, q *Comparison) (*comparing, error) {
	q.System = strings.TrimSpace(q.System)
	if err := b.Guard.Check(ctx, b.DB, a, auth.DossierImport, q.Unit); err != nil {
		return nil, err
	}
	f := fault.New(fault.Invalid, "exchange.compare.invalid")
	if q.From != 0 && q.To != 0 && q.To < q.From {
		f.With("to", "exchange.compare.period")
	}
	if q.Minutes < 0 || q.Minutes > 7*24*60 {
		f.With("minutes", "exchange.compare.minutes")
	}
	c := &comparing{b: b, q: *q, names: map[string]bool{"": true, q.System: true}, seed: maphash.MakeSeed(), seen: map[uint64]bool{}, kept: map[string]int{}}
	if q.Link != "" {
		l, err := b.Find(ctx, a, q.Link)
		if err != nil {
			return nil, err
		}
		if l.System != "" {
			c.names[l.System] = true
		}
	}
	if err := f.Or(); err != nil {
		return nil, err
	}
	c.run = Run{ID: db.NewID(), Unit: q.Unit, Link: q.Link, System: q.System, From: q.From, To: q.To, Minutes: q.Minutes, File: q.File.Name,
		Account: a.Account, Person: a.Name, Counts: map[string]int64{}}
	return c, nil
}

// comparing is a comparison under way.
type comparing struct {
	b     *Book
	q     Comparison
	names map[string]bool // how the list may call the system
	run   Run
	list  []Difference
	kept  map[string]int
	// What of the list was seen, by 64 bits of each code: a million codes would be
	// a hundred megabytes, and two of them are alike once in 30 million lists.
	seed maphash.Seed
	seen map[uint64]bool

	told func(lines int64) error // hears how far it is; nil is nobody
}

func (c *comparing) differs(d Difference) {
	c.run.Counts[d.Kind]++
	if c.kept[d.Kind]++; c.kept[d.Kind] <= Kept {
		c.list = append(c.list, d)
	}
}

func (c *comparing) compare(ctx context.Context, s *db.Snapshot) error {
	desk := c.b.Desk
	reach, err := desk.Reach(ctx, s, c.q.Unit)
	if err != nil {
		return err
	}
	err = c.q.File.each(desk.ReadTime, func(x entry, flaw func(key string, args ...any)) error {
		c.run.Theirs++
		if c.told != nil && c.run.Theirs%1000 == 0 {
			if err := c.told(c.run.Theirs); err != nil {
				return err
			}
		}
		if !c.names[x.System] {
			c.run.Outside++
			return nil
		}
		key := maphash.String(c.seed, x.Code)
		if c.seen[key] {
			flaw("exchange.compare.twice", "Code", x.Code)
			return nil
		}
		c.seen[key] = true
		w, err := desk.Standing(ctx, s, c.q.System, x.Code)
		if errors.Is(err, db.ErrNotFound) {
			c.differs(Difference{Kind: MissingHere, Code: x.Code, TheirStatus: x.Status, TheirAt: x.At})
			return nil
		}
		if err != nil {
			return err
		}
		day := w.Arrived.Date()
		if reach != nil && !reach[w.Unit] || c.q.From != 0 && day < c.q.From || c.q.To != 0 && day > c.q.To {
			c.run.Outside++
			return nil
		}
		d := Difference{Code: w.Code, Dossier: w.ID, Unit: w.Unit, OurStatus: int(w.Status), OurAt: w.Since, TheirStatus: x.Status, TheirAt: x.At}
		switch {
		case d.OurStatus != d.TheirStatus:
			d.Kind = StatusDiffers
		case !x.agrees(w.Since, c.q.Minutes):
			d.Kind = TimeDiffers
		default:
			c.run.Same++
			return nil
		}
		c.differs(d)
		return nil
	})
	if err != nil {
		return err
	}
	err = desk.Standings(ctx, s, c.q.System, c.q.Unit, c.q.From, c.q.To, func(w Standing) error {
		c.run.Ours++
		if !c.seen[maphash.String(c.seed, w.Code)] {
			c.differs(Difference{Kind: MissingThere, Code: w.Code, Dossier: w.ID, Unit: w.Unit, OurStatus: int(w.Status)})
		}
		return nil
	})
	if err != nil {
		return err
	}
	for i := range c.list {
		if d := &c.list[i]; d.Kind == MissingThere {
			w, err := desk.StandingOf(ctx, s, d.Dossier)
			if err != nil {
				return err
			}
			d.OurAt = w.Since
		}
	}
	slices.SortStableFunc(c.list, func(x, y Difference) int {
		if n := slices.Index(Kinds, x.Kind) - slices.Index(Kinds, y.Kind); n != 0 {
			return n
		}
		return strings.Compare(x.Code, y.Code)
	})
	return nil
}

// agrees reports whether a time of the list is ours; one without a time of day is
// compared by the day, none agrees with everything.
func (x entry) agrees(ours moment.Instant, minutes int) bool {
	switch {
	case x.At == 0:
		return true
	case x.Day:
		return x.At.Date() == ours.Date()
	}
	return x.At.Time().Sub(ours.Time()).Abs() <= time.Duration(minutes)*time.Minute
}

func (c *comparing) store(ctx context.Context, tx *db.Tx) error {
	if err := tx.InsertRows(ctx, runInsert, [][]any{c.run.args()}); err != nil {
		return err
	}
	return c.keep(ctx, tx)
}

// keep stores what differed, and drops the oldest runs of the unit.
func (c *comparing) keep(ctx context.Context, tx *db.Tx) error {
	rows := make([][]any, len(c.list))
	for i, d := range c.list {
		rows[i] = []any{c.run.ID, i + 1, d.Kind, d.Code, d.Dossier, string(d.Unit), d.OurStatus, d.OurAt, d.TheirStatus, d.TheirAt}
	}
	if err := tx.InsertRows(ctx, differenceInsert, rows); err != nil {
		return err
	}
	old, err := db.Column[string](ctx, tx, runOld, string(c.run.Unit))
	if err != nil {
		return err
	}
	for _, id := range old {
		if _, err := tx.Exec(ctx, differenceDrop, id); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, workDrop, id); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, runDrop, id); err != nil {
			return err
		}
	}
	return nil
}

// Runs returns the comparisons that the actor may see, the newest first.
func (b *Book) Runs(ctx context.Context, a actor.Actor) ([]Run, error) {
	if err := b.Guard.CheckAnywhere(a, auth.DossierImport); err != nil {
		return nil, err
	}
	all, err := db.All(ctx, b.DB, runLatest, scanRun)
	if err != nil {
		return nil, err
	}
	var out []Run
	for _, r := range all {
		ok, err := b.Guard.May(ctx, b.DB, a, auth.DossierImport, r.Unit)
		if err != nil {
			return nil, err
		}
		if ok {
			if err := b.how(ctx, &r); err != nil {
				return nil, err
			}
			out = append(out, r)
		}
	}
	return out, nil
}

// Run returns a comparison. Faults: NotFound, Forbidden.
func (b *Book) Run(ctx context.Context, a actor.Actor, id string) (Run, error) {
	r, err := db.One(ctx, b.DB, runFind, scanRun, id)
	if errors.Is(err, db.ErrNotFound) {
		return r, fault.New(fault.NotFound, "exchange.compare.unknown")
	}
	if err != nil {
		return r, err
	}
	if err := b.Guard.Check(ctx, b.DB, a, auth.DossierImport, r.Unit); err != nil {
		return r, err
	}
	return r, b.how(ctx, &r)
}

// A Filter chooses among a run's differences.
type Filter struct {
	Kind  string
	Unit  unit.ID
	Open  bool // those that were not told again
	After int  // Ord
	Limit int  // 0 is all
}

// Differences returns what differed in a run, in order.
func (b *Book) Differences(ctx context.Context, r Run, f Filter) ([]Difference, error) {
	open := 0
	if f.Open {
		open = 1
	}
	if f.Limit == 0 {
		f.Limit = len(Kinds) * Kept
	}
	return db.All(ctx, b.DB, differencesOf, scanDifference, r.ID, f.After, f.Kind, string(f.Unit), open, f.Limit)
}

// UnitsOf returns the units of which a run has differences.
func (b *Book) UnitsOf(ctx context.Context, r Run) ([]unit.ID, error) {
	return db.Column[unit.ID](ctx, b.DB, differenceUnits, r.ID)
}
