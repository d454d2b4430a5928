package main_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"cchc/base/web/ui"
)

// What pages and the script do with letters, in the shapes in which the sources
// have them.
var keyShapes = []*regexp.Regexp{
	regexp.MustCompile(`data-(?:row-)?key="([^"{])"`),
	regexp.MustCompile(`LinkButton\(.*, "([^"])", [a-z]`),
	regexp.MustCompile(`dayCard\{.*Key: "([^"])"`),
	regexp.MustCompile(`case "([^"])": (?:move|\$)`),
}

// The page of keys tells all that there are, and none that is not there.
func TestThePageOfKeysIsCompleteAndTrue(t *testing.T) {
	t.Parallel()
	used := map[string]string{"Enter": "the browser opens the link that has the focus"}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && slices.Contains([]string{"node_modules", ".git", "out", "bench", "e2e"}, d.Name()) {
			return filepath.SkipDir
		}
		ours := strings.HasSuffix(path, ".templ") || strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_templ.go") && !strings.HasSuffix(path, "_test.go") ||
			path == filepath.Join("base", "web", "static", "cchc.js")
		if d.IsDir() || !ours {
			return nil
		}
		text, err := os.ReadFile(path)
		for _, shape := range keyShapes {
			for _, m := range shape.FindAllStringSubmatch(string(text), -1) {
				used[m[1]] = path
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]bool{}
	for _, g := range ui.Keys() {
		for _, k := range g.Keys {
			if told[k.Letter] {
				t.Errorf("the page tells %q twice", k.Letter)
			}
			told[k.Letter] = true
			if used[k.Letter] == "" {
				t.Errorf("the page tells of %q, and nothing knows it", k.Letter)
			}
		}
	}
	for k, where := range used {
		if !told[k] {
			t.Errorf("%s knows %q, and the page of keys does not tell", where, k)
		}
	}
}
