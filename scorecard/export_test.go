package scorecard

// Finals is finals, for tests outside of the package.
var Finals = (*Desk).finals

// StandsOf is how a round stands, for tests outside of the package.
var StandsOf = Round.stands
