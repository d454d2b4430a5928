package scorecard

import (
	"context"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/points"
	"cchc/base/table"
	"cchc/scorecard/criteria"
	"cchc/scorecard/ranking"
	"cchc/unit"
)

// A Proposal is what somebody states when they prepare a round's results for
// publication.
type Proposal struct {
	Round      string
	Title      string
	Number     string // of the decision
	Decided    moment.Date
	Ties       ranking.Ties
	Breakers   []string // codes of fields and criteria, with ranking.Ordinal
	Decimals   int
	Weighting  ranking.Weighting
	ByHand     map[unit.ID]string // bands that the council set by hand
	Supersedes string             // the publication that it amends
	Reason     string             // why
}

// Propose freezes a copy of an approved round's final scores, ranked, with bands and
// the changes since the year before. It is a proposal until somebody else approves
// it. It needs RoundKeep or ResultPublish in the unit that runs the round.
//
// Faults: Conflict results.round_open, results.amended, results.proposed; Invalid
// results.wrong with the fields title, number, decided, decimals, ties, breakers,
// weighting, reason.
func (k *Desk) Propose(ctx context.Context, a actor.Actor, s Proposal) (string, error) {
	id := ""
	err := k.DB.Write(ctx, func(tx *db.Tx) error {
		r, err := getRound(ctx, tx, s.Round)
		if err != nil {
			return err
		}
		// Who may not prepare does not learn how far the round is.
		if ok, err := k.mayPrepare(ctx, tx, a, r.Unit); err != nil {
			return err
		} else if !ok {
			return k.Guard.Check(ctx, tx, a, auth.RoundKeep, r.Unit)
		}
		p, err := k.compose(ctx, tx, s)
		if err != nil {
			return err
		}
		p.ID, p.Made, p.MadeBy, p.MadeFor = db.NewID(), tx.Now, a.Account, a.For.Account
		id = p.ID
		f := fault.New(fault.Invalid, "results.wrong")
		p.check(f, tx.Now.Date())
		if p.Number == "" {
			f.With("number", "results.number_missing")
		}
		if p.Decided == 0 {
			f.With("decided", "results.decided_missing")
		}
		if !slices.Contains(ranking.AllTies, p.Ties) {
			f.With("ties", "results.ties_wrong")
		}
		if err := k.checkBreakers(ctx, tx, p, f); err != nil {
			return err
		}
		if !slices.Contains(ranking.Weightings, p.Weighting) {
			f.With("weighting", "results.weighting_wrong")
		}
		if err := f.Or(); err != nil {
			return err
		}
		if p.Supersedes != "" {
			err = k.mayAmend(ctx, tx, p)
		} else {
			err = firstOf(ctx, tx, p.Round)
		}
		if err != nil {
			return err
		}
		if err := insertPublication(ctx, tx, p); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: "result.propose", Kind: "publication", ID: p.ID, Unit: p.Unit, Reason: p.Reason,
			Changes: []audit.Change{{Field: "number", To: p.Number}, {Field: "rows", To: strconv.Itoa(len(p.Rows))}}})
	})
	return id, err
}

// checkBreakers tells of codes that no group's set has. Each group's points are of its
// own set; in a group whose set has not the code it tells nobody apart.
func (k *Desk) checkBreakers(ctx context.Context, q db.Queryer, p Publication, f *fault.Fault) error {
	if len(p.Breakers) == 0 {
		return nil
	}
	finals, err := k.finals(ctx, q, p.Round)
	if err != nil {
		return err
	}
	for _, code := range p.Breakers {
		if !slices.ContainsFunc(finals, func(x Final) bool { return x.Card != nil && x.Card.Set.Node(code) != nil }) {
			f.With("breakers", "results.breaker_unknown", "Code", table.Shown(code))
		}
	}
	return nil
}

// reachedAt returns the points of a field, a criterion or a leaf of a card.
func reachedAt(c *criteria.Card, code string) points.Points {
	n := c.Set.Node(code)
	sum := points.Points(0)
	for _, r := range c.Results {
		for at := r.Node; at != nil; at = at.Parent {
			if at == n {
				sum += r.Points
			}
		}
	}
	return sum
}

