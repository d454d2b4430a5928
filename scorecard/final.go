package scorecard

import (
	"context"

	"cchc/base/db"
	"cchc/base/i18n"
	"cchc/scorecard/criteria"
	"cchc/unit"
)

// A Final is a unit's final card in a round, as ranking and publication take it.
type Final struct {
	Unit    unit.ID
	Block   string
	Sheet   string         // "" for a unit without one
	Card    *criteria.Card // nil when Missing
	Missing bool           // without a sheet, not handed in, or left out: that is not zero
	Note    string         // why it is missing, or of which part of the period it is; as printed, in Vietnamese
}

// finals returns every unit that a round scores: its final card, or before approval
// what counts now; and that it is missing, for a unit without a sheet, with one that
// was never handed in, or that was left out. By group and code.
func (k *Desk) finals(ctx context.Context, q db.Queryer, roundID string) ([]Final, error) {
	r, err := getRound(ctx, q, roundID)
	if err != nil {
		return nil, err
	}
	sheets, err := db.All(ctx, q, sheetsOf, scanSheet, r.ID)
	if err != nil {
		return nil, err
	}
	all, err := k.ledgersOf(ctx, q, r, sheets)
	if err != nil {
		return nil, err
	}
	stage := StageCouncil
	if r.Approved != 0 {
		stage = StageFinal
	}
	bySheet := map[unit.ID]Sheet{}
	for _, s := range sheets {
		bySheet[s.Unit] = s
	}
	scored, _, err := k.scope(ctx, q, r)
	if err != nil {
		return nil, err
	}
	ctx = i18n.With(ctx, i18n.Vietnamese)
	var out []Final
	add := func(s Sheet) {
		f := Final{Unit: s.Unit, Block: s.Block, Sheet: s.ID, Note: s.Note}
		switch {
		case s.Removed != 0:
			f.Missing, f.Note = true, s.RemovedWhy
		case s.HandedIn == 0:
			f.Missing, f.Note = true, i18n.T(ctx, "rounds.final.not_handed_in")
		default:
			f.Card = all[s.ID].Card(stage)
			if f.Note == "" && (s.From > r.From || s.To < r.To) {
				f.Note = i18n.T(ctx, "rounds.final.part", "From", s.From, "To", s.To)
			}
		}
		out = append(out, f)
	}
	for _, u := range scored {
		s, ok := bySheet[u.Unit.ID]
		if !ok {
			out = append(out, Final{Unit: u.Unit.ID, Block: u.Block, Missing: true, Note: i18n.T(ctx, "rounds.final.no_sheet")})
			continue
		}
		delete(bySheet, u.Unit.ID)
		add(s)
	}
	// Sheets of units that left the scope since: what was scored is not lost.
	for _, s := range sheets {
		if _, ok := bySheet[s.Unit]; ok {
			add(s)
		}
	}
	return out, nil
}
