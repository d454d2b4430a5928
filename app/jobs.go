package app

import (
	"context"
	"log/slog"
	"time"

	"cchc/backup"
	"cchc/base/api"
	"cchc/base/job"
	"cchc/calendar"
	"cchc/dossier"
	"cchc/exchange"
	"cchc/imports"
	"cchc/notice"
	"cchc/privacy"
	"cchc/unit"
)

// sweeping may go over every open dossier of a province.
const sweeping = 30 * time.Minute

// newRunner says what each job does. Rooms do not call one another: a change in
// one enqueues a job in its transaction, and here is who listens.
func (r *rooms) newRunner() *job.Runner {
	run := job.New(r.db)
	if r.tracer != nil {
		run.Trace = r.tracer.job
	}
	units := unit.Changed
	units.Timeout = sweeping
	job.Handle(run, units, r.unitChanged)
	calendars := calendar.Changed
	calendars.Timeout = sweeping
	job.Handle(run, calendars, r.calendarChanged)
	job.Handle(run, exchange.Deliver, r.exchange.Send)
	job.Handle(run, exchange.Reconcile, r.exchange.Work)
	run.Every(time.Minute, "exchange.sweep", time.Minute, r.exchange.Sweep)
	run.Every(time.Hour, "api.sweep", sweeping, func(ctx context.Context) error { return api.Sweep(ctx, r.db) })
	job.Handle(run, notice.Send, r.notices.SendDue)
	run.Every(15*time.Second, "notice.sweep", sweeping, r.tellNotices)
	job.Handle(run, logCheck, r.checkLogJob)
	run.Every(time.Hour, "log.weekly", sweeping, r.checkLogDue)
	run.Every(time.Hour, "log.ask", time.Minute, r.askCosigners)
	run.Every(5*time.Minute, "scorecard.news", sweeping, r.tellScores)
	job.Handle(run, privacy.Erase, r.privacy.Carry)
	run.Every(24*time.Hour, "privacy.forget", sweeping, r.privacy.Forget)
	run.Every(24*time.Hour, "privacy.propose", sweeping, r.privacy.ProposeDue)
	run.Every(5*time.Minute, "privacy.tell", sweeping, r.tellRequests)
	run.Every(24*time.Hour, "notice.forget", sweeping, r.notices.Forget)
	job.Handle(run, backup.Work, r.backupRun)
	run.Every(time.Minute, "backup.due", time.Minute, r.backupDue)
	run.Every(time.Hour, "backup.drill", time.Minute, r.drillDue)
	if r.scans != nil {
		job.Handle(run, dossier.EraseFiles, r.eraseFiles)
		job.Handle(run, imports.EraseFiles, r.eraseFiles)
		job.Handle(run, exchange.EraseFiles, r.eraseFiles)
		run.Every(5*time.Minute, "file.rescan", sweeping, r.rescan)
	}
	if r.imports != nil {
		job.Handle(run, imports.Work, r.imports.Go)
		run.Every(24*time.Hour, "imports.forget", sweeping, r.imports.Forget)
	}
	run.Every(time.Hour, "sweep.hourly", sweeping, func(ctx context.Context) error {
		// What was entered ahead of its day is told on that day.
		if _, err := r.calendars.Sweep(ctx); err != nil {
			return err
		}
		if _, err := r.registry.Sweep(ctx); err != nil {
			return err
		}
		// The figures of a period that has ended are kept as they were then.
		_, err := r.index.CloseDue(ctx)
		return err
	})
	// Statistics of a whole province are found, not counted, by whoever opens them.
	run.Every(time.Hour, "statistics.keep", sweeping, r.desk.KeepPeriods)
	// What is measured for rounds of the PAR index is frozen once their cut-off is over.
	run.Every(time.Hour, "scorecard.measures", sweeping, r.scorecard.TakeDue)
	run.Every(time.Hour, "digest.hourly", sweeping, func(ctx context.Context) error {
		n, err := r.tellWeek(ctx)
		if n > 0 {
			slog.InfoContext(ctx, "weekly digests made", "units", n)
		}
		return err
	})
	return run
}

// calendarChanged projects open deadlines anew, of requests about personal data too, and
// notes how many of dossiers moved.
func (r *rooms) calendarChanged(ctx context.Context, c calendar.Change) error {
	if _, err := r.privacy.Reproject(ctx, c.Unit, c.Reason); err != nil {
		return err
	}
	n, err := r.desk.ReprojectTold(ctx, c.Unit, c.Reason, func(moved int) error { return r.calendars.Progress(ctx, c.ID, moved) })
	slog.InfoContext(ctx, "due dates projected anew", "unit", c.Unit, "moved", n)
	if err != nil {
		return err
	}
	return r.calendars.Finish(ctx, c.ID)
}

// unitChanged moves what hung on units that lost it: open dossiers by the move's
// rules, and of a unit that ended its grants and its calendar.
func (r *rooms) unitChanged(ctx context.Context, e unit.Event) error {
	for _, m := range e.Moves {
		if m.To == "" {
			slog.WarnContext(ctx, "a person has to say where open dossiers go", "unit", m.From)
		}
		n, err := r.desk.Route(ctx, m, e.Day, e.Basis)
		if err != nil {
			return err
		}
		if n > 0 {
			slog.InfoContext(ctx, "open dossiers went to the successor", "from", m.From, "to", m.To, "dossiers", n)
		}
		if err := r.succeed(ctx, e, m); err != nil {
			return err
		}
	}
	return nil
}

func (r *rooms) succeed(ctx context.Context, e unit.Event, m unit.Move) error {
	tree, err := r.units.On(ctx, r.db, e.Day)
	if err != nil {
		return err
	}
	if _, lives := tree.Unit(m.From); lives {
		return nil // of a unit that lives on, accounts and calendar stay
	}
	// Nobody worked under the new grants before today, whatever the event's day.
	if _, err := r.accounts.Succeed(ctx, m.From, m.To, max(e.Day, r.db.Now().Date()), m.Grants, e.Basis); err != nil {
		return err
	}
	if !m.Calendar || m.To == "" {
		return nil
	}
	return r.calendars.Succeed(ctx, m.From, m.To, e.Day, e.Basis)
}
