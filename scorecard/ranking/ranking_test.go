package ranking

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"cchc/base/fault"
	"cchc/base/points"
)

func p(s string) points.Points {
	v, err := points.Parse(s)
	if err != nil {
		panic(err)
	}
	return v
}

func ptr(s string) *points.Points { v := p(s); return &v }

// entries reads "A 84.58/100" or "A block 84.58/100" or "A –".
func entries(rows ...string) []Entry {
	var out []Entry
	for _, r := range rows {
		f := strings.Fields(r)
		e := Entry{Unit: f[0]}
		if len(f) > 2 {
			e.Block = f[1]
		}
		score, most, ok := strings.Cut(f[len(f)-1], "/")
		if ok {
			e.Score, e.Max = p(score), p(most)
		} else {
			e.Missing = true
		}
		out = append(out, e)
	}
	return out
}

func ranks(places []Place) string {
	var out []string
	for _, x := range places {
		s := none
		if x.Ranked() {
			s = fmt.Sprint(x.Rank)
			if x.Shared {
				s = "=" + s
			}
		}
		out = append(out, s)
	}
	return strings.Join(out, " ")
}

func TestRank(t *testing.T) {
	for _, c := range []struct {
		name    string
		ties    Ties
		entries []Entry
		want    string
	}{
		{"the higher index goes first, whatever the order", "", entries("A 70/100", "B 90/100", "C 80/100"), "3 1 2"},
		{"equal units share and the next place stays empty", Shared, entries("A 90/100", "B 80/100", "C 80/100", "D 70/100"), "1 =2 =2 4"},
		{"equal by ratio, out of different maxima", Shared, entries("A 49/98", "B 50/100", "C 40/100"), "=1 =1 3"},
		{"90.0204 and 90.0196 print the same and do not share", Shared, entries("A 90.0196/100", "B 90.0204/100"), "2 1"},
		{"… but do when what prints the same shares", Printed, entries("A 90.0196/100", "B 90.0204/100", "C 89/100"), "=1 =1 3"},
		{"as real lists print 90.02 twice as 2 and 3", Ordinal, entries("A 91/100", "B 90.02/100", "C 90.02/100"), "1 2 3"},
		{"a third of 98 is less than 33.3334 of 100", Shared, entries("A 32.6666/98", "B 33.3334/100"), "2 1"},
		{"a unit without a sheet is missing, not last", Shared, entries("A –", "B 10/100", "C 0/100"), "– 1 2"},
		{"a maximum of 0 has no index", Shared, entries("A 0/0", "B 1/100"), "– 1"},
		{"every block counts from 1", Shared, entries("A x 50/100", "B y 40/100", "C x 60/100", "D y 41/100"), "2 2 1 1"},
		{"nobody", Shared, nil, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := ranks(Rank(c.entries, Settings{Ties: c.ties, Decimals: 2})); got != c.want {
				t.Errorf("ranks are %s, want %s", got, c.want)
			}
		})
	}
}

func TestBreakersTellEqualUnitsApart(t *testing.T) {
	e := entries("A 90/100", "B 90/100", "C 90/100", "D 90/100")
	e[0].Breakers, e[1].Breakers = []points.Points{1, 5}, []points.Points{2, 1}
	e[2].Breakers, e[3].Breakers = []points.Points{1, 6}, []points.Points{1, 5}
	got := Rank(e, Settings{Ties: Ordinal})
	if ranks(got) != "3 1 2 4" {
		t.Errorf("ranks are %s", ranks(got))
	}
	if !got[0].ByList || !got[3].ByList || got[1].ByList || got[2].ByList {
		t.Errorf("only A and D are told apart by the list alone: %+v", got)
	}
	if ranks(Rank(e, Settings{Ties: Shared})) != "=1 =1 =1 =1" {
		t.Error("breakers do not count where ranks are shared")
	}
}

func TestCompareIsExactBeyond64Bits(t *testing.T) {
	for _, c := range []struct {
		a, b points.Ratio
		want int
	}{
		{points.Ratio{Num: 1 << 62, Den: 1<<62 + 1}, points.Ratio{Num: 1<<62 - 1, Den: 1 << 62}, 1},
		{points.Ratio{Num: 1, Den: 3}, points.Ratio{Num: 3333, Den: 10000}, 1},
		{points.Ratio{Num: -1, Den: 3}, points.Ratio{Num: -1, Den: 2}, 1},
		{points.Ratio{Num: -1, Den: 3}, points.Ratio{Num: 0, Den: 2}, -1},
		{points.Ratio{Num: 2, Den: 4}, points.Ratio{Num: 1, Den: 2}, 0},
	} {
		if got, want := Compare(c.a, c.b), c.a.Rat().Cmp(c.b.Rat()); got != c.want || want != c.want {
			t.Errorf("Compare(%v, %v) = %d, big.Rat says %d, want %d", c.a, c.b, got, want, c.want)
		}
	}
}

