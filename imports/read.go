package imports

import (
	"context"
	"encoding/json"
	"errors"
	"io"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/look"
	"cchc/base/table"
)

// A Flaw is a wrong row of a run, as it is kept.
type Flaw struct {
	Line  int
	Place int // which of the cells is wrong, or -1
	Cells []string
	Fault *fault.Fault
}

// ByID returns a run with what is known of the same file, and how far it is.
// Faults: NotFound, also for what the actor may not see.
func (k *Runs) ByID(ctx context.Context, a actor.Actor, id string) (Run, Kind, error) {
	run, kind, err := k.changeable(ctx, a, id)
	if err != nil {
		return Run{}, Kind{}, err
	}
	if run.Progress, err = k.far(ctx, id); err != nil {
		return Run{}, Kind{}, err
	}
	run.Earlier, err = db.All(ctx, k.DB, runSame, scanRun, run.Key, run.Kind, run.ID)
	return run, kind, err
}

// changeable returns a run of the actor's own, or of a unit where the actor holds
// the right of its kind.
func (k *Runs) changeable(ctx context.Context, a actor.Actor, id string) (Run, Kind, error) {
	unknown := fault.New(fault.NotFound, "imports.unknown")
	run, err := db.One(ctx, k.DB, runByID, scanRun, id)
	if errors.Is(err, db.ErrNotFound) {
		return Run{}, Kind{}, unknown.Because(err)
	}
	if err != nil {
		return Run{}, Kind{}, err
	}
	kind, err := k.Kind(run.Kind)
	if err != nil {
		return Run{}, Kind{}, err
	}
	ok, err := k.sees(ctx, a, run, kind)
	if err == nil && !ok {
		err = unknown
	}
	return run, kind, err
}

func (k *Runs) sees(ctx context.Context, a actor.Actor, run Run, kind Kind) (bool, error) {
	if k.Guard.CheckAnywhere(a, kind.Verb) != nil {
		return false, nil
	}
	if run.Account == a.Account {
		return true, nil
	}
	return k.Guard.May(ctx, k.DB, a, kind.Verb, run.Unit)
}

// Listed is how many runs a page of the history has.
const Listed = 50

// List returns the runs that the actor may see, the newest first, up to 50 from
// after on.
func (k *Runs) List(ctx context.Context, a actor.Actor, kind string, after Run) ([]Run, error) {
	if !a.SignedIn() {
		return nil, fault.New(fault.Unauthenticated, "auth.sign_in")
	}
	if len(k.Allowed(a)) == 0 {
		return nil, fault.New(fault.Forbidden, "auth.forbidden")
	}
	var out []Run
	for len(out) < Listed {
		args := db.Args{"limit": 200}
		if kind != "" {
			args["kind"] = kind
		}
		if after.ID != "" {
			args["at"], args["id"] = after.Created, after.ID
		}
		stmt, params := runList.With(args)
		some, err := db.All(ctx, k.DB, stmt, scanRun, params...)
		if err != nil {
			return nil, err
		}
		for _, r := range some {
			after = r
			x, err := k.Kind(r.Kind)
			if err != nil {
				continue // a kind that is no more
			}
			ok, err := k.sees(ctx, a, r, x)
			if err != nil {
				return nil, err
			}
			if r.Busy() {
				if r.Progress, err = k.far(ctx, r.ID); err != nil {
					return nil, err
				}
			}
			if ok && len(out) < Listed {
				out = append(out, r)
			}
		}
		if len(some) < 200 {
			break
		}
	}
	return out, nil
}

// Flaws returns the first wrong rows of a run.
func (k *Runs) Flaws(ctx context.Context, run Run) ([]Flaw, error) {
	return db.All(ctx, k.DB, flawsOf, func(s db.Scanner) (f Flaw, err error) {
		var cells, bad string
		if err := s.Scan(&f.Line, &f.Place, &cells, &bad); err != nil {
			return f, err
		}
		return f, errors.Join(json.Unmarshal([]byte(cells), &f.Cells), json.Unmarshal([]byte(bad), &f.Fault))
	}, run.ID)
}

// peopleKind is the kind of imports whose files hold applicants, with their numbers.
const peopleKind = "dossiers"

// broughtBack is for what the file of an import is fetched; it is data, and so in
// Vietnamese.
const broughtBack = "Kiểm tra, sửa tệp đã nhập"

// File opens the file of a run, or with mended the workbook of its wrong rows. It
// may hold personal data: who took it goes to the trail first.
func (k *Runs) File(ctx context.Context, a actor.Actor, id string, mended bool) (Run, io.ReadCloser, int64, error) {
	run, _, err := k.changeable(ctx, a, id)
	if err != nil {
		return Run{}, nil, 0, err
	}
	if err := run.kept(); err != nil {
		return Run{}, nil, 0, err
	}
	key := run.Key
	if mended {
		key = run.Mended
	}
	content, size, err := k.Files.Hand(ctx, key)
	if err != nil {
		return Run{}, nil, 0, err
	}
	err = k.DB.Write(ctx, func(tx *db.Tx) error {
		if run.Kind == peopleKind && !a.IsSystem() { // it is what somebody brought, numbers and all
			e := look.Export{Unit: run.Unit, List: "import", Format: run.Format, Rows: run.Rows, Numbers: true, Purpose: broughtBack}
			if mended {
				e.Rows, e.Format = run.Wrong, table.XLSX
			}
			if _, err := look.NoteExport(ctx, tx, a, e, nil); err != nil {
				return err
			}
		}
		return k.record(ctx, tx, a, run, "import.download", audit.Change{Field: "file", To: key})
	})
	if err != nil {
		content.Close()
		return Run{}, nil, 0, err
	}
	return run, content, size, nil
}
