package scorecard

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"cchc/base/fault"
	"cchc/base/points"
	"cchc/base/table"
	"cchc/data"
	"cchc/scorecard/criteria"
	"cchc/unit"
)

// Every row of a table of published results is a result or a flaw at its line, always the
// same; what was read is within what can be stored and shown.
func FuzzReadResults(f *testing.F) {
	head := "unit,block,code,score,max,index,rank,of,band,delta,delta_rank,note,total_max100,appraised_max65\n"
	for _, s := range []string{
		"BẢNG XẾP HẠNG\n\nĐơn vị;Tổng điểm;Điểm tối đa;Chỉ số;Xếp hạng;Tăng giảm;Tăng giảm hạng;Xếp loại\nGio Linh;86,33;98;88,09;3/10;+10,31;+6;Tốt\nCam Lộ;–;;;;;;\nHải Lăng;x;100;;1;;;\nA;80;100;80;2;;+0,5;\n",
		head + "A,I,70.1,80,100,80%,=3,10,Tốt,-1,−2,x,,50\n", head + "A,,,,,,3/99999999999999,,,,,,,\n", head + "A,,,,,,3/10,12,,,,,,\n", head + "A,,,,,,,,,,,,-5,-1\n", head + "A,,,,,,,,,,,,101,66\n",
		head + "A,,,-1,,,,,,,,,,\n", head + ",,,1,,,,,,,,,,\n", head + "A,,,1,,,1,,,,,,,\nB,,,1,,,1,,,,,,,\n", head + "A,,,922337203685477.5807,1e9,,,,,+-1,,,,\n", head + "\"A", head + "A,,,,,,,,\"" + strings.Repeat("dài ", 500) + "\",,,,,\n", head, ""} {
		f.Add([]byte(s))
	}
	if b, err := os.ReadFile("ranking/testdata/golden_ranking_binhduong_2017.csv"); err == nil {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		read := func() ([]ResultRow, table.Flaws) {
			from, err := table.Open(strings.NewReader(string(text)), int64(len(text)), table.Spec{Columns: ResultColumns})
			if from != nil {
				defer from.Close()
			}
			if err != nil {
				return nil, nil
			}
			rows, flaws, err := ReadResults(from)
			if err != nil {
				if fault.As(err) == nil {
					t.Errorf("no clear answer: %v", err)
				}
				return nil, nil
			}
			return rows, flaws
		}
		rows, flaws := read()
		for i, r := range rows {
			if r.Name == "" || r.Ord != i+1 || r.Rank < 0 || r.Rank > mostRows || r.Of < 0 || r.Of > mostRows || max(len(r.Name), len(r.Code), len(r.Block), len(r.Band), len(r.Note)) > longText {
				t.Errorf("a row is %+v", r)
			}
			for _, p := range []*points.Points{r.Score, r.Max, r.Index} {
				if p != nil && *p < 0 {
					t.Errorf("%s below 0: %+v", *p, r)
				}
			}
			for _, x := range r.Fields {
				if x.Points < 0 || x.Max < 0 || x.Name == "" {
					t.Errorf("a part is %+v", x)
				}
			}
		}
		for _, x := range flaws {
			if x.Row.Line() < 2 || x.Fault == nil || x.Fault.Key == "" {
				t.Errorf("a flaw at no place: %+v", x)
			}
		}
		for range 3 {
			again, others := read()
			if !reflect.DeepEqual(again, rows) || len(others) != len(flaws) {
				t.Fatalf("the same file is %+v and %+v", rows, again)
			}
			for i := range others {
				if !reflect.DeepEqual(others[i].Fault, flaws[i].Fault) {
					t.Fatalf("the same cell is wrong in two ways: %v, %v", flaws[i].Fault, others[i].Fault)
				}
			}
		}
	})
}

