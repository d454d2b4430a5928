package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The files of a cluster are rendered for each of three machines, and the programs that
// read them, where they are installed, find nothing wrong. `make ha` runs them.
func TestTheFilesOfAClusterAreWhole(t *testing.T) {
	t.Parallel()
	example, err := os.ReadFile("deploy/ha/cluster.env")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	render := func(values, node string) (string, error) {
		path := filepath.Join(dir, "cluster.env")
		if err := os.WriteFile(path, []byte(values), 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command("deploy/ha/render", path, node, filepath.Join(dir, node)).CombinedOutput()
		return string(out), err
	}
	if out, err := render(string(example), "1"); err == nil || !strings.Contains(out, "PASSWORD_SUPER has no value") {
		t.Errorf("without passwords: %q %v", out, err)
	}
	if out, err := render("nonsense", "1"); err == nil || !strings.Contains(out, "is not NAME=VALUE") {
		t.Errorf("a line without a value: %q %v", out, err)
	}
	values := regexp.MustCompile(`(?m)^(PASSWORD_[A-Z]+)=$`).ReplaceAllString(string(example), "$1=m|t&kh\\u")
	if out, err := render(values, "4"); err == nil {
		t.Errorf("a fourth machine: %q", out)
	}
	values = strings.Replace(values, "WEB_BIND=:443 ssl crt /etc/haproxy/cchc.pem alpn h2,http/1.1", "WEB_BIND=127.0.0.1:8443", 1)
	// Nobody answers there, and at once.
	values = regexp.MustCompile(`10\.0\.0\.1[123]`).ReplaceAllString(values, "127.0.0.1")
	// reader finds the program that reads a file; "" where it is not installed, which in CI
	// is a failure.
	reader := func(name string) string {
		path, err := exec.LookPath(name)
		if err != nil && os.Getenv("CI") != "" {
			t.Errorf("%s is not installed: its file is not checked", name)
		} else if err != nil {
			t.Logf("%s is not installed: its file is not checked", name)
		}
		return path
	}
	for _, node := range []string{"1", "2", "3"} {
		if out, err := render(values, node); err != nil {
			t.Fatalf("machine %s: %v %s", node, err, out)
		}
		at := filepath.Join(dir, node)
		patroni, err := os.ReadFile(at + "/patroni.yml")
		if err != nil || !strings.Contains(string(patroni), "name: node"+node) || !strings.Contains(string(patroni), `m|t&kh\u`) {
			t.Errorf("machine %s: %v\n%s", node, err, patroni)
		}
		if program := reader("haproxy"); program != "" {
			if out, err := exec.Command(program, "-c", "-f", at+"/haproxy.cfg").CombinedOutput(); err != nil {
				t.Errorf("machine %s: haproxy: %v %s", node, err, out)
			}
		}
		if program := reader("patroni"); program != "" {
			// It looks at this machine's addresses and folders too, which are not those.
			out, _ := exec.Command(program, "--validate-config", at+"/patroni.yml").CombinedOutput()
			for line := range strings.Lines(string(out)) {
				if !regexp.MustCompile(`data_dir|bin_dir|listen|connect_address|hosts|is not accessible|didn't pass validation|Cannot|didn.t`).MatchString(line) {
					t.Errorf("machine %s: patroni: %s", node, line)
				}
			}
		}
	}
}
