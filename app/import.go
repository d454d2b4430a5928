package app

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"cchc/base/file"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/data"
	"cchc/imports"
	"cchc/unit"
)

type importCmd struct {
	Database   importDatabase      `cmd:"" default:"withargs" help:"A whole database that cchc export wrote, into an empty one of either engine; the kind when none is named."`
	Units      importUnitsCmd      `cmd:"" help:"Units: columns code,name,level,parent_code,from and where known area_class,block."`
	Accounts   importAccountsCmd   `cmd:"" help:"Accounts: login,name,role,unit; first passwords go to standard output."`
	Procedures importProceduresCmd `cmd:"" help:"Procedures in the form of the national portal's export."`
	Dossiers   importDossiersCmd   `cmd:"" help:"Dossiers: id,channel,received,due,finished,outcome,paused_from,paused_to,due_after_supplement and where known unit,procedure,returned,status,status_at."`
	Holidays   importHolidaysCmd   `cmd:"" help:"Days off and make-up days: date,kind,name_vi,rule."`
	Ii06a      importReportedCmd   `cmd:"" name:"ii06a" help:"Form II.06a as somebody else reported it, to be compared."`
}

// importFile are the flags of every import.
type importFile struct {
	dbFlag
	File   string `arg:"" help:"CSV or XLSX file." type:"existingfile"`
	Sheet  string `help:"Sheet of a workbook; the first one when left out."`
	DryRun bool   `help:"Find out what the import would do, and store nothing."`
	Files  string `help:"Where files are kept: a folder, or s3://BUCKET?…; beside the database when left out." placeholder:"PATH|URL"`
}

// run brings the file in: checked first, then stored, whole or, with partly, without
// its wrong rows. Every wrong row is reported. options may look things up.
func (c importFile) run(ctx context.Context, s streams, kind string, partly bool, options func(r *rooms) (map[string]string, error)) (imports.Run, any, error) {
	f, err := os.Open(c.File)
	if err != nil {
		return imports.Run{}, nil, err
	}
	defer f.Close()
	r, err := c.open(ctx)
	if err != nil {
		return imports.Run{}, nil, err
	}
	defer r.close()
	files, err := file.Open(ctx, c.files(c.Files))
	if err != nil {
		return imports.Run{}, nil, fmt.Errorf("--files: %w", err)
	}
	defer files.Close()
	set, err := options(r)
	if err != nil {
		return imports.Run{}, nil, err
	}
	if c.Sheet != "" {
		set["sheet"] = c.Sheet
	}
	runs := r.newImports(files)
	p := newProgress(s.err, "rows")
	runs.Watch = func(run imports.Run, rows int) { p.at(rows, run.Rows) }
	run, err := runs.Here(ctx, operator, imports.Upload{Kind: kind, Name: filepath.Base(c.File), Content: f, Options: set})
	if err != nil {
		return run, nil, fileError(c.File, err)
	}
	p.end()
	if run.State == imports.Failed {
		return run, nil, fileError(c.File, run.Fault)
	}
	flaws, err := runs.Flaws(ctx, run)
	if err != nil {
		return run, nil, err
	}
	for _, x := range flaws {
		fmt.Fprintf(s.err, "%s: %s\n", c.File, explain(ctx, x.Fault))
	}
	if run.Wrong > len(flaws) {
		fmt.Fprintf(s.err, "%s: and %d more wrong rows\n", c.File, run.Wrong-len(flaws))
	}
	for _, n := range run.Notes {
		if !strings.HasPrefix(n.Key, "imports.note.problem") {
			fmt.Fprintln(s.err, i18n.T(ctx, n.Key, n.Args...))
		}
	}
	if c.DryRun || run.Wrong > 0 && (!partly || run.New+run.Changed == 0) || run.Wrong == 0 && run.New+run.Changed == 0 {
		if !c.DryRun && run.Wrong > 0 && !partly {
			return run, nil, fmt.Errorf("%s: %d rows are wrong; nothing was stored", c.File, run.Wrong)
		}
		return run, nil, nil
	}
	run, once, err := runs.StoreHere(ctx, operator, run.ID, partly)
	p.end()
	if err != nil {
		return run, nil, fileError(c.File, err)
	}
	if run.State != imports.Done {
		return run, nil, fileError(c.File, run.Fault)
	}
	if kind == "holidays" {
		moved, err := r.desk.Reproject(ctx, "", "import of "+c.File)
		if err != nil {
			return run, nil, err
		}
		fmt.Fprintf(s.out, "%d due dates moved\n", moved)
	}
	return run, once, nil
}

