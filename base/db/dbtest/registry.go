package dbtest

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"testing"

	"cchc/base/db"
)

// MaxPairs is how many statements of the project may differ between the engines.
const MaxPairs = 10

var (
	params   = regexp.MustCompile(`\$([0-9]+)`)
	dialect  = regexp.MustCompile(`(?i)\bSELECT\s+\*|\bNOW\s*\(|\bCURRENT_(DATE|TIME|TIMESTAMP)\b|\bI?LIKE\b|\b(LOWER|UPPER)\s*\(|\bFOR\s+UPDATE\b|\bINSERT\s+OR\b|\bGLOB\b|::`)
	oneQuote = regexp.MustCompile(`'[^']*'`)
)

// CheckRegistry prepares every registered statement on d and tells of each that
// the engine refuses, that doesn't number its parameters in order of first
// appearance, or that leaves the dialect which both engines share. Every package
// whose statements count has to be imported by the test.
func CheckRegistry(t testing.TB, d *db.DB) {
	t.Helper()
	h, err := d.Handle()
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	pairs := 0
	told := map[string]bool{} // one sample of a family is enough
	tell := func(s *db.Stmt, problem, text string) {
		if problem != "" && !told[s.Name+problem] {
			told[s.Name+problem] = true
			t.Errorf("statement %s %s:\n%s", s.Name, problem, text)
		}
	}
	for _, s := range db.Registered() {
		text := s.Text(d.Engine())
		// PostgreSQL's is the text as it was written; SQLite's may have lost the
		// numbers.
		if problem := CheckText(s.Text(db.Postgres)); problem != "" {
			t.Errorf("statement %s %s:\n%s", s.Name, problem, text)
		}
		if s.Paired {
			pairs++
			if problem := CheckText(s.Text(db.Postgres)); problem != "" {
				t.Errorf("statement %s %s:\n%s", s.Name, problem, text)
			}
		}
		p, err := h.PrepareContext(context.Background(), text)
		if err != nil {
			tell(s, fmt.Sprintf("is refused by %s: %v", d.Engine(), err), text)
			continue
		}
		p.Close()
	}
	if pairs >= MaxPairs {
		t.Errorf("%d statements differ between the engines, want fewer than %d", pairs, MaxPairs)
	}
}

// CheckText returns what is wrong with a statement's text whatever the engine, or
// "".
func CheckText(text string) string {
	text = oneQuote.ReplaceAllString(text, "''")
	if m := dialect.FindString(text); m != "" {
		return "has " + m + ", which the engines don't share"
	}
	most := 0
	for _, m := range params.FindAllStringSubmatch(text, -1) {
		n, _ := strconv.Atoi(m[1])
		if n > most+1 || n == 0 {
			return "has " + m[0] + " before " + "$" + strconv.Itoa(most+1)
		}
		most = max(most, n)
	}
	return ""
}
