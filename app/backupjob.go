package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"cchc/admin"
	"cchc/backup"
	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/file"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/serviceindex/serviceindexweb"
)

// backupFlags say when the program that serves makes copies by itself.
type backupFlags struct {
	To       string        `help:"Folder or s3://BUCKET?endpoint=… where copies are made by the schedule; none are without it." placeholder:"DIR|URL" env:"CCHC_BACKUP"`
	At       []string      `help:"Times of the day, by Vietnam's clock." default:"01:30" placeholder:"HH:MM"`
	Days     []string      `help:"Days of the week: mon,tue,…; every day when left out." placeholder:"DAY"`
	Every    time.Duration `help:"Instead of at those times: again after so long (15m, 1h). What was written since the last copy is what can be lost." placeholder:"DURATION"`
	Drill    string        `help:"How often the newest copy is put back elsewhere and verified, at night: monthly, weekly or off." default:"monthly" enum:"monthly,weekly,off"`
	Identity string        `help:"File that opens encrypted copies, for the drill; without it a drill of encrypted copies compares checksums only. It is safer not to keep it on the server." placeholder:"FILE"`
	copyFlags
}

// copies is what is known of the schedule of copies; the zero value has none.
type copies struct {
	backupFlags
	schedule backup.Schedule
}

// schedule reads the flags.
func (f backupFlags) schedule() (copies, error) {
	if err := f.keep().Validate(); err != nil {
		return copies{}, fmt.Errorf("--backup-keep: %w", err)
	}
	if _, err := backup.Recipients(f.Recipient); err != nil {
		return copies{}, fmt.Errorf("--backup-recipient: %w", err)
	}
	s, err := backup.ParseSchedule(f.At, f.Days, f.Every)
	if err != nil {
		return copies{}, fmt.Errorf("--backup-at, -days, -every: %w", err)
	}
	return copies{backupFlags: f, schedule: s}, nil
}

// on reports whether copies are made by the schedule. A training is not copied.
func (r *rooms) backedUp() bool { return r.copies.To != "" && !r.training }

// backupDue asks for a copy when one is due and none was asked for since.
func (r *rooms) backupDue(ctx context.Context) error {
	if !r.backedUp() {
		return nil
	}
	// A new installation holds nothing yet, and a copy of that would pass for the newest
	// where older ones are brought to it.
	if empty, err := r.first.Waiting(ctx); err != nil || empty {
		return err
	}
	return r.askDue(ctx, backup.Copying, r.copies.schedule.Latest(r.db.Now()))
}

// drillEvery is how often a drill is due.
var drillEvery = map[string]time.Duration{"monthly": 30 * 24 * time.Hour, "weekly": 7 * 24 * time.Hour}

// drillDue asks for a drill when one is due: at night, some hours after the copy.
func (r *rooms) drillDue(ctx context.Context) error {
	every := drillEvery[r.copies.Drill]
	now := r.db.Now()
	if hour := now.Time().In(moment.Zone).Hour(); !r.backedUp() || every == 0 || hour < 2 || hour > 4 {
		return nil
	}
	if _, err := backup.LastGood(ctx, r.db, backup.Copying, now); err != nil {
		if errors.Is(err, db.ErrNotFound) {
			return nil // there is nothing to put back yet
		}
		return err
	}
	return r.askDue(ctx, backup.Drill, now.Add(-every+12*time.Hour))
}

func (r *rooms) askDue(ctx context.Context, kind string, due moment.Instant) error {
	last, err := backup.Last(ctx, r.db, kind, r.db.Now())
	if err != nil && !errors.Is(err, db.ErrNotFound) {
		return err
	}
	if due == 0 || err == nil && last.Asked >= due {
		return nil
	}
	err = r.db.Write(ctx, func(tx *db.Tx) error { _, err := backup.Ask(ctx, tx, actor.System("schedule"), kind); return err })
	if fault.Is(err, fault.Conflict) {
		return nil
	}
	return err
}

