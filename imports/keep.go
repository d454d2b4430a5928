package imports

import (
	"context"
	"time"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/file"
	"cchc/base/job"
	"cchc/setting"
)

// KeepDays is for how many days from its end a run keeps the file that was
// uploaded, and for how many an upload may wait for somebody to go on with it.
var KeepDays = &setting.Setting{Name: "imports.keep_days", Group: "retention", Kind: setting.Integer,
	Usual: "90", Least: 1, Most: 3650, System: true, Verb: auth.SettingChange}

// EraseFiles is the job that deletes uploads which no run keeps any more: files go
// after the write that let go of them, and only then.
var EraseFiles = job.Kind[[]string]{Name: "imports.erase_files", Timeout: 10 * time.Minute, Attempts: 20}

var (
	keptOver = db.SQL("imports.keep.over", `
		SELECT `+runColumns+` FROM import_run
		WHERE state IN ('done', 'failed', 'abandoned') AND ended_at < $1 AND file_gone_at IS NULL
		ORDER BY ended_at, id
		LIMIT 500`)
	keptOf = db.SQL("imports.keep.of", `
		SELECT `+runColumns+` FROM import_run
		WHERE kind = $1 AND state IN ('done', 'failed', 'abandoned') AND file_gone_at IS NULL
		ORDER BY id`)
	keptWaiting = db.SQL("imports.keep.waiting", `
		SELECT `+runColumns+` FROM import_run
		WHERE state IN ('waiting', 'checking', 'checked', 'storing') AND created_at < $1
		ORDER BY created_at, id
		LIMIT 500`)
	keepNot   = db.SQL("imports.keep.not", `UPDATE import_run SET file_gone_at = $1, mended_key = '' WHERE id = $2 AND file_gone_at IS NULL`)
	keptCount = db.SQL("imports.keep.count", `SELECT COUNT(*) FROM import_run WHERE file_key = $1 AND file_gone_at IS NULL OR mended_key = $1`)
	// Of a workbook with wrong rows nobody notes how long it is.
	keptNamed = db.SQL("imports.keep.named", `
		SELECT k, COALESCE(MIN(n), -1), COALESCE(MAX(n), -1), MIN(run)
		FROM (
			SELECT file_key AS k, file_size AS n, id AS run FROM import_run WHERE file_gone_at IS NULL
			UNION ALL
			SELECT mended_key, CAST(NULL AS BIGINT), id FROM import_run WHERE mended_key <> ''
		) x
		WHERE k > $1
		GROUP BY k
		ORDER BY k
		LIMIT 500`)
)

// Forget lets go of files whose time is over, and gives up uploads that nobody
// went on with. The runs, with their hashes and counts, stay.
func (k *Runs) Forget(ctx context.Context) error {
	days, err := k.Settings.Int(ctx, k.DB, KeepDays, "")
	if err != nil {
		return err
	}
	before := k.DB.Now().Date().AddDays(-int(days)).Start()
	waiting, err := db.All(ctx, k.DB, keptWaiting, scanRun, before)
	if err != nil {
		return err
	}
	sweep := actor.System("imports.forget")
	for _, r := range waiting {
		if err := k.Abandon(ctx, sweep, r.ID); err != nil && !fault.Is(err, fault.Conflict) {
			return err
		}
	}
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		over, err := db.All(ctx, tx, keptOver, scanRun, before)
		if err != nil {
			return err
		}
		return letGo(ctx, tx, sweep, over)
	})
}

// Drop lets go of the files of dossiers that were taken in or given up, as part of
// the write that erases a person: who else is in them nobody can take out.
func Drop(ctx context.Context, tx *db.Tx, a actor.Actor) error {
	runs, err := db.All(ctx, tx, keptOf, scanRun, "dossiers")
	if err != nil {
		return err
	}
	return letGo(ctx, tx, a, runs)
}

func letGo(ctx context.Context, tx *db.Tx, a actor.Actor, runs []Run) error {
	var keys []string
	for _, r := range runs {
		if _, err := tx.Exec(ctx, keepNot, tx.Now, r.ID); err != nil {
			return err
		}
		if err := audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: "import.forget", Kind: "import", ID: r.ID, Unit: r.Unit,
			Changes: []audit.Change{{Field: "file", From: r.Key}}}); err != nil {
			return err
		}
		if keys = append(keys, r.Key); r.Mended != "" {
			keys = append(keys, r.Mended)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	return EraseFiles.Enqueue(ctx, tx, keys)
}

// FileUse is where runs refer to stored files: to what was uploaded until it goes, and to
// the workbook with its wrong rows.
var FileUse = file.Use{What: "files of imports", Columns: []string{"import_run.file_key", "import_run.mended_key"}, Count: keptCount, Named: keptNamed}

// kept refuses what needs a file that is gone.
func (r Run) kept() error {
	if r.Gone != 0 {
		return fault.New(fault.NotFound, "imports.file_gone", "At", r.Gone)
	}
	return nil
}

var (
	oldFiles = db.SQL("imports.keep.old", `SELECT COUNT(*) FROM import_run WHERE state IN ('done', 'failed', 'abandoned') AND ended_at < $1 AND file_gone_at IS NULL`)
	allFiles = db.SQL("imports.keep.all", `SELECT COUNT(*) FROM import_run WHERE file_gone_at IS NULL`)
)

// Old counts the files that Forget would let go of, and all that are kept.
func (k *Runs) Old(ctx context.Context, q db.Queryer) (old, all int, err error) {
	days, err := k.Settings.Int(ctx, q, KeepDays, "")
	if err != nil {
		return 0, 0, err
	}
	if old, err = db.Value[int](ctx, q, oldFiles, k.DB.Now().Date().AddDays(-int(days)).Start()); err != nil {
		return 0, 0, err
	}
	all, err = db.Value[int](ctx, q, allFiles)
	return old, all, err
}
