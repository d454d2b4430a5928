package app

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"cchc/base/actor"
	"cchc/base/web"
)

// metricNames lists the metrics of an office that was worked with a little, and what a
// scrape of it says.
func metricNames(t *testing.T, o *office) (names []string, text string) {
	t.Helper()
	o.load = o.b.Handler().(*web.Mux).Load
	w := httptest.NewRecorder()
	o.metricsHandler("").ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if w.Code != http.StatusOK {
		t.Fatalf("metrics: %d %s", w.Code, w.Body)
	}
	text = w.Body.String()
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(text))
	if err != nil {
		t.Fatalf("what Prometheus would read: %v", err)
	}
	for name, f := range families {
		names = append(names, name)
		if f.GetHelp() == "" {
			t.Errorf("%s says nothing of itself", name)
		}
		for _, m := range f.Metric {
			for _, l := range m.Label {
				if strings.HasPrefix(name, "cchc_") && !slices.Contains([]string{"route", "status", "class", "pool", "state", "verb", "check", "version", "go_version", "engine"}, l.GetName()) {
					t.Errorf("%s has a label %s: are its values few, and of no person?", name, l.GetName())
				}
			}
		}
	}
	slices.Sort(names)
	return names, text
}

func TestMetricsTellWhatHappenedAndOfNobody(t *testing.T) {
	t.Parallel()
	o := serveOffice(t)
	clerk := o.signIn(t, "tran.thi.bich", actor.Grant{Role: actor.OneStop, Unit: o.commune})
	d := receive(t, o.rooms, o.commune)
	clerk.Get("/dossiers/" + d.Code).Is(200)
	clerk.Get("/dossiers/H99-khong-co").Is(404)
	clerk.Get("/lookup?code=" + d.Code).Is(200)
	clerk.Get("/api/v1/dossiers/" + d.Code).Is(200)
	clerk.Get("/khong-co/nguyen-van-a/0905123456").Is(404)
	p := clerk.Send(http.MethodPost, "/api/v1/dossiers", "application/json", `{"unit":"`+string(o.commune)+`","procedure":"1.001193","channel":"direct","person":{"name":"Lê Văn Tám","phone":"0912345678","id_number":"049185001234"}}`)
	p.Is(201)

	names, text := metricNames(t, o)
	for _, want := range []string{
		`cchc_http_requests_total{route="GET /dossiers/{code}",status="200"} 1`,
		`cchc_http_requests_total{route="GET /dossiers/{code}",status="404"} 1`,
		`cchc_http_requests_total{route="none",status="404"} 1`,
		`cchc_http_request_duration_seconds_count{route="GET /dossiers/{code}"} 2`,
		`cchc_http_requests_shed_total{class="visitor"} 0`,
		`cchc_http_requests_in_flight{class="counter"} 0`,
		`cchc_check_status{check="schema"} 0`,
		`cchc_check_status{check="disk_files"} `,
		`cchc_jobs{state="given_up"} 0`,
		`cchc_password_hashes{state="waiting"}`,
		`cchc_live_subscribers 0`,
		`cchc_dossiers_received_total`,
		`cchc_acts_total{verb="dossier.receive"}`,
		`cchc_db_commit_writes_bucket{le="1"}`,
		`cchc_db_write_duration_seconds_sum`,
		`go_goroutines `, `process_open_fds `, `process_resident_memory_bytes `,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("nothing says %s", want)
		}
	}
	for _, secret := range []string{d.Code, "H99-khong-co", "0905123456", "0912345678", "049185001234", "nguyen-van-a", "Nguyễn", "Lê Văn", "bich", string(o.commune), "127.0.0.1"} {
		if strings.Contains(text, secret) {
			t.Errorf("the metrics tell %q", secret)
		}
	}
	all := prometheus.NewRegistry()
	all.MustRegister(o.meters.registry, &state{rooms: o.rooms})
	problems, err := testutil.GatherAndLint(all)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}

	// What documents and rules for alarms name must be there.
	files, err := filepath.Glob("../docs/operate/*/metrics.md")
	if err != nil || len(files) != 2 {
		t.Fatalf("%v, %v", files, err)
	}
	named := 0
	for _, path := range append(files, "../deploy/prometheus/cchc.rules.yml") {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range regexp.MustCompile(`\b(?:cchc|go|process)_[a-z_]+[a-z]\b`).FindAllString(string(b), -1) {
			named++
			base := name
			for _, part := range []string{"_bucket", "_count", "_sum"} {
				base = strings.TrimSuffix(base, part)
			}
			known := slices.Contains(names, name) || slices.Contains(names, base)
			if late := []string{"cchc_backup_age_seconds", "cchc_log_signed_age_seconds", "cchc_db_writes_waiting" /* SQLite's alone */}; !known && !slices.Contains(late, name) { // after the first of each
				t.Errorf("%s names %s, which is no metric", path, name)
			}
		}
	}
	if named < 30 {
		t.Errorf("%d names read: the test does not find them any more", named)
	}
}

func TestMetricsAreNotForEverybody(t *testing.T) {
	t.Parallel()
	r, _, _, _ := commune(t)
	for addr, want := range map[string]string{"0.0.0.0:0": "--metrics-token", "192.0.2.1:0": "--metrics-token", "localhost:0": "--metrics-token", "nonsense": "--metrics"} {
		if err := r.serveMetrics(context.Background(), metricsFlags{Metrics: addr}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want an error that names %s", addr, err, want)
		}
	}
	h := r.metricsHandler("bí mật")
	for sent, want := range map[string]int{"": 401, "Bearer ": 401, "Bearer sai": 401, "Bearer bí mật": 200} {
		req := httptest.NewRequest(http.MethodGet, "/metrics", nil)
		req.Header.Set("Authorization", sent)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, req)
		if w.Code != want {
			t.Errorf("with %q: %d, want %d", sent, w.Code, want)
		}
	}
	// The pages' own address knows nothing of it.
	o := serveOffice(t)
	o.signIn(t, "motcua", actor.Grant{Role: actor.OneStop, Unit: o.commune}).Get("/metrics").Is(404)
}
