package dossier

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
	"cchc/base/table"
	"cchc/unit"
)

// An Import says where a file of dossiers comes from and how it is taken.
type Import struct {
	System string                                            // the issuing system; with a row's id it names the dossier
	Unit   unit.ID                                           // for rows that name none
	ByCode func(code string, on moment.Date) (unit.ID, bool) // finds the unit of a row; nil knows none

	// First, which may be nil, runs first of all in the write and makes Unit; a check
	// takes any id for it.
	First func(ctx context.Context, tx *db.Tx) (unit.ID, error)
	// Whole refuses the file as a whole when a row of it is wrong; else wrong rows
	// are left out.
	Whole    bool
	Flaw     func(table.Flaw)                           // of every wrong row; nil for none
	Progress func(rows int)                             // after every chunk; nil for none
	Then     func(ctx context.Context, tx *db.Tx) error // last of all in the same write; nil for nothing
}

// An Outcome is what an import did. Wrong rows were left out and say where they
// are wrong; all others are stored.
type Outcome struct {
	Rows, New, Changed, Same int
	WrongRows                int
	Wrong                    []*fault.Fault // the first maxWrong of them
}

// maxWrong bounds how many wrong rows are kept in memory: a file of a million
// rows can be wrong in each.
const maxWrong = 1000

func (o *Outcome) wrong(x Import, f table.Flaw) {
	o.WrongRows++
	if len(o.Wrong) < maxWrong {
		o.Wrong = append(o.Wrong, f.Fault)
	}
	if x.Flaw != nil {
		x.Flaw(f)
	}
}

// importChunk is how many rows are looked up and stored at once.
const importChunk = 500

// ImportColumns are the columns that an import of dossiers reads.
var ImportColumns = []table.Column{
	{Name: "id", Names: []string{"Mã hồ sơ", "Số hồ sơ", "Mã số hồ sơ", "Số biên nhận", "Số biên nhận hồ sơ"}, Need: true},
	{Name: "channel", Names: []string{"Hình thức tiếp nhận", "Kênh tiếp nhận", "Hình thức nộp", "Kênh"}, Need: true},
	{Name: "received", Names: []string{"Ngày tiếp nhận", "Ngày nhận", "Thời gian tiếp nhận", "Ngày nộp"}, Need: true, Date: true},
	{Name: "due", Names: []string{"Ngày hẹn trả", "Hẹn trả", "Hạn xử lý", "Hạn trả", "Ngày hẹn trả kết quả"}, Date: true},
	{Name: "finished", Names: []string{"Ngày hoàn thành", "Ngày có kết quả", "Ngày kết thúc xử lý", "Ngày kết thúc"}, Date: true},
	{Name: "outcome", Names: []string{"Kết quả xử lý", "Kết quả"}},
	{Name: "paused_from", Names: []string{"Ngày yêu cầu bổ sung", "Tạm dừng từ"}, Date: true},
	{Name: "paused_to", Names: []string{"Ngày bổ sung", "Tạm dừng đến"}, Date: true},
	{Name: "due_after_supplement", Names: []string{"Hạn sau bổ sung"}, Date: true},
	{Name: "unit", Names: []string{"Mã đơn vị", "Đơn vị tiếp nhận", "Mã cơ quan", "Đơn vị"}},
	{Name: "procedure", Names: []string{"Mã thủ tục", "Mã TTHC", "Mã thủ tục hành chính"}},
	{Name: "returned", Names: []string{"Ngày trả kết quả", "Ngày trả"}, Date: true},
	{Name: "status", Names: []string{"Trạng thái", "Trạng thái hồ sơ", "Tình trạng"}},
	{Name: "status_at", Names: []string{"Ngày cập nhật trạng thái", "Thời điểm trạng thái"}, Date: true},
	{Name: "applicant", Names: []string{"Người nộp", "Chủ hồ sơ", "Người nộp hồ sơ", "Tên người nộp", "Tên tổ chức, cá nhân"}},
	{Name: "phone", Names: []string{"Số điện thoại", "Điện thoại"}},
	{Name: "id_number", Names: []string{"Số CCCD", "Số định danh", "Số CMND/CCCD", "Số giấy tờ"}},
	{Name: "address", Names: []string{"Địa chỉ"}},
}

// Import reads dossiers of another system: columns id, channel, received, due,
// finished, outcome, paused_from, paused_to, due_after_supplement, and where known
// unit, procedure, returned, status, status_at, applicant, phone. Their due dates
// are kept as they are and marked external. It can be run again: a row that is
// stored already changes nothing, one that tells more adds it, one that
// contradicts what is stored is reported.
//
// The file is one transaction: with an error, or when the program is killed,
// nothing of it is stored.
func (k *Desk) Import(ctx context.Context, a actor.Actor, file io.Reader, x Import) (Outcome, error) {
	text, err := io.ReadAll(file)
	if err != nil {
		return Outcome{}, fmt.Errorf("read the file: %w", err)
	}
	return k.ImportTable(ctx, a, func() (*table.Reader, error) {
		return table.Read(bytes.NewReader(text), "id", "channel", "received")
	}, x)
}

