package serviceindex

import (
	"cmp"
	"slices"
	"strconv"

	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/points"
	"cchc/unit"
)

// A Standing (thứ hạng) is a unit among those of its level under one parent.
type Standing struct {
	Unit   unit.Unit
	Score  Score
	Rank   int  // 1 is the first; 0 is not ranked: no dossier in the period
	Shared bool // others have the same total
	Of     int  // how many are ranked
	Delta  Delta
}

// RankText writes the rank: "3", "=3" when it is shared, "–" when there is none.
func (s Standing) RankText() string {
	switch {
	case s.Rank == 0:
		return i18n.None
	case s.Shared:
		return "=" + strconv.Itoa(s.Rank)
	}
	return strconv.Itoa(s.Rank)
}

// Why a delta is missing.
type Why string

const (
	Formed   Why = "formed"  // the unit was formed in between
	Silence  Why = "silence" // no figures then, or none now
	Version  Why = "version" // the formulas are of another version
	PeersNew Why = "peers"   // the list that it is ranked in is another: points only
	NoBefore Why = "no_set"  // no formula was in force then
	Same     Why = ""        // nothing is missing
)

// A Delta is the change against the period before; points and rank stand apart.
type Delta struct {
	Before    Period
	Points    points.Points
	HasPoints bool
	Rank      int // places won; below 0 lost
	HasRank   bool
	Why       Why         // why something is missing
	Formed    moment.Date // with Formed
}

// rank orders standings by total, then by name, and gives each of them its rank
// among those of the same level: exact totals, equal ones share (1, 2, 2, 4).
func rank(all []Standing) {
	slices.SortFunc(all, func(a, b Standing) int {
		return cmp.Or(cmp.Compare(missing(a), missing(b)), cmp.Compare(b.Score.Points, a.Score.Points), i18n.Compare(a.Unit.Name, b.Unit.Name),
			cmp.Compare(a.Unit.ID, b.Unit.ID))
	})
	type run struct {
		seen, rank int
		last       *Standing
	}
	levels := map[string]*run{}
	for i := range all {
		s := &all[i]
		if missing(*s) == 1 {
			continue
		}
		r := levels[s.Unit.Level]
		if r == nil {
			r = &run{}
			levels[s.Unit.Level] = r
		}
		r.seen++
		if r.last != nil && r.last.Score.Points == s.Score.Points {
			s.Shared, r.last.Shared = true, true
		} else {
			r.rank = r.seen
		}
		s.Rank, r.last = r.rank, s
	}
	for i := range all {
		if r := levels[all[i].Unit.Level]; r != nil {
			all[i].Of = r.seen
		}
	}
}

func missing(s Standing) int {
	if s.Score.Dossiers == 0 {
		return 1
	}
	return 0
}

// compare sets the deltas of standings against those of the period before. Places
// are compared only when nobody entered or left the list by being formed or
// dissolved: from a list of 17 to one of 124 nobody has moved. Who was silent
// then and is ranked now was in the list all the same.
func compare(now, then []Standing, before Period, why Why, formed func(unit.ID) moment.Date) {
	old := map[unit.ID]Standing{}
	for _, s := range then {
		old[s.Unit.ID] = s
	}
	other := map[string]bool{} // levels whose list is another one
	here := map[unit.ID]bool{}
	for _, s := range now {
		here[s.Unit.ID] = true
		if o, ok := old[s.Unit.ID]; s.Rank > 0 && (!ok || o.Unit.Level != s.Unit.Level) {
			other[s.Unit.Level] = true
		}
	}
	for _, s := range then {
		if s.Rank > 0 && !here[s.Unit.ID] {
			other[s.Unit.Level] = true
		}
	}
	for i := range now {
		s := &now[i]
		s.Delta = Delta{Before: before, Why: why}
		o, ok := old[s.Unit.ID]
		day := formed(s.Unit.ID)
		switch {
		case day > before.To:
			s.Delta.Why, s.Delta.Formed = Formed, day
		case why != Same:
		case !ok, missing(o) == 1, missing(*s) == 1:
			s.Delta.Why = Silence
		default:
			s.Delta.Points, s.Delta.HasPoints = s.Score.Points-o.Score.Points, true
			if other[s.Unit.Level] {
				s.Delta.Why = PeersNew
				continue
			}
			s.Delta.Rank, s.Delta.HasRank = o.Rank-s.Rank, true
		}
	}
}
