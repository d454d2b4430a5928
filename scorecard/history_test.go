package scorecard_test

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/fault"
	"cchc/base/points"
	"cchc/base/table"
	"cchc/dossier/dossiertest"
	"cchc/scorecard"
	"cchc/scorecard/ranking"
)

// An office with the room of the PAR index.
type place struct {
	*dossiertest.Office
	desk *scorecard.Desk
}

func newPlace(t *testing.T) *place {
	o := dossiertest.Desk(t)
	return &place{o, &scorecard.Desk{DB: o.DB, Guard: o.Desk.Guard, Units: o.Desk.Units}}
}

func pt(t *testing.T, s string) *points.Points {
	t.Helper()
	p, err := points.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return &p
}

func doubts(p scorecard.Publication, past *scorecard.Publication) []string {
	var out []string
	for _, d := range p.Doubts(past) {
		out = append(out, d.Kind)
	}
	return out
}

// gioLinh is what the district's page of 2022 says of it.
func (w *place) gioLinh(t *testing.T) scorecard.Publication {
	return scorecard.Publication{Unit: w.Province, Publisher: "UBND tỉnh Quảng Trị", Year: 2022, Level: "district", Title: "Chỉ số CCHC năm 2022",
		Source: "Trang thông tin của huyện", Decimals: 2, Rows: []scorecard.ResultRow{{Name: "Huyện Gio Linh", Score: pt(t, "86.33"), Max: pt(t, "98"), Index: pt(t, "88.09"),
			Rank: 3, Of: 10, Unclear: pt(t, "10.31"), Deltas: ranking.Deltas{Rank: ranking.Delta{Value: *pt(t, "6"), OK: true}}}}}
}

func TestPublishedHistoryIsKeptAsItWasPublished(t *testing.T) {
	t.Parallel()
	w := newPlace(t)
	ctx := context.Background()
	id, err := w.desk.EnterHistory(ctx, w.HomeAffairs, w.gioLinh(t))
	if err != nil {
		t.Fatal(err)
	}
	p, err := w.desk.Publication(ctx, w.DB, w.Specialist, id)
	if err != nil {
		t.Fatal(err)
	}
	r := p.Rows[0]
	if *r.Score != *pt(t, "86.33") || *r.Max != *pt(t, "98") || *r.Index != *pt(t, "88.09") || r.Rank != 3 || r.Of != 10 || !r.Deltas.Rank.OK || r.Deltas.Points.OK {
		t.Errorf("the row is %+v", r)
	}
	if got := doubts(p, nil); !slices.Equal(got, []string{ranking.DoubtReadings}) {
		t.Errorf("doubts are %v: nobody says of what the +10.31 is", got)
	}

	// The year before as points: the rank agrees, and so does 76.02.
	before := w.gioLinh(t)
	before.Year, before.Title = 2021, "Chỉ số CCHC năm 2021"
	before.Rows = []scorecard.ResultRow{{Name: "HUYỆN GIO LINH", Index: pt(t, "77.78"), Rank: 9, Of: 10}}
	if _, err := w.desk.EnterHistory(ctx, w.HomeAffairs, before); err != nil {
		t.Fatal(err)
	}
	past, err := w.desk.Before(ctx, w.DB, p)
	if err != nil || past == nil {
		t.Fatalf("the year before: %v, %v", past, err)
	}
	if got := doubts(p, past); !slices.Equal(got, []string{ranking.DoubtReadings}) {
		t.Errorf("doubts are %v", got)
	}
	years, err := w.desk.YearsOf(ctx, w.DB, "", "huyện Gio Linh")
	if err != nil || len(years) != 2 || years[0].Publication.Year != 2021 || years[1].Publication.Year != 2022 {
		t.Fatalf("years are %+v, %v", years, err)
	}
	if years[1].Computed || !years[1].Deltas.Rank.OK {
		t.Errorf("the published change stays: %+v", years[1])
	}
	if years[0].Deltas.Rank.Why != ranking.WhyNoPast {
		t.Errorf("2021 has nothing before it: %+v", years[0].Deltas)
	}
	trail, err := audit.Of(ctx, w.DB, "publication", id)
	if err != nil || len(trail) != 1 || trail[0].Verb != "result.history" {
		t.Errorf("the trail is %v, %v", trail, err)
	}
}

func TestAnAmendmentKeepsWhatWasPublished(t *testing.T) {
	t.Parallel()
	w := newPlace(t)
	ctx := context.Background()
	first := w.gioLinh(t)
	id, err := w.desk.EnterHistory(ctx, w.HomeAffairs, first)
	if err != nil {
		t.Fatal(err)
	}
	again := w.gioLinh(t)
	again.Supersedes, again.Rows[0].Index, again.Rows[0].Rank = id, pt(t, "88.10"), 2
	if _, err := w.desk.EnterHistory(ctx, w.HomeAffairs, again); !fault.Is(err, fault.Invalid) || fault.As(err).Fields[0].Name != "reason" {
		t.Errorf("without a reason: %v", err)
	}
	again.Reason = "Đính chính theo công văn của Sở"
	second, err := w.desk.EnterHistory(ctx, w.HomeAffairs, again)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.desk.EnterHistory(ctx, w.HomeAffairs, again); !fault.Is(err, fault.Conflict) {
		t.Errorf("amended twice: %v", err)
	}
	old, err := w.desk.Publication(ctx, w.DB, w.Chair, id)
	if err != nil || *old.Rows[0].Index != *pt(t, "88.09") || old.Rows[0].Rank != 3 {
		t.Errorf("the first publication is now %+v, %v", old.Rows, err)
	}
	now, err := w.desk.Current(ctx, w.DB, old)
	if err != nil || now.ID != second {
		t.Errorf("in force is %s, %v", now.ID, err)
	}
	if c := now.Amended(old); len(c) != 1 || c[0].Before.Rank != 3 || c[0].After.Rank != 2 {
		t.Errorf("what changed is %+v", c)
	}
	years, err := w.desk.YearsOf(ctx, w.DB, "", "Huyện Gio Linh")
	if err != nil || len(years) != 1 || years[0].Row.Rank != 3 || years[0].Today == nil || years[0].Today.Rank != 2 {
		t.Errorf("the card says %+v, %v", years, err)
	}
}

