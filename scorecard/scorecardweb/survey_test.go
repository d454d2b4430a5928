package scorecardweb_test

import (
	"testing"

	"cchc/base/actor"
	"cchc/base/web/webtest"
	"cchc/scorecard"
)

func TestSurveyResultsAreStoredAfterACheck(t *testing.T) {
	t.Parallel()
	s := serveRounds(t, 3)
	r := s.Open(t)
	at := rounds + "/" + r.ID + "/survey"
	keeper := s.as(s.Keeper)
	keeper.Get(at).Is(200).Has(".empty", "Chưa có giai đoạn nào").Lacks("form[enctype]", "")
	for i, who := range []actor.Actor{s.Staff, s.Neighbour} {
		if err := s.Desk.HandIn(t.Context(), who, s.Sheet(t, r, s.Communes[i]).ID, true); err != nil {
			t.Fatal(err)
		}
	}
	s.Clock.Set("2026-12-27T09:00")
	work := rounds + "/" + r.ID + "/appraise/council"
	keeper.Get(work).Has("a", "Nhập kết quả khảo sát")
	keeper.Get(at).Is(200).Has("option[selected]", "Hội đồng")
	keeper.Post(at, "stage", "council").Is(422).Has("#error-summary", "Chọn tệp")

	// A wrong cell: it is named, and nothing can be stored.
	wrong := upload(t, keeper, at, []byte("Đơn vị,Mã tiêu chí,Kết quả\nXã Số 1,2.1.2,90\nXã Số 2,2.1.2,cao\nXã Số 3,2.1.2,80\n"), "stage", "council").Is(422)
	wrong.Has(".notice", "1 ô không dùng được").Has(".notice li", "Dòng 3, cột Kết quả: giá trị “cao”").Has(".notice li", "Dòng 4: Xã Số 3").Count("input[name=rows]", 0)

	p := upload(t, keeper, at, []byte("Đơn vị,2.1.2\nXã Số 1,90\nXã Số 2,\"82,5\"\n"), "stage", "council").Is(200).Has(".notice", "Đọc được 2 kết quả").Has("td", "3,60").Has("td", "3,30").Has("button", "Lưu 2 kết quả")
	fields := []string{"stage", "council"}
	for _, n := range p.Find("input[name=rows]") {
		fields = append(fields, "rows", webtest.Attr(n, "value"))
	}
	keeper.Get(work).Has("h1", "còn 14 điểm chấm") // the check stored nothing
	again := keeper.Post(at+"/store", append(fields, "source", "")...).Is(422).Has("#error-summary", "Ghi nguồn")
	again.Count("input[name=rows]", 2)
	s.as(s.First).Post(at+"/store", append(fields, "source", "BC 9")...).Is(403)
	s.as(s.Neighbour).Get(at).Is(403)
	keeper.Post(at+"/store", append(fields, "source", "BC 9/BC-SNV")...).To(work)
	keeper.Get(work).Has("h1", "còn 12 điểm chấm").Has(".notice, .toast, [role=status]", "Đã lưu 2 kết quả khảo sát")
	keeper.Get(scorecardPath(s.Sheet(t, r, s.Communes[1]))+"/leaf/2.1.2").Has("body", "3,30").Has("body", "BC 9/BC-SNV")
	keeper.Post(at+"/store", append(fields, "source", "BC 9")...).Is(409) // it was stored meanwhile
	upload(t, keeper, at, []byte("Đơn vị,2.1.2\nXã Số 1,90\n"), "stage", "council").Is(200).Has("td", "đã lưu").Count("input[name=rows]", 0)
	keeper.Look(at)
}

func scorecardPath(s scorecard.Sheet) string { return "/scorecard/sheets/" + s.ID }
