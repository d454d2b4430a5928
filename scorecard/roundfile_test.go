package scorecard_test

import (
	"bytes"
	"cmp"
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"cchc/base/fault"
	"cchc/scorecard"
	. "cchc/scorecard/scorecardtest"
	"cchc/unit"
)

// What officers keep: a workbook with a title, codes across, marks for what they
// do not know, and columns of their own.
func TestAnEarlierRoundIsBroughtInFromAWideTable(t *testing.T) {
	t.Parallel()
	p := New(t, 3, Small)
	ctx := t.Context()
	for name, file := range map[string]struct {
		content []byte
		total   map[unit.ID]string // of the final card
		self    string             // 1.1.2 of the first by itself
		left    string
	}{
		"a column for each leaf": {[]byte(`TỔNG HỢP KẾT QUẢ NĂM 2025
STT,Đơn vị,1.1.1,1.1.2 Tỷ lệ nhiệm vụ hoàn thành,Thời điểm báo cáo,2.1.1,T.1,P.1,9.9,Tổng
,Điểm tối đa,2,5,3,6,1,,,
1,Xã Số 1,2,"4,25",3,"5,4",0.5,-0.5,1,15.15
2,H99.002,0,,khá,7,,,,
3,Xã Số 1,1,,,,,,,
4,Xã Lạ,1,,,,,,,
`), map[unit.ID]string{p.Communes[0]: "14.65", p.Communes[1]: "0.00"}, "–",
			"column:STT column:9.9 column:Tổng unit:Điểm tối đa points:1.1.3 Thời điểm báo cáo outside:2.1.1 Hồ sơ đúng hạn unit_twice:Xã Số 1 unit:Xã Lạ"},
		"two columns for each leaf, under a merged head": {wideBook(t), map[unit.ID]string{p.Communes[0]: "6.00", p.Communes[1]: "2.00"}, "4.50", ""},
	} {
		f := scorecard.RoundFile{Unit: p.Province, Name: "Năm 2025", Set: p.Set, From: Day("2026-01-01"), To: Day("2026-10-31"), Decision: "3/QĐ-UBND", Decided: Day("2026-11-02"),
			Content: bytes.NewReader(file.content), Size: int64(len(file.content))}
		read, err := p.Desk.ImportRound(ctx, p.Keeper, f)
		if err != nil || !read.Wide {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var left []string
		for _, l := range read.Left {
			left = append(left, strings.TrimPrefix(l.Why, "rounds.left.")+":"+cmp.Or(l.Leaf, l.Unit))
		}
		if got := strings.Join(left, " "); got != file.left {
			t.Errorf("%s: left out %s\nwant %s", name, got, file.left)
		}
		finals, err := scorecard.Finals(p.Desk, ctx, p.DB, read.Round.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range finals {
			want := cmp.Or(file.total[x.Unit], "missing")
			if got := "missing"; x.Missing && got != want || !x.Missing && x.Card.Total.String() != want {
				t.Errorf("%s: %s has %+v, want %s", name, x.Unit, x.Card, want)
			}
		}
		if got := at(t, p, p.Sheet(t, read.Round, p.Communes[0]), "1.1.2", scorecard.StageSelf); got != file.self {
			t.Errorf("%s: 1.1.2 by itself is %s, want %s", name, got, file.self)
		}
	}
	none := []byte("Đơn vị,Tổng\nXã Số 1,9\n")
	_, err := p.Desk.ReadRound(ctx, p.DB, p.Keeper, scorecard.RoundFile{Unit: p.Province, Name: "x", Set: p.Set, From: Day("2026-01-01"), To: Day("2026-10-31"), Decision: "3", Decided: Day("2026-11-02"),
		Content: bytes.NewReader(none), Size: int64(len(none))})
	is(t, "a table of neither form", err, fault.Invalid, "table.column_missing")
}

func wideBook(t *testing.T) []byte {
	t.Helper()
	x := excelize.NewFile()
	defer x.Close()
	for i, row := range [][]any{
		{"BẢNG ĐIỂM"},
		{"Xã, phường", "1.1.1", nil, "1.1.2", nil},
		{nil, "Tự chấm", "Thẩm định", "Tự chấm", "Thẩm định"},
		{"Xã Số 1", 2, 2, 4.5, 4},
		{"Xã Số 2", 2, 2, nil, nil},
	} {
		if err := x.SetSheetRow("Sheet1", "A"+strconv.Itoa(i+1), &row); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := x.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestAnEarlierRoundIsBroughtIn(t *testing.T) {
	t.Parallel()
	p := New(t, 3, Small)
	ctx := t.Context()
	csv := `Đơn vị,Mã tiêu chí,Tên tiêu chí,Điểm tự chấm,Điểm
Xã Số 1,1.1.1,Ban hành kế hoạch,2,2
xã số 1,1.1.2,,"5,0","4,25"
H99.001,9.9,THỜI ĐIỂM BÁO CÁO,,"1,5"
Xã Số 2,1.1.1,,,0
Xã Số 2,1.1.1,,,2
Xã Lạ,1.1.1,,,2
Xã Số 2,7.7,Không có,,1
Xã Số 2,1.1.2,,,6
Xã Số 2,1.1.3,,,khá
`
	f := scorecard.RoundFile{Unit: p.Province, Name: "Năm 2025", Set: p.Set, From: Day("2026-01-01"), To: Day("2026-10-31"), Decision: "3/QĐ-UBND", Decided: Day("2026-11-02"),
		Content: strings.NewReader(csv), Size: int64(len(csv))}
	_, err := p.Desk.ReadRound(ctx, p.DB, p.First, f)
	is(t, "reading by an appraiser", err, fault.Forbidden, "auth.forbidden")
	read, err := p.Desk.ReadRound(ctx, p.DB, p.Keeper, f)
	if err != nil || read.Rows != 4 || len(read.Units) != 2 {
		t.Fatalf("%d rows of %d units, %v; want 4 of 2", read.Rows, len(read.Units), err)
	}
	var why []string
	for _, l := range read.Left {
		why = append(why, strings.TrimPrefix(l.Why, "rounds.left."))
	}
	if got := strings.Join(why, " "); got != "twice unit leaf outside points" {
		t.Errorf("left out: %s", got)
	}
	if read.Left[0].Line != 6 {
		t.Errorf("the first row that was left out is on line %d, want 6", read.Left[0].Line)
	}
	if list, _ := p.Desk.Rounds(ctx, p.DB, p.Keeper); len(list) != 0 {
		t.Error("reading stored something")
	}
	read, err = p.Desk.ImportRound(ctx, p.Keeper, f)
	if err != nil {
		t.Fatal(err)
	}
	finals, err := scorecard.Finals(p.Desk, ctx, p.DB, read.Round.ID)
	if err != nil || len(finals) != 3 {
		t.Fatalf("%d finals, %v", len(finals), err)
	}
	for _, x := range finals {
		want := map[unit.ID]string{p.Communes[0]: "7.75", p.Communes[1]: "0.00", p.Communes[2]: "missing"}[x.Unit]
		got := "missing"
		if !x.Missing {
			got = x.Card.Total.String()
		}
		if got != want {
			t.Errorf("%s has %s, want %s", x.Unit, got, want)
		}
	}
	r, err := p.Desk.Round(ctx, p.DB, p.Keeper, read.Round.ID)
	if err != nil || r.Origin != scorecard.OriginFile || r.Approved == 0 || r.Decision != "3/QĐ-UBND" {
		t.Errorf("the round is %+v, %v", r, err)
	}
}
