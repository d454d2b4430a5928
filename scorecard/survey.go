package scorecard

import (
	"context"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"cchc/base/actor"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/points"
	"cchc/base/table"
	"cchc/scorecard/criteria"
	"cchc/unit"
)

// SurveyColumns are the columns of a file with the results of surveys (điều tra xã
// hội học, SIPAS), a row for each unit and leaf: a percent or mean, or how many of
// how many were content; the answers by option stand in columns named by the options.
// A wide file has a row for each unit, and a column for each leaf with its percent.
var SurveyColumns = []table.Column{
	{Name: "unit", Names: []string{"Đơn vị", "Tên đơn vị", "Mã đơn vị", "Xã", "Xã, phường"}, Need: true},
	{Name: "leaf", Names: []string{"Tiêu chí", "Mã tiêu chí", "Mã", "Mã tiêu chí thành phần"}},
	{Name: "name", Names: []string{"Tên tiêu chí", "Nội dung", "Tiêu chí thành phần"}},
	{Name: "value", Names: []string{"Kết quả", "Tỷ lệ", "Tỷ lệ hài lòng", "Tỷ lệ (%)", "Điểm trung bình", "Giá trị"}},
	{Name: "content", Names: []string{"Số phiếu hài lòng", "Hài lòng", "Số hài lòng", "Số phiếu đồng ý"}},
	{Name: "answers", Names: []string{"Số phiếu", "Tổng số phiếu", "Số phiếu hợp lệ", "n"}},
}

// A SurveyFile is a file with survey results, for a stage of a round that is open to
// whoever brings it.
type SurveyFile struct {
	Round   string
	Stage   Stage
	Content io.ReaderAt
	Size    int64
}

// A SurveyRow is one survey leaf of one sheet as a file has it.
type SurveyRow struct {
	Sheet   string
	Unit    unit.Unit
	Leaf    string
	Input   criteria.Input
	Version int // of the stage's score that it takes the place of; 0 when there is none

	Node   *criteria.Node
	Before Score          // of the stage, or what it looks at
	Points *points.Points // that the input gives
	Same   bool           // it is stored already
}

// A SurveyRead is what a file says.
type SurveyRead struct {
	Round   Round
	Stage   Stage
	Rows    []SurveyRow
	Flaws   table.Flaws // cells that cannot be taken; with one of them nothing is stored
	Skipped []LeftRow   // units without a sheet to score: not an error of the file
	Strange []string    // columns that nobody asked for
}

// Changes returns the rows that are not stored yet.
func (r SurveyRead) Changes() []SurveyRow {
	return slices.DeleteFunc(slices.Clone(r.Rows), func(x SurveyRow) bool { return x.Same })
}

// surveyLeaves returns the survey leaves that somebody may score on some sheet.
func surveyLeaves(desks []OnDesk) []*criteria.Node {
	var out []*criteria.Node
	seen := map[string]bool{}
	for _, d := range desks {
		for _, n := range d.Ledger.Set.Leaves() {
			if n.Leaf.Binding.Survey() && !seen[n.Code] && d.May(n.Code) {
				seen[n.Code] = true
				out = append(out, n)
			}
		}
	}
	return out
}

// ReadSurvey reads a file of survey results and tells what StoreSurvey would store:
// units by code or name among the sheets that were handed in, leaves by code or name
// among the survey leaves. It stores nothing, and needs the rights of the stage, as
// Appraise does. Faults: Conflict rounds.stage_closed; Invalid survey.none, and
// those of the table.
func (k *Desk) ReadSurvey(ctx context.Context, q db.Queryer, a actor.Actor, f SurveyFile) (SurveyRead, error) {
	out := SurveyRead{Stage: f.Stage}
	r, err := k.Round(ctx, q, a, f.Round)
	if err != nil {
		return out, err
	}
	out.Round = r
	if !slices.Contains([]Stage{StageAppraised1, StageAppraised2, StageCouncil}, f.Stage) {
		return out, fault.New(fault.Invalid, "rounds.invalid").With("stage", "rounds.stage_unknown", "Stage", string(f.Stage))
	}
	desks, err := k.Desks(ctx, q, a, r, f.Stage)
	if err != nil {
		return out, err
	}
	leaves := surveyLeaves(desks)
	if len(leaves) == 0 {
		if !r.Open(f.Stage, "", nowOf(k, q)) {
			return out, fault.New(fault.Conflict, "rounds.stage_closed", "Stage", string(f.Stage))
		}
		return out, fault.New(fault.Invalid, "survey.none")
	}
	units, err := k.unitNames(ctx, q, r)
	if err != nil {
		return out, err
	}
	columns := append(slices.Clone(SurveyColumns), optionColumns(leaves)...)
	columns = append(columns, leafColumns(leaves, columns)...)
	t, err := table.Open(f.Content, f.Size, table.Spec{Columns: columns})
	if t != nil {
		defer t.Close()
	}
	if err != nil {
		return out, err
	}
	t.Lenient = true
	out.Strange = strange(t)
	s := surveyReader{out: &out, t: t, units: units, byUnit: map[unit.ID]OnDesk{}, leaves: leaves, seen: map[string]bool{}}
	for _, d := range desks {
		s.byUnit[d.Ledger.Sheet.Unit] = d
	}
	if err := s.read(); err != nil {
		return out, err
	}
	return out, s.weigh()
}

