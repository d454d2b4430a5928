package main_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var link = regexp.MustCompile(`\]\(([^)#\s]+)\)`)

// Documents that name what is gone are worse than none.
func TestDocumentsNameOnlyWhatIsThere(t *testing.T) {
	t.Parallel()
	n := 0
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			if d != nil && (d.Name() == "node_modules" || d.Name() == ".git" || d.Name() == "out") {
				return filepath.SkipDir
			}
			return err
		}
		if !strings.HasSuffix(path, ".md") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			n++
			if _, err := os.Stat(filepath.Join(filepath.Dir(path), m[1])); err != nil {
				t.Errorf("%s names %s, which is not there", path, m[1])
			}
		}
		return nil
	})
	if err != nil || n == 0 {
		t.Errorf("%d links read, %v", n, err)
	}
}

// Every decision record is in the index, with its number and its own title.
func TestDecisionRecordsAreListed(t *testing.T) {
	t.Parallel()
	index, err := os.ReadFile("docs/adr/README.md")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("docs/adr/[0-9]*.md")
	if err != nil || len(files) == 0 {
		t.Fatalf("no records: %v", err)
	}
	for _, f := range files {
		name := filepath.Base(f)
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(index), "("+name+")") {
			t.Errorf("%s is not in the index", name)
		}
		if !strings.HasPrefix(string(text), "# "+name[:4]+" ") {
			t.Errorf("%s does not begin with its number", name)
		}
		if !strings.Contains(string(text), "**Decided.**") && !strings.Contains(string(text), "| module |") {
			t.Errorf("%s decides nothing", name)
		}
	}
}
