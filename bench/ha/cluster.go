package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"
)

// secret stands for every password: the cluster lives for minutes, on the loopback.
const secret = "make-ha-on-the-loopback"

// A node is what one machine of three runs.
type node struct {
	n                             int
	dir, data                     string
	web, api                      string // addresses of HAProxy and of Patroni
	cchc                          string // and of cchc itself
	etcd, patroni, haproxy, serve *process
}

// A cluster is three nodes and a place for files.
type cluster struct {
	dir, root, bin string
	as             *syscall.Credential
	nodes          [3]*node
	s3             *process
	files          string // what cchc is told of them
	kept           string // the folder in which they are in the end
	newer, older   string // programs
	oldCommit      string
	versions       map[string]string
}

func newCluster(ctx context.Context, old, program, older string) (*cluster, error) {
	c := &cluster{versions: map[string]string{}}
	var err error
	if c.as, err = unprivileged(); err != nil {
		return nil, err
	}
	for _, name := range []string{"etcd", "patroni", "haproxy", "git"} {
		if _, err := exec.LookPath(name); err != nil {
			return nil, fmt.Errorf("%w (Debian: apt-get install etcd-server patroni haproxy postgresql)", err)
		}
	}
	bins, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	if len(bins) == 0 {
		return nil, errors.New("no PostgreSQL in /usr/lib/postgresql")
	}
	c.bin = bins[len(bins)-1]
	if c.root, err = os.Getwd(); err != nil {
		return nil, err
	}
	if c.dir, err = os.MkdirTemp("", "cchc-ha-"); err != nil {
		return nil, err
	}
	if err := os.Chmod(c.dir, 0o755); err != nil {
		return nil, err
	}
	for name, args := range map[string][]string{"etcd": {"etcd", "--version"}, "Patroni": {"patroni", "--version"}, "HAProxy": {"haproxy", "-v"}, "PostgreSQL": {c.bin + "/postgres", "--version"}} {
		text, _ := command(ctx, "/", os.Environ(), args[0], args[1:]...)
		c.versions[name] = regexp.MustCompile(`[0-9]+\.[0-9.]+[0-9]`).FindString(text)
	}
	c.newer, c.older = filepath.Join(c.dir, "cchc"), older
	if program != "" {
		if _, err := command(ctx, c.root, os.Environ(), "cp", program, c.newer); err != nil {
			return nil, err
		}
		c.oldCommit = "given"
		return c, nil
	}
	say("building")
	if _, err := command(ctx, c.root, append(os.Environ(), "CGO_ENABLED=0"), "go", "build", "-o", c.newer, "."); err != nil {
		return nil, err
	}
	return c, c.buildOld(ctx, old)
}

// buildOld builds the version that an upgrade begins with, from the history.
func (c *cluster) buildOld(ctx context.Context, commit string) error {
	if commit == "" {
		last, err := command(ctx, c.root, os.Environ(), "git", "log", "-1", "--format=%H", "--", "base/db/migrations")
		if err == nil {
			commit, err = command(ctx, c.root, os.Environ(), "git", "rev-parse", last+"^")
		}
		if err != nil || commit == "" {
			say("no older version: %v", err)
			return nil
		}
	}
	tree := filepath.Join(c.dir, "old")
	if _, err := command(ctx, c.root, os.Environ(), "git", "worktree", "add", "--detach", tree, commit); err != nil {
		return err
	}
	defer command(context.WithoutCancel(ctx), c.root, os.Environ(), "git", "worktree", "remove", "--force", tree)
	say("building the version before: %s", commit[:min(12, len(commit))])
	c.older = filepath.Join(c.dir, "cchc-old")
	if _, err := command(ctx, tree, append(os.Environ(), "CGO_ENABLED=0"), "go", "build", "-o", c.older, "."); err != nil {
		return err
	}
	c.oldCommit = commit
	return nil
}

