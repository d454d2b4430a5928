package api

import (
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"golang.org/x/time/rate"

	"cchc/base/fault"
	"cchc/base/web"
)

// Limits say how often one caller may call: a token, an account, or an address of
// those who sign in to nothing.
type Limits struct {
	Rate  float64 // calls a second in the long run; 0 is no limit
	Burst int     // calls at once
}

// visitors may call so many times less than who says who they are.
const visitors = 10

// callersKept is how many callers are remembered.
const callersKept = 10_000

// Limit makes the API refuse who calls too often, with 429 and when to try again.
func (a *API) Limit(l Limits, now func() time.Time) {
	if l.Rate > 0 {
		a.limits = &limiter{Limits: l, now: now, of: map[string]*rate.Limiter{}}
	}
}

// A limiter counts the calls of each caller. It remembers a bounded number of
// them: when there are too many, those that have their whole allowance again are
// forgotten, and if none have, all are.
type limiter struct {
	Limits
	now func() time.Time

	mu sync.Mutex
	of map[string]*rate.Limiter
}

// take counts a call. left is how many more may follow at once, wait after how
// long the next may be tried when this one may not.
func (l *limiter) take(who string, known bool) (burst int, left float64, wait time.Duration) {
	now := l.now()
	every, burst := l.Rate, max(1, l.Burst)
	if !known {
		every, burst = every/visitors, max(1, burst/visitors)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.of[who]
	if b == nil {
		if len(l.of) >= callersKept {
			l.forget(now)
		}
		b = rate.NewLimiter(rate.Limit(every), burst)
		l.of[who] = b
	}
	if !b.AllowN(now, 1) {
		return burst, 0, time.Duration((1 - b.TokensAt(now)) / every * float64(time.Second))
	}
	return burst, b.TokensAt(now), 0
}

func (l *limiter) forget(now time.Time) {
	for who, b := range l.of {
		if b.TokensAt(now) >= float64(b.Burst()) {
			delete(l.of, who)
		}
	}
	if len(l.of) >= callersKept {
		clear(l.of)
	}
}

// limited is the middleware of every operation. The headers are those of the
// IETF's draft "RateLimit header fields for HTTP".
func (a *API) limited(c huma.Context, next func(huma.Context)) {
	l := a.limits
	if l == nil {
		next(c)
		return
	}
	caller, known := "", true
	switch who := Actor(c.Context()); {
	case who.Token != "":
		caller = "token " + who.Token
	case who.SignedIn():
		caller = "account " + who.Account
	default:
		r, _ := humago.Unwrap(c)
		caller, known = "from "+network(web.ClientIP(r)), false
	}
	burst, left, wait := l.take(caller, known)
	c.SetHeader("RateLimit-Policy", `"caller";q=`+strconv.Itoa(burst)+`;w=`+strconv.Itoa(int(math.Ceil(float64(l.Burst)/l.Rate))))
	c.SetHeader("RateLimit", `"caller";r=`+strconv.Itoa(int(left)))
	if wait > 0 {
		seconds := int(math.Ceil(wait.Seconds()))
		c.SetHeader("Retry-After", fmt.Sprint(seconds))
		answer(c, fault.New(fault.TooMany, "api.too_many", "Seconds", seconds))
		return
	}
	next(c)
}

// network is what counts as one caller: an IPv4 address, or the /64 that a single
// line of IPv6 has all addresses of.
func network(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return ""
	}
	ip = ip.Unmap().WithZone("")
	bits := 64
	if ip.Is4() {
		bits = 32
	}
	p, _ := ip.Prefix(bits)
	return p.String()
}
