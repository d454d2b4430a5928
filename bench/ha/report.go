package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// A result is what the load saw while one fault was made.
type result struct {
	fault
	acked    int
	refused  int           // answers 5xx, and no answer
	gap      time.Duration // longest time without an acknowledged write
	silent   time.Duration // sum of such times over a second
	longest  time.Duration // longest that one acknowledged write took
	readGap  time.Duration // longest time without a read
	recovery time.Duration // until all parts were whole again
	notes    []string
	load     string
	from, to time.Time
	seen     seen // what visitors saw
}

type report struct {
	begun   time.Time
	up      time.Duration
	c       *cluster
	l       *load
	results []result
	checks  []string
	bad     []string
	lost    int
	doubled int
	idle    int           // transactions that standbys ended while nothing was broken
	idleFor time.Duration // and in what time
}

// try makes one fault and waits until everything is whole again and writes flow.
func (r *report) try(ctx context.Context, f fault) error {
	if err := until(ctx, 2*time.Minute, "writes flow", r.l.flowing); err != nil {
		return err
	}
	say("%s: %s", f.name, f.what)
	x := result{fault: f, load: loadAverage()}
	before := 0
	if f.name == "nothing" { // nothing begins anew, so that the counts can be compared
		var err error
		if before, err = r.c.standbyTransactions(ctx); err != nil {
			return err
		}
	}
	from := time.Now()
	if err := f.do(ctx, r.c, func(s string) { x.notes = append(x.notes, s) }); err != nil {
		return err
	}
	// A moment: what was killed is noticed by then.
	if err := pause(ctx, 3*time.Second); err != nil {
		return err
	}
	if err := until(ctx, 3*time.Minute, "writes flow again", r.l.flowing); err != nil {
		return err
	}
	if err := r.c.settled(ctx, 3*time.Minute); err != nil {
		return err
	}
	x.recovery = time.Since(from)
	if err := pause(ctx, 3*time.Second); err != nil {
		return err
	}
	to := time.Now()
	x.from, x.to = from, to
	if f.name == "nothing" {
		after, err := r.c.standbyTransactions(ctx)
		if err != nil {
			return err
		}
		r.idle, r.idleFor = after-before, to.Sub(from)
	}
	last, lastRead := from, from
	for _, e := range r.l.between(from, to) {
		switch {
		case !e.write && e.acked:
			x.readGap = max(x.readGap, e.at.Sub(lastRead))
			lastRead = e.at
		case e.write && e.acked:
			x.acked++
			gap := e.at.Sub(last)
			x.gap = max(x.gap, gap)
			if gap > time.Second {
				x.silent += gap
			}
			last = e.at
			x.longest = max(x.longest, e.took)
		}
		if !e.acked {
			x.refused++
		}
	}
	x.readGap = max(x.readGap, to.Sub(lastRead))
	r.results = append(r.results, x)
	saw := r.l.seen(from, to, nil)
	say("  %d writes acknowledged, %d answers refused, %.1f s without an acknowledged write, %.1f s without a public page; whole after %.0f s; %s",
		x.acked, x.refused, x.silent.Seconds(), saw.without.Seconds(), x.recovery.Seconds(), strings.Join(x.notes, "; "))
	return nil
}

// public tells what visitors saw, once the servers' logs can be read.
func (r *report) public() error {
	by, err := r.c.answerers()
	if err != nil {
		return err
	}
	pages, standby := 0, 0
	for i, x := range r.results {
		s := r.l.seen(x.from, x.to, by)
		r.results[i].seen = s
		pages += s.good
		standby += s.from[0] + s.from[1] + s.from[2]
		if x.name == "nothing" {
			n := s.from[0] + s.from[1] + s.from[2]
			r.checks = append(r.checks, fmt.Sprintf("while nothing was broken visitors got %d pages in %.0f s, %d of them read from a standby by the servers' logs; the standbys' own count of transactions: %d (three servers ask once a second how far they are)",
				s.good, r.idleFor.Seconds(), n, r.idle))
			if n == 0 || r.idle < n {
				r.bad = append(r.bad, "the public pages were not read from a standby")
			}
		}
	}
	r.checks = append(r.checks, fmt.Sprintf("pages for everybody: %d, %d of them read from a standby", pages, standby), r.l.lookups())
	return nil
}

