package scorecard_test

import (
	"strings"
	"testing"

	"cchc/base/fault"
	"cchc/scorecard"
	. "cchc/scorecard/scorecardtest"
	"cchc/unit"
)

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