// optionColumns are the columns of the answers by option, named by the options.
func optionColumns(leaves []*criteria.Node) []table.Column {
	var out []table.Column
	seen := map[string]bool{}
	for _, c := range SurveyColumns {
		for _, s := range append([]string{c.Name}, c.Names...) {
			seen[table.Fold(s)] = true
		}
	}
	for _, n := range leaves {
		if x, ok := n.Leaf.Rule.(*criteria.SurveyRule); ok {
			for _, o := range x.Options {
				if f := table.Fold(o.Label); !seen[f] {
					seen[f] = true
					out = append(out, table.Column{Name: optionColumn(o.Label), Names: []string{o.Label}})
				}
			}
		}
	}
	return out
}

func optionColumn(label string) string { return "option:" + table.Fold(label) }

type surveyReader struct {
	out    *SurveyRead
	t      *table.Reader
	units  map[string]unit.ID
	byUnit map[unit.ID]OnDesk
	leaves []*criteria.Node
	seen   map[string]bool
}

// read reads rows of either form.
func (s *surveyReader) read() error {
	var wide []*criteria.Node
	for _, n := range s.leaves {
		if s.t.Has(n.Code) {
			wide = append(wide, n)
		}
	}
	if !s.t.Has("leaf") && len(wide) == 0 {
		return fault.New(fault.Invalid, "table.column_missing", "Column", SurveyColumns[1].Names[0])
	}
	for s.t.Next() {
		if bad := s.t.Bad(); bad != nil {
			s.flaw(bad)
			continue
		}
		d, ok := s.sheet()
		if !ok {
			continue
		}
		if s.t.Has("leaf") {
			s.long(d)
			continue
		}
		for _, n := range wide {
			if s.t.Get(n.Code) == "" {
				continue
			}
			if own := s.leaf(d, n.Code, "", n.Code); own != nil {
				in, key, args := surveyValue(d.Ledger.Set, own, s.t.Get(n.Code))
				s.take(d, own, in, n.Code, key, args)
			}
		}
	}
	return s.t.Err()
}

func (s *surveyReader) flaw(f *fault.Fault) { s.out.Flaws = append(s.out.Flaws, s.t.Flaw(f)) }

// sheet finds the sheet that a row is of.
func (s *surveyReader) sheet() (OnDesk, bool) {
	name := s.t.Get("unit")
	switch id := s.units[plain(name)]; {
	case id == "":
		s.flaw(s.t.Wrong("unit", "rounds.left.unit"))
	case id == severalUnits:
		s.flaw(s.t.Wrong("unit", "rounds.left.units"))
	default:
		d, ok := s.byUnit[id]
		if !ok {
			s.out.Skipped = append(s.out.Skipped, LeftRow{Line: s.t.Line(), Unit: name, Leaf: s.t.Get("leaf"), Text: s.t.Get("value"), Why: "rounds.left.no_sheet"})
		}
		return d, ok
	}
	return OnDesk{}, false
}

// leaf finds a survey leaf in a sheet's own set; nil after telling what is wrong.
func (s *surveyReader) leaf(d OnDesk, code, name, column string) *criteria.Node {
	n := newLeafNames(d.Ledger.Set).find(code, name)
	switch {
	case n == nil:
		s.flaw(s.t.Wrong(column, "rounds.left.leaf"))
	case !n.Leaf.Binding.Survey():
		s.flaw(s.t.Wrong(column, "rounds.left.not_survey"))
	case !d.May(n.Code):
		s.flaw(s.t.Wrong(column, "rounds.not_assigned", "Leaf", n.Code))
	case s.seen[d.Ledger.Sheet.ID+" "+n.Code]:
		s.flaw(s.t.Wrong(column, "rounds.left.twice"))
	default:
		s.seen[d.Ledger.Sheet.ID+" "+n.Code] = true
		return n
	}
	return nil
}