// check compares what is stored with what was acknowledged, and lets the program check
// itself.
func (r *report) check(ctx context.Context) error {
	r.l.mu.Lock()
	defer r.l.mu.Unlock()
	text, err := r.c.psql(ctx, "cchc", `SELECT d.code, COALESCE((SELECT string_agg(f.kind, ',' ORDER BY f.seq) FROM dossier_fact f WHERE f.dossier_id = d.id), '') FROM dossier d WHERE EXISTS (SELECT 1 FROM audit_entry e JOIN account a ON a.id = e.account WHERE e.object_id = d.id AND e.verb = 'dossier.receive' AND a.login = 'make-ha')`)
	if err != nil {
		return err
	}
	stored := map[string][]string{}
	for line := range strings.Lines(text) {
		code, facts, _ := strings.Cut(strings.TrimSpace(line), "|")
		stored[code] = strings.Split(facts, ",")
	}
	verbs := 0
	factOf := map[string]string{"supplement": "supplement_asked", "supply": "supplement_received"}
	for code, list := range r.l.acked {
		verbs += len(list)
		facts, ok := stored[code]
		if !ok {
			r.lost += len(list)
			r.bad = append(r.bad, code+" was acknowledged and is not there")
			continue
		}
		for _, verb := range list {
			kind := factOf[verb]
			if kind == "" {
				continue
			}
			n := 0
			for _, f := range facts {
				if f == kind {
					n++
				}
			}
			switch {
			case n == 0:
				r.lost++
				r.bad = append(r.bad, fmt.Sprintf("%s of %s was acknowledged and is not there: %v", verb, code, facts))
			case n > 1:
				r.doubled++
				r.bad = append(r.bad, fmt.Sprintf("%s of %s was done %d times", verb, code, n))
			}
		}
	}
	codes := map[string]bool{}
	for _, code := range r.l.keys {
		if codes[code] {
			r.doubled++
			r.bad = append(r.bad, "two keys got "+code)
		}
		codes[code] = true
	}
	// A dossier that no key knows was made by a request that was sent again.
	extra := 0
	for code := range stored {
		if !codes[code] {
			extra++
		}
	}
	if over := extra - len(r.l.open); over > 0 {
		r.doubled += over
		r.bad = append(r.bad, fmt.Sprintf("%d dossiers were received that no key knows", over))
	}
	r.checks = append(r.checks, fmt.Sprintf("acknowledged: %d verbs on %d dossiers; stored: %d dossiers; **lost: %d; done twice: %d**; never acknowledged at the end: %d",
		verbs, len(r.l.acked), len(stored), r.lost, r.doubled, len(r.l.open)))
	// Of the numbers that the load got none is missing between the first and the last.
	gaps, err := r.c.psql(ctx, "cchc", `SELECT COALESCE(string_agg(run || ': ' || n || ' of ' || span, '; '), 'none') FROM (SELECT regexp_replace(d.code, '-[0-9]+$', '') AS run, COUNT(*) AS n, MAX(CAST(substring(d.code FROM '[0-9]+$') AS INTEGER)) - MIN(CAST(substring(d.code FROM '[0-9]+$') AS INTEGER)) + 1 AS span FROM dossier d WHERE EXISTS (SELECT 1 FROM audit_entry e JOIN account a ON a.id = e.account WHERE e.object_id = d.id AND e.verb = 'dossier.receive' AND a.login = 'make-ha') GROUP BY 1) x WHERE n <> span`)
	if err != nil {
		return err
	}
	r.checks = append(r.checks, fmt.Sprintf("numbers of a unit and day with a gap: %s", gaps))
	if gaps != "none" {
		r.bad = append(r.bad, "numbers have gaps")
	}
	r.checks = append(r.checks, fmt.Sprintf("answers that are neither done nor a refusal (502, 503, 504), to clients that waited for them: **%d**; 499 would be one that a server took for given up", len(r.l.wrong)))
	if n := len(r.l.wrong); n > 0 {
		r.bad = append(r.bad, fmt.Sprintf("%d answers that no fault explains; the first: `%s`", n, strings.Join(r.l.wrong[:min(20, n)], "`, `")))
	}
	// The servers end in order: the last signs the log.
	for _, n := range r.c.nodes {
		n.serve.signal(15)
	}
	for _, n := range r.c.nodes {
		n.serve.wait(40 * time.Second)
	}
	p := r.c.nodes[0]
	for _, args := range [][]string{{"verify", "--bytes"}, {"verify", "--log"}} {
		say("cchc %s", strings.Join(args, " "))
		more := []string{"--db", p.dsn()}
		if args[1] == "--log" {
			more = append(more, "--log-key", p.dir+"/log-key")
		} else {
			more = append(more, "--files", r.c.files)
		}
		out, err := command(ctx, p.dir, append(os.Environ(), r.c.credentials()...), r.c.newer, append(args, more...)...)
		if err != nil {
			r.bad = append(r.bad, fmt.Sprintf("cchc %s: %v", strings.Join(args, " "), err))
			continue
		}
		lines := strings.Split(out, "\n")
		r.checks = append(r.checks, fmt.Sprintf("`cchc %s`: clean (%s)", strings.Join(args, " "), lines[len(lines)-1]))
	}
	return nil
}