// values writes the file with which deploy/ha/render fills its templates in.
func (c *cluster) values() (string, error) {
	free, err := ports(9 * 3)
	if err != nil {
		return "", err
	}
	example, err := os.ReadFile(filepath.Join(c.root, "deploy/ha/cluster.env"))
	if err != nil {
		return "", err
	}
	set := map[string]string{"DATA_ETCD": c.dir + "/node@NODE@/etcd", "DATA_PG": c.dir + "/node@NODE@/pg", "SOCKETS": c.dir + "/node@NODE@", "RUN": c.dir + "/node@NODE@", "PG_BIN": c.bin,
		"FILES": c.files, "BACKUP": c.dir + "/backup", "LOG_KEY": c.dir + "/node@NODE@/log-key", "SEAL_KEY": c.dir + "/node@NODE@/seal-key", "BASE": "http://127.0.0.1", "SECURE": "false", "SHARED_BUFFERS": "64MB"}
	var b strings.Builder
	lines := bufio.NewScanner(strings.NewReader(string(example)))
	for lines.Scan() {
		line := lines.Text()
		name, _, ok := strings.Cut(line, "=")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		base, _, numbered := strings.Cut(name, "_1")
		switch {
		case strings.HasPrefix(name, "HOST_"):
			line = name + "=127.0.0.1"
		case strings.HasPrefix(name, "PASSWORD_"):
			line = name + "=" + secret
		case set[name] != "":
			line = name + "=" + set[name]
		case numbered && name == base+"_1", name == "WEB_BIND", strings.HasPrefix(name, "PROXY_"):
			if !numbered {
				base = name
			}
			for i := range 3 {
				at := ""
				if name == "WEB_BIND" {
					at = "127.0.0.1:"
				}
				fmt.Fprintf(&b, "%s_%d=%s%d\n", base, i+1, at, free[0])
				free = free[1:]
			}
			continue
		case regexp.MustCompile(`_[23]$`).MatchString(name):
			continue
		}
		b.WriteString(line + "\n")
	}
	path := filepath.Join(c.dir, "cluster.env")
	return path, os.WriteFile(path, []byte(b.String()), 0o644)
}

// start brings everything up, with the older program where there is one.
func (c *cluster) start(ctx context.Context) error {
	if err := c.startFiles(ctx); err != nil {
		return err
	}
	values, err := c.values()
	if err != nil {
		return err
	}
	for i := range c.nodes {
		n := &node{n: i + 1, dir: fmt.Sprintf("%s/node%d", c.dir, i+1)}
		if _, err := command(ctx, c.root, os.Environ(), "deploy/ha/render", values, fmt.Sprint(n.n), n.dir); err != nil {
			return err
		}
		n.data = n.dir + "/pg"
		if err := c.own(n.dir); err != nil {
			return err
		}
		if err := n.prepare(c); err != nil {
			return err
		}
		c.nodes[i] = n
	}
	for _, n := range c.nodes {
		if err := n.etcd.start(); err != nil {
			return err
		}
	}
	if err := until(ctx, 60*time.Second, "etcd", c.etcdHealthy); err != nil {
		return err
	}
	for _, n := range c.nodes {
		if err := errors.Join(n.patroni.start(), n.haproxy.start()); err != nil {
			return err
		}
	}
	if err := c.settled(ctx, 3*time.Minute); err != nil {
		return err
	}
	if err := c.makeDatabase(ctx); err != nil {
		return err
	}
	first := c.nodes[0]
	say("making the demonstration's data")
	if err := c.demonstration(ctx, first); err != nil {
		return err
	}
	for i, n := range c.nodes {
		if i > 0 { // one key signs the log of the trail, on whichever machine
			for _, name := range []string{"log-key", "seal-key"} {
				key, err := os.ReadFile(filepath.Join(first.dir, name))
				if errors.Is(err, os.ErrNotExist) && name == "seal-key" {
					continue // a version before it had one
				}
				if err == nil {
					err = os.WriteFile(filepath.Join(n.dir, name), key, 0o600)
				}
				if err != nil {
					return err
				}
				if err := c.own(filepath.Join(n.dir, name)); err != nil {
					return err
				}
			}
		}
		if err := n.serve.start(); err != nil {
			return err
		}
		if err := until(ctx, time.Minute, n.serve.name, func() bool { return answers(n.cchc + "/readyz") }); err != nil {
			return err
		}
	}
	return until(ctx, time.Minute, "HAProxy", func() bool {
		return answers(first.web+"/healthz") && answers(c.nodes[1].web+"/healthz") && answers(c.nodes[2].web+"/healthz")
	})
}

