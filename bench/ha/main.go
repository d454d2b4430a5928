// Command ha brings a cluster of three machines up on one: etcd, Patroni with
// PostgreSQL, cchc and HAProxy three times each, on ports of the loopback and with the
// files of deploy/ha. It sends a mixed load through HAProxy, kills, stops and upgrades
// parts of it in turn, and tells how many acknowledged writes and scans were lost, what
// was done twice, and for how long no write was acknowledged and nobody got a public
// page: `make ha`.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"
)

func main() {
	out := flag.String("out", "bench/RESULTS.md", "file with a section for what was measured")
	only := flag.String("only", "", "names of faults, separated by commas; all when empty")
	old := flag.String("old", "", "commit of the version that the rolling upgrade begins with; the one before the last migration when empty")
	workers := flag.Int("workers", 8, "clients that write at once")
	program := flag.String("program", "", "cchc that is built already, instead of building it")
	older := flag.String("older", "", "the same for the version before")
	keep := flag.Bool("keep", false, "leave the folder with the logs")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *out, *only, *old, *program, *older, *workers, *keep); err != nil {
		fmt.Fprintln(os.Stderr, "ha:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out, only, old, program, older string, workers int, keep bool) (err error) {
	begun := time.Now()
	c, err := newCluster(ctx, old, program, older)
	if err != nil {
		return err
	}
	defer func() {
		c.stop()
		if keep || err != nil {
			fmt.Fprintln(os.Stderr, "ha: the logs are in", c.dir)
			return
		}
		os.RemoveAll(c.dir)
	}()
	if err := c.start(ctx); err != nil {
		return err
	}
	up := time.Since(begun)
	say("everything is up after %.0f s; %s", up.Seconds(), c.about())
	l, err := newLoad(ctx, c, workers)
	if err != nil {
		return err
	}
	if err := l.trial(ctx); err != nil {
		return err
	}
	l.begin(ctx)
	defer l.end()
	names := strings.FieldsFunc(only, func(r rune) bool { return r == ',' })
	r := &report{begun: begun, up: up, c: c, l: l}
	for _, f := range faults {
		if len(names) > 0 && !slices.Contains(names, f.name) {
			continue
		}
		if err := r.try(ctx, f); err != nil {
			// What was acknowledged until here is looked at all the same.
			r.bad = append(r.bad, fmt.Sprintf("%s: %v", f.name, err))
			say("%s: %v", f.name, err)
			break
		}
	}
	l.end()
	if err := errors.Join(r.readScans(ctx), r.check(ctx), r.public()); err != nil {
		return err
	}
	text := r.markdown()
	fmt.Print(text)
	return errors.Join(putSection(out, "ha", text), r.verdict())
}

func say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "%s  %s\n", time.Now().Format("15:04:05"), fmt.Sprintf(format, args...))
}
