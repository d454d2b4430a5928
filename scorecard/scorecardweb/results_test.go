package scorecardweb_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"cchc/base/actor"
	"cchc/base/points"
	"cchc/scorecard"
	"cchc/scorecard/scorecardweb"
)

const results = scorecardweb.Path + "/results"

// history enters results that others published.
func (w *world) history(t *testing.T, p scorecard.Publication) string {
	t.Helper()
	p.Unit = w.Province
	id, err := w.desk.EnterHistory(context.Background(), w.HomeAffairs, p)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func pt(s string) *points.Points {
	p, err := points.Parse(s)
	if err != nil {
		panic(err)
	}
	return &p
}

// leagues are a published year with three communes, one of them missing, and one
// that lost points by leaf.
func (w *world) league(t *testing.T) string {
	return w.history(t, scorecard.Publication{Year: 2024, Level: "commune", Publisher: "UBND tỉnh", Title: "Chỉ số CCHC cấp xã năm 2024", Number: "12/QĐ-UBND", Source: "https://example.org/2024", Decimals: 2,
		Rows: []scorecard.ResultRow{
			{Name: "Xã An", Unit: w.Commune, Score: pt("86.33"), Max: pt("98"), Index: pt("88.09"), Rank: 1, Of: 2, Band: "Tốt",
				Fields: []scorecard.FieldResult{{Code: "1", Name: "Chỉ đạo", Points: *pt("46.33"), Max: *pt("48")}, {Code: "2", Name: "Thể chế", Points: *pt("40"), Max: *pt("50")}},
				Leaves: []scorecard.LeafResult{{Code: "1.1", Name: "Ban hành kế hoạch", Field: "1", State: "scored", Points: *pt("1.33"), Max: *pt("3"), Rule: map[string]string{"vi": "Ban hành trong tháng 1: 3 điểm", "en": "Issued in January: 3 points"}},
					{Code: "2.1", Name: "Rà soát", Field: "2", State: "missing", Max: *pt("10")}}},
			{Name: "Xã Bình", Score: pt("80"), Max: pt("100"), Index: pt("80"), Rank: 2, Of: 2, Band: "Khá"},
			{Name: "Xã Cẩm", Missing: true},
		}})
}

func TestTheLeagueTableSaysRankDeltaAndWhatWasLost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.open(t, w.HomeAffairs)
	b.Get(results).Is(200).Has(".empty", "Chưa có kết quả")
	at := results + "/" + w.league(t)
	b.Get(results).Is(200).Has("th a", "Chỉ số CCHC cấp xã năm 2024").Has("td", "12/QĐ-UBND")
	b.Get(at).Is(200).Has("h1", "Xã An dẫn đầu với 88,09 %").Has("td", "1/2").Has("td", "86,33 / 98,00").Has("td a", "2.1 (−10,00), 1.1 (−1,67)").
		Has("th", "Không có phiếu chấm điểm").Has("dd", "Tổng điểm chia điểm tối đa")
	b.Get(at+"/heat").Is(200).Has(".heat-5", "97").Has(".heat-3", "80")
	b.Get(at+"/units/1").Is(200).Has("h1", "Xã An: 88,09 %, hạng 1/2").Has("#lost", "Mất 11,67 điểm ở 2 tiêu chí").Has("#lost", "Ban hành trong tháng 1").Has("#lost", "Chưa chấm")
	b.Get(at+"/units/3").Is(200).Has("h1", "Xã Cẩm không có phiếu chấm điểm")
	b.Get(at + "/units/4").Is(404)
	b.Get(at+"/compare?unit=1&unit=2").Is(200).Has("figure", "2024").Has("td[data-value='80.00']", "80,00 %")
	b.Get(at+"/print").Is(200).Has("h1", "KẾT QUẢ CHỈ SỐ CẢI CÁCH HÀNH CHÍNH NĂM 2024").Has(".paper-table th", "Xã Bình")
	if csv := b.Get(at + "/table.csv").Is(200).Body; !strings.Contains(csv, "\n,Xã An,86.33,98.00,88.09,1,false,2,Tốt,") || !strings.Contains(csv, "\n,Xã Cẩm,,,,,false,,,,true,") {
		t.Errorf("the CSV is\n%s", csv)
	}
	if json := b.Get(at + "/table.json").Is(200).Body; !strings.Contains(json, `"percent": "88.09"`) || !strings.Contains(json, `"missing": true`) {
		t.Errorf("the JSON is\n%s", json)
	}
	if x := b.Get(at + "/table.xlsx").Is(200).Body; !strings.HasPrefix(x, "PK") {
		t.Error("the workbook is none")
	}
	b.Get(results+"/card?unit="+string(w.Commune)).Is(200).Has("td", "88,09 %").Has("td", "như đã công bố")
	b.Get(results + "/card?name=nobody").Is(404)
	b.Look(results, at, at+"/heat", at+"/units/1", at+"/compare?unit=1&unit=2", at+"/print", results+"/card?unit="+string(w.Commune), results+"/history")
}

