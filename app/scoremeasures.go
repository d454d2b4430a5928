package app

import (
	"context"
	"strings"

	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/law"
	"cchc/base/moment"
	"cchc/base/points"
	"cchc/dossier"
	"cchc/scorecard/criteria"
	"cchc/setting"
)

// certifiedProcedures are the codes of the procedures that certify copies of papers,
// of which an electronic certified copy can be had.
var certifiedProcedures = &setting.Setting{Name: "score.certified_procedures", Group: "score", Kind: setting.Text,
	Usual: "2.000815", Least: 0, Most: 400, System: true, Verb: auth.SettingChange,
	Basis: law.Ref{Doc: "45/2020/NĐ-CP", Article: 10}, BasisInForce: moment.NewDate(2020, 5, 22)}

// certified returns the codes of the procedures that certify.
func (s scoreSource) certified(ctx context.Context, q db.Queryer) ([]string, error) {
	text, err := s.r.settings.Value(ctx, q, certifiedProcedures, "")
	return strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(",; \n\t", r) }), err
}

// counted are the counts of a unit that leaves can be bound to.
type counted struct {
	dossier.Counts
	dossier.Scored
}

// A side is one side of a ratio: its count, and the list behind it. What each counts,
// with its source, is said by the message score.counts.NAME.
type side struct {
	count     func(c *counted) int64
	list      dossier.Measure // "" where the list is another's, see scoreSource.list
	certified bool            // of the procedures that certify alone
}

// sides are the measures of single dossiers by what sets call them.
var sides = map[string]side{
	"received":           {count: func(c *counted) int64 { return c.Received }, list: "received"},
	"online":             {count: func(c *counted) int64 { return c.Online }, list: "online"},
	"digitised":          {count: func(c *counted) int64 { return c.Digitised }, list: "digitised"},
	"e_result":           {count: func(c *counted) int64 { return c.EResult }, list: "e_result"},
	"reused":             {count: func(c *counted) int64 { return c.Reused }, list: "reused"},
	"satisfied":          {count: func(c *counted) int64 { return c.Received - c.Displeased }, list: "satisfied"},
	"fee_bearing":        {count: func(c *counted) int64 { return c.Obliged }, list: "obliged"},
	"paid_online":        {count: func(c *counted) int64 { return c.PaidOnline }, list: "paid_online"},
	"finished":           {count: func(c *counted) int64 { return c.Timed }, list: "timed"},
	"on_time":            {count: func(c *counted) int64 { return c.TimedOK }, list: "timed_ok"},
	"in_system":          {count: func(c *counted) int64 { return c.InSystem }, list: "in_system"},
	"postal":             {count: func(c *counted) int64 { return c.Postal }, list: "postal"},
	"late":               {count: func(c *counted) int64 { return c.Late }, list: "late"},
	"apology_letters":    {count: func(c *counted) int64 { return c.Apologised }, list: "apologised"},
	"certified":          {count: func(c *counted) int64 { return c.Certified }, list: "received", certified: true},
	"e_certified":        {count: func(c *counted) int64 { return c.ECertified }, list: "e_result", certified: true},
	"supplemented_twice": {count: func(c *counted) int64 { return c.AskedAgain }},
}

// among says out of what each measure can be taken: what the numerator counts is in the
// denominator, or the ratio would be none. "total" is what was received.
var among = map[string]string{
	"online": "received", "digitised": "received", "e_result": "received", "reused": "received", "satisfied": "received",
	"in_system": "received", "postal": "received", "fee_bearing": "received", "certified": "received",
	"paid_online": "fee_bearing", "on_time": "finished", "apology_letters": "late", "e_certified": "certified",
}

// A dossierLeaf is what a leaf is bound to in the dossier room: a ratio, or a count.
type dossierLeaf struct {
	num, den side
	isCount  bool // there is no denominator
	services bool // of online services instead of dossiers: see serviceindex.Index.OnlineServices
}

// dossierLeafOf finds what a binding asks for; why is the key of a message that says
// why a person enters it, "" where it is counted.
func dossierLeafOf(b criteria.Binding) (leaf dossierLeaf, why string) {
	den := b.Den
	if den == "total" {
		den = "received"
	}
	switch {
	case b.Num == "":
		return leaf, "score.by_hand.no_measure"
	case b.Num == "with_dossiers" && b.Den == "total":
		return dossierLeaf{services: true}, ""
	case b.Num == "received" && b.Den == "total":
		return leaf, "score.by_hand.at_onestop"
	}
	num, ok := sides[b.Num]
	if !ok {
		return leaf, "score.by_hand.not_counted"
	}
	if den == "" {
		return dossierLeaf{num: num, isCount: true}, ""
	}
	if among[b.Num] != den {
		return leaf, "score.by_hand.no_ratio"
	}
	return dossierLeaf{num: num, den: sides[den]}, ""
}

// of returns the input that a unit's counts give.
func (l *dossierLeaf) of(c *counted) criteria.Input {
	r := points.Ratio{Num: l.num.count(c), Den: 1}
	if l.isCount {
		return criteria.Input{Value: &r}
	}
	r.Den = l.den.count(c)
	return criteria.Input{Ratio: &r}
}
