package web_test

import (
	"bufio"
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"cchc/base/web"
)

func TestAStreamArrivesAtOnceAndEndsWithItsReader(t *testing.T) {
	t.Parallel()
	s := open(t)
	ended := make(chan error, 1)
	s.mux.Handle("GET /live", web.Public, func(w http.ResponseWriter, r *http.Request) error {
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
	for in := bufio.NewScanner(resp.Body); len(got) < 5 && in.Scan(); {
		got = append(got, in.Text())
	}
	want := "retry: 5000||event: ranking|data: <tr>|data: <td>1</td></tr>"
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