func (c *cluster) own(path string) error {
	if c.as == nil {
		return nil
	}
	return filepath.Walk(path, func(p string, _ os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(p, int(c.as.Uid), int(c.as.Gid))
	})
}

// readEnv reads a file of NAME=VALUE lines.
func readEnv(path string) (list []string, of map[string]string, err error) {
	text, err := os.ReadFile(path)
	of = map[string]string{}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if name, value, ok := strings.Cut(line, "="); ok && !strings.HasPrefix(line, "#") {
			list, of[name] = append(list, line), value
		}
	}
	return list, of, err
}

// prepare makes the node's programs from its rendered files.
func (n *node) prepare(c *cluster) error {
	etcd, urls, err := readEnv(n.dir + "/etcd.env")
	if err != nil {
		return err
	}
	settings, of, err := readEnv(n.dir + "/cchc.env")
	if err != nil {
		return err
	}
	_ = urls
	values, given, err := readEnv(c.dir + "/cluster.env")
	if err != nil || len(values) == 0 {
		return fmt.Errorf("no values: %w", err)
	}
	n.web = "http://" + given[fmt.Sprintf("WEB_BIND_%d", n.n)]
	n.api = "http://127.0.0.1:" + given[fmt.Sprintf("PATRONI_%d", n.n)]
	n.cchc = "http://" + of["CCHC_ADDR"]
	program := c.newer
	if c.older != "" {
		program = c.older
	}
	process := func(name string, env []string, args ...string) *process {
		return &process{name: fmt.Sprintf("%s of node %d", name, n.n), args: args, env: env, dir: n.dir, log: fmt.Sprintf("%s/node%d-%s.log", c.dir, n.n, name), as: c.as}
	}
	n.etcd = process("etcd", etcd, "etcd")
	n.patroni = process("patroni", nil, "patroni", n.dir+"/patroni.yml")
	n.haproxy = process("haproxy", nil, "haproxy", "-db", "-f", n.dir+"/haproxy.cfg")
	n.serve = process("cchc", append(settings, c.credentials()...), program, "serve", "--api-rate", "0")
	return nil
}

func answers(url string) bool {
	client := &http.Client{Timeout: 2 * time.Second}
	a, err := client.Get(url)
	if err != nil {
		return false
	}
	a.Body.Close()
	return a.StatusCode == http.StatusOK
}

func (c *cluster) etcdHealthy() bool {
	_, given, err := readEnv(c.dir + "/cluster.env")
	if err != nil {
		return false
	}
	for i := range 3 {
		if !answers(fmt.Sprintf("http://127.0.0.1:%s/health", given[fmt.Sprintf("ETCD_CLIENT_%d", i+1)])) {
			return false
		}
	}
	return true
}

// primary returns the node that takes writes, nil for none.
func (c *cluster) primary() *node {
	for _, n := range c.nodes {
		if answers(n.api + "/primary") {
			return n
		}
	}
	return nil
}

// synchronous returns the node that has everything that was acknowledged, beside the primary.
func (c *cluster) synchronous() *node {
	for _, n := range c.nodes {
		if answers(n.api + "/synchronous") {
			return n
		}
	}
	return nil
}

