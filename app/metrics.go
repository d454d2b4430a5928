package app

import (
	"context"
	"crypto/subtle"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"cchc/admin"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/job"
)

// metricsFlags say where Prometheus finds the metrics: at an address of their own, for
// what they tell is not for everybody.
type metricsFlags struct {
	Metrics      string `help:"Address for Prometheus: /metrics there. Another than the loopback needs --metrics-token." name:"metrics" placeholder:"HOST:PORT"`
	MetricsToken string `help:"Bearer token that Prometheus sends." name:"metrics-token" placeholder:"TOKEN"`
}

// meters count what this process does. Labels are of small closed sets: the patterns of
// routes, statuses, classes, verbs; never a code, an address or a name.
type meters struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	writes   prometheus.Histogram
	refused  prometheus.Counter
	groups   prometheus.Histogram
	store    *storeWatch
}

func newMeters() *meters {
	m := &meters{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "cchc_http_requests_total", Help: "Requests answered, by the route's pattern."}, []string{"route", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "cchc_http_request_duration_seconds", Help: "From the first byte of a request to the last of its answer; without streams.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}}, []string{"route"}),
		writes: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "cchc_db_write_duration_seconds", Help: "From asking for a write to having it on disk.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}}),
		refused: prometheus.NewCounter(prometheus.CounterOpts{Name: "cchc_db_writes_refused_total", Help: "Writes that changed nothing: by a rule, a person who went away, or the database."}),
		groups:  prometheus.NewHistogram(prometheus.HistogramOpts{Name: "cchc_db_commit_writes", Help: "Writes that were forced to the disk together.", Buckets: []float64{1, 2, 4, 8, 16, 32, 64, 128}}),
	}
	m.registry.MustRegister(m.requests, m.seconds, m.writes, m.refused, m.groups,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.store = newStoreWatch(m.registry)
	return m
}

// request begins to measure one.
func (m *meters) request() func(route string, status int, stream bool) {
	begun := time.Now()
	return func(route string, status int, stream bool) {
		if route == "" {
			route = "none"
		}
		m.requests.WithLabelValues(route, strconv.Itoa(status)).Inc()
		if !stream {
			m.seconds.WithLabelValues(route).Observe(time.Since(begun).Seconds())
		}
	}
}

// Wrote is told of a write.
func (m *meters) Wrote(took time.Duration, err error) {
	m.writes.Observe(took.Seconds())
	if err != nil {
		m.refused.Inc()
	}
}

// Committed is told of a commit.
func (m *meters) Committed(writes int) { m.groups.Observe(float64(writes)) }

// describe is a metric that is looked up when somebody asks.
func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("cchc_"+name, help, labels, nil)
}

var (
	metricBuild      = describe("build_info", "1, with the version.", "version", "go_version", "engine")
	metricInside     = describe("http_requests_in_flight", "Requests being served, by class.", "class")
	metricWaiting    = describe("http_requests_waiting", "Requests that wait for their turn, by class.", "class")
	metricLet        = describe("http_requests_admitted_total", "Requests let in, by class.", "class")
	metricShed       = describe("http_requests_shed_total", "Requests sent away with 503, by class.", "class")
	metricQueue      = describe("db_writes_waiting", "Writes that wait for SQLite's writer.")
	metricOpen       = describe("db_connections", "Connections to the database, by pool and state.", "pool", "state")
	metricConnWaits  = describe("db_connection_waits_total", "How often somebody waited for a connection.", "pool")
	metricConnWaited = describe("db_connection_wait_seconds_total", "How long they waited.", "pool")
	metricWatching   = describe("live_subscribers", "Pages open that move by themselves.")
	metricHashing    = describe("password_hashes", "Password hashes being made and waiting.", "state")
	metricActs       = describe("acts_total", "Acts recorded in the trail by this process, by verb.", "verb")
	metricReceived   = describe("dossiers_received_total", "Dossiers received through this process.")
	metricJobs       = describe("jobs", "Jobs by state.", "state")
	metricBackup     = describe("backup_age_seconds", "Age of the newest copy of a SQLite database.")
	metricSigned     = describe("log_signed_age_seconds", "Age of the newest signed checkpoint of the log of the trail.")
	metricLogWaits   = describe("log_wait_seconds", "For how long the oldest entry waits that is not in the log of the trail yet; 0: none does.")
	metricEntries    = describe("log_entries", "Entries in the log of the trail.")
	metricCheck      = describe("check_status", "How what doctor looks at stands: 0 fine, 1 worth a look, 2 bad.", "check")
	metricAsked      = describe("state_age_seconds", "Age of what was looked up in the database for these metrics.")
)

// stateEvery is how often the database is asked for metrics, and stateFor how long.
const (
	stateEvery = 30 * time.Second
	stateFor   = 5 * time.Second
)

// A state collects what has to be looked up.
type state struct {
	rooms *rooms

	mu    sync.Mutex
	at    time.Time
	known []prometheus.Metric
}

// Describe sends nothing: which metrics there are depends on the engine.
func (*state) Describe(chan<- *prometheus.Desc) {}

