package main

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"cchc/base/db/dbtest"
)

// Where one request ends and the next begins is read in one way, or the request is
// refused and the connection closed: nothing is slipped in behind a web server that
// reads it in another.
func TestWhereARequestEndsIsNotAmbiguous(t *testing.T) {
	t.Parallel()
	s := startServer(t, dbtest.Empty(t))
	const next = "GET /healthz HTTP/1.1\r\nHost: cchc\r\nConnection: close\r\n\r\n"
	// ask sends a request with another right behind it, and returns the first answer's
	// status and whether the other one was answered too.
	ask := func(request string) (status int, more bool) {
		t.Helper()
		conn, err := net.DialTimeout("tcp", strings.TrimPrefix(s.url, "http://"), 20*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(30 * time.Second))
		if _, err := io.WriteString(conn, request+next); err != nil {
			t.Fatal(err)
		}
		r := bufio.NewReader(conn)
		answer, err := http.ReadResponse(r, nil)
		if err != nil {
			t.Fatalf("%q: %v", request, err)
		}
		if _, err := io.Copy(io.Discard, answer.Body); err != nil {
			t.Errorf("%q: %v", request, err)
		}
		_, err = r.Peek(1)
		return answer.StatusCode, err == nil
	}
	if status, more := ask("GET /healthz HTTP/1.1\r\nHost: cchc\r\n\r\n"); status != http.StatusOK || !more {
		t.Fatalf("two that are right: %d, the second answered: %v", status, more)
	}
	const post = "POST /sign-in HTTP/1.1\r\nHost: cchc\r\nContent-Type: application/x-www-form-urlencoded\r\n"
	for name, headers := range map[string]string{
		"two lengths":                 "Content-Length: 0\r\nContent-Length: 80\r\n",
		"two lengths in one line":     "Content-Length: 0, 80\r\n",
		"a length with a sign":        "Content-Length: +0\r\n",
		"a length in other digits":    "Content-Length: 0x0\r\n",
		"a length below nothing":      "Content-Length: -1\r\n",
		"an encoding that is unknown": "Transfer-Encoding: xchunked\r\n",
		"an encoding after another":   "Transfer-Encoding: identity, chunked\r\n",
		"the encoding twice":          "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
		"a blank before the colon":    "Transfer-Encoding : chunked\r\n",
		"a blank after the name":      "Content-Length : 0\r\n",
		"a name with a sign in it":    "Content\x00-Length: 0\r\n",
	} {
		if status, more := ask(post + headers + "\r\n"); status != http.StatusBadRequest && status != http.StatusNotImplemented || more {
			t.Errorf("%s: %d, and what followed was answered: %v; want a refusal and nothing else", name, status, more)
		}
	}
}
