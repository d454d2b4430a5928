package criteria

import (
	"bytes"
	"math/big"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"cchc/base/points"
)

func allSets(t testing.TB) (out []*Set) {
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range append(files, "../../data/criteria_synthetic_commune.yaml", "../../data/criteria_synthetic_district.yaml") {
		s, err := Load(read(t, f))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, s)
	}
	return out
}

// inputFrom makes an input that a rule of any kind finds something in.
func inputFrom(a, b, c int64, option uint8) Input {
	in := Input{Value: of(a, 1), Option: string(rune('0' + option%6)), Before: of(b, max(1, c)), Best: of(max(1, b), 1),
		Answers: []int64{a, b, c, int64(option)}, Vars: map[string]points.Ratio{}}
	for _, v := range []string{"done", "planned", "late", "ok", "total"} {
		in.Vars[v] = points.Ratio{Num: a + int64(len(v)), Den: 1}
	}
	return in
}

// Points lie between 0 and the maximum, whatever is entered; more of a good thing
// never scores less, nor more of a bad thing more.
func FuzzPointsKeepToTheirBoundsAndDirection(f *testing.F) {
	f.Add(uint16(0), int64(5), int64(7), int64(9), uint8(1))
	f.Add(uint16(9), int64(99996), int64(100000), int64(1), uint8(3))
	f.Add(uint16(70), int64(-1), int64(0), int64(-9), uint8(0))
	f.Add(uint16(33), int64(1)<<62, int64(1)<<61, int64(-1)<<63, uint8(2))
	sets := allSets(f)
	f.Fuzz(func(t *testing.T, which uint16, a, b, c int64, option uint8) {
		s := sets[int(which)%len(sets)]
		in := inputFrom(a, b, c, option)
		ratio := in
		ratio.Value, ratio.Ratio = nil, &points.Ratio{Num: a, Den: b}
		for _, l := range s.Leaves() {
			for _, x := range []Input{in, ratio, {Value: in.Value}, {Ratio: ratio.Ratio, Before: in.Before, Best: in.Best}, {Answers: in.Answers}, {NA: true}} {
				r, _ := s.Try(l.Code, x, nil)
				if r.Points < 0 || r.Points > l.Max || r.Max < 0 || r.Max > l.Max {
					t.Errorf("%s %s: %s of %s points for %+v", s.ID, l.Code, r.Points, l.Max, x)
				}
				if r.State == Scored && r.Exact.Round(l.Leaf.places(s)) != r.Points {
					t.Errorf("%s %s: exactly %s is not %s", s.ID, l.Code, r.Exact, r.Points)
				}
				for _, step := range append(s.Next(l.Code, x, nil).Gains, s.Next(l.Code, x, nil).Risks...) {
					if step.Points < 0 || step.Points > l.Max || step.N < 0 {
						t.Errorf("%s %s: a step of %d to %s of %s", s.ID, l.Code, step.N, step.Points, l.Max)
					}
				}
			}
			direction := l.Leaf.Rule.Monotone()
			if direction == Unordered || a < 0 || a > 1<<40 || b <= 0 {
				continue
			}
			if _, percent := l.Leaf.Rule.(*SurveyRule); percent || l.Leaf.Rule.Kind() == Import {
				continue // a value up to 1 is a ratio and above 1 a percent: see the ratios below
			}
			low, _ := s.Try(l.Code, Input{Value: of(a, 1), Before: in.Before, Best: in.Best}, nil)
			high, _ := s.Try(l.Code, Input{Value: of(a+1, 1), Before: in.Before, Best: in.Best}, nil)
			if low.State == Scored && high.State == Scored && int(high.Points-low.Points)*int(direction) < 0 {
				t.Errorf("%s %s: %d gives %s and %d gives %s", s.ID, l.Code, a, low.Points, a+1, high.Points)
			}
			low, _ = s.Try(l.Code, Input{Ratio: &points.Ratio{Num: a, Den: b}, Before: in.Before, Best: in.Best}, nil)
			high, _ = s.Try(l.Code, Input{Ratio: &points.Ratio{Num: a + 1, Den: b}, Before: in.Before, Best: in.Best}, nil)
			if low.State == Scored && high.State == Scored && int(high.Points-low.Points)*int(direction) < 0 {
				t.Errorf("%s %s: %d/%d gives %s and one more %s", s.ID, l.Code, a, b, low.Points, high.Points)
			}
		}
		card := s.Score(Inputs{s.Leaves()[0].Code: in})
		if card.Total < 0 || card.Total > card.Max {
			t.Errorf("total %s of %s", card.Total, card.Max)
		}
	})
}

