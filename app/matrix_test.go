package app

import (
	"flag"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"cchc/base/actor"
	"cchc/base/db"
	"cchc/base/web"
)

var renewMatrix = flag.Bool("renew-matrix", false, "write testdata/matrix.txt anew, to be read before it is committed")

// A route is one of pages, or an operation of the API.
type route struct {
	name         string // "GET /dossiers/{code}"
	method, path string
	op           *call // of the API
}

// routes lists every route from the router itself, and every operation from the
// API's own text.
func (w *terrain) routes() []route {
	var out []route
	for _, p := range w.h.(*web.Mux).Patterns() {
		method, path, _ := strings.Cut(p, " ")
		out = append(out, route{name: p, method: method, path: path})
	}
	for _, x := range w.c.calls() {
		out = append(out, route{name: x.method + " " + x.path, method: x.method, path: x.path, op: &x})
	}
	slices.SortFunc(out, func(a, b route) int {
		if c := strings.Compare(a.path, b.path); c != 0 {
			return c
		}
		return strings.Compare(a.method, b.method)
	})
	return out
}

// A column says where somebody's role is held, and where the thing stands.
type column struct {
	name        string
	held, stood string
	by          way
}

var columns = []column{
	{name: "own", held: ourCommune, stood: ourCommune},
	{name: "below", held: theProvince, stood: ourCommune},
	{name: "sibling", held: ourCommune, stood: nextCommune},
	{name: "above", held: ourCommune, stood: theProvince},
	{name: "far", held: ourCommune, stood: farCommune},
	{name: "system", held: everywhere, stood: ourCommune},
	{name: "narrow", held: ourCommune, stood: ourCommune, by: byNarrow},
}

// outcome tells what came of a call, as the matrix shows it.
func outcome(got *httptest.ResponseRecorder, wrote bool) string {
	switch code := got.Code; {
	case wrote && (code == http.StatusNotFound || code >= 500): // it looked for what was undone
		return "allow"
	case code == http.StatusSeeOther && strings.HasPrefix(got.Header().Get("Location"), "/sign-in"):
		return "sign-in"
	case code == http.StatusSeeOther && got.Header().Get("Location") == "/me/password":
		return "confined" // to what must be done first
	case code < 400:
		return "allow"
	case code == http.StatusBadRequest, code == http.StatusUnprocessableEntity, code == http.StatusRequestEntityTooLarge, code == http.StatusUnsupportedMediaType:
		return "input"
	case code == http.StatusUnauthorized:
		return "sign-in"
	case code == http.StatusForbidden:
		return "deny"
	case code == http.StatusNotFound:
		return "hidden"
	case code == http.StatusConflict:
		return "conflict"
	default:
		return fmt.Sprint(code)
	}
}

// passed reports whether somebody with this outcome was let in.
func passed(cell string) bool { return cell == "allow" || cell == "input" || cell == "conflict" }

// quietly tells what every request may note: that a session or a token is in use.
func quietly(statement string) bool {
	return strings.HasPrefix(statement, "auth.session.") || statement == "auth.bearer.used" || statement == "look.put"
}

// recorded tells what looking at something writes: that it was looked at.
func recorded(statement string) bool {
	return strings.HasPrefix(statement, "audit.") || strings.HasPrefix(statement, "look.")
}

// unaudited are statements that may change something in a call that leaves no entry in
// the trail, and why. Looks are exempt in recorded: they are a record of their own.
var unaudited = map[string]string{
	"auth.attempt.count": "a wrong code or password is counted, so that guessing becomes slow: it is nobody's deed, and the counter is what tells of it",
	"notice.read":        "that one has read a notice of one's own",
	"notice.read_all":    "that one has read one's own notices",
	"turn.number":        "the next number of a queue, for who draws a turn at the door",
	"turn.put":           "a turn that a visitor draws: there is no actor, and the turn is itself the record of it; calling it has an entry",
}