func (r *report) verdict() error {
	if len(r.bad) > 0 {
		return errors.New(strings.Join(r.bad[:min(10, len(r.bad))], "; "))
	}
	return nil
}

func loadAverage() string {
	text, _ := os.ReadFile("/proc/loadavg")
	first, _, _ := strings.Cut(string(text), " ")
	return first
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }

func (r *report) markdown() string {
	var b strings.Builder
	commit, _ := exec.Command("git", "rev-parse", "--short", "HEAD").Output()
	fmt.Fprintf(&b, "# A cluster of three machines on one\n\n`make ha` wrote this on %s; it took %.0f minutes. %d cores, commit %s; %s. Up after %.0f s; %d clients that write, two that read, two visitors.\n\n",
		r.begun.Format("2006-01-02 15:04"), time.Since(r.begun).Minutes(), runtime.NumCPU(), strings.TrimSpace(string(commit)), r.c.about(), r.up.Seconds(), r.l.workers)
	b.WriteString("| fault | writes acknowledged | without an acknowledged write | longest write | answers refused | longest without a read | whole again after | load of the machine | |\n|---|---|---|---|---|---|---|---|---|\n")
	for _, x := range r.results {
		fmt.Fprintf(&b, "| %s | %d | %s | %s | %d | %s | %.0f s | %s | %s |\n", x.what, x.acked, seconds(x.silent), seconds(x.longest), x.refused, seconds(x.readGap), x.recovery.Seconds(), x.load, strings.Join(x.notes, "; "))
	}
	b.WriteString("\nWithout an acknowledged write: the sum of times over a second in which no client got an answer that its write is done. Writes wait in the server meanwhile; an answer that is refused is a 5xx or a connection that broke, and is sent again with its key.\n\n")
	b.WriteString("What everybody may read (`/`, `/on-time`, `/lookup` by the code and digits of a dossier that was acknowledged), as two visitors saw it who come through HAProxy all the time:\n\n")
	b.WriteString("| fault | pages | 503 | 502, 504, others | none within 5 s | not found yet | not found, as of before | without a page | longest | read from a standby by server 1, 2, 3 | from the primary | as of an earlier minute |\n|---|---|---|---|---|---|---|---|---|---|---|---|\n")
	for _, x := range r.results {
		s := x.seen
		fmt.Fprintf(&b, "| %s | %d | %d | %d | %d | %d | %d | %s | %s | %d, %d, %d | %d | %d |\n", x.what, s.good, s.unavailable, s.other, s.none, s.yet, s.before, seconds(s.without), seconds(s.longest), s.from[0], s.from[1], s.from[2], s.primary, s.earlier)
	}
	b.WriteString("\nWithout a page: the sum of times over a second in which no visitor got one. A visitor gives a page up after 5 s and comes in at the next machine. Which server answered, and what it read, is from the servers' logs; a page that is as of an earlier minute says so, and so does one that finds no dossier: as of before it was acknowledged.\n\n")
	for _, c := range r.checks {
		fmt.Fprintf(&b, "- %s\n", c)
	}
	for _, x := range r.bad {
		fmt.Fprintf(&b, "- **wrong**: %s\n", x)
	}
	return b.String()
}

// putSection puts a text into a file in the place of the section of that name, or at the
// end; what others wrote stays.
func putSection(path, name, text string) error {
	old, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	begin, end := "<!-- section "+name+" -->\n", "<!-- end "+name+" -->\n"
	section := begin + strings.TrimSpace(text) + "\n" + end
	before, rest, found := strings.Cut(string(old), begin)
	_, after, closed := strings.Cut(rest, end)
	switch {
	case found && closed:
		section = before + section + after
	case len(old) > 0:
		section = strings.TrimRight(string(old), "\n") + "\n\n" + section
	}
	return os.WriteFile(filepath.Clean(path), []byte(section), 0o644)
}
