package criteria

import (
	"bytes"
	"context"
	"os"
	"testing"

	"cchc/base/i18n"
)

func read(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestBothFullSetsLoad(t *testing.T) {
	for name, want := range map[string]struct{ leaves, fields int }{
		"../../data/criteria_synthetic_commune.yaml":  {33, 7},
		"../../data/criteria_synthetic_district.yaml": {56, 8},
	} {
		s, err := Load(read(t, name))
		if err != nil {
			t.Errorf("Load(%s):\n%v", name, err)
			continue
		}
		if len(s.Leaves()) != want.leaves || len(s.Fields) != want.fields {
			t.Errorf("%s has %d leaves in %d fields", name, len(s.Leaves()), len(s.Fields))
		}
		first := Canonical(s)
		again, err := Load(first)
		if err != nil {
			t.Fatalf("Load(Canonical(%s)): %v\n%s", name, err, first)
		}
		if second := Canonical(again); !bytes.Equal(first, second) {
			t.Errorf("the canonical form of %s changes when it is read again:\n%s\n---\n%s", name, first, second)
		}
		for _, l := range s.Leaves() {
			for _, lang := range i18n.Langs {
				t.Log(l.Code, l.Leaf.Rule.Sentence(i18n.With(context.Background(), lang), l))
			}
		}
	}
}