// untold lists the statements by which a call changed something and left no entry in the
// trail.
func untold(statements []string) []string {
	if slices.Contains(statements, "audit.record") {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(statements), func(s string) bool { return quietly(s) || recorded(s) || unaudited[s] != "" })
}

// A finding is what no row of the matrix may excuse.
type finding struct{ route, who, what string }

// ask makes a call as it would be made, and undoes what it did.
func (w *terrain) ask(x route, p *holder, col column, q inquiry) (string, []finding) {
	var found []finding
	who := "visitor"
	if p != nil {
		who = string(p.role) + " " + col.name
	}
	say := func(format string, args ...any) {
		found = append(found, finding{x.name, who, fmt.Sprintf(format, args...)})
	}
	rehearsal, r := db.Rehearse(ctx)
	got := w.sendWith(rehearsal, p, col.by, x.method, q.address, q.kind, q.body)
	changed := slices.DeleteFunc(r.Statements(), quietly)
	if got.Code >= 500 && len(changed) == 0 && got.Code != http.StatusServiceUnavailable || got.Code == http.StatusTooManyRequests || got.Code == http.StatusMethodNotAllowed {
		say("%s answered %d: %.200s", q.address, got.Code, got.Body)
	}
	if x.method == http.MethodGet {
		for _, s := range changed {
			if !recorded(s) {
				say("GET changes something: %s", s)
			}
		}
	}
	for _, s := range untold(r.Statements()) {
		say("changes something, and no entry in the trail tells of it: %s", s)
	}
	if why := os.Getenv("MATRIX_WHY"); why == x.name { // for who wonders about a cell
		w.t.Logf("%s: %s %s\n%s\n%d %.600s", who, x.method, q.address, q.body, got.Code, got.Body)
	}
	if code := got.Code; code == http.StatusForbidden || code == http.StatusUnauthorized {
		for _, s := range changed {
			if !recorded(s) {
				say("is refused, and changes something: %s", s)
			}
		}
	}
	text := readable(got)
	if p != nil && p.place == theProvince {
		for _, s := range w.sinceItLeft() {
			switch {
			case !strings.Contains(text, s) || strings.Contains(q.address+q.body, s):
			case countedForBoth[x.name] != "":
				w.both.Store(x.name, true)
			default:
				say("shows %s, which is of a unit that left", s)
			}
		}
	}
	for _, letter := range []string{ourCommune, nextCommune, farCommune, theProvince, farProvince, goneCommune, leftCommune, sinceItLeft} {
		if strings.Contains(text, secret(letter)) && !within(p, letter) {
			say("shows an applicant of %s", letter)
		}
		if strings.Contains(text, idNumber(letter)) && (!within(p, letter) || p.role == actor.Administrator) {
			say("shows a citizen's number of %s", letter)
		}
	}
	return outcome(got, len(changed) > 0), found
}

// within reports whether the unit lies where the person holds a role.
func within(p *holder, letter string) bool {
	if p == nil {
		return false
	}
	switch p.place {
	case everywhere:
		return true
	case theProvince:
		return letter == theProvince || letter == ourCommune || letter == nextCommune || letter == goneCommune
	case farProvince:
		return letter == farProvince || letter == farCommune || letter == leftCommune || letter == sinceItLeft
	case ourCommune: // it succeeds to the one that is no more
		return letter == ourCommune || letter == goneCommune
	}
	return letter == p.place
}

// notInSession are operations that answer somebody in a session otherwise than by their
// token, and why.
var notInSession = map[string]string{}

// inSession finds where an operation of the API, asked in the session of a browser, gives
// something else than by the token of the same person.
func (w *terrain) inSession(x route, p *holder, q inquiry, byToken string) (found []finding) {
	if x.op == nil || notInSession[x.name] != "" {
		return nil
	}
	col := columns[0]
	col.by = bySession
	cell, found := w.ask(x, p, col, q)
	for i := range found {
		found[i].who += " in a session"
	}
	if cell != byToken {
		found = append(found, finding{x.name, string(p.role) + " in a session", "gets " + cell + ", and by a token " + byToken})
	}
	return found
}

