package main_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"cchc/app"
)

var (
	documented = regexp.MustCompile(`\bcchc(?:-run)? ([a-z][a-z0-9]*)((?: [a-z0-9]+)?)([^` + "`" + `\n]*)`)
	flag       = regexp.MustCompile(`(^|\s)--([a-z][a-z-]*)`)
	setting    = regexp.MustCompile(`CCHC_[A-Z_]+[A-Z]`)
)

// help returns what COMMAND --help prints, "" when there is no such command.
func help(words ...string) string {
	var out, wrong bytes.Buffer
	if app.Main(append(words, "--help"), strings.NewReader(""), &out, &wrong) != 0 {
		return ""
	}
	return out.String()
}

// A keeper types what the documents say: every command and flag must be one, in
// the documents, READMEs and what the package carries.
func TestWhatIsWrittenForKeepersIsThere(t *testing.T) {
	t.Parallel()
	var files []string
	for _, pattern := range []string{"docs/operate/*/*.md", "docs/guide/*/*.md", "README*.md", "SECURITY.md", "docs/security/*.md", "deploy/package/*", "deploy/nginx.conf", "deploy/Caddyfile"} {
		list, err := filepath.Glob(pattern)
		if err != nil || len(list) == 0 {
			t.Fatalf("%s: %d files, %v", pattern, len(list), err)
		}
		files = append(files, list...)
	}
	all := help()
	commands, settings := 0, 0
	known := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^  ([a-z][a-z0-9]*)(?: |$)`).FindAllStringSubmatch(all, -1) {
		known[m[1]] = help(m[1])
	}
	if known["serve"] == "" || known["backup"] == "" {
		t.Fatalf("commands read from --help: %d, without serve or backup", len(known))
	}
	var texts strings.Builder
	for _, h := range known {
		texts.WriteString(h)
	}
	for _, path := range files {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range documented.FindAllStringSubmatch(string(b), -1) {
			h, ok := known[m[1]]
			if !ok {
				continue // a sentence that begins with the product's name
			}
			if sub := help(m[1], strings.TrimSpace(m[2])); m[2] != "" && sub != "" {
				h = sub // import units
			}
			commands++
			for _, f := range flag.FindAllStringSubmatch(m[2]+m[3], -1) {
				if !strings.Contains(h, "--"+f[2]) {
					t.Errorf("%s: cchc %s has no flag --%s", path, m[1]+m[2], f[2])
				}
			}
		}
		for _, s := range setting.FindAllString(string(b), -1) {
			settings++
			if !strings.Contains(texts.String(), "$"+s) {
				t.Errorf("%s: no command reads %s", path, s)
			}
		}
	}
	if commands < 20 || settings < 20 {
		t.Errorf("%d commands and %d settings read: the test does not find them any more", commands, settings)
	}
}

// Who reads Vietnamese is told the same: as many headings and the same commands.
func TestBothLanguagesOperateTheSame(t *testing.T) {
	t.Parallel()
	en, err := filepath.Glob("docs/operate/en/*.md")
	if err != nil || len(en) == 0 {
		t.Fatalf("%d files, %v", len(en), err)
	}
	vi, err := filepath.Glob("docs/operate/vi/*.md")
	if err != nil || len(vi) != len(en) {
		t.Errorf("%d files in English, %d in Vietnamese, %v", len(en), len(vi), err)
	}
	heading := regexp.MustCompile(`(?m)^#+ `)
	block := regexp.MustCompile("(?s)```\n(.*?)```")
	upper := regexp.MustCompile(`[A-Z]{2,}|"[^"]*"`) // placeholders differ, and reasons that people write
	comment := regexp.MustCompile(`\s+#[^\n]*`)
	read := func(path string) (headings int, commands []string) {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Error(err)
			return 0, nil
		}
		for _, m := range block.FindAllStringSubmatch(string(b), -1) {
			commands = append(commands, upper.ReplaceAllString(comment.ReplaceAllString(m[1], ""), "X"))
		}
		return len(heading.FindAllString(string(b), -1)), commands
	}
	for _, path := range en {
		other := filepath.Join("docs/operate/vi", filepath.Base(path))
		h1, c1 := read(path)
		h2, c2 := read(other)
		if h1 != h2 {
			t.Errorf("%s has %d headings, %s %d", path, h1, other, h2)
		}
		if !slices.Equal(c1, c2) {
			t.Errorf("%s and %s do not give the same commands:\n%q\n%q", path, other, c1, c2)
		}
	}
}