// Loading never panics; what loads is the same after its canonical form.
func FuzzLoad(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.yaml")
	for _, name := range files {
		f.Add(read(f, name))
	}
	f.Add([]byte("meta: {id: X, title: 'a\\nb', level: x, total_max: 1}\ndomains: [{code: 1.10, name: \"\\u2028\", max: 1, kind: yes_no, rule: {yes: 1}}]"))
	f.Add([]byte("a: *a\n- b"))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := Load(text)
		if err != nil {
			return
		}
		first := Canonical(s)
		again, err := Load(first)
		if err != nil {
			t.Fatalf("the canonical form does not load: %v\n%s", err, first)
		}
		if second := Canonical(again); !bytes.Equal(first, second) {
			t.Errorf("the canonical form changes:\n%s\n---\n%s", first, second)
		}
		s.Score(Inputs{})
	})
}

// A unit's inputs are read, or refused with faults that say where; what was read scores
// within its bounds and is of the set's own leaves.
func FuzzLoadInputs(f *testing.F) {
	sets := allSets(f)
	for i, s := range sets {
		for _, l := range s.Leaves() {
			c := quote(l.Code)
			f.Add(uint8(i), []byte("inputs:\n  "+c+": {num: 95, den: 100, value: 3, option: \"1\", previous: {num: 1, den: 2}, best: 1, answers: [1, 2], vars: {done: 1, total: 2/3}, days: 1, hits: [a], parts: [{value: 1}, {num: 1, den: 1}]}\n"))
			f.Add(uint8(i), []byte(c+": 95/100\n"))
			f.Add(uint8(i), []byte(c+": {done: 2026-11-26, due: 31/02/2026, veto: true, na: false}"))
			break
		}
	}
	for _, text := range []string{"a: &a [*a]", "inputs: {}", "inputs: []", "? ? ?", strings.Repeat("{a: ", 2000), strings.Repeat("[", 2000), "x: na", "\xff", ""} {
		f.Add(uint8(0), []byte(text))
	}
	f.Fuzz(func(t *testing.T, which uint8, text []byte) {
		s := sets[int(which)%len(sets)]
		in, faults := LoadInputs(s, text)
		if len(faults) > maxFaults {
			t.Errorf("%d faults", len(faults))
		}
		for _, x := range faults {
			if x.Key == "" || x.Line < 0 || x.Line > 1+bytes.Count(text, []byte("\n"))+bytes.Count(text, []byte("\r")) {
				t.Errorf("a fault at no place of the text: %+v", x)
			}
		}
		if len(faults) > 0 {
			return
		}
		for code := range in {
			if n := s.byCode[code]; n == nil || n.Leaf == nil {
				t.Errorf("an input of %q, which is no leaf", code)
			}
		}
		if card := s.Score(in); card.Total < 0 || card.Total > card.Max {
			t.Errorf("total %s of %s", card.Total, card.Max)
		}
	})
}

func FuzzFormula(f *testing.F) {
	for _, s := range []string{"a + 0.1", "if(a > b, a / b, min(a, b, 1.5))", "round(-a, 2)", "not (a == b) ? 1 : 2", "((((a", "1e5", "0x10", "a.b", "..", "1_000"} {
		f.Add(s, int64(3), int64(4))
	}
	f.Fuzz(func(t *testing.T, text string, a, b int64) {
		e, bad := compile(text, []string{"a", "b"})
		if bad == nil {
			e.eval(map[string]Num{"a": Int(a), "b": Int(b)})
		}
	})
}