// errWhole undoes a write whose file has a wrong row.
var errWhole = errors.New("the file has wrong rows")

// ImportTable is Import of a table, which open opens, anew for every attempt of
// the write. The rows are read as they are stored, so the memory that it takes
// does not grow with the file, but for 16 bytes a row that tell a code that
// comes twice.
//
// While a large file is stored other writes wait (SQLite), or those that touch
// the same counters do (PostgreSQL); reading goes on. See decision record 0021.
func (k *Desk) ImportTable(ctx context.Context, a actor.Actor, open func() (*table.Reader, error), x Import) (Outcome, error) {
	var out Outcome
	if err := k.Guard.CheckAnywhere(a, auth.DossierImport); err != nil {
		return out, err
	}
	err := k.DB.WriteAlone(ctx, func(tx *db.Tx) error {
		out = Outcome{}
		t, err := open()
		if err != nil {
			return err
		}
		defer t.Close()
		if x.First != nil {
			if x.Unit, err = x.First(ctx, tx); err != nil {
				return err
			}
		}
		run := &importRun{k: k, a: a, x: x, q: tx, tx: tx, now: tx.Now, load: k.newLoader(tx, a, "import from "+x.System)}
		if err := run.all(ctx, t, &out); err != nil {
			return err
		}
		if x.Whole && out.WrongRows > 0 {
			return errWhole
		}
		if err := run.load.close(ctx); err != nil {
			return err
		}
		if x.Then != nil {
			return x.Then(ctx, tx)
		}
		return nil
	})
	if errors.Is(err, errWhole) {
		err = nil
	}
	return out, err
}

// CheckTable tells what ImportTable would do, and stores nothing. Others can
// write in the meantime.
func (k *Desk) CheckTable(ctx context.Context, a actor.Actor, open func() (*table.Reader, error), x Import) (Outcome, error) {
	var out Outcome
	if err := k.Guard.CheckAnywhere(a, auth.DossierImport); err != nil {
		return out, err
	}
	t, err := open()
	if err != nil {
		return out, err
	}
	defer t.Close()
	run := &importRun{k: k, a: a, x: x, q: k.DB, now: k.DB.Now()}
	return out, run.all(ctx, t, &out)
}

// An importRun goes once over a file, with a tx to store it or without.
type importRun struct {
	k    *Desk
	a    actor.Actor
	x    Import
	q    db.Queryer
	tx   *db.Tx // nil for a check
	now  moment.Instant
	load *loader

	fresh      bool // the system has no dossier yet
	seed       maphash.Seed
	seen       map[uint64]uint32 // line by the hash of a code; two of a million codes are taken for one with odds of one to 30 million
	may        map[unit.ID]error
	ends       map[unit.ID]unit.Unit
	procedures map[string][]procedureOn
}

// record is a row of the file, read.
type record struct {
	told
	row table.Row
	h   History
}

var anyOfSystem = db.SQL("dossier.any_of_system", `SELECT COUNT(*) FROM (SELECT 1 AS one FROM dossier WHERE system = $1 LIMIT 1) AS any_one`)

func (r *importRun) all(ctx context.Context, t *table.Reader, out *Outcome) error {
	t.Lenient = true
	r.seed, r.seen = maphash.MakeSeed(), map[uint64]uint32{}
	r.may, r.ends, r.procedures = map[unit.ID]error{}, map[unit.ID]unit.Unit{}, map[string][]procedureOn{}
	n, err := db.Value[int64](ctx, r.q, anyOfSystem, r.x.System)
	if err != nil {
		return err
	}
	r.fresh = n == 0
	// One core reads, the other stores.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	chunks := make(chan *chunk, 2)
	go func() {
		defer close(chunks)
		r.read(ctx, t, chunks)
	}()
	for c := range chunks {
		if c.err != nil {
			return c.err
		}
		out.Rows += c.rows
		for _, f := range c.flaws {
			out.wrong(r.x, f)
		}
		if err := r.take(ctx, c.records, out); err != nil {
			return err
		}
		if r.x.Progress != nil {
			r.x.Progress(out.Rows)
		}
	}
	return ctx.Err()
}

// A chunk is some rows of the file, read.
type chunk struct {
	rows    int
	records []*record
	flaws   table.Flaws
	err     error
}

