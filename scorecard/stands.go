package scorecard

import (
	"cchc/base/auth"
	"cchc/base/moment"
)

// How things of the PAR index stand, in the words of the policy.

// stands is approved after the approval, approving while its stage is open.
func (r Round) stands(now moment.Instant) auth.State {
	switch {
	case r.Approved != 0:
		return "approved"
	case r.Open(StageApproved, "", now):
		return "approving"
	}
	return "open"
}

// Stands is how a sheet stands for its unit.
func (s Sheet) Stands(r Round, now moment.Instant) auth.State {
	self, explain := r.Phase(StageSelf, s.ID, now), r.Open(StageExplain, s.ID, now)
	open := self == PhaseOpen || self == PhaseReopened
	switch {
	case s.Removed != 0:
		return "removed"
	case r.Approved != 0:
		return "approved"
	case s.HandedIn == 0 && open:
		return "draft"
	case s.HandedIn == 0 && self == PhaseAhead:
		return "ahead"
	case s.HandedIn == 0:
		return "left"
	case open && explain:
		return "handed_in_explaining"
	case open:
		return "handed_in"
	case explain:
		return "explaining"
	}
	return "locked"
}

// StandsIn is how a sheet stands in a stage, for who appraises or explains it.
func (s Sheet) StandsIn(r Round, stage Stage, now moment.Instant) auth.State {
	switch {
	case !r.Open(stage, s.ID, now):
		return "closed"
	case s.Removed != 0:
		return "removed"
	case s.HandedIn == 0:
		return "not_handed_in"
	}
	return "open"
}

func (v SetVersion) stands() auth.State { return auth.State(v.State) }
