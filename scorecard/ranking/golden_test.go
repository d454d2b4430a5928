package ranking

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"cchc/base/points"
	"cchc/base/table"
)

// golden is the published cases, by id. Every row that states arithmetic of an
// index, a rank, a mean or a sum has a test in cases; TestEveryGoldenRow looks
// that none is left out.
func golden(t *testing.T) map[string]table.Row {
	t.Helper()
	f, err := os.Open("testdata/golden_index.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := table.Read(f, "id", "input", "expected", "checks_out")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]table.Row{}
	for r.Next() {
		out[r.Get("id")] = r.Row
	}
	if err := r.Err(); err != nil || len(out) < 20 {
		t.Fatalf("%d rows, %v", len(out), err)
	}
	return out
}

// elsewhere are the rows that state the arithmetic of a rule: the criteria's tests
// have them.
var elsewhere = []string{"G28", "G31"}

var decimal = regexp.MustCompile(`[-+]?[0-9]+(?:\.[0-9]+)?`)

// numbers returns the numbers of a text in their order.
func numbers(text string) []points.Points {
	var out []points.Points
	for _, s := range decimal.FindAllString(text, -1) {
		out = append(out, p(strings.TrimPrefix(s, "+")))
	}
	return out
}

func kinds(ds []Doubt) []string {
	var out []string
	for _, d := range ds {
		out = append(out, d.Kind)
	}
	return out
}

// says checks which doubts a table raises.
func says(t *testing.T, table Table, want ...string) []Doubt {
	t.Helper()
	ds := table.Doubts()
	if !slices.Equal(kinds(ds), want) {
		t.Errorf("doubts are %v, want %v", ds, want)
	}
	return ds
}

func index(t *testing.T, score, most points.Points, want string) {
	t.Helper()
	r := points.Ratio{Num: int64(score), Den: int64(most)}
	if got := Percent(r, 2); got != p(want) {
		t.Errorf("%s of %s is %s, want %s", score, most, got, want)
	}
	says(t, Table{Decimals: 2, Rows: []Row{{Score: &score, Max: &most, Index: ptr(want)}}})
}

// counted checks that classes add up, and that one more would be noticed.
func counted(t *testing.T, total points.Points, parts ...points.Points) {
	t.Helper()
	says(t, Table{Sums: []Sum{{What: "x", Parts: parts, Total: total}}})
	says(t, Table{Sums: []Sum{{What: "x", Parts: parts, Total: total + 1}}}, DoubtSum)
}

var hundred = points.Of(100)

var cases = map[string]func(t *testing.T, r table.Row){
	"G01": func(t *testing.T, r table.Row) { // 86.33 of 98 = 88.09
		n := numbers(r.Get("input"))
		index(t, n[0], n[1], r.Get("expected"))
		// Only 98 gives it, of all maxima from 60 to 99.5 by halves.
		for most := points.Of(60); most <= p("99.5"); most += p("0.5") {
			is := Percent(points.Ratio{Num: int64(n[0]), Den: int64(most)}, 2)
			if (is == p("88.09")) != (most == p("98")) {
				t.Errorf("86.33 of %s is %s", most, is)
			}
		}
	},
	"G04": func(t *testing.T, r table.Row) {
		n := numbers(r.Get("input"))
		index(t, n[0], n[1], r.Get("expected"))
	},
	"G06": func(t *testing.T, r table.Row) { // 86.33, rank 3/10, +10.31 and +6: of what, the page does not say
		six := 6
		row := Row{Score: ptr("86.33"), Max: ptr("98"), Index: ptr("88.09"), Rank: 3, Of: 10, DeltaUnclear: ptr("10.31"), DeltaRank: &six}
		d := says(t, Table{Decimals: 2, Rows: []Row{row}}, DoubtReadings)[0]
		if !slices.Contains(d.Args, any(p("76.02"))) || !slices.Contains(d.Args, any(p("77.78"))) {
			t.Errorf("the readings are %v", d.Args)
		}
		row.DeltaUnclear, row.DeltaPoints, row.DeltaPercent = nil, ptr("10.31"), ptr("12.07")
		row.Past = &Past{Score: ptr("76.02"), Index: ptr("77.78"), Rank: 9}
		says(t, Table{Decimals: 2, Rows: []Row{row}}, DoubtPast) // the index moved by 10.31
		row.DeltaPercent, row.Past.Rank = ptr("10.31"), 8
		says(t, Table{Decimals: 2, Rows: []Row{row}}, DoubtRankMoved)
		row.Past.Rank = 9
		says(t, Table{Decimals: 2, Rows: []Row{row}})
	},
	"G07": func(t *testing.T, r table.Row) { // 56.84 + 29.87 = 86.71; up 3.68 from 83.03; 8/18 up 5 from 13
		five := 5
		row := Row{Score: ptr(r.Get("expected")), Max: &hundred, Index: ptr("86.71"), Parts: []points.Points{p("56.84"), p("29.87")}, Rank: 8, Of: 18,
			DeltaPoints: ptr("3.68"), DeltaRank: &five, Past: &Past{Score: ptr("83.03"), Rank: 13}}
		says(t, Table{Decimals: 2, Rows: []Row{row}})
		row.Parts[1] = p("29.78")
		says(t, Table{Decimals: 2, Rows: []Row{row}}, DoubtSum)
	},
	"G08": func(t *testing.T, r table.Row) { // "khá, from 75 to below 85" does not hold 86.71
		bands := []Band{{Label: "Tốt", Min: p("85")}, {Label: "Khá", Min: p("75")}}
		d := says(t, Table{Decimals: 2, Bands: bands, Rows: []Row{{Index: &numbers(r.Get("input"))[0], Band: "khá"}}}, DoubtBand)[0]
		if !slices.Contains(d.Args, any("Tốt")) {
			t.Errorf("the doubt does not say which band holds: %v", d.Args)
		}
	},
	"G09": func(t *testing.T, r table.Row) { // the mean of the nine is 78.39: TestGoldenRankingBinhDuong2017 ranks them
		f, err := os.Open("testdata/golden_ranking_binhduong_2017.csv")
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		in, err := table.Read(f, "total_max100")
		if err != nil {
			t.Fatal(err)
		}
		tab := Table{Decimals: 2, Mean: ptr(r.Get("expected"))}
		for in.Next() {
			tab.Rows = append(tab.Rows, Row{Unit: in.Get("unit"), Score: ptr(in.Get("total_max100")), Max: &hundred, Index: ptr(in.Get("index_percent")),
				Parts: []points.Points{p(in.Get("appraised_max65")), p(in.Get("survey_max35"))}})
		}
		says(t, tab)
		tab.Weighting = Plain
		says(t, tab)
		tab.Mean = ptr("78.38")
		says(t, tab, DoubtWeighting)
	},
	"G11": func(t *testing.T, r table.Row) { // 62.62 of 70 is 89.46; 89.45 is cut off
		n := numbers(r.Get("input"))
		says(t, Table{Decimals: 2, Rows: []Row{{Score: &n[0], Max: &n[1], Index: ptr("89.45")}}}, DoubtCut)
		says(t, Table{Decimals: 2, Rows: []Row{{Score: &n[0], Max: &n[1], Index: ptr("89.44")}}}, DoubtPercent)
	},
	"G12": func(t *testing.T, r table.Row) {
		n := numbers(r.Get("input"))
		index(t, n[0], n[1], r.Get("expected"))
	},
	"G14": func(t *testing.T, r table.Row) {
		counted(t, p(r.Get("expected")), numbers(r.Get("input"))...)
	},
	"G15": func(t *testing.T, r table.Row) {
		n := numbers(r.Get("input")) // 2020 29 11 4 2021 30 13 1
		counted(t, points.Of(44), n[1:4]...)
		counted(t, points.Of(44), n[5:8]...)
		for i, d := range numbers("1 2 -3") {
			if n[5+i]-n[1+i] != d {
				t.Errorf("class %d moved by %s, published %s", i, n[5+i]-n[1+i], d)
			}
		}
	},
	"G16": func(t *testing.T, r table.Row) {
		n := numbers(r.Get("input")) // 1 48 39 3, up 80, down 11
		counted(t, p(r.Get("expected")), n[:4]...)
		counted(t, p(r.Get("expected")), n[4], n[5])
		counted(t, points.Of(48), numbers("12 6 1 7 3 6 6 7")...)
	},
	"G17": func(t *testing.T, r table.Row) {
		counted(t, points.Of(17), points.Of(7), points.Of(10))
		counted(t, points.Of(17), points.Of(14), points.Of(3))
		n := numbers(r.Get("note"))
		places := Rank([]Entry{{Unit: "Cao An", Score: n[0], Max: hundred}, {Unit: "Cẩm Văn", Score: p("81.514"), Max: hundred}, {Unit: "Đức Chính", Score: p("89.644"), Max: hundred}}, Settings{Decimals: 3})
		if ranks(places) != "1 3 2" || Print(places[0].Index, 3) != "89.769" {
			t.Errorf("ranks %s, %s", ranks(places), Print(places[0].Index, 3))
		}
	},
	"G18": func(t *testing.T, r table.Row) { // tốt > 80, khá, TB, kém < 60
		bands := []Band{{Label: "Tốt", Min: p("80"), Strict: true}, {Label: "Khá", Min: p("70"), Strict: true}, {Label: "Trung bình", Min: p("60")}, {Label: "Kém"}}
		for index, want := range map[string]string{"99.28": "Tốt", "55.27": "Kém", "63.40": "Trung bình", "76.61": "Khá", "80": "Khá", "59.99": "Kém"} {
			if b, _ := BandOf(bands, points.Ratio{Num: int64(p(index)), Den: int64(hundred)}); b.Label != want {
				t.Errorf("%s is %s, want %s", index, b.Label, want)
			}
		}
		counted(t, points.Of(19), numbers("17 1 1")...)
		counted(t, points.Of(9), numbers("8 1")...)
	},
	"G20": func(t *testing.T, r table.Row) { // published 92.67 is neither 92.69 of blocks nor 92.24 by units
		n := numbers(r.Get("input")) // 93.95 14 92.26 45 91.87 68
		tab := Table{Decimals: 2, Mean: ptr("92.67")}
		for i := 0; i < 6; i += 2 {
			tab.Blocks = append(tab.Blocks, BlockMean{Mean: n[i].Rat(), Units: int(n[i+1] / points.Scale)})
		}
		d := says(t, tab, DoubtMean)[0]
		if !slices.Contains(d.Args, any(p("92.69"))) || !slices.Contains(d.Args, any(p("92.24"))) {
			t.Errorf("the ways are %v", d.Args)
		}
		tab.Mean = ptr("92.69")
		says(t, tab)
		tab.Weighting = ByUnits
		says(t, tab, DoubtWeighting)
	},
	"G21": func(t *testing.T, r table.Row) { // 90.17 less 1.85 is 88.32, but 88.33 was published the year before
		row := Row{Index: ptr("90.17"), DeltaPercent: ptr("1.85"), Past: &Past{Index: ptr("88.33")}}
		says(t, Table{Rows: []Row{row}}, DoubtPast)
		row.Past.Index = ptr("88.32")
		says(t, Table{Rows: []Row{row}})
		says(t, Table{Rows: []Row{{Index: ptr("89.44"), DeltaPercent: ptr("1.99"), Past: &Past{Index: ptr("87.45")}}}})
		says(t, Table{Rows: []Row{{Index: ptr("89.44"), DeltaPercent: ptr("1.99"), Past: &Past{Index: ptr("87.79")}}}}, DoubtPast)
	},
	"G22": func(t *testing.T, r table.Row) { // two with 85.42
		rows := []Row{{Unit: "A", Index: ptr("85.42"), Rank: 2}, {Unit: "B", Index: ptr("85.42"), Rank: 2}}
		says(t, Table{Rows: rows})
		rows[1].Rank = 3
		says(t, Table{Rows: rows}, DoubtTie)
		says(t, Table{Rows: rows, Ties: Ordinal}) // stated: no rank is given twice
		rows[0].Score, rows[0].Max, rows[1].Score, rows[1].Max = ptr("85.424"), &hundred, ptr("85.416"), &hundred
		says(t, Table{Rows: rows, Decimals: 2}) // what is printed the same is not the same
		rows[0].Score = ptr("85.415")
		says(t, Table{Rows: rows, Decimals: 2}, DoubtOrder)
		if got := ranks(Rank(entries("A 85.42/100", "B 85.42/100"), Settings{})); got != "=1 =1" {
			t.Errorf("ranks are %s", got)
		}
	},
	"G24": func(t *testing.T, r table.Row) { // 84.31 - 76.72 = 7.59; rank 22 up 19 from 41
		up := 19
		row := Row{Index: ptr("84.31"), DeltaPercent: ptr("7.59"), Rank: 22, DeltaRank: &up, Past: &Past{Index: ptr("76.72"), Rank: 41}}
		says(t, Table{Rows: []Row{row}})
		row.Past.Rank = 40
		says(t, Table{Rows: []Row{row}}, DoubtRankMoved)
	},
	"G25": shares("257141", "124907", "102770", "19852", "48.6", "40", "7.7", "-9612"),
	"G26": shares("61827", "43434", "11795", "4331", "70.3", "19.1", "7", "-2267"),
	"G27": func(t *testing.T, r table.Row) {
		counted(t, p(r.Get("expected")), numbers(r.Get("input"))...)
		says(t, Table{Sums: []Sum{{What: "tiêu chí", Parts: []points.Points{points.Of(39)}, Total: points.Of(38)}}}, DoubtSum)
		says(t, Table{Rows: make([]Row, 39), Units: 38}, DoubtListed)
	},
	"G32": func(t *testing.T, r table.Row) { // n = N/(1+N·e²), 384.6 is 385 people
		if got := Sample(10_000, points.Ratio{Num: 5, Den: 100}); got != 385 {
			t.Errorf("Sample(10000, 5 %%) = %d, want 385", got)
		}
		for _, n := range []int64{0, 1, 30} {
			if got := Sample(n, points.Ratio{Num: 5, Den: 100}); got > n || n > 0 && got == 0 {
				t.Errorf("Sample(%d, 5 %%) = %d", n, got)
			}
		}
	},
	"G34": moved("85.47", "12.87", "72.60"),
	"G35": moved("87.602", "0.292", "87.310"),
	"G36": func(t *testing.T, r table.Row) {
		counted(t, p(r.Get("expected")), points.Of(4), points.Of(16), points.Of(2))
	},
	"G37": func(t *testing.T, r table.Row) {
		moved("82.66", "2.58", "80.08")(t, r)
		moved("83.94", "1.28", "82.66")(t, r)
	},
}

func moved(now, change, then string) func(*testing.T, table.Row) {
	return func(t *testing.T, _ table.Row) {
		t.Helper()
		past := Standing{Index: p(then)}
		if d := Change(Standing{Index: p(now)}, &past, false); d.Percent.Value != p(change) || !d.Percent.OK {
			t.Errorf("%s after %s is %v, published %s", now, then, d.Percent, change)
		}
		says(t, Table{Rows: []Row{{Index: ptr(now), DeltaPercent: ptr(change), Past: &Past{Index: ptr(then)}}}})
	}
}

// shares are dossiers early, on time and late in percent of those done, which they
// do not add up to.
func shares(done, early, onTime, late, e, o, l, off string) func(*testing.T, table.Row) {
	return func(t *testing.T, r table.Row) {
		parts := []points.Points{p(early), p(onTime), p(late)}
		for i, want := range []string{e, o, l} {
			if got := Percent(points.Ratio{Num: int64(parts[i]), Den: int64(p(done))}, 1); got != p(want) {
				t.Errorf("%s of %s is %s, published %s", parts[i], done, got, want)
			}
		}
		d := says(t, Table{Sums: []Sum{{What: "done", Parts: parts, Total: p(done)}}}, DoubtSum)[0]
		if !slices.Contains(d.Args, any(p(off))) {
			t.Errorf("short by %v, want %s", d.Args, off)
		}
	}
}

func TestEveryGoldenRow(t *testing.T) {
	rows := golden(t)
	for id, r := range rows {
		if slices.Contains(elsewhere, id) {
			continue
		}
		test, ok := cases[id]
		if !ok {
			t.Errorf("%s (%s) has no test", id, r.Get("what"))
			continue
		}
		t.Run(id+" "+r.Get("what"), func(t *testing.T) { test(t, r) })
	}
	for id := range cases {
		if _, ok := rows[id]; !ok {
			t.Errorf("the file has no row %s", id)
		}
	}
}
