package app

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// Whatever a page changes a program can change too, or the table says why not: a
// line for each POST of a page in testdata/posts.txt, with the operations that do
// the same ("POST /x: do-this, do-that") or after "–" the reason why there is none.
func TestWhatPagesDoProgramsCanDo(t *testing.T) {
	t.Parallel()
	posts := map[string]bool{}
	for _, p := range everyPage(t).Patterns() {
		if strings.HasPrefix(p, "POST ") {
			posts[p] = true
		}
	}
	text, err := os.ReadFile("testdata/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	operations := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		if id, ok := strings.CutPrefix(strings.TrimSpace(line), "operationId: "); ok {
			operations[id] = true
		}
	}
	table, err := os.ReadFile("testdata/posts.txt")
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]bool{}
	for line := range strings.Lines(string(table)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		page, does, ok := strings.Cut(line, ": ")
		if !ok || said[page] {
			t.Errorf("%q says nothing, or again", line)
			continue
		}
		said[page] = true
		if !posts[page] {
			t.Errorf("%s is no longer there", page)
		}
		if why, none := strings.CutPrefix(does, "– "); none {
			if len(why) < 10 {
				t.Errorf("%s: %q is no reason", page, why)
			}
			continue
		}
		for id := range strings.SplitSeq(does, ", ") {
			if !operations[id] {
				t.Errorf("%s: there is no operation %s", page, id)
			}
		}
	}
	for _, p := range slices.Sorted(maps.Keys(posts)) {
		if !said[p] {
			t.Errorf("%s has no line in testdata/posts.txt: name the operation that does the same, or why there is none", p)
		}
	}
}
