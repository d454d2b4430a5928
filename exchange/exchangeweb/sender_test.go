package exchangeweb

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"cchc/exchange"
)

// Whoever may enter an address must not reach by it what only this machine reaches.
func TestNearAddressesAreToldFromTheOpenNetwork(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"127.0.0.1": true, "::1": true, "10.1.2.3": true, "172.16.0.1": true, "192.168.1.1": true, "169.254.169.254": true, "0.0.0.0": true,
		"100.64.0.1": true, "fe80::1": true, "fd00::1": true, "::ffff:10.0.0.1": true, "64:ff9b::a00:1": true, "224.0.0.1": true, "255.255.255.255": true,
		"203.162.0.1": false, "2001:4860:4860::8888": false, "172.32.0.1": false,
	} {
		if got := near(netip.MustParseAddr(address)); got != want {
			t.Errorf("near(%s) = %v, want %v", address, got, want)
		}
	}
}

// A name that leads near, a redirect that leads there, and an address in the clear are
// not followed, for what is sent as for what is fetched.
func TestNoAddressLeadsIntoOurNetwork(t *testing.T) {
	t.Parallel()
	reached := 0
	inside := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached++ }))
	defer inside.Close()
	redirects := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, inside.URL, http.StatusFound)
	}))
	defer redirects.Close()
	s := &Sender{Now: time.Now, Hosts: []string{strings.TrimPrefix(redirects.URL, "http://")}}
	byName := strings.Replace(inside.URL, "127.0.0.1", "localhost", 1)
	for address, want := range map[string]string{
		inside.URL:    "private network",
		byName:        "private network",
		redirects.URL: "302",
		strings.Replace(inside.URL, "https", "http", 1): "only https",
		"file:///etc/passwd":                            "only https",
	} {
		l := exchange.Link{Kind: exchange.Hook, URL: address, Secret: "x"}
		if err := s.Send(t.Context(), l, exchange.Delivery{ID: "1", Body: "{}"}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Send to %s: %v, want %q", address, err, want)
		}
		var out bytes.Buffer
		if err := s.Fetch(t.Context(), l, address, &out, func(int64) {}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Fetch of %s: %v, want %q", address, err, want)
		}
	}
	if reached != 0 {
		t.Errorf("the server inside was reached %d times", reached)
	}
}

// Where an operator named the only hosts, no other is called, near or far.
func TestOnlyListedHostsAreCalled(t *testing.T) {
	t.Parallel()
	reached := 0
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached++ }))
	defer server.Close()
	host := strings.TrimPrefix(server.URL, "http://")
	l := exchange.Link{Kind: exchange.Hook, URL: server.URL, Secret: "x"}
	s := &Sender{Now: time.Now, Hosts: []string{host}, Only: []string{"dvc.example.vn"}}
	if err := s.Send(t.Context(), l, exchange.Delivery{ID: "1", Body: "{}"}); err != errUnlisted {
		t.Errorf("Send to a host that is not listed: %v", err)
	}
	if err := s.Fetch(t.Context(), l, server.URL, &bytes.Buffer{}, func(int64) {}); err != errUnlisted {
		t.Errorf("Fetch from a host that is not listed: %v", err)
	}
	if reached != 0 {
		t.Errorf("it was reached %d times", reached)
	}
	s.Only = append(s.Only, host)
	if err := s.Send(t.Context(), l, exchange.Delivery{ID: "1", Body: "{}"}); err != nil || reached != 1 {
		t.Errorf("Send to a host that is listed: %v, reached %d times", err, reached)
	}
}