// long reads a row of one unit and leaf.
func (s *surveyReader) long(d OnDesk) {
	n := s.leaf(d, s.t.Get("leaf"), s.t.Get("name"), "leaf")
	if n == nil {
		return
	}
	if x, ok := n.Leaf.Rule.(*criteria.SurveyRule); ok && s.answered(x) {
		var in criteria.Input
		sum := int64(0)
		for _, o := range x.Options {
			c, ok := wholeNumber(s.t.Get(optionColumn(o.Label)))
			if !ok {
				s.flaw(s.t.Wrong(optionColumn(o.Label), "rounds.in.not_whole", "Value", table.Shown(s.t.Get(optionColumn(o.Label)))))
				return
			}
			in.Answers = append(in.Answers, c)
			sum += c
		}
		if all := s.t.Get("answers"); sum == 0 || all != "" && all != strconv.FormatInt(sum, 10) {
			s.flaw(s.t.Wrong(optionColumn(x.Options[0].Label), "survey.sum", "Sum", sum))
			return
		}
		s.take(d, n, in, optionColumn(x.Options[0].Label), "", nil)
		return
	}
	if had := s.t.Get("content"); had != "" {
		num, ok := wholeNumber(had)
		if !ok {
			s.flaw(s.t.Wrong("content", "rounds.in.not_whole", "Value", table.Shown(had)))
			return
		}
		den, ok := wholeNumber(s.t.Get("answers"))
		if !ok || den == 0 || num > den {
			s.flaw(s.t.Wrong("answers", "survey.answers", "Content", num))
			return
		}
		s.take(d, n, criteria.Input{Ratio: &points.Ratio{Num: num, Den: den}}, "content", "", nil)
		return
	}
	in, key, args := surveyValue(d.Ledger.Set, n, s.t.Get("value"))
	s.take(d, n, in, "value", key, args)
}

// answered reports whether the row has answers by option.
func (s *surveyReader) answered(x *criteria.SurveyRule) bool {
	return slices.ContainsFunc(x.Options, func(o criteria.Weight) bool { return s.t.Get(optionColumn(o.Label)) != "" })
}

// countShape is a count's digits, in groups of three or not: 12.0 is no 120, and 1.5 no 15.
var countShape = regexp.MustCompile(`^([0-9]+|[0-9]{1,3}(\.[0-9]{3})+)$`)

// wholeNumber reads a count; nothing is 0.
func wholeNumber(s string) (int64, bool) {
	if s == "" {
		return 0, true
	}
	if !countShape.MatchString(s) {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.ReplaceAll(s, ".", ""), 10, 64)
	return n, err == nil && n <= 1_000_000_000
}

// surveyValue reads a percent or mean; what is wrong with it is a message.
func surveyValue(set *criteria.Set, n *criteria.Node, s string) (criteria.Input, string, []any) {
	if s == "" {
		return criteria.Input{}, "survey.empty", nil
	}
	v, err := criteria.ParseNum(s)
	r, ok := v.Ratio()
	if err != nil || !ok {
		return criteria.Input{}, "rounds.in.not_number", []any{"Value", table.Shown(s)}
	}
	most := criteria.Int(100)
	if x, ok := n.Leaf.Rule.(*criteria.ImportRule); ok {
		most = x.Of
	}
	if v.Sign() < 0 || v.Cmp(most) > 0 {
		return criteria.Input{}, "survey.outside", []any{"Most", most.String()}
	}
	in := criteria.Input{Value: &r}
	if bad := set.Verify(n.Code, in); len(bad) > 0 {
		return in, bad[0].Key, bad[0].Args
	}
	return in, "", nil
}

