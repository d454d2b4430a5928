package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"cchc/base/db"
	"cchc/base/db/dbtest"
)

// What breaks under load, as tests: after each fault every acknowledged write is
// there, none is half, the program is back by itself, and meanwhile it said clearly
// that it could not. Each runs once here; make chaos runs them by seeds for as long
// as it is told (chaos_long_test.go).

// A storm is load on a server, with a note of what was acknowledged.
type storm struct {
	office *client

	mu       sync.Mutex
	acked    map[string]string // Idempotency-Key → code
	open     []string          // keys that were sent and not acknowledged
	refused  int               // 503 with Retry-After
	odd      []string          // any other answer than these
	last     time.Time         // of the last acknowledgement
	slowest  time.Duration     // of all answers
	flags    []string          // of the server, but its address
	stopping atomic.Bool
	wg       sync.WaitGroup
}

// hung is when an answer takes too long to be one.
const hung = 45 * time.Second

func newStorm(office *client) *storm {
	office.http.Timeout = hung
	return &storm{office: office, acked: map[string]string{}}
}

// begin has some clients receive dossiers until end. A server that is gone (killed) is
// waited for: refused connections count neither for it nor against it.
func (s *storm) begin(clients int) {
	for range clients {
		s.wg.Go(func() {
			for !s.stopping.Load() {
				s.once(db.NewID())
			}
		})
	}
}

func (s *storm) once(key string) {
	begun := time.Now()
	code, status, again, err := s.office.tryReceive(key)
	took := time.Since(begun)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.slowest = max(s.slowest, took)
	switch {
	case err == nil && status == http.StatusCreated:
		s.acked[key], s.last = code, time.Now()
		return
	case err != nil && took >= hung:
		s.odd = append(s.odd, fmt.Sprintf("no answer within %s", hung))
	case err != nil: // cut off, or nobody listens
		time.Sleep(20 * time.Millisecond)
	case status == http.StatusServiceUnavailable && again > 0:
		s.refused++
		time.Sleep(20 * time.Millisecond)
	default:
		s.odd = append(s.odd, fmt.Sprintf("%d, Retry-After %d: %.200s", status, again, code))
		time.Sleep(20 * time.Millisecond)
	}
	s.open = append(s.open, key)
}

// wait waits until so many more were acknowledged.
func (s *storm) wait(t *testing.T, more int) {
	t.Helper()
	s.mu.Lock()
	want := len(s.acked) + more
	s.mu.Unlock()
	for end := time.Now().Add(2 * time.Minute); ; time.Sleep(5 * time.Millisecond) {
		s.mu.Lock()
		have, odd := len(s.acked), slices.Clone(s.odd)
		s.mu.Unlock()
		if have >= want {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%d acknowledged, want %d; odd answers: %q", have, want, odd)
		}
	}
}

// back waits until something is acknowledged again and returns how long that took.
func (s *storm) back(t *testing.T) time.Duration {
	t.Helper()
	from := time.Now()
	s.wait(t, 1)
	return time.Since(from)
}

func (s *storm) end() {
	s.stopping.Store(true)
	s.wg.Wait()
}

// reckon ends the load and compares what is stored with what was acknowledged: each
// is there under its code, each that was not is there once or not at all, and once
// when it is sent again; figures and log hold. before is how many dossiers there were.
func (s *storm) reckon(t *testing.T, dsn string, before int) {
	t.Helper()
	s.end()
	for _, x := range s.odd {
		t.Errorf("an answer that tells nobody what to do: %s", x)
	}
	for _, key := range s.open {
		code, status, _, err := s.office.tryReceive(key)
		if err != nil || status != http.StatusCreated {
			t.Fatalf("send again: %d, %v", status, err)
		}
		s.acked[key] = code
	}
	codes := map[string]bool{}
	for key, code := range s.acked {
		if codes[code] {
			t.Errorf("the code %s was given twice", code)
		}
		codes[code] = true
		if again, status, _, err := s.office.tryReceive(key); err != nil || again != code {
			t.Errorf("acknowledged and lost: %s; its key sent again gives %s, %d, %v", code, again, status, err)
		}
	}
	if got, want := verified(t, dsn), before+len(s.acked); got != want {
		t.Errorf("%d dossiers are stored, want %d: %d of before and %d acknowledged", got, want, before, len(s.acked))
	}
}

