package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// Things that break, and what breaks them: disks, wires, and a PostgreSQL of one's own.

// cannot leaves a test out for which no disk can be mounted, and says why. In CI ($CI is
// set) it fails instead where mounting is to be expected: for root, on a machine whose
// kernel offers loop devices (/dev/loop-control), which a container without the right to
// mount does not see. Elsewhere in CI it is left out too: what a sandbox forbids no commit
// mends. scripts/test prints the reason of each test that is left out, and counts them.
func cannot(t *testing.T, format string, args ...any) {
	t.Helper()
	_, err := os.Stat("/dev/loop-control")
	if os.Getenv("CI") != "" && os.Getuid() == 0 && err == nil {
		t.Fatalf(format+"; in CI, as root and with /dev/loop-control, that is no reason to leave it out", args...)
	}
	t.Skipf(format, args...)
}

// onDisk mounts a small disk of its own in memory, for root.
func onDisk(t *testing.T, megabytes int) string {
	t.Helper()
	dir, err := mounted(t, megabytes)
	if err != nil {
		cannot(t, "%v", err)
	}
	return dir
}

// mounted is onDisk for a test of which the disk is a part only: it gets why there is none.
func mounted(t *testing.T, megabytes int) (dir string, err error) {
	t.Helper()
	if os.Getuid() != 0 {
		return "", errors.New("mounting a small disk needs root")
	}
	if dir, err = os.MkdirTemp("", "cchc-disk-"); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", fmt.Sprintf("size=%dm", megabytes), "tmpfs", dir).CombinedOutput(); err != nil {
		os.Remove(dir)
		return "", fmt.Errorf("no disk can be mounted here: %v: %s", err, out)
	}
	t.Cleanup(func() {
		exec.Command("umount", "-l", dir).Run()
		os.Remove(dir)
	})
	return dir, nil
}

// openFolder makes a folder that other users may enter: PostgreSQL does not run as root.
func openFolder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "cchc-disk-")
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// A fragileDisk is one with a file system of its own that turns read-only when something
// goes wrong with it, as a dying disk's does.
type fragileDisk struct{ dir, image, device string }

func newFragileDisk(t *testing.T, megabytes int64) *fragileDisk {
	t.Helper()
	if os.Getuid() != 0 {
		cannot(t, "mounting a disk needs root")
	}
	dir, err := os.MkdirTemp("", "cchc-disk-") // which others than root may enter, once it is mounted
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Remove(dir) })
	d := &fragileDisk{dir: dir, image: filepath.Join(t.TempDir(), "disk")}
	f, err := os.Create(d.image)
	if err == nil {
		err = errors.Join(f.Truncate(megabytes<<20), f.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	mkfs := "mkfs.ext4"
	if _, err := exec.LookPath(mkfs); err != nil {
		mkfs = "/sbin/mkfs.ext4"
	}
	if out, err := exec.Command(mkfs, "-q", d.image).CombinedOutput(); err != nil {
		t.Fatalf("mkfs.ext4: %v: %s", err, out)
	}
	t.Cleanup(func() { exec.Command("umount", "-l", d.dir).Run() })
	if out, err := d.mount(); err != nil {
		cannot(t, "no disk can be mounted here: %v: %s", err, out)
	}
	if f, err := os.OpenFile(d.trigger(), os.O_WRONLY, 0); err != nil {
		cannot(t, "no disk can be made to fail here: %v", err)
	} else {
		f.Close()
	}
	return d
}

// trigger is the file by which the kernel is made to find an error.
func (d *fragileDisk) trigger() string {
	return filepath.Join("/sys/fs/ext4", d.device, "trigger_fs_error")
}

func (d *fragileDisk) mount() ([]byte, error) {
	out, err := exec.Command("mount", "-o", "loop,errors=remount-ro", d.image, d.dir).CombinedOutput()
	if err != nil {
		return out, err
	}
	device, err := exec.Command("findmnt", "-no", "SOURCE", d.dir).Output()
	d.device = filepath.Base(strings.TrimSpace(string(device)))
	return nil, err
}

// breaks makes the kernel find an error on the disk: nothing can be written from then on.
func (d *fragileDisk) breaks(t *testing.T) {
	t.Helper()
	if err := os.WriteFile(d.trigger(), []byte("1"), 0o200); err != nil {
		t.Fatal(err)
	}
}

// refuses has the kernel refuse every write to what is there in a folder of the disk, in
// open and in mapped files too, until takes. It is a disk that comes back by itself: a share
// whose server only reads for a while, a volume whose pool is full. Remounting is none, with
// a program at work: Linux makes no file system read-only of which a file is open for
// writing, and takes one that it made so for an error (breaks) back only when all is closed
// and it was unmounted (mend). The error is EPERM in place of EROFS, which SQLite and
// PostgreSQL take alike. Sources: ioctl_iflags(2); seekAndWrite in SQLite's os_unix.c;
// errcode_for_file_access in PostgreSQL's elog.c.
func (d *fragileDisk) refuses(t *testing.T, folder string) {
	t.Helper()
	t.Cleanup(func() { exec.Command("chattr", "-R", "-i", folder).Run() }) // if it fails meanwhile
	d.chattr(t, "+i", folder)
}

func (d *fragileDisk) takes(t *testing.T, folder string) {
	t.Helper()
	d.chattr(t, "-i", folder)
}

// chattr changes an attribute of all that is in a folder, and forces what was changed to
// the disk: that of files, so that it is so after breaks too; and that of memory, as it
// would be within half a minute, so that the next change of a mapped page is refused as
// well, by a signal.
func (d *fragileDisk) chattr(t *testing.T, change, folder string) {
	t.Helper()
	for _, args := range [][]string{{"chattr", "-R", change, folder}, {"sync", "-f", d.dir}} {
		if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%q: %v: %s", args, err, out)
		}
	}
}