// surveyedSet is the synthetic set, and with answers by option where it has a percent.
func surveyedSet(t testing.TB) *criteria.Set {
	s, err := criteria.Load([]byte(strings.Replace(data.CriteriaCommune, "        formula: survey_percent*max\n", "        options:\n        - {label: Tốt, percent: 100}\n        - {label: Khá, percent: 60}\n        - {label: Kém, percent: 0}\n", 1)))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// sameUnits are the units that the files of the two targets below speak of.
var sameUnits = map[string]unit.ID{"xa so 1": "u1", "70.11": "u1", "xa so 2": "u2", "xa hai": severalUnits}

// Every row of a file of survey results is an input that scores within its bounds, a flaw
// at its cell, or a unit without a sheet; no leaf of a sheet is given twice.
func FuzzReadSurvey(f *testing.F) {
	set := surveyedSet(f)
	head := "Đơn vị,Mã tiêu chí,Kết quả,Số phiếu hài lòng,Số phiếu,Tốt,Khá,Kém\n"
	for _, s := range []string{
		"KẾT QUẢ KHẢO SÁT\n" + head + "Xã Số 1,7.1.1,\"83,33\",,,,,\nXã Số 1,4.2.1,,,100,50,30,20\nXã Số 2,7.1.1,,90,100,,,\nXã Số 2,7.1.1,90,,,,,\nXã Lạ,7.1.1,9,,,,,\nXã Hai,7.1.1,9,,,,,\nXã Số 1,1.1.1,9,,,,,\n",
		"Đơn vị,7.1.1,4.2.1 Thái độ trách nhiệm\nXã Số 1,\"83,3\",90\n70.11,1,1\n", head + "Xã Số 1,4.2.1,,,,1.000,0,\n", head + "Xã Số 1,4.2.1,,,,12.0,0,0\n", head + "Xã Số 1,7.1.1,,1.5,15,,,\n", head + "Xã Số 1,7.1.1,,+5,10,,,\n",
		head + "Xã Số 1,7.1.1,,-0,10,,,\n", head + "Xã Số 1,4.2.1,,,,0,0,0\n", head + "Xã Số 1,4.2.1,,,,1000000000,1000000000,1000000000\n", head + "Xã Số 1,7.1.1,1e400,,,,,\n", head + "Xã Số 1,7.1.1,1/3,,,,,\n", head + "Xã Số 1,7.1.1,100.0001,,,,,\n", head, "\"", ""} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		desk := func(u unit.ID) OnDesk {
			return OnDesk{Ledger: &Ledger{Sheet: Sheet{ID: "sheet-" + string(u), Unit: u}, Set: set, scores: map[string]map[Stage]Score{}, measures: map[string]Measured{}}, open: true}
		}
		one := desk("u1")
		leaves := surveyLeaves([]OnDesk{one})
		columns := append(append([]table.Column{}, SurveyColumns...), optionColumns(leaves)...)
		from, err := table.Open(strings.NewReader(string(text)), int64(len(text)), table.Spec{Columns: append(columns, leafColumns(leaves, columns)...)})
		if from != nil {
			defer from.Close()
		}
		if err != nil {
			return
		}
		from.Lenient = true
		out := SurveyRead{Stage: StageCouncil}
		s := surveyReader{out: &out, t: from, units: sameUnits, byUnit: map[unit.ID]OnDesk{"u1": one}, leaves: leaves, seen: map[string]bool{}}
		if err := s.read(); err != nil {
			if fault.As(err) == nil {
				t.Errorf("no clear answer: %v", err)
			}
			return
		}
		if err := s.weigh(); err != nil {
			t.Error(err)
		}
		seen := map[string]bool{}
		for _, x := range out.Rows {
			if seen[x.Leaf] || x.Sheet != "sheet-u1" || !x.Node.Leaf.Binding.Survey() || x.Points == nil || *x.Points < 0 || *x.Points > x.Node.Max {
				t.Errorf("a row is %+v", x)
			}
			seen[x.Leaf] = true
			if y, ok := ParseSurveyRow(x.Key()); !ok || !same(y.Input, x.Input) || y.Leaf != x.Leaf {
				t.Errorf("%q is read as %+v", x.Key(), y)
			}
		}
		for _, x := range out.Flaws {
			if x.Row.Line() < 2 || x.Fault == nil || x.Fault.Key == "" {
				t.Errorf("a flaw at no place: %+v", x)
			}
		}
		for _, x := range out.Skipped {
			if x.Line < 2 || x.Why == "" {
				t.Errorf("left out at no place: %+v", x)
			}
		}
	})
}