var publicationOfRound = db.SQL("scorecard.publication.of_round", `
	SELECT `+publicationColumns+`
	FROM publication p
	WHERE p.round_id = $1
	ORDER BY p.made_at, p.id`)

// PublicationsOf returns the publications and the proposal of a round, the first
// one first, without rows, as far as somebody may see them.
func (k *Desk) PublicationsOf(ctx context.Context, q db.Queryer, a actor.Actor, round string) ([]Publication, error) {
	all, err := db.All(ctx, q, publicationOfRound, scanPublication, round)
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
	return out, nil
}

// firstOf returns nil when a round has no publication and no proposal yet.
func firstOf(ctx context.Context, q db.Queryer, round string) error {
	all, err := db.All(ctx, q, publicationOfRound, scanPublication, round)
	if err == nil && len(all) > 0 {
		return fault.New(fault.Conflict, "results.proposed")
	}
	return err
}

// compose makes the publication that a proposal would be now.
func (k *Desk) compose(ctx context.Context, q db.Queryer, s Proposal) (Publication, error) {
	r, err := getRound(ctx, q, s.Round)
	if err != nil {
		return Publication{}, err
	}
	if !auth.ProposeResult.In(r.stands(nowOf(k, q))) {
		return Publication{}, fault.New(fault.Conflict, "results.round_open")
	}
	finals, err := k.finals(ctx, q, r.ID)
	if err != nil {
		return Publication{}, err
	}
	u, _, err := k.Units.Last(ctx, q, r.Unit)
	if err != nil {
		return Publication{}, err
	}
	p := Publication{Unit: r.Unit, Publisher: u.Name, Round: r.ID, Year: r.Year, Level: r.Level, Title: s.Title, Number: s.Number, Decided: s.Decided,
		Supersedes: s.Supersedes, Reason: s.Reason, Ties: s.Ties, Breakers: s.Breakers, Decimals: s.Decimals, Weighting: s.Weighting}
	p.takeSets(finals)
	if err := k.place(ctx, q, &p, finals, s.ByHand); err != nil {
		return Publication{}, err
	}
	past, err := k.Before(ctx, q, p)
	if err != nil {
		return Publication{}, err
	}
	for i := range p.Rows {
		if p.Rows[i].Deltas, err = k.changeSince(ctx, q, p, past, p.Rows[i]); err != nil {
			return Publication{}, err
		}
	}
	return p, nil
}

// takeSets notes by which set each group was scored.
func (p *Publication) takeSets(finals []Final) {
	for _, f := range finals {
		if f.Card == nil || slices.ContainsFunc(p.Sets, func(s BlockSet) bool { return s.Block == f.Block }) {
			continue
		}
		s := f.Card.Set
		p.Sets = append(p.Sets, BlockSet{Block: f.Block, Ref: s.ID, Title: s.Title, Max: s.Max, Bands: bandsOf(s)})
	}
	slices.SortFunc(p.Sets, func(a, b BlockSet) int { return i18n.Compare(a.Block, b.Block) })
	if len(p.Sets) == 0 {
		return
	}
	first := p.Sets[0]
	p.SetRef, p.SetTitle, p.SetMax, p.Bands = first.Ref, first.Title, first.Max, first.Bands
	if !slices.ContainsFunc(p.Sets, func(s BlockSet) bool { return s.Ref != first.Ref }) {
		p.Sets = nil // one set scored all
	}
}

func bandsOf(s *criteria.Set) []ranking.Band {
	var out []ranking.Band
	for _, b := range s.Bands {
		out = append(out, ranking.Band{Label: b.Label, Min: b.Min, Strict: b.Strict})
	}
	return out
}

