package demo

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"

	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/points"
	"cchc/data"
	"cchc/scorecard"
	"cchc/scorecard/criteria"
	"cchc/scorecard/ranking"
	"cchc/unit"
)

// streamResults is the stream of random numbers of published results.
const streamResults = 77

// makeResults publishes the PAR index of two years of the province's communes, the
// later one with its amendment, and enters what real places published of theirs.
func (r *rooms) makeResults(ctx context.Context, p *province, seed uint64) error {
	k := &scorecard.Desk{DB: r.db, Guard: &r.units.Guard, Units: r.book}
	set, err := criteria.Load([]byte(data.CriteriaCommune))
	if err != nil {
		return err
	}
	// Nothing is published before its day: the clock may stand earlier.
	come := func(x scorecard.Publication) bool { return x.Decided <= r.db.Now().Date() }
	rng := rand.New(rand.NewPCG(seed, streamResults))
	var former, today []unit.ID
	for _, c := range p.communes {
		former = append(former, c.before...)
		today = append(today, c.ID)
	}
	then, err := r.yearOf(ctx, k, p, set, rng, 2024, former)
	if err != nil {
		return err
	}
	then.Number, then.Decided = "118/QĐ-UBND", moment.NewDate(2025, 2, 20)
	if come(then) {
		if _, err := k.EnterHistory(ctx, author, then); err != nil {
			return fmt.Errorf("publish 2024: %w", err)
		}
	}
	now, err := r.yearOf(ctx, k, p, set, rng, 2025, today)
	if err != nil {
		return err
	}
	now.Number, now.Decided = "96/QĐ-UBND", moment.NewDate(2026, 2, 12)
	var id string
	if come(now) {
		if id, err = k.EnterHistory(ctx, author, now); err != nil {
			return fmt.Errorf("publish 2025: %w", err)
		}
	}
	// An appeal was heard: half of a criterion's lost points came back to the last one.
	again := now
	again.Rows = slices.Clone(now.Rows)
	last := &again.Rows[0]
	for i := range again.Rows {
		if again.Rows[i].Rank > last.Rank {
			last = &again.Rows[i]
		}
	}
	won(last)
	again.Number, again.Decided = "214/QĐ-UBND", moment.NewDate(2026, 4, 3)
	again.Supersedes, again.Reason = id, "Giải quyết kiến nghị về điểm của "+last.Name
	placed(&again)
	if come(again) {
		if _, err := k.EnterHistory(ctx, author, again); err != nil {
			return fmt.Errorf("amend 2025: %w", err)
		}
	}
	others, err := scorecard.LoadPublished(data.Published)
	if err != nil {
		return err
	}
	for _, o := range others {
		o.Unit = p.id
		if _, err := k.EnterHistory(ctx, author, o); err != nil {
			return fmt.Errorf("%s: %w", o.Title, err)
		}
	}
	return nil
}

// yearOf makes up what units reached in a year, leaf by leaf of a set.
func (r *rooms) yearOf(ctx context.Context, k *scorecard.Desk, p *province, set *criteria.Set, rng *rand.Rand, year int, units []unit.ID) (scorecard.Publication, error) {
	out := scorecard.Publication{Unit: p.id, Publisher: provinceName, Year: year, Level: unit.Commune, Title: fmt.Sprintf("Chỉ số CCHC cấp xã năm %d", year),
		Source: illustration, Ties: ranking.Shared, Decimals: 2, Weighting: ranking.Plain, Stated: len(units), SetRef: set.ID, SetTitle: set.Title, SetMax: set.Max}
	for _, b := range set.Bands {
		out.Bands = append(out.Bands, ranking.Band{Label: b.Label, Min: b.Min, Strict: b.Strict})
	}
	for n, id := range units {
		u, _, err := k.Units.Last(ctx, r.db, id)
		if err != nil {
			return out, err
		}
		row := scorecard.ResultRow{Unit: id, Name: u.Name}
		if n == len(units)-1 && len(units) > 8 { // one has no sheet
			row.Missing, row.Note = true, "Không nộp phiếu chấm điểm"
			out.Rows = append(out.Rows, row)
			continue
		}
		good := 0.62 + rng.Float64()*0.33
		score, most := points.Points(0), points.Points(0)
		fields := map[string]int{}
		for _, leaf := range set.Leaves() {
			l := reachedLeaf(rng, leaf, good)
			score, most = score+l.Points, most+l.Max
			at, ok := fields[l.Field]
			if !ok {
				at = len(row.Fields)
				fields[l.Field] = at
				row.Fields = append(row.Fields, scorecard.FieldResult{Code: l.Field, Name: leaf.Field().Name})
			}
			row.Fields[at].Points += l.Points
			row.Fields[at].Max += l.Max
			row.Leaves = append(row.Leaves, l)
		}
		row.Score, row.Max = &score, &most
		out.Rows = append(out.Rows, row)
	}
	placed(&out)
	return out, nil
}

func reachedLeaf(rng *rand.Rand, n *criteria.Node, good float64) scorecard.LeafResult {
	l := scorecard.LeafResult{Code: n.Code, Name: n.Name, Field: n.Field().Code, State: string(criteria.Scored), Max: n.Max}
	switch {
	case chance(rng, good):
		l.Points = n.Max
	case chance(rng, 0.05):
		l.State, l.Max = string(criteria.Nothing), 0 // không phát sinh: the maximum shrinks
	default:
		l.Points = points.Points(int64(n.Max) * int64(rng.IntN(4)) / 4 / 100 * 100)
	}
	if l.Lost() > 0 {
		l.Rule = map[string]string{}
		for _, lang := range i18n.Langs {
			l.Rule[lang] = n.Leaf.Rule.Sentence(i18n.With(context.Background(), lang), n)
		}
	}
	return l
}

// won gives back half of what the row lost at its worst leaf.
func won(r *scorecard.ResultRow) {
	lost := r.LostLeaves()
	if len(lost) == 0 || r.Score == nil {
		return
	}
	back := lost[0].Lost() / 2 / 100 * 100
	r.Leaves, r.Fields = slices.Clone(r.Leaves), slices.Clone(r.Fields)
	for i := range r.Leaves {
		if r.Leaves[i].Code == lost[0].Code {
			r.Leaves[i].Points += back
		}
	}
	for i := range r.Fields {
		if r.Fields[i].Code == lost[0].Field {
			r.Fields[i].Points += back
		}
	}
	score := *r.Score + back
	r.Score = &score
}

// placed ranks the rows anew and puts them in the order of their ranks.
func placed(p *scorecard.Publication) {
	entries := make([]ranking.Entry, len(p.Rows))
	for i, r := range p.Rows {
		entries[i] = ranking.Entry{Unit: string(r.Unit), Missing: r.Missing}
		if r.Score != nil {
			entries[i].Score, entries[i].Max = *r.Score, *r.Max
		}
	}
	places := ranking.Rank(entries, ranking.Settings{Ties: p.Ties, Decimals: p.Decimals, Bands: p.Bands})
	for i, x := range places {
		r := &p.Rows[i]
		r.Rank, r.Of, r.Shared, r.Band = x.Rank, x.Of, x.Shared, x.Band
		if x.Ranked() {
			r.Index = &x.Index
		}
	}
	if m, ok := ranking.Mean(places, p.Weighting, p.Decimals); ok {
		mean := points.Round(m, p.Decimals)
		p.Mean = &mean
	}
	slices.SortStableFunc(p.Rows, func(a, b scorecard.ResultRow) int {
		if (a.Rank == 0) != (b.Rank == 0) {
			return b.Rank - a.Rank
		}
		return a.Rank - b.Rank
	})
}
