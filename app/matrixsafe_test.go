package app

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"cchc/base/actor"
	"cchc/base/db"
	"cchc/base/web"
)

// rights is the matrix as rules read it: what each role gets of a route in each column.
type rights struct {
	route   string
	gone    []string            // what comes of it for people of a unit that is no more
	apart   []string            // what comes of it, of what such a unit left, for people of others that are not its heir
	former  []string            // what comes of it, of what a unit has that left, for people of its former parent
	outside []string            // what comes of it in some state, for people of other units
	draft   bool                // somebody is let in where it is not published yet
	who     map[string][]string // role, or visitor → a cell for each of columns
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
		case f[0] == "in": // of states; columns are other ones there
			r := &out[len(out)-1]
			of, what, _ := strings.Cut(line, ": ")
			named := strings.Fields(of)[2:]
			but := len(named) > 1 && named[1] == "but"
			if named[0] == "result" && (len(named) == 1 || slices.Contains(named, "prepared") != but) && strings.Contains(what, "allow") {
				r.draft = true
			}
			var cells []string
			for part := range strings.SplitSeq(what, ";") {
				cells = append(cells, strings.Fields(part)[0])
			}
			for col := range strings.SplitSeq(f[1], ",") {
				switch col {
				case "gone":
					r.gone = append(r.gone, cells...)
				case "beside", "afar":
					r.apart = append(r.apart, cells...)
				case "former":
					r.former = append(r.former, cells...)
				case "sibling", "far":
					// A round and what is of it are the province's: its communes may see them, and do
					// nothing; and a result that was published is everybody's.
					seen := col == "sibling" && slices.Contains(ofProvince, named[0]) && !strings.Contains(r.route, "/sheets/{") && !strings.Contains(r.route, "{unit}") ||
						named[0] == "result" && slices.Equal(named[1:], []string{"published", "amended"})
					if seen && strings.HasPrefix(r.route, "GET ") {
						continue
					}
					r.outside = append(r.outside, cells...)
				}
			}
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

// ofProvince are the kinds of things of the matrix that are the province's, and not our
// commune's.
var ofProvince = []string{"round", "sheet", "stage", "criteria_set", "result"}

func columnOf(name string) int {
	return slices.IndexFunc(columns, func(c column) bool { return c.name == name })
}

// openToVisitors are the routes that everybody may see and do, each by its whole
// pattern: a new one has to be written here. Routes by a secret (web.BySecret) and of
// what was published (web.Published) are not among them; they obey rules of their own.
var openToVisitors = []string{
	"GET /{$}", "GET /api", "GET /complain", "GET /healthz", "GET /readyz", "GET /readyz/read", "GET /help", "GET /help/{page}", "GET /keys", "GET /lookup", "POST /lookup",
	"GET /on-time", "GET /reference/{tag}", "GET /reports/ii06a.css", "GET /services", "GET /services/{code}", "GET /my-data", "POST /my-data", "POST /preferences",
	"GET /sign-in", "GET /sign-in/who", "POST /sign-in", "POST /sign-in/passkey", "POST /sign-in/passkey/begin",
	"GET /turns/{unit}", "GET /turns/{unit}/slips/{id}", "GET /turns/{unit}/stream", "GET /turns/{unit}/take", "POST /turns/{unit}/take",
	"GET /api/v1/calendar/days", "GET /api/v1/calendar/due", "GET /api/v1/calendar/week", "GET /api/v1/log/checkpoint", "GET /api/v1/log/consistency",
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

// stillOfParent are routes that answer people of a unit's former parent, asked with a thing of
// the unit, beside those of beyondOnesUnit, and why.
var stillOfParent = map[string]string{
	"GET /scorecard/results/card":                   "the result is the province's, and the unit is not in it",
	"POST /api/v1/scorecard/rounds/{id}/appraisers": "the round is the province's; who is no appraiser of it is refused without a name",
	"POST /api/v1/scorecard/sets/{id}/derive":       "the set is the province's",
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
		return slices.ContainsFunc(list, func(p string) bool { return strings.HasPrefix(route, p) })
	}
	mux := everyPage(t)
	used := map[string]bool{}
	for _, r := range readMatrix(t) {
		reads := strings.HasPrefix(r.route, "GET ")
		if len(r.who) != len(actor.Roles)+1 {
			t.Errorf("%s has rows for %d, want every role and the visitor once", r.route, len(r.who))
			continue
		}
		access := mux.AccessOf(r.route)
		if passed(r.who[visitor][0]) {
			used[r.route] = true
			if access.NeedsSignIn() || !access.NeedsSecret() && !access.ShowsPublished() && !slices.Contains(openToVisitors, r.route) {
				t.Errorf("%s lets visitors in", r.route)
			}
		}
		if access.ShowsPublished() && (!reads || r.draft) {
			t.Errorf("%s is declared to show what was published, and changes something or shows what was not", r.route)
		}
		for _, role := range actor.Roles {
			cells := r.who[string(role)]
			// A secret opens to whoever has it, and what was published is everybody's: who is
			// signed in gets no more by it than a visitor.
			if (access.NeedsSecret() || access.ShowsPublished() && !access.NeedsSignIn()) && cells[0] != r.who[visitor][0] {
				t.Errorf("%s gives %s %s, and a visitor %s", r.route, role, cells[0], r.who[visitor][0])
			}
			if access.ShowsPublished() && access.NeedsSignIn() && cells[0] != "deny" && !slices.Equal(cells, r.who[string(actor.Auditor)]) {
				t.Errorf("%s shows %s what was published otherwise than to others", r.route, role)
			}
			for _, beyond := range []string{"sibling", "above", "far"} {
				if !passed(cells[columnOf(beyond)]) {
					continue
				}
				if beyondOnesUnit[r.route] == "" && !access.NeedsSecret() && !access.ShowsPublished() {
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
			if beyondOnesUnit[r.route] == "" && nobodysUnit[r.route] == "" && !access.NeedsSecret() && !access.ShowsPublished() {
				t.Errorf("%s lets people of other units reach what a unit left that is no more", r.route)
			}
			used[r.route] = true
		}
		if slices.ContainsFunc(r.former, passed) {
			if beyondOnesUnit[r.route] == "" && stillOfParent[r.route] == "" && !access.NeedsSecret() && !access.ShowsPublished() {
				t.Errorf("%s lets people of a unit's former parent reach what the unit has", r.route)
			}
			used[r.route] = true
		}
		if slices.ContainsFunc(r.outside, passed) {
			if beyondOnesUnit[r.route] == "" && !access.NeedsSecret() && !access.ShowsPublished() {
				t.Errorf("%s lets people of other units reach a thing in some state", r.route)
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
	for route := range stillOfParent {
		if !used[route] {
			t.Errorf("%s is in stillOfParent and answers nobody of a former parent", route)
		}
	}
	for _, route := range openToVisitors {
		if !used[route] {
			t.Errorf("%s is in openToVisitors and lets no visitor in", route)
		}
	}
}

// everyPage is the router with every page there can be.
func everyPage(t *testing.T) *web.Mux {
	t.Helper()
	r, _, u, _ := commune(t)
	person(t, r, "quantri", actor.Administrator, u) // with nobody there all leads to the first run
	h, stop, err := r.handler(t.Context(), serveFlags{Files: t.TempDir(), Base: "https://cchc.example.vn",
		SSO: ssoFlags{Issuer: "https://sso.example.vn", Client: "cchc"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	return h.(*web.Mux)
}

// A secret that is nobody's opens nothing: it is not found, whatever else is right of the
// call, and no cache keeps the answer.
func TestASecretThatIsNobodysOpensNothing(t *testing.T) {
	t.Parallel()
	mux := everyPage(t)
	secrets := 0
	for _, p := range mux.Patterns() {
		if !mux.AccessOf(p).NeedsSecret() {
			continue
		}
		secrets++
		method, path, _ := strings.Cut(p, " ")
		for _, wrong := range []string{"nobodys", strings.Repeat("a", 26), "%00", "' OR ''='"} {
			r := httptest.NewRequest(method, strings.ReplaceAll(path, "{token}", url.PathEscape(wrong)), strings.NewReader("score=5&reason=A&text=A"))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Sec-Fetch-Site", "same-origin")
			rehearsal, undone := db.Rehearse(r.Context())
			w := httptest.NewRecorder()
			mux.ServeHTTP(w, r.WithContext(rehearsal))
			if w.Code != http.StatusNotFound || w.Header().Get("Cache-Control") != "no-store" {
				t.Errorf("%s with the secret %q: %d, %q", p, wrong, w.Code, w.Header().Get("Cache-Control"))
			}
			if changed := slices.DeleteFunc(undone.Statements(), quietly); len(changed) > 0 {
				t.Errorf("%s with the secret %q wrote %v", p, wrong, changed)
			}
		}
	}
	if secrets < 5 {
		t.Errorf("%d routes ask for a secret, want those of rating and of stopping", secrets)
	}
}
