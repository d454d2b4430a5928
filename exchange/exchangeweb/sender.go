// Package exchangeweb is the door of the exchange with other systems: it calls
// them, and has the pages on which links are kept.
package exchangeweb

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"cchc/exchange"
)

// A Sender calls other systems. Hosts are those that may be called although they
// are near (loopback, private networks) or without TLS, as host or host:port;
// all others only over TLS and in the open network: an address typed into a form
// must not become a way into ours.
type Sender struct {
	Hosts []string
	Only  []string // when there are any, no other host is called at all
	Dir   string   // where what a peer without an address gets is written
	Now   func() time.Time
	// Wrap puts something around every call; nil nothing.
	Wrap func(http.RoundTripper) http.RoundTripper

	mu sync.Mutex
}

// errNear is why a connection was not made.
var errNear = errors.New("the address is in a private network, which is not allowed")

// near reports whether an address is not in the open network.
func near(a netip.Addr) bool {
	a = a.Unmap()
	return !a.IsGlobalUnicast() || a.IsPrivate() || netip.MustParsePrefix("100.64.0.0/10").Contains(a) || netip.MustParsePrefix("64:ff9b::/96").Contains(a)
}

func (s *Sender) allowed(u *url.URL) bool { return among(s.Hosts, u) }

func among(hosts []string, u *url.URL) bool {
	return slices.Contains(hosts, u.Host) || slices.Contains(hosts, u.Hostname())
}

// Listed reports whether the host may be called at all.
func (s *Sender) Listed(u *url.URL) bool { return len(s.Only) == 0 || among(s.Only, u) }

// errUnlisted is why a host was not called.
var errUnlisted = errors.New("the host is not among those that may be called")

// client returns one that checks the address that it really connects to, after
// names were looked up, and follows no redirects.
func (s *Sender) client(allowed bool) *http.Client {
	d := &net.Dialer{Timeout: 5 * time.Second}
	if !allowed {
		d.Control = func(_, address string, _ syscall.RawConn) error {
			a, err := netip.ParseAddrPort(address)
			if err != nil || near(a.Addr()) {
				return errNear
			}
			return nil
		}
	}
	var transport http.RoundTripper = &http.Transport{DialContext: d.DialContext, TLSHandshakeTimeout: 5 * time.Second, DisableKeepAlives: true}
	if s.Wrap != nil {
		transport = s.Wrap(transport)
	}
	return &http.Client{Timeout: 15 * time.Second, Transport: transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// Send hands a delivery over. A webhook is signed as Standard Webhooks says:
// webhook-signature is "v1," and the base64 of HMAC-SHA256 over
// "id.timestamp.body" with the link's secret.
func (s *Sender) Send(ctx context.Context, l exchange.Link, d exchange.Delivery) error {
	if l.URL == "" {
		return s.write(l, d)
	}
	u, err := url.Parse(l.URL)
	if err != nil {
		return err
	}
	if !s.Listed(u) {
		return errUnlisted
	}
	allowed := s.allowed(u)
	if u.Scheme != "https" && !allowed {
		return errors.New("only https is allowed")
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, l.URL, strings.NewReader(d.Body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "cchc")
	r.Header.Set("Idempotency-Key", d.ID)
	if l.Kind == exchange.Peer {
		r.Header.Set("Authorization", "Bearer "+l.Secret)
	} else {
		at := strconv.FormatInt(s.Now().Unix(), 10)
		r.Header.Set("Webhook-Id", d.ID)
		r.Header.Set("Webhook-Timestamp", at)
		r.Header.Set("Webhook-Signature", Sign(l.Secret, d.ID, at, d.Body))
	}
	answer, err := s.client(allowed).Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return fmt.Errorf("answered %s", answer.Status)
	}
	if l.Kind == exchange.Peer {
		return refused(text)
	}
	return nil
}

// Sign returns the signature of a webhook.
func Sign(secret, id, at, body string) string {
	m := hmac.New(sha256.New, []byte(secret))
	io.WriteString(m, id+"."+at+"."+body)
	return "v1," + base64.StdEncoding.EncodeToString(m.Sum(nil))
}

// refused returns why the other side did not take an event, from the answer of
// its feed; an answer without items took all.
func refused(text []byte) error {
	var out struct {
		Items []struct{ Event, Result, Key, Message string }
	}
	if json.Unmarshal(text, &out) != nil {
		return nil
	}
	for _, x := range out.Items {
		if x.Result == "wrong" {
			return fmt.Errorf("refused: %s %s", x.Key, x.Message)
		}
	}
	return nil
}

// write appends a delivery to the peer's file, a line each.
func (s *Sender) write(l exchange.Link, d exchange.Delivery) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := os.MkdirAll(s.Dir, 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(s.Dir, l.ID+".jsonl"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.Write(append(bytes.TrimSpace([]byte(d.Body)), '\n')); err != nil {
		return err
	}
	return f.Sync()
}
