package main

import (
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"cchc/base/db"
	"cchc/base/db/dbtest"
)

// A copy is made while people work: it holds everything that was acknowledged before it
// began, whole, with the scans that it names and a log that checks; a copier that was
// killed is in nobody's way.
func TestACopyMadeUnderLoadHoldsWhatWasAcknowledgedBefore(t *testing.T) {
	t.Parallel()
	dsn, dir := dbtest.Empty(t), t.TempDir()
	files, copies := filepath.Join(dir, "files"), filepath.Join(dir, "copies")
	s, load, before := serving(t, dsn, "--files", files)
	code, status, _, err := load.office.tryReceive(db.NewID())
	if err != nil || status != http.StatusCreated {
		t.Fatalf("%d, %v", status, err)
	}
	if status, _, text := load.office.upload(t, code, scanOf(1)); status != http.StatusSeeOther {
		t.Fatalf("%d %.300s", status, text)
	}
	load.begin(4)
	load.wait(t, 20)

	args := []string{"backup", copies, "--db", dsn, "--files", files, "--log-key", load.flags[len(load.flags)-1]}
	program, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		cmd := exec.Command(program, args...)
		cmd.Dir = filepath.Dir(program)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(rand.N(400 * time.Millisecond))
		cmd.Process.Kill()
		cmd.Wait()
	}
	load.mu.Lock()
	acked := maps.Clone(load.acked)
	load.mu.Unlock()
	run(t, args...)
	load.mu.Lock()
	meanwhile := len(load.acked) - len(acked)
	load.mu.Unlock()
	load.wait(t, 5)
	if status, _, text := load.office.upload(t, code, scanOf(2)); status != http.StatusSeeOther {
		t.Errorf("%d %.300s", status, text)
	}
	load.office.haveScans(t, code, scanOf(1), scanOf(2))
	load.reckon(t, dsn, before+1)
	s.stop(t)

	// On another machine.
	back, place, key := dbtest.Empty(t), filepath.Join(dir, "back"), filepath.Join(dir, "back-key")
	if err := os.Mkdir(place, 0o750); err != nil {
		t.Fatal(err)
	}
	run(t, "restore", copies, "--db", back, "--files", place, "--log-key", key)
	n := verified(t, back, "--files", place, "--bytes")
	if least := before + 1 + len(acked); n < least {
		t.Errorf("the copy has %d dossiers, and %d were acknowledged before it began", n, least)
	}
	t.Logf("%d acknowledged while the copy was made", meanwhile)
	run(t, "verify", "--log", "--db", back, "--log-key", key)
	again := startServer(t, back, "--files", place, "--api-rate", "0", "--log-key", key)
	office := again.signIn(t)
	for name, code := range acked {
		if got, status, _, err := office.tryReceive(name); err != nil || got != code {
			t.Errorf("%s was acknowledged before the copy began; in what came of it its key gives %s, %d, %v", code, got, status, err)
		}
	}
	office.haveScans(t, code, scanOf(1))
	again.stop(t)
}
