package procedure

import (
	"context"
	"io"
	"strconv"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
	"cchc/base/table"
)

// A Registry changes the catalogue. Each verb takes who acts, checks the right to
// procedure.change (anywhere: the catalogue belongs to no unit), and is one
// transaction with its trail.
type Registry struct {
	Catalogue *Catalogue
	Guard     auth.Guard

	expect map[string]string // stamps by version
}

// Beginning is from when the first version of an imported procedure is taken to
// hold: the export does not say, and what it holds was published anew for the
// two-level government of 01/07/2025.
var Beginning = moment.NewDate(2025, 7, 1)

// A Report counts what Import did.
type Report struct {
	Rows     int
	New      int
	Changed  int // have a new version
	Same     int
	Absent   int            // in force and not in the file; left as they are
	Settled  int            // of the rows read, without what blocks
	Problems map[string]int // of the rows read, by field and reason: limit/limit_missing
}

// Import reads the national portal's export as data/procedures.csv has it. name
// stands in the trail. The import is idempotent: a row that was read before
// changes nothing; one that differs makes a new version from on (zero is today),
// or from the day after its present version began, whichever is later. Papers
// are carried over to the new version; steps and what a person settled only where
// the limit's own columns are the same.
//
// It is one transaction. A file that cannot be read is a fault that names line
// and column; a cell that cannot be understood is a Problem of its version.
func (r *Registry) Import(ctx context.Context, a actor.Actor, file io.Reader, name string, from moment.Date) (Report, error) {
	t, err := table.Read(file, columns...)
	if err != nil {
		return Report{}, err
	}
	rep, flaws, err := r.ImportTable(ctx, a, t, name, from, nil)
	if err == nil {
		err = flaws.First()
	}
	return rep, err
}

// ImportColumns are the columns that an import of procedures reads: those of the
// national portal's export.
func ImportColumns() []table.Column {
	out := make([]table.Column, len(columns))
	for i, c := range columns {
		out[i] = table.Column{Name: c, Names: columnNames[c], Need: true}
	}
	return out
}

var columnNames = map[string][]string{
	"code": {"Mã thủ tục", "Mã TTHC"}, "name": {"Tên thủ tục", "Tên TTHC"}, "level": {"Cấp thực hiện"}, "sector": {"Lĩnh vực"},
	"sector_code": {"Mã lĩnh vực"}, "decision": {"Quyết định công bố"}, "time_value": {"Thời hạn giải quyết"}, "time_unit": {"Đơn vị thời hạn"},
	"online_level": {"Mức độ trực tuyến"}, "channels": {"Cách thức thực hiện"}, "type": {"Loại thủ tục"},
}

// ImportTable is Import of a table; it returns every wrong row, and with any
// nothing is stored. then, which may be nil, runs last in the same write: an error
// of it undoes all.
func (r *Registry) ImportTable(ctx context.Context, a actor.Actor, t *table.Reader, name string, from moment.Date, then func(context.Context, *db.Tx) error) (Report, table.Flaws, error) {
	rows, flaws, err := read(t)
	if err != nil || len(flaws) > 0 {
		return Report{}, flaws, err
	}
	parsed := make([]*Version, len(rows))
	for i, x := range rows {
		parsed[i] = parse(x)
	}
	var rep Report
	err = r.change(ctx, a, func(tx *db.Tx, c *catalogue) error {
		rep = Report{Problems: map[string]int{}}
		if from == 0 {
			from = tx.Now.Date()
		}
		var b batch
		seen := map[string]bool{}
		for i, x := range parsed {
			seen[x.Code] = true
			v := *x // the write may run twice
			rep.count(&v)
			if err := r.take(ctx, tx, c, &b, &v, rows[i], from, &rep); err != nil {
				return err
			}
		}
		for code, vs := range c.byCode {
			if !seen[code] && vs[len(vs)-1].To == 0 {
				rep.Absent++
			}
		}
		if rep.New+rep.Changed > 0 {
			if err := b.insert(ctx, tx); err != nil {
				return err
			}
			// One entry for the whole: the rows themselves are kept beside the versions.
			if err := recordImport(ctx, tx, a, name, rep); err != nil {
				return err
			}
		}
		if then != nil {
			return then(ctx, tx)
		}
		return nil
	})
	return rep, nil, err
}

func recordImport(ctx context.Context, tx *db.Tx, a actor.Actor, name string, rep Report) error {
	return record(ctx, tx, a, "procedure.import", "catalogue", name, []audit.Change{
		{Field: "new", To: strconv.Itoa(rep.New)}, {Field: "changed", To: strconv.Itoa(rep.Changed)},
		{Field: "same", To: strconv.Itoa(rep.Same)},
	})
}

