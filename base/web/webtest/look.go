package webtest

import (
	_ "embed"
	"encoding/json"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

//go:embed look.mjs
var lookScript string

// Look opens pages in headless Chromium at the width of a desk and of a telephone,
// as this browser (with its cookies), and fails the test for what axe finds at
// WCAG 2.2 AA, what the console complains of (a breach of the content policy is
// one), what is asked of another host, and a page wider than its window.
//
// With LOOK_PICTURES set to a folder, pictures of the pages are left there.
//
// Where Chromium or the packages of `npm ci` are missing the test is skipped, and
// says so; with TEST_BROWSER set it fails instead. TEST_BROWSER=off leaves the
// browser out of a run that is about something else: another engine, a race.
func (b *Browser) Look(paths ...string) {
	b.t.Helper()
	b.chromium(map[string]any{"pages": paths})
}

// Drive runs JavaScript over a page of headless Chromium, as this browser, at the
// width of a desk. The script is the body of an async function of (page, base, is,
// say): Playwright's page, the server's address, is(what, got, want) and say(what
// is wrong). It is skipped where Look is.
func (b *Browser) Drive(script string) {
	b.t.Helper()
	b.chromium(map[string]any{"script": script})
}

// DrivePlain is Drive in a browser that runs no scripts of pages.
func (b *Browser) DrivePlain(script string) {
	b.t.Helper()
	b.chromium(map[string]any{"script": script, "plain": true})
}

func (b *Browser) chromium(job map[string]any) {
	b.t.Helper()
	miss := b.t.Skipf
	if os.Getenv("TEST_BROWSER") == "off" {
		if job["script"] != nil { // what follows would look for what it did
			b.t.Skip("not driven in a browser: TEST_BROWSER=off")
		}
		return
	}
	if os.Getenv("TEST_BROWSER") != "" {
		miss = b.t.Fatalf
	}
	chromium := os.Getenv("CHROMIUM")
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil && chromium == "" {
			chromium = found
		}
	}
	node, err := exec.LookPath("node")
	if chromium == "" || err != nil {
		miss("not looked at in a browser: Chromium or node is missing")
		return
	}
	root, err := moduleRoot()
	if err != nil {
		b.t.Fatal(err)
	}
	for _, p := range []string{"playwright-core", "axe-core"} {
		if _, err := os.Stat(filepath.Join(root, "node_modules", p)); err != nil {
			miss("not looked at in a browser: %s is missing, run npm ci", p)
			return
		}
	}
	type cookie struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	cookies := []cookie{}
	at, err := url.Parse(b.URL())
	if err != nil {
		b.t.Fatal(err)
	}
	for _, c := range b.client.Jar.Cookies(at) {
		cookies = append(cookies, cookie{c.Name, c.Value})
	}
	job["root"], job["base"], job["cookies"], job["chromium"] = root, b.URL(), cookies, chromium
	job["pictures"] = os.Getenv("LOOK_PICTURES")
	text, err := json.Marshal(job)
	if err != nil {
		b.t.Fatal(err)
	}
	script := filepath.Join(b.t.TempDir(), "look.mjs")
	if err := os.WriteFile(script, []byte(lookScript), 0o600); err != nil {
		b.t.Fatal(err)
	}
	cmd := exec.CommandContext(b.t.Context(), node, script, string(text))
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		b.t.Fatalf("look at pages: %v\n%s", err, said.String())
	}
	var wrong []struct {
		Page  string
		Width int
		What  string
	}
	if err := json.Unmarshal(out, &wrong); err != nil {
		b.t.Fatalf("look at pages: %v in %q", err, out)
	}
	for _, w := range wrong {
		b.t.Errorf("%s at %d px: %s", w.Page, w.Width, w.What)
	}
}

func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	for err == nil {
		if _, missing := os.Stat(filepath.Join(dir, "go.mod")); missing == nil {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", os.ErrNotExist
		}
		dir = up
	}
	return "", err
}
