package scorecard

// Finals is finals, for tests outside of the package.
var Finals = (*Desk).finals
