package main

import (
	"strings"
	"testing"
	"time"
)

func TestSummary(t *testing.T) {
	t.Parallel()
	var all []time.Duration
	for i := range 100 {
		all = append(all, time.Duration(100-i)*time.Millisecond)
	}
	got := summary(all, 2*time.Second)
	if got.PerSecond != 50 || got.P50 != 51*time.Millisecond || got.P95 != 96*time.Millisecond || got.P99 != 100*time.Millisecond {
		t.Errorf("summary of 1 to 100 ms in 2 s: %+v", got)
	}
	if none := summary(nil, time.Second); none.P99 != 0 || none.PerSecond != 0 {
		t.Errorf("summary of nothing: %+v", none)
	}
}

// A figure that misses its aim says so, and one without an aim says nothing.
func TestTheReportSaysWhatIsMissed(t *testing.T) {
	t.Parallel()
	r := &report{}
	r.add(row{What: "a", Engine: "SQLite", Ours: "1", Aim: "< 2", Met: judge(true)})
	r.add(row{What: "b", Engine: "SQLite", Ours: "3", Aim: "< 2", Met: judge(false)})
	r.add(row{What: "c", Engine: "SQLite", Ours: "3"})
	text := r.markdown()
	for _, want := range []string{"| a | SQLite | 1 |  |  | < 2 | met |", "| b | SQLite | 3 |  |  | < 2 | **missed** |", "| c | SQLite | 3 |  |  |  |  |"} {
		if !strings.Contains(text, want) {
			t.Errorf("no line %q in\n%s", want, text)
		}
	}
}
