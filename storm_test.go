package main

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/textproto"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cchc/base/db"
)

// A storm is load on a server, with a note of what was acknowledged.
type storm struct {
	office *client

	mu       sync.Mutex
	acked    map[string]string         // Idempotency-Key of a receipt → code
	facts    map[string]map[string]int // code → the facts that acknowledged verbs left
	fresh    map[string]bool           // codes with which something was done since they were recounted
	verbs    int                       // acknowledged beside receipts
	open     []*sent                   // what was sent and not acknowledged before the end
	refused  int                       // 503 with Retry-After
	cut      int                       // broken off, or nobody listened
	odd      []string                  // any other answer than these
	last     time.Time                 // of the last acknowledgement
	slowest  time.Duration             // of all answers
	flags    []string                  // of the server, but its address
	stopping atomic.Bool
	wg       sync.WaitGroup
	pause    sync.RWMutex // held for reading by who is at work on a dossier
}

// A sent is one write, which is sent with its key until it is acknowledged.
type sent struct {
	key  string
	code string // "" of a receipt
	verb string
	body string
	fact string // that it leaves
}

// plans are what becomes of the dossiers that the storm receives, by turns: no verb is
// done twice with one, so that each fact tells of its own.
var plans = [][]sent{
	nil,
	{
		{verb: "forward", body: `{}`, fact: "forwarded"},
		{verb: "finish", body: `{}`, fact: "finished"},
		{verb: "return", body: `{"how": "counter"}`, fact: "returned"},
	},
	{
		{verb: "supplement", body: `{"reason": "Thiếu tờ khai"}`, fact: "supplement_asked"},
		{verb: "supply", body: `{}`, fact: "supplement_received"},
	},
	{
		{verb: "complaints", body: `{"reason": "Nhầm hồ sơ"}`, fact: "complained"},
		{verb: "correct", body: `{"fact": COMPLAINED, "reason": "Nhập nhầm"}`, fact: "corrected"},
	},
	{
		{verb: "payments", body: `{"amount": 8000, "channel": "cash"}`, fact: "paid"},
		{verb: "pause", body: `{"reason": "Đo đạc", "as": "pause"}`, fact: "paused"},
		{verb: "resume", body: `{}`, fact: "resumed"},
		{verb: "finish", body: `{}`, fact: "finished"},
	},
}

// hung is when an answer takes too long to be one.
const hung = 45 * time.Second

func newStorm(office *client) *storm {
	office.http.Timeout = hung
	return &storm{office: office, acked: map[string]string{}, facts: map[string]map[string]int{}, fresh: map[string]bool{}}
}

// begin has some clients receive dossiers, and do with them what the plans say, until end.
// What is not acknowledged is sent again with its key, as a client does. A server that is
// gone (killed) is waited for: refused connections count neither for it nor against it.
func (s *storm) begin(clients int) {
	for i := range clients {
		s.wg.Go(func() {
			for ; !s.stopping.Load(); i++ {
				s.pause.RLock()
				s.work(plans[i%len(plans)])
				s.pause.RUnlock()
			}
		})
	}
}

func (s *storm) work(plan []sent) {
	code, ok := s.persist(&sent{key: db.NewID()})
	for _, x := range plan {
		if !ok {
			return
		}
		x.key, x.code = db.NewID(), code
		if strings.Contains(x.body, "COMPLAINED") {
			n, err := s.office.factOf(code, "complained")
			for ; err != nil && !s.stopping.Load(); n, err = s.office.factOf(code, "complained") {
				time.Sleep(20 * time.Millisecond)
			}
			if n == 0 { // the end, or it is lost: reckon finds that
				return
			}
			x.body = strings.Replace(x.body, "COMPLAINED", strconv.Itoa(n), 1)
		}
		_, ok = s.persist(&x)
	}
}