// Collect sends how everything stands now.
func (s *state) Collect(out chan<- prometheus.Metric) {
	r := s.rooms
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	count := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, v, labels...)
	}
	goVersion := ""
	if b, ok := debug.ReadBuildInfo(); ok {
		goVersion = b.GoVersion
	}
	gauge(metricBuild, 1, Version, goVersion, string(r.db.Engine()))
	if r.load != nil {
		for _, l := range r.load() {
			c := l.Class.String()
			gauge(metricInside, float64(l.Inside), c)
			gauge(metricWaiting, float64(l.Waiting), c)
			count(metricLet, float64(l.Let), c)
			count(metricShed, float64(l.Shed), c)
		}
	}
	if r.db.Engine() == db.SQLite {
		gauge(metricQueue, float64(r.db.Waiting()))
	}
	for _, p := range r.db.Pools() {
		gauge(metricOpen, float64(p.InUse), p.Name, "used")
		gauge(metricOpen, float64(p.Open-p.InUse), p.Name, "idle")
		count(metricConnWaits, float64(p.Waits), p.Name)
		count(metricConnWaited, p.Waited.Seconds(), p.Name)
	}
	gauge(metricWatching, float64(r.hub.Watching()))
	busy, wait := auth.Hashing()
	gauge(metricHashing, float64(busy), "made")
	gauge(metricHashing, float64(wait), "waiting")
	acts := audit.Acts()
	for verb, n := range acts {
		count(metricActs, float64(n), verb)
	}
	count(metricReceived, float64(acts[string(auth.DossierReceive)]))
	for _, m := range s.lookedUp() {
		out <- m
	}
}

// lookedUp asks the database, once in a while: Prometheus asks every few seconds, and
// perhaps several of them.
func (s *state) lookedUp() []prometheus.Metric {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.at.IsZero() || time.Since(s.at) >= stateEvery {
		ctx, cancel := context.WithTimeout(context.Background(), stateFor)
		defer cancel()
		if known := s.ask(ctx); ctx.Err() == nil {
			s.known, s.at = known, time.Now()
		}
	}
	if s.at.IsZero() {
		return nil
	}
	return append(s.known[:len(s.known):len(s.known)], prometheus.MustNewConstMetric(metricAsked, prometheus.GaugeValue, time.Since(s.at).Seconds()))
}

func (s *state) ask(ctx context.Context) (out []prometheus.Metric) {
	r := s.rooms
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out = append(out, prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...))
	}
	if counts, err := r.queue.Counts(ctx); err == nil {
		for _, state := range job.States {
			gauge(metricJobs, float64(counts[state]), string(state))
		}
	}
	now := r.db.Now()
	if r.db.Engine() == db.SQLite {
		if latest, ok := latestBackup(r.db.Name()); ok {
			gauge(metricBackup, time.Since(latest).Seconds())
		}
	}
	if last, err := r.log.Latest(ctx, r.db); err == nil {
		gauge(metricSigned, float64(now-last.At)/1000)
	}
	if since, err := r.log.WaitsSince(ctx, r.db); err == nil {
		waits := 0.0
		if since > 0 {
			waits = max(0, float64(now-since)/1000)
		}
		gauge(metricLogWaits, waits)
	}
	if size, err := r.log.Size(ctx, r.db); err == nil {
		gauge(metricEntries, float64(size))
	}
	standing := map[admin.Standing]float64{admin.Fine: 0, admin.Look: 1, admin.Bad: 2}
	for _, f := range r.examine(ctx, r.files, r.queue) {
		gauge(metricCheck, standing[f.Standing], f.Key)
	}
	return out
}

// metricsHandler answers Prometheus; with a token only who sends it.
func (r *rooms) metricsHandler(token string) http.Handler {
	all := prometheus.NewRegistry()
	all.MustRegister(r.meters.registry, &state{rooms: r})
	h := promhttp.HandlerFor(all, promhttp.HandlerOpts{ErrorLog: slog.NewLogLogger(slog.Default().Handler(), slog.LevelError), MaxRequestsInFlight: 2, Timeout: 10 * time.Second})
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		sent, _ := strings.CutPrefix(req.Header.Get("Authorization"), "Bearer ")
		if token != "" && subtle.ConstantTimeCompare([]byte(sent), []byte(token)) != 1 {
			w.Header().Set("WWW-Authenticate", `Bearer realm="metrics"`)
			http.Error(w, "unauthorized", http.StatusUnauthorized)
			return
		}
		h.ServeHTTP(w, req)
	})
}

// serveMetrics answers at an address of its own until ctx ends.
func (r *rooms) serveMetrics(ctx context.Context, f metricsFlags) error {
	if f.Metrics == "" {
		return nil
	}
	host, _, err := net.SplitHostPort(f.Metrics)
	if err != nil {
		return fmt.Errorf("--metrics: %w", err)
	}
	if ip := net.ParseIP(host); f.MetricsToken == "" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("--metrics: %s is not on the loopback: it needs --metrics-token", f.Metrics)
	}
	l, err := net.Listen("tcp", f.Metrics)
	if err != nil {
		return fmt.Errorf("--metrics: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", r.metricsHandler(f.MetricsToken))
	s := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: time.Minute, IdleTimeout: 2 * time.Minute}
	context.AfterFunc(ctx, func() { s.Close() })
	go s.Serve(l)
	slog.Info("metrics for Prometheus", "addr", l.Addr().String())
	return nil
}