// verifyLog checks the log of the trail with the server's own key.
func (s *storm) verifyLog(t *testing.T, dsn string) {
	t.Helper()
	run(t, "verify", "--log", "--db", dsn, "--log-key", s.flags[len(s.flags)-1])
}

// tryReceive receives a dossier and tells how that was answered; again is Retry-After.
func (c *client) tryReceive(key string) (code string, status, again int, err error) {
	body := `{"unit": "H99.101", "procedure": "1.000894", "channel": "direct", "person": {"name": "Nguyễn Thị Tải"}}`
	r, err := http.NewRequest("POST", c.base+"/api/v1/dossiers", strings.NewReader(body))
	if err != nil {
		return "", 0, 0, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Idempotency-Key", key)
	a, err := c.http.Do(r)
	if err != nil {
		return "", 0, 0, err
	}
	defer a.Body.Close()
	text, err := io.ReadAll(a.Body)
	if err != nil {
		return "", 0, 0, err
	}
	again, _ = strconv.Atoi(a.Header.Get("Retry-After"))
	if a.StatusCode != http.StatusCreated {
		return string(text), a.StatusCode, again, nil
	}
	m := codeOf.FindSubmatch(text)
	if m == nil {
		return "", a.StatusCode, again, errors.New("acknowledged without a code")
	}
	return string(m[1]), a.StatusCode, again, nil
}

var codeOf = regexp.MustCompile(`"code":"([^"]+)"`)

// serving makes a demonstration in a database and serves it under load.
func serving(t *testing.T, dsn string, args ...string) (*server, *storm, int) {
	t.Helper()
	run(t, "demo", "--dossiers", "50", "--make-only", "--db", dsn)
	before := verified(t, dsn)
	args = append(args, "--api-rate", "0", "--log-key", filepath.Join(t.TempDir(), "log-key"))
	s := startServer(t, dsn, args...)
	load := newStorm(s.signIn(t))
	load.flags = args
	return s, load, before
}

// onDisk mounts a small disk of its own in memory, for root.
func onDisk(t *testing.T, megabytes int) string {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("mounting a small disk needs root")
	}
	dir, err := os.MkdirTemp("", "cchc-disk-")
	if err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", fmt.Sprintf("size=%dm", megabytes), "tmpfs", dir).CombinedOutput(); err != nil {
		os.Remove(dir)
		t.Skipf("no disk can be mounted here: %v: %s", err, out)
	}
	t.Cleanup(func() {
		exec.Command("umount", "-l", dir).Run()
		os.Remove(dir)
	})
	return dir
}

// fill writes to a disk until nothing more goes in, and returns what makes room again.
func fill(t *testing.T, dir string) (free func()) {
	t.Helper()
	path := filepath.Join(dir, "ballast")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for size := 1 << 20; size >= 512; {
		if _, err := f.Write(make([]byte, size)); err != nil {
			size /= 2
		}
	}
	return func() {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}

func TestADiskThatIsFullLosesNothing(t *testing.T) {
	t.Parallel()
	if os.Getenv("TEST_POSTGRES") != "" {
		t.Skip("PostgreSQL's disk is tried by TestPostgreSQLGoesAwayAndComesBack")
	}
	disk := onDisk(t, 160)
	dsn := filepath.Join(disk, "cchc.db")
	s, load, before := serving(t, dsn)
	load.begin(4)
	load.wait(t, 30)
	free := fill(t, disk)
	for end := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		load.mu.Lock()
		refused := load.refused
		load.mu.Unlock()
		if refused >= 20 {
			break
		}
		if time.Now().After(end) {
			t.Fatal("nothing was refused on a full disk")
		}
	}
	if err := load.office.get("/dossiers"); err != nil { // reading goes on
		t.Error(err)
	}
	free()
	load.back(t)
	load.wait(t, 30)
	load.reckon(t, dsn, before)
	s.stop(t)
	load.verifyLog(t, dsn)
}