// persist sends until it is acknowledged, or the storm ends.
func (s *storm) persist(x *sent) (code string, ok bool) {
	for {
		if code, ok = s.once(x); ok {
			return code, true
		}
		if s.stopping.Load() {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.open = append(s.open, x)
			return "", false
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// once sends one time, and notes what was answered.
func (s *storm) once(x *sent) (code string, ok bool) {
	begun := time.Now()
	code, status, again, err := s.office.try(x)
	took := time.Since(begun)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.slowest = max(s.slowest, took)
	switch {
	case err == nil && (status == http.StatusCreated || status == http.StatusOK):
		s.acknowledged(x, code)
		return code, true
	case err != nil && took >= hung:
		s.odd = append(s.odd, fmt.Sprintf("no answer within %s", hung))
	case err != nil:
		s.cut++
	case status == http.StatusServiceUnavailable && again > 0:
		s.refused++
	default:
		s.odd = append(s.odd, fmt.Sprintf("%s: %d, Retry-After %d: %.200s", x.verb, status, again, code))
	}
	return "", false
}

func (s *storm) acknowledged(x *sent, code string) {
	s.last, s.fresh[code] = time.Now(), true
	if x.code == "" {
		s.acked[x.key], s.facts[code] = code, map[string]int{}
		return
	}
	s.verbs++
	s.facts[code][x.fact]++
}

// wait waits until so many more were acknowledged.
func (s *storm) wait(t *testing.T, more int) {
	t.Helper()
	s.mu.Lock()
	want := len(s.acked) + s.verbs + more
	s.mu.Unlock()
	for end := time.Now().Add(2 * time.Minute); ; time.Sleep(5 * time.Millisecond) {
		s.mu.Lock()
		have, odd := len(s.acked)+s.verbs, slices.Clone(s.odd)
		s.mu.Unlock()
		if have >= want {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%d acknowledged, want %d; odd answers: %q", have, want, odd)
		}
	}
}

// refuses waits until so many more were told to come again.
func (s *storm) refuses(t *testing.T, more int) {
	t.Helper()
	refused := s.refusals
	want := refused() + more
	for end := time.Now().Add(time.Minute); refused() < want; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d refused, want %d", refused(), want)
		}
	}
}

// refusals returns how many were told to come again so far.
func (s *storm) refusals() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.refused
}

// stands waits until nothing has been acknowledged for a while.
func (s *storm) stands(t *testing.T) {
	t.Helper()
	for begun := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		s.mu.Lock()
		last := s.last
		s.mu.Unlock()
		switch {
		case time.Since(last) > 700*time.Millisecond && time.Since(begun) > 700*time.Millisecond:
			return
		case time.Since(begun) > time.Minute:
			t.Fatal("everything is still acknowledged, on a disk that takes nothing")
		}
	}
}

// back waits until something is acknowledged again and returns how long that took.
func (s *storm) back(t *testing.T) time.Duration {
	t.Helper()
	from := time.Now()
	s.wait(t, 1)
	return time.Since(from)
}

func (s *storm) end() {
	s.stopping.Store(true)
	s.wg.Wait()
}

// reckon ends the load and compares what is stored with what was acknowledged: each
// dossier is there under its code and each verb in it, once; what was not acknowledged is
// there once or not at all, and once when it is sent again; figures hold. before is how
// many dossiers there were.
func (s *storm) reckon(t *testing.T, dsn string, before int) {
	t.Helper()
	s.end()
	for _, x := range s.odd {
		t.Errorf("an answer that tells nobody what to do: %s", x)
	}
	for _, x := range s.open {
		code, status, _, err := s.office.try(x)
		if err != nil || status != http.StatusCreated && status != http.StatusOK {
			t.Fatalf("%s sent again: %d, %v: %.300s", x.verb, status, err, code)
		}
		s.acknowledged(x, code)
	}
	codes := map[string]bool{}
	for key, code := range s.acked {
		if codes[code] {
			t.Errorf("the code %s was given twice", code)
		}
		codes[code] = true
		if again, status, _, err := s.office.tryReceive(key); err != nil || again != code {
			t.Errorf("acknowledged and lost: %s; its key sent again gives %s, %d, %v", code, again, status, err)
		}
		s.fresh[code] = true
	}
	s.recount(t, dsn, before)
}

// check lets everybody finish the dossier that they are at, and recounts what was done
// since the last time, while nothing happens. The server is back by then.
func (s *storm) check(t *testing.T, dsn string, before int) {
	t.Helper()
	s.pause.Lock()
	defer s.pause.Unlock()
	s.recount(t, dsn, before)
}

// recount compares while nothing happens: every dossier with which something was done has
// the facts that were acknowledged, each as often as it was, and no more of their kinds;
// there are as many dossiers as were received; every figure agrees with the facts.
func (s *storm) recount(t *testing.T, dsn string, before int) {
	t.Helper()
	for code := range s.fresh {
		w, err := s.office.whole(code)
		if err != nil {
			t.Errorf("acknowledged and lost: %v", err)
			continue
		}
		have := map[string]int{}
		for _, f := range w.Facts {
			have[f.kind()]++
			if wrong := s.facts[code]["corrected"] > 0; f.Kind == "complained" && f.Void != wrong {
				t.Errorf("%s: what was complained is taken back: %v, and that was acknowledged: %v", code, f.Void, wrong)
			}
		}
		for _, plan := range plans {
			for _, x := range plan {
				if want := s.facts[code][x.fact]; have[x.fact] != want {
					t.Errorf("%s: %s is there %d times and was acknowledged %d times", code, x.fact, have[x.fact], want)
				}
			}
		}
	}
	clear(s.fresh)
	if got, want := verified(t, dsn, filesOf(s.flags)...), before+len(s.acked); got != want {
		t.Errorf("%d dossiers are stored, want %d: %d of before and %d acknowledged", got, want, before, len(s.acked))
	}
}

