package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// build builds what is measured.
func (r *run) build(ctx context.Context) error {
	r.cchc = filepath.Join(r.work, "cchc")
	if err := command(ctx, ".", "go", "build", "-o", r.cchc, "."); err != nil {
		return err
	}
	peer := filepath.Join(r.work, "pocketbase")
	if err := command(ctx, "bench/pocketbase", "go", "build", "-o", peer, "."); err != nil {
		r.report.note("PocketBase could not be built, so nothing is compared with it: %v", err)
		return nil
	}
	r.peer = peer
	version, err := exec.CommandContext(ctx, "go", "-C", "bench/pocketbase", "list", "-m", "-f", "{{.Version}}", "github.com/pocketbase/pocketbase").Output()
	r.report.head = append(r.report.head, "PocketBase "+strings.TrimSpace(string(version))+", default settings")
	return err
}

func command(ctx context.Context, dir, name string, args ...string) error {
	c := exec.CommandContext(ctx, name, args...)
	c.Dir, c.Env = dir, append(os.Environ(), "CGO_ENABLED=0")
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, tail(out))
	}
	return nil
}

func tail(text []byte) string {
	if len(text) > 600 {
		text = text[len(text)-600:]
	}
	return strings.TrimSpace(string(text))
}

// A server is a program that answers on a port of the loopback.
type server struct {
	cmd    *exec.Cmd
	url    string
	start  time.Duration // from exec to the first answer
	log    bytes.Buffer
	gone   chan struct{}
	end    sync.Once
	cookie string // of who is signed in, for pages
	token  string // of the same account, for the API
	traced string // address of its profiles, "" for none
}

// serve starts the product on a database.
func (r *run) serve(ctx context.Context, dsn string, more ...string) (*server, error) {
	traced := ""
	if r.traces != "" {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		traced = l.Addr().String()
		l.Close()
		more = append(more, "--profile", traced)
	}
	s, err := start(ctx, r.cchc, "/healthz", func(addr string) []string {
		return append([]string{"serve", "--db", dsn, "--addr", addr, "--files", filepath.Join(r.work, "files"), "--api-rate", "0"}, more...)
	})
	if err == nil {
		s.traced = traced
	}
	return s, err
}

// trace keeps a profile of the processor for a time, beside what is measured then.
func (s *server) trace(ctx context.Context, path string, d time.Duration) (wait func() error) {
	if s == nil || s.traced == "" {
		return func() error { return nil }
	}
	done := make(chan error, 1)
	go func() {
		a, err := http.Get(fmt.Sprintf("http://%s/debug/pprof/profile?seconds=%d", s.traced, max(1, int(d.Seconds()))))
		if err != nil {
			done <- err
			return
		}
		defer a.Body.Close()
		text, err := io.ReadAll(a.Body)
		done <- errors.Join(err, os.WriteFile(path, text, 0o644))
	}()
	return func() error { return <-done }
}

func start(ctx context.Context, program, health string, args func(addr string) []string) (*server, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	addr := l.Addr().String()
	l.Close()
	s := &server{url: "http://" + addr, gone: make(chan struct{})}
	s.cmd = exec.CommandContext(ctx, program, args(addr)...)
	s.cmd.Stderr = &s.log
	begun := time.Now()
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	go func() { s.cmd.Wait(); close(s.gone) }()
	for {
		if a, err := http.Get(s.url + health); err == nil {
			a.Body.Close()
			if a.StatusCode == http.StatusOK {
				s.start = time.Since(begun)
				return s, nil
			}
		}
		select {
		case <-s.gone:
			return nil, fmt.Errorf("%s ended: %s", filepath.Base(program), tail(s.log.Bytes()))
		case <-ctx.Done():
			s.stop()
			return nil, ctx.Err()
		case <-time.After(2 * time.Millisecond):
		}
		if time.Since(begun) > 5*time.Minute {
			s.stop()
			return nil, fmt.Errorf("%s does not answer", filepath.Base(program))
		}
	}
}

func (s *server) stop() {
	s.end.Do(func() {
		s.cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-s.gone:
		case <-time.After(20 * time.Second):
			s.cmd.Process.Kill()
			<-s.gone
		}
	})
}

// memory returns what the process holds now and held at most, and what of it now is
// its own: the rest is the program's file and the database's, mapped, which the
// system takes back when it needs to. In MB.
func (s *server) memory() (now, most, own float64) {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	for line := range strings.Lines(string(text)) {
		f := strings.Fields(line)
		if len(f) < 2 {
			continue
		}
		kb, _ := strconv.ParseFloat(f[1], 64)
		switch f[0] {
		case "VmRSS:":
			now = kb / 1024
		case "VmHWM:":
			most = kb / 1024
		case "RssAnon:":
			own = kb / 1024
		}
	}
	return now, most, own
}

// mapped tells what of the process's memory is whose file, in MB: the program's own
// and the database's.
func (s *server) mapped() string {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/smaps", s.cmd.Process.Pid))
	program, database, name := 0.0, 0.0, ""
	for line := range strings.Lines(string(text)) {
		f := strings.Fields(line)
		switch {
		case len(f) >= 5 && strings.Contains(f[0], "-"): // a mapping begins
			name = strings.Join(f[5:], " ")
		case len(f) > 1 && f[0] == "Rss:":
			kb, _ := strconv.ParseFloat(f[1], 64)
			switch {
			case strings.HasSuffix(name, ".db"):
				database += kb / 1024
			case strings.HasPrefix(name, "/") && !strings.HasSuffix(name, "-shm"):
				program += kb / 1024
			}
		}
	}
	return fmt.Sprintf("%.0f MB are the program's file and %.0f MB the database's, mapped", program, database)
}

