package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	mrand "math/rand/v2"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// A load writes and reads through HAProxy as programs should: every write has an
// Idempotency-Key and is sent again with it until it is acknowledged.
type load struct {
	c       *cluster
	workers int
	token   string
	kinds   []kind

	stop context.CancelFunc
	done sync.WaitGroup
	once sync.Once

	mu     sync.Mutex
	events []event
	acked  map[string][]string // code of a dossier → what was acknowledged of it
	keys   map[string]string   // key → code, of the dossiers that were received
	sent   int                 // keys of dossiers that were sent at all
	open   map[string]bool     // of these, those that were never acknowledged
	wrong  []string            // answers that no fault explains, to clients that waited for them

	receipts []receipt // of what was acknowledged
	visits   []visit
	scans    []scan // that were acknowledged
}

type kind struct{ Unit, Procedure string }

// An event is one request as its client saw it.
type event struct {
	at     time.Time // when it ended
	took   time.Duration
	write  bool
	status int // 0: no answer
	acked  bool
	why    string // of a refusal: the problem's type
}

var tokenForm = regexp.MustCompile(`cchc_[A-Za-z0-9_.-]{40,}`)

func newLoad(ctx context.Context, c *cluster, workers int) (*load, error) {
	l := &load{c: c, workers: workers, acked: map[string][]string{}, keys: map[string]string{}, open: map[string]bool{}}
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	client := &http.Client{Jar: jar, Timeout: 30 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	// Signed in through one machine, at work through another: a session is everywhere.
	a, err := client.PostForm(c.nodes[0].web+"/sign-in", url.Values{"login": {"make-ha"}, "password": {password}})
	if err != nil {
		return nil, err
	}
	a.Body.Close()
	a, err = client.PostForm(c.nodes[1].web+"/account/tokens", url.Values{"name": {"ha"}, "until": {time.Now().AddDate(0, 0, 7).Format("02/01/2006")},
		"scopes": {"dossier.read", "dossier.receive", "dossier.process"}})
	if err != nil {
		return nil, err
	}
	page, err := io.ReadAll(a.Body)
	a.Body.Close()
	if l.token = tokenForm.FindString(string(page)); l.token == "" {
		return nil, errors.Join(err, fmt.Errorf("no token: %d", a.StatusCode))
	}
	return l, l.findKinds(ctx)
}

// findKinds finds what units really receive, by receiving one of each.
func (l *load) findKinds(ctx context.Context) error {
	status, text, _ := l.send(ctx, l.client(), 0, http.MethodGet, "/api/v1/dossiers?bucket=open&channel=direct&limit=200", "", nil)
	var page struct {
		Items []struct{ Dossier kind }
	}
	if err := json.Unmarshal(text, &page); err != nil || status != http.StatusOK {
		return fmt.Errorf("list of dossiers: %d %w", status, err)
	}
	seen := map[kind]bool{}
	for _, x := range page.Items {
		k := x.Dossier
		if seen[k] || len(l.kinds) >= 12 {
			continue
		}
		seen[k] = true
		key := rand.Text()
		body, digits := l.body(k, "Nguyễn Thử Một")
		status, text, _ := l.send(ctx, l.client(), 0, http.MethodPost, "/api/v1/dossiers", key, body)
		if status == http.StatusCreated {
			l.kinds = append(l.kinds, k)
			l.sent++
			l.received(key, codeOf(text), digits)
		}
	}
	if len(l.kinds) == 0 {
		return errors.New("no unit receives anything")
	}
	return nil
}

// received notes a dossier that was acknowledged.
func (l *load) received(key, code, digits string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.open, key)
	l.keys[key] = code
	l.acked[code] = append(l.acked[code], "receive")
	l.receipts = append(l.receipts, receipt{code, digits, time.Now()})
}

func codeOf(text []byte) string {
	var out struct{ Dossier struct{ Code string } }
	json.Unmarshal(text, &out)
	return out.Dossier.Code
}

// body is a dossier to receive, and the digits by which its applicant looks it up.
func (l *load) body(k kind, name string) (body any, digits string) {
	phone := fmt.Sprintf("09%08d", mrand.Int64N(1e8))
	return map[string]any{"unit": k.Unit, "procedure": k.Procedure, "channel": "direct",
		"person": map[string]any{"name": name, "phone": phone}}, phone[len(phone)-4:]
}

func (l *load) client() *http.Client {
	return &http.Client{Timeout: 60 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 4, ResponseHeaderTimeout: 50 * time.Second}}
}

// send sends one request through the HAProxy of a machine.
func (l *load) send(ctx context.Context, client *http.Client, machine int, method, path, key string, body any) (status int, text []byte, err error) {
	var r io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return 0, nil, err
		}
		r = bytes.NewReader(b)
	}
	q, err := http.NewRequestWithContext(ctx, method, l.c.nodes[machine%3].web+path, r)
	if err != nil {
		return 0, nil, err
	}
	q.Header.Set("Authorization", "Bearer "+l.token)
	q.Header.Set("Accept", "application/json")
	if body != nil {
		q.Header.Set("Content-Type", "application/json")
	}
	if key != "" {
		q.Header.Set("Idempotency-Key", key)
	}
	a, err := client.Do(q)
	if err != nil {
		return 0, nil, err
	}
	defer a.Body.Close()
	text, err = io.ReadAll(a.Body)
	if err != nil {
		return 0, nil, err // half an answer is none
	}
	return a.StatusCode, text, nil
}