// verifyLog checks the log of the trail with the server's own key.
func (s *storm) verifyLog(t *testing.T, dsn string) {
	t.Helper()
	run(t, "verify", "--log", "--db", dsn, "--log-key", s.flags[len(s.flags)-1])
}

// tryReceive receives a dossier and tells how that was answered; again is Retry-After.
func (c *client) tryReceive(key string) (code string, status, again int, err error) {
	return c.try(&sent{key: key})
}

// keyBusy is the answer to a key whose write was carried out and whose answer was lost.
const keyBusy = "urn:cchc:fault:api.key_busy"

// try sends a write and tells how that was answered: the dossier's code, or what was said
// instead; again is Retry-After. A write that was done and whose answer was lost counts as
// answered 200.
func (c *client) try(x *sent) (code string, status, again int, err error) {
	path, body := "/api/v1/dossiers", `{"unit": "H99.101", "procedure": "1.000894", "channel": "direct", "person": {"name": "Nguyễn Thị Tải"}}`
	if x.code != "" {
		path, body = path+"/"+x.code+"/"+x.verb, x.body
	}
	r, err := http.NewRequest("POST", c.base+path, strings.NewReader(body))
	if err != nil {
		return "", 0, 0, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Idempotency-Key", x.key)
	a, err := c.http.Do(r)
	if err != nil {
		return "", 0, 0, err
	}
	defer a.Body.Close()
	text, err := io.ReadAll(a.Body)
	if err != nil {
		return "", 0, 0, err
	}
	again, _ = strconv.Atoi(a.Header.Get("Retry-After"))
	switch {
	case x.code != "" && a.StatusCode == http.StatusConflict && bytes.Contains(text, []byte(keyBusy)):
		return x.code, http.StatusOK, again, nil
	case a.StatusCode != http.StatusCreated && a.StatusCode != http.StatusOK:
		return string(text), a.StatusCode, again, nil
	}
	m := codeOf.FindSubmatch(text)
	if m == nil || x.code != "" && string(m[1]) != x.code {
		return "", a.StatusCode, again, fmt.Errorf("acknowledged as %q, not as %q", m, x.code)
	}
	return string(m[1]), a.StatusCode, again, nil
}

// A fact of a dossier, as programs read it.
type fact struct {
	Kind, How string
	Void      bool
}

// kind tells a step that was forwarded from others.
func (f fact) kind() string {
	if f.Kind == "step" {
		return f.How
	}
	return f.Kind
}

func (c *client) whole(code string) (w struct{ Facts []fact }, err error) {
	r, err := http.NewRequest("GET", c.base+"/api/v1/dossiers/"+code, nil)
	if err == nil {
		err = c.do(r, http.StatusOK, &w)
	}
	return w, err
}

// factOf returns the number of the first fact of a kind; 0 when there is none.
func (c *client) factOf(code, kind string) (int, error) {
	w, err := c.whole(code)
	return 1 + slices.IndexFunc(w.Facts, func(f fact) bool { return f.Kind == kind }), err
}

var codeOf = regexp.MustCompile(`"code":"([^"]+)"`)

// read asks for a page and tells how that was answered; again is Retry-After.
func (c *client) read(path string) (status, again int, text string, err error) {
	a, err := c.http.Get(c.base + path)
	if err != nil {
		return 0, 0, "", err
	}
	defer a.Body.Close()
	b, err := io.ReadAll(a.Body)
	again, _ = strconv.Atoi(a.Header.Get("Retry-After"))
	return a.StatusCode, again, string(b), err
}

// scanForm returns what a page's form sends of a scan.
func scanForm(content []byte) (body []byte, kind string) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for name, value := range map[string]string{"name": "Giấy tờ", "source": "scanned"} {
		w.WriteField(name, value)
	}
	part, _ := w.CreatePart(textproto.MIMEHeader{"Content-Disposition": {`form-data; name="file"; filename="giay.pdf"`}, "Content-Type": {"application/pdf"}})
	part.Write(content)
	w.Close()
	return b.Bytes(), w.FormDataContentType()
}

