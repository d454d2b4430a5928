package demo

import (
	"context"
	"fmt"
	"math/rand/v2"

	"cchc/data"
	"cchc/serviceindex"
)

// A measure is one that lies outside the system and is entered by hand: how many
// things there are in a month of a commune, and how many of them went well.
type measure struct {
	metric string
	things func(rng *rand.Rand, received int64) int64
	well   float64
}

func few(most int) func(*rand.Rand, int64) int64 {
	return func(rng *rand.Rand, _ int64) int64 { return int64(rng.IntN(most + 1)) }
}

var measures = []measure{
	{"PUBLISH_ON_TIME", few(3), 0.8},
	{"PUBLIC_UPDATE_ON_TIME", few(6), 0.9},
	{"PUBLIC_CONTENT_FULL", func(*rand.Rand, int64) int64 { return 40 }, 0.985},
	{"DOSSIER_SYNC", func(_ *rand.Rand, received int64) int64 { return received }, 0.995},
	{"PETITION_PROCESSING_ON_TIME", few(5), 0.88},
	{"PETITION_HANDLING_SATISFACTION", few(4), 0.8},
}

// enterMeasures enters what the service index cannot count itself, for each
// commune and month. The entries wait for the disk side by side.
func (r *rooms) enterMeasures(ctx context.Context, m *maker) error {
	sets, err := serviceindex.LoadSets(data.QD766)
	if err != nil {
		return err
	}
	x := &serviceindex.Index{DB: r.db, Guard: r.units.Guard, Units: r.book, Sets: sets}
	rng := rand.New(rand.NewPCG(m.seed, streamMeasures))
	var entries []serviceindex.Entry
	for month := m.first.FirstOfMonth(); month <= m.now.Date(); month = month.AddMonths(1) {
		for _, f := range m.offices {
			for _, k := range measures {
				e := serviceindex.Entry{Unit: f.ID, Metric: k.metric, Month: month, Source: illustration}
				e.Denominator = k.things(rng, f.months[month])
				for range e.Denominator {
					if chance(rng, k.well) {
						e.Numerator++
					}
				}
				if e.Denominator > 0 && month >= reform && (f.horizon == m.now || month.LastOfMonth().End() < f.horizon) {
					entries = append(entries, e)
				}
			}
		}
	}
	return each(ctx, len(entries), 32, func(ctx context.Context, i int) error {
		if _, err := x.Enter(ctx, author, entries[i]); err != nil {
			return fmt.Errorf("%s of %s: %w", entries[i].Metric, entries[i].Month, err)
		}
		return nil
	})
}
