package procedure

import (
	"cmp"
	"slices"
	"strings"

	"cchc/base/i18n"
	"cchc/base/moment"
)

// index is the versions in the order in which equally good hits are shown:
// shorter names first.
type index []hit

type hit struct {
	*Version
	words string // " thu tuc dang ky khai sinh": every word begins after a blank
}

func indexOf(all []*Version) index {
	ix := make(index, len(all))
	for i, v := range all {
		ix[i] = hit{v, " " + separate(v.Fold)}
	}
	slices.SortFunc(ix, func(a, b hit) int {
		return cmp.Or(cmp.Compare(len(a.Fold), len(b.Fold)), cmp.Compare(a.Fold, b.Fold), cmp.Compare(a.Code, b.Code), cmp.Compare(a.From, b.From))
	})
	return ix
}

// separate makes blanks of what stands between words, so that "(ho tich)" and
// "giay/to" are found by their words.
func separate(fold string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(`()/,;:"“”'-–`, r) {
			return ' '
		}
		return r
	}, fold)
}

// A Filter narrows a search; what is empty does not.
type Filter struct {
	On      moment.Date // in force on that day; today when zero
	Sector  string
	Level   string
	Channel Channel
	Settled bool // only what can be received against
}

// keeps tells whether a version that is in force on the day is asked for.
func (f Filter) keeps(v *Version) bool {
	return (f.Sector == "" || v.Sector == f.Sector) &&
		(f.Level == "" || v.Level == f.Level) &&
		(f.Channel == "" || v.Has(f.Channel)) &&
		(!f.Settled || v.Settled)
}

// Ranks of a hit, the best first.
const (
	exactCode = iota
	codePrefix
	namePrefix // the name begins with the text; "thủ tục" before it does not count
	phrase     // the words stand together, in this order
	wordPrefix // each word begins some word of the name
	inside     // each word is somewhere in the name
	miss
)

// search returns the best n hits for a text, every hit when n is 0. An empty
// text finds everything, shorter names first.
func (ix index) search(text string, f Filter, n int) []*Version {
	query := strings.Fields(separate(i18n.Fold(text)))
	whole := " " + strings.Join(query, " ")
	code := strings.ToLower(strings.Join(strings.Fields(text), ""))
	var found [miss][]*Version
	for i := range ix {
		h := &ix[i]
		r := h.rank(query, whole, code)
		if r < miss && (n <= 0 || len(found[r]) < n) && f.keeps(h.Version) {
			found[r] = append(found[r], h.Version)
		}
	}
	var out []*Version
	for _, hits := range found {
		out = append(out, hits...)
	}
	if n > 0 && len(out) > n {
		out = out[:n]
	}
	return out
}

func (h *hit) rank(query []string, whole, code string) int {
	if len(query) == 0 {
		return inside
	}
	if c := strings.ToLower(h.Code); strings.HasPrefix(c, code) {
		if c == code {
			return exactCode
		}
		return codePrefix
	}
	if strings.Contains(h.words, whole) {
		if strings.HasPrefix(strings.TrimPrefix(h.words, " thu tuc"), whole) || strings.HasPrefix(h.words, whole) {
			return namePrefix
		}
		return phrase
	}
	rank := wordPrefix
	for _, w := range query {
		at := strings.Index(h.words, w)
		if at < 0 {
			return miss
		}
		if h.words[at-1] != ' ' && !strings.Contains(h.words, " "+w) {
			rank = inside
		}
	}
	return rank
}
