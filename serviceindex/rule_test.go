package serviceindex_test

import (
	"bytes"
	"context"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"cchc/base/i18n"
	"cchc/base/points"
	"cchc/base/table"
	"cchc/data"
	"cchc/serviceindex"
)

func sets(t testing.TB) serviceindex.Sets {
	t.Helper()
	s, err := serviceindex.LoadSets(data.QD766)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// score runs ScoreCSV on a file and returns its rows.
func score(t *testing.T, file string) *table.Reader {
	t.Helper()
	in, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	var out bytes.Buffer
	if err := sets(t)[0].ScoreCSV(in, &out); err != nil {
		t.Fatal(err)
	}
	r, err := table.Read(&out, "points")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestPublishedMetricsMatchToTheCent(t *testing.T) {
	t.Parallel()
	r := score(t, "testdata/golden_766.csv")
	n := 0
	for ; r.Next(); n++ {
		got, err := points.Parse(r.Get("points"))
		if err != nil {
			t.Fatal(err)
		}
		if want, _ := points.Parse(r.Get("published_points")); got != want {
			t.Errorf("%s %s %s/%s gives %s, published %s", r.Get("unit"), r.Get("metric"), r.Get("numerator"), r.Get("denominator"), got, want)
		}
	}
	if r.Err() != nil || n != 30 {
		t.Errorf("%d rows, %v; want 30", n, r.Err())
	}
}

func TestPublishedGroupsMatchToTheCent(t *testing.T) {
	t.Parallel()
	r := score(t, "testdata/golden_766_groups.csv")
	got, want := map[string]points.Points{}, map[string]points.Points{}
	for r.Next() {
		key := r.Get("unit") + " " + r.Get("group")
		p, err := points.Parse(r.Get("points"))
		if err != nil {
			t.Fatal(err)
		}
		got[key] += p
		want[key], _ = points.Parse(r.Get("published_group_points"))
	}
	if len(want) != 2 || r.Err() != nil {
		t.Fatalf("%d groups, %v; want 2", len(want), r.Err())
	}
	for key := range want {
		if got[key] != want[key] {
			t.Errorf("%s gives %s, published %s", key, got[key], want[key])
		}
	}
}

func TestScoreCSVKeepsWhatItIsGiven(t *testing.T) {
	t.Parallel()
	in := "\ufeffnote,points,unit,metric,numerator,denominator\n" +
		"# a remark\n" +
		"\"a, b\",old,X,ON_TIME_RATE,\"2541,0\",2618.00\n" +
		"z,,Y,PETITION_PROCESSING_ON_TIME,0,0\n" +
		",,Y,DOSSIER_RECEIVING_SATISFACTION,0,0\n" +
		",,Y,ON_TIME_RATE,0,0\n"
	want := "note,points,unit,metric,numerator,denominator\n" +
		"\"a, b\",19.41,X,ON_TIME_RATE,\"2541,0\",2618.00\n" +
		"z,6.00,Y,PETITION_PROCESSING_ON_TIME,0,0\n" +
		",0.00,Y,DOSSIER_RECEIVING_SATISFACTION,0,0\n" +
		",–,Y,ON_TIME_RATE,0,0\n"
	var out bytes.Buffer
	if err := sets(t)[0].ScoreCSV(strings.NewReader(in), &out); err != nil {
		t.Fatal(err)
	}
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}

func TestScoreCSVNamesTheWrongCellAndWritesNothing(t *testing.T) {
	t.Parallel()
	good := "unit,metric,numerator,denominator\nX,ON_TIME_RATE,1,2\n"
	for row, want := range map[string]string{
		"X,ON_TIME,1,2":         "Line=3 Column=metric Value=ON_TIME;",
		"X,ON_TIME_RATE,-1,2":   "Line=3 Column=numerator Value=-1;",
		"X,ON_TIME_RATE,3,2":    "Line=3 Column=numerator Value=3;",
		"X,ON_TIME_RATE,1,":     "Line=3 Column=denominator Value=;",
		"X,ON_TIME_RATE,1,2.5":  "Line=3 Column=denominator Value=2.5;",
		"X,ON_TIME_RATE,1":      "table.width Line=3",
		"X,ON_TIME_RATE,1e3,2":  "Line=3 Column=numerator Value=1e3;",
		"X,ON_TIME_RATE,1,٣":    "Line=3 Column=denominator",
		"X,ON_TIME_RATE,1,0x10": "Line=3 Column=denominator Value=0x10;",
	} {
		var out bytes.Buffer
		err := sets(t)[0].ScoreCSV(strings.NewReader(good+row+"\n"), &out)
		if err == nil || !strings.Contains(err.Error(), want) || out.Len() > 0 {
			t.Errorf("%s gives %v and %d bytes, want %q and none", row, err, out.Len(), want)
		}
	}
}

func TestFormulasAreWrittenWithTheirNumbers(t *testing.T) {
	t.Parallel()
	vi := i18n.With(context.Background(), i18n.Vietnamese)
	en := i18n.With(context.Background(), i18n.English)
	known := func(n, d int64) serviceindex.Value {
		return serviceindex.Value{Ratio: points.Ratio{Num: n, Den: d}, Known: true}
	}
	for _, x := range []struct {
		metric string
		value  serviceindex.Value
		vi, en string
		branch serviceindex.Branch
	}{
		{"ON_TIME_RATE", known(2541, 2618), "20 × 2541 / 2618 = 19,41", "20 × 2541 / 2618 = 19.41", serviceindex.Computed},
		{"ON_TIME_RATE", known(7, 7), "20 × 7 / 7 = 20,00", "20 × 7 / 7 = 20.00", serviceindex.Full},
		{"REUSED_DIGITIZED_DATA", known(1543, 2618), "2 × min(1; 1543 / 2618 / 80 %) = 1,47", "2 × min(1; 1543 / 2618 / 80%) = 1.47", serviceindex.Computed},
		{"DOSSIER_RECEIVING_SATISFACTION", known(2540, 2618), "6 × min(1; (1 − 78 / 2618) / 90 %) = 6,00", "6 × min(1; (1 − 78 / 2618) / 90%) = 6.00", serviceindex.Full},
		{"SERVICES_WITH_ONLINE_DOSSIERS", known(9, 8), "4 × min(1; 9 / 8) = 4,00", "4 × min(1; 9 / 8) = 4.00", serviceindex.Full},
		{"PETITION_PROCESSING_ON_TIME", known(0, 0), "không phát sinh, được điểm tối đa: 6,00", "nothing arose, full points: 6.00", serviceindex.NothingOK},
		{"PETITION_PROCESSING_ON_TIME", serviceindex.Value{}, "chưa nhập số liệu", "nothing entered yet", serviceindex.Missing},
		{"ELECTRONIC_CERTIFIED_COPY", serviceindex.Value{}, "chưa nhập số liệu, mặc định 100 %: 2,00", "nothing entered, 100% by default: 2.00", serviceindex.ByDefault},
		{"ELECTRONIC_CERTIFIED_COPY", known(1, 4), "2 × 1 / 4 = 0,50", "2 × 1 / 4 = 0.50", serviceindex.Computed},
		{"ON_TIME_RATE", known(0, 0), "không phát sinh, không chấm", "nothing arose, not scored", serviceindex.Nothing},
		{"AVG_PROCESSING_DAYS", known(0, 0), "chỉ để tham khảo, không chấm", "for information, not scored", serviceindex.NoPoints},
	} {
		m, ok := sets(t)[0].Metric(x.metric)
		if !ok {
			t.Fatalf("no metric %s", x.metric)
		}
		if got := m.Formula(vi, x.value); got != x.vi {
			t.Errorf("%s in Vietnamese: %s, want %s", x.metric, got, x.vi)
		}
		if got := m.Formula(en, x.value); got != x.en {
			t.Errorf("%s in English: %s, want %s", x.metric, got, x.en)
		}
		if _, b := m.Score(x.value); b != x.branch {
			t.Errorf("%s of %v takes branch %s, want %s", x.metric, x.value, b, x.branch)
		}
	}
}

func TestEffectIsExact(t *testing.T) {
	t.Parallel()
	m, _ := sets(t)[0].Metric("ON_TIME_RATE")
	e := m.Effect(serviceindex.Value{Ratio: points.Ratio{Num: 9, Den: 10}, Known: true})
	// 20 × 10/11 − 18 = 0.1818…; 20 × 9/11 − 18 = −1.6363…; 20 × 10/10 − 18 = 2.
	if e.Good != 1818 || e.Bad != -16364 || e.Mend != 20000 {
		t.Errorf("effect of one more at 9/10: %+v, want 0.1818, -1.6364, 2", e)
	}
	// What is out of the catalogue cannot grow: only one more of it can be used.
	m, _ = sets(t)[0].Metric("PROCEDURE_WITH_FEE_DOSSIERS")
	if e = m.Effect(serviceindex.Value{Ratio: points.Ratio{Num: 8, Den: 42}, Known: true}); e.Good != 0 || e.Bad != 0 || e.Mend != 595 {
		t.Errorf("effect of one more at 8/42: %+v, want 0, 0, 0.0595", e)
	}
}

// What is computed in whole numbers is what the exact fraction gives.
func TestScoresInWholeNumbersAreExact(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	n := 0
	for _, m := range sets(t)[0].Metrics() {
		for range 20_000 {
			v := serviceindex.Value{Known: true}
			v.Den = random.Int64N(int64(1) << random.IntN(62))
			v.Num = random.Int64N(v.Den + 2)
			if random.IntN(3) == 0 { // halves are where rounding goes wrong
				v.Den = 8 * (1 + random.Int64N(500))
				v.Num = random.Int64N(v.Den + 1)
			}
			r, branch := m.Exact(v)
			want := points.Points(0)
			if r != nil {
				want = points.Round(r, 2)
			}
			if got, b := m.Score(v); got != want || b != branch {
				t.Fatalf("%s of %d/%d gives %s (%s), exactly %s (%s)", m.Code, v.Num, v.Den, got, b, want, branch)
			}
			n++
		}
	}
	if n < 200_000 {
		t.Errorf("only %d ratios were compared", n)
	}
}
