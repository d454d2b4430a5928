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

	// The same with the package: it has started an empty system with keys of its own by
	// then, which, at the worst, has been copied.
	m := newMachine(t, program)
	fresh := filepath.Join(m.dir, "var/lib/cchc/cchc.db")
	s = startServer(t, fresh, "--files", filepath.Join(m.dir, "var/lib/cchc/files"))
	s.stop(t)
	run(t, "backup", filepath.Join(m.dir, "var/lib/cchc/backup"), "--db", fresh)
	if err := os.CopyFS(filepath.Join(m.dir, "media/usb/backup"), os.DirFS(filepath.Join(machine, "backup"))); err != nil {
		t.Fatal(err)
	}
	said := m.run(t, en[0])
	if !strings.Contains(said, "30 dossiers: every figure agrees with the facts") || !strings.Contains(said, "another system's") || strings.Contains(said, "until it is brought") {
		t.Errorf("the package's commands say:\n%s", said)
	}
	s = startServer(t, fresh, "--files", filepath.Join(m.dir, "var/lib/cchc/files"))
	s.signIn(t)
	s.stop(t)
	run(t, "verify", "--log", "--db", fresh)
}

// The command that runs cchc as the service does finds the keys of the service wherever
// it is called.
func TestTheCommandOfThePackageKnowsWhereTheKeysAre(t *testing.T) {
	t.Parallel()
	says := filepath.Join(t.TempDir(), "says")
	if err := os.WriteFile(says, []byte("#!/bin/sh\necho \"$1 log=$CCHC_LOG_KEY seal=$CCHC_SEAL_KEY\"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	m := newMachine(t, says)
	at := filepath.Join(m.dir, "var/lib/cchc/cchc")
	for settings, want := range map[string]string{
		"CCHC_DB=postgres://cchc@/cchc?host=/run/postgresql&x=1\n":                          "restore log=" + at + ".log-key seal=" + at + ".seal-key",
		"CCHC_DB='postgres://cchc@/cchc'\nCCHC_LOG_KEY=/k/log\nCCHC_SEAL_KEY=\"/k/seal\"\n": "restore log=/k/log seal=/k/seal",
		"CCHC_DB=" + at + ".db\n": "restore log= seal=", // beside the database
	} {
		if err := os.WriteFile(filepath.Join(m.dir, "etc/cchc/cchc.env"), []byte(settings), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := strings.TrimSpace(m.run(t, "sudo cchc-run restore /backup")); got != want {
			t.Errorf("%s: %q, want %q", settings, got, want)
		}
	}
}

// A machine is a folder in which commands of a machine that has the package run as they
// are written: paths lead into the folder, root and the service's user are who tests.
type machine struct{ dir string }

func newMachine(t *testing.T, program string) machine {
	t.Helper()
	m := machine{t.TempDir()}
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(m.dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"cchc-run", "cchc.env"} {
		b, err := os.ReadFile("deploy/package/" + name)
		if err != nil {
			t.Fatal(err)
		}
		write(map[string]string{"cchc-run": "usr/bin/cchc-run", "cchc.env": "etc/cchc/cchc.env"}[name], m.here(string(b)))
	}
	if err := os.Symlink(program, filepath.Join(m.dir, "usr/bin/cchc")); err != nil {
		t.Fatal(err)
	}
	write("usr/bin/sudo", "#!/bin/sh\nexec \"$@\"\n")
	write("usr/bin/id", "#!/bin/sh\necho 0\n")
	write("usr/bin/runuser", "#!/bin/sh\nwhile [ \"$1\" != -- ]; do shift; done; shift\nexec \"$@\"\n")
	for _, name := range []string{"apt", "systemctl", "chown"} {
		write("usr/bin/"+name, "#!/bin/sh\n")
	}
	write("var/lib/cchc/.keep", "")
	return m
}

var ofMachine = regexp.MustCompile(`/(var/lib/cchc|media/usb|etc/cchc|usr/bin/cchc)\b`)

// here makes paths of a machine lead into its folder.
func (m machine) here(text string) string { return ofMachine.ReplaceAllString(text, m.dir+"/$1") }

// run runs commands, and returns what they print.
func (m machine) run(t *testing.T, commands string) string {
	t.Helper()
	sh := exec.Command("sh", "-e")
	sh.Dir = m.dir
	sh.Env = append(os.Environ(), "PATH="+filepath.Join(m.dir, "usr/bin")+":"+os.Getenv("PATH"))
	sh.Stdin = strings.NewReader(m.here(commands))
	out, err := sh.CombinedOutput()
	if err != nil {
		t.Fatalf("%v:\n%s", err, out)
	}
	return string(out)
}
