package main_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// What the standard wants written down is compared here with what the code does.

func readAll(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// table returns the rows of the first table of a chapter of the threat model; cells that
// are empty are told, but those of the columns that may be.
func table(t *testing.T, chapter string, columns int, may ...int) (rows [][]string) {
	t.Helper()
	_, rest, ok := strings.Cut(readAll(t, "docs/security/threat-model.md"), "\n## "+chapter+"\n")
	if !ok {
		t.Fatalf("the threat model has no chapter %q", chapter)
	}
	rest, _, _ = strings.Cut(rest, "\n## ")
	_, rest, ok = strings.Cut(rest, "|---|\n")
	if !ok {
		t.Fatalf("the chapter %q has no table", chapter)
	}
	for line := range strings.Lines(rest) {
		if !strings.HasPrefix(line, "|") {
			break
		}
		c := cells(line)
		if len(c) != columns {
			t.Errorf("%s: a row of %d cells, want %d: %s", chapter, len(c), columns, line)
			continue
		}
		for i, x := range c {
			if x == "" && !slices.Contains(may, i) {
				t.Errorf("%s: %s says nothing in column %d", chapter, c[0], i+1)
			}
		}
		rows = append(rows, c)
	}
	return rows
}

// source calls do for every file of Go that the program is made of, tests and their
// tools left out.
func source(t *testing.T, do func(path, text string)) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(".", func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir() && (slices.Contains([]string{"node_modules", ".git", "testdata", "e2e", "dist", "bench", "demo", "deploy"}, path) || len(path) > 4 && strings.HasSuffix(path, "test")):
			return filepath.SkipDir
		case e.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		files++
		do(filepath.ToSlash(path), readAll(t, path))
		return nil
	})
	if err != nil || files < 500 {
		t.Errorf("%d files read, %v", files, err)
	}
}

// Whoever the program opens a connection to has a line among the ways of data, and a line
// is of somebody whom it does speak to.
func TestWhomTheProgramSpeaksToIsWrittenDown(t *testing.T) {
	t.Parallel()
	whom := map[string]string{
		"base/db/postgres.go": "database", "base/db/notify.go": "database", "base/db/load.go": "database",
		"base/file/file.go": "scans", "base/file/shelf.go": "copies", "base/file/clam.go": "ClamAV",
		"exchange/exchangeweb/sender.go": "peers", "notice/mail.go": "mail server", "app/logask.go": "higher unit's server",
		"base/web/sso/sso.go": "the province's sign-in (OpenID Connect)", "app/trace.go": "collector of traces", "app/doctorlook.go": "hosts that are set up",
	}
	opens := regexp.MustCompile(`\bnet\.Dial|\bDialer\{|\bhttp\.Client\{|\bhttp\.(DefaultClient|Get|Head|Post|PostForm)\b[^,"]*\(|\bpgx\.(Connect|ParseConfig)\(|\bblob\.OpenBucket\(|\botlptracehttp\.New\(|\bsmtp\.`)
	told := map[string]bool{}
	for _, r := range table(t, "Boundaries", 4) {
		if strings.HasPrefix(r[0], "program") || strings.HasPrefix(r[0], "`cchc") {
			told[r[1]] = false
		}
	}
	seen := map[string]bool{}
	source(t, func(path, text string) {
		if !opens.MatchString(text) {
			return
		}
		seen[path] = true
		if _, ok := told[whom[path]]; !ok {
			t.Errorf("%s opens connections (%q), and the ways of data do not say to whom", path, opens.FindString(text))
			return
		}
		told[whom[path]] = true
	})
	for path := range whom {
		if !seen[path] {
			t.Errorf("%s opens no connection any more", path)
		}
	}
	for to, does := range told {
		if !does {
			t.Errorf("the ways of data tell of %q, to whom nothing speaks", to)
		}
	}
}

