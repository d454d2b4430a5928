package scorecard

import (
	"context"
	"slices"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/points"
	"cchc/scorecard/ranking"
	"cchc/unit"
)

// Publications returns what was published, the latest year first, without rows;
// proposals only to who may prepare or approve them. It needs ScoreRead somewhere.
func (k *Desk) Publications(ctx context.Context, q db.Queryer, a actor.Actor) ([]Publication, error) {
	if err := k.Guard.CheckAnywhere(a, auth.ScoreRead); err != nil {
		return nil, err
	}
	all, err := db.All(ctx, q, publicationAll, scanPublication)
	if err != nil {
		return nil, err
	}
	out := all[:0]
	for _, p := range all {
		ok, err := k.maySee(ctx, q, a, p)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, p)
		}
	}
	return slices.Clip(out), nil
}

func (k *Desk) maySee(ctx context.Context, q db.Queryer, a actor.Actor, p Publication) (bool, error) {
	if p.Approved != 0 {
		return true, nil
	}
	return k.mayPrepare(ctx, q, a, p.Unit)
}

// mayPrepare reports whether somebody may make proposals of a unit, and see them.
func (k *Desk) mayPrepare(ctx context.Context, q db.Queryer, a actor.Actor, u unit.ID) (bool, error) {
	for _, v := range []auth.Verb{auth.RoundKeep, auth.ResultPublish} {
		if ok, err := k.Guard.May(ctx, q, a, v, u); err != nil || ok {
			return ok, err
		}
	}
	return false, nil
}

// Publication returns a publication with its rows. What somebody may not see they
// are not told of. Fault: NotFound results.unknown.
func (k *Desk) Publication(ctx context.Context, q db.Queryer, a actor.Actor, id string) (Publication, error) {
	if err := k.Guard.CheckAnywhere(a, auth.ScoreRead); err != nil {
		return Publication{}, err
	}
	p, err := getPublication(ctx, q, id)
	if err != nil {
		return p, err
	}
	if ok, err := k.maySee(ctx, q, a, p); err != nil {
		return Publication{}, err
	} else if !ok {
		return Publication{}, fault.New(fault.NotFound, "results.unknown")
	}
	return p, nil
}

// PublicPublications returns what everybody may read, the latest year first,
// without rows.
func (k *Desk) PublicPublications(ctx context.Context, q db.Queryer) ([]Publication, error) {
	all, err := db.All(ctx, q, publicationAll, scanPublication)
	return slices.DeleteFunc(all, func(p Publication) bool { return p.Approved == 0 }), err
}

// PublicPublication returns a publication that everybody may read. Fault: NotFound
// results.unknown.
func (k *Desk) PublicPublication(ctx context.Context, q db.Queryer, id string) (Publication, error) {
	p, err := getPublication(ctx, q, id)
	if err == nil && p.Approved == 0 {
		err = fault.New(fault.NotFound, "results.unknown")
	}
	if err != nil {
		return Publication{}, err
	}
	return p, nil
}

// Current returns the publication that p was amended to, p itself when it was not.
func (k *Desk) Current(ctx context.Context, q db.Queryer, p Publication) (Publication, error) {
	id := p.ID
	for {
		next, ok, err := amendmentOf(ctx, q, id)
		if err != nil {
			return p, err
		}
		if !ok {
			break
		}
		id = next.ID
	}
	if id == p.ID {
		return p, nil
	}
	return getPublication(ctx, q, id)
}

// Before returns the publication that was in force for the year before, of the same
// publisher and level; nil when there is none.
func (k *Desk) Before(ctx context.Context, q db.Queryer, p Publication) (*Publication, error) {
	all, err := db.All(ctx, q, publicationYear, scanPublication, p.Year-1, p.Level, string(p.Unit))
	if err != nil {
		return nil, err
	}
	for _, o := range all {
		if !ranking.SameName(o.Publisher, p.Publisher) {
			continue
		}
		if _, amended, err := amendmentOf(ctx, q, o.ID); err != nil {
			return nil, err
		} else if amended {
			continue
		}
		full, err := getPublication(ctx, q, o.ID)
		return &full, err
	}
	return nil, nil
}

