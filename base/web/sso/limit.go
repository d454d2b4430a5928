package sso

import (
	"io"
	"net/http"
)

// most is how much of an answer is read: discovery, keys and tokens are a few kB.
const most = 1 << 20

// limited reads no more of an answer than most, whoever sends it.
type limited struct{ http.RoundTripper }

// RoundTrip asks, and cuts the answer.
func (l limited) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := l.RoundTripper.RoundTrip(r)
	if err == nil {
		resp.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(resp.Body, most), resp.Body}
	}
	return resp, err
}
