package scorecardweb_test

import (
	"strings"
	"testing"

	"cchc/scorecard"
)

func TestAnEarlierRoundIsImportedAfterACheck(t *testing.T) {
	t.Parallel()
	s := serveRounds(t, 3)
	b := s.as(s.Keeper)
	at := rounds + "/import"
	b.Get(rounds).Has(".actions a", "Nhập đợt của năm trước")
	b.Get(at).Is(200).Has("h1", "Nhập đợt của năm trước").Has("select[name=set] option", "Bộ tiêu chí thử nghiệm").Count("input[name=check][checked]", 1)
	wide := "Đơn vị,1.1.1,1.1.2,Tổng điểm,2.1.2\nXã Số 1,2,\"4,25\",9,3\nXã Số 2,1,khá,,\nXã Lạ,1,,,\n"
	fields := []string{"unit", string(s.Province), "name", "Chỉ số CCHC 2025", "set", s.Set, "from", "01/01/2026", "to", "31/10/2026", "decision", "3/QĐ-UBND", "decided", "02/11/2026"}
	send := func(more ...string) []string { return append(fields[:len(fields):len(fields)], more...) }
	upload(t, b, at, []byte(wide), "unit", string(s.Province), "name", "", "check", "on").Is(422).Has("#error-summary", "Tên").Has("#error-summary", "quyết định")
	upload(t, b, at, []byte("a,b\n1,2\n"), send("check", "on")...).Is(422).Has("#error-summary a", "Đơn vị")
	b.Post(at, fields...).Is(422).Has("#error-summary", "Chọn tệp")

	// The check tells what cannot be mapped, keeps what was typed and stores nothing.
	p := upload(t, b, at, []byte(wide), send("check", "on")...).Is(200).Has(".notice", "Đọc được 4 điểm của 2 đơn vị; 3 chỗ không dùng được")
	p.Count("table tbody tr", 3).Has("tr", "Tổng điểm").Has("tr", "Xã Lạ").Has("tr", "khá").Has("td", "Điểm không phải số")
	if p.Attr("input[name=decision]", "value") != "3/QĐ-UBND" {
		t.Error("what was typed is lost")
	}
	b.Get(rounds).Has(".empty", "Chưa có đợt")

	// Stored: what was left out is told again, on the way to the round.
	p = upload(t, b, at, []byte(wide), send()...).Is(200).Has(".notice", "Đã lưu 4 điểm của 2 đơn vị").Has(".notice a", "Chỉ số CCHC 2025").Lacks("form[enctype]", "")
	round := p.Attr(".notice a", "href")
	b.Get(round).Is(200).Has("h1", "đã phê duyệt").Has("tr[data-row]", "46,25") // 9.25 of 20
	b.Get(rounds).Has(".state", "từ tệp")
	r, err := s.Desk.Round(t.Context(), s.DB, s.Keeper, strings.TrimPrefix(round, rounds+"/"))
	if err != nil || r.Origin != scorecard.OriginFile || r.Decision != "3/QĐ-UBND" {
		t.Errorf("the round is %+v, %v", r, err)
	}

	// Without anything left out it leads to the round at once; the long form too.
	upload(t, b, at, []byte("Đơn vị,Mã tiêu chí,Điểm\nXã Số 3,1.1.1,2\n"), send()...).Is(303)
	s.as(s.First).Get(at).Is(403)
	upload(t, s.as(s.First), at, []byte(wide), send()...).Is(403)
	b.Look(at)
}