func FuzzCompareAgreesWithBigNumbers(f *testing.F) {
	f.Add(int64(86_3300), int64(98_0000), int64(88_0900), int64(100_0000))
	f.Fuzz(func(t *testing.T, a, b, c, d int64) {
		if b <= 0 || d <= 0 || a == -1<<63 || c == -1<<63 {
			t.Skip()
		}
		x, y := points.Ratio{Num: a, Den: b}, points.Ratio{Num: c, Den: d}
		if got, want := Compare(x, y), x.Rat().Cmp(y.Rat()); got != want {
			t.Errorf("Compare(%v, %v) = %d, want %d", x, y, got, want)
		}
	})
}

func TestBandsBeginInclusiveOrStrict(t *testing.T) {
	incl := []Band{{Label: "tốt", Min: p("80")}, {Label: "xuất sắc", Min: p("90")}, {Label: "khá", Min: p("70")}}
	strict := []Band{{Label: "tốt", Min: p("80"), Strict: true}, {Label: "khá", Min: p("60")}}
	for _, c := range []struct {
		bands       []Band
		score, most string
		want        string
	}{
		{incl, "90", "100", "xuất sắc"}, {incl, "89.9999", "100", "tốt"}, {incl, "80", "100", "tốt"}, {incl, "69.99", "100", ""},
		{strict, "80", "100", "khá"}, {strict, "80.0001", "100", "tốt"}, {strict, "59.99", "100", ""},
		{incl, "88.1999", "98", "tốt"}, // 89.99989 %, which prints 90.00
		{nil, "90", "100", ""},
	} {
		b, _ := BandOf(c.bands, points.Ratio{Num: int64(p(c.score)), Den: int64(p(c.most))})
		if b.Label != c.want {
			t.Errorf("%s of %s is %q, want %q", c.score, c.most, b.Label, c.want)
		}
	}
}

func TestABandByHandKeepsAWarningWhenTheIndexSaysAnother(t *testing.T) {
	set := Settings{Decimals: 2, Bands: []Band{{Label: "Tốt", Min: p("80")}, {Label: "Khá", Min: p("65")}},
		ByHand: ByHands{"A": "Khá", "B": "tốt", "C": "Tốt"}}
	got := Rank(entries("A 86.71/100", "B 85/100", "C –", "D 66/100"), set)
	if a := got[0]; a.Band != "Khá" || !a.ByHand || a.Doubt == nil || a.Doubt.Kind != DoubtBand || !slices.Contains(a.Doubt.Args, any("Tốt")) {
		t.Errorf("A is %+v", a)
	}
	if b := got[1]; b.Doubt != nil || !b.ByHand {
		t.Errorf("B agrees with its index: %+v", b)
	}
	if c := got[2]; c.Doubt != nil || c.Band != "Tốt" {
		t.Errorf("C has no index to contradict: %+v", c)
	}
	if d := got[3]; d.Band != "Khá" || d.ByHand {
		t.Errorf("D is %+v", d)
	}
}

