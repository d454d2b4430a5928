package scorecardweb_test

import (
	"bytes"
	"context"
	"log/slog"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
	"time"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/file"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/base/web/webtest"
	"cchc/scorecard"
	. "cchc/scorecard/scorecardtest"
	"cchc/scorecard/scorecardweb"
)

// A roundSite serves the room's pages to the people of a place.
type roundSite struct {
	*Place
	b *webtest.Browser
}

func serveRounds(t testing.TB, n int) *roundSite {
	t.Helper()
	return serveRoundsOf(New(t, n, Small), t)
}

func serveRoundsOf(p *Place, t testing.TB) *roundSite {
	t.Helper()
	files, err := file.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { files.Close() })
	p.Desk.Files = files
	mux := web.New(web.Config{Now: p.Clock.Now, Log: slog.New(slog.DiscardHandler), Idle: 1e5 * time.Hour, Lifetime: 1e5 * time.Hour,
		Load: func(ctx context.Context, account string, _ moment.Instant) (actor.Actor, error) {
			return auth.Load(ctx, p.DB, account, p.DB.Now().Date())
		}})
	(&scorecardweb.Pages{Desk: p.Desk}).Register(mux)
	mux.Handle("POST /enter/{account}", web.Public, func(w http.ResponseWriter, r *http.Request) error {
		if err := web.SignIn(r.Context(), r.PathValue("account"), moment.Of(p.Clock.Now())); err != nil {
			return err
		}
		return web.SeeOther(w, r, "/", "")
	})
	return &roundSite{p, webtest.Open(t, mux)}
}

func (s *roundSite) as(a actor.Actor) *webtest.Browser {
	b := s.b.Other()
	b.Post("/enter/" + a.Account).To("/")
	return b
}

// upload sends a form with a file.
func upload(t *testing.T, b *webtest.Browser, path string, content []byte, fields ...string) *webtest.Page {
	t.Helper()
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	for i := 0; i+1 < len(fields); i += 2 {
		m.WriteField(fields[i], fields[i+1])
	}
	f, err := m.CreateFormFile("file", "ke-hoach.pdf")
	if err != nil {
		t.Fatal(err)
	}
	f.Write(content)
	m.Close()
	return b.Send("POST", path, m.FormDataContentType(), body.String())
}

func typed(i moment.Instant) string { return i.Time().Format("02/01/2006 15:04") }

const rounds = scorecardweb.Path + "/rounds"

func TestARoundIsOpenedAfterAPreview(t *testing.T) {
	t.Parallel()
	s := serveRounds(t, 3)
	b := s.as(s.Keeper)
	b.Get(rounds).Is(200).Has(".empty", "Chưa có đợt").Has("a.btn-primary", "Mở đợt")
	b.Get(rounds+"/new").Is(200).Has("select[name=set] option", "Bộ tiêu chí thử nghiệm")
	fields := []string{"unit", string(s.Province), "name", "Chỉ số CCHC 2026", "set", s.Set, "from", "01/01/2026", "to", "31/12/2026"}
	for _, w := range Calendar() {
		fields = append(fields, "opens."+string(w.Stage), typed(w.Opens), "closes."+string(w.Stage), typed(w.Closes))
	}
	wrong := append([]string{}, fields...)
	wrong[3], wrong[len(wrong)-1] = "", "hôm qua"
	b.Post(rounds+"/new", wrong...).Is(422).Has("#error-summary", "không phải ngày và giờ").Has("input[name=basis]", "")
	p := b.Post(rounds+"/new", append(fields, "do", "plan")...).Is(200).Has("h2", "3 đơn vị được chấm").Has("button[value=open]", "Mở đợt cho 3 đơn vị")
	b.Get(rounds).Has(".empty", "Chưa có đợt") // a preview opens nothing
	if p.Attr("input[name=name]", "value") != "Chỉ số CCHC 2026" {
		t.Error("what was typed is lost")
	}
	at := b.Post(rounds+"/new", append(fields, "do", "open")...).Is(303).Header.Get("Location")
	b.Get(at).Is(200).Has("h1", "0/3 đơn vị đã nộp phiếu").Has(".stats", "chưa bắt đầu").Count("#units tr[data-row]", 3)
	b.Get(rounds).Has("th a", "Chỉ số CCHC 2026").Has(".state", "Tự chấm điểm, đến")
	s.as(s.Auditor).Get(rounds).Is(200).Lacks("a.btn-primary", "Mở đợt")
	s.as(s.Auditor).Post(rounds+"/new", append(fields, "do", "open")...).Is(403)
	s.b.Get(rounds).To("/sign-in?next=" + strings.ReplaceAll(rounds, "/", "%2F"))
}

