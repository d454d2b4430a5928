package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// restoring returns the commands that both READMEs give for an empty machine: with the
// package and SQLite, what is typed instead for encrypted copies, with the package and
// PostgreSQL, and with the program alone.
func restoring(t *testing.T) (sqlite, sealed, postgres, alone string) {
	t.Helper()
	block := regexp.MustCompile("(?s)```\n(.*?)```")
	read := func(name, heading string) []string {
		t.Helper()
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		_, rest, _ := strings.Cut(string(b), heading)
		part, _, _ := strings.Cut(rest, "\n## ")
		var out []string
		for _, m := range block.FindAllStringSubmatch(part, -1) {
			out = append(out, m[1])
		}
		return out
	}
	en, vi := read("README.md", "## Restore onto an empty machine"), read("README.vi.md", "## Khôi phục trên máy trống")
	if len(en) != 4 || strings.Join(en, "") != strings.Join(vi, "") {
		t.Fatalf("the READMEs give %q and %q, want four blocks, the same", en, vi)
	}
	return en[0], en[1], en[2], en[3]
}

// A newcomer has the READMEs, the copies and an empty folder: the commands that stand
// there, typed as they are, bring everything back. Both languages give the same ones.
func TestAReaderOfTheReadmeRestoresOntoAnEmptyMachine(t *testing.T) {
	t.Parallel()
	sqlite, sealed, _, alone := restoring(t)
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
	sh.Stdin = strings.NewReader(alone)
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
	fresh := m.sqlite()
	s = startServer(t, fresh, "--files", filepath.Join(m.dir, "var/lib/cchc/files"))
	s.stop(t)
	run(t, "backup", filepath.Join(m.dir, "var/lib/cchc/backup"), "--db", fresh)
	if err := os.CopyFS(filepath.Join(m.dir, "media/usb/backup"), os.DirFS(filepath.Join(machine, "backup"))); err != nil {
		t.Fatal(err)
	}
	said := m.run(t, sqlite)
	if !strings.Contains(said, "30 dossiers: every figure agrees with the facts") || !strings.Contains(said, "another system's") || strings.Contains(said, "until it is brought") {
		t.Errorf("the package's commands say:\n%s", said)
	}
	s = startServer(t, fresh, "--files", filepath.Join(m.dir, "var/lib/cchc/files"))
	s.signIn(t)
	s.stop(t)
	run(t, "verify", "--log", "--db", fresh)

	// Encrypted copies, and not the newest: what was written after the day that is asked
	// for is not there. The README's day is moved to one that is over on every clock.
	const day = "2020-11-25T01:30"
	m = newMachine(t, program)
	stick := filepath.Join(m.dir, "media/usb")
	copies := filepath.Join(stick, "backup")
	if err := os.MkdirAll(stick, 0o755); err != nil {
		t.Fatal(err)
	}
	recipient := strings.TrimSpace(run(t, "backupkey", filepath.Join(stick, "cchc-identity.txt")))
	run(t, "backup", copies, "--recipient", recipient, "--db", dsn)
	older(t, copies, "2020-11-25T013000")
	account := func(where string) (string, error) {
		cmd := exec.Command(program, "account", "later", "--name", "Later", "--db", where)
		cmd.Stdin = strings.NewReader("ngoi nha xanh ben song\n")
		b, err := cmd.CombinedOutput()
		return string(b), err
	}
	if b, err := account(dsn); err != nil {
		t.Fatalf("%v: %s", err, b)
	}
	if b, err := account(dsn); err == nil {
		t.Fatalf("the same account twice: %s", b)
	}
	run(t, "backup", copies, "--recipient", recipient, "--db", dsn)
	at := regexp.MustCompile(`--at 2026-11-25T01:30`)
	for _, name := range []string{"README.md", "README.vi.md"} {
		if b, err := os.ReadFile(name); err != nil || !at.Match(b) {
			t.Errorf("%s does not say how an earlier day is taken, %v", name, err)
		}
	}
	line := regexp.MustCompile(`(?m)^sudo cchc-run restore .*\n`)
	said = m.run(t, line.ReplaceAllLiteralString(sqlite, strings.Replace(sealed, " restore ", " restore --at "+day+" ", 1)))
	for _, want := range []string{"the copy of 25/11/2020 01:30:00", "30 dossiers: every figure agrees with the facts", "the log holds"} {
		if !strings.Contains(said, want) {
			t.Errorf("encrypted, of an earlier day: it does not say %q:\n%s", want, said)
		}
	}
	if _, err := os.Stat(filepath.Join(m.dir, "var/lib/cchc/identity")); err == nil {
		t.Error("the identity stays on the machine")
	}
	if b, err := account(m.sqlite()); err != nil {
		t.Errorf("what was written after the copy is there: %v: %s", err, b)
	}
}

