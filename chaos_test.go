package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
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

// serving makes a demonstration in a database and serves it under load.
func serving(t *testing.T, dsn string, args ...string) (*server, *storm, int) {
	t.Helper()
	run(t, append([]string{"demo", "--dossiers", "50", "--make-only", "--db", dsn}, filesOf(args)...)...)
	before := verified(t, dsn, filesOf(args)...)
	args = append(args, "--api-rate", "0", "--log-key", filepath.Join(t.TempDir(), "log-key"))
	s := startServer(t, dsn, args...)
	load := newStorm(s.signIn(t))
	load.flags = args
	return s, load, before
}

// filesOf returns what a server's flags say of where files are.
func filesOf(flags []string) []string {
	if i := slices.Index(flags, "--files"); i >= 0 {
		return flags[i : i+2 : i+2]
	}
	return nil
}

func TestADiskThatIsFullLosesNothing(t *testing.T) {
	t.Parallel()
	if os.Getenv("TEST_POSTGRES") != "" {
		t.Skip("PostgreSQL's disk is tried by TestPostgreSQLGoesAwayAndComesBack/full_disk")
	}
	disk := onDisk(t, 160)
	dsn := filepath.Join(disk, "cchc.db")
	s, load, before := serving(t, dsn)
	load.begin(4)
	load.wait(t, 30)
	free := fill(t, disk)
	load.refuses(t, 20)
	if status, _, text, err := load.office.read("/dossiers"); err != nil || status != http.StatusOK { // reading goes on
		t.Errorf("reading: %d, %v: %s", status, err, text)
	}
	free()
	load.back(t)
	load.wait(t, 30)
	load.reckon(t, dsn, before)
	s.stop(t)
	load.verifyLog(t, dsn)
}

// The disk of the database takes no writes for a while: reading goes on, every write is
// refused, and when it takes them again the same server goes on by itself. Then it fails
// for good, and the kernel lets it only be read: that lasts until nobody has a file of it
// open, so the server has to end. Once the disk was checked and the server started
// everything that was acknowledged is there.
func TestADiskThatTurnsReadOnlyLosesNothing(t *testing.T) {
	t.Parallel()
	if os.Getenv("TEST_POSTGRES") != "" {
		t.Skip("PostgreSQL's disk that fails is tried by TestPostgreSQLOnADiskThatFails")
	}
	disk := newFragileDisk(t, 200)
	dsn := filepath.Join(disk.dir, "cchc.db")
	s, load, before := serving(t, dsn)
	load.begin(4)
	load.wait(t, 30)
	disk.refuses(t, disk.dir)
	load.refuses(t, 20)
	if err := load.office.get("/dossiers"); err != nil {
		t.Errorf("reading while nothing can be written: %v", err)
	}
	disk.takes(t, disk.dir)
	load.back(t) // the same process
	load.wait(t, 30)
	load.check(t, dsn, before)
	disk.breaks(t)
	load.refuses(t, 20)
	if err := load.office.get("/dossiers"); err != nil {
		t.Errorf("reading: %v", err)
	}
	at := strings.TrimPrefix(s.url, "http://")
	s.kill()
	program, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(program, "serve", "--db", dsn, "--addr", at).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "--db") {
		t.Errorf("a start on that disk: %v, %s; want an error that names --db", err, out)
	}
	disk.mend(t)
	s = startServer(t, dsn, append(slices.Clone(load.flags), "--addr", at)...)
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
	load.once(&sent{key: db.NewID()}) // what has no file goes on
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
	office.haveScans(t, code, scan(1), scan(2))
	if status, _, text = office.upload(t, code, scan(5)); status != http.StatusSeeOther {
		t.Errorf("again after the kill: %d %.300s", status, text)
	}
	office.haveScans(t, code, scan(1), scan(2), scan(5))
	s.stop(t)
	if got := verified(t, dsn, "--files", files); got != before+2 {
		t.Errorf("%d dossiers, want %d", got, before+2)
	}
	load.verifyLog(t, dsn)
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
	load.office.haveScans(t, code, scan)
	load.reckon(t, dsn, before+1)
	s.stop(t)
	load.verifyLog(t, dsn)
}

// PostgreSQL loses its power, stands still, and has a full disk, under load.
func TestPostgreSQLGoesAwayAndComesBack(t *testing.T) {
	t.Parallel()
	if os.Getenv("TEST_POSTGRES") == "" {
		t.Skip("runs with PostgreSQL")
	}
	disk, none := mounted(t, 700)
	if none != nil {
		disk = openFolder(t)
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
	t.Run("full disk", func(t *testing.T) {
		if none != nil {
			cannot(t, "%v", none)
		}
		free := fill(t, disk)
		load.stands(t) // what the server wrote ahead takes some more
		free()
		p.ensure(t)
		load.back(t)
		load.wait(t, 20)
	})
	load.reckon(t, p.url, before)
	s.stop(t)
	load.verifyLog(t, p.url)
}

// PostgreSQL's tables can not be written for a while, and its log can (mostly on a disk of
// its own): PostgreSQL refuses what needs more room and stays, and when they can be written
// again all goes on with nobody's help. Then the whole disk turns read-only: what it cannot
// put there it does not acknowledge, and it ends at the first commit. Every write is refused
// then, with a page that says so, and the program stays. Once the disk was checked and
// PostgreSQL started, as docs/operate says, the same process goes on by itself and nothing
// acknowledged is lost.
func TestPostgreSQLOnADiskThatFails(t *testing.T) {
	t.Parallel()
	if os.Getenv("TEST_POSTGRES") == "" {
		t.Skip("runs with PostgreSQL; a SQLite file's disk is tried by TestADiskThatTurnsReadOnlyLosesNothing")
	}
	disk := newFragileDisk(t, 700)
	p := newPostgres(t, disk.dir)
	s, load, before := serving(t, p.url)
	load.begin(4)
	load.wait(t, 30)
	tables, first := filepath.Join(p.dir, "base"), p.pid()
	disk.refuses(t, tables)
	p.says(t, "Operation not permitted")
	load.stands(t) // all wait: whose write was refused is told so after half a minute
	disk.takes(t, tables)
	load.back(t)
	load.wait(t, 30)
	if now := p.pid(); now != first || !p.lives() {
		t.Errorf("PostgreSQL was process %d and is %d; want the same: nobody started it", first, now)
	}
	load.check(t, p.url, before)
	disk.breaks(t)
	p.gone(t)
	listed := make(chan struct{})
	go func() { // which waits for the database as long as a write does
		defer close(listed)
		status, again, text, err := load.office.read("/dossiers")
		if err != nil || status != http.StatusServiceUnavailable || again == 0 || !strings.Contains(text, "Cơ sở dữ liệu tạm thời không truy cập được") {
			t.Errorf("a list while there is no database: %d, Retry-After %d, %v: %.300s", status, again, err, text)
		}
	}()
	load.refuses(t, 4)
	<-listed
	visitor := &client{base: s.url, http: http.Client{Timeout: 30 * time.Second}}
	if err := visitor.get("/healthz"); err != nil { // it lives
		t.Error(err)
	}
	if status, _, _, err := visitor.read("/readyz"); err != nil || status != http.StatusServiceUnavailable {
		t.Errorf("/readyz answers %d, %v", status, err)
	}
	disk.mend(t)
	p.start(t)
	load.back(t)
	load.wait(t, 30)
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
