package main_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// dangerous are ways of doing things that the documents of docs/security say are not
// taken, and where they may be all the same.
var dangerous = []struct {
	what   string
	kinds  string // endings of the files that are looked at
	way    *regexp.Regexp
	sample string   // what the expression must find
	may    []string // beginnings of paths
}{
	{"starts another program", ".go", regexp.MustCompile(`"os/exec"`), `import "os/exec"`, []string{"base/file/filetest/", "bench/", "base/web/webtest/", "backup/", "deploy/"}},
	{"goes round the types", ".go", regexp.MustCompile(`^\s*(import )?(_ )?"(unsafe|C)"`), "\t\"unsafe\"", nil},
	{"makes templates of text", ".go", regexp.MustCompile(`"(text|html)/template"`), `"text/template"`, nil},
	{"takes random numbers that can be guessed", ".go", regexp.MustCompile(`"math/rand`), `"math/rand/v2"`, []string{"bench/", "demo/", "base/db/", "scorecard/whatif.go"}},
	{"uses cryptography of the past", ".go", regexp.MustCompile(`"crypto/(md5|sha1|des|rc4|dsa)"|NewCBC|NewECB|NewOFB|NewCFB`), `"crypto/md5"`, nil},
	{"believes any certificate", ".go", regexp.MustCompile(`InsecureSkipVerify`), `InsecureSkipVerify: true`, []string{"app/doctorlook.go"}},
	{"lets other sites read", ".go", regexp.MustCompile(`Access-Control-Allow`), `"Access-Control-Allow-Origin"`, []string{"scorecard/scorecardweb/resultfile.go"}},
	{"reads Go's own format", ".go", regexp.MustCompile(`"encoding/gob"`), `"encoding/gob"`, []string{"dossier/keptstore.go"}},
	{"makes expressions of text", ".go", regexp.MustCompile("regexp\\.(Must)?Compile(POSIX)?\\([^`\"]"), `regexp.MustCompile(input)`, []string{"app/logging.go"}}, // of a constant
	{"makes formats of text", ".go", regexp.MustCompile("\\b(fmt|log)\\.(Printf|Sprintf|Errorf|Fatalf)\\([^\"`\\s]|\\bfmt\\.(Fprintf|Appendf)\\([^,]+,\\s*[^\"`\\s]"), `fmt.Fprintf(w, input)`,
		[]string{"evaluation/load.go", "serviceindex/load.go", "bench/", "app/backup.go"}}, // of formats that they are called with, which go vet looks at
	{"writes a log of its own", ".go", regexp.MustCompile(`slog\.New(JSON|Text)Handler|\blog\.(New|SetOutput|Print|Fatal)`), `slog.NewJSONHandler(f, nil)`, []string{"app/logging.go", "bench/"}},
	{"handles tokens of the province's sign-in", ".go", regexp.MustCompile(`\b(AccessToken|RefreshToken)\b|offline_access`), `token.AccessToken`, nil},
	{"writes without escaping", ".go .templ", regexp.MustCompile(`templ\.(Raw|SafeURL|SafeScript\w*|JSUnsafe\w*|SafeCSS\w*|FromGoHTML)\(`), `@templ.Raw(x)`, []string{"base/web/ui/bits.templ", "base/web/help/help.templ"}},
	{"runs text, keeps things in the browser or hears others", ".js", regexp.MustCompile(`\beval\(|new Function|document\.(cookie|write)|(local|session)Storage|indexedDB|postMessage|"message"|outerHTML|insertAdjacentHTML|["']paste["']|onpaste`), `localStorage.x`, nil},
	{"merges what could change all objects", ".js", regexp.MustCompile(`__proto__|\bprototype\b|\bconstructor\b|JSON\.parse|Object\.(assign|setPrototypeOf|fromEntries)|structuredClone|\bfor \((const|let|var) [^)]* in `), `Object.assign(x, JSON.parse(y))`, nil},
	{"compares without looking at types", ".js", regexp.MustCompile(`[^=!<>]==[^=]|!=[^=]`), `if (x == y)`, nil},
	{"puts markup on a page", ".js", regexp.MustCompile(`innerHTML`), `x.innerHTML = y`, []string{"base/web/static/cchc.js"}},
}

