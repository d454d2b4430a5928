package criteria

import "testing"

func BenchmarkScore(b *testing.B) {
	s := commune(b)
	in := Inputs{}
	for i, l := range s.Leaves() {
		in[l.Code] = inputFrom(int64(90+i%10), 100, 7, 1)
		x := in[l.Code]
		x.Value, x.Ratio = nil, of(int64(90+i%10), 100)
		if k := l.Leaf.Rule.Kind(); k == Deduction || k == CountTier {
			x.Value = of(int64(i%5), 1)
		}
		in[l.Code] = x
	}
	b.Run("new card", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			s.Score(in)
		}
	})
	b.Run("leaf", func(b *testing.B) {
		c := &Card{}
		b.ReportAllocs()
		for b.Loop() {
			c = s.ScoreInto(c, in)
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(s.Leaves())), "ns/leaf")
	})
}
