package exchangeweb

import (
	"bytes"
	"encoding/csv"
	"net/url"
	"strings"
	"testing"
)

// A page of a peer's list becomes as many lines as are counted, of four cells each; the
// next page is at the same host and has the cursor that was told.
func FuzzPageOf(f *testing.F) {
	for _, s := range []string{
		`{"items":[{"code":"H99.101-261123-0001","status":4,"system":"DVC","at":"2026-11-23T08:00:00+07:00"}],"next":"abc\/d\u003d"}`,
		`[{"code":"H1","status":"4","time":"23/11/2026"}]`, "\ufeff[]", `{"next":12}`, `{"next":null}`, `{"next":{"a":[]}}`, `{"items":[null]}`, `{"items":{}}`,
		`{"items":[{"code":"a\r\nb\",","status":{"a":"\n"}}]}`, `[{"code":1}]`, strings.Repeat("[", 20_000), `{"items":[{}`, "", "null", "\xff"} {
		f.Add([]byte(s), "")
	}
	f.Add([]byte(`[]`), `<https://peer.example/list?page=2>; rel="next"`)
	f.Add([]byte(`[]`), `<//elsewhere.example/>; rel=next, <http://peer.example/>; rel=next`)
	f.Fuzz(func(t *testing.T, body []byte, link string) {
		var out bytes.Buffer
		table := csv.NewWriter(&out)
		n, cursor, err := pageOf(bytes.NewReader(body), table)
		if err != nil {
			return
		}
		table.Flush()
		rows, err := csv.NewReader(&out).ReadAll()
		if err != nil || int64(len(rows)) != n {
			t.Errorf("%d dossiers are written as %d lines, %v", n, len(rows), err)
		}
		for _, row := range rows {
			if len(row) != 4 {
				t.Errorf("a line of %d cells", len(row))
			}
		}
		first := &url.URL{Scheme: "https", Host: "peer.example", Path: "/list", RawQuery: "since=1"}
		next, err := after(first, first, []string{link}, cursor)
		if err != nil || next == nil {
			return
		}
		if next.Scheme != first.Scheme || next.Host != first.Host {
			t.Errorf("the list goes on at %s", next)
		}
		if link == "" && (next.Query().Get("cursor") != cursor || next.Query().Get("since") != "1") {
			t.Errorf("cursor %q is asked for at %s", cursor, next)
		}
	})
}

// A cursor is text of JSON: who writes it with escapes means the letters.
func TestACursorIsReadAsTheTextThatItIs(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{`{"next":"a\/b\u003d"}`: "a/b=", `{"next":12}`: "12", `{"next":null}`: "", `{}`: "", `{"next":""}`: ""} {
		if _, got, err := pageOf(strings.NewReader(body), csv.NewWriter(new(bytes.Buffer))); err != nil || got != want {
			t.Errorf("%s: cursor %q, %v; want %q", body, got, err, want)
		}
	}
}
