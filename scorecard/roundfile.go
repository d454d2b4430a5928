package scorecard

import (
	"context"
	"io"
	"strconv"
	"strings"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/points"
	"cchc/base/table"
	"cchc/scorecard/criteria"
	"cchc/unit"
)

// RoundColumns are the columns of a file with the scores of an earlier round: a row
// for each unit and leaf. A wide file has a row for each unit instead, and a column
// for each leaf.
var RoundColumns = []table.Column{
	{Name: "unit", Names: []string{"Đơn vị", "Tên đơn vị", "Mã đơn vị", "Xã", "Xã, phường"}, Need: true},
	{Name: "leaf", Names: []string{"Tiêu chí", "Mã tiêu chí", "Mã", "Mã tiêu chí thành phần"}, Need: true},
	{Name: "name", Names: []string{"Tên tiêu chí", "Nội dung", "Tiêu chí thành phần", "Tên tiêu chí thành phần"}},
	{Name: "points", Names: []string{"Điểm", "Điểm thẩm định", "Kết quả", "Điểm cuối cùng"}, Need: true},
	{Name: "self", Names: []string{"Tự chấm", "Điểm tự chấm", "Đơn vị tự chấm"}},
	{Name: "note", Names: []string{"Ghi chú", "Lý do"}},
}

// A RoundFile is an earlier round as somebody brings it.
type RoundFile struct {
	Unit     unit.ID // that ran it
	Name     string
	Basis    string
	Set      string // id of the version to which its leaves are mapped
	From     moment.Date
	To       moment.Date
	Decision string
	Decided  moment.Date
	Content  io.ReaderAt
	Size     int64
}

// A LeftRow is a row that could not be taken, and why.
type LeftRow struct {
	Line int // 0: a column of a wide file
	Unit string
	Leaf string // or what the column is called
	Text string // the points as they stand
	Why  string // message key
}

// A RoundRead is what a file says of a round.
type RoundRead struct {
	Round  Round
	Units  []unit.ID // in the order of the file
	Scores map[unit.ID][]Score
	Left   []LeftRow
	Rows   int  // points of a leaf that were taken
	Wide   bool // a row for each unit, and a column for each leaf
}

// ReadRound maps a file to a set: units by code or name among those that the set's
// level had under the running unit, leaves by code or else by name, be they rows or
// columns. What cannot be
// mapped, twice there or out of bounds is listed and left out. It stores nothing and
// needs RoundKeep. Faults: Invalid with the fields of the round, and those of the
// table.
func (k *Desk) ReadRound(ctx context.Context, q db.Queryer, a actor.Actor, f RoundFile) (RoundRead, error) {
	out := RoundRead{Scores: map[unit.ID][]Score{}}
	if err := k.Guard.Check(ctx, q, a, auth.RoundKeep, f.Unit); err != nil {
		return out, err
	}
	r, err := k.planFile(ctx, q, f)
	if err != nil {
		return out, err
	}
	out.Round = r
	_, set, err := k.issuedSet(ctx, q, r.Set)
	if err != nil {
		return out, err
	}
	units, err := k.unitNames(ctx, q, r)
	if err != nil {
		return out, err
	}
	items := Items(set)
	t, err := table.Open(f.Content, f.Size, table.Spec{Columns: append(optional(RoundColumns), leafColumns(items, RoundColumns)...)})
	if t != nil {
		defer t.Close()
	}
	if err != nil {
		return out, err
	}
	t.Lenient = true
	if err := out.form(t, items); err != nil {
		return out, err
	}
	if out.Wide {
		return out, out.readWide(t, set, units)
	}
	return out, out.readLong(t, set, units)
}

// form tells which of the two forms a file has. Fault: table.column_missing when it
// has neither.
func (out *RoundRead) form(t *table.Reader, items []*criteria.Node) error {
	for _, n := range items {
		out.Wide = out.Wide || t.Has(n.Code)
	}
	if out.Wide = out.Wide && !(t.Has("leaf") && t.Has("points")); out.Wide && t.Has("unit") {
		return nil
	}
	for _, c := range RoundColumns {
		if c.Need && !t.Has(c.Name) {
			return fault.New(fault.Invalid, "table.column_missing", "Column", c.Names[0])
		}
	}
	return nil
}

// readLong reads a row for each unit and leaf.
func (out *RoundRead) readLong(t *table.Reader, set *criteria.Set, units map[string]unit.ID) error {
	leaves := newLeafNames(set)
	seen := map[string]bool{}
	for t.Next() {
		left := LeftRow{Line: t.Line(), Unit: t.Get("unit"), Leaf: strings.TrimSpace(t.Get("leaf") + " " + t.Get("name")), Text: t.Get("points")}
		u := units[plain(t.Get("unit"))]
		n := leaves.find(t.Get("leaf"), t.Get("name"))
		switch {
		case t.Bad() != nil:
			left.Why = "rounds.left.broken"
		case u == "":
			left.Why = "rounds.left.unit"
		case u == severalUnits:
			left.Why = "rounds.left.units"
		case n == nil:
			left.Why = "rounds.left.leaf"
		case seen[string(u)+" "+n.Code]:
			left.Why = "rounds.left.twice"
		default:
			scores, why := givenScores(set, n, t.Get("self"), t.Get("points"), t.Get("note"))
			if left.Why = why; why == "" {
				seen[string(u)+" "+n.Code] = true
				out.take(u, scores)
				continue
			}
		}
		out.Left = append(out.Left, left)
	}
	return t.Err()
}

