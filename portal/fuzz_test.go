package portal_test

import (
	"strings"
	"testing"

	"cchc/data"
	"cchc/portal"
)

// Whatever the words are and whatever is asked, the text itself is searched for, and
// nothing twice.
func FuzzWords(f *testing.F) {
	f.Add(data.Everyday, "tôi muốn làm giấy khai sinh cho con")
	f.Add("said,means\nkhai sinh,đăng ký khai sinh\nlàm,\ncho con,\n", "làm khai sinh?")
	f.Add("said,means\n\"a\nb\",\n", " ")
	f.Add("said,means\n,x\n", "")
	f.Fuzz(func(t *testing.T, table, asked string) {
		w, err := portal.ParseWords(strings.NewReader(table))
		if err != nil {
			return
		}
		seen := map[string]bool{}
		for _, s := range w.Means(asked) {
			if seen[s] {
				t.Errorf("%q stands twice for %q", s, asked)
			}
			seen[s] = true
		}
		if !seen[strings.TrimSpace(asked)] {
			t.Errorf("%q is not among what it stands for: %v", asked, seen)
		}
	})
}