// What is dangerous is done where it has its reason, and nowhere else. Tests may do what
// they like.
func TestDangerousWaysAreNotTaken(t *testing.T) {
	t.Parallel()
	for _, d := range dangerous {
		if !d.way.MatchString(d.sample) {
			t.Errorf("%s: the expression does not find %q", d.what, d.sample)
		}
	}
	files := 0
	err := filepath.WalkDir(".", func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() {
			if slices.Contains([]string{"node_modules", ".git", "vendor", "out", "testdata", "e2e", "dist"}, e.Name()) {
				return filepath.SkipDir
			}
			return nil
		}
		ending := filepath.Ext(path)
		if !slices.Contains([]string{".go", ".templ", ".js"}, ending) || strings.HasSuffix(path, "_test.go") || strings.HasSuffix(path, "_templ.go") {
			return nil
		}
		files++
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		n := 0
		for line := range strings.Lines(string(text)) {
			n++
			for _, d := range dangerous {
				if slices.Contains(strings.Fields(d.kinds), ending) && d.way.MatchString(line) &&
					!slices.ContainsFunc(d.may, func(begin string) bool { return strings.HasPrefix(filepath.ToSlash(path), begin) }) {
					t.Errorf("%s:%d %s: %s", path, n, d.what, strings.TrimSpace(line))
				}
			}
		}
		return nil
	})
	if err != nil || files < 500 {
		t.Errorf("%d files read, %v", files, err)
	}
}

var (
	quoted = regexp.MustCompile("`([^`]+)`")
	named  = regexp.MustCompile(`^([\w./-]+): (.+)$`)
	aPath  = regexp.MustCompile(`^[A-Za-z0-9][\w.-]*(/[\w.-]+)+$|^[A-Z]+\.md$|^\w+_test\.go$`)
)

// proofs returns how many tests a text names; what is not there, other files of ours too,
// is told.
func proofs(t *testing.T, where, text string) (tests int) {
	t.Helper()
	for _, q := range quoted.FindAllStringSubmatch(text, -1) {
		m := named.FindStringSubmatch(q[1])
		if m == nil {
			if aPath.MatchString(q[1]) {
				if _, err := os.Stat(q[1]); err != nil {
					t.Errorf("%s names %s, which is not there", where, q[1])
				}
			}
			continue
		}
		b, err := os.ReadFile(m[1])
		if err != nil {
			t.Errorf("%s names %s: %v", where, m[1], err)
			continue
		}
		source, there := string(b), false
		switch {
		case strings.HasSuffix(m[1], "_test.go"):
			there = strings.Contains(source, "\nfunc "+m[2]+"(t *testing.T)") || strings.Contains(source, "\nfunc "+m[2]+"(f *testing.F)")
		case strings.HasSuffix(m[1], ".mjs"):
			there = strings.Contains(source, "\njourney('"+m[2]+"'") || strings.Contains(source, "\nboth('"+m[2]+"'")
		default:
			there = strings.Contains(source, "\n"+m[2]+"() {")
		}
		if !there {
			t.Errorf("%s: %s has no test %q", where, m[1], m[2])
		}
		tests++
	}
	return tests
}

// cells are those of a row of a table.
func cells(line string) []string {
	list := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
	for i := range list {
		list[i] = strings.TrimSpace(list[i])
	}
	return list
}