func TestReadBands(t *testing.T) {
	want := []Band{{"Xuất sắc", p("93"), false}, {"Tốt", p("80.5"), true}, {"Khá", p("65"), false}}
	for name, text := range map[string]string{
		"a list":           "- {label: Khá, min: 65}\n- {label: Xuất sắc, min: 93}\n- {label: Tốt, min: 80.5, strict: true}\n",
		"under bands":      "# năm 2024\nbands:\n- label: Xuất sắc\n  min: 93\n- label: Tốt\n  min: '80,5'\n  strict: true\n- label: Khá\n  min: 65\n",
		"a criteria set's": "meta:\n  id: X\n  bands:\n  - {label: Xuất sắc, min: 93}\n  - {label: Tốt, min: 80.5, strict: true}\n  - {label: Khá, min: 65}\nfields: []\n",
		"CSV":              "\ufeff# năm 2024\nlabel,min,strict\nKhá,65,\nTốt,\"80,5\",true\nXuất sắc,93,false\n",
		"CSV with band":    "band,min,strict\nKhá,65,\nTốt,80.5,x\nXuất sắc,93,\n",
	} {
		got, err := ReadBands(strings.NewReader(text))
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	for text, place := range map[string]string{
		"label,min\nTốt,80\nKhá,x\n":         "Line=3",
		"label,min\n,80\n":                   "Line=2",
		"label,min,strict\nTốt,80,maybe\n":   "Column=strict",
		"- {label: Tốt, min: x}\n":           "Label=Tốt",
		"- {label: '', min: 80}\n":           "No=1",
		"bands: []\n":                        "results.bands.none",
		"":                                   "results.bands.none",
		"bands: [\n":                         "results.bands.broken",
		"label,min\nTốt,80\nKhá,80\n":        "results.bands.twice",
		"- {label: Tốt, min: 80.00001}\n":    "Label=Tốt",
		"label,other\nTốt,80\n":              "table.column_missing",
		"- {label: A, min: 80, strict: 7}\n": "results.bands.broken",
	} {
		if _, err := ReadBands(strings.NewReader(text)); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), place) {
			t.Errorf("ReadBands(%q) = %v, want it to name %s", text, err, place)
		}
	}
	var out bytes.Buffer
	if err := WriteBands(&out, want); err != nil {
		t.Fatal(err)
	}
	if again, err := ReadBands(&out); err != nil || !slices.Equal(again, want) {
		t.Errorf("written and read again: %v, %v", again, err)
	}
}

func list(n int, prefix string) List {
	l := List{Size: n}
	for i := range n {
		l.Units = append(l.Units, fmt.Sprint(prefix, i))
	}
	return l
}

func TestFourDeltasAreKeptApart(t *testing.T) {
	year := func(score, most, index string, rank int, l List, set string) Standing {
		return Standing{Score: p(score), Max: p(most), Index: p(index), Rank: rank, List: l, Set: SetRef{ID: set, Max: p("100")}}
	}
	show := func(d Delta) string {
		if !d.OK {
			return "– " + string(d.Why)
		}
		return strings.TrimSpace(fmt.Sprint(d.Value, " ", d.Why))
	}
	gio := year("86.33", "98", "88.09", 3, List{Size: 10}, "2022")
	for _, c := range []struct {
		name                         string
		now                          Standing
		past                         *Standing
		formed                       bool
		points, percent, rank, share string
	}{
		{"Gio Linh 2022, as if 10.31 were points: another maximum is noted", gio, new(year("76.02", "100", "76.02", 9, List{Size: 10}, "2021")), false,
			"10.31 max", "12.07 set", "6.00", "60.00"},
		{"the same, as if it were of the index", gio, new(year("77.78", "100", "77.78", 9, List{Size: 10}, "2021")), false, "8.55 max", "10.31 set", "6.00", "60.00"},
		{"formed in between", gio, nil, true, "– formed", "– formed", "– formed", "– formed"},
		{"formed in between, under the old name", gio, new(gio), true, "– formed", "– formed", "– formed", "– formed"},
		{"nothing was published", gio, nil, false, "– no_past", "– no_past", "– no_past", "– no_past"},
		{"missing then", gio, &Standing{Missing: true}, false, "– missing", "– missing", "– missing", "– missing"},
		{"an unchanged commune moved from a list of 17 to one of 124", year("91", "100", "91", 40, list(124, "u"), "a"), new(year("90", "100", "90", 2, list(17, "u"), "a")), false,
			"1.00", "1.00 list", "– list", "-20.50 list"},
		{"one commune left a list of 124", year("91", "100", "91", 40, list(123, "u"), "a"), new(year("90", "100", "90", 42, list(124, "u"), "a")), false, "1.00", "1.00", "2.00", "1.35"},
		{"as many units, but others", year("91", "100", "91", 4, list(10, "u"), "a"), new(year("90", "100", "90", 4, list(10, "v"), "a")), false, "1.00", "1.00 list", "– list", "0.00 list"},
		{"a set with another maximum", Standing{Score: p("60"), Max: p("70"), Index: p("85.71"), Rank: 1, List: list(9, "u"), Set: SetRef{"b", p("70")}},
			new(year("80", "100", "80", 2, list(9, "u"), "a")), false, "– set", "5.71 set", "1.00", "11.11"},
		{"only the index and the rank were published", gio, &Standing{Index: p("77.78"), Rank: 9, List: List{Size: 10}}, false, "– unknown", "10.31", "6.00", "60.00"},
		{"only the index was published", gio, &Standing{Index: p("77.78")}, false, "– unknown", "10.31", "– unknown", "– unknown"},
		{"the rank without the number of units", gio, &Standing{Index: p("77.78"), Rank: 9}, false, "– unknown", "10.31", "– unknown", "– unknown"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := Change(c.now, c.past, c.formed)
			got := [4]string{show(d.Points), show(d.Percent), show(d.Rank), show(d.Share)}
			if want := [4]string{c.points, c.percent, c.rank, c.share}; got != want {
				t.Errorf("points, percent, rank, share: %q, want %q", got, want)
			}
		})
	}
}

