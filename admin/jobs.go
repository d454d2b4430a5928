package admin

import (
	"context"
	"net/http"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/job"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/base/web/ui"
	"cchc/unit"
)

// Keeping tells whether somebody keeps the whole installation: jobs and health
// belong to no unit, so that the keeper of one commune must not touch them.
type Keeping struct {
	DB    *db.DB
	Guard auth.Guard
	Units *unit.Book
}

// Check returns nil for who may keep the system in every unit at the top.
func (k Keeping) Check(ctx context.Context, a actor.Actor) error {
	if err := k.Guard.CheckAnywhere(a, auth.SystemKeep); err != nil {
		return err
	}
	tree, err := k.Units.Today(ctx, k.DB)
	if err != nil {
		return err
	}
	for _, root := range tree.Roots() {
		if err := k.Guard.Check(ctx, k.DB, a, auth.SystemKeep, root); err != nil {
			return err
		}
	}
	return nil
}

// Deliveries are what leaves the program and can fail for good (notices, webhooks):
// how many did, and the page where they are seen and sent again. Its words are the
// message admin.deliveries.KEY.
type Deliveries struct {
	Key    string
	URL    string
	Failed func(ctx context.Context) (int, error)
	// Each lists those that failed one by one, where they are few and each can be
	// tried again from here; nil where their page does that.
	Each func(ctx context.Context) ([]Stuck, error)
}

// A Stuck is somebody to whom deliveries failed.
type Stuck struct {
	Name, URL string
	Count     int64
	Answer    string // to the last try
	Again     string // address to which a form is sent that tries them again
}

// Jobs is the page of jobs and failed deliveries.
type Jobs struct {
	Keeping
	Queue      *job.Queue
	Sweeps     func() []job.Sweep // what runs at intervals
	Deliveries []Deliveries
}

// jobsShown is how many jobs of a state stand on the page.
const jobsShown = 100

// Register puts the page at /admin/jobs.
func (p *Jobs) Register(mux *web.Mux) {
	mux.Handle("GET /admin/jobs", web.SignedIn, p.show)
	mux.Handle("POST /admin/jobs", web.SignedIn, p.change)
}

// Waits counts what was given up, for the hub; 0 for who may not see it.
func (p *Jobs) Waits(ctx context.Context, a actor.Actor) (int, error) {
	if err := p.Check(ctx, a); err != nil {
		if fault.As(err) != nil {
			err = nil
		}
		return 0, err
	}
	n, err := p.Queue.Counts(ctx)
	total := n[job.GivenUp]
	for _, d := range p.Deliveries {
		if err == nil {
			var m int
			m, err = d.Failed(ctx)
			total += m
		}
	}
	return total, err
}

type sweepRow struct {
	job.Sweep
	Last job.Seen
	Seen bool
	Next moment.Instant
}

type deliveryRow struct {
	Deliveries
	Count int
	Stuck []Stuck
}

type jobsPage struct {
	State      job.State
	Counts     map[job.State]int
	Jobs       []job.Seen
	Sweeps     []sweepRow
	Deliveries []deliveryRow
}

func (p *Jobs) show(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if err := p.Check(ctx, web.Actor(ctx)); err != nil {
		return err
	}
	page := jobsPage{State: job.State(r.URL.Query().Get("state"))}
	known := false
	for _, s := range job.States {
		known = known || s == page.State
	}
	if !known {
		page.State = job.GivenUp
	}
	var err error
	if page.Counts, err = p.Queue.Counts(ctx); err != nil {
		return err
	}
	if page.Jobs, err = p.Queue.List(ctx, page.State, jobsShown); err != nil {
		return err
	}
	if p.Sweeps != nil {
		for _, s := range p.Sweeps() {
			x := sweepRow{Sweep: s}
			if x.Last, x.Seen, err = p.Queue.Last(ctx, s.Name); err != nil {
				return err
			}
			if x.Seen {
				x.Next = x.Last.Created.Add(s.Every)
			}
			page.Sweeps = append(page.Sweeps, x)
		}
	}
	for _, d := range p.Deliveries {
		n, err := d.Failed(ctx)
		if err != nil {
			return err
		}
		row := deliveryRow{Deliveries: d, Count: n}
		if d.Each != nil && n > 0 {
			if row.Stuck, err = d.Each(ctx); err != nil {
				return err
			}
		}
		page.Deliveries = append(page.Deliveries, row)
	}
	return web.Render(w, r, http.StatusOK, jobsView(page))
}

func (p *Jobs) change(w http.ResponseWriter, r *http.Request) error {
	ctx, a := r.Context(), web.Actor(r.Context())
	if err := p.Check(ctx, a); err != nil {
		return err
	}
	var in struct {
		ID    int64  `form:"id,required"`
		Do    string `form:"do"`
		State string `form:"state"`
	}
	if err := web.Decode(r, &in); err != nil {
		return err
	}
	to := "/admin/jobs?state=" + string(job.GivenUp)
	for _, s := range job.States {
		if string(s) == in.State {
			to = "/admin/jobs?state=" + in.State
		}
	}
	if in.Do == "cancel" {
		if err := p.cancel(ctx, a, in.ID); err != nil {
			return err
		}
		return web.SeeOther(w, r, to, "admin.jobs.cancelled")
	}
	if err := p.retry(ctx, a, in.ID); err != nil {
		return err
	}
	return web.SeeOther(w, r, to, "admin.jobs.retried")
}

func (p *Jobs) retry(ctx context.Context, a actor.Actor, id int64) error {
	return p.Queue.Retry(ctx, a, id, allowed(ctx, auth.RetryJob))
}

func (p *Jobs) cancel(ctx context.Context, a actor.Actor, id int64) error {
	return p.Queue.Cancel(ctx, a, id, allowed(ctx, auth.CancelJob))
}

// allowed asks the policy about an act to a job where it stands.
func allowed(ctx context.Context, x auth.Act) func(job.State) error {
	return func(s job.State) error {
		if x.In(auth.State(s)) {
			return nil
		}
		return fault.New(fault.Conflict, "admin.jobs.not_now", "State", i18n.T(ctx, "admin.jobs.state."+string(s)))
	}
}

// jobName says what a kind of job is, or the kind itself.
func jobName(ctx context.Context, kind string) string {
	if i18n.Has("admin.job." + kind) {
		return i18n.T(ctx, "admin.job."+kind)
	}
	return kind
}

var jobKinds = map[job.State]ui.Kind{job.GivenUp: ui.Late, job.Failing: ui.Soon, job.Running: ui.Info, job.Waiting: ui.Neutral, job.Cancelled: ui.Neutral, job.Done: ui.OK}
