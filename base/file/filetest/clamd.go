// Package filetest runs ClamAV's clamd for tests, with a signature of its own and
// nothing downloaded.
package filetest

import (
	"bytes"
	"encoding/hex"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// Eicar is the string that every scanner knows and that harms nobody. It is put
// together here so that scanners leave this file alone. Source: EICAR, "Anti-Malware
// Testfile".
func Eicar() string {
	return `X5O!P%@AP[4\PZX54(P^)7CC)7}` + `$EICAR-STANDARD-ANTI` + `VIRUS-TEST-FILE!$H+H*`
}

// Infected is a PDF with that string in it.
func Infected() string { return "%PDF-1.4\n" + Eicar() + "\n%%EOF\n" }

// Found is what Clamd calls it.
const Found = "Test.Eicar.UNOFFICIAL"

// Clamd starts a clamd that takes contents up to 1 MB, and returns its address. Where
// Debian's clamav-daemon is missing the test is skipped; in CI it fails.
func Clamd(t testing.TB) string {
	t.Helper()
	program, err := exec.LookPath("clamd")
	if err != nil {
		if program = "/usr/sbin/clamd"; !executable(program) {
			if os.Getenv("CI") != "" {
				t.Fatal("clamd is missing: ./scripts/needs installs Debian's clamav-daemon")
			}
			t.Skip("not asked of a real scanner: clamd is missing (Debian: clamav-daemon)")
		}
	}
	// The path of a Unix socket has room for about a hundred bytes.
	dir, err := os.MkdirTemp("", "clamd-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	signature := "Test.Eicar:0:*:" + hex.EncodeToString([]byte(Eicar())) + "\n"
	socket := filepath.Join(dir, "clamd.ctl")
	config := "LocalSocket " + socket + "\nDatabaseDirectory " + filepath.Join(dir, "db") + "\nTemporaryDirectory " + dir +
		"\nForeground yes\nStreamMaxLength 1M\nMaxThreads 2\nSelfCheck 0\n"
	for name, text := range map[string]string{"db/local.ndb": signature, "clamd.conf": config} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var said bytes.Buffer
	cmd := exec.Command(program, "--config-file="+filepath.Join(dir, "clamd.conf"))
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		cmd.Process.Kill()
		<-ended
	})
	for {
		if conn, err := net.Dial("unix", socket); err == nil {
			conn.Close()
			return "unix:" + socket
		}
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("clamd ended: %v\n%s", err, said.String())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func executable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode()&0o111 != 0
}