// readWide reads a row for each unit. A cell that is empty says nothing of its leaf.
func (out *RoundRead) readWide(t *table.Reader, set *criteria.Set, units map[string]unit.ID) error {
	for _, name := range strange(t) {
		out.Left = append(out.Left, LeftRow{Leaf: name, Why: "rounds.left.column"})
	}
	seen := map[unit.ID]bool{}
	for t.Next() {
		left := LeftRow{Line: t.Line(), Unit: t.Get("unit")}
		u := units[plain(t.Get("unit"))]
		switch {
		case t.Bad() != nil:
			left.Why = "rounds.left.broken"
		case u == "":
			left.Why = "rounds.left.unit"
		case u == severalUnits:
			left.Why = "rounds.left.units"
		case seen[u]:
			left.Why = "rounds.left.unit_twice"
		}
		if left.Why != "" {
			out.Left = append(out.Left, left)
			continue
		}
		seen[u] = true
		for _, n := range Items(set) {
			self, final := t.Get(selfColumn(n.Code)), t.Get(n.Code)
			if self == "" && final == "" {
				continue
			}
			scores, why := givenScores(set, n, self, final, t.Get("note"))
			if why != "" {
				out.Left = append(out.Left, LeftRow{Line: t.LineOf(n.Code), Unit: t.Get("unit"), Leaf: n.Code + " " + n.Name, Text: final, Why: why})
				continue
			}
			out.take(u, scores)
		}
	}
	return t.Err()
}

func (out *RoundRead) take(u unit.ID, scores []Score) {
	if out.Scores[u] == nil {
		out.Units = append(out.Units, u)
	}
	out.Scores[u] = append(out.Scores[u], scores...)
	out.Rows++
}

// givenScores reads the points of a leaf: the final ones, and where known the unit's.
func givenScores(set *criteria.Set, n *criteria.Node, self, final, note string) ([]Score, string) {
	var out []Score
	for _, x := range []struct {
		s     string
		stage Stage
	}{{self, StageSelf}, {final, StageFinal}} {
		s := x.s
		if s == "" && x.stage == StageSelf {
			continue
		}
		p, err := points.Parse(s)
		if err != nil {
			return nil, "rounds.left.points"
		}
		y := Score{Leaf: n.Code, Stage: x.stage, Version: 1, ByHand: &p, Note: note}
		if checkVerdict(&Ledger{Set: set}, n, y, Score{}) != nil {
			return nil, "rounds.left.outside"
		}
		out = append(out, y)
	}
	return out, ""
}

// planFile checks what is said of the round beside its rows.
func (k *Desk) planFile(ctx context.Context, q db.Queryer, f RoundFile) (Round, error) {
	r := Round{Unit: f.Unit, Name: strings.TrimSpace(f.Name), Basis: strings.TrimSpace(f.Basis), Set: f.Set, From: f.From, To: f.To, CutOff: f.To,
		Origin: OriginFile, Decision: strings.TrimSpace(f.Decision), Decided: f.Decided, Year: f.To.Time().Year()}
	bad := fault.New(fault.Invalid, "rounds.invalid")
	if r.Name == "" {
		bad.With("name", "rounds.name_missing")
	}
	if r.From == 0 || r.To == 0 {
		bad.With("from", "rounds.day_missing")
	} else if r.To < r.From {
		bad.With("to", "rounds.period_backwards")
	}
	if r.Decision == "" {
		bad.With("decision", "rounds.decision_missing")
	}
	if r.Decided == 0 || r.Decided > nowOf(k, q).Date() {
		bad.With("decided", "rounds.decided_wrong")
	}
	tooLong(bad, "name", r.Name, "basis", r.Basis, "decision", r.Decision)
	v, _, err := k.issuedSet(ctx, q, f.Set)
	if x := fault.As(err); x != nil {
		bad.With("set", x.Key)
	} else if err != nil {
		return r, err
	}
	r.Level = UnitLevel(v.Level)
	return r, bad.Or()
}

// severalUnits stands for a name that more than one unit has.
const severalUnits unit.ID = "?"