func TestEachGroupMayHaveASetOfItsOwn(t *testing.T) {
	t.Parallel()
	s := serveRounds(t, 3)
	mountain := s.Issue(t, strings.NewReplacer("T-xa-2026", "T-xa-mn-2026", "Bộ tiêu chí thử nghiệm", "Bộ miền núi").Replace(Small))
	district := s.Issue(t, strings.NewReplacer("T-xa-2026", "T-huyen-2026", "cap_xa", "cap_huyen").Replace(Small))
	b := s.as(s.Keeper)
	form := b.Get(rounds+"/new").Is(200).Has("label", "Khối Đồng bằng").Has("label", "Khối Miền núi").Has("select[name='group.0'] option", "Bộ miền núi")
	if a, b := form.Attr("input[name='block.0']", "value"), form.Attr("input[name='block.1']", "value"); a != "Miền núi" || b != "Đồng bằng" {
		t.Fatalf("the groups are %q and %q", a, b)
	}
	fields := []string{"unit", string(s.Province), "name", "Chỉ số CCHC 2026", "set", s.Set, "from", "01/01/2026", "to", "31/12/2026", "block.0", "Miền núi", "block.1", "Đồng bằng", "group.1", ""}
	for _, w := range Calendar() {
		fields = append(fields, "opens."+string(w.Stage), typed(w.Opens), "closes."+string(w.Stage), typed(w.Closes))
	}
	with := func(more ...string) []string { return append(fields[:len(fields):len(fields)], more...) }
	wrong := b.Post(rounds+"/new", with("group.0", district, "do", "plan")...).Is(422).Has("#error-summary a[href='#f-group-0']", "Khối Miền núi").Has(".problem", "chấm cấp khác")
	if got := wrong.Attr("select[name='group.0'] option[selected]", "value"); got != district {
		t.Errorf("the choice that was wrong is lost: %q", got)
	}
	plan := b.Post(rounds+"/new", with("group.0", mountain, "do", "plan")...).Is(200).Has("tr", "Xã Số 2").Has("button[value=open]", "Mở đợt cho 3 đơn vị")
	if got := plan.Attr("select[name='group.0'] option[selected]", "value"); got != mountain {
		t.Errorf("the choice is lost in the preview: %q", got)
	}
	for _, row := range plan.Find("table tbody tr") {
		text := webtest.Text(row)
		if strings.Contains(text, "Bộ miền núi") != strings.Contains(text, "Xã Số 2") {
			t.Errorf("the preview says %q", text)
		}
	}
	at := b.Post(rounds+"/new", with("group.0", mountain, "do", "open")...).Is(303).Header.Get("Location")
	r, err := s.Desk.Round(t.Context(), s.DB, s.Keeper, strings.TrimPrefix(at, rounds+"/"))
	if err != nil || len(r.Groups) != 1 || r.Groups[0] != (scorecard.Group{Block: "Miền núi", Set: mountain}) {
		t.Fatalf("the groups of the round are %+v, %v", r.Groups, err)
	}
	for i, want := range []string{s.Set, mountain, s.Set} {
		if got := s.Sheet(t, r, s.Communes[i]); got.Set != want {
			t.Errorf("%s (%s) is scored by %s, want %s", s.Communes[i], got.Block, got.Set, want)
		}
	}
	b.Look(rounds + "/new")
}

