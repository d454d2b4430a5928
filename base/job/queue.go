package job

import (
	"context"
	"database/sql"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivertype"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
)

// A Queue looks at the jobs of a database, runs again what failed, and cancels.
// Whether somebody may is for the caller to check; whether a job stands so that it can
// be done, the caller is asked in the write that does it.
type Queue struct {
	DB *db.DB

	mu     sync.Mutex
	handle *sql.DB
	client *river.Client[riverTx]
}

// State is where a job stands.
type State string

const (
	Waiting   State = "waiting" // for its turn or its time
	Running   State = "running"
	Failing   State = "failing" // an error; it will run again
	GivenUp   State = "given_up"
	Cancelled State = "cancelled"
	Done      State = "done"
)

// States lists the states in the order in which pages show them.
var States = []State{GivenUp, Failing, Running, Waiting, Cancelled, Done}

var states = map[State][]rivertype.JobState{
	Waiting:   {rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateScheduled},
	Running:   {rivertype.JobStateRunning},
	Failing:   {rivertype.JobStateRetryable},
	GivenUp:   {rivertype.JobStateDiscarded},
	Cancelled: {rivertype.JobStateCancelled},
	Done:      {rivertype.JobStateCompleted},
}

// A Seen is a job as pages show it, without its arguments.
type Seen struct {
	ID        int64
	Kind      string
	State     State
	Created   moment.Instant
	Scheduled moment.Instant // when it runs, or ran last
	Ended     moment.Instant
	Attempt   int
	Attempts  int
	Error     string // of the last attempt, without what could be of a person
}

// countJobs counts by state; River's own tables are the same on both engines.
var countJobs = db.SQL("job.count", `SELECT CAST(state AS TEXT), COUNT(*) FROM river_job GROUP BY state`)

var jobState = db.SQL("job.state", `SELECT CAST(state AS TEXT) FROM river_job WHERE id = $1`)

// stateOf returns what a state of the queue's own is called here, "" for none.
func stateOf(x rivertype.JobState) State {
	for s, list := range states {
		if slices.Contains(list, x) {
			return s
		}
	}
	return ""
}

// Counts returns how many jobs are in each state. Ended ones are kept for days only.
func (k *Queue) Counts(ctx context.Context) (map[State]int, error) {
	out := map[State]int{}
	err := db.Each(ctx, k.DB, countJobs, func(r db.Scanner) error {
		var name string
		var n int
		if err := r.Scan(&name, &n); err != nil {
			return err
		}
		if s := stateOf(rivertype.JobState(name)); s != "" {
			out[s] += n
		}
		return nil
	})
	return out, err
}

func (k *Queue) open() (*river.Client[riverTx], error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.client != nil {
		return k.client, nil
	}
	h, err := k.DB.Handle()
	if err != nil {
		return nil, err
	}
	var driver riverdriver.Driver[riverTx] = riversqlite.New(h)
	if k.DB.Engine() == db.Postgres {
		driver = riverdatabasesql.New(h)
	}
	c, err := river.NewClient(driver, &river.Config{Logger: logger()})
	if err != nil {
		h.Close()
		return nil, err
	}
	k.client, k.handle = c, h
	return c, nil
}

// Close lets go of what looking has opened.
func (k *Queue) Close() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.handle == nil {
		return nil
	}
	err := k.handle.Close()
	k.handle, k.client = nil, nil
	return err
}

// List returns up to n jobs in a state, the latest first.
func (k *Queue) List(ctx context.Context, s State, n int) ([]Seen, error) {
	return k.list(ctx, river.NewJobListParams().States(states[s]...).First(n))
}

// Before is List from below an id on; 0 begins at the latest.
func (k *Queue) Before(ctx context.Context, s State, id int64, n int) ([]Seen, error) {
	p := river.NewJobListParams().States(states[s]...).First(n)
	if id > 0 {
		p = p.Where("id < @before", river.NamedArgs{"before": id})
	}
	return k.list(ctx, p)
}

// Last returns the latest job of a kind, with which one knows when a sweep ran
// last; false when none is kept.
func (k *Queue) Last(ctx context.Context, kind string) (Seen, bool, error) {
	list, err := k.list(ctx, river.NewJobListParams().Kinds(kind).First(1))
	if err != nil || len(list) == 0 {
		return Seen{}, false, err
	}
	return list[0], true, nil
}

