package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

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
	Bytes   bool     `help:"Read every scan through and compare it with its hash. Without it that is done for evidence alone; of scans it is compared that each is there and how long it is."`
	Log     bool     `help:"Check the log of the trail instead: that no entry was changed, taken away, exchanged or put in behind the program."`
	Key     []string `help:"With --log: a public key of the log that you know from elsewhere; the key's own file counts without." placeholder:"KEY"`
	Against []string `help:"With --log: receipts and checkpoints that somebody else kept." type:"existingfile" placeholder:"FILE"`

	Place  string   `kong:"-"` // where files are, whatever --files means to this database
	Absent string   `kong:"-"` // why no files are looked for
	Erased []string `kong:"-"` // files that may be named and not there: they were erased while rows were copied
}

// Run recounts everything, looks for every file that the database names, compares what is locked with the trail, and
// fails on any difference; or checks the log, and fails on anything that was rewritten.
func (c verifyCmd) Run(ctx context.Context, s streams) error {
	r, err := c.read(ctx)
	if err != nil {
		return err
	}
	defer r.close()
	if c.Log {
		return c.log(ctx, s, r)
	}
	if r.files = c.Place; r.files == "" {
		r.files = c.files(c.Files)
	}
	p, f := newProgress(s.err, "dossiers verified"), newProgress(s.err, "files verified")
	v, err := r.verify(ctx, verifying{
		bytes: c.Bytes, erased: c.Erased, absent: c.Absent != "",
		dossiers: func(done int) { p.at(done, 0) }, files: func(done int) { f.at(done, 0) },
		found: func(n int, d dossier.Difference) {
			if n <= 50 {
				fmt.Fprintf(s.out, "%s\n  stored  %s\n  counted %s\n", d.What, d.Have, d.Want)
			}
		}})
	p.end()
	if err != nil {
		return err
	}
	if v.Differences > 0 {
		err = fmt.Errorf("%d dossiers, %d files, %d locked results and scores: %d differences between what is stored and the facts",
			v.Dossiers, v.Files.All(), v.Locked, v.Differences)
		if n := v.Files.Missing; n > 1 && n == v.Files.All() {
			err = fmt.Errorf("%w; not one file is there: does --files name the place?", err)
		}
	} else if _, err := fmt.Fprintf(s.out, "%d dossiers: every figure agrees with the facts\n", v.Dossiers); err != nil {
		return err
	}
	if v.Away != nil {
		return errors.Join(err, fmt.Errorf("%d files were compared, and none counts as lost for this: %w", v.Files.All(), v.Away))
	}
	if err != nil {
		return err
	}
	return c.say(s, v)
}

// say tells what there is of files, and of what is locked, when nothing is amiss.
func (c verifyCmd) say(s streams, v verified) error {
	var out strings.Builder
	for i, n := range v.Files.Files {
		switch u := fileUses[i]; {
		case n == 0:
		case u.Whole || c.Bytes:
			fmt.Fprintf(&out, "%d %s: each is there and is what was stored\n", n, u.What)
		default:
			fmt.Fprintf(&out, "%d %s: each is there and as long as what was stored\n", n, u.What)
		}
	}
	if n := v.Files.Infected; n > 0 {
		fmt.Fprintf(&out, "but %d files, which were taken away when something harmful was found in them\n", n)
	}
	if c.Absent != "" {
		fmt.Fprintf(&out, "files were not looked for: %s\n", c.Absent)
	}
	if v.Locked > 0 {
		fmt.Fprintf(&out, "%d published results, approved rounds and handed-in sheets: each is what was locked\n", v.Locked)
	}
	if v.Unwatched > 0 {
		fmt.Fprintf(&out, "note: %d more were changed by an act from before such acts locked anew: nobody can tell\n", v.Unwatched)
	}
	_, err := s.out.Write([]byte(out.String()))
	return err
}

// A verified is a recount of everything: when, of how much, and what it found.
type verified struct {
	Started, Finished moment.Instant
	Dossiers          int
	Locked            int // published results, approved rounds and handed-in sheets; not kept
	Unwatched         int // of these, what nobody can compare; not kept
	Differences       int
	Files             file.Compared // not kept
	Away              error         // the store of files could not be asked: this is no whole recount, and not kept
}

// A verifying says how everything is recounted.
type verifying struct {
	bytes           bool                              // as --bytes
	erased          []string                          // files that may be named and not there
	absent          bool                              // no file is there
	dossiers, files func(done int)                    // progress; may be nil
	found           func(n int, d dossier.Difference) // of each difference, with its number
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

// verify recounts everything and notes the result, for the page of health.
func (r *rooms) verify(ctx context.Context, c verifying) (v verified, err error) {
	v.Started = r.db.Now()
	found := func(d dossier.Difference) {
		v.Differences++
		c.found(v.Differences, d)
	}
	if v.Dossiers, err = r.desk.Verify(ctx, c.dossiers, found); err != nil {
		return v, err
	}
	if v.Locked, v.Unwatched, err = r.scorecard.VerifyLocked(ctx, func(x scorecard.LockCheck) { found(lockDifference(x)) }); err != nil {
		return v, err
	}
	if !c.absent {
		switch v.Files, err = r.verifyFiles(ctx, c, found); {
		case errors.Is(err, file.ErrAsk):
			v.Away = err
			return v, nil
		case err != nil:
			return v, err
		}
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

// verifyFiles looks for every file that rows refer to where files are kept. Errors:
// file.ErrAsk, also of a folder that is not there.
func (r *rooms) verifyFiles(ctx context.Context, c verifying, found func(dossier.Difference)) (file.Compared, error) {
	store := r.scans
	defer func() {
		if store != nil && store != r.scans {
			store.Close()
		}
	}()
	erased := map[string]bool{}
	for _, key := range c.erased {
		erased[key] = true
	}
	return file.Comparison{
		Uses: fileUses, Bytes: c.bytes, Erased: erased, Progress: c.files,
		Open: func() (_ *file.Store, err error) {
			if store != nil {
				return store, nil
			}
			where := r.files
			if where == "" {
				where = r.filesAt("")
			}
			if !strings.Contains(where, "://") { // Open would make it
				_, err = os.Stat(where)
			}
			if err == nil {
				store, err = file.Open(ctx, where)
			}
			if err != nil {
				return nil, fmt.Errorf("--files: %w", err)
			}
			return store, nil
		},
		Found: func(x file.Unlike) {
			found(dossier.Difference{What: fmt.Sprintf("%s: %s", x.What, x.Place), Have: x.Have, Want: x.Want})
		},
	}.Run(ctx, r.db)
}

// lastVerified returns the latest recount; db.ErrNotFound when there was none. One
// after now is of a clock that was ahead.
func (r *rooms) lastVerified(ctx context.Context) (verified, error) {
	return db.One(ctx, r.db, verifyLast, func(s db.Scanner) (v verified, err error) {
		err = s.Scan(&v.Started, &v.Finished, &v.Dossiers, &v.Differences)
		return v, err
	}, r.db.Now().Add(moment.Skew))
}
