package app

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"cchc/base/actor"
	"cchc/dossier"
	"cchc/exchange"
	"cchc/exchange/exchangeweb"
)

func TestAWebhookIsSignedRetriedAndKeepsItsOrder(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	r, clock, _, u := commune(t)
	var mu sync.Mutex
	var got []string
	refuse := true
	var secret string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		text, _ := io.ReadAll(q.Body)
		if want := exchangeweb.Sign(secret, q.Header.Get("Webhook-Id"), q.Header.Get("Webhook-Timestamp"), string(text)); q.Header.Get("Webhook-Signature") != want {
			t.Errorf("signed %s, want %s", q.Header.Get("Webhook-Signature"), want)
		}
		if refuse {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		var x struct {
			Type    string
			Dossier struct{ Code string }
		}
		if err := json.Unmarshal(text, &x); err != nil || strings.Contains(string(text), "Nguyễn") || strings.Contains(string(text), "0905") {
			t.Errorf("told %s", text)
		}
		got = append(got, x.Type)
	}))
	defer server.Close()
	l, err := r.exchange.Create(ctx, operator, exchange.Link{Kind: exchange.Hook, Name: "Cổng", URL: server.URL, Unit: u})
	if err != nil {
		t.Fatal(err)
	}
	secret = l.Secret
	// It stood open before there was a seal; from the next start on it does not, and signs
	// as it did.
	if err := r.openSeal(ctx, filepath.Join(t.TempDir(), "seal-key")); err != nil {
		t.Fatal(err)
	}
	if found := traces(t, r.db, secret); len(found) > 0 {
		t.Errorf("the key stands open: %v", found)
	}
	if other, err := r.exchange.Create(ctx, operator, exchange.Link{Kind: exchange.Peer, Name: "Bên kia", System: "x", Secret: "mã-của-bên-kia", Unit: u}); err != nil || other.Secret != "mã-của-bên-kia" || len(traces(t, r.db, other.Secret)) > 0 {
		t.Errorf("a new link: %+v, %v", other, err)
	} else if err := r.exchange.End(ctx, operator, other.ID); err != nil {
		t.Error(err)
	}
	d := receive(t, r, u)
	if err := r.desk.Finish(ctx, operator, d.Code, dossier.Result{}); err != nil {
		t.Fatal(err)
	}
	send := func() []exchange.Delivery {
		t.Helper()
		if err := r.exchange.Send(ctx, l.ID); err != nil {
			t.Fatal(err)
		}
		open, err := r.exchange.Open(ctx, l)
		if err != nil {
			t.Fatal(err)
		}
		return open
	}
	// Near addresses are not called unless somebody said so.
	if open := send(); len(open) != 2 || open[0].Attempts != 1 || !strings.Contains(open[0].Answer, "https") {
		t.Fatalf("a near address: %+v", open)
	}
	r.exchange.Sender.(*exchangeweb.Sender).Hosts = []string{"127.0.0.1"}
	clock.Advance(time.Minute)
	if open := send(); open[0].Attempts != 2 || open[1].Attempts != 0 || !strings.Contains(open[0].Answer, "503") {
		t.Errorf("refused: %+v", open) // the later one waits for the earlier
	}
	if open := send(); open[0].Attempts != 2 {
		t.Errorf("sent again at once: %+v", open)
	}
	mu.Lock()
	refuse = false
	mu.Unlock()
	clock.Advance(5 * time.Minute)
	if open := send(); len(open) != 0 {
		t.Errorf("left over: %+v", open)
	}
	if strings.Join(got, " ") != "dossier.received dossier.status_changed" {
		t.Errorf("told %v", got)
	}
	if err := r.exchange.End(ctx, operator, l.ID); err != nil {
		t.Fatal(err)
	}
	receive(t, r, u)
	if open := send(); len(open) != 0 {
		t.Errorf("an ended link is told: %+v", open)
	}
}

func TestWhatNobodyTakesIsGivenUpShownAndSentAgainByAPerson(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := serveOffice(t)
	l, err := o.exchange.Create(ctx, operator, exchange.Link{Kind: exchange.Hook, Name: "Cổng tỉnh", URL: "https://127.0.0.1:1/x", Unit: o.commune})
	if err != nil {
		t.Fatal(err)
	}
	d := receive(t, o.rooms, o.commune)
	for range 20 {
		if err := o.exchange.Send(ctx, l.ID); err != nil {
			t.Fatal(err)
		}
		o.clock.Advance(7 * time.Hour)
	}
	b := o.signIn(t, "quantri", actor.Grant{Role: actor.Administrator, Unit: o.province})
	b.Get("/admin/exchange").Is(200).Has("td", "1 tin đã thôi gửi")
	b.Get("/admin/exchange/"+l.ID).Is(200).Has("th", d.Code).Has("td", "private network").Has("td", "Đã thôi gửi")
	b.Post("/admin/exchange/" + l.ID + "/again").To("/admin/exchange/" + l.ID)
	b.Get("/admin/exchange/"+l.ID).Lacks("td", "Đã thôi gửi")
	b.Post("/admin/exchange", "kind", "hook", "name", "", "url", "ftp://x").Is(422).Has("#error-summary", "https://").Has("#error-summary", "đặt tên")
	b.Post("/admin/exchange", "kind", "hook", "name", "Sở", "url", "https://so.example.vn/hook", "unit", string(o.commune)).Is(201).Has("label", "Khóa ký")
	officer := o.signIn(t, "motcua", actor.Grant{Role: actor.OneStop, Unit: o.commune})
	officer.Get("/admin/exchange").Is(403)
	officer.Post("/admin/exchange/" + l.ID + "/end").Is(403)
}

// What we send to a peer is what our own feed takes: two installations follow
// each other.
func TestAPeerFollowsOurStatuses(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	here, there := serveOffice(t), serveOffice(t)
	p := there.program(t, "xa-gio-hai", []string{"dossier.import"}, actor.Grant{Role: actor.Administrator, Unit: there.province})
	token := strings.TrimPrefix(p.Header.Get("Authorization"), "Bearer ")
	l, err := here.exchange.Create(ctx, operator, exchange.Link{Kind: exchange.Peer, Name: "Tỉnh", URL: there.b.URL() + "/api/v1/feed/dossiers", Unit: here.province, System: "xa", Secret: token})
	if err != nil {
		t.Fatal(err)
	}
	here.exchange.Sender.(*exchangeweb.Sender).Hosts = []string{"127.0.0.1"}
	d := receive(t, here.rooms, here.commune)
	if err := here.desk.Finish(ctx, operator, d.Code, dossier.Result{}); err != nil {
		t.Fatal(err)
	}
	if err := here.exchange.Send(ctx, l.ID); err != nil {
		t.Fatal(err)
	}
	if open, err := here.exchange.Open(ctx, l); err != nil || len(open) != 0 {
		t.Fatalf("left over %+v, %v", open, err)
	}
	w, err := there.desk.ByCode(ctx, there.db, operator, d.Code)
	if err != nil || w.System != "xa" || w.Status() != dossier.Finished || w.Due != d.Due || !w.ExternalDue {
		t.Errorf("there it is %+v, %v", w.Dossier, err)
	}
}
