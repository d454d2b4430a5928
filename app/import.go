package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"cchc/base/moment"
	"cchc/data"
	"cchc/dossier"
	"cchc/procedure"
	"cchc/unit"
)

type importCmd struct {
	Units      importUnitsCmd      `cmd:"" help:"Units: columns code,name,level,parent_code,from and where known area_class,block."`
	Procedures importProceduresCmd `cmd:"" help:"Procedures in the form of the national portal's export."`
	Dossiers   importDossiersCmd   `cmd:"" help:"Dossiers: id,channel,received,due,finished,outcome,paused_from,paused_to,due_after_supplement and where known unit,procedure,returned."`
	Holidays   importHolidaysCmd   `cmd:"" help:"Days off and make-up days: date,kind,name_vi,rule."`
}

type importFile struct {
	dbFlag
	File string `arg:"" help:"CSV file." type:"existingfile"`
}

// with opens the file and the database for one import.
func (c importFile) with(ctx context.Context, do func(r *rooms, f *os.File) error) error {
	f, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer f.Close()
	r, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer r.close()
	return fileError(c.File, do(r, f))
}

// fileError puts the file's name before an error.
func fileError(file string, err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	return fmt.Errorf("%s: %w", file, err)
}

type importDossiersCmd struct {
	importFile
	Unit   string `help:"Code of the unit for rows that name none; one is made when the database has no unit." placeholder:"CODE"`
	System string `help:"Name of the issuing system; with a row's id it names the dossier." default:"import"`
}

// Run imports dossiers. Wrong rows are reported and left out, and make the exit
// code 1; all others are stored.
func (c importDossiersCmd) Run(ctx context.Context, s streams) error {
	return c.with(ctx, func(r *rooms, f *os.File) error {
		into, err := r.importUnit(ctx, c.Unit)
		if err != nil {
			return fmt.Errorf("--unit: %w", err)
		}
		p := newProgress(s.err, "rows read")
		trees := map[moment.Date]*unit.Tree{}
		out, err := r.desk.Import(ctx, operator, f, dossier.Import{System: c.System, Unit: into,
			ByCode: func(code string, on moment.Date) (unit.ID, bool) {
				tree := trees[on]
				if tree == nil {
					if tree, err = r.units.On(ctx, r.db, on); err != nil {
						return "", false
					}
					trees[on] = tree
				}
				u, ok := tree.ByCode(code)
				return u.ID, ok
			},
			Progress: func(rows int) { p.at(rows, 0) },
		})
		p.end()
		fmt.Fprintf(s.out, "%d rows: %d new, %d changed, %d the same, %d wrong\n", out.Rows, out.New, out.Changed, out.Same, len(out.Wrong))
		for _, w := range out.Wrong {
			fmt.Fprintf(s.err, "%s: %s\n", c.File, explain(ctx, w))
		}
		if err == nil && len(out.Wrong) > 0 {
			err = fmt.Errorf("%d rows were left out", len(out.Wrong))
		}
		return err
	})
}

// importUnit finds the unit for rows that name none: by its code, the only root
// of the tree, or one made for them in an empty database.
func (r *rooms) importUnit(ctx context.Context, code string) (unit.ID, error) {
	today := r.db.Now().Date()
	tree, err := r.units.On(ctx, r.db, today)
	if err != nil {
		return "", err
	}
	if code != "" {
		if u, ok := tree.ByCode(code); ok {
			return u.ID, nil
		}
	} else if roots := tree.Roots(); len(roots) > 0 {
		return roots[0], nil
	}
	if tree.Len() > 0 {
		return "", fmt.Errorf("there is no unit with the code %s", code)
	}
	if code == "" {
		code = "IMPORT"
	}
	// From a day before any dossier that a file can bring.
	from := moment.NewDate(2000, 1, 1)
	return r.registry.Create(ctx, operator, unit.New{Code: code, Name: "Đơn vị nhập dữ liệu (" + code + ")", Level: "province"},
		unit.Act{Day: from, Basis: "cchc import dossiers"})
}

type importUnitsCmd struct {
	importFile
	Basis string `help:"The document that the units rest on." default:"cchc import units"`
}

// Run imports units: all or nothing.
func (c importUnitsCmd) Run(ctx context.Context, s streams) error {
	return c.with(ctx, func(r *rooms, f *os.File) error {
		done, err := r.registry.Import(ctx, operator, f, c.Basis)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(s.out, "units: %d new, %d the same\n", done.Created, done.Same)
		return err
	})
}

type importHolidaysCmd struct{ importFile }

// Run imports days off and make-up days and projects open deadlines anew at once;
// a server on the same database would do it too, and finds it done.
func (c importHolidaysCmd) Run(ctx context.Context, s streams) error {
	return c.with(ctx, func(r *rooms, f *os.File) error {
		report, err := r.calendars.ImportHolidays(ctx, operator, f, c.File)
		if err != nil {
			return err
		}
		moved := 0
		if report.Added+report.Changed > 0 {
			if moved, err = r.desk.Reproject(ctx, "", "import of "+c.File); err != nil {
				return err
			}
		}
		_, err = fmt.Fprintf(s.out, "days: %d added, %d changed, %d the same; %d due dates moved\n", report.Added, report.Changed, report.Same, moved)
		return err
	})
}

type importProceduresCmd struct {
	dbFlag
	File string `arg:"" optional:"" help:"CSV file; the catalogue that the program carries when left out." type:"existingfile"`
	From string `help:"Day from which changed procedures hold; today when left out. New ones hold from 2025-07-01." placeholder:"DATE"`
}

// Run imports procedures and says what a person has to settle.
func (c importProceduresCmd) Run(ctx context.Context, s streams) error {
	var from moment.Date
	if c.From != "" {
		var err error
		if from, err = moment.ParseDate(c.From); err != nil {
			return fmt.Errorf("--from: %w", err)
		}
	}
	if c.File == "" {
		r, err := c.open(ctx)
		if err != nil {
			return err
		}
		defer r.close()
		return r.importProcedures(ctx, s, strings.NewReader(data.Procedures), "embedded procedures", from)
	}
	return importFile{c.dbFlag, c.File}.with(ctx, func(r *rooms, f *os.File) error {
		return r.importProcedures(ctx, s, f, c.File, from)
	})
}

func (r *rooms) importProcedures(ctx context.Context, s streams, in io.Reader, name string, from moment.Date) error {
	report, err := r.editor.Import(ctx, operator, in, name, from)
	if err != nil {
		return err
	}
	return writeProcedureReport(s.out, report)
}

// writeProcedureReport tells what was imported and what a person has to settle.
func writeProcedureReport(w io.Writer, r procedure.Report) error {
	fmt.Fprintf(w, "procedures: %d rows, %d new, %d changed, %d the same, %d in force but not in the file\n", r.Rows, r.New, r.Changed, r.Same, r.Absent)
	fmt.Fprintf(w, "%d can be received against; left to a person, by field and reason:\n", r.Settled)
	for _, what := range slices.Sorted(maps.Keys(r.Problems)) {
		fmt.Fprintf(w, "  %6d  %s\n", r.Problems[what], what)
	}
	return nil
}