// backupRun is the job of a run. One that failed is tried again, and told to those
// who keep the system.
func (r *rooms) backupRun(ctx context.Context, id string) error {
	x, err := backup.Of(ctx, r.db, id)
	if errors.Is(err, db.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := backup.Begin(ctx, r.db, id, r.copies.To); err != nil {
		return err
	}
	var out backup.Run
	switch {
	case !r.backedUp():
		err = errors.New("no place for copies is set: --backup-to, or CCHC_BACKUP")
	case x.Kind == backup.Drill:
		var report drilled
		report, err = r.drill(ctx)
		out = backup.Run{Name: report.Name, Bytes: report.Bytes, Files: report.Files}
	default:
		var made backup.Made
		made, err = r.copyTo(ctx, r.copies.To, r.scans, r.logKey, r.copies.copyFlags, nil)
		out = ran(made, err)
		if err == nil || errors.Is(err, backup.ErrScans) {
			err = errors.Join(err, r.copied(made, r.copies.To))
		}
		if len(made.Keyless) > 0 {
			slog.WarnContext(ctx, "a copy without keys", "copy", out.Name, "missing", made.Keyless)
		}
	}
	if err != nil {
		out.Error = err.Error()
	}
	// However the job's own time ended, that it failed must be known.
	kept, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	if noted := backup.End(kept, r.db, id, out); noted != nil {
		return errors.Join(err, noted)
	}
	if err != nil {
		if told := r.tellKeepers(kept, x, err); told != nil {
			slog.WarnContext(ctx, "tell that a copy failed", "err", told)
		}
		if errors.Is(err, backup.ErrScans) {
			// Made again it would be another copy of the database with the same scans missing.
			slog.ErrorContext(ctx, "backup", "kind", x.Kind, "copy", out.Name, "error", err)
			return nil
		}
		return err
	}
	slog.InfoContext(ctx, "backup", "kind", x.Kind, "copy", out.Name, "bytes", out.Bytes, "files", out.Files, "removed", out.Removed)
	return backup.Forget(kept, r.db)
}

// tellKeepers tells everybody who keeps the system that a run failed, once.
func (r *rooms) tellKeepers(ctx context.Context, x backup.Run, why error) error {
	if r.letters == nil {
		return nil
	}
	people, err := r.accounts.List(ctx, operator)
	if err != nil {
		return err
	}
	today := r.db.Now().Date()
	ctx = i18n.With(ctx, i18n.Vietnamese)
	l := serviceindexweb.Letter{Subject: i18n.T(ctx, "backup.failed."+x.Kind), Text: i18n.T(ctx, "backup.failed.text", "Error", why.Error()), Link: "/admin/health?run=" + x.ID}
	for _, p := range people {
		keeps := func(g auth.Held) bool { return g.Role == actor.Administrator && g.Holds(today) }
		if p.Disabled == 0 && slices.ContainsFunc(p.Grants, keeps) {
			err = errors.Join(err, r.letters(ctx, p.ID, l))
		}
	}
	return err
}

// backupFindings tell when the last good copy was made, and put back for trial.
func (r *rooms) backupFindings(ctx context.Context) []admin.Finding {
	now := r.db.Now()
	var latest moment.Instant
	if at, ok := latestBackup(r.db.Name()); ok && r.db.Engine() == db.SQLite {
		latest = moment.Of(at)
	}
	good, err := backup.LastGood(ctx, r.db, backup.Copying, now)
	if err == nil {
		latest = max(latest, good.Finished)
	}
	last, lastErr := backup.Last(ctx, r.db, backup.Copying, now)
	stale := staleBackup
	if gap := r.copies.schedule.Gap(); r.backedUp() && gap > 0 {
		stale = gap + min(gap, staleBackup-24*time.Hour)
	}
	f := admin.Finding{Key: "backup", Standing: admin.Fine, Never: latest == 0, Args: []any{"At", latest, "Hours", int(stale.Hours())}}
	switch {
	case lastErr == nil && last.Failed() && last.Finished > latest:
		f.Standing = admin.Bad
		f.Args = append(f.Args, "Error", last.Error)
	case latest == 0 || latest < now.Add(-stale):
		f.Standing = admin.Look
	}
	out := []admin.Finding{f}
	every := drillEvery[r.copies.Drill]
	if !r.backedUp() || every == 0 || latest == 0 {
		return out
	}
	tried, err := backup.LastGood(ctx, r.db, backup.Drill, now)
	d := admin.Finding{Key: "drill", Standing: admin.Fine, Never: err != nil, Args: []any{"At", tried.Finished}}
	if last, lastErr := backup.Last(ctx, r.db, backup.Drill, now); lastErr == nil && last.Failed() && last.Finished > tried.Finished {
		d.Standing = admin.Bad
		d.Args = append(d.Args, "Error", last.Error)
	} else if tried.Finished < now.Add(-every-5*24*time.Hour) {
		d.Standing = admin.Look
	}
	return append(out, d)
}

// drill puts the newest copy back elsewhere and verifies it.
func (r *rooms) drill(ctx context.Context) (drilled, error) {
	shelf, err := file.OpenShelf(ctx, r.copies.To, false)
	if err != nil {
		return drilled{}, err
	}
	defer shelf.Close()
	return drill(ctx, shelf, r.db.DSN(), r.copies.Identity, backup.Tools{Dir: r.copies.PgTools})
}