// Doubts returns what contradicts itself in a publication, or what was published
// the year before. past may be nil.
func (p Publication) Doubts(past *Publication) []ranking.Doubt {
	t := ranking.Table{Decimals: p.Decimals, Ties: p.Ties, Bands: p.Bands, Mean: p.Mean, Weighting: p.Weighting, Sums: p.Sums, Units: p.Stated, BandsOf: map[string][]ranking.Band{}}
	for _, s := range p.Sets {
		t.BandsOf[s.Block] = s.Bands
	}
	for _, r := range p.Rows {
		if r.Missing {
			t.Units-- // it was stated, and listed without figures
			continue
		}
		row := ranking.Row{Unit: r.Name, Block: r.Block, Score: r.Score, Max: r.Max, Index: r.Index, Rank: r.Rank, Of: r.Of, Band: r.Band, DeltaUnclear: r.Unclear}
		if p.History() { // a round's fields leave bonus and penalty out
			for _, f := range r.Fields {
				row.Parts = append(row.Parts, f.Points)
			}
		}
		for at, d := range map[**points.Points]ranking.Delta{&row.DeltaPoints: r.Deltas.Points, &row.DeltaPercent: r.Deltas.Percent} {
			if d.OK {
				*at = &d.Value
			}
		}
		if d := r.Deltas.Rank; d.OK {
			places := int(d.Value / points.Scale)
			row.DeltaRank = &places
		}
		if past != nil {
			if o, ok := past.Row(r); ok {
				row.Past = &ranking.Past{Score: o.Score, Index: o.Index, Rank: o.Rank}
			}
		}
		t.Rows = append(t.Rows, row)
	}
	return t.Doubts()
}

// A Mean is a mean of a publication with what it is of.
type Mean struct {
	Weighting ranking.Weighting
	Value     points.Points
}

// Means returns every way to take the mean of the rows, rounded at the
// publication's places; none for fewer than two units.
func (p Publication) Means() []Mean {
	places := p.places()
	if len(places) < 2 {
		return nil
	}
	var out []Mean
	for _, w := range ranking.Weightings {
		if m, ok := ranking.Mean(places, w, p.Decimals); ok {
			out = append(out, Mean{w, points.Round(m, p.Decimals)})
		}
	}
	return out
}

func (p Publication) places() []ranking.Place {
	var out []ranking.Place
	for _, r := range p.Rows {
		if x := r.Exact(); x.Defined() {
			out = append(out, ranking.Place{Entry: ranking.Entry{Unit: r.Name, Block: r.Block, Score: points.Points(x.Num), Max: points.Points(x.Den)}, Rank: 1})
		}
	}
	return out
}

// An AmendedRow is a row that an amendment changed.
type AmendedRow struct {
	Before, After *ResultRow // nil: the row is not there
}

// Amended returns the rows that differ from an earlier publication, in the order
// of the later one.
func (p Publication) Amended(earlier Publication) []AmendedRow {
	var out []AmendedRow
	same := func(a, b *points.Points) bool { return a == b || a != nil && b != nil && *a == *b }
	for i := range p.Rows {
		r := &p.Rows[i]
		o, ok := earlier.Row(*r)
		if !ok {
			out = append(out, AmendedRow{After: r})
			continue
		}
		if !same(r.Score, o.Score) || !same(r.Max, o.Max) || !same(r.Index, o.Index) || r.Rank != o.Rank || r.Shared != o.Shared || r.Band != o.Band || r.Missing != o.Missing {
			out = append(out, AmendedRow{Before: &o, After: r})
		}
	}
	for i := range earlier.Rows {
		if _, ok := p.Row(earlier.Rows[i]); !ok {
			out = append(out, AmendedRow{Before: &earlier.Rows[i]})
		}
	}
	return out
}

// A YearResult is a unit's line in one year, as first published, with what it is
// today where it was amended.
type YearResult struct {
	Publication Publication
	Row         ResultRow
	Today       *ResultRow   // of the amendment in force; nil: not amended, or the unit is gone from it
	Amendment   *Publication // that Today is of
	Deltas      ranking.Deltas
	Computed    bool // the deltas were not published: they are ours
}

