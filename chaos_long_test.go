package main

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"cchc/base/db"
)

// TestChaos breaks one thing after the other under load for CHAOS_MINUTES, by the seed
// CHAOS_SEED (those alone that CHAOS_ONLY names, with commas between); after each it
// recounts, while everybody pauses, what was acknowledged (storm.check). It writes what it
// saw to the file CHAOS_OUT as a line of a table: scripts/chaos, which make chaos calls.
// Without CHAOS_MINUTES it is left out; the tests beside it do the same things once each.
func TestChaos(t *testing.T) {
	minutes, err := strconv.ParseFloat(os.Getenv("CHAOS_MINUTES"), 64)
	if err != nil {
		t.Skip("make chaos runs it")
	}
	seed, _ := strconv.ParseUint(os.Getenv("CHAOS_SEED"), 10, 64)
	random := rand.New(rand.NewPCG(seed, seed))
	engine, disk, dsn := "SQLite", "", ""
	var p *ownPostgres
	fragile := newFragileDisk(t, 900)
	disk = fragile.dir
	if os.Getenv("TEST_POSTGRES") != "" {
		engine = "PostgreSQL"
		p = newPostgres(t, disk)
		dsn = p.url
	} else {
		dsn = filepath.Join(disk, "cchc.db")
	}
	store := newSluggish(t)
	s, load, before := serving(t, dsn, "--files", store.url)
	code, status, _, err := load.office.tryReceive(db.NewID())
	if err != nil || status != http.StatusCreated {
		t.Fatalf("%d, %v", status, err)
	}
	before++
	load.begin(6)
	var scans [][]byte // that were acknowledged
	var scanned time.Duration
	// bad sends a scan while the store does not do well, and again when it does.
	bad := func(how *atomic.Bool) {
		how.Store(true)
		well := time.AfterFunc(time.Duration(500+random.IntN(20000))*time.Millisecond, func() { how.Store(false) })
		scan := scanOf(len(scans))
		status, again, text := load.office.upload(t, code, scan)
		well.Stop()
		how.Store(false)
		over := time.Now()
		switch {
		case status == http.StatusSeeOther:
		case status != http.StatusServiceUnavailable || again == 0:
			t.Errorf("a scan to a store that is not well: %d, Retry-After %d: %.300s", status, again, text)
			fallthrough
		default:
			if status, _, text = load.office.upload(t, code, scan); status != http.StatusSeeOther {
				t.Errorf("a scan when the store is well again: %d %.300s", status, text)
			}
		}
		scanned = time.Since(over)
		scans = append(scans, scan)
	}
	faults := map[string]func(){
		"store of scans slow": func() { bad(&store.trickle) },
		"store of scans dead": func() { bad(&store.dead) },
		"half an upload": func() {
			scan := scanOf(len(scans))
			load.office.halfUpload(t, code, scan).Close()
			if status, _, text := load.office.upload(t, code, scan); status != http.StatusSeeOther {
				t.Errorf("a scan that was sent in half before: %d %.300s", status, text)
			}
			scans = append(scans, scan)
		},
		"server killed": func() { s = s.killAndStart(t, dsn, load.flags...) },
		"disk full": func() {
			free := fill(t, disk)
			load.refuses(t, 1) // PostgreSQL has room for some more in what it wrote ahead
			time.Sleep(time.Duration(200+random.IntN(2000)) * time.Millisecond)
			free()
			if p != nil {
				p.ensure(t)
			}
		},
	}
	faults["disk takes no writes for a while"] = func() {
		folder := disk
		if p != nil { // of its log it ends: that is the next one
			folder = filepath.Join(p.dir, "base")
		}
		fragile.refuses(t, folder)
		if p != nil {
			load.stands(t) // who is refused is told so after half a minute
		} else {
			load.refuses(t, 1)
		}
		time.Sleep(time.Duration(random.IntN(2000)) * time.Millisecond)
		fragile.takes(t, folder)
		if p != nil {
			p.ensure(t)
		}
	}
	faults["disk turned read-only"] = func() {
		fragile.breaks(t)
		if p != nil { // it ends at its next commit; the program stays
			p.gone(t)
			load.refuses(t, 5)
			fragile.mend(t)
			p.start(t)
			return
		}
		load.refuses(t, 5)
		s.kill()
		fragile.mend(t)
		s = startServer(t, dsn, append(slices.Clone(load.flags), "--addr", strings.TrimPrefix(s.url, "http://"))...)
	}
	names := []string{"server killed", "disk full", "store of scans slow", "store of scans dead", "half an upload", "disk takes no writes for a while", "disk turned read-only"}
	if p != nil {
		faults["PostgreSQL killed"] = func() { p.restart(t, time.Duration(random.IntN(3000))*time.Millisecond) }
		faults["PostgreSQL paused"] = func() {
			p.signal(syscall.SIGSTOP)
			time.Sleep(time.Duration(500+random.IntN(8000)) * time.Millisecond)
			p.signal(syscall.SIGCONT)
		}
		names = append(names, "PostgreSQL killed", "PostgreSQL paused")
	}
	if only := os.Getenv("CHAOS_ONLY"); only != "" {
		if names = strings.Split(only, ","); slices.ContainsFunc(names, func(name string) bool { return faults[name] == nil }) {
			t.Fatalf("CHAOS_ONLY: %q is not all faults", names)
		}
	}
	type figures struct {
		times         int
		worst, longer time.Duration
	}
	seen := map[string]*figures{}
	begun := time.Now()
	var counted time.Duration // time in which nothing happened: it was recounted
	for time.Since(begun)-counted < time.Duration(minutes*float64(time.Minute)) {
		load.wait(t, 20)
		time.Sleep(time.Duration(random.IntN(1000)) * time.Millisecond)
		name := names[random.IntN(len(names))]
		f := seen[name]
		if f == nil {
			f = &figures{}
			seen[name] = f
		}
		scanned = 0
		faults[name]()
		back := max(scanned, load.back(t)) // from when the cause is over
		f.times++
		f.worst = max(f.worst, back)
		f.longer += back
		counting := time.Now()
		load.check(t, dsn, before)
		counted += time.Since(counting)
		if t.Failed() {
			t.Fatalf("after %q, the %d. fault", name, f.times)
		}
	}
	took := time.Since(begun) - counted
	load.end()
	acked, verbs, refused, cut := len(load.acked), load.verbs, load.refused, load.cut
	load.reckon(t, dsn, before)
	for i, scan := range scans {
		if !store.has(scan) {
			t.Errorf("scan %d was acknowledged and is not there", i)
		}
	}
	s.stop(t)
	load.verifyLog(t, dsn)
	lost := "0"
	if t.Failed() {
		lost = "see the log"
	}
	text := ""
	for _, name := range names {
		if f := seen[name]; f != nil {
			text += fmt.Sprintf("| %s | %s | %d | %.1f s | %.1f s |\n", engine, name, f.times, (f.longer / time.Duration(f.times)).Seconds(), f.worst.Seconds())
		}
	}
	text += fmt.Sprintf("| %s | all, in %.0f minutes, seed %d | %d dossiers and %d further verbs acknowledged, **%s lost**, %s half | %d refused by 503, %d cut off | slowest answer %.1f s |\n",
		engine, took.Minutes(), seed, acked, verbs, lost, lost, refused, cut, load.slowest.Seconds())
	t.Log("\n" + text)
	if out := os.Getenv("CHAOS_OUT"); out != "" {
		f, err := os.OpenFile(out, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if _, err := f.WriteString(text); err != nil {
			t.Fatal(err)
		}
	}
}