// take adds an input, or what is wrong with its cell.
func (s *surveyReader) take(d OnDesk, n *criteria.Node, in criteria.Input, column, key string, args []any) {
	if key != "" {
		s.flaw(s.t.Wrong(column, key, args...))
		return
	}
	had := d.Ledger.Of(n.Code, s.out.Stage)
	before := had
	if had.Version == 0 {
		before = d.Ledger.Before(n.Code, s.out.Stage)
	}
	s.out.Rows = append(s.out.Rows, SurveyRow{Sheet: d.Ledger.Sheet.ID, Unit: d.Unit, Leaf: n.Code, Input: in, Version: had.Version, Node: n, Before: before,
		Same: had.Version > 0 && had.ByHand == nil && same(had.Input, in)})
}

// weigh computes what the inputs of each sheet give together.
func (s *surveyReader) weigh() error {
	bySheet := map[string][]int{}
	for i, x := range s.out.Rows {
		bySheet[x.Sheet] = append(bySheet[x.Sheet], i)
	}
	for _, d := range s.byUnit {
		rows := bySheet[d.Ledger.Sheet.ID]
		if len(rows) == 0 {
			continue
		}
		l := d.Ledger.copyOf()
		for _, i := range rows {
			x := s.out.Rows[i]
			l.put(Score{Sheet: x.Sheet, Leaf: x.Leaf, Stage: s.out.Stage, Version: x.Version + 1, Input: x.Input})
		}
		card := l.Card(s.out.Stage)
		for _, i := range rows {
			if s.out.Rows[i].Points = pointsOn(card, s.out.Rows[i].Leaf); s.out.Rows[i].Points == nil {
				return fmt.Errorf("survey of %s: %s cannot be scored", s.out.Rows[i].Unit.ID, s.out.Rows[i].Leaf)
			}
		}
	}
	return nil
}

// StoreSurvey stores survey results that ReadSurvey read as scores of a stage, all or
// none. source is where they are written: number and day of the survey's report; it
// stays with each score as its reason. Whoever stored something else since is a
// conflict. It needs the rights of the stage. Faults as of Appraise; Invalid with the
// fields source and rows.
func (k *Desk) StoreSurvey(ctx context.Context, a actor.Actor, roundID string, s Stage, source string, rows []SurveyRow) error {
	f := fault.New(fault.Invalid, "rounds.invalid")
	if source = strings.TrimSpace(source); source == "" {
		f.With("source", "survey.source_missing")
	}
	if len(rows) == 0 {
		f.With("rows", "survey.nothing")
	}
	if err := f.Or(); err != nil {
		return err
	}
	verdicts := make([]Verdict, len(rows))
	for i, x := range rows {
		verdicts[i] = Verdict{Sheet: x.Sheet, Leaf: x.Leaf, Input: x.Input, Why: source, Version: x.Version, Seen: -1}
	}
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		for _, x := range rows {
			if err := k.checkSurvey(ctx, tx, x); err != nil {
				return err
			}
		}
		return k.appraise(ctx, tx, a, roundID, s, verdicts)
	})
}

// checkSurvey refuses what is no survey leaf, or no input of it.
func (k *Desk) checkSurvey(ctx context.Context, q db.Queryer, x SurveyRow) error {
	sheet, err := getSheet(ctx, q, x.Sheet)
	if err != nil {
		return err
	}
	_, set, err := k.issuedSet(ctx, q, sheet.Set)
	if err != nil {
		return err
	}
	n := set.Node(x.Leaf)
	switch {
	case n == nil || n.Leaf == nil:
		return fault.New(fault.NotFound, "rounds.leaf_unknown", "Leaf", x.Leaf)
	case !n.Leaf.Binding.Survey():
		return fault.New(fault.Invalid, "rounds.left.not_survey")
	}
	if bad := set.Verify(x.Leaf, x.Input); len(bad) > 0 || !x.Input.Given() || x.Input.NA {
		return fault.New(fault.Invalid, "rounds.invalid").With("rows", "survey.broken", "Leaf", x.Leaf)
	}
	return nil
}

// Key is a row as forms hand it from the check on to storing.
func (x SurveyRow) Key() string {
	return x.Sheet + " " + x.Leaf + " " + strconv.Itoa(x.Version) + " " + encodeInput(x.Input)
}

// ParseSurveyRow reads what Key wrote.
func ParseSurveyRow(s string) (x SurveyRow, ok bool) {
	f := strings.SplitN(s, " ", 4)
	if len(f) != 4 {
		return x, false
	}
	n, err := strconv.Atoi(f[2])
	if err != nil || n < 0 {
		return x, false
	}
	x.Sheet, x.Leaf, x.Version = f[0], f[1], n
	x.Input, err = decodeInput(f[3])
	return x, err == nil
}
