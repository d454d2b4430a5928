package imports

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/file"
	"cchc/base/table"
)

// A Upload is a file that somebody brings.
type Upload struct {
	Kind    string
	Name    string
	Content io.Reader
	Options map[string]string
}

// Begin keeps a file and finds out what taking it in would do: at once when it is
// small, else in the background. A file that is no table is refused, and nothing
// of it is kept: the faults are those of table.Open, with the field "file".
func (k *Runs) Begin(ctx context.Context, a actor.Actor, u Upload) (Run, error) {
	return k.begin(ctx, a, u, false)
}

// Here is Begin for the command line: the file is checked before it returns.
func (k *Runs) Here(ctx context.Context, a actor.Actor, u Upload) (Run, error) {
	return k.begin(ctx, a, u, true)
}

func (k *Runs) begin(ctx context.Context, a actor.Actor, u Upload, here bool) (Run, error) {
	kind, err := k.Kind(u.Kind)
	if err != nil {
		return Run{}, err
	}
	if err := k.Guard.CheckAnywhere(a, kind.Verb); err != nil {
		return Run{}, err
	}
	if err := mappingOf(u.Options, &table.Spec{}); err != nil {
		return Run{}, err
	}
	f, err := os.CreateTemp("", "cchc-import-")
	if err != nil {
		return Run{}, fmt.Errorf("receive a file: %w", err)
	}
	defer f.Close()
	os.Remove(f.Name())
	size, err := io.Copy(f, io.LimitReader(u.Content, MaxSize+1))
	if err != nil {
		return Run{}, fmt.Errorf("receive a file: %w", err)
	}
	if size > MaxSize {
		return Run{}, refuse(fault.New(fault.Invalid, "file.too_large", "Megabytes", MaxSize>>20))
	}
	run := Run{ID: db.NewID(), Kind: kind.Name, Options: u.Options, State: Waiting, Account: a.Account, Person: a.Name, Unit: a.Home(),
		Sheet: u.Options["sheet"]}
	if run.Format, err = table.Sort(f, size); err != nil {
		return Run{}, refuse(err)
	}
	if run.Sheets, err = table.Sheets(f, size); err != nil {
		return Run{}, refuse(err)
	}
	as := file.CSV
	if run.Format == table.XLSX {
		as = file.XLSX
	}
	run.Name = file.Name(u.Name, as)
	info, err := k.Files.Put(ctx, io.NewSectionReader(f, 0, size), file.Limits{Size: MaxSize, As: as})
	if err != nil {
		return Run{}, refuse(err)
	}
	run.Key, run.Size = info.Key, info.Size
	err = k.DB.Write(ctx, func(tx *db.Tx) error {
		run.Created = tx.Now
		if err := file.Refer(ctx, tx, run.Key); err != nil {
			return err
		}
		if err := tx.InsertRows(ctx, runInsert, [][]any{run.args()}); err != nil {
			return err
		}
		if size > inlineSize && !here {
			if err := Work.Enqueue(ctx, tx, task{Run: run.ID}); err != nil {
				return err
			}
		}
		return k.record(ctx, tx, a, run, "import.upload", audit.Change{Field: "file", To: run.Key})
	})
	if err != nil || size > inlineSize && !here {
		return run, err
	}
	return k.again(ctx, run.ID, k.check(ctx, a, run))
}

// again returns the run as it is now stored.
func (k *Runs) again(ctx context.Context, id string, err error) (Run, error) {
	if err != nil {
		return Run{}, err
	}
	return db.One(ctx, k.DB, runByID, scanRun, id)
}

// refuse makes a fault of the file one of the form's field.
func refuse(err error) error {
	if f := fault.As(err); f != nil && len(f.Fields) > 0 {
		return err
	}
	if told := file.FieldOf(err, "imports.refused", "file"); told != nil {
		return told
	}
	return err
}

func (k *Runs) record(ctx context.Context, tx *db.Tx, a actor.Actor, r Run, verb string, what ...audit.Change) error {
	return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: verb, Kind: "import", ID: r.ID, Unit: r.Unit,
		Changes: append([]audit.Change{{Field: "kind", To: r.Kind}}, what...)})
}

// mappingOf adds to a spec what the options tell of columns and values.
func mappingOf(options map[string]string, s *table.Spec) error {
	text := options["mapping"]
	if strings.TrimSpace(text) == "" {
		return nil
	}
	m, err := table.ParseMapping([]byte(text))
	if err != nil {
		return err
	}
	m.Apply(s)
	return nil
}
