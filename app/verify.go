package app

import (
	"context"
	"fmt"

	"cchc/base/db"
	"cchc/base/file"
	"cchc/base/moment"
	"cchc/dossier"
	"cchc/scorecard"
)

type migrateCmd struct{ dbFlag }

// Run migrates the database.
func (c migrateCmd) Run(ctx context.Context, s streams) error {
	r, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer r.close()
	current, _, err := r.db.Version(ctx)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, "%s: schema %d\n", r.db.Name(), current)
	return err
}

type verifyCmd struct {
	dbFlag
	logFlag
	Files   string   `help:"Where scans and evidence are kept, as for serve." placeholder:"DIR|URL"`
	Log     bool     `help:"Check the log of the trail instead: that no entry was changed, taken away, exchanged or put in behind the program."`
	Key     []string `help:"With --log: a public key of the log that you know from elsewhere; the key's own file counts without." placeholder:"KEY"`
	Against []string `help:"With --log: receipts and checkpoints that somebody else kept." type:"existingfile" placeholder:"FILE"`
}

// Run recounts everything, reads the evidence through, compares what is locked with the trail, and fails on any difference; or checks the log, and fails on
// anything that was rewritten.
func (c verifyCmd) Run(ctx context.Context, s streams) error {
	r, err := c.read(ctx)
	if err != nil {
		return err
	}
	defer r.close()
	if c.Log {
		return c.log(ctx, s, r)
	}
	r.files = r.filesAt(c.Files)
	p := newProgress(s.err, "dossiers verified")
	v, err := r.verify(ctx, func(done int) { p.at(done, 0) }, func(n int, d dossier.Difference) {
		if n <= 50 {
			fmt.Fprintf(s.out, "%s\n  stored  %s\n  counted %s\n", d.What, d.Have, d.Want)
		}
	})
	p.end()
	if err != nil {
		return err
	}
	if v.Differences > 0 {
		return fmt.Errorf("%d dossiers, %d files of evidence, %d locked results and scores: %d differences between what is stored and the facts",
			v.Dossiers, v.Evidence, v.Locked, v.Differences)
	}
	fmt.Fprintf(s.out, "%d dossiers: every figure agrees with the facts\n", v.Dossiers)
	if v.Evidence > 0 {
		fmt.Fprintf(s.out, "%d files of evidence: each is there and is what was stored\n", v.Evidence)
	}
	if v.Locked > 0 {
		fmt.Fprintf(s.out, "%d published results, approved rounds and handed-in sheets: each is what was locked\n", v.Locked)
	}
	if v.Unwatched > 0 {
		fmt.Fprintf(s.out, "note: %d more were changed by an act from before such acts locked anew: nobody can tell\n", v.Unwatched)
	}
	return nil
}

// A verified is a recount of everything: when, of how much, and what it found.
type verified struct {
	Started, Finished moment.Instant
	Dossiers          int
	Evidence          int // files of evidence; not kept, as the next two
	Locked            int // published results, approved rounds and handed-in sheets
	Unwatched         int // of these, what nobody can compare
	Differences       int
}

var (
	verifyPut = db.SQL("app.verify.put", `
		INSERT INTO verify_run (started_at, finished_at, dossiers, differences)
		VALUES ($1, $2, $3, $4)
		ON CONFLICT (started_at) DO UPDATE SET finished_at = excluded.finished_at, dossiers = excluded.dossiers, differences = excluded.differences`)
	verifyLast = db.SQL("app.verify.last", `
		SELECT started_at, finished_at, dossiers, differences
		FROM verify_run
		WHERE finished_at <= $1
		ORDER BY started_at DESC
		LIMIT 1`)
)

// verify recounts everything and notes the result, for the page of health. found is
// told of each difference with its number.
func (r *rooms) verify(ctx context.Context, progress func(done int), found func(n int, d dossier.Difference)) (v verified, err error) {
	v.Started = r.db.Now()
	v.Dossiers, err = r.desk.Verify(ctx, progress, func(d dossier.Difference) {
		v.Differences++
		found(v.Differences, d)
	})
	if err != nil {
		return v, err
	}
	if v.Evidence, err = r.verifyEvidence(ctx, func(d dossier.Difference) {
		v.Differences++
		found(v.Differences, d)
	}); err != nil {
		return v, err
	}
	if v.Locked, v.Unwatched, err = r.scorecard.VerifyLocked(ctx, func(c scorecard.LockCheck) {
		v.Differences++
		found(v.Differences, lockDifference(c))
	}); err != nil {
		return v, err
	}
	return v, r.db.Write(ctx, func(tx *db.Tx) error {
		v.Finished = tx.Now
		_, err := tx.Exec(ctx, verifyPut, v.Started, v.Finished, v.Dossiers, v.Differences)
		return err
	})
}

// lockDifference says what of something locked is not what its entry of the trail says.
func lockDifference(c scorecard.LockCheck) dossier.Difference {
	d := dossier.Difference{What: fmt.Sprintf("%s %s %s, locked by entry %s", c.Kind, c.ID, c.Name, c.Entry), Have: c.Have, Want: c.Want}
	switch c.State {
	case scorecard.LockGone:
		d.Have = "nothing"
	case scorecard.LockOpen:
		d.Have = "not locked any more, and no act opened it"
	case scorecard.LockUnread:
		d.Have = "something that cannot be read"
	}
	return d
}

// verifyEvidence looks at every file of evidence where files are kept.
func (r *rooms) verifyEvidence(ctx context.Context, found func(dossier.Difference)) (int, error) {
	var store *file.Store
	open := func() (_ *file.Store, err error) {
		where := r.files
		if where == "" {
			where = r.filesAt("")
		}
		if store, err = file.Open(ctx, where); err != nil {
			return nil, fmt.Errorf("--files: %w", err)
		}
		return store, nil
	}
	defer func() {
		if store != nil {
			store.Close()
		}
	}()
	return scorecard.VerifyEvidence(ctx, r.db, open, func(x scorecard.EvidenceFault) {
		d := dossier.Difference{What: fmt.Sprintf("evidence %s %s, file %s", x.Number, x.Title, x.Name), Have: "another content", Want: "SHA-256 " + x.Key}
		if x.Missing {
			d.Have = "no file"
		}
		found(d)
	})
}

// lastVerified returns the latest recount; db.ErrNotFound when there was none. One
// after now is of a clock that was ahead.
func (r *rooms) lastVerified(ctx context.Context) (verified, error) {
	return db.One(ctx, r.db, verifyLast, func(s db.Scanner) (v verified, err error) {
		err = s.Scan(&v.Started, &v.Finished, &v.Dossiers, &v.Differences)
		return v, err
	}, r.db.Now().Add(moment.Skew))
}
