// Package scorecard keeps the PAR index (chỉ số CCHC): criteria sets by version,
// rounds of assessment with their sheets, scores and evidence, results and their
// publication. The arithmetic is package criteria's; here is who may do what
// when, and what stays.
package scorecard

import (
	"context"
	"sync"

	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/file"
	"cchc/scorecard/criteria"
	"cchc/unit"
)

// A Desk holds the verbs of the room. DB, Guard and Units are needed; without
// Files no evidence can be uploaded.
type Desk struct {
	DB    *db.DB
	Guard *auth.Guard
	Units *unit.Book
	Files *file.Store

	// Measure asks the rooms that measure for a leaf's input, with where it comes
	// from; ok is false for what none of them gives. nil: none gives anything.
	Measure func(ctx context.Context, q db.Queryer, m MeasureAsk) (in criteria.Input, detail string, ok bool, err error)

	// Source measures what leaves are bound to, for projections, and for rounds where
	// Measure is nil; nil: nothing is measured.
	Source Source

	parsed sync.Map // *criteria.Set by the SHA-256 of its text; what was issued does not change
}
