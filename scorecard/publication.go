package scorecard

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/points"
	"cchc/scorecard/ranking"
	"cchc/unit"
)

// A Publication is the published result of a year (công bố chỉ số CCHC): of a round
// of ours, or history that others published. It is a copy: nothing that happens
// later changes it, and an amendment is a publication of its own.
type Publication struct {
	ID         string
	Unit       unit.ID // that keeps it: who ran the round, or under whose roof history was entered
	Publisher  string  // the body that decided, as it calls itself
	Round      string  // "" for history
	Year       int     // that is scored
	Level      string  // of the units
	Title      string
	Number     string // of the decision; history may have none
	Decided    moment.Date
	Source     string // of history: where it can be read
	Supersedes string // the publication that this one amends; "" none
	Reason     string // why it was amended
	Ties       ranking.Ties
	Breakers   []string // with ranking.Ordinal: codes of fields and criteria that tell equal units apart, in their order
	Decimals   int
	Weighting  ranking.Weighting // of the mean; "" where the source does not state it
	Bands      []ranking.Band
	Mean       *points.Points // as published
	Stated     int            // how many units it says it ranks; 0: it does not say
	Sums       []ranking.Sum
	Facts      []Fact
	SetRef     string // id of the criteria set, "" not known
	SetTitle   string
	SetMax     points.Points
	// Sets are the sets of the groups where these have sets of their own; then SetRef,
	// SetTitle, SetMax and Bands are those of the first. Empty: one set scored all.
	Sets []BlockSet

	Made       moment.Instant
	MadeBy     string         // account
	MadeFor    string         // account in whose place; "" in their own
	Approved   moment.Instant // 0: a proposal
	ApprovedBy string         // "" for history, which somebody else approved

	Rows []ResultRow // of the whole; lists leave them out
}

// A BlockSet is the criteria set by which a ranking group (khối) was scored.
type BlockSet struct {
	Block string         `json:"block"`
	Ref   string         `json:"ref"`
	Title string         `json:"title"`
	Max   points.Points  `json:"max"`
	Bands []ranking.Band `json:"bands"`
}

// SetOf returns the set by which a group was scored.
func (p Publication) SetOf(block string) BlockSet {
	for _, s := range p.Sets {
		if s.Block == block {
			return s
		}
	}
	return BlockSet{Block: block, Ref: p.SetRef, Title: p.SetTitle, Max: p.SetMax, Bands: p.Bands}
}

// History reports whether others published it, without sheets of ours.
func (p Publication) History() bool { return p.Round == "" }

// A Fact is another figure of a publication, as it was printed.
type Fact struct {
	What  string `json:"what"`
	Value string `json:"value"`
}

// A ResultRow is a unit's line of a publication. Nil: not published.
type ResultRow struct {
	Ord     int // from 1, in the order of the publication
	Unit    unit.ID
	Code    string // of the unit, where a table has it; not stored
	Name    string
	Block   string
	Score   *points.Points
	Max     *points.Points
	Index   *points.Points
	Rank    int // 0: unranked
	Of      int // how many of the block are ranked; 0: not known
	Shared  bool
	Band    string
	ByHand  bool
	Missing bool
	Note    string
	Deltas  ranking.Deltas
	Unclear *points.Points // a change of which the source does not say what it is of
	Fields  []FieldResult
	Leaves  []LeafResult
}

// A FieldResult is what a unit reached in a field (lĩnh vực), or in a part of
// another kind: appraised, survey.
type FieldResult struct {
	Code   string        `json:"code"`
	Name   string        `json:"name"`
	Points points.Points `json:"points"`
	Max    points.Points `json:"max"`
}

// A LeafResult is what a unit reached in a component criterion.
type LeafResult struct {
	Code   string        `json:"code"`
	Name   string        `json:"name"`
	Field  string        `json:"field"` // code
	State  string        `json:"state"`
	Points points.Points `json:"points"`
	Max    points.Points `json:"max"`
	// Rule says the rule, and Next what the next step up would have taken, in each
	// language.
	Rule map[string]string `json:"rule,omitempty"`
	Next map[string]string `json:"next,omitempty"`
}

// Lost returns what was not reached.
func (l LeafResult) Lost() points.Points { return l.Max - l.Points }