// A store of scans on a disk that takes no writes any more, and does again; then sent
// in halves, by who goes away and by a server that is killed.
func TestFilesThatCannotBeStoredLeaveNothingHalf(t *testing.T) {
	t.Parallel()
	disk := onDisk(t, 40)
	dsn, files := dbtest.Empty(t), filepath.Join(disk, "files")
	s, load, before := serving(t, dsn, "--files", files)
	office := load.office
	code, status, _, err := office.tryReceive(db.NewID())
	if err != nil || status != http.StatusCreated {
		t.Fatalf("%d, %v", status, err)
	}
	scan := func(n int) []byte {
		return append([]byte(fmt.Sprintf("%%PDF-1.7\n%d\n", n)), bytes.Repeat([]byte("Hồ sơ\n"), 50_000)...)
	}
	if status, _, text := office.upload(t, code, scan(1)); status != http.StatusSeeOther {
		t.Fatalf("a scan: %d %.300s", status, text)
	}
	if out, err := exec.Command("mount", "-o", "remount,ro", disk).CombinedOutput(); err != nil {
		t.Fatalf("remount: %v: %s", err, out)
	}
	status, again, text := office.upload(t, code, scan(2))
	if status != http.StatusServiceUnavailable || again == 0 {
		t.Errorf("on a disk that only reads: %d, Retry-After %d: %.300s", status, again, text)
	}
	load.once(db.NewID()) // what has no file goes on
	if len(load.acked) != 1 {
		t.Errorf("a dossier without files: %q", load.odd)
	}
	if out, err := exec.Command("mount", "-o", "remount,rw", disk).CombinedOutput(); err != nil {
		t.Fatalf("remount: %v: %s", err, out)
	}
	free := fill(t, disk)
	if status, again, text = office.upload(t, code, scan(3)); status != http.StatusServiceUnavailable || again == 0 {
		t.Errorf("on a full disk: %d, Retry-After %d: %.300s", status, again, text)
	}
	free()
	if status, _, text = office.upload(t, code, scan(2)); status != http.StatusSeeOther {
		t.Errorf("when it can be written again: %d %.300s", status, text)
	}
	// Sent in half: the sender goes away; then the server is killed meanwhile.
	office.halfUpload(t, code, scan(4)).Close()
	half := office.halfUpload(t, code, scan(5))
	s.kill()
	half.Close()
	if err := filepath.WalkDir(files, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		if len(e.Name()) != 64 {
			t.Errorf("left behind: %s", path)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	s = startServer(t, dsn, load.flags...)
	office.base = s.url
	if status, _, text = office.upload(t, code, scan(5)); status != http.StatusSeeOther {
		t.Errorf("again after the kill: %d %.300s", status, text)
	}
	s.stop(t)
	if got := verified(t, dsn, "--files", files); got != before+2 {
		t.Errorf("%d dossiers, want %d", got, before+2)
	}
	load.verifyLog(t, dsn)
}

// form returns a page's form body of a scan.
func scanForm(content []byte) (body []byte, kind string) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for name, value := range map[string]string{"name": "Giấy tờ", "source": "scanned"} {
		w.WriteField(name, value)
	}
	part, _ := w.CreatePart(textproto.MIMEHeader{"Content-Disposition": {`form-data; name="file"; filename="giay.pdf"`}, "Content-Type": {"application/pdf"}})
	part.Write(content)
	w.Close()
	return b.Bytes(), w.FormDataContentType()
}

func (c *client) upload(t *testing.T, code string, content []byte) (status, again int, text string) {
	t.Helper()
	body, kind := scanForm(content)
	r, err := http.NewRequest("POST", c.base+"/dossiers/"+url.PathEscape(code)+"/papers", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", kind)
	r.Header.Set("Origin", c.base)
	once := c.http
	once.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	a, err := once.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	b, _ := io.ReadAll(a.Body)
	again, _ = strconv.Atoi(a.Header.Get("Retry-After"))
	return a.StatusCode, again, string(b)
}

// halfUpload sends half of a scan and leaves the connection open.
func (c *client) halfUpload(t *testing.T, code string, content []byte) net.Conn {
	t.Helper()
	body, kind := scanForm(content)
	u, err := url.Parse(c.base)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", u.Host)
	if err != nil {
		t.Fatal(err)
	}
	cookies := ""
	for _, k := range c.http.Jar.Cookies(u) {
		cookies += k.Name + "=" + k.Value + "; "
	}
	fmt.Fprintf(conn, "POST /dossiers/%s/papers HTTP/1.1\r\nHost: %s\r\nOrigin: %s\r\nCookie: %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n",
		url.PathEscape(code), u.Host, c.base, cookies, kind, len(body))
	if _, err := conn.Write(body[:len(body)/2]); err != nil {
		t.Fatal(err)
	}
	return conn
}

// A wire leads to a server and can be made slow, or dead.
type wire struct {
	net.Listener
	to   string
	dead atomic.Bool // takes connections and passes nothing on
}

func newWire(t *testing.T, to string) *wire {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{Listener: l, to: to}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go w.pass(c)
		}
	}()
	return w
}

