package dossierweb

import (
	"cmp"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	// lookupBurst look-ups at once, then one every lookupEvery: enough for somebody
	// who mistypes; a machine needs more than two days for the ten thousand last
	// digits of one dossier, and then learns nothing personal.
	lookupBurst = 10
	lookupEvery = 20 * time.Second
	// lookupKept is how many addresses are remembered.
	lookupKept = 10_000
)

// A limiter lets each address look something up a few times a minute: lookupBurst
// and lookupEvery, or its own burst and every. The zero value is ready. It remembers a bounded number of addresses: when there are too
// many, those that have their whole allowance again are forgotten, and if none
// have, all are.
type limiter struct {
	mu   sync.Mutex
	from map[netip.Prefix]*rate.Limiter

	burst int           // lookupBurst when 0
	every time.Duration // lookupEvery when 0
}

// allow reports whether the address may look something up now.
func (l *limiter) allow(address string, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.from == nil {
		l.from = map[netip.Prefix]*rate.Limiter{}
	}
	who := network(address)
	bucket := l.from[who]
	if bucket == nil {
		if len(l.from) >= lookupKept {
			l.forget(now)
		}
		bucket = rate.NewLimiter(rate.Every(cmp.Or(l.every, lookupEvery)), cmp.Or(l.burst, lookupBurst))
		l.from[who] = bucket
	}
	return bucket.AllowN(now, 1)
}

func (l *limiter) forget(now time.Time) {
	for who, bucket := range l.from {
		if bucket.TokensAt(now) >= float64(cmp.Or(l.burst, lookupBurst)) {
			delete(l.from, who)
		}
	}
	if len(l.from) >= lookupKept {
		clear(l.from)
	}
}

// network is what counts as one caller: an IPv4 address, or the /64 that a single
// line of IPv6 has all addresses of. What is no address counts as one caller.
func network(address string) netip.Prefix {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return netip.Prefix{}
	}
	a = a.Unmap().WithZone("")
	bits := 64
	if a.Is4() {
		bits = 32
	}
	p, _ := a.Prefix(bits)
	return p
}
