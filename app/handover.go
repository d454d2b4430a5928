package app

import (
	"context"

	"cchc/admin/account"
	"cchc/base/actor"
	"cchc/base/db"
	"cchc/base/i18n"
	"cchc/privacy/privacyweb"
	"cchc/scorecard/scorecardweb"
)

// hands knows what is on people's hands, of every room.
type hands struct{ *rooms }

// OnHand lists what a person has.
func (r hands) OnHand(ctx context.Context, q db.Queryer, a actor.Actor, from, to string) (list []account.Item, elsewhere int, err error) {
	h, err := r.desk.OnHand(ctx, q, a, from, to)
	if err != nil {
		return nil, 0, err
	}
	for _, x := range h.Steps {
		list = append(list, account.Item{Kind: "step", Text: x.Code + " · " + x.Step, URL: "/dossiers/" + x.Code, Problem: x.Problem})
	}
	for _, o := range h.Originals {
		list = append(list, account.Item{Kind: "original", Text: o.Code + " · " + o.Name, URL: "/dossiers/" + o.Code})
	}
	for _, day := range h.Drawers {
		list = append(list, account.Item{Kind: "drawer", Text: i18n.Date(ctx, day), Stays: true})
	}
	scores, err := r.scorecard.OnHand(ctx, q, a, from, to)
	if err != nil {
		return nil, 0, err
	}
	for _, x := range scores {
		list = append(list, account.Item{Kind: "appraisal", Text: x.Round.Name + " · " + x.Field, URL: scorecardweb.Path + "/rounds/" + x.Round.ID, Problem: x.Problem})
	}
	requests, away, err := r.privacy.OnHand(ctx, q, a, from, to)
	if err != nil {
		return nil, 0, err
	}
	for _, x := range requests {
		list = append(list, account.Item{Kind: "request", Text: x.Label() + " · " + x.Code, URL: privacyweb.Path + "/requests/" + x.ID, Problem: x.Problem})
	}
	delegations, others, err := r.accounts.DelegationsOf(ctx, q, a, from)
	for _, d := range delegations {
		list = append(list, account.Item{Kind: "delegation", Text: d.From.Name + " → " + d.To.Name + " · " + d.Document, Ends: true})
	}
	return list, h.Elsewhere + away + others, err
}

// HandOver gives it to another: each room its own, in one write.
func (r hands) HandOver(ctx context.Context, tx *db.Tx, a actor.Actor, from, to, reason string) (out account.Handed, err error) {
	steps, originals, left, err := r.desk.HandWork(ctx, tx, a, from, to, reason)
	if err != nil {
		return out, err
	}
	n, stay, err := r.scorecard.HandOver(ctx, tx, a, from, to, reason)
	if err != nil {
		return out, err
	}
	requests, kept, err := r.privacy.HandOver(ctx, tx, a, from, to, reason)
	if err != nil {
		return out, err
	}
	out = account.Handed{Moved: steps + originals + n + requests, Left: left + stay + kept}
	out.Ended, err = r.accounts.EndDelegations(ctx, tx, a, from)
	return out, err
}

var _ account.Handover = hands{}