func (w *wire) pass(c net.Conn) {
	defer c.Close()
	s, err := net.Dial("tcp", w.to)
	if err != nil {
		return
	}
	defer s.Close()
	pipe := func(to, from net.Conn) {
		defer to.Close()
		b := make([]byte, 32<<10)
		for {
			n, err := from.Read(b)
			for w.dead.Load() {
				time.Sleep(10 * time.Millisecond)
			}
			if n > 0 {
				to.Write(b[:n])
			}
			if err != nil {
				return
			}
		}
	}
	go pipe(s, c)
	pipe(c, s)
}

// A store of scans somewhere else that does not answer holds up nobody who sends no
// scan, and whoever sends one is told within seconds; when it answers again, it works.
func TestAStoreThatIsDeadHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	backend := s3mem.New()
	if err := backend.CreateBucket("scans"); err != nil {
		t.Fatal(err)
	}
	store := httptest.NewServer(gofakes3.New(backend).Server())
	t.Cleanup(store.Close)
	w := newWire(t, strings.TrimPrefix(store.URL, "http://"))
	os.Setenv("AWS_ACCESS_KEY_ID", "test")
	os.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	dsn := dbtest.Empty(t)
	s, load, before := serving(t, dsn, "--files", "s3://scans?endpoint=http://"+w.Addr().String())
	code, status, _, err := load.office.tryReceive(db.NewID())
	if err != nil || status != http.StatusCreated {
		t.Fatalf("%d, %v", status, err)
	}
	scan := []byte("%PDF-1.7\nHồ sơ\n%%EOF\n")
	w.dead.Store(true)
	load.begin(2)
	status, again, text := load.office.upload(t, code, scan)
	if status != http.StatusServiceUnavailable || again == 0 {
		t.Errorf("a scan to a dead store: %d, Retry-After %d: %.300s", status, again, text)
	}
	load.wait(t, 5)
	w.dead.Store(false)
	if status, _, text = load.office.upload(t, code, scan); status != http.StatusSeeOther {
		t.Errorf("when it answers again: %d %.300s", status, text)
	}
	load.reckon(t, dsn, before+1)
	s.stop(t)
}

// A cluster is a PostgreSQL of this test's own, durable, to be stopped and paused.
type ownPostgres struct{ dir, url string }

func newPostgres(t *testing.T, under string) *ownPostgres {
	t.Helper()
	if os.Getenv("TEST_POSTGRES") == "" {
		t.Skip("runs with PostgreSQL")
	}
	cmd := exec.Command("./scripts/postgres", "start", under)
	cmd.Env = append(os.Environ(), "POSTGRES_DURABLE=1")
	var says bytes.Buffer
	cmd.Stderr = &says
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, says.Bytes())
	}
	p := &ownPostgres{dir: filepath.Join(under, "postgres", "data"), url: strings.TrimSpace(string(out))}
	t.Cleanup(func() { p.signal(syscall.SIGCONT); exec.Command("./scripts/postgres", "stop", under).Run() })
	return p
}

