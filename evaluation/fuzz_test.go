package evaluation_test

import (
	"strings"
	"testing"

	"cchc/data"
	"cchc/evaluation"
)

// What is read of a version's text is whole: indices with a name in both languages and
// bands from the highest down, versions by their days and never two of one day.
func FuzzLoadSets(f *testing.F) {
	f.Add(data.Evaluation)
	f.Add(data.Evaluation + "\n---\n" + data.Evaluation)
	for _, s := range []string{"", "---", "version: 1", "- a", "a: &a [*a]", "\x00", "version: {}\nindices: [null]", strings.Repeat("[", 1000)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		sets, err := evaluation.LoadSets(text)
		if err != nil {
			return
		}
		if len(sets) == 0 {
			t.Error("no version, and no error")
		}
		for i, s := range sets {
			if s.ID == "" || s.Name.VI == "" || s.Name.EN == "" || s.Span.From == 0 || i > 0 && sets[i-1].Span.Overlaps(s.Span) {
				t.Errorf("read %+v", s)
			}
			for _, scale := range []evaluation.Scale{s.Officers, s.Units} {
				for j, b := range scale.Bands {
					if b.Min > scale.Max || j > 0 && b.Min >= scale.Bands[j-1].Min {
						t.Errorf("bands %+v of at most %d", scale.Bands, scale.Max)
					}
				}
			}
		}
	})
}