// The list of the standard's requirements is whole: each number once, with an answer, and
// what the answer names is there.
func TestEveryRequirementHasAnAnswer(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("testdata/asvs-5.0.0.txt")
	if err != nil {
		t.Fatal(err)
	}
	level := map[string]string{}
	var order []string
	for line := range strings.Lines(string(b)) {
		number, l, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok || level[number] != "" {
			t.Fatalf("%q", line)
		}
		level[number] = l
		order = append(order, number)
	}
	if len(order) != 253 { // 70 of level 1, 183 of level 2
		t.Fatalf("the list has %d numbers", len(order))
	}
	text, err := os.ReadFile("docs/security/asvs.md")
	if err != nil {
		t.Fatal(err)
	}
	answers := []string{"test", "n.a.", "open"}
	count, told := map[string]map[string]int{}, map[string]string{}
	var got, titles []string
	for line := range strings.Lines(string(text)) {
		if title, ok := strings.CutPrefix(line, "## V"); ok {
			titles = append(titles, "V"+strings.TrimSpace(title))
			continue
		}
		if !strings.HasPrefix(line, "| V") && !strings.HasPrefix(line, "| all ") {
			continue
		}
		c := cells(line)
		if !strings.Contains(c[0], ".") { // of the table at the top
			told[c[0]] = strings.Join(c[1:], " ")
			continue
		}
		if len(c) != 5 {
			t.Errorf("a row of %d cells: %s", len(c), line)
			continue
		}
		number, answer, why := c[0], c[3], c[4]
		got = append(got, number)
		if level[number] != c[1] {
			t.Errorf("%s is of level %q, not %s", number, level[number], c[1])
		}
		chapter, _, _ := strings.Cut(number, ".")
		if count[chapter] == nil {
			count[chapter] = map[string]int{}
		}
		count[chapter][answer]++
		tests := proofs(t, "docs/security/asvs.md "+number, why)
		switch {
		case c[2] == "" || why == "":
			t.Errorf("%s says nothing", number)
		case !slices.Contains(answers, answer):
			t.Errorf("%s is answered %q, want one of %q", number, answer, answers)
		case answer == "test" && tests == 0:
			t.Errorf("%s names no test", number)
		}
	}
	if !slices.Equal(got, order) {
		t.Errorf("%d numbers, want %d in their order; first that differs: %s", len(got), len(order), firstDifferent(got, order))
	}
	want := map[string]string{}
	all := make([]int, len(answers)+1)
	for _, title := range titles {
		chapter, _, _ := strings.Cut(title, " ")
		line, sum := "", 0
		for i, a := range answers {
			n := count[chapter][a]
			line += fmt.Sprint(n, " ")
			sum, all[i] = sum+n, all[i]+n
		}
		all[len(answers)] += sum
		want[title] = line + fmt.Sprint(sum)
	}
	want["all"] = strings.Trim(fmt.Sprint(all), "[]")
	for title, line := range want {
		if told[title] != line {
			t.Errorf("the table at the top says of %s %q, want %q", title, told[title], line)
		}
	}
	if len(told) != len(want) {
		t.Errorf("the table at the top has %d lines, want %d", len(told), len(want))
	}
}

func firstDifferent(got, want []string) string {
	for i := range want {
		if i >= len(got) {
			return want[i] + " is missing"
		}
		if got[i] != want[i] {
			return got[i] + " instead of " + want[i]
		}
	}
	return "too many"
}