func (k *Queue) list(ctx context.Context, p *river.JobListParams) ([]Seen, error) {
	c, err := k.open()
	if err != nil {
		return nil, err
	}
	found, err := c.JobList(ctx, p.OrderBy(river.JobListOrderByID, river.SortOrderDesc))
	if err != nil {
		return nil, err
	}
	var out []Seen
	for _, j := range found.Jobs {
		x := Seen{ID: j.ID, Kind: j.Kind, Created: moment.Of(j.CreatedAt), Scheduled: moment.Of(j.ScheduledAt), Attempt: j.Attempt, Attempts: j.MaxAttempts}
		if j.FinalizedAt != nil {
			x.Ended = moment.Of(*j.FinalizedAt)
		}
		x.State = stateOf(j.State)
		if n := len(j.Errors); n > 0 {
			x.Error = impersonal(j.Errors[n-1].Error)
		}
		out = append(out, x)
	}
	return out, nil
}

var (
	quoted  = regexp.MustCompile(`"[^"]*"|“[^”]*”|'[^']*'`)
	numbers = regexp.MustCompile(`\d[\d .-]{6,}\d`)
	address = regexp.MustCompile(`[^\s@<>]+@[^\s@<>]+`)
)

// impersonal takes out of an error what could be of a person: what is quoted, long
// numbers, addresses. The log has the whole.
func impersonal(s string) string {
	s = quoted.ReplaceAllString(s, "…")
	s = address.ReplaceAllString(s, "…")
	s = numbers.ReplaceAllString(s, "…")
	if r := []rune(s); len(r) > 300 {
		s = string(r[:299]) + "…"
	}
	return s
}

// Retry makes a job run again now, when allowed returns nil for where it stands.
// Faults: NotFound; what allowed returns.
func (k *Queue) Retry(ctx context.Context, a actor.Actor, id int64, allowed func(State) error) error {
	return k.change(ctx, a, "job.retry", id, allowed, func(c *river.Client[riverTx], ctx context.Context, t *sql.Tx) (*rivertype.JobRow, error) {
		return c.JobRetryTx(ctx, t, id)
	})
}

// Cancel keeps a job from running again, when allowed returns nil for where it stands;
// one under way is told to stop. Faults: NotFound; what allowed returns.
func (k *Queue) Cancel(ctx context.Context, a actor.Actor, id int64, allowed func(State) error) error {
	return k.change(ctx, a, "job.cancel", id, allowed, func(c *river.Client[riverTx], ctx context.Context, t *sql.Tx) (*rivertype.JobRow, error) {
		return c.JobCancelTx(ctx, t, id)
	})
}

func (k *Queue) change(ctx context.Context, a actor.Actor, verb string, id int64, allowed func(State) error, do func(*river.Client[riverTx], context.Context, *sql.Tx) (*rivertype.JobRow, error)) error {
	c, err := inserter(k.DB.Engine())
	if err != nil {
		return err
	}
	err = k.DB.Write(ctx, func(tx *db.Tx) error {
		now, err := db.Value[string](ctx, tx, jobState, id)
		if errors.Is(err, db.ErrNotFound) {
			return river.ErrNotFound
		}
		if err != nil {
			return err
		}
		if err := allowed(stateOf(rivertype.JobState(now))); err != nil {
			return err
		}
		kind := ""
		if err := tx.Raw(ctx, func(ctx context.Context, t *sql.Tx) error {
			j, err := do(c, ctx, t)
			if err == nil {
				kind = j.Kind
			}
			return err
		}); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: verb, Kind: "job", ID: strconv.FormatInt(id, 10), Changes: []audit.Change{{Field: "kind", To: kind}}})
	})
	if errors.Is(err, river.ErrNotFound) {
		return fault.New(fault.NotFound, "admin.jobs.unknown").Because(err)
	}
	return err
}

// A Sweep is what a Runner runs at every interval.
type Sweep struct {
	Name  string
	Every time.Duration
}

// Sweeps returns what Every was called for.
func (r *Runner) Sweeps() []Sweep { return r.sweeps }
