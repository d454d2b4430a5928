package scorecard

// Finals is finals, for tests outside of the package.
var Finals = (*Desk).finals

// StandsOf is how a round stands, for tests outside of the package.
var StandsOf = Round.stands

// LockedV1 writes a publication as entries locked it before v2.
func (p Publication) LockedV1() []byte { return p.locked(1) }