// sqlite is the database of the package.
func (m machine) sqlite() string { return filepath.Join(m.dir, "var/lib/cchc/cchc.db") }

// older gives the only copy in a folder another time.
func older(t *testing.T, dir, at string) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "cchc-*"))
	if err != nil || len(names) == 0 {
		t.Fatalf("%d files of a copy, %v", len(names), err)
	}
	when := regexp.MustCompile(`/cchc-\d{4}-\d\d-\d\dT\d{6}`)
	for _, name := range names {
		if err := os.Rename(name, when.ReplaceAllLiteralString(name, "/cchc-"+at)); err != nil {
			t.Fatal(err)
		}
	}
}

// The same with PostgreSQL, on a machine that has none yet: no user of it, no database.
func TestAReaderOfTheReadmeRestoresPostgreSQLOntoAnEmptyMachine(t *testing.T) {
	t.Parallel()
	_, _, commands, _ := restoring(t)
	program, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "cchc-readme-") // the user postgres may enter it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	p := newPostgres(t, dir)
	m := newMachine(t, program)
	m.sockets = filepath.Dir(p.dir)
	old := t.TempDir()
	keys := []string{"--files", filepath.Join(old, "files"), "--log-key", filepath.Join(old, "cchc.log-key"), "--seal-key", filepath.Join(old, "cchc.seal-key")}
	lost := "postgres://postgres@/cchc?host=" + m.sockets + "&sslmode=disable"
	m.run(t, "createdb cchc")
	run(t, "demo", "--dossiers", "30", "--make-only", "--db", lost, "--files", filepath.Join(old, "files"))
	s := startServer(t, lost, keys...) // signs the log
	s.stop(t)
	run(t, append([]string{"backup", filepath.Join(m.dir, "media/usb/backup"), "--db", lost}, keys...)...)
	m.run(t, "dropdb cchc")

	said := m.run(t, commands)
	for _, want := range []string{"30 dossiers: every figure agrees with the facts", "the log holds"} {
		if !strings.Contains(said, want) {
			t.Errorf("it does not say %q:\n%s", want, said)
		}
	}
	if strings.Contains(said, "until it is brought") {
		t.Errorf("the key of second factors is not back:\n%s", said)
	}
	back := "postgres://cchc@/cchc?host=" + m.sockets + "&sslmode=disable"
	s = startServer(t, back, "--files", filepath.Join(m.dir, "var/lib/cchc/files"), "--log-key", filepath.Join(m.dir, "var/lib/cchc/cchc.log-key"), "--seal-key", filepath.Join(m.dir, "var/lib/cchc/cchc.seal-key"))
	s.signIn(t)
	s.stop(t)
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
type machine struct {
	dir     string
	sockets string // folder of PostgreSQL's socket, for /run/postgresql
}

func newMachine(t *testing.T, program string) machine {
	t.Helper()
	m := machine{dir: t.TempDir()}
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
	write("usr/bin/sudo", "#!/bin/sh\n[ \"$1\" != -u ] || shift 2\nexec \"$@\"\n")
	write("usr/bin/install", "#!/bin/sh\n[ \"$1\" != -o ] || shift 2\nexec /usr/bin/install \"$@\"\n")
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
func (m machine) here(text string) string {
	if m.sockets != "" {
		text = strings.ReplaceAll(text, "/run/postgresql", m.sockets)
	}
	return ofMachine.ReplaceAllString(text, m.dir+"/$1")
}

// run runs commands, and returns what they print.
func (m machine) run(t *testing.T, commands string) string {
	t.Helper()
	sh := exec.Command("sh", "-e")
	sh.Dir = m.dir
	sh.Env = append(os.Environ(), "PATH="+filepath.Join(m.dir, "usr/bin")+":"+os.Getenv("PATH"))
	if m.sockets != "" {
		sh.Env = append(sh.Env, "PGHOST="+m.sockets, "PGUSER=postgres") // who sudo -u postgres is
	}
	sh.Stdin = strings.NewReader(m.here(commands))
	out, err := sh.CombinedOutput()
	if err != nil {
		t.Fatalf("%v:\n%s", err, out)
	}
	return string(out)
}
