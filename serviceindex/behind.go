package serviceindex

import (
	"cmp"
	"context"
	"math"
	"slices"

	"cchc/base/actor"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
	"cchc/unit"
)

// A Part is a part of a metric's ratio.
type Part string

const (
	PartNumerator   Part = "numerator"
	PartDenominator Part = "denominator"
	PartRest        Part = "rest" // in the denominator and not in the numerator: what costs points
)

// Parts lists them in the order of pages.
var Parts = []Part{PartNumerator, PartDenominator, PartRest}

// A List is what a number counted, one by one.
type List struct {
	Set     *Set
	Period  Period
	AsOf    moment.Instant
	Unit    unit.Unit
	Metric  MetricScore
	Part    Part
	Number  int64 // what the ratio says
	TooLong bool  // there are more rows than were asked for at most, and none are here
	Listing       // as many rows as Number, unless Kind is ListEntries
}

// A ListKind tells what a list's rows are.
type ListKind string

const (
	ListDossiers   ListKind = "dossiers"
	ListProcedures ListKind = "procedures" // of a body
	ListEntries    ListKind = "entries"    // entered by hand: there are no rows behind the number
)

// A Listing is the rows of a list, in the slice that Kind names.
type Listing struct {
	Kind       ListKind
	Dossiers   []Dossier
	Procedures []UnitProcedure
	Entries    []Entry
}

// Len returns the number of rows.
func (l Listing) Len() int { return len(l.Dossiers) + len(l.Procedures) + len(l.Entries) }

// A UnitProcedure is a procedure in a body or desk.
type UnitProcedure struct {
	Unit actor.UnitID
	Procedure
	Dossiers int64 // how many of the measure are of it; 0 for one of the catalogue alone
}

// RestKnown reports whether what is in the denominator and not in the numerator
// is their difference. Procedures of the catalogue are not so: a desk may have had
// some that its body's catalogue has not, and only the list knows.
func (m *Metric) RestKnown() bool {
	return measures[m.Denominator] != fromCatalogue || measures[m.Numerator] == fromCatalogue
}

// Behind returns what a part of a metric counted for a unit and all that lay
// under it. Errors: as Of; fault.NotFound for a metric that the formulas have not,
// fault.Invalid for a part that there is not.
func (x *Index) Behind(ctx context.Context, a actor.Actor, u unit.ID, p Period, metric string, part Part) (*List, error) {
	return x.BehindAtMost(ctx, a, u, p, metric, part, math.MaxInt64)
}

// BehindAtMost is Behind, but finds no rows when the number says that they are
// more than most.
func (x *Index) BehindAtMost(ctx context.Context, a actor.Actor, u unit.ID, p Period, metric string, part Part, most int64) (*List, error) {
	var out *List
	err := x.DB.Snapshot(ctx, func(q *db.Snapshot) error {
		self, set, err := x.begin(ctx, q, a, u, p)
		if err != nil {
			return err
		}
		m, ok := set.Metric(metric)
		if !ok {
			return fault.New(fault.NotFound, "serviceindex.metric_unknown", "Metric", metric)
		}
		if !slices.Contains(Parts, part) {
			return fault.New(fault.Invalid, "serviceindex.part_wrong", "Part", string(part))
		}
		l, err := x.open(ctx, q, set, p)
		if err != nil {
			return err
		}
		sums, err := l.reach(ctx, q, reachOf, u)
		if err != nil {
			return err
		}
		ms, _ := set.Score(sums[u]).Metric(metric)
		out = &List{Set: set, Period: p, AsOf: p.AsOf(x.DB.Now()), Unit: self, Metric: ms, Part: part}
		switch part {
		case PartNumerator:
			out.Number = ms.Value.Num
		case PartDenominator:
			out.Number = ms.Value.Den
		case PartRest:
			out.Number = max(0, ms.Value.Den-ms.Value.Num)
		}
		if m.Entered {
			out.Kind = ListEntries
			out.Entries, err = db.All(ctx, q, enteredBelow, scanEntry, m.Code, p.From, p.To, string(u), p.From, p.To)
			return err
		}
		if !m.Scored() {
			out.Kind = ListDossiers
			return nil
		}
		if out.TooLong = out.Number > most; out.TooLong {
			return nil
		}
		within, err := x.within(ctx, q, &Report{Standing: Standing{Unit: self}, Period: p})
		if err != nil {
			return err
		}
		b := behind{x: x, ctx: ctx, q: q, l: l, u: u, within: within}
		if out.Listing, err = b.part(m, part); part == PartRest && !m.RestKnown() {
			out.Number = int64(out.Len())
		}
		return err
	})
	return out, err
}

