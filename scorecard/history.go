package scorecard

import (
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
	"cchc/base/points"
	"cchc/base/table"
	"cchc/scorecard/ranking"
)

const (
	mostRows     = 5_000
	longText     = 500
	indexedSince = 2005 // indices of this kind begin after; a year before is a slip of the hand
)

// EnterHistory stores results that others published, with their source and without
// sheets of ours (kết quả đã công bố). They are kept as they were printed: what
// contradicts itself is pointed out by Doubts, not corrected. With Supersedes it
// amends an earlier publication, which stays; Reason says why.
//
// It needs ResultPublish in p.Unit. Faults: Invalid results.wrong with the fields
// year, level, publisher, title, source, decided, decimals, rows, reason; Conflict
// results.amended when another amendment was faster.
func (k *Desk) EnterHistory(ctx context.Context, a actor.Actor, p Publication) (string, error) {
	err := k.DB.Write(ctx, func(tx *db.Tx) error {
		p.ID, p.Round, p.ApprovedBy = db.NewID(), "", ""
		p.Made, p.MadeBy, p.MadeFor, p.Approved = tx.Now, a.Account, a.For.Account, tx.Now
		if err := k.checkHistory(ctx, tx, a, &p, tx.Now.Date()); err != nil {
			return err
		}
		if p.Supersedes != "" {
			if err := k.mayAmend(ctx, tx, p); err != nil {
				return err
			}
		}
		if err := insertPublication(ctx, tx, p); err != nil {
			return err
		}
		stored, err := getPublication(ctx, tx, p.ID)
		if err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: "result.history", Kind: "publication", ID: p.ID, Unit: p.Unit, Reason: p.Reason,
			Changes: []audit.Change{{Field: "title", To: p.Title}, {Field: "source", To: p.Source}, {Field: "rows", To: strconv.Itoa(len(p.Rows))}, contentChange(stored.Locked())}})
	})
	return p.ID, err
}

// CheckHistory tells what EnterHistory would refuse, and stores nothing: the copy is
// for ever, so people see it before.
func (k *Desk) CheckHistory(ctx context.Context, a actor.Actor, p Publication) error {
	return k.checkHistory(ctx, k.DB, a, &p, k.DB.Now().Date())
}

func (k *Desk) checkHistory(ctx context.Context, q db.Queryer, a actor.Actor, p *Publication, today moment.Date) error {
	if err := k.Guard.Check(ctx, q, a, auth.ResultPublish, p.Unit); err != nil {
		return err
	}
	f := fault.New(fault.Invalid, "results.wrong")
	p.check(f, today)
	if p.Source == "" {
		f.With("source", "results.source_missing")
	}
	p.Rows = slices.Clone(p.Rows)
	for i := range p.Rows {
		for _, d := range p.Rows[i].deltas() {
			if !d.OK {
				d.Why = ranking.WhyUnknown
			}
		}
	}
	if err := k.codes(ctx, q, p, f); err != nil {
		return err
	}
	return f.Or()
}

// codes finds the units of rows that have a code, as it was at the end of the year.
func (k *Desk) codes(ctx context.Context, q db.Queryer, p *Publication, f *fault.Fault) error {
	tree, err := k.Units.On(ctx, q, moment.NewDate(p.Year, 12, 31))
	if err != nil {
		return err
	}
	for i, r := range p.Rows {
		if r.Code == "" || r.Unit != "" {
			continue
		}
		u, ok := tree.ByCode(r.Code)
		if !ok {
			f.With("rows", "results.code_unknown", "Code", table.Shown(r.Code), "No", i+1)
			continue
		}
		p.Rows[i].Unit = u.ID
	}
	return nil
}

// mayAmend returns nil when p may amend the publication that it names: it is of the
// same unit, published, and not amended yet.
func (k *Desk) mayAmend(ctx context.Context, tx *db.Tx, p Publication) error {
	old, err := getPublication(ctx, tx, p.Supersedes)
	if err != nil {
		return err
	}
	if old.Unit != p.Unit || old.Round != p.Round || old.Year != p.Year || old.Level != p.Level {
		return fault.New(fault.Conflict, "results.amends_other")
	}
	stands := old.stands()
	if _, err := db.One(ctx, tx, publicationAfter, scanPublication, old.ID); err == nil {
		stands = "amended"
	} else if !isNotFound(err) {
		return err
	}
	switch {
	case auth.AmendResult.In(stands):
		return nil
	case stands == "amended":
		return fault.New(fault.Conflict, "results.amended")
	}
	return fault.New(fault.Conflict, "results.amends_other")
}

