package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"cchc/base/db"
	"cchc/base/db/dbtest"
	"cchc/demo"
)

// TestKillUnderLoad receives dossiers from many clients at once, kills the server
// with -9 in the middle, three times over, and then looks for every dossier that
// was acknowledged. What was sent and not answered is sent again with its key and
// stands there once. The counters agree with the facts after every crash.
func TestKillUnderLoad(t *testing.T) {
	t.Parallel()
	const (
		rounds  = 3
		clients = 8
		enough  = 120 // acknowledged in a round before the kill
	)
	dsn := dbtest.Empty(t)
	run(t, "demo", "--dossiers", "200", "--make-only", "--db", dsn)
	before := verified(t, dsn)

	s := startServer(t, dsn)
	office := s.signIn(t)
	acknowledged := map[string]string{} // Idempotency-Key → code
	for round := range rounds {
		answered, unanswered := load(office, s, clients, enough)
		if len(answered) < enough {
			t.Fatalf("round %d: %d dossiers acknowledged, want %d", round, len(answered), enough)
		}
		maps.Copy(acknowledged, answered)
		verified(t, dsn) // before the server has had a chance to mend anything

		// The session outlives the crash. What got no answer is sent again.
		s = startServer(t, dsn)
		office.base = s.url
		for _, key := range unanswered {
			code, err := office.receive(t.Context(), key)
			if err != nil {
				t.Fatalf("round %d: send again: %v", round, err)
			}
			acknowledged[key] = code
		}
		if len(unanswered) == 0 {
			t.Logf("round %d: nothing was under way at the kill", round)
		}
	}

	codes := map[string]bool{}
	for key, code := range acknowledged {
		if codes[code] {
			t.Errorf("the code %s was given twice", code)
		}
		codes[code] = true
		if err := office.get("/api/v1/dossiers/" + code); err != nil {
			t.Errorf("acknowledged and lost: %v", err)
		}
		if again, err := office.receive(t.Context(), key); err != nil || again != code {
			t.Errorf("the key of %s sent again gives %s, %v", code, again, err)
		}
	}
	s.stop(t)
	if got, want := verified(t, dsn), before+len(acknowledged); got != want {
		t.Errorf("%d dossiers are stored, want %d: %d of before and %d acknowledged", got, want, before, len(acknowledged))
	}
}