// The second way to the same numbers: fractions of any size throughout, and each rule
// read from the handbook once more, without regard to speed.
func naive(n *Node, in *Input) (*big.Rat, bool) {
	rat := func(p points.Points) *big.Rat { return big.NewRat(int64(p), 10000) }
	var v *big.Rat
	switch {
	case in.Ratio != nil && in.Ratio.Den != 0:
		v = big.NewRat(in.Ratio.Num, in.Ratio.Den)
	case in.Ratio == nil && in.Value != nil && in.Value.Den != 0:
		v = big.NewRat(in.Value.Num, in.Value.Den)
	}
	if v == nil {
		return nil, false
	}
	one := big.NewRat(1, 1)
	whole := func(x *big.Rat) *big.Rat {
		return new(big.Rat).SetInt(new(big.Int).Div(x.Num(), x.Denom()))
	}
	cut := func(x, lo, hi *big.Rat) *big.Rat {
		if x.Cmp(lo) < 0 {
			return lo
		}
		if x.Cmp(hi) > 0 {
			return hi
		}
		return x
	}
	zero, most := new(big.Rat), rat(n.Max)
	switch x := n.Leaf.Rule.(type) {
	case *LinearRule:
		full, floor := x.FullAt.Rat(), x.ZeroBelow.Rat()
		if v.Cmp(floor) < 0 || v.Sign() < 0 {
			return zero, true
		}
		return cut(new(big.Rat).Quo(new(big.Rat).Mul(v, most), full), zero, most), true
	case *AllOrNoneRule:
		if c := v.Cmp(x.FullAt.Rat()); c > 0 || c == 0 && !x.Strict {
			return most, true
		}
		return zero, true
	case *TieredRule:
		if x.Whole {
			v = whole(v)
		}
		if strings.Contains(x.Metric, "/") && endsAtOne(x.Tiers) && v.Cmp(one) > 0 {
			v = one
		}
		for _, tier := range x.Tiers {
			in := true
			for _, b := range tier.Bounds {
				c := v.Cmp(b.At.Rat())
				in = in && map[Op]bool{GE: c >= 0, GT: c > 0, LE: c <= 0, LT: c < 0, EQ: c == 0}[b.Op]
			}
			if in {
				return rat(tier.Points), true
			}
		}
		return zero, true
	case *ImportRule:
		if in.Ratio == nil && v.Cmp(one) > 0 {
			v = new(big.Rat).Quo(v, big.NewRat(100, 1))
		}
		return cut(new(big.Rat).Mul(v, most), zero, most), true
	case *SurveyRule:
		if in.Ratio == nil && v.Cmp(one) > 0 {
			v = new(big.Rat).Quo(v, big.NewRat(100, 1))
		}
		return cut(new(big.Rat).Mul(v, most), zero, most), true
	case *CountRule:
		if in.Value == nil {
			return nil, false
		}
		return cut(new(big.Rat).Mul(whole(v), rat(x.Each)), zero, rat(x.Cap)), true
	case *DeductionRule:
		if in.Value == nil || x.Floor == nil {
			return nil, false
		}
		taken := new(big.Rat).Mul(cut(whole(v), zero, big.NewRat(1<<62, 1)), rat(x.Each))
		return cut(taken.Add(taken, rat(x.Start)), rat(*x.Floor), rat(x.Start)), true
	}
	return nil, false
}

func TestTheFastWayAgreesWithTheNaiveOne(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(7, 66))
	sizes := []int64{3, 100, 32068, 1 << 31, 1 << 61}
	compared := 0
	for _, s := range allSets(t) {
		for _, l := range s.Leaves() {
			for range 400 {
				size := sizes[rnd.IntN(len(sizes))]
				a, b := rnd.Int64N(size), 1+rnd.Int64N(size)
				in := Input{Ratio: of(a, b)}
				if rnd.IntN(2) == 0 {
					in = Input{Value: of(a, 1+rnd.Int64N(100))}
				}
				want, ok := naive(l, &in)
				if !ok {
					continue
				}
				compared++
				r, _ := s.Try(l.Code, in, nil)
				if r.Exact.Rat().Cmp(want) != 0 || r.Points != points.Round(want, 2) {
					t.Fatalf("%s %s of %d/%d: %s → %s, naively %s", s.ID, l.Code, a, b, r.Exact, r.Points, want)
				}
			}
		}
	}
	if compared < 10_000 {
		t.Errorf("only %d numbers were compared", compared)
	}
}

func TestNumbersOfAnySizeAreExact(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(1, 2))
	pick := func() (Num, *big.Rat) {
		n, d := rnd.Int64()-rnd.Int64(), 1+rnd.Int64()>>rnd.IntN(62)
		x, _ := Frac(n>>rnd.IntN(62), d)
		return x, x.Rat()
	}
	for range 20_000 {
		a, x := pick()
		b, y := pick()
		if a.Add(b).Rat().Cmp(new(big.Rat).Add(x, y)) != 0 || a.Sub(b).Rat().Cmp(new(big.Rat).Sub(x, y)) != 0 ||
			a.Mul(b).Rat().Cmp(new(big.Rat).Mul(x, y)) != 0 || a.Cmp(b) != x.Cmp(y) {
			t.Fatalf("%s and %s", x, y)
		}
		if q, ok := a.Div(b); ok && q.Rat().Cmp(new(big.Rat).Quo(x, y)) != 0 {
			t.Fatalf("%s / %s = %s", x, y, q)
		}
		small, _ := Frac(a.Rat().Num().Int64()%1_000_000, 1+rnd.Int64N(1<<62))
		if got, want := small.Round(2), points.Round(small.Rat(), 2); got != want {
			t.Fatalf("Round(%s) = %s, want %s", small, got, want)
		}
	}
}