// Exact returns the index as precisely as it was published: points over maximum,
// else the printed percent.
func (r ResultRow) Exact() points.Ratio {
	switch {
	case r.Missing:
		return points.Ratio{}
	case r.Score != nil && r.Max != nil && *r.Max > 0:
		return points.Ratio{Num: int64(*r.Score), Den: int64(*r.Max)}
	case r.Index != nil:
		return points.Ratio{Num: int64(*r.Index), Den: int64(points.Of(100))}
	}
	return points.Ratio{}
}

// Percent returns the index: the published one, else computed from the published
// points; ok is false when there is neither.
func (r ResultRow) Percent(decimals int) (p points.Points, ok bool) {
	if r.Index != nil {
		return *r.Index, true
	}
	x := r.Exact()
	if !x.Defined() {
		return 0, false
	}
	return ranking.Percent(x, decimals), true
}

// Standing is the row as a comparison of years takes it.
func (p Publication) Standing(r ResultRow) ranking.Standing {
	set := p.SetOf(r.Block)
	s := ranking.Standing{Exact: r.Exact(), Rank: r.Rank, Missing: r.Missing, Set: ranking.SetRef{ID: set.Ref, Max: set.Max}, List: ranking.List{Size: r.Of}}
	s.Index, _ = r.Percent(p.Decimals)
	if r.Score != nil && r.Max != nil {
		s.Score, s.Max = *r.Score, *r.Max
	}
	var units []string
	for _, o := range p.Rows {
		if o.Block == r.Block && o.Rank > 0 {
			units = append(units, o.key())
		}
	}
	if s.List.Size == 0 && len(units) > 1 {
		s.List.Size = len(units)
	}
	if len(units) == s.List.Size {
		s.List.Units = units
	}
	return s
}

// key tells units apart over the years: by id, or by name where a source has no more.
func (r ResultRow) key() string {
	if r.Unit != "" {
		return string(r.Unit)
	}
	return i18n.Fold(r.Name)
}

// Row returns the row of the unit that o is of.
func (p Publication) Row(o ResultRow) (ResultRow, bool) {
	for _, r := range p.Rows {
		if r.Unit != "" && o.Unit != "" {
			if r.Unit == o.Unit {
				return r, true
			}
			continue
		}
		if ranking.SameName(r.Name, o.Name) {
			return r, true
		}
	}
	return ResultRow{}, false
}

// Blocks returns the ranking groups in their order.
func (p Publication) Blocks() []string {
	var out []string
	seen := map[string]bool{}
	for _, r := range p.Rows {
		if !seen[r.Block] {
			seen[r.Block] = true
			out = append(out, r.Block)
		}
	}
	return out
}

const publicationColumns = `p.id, p.unit_id, p.publisher, p.round_id, p.year, p.level, p.title, p.number, p.decided_day, p.source, p.supersedes, p.reason, p.ties,
	p.decimals, p.weighting, p.bands, p.mean, p.stated, p.sums, p.facts, p.set_ref, p.set_title, p.set_max, p.made_at, p.made_by, p.approved_at, p.approved_by, p.breakers, p.sets, p.made_for`

