package ranking

import "cchc/base/points"

// A Standing is where a unit stood in a year, as it was published or is now.
type Standing struct {
	Score, Max points.Points // Max 0: points are not known
	Index      points.Points // in percent, as printed
	Exact      points.Ratio  // where known, else {}
	Rank       int           // 0: unranked or not known
	Missing    bool
	Set        SetRef
	List       List
}

// A SetRef is what matters of a criteria set for a comparison.
type SetRef struct {
	ID  string        // "" is not known
	Max points.Points // nominal maximum; 0 is not known
}

// A List is the group that a rank is of.
type List struct {
	Size  int      // how many are ranked; 0 is not known
	Units []string // by what tells units apart over the years; nil when only some are known
}

// sameShare is how much of the larger list both must have in common, in percent,
// for a rank in one to say something about a rank in the other: a list of 124 is
// the same when a commune leaves it, and another when 17 became 124.
const sameShare = 90

// Same reports whether a rank in one list can be compared with one in the other.
func (l List) Same(o List) bool {
	if l.Size == 0 || o.Size == 0 {
		return false
	}
	larger := max(l.Size, o.Size)
	both := min(l.Size, o.Size)
	if len(l.Units) == l.Size && len(o.Units) == o.Size {
		in := map[string]bool{}
		for _, u := range l.Units {
			in[u] = true
		}
		both = 0
		for _, u := range o.Units {
			if in[u] {
				both++
			}
		}
	}
	return both*100 >= larger*sameShare
}

// Why says why a change is not told, or what to keep in mind where it is.
type Why string

const (
	WhyNot     Why = ""        // nothing stands against it
	WhyFormed  Why = "formed"  // the unit was formed in between: nothing to compare with
	WhyNoPast  Why = "no_past" // nothing was published then
	WhyMissing Why = "missing" // the unit was missing then, or is now
	WhyList    Why = "list"    // the list that it is ranked in is another
	WhySet     Why = "set"     // the criteria set is another
	WhyMax     Why = "max"     // the maximum is another
	WhyUnknown Why = "unknown" // that figure was not published
)

// A Delta is one change against an earlier year.
type Delta struct {
	Value points.Points // meaningful when OK
	OK    bool
	Why   Why // the reason when not OK, a note when OK
}

// Deltas are the four changes, kept apart: a page that says "+10.31" without saying
// of what can be read in two ways.
type Deltas struct {
	Points  Delta // of the total, in points
	Percent Delta // of the index, in percentage points
	Rank    Delta // places won, whole points: +6 is from 9 to 3
	// Share is of the unit's place in its group, in percentage points won: from 9 of
	// 10 (the first 90 %) to 3 of 10 (the first 30 %) is +60.
	Share Delta
}

// Change compares a unit's standing with an earlier one. formed says that the unit
// was formed in between, however old its name is; past nil, that nothing of it was
// published then.
func Change(now Standing, past *Standing, formed bool) Deltas {
	all := func(w Why) Deltas { d := Delta{Why: w}; return Deltas{d, d, d, d} }
	switch {
	case formed:
		return all(WhyFormed)
	case past == nil:
		return all(WhyNoPast)
	case now.Missing || past.Missing:
		return all(WhyMissing)
	}
	var d Deltas
	other := now.Set.ID != "" && past.Set.ID != "" && now.Set.ID != past.Set.ID
	otherMax := now.Set.Max != 0 && past.Set.Max != 0 && now.Set.Max != past.Set.Max

	switch {
	case now.Max == 0 || past.Max == 0:
		d.Points.Why = WhyUnknown
	case otherMax:
		d.Points.Why = WhySet
	default:
		d.Points = Delta{Value: now.Score - past.Score, OK: true}
		if now.Max != past.Max {
			d.Points.Why = WhyMax
		} else if other {
			d.Points.Why = WhySet
		}
	}

	d.Percent = Delta{Value: now.Index - past.Index, OK: true}
	sameList := now.List.Same(past.List)
	switch {
	case !sameList && now.List.Size > 0 && past.List.Size > 0:
		d.Percent.Why = WhyList
	case other || otherMax:
		d.Percent.Why = WhySet
	}

	switch {
	case now.Rank == 0 || past.Rank == 0:
		d.Rank.Why, d.Share.Why = WhyUnknown, WhyUnknown
		return d
	case !sameList && (now.List.Size == 0 || past.List.Size == 0):
		d.Rank.Why = WhyUnknown
	case !sameList:
		d.Rank.Why = WhyList
	default:
		d.Rank = Delta{Value: points.Of(int64(past.Rank - now.Rank)), OK: true}
	}
	a, ok := past.share()
	b, ok2 := now.share()
	if !ok || !ok2 {
		d.Share.Why = WhyUnknown
		return d
	}
	d.Share = Delta{Value: a - b, OK: true}
	if !sameList {
		d.Share.Why = WhyList
	}
	return d
}

// share returns which first part of its group the unit belongs to, in percent:
// rank 3 of 10 is 30.
func (s Standing) share() (points.Points, bool) {
	if s.Rank == 0 || s.List.Size == 0 {
		return 0, false
	}
	return Percent(points.Ratio{Num: int64(s.Rank), Den: int64(s.List.Size)}, 2), true
}
