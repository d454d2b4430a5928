package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"cchc/admin"
	"cchc/base/actor"
	"cchc/base/db"
	"cchc/base/i18n"
	"cchc/base/job"
	"cchc/base/ledger"
	"cchc/base/moment"
)

var (
	healthHolidays = db.SQL("app.health.holidays", `SELECT COALESCE(MAX(day), 0) FROM day_off WHERE unit_id IS NULL AND withdrawn_at IS NULL`)
	healthProblems = db.SQL("app.health.problems", `
		SELECT COUNT(DISTINCT p.version_id)
		FROM procedure_problem p
		JOIN procedure_version v ON v.id = p.version_id
		WHERE p.settled_at IS NULL AND p.blocks = 'all' AND v.to_day IS NULL`)
	healthKeepers = db.SQL("app.health.keepers", `
		SELECT COUNT(*)
		FROM account_grant g
		JOIN account a ON a.id = g.account_id
		WHERE g.role = $1 AND a.disabled_at IS NULL AND g.from_day <= $2 AND (g.to_day IS NULL OR g.to_day > $3)`)
	healthLatest = db.SQL("app.health.latest", `SELECT COALESCE(MAX(at), 0) FROM audit_entry`)
)

const (
	staleBackup = 36 * time.Hour // one a night, and half a day's grace
	jobsLag     = 10 * time.Minute
	staleVerify = 35 * 24 * time.Hour // one a month, and some days' grace
	soonDays    = 60                  // holidays and administrators that run out
)

// examine looks at everything that a keeper of the installation should know of.
// What cannot be looked at is bad, with the reason in the log only.
func (r *rooms) examine(ctx context.Context, files string, queue *job.Queue) []admin.Finding {
	var out []admin.Finding
	say := func(key string, s admin.Standing, args ...any) {
		out = append(out, admin.Finding{Key: key, Standing: s, Args: args})
	}
	now := r.db.Now()
	today := now.Date()

	current, target, err := r.db.Version(ctx)
	switch {
	case err != nil:
		say("database", admin.Bad)
		return out // nothing else can be known
	case current < target: // a newer one is of a server that was upgraded before
		say("schema", admin.Bad, "Have", current, "Want", target)
	default:
		say("schema", admin.Fine, "Have", current)
	}
	if r.db.Engine() == db.SQLite {
		size, wal := fileSize(r.db.Name()), fileSize(r.db.Name()+"-wal")
		s := admin.Fine
		if wal > 256<<20 && wal > size/2 {
			s = admin.Look
		}
		say("database", s, "Size", admin.SizeText(size), "Log", admin.SizeText(wal))
	} else {
		say("database", admin.Fine, "Size", "PostgreSQL", "Log", i18n.None)
	}
	out = append(out, r.disks(files)...)
	if strings.Contains(files, "://") {
		out = append(out, r.storeFinding(ctx, files))
	} else if probe, err := os.CreateTemp(mustDir(files), ".health-*"); err != nil {
		say("files", admin.Bad, "Where", files)
	} else {
		probe.Close()
		os.Remove(probe.Name())
		say("files", admin.Fine, "Where", files)
	}
	out = append(out, r.backupFindings(ctx)...)
	out = append(out, r.archiveFinding(ctx)...)
	if r.clamd != nil {
		out = append(out, r.scanning(ctx))
	}
	if counts, err := queue.Counts(ctx); err != nil {
		say("jobs", admin.Bad, "Failed", 0, "Late", 0)
	} else {
		late := 0
		waiting, err := queue.List(ctx, job.Waiting, 100)
		for _, j := range waiting {
			if j.Scheduled < now.Add(-jobsLag) {
				late++
			}
		}
		s := admin.Fine
		if err != nil || late > 0 || counts[job.GivenUp] > 0 {
			s = admin.Look
		}
		say("jobs", s, "Failed", counts[job.GivenUp], "Late", late)
	}
	if until, err := db.Value[moment.Date](ctx, r.db, healthHolidays); err != nil || until == 0 {
		say("holidays", admin.Bad, "Until", i18n.None)
	} else {
		// Known to the end of the last year that has any.
		end := moment.NewDate(until.Time().Year(), 12, 31)
		s := admin.Fine
		if end < today {
			s = admin.Bad
		} else if end-today < soonDays {
			s = admin.Look
		}
		say("holidays", s, "Until", end)
	}
	if n, err := db.Value[int](ctx, r.db, healthProblems); err != nil {
		say("procedures", admin.Bad, "Count", 0)
	} else if n > 0 {
		say("procedures", admin.Look, "Count", n)
	} else {
		say("procedures", admin.Fine, "Count", n)
	}
	soon, err := db.Value[int](ctx, r.db, healthKeepers, string(actor.Administrator), today, today+soonDays)
	switch {
	case err != nil || soon == 0:
		say("keepers", admin.Bad, "Count", soon)
	case soon == 1:
		say("keepers", admin.Look, "Count", soon)
	default:
		say("keepers", admin.Fine, "Count", soon)
	}
	// A clock that was set back shows in what was written before.
	if latest, err := db.Value[moment.Instant](ctx, r.db, healthLatest); err == nil {
		s := admin.Fine
		if latest > now.Add(2*time.Minute) {
			s = admin.Bad
		}
		say("clock", s, "Now", now)
	}
	out = append(out, r.verifiedFinding(ctx, now), r.logFinding(ctx))
	if r.sealed != nil {
		say("seal", admin.Look)
	}
	if n, err := r.exchange.KeylessCount(ctx); err == nil && n > 0 {
		say("keyless", admin.Look, "Count", n)
	}
	// Everything is counted by Vietnam's clock, whatever the machine's is set to:
	// that one only stands in its log.
	zone, shift := time.Now().Zone()
	say("zone", admin.Fine, "Machine", fmt.Sprintf("%s (UTC%+03d:%02d)", zone, shift/3600, shift%3600/60))
	say("build", admin.Fine, "Version", Version)
	return out
}