// load receives dossiers from some clients until there are enough, kills the
// server, and returns the codes by key and the keys without an answer.
func load(office *client, s *server, clients, enough int) (answered map[string]string, unanswered []string) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	answered = map[string]string{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			for ctx.Err() == nil {
				key := db.NewID()
				code, err := office.receive(ctx, key)
				mu.Lock()
				if err != nil {
					unanswered = append(unanswered, key)
					mu.Unlock()
					return // killed
				}
				answered[key] = code
				if len(answered) == enough {
					s.kill()
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	s.kill()
	return answered, unanswered
}

// TestServeEndsWell: a server answers, and ends with 0 when it is told to.
func TestServeEndsWell(t *testing.T) {
	t.Parallel()
	dsn := dbtest.Empty(t)
	s := startServer(t, dsn)
	visitor := &client{base: s.url, http: http.Client{Timeout: 30 * time.Second}}
	if err := visitor.get("/healthz"); err != nil {
		t.Error(err)
	}
	if err := visitor.get("/"); err != nil {
		t.Error(err)
	}
	// The address is taken: the second one says so and does not stay.
	program, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(program, "serve", "--db", dbtest.Empty(t), "--addr", strings.TrimPrefix(s.url, "http://")).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "--addr") {
		t.Errorf("serve on a taken address: %v, %s; want an error that names --addr", err, out)
	}
	s.stop(t)
}

// A server that was told to stop says first that it is not ready, and goes on
// answering until the load balancer has heard it.
func TestServeSaysThatItStopsBeforeItDoes(t *testing.T) {
	t.Parallel()
	s := startServer(t, dbtest.Empty(t), "--drain", "3s")
	visitor := &client{base: s.url, http: http.Client{Timeout: 30 * time.Second}}
	for _, path := range []string{"/healthz", "/readyz", "/readyz/read"} {
		if err := visitor.get(path); err != nil {
			t.Error(err)
		}
	}
	s.cmd.Process.Signal(syscall.SIGTERM)
	status := 0
	for status != http.StatusServiceUnavailable {
		res, err := visitor.http.Get(s.url + "/readyz")
		if err != nil {
			t.Fatalf("the listener was closed before /readyz said no: %v", err)
		}
		status = res.StatusCode
		res.Body.Close()
	}
	for _, path := range []string{"/healthz", "/"} {
		if err := visitor.get(path); err != nil {
			t.Errorf("while it drains: %v", err)
		}
	}
	s.stop(t)
}

// A server is `cchc serve` under test.
type server struct {
	url    string
	cmd    *exec.Cmd
	exited chan struct{}
	log    bytes.Buffer // what it wrote to stderr; read after exited
}

var servesAt = regexp.MustCompile(`http://127\.0\.0\.1:\d+`)

// A program that crashes is started again. As the unit runs it, it does not end with an
// exit code that systemd takes for a wrong setting: Go's own of a crash is one.
func TestACrashIsNoWrongSetting(t *testing.T) {
	text, err := os.ReadFile("deploy/package/cchc.service")
	if err != nil {
		t.Fatal(err)
	}
	unit := string(text)
	if !strings.Contains(unit, "\nRestart=on-failure\n") {
		t.Fatal("the unit starts nothing again")
	}
	for _, env := range regexp.MustCompile(`(?m)^Environment=(GO\w+)=(.*)$`).FindAllStringSubmatch(unit, -1) {
		t.Setenv(env[1], env[2])
	}
	s := startServer(t, filepath.Join(t.TempDir(), "cchc.db"))
	if err := s.cmd.Process.Signal(syscall.SIGQUIT); err != nil { // Go crashes at it, as at a panic
		t.Fatal(err)
	}
	<-s.exited
	if status := s.cmd.ProcessState.Sys().(syscall.WaitStatus); !status.Signaled() || !strings.Contains(s.log.String(), "goroutine ") {
		t.Errorf("it ended with %s:\n%.500s", s.cmd.ProcessState, s.log.String())
	}
}

// startServer serves a database on a port that the system chooses. It is killed
// at the end of the test if it still runs.
func startServer(t *testing.T, dsn string, flags ...string) *server {
	t.Helper()
	program, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	s := &server{cmd: exec.Command(program, append([]string{"serve", "--db", dsn, "--addr", "127.0.0.1:0"}, flags...)...), exited: make(chan struct{})}
	s.cmd.Dir = filepath.Dir(program)
	s.cmd.Stderr = &s.log
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	address := make(chan string, 1)
	go func() {
		defer close(s.exited)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if a := servesAt.FindString(lines.Text()); a != "" {
				select {
				case address <- a:
				default: // said before
				}
			}
		}
		close(address)
		s.cmd.Wait()
	}()
	t.Cleanup(s.kill)
	select {
	case a, ok := <-address:
		if !ok {
			<-s.exited
			t.Fatalf("the server ended before it served:\n%s", s.log.String())
		}
		s.url = a
	case <-time.After(time.Minute):
		t.Fatal("the server did not say where it serves within a minute")
	}
	return s
}

func (s *server) kill() {
	s.cmd.Process.Kill()
	<-s.exited
}

// stop asks the server to end and demands that it ends well.
func (s *server) stop(t *testing.T) {
	t.Helper()
	s.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.exited:
	case <-time.After(30 * time.Second):
		t.Fatal("the server did not end within 30 s of SIGTERM")
	}
	if code := s.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("the server ended with %d:\n%s", code, s.log.String())
	}
}

// signIn signs an officer of the demonstration in, as the page does.
func (s *server) signIn(t *testing.T) *client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &client{base: s.url, http: http.Client{Jar: jar, Timeout: 30 * time.Second}}
	i := slices.IndexFunc(demo.Accounts(), func(a demo.Account) bool { return strings.HasPrefix(a.Login, "motcua") })
	a := demo.Accounts()[i]
	r, err := c.http.PostForm(s.url+"/sign-in", url.Values{"login": {a.Login}, "password": {a.Password}})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if r.StatusCode != http.StatusOK || strings.HasSuffix(r.Request.URL.Path, "/sign-in") {
		t.Fatalf("sign in: %s at %s", r.Status, r.Request.URL)
	}
	return c
}

// A client is an officer's program.
type client struct {
	base string
	http http.Client
}

