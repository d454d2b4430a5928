package app

import (
	"os"
	"slices"
	"strings"
	"testing"

	"cchc/base/actor"
)

// rights is the matrix as rules read it: what each role gets of a route in each column.
type rights struct {
	route string
	gone  []string            // what comes of it for people of a unit that is no more
	apart []string            // what comes of it, of what such a unit left, for people of others that are not its heir
	who   map[string][]string // role, or visitor → a cell for each of columns
}

func readMatrix(t *testing.T) []rights {
	t.Helper()
	text, err := os.ReadFile("testdata/matrix.txt")
	if err != nil {
		t.Fatal(err)
	}
	var out []rights
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, "\n")
		switch f := strings.Fields(line); {
		case strings.HasPrefix(line, "#") || len(f) == 0:
		case !strings.HasPrefix(line, " "):
			out = append(out, rights{route: line, who: map[string][]string{}})
		case f[0] == "in" && f[1] == "gone":
			for part := range strings.SplitSeq(line[strings.Index(line, ":")+1:], ";") {
				out[len(out)-1].gone = append(out[len(out)-1].gone, strings.Fields(part)[0])
			}
		case f[0] == "in" && (f[1] == "beside" || f[1] == "afar"):
			for part := range strings.SplitSeq(line[strings.Index(line, ":")+1:], ";") {
				out[len(out)-1].apart = append(out[len(out)-1].apart, strings.Fields(part)[0])
			}
		case f[0] == "in": // of states; columns are other ones there
		default:
			for _, who := range f[len(columns):] {
				out[len(out)-1].who[who] = f[:len(columns)]
			}
		}
	}
	if len(out) < 600 {
		t.Fatalf("the matrix has %d routes", len(out))
	}
	return out
}

func columnOf(name string) int {
	return slices.IndexFunc(columns, func(c column) bool { return c.name == name })
}

// openToVisitors begin what everybody may see and do, by the beginning of the route.
var openToVisitors = []string{
	"GET /{$}", "GET /api", "GET /cchc", "GET /complain", "GET /healthz", "GET /readyz", "GET /help", "GET /keys", "GET /lookup", "GET /on-time", "GET /reports/ii06a.css",
	"GET /services", "GET /turns/", "POST /turns/{unit}/take", "GET /rate/", "POST /rate/", "GET /stop/", "POST /stop/", "GET /first-run", "POST /first-run",
	"GET /my-data", "POST /my-data", "POST /lookup",
	"GET /sign-in", "POST /sign-in", "POST /sign-out", "POST /preferences",
	"GET /api/v1/calendar/", "GET /api/v1/log/checkpoint", "GET /api/v1/log/consistency",
}

// nobodysUnit are routes that refuse a unit which is no more as such, before it matters
// who asks.
var nobodysUnit = map[string]string{
	"POST /api/v1/accounts/{id}/grants": "no unit of today has the code",
	"POST /counter/turns/settings":      "no unit of today has the code",
}

// beyondOnesUnit are routes that answer people of another unit, and why they may.
var beyondOnesUnit = map[string]string{
	"GET /admin/accounts":            "a filter of a list that has one's own units only",
	"GET /admin/exchange/reconcile":  "the unit is a choice of the form",
	"GET /dossiers/new":              "the unit is a choice of the form",
	"POST /dossiers/new":             "the unit is a choice of the form; it shows what was typed",
	"GET /scorecard/evidence/new":    "the unit is a choice of the form",
	"GET /scorecard/whatif":          "the unit is a choice of the form, among those that one sees",
	"POST /scorecard/whatif":         "keeps nothing; among the units that one sees",
	"POST /counter/reserved/cancel":  "the numbers are sought in one's own unit",
	"POST /api/v1/feed/dossiers":     "each event is answered by itself",
	"POST /api/v1/erasures":          "each dossier is answered by itself",
	"GET /api/v1/accounts":           "a filter of a list that has one's own units only",
	"GET /api/v1/calendar/days":      "days off are public",
	"GET /api/v1/calendar/due":       "days off are public",
	"POST /api/v1/imports":           "the rows of the file say which units, and are asked one by one",
	"GET /cchc/card":                 "what was published, of any unit",
	"GET /scorecard/results/card":    "what was published, of any unit",
	"GET /stop/{token}":              "by the token in a message, without an account",
	"POST /stop/{token}":             "by the token in a message, without an account",
	"GET /rate/{token}":              "by the token on the receipt, without an account",
	"POST /rate/{token}":             "by the token on the receipt, without an account",
	"POST /rate/{token}/reason":      "by the token on the receipt, without an account",
	"GET /turns/{unit}":              "the screen in the hall",
	"GET /turns/{unit}/stream":       "the screen in the hall",
	"GET /turns/{unit}/take":         "the kiosk in the hall",
	"POST /turns/{unit}/take":        "the kiosk in the hall",
	"GET /turns/{unit}/slips/{id}":   "the kiosk in the hall",
	"POST /api/v1/counter/turns":     "a kiosk of another make",
	"GET /api/v1/counter/turn-desk":  "one's own desk",
	"GET /api/v1/counter/turn-kinds": "what the kiosk shows everybody",
	"GET /api/v1/units/{id}":         "units are public",
	"GET /api/v1/calendar/week":      "office hours are public",
}

