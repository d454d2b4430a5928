package app

import (
	"context"
	"log/slog"
	"time"

	"cchc/base/job"
	"cchc/calendar"
	"cchc/dossier"
	"cchc/unit"
)

// sweeping may go over every open dossier of a province.
const sweeping = 30 * time.Minute

// newRunner says what each job does. Rooms do not call one another: a change in
// one enqueues a job in its transaction, and here is who listens.
func (r *rooms) newRunner() *job.Runner {
	run := job.New(r.db)
	units := unit.Changed
	units.Timeout = sweeping
	job.Handle(run, units, r.unitChanged)
	calendars := calendar.Changed
	calendars.Timeout = sweeping
	job.Handle(run, calendars, r.calendarChanged)
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
	return run
}

// calendarChanged projects open deadlines anew and notes how many moved.
func (r *rooms) calendarChanged(ctx context.Context, c calendar.Change) error {
	n, err := r.desk.ReprojectTold(ctx, c.Unit, c.Reason, func(moved int) error { return r.calendars.Progress(ctx, c.ID, moved) })
	slog.InfoContext(ctx, "due dates projected anew", "unit", c.Unit, "moved", n)
	if err != nil {
		return err
	}
	return r.calendars.Finish(ctx, c.ID)
}

// unitChanged moves what is open in units that lost it.
func (r *rooms) unitChanged(ctx context.Context, e unit.Event) error {
	for _, m := range e.Moves {
		if m.To == "" {
			slog.WarnContext(ctx, "a person has to say where open dossiers go", "unit", m.From)
			continue
		}
		n, err := r.desk.Transfer(ctx, m.From, e.Day, e.Basis, func(dossier.Dossier) unit.ID { return m.To })
		if err != nil {
			return err
		}
		if n > 0 {
			slog.InfoContext(ctx, "open dossiers went to the successor", "from", m.From, "to", m.To, "dossiers", n)
		}
	}
	return nil
}
