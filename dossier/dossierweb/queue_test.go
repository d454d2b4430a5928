package dossierweb_test

import (
	"testing"

	"cchc/dossier/dossiertest"
)

// signed brings a few dossiers to the chairperson's step.
func waiting(t *testing.T, s *listSite) (first, second string) {
	t.Helper()
	ctx := t.Context()
	a, b := s.Receive(t, dossiertest.Birth), s.Receive(t, dossiertest.Land)
	do(t, s.Desk.Forward(ctx, s.Specialist, b.Code, "", "đủ điều kiện"))
	s.Clock.Set("2026-11-25T10:00")
	do(t, s.Desk.Forward(ctx, s.Specialist, a.Code, "", ""))
	s.Clock.Set("2026-11-27T08:00")
	return a.Code, b.Code
}

func TestTheQueueSaysWhatWaitsWithWhomSinceWhen(t *testing.T) {
	t.Parallel()
	s := serveLists(t)
	first, second := waiting(t, s)
	chair := s.as(s.CommuneChair)
	p := chair.Get("/queue").Is(200).Has("h1", "2 hồ sơ chờ ký, duyệt").Count("tr[data-row]", 2).Has("td", "25/11/2026 10:00").Has("td", "Lãnh đạo UBND")
	if got := p.Text("tr[data-row] th a"); got != first { // its step is due first
		t.Errorf("the first is %s, want %s before %s", got, first, second)
	}
	s.Clock.Set("2026-11-27T16:50")
	s.as(s.CommuneChair).Get("/queue").Has("h1", "2 hồ sơ chờ ký, duyệt; 1 đã quá hạn của bước").Has("td .kind-late", "quá 27/11")
	s.as(s.Officer).Get("/queue").Is(200).Has(".empty h2", "Không có hồ sơ nào chờ ký")
	s.as(s.Officer).Get("/queue?show=all").Count("tr[data-row]", 2).Count("button[data-row-key]", 0)
	s.as(s.OtherOfficer).Get("/queue?show=all").Count("tr[data-row]", 0)
	s.as(s.Chair).Get("/queue").Count("tr[data-row]", 0) // a commune's are not the province's to sign
	s.as(s.Chair).Get("/queue?show=all").Count("tr[data-row]", 2)
}

func TestDossiersAreSignedAndSentBackInTheQueue(t *testing.T) {
	t.Parallel()
	s := serveLists(t)
	first, second := waiting(t, s)
	chair := s.as(s.CommuneChair)
	chair.Post("/queue/"+first+"/return", "reason", "").Is(422).Has("#error-summary", "lý do").Count("details[open]", 1)
	chair.Post("/queue/"+first+"/return", "reason", "Thiếu biên bản xác minh").To("/queue")
	chair.Post("/queue/" + second + "/sign").To("/queue")
	chair.Get("/queue").Has("[role=status]", "Đã ký, duyệt và chuyển "+second).Count("tr[data-row]", 0)
	for code, want := range map[string]string{first: "specialist", second: "onestop"} {
		w, err := s.Desk.ByCode(t.Context(), s.DB, s.Chair, code)
		do(t, err)
		if w.Step.Role != want {
			t.Errorf("%s is at a step of %s, want %s", code, w.Step.Role, want)
		}
	}
	chair.Post("/queue/" + second + "/sign").Is(422) // the last step: nothing follows
	s.as(s.OtherOfficer).Post("/queue/" + first + "/sign").Is(403)
	s.Clean(t)
}

func TestTheQueueIsDecidedByKeysAlone(t *testing.T) {
	t.Parallel()
	s := serveLists(t)
	waiting(t, s)
	b := s.as(s.CommuneChair)
	b.Look("/queue")
	b.Drive(`
		await page.goto(base + "/queue");
		await page.keyboard.press("j");
		await page.keyboard.press("s");
		await page.waitForSelector("[role=status]");
		is("left after signing", await page.locator("tr[data-row]").count(), 1);
		await page.keyboard.press("j");
		await page.keyboard.press("b");
		await page.keyboard.type("Thiếu bản vẽ");
		await page.keyboard.press("Enter");
		await page.waitForSelector(".empty");
		is("what was done", (await page.locator("[role=status]").first().innerText()).includes("Đã trả lại"), true);
	`)
}