// forAuditors are the few things that who only reads does: to what is their own, or
// looking up by POST what must not stand in an address.
var forAuditors = []string{
	"POST /account/", "POST /me/", "POST /notices/", "POST /views/", "POST /preferences", "POST /sign-in", "POST /sign-out", "POST /turns/", "POST /api/v1/counter/turns",
	"POST /rate/", "POST /stop/", "POST /lookup", "POST /my-data",
	// These look at what was typed before they ask who typed it, and change nothing.
	"POST /counter/lists/{kind}/{id}/track", "POST /scorecard/sheets/{sheet}/appeals/",
	"POST /dossiers/search", "POST /api/v1/dossiers/search", "POST /dossiers/{code}/person", "POST /api/v1/dossiers/{code}/person", "POST /dossiers/{code}/papers/purpose", "POST /api/v1/dossiers/{code}/papers/purpose",
	"POST /dossiers/bulk", "POST /api/v1/bulk/preview", "POST /scorecard/whatif", "POST /dossiers/file", "POST /api/v1/dossiers/export",
}

// Rules that the matrix must obey whatever it says.
func TestTheMatrixIsSafe(t *testing.T) {
	t.Parallel()
	begins := func(route string, list []string) bool {
		return slices.ContainsFunc(list, func(p string) bool {
			return route == p || strings.HasPrefix(route, p) && p != "GET /{$}" && p != "GET /api"
		})
	}
	used := map[string]bool{}
	for _, r := range readMatrix(t) {
		reads := strings.HasPrefix(r.route, "GET ")
		if len(r.who) != len(actor.Roles)+1 {
			t.Errorf("%s has rows for %d, want every role and the visitor once", r.route, len(r.who))
			continue
		}
		if passed(r.who[visitor][0]) && !begins(r.route, openToVisitors) {
			t.Errorf("%s lets visitors in", r.route)
		}
		for _, role := range actor.Roles {
			cells := r.who[string(role)]
			for _, beyond := range []string{"sibling", "above", "far"} {
				if !passed(cells[columnOf(beyond)]) {
					continue
				}
				if beyondOnesUnit[r.route] == "" {
					t.Errorf("%s lets %s reach what is %s", r.route, role, beyond)
				}
				used[r.route] = true
			}
			if narrow := cells[columnOf("narrow")]; passed(narrow) && !reads && !strings.HasPrefix(r.route, "POST /api/v1/counter/turns") {
				t.Errorf("%s lets a token that is for unit.read alone in, for %s", r.route, role)
			}
			for i, cell := range cells {
				if !passed(cell) && cell != "deny" && cell != "hidden" && cell != "sign-in" && cell != "·" && cell != "503" {
					t.Errorf("%s answers %s, %s, with %s", r.route, role, columns[i].name, cell)
				}
			}
		}
		if slices.ContainsFunc(r.apart, passed) {
			if beyondOnesUnit[r.route] == "" && nobodysUnit[r.route] == "" {
				t.Errorf("%s lets people of other units reach what a unit left that is no more", r.route)
			}
			used[r.route] = true
		}
		if slices.Contains(r.gone, "allow") && !reads && !begins(r.route, forAuditors) {
			t.Errorf("%s lets people of a unit that is no more do something", r.route)
		}
		for i, cell := range r.who[string(actor.Auditor)] {
			if passed(cell) && !reads && !begins(r.route, forAuditors) {
				t.Errorf("%s lets who only reads do something, %s", r.route, columns[i].name)
			}
		}
		for _, keeper := range []string{"person", "papers/{ord}", "papers/{number}", "papers/purpose", "dossiers/file", "dossiers/export"} {
			if strings.HasSuffix(r.route, keeper) && slices.ContainsFunc(r.who[string(actor.Administrator)], passed) {
				t.Errorf("%s lets the keeper of the system at citizens' papers or numbers", r.route)
			}
		}
	}
	for route := range beyondOnesUnit {
		if !used[route] {
			t.Errorf("%s is in beyondOnesUnit and answers nobody beyond their unit", route)
		}
	}
}
