package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// A PostgreSQL cluster that is lost goes back to a moment before somebody's mistake, also
// from an archive that was pruned, and that a machine left that died while it archived:
// deploy/pg-moment, on a cluster of its own.
func TestPostgreSQLGoesBackToAMoment(t *testing.T) {
	t.Parallel()
	if os.Getenv("TEST_POSTGRES") == "" {
		t.Skip("runs with PostgreSQL")
	}
	program, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	b, err := exec.Command("./scripts/try-moment", program).CombinedOutput()
	out := string(b)
	if err != nil {
		t.Fatalf("%v:\n%s", err, out)
	}
	for _, want := range []string{"0 is no number from 1 on", "pruned: the newest copy stays", "pieces of the log removed, before ", "there: before the moment", "30 dossiers: every figure agrees", "no base copy", "was broken off and is left out",
		"doctor, well: ok    PostgreSQL's archive: Last archived: ", "Disk of PostgreSQL's archive: ",
		"doctor, cannot write: bad   PostgreSQL's archive: The last try failed, ", "doctor, well again: ok    PostgreSQL's archive: ",
		"doctor, no command: bad   PostgreSQL's archive: On, but archive_command is empty", "doctor, restored: bad   PostgreSQL's archive: Nothing goes to "} {
		if !strings.Contains(out, want) {
			t.Errorf("it does not say %q:\n%s", want, out)
		}
	}
	if strings.Contains(out, "prune took what was to stay") {
		t.Errorf("as many copies as are kept, and something went:\n%s", out)
	}
	if strings.Contains(out, "put back without") {
		t.Errorf("a piece of the log is lost, and it was put back all the same:\n%s", out)
	}
	if strings.Contains(out, "there: after the moment") {
		t.Errorf("what came after the moment is there:\n%s", out)
	}
}