// mend does what a keeper does: takes the disk away, has it checked, and puts it back.
func (d *fragileDisk) mend(t *testing.T) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		out, err := exec.Command("umount", d.dir).CombinedOutput()
		if err == nil {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("umount: %v: %s", err, out)
		}
	}
	out, err := exec.Command("e2fsck", "-fy", d.image).CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !(errors.As(err, &exit) && exit.ExitCode() == 1) { // 1: there was something to mend
		t.Fatalf("e2fsck: %v: %s", err, out)
	}
	if out, err := d.mount(); err != nil {
		t.Fatalf("mount: %v: %s", err, out)
	}
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
	p.start(t)
}

func (p *ownPostgres) start(t *testing.T) {
	t.Helper()
	p.ctl(t, "start", "-w", "-t", "60", "-D", p.dir, "-l", filepath.Join(p.dir, "server.log"))
}

// gone waits until it has ended by itself, as it does when nothing can be written where it
// keeps its log, and kills what is left: nothing of it holds the disk any more.
func (p *ownPostgres) gone(t *testing.T) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); p.lives(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Log("PostgreSQL has not ended by itself within half a minute")
			p.signal(syscall.SIGQUIT)
			end = end.Add(time.Minute)
		}
	}
}

// says waits until its log says something.
func (p *ownPostgres) says(t *testing.T, want string) {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		log, err := os.ReadFile(filepath.Join(p.dir, "server.log"))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(log), want) {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("PostgreSQL's log does not say %q:\n%s", want, log[max(0, len(log)-4000):])
		}
	}
}

// lives reports whether its first process is there.
func (p *ownPostgres) lives() bool {
	pid := p.pid()
	return pid > 0 && syscall.Kill(pid, 0) == nil
}

// pid returns its first process's number; 0 when it was not started.
func (p *ownPostgres) pid() int {
	b, err := os.ReadFile(filepath.Join(p.dir, "postmaster.pid"))
	if err != nil {
		return 0
	}
	pid, _ := strconv.Atoi(strings.TrimSpace(strings.SplitN(string(b), "\n", 2)[0]))
	return pid
}

// ensure starts it when it has ended: it does when its log cannot be written, and
// waits for systemd then.
func (p *ownPostgres) ensure(t *testing.T) {
	t.Helper()
	time.Sleep(time.Second)
	if !p.lives() {
		p.start(t)
	}
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
		says, _ := os.ReadFile(filepath.Join(p.dir, "server.log"))
		t.Fatalf("%q: %v: %s%s", all, err, out, says[max(0, len(says)-4000):])
	}
}

// signal sends a signal to every process of the cluster.
func (p *ownPostgres) signal(sig syscall.Signal) {
	master := p.pid()
	if master <= 0 {
		return
	}
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
