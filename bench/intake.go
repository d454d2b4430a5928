package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	mrand "math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// A kind is a unit and a procedure that it receives dossiers of.
type kind struct {
	Unit      string `json:"unit"`
	Procedure string `json:"procedure"`
	Sector    string `json:"sector"`
}

var (
	family = []string{"Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Vũ", "Đặng", "Bùi", "Đỗ", "Hồ"}
	middle = []string{"Văn", "Thị", "Đức", "Ngọc", "Minh", "Thu", "Quang", "Hữu"}
	given  = []string{"An", "Bình", "Chi", "Dũng", "Giang", "Hạnh", "Khánh", "Lan", "Nam", "Phương", "Quý", "Sơn", "Tuyết", "Yến"}
)

func someone() (name, id, phone string) {
	pick := func(s []string) string { return s[mrand.IntN(len(s))] }
	return pick(family) + " " + pick(middle) + " " + pick(given),
		fmt.Sprintf("0%011d", mrand.Int64N(1e11)), fmt.Sprintf("09%08d", mrand.Int64N(1e8))
}

// kinds finds procedures that the units really receive, by receiving one of each.
func (s *server) kinds(ctx context.Context) ([]kind, error) {
	seen := map[kind]bool{}
	cursor := ""
	for range 4 {
		text, err := s.fetch(ctx, "/api/v1/dossiers?bucket=open&channel=direct&limit=500&cursor="+url.QueryEscape(cursor))
		if err != nil {
			return nil, err
		}
		var page struct {
			Items []struct{ Dossier kind }
			Next  string
		}
		if err := json.Unmarshal(text, &page); err != nil {
			return nil, err
		}
		for _, x := range page.Items {
			seen[x.Dossier] = true
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	var out []kind
	for k := range seen {
		if s.intake("try", []kind{k}, nil).once(ctx) == nil {
			out = append(out, k)
		}
	}
	slices.SortFunc(out, func(a, b kind) int { return strings.Compare(a.Unit+a.Procedure, b.Unit+b.Procedure) })
	if len(out) == 0 {
		return nil, fmt.Errorf("no procedure can be received")
	}
	return out, nil
}

// intake receives dossiers over the API: everything a counter sends.
func (s *server) intake(name string, kinds []kind, codes *list) *target {
	t := &target{name: name, client: client(64), pid: s.cmd.Process.Pid, server: s, want: http.StatusCreated, request: func(n int64) (*http.Request, error) {
		k := kinds[int(n)%len(kinds)]
		who, id, phone := someone()
		body, err := json.Marshal(map[string]any{
			"unit": k.Unit, "procedure": k.Procedure, "channel": "direct", "return_by": "counter",
			"person": map[string]string{"name": who, "id_number": id, "phone": phone, "address": "Thôn 3"},
			"papers": []map[string]string{{"name": "Đơn đề nghị", "source": "scanned"}, {"name": "Bản chính giấy tờ", "source": "paper"}},
		})
		if err != nil {
			return nil, err
		}
		q, err := http.NewRequest(http.MethodPost, s.url+"/api/v1/dossiers", bytes.NewReader(body))
		if err != nil {
			return nil, err
		}
		q.Header.Set("Content-Type", "application/json")
		q.Header.Set("Idempotency-Key", rand.Text())
		s.authorize(q)
		return q, nil
	}}
	if codes != nil {
		t.see = func(text []byte) {
			var got struct{ Dossier struct{ Code string } }
			if json.Unmarshal(text, &got) == nil {
				codes.add(got.Dossier.Code)
			}
		}
	}
	return t
}

// A list is kept by several workers.
type list struct {
	mu  sync.Mutex
	all []string
}

func (l *list) add(s string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, s)
}

// peer starts PocketBase with an empty collection of 15 fields that anybody may
// read and write, which spares it the check of rights, and an index for the list.
func (r *run) startPeer(ctx context.Context) (*server, error) {
	dir := r.work + "/pb_data"
	if err := command(ctx, ".", r.peer, "superuser", "upsert", "bench@example.com", password, "--dir", dir); err != nil {
		return nil, err
	}
	s, err := start(ctx, r.peer, "/api/health", func(addr string) []string { return []string{"serve", "--http", addr, "--dir", dir} })
	if err != nil {
		return nil, err
	}
	var in struct{ Token string }
	err = post(ctx, s.url+"/api/collections/_superusers/auth-with-password", "", map[string]string{"identity": "bench@example.com", "password": password}, &in)
	if err == nil {
		err = post(ctx, s.url+"/api/collections", in.Token, collection(), nil)
	}
	if err != nil {
		s.stop()
		return nil, err
	}
	return s, nil
}

func collection() map[string]any {
	fields := []map[string]any{}
	for _, name := range []string{"code", "unit", "procedure", "sector", "name", "id_number", "phone", "email", "address", "note"} {
		fields = append(fields, map[string]any{"name": name, "type": "text"})
	}
	fields = append(fields,
		map[string]any{"name": "channel", "type": "select", "values": []string{"direct", "online", "post"}, "maxSelect": 1},
		map[string]any{"name": "status", "type": "number"},
		map[string]any{"name": "open", "type": "bool"},
		map[string]any{"name": "received", "type": "date"},
		map[string]any{"name": "due", "type": "date"})
	return map[string]any{"name": "dossiers", "type": "base", "fields": fields,
		"listRule": "", "viewRule": "", "createRule": "",
		"indexes": []string{"CREATE INDEX open_due ON dossiers (unit, open, due)"}}
}

func post(ctx context.Context, address, token string, body, into any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	t := &target{name: "peer", client: client(1), want: http.StatusOK, request: func(int64) (*http.Request, error) {
		q, err := http.NewRequest(http.MethodPost, address, bytes.NewReader(text))
		if err == nil {
			q.Header.Set("Content-Type", "application/json")
			q.Header.Set("Authorization", token)
		}
		return q, err
	}, see: func(answer []byte) {
		if into != nil {
			json.Unmarshal(answer, into)
		}
	}}
	return t.once(ctx)
}

// records creates records at the peer: the same dossiers.
func (s *server) records(kinds []kind, ids *list) *target {
	return &target{name: "PocketBase create", client: client(64), pid: s.cmd.Process.Pid, server: s, want: http.StatusOK, request: func(n int64) (*http.Request, error) {
		k := kinds[int(n)%len(kinds)]
		who, id, phone := someone()
		now := time.Now().UTC()
		body, err := json.Marshal(map[string]any{
			"code": fmt.Sprintf("H99-%d", n), "unit": k.Unit, "procedure": k.Procedure, "sector": k.Sector, "channel": "direct",
			"name": who, "id_number": id, "phone": phone, "email": "", "address": "Thôn 3", "note": "Đơn đề nghị; bản chính giấy tờ",
			"status": 2, "open": true, "received": now.Format("2006-01-02 15:04:05.000Z"),
			"due": now.AddDate(0, 0, 1+mrand.IntN(30)).Format("2006-01-02 15:04:05.000Z"),
		})
		if err != nil {
			return nil, err
		}
		q, err := http.NewRequest(http.MethodPost, s.url+"/api/collections/dossiers/records", bytes.NewReader(body))
		if err == nil {
			q.Header.Set("Content-Type", "application/json")
		}
		return q, err
	}, see: func(text []byte) {
		var got struct{ ID string }
		if json.Unmarshal(text, &got) == nil {
			ids.add(got.ID)
		}
	}}
}