var (
	publicationInsert = db.Rows("scorecard.publication.insert", "publication", `id, unit_id, publisher, round_id, year, level, title, number, decided_day, source,
		supersedes, reason, ties, decimals, weighting, bands, mean, stated, sums, facts, set_ref, set_title, set_max, made_at, made_by, approved_at, approved_by, breakers, sets, made_for`, "")
	publicationGet = db.SQL("scorecard.publication.get", `SELECT `+publicationColumns+` FROM publication p WHERE p.id = $1`)
	publicationAll = db.SQL("scorecard.publication.all", `
		SELECT `+publicationColumns+`
		FROM publication p
		ORDER BY p.year DESC, p.made_at DESC, p.id`)
	publicationAfter = db.SQL("scorecard.publication.after", `SELECT `+publicationColumns+` FROM publication p WHERE p.supersedes = $1`)
	publicationYear  = db.SQL("scorecard.publication.year", `
		SELECT `+publicationColumns+`
		FROM publication p
		WHERE p.year = $1 AND p.level = $2 AND p.unit_id = $3 AND p.approved_at IS NOT NULL
		ORDER BY p.approved_at DESC, p.id DESC`)
	publicationApprove = db.SQL("scorecard.publication.approve", `
		UPDATE publication
		SET approved_at = $1, approved_by = $2
		WHERE id = $3 AND approved_at IS NULL`)
	publicationDrop = db.SQL("scorecard.publication.drop", `DELETE FROM publication WHERE id = $1 AND approved_at IS NULL`)

	rowColumns = `r.ord, r.unit_id, r.name, r.block, r.score, r.max, r.index_percent, r.place, r.of_units, r.shared, r.band, r.band_by_hand, r.missing, r.note,
		r.d_points, r.d_points_why, r.d_percent, r.d_percent_why, r.d_rank, r.d_rank_why, r.d_share, r.d_share_why, r.d_unclear, r.fields, r.leaves`
	rowInsert = db.Rows("scorecard.publication_row.insert", "publication_row", `publication_id, ord, unit_id, name, fold, block, score, max, index_percent,
		place, of_units, shared, band, band_by_hand, missing, note, d_points, d_points_why, d_percent, d_percent_why, d_rank, d_rank_why, d_share,
		d_share_why, d_unclear, fields, leaves`, "")
	rowsOf = db.SQL("scorecard.publication_row.of", `
		SELECT `+rowColumns+`
		FROM publication_row r
		WHERE r.publication_id = $1
		ORDER BY r.ord`)
	rowsOfUnit = db.SQL("scorecard.publication_row.of_unit", `
		SELECT p.id
		FROM publication_row r
		JOIN publication p ON p.id = r.publication_id
		WHERE r.unit_id = $1 AND p.approved_at IS NOT NULL
		ORDER BY p.year, p.approved_at, p.id`)
	rowsOfName = db.SQL("scorecard.publication_row.of_name", `
		SELECT p.id
		FROM publication_row r
		JOIN publication p ON p.id = r.publication_id
		WHERE r.fold = $1 AND p.approved_at IS NOT NULL
		ORDER BY p.year, p.approved_at, p.id`)
)

func scanPublication(s db.Scanner) (p Publication, err error) {
	var round, supersedes *string
	var decided, mean, approved *int64
	var bands, sums, facts, breakers, sets string
	if err = s.Scan(&p.ID, &p.Unit, &p.Publisher, &round, &p.Year, &p.Level, &p.Title, &p.Number, &decided, &p.Source, &supersedes, &p.Reason, &p.Ties,
		&p.Decimals, &p.Weighting, &bands, &mean, &p.Stated, &sums, &facts, &p.SetRef, &p.SetTitle, &p.SetMax, &p.Made, &p.MadeBy, &approved, &p.ApprovedBy, &breakers, &sets, &p.MadeFor); err != nil {
		return p, err
	}
	p.Breakers = strings.Fields(breakers)
	p.Round, p.Supersedes, p.Mean = orEmpty(round), orEmpty(supersedes), asPoints(mean)
	if decided != nil {
		p.Decided = moment.Date(*decided)
	}
	if approved != nil {
		p.Approved = moment.Instant(*approved)
	}
	return p, errors.Join(json.Unmarshal([]byte(bands), &p.Bands), json.Unmarshal([]byte(sums), &p.Sums), json.Unmarshal([]byte(facts), &p.Facts),
		json.Unmarshal([]byte(sets), &p.Sets))
}

func scanRow(s db.Scanner) (r ResultRow, err error) {
	var score, most, index, unclear *int64
	var shared, hand, missing int
	d := [4]*int64{}
	var why [4]ranking.Why
	var fields, leaves string
	if err = s.Scan(&r.Ord, &r.Unit, &r.Name, &r.Block, &score, &most, &index, &r.Rank, &r.Of, &shared, &r.Band, &hand, &missing, &r.Note,
		&d[0], &why[0], &d[1], &why[1], &d[2], &why[2], &d[3], &why[3], &unclear, &fields, &leaves); err != nil {
		return r, err
	}
	r.Score, r.Max, r.Index, r.Unclear = asPoints(score), asPoints(most), asPoints(index), asPoints(unclear)
	r.Shared, r.ByHand, r.Missing = shared == 1, hand == 1, missing == 1
	for i, to := range r.deltas() {
		to.Why = why[i]
		if d[i] != nil {
			to.Value, to.OK = points.Points(*d[i]), true
		}
	}
	return r, errors.Join(json.Unmarshal([]byte(fields), &r.Fields), json.Unmarshal([]byte(leaves), &r.Leaves))
}

