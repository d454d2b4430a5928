package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// A target answers one request of the load: request makes the nth.
type target struct {
	name    string
	client  *http.Client
	request func(n int64) (*http.Request, error)
	want    int          // status
	see     func([]byte) // what the answer says; nil for nothing
	pid     int          // of the server, whose processor time is read
	server  *server      // for its profile, nil for none
	n       atomic.Int64
}

// A sample is what one round saw.
type sample struct {
	PerSecond     float64
	P50, P95, P99 time.Duration
	CPU           time.Duration // of the server, for each request
}

// client keeps connections for all workers.
func client(workers int) *http.Client {
	return &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: workers, MaxConnsPerHost: workers, DisableCompression: true},
		Timeout:       30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// once sends the next request and reads the whole answer.
func (t *target) once(ctx context.Context) error {
	q, err := t.request(t.n.Add(1))
	if err != nil {
		return err
	}
	a, err := t.client.Do(q.WithContext(ctx))
	if err != nil {
		return err
	}
	defer a.Body.Close()
	if a.StatusCode != t.want {
		text, _ := io.ReadAll(io.LimitReader(a.Body, 500))
		return fmt.Errorf("%s: %s %s answered %d: %s", t.name, q.Method, q.URL.Path, a.StatusCode, text)
	}
	if t.see == nil {
		_, err = io.Copy(io.Discard, a.Body)
		return err
	}
	text, err := io.ReadAll(a.Body)
	if err == nil {
		t.see(text)
	}
	return err
}

// round drives the target with workers that each send when the last answer has
// come, for a time. Any answer but the wanted one fails the round.
func (t *target) round(ctx context.Context, workers int, d time.Duration) (sample, error) {
	var wg sync.WaitGroup
	var mu sync.Mutex
	var all []time.Duration
	var failed error
	begun, before := time.Now(), processorTime(t.pid)
	for range workers {
		wg.Go(func() {
			var mine []time.Duration
			for time.Since(begun) < d && ctx.Err() == nil {
				at := time.Now()
				if err := t.once(ctx); err != nil {
					mu.Lock()
					failed = err
					mu.Unlock()
					return
				}
				mine = append(mine, time.Since(at))
			}
			mu.Lock()
			all = append(all, mine...)
			mu.Unlock()
		})
	}
	wg.Wait()
	took := time.Since(begun)
	if failed != nil {
		return sample{}, failed
	}
	out := summary(all, took)
	out.CPU = (processorTime(t.pid) - before) / time.Duration(max(1, len(all)))
	return out, ctx.Err()
}

// processorTime is what a process has used of the processors so far. It tells the
// work of a request apart from what else the machine was doing meanwhile.
func processorTime(pid int) time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, rest, ok := strings.Cut(string(text), ") ") // behind the name, which may hold anything
	if f := strings.Fields(rest); err == nil && ok && len(f) > 12 {
		user, _ := strconv.ParseInt(f[11], 10, 64)
		system, _ := strconv.ParseInt(f[12], 10, 64)
		return time.Duration(user+system) * time.Second / 100 // Linux counts in hundredths
	}
	return 0
}

// series sends one request after the other and returns what each took.
func (t *target) series(ctx context.Context, n int) (sample, error) {
	var all []time.Duration
	begun := time.Now()
	for range n {
		at := time.Now()
		if err := t.once(ctx); err != nil {
			return sample{}, err
		}
		all = append(all, time.Since(at))
	}
	return summary(all, time.Since(begun)), nil
}

func summary(all []time.Duration, took time.Duration) sample {
	slices.Sort(all)
	at := func(p float64) time.Duration {
		if len(all) == 0 {
			return 0
		}
		return all[min(len(all)-1, int(p*float64(len(all))))]
	}
	return sample{PerSecond: float64(len(all)) / took.Seconds(), P50: at(0.50), P95: at(0.95), P99: at(0.99)}
}

// rounds alternates between the targets and returns each one's median round by
// throughput. Every target is warmed up before it counts.
func (r *run) rounds(ctx context.Context, what string, targets ...*target) ([]sample, error) {
	all := make([][]sample, len(targets))
	for _, t := range targets {
		if _, err := t.round(ctx, r.Workers, r.Round/4); err != nil {
			return nil, err
		}
	}
	for n := range r.Rounds {
		for i, t := range targets {
			traced := func() error { return nil }
			if n == 0 {
				traced = t.server.trace(ctx, filepath.Join(r.traces, strings.ReplaceAll(what, " ", "_")+"-"+t.name+".prof"), r.Round)
			}
			s, err := t.round(ctx, r.Workers, r.Round)
			if err = errors.Join(err, traced()); err != nil {
				return nil, err
			}
			all[i] = append(all[i], s)
		}
	}
	out := make([]sample, len(targets))
	for i, s := range all {
		slices.SortFunc(s, func(a, b sample) int { return int(a.PerSecond - b.PerSecond) })
		out[i] = s[len(s)/2]
	}
	return out, nil
}

func (s sample) rate() string {
	return fmt.Sprintf("%.0f/s, p99 %s, %d µs of processor", s.PerSecond, ms(s.P99), s.CPU.Microseconds())
}
func (s sample) times() string {
	return fmt.Sprintf("p50 %s, p95 %s, p99 %s", ms(s.P50), ms(s.P95), ms(s.P99))
}

func ms(d time.Duration) string {
	if d < 10*time.Millisecond {
		return fmt.Sprintf("%.2f ms", float64(d.Microseconds())/1000)
	}
	return fmt.Sprintf("%.0f ms", float64(d.Microseconds())/1000)
}
