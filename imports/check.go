package imports

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/file"
	"cchc/base/table"
)

// errUndone undoes the write that found out what an import would do.
var errUndone = errors.New("only to find out")

// check finds out what a run would do and keeps it.
func (k *Runs) check(ctx context.Context, a actor.Actor, run Run) error {
	kind, err := k.Kind(run.Kind)
	if err != nil {
		return err
	}
	run.State = Checking
	if err := k.save(ctx, &run); err != nil {
		return err
	}
	defer k.over(run.ID)
	wrong := &wrongRows{run: run}
	defer wrong.close()
	header := []string(nil)
	counts, err := k.take(ctx, kind, &Job{Actor: a, Run: run, Flaw: wrong.add,
		Then: func(context.Context, *db.Tx) error { return errUndone }}, &header)
	if errors.Is(err, errUndone) {
		err = nil
	}
	run.Header, run.Fault = nil, nil
	if err == nil {
		err = wrong.err
	}
	if err != nil {
		run.Header = header
		return k.fail(ctx, run, err)
	}
	run.count(counts)
	run.Wrong, run.Rows, run.Header = wrong.n, max(run.Rows, wrong.n), wrong.header
	before := run.Mended
	run.Mended = ""
	if wrong.n > 0 {
		book, err := wrong.book()
		if err != nil {
			return err
		}
		info, err := k.Files.Put(ctx, book, file.Limits{Size: MaxSize, As: file.XLSX})
		if err != nil {
			run.Mended = before
			return k.fail(ctx, run, fmt.Errorf("keep the wrong rows: %w", err))
		}
		run.Mended = info.Key
	}
	run.State = Checked
	err = k.DB.Write(ctx, func(tx *db.Tx) error {
		run.Read = tx.Now
		if err := file.Refer(ctx, tx, run.Mended); err != nil {
			return err
		}
		if before != run.Mended {
			if err := unneeded(ctx, tx, before); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, flawsDrop, run.ID); err != nil {
			return err
		}
		if err := tx.InsertRows(ctx, flawInsert, wrong.rows); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, runUpdate, run.update()...)
		return err
	})
	if fault.As(err) != nil { // of the workbook
		run.Mended, run.Read = before, 0
		return k.fail(ctx, run, err)
	}
	return err
}

func (r *Run) count(c Counts) {
	r.Rows, r.New, r.Changed, r.Same, r.Notes = c.Rows, c.New, c.Changed, c.Same, c.Notes
}

// take opens the file and lets the kind work on it. header is what stood in the
// header when its columns were not understood.
func (k *Runs) take(ctx context.Context, kind Kind, j *Job, header *[]string) (Counts, error) {
	f, err := k.spool(ctx, j.Run.Key)
	if err != nil {
		return Counts{}, err
	}
	defer f.Close()
	spec := table.Spec{Columns: kind.Columns, Letters: len(kind.Columns) == 0, Sheet: j.Run.Sheet, Map: map[string]string{}}
	remembered, err := k.headers(ctx, kind.Name)
	if err != nil {
		return Counts{}, err
	}
	maps.Copy(spec.Map, remembered)
	if err := mappingOf(j.Run.Options, &spec); err != nil {
		return Counts{}, err
	}
	j.Open = func() (*table.Reader, error) {
		t, err := table.Open(f, j.Run.Size, spec)
		if err != nil && t != nil {
			*header = t.Header()
			t.Close()
		}
		return t, err
	}
	j.Progress = func(rows int) { k.at(j.Run, rows) }
	return kind.Take(ctx, j)
}

// fail ends a run that went wrong. What a person can mend is kept with the run;
// anything else goes to the log too, and is returned so that a job runs again.
func (k *Runs) fail(ctx context.Context, run Run, err error) error {
	if ctx.Err() != nil {
		// Cut off, not wrong: whoever comes next begins anew.
		return err
	}
	run.State, run.Fault = Failed, file.Refused(err)
	if run.Fault == nil {
		run.Fault = fault.New(fault.Unavailable, "imports.broken")
		slog.ErrorContext(ctx, "an import went wrong", "run", run.ID, "kind", run.Kind, "err", err)
	}
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		run.Ended = tx.Now
		if _, err := tx.Exec(ctx, flawsDrop, run.ID); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, runUpdate, run.update()...)
		return err
	})
}

func (k *Runs) save(ctx context.Context, run *Run) error {
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, runUpdate, run.update()...)
		return err
	})
}

// Recheck reads the file of a run again: another sheet of it, or with columns that
// somebody named (header → column; "-" ignores one), which are remembered for the
// next file of the kind.
func (k *Runs) Recheck(ctx context.Context, a actor.Actor, id, sheet string, columns map[string]string) (Run, error) {
	run, kind, err := k.changeable(ctx, a, id)
	if err != nil {
		return Run{}, err
	}
	if !auth.RecheckImport.In(auth.State(run.State)) {
		return Run{}, fault.New(fault.Conflict, "imports.not_now")
	}
	if err := run.kept(); err != nil {
		return Run{}, err
	}
	if sheet != "" {
		run.Sheet = sheet
	}
	run.State = Waiting
	err = k.DB.Write(ctx, func(tx *db.Tx) error {
		var rows [][]any
		for header, name := range columns {
			if name != "" {
				rows = append(rows, []any{kind.Name, table.Fold(header), name, a.Account, tx.Now})
			}
		}
		if err := tx.InsertRows(ctx, headerSet, rows); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, runUpdate, run.update()...); err != nil {
			return err
		}
		if run.Size > inlineSize {
			if err := Work.Enqueue(ctx, tx, task{Run: run.ID}); err != nil {
				return err
			}
		}
		return k.record(ctx, tx, a, run, "import.recheck", audit.Change{Field: "sheet", To: run.Sheet})
	})
	if err != nil || run.Size > inlineSize {
		return run, err
	}
	return k.again(ctx, run.ID, k.check(ctx, a, run))
}

// headers returns what people said about headers of the kind before.
func (k *Runs) headers(ctx context.Context, kind string) (map[string]string, error) {
	out := map[string]string{}
	err := db.Each(ctx, k.DB, headersOf, func(s db.Scanner) error {
		var header, name string
		err := s.Scan(&header, &name)
		out[header] = name
		return err
	}, kind)
	return out, err
}