// receive receives a dossier and returns its code.
func (c *client) receive(ctx context.Context, key string) (string, error) {
	body := `{"unit": "H99.101", "procedure": "1.000894", "channel": "direct", "person": {"name": "Nguyễn Thị Tải", "phone": "0905123456"}}`
	r, err := http.NewRequestWithContext(ctx, "POST", c.base+"/api/v1/dossiers", strings.NewReader(body))
	if err != nil {
		return "", err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Idempotency-Key", key)
	var out struct{ Dossier struct{ Code string } }
	if err := c.do(r, http.StatusCreated, &out); err != nil {
		return "", err
	}
	if out.Dossier.Code == "" {
		return "", fmt.Errorf("acknowledged without a code")
	}
	return out.Dossier.Code, nil
}

func (c *client) get(path string) error {
	r, err := http.NewRequest("GET", c.base+path, nil)
	if err != nil {
		return err
	}
	return c.do(r, http.StatusOK, nil)
}

func (c *client) do(r *http.Request, want int, out any) error {
	a, err := c.http.Do(r)
	if err != nil {
		return err
	}
	defer a.Body.Close()
	body, err := io.ReadAll(a.Body)
	if err != nil {
		return err
	}
	if a.StatusCode != want {
		return fmt.Errorf("%s %s: %s: %.300s", r.Method, r.URL.Path, a.Status, body)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(body, out)
}

// run runs the program and returns what it prints.
func run(t *testing.T, args ...string) string {
	t.Helper()
	program, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, args...)
	cmd.Dir = filepath.Dir(program) // what it keeps beside it is not kept here
	cmd.Env = os.Environ()
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("cchc %s: %v\n%s%s", strings.Join(args, " "), err, out, stderr.Bytes())
	}
	return string(out)
}

var importStoring = db.SQL("crashtest.storing", `SELECT COUNT(*) FROM import_run WHERE state = 'storing'`)

// TestAKilledImportLeavesNothingAndIsDoneAgain kills an import with -9 while it
// stores: nothing of its rows is there, every figure agrees, and the same file is
// taken in whole afterwards.
func TestAKilledImportLeavesNothingAndIsDoneAgain(t *testing.T) {
	t.Parallel()
	const rows = 30_000
	dsn, dir := dbtest.Empty(t), t.TempDir()
	files := []string{"--files", filepath.Join(dir, "files")}
	run(t, append([]string{"demo", "--dossiers", "50", "--make-only", "--db", dsn}, files...)...)
	before := verified(t, dsn, files...)
	var text strings.Builder
	text.WriteString("id,channel,received,due,unit\n")
	for i := range rows {
		fmt.Fprintf(&text, "HS-%06d,direct,2026-%02d-%02d,2026-11-20,H99.101\n", i, 1+i%9, 1+i%28)
	}
	file := filepath.Join(dir, "lon.csv")
	if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	args := append([]string{"import", "dossiers", file, "--db", dsn, "--system", "cu"}, files...)
	program, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, args...)
	cmd.Dir = filepath.Dir(program) // what it keeps beside it is not kept here
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	exited := make(chan struct{})
	go func() { cmd.Wait(); close(exited) }()
	d, err := db.Open(t.Context(), dsn, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for storing := 0; storing == 0; {
		select {
		case <-exited:
			t.Fatalf("the import ended before it could be killed:\n%s", &said)
		case <-time.After(5 * time.Millisecond):
		}
		if storing, err = db.Value[int](t.Context(), d, importStoring); err != nil {
			t.Fatal(err)
		}
	}
	cmd.Process.Kill()
	<-exited
	if n := verified(t, dsn, files...); n != before {
		t.Errorf("%d dossiers are there after the kill, want the %d of before", n, before)
	}
	if out := run(t, args...); !strings.Contains(out, "30000 rows: 30000 new") {
		t.Errorf("the second time it says %q", out)
	}
	if n := verified(t, dsn, files...); n != before+rows {
		t.Errorf("%d dossiers are there in the end, want %d", n, before+rows)
	}
}

// verified recounts everything and returns how many dossiers there are.
func verified(t *testing.T, dsn string, args ...string) int {
	t.Helper()
	out := run(t, append([]string{"verify", "--db", dsn}, args...)...)
	n, err := strconv.Atoi(strings.Fields(out)[0])
	if err != nil {
		t.Fatalf("verify says %q", out)
	}
	return n
}