// signIn signs an account in; what is sent afterwards goes by its session.
func (s *server) signIn(login, password string) error {
	c := client(1)
	a, err := c.PostForm(s.url+"/sign-in", url.Values{"login": {login}, "password": {password}})
	if err != nil {
		return err
	}
	defer a.Body.Close()
	io.Copy(io.Discard, a.Body)
	for _, k := range a.Cookies() {
		s.cookie += k.Name + "=" + k.Value + "; "
	}
	if a.StatusCode != http.StatusSeeOther || s.cookie == "" {
		return fmt.Errorf("%s could not sign in: %d", login, a.StatusCode)
	}
	form := url.Values{"name": {"bench"}, "until": {time.Now().AddDate(0, 0, 7).Format("02/01/2006")},
		"scopes": {"dossier.read", "dossier.receive", "dossier.process", "index.read", "report.read", "unit.read", "board.read"}}
	q, err := http.NewRequest(http.MethodPost, s.url+"/account/tokens", strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	q.Header.Set("Cookie", s.cookie)
	made, err := c.Do(q)
	if err != nil {
		return err
	}
	defer made.Body.Close()
	page, err := io.ReadAll(made.Body)
	if s.token = tokenForm.FindString(string(page)); s.token == "" {
		return errors.Join(err, fmt.Errorf("%s got no token: %d", login, made.StatusCode))
	}
	return nil
}

var tokenForm = regexp.MustCompile(`cchc_[A-Za-z0-9_.-]{40,}`)

// authorize says who asks: by a token to the API, by a session to pages.
func (s *server) authorize(q *http.Request) {
	switch {
	case s.token != "" && strings.HasPrefix(q.URL.Path, "/api/"):
		q.Header.Set("Authorization", "Bearer "+s.token)
	case s.cookie != "":
		q.Header.Set("Cookie", s.cookie)
	}
}

// get makes requests of addresses in turn.
func (s *server) get(name string, paths ...string) *target {
	return &target{name: name, client: client(64), pid: s.cmd.Process.Pid, server: s, want: http.StatusOK, request: func(n int64) (*http.Request, error) {
		q, err := http.NewRequest(http.MethodGet, s.url+paths[int(n)%len(paths)], nil)
		if err == nil {
			s.authorize(q)
		}
		return q, err
	}}
}

// fetch returns what one address answers.
func (s *server) fetch(ctx context.Context, path string) ([]byte, error) {
	var text []byte
	t := s.get("fetch", path)
	t.see = func(b []byte) { text = b }
	return text, t.once(ctx)
}

// password opens the accounts that are made for measuring.
const password = "thước đo dài 2026"

// account makes an account for the whole province.
func (r *run) account(ctx context.Context, dsn, login, role string) error {
	c := exec.CommandContext(ctx, r.cchc, "account", login, "--db", dsn, "--name", login, "--role", role)
	c.Stdin = strings.NewReader(password + "\n")
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("make the account %s: %w: %s", login, err, tail(out))
	}
	return nil
}

// demo makes the demonstration once and returns its file.
func (r *run) demo(ctx context.Context, n int) (path string, made time.Duration, err error) {
	dir := filepath.Join(r.cache, fmt.Sprintf("demo-%d", n))
	path = filepath.Join(dir, "cchc.db")
	if _, err := os.Stat(filepath.Join(dir, "made")); err == nil { // by an older program perhaps
		return path, 0, command(ctx, ".", r.cchc, "migrate", "--db", path)
	}
	if err := os.RemoveAll(dir); err != nil {
		return "", 0, err
	}
	begun := time.Now()
	if err := command(ctx, ".", r.cchc, "demo", "--make-only", "--data", dir, "--dossiers", strconv.Itoa(n)); err != nil {
		return "", 0, err
	}
	return path, time.Since(begun), os.WriteFile(filepath.Join(dir, "made"), nil, 0o644)
}

// copyOf returns a copy of a database file that the run may change.
func (r *run) copyOf(path, name string) (string, error) {
	to := filepath.Join(r.work, name+".db")
	for _, suffix := range []string{"", "-wal"} {
		from, err := os.Open(path + suffix)
		if errors.Is(err, os.ErrNotExist) && suffix != "" {
			continue
		} else if err != nil {
			return "", err
		}
		f, err := os.Create(to + suffix)
		if err == nil {
			_, err = io.Copy(f, from)
			err = errors.Join(err, f.Close())
		}
		if err = errors.Join(err, from.Close()); err != nil {
			return "", err
		}
	}
	return to, nil
}

// database makes an empty database on the PostgreSQL server.
func (r *run) database(ctx context.Context, name string) (dsn string, err error) {
	if err := command(ctx, ".", "psql", "-q", r.pg, "-c", "DROP DATABASE IF EXISTS "+name, "-c", "CREATE DATABASE "+name); err != nil {
		return "", err
	}
	u, err := url.Parse(r.pg)
	if err != nil {
		return "", err
	}
	u.Path = "/" + name
	return u.String(), nil
}