// place ranks the finals and makes rows of them: by block, then by rank, those that
// are missing last.
func (k *Desk) place(ctx context.Context, q db.Queryer, p *Publication, finals []Final, byHand map[unit.ID]string) error {
	entries := make([]ranking.Entry, len(finals))
	hand := ranking.ByHands{}
	for i, f := range finals {
		entries[i] = ranking.Entry{Unit: string(f.Unit), Block: f.Block, Missing: f.Missing || f.Card == nil}
		if f.Card != nil {
			entries[i].Score, entries[i].Max = f.Card.Total, f.Card.Max
			for _, code := range p.Breakers {
				entries[i].Breakers = append(entries[i].Breakers, reachedAt(f.Card, code))
			}
		}
		if b := byHand[f.Unit]; b != "" {
			hand[string(f.Unit)] = b
		}
	}
	places := p.rank(entries, hand)
	if m, ok := ranking.Mean(places, p.Weighting, p.Decimals); ok {
		mean := points.Round(m, p.Decimals)
		p.Mean = &mean
	}
	for i, x := range places {
		f := finals[i]
		u, ok, err := k.Units.Last(ctx, q, f.Unit)
		if err != nil {
			return err
		}
		if !ok {
			u.Name = string(f.Unit)
		}
		if x.ByList { // nothing told it from its equal
			f.Note = strings.TrimPrefix(f.Note+"; "+i18n.T(i18n.With(ctx, i18n.Vietnamese), "results.by_list"), "; ")
		}
		r := ResultRow{Unit: f.Unit, Name: u.Name, Block: f.Block, Rank: x.Rank, Of: x.Of, Shared: x.Shared, Band: x.Band, ByHand: x.ByHand, Missing: x.Missing, Note: f.Note}
		if f.Card != nil && !x.Missing {
			r.Score, r.Max = &f.Card.Total, &f.Card.Max
			if x.Ranked() {
				r.Index = &x.Index
			}
			r.Fields, r.Leaves = fieldsOf(f.Card), leavesOf(f.Card)
		}
		p.Rows = append(p.Rows, r)
	}
	slices.SortStableFunc(p.Rows, func(a, b ResultRow) int {
		if a.Block != b.Block {
			return i18n.Compare(a.Block, b.Block)
		}
		if a.Rank == 0 || b.Rank == 0 {
			return bit(a.Rank == 0) - bit(b.Rank == 0)
		}
		return a.Rank - b.Rank
	})
	for i := range p.Rows {
		p.Rows[i].Ord = i + 1
	}
	return nil
}

// rank ranks each group by itself, with the bands of its set; the order stays.
func (p *Publication) rank(entries []ranking.Entry, hand ranking.ByHands) []ranking.Place {
	out := make([]ranking.Place, len(entries))
	of := map[string][]int{}
	for i, e := range entries {
		of[e.Block] = append(of[e.Block], i)
	}
	for block, at := range of {
		list := make([]ranking.Entry, len(at))
		for i, j := range at {
			list[i] = entries[j]
		}
		for i, x := range ranking.Rank(list, ranking.Settings{Ties: p.Ties, Decimals: p.Decimals, Bands: p.SetOf(block).Bands, ByHand: hand}) {
			out[at[i]] = x
		}
	}
	return out
}

func fieldsOf(c *criteria.Card) []FieldResult {
	var out []FieldResult
	for _, f := range c.Fields {
		out = append(out, FieldResult{Code: f.Node.Code, Name: f.Node.Name, Points: f.Points, Max: f.Max})
	}
	return out
}

// leavesOf freezes the component criteria with the rule in words and what the next
// step up would have taken: the set may be replaced, the publication stays.
func leavesOf(c *criteria.Card) []LeafResult {
	var out []LeafResult
	for _, r := range c.Results {
		l := LeafResult{Code: r.Node.Code, Name: r.Node.Name, Field: r.Node.Field().Code, State: string(r.State), Points: r.Points, Max: r.Max}
		if l.Lost() > 0 && r.Node.Leaf != nil {
			l.Rule, l.Next = map[string]string{}, map[string]string{}
			o := c.Outlook(r.Node.Code)
			for _, lang := range i18n.Langs {
				ctx := i18n.With(context.Background(), lang)
				l.Rule[lang] = r.Node.Leaf.Rule.Sentence(ctx, r.Node)
				if o.Now.Points == r.Points { // not where points were given by hand: the rule did not decide
					l.Next[lang] = steps(ctx, o.Gains)
				}
			}
		}
		out = append(out, l)
	}
	return out
}

// steps says the nearest gain, and the one that reaches the most.
func steps(ctx context.Context, gains []criteria.Step) string {
	if len(gains) == 0 {
		return ""
	}
	most := gains[0]
	for _, g := range gains {
		if g.Points > most.Points {
			most = g
		}
	}
	first, last := gains[0].Text(ctx), most.Text(ctx)
	if first == last {
		return first
	}
	return first + "; " + last
}