// YearsOf returns what was published of a unit over the years, the earliest first.
// u may be "" where a source has only the name.
func (k *Desk) YearsOf(ctx context.Context, q db.Queryer, u unit.ID, name string) ([]YearResult, error) {
	ids, err := db.Column[string](ctx, q, rowsOfUnit, string(u))
	if u == "" {
		ids, err = db.Column[string](ctx, q, rowsOfName, i18n.Fold(name))
	}
	if err != nil {
		return nil, err
	}
	var out []YearResult
	for _, id := range ids {
		p, err := getPublication(ctx, q, id)
		if err != nil {
			return nil, err
		}
		if p.Supersedes != "" { // it stands beside the one that it amends
			continue
		}
		r, ok := p.Row(ResultRow{Unit: u, Name: name})
		if !ok {
			continue
		}
		y := YearResult{Publication: p, Row: r, Deltas: r.Deltas}
		now, err := k.Current(ctx, q, p)
		if err != nil {
			return nil, err
		}
		if now.ID != p.ID {
			y.Amendment = &now
			if today, ok := now.Row(r); ok {
				y.Today = &today
			}
		}
		if p.History() {
			if y.Deltas, y.Computed, err = k.deltasOf(ctx, q, p, r); err != nil {
				return nil, err
			}
		}
		out = append(out, y)
	}
	return out, nil
}

// deltasOf returns the published changes of a row of history; where none were
// published, what the year before gives.
func (k *Desk) deltasOf(ctx context.Context, q db.Queryer, p Publication, r ResultRow) (ranking.Deltas, bool, error) {
	if d := r.Deltas; d.Points.OK || d.Percent.OK || d.Rank.OK || d.Share.OK {
		return d, false, nil
	}
	past, err := k.Before(ctx, q, p)
	if err != nil {
		return ranking.Deltas{}, false, err
	}
	d, err := k.changeSince(ctx, q, p, past, r)
	return d, true, err
}

// FilledDeltas returns the rows with their changes: as published where they were,
// else for history what the year before gives. filled reports whether any is ours.
func (k *Desk) FilledDeltas(ctx context.Context, q db.Queryer, p Publication, past *Publication) (rows []ResultRow, filled bool, err error) {
	if !p.History() {
		return p.Rows, false, nil
	}
	rows = slices.Clone(p.Rows)
	for i, r := range rows {
		if d := r.Deltas; d.Points.OK || d.Percent.OK || d.Rank.OK || d.Share.OK || r.Unclear != nil {
			continue
		}
		if rows[i].Deltas, err = k.changeSince(ctx, q, p, past, r); err != nil {
			return nil, false, err
		}
		filled = filled || rows[i].Deltas.Percent.OK
	}
	return rows, filled, nil
}

// changeSince compares a row with the publication of the year before.
func (k *Desk) changeSince(ctx context.Context, q db.Queryer, p Publication, past *Publication, r ResultRow) (ranking.Deltas, error) {
	formed, err := k.formedSince(ctx, q, r.Unit, p.Year-1)
	if err != nil {
		return ranking.Deltas{}, err
	}
	var before *ranking.Standing
	if past != nil {
		if o, ok := past.Row(r); ok {
			s := past.Standing(o)
			before = &s
		}
	}
	return ranking.Change(p.Standing(r), before, formed), nil
}

// formedSince reports whether a unit did not exist yet at the end of a year: it has
// no past to be compared with, however old its name is.
func (k *Desk) formedSince(ctx context.Context, q db.Queryer, u unit.ID, year int) (bool, error) {
	if u == "" {
		return false, nil
	}
	versions, err := k.Units.Versions(ctx, q, u)
	if err != nil || len(versions) == 0 {
		return false, err
	}
	first := versions[0].From
	for _, v := range versions {
		first = min(first, v.From)
	}
	return first > moment.NewDate(year, 12, 31), nil
}

// A Forebear is a unit that went into another, with what was published of it.
type Forebear struct {
	Unit  unit.Unit
	Share unit.Share
	Years []YearResult
}

// Forebears returns the units that a unit was made of before it was formed, each
// with its own results: side by side, never summed. None when it was there in the
// year.
func (k *Desk) Forebears(ctx context.Context, q db.Queryer, u unit.ID, year int) ([]Forebear, error) {
	formed, err := k.formedSince(ctx, q, u, year)
	if err != nil || !formed {
		return nil, err
	}
	parts, err := k.Units.Predecessors(ctx, q, u, moment.NewDate(year, 12, 31))
	if err != nil {
		return nil, err
	}
	var out []Forebear
	for _, p := range parts {
		f := Forebear{Share: p.Share}
		var ok bool
		if f.Unit, ok, err = k.Units.Last(ctx, q, p.Unit); err != nil {
			return nil, err
		} else if !ok {
			f.Unit.ID = p.Unit
		}
		if f.Years, err = k.YearsOf(ctx, q, p.Unit, f.Unit.Name); err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	return out, nil
}