// otherSites are how browsers say that a page of another site sends a request: what they
// say depends on their age and on where that page lies.
var otherSites = [][]string{
	{"Sec-Fetch-Site", "cross-site", "Origin", "https://elsewhere.example"},
	{"Sec-Fetch-Site", "same-site", "Origin", "https://other.example.com"},
	{"Sec-Fetch-Site", "cross-site", "Origin", ""},
	{"Origin", "https://elsewhere.example"},
	{"Origin", "null"},
}

// fromElsewhere finds where a page of another site does something in the session of
// somebody who may do everything: whatever is no GET is refused, and nothing changes.
func (w *terrain) fromElsewhere(x route, q inquiry) (found []finding) {
	if x.method == http.MethodGet {
		return nil
	}
	for _, header := range otherSites {
		rehearsal, r := db.Rehearse(ctx)
		got := w.sendWith(rehearsal, w.all, bySession, x.method, q.address, q.kind, q.body, header...)
		if changed := r.Statements(); got.Code != http.StatusForbidden || len(changed) > 0 {
			found = append(found, finding{x.name, "a page of another site", fmt.Sprintf("with %v: %d, changed %v", header, got.Code, changed)})
		}
	}
	return found
}

// forFirstPassword are the routes for somebody whose first password waits to be changed.
var forFirstPassword = []string{"GET /me/password", "POST /me/password", "POST /sign-out"}

// fromWhoIsOut finds where somebody gets more than a visitor who had every right, and has
// none any more: the account was closed, the token withdrawn or past its day, or the
// password is one that somebody else knows.
func (w *terrain) fromWhoIsOut(x route, q inquiry, visitors string) (found []finding) {
	for _, p := range w.out {
		if p.token != "" && len(p.cookies) == 0 && x.op == nil {
			continue // only its token is
		}
		for _, by := range []way{asUsual, bySession} {
			if by == bySession && (x.op == nil || len(p.cookies) == 0) {
				continue
			}
			col := columns[0]
			col.by = by
			cell, f := w.ask(x, p, col, q)
			for i := range f {
				f[i].who = p.out
			}
			found = append(found, f...)
			if passed(cell) && !passed(visitors) && !(p.out == outFirstPassword && slices.Contains(forFirstPassword, x.name)) {
				found = append(found, finding{x.name, p.out, "gets " + cell + ", and a visitor " + visitors})
			}
		}
	}
	return found
}

// sinceItLeft are texts by which one knows what a commune has since it left the province:
// codes of dossiers, and the names of its people, of whom those that were there before
// count too.
func (w *terrain) sinceItLeft() (out []string) {
	for _, name := range []string{"dossier", "listed", "stopped", "void", "paid", "apologised"} {
		out = append(out, w.corners[sinceItLeft].thing[name])
	}
	return append(out, "Người "+leftCommune, "Người "+sinceItLeft)
}

// countedForBoth are lists behind figures of a period. The period in which a unit went to
// another parent counts it for both, all of it (docs/adr/0005), and a list has as many rows
// as its figure: codes, no names.
var countedForBoth = map[string]string{
	"GET /index/{unit}/{metric}":                  "dossiers behind an index",
	"GET /reports/evaluation/list":                "dossiers behind the evaluation",
	"GET /api/v1/reports/{form}/list":             "dossiers behind a form's figure",
	"GET /api/v1/reports/evaluation/{index}/list": "dossiers behind the evaluation",
}

// fromFormerParent finds where somebody who may everything in a province, and asks for the
// whole of it, is shown what a commune has that left it: the things themselves are asked
// for in the states, and here what lists, figures and the trail make of them.
func (w *terrain) fromFormerParent(x route) []finding {
	if x.method != http.MethodGet {
		return nil
	}
	q, err := w.inquiry(x, w.corners[theProvince])
	if err != nil {
		return nil // nothing there to ask for
	}
	_, found := w.ask(x, w.people[allRoles+theProvince], column{}, q)
	for i := range found {
		found[i].who = "every role in the former province"
	}
	return found
}

