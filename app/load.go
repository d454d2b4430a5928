package app

import (
	"net/http"
	"runtime"
	"strings"
	"time"

	"cchc/base/web"
)

// loadFlags say how many requests are served at once (see docs/adr/0036-load.md).
type loadFlags struct {
	AtOnce int           `help:"Requests served at once; others wait a moment and are then sent away with 503. 0: 24 for each core, at least 48." default:"0" name:"at-once"`
	Heavy  int           `help:"Reports and exports made at once; 0: one for each core, at least 2." default:"0"`
	Live   int           `help:"Pages that may be open and move by themselves." default:"2000"`
	Wait   time.Duration `help:"How long a request waits for its turn; what people at the counter send waits twice, signing in and a report five times as long." default:"2s"`
}

func (f loadFlags) limits() web.Limits {
	cores := runtime.GOMAXPROCS(0)
	l := web.Limits{AtOnce: f.AtOnce, Heavy: f.Heavy, Live: f.Live, Wait: f.Wait}
	if l.AtOnce == 0 {
		l.AtOnce = max(48, 24*cores)
	}
	if l.Heavy == 0 {
		l.Heavy = max(2, cores)
	}
	return l
}

// heavyRoutes are the beginnings of routes that read much: statistics and what is
// made of them. Whatever is asked for as a file of a list (heavyFormats) is too.
var heavyRoutes = []string{
	"GET /reports/", "GET /api/v1/reports/",
	"GET /books/{unit}/{form}/{year}/print",
	"GET /admin/audit.csv",
	"GET /scorecard/results/{id}/table.", "GET /scorecard/results/{id}/heat", "GET /scorecard/results/{id}/print", "GET /scorecard/results/{id}/compare",
	"GET /cchc/{id}/table.", "GET /cchc/{id}/heat",
}

var heavyFormats = map[string]bool{"csv": true, "xlsx": true, "print": true}

// heavy tells which requests get the small pool.
func heavy(r *http.Request, pattern string) bool {
	for _, h := range heavyRoutes {
		if strings.HasPrefix(pattern, h) {
			return true
		}
	}
	return strings.Contains(r.URL.RawQuery, "format=") && heavyFormats[r.URL.Query().Get("format")]
}