// A count of answers is digits, in groups of three or not; nothing is 0.
func FuzzWholeNumber(f *testing.F) {
	for _, s := range []string{"", "0", "12", "1.000", "1.000.000", "12.0", "1.5", "1..000", ".", "+5", "-0", "-1", "1000000001", "1e3", "٣"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, ok := wholeNumber(s)
		if !ok || s == "" {
			return
		}
		groups := strings.Split(s, ".")
		for i, g := range groups {
			if g == "" || strings.Trim(g, "0123456789") != "" || len(groups) > 1 && (i > 0 && len(g) != 3 || i == 0 && len(g) > 3) {
				t.Errorf("%q is read as %d", s, n)
			}
		}
		if n < 0 || n > 1_000_000_000 {
			t.Errorf("%q is read as %d", s, n)
		}
	})
}

// Every row and cell of an earlier round is taken within the bounds of its leaf, or left
// out with its place; no leaf of a unit is taken twice.
func FuzzReadRound(f *testing.F) {
	set := surveyedSet(f)
	for _, s := range []string{
		"TỔNG HỢP\nSTT,Đơn vị,1.1.1,7.1.1 Chỉ số hài lòng của xã,Tự chấm 7.1.1,9.9,Ghi chú\n1,Xã Số 1,2,\"4,25\",5,1,x\n2,70.11,0,,,,\n3,Xã Lạ,1,,,,\n4,Xã Hai,1,,,,\n5,Xã Số 2,-1,21,khá,,\n",
		"Đơn vị,Tiêu chí,Tên tiêu chí,Tự chấm,Điểm,Ghi chú\nXã Số 1,7.1.1,,20,\"18,5\",\nXã Số 1,7.1.1,,,1,\nXã Số 1,9.9,Chỉ số hài lòng của xã,,1,\nXã Số 2,T.1,,,1,\nXã Số 2,P.1,,,-1,\nXã Số 2,1.1.1,,x,1,\n",
		"unit,leaf,points\nxã số 1,1.1.1,1e9\n", "unit,leaf,points\nxã số 1,,1\n", "unit,7.1.1,7.1.1\nxã số 1,1,2\n", "unit,leaf,7.1.1\n", "unit,leaf,points\n\"xã", ""} {
		f.Add([]byte(s))
	}
	items := Items(set)
	f.Fuzz(func(t *testing.T, text []byte) {
		from, err := table.Open(strings.NewReader(string(text)), int64(len(text)), table.Spec{Columns: append(optional(RoundColumns), leafColumns(items, RoundColumns)...)})
		if from != nil {
			defer from.Close()
		}
		if err != nil {
			return
		}
		from.Lenient = true
		out := RoundRead{Scores: map[unit.ID][]Score{}}
		if err = out.form(from, items); err == nil {
			if out.Wide {
				err = out.readWide(from, set, sameUnits)
			} else {
				err = out.readLong(from, set, sameUnits)
			}
		}
		if err != nil {
			if fault.As(err) == nil {
				t.Errorf("no clear answer: %v", err)
			}
			return
		}
		taken := 0
		for _, u := range out.Units {
			seen := map[string]bool{}
			for _, x := range out.Scores[u] {
				n := set.Node(x.Leaf)
				if u != "u1" && u != "u2" || n == nil || n.Leaf == nil || x.ByHand == nil || seen[x.Leaf+string(x.Stage)] {
					t.Fatalf("%s has %+v", u, x)
				}
				seen[x.Leaf+string(x.Stage)] = true
				if penalty := IsPenalty(set, n); !penalty && (*x.ByHand < 0 || *x.ByHand > n.Max) || penalty && *x.ByHand > 0 {
					t.Errorf("%s of %s points: %+v", *x.ByHand, n.Max, x)
				}
				if x.Stage == StageFinal {
					taken++
				}
			}
		}
		if taken != out.Rows {
			t.Errorf("%d were taken, and %d counted", taken, out.Rows)
		}
		for _, l := range out.Left {
			if l.Why == "" || l.Line == 0 && l.Why != "rounds.left.column" {
				t.Errorf("left out at no place: %+v", l)
			}
		}
	})
}
