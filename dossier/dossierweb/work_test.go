package dossierweb_test

import (
	"bufio"
	"context"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"testing"
	"time"

	"cchc/dossier"
	"cchc/dossier/dossiertest"
)

func TestMyWorkStatesWhatIsMostUrgent(t *testing.T) {
	t.Parallel()
	d := sit(t, aSpecialist)
	d.Get("/work").Is(200).Has("h1", "Không có việc nào đang chờ").Has(".empty h2", "Không có hồ sơ nào chờ bạn")
	first, second := d.Receive(t, dossiertest.Birth), d.Receive(t, dossiertest.Land)
	p := d.Get("/work").Has("h1", "2 hồ sơ chờ người nhận").Count("#work-role tbody tr", 2).Has("#work-role tr:first-child", first.Code)
	if got := p.Attr("#work-role tr:first-child form", "action"); got != "/dossiers/"+first.Code+"/claim" {
		t.Errorf("the first row's button goes to %q", got)
	}
	d.Post("/dossiers/"+first.Code+"/claim", "back", "/work").To("/work")
	d.Get("/work").Has("h1", "1 hồ sơ đang ở tôi, 1 hồ sơ chờ người nhận").Count("#work-mine tbody tr", 1).Count("#work-role tbody tr", 1).Has("#work-mine a", "Chuyển bước")
	d.Clock.Set("2026-11-27T09:00")
	d.Get("/work").Has("h1", "1 hồ sơ đến hạn hôm nay").Has("#work-mine .kind-soon", "hôm nay, còn")
	d.Clock.Set("2026-12-01T09:00")
	d.Post("/dossiers/" + second.Code + "/claim")
	p = d.Get("/work").Has("h1", "1 hồ sơ quá hạn").Has("#work-mine .kind-late", "quá hạn 2 ngày làm việc").Count("#work-mine tbody tr", 2)
	noKeys(t, p)
	// Nobody else's work is mine.
	d.as(d.OtherOfficer).Get("/work").Has("h1", "Không có việc nào đang chờ")
	d.Post("/dossiers/"+first.Code+"/claim", "back", "//elsewhere.example/").To("/")
}

func TestTheCountersWorkIsChecksResultsAndWaiting(t *testing.T) {
	t.Parallel()
	d := sit(t, anOfficer)
	app := d.Application(dossiertest.Birth)
	app.Channel = dossier.Online
	arrived, err := d.Desk.Register(t.Context(), d.Officer, app)
	ask(t, err)
	ready, waits := d.Receive(t, dossiertest.Birth), d.Receive(t, dossiertest.Land)
	ask(t, d.Desk.Finish(t.Context(), d.CommuneChair, ready.Code, dossier.Result{}))
	ask(t, d.Desk.AskForMore(t.Context(), d.Specialist, waits.Code, dossier.Ask{Reason: "bản đồ"}))
	p := d.Get("/work").Is(200).Has("h1", "1 hồ sơ mới đến chờ tiếp nhận, 1 kết quả chờ trả")
	p.Has("#work-new tbody tr", arrived.Code).Has("#work-new .state", "kiểm tra trước 25/11/2026 09:00").
		Has("#work-ready tbody tr", ready.Code).Has("#work-ready .state", "xong 23/11/2026").Count("#work-ready a[href='/dossiers/"+ready.Code+"/hand-over']", 1).
		Has("#work-paused tbody tr", waits.Code).Has("#work-paused .state", "chờ bổ sung giấy tờ từ 23/11/2026").Count("#work-paused a[href$='/supply']", 1)
	d.Clock.Set("2026-11-25T10:00")
	d.Get("/work").Has("#work-new .kind-late", "quá giờ kiểm tra")
	// Who reads only has nothing to do.
	d.as(d.Auditor).Get("/work").Is(200).Has(".empty", "Không có hồ sơ nào chờ bạn")
}

func TestMyWorkMovesAsFactsArrive(t *testing.T) {
	t.Parallel()
	d := sit(t, aSpecialist)
	p := d.Get("/work")
	if got := p.Attr("body", "data-live"); got != "/work/stream" {
		t.Fatalf("the page's stream is %q", got)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	jar, _ := cookiejar.New(nil)
	client := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	send := func(method, path string) *http.Response {
		r, err := http.NewRequestWithContext(ctx, method, d.URL()+path, nil)
		ask(t, err)
		r.Header.Set("Origin", d.URL())
		if method == "GET" {
			r.Header.Set("Accept", "text/event-stream")
		}
		resp, err := client.Do(r)
		ask(t, err)
		return resp
	}
	send("POST", "/enter/"+d.Specialist.Account).Body.Close()
	stream := send("GET", "/work/stream")
	defer stream.Body.Close()
	if stream.StatusCode != 200 || !strings.HasPrefix(stream.Header.Get("Content-Type"), "text/event-stream") {
		t.Fatalf("the stream answered %d %s", stream.StatusCode, stream.Header.Get("Content-Type"))
	}
	lines := bufio.NewScanner(stream.Body)
	lines.Buffer(nil, 1<<20)
	if !lines.Scan() { // "retry: …": the stream has begun
		t.Fatal("the stream ended at once")
	}
	for d.hub.Subscribers("unit/"+string(d.Commune)) == 0 {
		select {
		case <-ctx.Done():
			t.Fatal("nobody listens to the commune")
		case <-time.After(time.Millisecond):
		}
	}
	x := d.Receive(t, dossiertest.Birth)
	event := ""
	for lines.Scan() {
		if name, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
			event = name
		}
		if strings.HasPrefix(lines.Text(), "data: ") && strings.Contains(lines.Text(), x.Code) {
			if event != "work" {
				t.Errorf("the event is %q, want work", event)
			}
			return
		}
	}
	t.Errorf("the stream ended without %s: %v", x.Code, lines.Err())
}
