package table_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"cchc/base/fault"
	"cchc/base/table"
)

func TestReadSkipsMarkAndRemarks(t *testing.T) {
	r, err := table.Read(strings.NewReader("\ufeffcode, name\n# a remark\nA,\"x\ny\"\nB, z \n"), "name")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for r.Next() {
		got = append(got, r.Get("code")+"="+r.Get("name")+"="+r.Get("nothing"))
	}
	if r.Err() != nil || strings.Join(got, "|") != "A=x\ny=|B=z=" {
		t.Errorf("rows %q, error %v", got, r.Err())
	}
	if f := r.Wrong("name", "table.empty"); !strings.Contains(f.Error(), "Line=5 Column=name Value=z") {
		t.Errorf("the fault of a cell is %v, want line 5, column name, value z", f)
	}
}

func TestReadRefuses(t *testing.T) {
	for text, key := range map[string]string{
		"":                  "table.empty",
		"a,a\n":             "table.column_twice",
		"b\n":               "table.column_missing",
		"a,b\n1\n":          "table.width",
		"a,b\n1,\"2\n":      "table.broken",
		"a,b\n1,2\n3,4,5\n": "table.width",
	} {
		r, err := table.Read(strings.NewReader(text), "a")
		for err == nil && r.Next() {
		}
		if err == nil {
			err = r.Err()
		}
		if f := fault.As(err); f == nil || f.Key != key {
			t.Errorf("%q gives %v, want %s", text, err, key)
		}
	}
	boom := errors.New("boom")
	if _, err := table.Read(io.MultiReader(strings.NewReader("a"), iotest.ErrReader(boom))); !errors.Is(err, boom) {
		t.Errorf("a reader's own error comes back as %v", err)
	}
}
