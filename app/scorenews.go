package app

import (
	"context"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/notice"
	"cchc/unit"
)

// tellScores tells people what is news of rounds of the PAR index: those who score in a
// unit of stages, questions, verdicts and results, appraisers of their stages, who asked
// of answers.
func (r *rooms) tellScores(ctx context.Context) error {
	list, err := r.scorecard.News(ctx, r.db)
	if err != nil || len(list) == 0 {
		return err
	}
	people, err := r.accounts.List(ctx, operator)
	if err != nil {
		return err
	}
	scoring, lives, day := map[unit.ID][]string{}, map[string]bool{}, r.db.Now().Date()
	for _, p := range people {
		if p.Disabled != 0 {
			continue
		}
		lives[p.ID] = true
		a := actor.Actor{Account: p.ID}
		for _, g := range p.Grants {
			if g.Holds(day) {
				a.Grants = append(a.Grants, g.Grant)
			}
		}
		for _, u := range auth.Roots(a, auth.ScoreEnter) {
			scoring[unit.ID(u)] = append(scoring[unit.ID(u)], p.ID)
		}
	}
	tree, err := r.units.Today(ctx, r.db)
	if err != nil {
		return err
	}
	var out []notice.Told
	for _, n := range list {
		accounts := scoring[n.Unit]
		if n.Account != "" {
			accounts = []string{n.Account}
		}
		u, _ := tree.Unit(n.Unit)
		for _, a := range accounts {
			if !lives[a] {
				continue
			}
			vars := map[string]string{"round": n.Round.Name, "unit": u.Name, "leaf": n.Leaf}
			if n.Stage != "" {
				vars["stage"] = "rounds.stage." + string(n.Stage) // in the reader's language
			}
			if n.At != 0 {
				vars["closes"] = n.At.String()
			}
			out = append(out, notice.Told{Event: n.Event, Key: n.Key, Account: a, Link: n.Link, Vars: vars})
		}
	}
	_, err = r.notices.Bring(ctx, out)
	return err
}