func (rep *Report) count(v *Version) {
	rep.Rows++
	if v.Settled {
		rep.Settled++
	}
	for _, p := range v.Problems {
		rep.Problems[p.Field+"/"+p.Reason]++
	}
}

// take decides what becomes of one row that was read.
func (r *Registry) take(ctx context.Context, tx *db.Tx, c *catalogue, b *batch, v *Version, x row, from moment.Date, rep *Report) error {
	v.ID = db.NewID()
	vs := c.byCode[v.Code]
	if len(vs) == 0 {
		rep.New++
		v.From = min(from, Beginning)
		if v.deleted() {
			v.To = v.From // never in force
		}
		v.number()
		b.add(v, x.text(), tx.Now)
		return nil
	}
	old := vs[len(vs)-1]
	if old.sourceHash == v.sourceHash {
		rep.Same++
		return nil
	}
	rep.Changed++
	v.From = max(from, old.From+1)
	if v.deleted() {
		v.To = v.From
	}
	v.carry(old)
	v.number()
	b.add(v, x.text(), tx.Now)
	if old.To == 0 {
		_, err := tx.Exec(ctx, closeVersion, v.From, old.ID)
		return err
	}
	return nil
}

// carry takes over from the version before what people entered and the source
// did not change.
func (v *Version) carry(old *Version) {
	v.Papers = old.Papers
	if v.limitHash == old.limitHash {
		v.Limits, v.Steps = old.Limits, old.Steps
		v.inherit(old, func(field string) bool { return field == "limit" })
	}
	if v.feeHash == old.feeHash {
		v.Fees = old.Fees
		v.inherit(old, func(field string) bool { return field == "fee_direct" || field == "fee_online" })
	}
}

// inherit replaces the problems of some fields by those still open in old.
func (v *Version) inherit(old *Version, of func(field string) bool) {
	var out []Problem
	for _, p := range v.Problems {
		if !of(p.Field) {
			out = append(out, p)
		}
	}
	for _, p := range old.Problems {
		if of(p.Field) {
			out = append(out, p)
		}
	}
	v.Problems = out
}

// number gives the problems of a version that is about to be stored their ids.
func (v *Version) number() {
	ps := make([]Problem, len(v.Problems))
	for i, p := range v.Problems {
		p.ID, p.Version = db.NewID(), v.ID
		ps[i] = p
	}
	v.Problems = ps
}

func read(t *table.Reader) ([]row, table.Flaws, error) {
	t.Lenient = true
	var rows []row
	var flaws table.Flaws
	seen := map[string]bool{}
	for t.Next() {
		bad := t.Bad()
		x := row{}
		if bad == nil {
			for _, c := range columns {
				x[c] = t.Get(c)
			}
			switch {
			case x["code"] == "":
				bad = t.Wrong("code", "procedure.import_no_code")
			case seen[x["code"]]:
				bad = t.Wrong("code", "procedure.import_twice")
			}
		}
		if bad != nil {
			flaws = append(flaws, t.Flaw(bad))
			continue
		}
		seen[x["code"]] = true
		rows = append(rows, x)
	}
	return rows, flaws, t.Err()
}

// change is what every verb has in common.
func (r *Registry) change(ctx context.Context, a actor.Actor, fn func(tx *db.Tx, c *catalogue) error) error {
	if err := r.Guard.CheckAnywhere(a, auth.ProcedureChange); err != nil {
		return err
	}
	// Read ahead, so that the write, which others wait for, finds it in memory.
	if _, err := r.Catalogue.all(ctx, r.Catalogue.DB); err != nil {
		return err
	}
	return r.Catalogue.DB.Write(ctx, func(tx *db.Tx) error {
		c, err := r.Catalogue.all(ctx, tx)
		if err != nil {
			return err
		}
		for id, stamp := range r.expect {
			if v := c.byID[id]; v == nil || v.Stamp() != stamp {
				return fault.New(fault.Conflict, "procedure.changed_meanwhile")
			}
		}
		if err := fn(tx, c); err != nil {
			return err
		}
		return tx.Bump(ctx, epoch)
	})
}

func record(ctx context.Context, tx *db.Tx, a actor.Actor, verb, id, reason string, what []audit.Change) error {
	return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: verb, Kind: "procedure", ID: id, Changes: what, Reason: reason})
}
