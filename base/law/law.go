// Package law names where a rule comes from and when it is in force, so that no
// number from a decree stands in the product without its clause and dates.
package law

import (
	"fmt"
	"strings"

	"cchc/base/moment"
)

// A Ref points into a legal document (văn bản): its number, and where known the
// article (điều), clause (khoản) and point (điểm). Zero parts are left out.
type Ref struct {
	Doc     string // "118/2025/NĐ-CP"
	Article int
	Clause  int
	Point   string
}

// String writes the reference from the smallest part to the document, as
// Vietnamese papers do: "điểm a khoản 2 Điều 5 118/2025/NĐ-CP".
func (r Ref) String() string {
	var b strings.Builder
	if r.Point != "" {
		fmt.Fprintf(&b, "điểm %s ", r.Point)
	}
	if r.Clause != 0 {
		fmt.Fprintf(&b, "khoản %d ", r.Clause)
	}
	if r.Article != 0 {
		fmt.Fprintf(&b, "Điều %d ", r.Article)
	}
	return b.String() + r.Doc
}

// A Span is the time during which something is in force: from From on, up to
// and without To. A zero To has no end.
type Span struct{ From, To moment.Date }

// Holds reports whether the span contains d.
func (s Span) Holds(d moment.Date) bool { return d >= s.From && (s.To == 0 || d < s.To) }

// Overlaps reports whether the two spans share a day.
func (s Span) Overlaps(o Span) bool {
	return (s.To == 0 || o.From < s.To) && (o.To == 0 || s.From < o.To)
}