// would begins what is said of a run that stored nothing.
func (c importFile) would() string {
	if c.DryRun {
		return "dry run, nothing stored: "
	}
	return ""
}

// fileError puts the file's name before an error.
func fileError(file string, err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	return fmt.Errorf("%s: %w", file, err)
}

func plainOptions(kv ...string) func(*rooms) (map[string]string, error) {
	return func(*rooms) (map[string]string, error) {
		out := map[string]string{}
		for i := 0; i+1 < len(kv); i += 2 {
			if kv[i+1] != "" {
				out[kv[i]] = kv[i+1]
			}
		}
		return out, nil
	}
}

type importDossiersCmd struct {
	importFile
	Unit   string `help:"Code of the unit for rows that name none; one is made when the database has no unit." placeholder:"CODE"`
	System string `help:"Name of the issuing system; with a row's id it names the dossier. 'import' when neither this nor the mapping says." placeholder:"NAME"`
	Map    string `help:"Mapping of another system's export (YAML): columns, values, codes, dates." type:"existingfile" placeholder:"FILE"`
	Whole  bool   `help:"Store nothing when a row is wrong; otherwise wrong rows are left out."`
}

// Run imports dossiers. Wrong rows are reported and left out, and make the exit
// code 1; all others are stored.
func (c importDossiersCmd) Run(ctx context.Context, s streams) error {
	mapping := ""
	if c.Map != "" {
		text, err := os.ReadFile(c.Map)
		if err != nil {
			return fmt.Errorf("--map: %w", err)
		}
		mapping = string(text)
	}
	run, _, err := c.run(ctx, s, "dossiers", !c.Whole, func(r *rooms) (map[string]string, error) {
		code, err := r.importUnit(ctx, c.Unit)
		if err != nil {
			return nil, fmt.Errorf("--unit: %w", err)
		}
		return plainOptions("unit", code, "system", c.System, "mapping", mapping)(r)
	})
	if run.ID == "" || run.State == imports.Failed {
		return err
	}
	wrong := max(run.Wrong, run.Left)
	fmt.Fprintf(s.out, "%s%d rows: %d new, %d changed, %d the same, %d wrong\n", c.would(), run.Rows, run.New, run.Changed, run.Same, wrong)
	if err == nil && wrong > 0 && !c.DryRun {
		err = fmt.Errorf("%d rows were left out", wrong)
	}
	return err
}

// importUnit finds the unit for rows that name none: by its code, or the only root
// of the tree. In an empty database one is made together with the dossiers, by
// takeDossiers: "" then.
func (r *rooms) importUnit(ctx context.Context, code string) (string, error) {
	tree, err := r.units.On(ctx, r.db, r.db.Now().Date())
	if err != nil {
		return "", err
	}
	if tree.Len() == 0 {
		return code, nil
	}
	if code != "" {
		if _, ok := tree.ByCode(code); ok {
			return code, nil
		}
		return "", fmt.Errorf("there is no unit with the code %s", code)
	}
	u, _ := tree.Unit(tree.Roots()[0])
	return u.Code, nil
}

// placeholder makes the unit of an import into an empty database, from a day before
// any dossier that a file can bring.
func (r *rooms) placeholder(code string) (unit.New, unit.Act) {
	if code == "" {
		code = "IMPORT"
	}
	return unit.New{Code: code, Name: "Đơn vị nhập dữ liệu (" + code + ")", Level: "province"},
		unit.Act{Day: moment.NewDate(2000, 1, 1), Basis: "cchc import dossiers"}
}

type importUnitsCmd struct {
	importFile
	Basis string `help:"The document that the units rest on." default:"cchc import units"`
}

// Run imports units: all or nothing.
func (c importUnitsCmd) Run(ctx context.Context, s streams) error {
	run, _, err := c.run(ctx, s, "units", false, plainOptions("basis", c.Basis))
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, "%sunits: %d new, %d the same, %d wrong\n", c.would(), run.New, run.Same, run.Wrong)
	return err
}

type importAccountsCmd struct{ importFile }

