package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// A row is one line of the table: what was measured, on which engine, ours, the
// peer's, and whether the aim is met.
type row struct {
	What, Engine, Ours, Peer, Ratio, Aim string
	Met                                  verdict
}

// A verdict says how a figure stands to its aim.
type verdict int

const (
	none   verdict = iota // no aim, or reported beside it
	met                   // the aim is met
	missed                // it is not
)

func (v verdict) String() string { return [...]string{"", "met", "**missed**"}[v] }

func judge(ok bool) verdict {
	if ok {
		return met
	}
	return missed
}

type report struct {
	begun time.Time
	sizes sizes
	head  []string
	rows  []row
	notes []string
	loads []string // of the machine while each was measured
}

func newReport(ctx context.Context, s sizes) *report {
	r := &report{begun: time.Now(), sizes: s}
	commit, _ := exec.CommandContext(ctx, "git", "rev-parse", "--short", "HEAD").Output()
	r.head = append(r.head, fmt.Sprintf("%s, %s/%s, %d cores (%s), commit %s", runtime.Version(), runtime.GOOS, runtime.GOARCH,
		runtime.NumCPU(), processor(), strings.TrimSpace(string(commit))))
	return r
}

func processor() string {
	text, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown processor"
}

// load is the machine's load over the last minute.
func load() string {
	text, _ := os.ReadFile("/proc/loadavg")
	first, _, _ := strings.Cut(string(text), " ")
	return first
}

func (r *report) add(x row) {
	r.rows = append(r.rows, x)
	fmt.Fprintf(os.Stderr, "   %-55s %-10s %-28s %-28s %s %s\n", x.What, x.Engine, x.Ours, x.Peer, x.Ratio, x.Met)
}

func (r *report) note(format string, args ...any) {
	r.notes = append(r.notes, fmt.Sprintf(format, args...))
}

func (r *report) failed(name string, err error) {
	r.note("The measurement %q failed and its rows are missing: %v", name, err)
}

func (r *report) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# What was measured\n\n`make bench` wrote this on %s; it took %.0f minutes.\n\n", r.begun.Format("2006-01-02 15:04"), time.Since(r.begun).Minutes())
	for _, h := range r.head {
		fmt.Fprintf(&b, "- %s\n", h)
	}
	fmt.Fprintf(&b, "- load of the machine, over a minute, before and after each part: %s\n- %d connections, %d rounds of %s each, alternating; a ratio is of medians of the rounds\n",
		strings.Join(r.loads, "; "), r.sizes.Workers, r.sizes.Rounds, r.sizes.Round)
	b.WriteString("\n| what | engine | ours | beside it | ratio | aim | |\n|---|---|---|---|---|---|---|\n")
	for _, x := range r.rows {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s |\n", x.What, x.Engine, x.Ours, x.Peer, x.Ratio, x.Aim, x.Met)
	}
	b.WriteString("\n")
	for _, n := range r.notes {
		fmt.Fprintf(&b, "- %s\n", n)
	}
	return b.String()
}
