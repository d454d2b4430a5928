package app

import (
	"context"
	"log/slog"
	"slices"

	"cchc/base/actor"
	"cchc/base/i18n"
	"cchc/serviceindex"
	"cchc/serviceindex/serviceindexweb"
	"cchc/unit"
)

// A letterBox takes a letter for an account: whoever mails notices. A nil one
// takes none; the digests are kept and have their page all the same.
type letterBox func(ctx context.Context, account string, l serviceindexweb.Letter) error

// tellWeek makes the week's digest of every unit that has leaders, on its first
// working day of the week or, when the program slept then, as soon as it can, and
// hands it over to each of them. What was told is not told again.
func (r *rooms) tellWeek(ctx context.Context) (int, error) {
	people, err := r.accounts.List(ctx, operator)
	if err != nil {
		return 0, err
	}
	today, made := r.db.Now().Date(), 0
	leaders := map[unit.ID][]string{}
	for _, p := range people {
		if p.Disabled != 0 {
			continue
		}
		for _, g := range p.Grants {
			if g.Role == actor.Chairperson && g.Unit != "" && g.Holds(today) {
				leaders[unit.ID(g.Unit)] = append(leaders[unit.ID(g.Unit)], p.ID)
			}
		}
	}
	pages := &serviceindexweb.Pages{Index: r.index, Dossiers: boardDossiers{r}}
	ctx = i18n.With(ctx, i18n.Vietnamese)
	for u, accounts := range leaders {
		cal, err := r.calendars.For(ctx, r.db, u)
		if err != nil {
			return made, err
		}
		first := serviceindex.Monday(today)
		for !cal.Working(first) && first < today {
			first++
		}
		if !cal.Working(first) { // the week has not begun there
			continue
		}
		d, fresh, err := pages.MakeDigest(ctx, operator, u)
		if err != nil {
			return made, err
		}
		if !fresh {
			continue
		}
		made++
		slices.Sort(accounts)
		for _, account := range slices.Compact(accounts) {
			if r.letters == nil {
				continue
			}
			if err := r.letters(ctx, account, serviceindexweb.Write(ctx, d)); err != nil {
				slog.WarnContext(ctx, "hand a digest over", "unit", u, "account", account, "err", err)
			}
		}
	}
	return made, nil
}
