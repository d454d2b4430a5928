package law

import (
	"testing"

	"cchc/base/moment"
)

func TestReferencesReadAsPapersWriteThem(t *testing.T) {
	r := Ref{Doc: "61/2018/NĐ-CP", Article: 19, Clause: 2, Point: "a"}
	if got, want := r.String(), "điểm a khoản 2 Điều 19 61/2018/NĐ-CP"; got != want {
		t.Errorf("String() = %q, want %q", got, want)
	}
	if got := (Ref{Doc: "766/QĐ-TTg"}).String(); got != "766/QĐ-TTg" {
		t.Errorf("a bare document reads %q", got)
	}
}

func TestSpansEndBeforeTheirLastDate(t *testing.T) {
	d := func(s string) moment.Date { v, _ := moment.ParseDate(s); return v }
	s := Span{d("2025-01-01"), d("2025-07-01")}
	for day, want := range map[string]bool{"2024-12-31": false, "2025-01-01": true, "2025-06-30": true, "2025-07-01": false} {
		if got := s.Holds(d(day)); got != want {
			t.Errorf("Holds(%s) = %t, want %t", day, got, want)
		}
	}
	if s.Overlaps(Span{From: d("2025-07-01")}) || !s.Overlaps(Span{From: d("2025-06-30")}) {
		t.Error("spans that touch must not overlap; spans that share a day must")
	}
}