// madeBy reports whether somebody prepared a proposal, or somebody else in their place, or
// they act in the place of one of these.
func (p Publication) madeBy(a actor.Actor) bool { return a.Is(p.MadeBy) || a.Is(p.MadeFor) }

// ApprovePublication makes a proposal public. It needs ResultPublish as chairperson
// in its unit, and another person than who prepared it and in whose place. When scores have
// changed since it was prepared nothing is approved.
//
// Faults: Forbidden results.own_proposal, results.chair_only; Conflict
// results.approved, results.stale.
func (k *Desk) ApprovePublication(ctx context.Context, a actor.Actor, id string) error {
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		p, err := getPublication(ctx, tx, id)
		if err != nil {
			return err
		}
		if ok, err := k.maySee(ctx, tx, a, p); err != nil {
			return err
		} else if !ok {
			return fault.New(fault.NotFound, "results.unknown")
		}
		if err := k.Guard.Check(ctx, tx, a, auth.ResultPublish, p.Unit); err != nil {
			return err
		}
		if p.madeBy(a) {
			return fault.New(fault.Forbidden, "results.own_proposal")
		}
		if ok, err := k.chairs(ctx, tx, a, p.Unit); err != nil {
			return err
		} else if !ok {
			return fault.New(fault.Forbidden, "results.chair_only")
		}
		if !auth.ApproveResult.In(p.stands()) {
			return fault.New(fault.Conflict, "results.approved")
		}
		now, err := k.compose(ctx, tx, p.proposal())
		if err != nil {
			return err
		}
		if !reflect.DeepEqual(values(now.Rows), values(p.Rows)) {
			return fault.New(fault.Conflict, "results.stale")
		}
		if n, err := tx.Exec(ctx, publicationApprove, tx.Now, a.Account, id); err != nil {
			return err
		} else if n == 0 {
			return fault.New(fault.Conflict, "results.approved")
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: string(auth.ResultPublish), Kind: "publication", ID: id, Unit: p.Unit,
			Changes: []audit.Change{{Field: "approved", To: p.Number}, contentChange(p.Locked())}})
	})
}

// stands is prepared or published; that a later one amends it, mayAmend finds.
func (p Publication) stands() auth.State {
	if p.Approved == 0 {
		return "prepared"
	}
	return "published"
}

// proposal returns what was stated when p was prepared.
func (p Publication) proposal() Proposal {
	s := Proposal{Round: p.Round, Title: p.Title, Number: p.Number, Decided: p.Decided, Ties: p.Ties, Breakers: p.Breakers, Decimals: p.Decimals, Weighting: p.Weighting,
		Supersedes: p.Supersedes, Reason: p.Reason, ByHand: map[unit.ID]string{}}
	for _, r := range p.Rows {
		if r.ByHand {
			s.ByHand[r.Unit] = r.Band
		}
	}
	return s
}

// A figure is what of a row must not change between proposal and approval.
type figure struct {
	unit               unit.ID
	score, max         points.Points
	rank               int
	band               string
	missing            bool
	points, share      points.Points
	pointsOK, percents bool
}

func values(rows []ResultRow) map[unit.ID]figure {
	out := map[unit.ID]figure{}
	for _, r := range rows {
		f := figure{unit: r.Unit, rank: r.Rank, band: r.Band, missing: r.Missing, points: r.Deltas.Points.Value, share: r.Deltas.Share.Value,
			pointsOK: r.Deltas.Points.OK, percents: r.Deltas.Percent.OK}
		if r.Score != nil && r.Max != nil {
			f.score, f.max = *r.Score, *r.Max
		}
		out[r.Unit] = f
	}
	return out
}

// chairs reports whether somebody is chairperson in the unit or above it.
func (k *Desk) chairs(ctx context.Context, q db.Queryer, a actor.Actor, u unit.ID) (bool, error) {
	if a.IsSystem() {
		return true, nil
	}
	for _, g := range a.Grants {
		if g.Role != actor.Chairperson {
			continue
		}
		if g.Unit == "" || g.Unit == u {
			return true, nil
		}
		if in, err := k.Units.Within(ctx, q, u, g.Unit); err != nil || in {
			return in, err
		}
	}
	return false, nil
}

