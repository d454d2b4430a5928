package dossierweb_test

import (
	"bufio"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"cchc/base/actor"
	"cchc/base/db"
	"cchc/dossier"
	"cchc/dossier/dossiertest"
	"cchc/dossier/dossierweb"
	"cchc/unit"
)

func aKeeper(o *dossiertest.Office) actor.Actor { return o.HomeAffairs }

// queued is a unit with two kinds of business, and their ids.
func queued(t *testing.T, who func(*dossiertest.Office) actor.Actor) (*desk, []dossier.TurnKind) {
	t.Helper()
	d := sit(t, who)
	d.Desk.TurnMoved = func(tx *db.Tx, u unit.ID) { d.hub.Tell(tx, dossierweb.TurnTopic(u), "") }
	keeper := d.as(d.HomeAffairs)
	keeper.Get("/counter/turns/settings?unit="+string(d.Commune)).Is(200).Has("textarea[name=kinds]", "A Đất đai").Count("[name=kiosk][checked]", 1)
	save := func(text string) []string {
		return []string{"unit", string(d.Commune), "kinds", text, "kiosk", "1"}
	}
	keeper.Post("/counter/turns/settings", save("A Đất đai\nHộ tịch")...).Is(422).Has("#error-summary a[href='#f-kinds']", "Dòng 2").Has("textarea[name=kinds]", "Hộ tịch")
	keeper.Post("/counter/turns/settings", save("A Đất đai\nB Hộ tịch")...).To("/counter/turns/settings?unit=" + string(d.Commune))
	kinds, err := d.Desk.TurnKinds(t.Context(), d.DB, d.Commune)
	if err != nil || len(kinds) != 2 {
		t.Fatalf("kinds are %v, %v", kinds, err)
	}
	return d, kinds
}

func TestAVisitorTakesANumberAndIsCalled(t *testing.T) {
	t.Parallel()
	d, kinds := queued(t, anOfficer)
	visitor := d.Other()
	noKeys(t, visitor.Get("/turns/H99.101/take").Is(200).Count("form", 2).Has("main", "Đất đai"))
	to := visitor.Post("/turns/H99.101/take", "kind", kinds[0].ID).Header.Get("Location")
	if !regexp.MustCompile(`^/turns/H99\.101/slips/[0-9a-f-]{36}\?kiosk=1$`).MatchString(to) {
		t.Fatalf("taking a number led to %q", to)
	}
	noKeys(t, visitor.Get(to).Is(200).Has(".slip-number", "A001").Has("main", "có 0 người chờ").Count(".paper-qr svg", 1).Count("body[data-print-now='/turns/H99.101/take']", 1))
	visitor.Post("/turns/H99.101/take", "kind", "x").Is(422).Has("main", "Chọn một loại việc")
	d.Clock.Advance(35 * time.Minute)
	visitor.Post("/turns/H99.101/take", "kind", kinds[1].ID, "priority", "1")
	noKeys(t, d.Get("/counter").Is(200).Count("a[data-key=q]", 1).Has("main", "đã chờ 35 phút"))

	noKeys(t, d.Get("/counter/turns").Is(200).Count("[name=kind][checked]", 2).Count("[data-key=n]", 0))
	d.Post("/counter/turns/desk", "desk", "").Is(422).Has("#error-summary a[href='#f-desk']", "Nhập số quầy").Has("#error-summary a[href='#f-kind']", "ít nhất một")
	d.Post("/counter/turns/desk", "desk", "3", "kind", kinds[0].ID, "kind", kinds[1].ID).To("/counter/turns?unit=" + string(d.Commune))
	d.Post("/counter/turns/next").To("/counter/turns?unit=" + string(d.Commune))
	p := d.Get("/counter/turns").Is(200).Has(".turn-now", "B001").Count("[data-key=n]", 1).Count("[data-key=s]", 1)
	noKeys(t, p)
	id := regexp.MustCompile(`name="turn" value="([0-9a-f-]{36})"`).FindStringSubmatch(p.Body)
	if id == nil {
		t.Fatal("the page does not name the number at the desk")
	}
	screen := visitor.Get("/turns/H99.101").Is(200).Has("tbody tr:first-child", "B001").Has("tbody tr:first-child", "Quầy 3").Count("noscript", 1).Count("body[data-live='/turns/H99.101/stream']", 1)
	noKeys(t, screen)
	if strings.Contains(screen.Body, d.Officer.Name) {
		t.Error("the public screen names an officer")
	}
	d.Post("/counter/turns/transfer", "turn", id[1], "to", kinds[1].ID).Is(422).Has("#error-summary a[href='#f-to']", "chọn loại khác")
	d.Post("/counter/turns/again", "turn", id[1]).To("/counter/turns?unit=" + string(d.Commune))
	// From the desk straight to receiving.
	d.Post("/counter/turns/receive", "turn", id[1]).To("/dossiers/new")
	visitor.Get("/turns/H99.101/slips/"+id[1]).Is(200).Has("main", "đã phục vụ xong")
	d.Post("/counter/turns/next").To("/counter/turns?unit=" + string(d.Commune))
	d.Post("/counter/turns/next").To("/counter/turns?unit=" + string(d.Commune))
	d.Get("/counter/turns").Has(".notice", "Không còn ai chờ").Has(".turn-now", "A001") // nobody waits: the one at the desk stays
	noKeys(t, d.Get("/counter/turns/day").Is(200).Count("table", 2).Has("main", "09:00–09:59"))
	d.Get("/counter/turns/day?day=20/11/2026").Is(200).Has("main", "không có ai lấy số")
	d.Get("/counter/turns/day?day=x").Is(422)
	to = d.Post("/counter/turns/give", "give", kinds[0].ID, "priority", "1").Header.Get("Location")
	d.Get(to).Is(200).Has(".slip-number", "A002").Has("main", "Ưu tiên").Count("body[data-print-now]", 0)
}