const visitor = "visitor"

// table asks every question of a route and returns its block of the matrix.
func (w *terrain) table(x route) (block string, found []finding) {
	rows := map[string][]string{} // outcomes → who
	var order []string
	add := func(who string, cells []string) {
		var b strings.Builder
		for _, c := range cells {
			fmt.Fprintf(&b, "%-9s", c)
		}
		line := b.String()
		if rows[line] == nil {
			order = append(order, line)
		}
		rows[line] = append(rows[line], who)
	}
	first, err := w.inquiry(x, w.corners[ourCommune])
	if err != nil {
		return "", []finding{{x.name, "", err.Error()}}
	}
	cell, f := w.ask(x, nil, columns[0], first)
	found = append(found, f...)
	add(visitor, append([]string{cell}, slices.Repeat([]string{"·"}, len(columns)-1)...))
	visitors := passed(cell)
	reached := visitors
	var below []actor.Role
	for _, role := range actor.Roles {
		cells := []string{}
		for _, col := range columns {
			c := w.corners[col.stood]
			if p := w.people[string(role)+col.held]; col.stood == ourCommune {
				c = c.as(p)
			}
			q, err := w.inquiry(x, c)
			if err != nil || col.by == byNarrow && x.op == nil || col.stood != ourCommune && q == first {
				cells = append(cells, "·") // nothing there to ask for
				continue
			}
			cell, f := w.ask(x, w.people[string(role)+col.held], col, q)
			found = append(found, f...)
			reached = reached || passed(cell)
			cells = append(cells, cell)
			if col.name == "below" && passed(cell) {
				below = append(below, role)
			}
			if col.name == "own" {
				found = append(found, w.inSession(x, w.people[string(role)+col.held], q, cell)...)
			}
		}
		add(string(role), cells)
	}
	found = append(found, w.fromElsewhere(x, first)...)
	found = append(found, w.fromWhoIsOut(x, first, cell)...)
	found = append(found, w.fromFormerParent(x)...)
	stateLines, some, f := w.inStates(x, first, below, visitors)
	found, reached = append(found, f...), reached || some
	if !reached && nobody[x.name] == "" && !w.fewerStates() {
		found = append(found, finding{x.name, "everybody", "nobody gets anything: its fill names nothing that is there, or its guard lets nobody in; see fills and nobody"})
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", x.name)
	for _, line := range order {
		fmt.Fprintf(&b, "  %s%s\n", line, strings.Join(rows[line], " "))
	}
	b.WriteString(stateLines)
	return b.String(), found
}

const matrixHeader = `# Who may do what: every route of pages and every operation of the API, asked by every role.
#
# Columns: where the person's role is held, and where the thing stands that is asked for.
#   own      held in a commune, the thing is that commune's
#   below    held in the province, the thing is a commune's
#   sibling  held in a commune, the thing is the next commune's
#   above    held in a commune, the thing is the province's
#   far      held in a commune, the thing is in another province
#   system   held in the whole system, the thing is a commune's
#   narrow   as own, by a token that is for unit.read alone
# Below a block: what comes of it in each state of the thing, which is our commune's: asked by who holds the role there (in
# own), in the province (below), in the next commune (sibling), in a commune of another province (far) and, of what is no
# dossier, in the whole system. A kind without states behind it is the kind in all its states, as they are listed below, and
# "but" is in all except these. What is of no unit stands in system, and rounds, sets and results are the province's. And of what a commune left that is no more:
# asked by who had their role there (in gone), in its successor (heir), in the next commune (beside) and in another province
# (afar). And of what a commune has that left the province for another one, from before it left and since: asked from the
# province (former), and from the other one (joined) by the roles that below lets in; where visitors are let in nobody asks.
# Columns that answer alike stand together; everybody is every role.
# Cells: allow; input (may, and what was sent is not right); conflict (may, and the thing's state forbids it);
#   deny (403), hidden (404), sign-in (401 or sent to sign in); · is nothing to ask for.
#
# TestTheMatrix compares this with what the program does, and fails for a route without a block and for a block without
# a route. When a change is meant:  make matrix  and then read the difference: every line that went from deny, hidden or
# sign-in to something else is a right that somebody gained.
#
#  own      below    sibling  above    far      system   narrow
#
# The states, by kind:
`

// stateList says which states stand in the matrix, by kind.
func (w *terrain) stateList() string {
	var b strings.Builder
	for i, s := range w.states {
		if i == 0 || w.states[i-1].kind != s.kind {
			fmt.Fprintf(&b, "\n#   %s:", s.kind)
		}
		if s.state != "" {
			b.WriteString(" " + s.state)
		}
	}
	return strings.TrimPrefix(b.String(), "\n") + "\n"
}

// Every route of pages and of the API is asked by every role, of things in its own
// unit, below, beside and above it, and what comes of it is what the table says.
func TestTheMatrix(t *testing.T) {
	if testing.Short() {
		t.Skip("one request after the other, many thousands: the long form has them")
	}
	t.Parallel()
	w := raise(t)
	w.allStatesStand(t)
	all := w.routes()
	blocks, found := make([]string, len(all)), make([][]finding, len(all))
	var wait sync.WaitGroup
	next := make(chan int)
	for range 4 {
		wait.Go(func() {
			for i := range next {
				blocks[i], found[i] = w.table(all[i])
			}
		})
	}
	for i := range all {
		next <- i
	}
	close(next)
	wait.Wait()
	for name := range nobody {
		if !slices.ContainsFunc(all, func(x route) bool { return x.name == name }) {
			t.Errorf("%s is in nobody and is no route any more", name)
		}
	}
	for name := range countedForBoth {
		if _, ok := w.both.Load(name); !ok {
			t.Errorf("%s is in countedForBoth and shows nothing of a unit that left", name)
		}
	}
	for _, f := range slices.Concat(found...) {
		t.Errorf("%s as %s: %s", f.route, f.who, f.what)
	}
	text := matrixHeader + w.stateList() + "\n" + strings.Join(blocks, "\n")
	const name = "testdata/matrix.txt"
	if *renewMatrix {
		if os.Getenv("CI") != "" || w.fewerStates() {
			t.Fatal("the matrix is renewed by a person who reads it, on SQLite, which asks everything")
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	stored, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	want, got := matrixBlocks(string(stored)), matrixBlocks(text)
	for _, route := range slices.Sorted(maps.Keys(want)) {
		if _, ok := got[route]; !ok {
			t.Errorf("%s has a block in %s and is no route any more: make matrix", route, name)
		}
	}
	for _, x := range all {
		switch now, ok := want[x.name]; {
		case !ok:
			t.Errorf("%s has no block in %s: make matrix, and read who may do what:\n%s", x.name, name, got[x.name])
		case w.statesOf(now) != w.statesOf(got[x.name]):
			t.Errorf("%s is not what %s says.\nThe table:\n%s\nThe program:\n%s\nWhen this is meant: make matrix", x.name, name, w.statesOf(now), w.statesOf(got[x.name]))
		}
	}
}

// matrixBlocks reads the matrix: the lines of each route.
func matrixBlocks(text string) map[string]string {
	out, route := map[string]string{}, ""
	for line := range strings.Lines(text) {
		switch {
		case strings.HasPrefix(line, "#") || strings.TrimSpace(line) == "":
		case !strings.HasPrefix(line, " "):
			route = strings.TrimSpace(line)
			out[route] = ""
		default:
			out[route] += line
		}
	}
	return out
}
