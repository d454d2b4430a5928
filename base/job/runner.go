package job

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivertype"

	"cchc/base/db"
)

const (
	// workers run at once in one process: jobs wait for mail servers and
	// documents more than they compute.
	workers = 10
	// poll is how long a job may lie before it is seen. The engines' shared way
	// in (database/sql) cannot be told, only asked; an idle SQLite file bears one
	// question a second without writing anything.
	poll = time.Second
	// cooldown is the least time between two questions while there is work.
	cooldown = 100 * time.Millisecond
)

// A Runner takes jobs from the queue of a database and runs them. Several
// processes may each have one: a job runs in one of them.
type Runner struct {
	db       *db.DB
	workers  *river.Workers
	periodic []*river.PeriodicJob
	sweeps   []Sweep
	// Trace begins something around a job of a kind, and ends it; nil nothing. Set it
	// before Start.
	Trace  func(ctx context.Context, kind string) (context.Context, func(error))
	beats  []*beat
	now    func() time.Time    // the machine's clock, which River has too
	eager  bool                // tests: don't spread the start over a second
	tick   <-chan time.Time    // tests: when to mend; nil is every minute
	tune   func(*river.Config) // tests: another clock
	ending context.CancelFunc  // of the mending
	ended  chan struct{}
	handle *sql.DB
	client *river.Client[riverTx]
}

// New returns a runner that handles nothing yet and is not started.
func New(d *db.DB) *Runner { return &Runner{db: d, workers: river.NewWorkers(), now: db.MachineTime} }

// Handle makes fn run the jobs of a kind. An error of fn is logged and the job
// runs again later; ctx ends with the kind's Timeout, and when Stop does not
// wait any longer. Call it before Start; a kind handled twice panics.
func Handle[T any](r *Runner, k Kind[T], fn func(ctx context.Context, args T) error) {
	river.AddWorkerArgs(r.workers, envelope{kind: k.Name}, &worker{runner: r, kind: k.Name, timeout: k.Timeout, work: func(ctx context.Context, body []byte) error {
		var w wrapped[T]
		if err := json.Unmarshal(body, &w); err != nil {
			// It will not be readable the next time either.
			return river.JobCancel(fmt.Errorf("arguments of %s: %w", k.Name, err))
		}
		return fn(ctx, w.Args)
	}})
}

// Every makes fn run when the runner starts and then at every interval (a second
// at least), in one process of all that share the database. A run that failed is
// logged and not repeated, since the next one comes by itself; no second one is
// queued while one waits or runs.
func (r *Runner) Every(interval time.Duration, name string, timeout time.Duration, fn func(ctx context.Context) error) {
	Handle(r, Kind[struct{}]{Name: name, Timeout: timeout}, func(ctx context.Context, _ struct{}) error { return fn(ctx) })
	r.sweeps = append(r.sweeps, Sweep{name, interval})
	b := &beat{every: interval, now: func() time.Time { return r.now() }}
	r.beats = append(r.beats, b)
	r.periodic = append(r.periodic, river.NewPeriodicJob(b,
		func() (river.JobArgs, *river.InsertOpts) {
			return envelope{kind: name, body: json.RawMessage("{}")}, &river.InsertOpts{
				MaxAttempts: 1,
				UniqueOpts: river.UniqueOpts{ByState: []rivertype.JobState{
					rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning,
					rivertype.JobStateRetryable, rivertype.JobStateScheduled,
				}},
			}
		}, &river.PeriodicJobOpts{ID: name, RunOnStart: true}))
}

// Start begins to run jobs, until Stop; the end of ctx alone doesn't stop it,
// since jobs under way would be cut off.
func (r *Runner) Start(ctx context.Context) error {
	if r.client != nil {
		return errors.New("the job runner is started already")
	}
	h, err := r.db.Handle()
	if err != nil {
		return fmt.Errorf("open the job queue: %w", err)
	}
	var driver riverdriver.Driver[riverTx] = riversqlite.New(h)
	if r.db.Engine() == db.Postgres {
		driver = riverdatabasesql.New(h)
	}
	set := &river.Config{
		Queues:            map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: workers}},
		Workers:           r.workers,
		PeriodicJobs:      r.periodic,
		FetchPollInterval: poll,
		FetchCooldown:     cooldown,
		PollOnly:          true,
		ErrorHandler:      failures{},
		Logger:            logger(),
		TestOnly:          r.eager,

		RescueStuckJobsAfter: rescueAfter,
	}
	if r.tune != nil {
		r.tune(set)
	}
	c, err := river.NewClient(driver, set)
	if err == nil {
		err = takeUp(ctx, r.db.Engine(), h, true)
	}
	if err == nil {
		err = c.Start(context.WithoutCancel(ctx))
	}
	if err != nil {
		h.Close()
		return fmt.Errorf("start the job runner: %w", err)
	}
	r.client, r.handle, r.ended = c, h, make(chan struct{})
	var mending context.Context
	mending, r.ending = context.WithCancel(context.WithoutCancel(ctx))
	go func() {
		defer close(r.ended)
		tick := r.tick
		if tick == nil {
			every := time.NewTicker(mendEvery)
			defer every.Stop()
			tick = every.C
		}
		r.mend(mending, c, h, tick)
	}()
	return nil
}

// Stop takes no more jobs and waits for those under way, until ctx ends; then it
// ends their contexts and gives them five seconds more. What was cut off runs
// again later.
func (r *Runner) Stop(ctx context.Context) error {
	if r.client == nil {
		return nil
	}
	r.ending()
	select {
	case <-r.ended:
	case <-ctx.Done():
	}
	err := r.client.Stop(ctx)
	if err != nil {
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		err = r.client.StopAndCancel(last)
	}
	if err != nil {
		err = fmt.Errorf("stop the job runner: %w", err)
	}
	err = errors.Join(err, r.handle.Close())
	r.client, r.handle = nil, nil
	return err
}

type worker struct {
	river.WorkerDefaults[envelope]
	runner  *Runner
	kind    string
	timeout time.Duration
	work    func(ctx context.Context, body []byte) error
}

// Work runs one job.
func (w *worker) Work(ctx context.Context, j *river.Job[envelope]) error {
	ctx = paced(ctx, w.runner.db.Now)
	if w.runner.Trace == nil {
		return w.work(ctx, j.Args.body)
	}
	ctx, end := w.runner.Trace(ctx, w.kind)
	err := w.work(ctx, j.Args.body)
	end(err)
	return err
}

// Timeout returns how long the job may run; 0 is River's minute.
func (w *worker) Timeout(*river.Job[envelope]) time.Duration { return w.timeout }

// failures logs what went wrong, without the arguments.
type failures struct{}

// HandleError logs an error that a job returned.
func (failures) HandleError(ctx context.Context, j *rivertype.JobRow, err error) *river.ErrorHandlerResult {
	slog.ErrorContext(ctx, "job failed", "kind", j.Kind, "id", j.ID, "attempt", j.Attempt, "of", j.MaxAttempts, "error", err)
	return nil
}

// HandlePanic logs a panic in a job.
func (failures) HandlePanic(ctx context.Context, j *rivertype.JobRow, v any, trace string) *river.ErrorHandlerResult {
	slog.ErrorContext(ctx, "job panicked", "kind", j.Kind, "id", j.ID, "attempt", j.Attempt, "of", j.MaxAttempts, "panic", v, "stack", trace)
	return nil
}
