package app

import (
	"context"
	"encoding/csv"
	"io"
	"maps"
	"slices"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/file"
	"cchc/base/moment"
	"cchc/base/table"
	"cchc/base/web/list"
	"cchc/calendar"
	"cchc/dossier"
	"cchc/imports"
	"cchc/imports/importsweb"
	"cchc/procedure"
	"cchc/reported"
	"cchc/unit"
)

// newImports puts the kinds of files together with the verbs that read them, and tells
// the store what refers to its files.
func (r *rooms) newImports(files *file.Store) *imports.Runs {
	files.Uses(r.db, fileUses...)
	return &imports.Runs{DB: r.db, Guard: r.guard, Files: files, Settings: r.settings,
		Load: func(ctx context.Context, account string) (actor.Actor, error) {
			if account == operator.Account {
				return operator, nil
			}
			return auth.Load(ctx, r.db, account, r.db.Now().Date())
		},
		Publish: func(run string) { r.hub.Publish(importsweb.Topic(run), "import") },
		Tell:    func(tx *db.Tx, run string) { tx.Notify(importsweb.Topic(run) + "\timport") },
		Kinds: []imports.Kind{
			{Name: "units", Verb: auth.UnitChange, Columns: unit.ImportColumns, Options: []string{"basis"}, Take: r.takeUnits},
			{Name: "accounts", Verb: auth.AccountChange, Columns: imports.AccountColumns, Inline: true, Take: r.takeAccounts},
			{Name: "procedures", Verb: auth.ProcedureChange, Columns: procedure.ImportColumns(), Options: []string{"from"}, Take: r.takeProcedures},
			{Name: "holidays", Verb: auth.CalendarChange, Columns: calendar.ImportColumns, Take: r.takeHolidays},
			{Name: "dossiers", Verb: auth.DossierImport, Columns: dossier.ImportColumns, Options: []string{"unit", "system", "mapping"}, Partly: true, Take: r.takeDossiers},
			{Name: "ii06a", Verb: auth.IndexEnter, Options: []string{"unit", "from", "to", "source"}, Take: r.takeReported},
		},
	}
}

// hand gives the flaws that a verb found to the job.
func hand(j *imports.Job, flaws table.Flaws) {
	for _, f := range flaws {
		j.Flaw(f)
	}
}

func (r *rooms) takeUnits(ctx context.Context, j *imports.Job) (imports.Counts, error) {
	t, err := j.Open()
	if err != nil {
		return imports.Counts{}, err
	}
	defer t.Close()
	basis := j.Run.Options["basis"]
	if basis == "" {
		basis = j.Run.Name
	}
	done, flaws, err := r.registry.ImportTable(ctx, j.Actor, t, basis, j.Then)
	hand(j, flaws)
	return imports.Counts{Rows: done.Created + done.Same, New: done.Created, Same: done.Same}, err
}

func (r *rooms) takeAccounts(ctx context.Context, j *imports.Job) (imports.Counts, error) {
	tree, err := r.units.Today(ctx, r.db)
	if err != nil {
		return imports.Counts{}, err
	}
	return imports.Accounts(ctx, r.accounts, j, func(code string) (actor.UnitID, bool) {
		u, ok := tree.ByCode(code)
		return u.ID, ok
	})
}

func (r *rooms) takeProcedures(ctx context.Context, j *imports.Job) (imports.Counts, error) {
	var from moment.Date
	if s := j.Run.Options["from"]; s != "" {
		var err error
		if from, err = moment.ParseDate(s); err != nil {
			return imports.Counts{}, fault.New(fault.Invalid, "web.form.date", "Value", s)
		}
	}
	t, err := j.Open()
	if err != nil {
		return imports.Counts{}, err
	}
	defer t.Close()
	rep, flaws, err := r.editor.ImportTable(ctx, j.Actor, t, j.Run.Name, from, j.Then)
	hand(j, flaws)
	c := imports.Counts{Rows: rep.Rows, New: rep.New, Changed: rep.Changed, Same: rep.Same}
	if rep.Rows > 0 {
		c.Notes = append(c.Notes, imports.Note{Key: "imports.note.settled", Args: []any{"Count", rep.Settled, "Of", rep.Rows}})
	}
	if rep.Absent > 0 {
		c.Notes = append(c.Notes, imports.Note{Key: "imports.note.absent", Args: []any{"Count", rep.Absent}})
	}
	for _, what := range slices.Sorted(maps.Keys(rep.Problems)) {
		c.Notes = append(c.Notes, imports.Note{Key: "imports.note.problem", Args: []any{"Count", rep.Problems[what], "What", what}})
	}
	return c, err
}

func (r *rooms) takeHolidays(ctx context.Context, j *imports.Job) (imports.Counts, error) {
	t, err := j.Open()
	if err != nil {
		return imports.Counts{}, err
	}
	defer t.Close()
	rep, flaws, err := r.calendars.ImportTable(ctx, j.Actor, t, j.Run.Name, j.Then)
	hand(j, flaws)
	return imports.Counts{Rows: rep.Added + rep.Changed + rep.Same, New: rep.Added, Changed: rep.Changed, Same: rep.Same}, err
}