// Every threat says what stands against it, which test shows it, and what remains; what
// is named is there.
func TestTheThreatModelNamesWhatIsThere(t *testing.T) {
	t.Parallel()
	threats := map[string]bool{}
	paths, err := filepath.Glob("docs/security/*.md")
	more, err2 := filepath.Glob("docs/operate/*/security.md")
	if err != nil || err2 != nil || len(paths) < 3 || len(more) != 2 {
		t.Fatalf("%d and %d files, %v, %v", len(paths), len(more), err, err2)
	}
	for _, path := range append(append(paths, more...), "SECURITY.md") {
		if path == "docs/security/asvs.md" {
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		proofs(t, path, string(text))
		if path != "docs/security/threat-model.md" {
			continue
		}
		for line := range strings.Lines(string(text)) {
			c := cells(line)
			if !threat.MatchString(c[0]) {
				continue
			}
			switch tests := proofs(t, path, line); {
			case len(c) != 5:
				t.Errorf("%s has %d cells", c[0], len(c))
			case threats[c[0]]:
				t.Errorf("%s is there twice", c[0])
			case c[1] == "" || c[2] == "" || c[4] == "":
				t.Errorf("%s is not whole", c[0])
			case tests == 0 && c[3] != "none":
				t.Errorf("%s names no test, and does not say that there is none", c[0])
			}
			threats[c[0]] = true
		}
	}
	if len(threats) < 40 {
		t.Errorf("%d threats read", len(threats))
	}
}

var threat = regexp.MustCompile(`^[A-Z][0-9]+$`)

// The examples of web servers keep to what the documents say of them.
func TestTheExamplesOfWebServersAreSafe(t *testing.T) {
	t.Parallel()
	read := func(path string) string {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return regexp.MustCompile(`(?m)^\s*#.*$`).ReplaceAllString(string(b), "")
	}
	nginx, caddy, haproxy := read("deploy/nginx.conf"), read("deploy/Caddyfile"), read("deploy/ha/haproxy.cfg.in")
	for _, want := range []string{`(?m)^\s*ssl_protocols\s+TLSv1\.2 TLSv1\.3;`, `(?m)^\s*server_tokens off;`, `return 301 https://`,
		`location /api/ \{\s*return 403;`, `X-Forwarded-For \$proxy_add_x_forwarded_for`, `location ~ \^/\(healthz\|readyz\|standing\|metrics\)[^{]*\{[^}]*deny\s+all;`} {
		if !regexp.MustCompile(want).MatchString(nginx) {
			t.Errorf("nginx.conf has no %s", want)
		}
	}
	for name, ciphers := range map[string][]string{
		"nginx.conf":  regexp.MustCompile(`ssl_ciphers\s+([^;]+);`).FindStringSubmatch(nginx),
		"haproxy.cfg": regexp.MustCompile(`ssl-default-bind-ciphers\s+(\S+)`).FindStringSubmatch(haproxy),
	} {
		if ciphers == nil {
			t.Fatalf("%s names no ciphers", name)
		}
		for c := range strings.SplitSeq(ciphers[1], ":") {
			if !strings.HasPrefix(c, "ECDHE-") || !strings.Contains(c, "GCM") && !strings.Contains(c, "CHACHA20") {
				t.Errorf("%s takes the cipher %s", name, c)
			}
		}
	}
	for _, want := range []string{`ssl-min-ver TLSv1\.2`, `http-request set-header X-Forwarded-For %\[src\]`, `deny deny_status 404 if \{ path /readyz /readyz/read /standing /metrics \}`} {
		if !regexp.MustCompile(want).MatchString(haproxy) {
			t.Errorf("haproxy.cfg has no %s", want)
		}
	}
	// One host, one program: nothing else is served under its name.
	for _, m := range regexp.MustCompile(`(?m)\b(proxy_pass|root|alias|fastcgi_pass|uwsgi_pass)\s+([^;]+);`).FindAllStringSubmatch(nginx, -1) {
		if m[1] != "proxy_pass" || m[2] != "http://cchc" {
			t.Errorf("nginx.conf serves %s %s beside the program", m[1], m[2])
		}
	}
	hosts := regexp.MustCompile(`(?m)^\s*server_name\s+([^;]+);`).FindAllStringSubmatch(nginx, -1)
	if len(hosts) != strings.Count(nginx, "\nserver {") || slices.ContainsFunc(hosts, func(m []string) bool { return m[1] != hosts[0][1] || strings.ContainsAny(m[1], " _*~") }) {
		t.Errorf("nginx.conf has the hosts %q", hosts)
	}
	if to := regexp.MustCompile(`(?m)^\s*(reverse_proxy|file_server|root|php_fastcgi)\b[^\n]*`).FindAllString(caddy, -1); len(to) != 1 || !strings.Contains(to[0], "reverse_proxy") {
		t.Errorf("Caddyfile serves %q", to)
	}
	if logged := regexp.MustCompile(`log-format "([^"]*)"`).FindStringSubmatch(haproxy); logged == nil || regexp.MustCompile(`%(\{[^}]*\})?(HU|HP|HPO|HQ|r|hr|hrl|hs|hsl|CC|CS)\b`).MatchString(logged[1]) || strings.Contains(haproxy, "option httplog") {
		t.Errorf("haproxy.cfg logs %q: addresses, or nothing", logged)
	}
	format := regexp.MustCompile(`log_format cchc '([^']*)'`).FindStringSubmatch(nginx)
	if format == nil || regexp.MustCompile(`\$(request\b|request_uri|uri|document_uri|args|arg_|query_string|http_referer|http_cookie|http_authorization)`).MatchString(format[1]) {
		t.Errorf("nginx.conf logs %q: addresses, or nothing", format)
	}
	if logs := regexp.MustCompile(`access_log\s+\S+ (\S+);`).FindAllStringSubmatch(nginx, -1); len(logs) != strings.Count(nginx, "\nserver {") || slices.ContainsFunc(logs, func(m []string) bool { return m[1] != "cchc" }) {
		t.Errorf("nginx.conf has the logs %q for its servers", logs)
	}
	for _, want := range []string{`@pages not path /api/\*\s+redir @pages https://`, `respond 403`, `@standing path /healthz /readyz /readyz/\* /standing /metrics`, `respond @standing 404`} {
		if !regexp.MustCompile(want).MatchString(caddy) {
			t.Errorf("Caddyfile has no %s", want)
		}
	}
}

// The limits that the threat model tells are those of the code.
func TestTheLimitsThatAreToldAreThoseOfTheCode(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("docs/security/threat-model.md")
	if err != nil {
		t.Fatal(err)
	}
	told := string(b)
	for _, l := range []struct {
		said, path string
		source     []string // expressions
	}{
		{"Guesses at a password in 15 minutes | 10 of one login from one address, 50 of one login, 200 from one address", "base/auth/attempt.go",
			[]string{`attemptWindow\s*= 15 \* time\.Minute`, `attemptsBoth\s*= 10\b`, `attemptsLogin\s*= 50\b`, `attemptsAddress\s*= 200\b`}},
		{"as many as cores but one, one at least", "base/auth/password.go", []string{`max\(1, cores-1\)`, `hashesAtOnce\(runtime\.GOMAXPROCS\(0\)\)`}},
		{"twelve signs at least", "base/auth/password.go", []string{`MinPassword = 12\b`}},
		{"argon2id, 19 MB, two passes, 128-bit salt", "base/auth/password.go", []string{`Memory: 19 \* 1024, Iterations: 2\b`, `SaltLength: 16\b`}},
		{"as many at once as a setting says, the oldest ends", "admin/account/identity.go", []string{`SessionsMost = &setting\.Setting\{`}},
		{"Words that no password may be made of: the login, the names of one's units, the name of the product, and the usual ones", "base/auth/password.go",
			[]string{`\[\]string\{login, "cchc"\}`, `auth\.password_login`, `auth\.password_unit`, `auth\.password_common`}},
		{"With single sign-on our own limits hold all the same, whatever the provider's are; signing out here signs out there", "base/web/signin/signin.go", []string{`p\.SSO\.Leave\(`}},
		{"a provider that tells us (back-channel logout) ends here what came from it", "base/web/signin/sso.go", []string{`"POST /sign-in/sso/logout"`}},
		{"two hours idle, twelve in all", "base/web/mux.go", []string{`cfg\.Idle = 2 \* time\.Hour`, `cfg\.Lifetime = 12 \* time\.Hour`}},
		{"a second factor is waited for five minutes", "base/web/session.go", []string{`pendingFor = 5 \* time\.Minute`}},
		{"30 wrong codes, then none", "admin/firstrun.go", []string{`\b30\b`}},
		{"10 at once, then one in 20 seconds, of one address", "dossier/dossierweb/lookuplimit.go", []string{`lookupBurst = 10\b`, `lookupEvery = 20 \* time\.Second`}},
		{"100 calls a second of one token or account, 1,000 at once", "app/serve.go", []string{`default:"100" name:"api-rate"`, `default:"1000" name:"api-burst"`}},
		{"a tenth of that without", "base/api/limit.go", []string{`visitors = 10\b`}},
		{"24 for each core, at least 48; eight classes, the counter first; 2 s of waiting", "app/load.go", []string{`max\(48, 24\*cores\)`, `default:"2s"`}},
		{"| Forms | 1 MB |", "base/web/mux.go", []string{`cfg\.BodyLimit = 1 << 20`}},
		{"OpenDocument too; 25 MB", "base/file/put.go", []string{`MaxSize = 25 << 20`}},
		{"CSV and XLSX, 1 GB;", "imports/imports.go", []string{`MaxSize = 1 << 30`}},
		{"unpacked 4 GB, 10,000 parts, 256 MB of shared texts, packed no better than 1:400", "base/table/xlsx.go",
			[]string{`maxUnzipped = 4 << 30`, `maxParts\s*= 10_000`, `maxShared\s*= 256 << 20`, `maxRatio\s*= 400`}},
		{"a row of CSV 4 MB", "base/table/csv.go", []string{`maxRow = 4 << 20`}},
		{"8 MB of a form", "scorecard/scorecardweb/sets.go", []string{`largestUpload = 8 << 20`}},
		{"4 MB of text", "scorecard/criteria/yaml.go", []string{`maxText\s*= 4 << 20`}},
		{"| Files of lists | 100,000 rows |", "base/web/list/file.go", []string{`FileRows = 100_000`}},
		{"5 s to connect, 15 s in all", "exchange/exchangeweb/sender.go", []string{`Timeout: 5 \* time\.Second`, `Timeout: 15 \* time\.Second`}},
		{"a list 10 minutes a page, 64 MB of JSON", "exchange/exchangeweb/fetch.go", []string{`fetchFor\s*= 10 \* time\.Minute`, `fetchPage\s*= 64 << 20`}},
		{"512 MB of a file", "exchange/exchangeweb/reconcile.go", []string{`maxList = 512 << 20`}},
	} {
		if !strings.Contains(told, l.said) {
			t.Errorf("the threat model does not say %q", l.said)
		}
		source, err := os.ReadFile(l.path)
		if err != nil {
			t.Error(err)
			continue
		}
		for _, x := range l.source {
			if !regexp.MustCompile(x).Match(source) {
				t.Errorf("%q is said, and %s has no %s", l.said, l.path, x)
			}
		}
	}
}
