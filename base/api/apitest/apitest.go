// Package apitest compares the description of an API with the one that was
// promised.
package apitest

import (
	"bytes"
	"flag"
	"os"
	"testing"

	"cchc/base/api"
)

var update = flag.Bool("update-openapi", false, "write the description instead of comparing it")

// Golden fails the test when the API's description differs from the file; with
// -update-openapi it writes the file, and the difference is for review.
func Golden(t testing.TB, a *api.API, file string) {
	t.Helper()
	got, err := a.YAML()
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(got, want) {
		return
	}
	g, w := bytes.Split(got, []byte("\n")), bytes.Split(want, []byte("\n"))
	for i := range max(len(g), len(w)) {
		if i >= len(g) || i >= len(w) || !bytes.Equal(g[i], w[i]) {
			line := func(l [][]byte) []byte {
				if i < len(l) {
					return l[i]
				}
				return []byte("(nothing)")
			}
			t.Fatalf("%s differs from the API at line %d:\n  file %s\n  API  %s\nrun with -update-openapi if that is meant", file, i+1, line(w), line(g))
		}
	}
}
