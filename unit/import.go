package unit

import (
	"context"
	"errors"
	"io"
	"strings"

	"cchc/base/actor"
	"cchc/base/db"
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
	table.Row
	n      New
	parent string // agency code
	from   moment.Date
	failed bool
}

// ImportColumns are the columns that an import of units reads.
var ImportColumns = []table.Column{
	{Name: "code", Names: []string{"Mã đơn vị", "Mã cơ quan", "Mã định danh", "Mã"}, Need: true},
	{Name: "name", Names: []string{"Tên đơn vị", "Tên cơ quan", "Tên"}, Need: true},
	{Name: "level", Names: []string{"Cấp", "Cấp hành chính", "Cấp đơn vị"}, Need: true},
	{Name: "parent_code", Names: []string{"Mã đơn vị cấp trên", "Mã cấp trên", "Đơn vị cấp trên", "Trực thuộc"}, Need: true},
	{Name: "from", Names: []string{"Từ ngày", "Có hiệu lực từ", "Hiệu lực từ", "Ngày thành lập"}, Need: true, Date: true},
	{Name: "area_class", Names: []string{"Loại khu vực", "Khu vực"}},
	{Name: "block", Names: []string{"Khối"}},
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
	t, err := table.Read(file, "code", "name", "level", "parent_code", "from")
	if err != nil {
		return Imported{}, err
	}
	done, flaws, err := r.ImportTable(ctx, a, t, basis, nil)
	if err == nil {
		err = flaws.First()
	}
	return done, err
}

// errFlaws undoes a write whose file has wrong rows.
var errFlaws = errors.New("the file has wrong rows")

// ImportTable is Import of a table; it returns every wrong row, and with any
// nothing is stored. then, which may be nil, runs last in the same write: an error
// of it undoes all, which is how one finds out what an import would do.
func (r *Registry) ImportTable(ctx context.Context, a actor.Actor, t *table.Reader, basis string, then func(context.Context, *db.Tx) error) (Imported, table.Flaws, error) {
	rows, flaws, err := read(t)
	if err != nil {
		return Imported{}, nil, err
	}
	var done Imported
	var found table.Flaws
	err = r.change(ctx, a, func(w *work) error {
		done, found = Imported{}, flaws[:len(flaws):len(flaws)]
		fresh := make([]*entry, len(rows)) // of a run that collided nothing is known
		for i, e := range rows {
			x := *e
			fresh[i] = &x
		}
		if err := w.importAll(ctx, fresh, basis, &done, &found); err != nil {
			return err
		}
		if len(found) > 0 {
			return errFlaws
		}
		w.then = then
		return nil
	})
	if errors.Is(err, errFlaws) {
		return Imported{}, found, nil
	}
	return done, nil, err
}

func read(t *table.Reader) ([]*entry, table.Flaws, error) {
	t.Lenient = true
	var rows []*entry
	var flaws table.Flaws
	seen := map[string]bool{}
	for t.Next() {
		if bad := t.Bad(); bad != nil {
			flaws = append(flaws, t.Flaw(bad))
			continue
		}
		e := &entry{Row: t.Row, parent: t.Get("parent_code"),
			n: New{Code: t.Get("code"), Name: t.Get("name"), Level: t.Get("level"), Area: t.Get("area_class"), Block: t.Get("block")}}
		from, err := moment.ParseDate(t.Get("from"))
		e.from = from
		switch {
		case err != nil:
			flaws, e.failed = append(flaws, t.Flaw(t.Wrong("from", "unit.import_date"))), true
		case seen[e.n.Code]:
			flaws = append(flaws, t.Flaw(t.Wrong("code", "unit.import_twice")))
			continue
		}
		seen[e.n.Code] = true
		rows = append(rows, e)
	}
	return rows, flaws, t.Err()
}

func (w *work) importAll(ctx context.Context, rows []*entry, basis string, done *Imported, flaws *table.Flaws) error {
	ever := map[string][]Unit{} // every version that has the code
	for _, vs := range w.h.versions {
		for _, v := range vs {
			ever[v.Code] = append(ever[v.Code], v)
		}
	}
	byCode := map[string]*entry{}
	for _, e := range rows {
		byCode[e.n.Code] = e
		e.n.Parent, e.n.Level = "", e.Get("level") // the write may run twice
	}
	ids := map[string]ID{} // of what was imported
	wrong := func(e *entry, column, key string, args ...any) error {
		e.failed = true
		*flaws = append(*flaws, e.Flaw(e.Wrong(column, key, args...)))
		return nil
	}
	var visit func(e *entry, depth int) error
	visit = func(e *entry, depth int) error {
		if _, ok := ids[e.n.Code]; ok || e.failed {
			return nil
		}
		if depth > 50 {
			return wrong(e, "parent_code", "unit.import_cycle")
		}
		if e.parent != "" {
			if p := byCode[e.parent]; p != nil {
				if err := visit(p, depth+1); err != nil {
					return err
				}
				if e.failed = e.failed || p.failed; e.failed {
					return nil // what is wrong is above
				}
				e.n.Parent = ids[e.parent]
			}
			for _, v := range ever[e.parent] {
				if e.n.Parent == "" && v.span().Holds(e.from) {
					e.n.Parent = v.ID
				}
			}
			if vs := w.h.versions[e.n.Parent]; len(vs) == 0 || vs[0].From > e.from {
				return wrong(e, "parent_code", "unit.import_parent")
			}
		}
		e.n.Level = w.h.level(e.n.Level)
		for _, v := range ever[e.n.Code] {
			if v.To != 0 && v.To <= e.from {
				continue
			}
			if column := differs(v, e); column != "" {
				return wrong(e, column, "unit.import_differs", "Unit", v.Name)
			}
			ids[e.n.Code] = v.ID
			done.Same++
			return nil
		}
		id, err := w.create(ctx, e.n, Act{Day: e.from, Basis: basis})
		if f := fault.As(err); f != nil && f.Kind == fault.Invalid && len(f.Fields) > 0 {
			x := f.Fields[0]
			return wrong(e, x.Name, x.Key, x.Args...)
		}
		ids[e.n.Code] = id
		done.Created++
		return err
	}
	for _, e := range rows {
		if err := visit(e, 0); err != nil {
			return err
		}
	}
	return nil
}

// differs returns the first column in which a row is not what is recorded.
func differs(v Unit, e *entry) string {
	switch {
	case v.From != e.from:
		return "from"
	case v.Name != strings.Join(strings.Fields(e.n.Name), " "):
		return "name"
	case v.Level != e.n.Level:
		return "level"
	case v.Parent != e.n.Parent:
		return "parent_code"
	case v.Area != e.n.Area:
		return "area_class"
	case v.Block != e.n.Block:
		return "block"
	}
	return ""
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