// verifiedFinding tells when everything was recounted last, and what that found.
func (r *rooms) verifiedFinding(ctx context.Context, now moment.Instant) admin.Finding {
	v, err := r.lastVerified(ctx)
	f := admin.Finding{Key: "verify", Standing: admin.Fine, Args: []any{"At", v.Finished, "Dossiers", v.Dossiers, "Differences", v.Differences}}
	switch {
	case errors.Is(err, db.ErrNotFound):
		return admin.Finding{Key: "verify_never", Standing: admin.Look}
	case err != nil || v.Differences > 0:
		f.Standing = admin.Bad
	case v.Finished < now.Add(-staleVerify):
		f.Standing = admin.Look
	}
	return f
}

// logFinding tells how the log of the trail stands.
func (r *rooms) logFinding(ctx context.Context) admin.Finding {
	size, err := r.log.Size(ctx, r.db)
	f := admin.Finding{Key: "log", Standing: admin.Fine, Args: []any{"Size", size, "At", i18n.None}}
	if err != nil || r.logKeeper.failed() != nil {
		f.Standing = admin.Bad
	}
	if last, err := r.log.Latest(ctx, r.db); err == nil {
		f.Args[3] = last.At
	} else if f.Standing == admin.Fine {
		f.Standing = admin.Look
	}
	if c, err := r.log.LastCheck(ctx, r.db); err == nil && c.Wrong > 0 {
		f.Standing = admin.Bad
	}
	// What waits is not protected. Before the first signature what was there enters.
	if since, err := r.log.WaitsSince(ctx, r.db); err != nil || since > 0 && since < r.db.Now()-ledger.LongWait && f.Standing == admin.Fine {
		f.Standing = admin.Bad
	}
	return f
}

func mustDir(path string) string {
	if _, err := os.Stat(path); os.IsNotExist(err) {
		return filepath.Dir(path) // it is made with the first scan
	}
	return path
}

func fileSize(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}

// latestBackup finds the newest copy beside the database or in the folder backup
// there: FILE.before-N, *.bak, and in backup/ what has its checksum beside it; or what
// the command backup noted, which puts them anywhere: FILE.backup. What lies after now
// is of a clock that was ahead.
func latestBackup(file string) (latest time.Time, found bool) {
	until := time.Now().Add(moment.Skew)
	for _, pattern := range []string{file + ".before-*", file + "*.bak", file + ".backup", filepath.Join(filepath.Dir(file), "backup", "*.sha256")} {
		list, err := filepath.Glob(pattern)
		if err != nil {
			continue
		}
		for _, path := range list {
			info, err := os.Stat(strings.TrimSuffix(path, ".sha256"))
			if err == nil && info.Mode().IsRegular() && info.ModTime().After(latest) && info.ModTime().Before(until) {
				latest, found = info.ModTime(), true
			}
		}
	}
	return latest, found
}