// restart kills all of it, as a machine that loses its power, and starts it again.
func (p *ownPostgres) restart(t *testing.T, down time.Duration) {
	t.Helper()
	p.ctl(t, "stop", "-w", "-m", "immediate", "-D", p.dir)
	time.Sleep(down)
	p.ctl(t, "start", "-w", "-t", "60", "-D", p.dir, "-l", filepath.Join(p.dir, "server.log"))
}

// ensure starts it when it has ended: it does when its log cannot be written, and
// waits for systemd then.
func (p *ownPostgres) ensure(t *testing.T) {
	t.Helper()
	time.Sleep(time.Second)
	if b, err := os.ReadFile(filepath.Join(p.dir, "postmaster.pid")); err == nil {
		if pid, _ := strconv.Atoi(strings.TrimSpace(strings.SplitN(string(b), "\n", 2)[0])); syscall.Kill(pid, 0) == nil {
			return
		}
	}
	p.ctl(t, "start", "-w", "-t", "60", "-D", p.dir, "-l", filepath.Join(p.dir, "server.log"))
}

func (p *ownPostgres) ctl(t *testing.T, args ...string) {
	t.Helper()
	programs, _ := filepath.Glob("/usr/lib/postgresql/*/bin/pg_ctl")
	all := append([]string{programs[len(programs)-1]}, args...)
	if os.Getuid() == 0 {
		all = append([]string{"runuser", "-u", "postgres", "--"}, all...)
	}
	cmd := exec.Command(all[0], all[1:]...)
	cmd.Dir = "/"
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%q: %v: %s", all, err, out)
	}
}

// signal sends a signal to every process of the cluster.
func (p *ownPostgres) signal(sig syscall.Signal) {
	b, err := os.ReadFile(filepath.Join(p.dir, "postmaster.pid"))
	if err != nil {
		return
	}
	master, _ := strconv.Atoi(strings.TrimSpace(strings.SplitN(string(b), "\n", 2)[0]))
	syscall.Kill(master, sig)
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		b, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		_, rest, _ := strings.Cut(string(b), ") ")
		f := strings.Fields(rest)
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if len(f) > 1 && f[1] == strconv.Itoa(master) {
			syscall.Kill(pid, sig)
		}
	}
}

// PostgreSQL loses its power, stands still, and has a full disk, under load.
func TestPostgreSQLGoesAwayAndComesBack(t *testing.T) {
	t.Parallel()
	disk := t.TempDir()
	if os.Getuid() == 0 {
		disk = onDisk(t, 700)
	}
	p := newPostgres(t, disk)
	s, load, before := serving(t, p.url)
	load.begin(4)
	load.wait(t, 20)
	p.restart(t, 0)
	load.back(t)
	load.wait(t, 20)
	p.signal(syscall.SIGSTOP)
	time.Sleep(3 * time.Second)
	p.signal(syscall.SIGCONT)
	load.back(t)
	load.wait(t, 20)
	if os.Getuid() == 0 {
		free := fill(t, disk)
		time.Sleep(time.Second)
		free()
		p.ensure(t)
		load.back(t)
		load.wait(t, 20)
	}
	load.reckon(t, p.url, before)
	s.stop(t)
	load.verifyLog(t, p.url)
}

// The server is killed at random moments, while it writes.
func TestKilledAtAnyMomentNothingIsLost(t *testing.T) {
	t.Parallel()
	dsn := dbtest.Empty(t)
	s, load, before := serving(t, dsn)
	load.begin(6)
	for range 2 {
		load.wait(t, 10)
		time.Sleep(rand.N(300 * time.Millisecond))
		s = s.killAndStart(t, dsn, load.flags...)
		load.back(t)
	}
	load.reckon(t, dsn, before)
	s.stop(t)
	load.verifyLog(t, dsn)
}

// killAndStart kills a server and starts another at the same address.
func (s *server) killAndStart(t *testing.T, dsn string, args ...string) *server {
	t.Helper()
	s.kill()
	u, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	return startServer(t, dsn, append(slices.Clone(args), "--addr", u.Host)...)
}