// isRefusal reports whether an answer says that it is not done and may be asked again:
// the servers' own, or HAProxy's when a server broke off.
func isRefusal(status int) bool {
	return status == http.StatusServiceUnavailable || status == http.StatusBadGateway || status == http.StatusGatewayTimeout
}

// busy is the answer to a key that was carried out and whose answer was lost.
const busy = "urn:cchc:fault:api.key_busy"

func problem(text []byte) string {
	var p struct{ Type string }
	json.Unmarshal(text, &p)
	return p.Type
}

// persist sends a write until it is acknowledged. It returns nil when ctx ended before.
func (l *load) persist(ctx context.Context, client *http.Client, machine *int, path, key string, body any) []byte {
	for ctx.Err() == nil {
		begun := time.Now()
		status, text, err := l.send(ctx, client, *machine, http.MethodPost, path, key, body)
		e := event{at: time.Now(), took: time.Since(begun), write: true, status: status}
		e.why = problem(text)
		e.acked = status == http.StatusOK || status == http.StatusCreated || e.why == busy
		if ctx.Err() != nil && !e.acked {
			return nil
		}
		l.mu.Lock()
		l.events = append(l.events, e)
		if status != 0 && !e.acked && !isRefusal(status) {
			l.wrong = append(l.wrong, fmt.Sprintf("%s POST %s answered %d %s", e.at.Format("15:04:05"), path, status, text))
		}
		l.mu.Unlock()
		if e.acked {
			return text
		}
		if err != nil {
			*machine++ // the proxy of another machine
		}
		select {
		case <-time.After(100*time.Millisecond + mrand.N(200*time.Millisecond)):
		case <-ctx.Done():
		}
	}
	return nil
}

func (l *load) begin(ctx context.Context) {
	ctx, l.stop = context.WithCancel(ctx)
	for w := range l.workers {
		l.done.Go(func() { l.work(ctx, w) })
	}
	for w := range 2 {
		l.done.Go(func() { l.read(ctx, w) })
		l.done.Go(func() { l.visit(ctx, w) })
	}
}

// end lets every client finish what it is at, for a while.
func (l *load) end() {
	l.once.Do(func() {
		l.stop()
		l.done.Wait()
	})
}

// work is a clerk's program: it receives dossiers, and for some of them asks for papers
// and takes them in, and for some brings a scan.
func (l *load) work(ctx context.Context, w int) {
	client, machine := l.client(), w
	for i := 0; ctx.Err() == nil; i++ {
		key := rand.Text()
		l.mu.Lock()
		l.sent++
		l.open[key] = true
		l.mu.Unlock()
		k := l.kinds[mrand.IntN(len(l.kinds))]
		// What was begun is ended after the load's end: whether a write that was cut off
		// happened could not be told.
		whole, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Minute)
		body, digits := l.body(k, fmt.Sprintf("Nguyễn Văn %d %d", w, i))
		code := codeOf(l.persist(whole, client, &machine, "/api/v1/dossiers", key, body))
		if code != "" {
			l.received(key, code, digits)
			if i%3 == 0 {
				l.verb(whole, client, &machine, code, "supplement", map[string]any{"reason": "Thiếu tờ khai"})
				l.verb(whole, client, &machine, code, "supply", map[string]any{})
			}
			if i%8 == 4 {
				l.scan(whole, client, &machine, code)
			}
		}
		cancel()
	}
}

// verb does one of a dossier, and reports whether it was acknowledged.
func (l *load) verb(ctx context.Context, client *http.Client, machine *int, code, verb string, body any) bool {
	if l.persist(ctx, client, machine, "/api/v1/dossiers/"+code+"/"+verb, rand.Text(), body) == nil {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.acked[code] = append(l.acked[code], verb)
	return true
}

// read looks at lists and dossiers.
func (l *load) read(ctx context.Context, w int) {
	client := l.client()
	for i := w; ctx.Err() == nil; i++ {
		begun := time.Now()
		status, text, err := l.send(ctx, client, i, http.MethodGet, "/api/v1/dossiers?bucket=open&limit=50", "", nil)
		if ctx.Err() != nil {
			return
		}
		l.mu.Lock()
		if err == nil && status != http.StatusOK && !isRefusal(status) {
			l.wrong = append(l.wrong, fmt.Sprintf("%s GET a list answered %d %s", time.Now().Format("15:04:05"), status, text))
		}
		l.events = append(l.events, event{at: time.Now(), took: time.Since(begun), status: status, acked: err == nil && status == http.StatusOK})
		l.mu.Unlock()
		time.Sleep(200 * time.Millisecond)
	}
}

// between returns the events of a time, in their order.
func (l *load) between(from, to time.Time) []event {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []event
	for _, e := range l.events {
		if !e.at.Before(from) && !e.at.After(to) {
			out = append(out, e)
		}
	}
	slices.SortFunc(out, func(a, b event) int { return a.at.Compare(b.at) })
	return out
}

// flowing reports whether writes are acknowledged again: several within the last second.
func (l *load) flowing() bool {
	n := 0
	for _, e := range l.between(time.Now().Add(-time.Second), time.Now()) {
		if e.write && e.acked {
			n++
		}
	}
	return n >= 3
}

func (k kind) String() string { return strings.Join([]string{k.Unit, k.Procedure}, " ") }
