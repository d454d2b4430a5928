// Command bench measures the product and its peers on the same work in one run,
// and writes what it saw to RESULTS.md: `make bench`.
//
// What is compared with another program is a ratio of medians over rounds that
// alternate between the two, under the same load generator on the same machine.
// Aims are those of the product's plan; what misses one says so. Nothing here is
// asserted by a test: machines differ, and ours is shared.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Sizes of a run. The smoke test makes them tiny.
type sizes struct {
	Demo    int           // dossiers of the demonstration
	Many    int           // dossiers of the large province
	Rows    int           // rows of the imported file
	Round   time.Duration // one round of load on one server
	Rounds  int
	Workers int // connections of the load generator
	Samples int // of what is measured one by one
}

var full = sizes{Demo: 32_100, Many: 1_000_000, Rows: 100_000, Round: 5 * time.Second, Rounds: 3, Workers: 16, Samples: 300}

// A run is what all measurements share.
type run struct {
	sizes
	cchc   string // the binary
	peer   string // PocketBase's binary, "" when it could not be built
	cache  string // data that may stay from run to run
	work   string // removed at the end
	traces string // folder for processor profiles of our servers, "" for none
	pg     string // server URL of PostgreSQL, "" for none
	report *report
}

func main() {
	out := flag.String("out", "bench/RESULTS.md", "where the table is written")
	cache := flag.String("cache", filepath.Join(os.TempDir(), "cchc-bench"), "folder for the databases, which may stay from run to run")
	only := flag.String("only", "", "names of measurements, separated by commas; all when empty")
	postgres := flag.String("postgres", os.Getenv("BENCH_POSTGRES"), "URL of a PostgreSQL server; measured beside SQLite when given")
	traces := flag.String("profile", "", "folder for processor profiles of our servers under load, for go tool pprof; none when empty")
	quick := flag.Bool("quick", false, "tiny sizes, to see that it runs")
	flag.Parse()
	s := full
	if *quick {
		s = sizes{Demo: 300, Many: 600, Rows: 200, Round: 300 * time.Millisecond, Rounds: 1, Workers: 4, Samples: 10}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := bench(ctx, s, *out, *cache, *only, *postgres, *traces); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// measurements in the order of the report. Each works alone.
var measurements = []struct {
	name string
	do   func(ctx context.Context, r *run) error
}{
	{"due", measureDue},
	{"score", measureScore},
	{"raw", measureRaw},
	{"http", measureHTTP},
	{"demo", measureDemo},
	{"many", measureMany},
	{"import", measureImport},
}

// sections returns what other programs measured and put below ours: see bench/ha.
func sections(path string) []byte {
	text, _ := os.ReadFile(path)
	if i := bytes.Index(text, []byte("<!-- section ")); i >= 0 {
		return append([]byte("\n"), text[i:]...)
	}
	return nil
}

func bench(ctx context.Context, s sizes, out, cache, only, pg, traces string) error {
	r := &run{sizes: s, cache: cache, pg: pg, traces: traces, report: newReport(ctx, s)}
	var err error
	if r.work, err = os.MkdirTemp("", "cchc-bench-run-"); err != nil {
		return err
	}
	defer os.RemoveAll(r.work)
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return err
	}
	if err := r.build(ctx); err != nil {
		return err
	}
	names := strings.FieldsFunc(only, func(c rune) bool { return c == ',' })
	var failed []error
	for _, m := range measurements {
		if len(names) > 0 && !slices.Contains(names, m.name) {
			continue
		}
		fmt.Fprintf(os.Stderr, "== %s\n", m.name)
		begun, before := time.Now(), load()
		if err := m.do(ctx, r); err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", m.name, err))
			r.report.failed(m.name, err)
		}
		fmt.Fprintf(os.Stderr, "== %s: %.0f s\n", m.name, time.Since(begun).Seconds())
		r.report.loads = append(r.report.loads, fmt.Sprintf("%s %s to %s", m.name, before, load()))
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	text := r.report.markdown()
	fmt.Print(text)
	if err := os.WriteFile(out, append([]byte(text), sections(out)...), 0o644); err != nil {
		return err
	}
	return errors.Join(failed...)
}
