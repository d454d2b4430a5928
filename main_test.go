package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"cchc/base/db/dbtest"
)

// TestScript runs the scripts of testdata/script against the program as it is
// delivered: one static binary, used as its users do. $DB is an empty database of
// the engine under test, $GOLDEN the folder of published figures to meet.
//
// Commands beside testscript's own: see blank, same and sums.
func TestScript(t *testing.T) {
	t.Parallel()
	program, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"blank": blank, "same": same, "sums": sums,
		},
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", filepath.Dir(program)+string(os.PathListSeparator)+env.Getenv("PATH"))
			env.Setenv("DB", dbtest.Empty(t))
			env.Setenv("ROOT", root)
			env.Setenv("GOLDEN", filepath.Join(root, "testdata", "golden"))
			return nil
		},
	})
}

// binary builds the program once, or takes the one that $CCHC names.
var binary = sync.OnceValues(func() (string, error) {
	if path := os.Getenv("CCHC"); path != "" {
		return filepath.Abs(path)
	}
	path := filepath.Join(buildDir, "cchc")
	build := exec.Command("go", "build", "-o", path, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the program: %w\n%s", err, out)
	}
	return path, nil
})

var buildDir string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "cchc-binary-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		buildDir = dir
		// The tests may have more memory than the program, which is run as it is shipped.
		os.Unsetenv("GOGC")
		return m.Run()
	}())
}

// blank IN OUT [COLUMN…] copies a CSV file without what stands in the columns, so
// that the program has to fill them. The copy is quoted as Go's writer quotes.
func blank(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: blank IN OUT [COLUMN…]")
	}
	rows := readCSV(ts, args[0])
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	for i, row := range rows {
		if i > 0 {
			for _, c := range args[2:] {
				row[column(ts, rows, c)] = ""
			}
		}
		ts.Check(w.Write(row))
	}
	w.Flush()
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), out.Bytes(), 0o600))
}

// same FILE A B N demands that two columns of numbers are equal in every row, and
// that there are N rows.
func same(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 4 {
		ts.Fatalf("usage: same FILE A B N")
	}
	rows := readCSV(ts, args[0])
	a, b := column(ts, rows, args[1]), column(ts, rows, args[2])
	for i, row := range rows[1:] {
		if number(ts, row[a]).Cmp(number(ts, row[b])) != 0 {
			ts.Fatalf("row %d: %s %s, %s %s: %s", i+1, args[1], row[a], args[2], row[b], strings.Join(row, ","))
		}
	}
	if got := fmt.Sprint(len(rows) - 1); got != args[3] {
		ts.Fatalf("%s rows, want %s", got, args[3])
	}
}

// sums FILE KEY,KEY… A B N demands that A, added up over the rows with the same
// keys, is B as it stands in each of them, and that there are N such sums.
func sums(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 5 {
		ts.Fatalf("usage: sums FILE KEY,KEY… A B N")
	}
	rows := readCSV(ts, args[0])
	a, b := column(ts, rows, args[2]), column(ts, rows, args[3])
	got, want := map[string]*big.Rat{}, map[string]*big.Rat{}
	for _, row := range rows[1:] {
		var key []string
		for _, k := range strings.Split(args[1], ",") {
			key = append(key, row[column(ts, rows, k)])
		}
		k := strings.Join(key, ", ")
		if got[k] == nil {
			got[k] = new(big.Rat)
		}
		got[k].Add(got[k], number(ts, row[a]))
		want[k] = number(ts, row[b])
	}
	for k := range got {
		if got[k].Cmp(want[k]) != 0 {
			ts.Fatalf("%s: %s add up to %s, want %s", k, args[2], got[k].FloatString(4), want[k].FloatString(4))
		}
	}
	if n := fmt.Sprint(len(got)); n != args[4] {
		ts.Fatalf("%s sums, want %s", n, args[4])
	}
}

// readCSV reads a file of a script, "stdout" included: its header and its rows.
func readCSV(ts *testscript.TestScript, name string) [][]string {
	rows, err := csv.NewReader(strings.NewReader(ts.ReadFile(name))).ReadAll()
	if err != nil && err != io.EOF {
		ts.Fatalf("%s: %v", name, err)
	}
	if len(rows) < 2 {
		ts.Fatalf("%s: no rows", name)
	}
	return rows
}

func column(ts *testscript.TestScript, rows [][]string, name string) int {
	i := slices.Index(rows[0], name)
	if i < 0 {
		ts.Fatalf("no column %s in %s", name, strings.Join(rows[0], ","))
	}
	return i
}

func number(ts *testscript.TestScript, s string) *big.Rat {
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		ts.Fatalf("%q is not a number", s)
	}
	return r
}
