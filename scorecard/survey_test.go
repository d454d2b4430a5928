package scorecard_test

import (
	"strings"
	"testing"

	"cchc/base/actor"
	"cchc/base/fault"
	"cchc/scorecard"
	. "cchc/scorecard/scorecardtest"
)

// surveyed is Small with two survey leaves: an index in percent, and answers by option.
var surveyed = strings.Replace(Small, `      name: Mức độ hài lòng
      max: 4
      kind: import
      rule: {source: sipas_percent, formula: value/100*max}
      data_source: survey_sipas
`, `      name: Mức độ hài lòng
      max: 2
      kind: import
      rule: {source: sipas_percent, formula: value/100*max}
      data_source: survey_sipas
    - code: 2.1.3
      name: Thái độ phục vụ
      max: 2
      kind: survey
      rule:
        options:
        - {label: Tốt, percent: 100}
        - {label: Khá, percent: 60}
        - {label: Kém, percent: 0}
      data_source: survey
`, 1)

func TestSurveyResultsComeFromAFile(t *testing.T) {
	t.Parallel()
	p := New(t, 4, surveyed)
	ctx := t.Context()
	r := p.Open(t)
	assign(t, p, r)
	one, two := p.Sheet(t, r, p.Communes[0]), p.Sheet(t, r, p.Communes[1])
	for who, s := range map[*actor.Actor]scorecard.Sheet{&p.Staff: one, &p.Neighbour: two} {
		if err := p.Desk.HandIn(ctx, *who, s.ID, true); err != nil {
			t.Fatal(err)
		}
	}
	council := scorecard.StageCouncil
	read := func(who actor.Actor, content string) (scorecard.SurveyRead, error) {
		return p.Desk.ReadSurvey(ctx, p.DB, who, scorecard.SurveyFile{Round: r.ID, Stage: council, Content: strings.NewReader(content), Size: int64(len(content))})
	}
	_, err := read(p.Keeper, "Đơn vị,2.1.2\nXã Số 1,90\n")
	is(t, "reading before the council", err, fault.Conflict, "rounds.stage_closed")
	p.Clock.Set("2026-12-27T09:00")
	_, err = read(p.First, "Đơn vị,2.1.2\nXã Số 1,90\n")
	is(t, "reading by an appraiser", err, fault.Forbidden, "auth.forbidden")

	// Every wrong cell is told, each with its place.
	got, err := read(p.Keeper, `KẾT QUẢ KHẢO SÁT
Đơn vị,Mã tiêu chí,Kết quả,Số phiếu hài lòng,Số phiếu,Tốt,Khá,Kém,Người nhập
Xã Số 1,2.1.2,"83,33",,,,,,x
Xã Số 1,2.1.3,,,100,50,30,19,
Xã Số 1,1.1.1,90,,,,,,
Xã Số 2,2.1.2,,120,100,,,,
Xã Lạ,2.1.2,90,,,,,,
Xã Số 2,9.9,90,,,,,,
Xã Số 2,2.1.3,khá,,,,,,
Xã Số 1,2.1.2,80,,,,,,
Xã Số 2,2.1.2,101,,,,,,
Xã Số 3,2.1.2,90,,,,,,
`)
	if err != nil {
		t.Fatal(err)
	}
	var flaws []string
	for _, f := range got.Flaws {
		flaws = append(flaws, f.Fault.Fields[0].Key)
		if f.Row.Line() < 4 || f.Column() < 0 {
			t.Errorf("%v is at line %d, column %d", f.Fault, f.Row.Line(), f.Column())
		}
	}
	if s := strings.Join(flaws, " "); s != "survey.sum rounds.left.not_survey survey.answers rounds.left.unit rounds.left.leaf rounds.in.not_number rounds.left.twice rounds.left.twice" {
		t.Errorf("the flaws are %s", s)
	}
	if len(got.Skipped) != 1 || got.Skipped[0].Unit != "Xã Số 3" || strings.Join(got.Strange, " ") != "Người nhập" {
		t.Errorf("skipped %+v, strange %v", got.Skipped, got.Strange)
	}
	if at(t, p, one, "2.1.2", council) != "–" {
		t.Error("reading stored something")
	}

	got, err = read(p.Keeper, "Đơn vị,Mã tiêu chí,Kết quả,Số phiếu hài lòng,Số phiếu,Tốt,Khá,Kém\nXã Số 1,2.1.2,\"83,33\",,,,,\nH99.001,Thái độ phục vụ,,,100,50,30,20\nXã Số 2,2.1.2,,95,120,,,\nXã Số 2,2.1.3,72%,,,,,\n")
	if err != nil || len(got.Flaws) > 0 || len(got.Rows) != 4 {
		t.Fatalf("%d rows, %+v, %v", len(got.Rows), got.Flaws, err)
	}
	is(t, "storing without a source", p.Desk.StoreSurvey(ctx, p.Keeper, r.ID, council, " ", got.Rows), fault.Invalid, "rounds.invalid")
	is(t, "storing by an appraiser", p.Desk.StoreSurvey(ctx, p.First, r.ID, council, "BC 9", got.Rows), fault.Forbidden, "auth.forbidden")
	bad := append([]scorecard.SurveyRow{}, got.Rows...)
	bad[3].Leaf, bad[3].Input = "1.1.1", Option("yes")
	is(t, "storing what is no survey", p.Desk.StoreSurvey(ctx, p.Keeper, r.ID, council, "BC 9", bad), fault.Invalid, "rounds.left.not_survey")
	if at(t, p, one, "2.1.2", council) != "–" {
		t.Fatal("half of the rows were stored")
	}
	if err := p.Desk.StoreSurvey(ctx, p.Keeper, r.ID, council, "BC 9/BC-SNV", got.Rows); err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		s          scorecard.Sheet
		leaf, want string
	}{{one, "2.1.2", "1.67"}, {one, "2.1.3", "1.36"}, {two, "2.1.2", "1.58"}, {two, "2.1.3", "1.44"}} { // (50·100 + 30·60)/100 = 68 %
		if got := at(t, p, x.s, x.leaf, council); got != x.want {
			t.Errorf("%s has %s, want %s", x.leaf, got, x.want)
		}
	}
	l, err := p.Desk.Ledger(ctx, p.DB, p.Keeper, one.ID)
	if err != nil || l.Of("2.1.2", council).Note != "BC 9/BC-SNV" || l.Of("2.1.2", scorecard.StageSelf).Given() {
		t.Errorf("the score is %+v, %v", l.Of("2.1.2", council), err)
	}

	// The same file again changes nothing; another one only what differs.
	again, err := read(p.Keeper, "Đơn vị,2.1.2 Mức độ hài lòng,2.1.3\nXã Số 1,\"83,33\",70\nXã Số 2,,\n")
	if err != nil || len(again.Rows) != 2 || len(again.Changes()) != 1 || again.Changes()[0].Leaf != "2.1.3" || again.Rows[1].Points.String() != "1.40" {
		t.Fatalf("a wide file gives %+v, %v", again.Rows, err)
	}
	// Somebody stored something else since the check: none of it is stored.
	if err := p.Desk.Appraise(ctx, p.Keeper, r.ID, council, []scorecard.Verdict{{Sheet: one.ID, Leaf: "2.1.3", Input: Value(50), Why: "sửa", Version: 1, Seen: -1}}); err != nil {
		t.Fatal(err)
	}
	is(t, "storing over what was not seen", p.Desk.StoreSurvey(ctx, p.Keeper, r.ID, council, "BC 9", again.Changes()), fault.Conflict, "rounds.leaf_changed")
	_, err = read(p.Keeper, "Đơn vị,Ghi chú\nXã Số 1,9\n")
	is(t, "a file without leaves", err, fault.Invalid, "table.column_missing")
}
