package serviceindex_test

import (
	"bytes"
	"os"
	"testing"

	"cchc/base/fault"
	"cchc/base/points"
	"cchc/base/table"
	"cchc/data"
	"cchc/serviceindex"
)

// A period that was read is written so that it is read again as the same.
func FuzzParsePeriod(f *testing.F) {
	for _, s := range []string{"2026", "2026-11", "2026-q4", "2026-h1", "2026-11-23", "", " ", "0", "-1", "\x00", "\xff\xfe", "\u202e", "99999999999999999999", "e\u0302\u0301", "||||||||", "31/02/2026", "0000-00-00", "9999-12-31T24:61", "1e400", "NaN"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if p, err := serviceindex.ParsePeriod(s); err == nil {
			if again, err := serviceindex.ParsePeriod(p.String()); err != nil || again != p {
				t.Errorf("%q is %v, which is read as %v, %v", s, p, again, err)
			}
		}
	})
}

// Points of rows lie between 0 and their metric's maximum, the rows pass through as they
// were, and what was written is written again the same; anything else is refused before a
// byte is written, at a line of the file.
func FuzzScoreCSV(f *testing.F) {
	sets, err := serviceindex.LoadSets(data.QD766)
	if err != nil {
		f.Fatal(err)
	}
	head := "unit,metric,numerator,denominator,points\n"
	for _, s := range []string{head + "A,on_time,1,2,\n", head + "A,1.1,5,4,\n", head + "A,1.1,1.0,\"2,00\",x\n", "unit,metric,numerator,denominator\nA,1.1,0,0\n", head + "A,1.1,9223372036854775807,9223372036854775807,\n", head + "A,1.1,+1,2,\n",
		head + "A,,1,2,\n", "points,points,unit,metric,numerator,denominator\n1,2,A,1.1,1,2\n", head + "\"A\n", head, ""} {
		f.Add(uint8(0), []byte(s))
	}
	for i := range sets {
		rows := head
		for _, g := range sets[i].Groups {
			for _, m := range g.Metrics {
				rows += "\"Xã, Một\"," + m.Code + ",7,9,\nB," + m.Code + ",0,0,–\nC," + m.Code + ",9,\"9,0\",1\n"
			}
		}
		f.Add(uint8(i), []byte(rows))
	}
	if b, err := os.ReadFile("testdata/golden_766.csv"); err == nil {
		f.Add(uint8(0), b)
	}
	f.Fuzz(func(t *testing.T, which uint8, text []byte) {
		s := sets[int(which)%len(sets)]
		var once, twice bytes.Buffer
		if err := s.ScoreCSV(bytes.NewReader(text), &once); err != nil {
			if !fault.Is(err, fault.Invalid) || once.Len() > 0 {
				t.Errorf("%d bytes were written, and no clear answer: %v", once.Len(), err)
			}
			return
		}
		if err := s.ScoreCSV(bytes.NewReader(once.Bytes()), &twice); err != nil || !bytes.Equal(once.Bytes(), twice.Bytes()) {
			t.Errorf("what was written reads back differently, %v:\n%s\n%s", err, once.String(), twice.String())
		}
		r, err := table.Read(bytes.NewReader(once.Bytes()), "metric", "points")
		if err != nil {
			t.Fatal(err)
		}
		for r.Next() {
			m, _ := s.Metric(r.Get("metric"))
			if r.Get("points") == "–" {
				continue
			}
			if p, err := points.Parse(r.Get("points")); err != nil || p < 0 || p > m.Max {
				t.Errorf("%q points of %s for %v", r.Get("points"), m.Max, r.Cells())
			}
		}
	})
}