func (c *client) upload(t *testing.T, code string, content []byte) (status, again int, text string) {
	t.Helper()
	body, kind := scanForm(content)
	r, err := http.NewRequest("POST", c.base+"/dossiers/"+url.PathEscape(code)+"/papers", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", kind)
	r.Header.Set("Origin", c.base)
	once := c.http
	once.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	a, err := once.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	b, _ := io.ReadAll(a.Body)
	again, _ = strconv.Atoi(a.Header.Get("Retry-After"))
	return a.StatusCode, again, string(b)
}

// scans reads every scan of a dossier back, as whoever works on it does.
func (c *client) scans(t *testing.T, code string) (out [][]byte) {
	t.Helper()
	for ord := range 30 { // papers without a scan are between them
		a, err := c.http.Get(c.base + "/dossiers/" + url.PathEscape(code) + "/papers/" + strconv.Itoa(ord))
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(a.Body)
		a.Body.Close()
		switch {
		case err != nil:
			t.Errorf("paper %d: %v", ord, err)
		case a.StatusCode == http.StatusOK && a.Header.Get("Content-Type") == "application/pdf":
			out = append(out, b)
		case a.StatusCode != http.StatusNotFound:
			t.Errorf("paper %d: %s at %s: %.300s", ord, a.Status, a.Request.URL, b)
		}
	}
	return out
}

// haveScans compares a dossier's scans with those that were acknowledged, byte for byte.
func (c *client) haveScans(t *testing.T, code string, want ...[]byte) {
	t.Helper()
	got := c.scans(t, code)
	if len(got) != len(want) {
		t.Errorf("the dossier has %d scans, and %d were acknowledged", len(got), len(want))
	}
	for i, scan := range want {
		if !slices.ContainsFunc(got, func(b []byte) bool { return bytes.Equal(b, scan) }) {
			t.Errorf("acknowledged scan %d of %d, of %d bytes, is not among those that are handed out", i+1, len(want), len(scan))
		}
	}
}

// halfUpload sends half of a scan, waits until the server has read it, and leaves the
// connection open.
func (c *client) halfUpload(t *testing.T, code string, content []byte) net.Conn {
	t.Helper()
	body, kind := scanForm(content)
	u, err := url.Parse(c.base)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", u.Host)
	if err != nil {
		t.Fatal(err)
	}
	cookies := ""
	for _, k := range c.http.Jar.Cookies(u) {
		cookies += k.Name + "=" + k.Value + "; "
	}
	fmt.Fprintf(conn, "POST /dossiers/%s/papers HTTP/1.1\r\nHost: %s\r\nOrigin: %s\r\nCookie: %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n",
		url.PathEscape(code), u.Host, c.base, cookies, kind, len(body))
	if _, err := conn.Write(body[:len(body)/2]); err != nil {
		t.Fatal(err)
	}
	waitRead(t, conn)
	return conn
}

// waitRead waits until the program at the other end of a connection on this machine has
// read all that was sent: first nothing waits to be acknowledged by its kernel, then
// nothing waits there for the program. Source: proc_pid_net(5), tx_queue and rx_queue.
func waitRead(t *testing.T, conn net.Conn) {
	t.Helper()
	here, there := conn.LocalAddr().(*net.TCPAddr), conn.RemoteAddr().(*net.TCPAddr)
	for i, side := range [][2]int{{here.Port, there.Port}, {there.Port, here.Port}} {
		for end := time.Now().Add(time.Minute); ; time.Sleep(2 * time.Millisecond) {
			if out, in := queued(t, side[0], side[1]); i == 0 && out == 0 || i == 1 && in == 0 {
				break
			}
			if time.Now().After(end) {
				t.Fatal("the server did not read what was sent within a minute")
			}
		}
	}
}

// queued returns how many bytes a local connection has to send, and has received and
// not handed to its program.
func queued(t *testing.T, local, remote int) (out, in int64) {
	t.Helper()
	b, err := os.ReadFile("/proc/net/tcp")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		f := strings.Fields(line)
		if len(f) < 5 || !strings.HasSuffix(f[1], fmt.Sprintf(":%04X", local)) || !strings.HasSuffix(f[2], fmt.Sprintf(":%04X", remote)) {
			continue
		}
		if _, err := fmt.Sscanf(f[4], "%x:%x", &out, &in); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		return out, in
	}
	t.Fatalf("the connection from port %d to %d is gone", local, remote)
	return 0, 0
}
