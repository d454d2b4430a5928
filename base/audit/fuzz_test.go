package audit

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

// The changes of an entry are read as they were written; a text that is none is an error
// that names the entry, and no change stands for it.
func FuzzReadChanges(f *testing.F) {
	for _, s := range []string{`[{"field":"name","from":"a","to":"b"}]`, `[{"field":"phone","from":"9f86d081","to":"","personal":true}]`, "[]", "null", "", "{}", `[{"field":1}]`, `[{"field":"a"},{"field":1}]`, `[{"FIELD":"a","to":"\ud800"}]`,
		"[{}]", `["a"]`, strings.Repeat("[", 20_000), `[{"field":"a"}] x`, "[{\"field\":\"\xff\"}]"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		e := Entry{Key: "k-1"}
		if err := readChanges(&e, text); err != nil {
			if !strings.Contains(err.Error(), "k-1") || len(e.Changes) > 0 {
				t.Errorf("%q: %d changes and %v", text, len(e.Changes), err)
			}
			return
		}
		b, err := json.Marshal(e.Changes)
		if err != nil {
			t.Fatal(err)
		}
		again := Entry{Key: "k-2"}
		if err := readChanges(&again, string(b)); err != nil || !reflect.DeepEqual(again.Changes, e.Changes) {
			t.Errorf("%q is %+v, which is read as %+v, %v", text, e.Changes, again.Changes, err)
		}
	})
}