// takeReported reads form II.06a as somebody else filled it in.
func (r *rooms) takeReported(ctx context.Context, j *imports.Job) (imports.Counts, error) {
	x := reported.Report{Source: j.Run.Options["source"]}
	var err error
	for name, to := range map[string]*moment.Date{"from": &x.From, "to": &x.To} {
		if *to, err = moment.ParseDate(j.Run.Options[name]); err != nil {
			return imports.Counts{}, fault.New(fault.Invalid, "reported.period")
		}
	}
	code, ok := j.Run.Options["unit"], false
	if x.Unit, ok = r.unitOn(ctx)(code, x.To); !ok {
		return imports.Counts{}, fault.New(fault.Invalid, "imports.unit_unknown", "Code", code)
	}
	t, err := j.Open()
	if err != nil {
		return imports.Counts{}, err
	}
	defer t.Close()
	done, flaws, err := r.reported.Take(ctx, j.Actor, t, x, j.Then)
	hand(j, flaws)
	c := imports.Counts{Rows: done.Lines, New: done.Lines}
	for _, n := range done.Sums {
		c.Notes = append(c.Notes, imports.Note{Key: "reported.note.sum", Args: []any{"Number", n}})
	}
	return c, err
}

// ours returns this system's form II.06a by the names of sectors and of the units
// below.
func (r *rooms) ours(ctx context.Context, q db.Queryer, a actor.Actor, u actor.UnitID, from, to moment.Date) ([]reported.Line, error) {
	x := dossier.Question{Unit: u, From: from, To: to}
	tree, err := r.units.On(ctx, q, to)
	if err != nil {
		return nil, err
	}
	groups := map[string]map[unit.ID]bool{}
	for _, c := range tree.Children(u) {
		groups[string(c)] = map[unit.ID]bool{}
		for _, id := range tree.Subtree(c) {
			groups[string(c)][id] = true
		}
	}
	lines, err := r.desk.Statistics(ctx, q, a, x, dossier.BySector)
	if err != nil {
		return nil, err
	}
	var out []reported.Line
	add := func(label string, l dossier.Line) {
		y := reported.Line{Label: label}
		copy(y.Figures[:], l.Figures(false)[:len(y.Figures)])
		out = append(out, y)
	}
	for _, l := range lines {
		add(l.Key, l)
	}
	if len(groups) > 0 {
		below, err := r.desk.StatisticsOf(ctx, q, a, x, groups)
		if err != nil {
			return nil, err
		}
		for _, l := range below {
			if c, ok := tree.Unit(unit.ID(l.Key)); ok {
				add(c.Name, l)
			}
		}
	}
	return out, nil
}

func (r *rooms) takeDossiers(ctx context.Context, j *imports.Job) (imports.Counts, error) {
	system := j.Run.Options["system"]
	if text := j.Run.Options["mapping"]; text != "" {
		m, err := table.ParseMapping([]byte(text))
		if err != nil {
			return imports.Counts{}, err
		}
		if system == "" {
			system = m.System
		}
	}
	if system == "" {
		system = "import"
	}
	x := dossier.Import{System: system, ByCode: r.unitOn(ctx), Whole: j.Store && !j.Leave, Flaw: j.Flaw, Progress: j.Progress, Then: j.Then}
	tree, err := r.units.Today(ctx, r.db)
	if err != nil {
		return imports.Counts{}, err
	}
	code := j.Run.Options["unit"]
	switch u, ok := tree.ByCode(code); {
	case tree.Len() == 0 && j.Actor.IsSystem():
		// Into an empty database: the unit is made together with the dossiers, or
		// not at all.
		x.Unit, x.First = unit.ID(db.NewID()), func(ctx context.Context, tx *db.Tx) (unit.ID, error) {
			n, act := r.placeholder(code)
			return r.registry.CreateTx(ctx, tx, j.Actor, n, act)
		}
	case code != "" && !ok:
		return imports.Counts{}, fault.New(fault.Invalid, "imports.unit_unknown", "Code", code)
	case code != "":
		x.Unit = u.ID
	case tree.Len() == 1: // then there is no doubt
		x.Unit = tree.Roots()[0]
	}
	var unknown []table.Count
	open := func() (*table.Reader, error) {
		t, err := j.Open()
		if err == nil {
			t.AtEnd(func() { unknown = t.Unknown() })
		}
		return t, err
	}
	verb := r.desk.CheckTable
	if j.Store {
		verb = r.desk.ImportTable
	}
	out, err := verb(ctx, j.Actor, open, x)
	c := imports.Counts{Rows: out.Rows, New: out.New, Changed: out.Changed, Same: out.Same}
	for _, u := range unknown {
		c.Notes = append(c.Notes, imports.Note{Key: "imports.note.unmapped", Args: []any{"Column", u.Column, "Value", u.Value, "Count", u.Rows}})
	}
	return c, err
}

// unitOn finds units by their code on a day, and remembers for which days each
// answer holds.
func (r *rooms) unitOn(ctx context.Context) func(code string, on moment.Date) (unit.ID, bool) {
	type answer struct {
		from, to moment.Date
		id       unit.ID
	}
	known := map[string][]answer{}
	return func(code string, on moment.Date) (unit.ID, bool) {
		for _, x := range known[code] {
			if x.from <= on && (x.to == 0 || on < x.to) {
				return x.id, x.id != ""
			}
		}
		tree, err := r.units.On(ctx, r.db, on)
		if err != nil {
			return "", false
		}
		u, ok := tree.ByCode(code)
		if !ok {
			u = unit.Unit{From: on, To: on + 1}
		}
		if len(known) < 100_000 {
			known[code] = append(known[code], answer{u.From, u.To, u.ID})
		}
		return u.ID, ok
	}
}

// writeIssued writes first passwords as CSV.
func writeIssued(w io.Writer, once any) error {
	issued, _ := once.([]auth.Issued)
	if len(issued) == 0 {
		return nil
	}
	out := csv.NewWriter(w)
	out.Write([]string{"login", "name", "password"})
	for _, x := range issued {
		out.Write([]string{x.Login, list.Plain(x.Name), x.Password})
	}
	out.Flush()
	return out.Error()
}
