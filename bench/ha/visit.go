package main

import (
	"context"
	"fmt"
	"io"
	mrand "math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Visitors read what everybody may read: the first page, how dates are kept, and how a
// dossier stands, by the code and the digits of its receipt. Each page comes from another
// address, as of many people: look-ups of one address are few. Who gets no page within
// patience gives it up and comes in at the next machine.
const patience = 5 * time.Second

// A look-up finds what was acknowledged before this: a standby is at most ten seconds
// behind while the primary is there (CCHC_STANDBY_LAG), and how far it is may be seen
// some seconds late.
const lagAllowed = 15 * time.Second

// A visit is one page as its visitor saw it.
type visit struct {
	at       time.Time // when it ended
	page     string
	status   int           // 0: no answer
	good     bool          // it is the page that was asked for
	since    time.Duration // of a look-up that found nothing: since its dossier was acknowledged
	earlier  bool          // it says that it is as of an earlier minute
	before   bool          // of a look-up that found nothing: it says that it is as of before
	answered string        // the request, as the log of the server that answered calls it
}

// A receipt is what a citizen looks a dossier up by.
type receipt struct {
	code, digits string
	at           time.Time // when it was acknowledged
}

var pages = []string{"/", "/on-time", "/lookup"}

// visitors are many people, each with an address of the loopback.
func visitors() *http.Client {
	return &http.Client{Timeout: patience, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			from := net.IPv4(127, byte(1+mrand.IntN(250)), byte(mrand.IntN(256)), byte(1+mrand.IntN(250)))
			return (&net.Dialer{LocalAddr: &net.TCPAddr{IP: from}}).DialContext(ctx, network, addr)
		}}}
}

// visit reads page after page.
func (l *load) visit(ctx context.Context, w int) {
	client, machine := visitors(), w
	for i := w; ctx.Err() == nil; i++ {
		v, about := l.see(ctx, client, machine, pages[i%len(pages)])
		if ctx.Err() != nil {
			return
		}
		l.mu.Lock()
		l.visits = append(l.visits, v)
		if about != "" {
			l.wrong = append(l.wrong, about)
		}
		l.mu.Unlock()
		if v.status == 0 {
			machine++
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// asOf is how pages write as of when they are.
var asOf = regexp.MustCompile(`[Ll]úc (\d\d/\d\d/\d{4} \d\d:\d\d)`)

var vietnam = time.FixedZone("ICT", 7*60*60)

// see reads one page; about tells of an answer that no fault explains.
func (l *load) see(ctx context.Context, client *http.Client, machine int, page string) (v visit, about string) {
	var form io.Reader
	var known receipt
	method, has := http.MethodGet, map[string]string{"/": `action="/lookup"`, "/on-time": "<table"}[page]
	if page == "/lookup" {
		known = l.anyReceipt()
		method, has = http.MethodPost, known.code
		form = strings.NewReader(url.Values{"code": {known.code}, "digits": {known.digits}}.Encode())
	}
	begun := time.Now()
	v = visit{page: page}
	defer func() { v.at = time.Now() }()
	q, err := http.NewRequestWithContext(ctx, method, l.c.nodes[machine%3].web+page, form)
	if err != nil {
		return v, err.Error()
	}
	if form != nil {
		q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		q.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	a, err := client.Do(q)
	if err != nil {
		return v, ""
	}
	defer a.Body.Close()
	text, err := io.ReadAll(a.Body)
	if err != nil {
		return v, "" // half a page is none
	}
	v.status, v.answered = a.StatusCode, a.Header.Get("X-Request-Id")
	v.good = a.StatusCode == http.StatusOK && strings.Contains(string(text), has)
	told := begun
	if m := asOf.FindStringSubmatch(string(text)); m != nil {
		if at, err := time.ParseInLocation("02/01/2006 15:04", m[1], vietnam); err == nil {
			told = at // a minute
		}
	}
	v.earlier = told.Before(begun.Truncate(time.Minute))
	switch {
	case v.good || isRefusal(v.status):
		return v, ""
	case page == "/lookup" && v.status == http.StatusNotFound:
		v.since, v.before = begun.Sub(known.at), told.Before(known.at)
		if v.since <= lagAllowed || v.before {
			return v, ""
		}
		return v, fmt.Sprintf("%s look-up of %s found nothing %.1f s after it was acknowledged", begun.Format("15:04:05"), known.code, v.since.Seconds())
	}
	return v, fmt.Sprintf("%s %s %s answered %d without %q", begun.Format("15:04:05"), method, page, v.status, has)
}

// anyReceipt is one of the last ten, or any.
func (l *load) anyReceipt() receipt {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := len(l.receipts)
	if mrand.IntN(2) == 0 {
		return l.receipts[n-1-mrand.IntN(min(10, n))]
	}
	return l.receipts[mrand.IntN(n)]
}

// seen is what visitors saw while one fault was made.
type seen struct {
	good, unavailable, other, none int
	yet                            int // look-ups that did not find a dossier yet
	before                         int // later ones that said that they are as of before
	earlier                        int
	without, longest               time.Duration
	from                           [3]int // pages that a server read from a standby
	primary                        int    // and from the primary
}

func (l *load) seen(from, to time.Time, by map[string]answerer) (s seen) {
	l.mu.Lock()
	defer l.mu.Unlock()
	last := from
	gap := func(at time.Time) {
		d := at.Sub(last)
		if s.longest = max(s.longest, d); d > time.Second {
			s.without += d
		}
		last = at
	}
	slices.SortFunc(l.visits, func(a, b visit) int { return a.at.Compare(b.at) })
	for _, v := range l.visits {
		if v.at.Before(from) || v.at.After(to) {
			continue
		}
		switch {
		case v.good:
			s.good++
			gap(v.at)
			if b, ok := by[v.answered]; ok && b.standby {
				s.from[b.node-1]++
			} else if ok {
				s.primary++
			}
			if v.earlier {
				s.earlier++
			}
		case v.status == http.StatusServiceUnavailable:
			s.unavailable++
		case v.status == 0:
			s.none++
		case v.since > 0 && v.since <= lagAllowed:
			s.yet++
		case v.before:
			s.before++
		default:
			s.other++
		}
	}
	gap(to)
	return s
}

// lookups tells of all look-ups together.
func (l *load) lookups() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	found, yet, before, missed, oldest := 0, 0, 0, 0, time.Duration(0)
	for _, v := range l.visits {
		switch {
		case v.page != "/lookup":
		case v.good:
			found++
		case v.since > lagAllowed && v.before:
			before++
		case v.since > lagAllowed:
			missed++
		case v.since > 0:
			yet++
			oldest = max(oldest, v.since)
		}
	}
	return fmt.Sprintf("look-ups of acknowledged dossiers, half of them of the last ten: %d found, %d not yet (the oldest %.1f s after it was acknowledged), %d later by a page that says it is as of before, **%d not found after %.0f s**",
		found, yet, oldest.Seconds(), before, missed, lagAllowed.Seconds())
}