// check tells what is wrong with what was entered.
func (p *Publication) check(f *fault.Fault, today moment.Date) {
	for name, text := range map[string]*string{"title": &p.Title, "publisher": &p.Publisher, "number": &p.Number, "source": &p.Source, "reason": &p.Reason, "level": &p.Level} {
		*text = strings.TrimSpace(*text)
		if len(*text) > longText {
			f.With(name, "results.long", "Most", longText)
		}
	}
	figuresOnly := p.Year == 0 && len(p.Rows) == 0 // a document that names no year
	if !figuresOnly && (p.Year < indexedSince || p.Year > today.Time().Year()) {
		f.With("year", "results.year_wrong", "From", strconv.Itoa(indexedSince), "To", strconv.Itoa(today.Time().Year()))
	}
	if p.Level == "" {
		f.With("level", "results.level_missing")
	}
	if p.Publisher == "" {
		f.With("publisher", "results.publisher_missing")
	}
	if p.Title == "" {
		f.With("title", "results.title_missing")
	}
	if p.Decided > today {
		f.With("decided", "results.decided_future")
	}
	if p.Decimals < 0 || p.Decimals > 4 {
		f.With("decimals", "results.decimals_wrong")
	}
	if p.Supersedes != "" && p.Reason == "" {
		f.With("reason", "results.reason_missing")
	}
	switch {
	case len(p.Rows) == 0 && len(p.Facts) == 0:
		f.With("rows", "results.rows_missing")
	case len(p.Rows) > mostRows:
		f.With("rows", "results.rows_many", "Most", mostRows)
	}
	for i, r := range p.Rows {
		if strings.TrimSpace(r.Name) == "" {
			f.With("rows", "results.row_unnamed", "No", i+1)
		}
	}
}

// ResultColumns are the columns of a table of results that somebody brings, CSV or
// XLSX. What else the table has is left out, but for a part of the total whose name
// ends in its maximum, appraised_max65.
var ResultColumns = []table.Column{
	{Name: "unit", Names: []string{"đơn vị", "tên đơn vị", "địa phương", "name"}, Need: true},
	{Name: "block", Names: []string{"khối", "nhóm"}},
	{Name: "code", Names: []string{"mã đơn vị"}},
	{Name: "score", Names: []string{"điểm", "tổng điểm", "điểm đạt", "total"}},
	{Name: "max", Names: []string{"điểm tối đa", "điểm chuẩn"}},
	{Name: "index", Names: []string{"chỉ số", "chỉ số cchc", "tỷ lệ", "tỷ lệ %", "index_percent", "percent"}},
	{Name: "rank", Names: []string{"hạng", "xếp hạng", "thứ hạng", "xếp thứ"}},
	{Name: "of", Names: []string{"trên tổng số", "số đơn vị"}},
	{Name: "band", Names: []string{"xếp loại", "mức", "mức độ"}},
	{Name: "delta_points", Names: []string{"tăng giảm điểm"}},
	{Name: "delta_percent", Names: []string{"tăng giảm chỉ số"}},
	{Name: "delta", Names: []string{"tăng giảm", "so với năm trước"}},
	{Name: "delta_rank", Names: []string{"tăng giảm hạng", "thay đổi thứ hạng"}},
	{Name: "note", Names: []string{"ghi chú"}},
}

// parted is a column that holds a part of the total, or the total itself, out of
// the maximum that its name ends in.
var parted = regexp.MustCompile(`^(.+)_max([0-9]+(?:[.,][0-9]+)?)$`)

// ReadResults reads a table of published results. Every wrong cell is a flaw that
// names its line or cell; the rows that are right are returned beside them.
func ReadResults(t *table.Reader) ([]ResultRow, table.Flaws, error) {
	t.Lenient = true
	var out []ResultRow
	var flaws table.Flaws
	for t.Next() {
		if bad := t.Bad(); bad != nil {
			flaws = append(flaws, t.Flaw(bad))
			continue
		}
		if len(out) == mostRows {
			return nil, nil, fault.New(fault.Invalid, "results.rows_many", "Most", mostRows)
		}
		r, bad := readRow(t)
		if bad != nil {
			flaws = append(flaws, t.Flaw(bad))
			continue
		}
		out = append(out, r)
	}
	if err := t.Err(); err != nil {
		return nil, nil, err
	}
	finish(out)
	return out, flaws, nil
}