func TestHistoryIsSeenBeforeItIsStoredAndItsContradictionsNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.open(t, w.HomeAffairs)
	form := []string{"unit", string(w.Province), "year", "2022", "level", "district", "publisher", "UBND tỉnh Quảng Trị", "title", "PAR INDEX 2022", "source", "Trang tin của huyện", "decimals", "2",
		"row_unit", "Huyện Gio Linh", "row_score", "86,33", "row_max", "98", "row_index", "88,09", "row_rank", "3/10", "row_delta", "+10,31", "row_delta_rank", "+6", "bands", "label,min\nTốt,80\nKhá,65\n", "row_band", "Khá"}
	b.Post(results+"/history", append(form, "do", "preview")...).Is(200).Has(".notice", "năm trước 76,02").Has(".notice", "Xếp loại “Khá” không chứa chỉ số 88,09").Has("td", "3/10").Has("button[value=store]", "")
	b.Get(results).Has(".empty", "")
	to := b.Post(results+"/history", append(form, "do", "store")...).Is(303).Header.Get("Location")
	b.Get(to).Is(200).Has("h1", "PAR INDEX 2022").Has("td", "▲ 6").Has("td", "Khá").Has("td", "+10,31")

	bad := append(form[:0:0], form...)
	bad[5], bad[17] = "", "x"
	b.Post(results+"/history", bad...).Is(422)
	b.Post(results+"/history", "unit", string(w.Province), "year", "2022", "level", "district", "publisher", "p", "title", "t", "source", "s", "rows", "unit,score\nA,x\n").Is(422).
		Has(".notice li", "Dòng 2").Has("textarea[name=rows]", "A,x")
	b.Post(results+"/history", "unit", string(w.Province), "year", "2022", "level", "district", "publisher", "p", "title", "t", "source", "s", "rows", "tên\nA\n", "sums", "Số xã 7 + 10").Is(422).
		Has("#error-summary", "7 + 10")

	text, err := os.ReadFile("../ranking/testdata/golden_ranking_binhduong_2017.csv")
	if err != nil {
		t.Fatal(err)
	}
	to = b.Post(results+"/history", "unit", string(w.Province), "year", "2017", "level", "district", "publisher", "UBND tỉnh Bình Dương", "title", "Chỉ số CCHC 2017", "source", "http://baubang.binhduong.gov.vn",
		"rows", string(text), "mean", "78,39", "stated", "9", "do", "store").Is(303).Header.Get("Location")
	p := b.Get(to).Is(200).Has("h1", "Thành phố Thủ Dầu Một dẫn đầu với 84,58 %").Has("dd", "78,39 %")
	if strings.Contains(p.Body, "mâu thuẫn") {
		t.Error("the table of Bình Dương contradicts nothing")
	}
	// An amendment begins with what was published.
	b.Get(results+"/history?amends="+to[strings.LastIndexByte(to, '/')+1:]).Is(200).Has("textarea[name=rows]", "Thị xã Dĩ An").Has("textarea[name=reason]", "")
}