// Every route that takes something of somebody who is not signed in is a way to sign in
// that is written down, or is none.
func TestEveryWayInIsWrittenDown(t *testing.T) {
	t.Parallel()
	const links = "Links to rate and to stop notices"
	ways := map[string]string{
		"/sign-in": "Login and password, `/sign-in`", "/sign-in/code": "Login and password, `/sign-in`",
		"/sign-in/sso": "The province's sign-in (OpenID Connect), when set up", "/sign-in/passkey/begin": "Passkey", "/sign-in/passkey": "Passkey",
		"/first-run": "First run, `/first-run`", "/rate/{token}": links, "/rate/{token}/reason": links, "/stop/{token}": links,
	}
	none := []string{
		"/sign-out", "/sign-in/sso/logout", // end a session
		"/lookup", "/my-data", // tell of one dossier, or take a request
		"/turns/{unit}/take", // a number of the queue
		"/preferences",       // language and size of letters
	}
	rows := table(t, "Ways in", 3)
	routes := map[string]bool{}
	declared := regexp.MustCompile(`"POST (/[^"]*)", web\.(Public|BySecret)\b`)
	source(t, func(_, text string) {
		for _, m := range declared.FindAllStringSubmatch(text, -1) {
			routes[m[1]] = true
		}
	})
	route := ""
	for line := range strings.Lines(readAll(t, "app/testdata/matrix.txt")) {
		if path, ok := strings.CutPrefix(line, "POST "); ok {
			route = strings.TrimSpace(path)
		} else if !strings.HasPrefix(line, " ") {
			route = ""
		}
		if f := strings.Fields(line); route != "" && slices.Contains(f, "visitor") && (slices.Contains(f, "allow") || slices.Contains(f, "input") || slices.Contains(f, "conflict")) {
			routes[route] = true
		}
	}
	if len(routes) < 12 {
		t.Errorf("%d routes read", len(routes))
	}
	for r := range routes {
		way, ok := ways[r]
		switch {
		case ok && !slices.ContainsFunc(rows, func(c []string) bool { return c[0] == way }):
			t.Errorf("%s: %q does not stand among the ways in", r, way)
		case !ok && !slices.Contains(none, r):
			t.Errorf("%s takes something of visitors, and nothing says whether it is a way in", r)
		}
	}
}

// Keys say where they are and how they are replaced, and every package of cryptography
// is there for something that is told.
func TestKeysAndCryptographyAreWrittenDown(t *testing.T) {
	t.Parallel()
	var all strings.Builder
	for _, r := range table(t, "Keys", 5) {
		all.WriteString(strings.Join(r, " | ") + "\n")
	}
	_, after, _ := strings.Cut(readAll(t, "docs/security/threat-model.md"), "\n## Keys\n")
	if !strings.Contains(after, "Random numbers are the operating system's.") {
		t.Error("where random numbers come from is not told")
	}
	what := map[string]string{
		"crypto/aes": "AES-256-GCM", "crypto/cipher": "AES-256-GCM", "crypto/ed25519": "Ed25519", "crypto/hmac": "HMAC-SHA-256", "crypto/sha256": "SHA-256",
		"crypto/rand": "", "crypto/subtle": "", // the system's numbers; comparing
		"crypto/tls": "TLS", "crypto/x509": "TLS", "filippo.io/age": "(age)", "github.com/alexedwards/argon2id": "argon2id",
		"github.com/pquerna/otp": "HMAC-SHA-1", "github.com/pquerna/otp/totp": "HMAC-SHA-1",
		"github.com/go-webauthn/webauthn/webauthn": "Passkeys", "github.com/go-webauthn/webauthn/protocol": "Passkeys",
		"github.com/coreos/go-oidc/v3/oidc": "ID tokens", "golang.org/x/oauth2": "PKCE",
		"golang.org/x/mod/sumdb/note": "checkpoints of the log", "golang.org/x/mod/sumdb/tlog": "checkpoints of the log",
	}
	imports := regexp.MustCompile(`(?m)^\s*(?:import )?(?:\w+ )?"(crypto/[^"]+|golang\.org/x/(?:crypto|mod/sumdb)/[^"]+|(?:filippo\.io|github\.com|golang\.org|go\.step\.sm)/[^"]*(?:age|argon|otp|webauthn|oidc|oauth|jose|jwt|saml|crypt|nacl|blake)[^"]*)"`)
	seen := map[string]bool{}
	source(t, func(path, text string) {
		for _, m := range imports.FindAllStringSubmatch(text, -1) {
			if m[1] == "golang.org/x/text/language" {
				continue
			}
			seen[m[1]] = true
			if words, ok := what[m[1]]; !ok || !strings.Contains(all.String(), words) {
				t.Errorf("%s imports %s, and the keys do not tell for what (%q)", path, m[1], words)
			}
		}
	})
	for p := range what {
		if !seen[p] && p != "github.com/go-webauthn/webauthn/protocol" {
			t.Errorf("nothing imports %s any more", p)
		}
	}
}