func TestAUnitScoresItselfLeafByLeaf(t *testing.T) {
	t.Parallel()
	s := serveRounds(t, 2)
	r := s.Open(t)
	sheet := s.Sheet(t, r, s.Communes[0])
	at := scorecardweb.Path + "/sheets/" + sheet.ID
	b := s.as(s.Staff)
	b.Get(rounds).Has("td a", "Phiếu của Xã Số 1")
	b.Get(at).Is(200).Has("h1", "Xã Số 1: 0,00/20,00 điểm").Has(".state", "chưa nhập").Has("a.btn-primary", "Nộp phiếu")
	leaf := at + "/leaf/1.1.2"
	b.Get(leaf).Is(200).Has("h1", "1.1.2 Tỷ lệ nhiệm vụ hoàn thành").Count("input[name=num]", 1).Count("input[name=na]", 1).Has(".card-body", "60")
	b.Post(leaf, "num", "9", "den", "10", "note", "Báo cáo 12", "version", "0", "do", "next").To(at + "/leaf/1.1.3")
	b.Get(leaf).Has("#saved", "Được 4,50 điểm").Has("textarea[name=note]", "Báo cáo 12")
	// What cannot be read is told, and kept as it was typed.
	b.Post(leaf, "num", "12.5", "den", "10", "version", "1").Is(422).Has("#error-summary", "không phải số nguyên")
	if got := b.Get(leaf).Attr("input[name=num]", "value"); got != "12.5" {
		t.Errorf("half of an input is kept as %q", got)
	}
	b.Post(leaf, "num", "9", "den", "10", "version", "2").Is(303)
	// A colleague who saw the first version sees both values and what they typed.
	c := s.as(s.Colleague)
	c.Post(leaf, "num", "7", "den", "10", "version", "1").Is(409).Has(".notice", "Cán bộ xa1 vừa lưu").Has("li", "9/10").Has("li", "7/10")
	c.Post(leaf, "num", "7", "den", "10", "version", "3").Is(303)
	c.Get(leaf).Has(".events", "4,50 → 3,50")

	// A script's autosave gets the part with the new version.
	b.Header = http.Header{"Hx-Request": {"true"}}
	p := b.Post(at+"/leaf/1.1.1", "option", "yes", "version", "0").Is(200).Has("#saved", "Được 2,00 điểm")
	if p.Attr("#saved input[name=version]", "value") != "1" {
		t.Error("the version after an autosave is not 1")
	}
	b.Header = nil
	b.Get(at+"/leaf/2.1.2").Is(200).Lacks("form[method=post]", "Lưu").Has(".card-body", "không tự chấm")
	b.Post(at+"/leaf/2.1.2", "value", "90", "version", "0").Is(422).Has("#error-summary", "không tự chấm")
	b.Get(at + "/leaf/9.9").Is(404)

	b.Get(at+"/hand-in").Is(200).Has("h2", "Phiếu còn thiếu 4 chỗ").Has(".lacks li", "1.1.3")
	b.Post(at+"/hand-in").Is(409).Has("h2", "Phiếu còn thiếu 4 chỗ")
	b.Post(at+"/hand-in", "lacking", "on").To(at)
	b.Get(at).Has(".notice", "Đã nộp").Has("button", "Rút lại để sửa")
	b.Post(at + "/take-back").To(at)
	b.Get(at).Has(".notice", "Chưa nộp")

	// Others do not get in.
	s.as(s.Keeper).Get(at).Is(403)
	s.as(s.Keeper).Get(leaf).Is(403)
	s.as(s.Neighbour).Get(at).Is(403)
	s.as(s.Neighbour).Post(leaf, "num", "1", "den", "10", "version", "4").Is(403)
	b.Look(rounds, at, leaf, at+"/leaf/1.1.3", at+"/hand-in")
}

func TestEvidenceIsAddedAttachedAndOpenedAtItsPage(t *testing.T) {
	t.Parallel()
	s := serveRounds(t, 2)
	r := s.Open(t)
	sheet := s.Sheet(t, r, s.Communes[0])
	leaf := scorecardweb.Path + "/sheets/" + sheet.ID + "/leaf/1.1.1"
	evidence := scorecardweb.Path + "/evidence"
	b := s.as(s.Staff)
	b.Get(evidence).Is(200).Has(".empty", "Chưa có tài liệu")
	pdf := []byte("%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n")
	upload(t, b, evidence+"/new", pdf, "unit", string(sheet.Unit), "title", "").Is(422).Has("#error-summary", "trích yếu")
	upload(t, b, evidence+"/new", pdf, "unit", string(sheet.Unit), "title", "Kế hoạch CCHC", "number", "12/KH-UBND", "day", "15/12/2025", "pages", "8",
		"sheet", sheet.ID, "leaf", "1.1.1", "page", "3").To(leaf + "#evidence")
	p := b.Get(leaf).Is(200).Has("#evidence th a", "12/KH-UBND").Has("#evidence .state", "ngoài kỳ")
	open := p.Attr("#evidence td a", "href")
	if !strings.HasSuffix(open, "/files/1#page=3") {
		t.Errorf("the document opens at %q", open)
	}
	file := b.Get(strings.TrimSuffix(open, "#page=3")).Is(200)
	if file.Header.Get("Content-Type") != "application/pdf" || !strings.Contains(file.Body, "%PDF") || !strings.HasPrefix(file.Header.Get("Content-Disposition"), "inline") {
		t.Errorf("the file is sent as %v", file.Header)
	}
	b.Get(evidence).Has("th a", "Kế hoạch CCHC")
	b.Get(evidence+"?q=ke+hoach+12").Count("tr[data-row]", 1)
	b.Get(evidence+"?q=khac").Count("tr[data-row]", 0)
	doc := strings.Split(open, "/files/")[0]
	b.Get(doc).Is(200).Has("th a", "1.1.1 Ban hành kế hoạch")
	b.Post(doc, "title", "Kế hoạch CCHC năm 2026", "version", "1").To(doc)
	b.Post(doc, "title", "Khác", "version", "1").Is(422).Has("#error-summary", "vừa sửa")
	link := b.Get(leaf).Attr("#evidence input[name=link]", "value")
	b.Post(leaf+"/detach", "link", link).Is(303)
	b.Get(doc).Is(200).Lacks("th a", "1.1.1") // the document stays
	b.Post(leaf+"/attach", "evidence", strings.TrimPrefix(doc, evidence+"/"), "page", "9").Is(303)
	for _, who := range []actor.Actor{s.Keeper, s.Neighbour, s.Auditor} { // of a draft
		s.as(who).Get(doc).Is(404)
		s.as(who).Get(strings.TrimSuffix(open, "#page=3")).Is(404)
	}
	b.Look(evidence, doc, evidence+"/new")
	if err := s.Desk.HandIn(t.Context(), s.Staff, sheet.ID, true); err != nil {
		t.Fatal(err)
	}
	s.as(s.Keeper).Get(doc).Is(200).Lacks("form", "Sửa thông tin")
	s.as(s.Neighbour).Get(doc).Is(404)
	b.Post(leaf+"/detach", "link", b.Get(leaf).Attr("#evidence input[name=link]", "value")).Is(404)
	_ = scorecard.StageSelf
}

