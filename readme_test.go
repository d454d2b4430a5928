package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A newcomer has the READMEs, the copies and an empty folder: the commands that stand
// there, typed as they are, bring everything back. Both languages give the same ones.
func TestAReaderOfTheReadmeRestoresOntoAnEmptyMachine(t *testing.T) {
	t.Parallel()
	block := regexp.MustCompile("(?s)```\n(.*?)```")
	read := func(name, from, to string) []string {
		t.Helper()
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		_, rest, _ := strings.Cut(string(b), from)
		part, _, _ := strings.Cut(rest, to)
		var out []string
		for _, m := range block.FindAllStringSubmatch(part, -1) {
			out = append(out, m[1])
		}
		return out
	}
	en := read("README.md", "## Restore onto an empty machine", "\n## ")
	vi := read("README.vi.md", "## Khôi phục trên máy trống", "\n## ")
	if len(en) != 2 || strings.Join(en, "") != strings.Join(vi, "") {
		t.Fatalf("the READMEs give %q and %q, want two blocks, the same", en, vi)
	}
	program, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	old, machine := t.TempDir(), t.TempDir()
	dsn := filepath.Join(old, "cchc.db")
	run(t, "demo", "--dossiers", "30", "--make-only", "--db", dsn, "--files", filepath.Join(old, "files"))
	s := startServer(t, dsn, "--files", filepath.Join(old, "files")) // signs the log
	s.stop(t)
	run(t, "backup", filepath.Join(machine, "backup"), "--db", dsn)
	if err := os.Mkdir(filepath.Join(machine, "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(program, filepath.Join(machine, "bin", "cchc")); err != nil {
		t.Fatal(err)
	}
	sh := exec.Command("sh", "-e")
	sh.Dir = machine
	sh.Env = append(os.Environ(), "PATH="+filepath.Join(machine, "bin")+":"+os.Getenv("PATH"))
	sh.Stdin = strings.NewReader(en[1])
	out, err := sh.CombinedOutput()
	if err != nil {
		t.Fatalf("%v:\n%s", err, out)
	}
	for _, want := range []string{"30 dossiers: every figure agrees with the facts", "the log holds", "put back elsewhere"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("it does not say %q:\n%s", want, out)
		}
	}
	again := startServer(t, filepath.Join(machine, "data", "cchc.db"), "--files", filepath.Join(machine, "data", "files"))
	again.signIn(t)
	again.stop(t)
}