func TestARemedialPlanIsDraftedByOneClickAndTwoPeopleLoseNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := results + "/" + w.league(t) + "/units/1"
	b := w.open(t, w.HomeAffairs)
	b.Get(at).Is(200).Has("form button", "Lập dự thảo")
	to := b.Post(at + "/remedial").Is(303).Header.Get("Location")
	b.Post(at + "/remedial").To(to) // it is there already
	b.Get(to).Is(200).Has("h1", "2 việc").Count("tbody tr", 2).Has("textarea", "")
	rows := []string{"version", "1", "leaf", "2.1", "name", "Rà soát", "lost", "10", "action", "Rà soát lại", "owner", "Bà Lan", "due", "31/12/2026",
		"leaf", "1.1", "name", "Ban hành kế hoạch", "lost", "1.67", "action", "", "owner", "", "due", ""}
	b.Post(to, rows...).To(to)
	b.Get(to).Is(200).Count("tbody tr", 1).Has("textarea", "Rà soát lại")
	b.Post(to, rows...).Is(409).Has("textarea", "Rà soát lại").Has("#error-summary", "vừa sửa")
	rows[1], rows[13] = "2", "32/12/2026"
	b.Post(to, rows...).Is(422).Has("#error-summary a[href='#f-due-1']", "")
	if x := b.Get(to + "/table.xlsx").Is(200).Body; !strings.HasPrefix(x, "PK") {
		t.Error("the workbook is none")
	}
	w.open(t, w.Auditor).Get(to).Is(200).Count("textarea", 0)
	w.open(t, w.Auditor).Post(to, rows...).Is(403)
	w.open(t, w.Auditor).Post(at + "/remedial").Is(403)
	b.Look(to)
}

func TestWhatIsPublishedEverybodyReadsAndNothingElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.open(t, actor.Actor{})
	b.Get("/cchc").Is(200).Has(".empty", "")
	id := w.league(t)
	b.Get("/cchc").Is(200).Has("th a", "Chỉ số CCHC cấp xã năm 2024").Has("main", "Cách tính")
	b.Get("/cchc/"+id).Is(200).Has("h1", "Xã An dẫn đầu").Has("dd", "Tổng điểm chia").Count("form[action*=remedial]", 0)
	b.Get("/cchc/"+id+"/units/1").Is(200).Has("#lost", "Ban hành trong tháng 1").Count("form[action*=remedial]", 0)
	b.Get("/cchc/" + id + "/heat").Is(200)
	if h := b.Get("/cchc/" + id + "/table.csv").Is(200).Header.Get("Cache-Control"); !strings.HasPrefix(h, "public") {
		t.Errorf("open data is kept by %q", h)
	}
	b.Get("/cchc/" + id + "/table.json").Is(200)
	b.Get("/cchc/card?unit="+string(w.Commune)).Is(200).Has("td", "88,09 %")
	b.Get("/cchc/nothing").Is(404)
	for _, path := range []string{results, results + "/" + id, results + "/card?unit=" + string(w.Commune), results + "/history"} {
		if p := b.Get(path); p.Status == 200 {
			t.Errorf("a visitor reads %s", path)
		}
	}
	b.Look("/cchc", "/cchc/"+id, "/cchc/"+id+"/units/1", "/cchc/"+id+"/heat", "/cchc/card?unit="+string(w.Commune))
}

func TestOnlyWhoMayPublishesEntersHistory(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, who := range map[string]actor.Actor{"the auditor": w.Auditor, "a specialist": w.Specialist} {
		b := w.open(t, who)
		b.Get(results + "/history").Is(403)
		if p := b.Post(results+"/history", "unit", string(w.Province), "year", "2022", "level", "district", "publisher", "p", "title", "t", "source", "s", "row_unit", "A", "row_rank", "1", "do", "store"); p.Status != 403 {
			t.Errorf("%s enters history: %d", name, p.Status)
		}
		b.Get(results).Is(200).Has(".empty", "")
	}
}