func TestHistoryNeedsItsSourceAndTheRight(t *testing.T) {
	t.Parallel()
	w := newPlace(t)
	ctx := context.Background()
	p := w.gioLinh(t)
	p.Source, p.Title, p.Year, p.Rows = " ", "", 1980, nil
	_, err := w.desk.EnterHistory(ctx, w.HomeAffairs, p)
	var names []string
	if f := fault.As(err); f != nil {
		for _, x := range f.Fields {
			names = append(names, x.Name)
		}
	}
	slices.Sort(names)
	if !slices.Equal(names, []string{"rows", "source", "title", "year"}) {
		t.Errorf("wrong are %v: %v", names, err)
	}
	for name, who := range map[string]actor.Actor{"a specialist": w.Specialist, "the auditor": w.Auditor, "an officer": w.Officer, "a visitor": {}} {
		if _, err := w.desk.EnterHistory(ctx, who, w.gioLinh(t)); !fault.Is(err, fault.Forbidden) && !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("%s entered history: %v", name, err)
		}
	}
	if all, err := w.desk.Publications(ctx, w.DB, w.Chair); err != nil || len(all) != 0 {
		t.Errorf("%d publications, %v", len(all), err)
	}
}

func read(t *testing.T, text string) ([]scorecard.ResultRow, table.Flaws) {
	t.Helper()
	r, err := table.Open(strings.NewReader(text), int64(len(text)), table.Spec{Columns: scorecard.ResultColumns})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	rows, flaws, err := scorecard.ReadResults(r)
	if err != nil {
		t.Fatal(err)
	}
	return rows, flaws
}

func TestAPublishedTableIsImportedWithItsParts(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("ranking/testdata/golden_ranking_binhduong_2017.csv")
	if err != nil {
		t.Fatal(err)
	}
	rows, flaws := read(t, string(text))
	if len(rows) != 9 || len(flaws) != 0 {
		t.Fatalf("%d rows, flaws %v", len(rows), flaws)
	}
	p := scorecard.Publication{Decimals: 2, Rows: rows, Mean: pt(t, "78.39"), Stated: 9}
	if got := doubts(p, nil); len(got) != 0 {
		t.Errorf("doubts are %v", got)
	}
	if r := rows[0]; *r.Score != *pt(t, "84.58") || *r.Max != *pt(t, "100") || len(r.Fields) != 2 || r.Fields[1].Max != *pt(t, "35") || r.Rank != 1 {
		t.Errorf("the first row is %+v", r)
	}
	p.Rows[0].Fields[0].Points++
	p.Mean, p.Stated = pt(t, "78.38"), 10
	if got := doubts(p, nil); !slices.Equal(got, []string{ranking.DoubtSum, ranking.DoubtMean, ranking.DoubtListed}) {
		t.Errorf("doubts are %v", got)
	}
}

func TestATableInVietnameseIsReadAndEveryWrongCellNamed(t *testing.T) {
	t.Parallel()
	rows, flaws := read(t, "BẢNG XẾP HẠNG\n\nĐơn vị;Tổng điểm;Điểm tối đa;Chỉ số;Xếp hạng;Tăng giảm;Tăng giảm hạng;Xếp loại\n"+
		"Gio Linh;86,33;98;88,09;3/10;+10,31;+6;Tốt\nCam Lộ;–;;;;;;\nHải Lăng;x;100;;1;;;\nTriệu Phong;80;100;80;không;;;\nA;80;100;80;2;;+0,5;\n")
	if len(rows) != 2 || rows[0].Rank != 3 || rows[0].Of != 10 || *rows[0].Unclear != *pt(t, "10.31") || rows[0].Deltas.Rank.Value != *pt(t, "6") || rows[0].Band != "Tốt" {
		t.Errorf("rows are %+v", rows)
	}
	if len(rows) == 2 && !rows[1].Missing {
		t.Errorf("Cam Lộ is missing, not zero: %+v", rows[1])
	}
	var where []string
	for _, f := range flaws {
		where = append(where, f.Fault.Fields[0].Name)
	}
	if !slices.Equal(where, []string{"score", "rank", "delta_rank"}) {
		t.Errorf("flaws are at %v", where)
	}
}

func TestAPublicationOfOthersStaysOutOfOurYears(t *testing.T) {
	t.Parallel()
	w := newPlace(t)
	ctx := context.Background()
	a, b := w.gioLinh(t), w.gioLinh(t)
	b.Year, b.Publisher = 2021, "UBND tỉnh Hải Dương"
	id, err := w.desk.EnterHistory(ctx, w.HomeAffairs, a)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.desk.EnterHistory(ctx, w.HomeAffairs, b); err != nil {
		t.Fatal(err)
	}
	p, err := w.desk.PublicPublication(ctx, w.DB, id)
	if err != nil {
		t.Fatal(err)
	}
	if past, err := w.desk.Before(ctx, w.DB, p); err != nil || past != nil {
		t.Errorf("the year before of Quảng Trị is %v, %v", past, err)
	}
}
