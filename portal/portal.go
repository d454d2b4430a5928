// Package portal is what citizens ask the administration before they come: it
// finds procedures (thủ tục hành chính) in the words that people use, where the
// catalogue has those of the law.
package portal

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strings"

	"cchc/base/db"
	"cchc/base/i18n"
	"cchc/procedure"
)

// Words are what people say (folded) with what the names of procedures say
// instead. The zero Words know none.
type Words struct {
	said   []said          // the longer ones first
	filler map[string]bool // single words that tell nothing of what is sought
	fills  []string        // and phrases, the longer ones first
}

type said struct{ said, means string }

// ParseWords reads data.Everyday: columns said and means, lines that begin with
// # are notes.
func ParseWords(in io.Reader) (*Words, error) {
	r := csv.NewReader(in)
	r.Comment, r.FieldsPerRecord = '#', 2
	w := &Words{filler: map[string]bool{}}
	for n := 0; ; n++ {
		rec, err := r.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("everyday words: %w", err)
		}
		if n == 0 {
			if rec[0] != "said" || rec[1] != "means" {
				return nil, fmt.Errorf("everyday words: columns %q, want said and means", rec)
			}
			continue
		}
		s, m := i18n.Fold(rec[0]), strings.TrimSpace(rec[1])
		switch {
		case s == "":
			line, _ := r.FieldPos(0)
			return nil, fmt.Errorf("everyday words: line %d says nothing", line)
		case m != "":
			w.said = append(w.said, said{s, m})
		case strings.Contains(s, " "):
			w.fills = append(w.fills, s)
		default:
			w.filler[s] = true
		}
	}
	slices.SortStableFunc(w.said, func(a, b said) int { return len(b.said) - len(a.said) })
	slices.SortStableFunc(w.fills, func(a, b string) int { return len(b) - len(a) })
	return w, nil
}

// Means returns the searches that a text stands for, the best first: what the
// catalogue calls what was said, the text itself, and the text without the words
// that tell nothing. An empty text stands for itself.
func (w *Words) Means(text string) []string {
	fold := " " + strings.Join(strings.Fields(strings.Map(blank, i18n.Fold(text))), " ") + " "
	var out []string
	add := func(s string) {
		if s = strings.TrimSpace(s); s != "" && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	for _, x := range w.said {
		if strings.Contains(fold, " "+x.said+" ") {
			add(x.means)
			break // the longest that fits; a shorter one inside it means something else
		}
	}
	add(text)
	for _, f := range w.fills {
		fold = strings.ReplaceAll(fold, " "+f+" ", " ")
	}
	add(strings.Join(slices.DeleteFunc(strings.Fields(fold), func(s string) bool { return w.filler[s] }), " "))
	if out == nil {
		out = []string{""}
	}
	return out
}

func blank(r rune) rune {
	if strings.ContainsRune(`?!.,;:()"'“”/`, r) {
		return ' '
	}
	return r
}

// A Finder finds procedures in everyday words. Both are needed.
type Finder struct {
	Procedures *procedure.Catalogue
	Words      *Words
}

// Find returns the procedures that a text asks for, those that people deal with
// at their commune or province before those of ministries. An empty text finds
// every one of the filter. A code finds by its beginning.
func (f *Finder) Find(ctx context.Context, q db.Queryer, text string, filter procedure.Filter) ([]*procedure.Version, error) {
	searches := f.Words.Means(text)
	if c := strings.TrimSpace(text); c != "" && c[0] >= '0' && c[0] <= '9' {
		searches = []string{c} // a code, whose dots are part of it
	}
	var near, far []*procedure.Version
	seen := map[string]bool{}
	known := false // what was said means something: then "so do" no longer finds every name with "số" and "do"
	for i, s := range searches {
		found, err := f.Procedures.Search(ctx, q, s, filter, 0)
		if err != nil {
			return nil, err
		}
		for _, v := range found {
			switch {
			case seen[v.ID] || known && !strings.Contains(v.Fold, i18n.Fold(s)):
			case v.Level == procedure.Ministry:
				far = append(far, v)
			default:
				near = append(near, v)
			}
			seen[v.ID] = true
		}
		known = known || i == 0 && len(found) > 0 && s != strings.TrimSpace(text)
	}
	return append(near, far...), nil
}
