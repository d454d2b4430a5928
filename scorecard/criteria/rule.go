package criteria

import "math/big"

// A Kind names a way of giving points; sets write it as kind.
type Kind string

// The kinds that real sets use. What Input each reads stands behind it.
const (
	YesNo      Kind = "yes_no"           // Option
	Choice     Kind = "choice"           // Option
	AllOrNone  Kind = "all_or_nothing"   // Ratio or Value
	Deadline   Kind = "deadline_tiers"   // Done and Due, or Value in days
	Tiered     Kind = "tiered"           // Ratio or Value, as a ratio
	CountTier  Kind = "count_tiered"     // Value
	Linear     Kind = "linear_ratio"     // Ratio or Value, as a ratio; capped by full_at
	Piecewise  Kind = "piecewise_linear" // the same with a floor: below it nothing
	Depends    Kind = "conditional"      // what the rule taken reads, and another leaf's result
	YearOnYear Kind = "year_on_year"     // Value or Ratio, and Before
	Relative   Kind = "relative"         // Value or Ratio, and Best
	Count      Kind = "count"            // Value: items, each worth points, up to a cap
	Deduction  Kind = "deduction"        // Value: faults, each taking points, down to a floor
	Late       Kind = "late_penalty"     // Value in days, or Done and Due
	Survey     Kind = "survey"           // Answers, or Value in percent
	Import     Kind = "import"           // Value: another index
	Formula    Kind = "formula"          // Vars
	Veto       Kind = "veto"             // Option: yes when it was found
	Composite  Kind = "composite"        // Parts
)

// A Rule gives points for an input. There is one type for each kind.
type Rule interface {
	Kind() Kind

	// points returns the exact points of an input that is given and not NA; ok is
	// false when the input lacks what the rule reads.
	points(n *Node, in Input, at *scoring) (p *big.Rat, b Branch, ok bool)
}