// What is worth protecting has its class and what protects it, and persons' numbers lie
// where it says: the test that looks through the whole database finds them nowhere else.
func TestWhatIsWorthProtectingIsWrittenDown(t *testing.T) {
	t.Parallel()
	rows := table(t, "What is worth protecting", 4, 1)
	for _, r := range rows {
		if !slices.Contains([]string{"sensitive", "integrity", "secret", "availability", "as all of the above"}, r[2]) {
			t.Errorf("%s is of the class %q", r[0], r[2])
		}
	}
	if len(rows) < 8 || !strings.HasPrefix(rows[0][0], "Identity numbers") {
		t.Fatalf("%d rows, the first not of identity numbers", len(rows))
	}
	found := regexp.MustCompile(`(?m)^\s*case ("dossier_person\.id_number",[^\n]*):$`).FindStringSubmatch(readAll(t, "app/masked_test.go"))
	if found == nil {
		t.Fatal("app/masked_test.go does not say any more where numbers may be")
	}
	for _, m := range regexp.MustCompile(`"(\w+)\.\w+"`).FindAllStringSubmatch(found[1], -1) {
		if !strings.Contains(rows[0][1], "`"+m[1]+"`") {
			t.Errorf("numbers lie in table %s, which is not told", m[1])
		}
	}
}

// A line of the log has what the table of logs says it has, and one place makes the log.
func TestTheLogsAreWrittenDown(t *testing.T) {
	t.Parallel()
	told := ""
	rows := table(t, "Logs", 5)
	for _, r := range rows {
		if r[0] == "Program's log" {
			told = r[1]
			if !strings.HasPrefix(r[2], "standard error") {
				t.Errorf("the program's log goes to %q", r[2])
			}
		}
	}
	if len(rows) < 5 || told == "" {
		t.Fatalf("%d logs, the program's: %q", len(rows), told)
	}
	words := map[string]string{"method": "method", "route": "route", "status": "status", "bytes": "size", "ms": "time", "account": "account",
		"shed": "what was sent away", "code": "errors with their code", "request": "its id"}
	n := 0
	for _, path := range []string{"base/web/log.go", "app/logging.go"} {
		for _, m := range regexp.MustCompile(`slog\.(?:String|Int|Int64|Float64|Bool|Any)\("(\w+)"`).FindAllStringSubmatch(readAll(t, path), -1) {
			n++
			if w := words[m[1]]; w == "" || !strings.Contains(told, w) {
				t.Errorf("%s: a line has %q, which is not told", path, m[1])
			}
		}
	}
	if n < 8 {
		t.Errorf("%d fields read", n)
	}
	if !strings.Contains(readAll(t, "app/serve.go"), "slog.SetDefault(newLog(s.err, ") || !strings.Contains(readAll(t, "main.go"), "os.Stdout, os.Stderr)") {
		t.Error("the log does not go to standard error")
	}
}