// finish fills what follows from the other rows: which ranks are shared.
func finish(rows []ResultRow) {
	type place struct {
		block string
		rank  int
	}
	n := map[place]int{}
	for _, r := range rows {
		n[place{r.Block, r.Rank}]++
	}
	for i, r := range rows {
		rows[i].Ord = i + 1
		rows[i].Shared = r.Rank > 0 && n[place{r.Block, r.Rank}] > 1
		for _, d := range rows[i].deltas() {
			if !d.OK {
				d.Why = ranking.WhyUnknown
			}
		}
	}
}

func readRow(t *table.Reader) (ResultRow, *fault.Fault) {
	r := ResultRow{Name: t.Get("unit"), Code: t.Get("code"), Block: t.Get("block"), Band: dash(t.Get("band")), Note: t.Get("note")}
	if r.Name == "" {
		return r, t.Wrong("unit", "results.csv.empty")
	}
	for _, name := range []string{"unit", "code", "block", "band", "note"} {
		if len(t.Get(name)) > longText {
			return r, t.Wrong(name, "results.long", "Most", longText)
		}
	}
	for _, x := range []struct {
		name string
		to   **points.Points
	}{{"score", &r.Score}, {"max", &r.Max}, {"index", &r.Index}, {"delta", &r.Unclear}} {
		text := dash(t.Get(x.name))
		if text == "" {
			continue
		}
		p, err := parseSigned(text)
		if err != nil || p < 0 && x.name != "delta" {
			return r, t.Wrong(x.name, "results.csv.number")
		}
		*x.to = &p
	}
	for _, x := range []struct {
		name string
		to   *ranking.Delta
	}{{"delta_points", &r.Deltas.Points}, {"delta_percent", &r.Deltas.Percent}, {"delta_rank", &r.Deltas.Rank}} {
		text := dash(t.Get(x.name))
		if text == "" {
			continue
		}
		p, err := parseSigned(text)
		if err != nil || x.name == "delta_rank" && p%points.Scale != 0 {
			return r, t.Wrong(x.name, "results.csv.number")
		}
		*x.to = ranking.Delta{Value: p, OK: true}
	}
	rank := strings.TrimPrefix(dash(t.Get("rank")), "=")
	before, of, ok := strings.Cut(rank, "/") // 3/10
	if ok {
		rank = before
	}
	for _, x := range []struct {
		name, text string
		to         *int
	}{{"rank", rank, &r.Rank}, {"rank", of, &r.Of}, {"of", strings.TrimPrefix(dash(t.Get("of")), "="), &r.Of}} { // a column of its own says it better
		if x.text = strings.TrimSpace(x.text); x.text == "" {
			continue
		}
		n, err := strconv.Atoi(x.text)
		if err != nil || n < 1 || n > mostRows {
			return r, t.Wrong(x.name, "results.csv.rank")
		}
		*x.to = n
	}
	for _, h := range t.Header() {
		m := parted.FindStringSubmatch(h)
		if m == nil || dash(t.Get(h)) == "" {
			continue
		}
		p, err := points.Parse(t.Get(h))
		most, err2 := points.Parse(m[2])
		if err != nil || err2 != nil || p < 0 {
			return r, t.Wrong(h, "results.csv.number")
		}
		if m[1] == "total" {
			r.Score, r.Max = &p, &most
		} else {
			r.Fields = append(r.Fields, FieldResult{Name: m[1], Points: p, Max: most})
		}
	}
	r.Missing = r.Score == nil && r.Index == nil && r.Rank == 0 && r.Band == ""
	return r, nil
}

// dash reads the signs for "no value" as nothing.
func dash(s string) string {
	if s == "–" || s == "-" || s == "—" {
		return ""
	}
	return s
}

// parseSigned reads a number with a sign in front, as changes are printed: +10,31.
func parseSigned(s string) (points.Points, error) {
	s = strings.TrimSpace(strings.TrimSuffix(s, "%"))
	return points.Parse(strings.Replace(strings.TrimPrefix(s, "+"), "−", "-", 1))
}