// DiscardPublication throws a proposal away; what was published stays for ever. It
// needs what Propose needs. Fault: Conflict results.approved.
func (k *Desk) DiscardPublication(ctx context.Context, a actor.Actor, id string) error {
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		p, err := getPublication(ctx, tx, id)
		if err != nil {
			return err
		}
		if ok, err := k.mayPrepare(ctx, tx, a, p.Unit); err != nil {
			return err
		} else if !ok && p.Approved == 0 {
			return fault.New(fault.NotFound, "results.unknown")
		} else if !ok {
			return k.Guard.Check(ctx, tx, a, auth.RoundKeep, p.Unit)
		}
		if !auth.DiscardResult.In(p.stands()) {
			return fault.New(fault.Conflict, "results.approved")
		}
		if n, err := tx.Exec(ctx, publicationDrop, id); err != nil {
			return err
		} else if n == 0 {
			return fault.New(fault.Conflict, "results.approved")
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: "result.discard", Kind: "publication", ID: id, Unit: p.Unit,
			Changes: []audit.Change{{Field: "number", From: p.Number}}})
	})
}

// PreviewProposal returns what a proposal would publish now, and stores nothing.
func (k *Desk) PreviewProposal(ctx context.Context, q db.Queryer, a actor.Actor, s Proposal) (Publication, error) {
	p, err := k.compose(ctx, q, s)
	if err != nil {
		return p, err
	}
	if ok, err := k.mayPrepare(ctx, q, a, p.Unit); err != nil {
		return Publication{}, err
	} else if !ok {
		return Publication{}, k.Guard.Check(ctx, q, a, auth.RoundKeep, p.Unit)
	}
	return p, nil
}

// A Publishable is an approved round whose results somebody may prepare.
type Publishable struct {
	Round   Round
	Amends  string // id of the publication in force; "" none yet
	Waiting string // id of a proposal that waits for approval
}

// Publishables returns the approved rounds whose results the actor may prepare, with
// what there is of them.
func (k *Desk) Publishables(ctx context.Context, q db.Queryer, a actor.Actor) ([]Publishable, error) {
	rounds, err := k.Rounds(ctx, q, a)
	if err != nil {
		return nil, err
	}
	var out []Publishable
	for _, r := range rounds {
		if r.Approved == 0 {
			continue
		}
		if ok, err := k.mayPrepare(ctx, q, a, r.Unit); err != nil {
			return nil, err
		} else if !ok {
			continue
		}
		all, err := db.All(ctx, q, publicationOfRound, scanPublication, r.ID)
		if err != nil {
			return nil, err
		}
		x := Publishable{Round: r}
		for _, p := range all {
			if p.Approved == 0 {
				x.Waiting = p.ID
			} else {
				x.Amends = p.ID
			}
		}
		out = append(out, x)
	}
	return out, nil
}

// Drift returns what of a publication in force is different today, because scores of
// its round were amended since. What was published stays; an amendment would say
// this. None for history, and for who may not prepare one.
func (k *Desk) Drift(ctx context.Context, q db.Queryer, a actor.Actor, p Publication) ([]AmendedRow, error) {
	if p.Round == "" || p.Approved == 0 {
		return nil, nil
	}
	if ok, err := k.mayPrepare(ctx, q, a, p.Unit); err != nil || !ok {
		return nil, err
	}
	now, err := k.compose(ctx, q, p.proposal())
	if err != nil {
		return nil, err
	}
	return now.Amended(p), nil
}

// MayApprove reports whether somebody may approve a proposal.
func (k *Desk) MayApprove(ctx context.Context, q db.Queryer, a actor.Actor, p Publication) (bool, error) {
	if p.Approved != 0 || p.madeBy(a) {
		return false, nil
	}
	if ok, err := k.Guard.May(ctx, q, a, auth.ResultPublish, p.Unit); err != nil || !ok {
		return false, err
	}
	return k.chairs(ctx, q, a, p.Unit)
}

// MayDiscard reports whether somebody may throw a proposal away.
func (k *Desk) MayDiscard(ctx context.Context, q db.Queryer, a actor.Actor, p Publication) (bool, error) {
	if p.Approved != 0 {
		return false, nil
	}
	return k.mayPrepare(ctx, q, a, p.Unit)
}