func TestMeansSayWhatTheyAreOf(t *testing.T) {
	places := Rank(entries("A x 90/100", "B x 80/100", "C x –", "D y 35/70", "E y 0/0"), Settings{})
	for w, want := range map[Weighting]string{Plain: "73.33", OfBlocks: "67.50", ByUnits: "73.33", OfTotals: "75.93"} {
		m, ok := Mean(places, w, 2)
		if got := points.Round(m, 2).String(); !ok || got != want {
			t.Errorf("mean %s = %s, want %s", w, got, want)
		}
	}
	for _, w := range Weightings {
		if m, ok := Mean(Rank(entries("A –"), Settings{}), w, 2); ok {
			t.Errorf("nobody's mean %s is %v", w, m)
		}
	}
}

func TestPrint(t *testing.T) {
	for _, c := range []struct {
		in       string
		decimals int
		want     string
	}{{"80", 2, "80.00"}, {"89.769", 3, "89.769"}, {"78.3878", 2, "78.39"}, {"0.5", 0, "1"}, {"-0.05", 1, "-0.1"}, {"7", 0, "7"}, {"12.3456", 4, "12.3456"}} {
		if got := Print(p(c.in), c.decimals); got != c.want {
			t.Errorf("Print(%s, %d) = %s, want %s", c.in, c.decimals, got, c.want)
		}
	}
}

func TestRankCSV(t *testing.T) {
	bands := []Band{{Label: "Tốt", Min: p("80")}, {Label: "Khá", Min: p("65")}}
	in := "\ufeff# điểm năm 2024\nblock,unit,note,score,max,rank\n" +
		"xã,Xã B,\"a, b\",\"86,33\",98,9\nxã,Xã A,,90,100,\nphường,Phường C,x,60,100,1\nxã,Xã D,,–,100,\nxã,Xã E,,90,100,\n"
	want := "block,unit,note,score,max,rank,percent,band\n" +
		"xã,Xã B,\"a, b\",\"86,33\",98,3,88.09,Tốt\nxã,Xã A,,90,100,1,90.00,Tốt\nphường,Phường C,x,60,100,1,60.00,–\nxã,Xã D,,–,100,–,–,–\nxã,Xã E,,90,100,1,90.00,Tốt\n"
	var out bytes.Buffer
	sum, err := RankCSV(strings.NewReader(in), &out, Settings{Decimals: 2, Bands: bands})
	if err != nil || out.String() != want {
		t.Errorf("%v\n%s\nwant\n%s", err, &out, want)
	}
	if len(sum.Means) != 2 || sum.Means[0].Block != "xã" || points.Round(sum.Means[0].Mean, 2) != p("89.36") {
		t.Errorf("means are %+v", sum.Means)
	}
	first := out.String()
	out.Reset()
	if _, err := RankCSV(strings.NewReader(first), &out, Settings{Decimals: 2, Bands: bands}); err != nil || out.String() != first {
		t.Errorf("its own output gives %v\n%s", err, &out)
	}
}

func TestRankCSVNamesLineAndColumn(t *testing.T) {
	for in, want := range map[string][]string{
		"block,unit,score,max\nx,A,90,100\nx,B,abc,100\n": {"Line=3", "Column=score", "Value=abc"},
		"block,unit,score,max\nx,A,90,abc\n":              {"Line=2", "Column=max"},
		"block,unit,score,max\nx,A,90,\n":                 {"Line=2", "Column=max"},
		"block,unit,score,max\nx,A,-1,100\n":              {"Line=2", "Column=score", "below_zero"},
		"block,unit,score,max\nx,A,101,100\n":             {"Line=2", "Column=score", "above"},
		"block,unit,score,max\nx,A,90,-100\n":             {"Line=2", "Column=max", "below_zero"},
		"block,unit,score,max\nx,,90,100\n":               {"Line=2", "Column=unit"},
		"block,unit,score,max\nx,A,1.23456,100\n":         {"Line=2", "Column=score"},
		"block,unit,score,max\nx,A,90\n":                  {"Line=2", "table.width"},
		"block,unit,score\nx,A,90\n":                      {"table.column_missing", "Column=max"},
		"block,unit,max\nx,A,90\n":                        {"table.column_missing", "Column=score"},
		"block,score,max\nx,90,100\n":                     {"table.column_missing", "Column=unit"},
		"":                                                {"table.empty"},
	} {
		var out bytes.Buffer
		_, err := RankCSV(strings.NewReader(in), &out, Settings{Decimals: 2})
		if !fault.Is(err, fault.Invalid) || out.Len() > 0 {
			t.Errorf("RankCSV(%q) = %v and wrote %q", in, err, &out)
			continue
		}
		for _, w := range want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("RankCSV(%q) = %v, want it to say %s", in, err, w)
			}
		}
	}
}

