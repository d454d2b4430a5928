package web_test

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"cchc/base/web"
)

func TestAStreamArrivesAtOnceAndEndsWithItsReader(t *testing.T) {
	t.Parallel()
	s := open(t)
	ended := make(chan error, 1)
	s.mux.Handle("GET /live", web.Public.Live(), func(w http.ResponseWriter, r *http.Request) error {
		return web.Stream(w, r, func(send func(string, []byte) error) error {
			if err := send("ranking", []byte("<tr>\n<td>1</td></tr>")); err != nil {
				return err
			}
			<-r.Context().Done()
			ended <- r.Context().Err()
			return nil
		})
	})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, "GET", s.URL()+"/live", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", "text/event-stream")
	r.Header.Set("Accept-Encoding", "gzip")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if got := resp.Header.Get("Content-Type"); got != "text/event-stream; charset=utf-8" {
		t.Errorf("Content-Type = %q", got)
	}
	if resp.Header.Get("Content-Encoding") != "" {
		t.Error("the stream is compressed, and so held back")
	}
	var got []string
	for in := bufio.NewScanner(resp.Body); len(got) < 6 && in.Scan(); {
		got = append(got, in.Text())
	}
	want := "retry: 5000|id: 1||event: ranking|data: <tr>|data: <td>1</td></tr>"
	if strings.Join(got, "|") != want {
		t.Errorf("the stream says %q, want %q", got, want)
	}
	cancel()
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Error("the stream did not end with its reader")
	}
}

func TestClosingEndsStreams(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.mux.Handle("GET /live", web.Public.Live(), func(w http.ResponseWriter, r *http.Request) error {
		return web.Stream(w, r, func(send func(string, []byte) error) error {
			s.mux.Close()
			<-r.Context().Done()
			return nil
		})
	})
	s.Header.Set("Accept", "text/event-stream")
	s.Get("/live").Is(200) // reads to the end of the stream
	s.Header.Del("Accept")
	s.Get("/").Is(200)
}

func TestAStreamOutlivesTheServersLimits(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.mux.Handle("GET /live", web.Public.Live(), func(w http.ResponseWriter, r *http.Request) error {
		return web.Stream(w, r, func(send func(string, []byte) error) error {
			select {
			case <-r.Context().Done():
				return r.Context().Err()
			case <-time.After(400 * time.Millisecond):
				return send("late", []byte("still here"))
			}
		})
	})
	server := httptest.NewUnstartedServer(s.mux)
	server.Config.ReadTimeout, server.Config.WriteTimeout = 100*time.Millisecond, 100*time.Millisecond
	server.Start()
	defer server.Close()
	r, err := http.NewRequestWithContext(t.Context(), "GET", server.URL+"/live", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", "text/event-stream")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || !strings.Contains(string(body), "still here") {
		t.Errorf("after the server's limits the stream says %q, %v", body, err)
	}
}