// behind lists measures of one ledger and unit.
type behind struct {
	x      *Index
	ctx    context.Context
	q      db.Queryer
	l      *ledger
	u      unit.ID
	within map[unit.ID]bool
}

func (b *behind) part(m *Metric, part Part) (Listing, error) {
	if m.Rule.Kind == Complement {
		switch part {
		case PartRest:
			return b.measure(m.Less)
		case PartNumerator:
			return b.without(m.Denominator, m.Less)
		}
	}
	switch part {
	case PartNumerator:
		return b.measure(m.Numerator)
	case PartDenominator:
		return b.measure(m.Denominator)
	}
	return b.without(m.Denominator, m.Numerator)
}

func (b *behind) measure(m Measure) (Listing, error) {
	switch measures[m] {
	case fromProcedures:
		return b.procedures(m)
	case fromCatalogue:
		return b.catalogue(m)
	}
	switch m {
	case Satisfied:
		return b.without(Received, Displeased)
	case TimedLate:
		return b.without(Timed, TimedOK)
	}
	rows, err := b.x.Source.Behind(b.ctx, b.q, b.u, b.l.period, m)
	return Listing{Kind: ListDossiers, Dossiers: rows}, err
}

// without lists what one measure counts and another does not.
func (b *behind) without(all, some Measure) (Listing, error) {
	out, err := b.measure(all)
	if err != nil {
		return out, err
	}
	less, err := b.measure(some)
	if err != nil {
		return out, err
	}
	if out.Kind == ListDossiers {
		gone := make(map[string]bool, len(less.Dossiers))
		for _, d := range less.Dossiers {
			gone[d.ID] = true
		}
		out.Dossiers = slices.DeleteFunc(out.Dossiers, func(d Dossier) bool { return gone[d.ID] })
		return out, nil
	}
	// A body's catalogue against what its desks had, by the procedure's code.
	gone := map[[2]string]bool{}
	for _, p := range less.Procedures {
		body := p.Unit // in the catalogue's lists it is the body already
		if _, ok := b.l.bodies[body]; !ok {
			body = b.l.home[p.Unit]
		}
		gone[[2]string{string(body), p.Code}] = true
	}
	out.Procedures = slices.DeleteFunc(out.Procedures, func(p UnitProcedure) bool { return gone[[2]string{string(p.Unit), p.Code}] })
	return out, nil
}

// procedures lists the different procedures of each unit among dossiers.
func (b *behind) procedures(m Measure) (Listing, error) {
	of, err := b.measure(among[m])
	if err != nil {
		return Listing{}, err
	}
	at := map[[2]string]int{}
	out := Listing{Kind: ListProcedures}
	for _, d := range of.Dossiers {
		key := [2]string{string(d.Unit), d.Procedure}
		i, ok := at[key]
		if !ok {
			i = len(out.Procedures)
			at[key] = i
			out.Procedures = append(out.Procedures, UnitProcedure{Unit: d.Unit, Procedure: Procedure{Code: d.Procedure, Name: d.ProcedureName}})
		}
		out.Procedures[i].Dossiers++
	}
	sortProcedures(out.Procedures)
	return out, nil
}

// catalogue lists the procedures within the authority of each body.
func (b *behind) catalogue(m Measure) (Listing, error) {
	out := Listing{Kind: ListProcedures}
	on := b.l.period.AsOf(b.x.DB.Now()).Date()
	for body, level := range b.l.bodies {
		if !b.within[body] {
			continue
		}
		all, err := b.x.Catalogue.Authority(b.ctx, b.q, level, on)
		if err != nil {
			return out, err
		}
		for _, p := range all {
			if m == Authority || (m == AuthorityOnline && p.Online) || (m == AuthorityFee && p.Fee) {
				out.Procedures = append(out.Procedures, UnitProcedure{Unit: body, Procedure: p})
			}
		}
	}
	sortProcedures(out.Procedures)
	return out, nil
}

func sortProcedures(p []UnitProcedure) {
	slices.SortFunc(p, func(a, b UnitProcedure) int {
		return cmp.Or(cmp.Compare(a.Unit, b.Unit), cmp.Compare(a.Code, b.Code))
	})
}