// Run imports accounts and writes their first passwords, which are kept nowhere.
func (c importAccountsCmd) Run(ctx context.Context, s streams) error {
	run, once, err := c.run(ctx, s, "accounts", false, plainOptions())
	if err != nil {
		return err
	}
	fmt.Fprintf(s.err, "%saccounts: %d new, %d the same, %d wrong\n", c.would(), run.New, run.Same, run.Wrong)
	return writeIssued(s.out, once)
}

type importReportedCmd struct {
	importFile
	Unit   string `help:"Code of the unit that the report sums up." required:"" placeholder:"CODE"`
	From   string `help:"First day of the period." required:"" placeholder:"DATE"`
	To     string `help:"Last day of the period." required:"" placeholder:"DATE"`
	Source string `help:"The document or system that reported the figures." required:""`
}

// Run imports a report.
func (c importReportedCmd) Run(ctx context.Context, s streams) error {
	run, _, err := c.run(ctx, s, "ii06a", false, plainOptions("unit", c.Unit, "from", c.From, "to", c.To, "source", c.Source))
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, "%sreport: %d lines\n", c.would(), run.Rows)
	return err
}

type importHolidaysCmd struct{ importFile }

// Run imports days off and make-up days and projects open deadlines anew at once;
// a server on the same database would do it too, and finds it done.
func (c importHolidaysCmd) Run(ctx context.Context, s streams) error {
	run, _, err := c.run(ctx, s, "holidays", false, plainOptions())
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, "%sdays: %d added, %d changed, %d the same, %d wrong\n", c.would(), run.New, run.Changed, run.Same, run.Wrong)
	return err
}

type importProceduresCmd struct {
	dbFlag
	File   string `arg:"" optional:"" help:"CSV or XLSX file; the catalogue that the program carries when left out." type:"existingfile"`
	From   string `help:"Day from which changed procedures hold; today when left out. New ones hold from 2025-07-01." placeholder:"DATE"`
	Sheet  string `help:"Sheet of a workbook; the first one when left out."`
	DryRun bool   `help:"Find out what the import would do, and store nothing."`
	Files  string `help:"Where files are kept; beside the database when left out." placeholder:"PATH|URL"`
}

// Run imports procedures and says what a person has to settle.
func (c importProceduresCmd) Run(ctx context.Context, s streams) error {
	if c.From != "" {
		if _, err := moment.ParseDate(c.From); err != nil {
			return fmt.Errorf("--from: %w", err)
		}
	}
	if c.File == "" {
		own, err := os.CreateTemp("", "procedures-*.csv")
		if err != nil {
			return err
		}
		defer os.Remove(own.Name())
		if _, err := own.WriteString(data.Procedures); err != nil {
			return err
		}
		if err := own.Close(); err != nil {
			return err
		}
		c.File = own.Name()
	}
	in := importFile{dbFlag: c.dbFlag, File: c.File, Sheet: c.Sheet, DryRun: c.DryRun, Files: c.Files}
	run, _, err := in.run(ctx, s, "procedures", false, plainOptions("from", c.From))
	if err != nil {
		return err
	}
	return writeProcedureRun(s, in.would(), run)
}

// writeProcedureRun tells what was imported and what a person has to settle.
func writeProcedureRun(s streams, would string, r imports.Run) error {
	settled, absent := 0, 0
	problems := map[string]int{}
	for _, n := range r.Notes {
		arg := func(name string) any {
			for i := 0; i+1 < len(n.Args); i += 2 {
				if n.Args[i] == name {
					return n.Args[i+1]
				}
			}
			return nil
		}
		count := number(arg("Count"))
		switch n.Key {
		case "imports.note.settled":
			settled = count
		case "imports.note.absent":
			absent = count
		case "imports.note.problem":
			problems[fmt.Sprint(arg("What"))] = count
		}
	}
	fmt.Fprintf(s.out, "%sprocedures: %d rows, %d new, %d changed, %d the same, %d in force but not in the file\n", would, r.Rows, r.New, r.Changed, r.Same, absent)
	fmt.Fprintf(s.out, "%d can be received against; left to a person, by field and reason:\n", settled)
	for _, what := range slices.Sorted(maps.Keys(problems)) {
		fmt.Fprintf(s.out, "  %6d  %s\n", problems[what], what)
	}
	return nil
}

// number reads a number of a note, which may come back from JSON.
func number(v any) int {
	switch n := v.(type) {
	case int:
		return n
	case float64:
		return int(n)
	}
	return 0
}