// Three communes through the pages, by several accounts, from the self-score to the
// amended result.
func TestARoundThroughThePages(t *testing.T) {
	t.Parallel()
	s := serveRounds(t, 3)
	r := s.Open(t)
	keeper := s.as(s.Keeper)
	at := rounds + "/" + r.ID
	var assigned []string
	for _, f := range []string{"1", "2", "bonus", "penalty"} {
		assigned = append(assigned, "appraised1."+f, s.First.Account, "appraised2."+f, s.Second.Account)
	}
	keeper.Get(at+"/appraisers").Is(200).Has("label", "Cán bộ thamdinh1")
	keeper.Post(at+"/appraisers", "appraised1.1", s.Neighbour.Account).Is(422).Has("#error-summary", "không có quyền thẩm định")
	keeper.Post(at+"/appraisers", assigned...).To(at)
	third := s.Person(t, "xa3", actor.HomeAffairs, s.Communes[2])
	for i, who := range []actor.Actor{s.Staff, s.Neighbour, third} {
		b := s.as(who)
		sheet := scorecardweb.Path + "/sheets/" + s.Sheet(t, r, s.Communes[i]).ID
		b.Post(sheet+"/leaf/1.1.1", "option", "yes", "version", "0").Is(303)
		b.Post(sheet+"/leaf/1.1.2", "num", "9", "den", "10", "version", "0").Is(303)
		b.Post(sheet+"/leaf/1.1.3", "option", "2", "version", "0").Is(303)
		b.Post(sheet+"/hand-in", "lacking", "on").To(sheet)
		b.Get(at + "/appraise/appraised1").Is(403)
	}
	s.Clock.Set("2026-12-08T09:00")
	first := s.as(s.First)
	first.Get(rounds).Has("td a", "Thẩm định lần 1")
	work := at + "/appraise/appraised1"
	first.Get(work).Is(200).Has("h1", "còn 21 điểm chấm").Has("tr[data-row] a", "1.1.2")
	leaf := work + "/leaf/1.1.2"
	first.Get(leaf).Is(200).Count("tr[data-row]", 3).Count("a[data-focus]", 1).Count("a[id^=row-]", 3).Has("h1", "0/3 đơn vị").Count("[data-row-key=a]", 3)
	one, two := s.Sheet(t, r, s.Communes[0]).ID, s.Sheet(t, r, s.Communes[1]).ID
	first.Get(work+"/leaf/1.1.3").Count("[data-row-key='1']", 3).Count("[data-row-key='3']", 3) // digits choose options
	p := first.Post(leaf, "sheet", one, "do", "points", "points", "4", "why", "", "version", "0", "seen", "1").Is(422).Has(".problem", "phải nói lý do")
	if p.Attr("#points-"+one, "value") != "4" {
		t.Error("the points that were typed are lost")
	}
	first.Post(leaf, "sheet", one, "do", "points", "points", "4,25", "why", "Thiếu hồ sơ", "version", "0", "seen", "1").Is(303)
	first.Post(leaf, "sheet", one, "do", "accept", "version", "0", "seen", "1").Is(409)
	// Enter in a field gives what was typed; it accepts nothing.
	if got := first.Get(leaf).Attr("form.verdict button", "value"); got != "typed" {
		t.Errorf("Enter in a field of a row does %q", got)
	}
	first.Post(leaf, "sheet", one, "do", "typed", "why", "chỉ có lý do", "version", "1", "seen", "1").Is(422)
	first.Post(leaf, "sheet", one, "do", "typed", "points", "4", "why", "Thiếu hồ sơ", "version", "1", "seen", "1").Is(303)
	first.Get(leaf).Has("td strong", "4,00")
	first.Post(leaf, "sheet", one, "do", "typed", "points", "4,25", "why", "Thiếu hồ sơ", "version", "2", "seen", "1").Is(303)
	first.Get(leaf).Has("td strong", "4,25").Has("h1", "1/3 đơn vị")
	first.Post(leaf, "sheet", two, "do", "input", "num", "8", "den", "10", "why", "Kiểm tra lại", "version", "0", "seen", "1").Is(303)
	first.Post(work+"/leaf/1.1.3", "sheet", two, "do", "1", "why", "Đúng hạn", "version", "0", "seen", "1").Is(303)
	s.as(s.Second).Get(leaf).Is(404) // nothing is assigned there
	s.as(s.Second).Post(leaf, "sheet", one, "do", "accept", "version", "1", "seen", "1").Is(404)
	sheet := scorecardweb.Path + "/sheets/" + one
	first.Post(sheet+"/leaf/1.1.3/ask", "question", "").Is(422)
	first.Post(sheet+"/leaf/1.1.3/ask", "question", "Vì sao muộn?").Is(303)
	accept := first.Get(work+"/accept").Is(200).Has("h1", "Chấp nhận 5 điểm")
	var take []string
	for _, n := range accept.Find("input[name=take]") {
		take = append(take, "take", webtest.Attr(n, "value"))
	}
	first.Post(work+"/accept", "leaf", "").Is(409).Has("#error-summary", "Chọn ít nhất một")
	first.Post(work+"/accept", take...).To(work)
	first.Get(leaf).Has("h1", "3/3 đơn vị")
	first.Look(work, leaf, work+"/accept", sheet)
	keeper.Look(at, at+"/calendar", at+"/appraisers", rounds+"/new")

	s.Clock.Set("2026-12-17T09:00")
	b := s.as(s.Staff)
	b.Get(sheet).Has(".notice", "1 tiêu chí cần giải trình")
	id := b.Get(sheet+"/leaf/1.1.3").Is(200).Has("#questions", "Vì sao muộn?").Attr("#questions input[name=id]", "value")
	b.Post(sheet+"/leaf/1.1.3/answer", "id", id, "answer", "Mất điện").Is(303)
	keeper.Get(sheet+"/leaf/1.1.3").Has("#questions", "Mất điện")

	s.Clock.Set("2026-12-27T09:00")
	for _, x := range []string{one, two} {
		keeper.Post(at+"/appraise/council/leaf/2.1.2", "sheet", x, "do", "input", "value", "80", "version", "0", "seen", "0").Is(303)
	}
	keeper.Post(at+"/appraise/council/leaf/1.1.3", "sheet", one, "do", "accept", "version", "0", "seen", "1").Is(303)
	s.Clock.Set("2026-12-30T09:00")
	chair := s.as(s.Chair)
	chair.Get(at+"/approve").Is(200).Has("button", "Phê duyệt kết quả")
	chair.Post(at+"/approve", "decision", "", "decided", "30/12/2026").Is(422)
	chair.Post(at+"/approve", "decision", "45/QĐ-UBND", "decided", "30/12/2026").To(at)
	chair.Get(at).Has("h1", "đã phê duyệt").Has("td", "54,75") // 2 + 4.25 + 1.5 + 3.2 of 20

	b.Post(sheet+"/appeal", "text", "").Is(422)
	b.Post(sheet+"/appeal", "text", "Đề nghị xem lại", "claim.1.1.2", "4,5 điểm: đã nộp hồ sơ").To(sheet)
	appeal := chair.Get(sheet).Is(200).Has(".state", "chờ quyết định").Attr("article a.btn-primary", "href")
	chair.Post(appeal, "verdict.1.1.2", "accepted", "points.1.1.2", "6", "reason.1.1.2", "x").Is(422).Has("#error-summary", "từ 0.00 đến 5.00")
	chair.Post(appeal, "verdict.1.1.2", "accepted", "points.1.1.2", "4,5", "reason.1.1.2", "Có hồ sơ").To(sheet)
	b.Get(sheet).Has("li", "Có hồ sơ").Has("h1", "Xã Số 1: 11,20/20,00 điểm")
	b.Look(sheet, sheet+"/appeal")
}