// Every wrong cell and row is told at once, in the order of the file.
func TestRankCSVTellsAllThatIsWrong(t *testing.T) {
	in := "block,unit,score,max,survey\nx,A,90,100,5\nx,B,abc,-1,x\nx,C,90\nx,,101,100,5\nx,D,80,100,5\n"
	var out bytes.Buffer
	_, err := RankCSV(strings.NewReader(in), &out, Settings{Ties: Ordinal, Decimals: 2}, "survey")
	bad := Wrong(nil)
	if !errors.As(err, &bad) || out.Len() > 0 || !fault.Is(err, fault.Invalid) {
		t.Fatalf("%v, wrote %q", err, &out)
	}
	want := [][]string{{"Line=3", "Column=max"}, {"Line=3", "Column=score"}, {"Line=3", "Column=survey"}, {"Line=4", "table.width"},
		{"Line=5", "Column=unit"}, {"Line=5", "Column=score", "above"}}
	if len(bad) != len(want) {
		t.Fatalf("%d faults, want %d:\n%v", len(bad), len(want), err)
	}
	for i, words := range want {
		for _, w := range words {
			if !strings.Contains(bad[i].Error(), w) {
				t.Errorf("fault %d is %v, want it to say %s", i+1, bad[i], w)
			}
		}
	}
}

func TestRankCSVBreaksTiesByColumns(t *testing.T) {
	in := "unit,score,max,late,survey\nA,90,100,3,30\nB,90,100,1,30\nC,90,100,1,31\n"
	var out bytes.Buffer
	sum, err := RankCSV(strings.NewReader(in), &out, Settings{Ties: Ordinal}, "-late", "survey")
	if err != nil || ranks(sum.Places) != "3 2 1" {
		t.Errorf("ranks are %s, %v", ranks(sum.Places), err)
	}
	if _, err := RankCSV(strings.NewReader(in), &out, Settings{Ties: Ordinal}, "no"); err == nil || !strings.Contains(err.Error(), "Column=no") {
		t.Errorf("an unknown column: %v", err)
	}
}

func TestGoldenRankingBinhDuong2017(t *testing.T) {
	text, err := os.ReadFile("testdata/golden_ranking_binhduong_2017.csv")
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	sum, err := RankCSV(bytes.NewReader(text), &out, Settings{Decimals: 2})
	if err != nil {
		t.Fatal(err)
	}
	if len(sum.Places) != 9 || len(sum.Doubts) != 0 {
		t.Fatalf("%d places, doubts %v", len(sum.Places), sum.Doubts)
	}
	if got := points.Round(sum.Means[0].Mean, 2).String(); got != "78.39" {
		t.Errorf("the mean is %s, published 78.39", got)
	}
	rows := strings.Split(strings.TrimSpace(out.String()), "\n")
	published := strings.Split(strings.TrimSpace(string(text)), "\n")[1:] // without the remark
	for i, r := range rows[1:] {
		// rank and index_percent as published; percent, band follow.
		index := published[i+1][strings.LastIndexByte(published[i+1], ',')+1:]
		if r != published[i+1]+","+index+",–" {
			t.Errorf("line %d is %s, published %s", i+2, r, published[i+1])
		}
	}
	// What a published table gets wrong is pointed out.
	wrong := strings.Replace(string(text), "82.00,82.00", "82.00,82.01", 1)
	if sum, err = RankCSV(strings.NewReader(wrong), &out, Settings{Decimals: 2}); err != nil || len(sum.Doubts) != 1 || sum.Doubts[0].Kind != DoubtPercent {
		t.Errorf("82.01 for 82.00 of 100: %v, %v", sum.Doubts, err)
	}
}
