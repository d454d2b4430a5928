package app

import (
	"context"
	"log/slog"
	"time"

	"cchc/admin"
	"cchc/base/db"
	"cchc/base/i18n"
	"cchc/base/moment"
)

// archiveLate is how long after the last piece of PostgreSQL's log (WAL) the next should be
// in its archive when it is full: one that takes so long hangs.
const archiveLate = 15 * time.Minute

// archiveFinding tells how PostgreSQL's own archive of its log stands. One that fails, or
// hangs, is bad before its disk is full: PostgreSQL keeps at home what it could not
// archive until that disk is full too, and stops then. Nothing where nobody archives.
func (r *rooms) archiveFinding(ctx context.Context) []admin.Finding {
	if r.db.Engine() != db.Postgres {
		return nil
	}
	a, err := r.db.Archive(ctx)
	if err != nil {
		slog.WarnContext(ctx, "how PostgreSQL's archive stands", "err", err)
		return []admin.Finding{{Key: "archive_unknown", Standing: admin.Bad}}
	}
	return archiveStands(a, r.archive)
}

// archiveStands judges what PostgreSQL says; dir is the folder that somebody said it
// archives to, "" when nobody did.
func archiveStands(a db.Archive, dir string) []admin.Finding {
	at := func(x any, there bool) any {
		if !there {
			return i18n.None
		}
		return x
	}
	f := admin.Finding{Key: "archive", Standing: admin.Fine, Args: []any{
		"At", at(a.Archived, a.Archived > 0), "Failed", at(a.Failed, a.Failed > 0), "Piece", at(a.Piece, a.Piece != ""),
		"Waiting", a.Waiting, "Size", admin.SizeText(int64(max(0, a.Waiting)) * a.Size)}}
	// Since a start it may have been too little time.
	quiet := a.Now-max(a.Archived, a.Started) > moment.Instant(archiveLate.Milliseconds())
	switch {
	case a.Standby: // the one that leads archives
		return nil
	case !a.On && dir == "":
		return nil
	case !a.On: // so it is after pg-moment restore until somebody ends that
		f.Key, f.Standing = "archive_off", admin.Bad
		f.Args = append(f.Args, "Where", dir)
	case !a.Told:
		f.Key, f.Standing = "archive_untold", admin.Bad
	case a.Failed > a.Archived: // it tries the same piece until it succeeds
		f.Standing = admin.Bad
	case quiet && a.Waiting > 0:
		f.Key, f.Standing = "archive_late", admin.Bad
	case a.Archived == 0 && quiet, a.Waiting < 0 && a.Timeout > 0 && quiet:
		// A piece ends after archive_timeout when anything was written, and this program
		// writes all the time; how many wait is not known, so that nothing worse is said.
		f.Key, f.Standing = "archive_quiet", admin.Look
	case a.Archived == 0:
		f.Key = "archive_quiet"
	}
	return []admin.Finding{f}
}