// Both languages promise the same times.
func TestHowSoonHolesAreMendedIsWrittenDown(t *testing.T) {
	t.Parallel()
	en, vi, ok := strings.Cut(readAll(t, "SECURITY.md"), "\n## Báo lỗ hổng\n")
	if !ok {
		t.Fatal("SECURITY.md has no second language")
	}
	for _, want := range []string{"within three working days", "within 7 days", "30 days", "libraries that the program is made of"} {
		if !strings.Contains(en, want) {
			t.Errorf("it does not say %q", want)
		}
	}
	for _, want := range []string{"trong ba ngày làm việc", "trong 7 ngày", "30 ngày", "Thư viện bên ngoài"} {
		if !strings.Contains(vi, want) {
			t.Errorf("it does not say %q", want)
		}
	}
}

// No password, token or key is the same for two installations: what is given out sets
// none, in comments neither.
func TestNoSecretComesWithTheProduct(t *testing.T) {
	t.Parallel()
	for path, least := range map[string]int{"deploy/package/cchc.env": 1, "deploy/ha/cluster.env": 5} {
		n := 0
		for _, m := range regexp.MustCompile(`(?m)^#?([A-Z][A-Z0-9_]*)=(.*)$`).FindAllStringSubmatch(readAll(t, path), -1) {
			if regexp.MustCompile(`://[^/@\s]*:[^/@\s]+@`).MatchString(m[2]) {
				t.Errorf("%s: %s has a password in its address", path, m[1])
			}
			if !regexp.MustCompile(`PASSWORD|SECRET|TOKEN|KEY`).MatchString(m[1]) {
				continue
			}
			if m[2] != "" && !strings.HasPrefix(m[2], "/") { // a path
				t.Errorf("%s: %s comes with a value", path, m[1])
			} else if m[2] == "" {
				n++
			}
		}
		if n < least {
			t.Errorf("%s: %d secrets read, want %d", path, n, least)
		}
	}
}

// The bill of materials is made before the package, and goes into it.
func TestThePackageCarriesItsBillOfMaterials(t *testing.T) {
	t.Parallel()
	made := regexp.MustCompile(`(?s)/sbom" "\$PROGRAM" package-lock\.json >"\$PROGRAM\.cdx\.json"\n.*/nfpm" package `)
	if !made.MatchString(readAll(t, "scripts/dist")) {
		t.Error("scripts/dist does not make it before the package")
	}
	if !regexp.MustCompile(`(?m)^  - src: \$\{PROGRAM\}\.cdx\.json\n    dst: /usr/share/doc/cchc/cchc\.cdx\.json\n    expand: true\n`).MatchString(readAll(t, "deploy/package/nfpm.yaml")) {
		t.Error("the package does not carry it")
	}
}

// Who reads Vietnamese is told as much of the standard's list: how many lines of each
// chapter are proved, and every line that is open.
func TestTheOpenLinesAreToldInBothLanguages(t *testing.T) {
	t.Parallel()
	read := func(path string) (chapters, open []string) {
		for line := range strings.Lines(readAll(t, path)) {
			c := cells(line)
			switch {
			case !strings.HasPrefix(line, "| V") && !strings.HasPrefix(line, "| all |") && !strings.HasPrefix(line, "| tất cả |"):
			case !strings.Contains(c[0], ".") && len(c) == 5:
				number, _, _ := strings.Cut(c[0], " ")
				chapters = append(chapters, strings.Replace(number, "tất", "all", 1)+" "+strings.Join(c[1:], " "))
			case len(c) == 5 && c[3] == "open", len(c) == 4 && c[2] != "" && c[3] != "":
				open = append(open, c[0]+" "+c[1])
			}
		}
		return chapters, open
	}
	chapters, open := read("docs/security/asvs.md")
	chaptersVi, openVi := read("docs/security/asvs.vi.md")
	if len(chapters) != 18 || len(open) == 0 {
		t.Fatalf("%d lines of chapters and %d open ones read", len(chapters), len(open))
	}
	if !slices.Equal(chapters, chaptersVi) {
		t.Errorf("the chapters are\n%q, in Vietnamese\n%q", chapters, chaptersVi)
	}
	if !slices.Equal(open, openVi) {
		t.Errorf("open are\n%q, in Vietnamese\n%q", open, openVi)
	}
}
