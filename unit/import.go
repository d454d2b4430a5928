package unit

import (
	"context"
	"io"
	"strings"

	"cchc/base/actor"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/table"
)

// An Imported counts what Import did.
type Imported struct {
	Created int
	Same    int // were there already
}

// entry is one row of the file.
type entry struct {
	n      New
	parent string // agency code
	from   moment.Date
	line   int
	wrong  func(column, value, key string, args ...any) *fault.Fault
}

// Import makes units from a CSV file with the columns code, name, level,
// parent_code, from and optionally area_class and block, in any order of rows:
// a parent may stand below its children. basis is the document that they rest
// on, or the file's name. level is the code of a level or what people call it
// (xã, phường).
//
// It is one transaction and idempotent by code: a unit that is there with the
// same facts is left alone; one that differs is an error, because a change of a
// unit is an event and not a correction of a file. Errors name line, column and
// value of the first wrong cell.
func (r *Registry) Import(ctx context.Context, a actor.Actor, file io.Reader, basis string) (Imported, error) {
	rows, err := read(file)
	if err != nil {
		return Imported{}, err
	}
	var done Imported
	err = r.change(ctx, a, func(w *work) error {
		done = Imported{}
		return w.importAll(ctx, rows, basis, &done)
	})
	return done, err
}

func read(file io.Reader) ([]entry, error) {
	t, err := table.Read(file, "code", "name", "level", "parent_code", "from")
	if err != nil {
		return nil, err
	}
	var rows []entry
	seen := map[string]bool{}
	for t.Next() {
		from, err := moment.ParseDate(t.Get("from"))
		if err != nil {
			return nil, t.Wrong("from", "unit.import_date")
		}
		code := t.Get("code")
		if seen[code] {
			return nil, t.Wrong("code", "unit.import_twice")
		}
		seen[code] = true
		lines := map[string]int{}
		for _, c := range t.Header() {
			lines[c] = t.LineOf(c)
		}
		line := t.Line()
		rows = append(rows, entry{
			n:      New{Code: code, Name: t.Get("name"), Level: t.Get("level"), Area: t.Get("area_class"), Block: t.Get("block")},
			parent: t.Get("parent_code"), from: from, line: line,
			wrong: func(column, value, key string, args ...any) *fault.Fault {
				at := lines[column]
				if at == 0 {
					at = line
				}
				return table.Wrong(at, column, value, key, args...)
			},
		})
	}
	return rows, t.Err()
}

func (w *work) importAll(ctx context.Context, rows []entry, basis string, done *Imported) error {
	ever := map[string][]Unit{} // every version that has the code
	for _, vs := range w.h.versions {
		for _, v := range vs {
			ever[v.Code] = append(ever[v.Code], v)
		}
	}
	byCode := map[string]*entry{}
	for i := range rows {
		byCode[rows[i].n.Code] = &rows[i]
	}
	ids := map[string]ID{} // of what was imported
	var visit func(e *entry, depth int) error
	visit = func(e *entry, depth int) error {
		if _, ok := ids[e.n.Code]; ok {
			return nil
		}
		if depth > 50 {
			return e.wrong("parent_code", e.parent, "unit.import_cycle")
		}
		if e.parent != "" {
			if p := byCode[e.parent]; p != nil {
				if err := visit(p, depth+1); err != nil {
					return err
				}
				e.n.Parent = ids[e.parent]
			}
			for _, v := range ever[e.parent] {
				if e.n.Parent == "" && v.span().Holds(e.from) {
					e.n.Parent = v.ID
				}
			}
			if vs := w.h.versions[e.n.Parent]; len(vs) == 0 || vs[0].From > e.from {
				return e.wrong("parent_code", e.parent, "unit.import_parent")
			}
		}
		e.n.Level = w.h.level(e.n.Level)
		for _, v := range ever[e.n.Code] {
			if v.To != 0 && v.To <= e.from {
				continue
			}
			if column, value := differs(v, e); column != "" {
				return e.wrong(column, value, "unit.import_differs", "Unit", v.Name)
			}
			ids[e.n.Code] = v.ID
			done.Same++
			return nil
		}
		id, err := w.create(ctx, e.n, Act{Day: e.from, Basis: basis})
		if f := fault.As(err); f != nil && f.Kind == fault.Invalid && len(f.Fields) > 0 {
			x := f.Fields[0]
			return e.wrong(x.Name, e.cell(x.Name), x.Key, x.Args...)
		}
		ids[e.n.Code] = id
		done.Created++
		return err
	}
	for i := range rows {
		if err := visit(&rows[i], 0); err != nil {
			return err
		}
	}
	return nil
}

func (e *entry) cell(column string) string {
	return map[string]string{"code": e.n.Code, "name": e.n.Name, "level": e.n.Level, "area_class": e.n.Area,
		"parent_code": e.parent}[column]
}

// differs returns the first column in which a row is not what is recorded.
func differs(v Unit, e *entry) (column, value string) {
	switch {
	case v.From != e.from:
		return "from", e.from.String()
	case v.Name != strings.Join(strings.Fields(e.n.Name), " "):
		return "name", e.n.Name
	case v.Level != e.n.Level:
		return "level", e.n.Level
	case v.Parent != e.n.Parent:
		return "parent_code", e.parent
	case v.Area != e.n.Area:
		return "area_class", e.n.Area
	case v.Block != e.n.Block:
		return "block", e.n.Block
	}
	return "", ""
}

// level returns the code of what people call a level: "Xã" is commune. A text
// that is no level comes back as it is.
func (h *history) level(s string) string {
	if _, ok := h.levels[s]; ok {
		return s
	}
	f := i18n.Fold(s)
	for _, l := range sortedLevels(h) {
		for _, name := range append(strings.Split(l.NameVI, ","), l.NameEN, l.Code) {
			if i18n.Fold(name) == f {
				return l.Code
			}
		}
	}
	return s
}