// settled waits until there is a primary with two standbys, one of them synchronous.
func (c *cluster) settled(ctx context.Context, d time.Duration) error {
	return until(ctx, d, "a primary with two standbys", func() bool {
		p := c.primary()
		if p == nil || !c.etcdHealthy() {
			return false
		}
		a, err := http.Get(p.api + "/cluster")
		if err != nil {
			return false
		}
		defer a.Body.Close()
		var all struct {
			Members []struct{ Role, State string }
		}
		json.NewDecoder(a.Body).Decode(&all)
		running, synchronous := 0, 0
		for _, m := range all.Members {
			if m.State == "running" || m.State == "streaming" {
				running++
			}
			if m.Role == "sync_standby" {
				synchronous++
			}
		}
		if running < 3 || synchronous == 0 {
			return false
		}
		// What a node last said of itself may be old: the primary knows who follows it.
		following, err := c.psql(ctx, "postgres", "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'")
		return err == nil && strings.TrimSpace(following) == "2"
	})
}

// psql asks the primary as its superuser.
func (c *cluster) psql(ctx context.Context, database, text string) (string, error) {
	p := c.primary()
	if p == nil {
		return "", errors.New("no primary")
	}
	return c.psqlAt(ctx, p, database, text)
}

// psqlAt asks the PostgreSQL of a node.
func (c *cluster) psqlAt(ctx context.Context, n *node, database, text string) (string, error) {
	_, given, err := readEnv(c.dir + "/cluster.env")
	if err != nil {
		return "", err
	}
	return command(ctx, c.dir, append(os.Environ(), "PGPASSWORD="+secret), c.bin+"/psql", "-h", "127.0.0.1", "-p", given[fmt.Sprintf("PG_%d", n.n)], "-U", "postgres", "-d", database, "-Atqc", text)
}

func (c *cluster) makeDatabase(ctx context.Context) error {
	if _, err := c.psql(ctx, "postgres", "CREATE ROLE cchc LOGIN PASSWORD '"+secret+"'"); err != nil {
		return err
	}
	_, err := c.psql(ctx, "postgres", "CREATE DATABASE cchc OWNER cchc ENCODING 'UTF8' TEMPLATE template0")
	return err
}

// dsn is how a node reaches the database.
func (n *node) dsn() string {
	_, of, _ := readEnv(n.dir + "/cchc.env")
	return of["CCHC_DB"]
}

// password opens the account of the load.
const password = "thước đo dài 2026"

func (c *cluster) demonstration(ctx context.Context, n *node) error {
	program := n.serve.args[0]
	if _, err := command(ctx, c.dir, append(os.Environ(), c.credentials()...), program, "demo", "--make-only", "--db", n.dsn(), "--dossiers", "400", "--files", c.files); err != nil {
		return err
	}
	a := exec.CommandContext(ctx, program, "account", "make-ha", "--db", n.dsn(), "--name", "make-ha", "--role", "onestop")
	a.Stdin = strings.NewReader(password + "\n")
	if out, err := a.CombinedOutput(); err != nil {
		return fmt.Errorf("make an account: %w: %s", err, out)
	}
	return nil
}

func (c *cluster) about() string {
	return fmt.Sprintf("PostgreSQL %s, Patroni %s, etcd %s, HAProxy %s; files in %s", c.versions["PostgreSQL"], c.versions["Patroni"], c.versions["etcd"], c.versions["HAProxy"], c.filesAbout())
}

// stop ends everything, whatever state it is in.
func (c *cluster) stop() {
	for _, n := range c.nodes {
		if n == nil {
			continue
		}
		for _, p := range []*process{n.serve, n.haproxy, n.patroni, n.etcd} {
			p.signal(syscall.SIGCONT)
			p.kill()
		}
		if pid := postmaster(n.data); pid != 0 {
			for _, x := range below(pid) {
				syscall.Kill(x, syscall.SIGKILL)
			}
		}
	}
	if c.s3 != nil {
		c.s3.kill()
	}
}