func (r *ResultRow) deltas() [4]*ranking.Delta {
	return [4]*ranking.Delta{&r.Deltas.Points, &r.Deltas.Percent, &r.Deltas.Rank, &r.Deltas.Share}
}

func orEmpty(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func asPoints(n *int64) *points.Points {
	if n == nil {
		return nil
	}
	p := points.Points(*n)
	return &p
}

// pointsOrNull and textOrNull are arguments for columns that may be empty.
func pointsOrNull(p *points.Points) any {
	if p == nil {
		return nil
	}
	return int64(*p)
}

func textOrNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// list writes a slice as JSON, an empty one as [].
func list[T any](s []T) (string, error) {
	if len(s) == 0 {
		return "[]", nil
	}
	b, err := json.Marshal(s)
	return string(b), err
}

// insertPublication stores a publication with its rows, numbered in their order.
func insertPublication(ctx context.Context, tx *db.Tx, p Publication) error {
	bands, err := list(p.Bands)
	sums, err2 := list(p.Sums)
	facts, err3 := list(p.Facts)
	sets, err4 := list(p.Sets)
	if err := errors.Join(err, err2, err3, err4); err != nil {
		return fmt.Errorf("write publication %s: %w", p.ID, err)
	}
	var decided, approved any
	if p.Decided != 0 {
		decided = p.Decided
	}
	if p.Approved != 0 {
		approved = p.Approved
	}
	err = tx.InsertRows(ctx, publicationInsert, [][]any{{p.ID, string(p.Unit), p.Publisher, textOrNull(p.Round), p.Year, p.Level, p.Title, p.Number, decided, p.Source,
		textOrNull(p.Supersedes), p.Reason, string(p.Ties), p.Decimals, string(p.Weighting), bands, pointsOrNull(p.Mean), p.Stated, sums, facts, p.SetRef, p.SetTitle,
		int64(p.SetMax), p.Made, p.MadeBy, approved, p.ApprovedBy, strings.Join(p.Breakers, " "), sets, p.MadeFor}})
	if err != nil {
		return err
	}
	var rows [][]any
	for i, r := range p.Rows {
		fields, err := list(r.Fields)
		leaves, err2 := list(r.Leaves)
		if err := errors.Join(err, err2); err != nil {
			return fmt.Errorf("write row %d of publication %s: %w", i+1, p.ID, err)
		}
		row := []any{p.ID, i + 1, string(r.Unit), r.Name, i18n.Fold(r.Name), r.Block, pointsOrNull(r.Score), pointsOrNull(r.Max), pointsOrNull(r.Index),
			r.Rank, r.Of, bit(r.Shared), r.Band, bit(r.ByHand), bit(r.Missing), r.Note}
		for _, d := range r.deltas() {
			var v any
			if d.OK {
				v = int64(d.Value)
			}
			row = append(row, v, string(d.Why))
		}
		rows = append(rows, append(row, pointsOrNull(r.Unclear), fields, leaves))
	}
	return tx.InsertRows(ctx, rowInsert, rows)
}

// getPublication returns a publication with its rows, without asking who wants it.
// Fault: NotFound results.unknown.
func getPublication(ctx context.Context, q db.Queryer, id string) (Publication, error) {
	p, err := db.One(ctx, q, publicationGet, scanPublication, id)
	if errors.Is(err, db.ErrNotFound) {
		return p, fault.New(fault.NotFound, "results.unknown").Because(err)
	}
	if err != nil {
		return p, err
	}
	if p.Rows, err = db.All(ctx, q, rowsOf, scanRow, id); err != nil {
		return p, fmt.Errorf("read the rows of publication %s: %w", id, err)
	}
	return p, nil
}

// amendmentOf returns the approved publication that amends another; ok is false
// when none does.
func amendmentOf(ctx context.Context, q db.Queryer, id string) (Publication, bool, error) {
	p, err := db.One(ctx, q, publicationAfter, scanPublication, id)
	if errors.Is(err, db.ErrNotFound) {
		return p, false, nil
	}
	return p, err == nil && p.Approved != 0, err
}
