package main_test

import (
	"io/fs"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// A packed is one entry of the Debian package's list.
type packed struct {
	Src, Dst, Type string
	File           struct {
		Mode         uint32
		Owner, Group string
	} `yaml:"file_info"`
}

// ofPackage reads what the package carries.
func ofPackage(t *testing.T) []packed {
	t.Helper()
	var list struct{ Contents []packed }
	if err := yaml.Unmarshal([]byte(readAll(t, "deploy/package/nfpm.yaml")), &list); err != nil {
		t.Fatal(err)
	}
	if len(list.Contents) < 15 {
		t.Fatalf("%d entries read", len(list.Contents))
	}
	return list.Contents
}

// Who has the package has the documents, and each of their links, and each place that
// units, scripts and documents name, leads to what the package carries too.
func TestPackedDocumentsLeadToPackedFiles(t *testing.T) {
	t.Parallel()
	from, folders := map[string]string{}, map[string]bool{} // place → source
	add := func(dst, src string) {
		from[dst] = src
		for d := path.Dir(dst); d != "/"; d = path.Dir(d) {
			folders[d] = true
		}
	}
	for _, e := range ofPackage(t) {
		if e.Type != "tree" {
			add(e.Dst, e.Src)
			continue
		}
		err := filepath.WalkDir(e.Src, func(p string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				add(e.Dst+strings.TrimPrefix(filepath.ToSlash(p), e.Src), p)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	links, places := 0, 0
	linked := regexp.MustCompile(`\]\(([^)#\s]+)[^)\s]*\)`)
	named := regexp.MustCompile(`/usr/share/(?:doc/)?cchc/[\w./{},-]*\w`)
	names := func(src, text string) {
		for _, n := range named.FindAllString(text, -1) {
			places++
			for _, to := range []string{strings.ReplaceAll(n, "{vi,en}", "vi"), strings.ReplaceAll(n, "{vi,en}", "en")} {
				if from[to] == "" && !folders[to] {
					t.Errorf("%s names %s, which is not in the package", src, to)
				}
			}
		}
	}
	for at, src := range from {
		if strings.Contains(src, "$") {
			if !strings.HasPrefix(src, "${PROGRAM}") && !strings.HasPrefix(src, "${RECEIPT}") {
				t.Errorf("%s is made from %s", at, src)
			}
			continue
		}
		text := readAll(t, src)
		if strings.HasSuffix(src, ".md") {
			for _, m := range linked.FindAllStringSubmatch(text, -1) {
				if strings.Contains(m[1], "://") || strings.HasPrefix(m[1], "mailto:") {
					continue
				}
				links++
				if to := path.Join(path.Dir(at), m[1]); from[to] == "" && !folders[to] {
					t.Errorf("%s leads to %s, which is not in the package", at, to)
				}
			}
		}
		names(src, text)
	}
	for _, script := range []string{"postinst", "prerm", "postrm"} { // which are beside the files
		names(script, readAll(t, "deploy/package/"+script))
	}
	if links < 100 || places < 20 {
		t.Errorf("%d links and %d places read", links, places)
	}
}

// Settings hold passwords: root's alone, as they are packed; and what the service writes
// is for nobody else on the machine.
func TestThePackageKeepsSecretsFromOthers(t *testing.T) {
	t.Parallel()
	all := ofPackage(t)
	i := slices.IndexFunc(all, func(e packed) bool { return e.Dst == "/etc/cchc/cchc.env" })
	if i < 0 {
		t.Fatal("the settings are not in the package")
	}
	if e := all[i]; e.File.Mode != 0o640 || e.File.Owner != "" || e.File.Group != "" || e.Type != "config|noreplace" {
		t.Errorf("the settings are packed as %+v, want 0640 of root", e)
	}
	for name, lines := range map[string][]string{
		"cchc.service":         {"User=cchc", "Group=cchc", "UMask=0027", "StateDirectoryMode=0750", "EnvironmentFile=-/etc/cchc/cchc.env", "NoNewPrivileges=yes", "CapabilityBoundingSet=", "ProtectSystem=strict", "ProtectHome=yes", "ProtectProc=invisible", "LimitCORE=0"},
		"cchc-backup.service":  {"User=cchc", "Group=cchc", "UMask=0027", "StateDirectoryMode=0750", "NoNewPrivileges=yes", "CapabilityBoundingSet=", "ProtectSystem=strict", "ProtectHome=yes", "ProtectProc=invisible"},
		"cchc-pg-base.service": {"User=postgres", "UMask=0077", "NoNewPrivileges=yes", "CapabilityBoundingSet=", "ProtectSystem=strict", "ProtectHome=yes"},
	} {
		unit := readAll(t, "deploy/package/"+name)
		for _, want := range lines {
			if !regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(want) + `$`).MatchString(unit) {
				t.Errorf("%s does not say %s", name, want)
			}
		}
	}
	if !strings.Contains(readAll(t, "deploy/package/postinst"), "install -d -m 0750 -o cchc -g cchc /var/lib/cchc\n") {
		t.Error("the folder of the database is not made for the service alone")
	}
}

// The unit that copies where nothing serves reaches what the service reaches: a store, and
// PostgreSQL elsewhere.
func TestTheUnitOfCopiesReachesStoresAndDatabases(t *testing.T) {
	t.Parallel()
	unit := readAll(t, "deploy/package/cchc-backup.service")
	if strings.Contains(unit, "PrivateNetwork=yes") {
		t.Error("it has no network")
	}
	families := regexp.MustCompile(`(?m)^RestrictAddressFamilies=.*$`)
	if got, want := families.FindString(unit), families.FindString(readAll(t, "deploy/package/cchc.service")); got != want || !strings.Contains(got, "AF_INET ") {
		t.Errorf("it reaches %q, the service %q", got, want)
	}
}