func TestWhoSeesAndChangesTheQueue(t *testing.T) {
	t.Parallel()
	d, kinds := queued(t, aKeeper)
	visitor := d.Other()
	visitor.Get("/turns/H99.102").Is(404)
	visitor.Get("/turns/nothing/take").Is(404)
	visitor.Get("/turns/H99.101/slips/0190aaaa-0000-7000-8000-000000000002").Is(404)
	if p := visitor.Get("/counter/turns"); p.Status != http.StatusSeeOther {
		t.Errorf("a visitor at the officers' page: %d", p.Status)
	}
	visitor.Post("/counter/turns/next").Is(401)
	d.as(d.Specialist).Get("/counter/turns").Is(403)
	other := d.as(d.OtherOfficer)
	other.Post("/counter/turns/next", "unit", string(d.Commune)).Is(403)
	other.Get("/counter/turns?unit=" + string(d.Commune)).Is(403)
	d.as(d.Officer).Get("/counter/turns/settings").Is(403)
	d.as(d.CommuneChair).Get("/counter/turns").Is(200).Count("form[action='/counter/turns/next']", 0)
	d.Post("/counter/turns/settings", "unit", string(d.Commune), "kinds", "A Đất đai\nB Hộ tịch").To("/counter/turns/settings?unit=" + string(d.Commune))
	visitor.Get("/turns/H99.101/take").Is(403).Has("main", "không cho tự lấy số")
	visitor.Post("/turns/H99.101/take", "kind", kinds[0].ID).Is(403)
	visitor.Get("/turns/H99.101").Is(200).Count("a[href='/turns/H99.101/take']", 0)
	d.as(d.Officer).Post("/turns/H99.101/take", "kind", kinds[0].ID).Is(303)
}

func TestOneAddressTakesNumbersSlowly(t *testing.T) {
	t.Parallel()
	d, kinds := queued(t, nil)
	for range 20 {
		d.Post("/turns/H99.101/take", "kind", kinds[0].ID).Is(303)
	}
	d.Post("/turns/H99.101/take", "kind", kinds[0].ID).Is(429)
	d.Clock.Advance(5 * time.Second)
	d.Post("/turns/H99.101/take", "kind", kinds[0].ID).Is(303)
}

func TestAScreenMovesAsNumbersAreCalled(t *testing.T) {
	t.Parallel()
	d, kinds := queued(t, nil)
	r, err := http.NewRequestWithContext(t.Context(), "GET", d.URL()+"/turns/H99.101/stream", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", "text/event-stream")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	lines := bufio.NewScanner(answer.Body)
	for lines.Scan() && !strings.Contains(lines.Text(), "Chưa gọi số nào") {
	}
	if _, err := d.Desk.TakeTurn(t.Context(), actor.Actor{}, d.Commune, kinds[0].ID, false); err != nil {
		t.Fatal(err)
	}
	if err := d.Desk.SetTurnDesk(t.Context(), d.Officer, d.Commune, "7", []string{kinds[0].ID}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Desk.CallTurn(t.Context(), d.Officer, d.Commune); err != nil {
		t.Fatal(err)
	}
	for lines.Scan() {
		if strings.Contains(lines.Text(), "Quầy 7") {
			return
		}
	}
	t.Errorf("the screen never shows the number that was called: %v", lines.Err())
}