func (r *importRun) read(ctx context.Context, t *table.Reader, out chan<- *chunk) {
	send := func(c *chunk) bool {
		select {
		case out <- c:
			return true
		case <-ctx.Done():
			return false
		}
	}
	c := &chunk{}
	for t.Next() {
		c.rows++
		if rec, bad := r.one(ctx, t); bad != nil {
			c.flaws = append(c.flaws, t.Flaw(bad))
		} else {
			c.records = append(c.records, rec)
		}
		if c.rows == importChunk {
			if !send(c) {
				return
			}
			c = &chunk{}
		}
	}
	if send(c) && t.Err() != nil {
		send(&chunk{err: t.Err()})
	}
}

func (r *importRun) one(ctx context.Context, t *table.Reader) (*record, *fault.Fault) {
	if bad := t.Bad(); bad != nil {
		return nil, bad
	}
	rec, bad := r.parse(ctx, t)
	if bad != nil {
		return nil, bad
	}
	hash := maphash.String(r.seed, rec.h.Code)
	if first := r.seen[hash]; first != 0 {
		return nil, t.Wrong("id", "dossier.import_twice", "First", int(first))
	}
	r.seen[hash] = uint32(t.Line())
	return rec, nil
}

// take stores a chunk, or tells what storing it would do.
func (r *importRun) take(ctx context.Context, records []*record, out *Outcome) error {
	known, err := r.known(ctx, records)
	if err != nil {
		return err
	}
	var fresh []*History
	for _, rec := range records {
		d := known[rec.h.Code]
		if d == nil {
			rec.h.ID = db.NewID()
			if err := r.follow(ctx, &rec.h); err != nil {
				return err
			}
			if err := r.check(ctx, rec.h.Facts[0].Unit); err != nil {
				return err
			}
			fresh = append(fresh, &rec.h)
			out.New++
			continue
		}
		changed, bad, err := r.tellMore(ctx, d, rec)
		if err != nil {
			return err
		}
		switch {
		case bad != nil:
			out.wrong(r.x, rec.row.Flaw(bad))
		case changed:
			out.Changed++
		default:
			out.Same++
		}
	}
	if r.tx == nil {
		return nil
	}
	return r.load.add(ctx, fresh)
}

// check asks once for each unit whether the actor may import there.
func (r *importRun) check(ctx context.Context, u unit.ID) error {
	err, asked := r.may[u]
	if !asked {
		err = r.k.Guard.Check(ctx, r.q, r.a, auth.DossierImport, u)
		r.may[u] = err
	}
	return err
}

// lookUp is how many codes are asked for in one question.
const lookUp = 100

var byCodes = db.SQL("dossier.by_codes", `SELECT `+columns+` FROM dossier WHERE system = $1 AND code IN (`+numbered(2, lookUp)+`)`)

// numbered writes n parameters from the first on.
func numbered(first, n int) string {
	var b bytes.Buffer
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "$%d", first+i)
	}
	return b.String()
}

// known returns those of the records that are stored already, by code.
func (r *importRun) known(ctx context.Context, records []*record) (map[string]*Dossier, error) {
	if r.fresh {
		return nil, nil
	}
	out := map[string]*Dossier{}
	for len(records) > 0 {
		n := min(lookUp, len(records))
		args := []any{r.x.System}
		for i := range lookUp {
			args = append(args, records[min(i, n-1)].h.Code)
		}
		found, err := db.All(ctx, r.q, byCodes, scan, args...)
		if err != nil {
			return nil, err
		}
		for i := range found {
			out[found[i].Code] = &found[i]
		}
		records = records[n:]
	}
	return out, nil
}

// follow adds the transfers that an imported dossier went through before it was
// told of: it was open when its unit was merged or dissolved. Where a unit has
// several successors nobody can say which; the dossier stays with it.
func (r *importRun) follow(ctx context.Context, h *History) error {
	s := Fold(h.Facts, h.Limit.ByInstant(), 0, 0)
	at := s.Unit
	for range 16 { // more mergers in one dossier's life are a circle
		last, asked := r.ends[at]
		if !asked {
			var err error
			if last, _, err = r.k.Units.Last(ctx, r.q, at); err != nil {
				return err
			}
			r.ends[at] = last
		}
		if last.To == 0 || s.RegisteredAt.Date() >= last.To || s.NotAccepted != 0 || (s.Ended != 0 && s.Ended.Date() < last.To) {
			return nil
		}
		parts, err := r.k.Units.Successors(ctx, r.q, at, last.To)
		if err != nil || len(parts) != 1 {
			return err
		}
		at = parts[0].Unit
		h.Facts = append(h.Facts, Fact{Kind: FTransferred, At: last.To.Start(), Unit: at})
	}
	return nil
}