// unitNames returns the units of a round by code and by name, as names are compared.
func (k *Desk) unitNames(ctx context.Context, q db.Queryer, r Round) (map[string]unit.ID, error) {
	scored, gone, err := k.scope(ctx, q, r)
	if err != nil {
		return nil, err
	}
	out := map[string]unit.ID{}
	add := func(name string, id unit.ID) {
		if had, ok := out[plain(name)]; ok && had != id {
			id = severalUnits
		}
		out[plain(name)] = id
	}
	for _, s := range scored {
		add(s.Unit.Name, s.Unit.ID)
	}
	for _, g := range gone {
		add(g.Unit.Name, g.Unit.ID)
	}
	for _, s := range scored { // a code is one unit's alone
		out[plain(s.Unit.Code)] = s.Unit.ID
	}
	return out, nil
}

// leafNames finds leaves by code or by name.
type leafNames struct {
	set    *criteria.Set
	byName map[string]*criteria.Node
}

func newLeafNames(set *criteria.Set) leafNames {
	l := leafNames{set, map[string]*criteria.Node{}}
	for _, n := range Items(set) {
		if _, twice := l.byName[plain(n.Name)]; twice {
			l.byName[plain(n.Name)] = nil
			continue
		}
		l.byName[plain(n.Name)] = n
	}
	return l
}

// find returns the leaf with a code; with another name than the row's beside it the
// name decides, for sets are numbered anew.
func (l leafNames) find(code, name string) *criteria.Node {
	n := l.set.Node(strings.TrimSpace(code))
	if n != nil && n.Leaf == nil {
		n = nil
	}
	if by := l.byName[plain(name)]; name != "" && by != nil {
		return by
	}
	if n == nil {
		n = l.byName[plain(code)]
	}
	return n
}

var roundFileInsert = db.SQL("scorecard.round.file", `
	UPDATE round
	SET approved_at = $1, approved_by = $2, decision = $3, decided_day = $4
	WHERE id = $5`)

// ImportRound stores an earlier round from a file (nhập đợt năm trước): a sheet for
// each unit of the file with its points by hand, approved under its decision. Rows
// that cannot be mapped are returned. Units that the file does not tell of stay
// missing. It needs RoundKeep. Faults as of ReadRound; Invalid rounds.file_empty.
func (k *Desk) ImportRound(ctx context.Context, a actor.Actor, f RoundFile) (RoundRead, error) {
	read, err := k.ReadRound(ctx, k.DB, a, f)
	if err != nil {
		return read, err
	}
	if read.Rows == 0 {
		return read, fault.New(fault.Invalid, "rounds.invalid").With("file", "rounds.file_empty")
	}
	err = k.DB.Write(ctx, func(tx *db.Tx) error {
		if err := k.Guard.Check(ctx, tx, a, auth.RoundKeep, f.Unit); err != nil {
			return err
		}
		r := read.Round
		r.ID, r.Created, r.CreatedBy = db.NewID(), tx.Now, a.Account
		if err := storeRound(ctx, tx, r); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, roundFileInsert, tx.Now, a.Account, r.Decision, r.Decided, r.ID); err != nil {
			return err
		}
		if err := k.storeFileSheets(ctx, tx, a, r, read); err != nil {
			return err
		}
		read.Round = r
		final, err := k.lockedRound(ctx, tx, r)
		if err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: string(auth.RoundKeep), Kind: "round", ID: r.ID, Unit: r.Unit,
			Changes: []audit.Change{{Field: "imported", To: r.Name}, {Field: "decision", To: r.Decision}, {Field: "sheets", To: strconv.Itoa(len(read.Units))},
				{Field: "rows", To: strconv.Itoa(read.Rows)}, {Field: "left", To: strconv.Itoa(len(read.Left))}, contentChange(final)}})
	})
	return read, err
}

func (k *Desk) storeFileSheets(ctx context.Context, tx *db.Tx, a actor.Actor, r Round, read RoundRead) error {
	scored, _, err := k.scope(ctx, tx, r)
	if err != nil {
		return err
	}
	part := map[unit.ID]Scored{}
	for _, s := range scored {
		part[s.Unit.ID] = s
	}
	var sheets, rows [][]any
	var ids []string
	for _, u := range read.Units {
		s, ok := part[u]
		if !ok { // it ended within the period
			s = Scored{From: r.From, To: r.To}
		}
		id := db.NewID()
		ids = append(ids, id)
		sheets = append(sheets, []any{id, r.ID, string(u), s.Block, r.Set, s.From, s.To, ""})
		for _, x := range read.Scores[u] {
			x.Sheet, x.By, x.At = id, a.Account, tx.Now
			rows = append(rows, x.args())
		}
	}
	if err := tx.InsertRows(ctx, sheetInsert, sheets); err != nil {
		return err
	}
	for _, id := range ids {
		if _, err := tx.Exec(ctx, handInStore, tx.Now, a.Account, tx.Now, 0, id); err != nil {
			return err
		}
	}
	return tx.InsertRows(ctx, scoreStore, rows)
}

// LeftText says why a row was left out.
func LeftText(ctx context.Context, l LeftRow) string { return i18n.T(ctx, l.Why) }
