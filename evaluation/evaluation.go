// Package evaluation scores how dossiers were handled (đánh giá việc giải quyết
// thủ tục hành chính): nine indices of 2, 1 or 0 points for officers and bodies, as
// versioned data, and their exact arithmetic. It has no I/O; what a dossier's
// facts say is handed to it as Work. Source: NĐ 61/2018/NĐ-CP, Articles 29–31; TT
// 01/2018/TT-VPCP, Articles 13–15.
package evaluation

import (
	"context"
	"math/big"

	"cchc/base/i18n"
	"cchc/base/law"
	"cchc/base/moment"
	"cchc/base/points"
)

// A Text is a name of the data in both languages.
type Text struct {
	VI string `yaml:"vi"`
	EN string `yaml:"en"`
}

// In returns the text in the context's language.
func (t Text) In(ctx context.Context) string {
	if i18n.Lang(ctx) == i18n.English {
		return t.EN
	}
	return t.VI
}

// A Set is one version of the indices. It is shared: never change one.
type Set struct {
	ID       string
	Refs     []law.Ref
	Span     law.Span
	Name     Text
	Indices  []*Index // by number
	Officers Scale
	Units    Scale
}

// A Scale is what the indices can add up to, and how a sum is called.
type Scale struct {
	Max   points.Points
	Bands []Band // the highest first
}

// A Band (mức đánh giá) begins at a sum, that sum included.
type Band struct {
	Min  points.Points
	Name Text
}

// Band returns the band of a sum.
func (s Scale) Band(sum points.Points) Band {
	for _, b := range s.Bands {
		if sum >= b.Min {
			return b
		}
	}
	return Band{}
}

// A Per says what gets an index's points.
type Per string

const (
	PerDossier Per = "dossier" // each dossier, by its outcome
	PerShare   Per = "share"   // the unit, by the share of dossiers with outcome yes
	PerEntered Per = "entered" // the unit, by what a person entered
)

// An Index is one of the nine.
type Index struct {
	No         int
	Code       string
	Name       Text
	Short      Text // for the heads of columns
	Per        Per
	Officers   bool           // counts for officers too
	Outcomes   map[string]int // points by outcome (PerDossier)
	Choices    map[string]int // points by what is chosen (PerEntered)
	Thresholds []Threshold    // points by a share, the highest first
	Mark       string         // how sure the data is: F, I, M
}

// A Threshold gives points from a percentage on, that one included.
type Threshold struct {
	AtLeast int64 `yaml:"at_least"`
	Points  int   `yaml:"points"`
}

// Share returns the points of a ratio, exactly: 89.996 % is not 90 %.
func (x *Index) Share(r points.Ratio) int {
	for _, t := range x.Thresholds {
		if r.Den > 0 && r.Num*100 >= t.AtLeast*r.Den {
			return t.Points
		}
	}
	return 0
}

// By returns the index with a code; nil when the set has none.
func (s *Set) By(code string) *Index {
	for _, x := range s.Indices {
		if x.Code == code {
			return x
		}
	}
	return nil
}

// On returns the set in force on a day. When none is, it is the one that was in
// force last before, or else the first, and inForce is false.
func On(sets []*Set, day moment.Date) (s *Set, inForce bool) {
	for _, x := range sets {
		if x.Span.Holds(day) {
			return x, true
		}
		if s == nil || x.Span.From <= day {
			s = x
		}
	}
	return s, false
}

// Timing compares a time with its limit.
type Timing int

const (
	Shorter Timing = iota
	Equal
	Longer
)

// Work is what the facts of a resolved dossier say to the indices.
type Work struct {
	Total     Timing // against the due date then in force
	Units     Timing // the worst of the units' parts against their own
	Contacts  int    // requests for more papers
	Agencies  int    // other agencies that the applicant was sent to
	OneStop   bool   // no other body had a step of it
	Online    bool
	Complaint bool // complained of or rated 1 or 2, and not disproved
}

// Outcome names what an index sees in a dossier, "" for one that sees nothing.
func (w Work) Outcome(code string) string {
	switch code {
	case "total_time":
		return w.Total.outcome()
	case "unit_time":
		return w.Units.outcome()
	case "contacts":
		return count(w.Contacts)
	case "agencies":
		return count(w.Agencies)
	case "organisation":
		return yes(w.OneStop)
	case "online":
		return yes(w.Online)
	case "attitude":
		if w.Complaint {
			return "complaint"
		}
		return [...]string{Shorter: "early", Equal: "on_time", Longer: "late"}[w.Total]
	}
	return ""
}

func (t Timing) outcome() string {
	return [...]string{Shorter: "shorter", Equal: "equal", Longer: "longer"}[t]
}

func count(n int) string {
	switch n {
	case 0:
		return "none"
	case 1:
		return "one"
	}
	return "more"
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// A Tally sums dossiers: for each index the points that they got, or how many had
// the outcome yes.
type Tally struct {
	Dossiers int64
	Sums     map[string]int64
}

// Count adds a dossier.
func (s *Set) Count(t *Tally, w Work) {
	if t.Sums == nil {
		t.Sums = map[string]int64{}
	}
	t.Dossiers++
	for _, x := range s.Indices {
		outcome := w.Outcome(x.Code)
		switch {
		case x.Per == PerDossier:
			t.Sums[x.Code] += int64(x.Outcomes[outcome])
		case x.Per == PerShare && outcome == "yes":
			t.Sums[x.Code]++
		}
	}
}

// Entered is what a person entered for an index: a choice, or a ratio.
type Entered struct {
	Choice string
	Ratio  points.Ratio
}

// A Line is one index of a result.
type Line struct {
	Index *Index
	Known bool          // false when there was nothing to count, or nobody entered it
	Value points.Points // to one place
	Ratio points.Ratio  // what it was computed of
}

// A Result is the indices of an officer or a unit and what they add up to.
type Result struct {
	Lines    []Line
	Sum      points.Points
	Max      points.Points
	Complete bool // every index is known; a band is given only then
	Band     Band
}

// Score computes the indices: the sum of points over dossiers, half-up to one
// place, then added up.
func (s *Set) Score(t Tally, entered map[string]Entered, officers bool) Result {
	scale := s.Units
	if officers {
		scale = s.Officers
	}
	r := Result{Max: scale.Max, Complete: true}
	for _, x := range s.Indices {
		if officers && !x.Officers {
			continue
		}
		l := Line{Index: x, Ratio: points.Ratio{Num: t.Sums[x.Code], Den: t.Dossiers}, Known: t.Dossiers > 0}
		switch x.Per {
		case PerDossier:
			if l.Known {
				l.Value = points.Round(big.NewRat(l.Ratio.Num, l.Ratio.Den), 1)
			}
		case PerShare:
			if l.Known {
				l.Value = points.Of(int64(x.Share(l.Ratio)))
			}
		case PerEntered:
			e, ok := entered[x.Code]
			l.Known, l.Ratio = ok, e.Ratio
			switch {
			case len(x.Choices) > 0:
				l.Value = points.Of(int64(x.Choices[e.Choice]))
			case ok && e.Ratio.Den == 0: // nothing arose that could go wrong
				l.Value = points.Of(2)
			case ok:
				l.Value = points.Of(int64(x.Share(e.Ratio)))
			}
		}
		if !l.Known {
			r.Complete = false
		}
		r.Sum += l.Value
		r.Lines = append(r.Lines, l)
	}
	if r.Complete {
		r.Band = scale.Band(r.Sum)
	}
	return r
}
