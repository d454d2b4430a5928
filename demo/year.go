package demo

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"cchc/base/moment"
	"cchc/calendar"
	"cchc/dossier"
	"cchc/unit"
)

// A maker makes the dossiers of a year, day by day in the order in which they
// arrived: only one day and one chunk are in memory, and the engine appends.
type maker struct {
	*rooms
	seed     uint64
	now      moment.Instant
	first    moment.Date
	total    int
	province *province
	offers   []*offer
	cal      *calendar.Calendar // of the province, whose week all communes have
	late     float64            // chance of a dossier of risk 1 to end late
	owed     float64            // what the chances of those that ended so far add up to, less the late ones
	offices  []*office
	former   map[unit.ID]unit.Unit // communes until the reform
	sizes    wheel
	every    wheel // of offers
	net      wheel // of those that can be filed online
}

// An office is a commune as the maker sees it.
type office struct {
	*commune
	horizon moment.Instant        // nothing is known of it after that
	care    float64               // how much oftener than the others it is late
	online  float64               // how much more of its dossiers come online
	numbers map[moment.Date]int64 // the last one given on a day
	months  map[moment.Date]int64 // how many were received, by month
}

// Of every hundred dossiers that ended, three ended late.
const lateShare = 0.03

// silent is the place in the file of the commune whose figures do not come: its
// line is down since three working days.
const silent = 9

func (r *rooms) newMaker(ctx context.Context, o Options, p *province, offers []*offer) (*maker, error) {
	m := &maker{rooms: r, seed: o.Seed, now: r.db.Now(), total: o.Dossiers, province: p, offers: offers}
	m.first = m.now.Date().AddMonths(-12) + 1
	var err error
	if m.cal, err = r.calendars.For(ctx, r.db, p.id); err != nil {
		return nil, err
	}
	if m.former, err = r.formerUnits(ctx, p); err != nil {
		return nil, err
	}
	rng := rand.New(rand.NewPCG(o.Seed, streamPlan))
	var sizes []float64
	var weight, care float64
	for i, c := range p.communes {
		f := &office{commune: c, horizon: m.now, care: spread(rng, 0.45), online: 0.07 * rng.NormFloat64(),
			numbers: map[moment.Date]int64{}, months: map[moment.Date]int64{}}
		if i == silent {
			f.horizon = m.cal.AddWorkingDays(m.now.Date(), -3).Start()
		}
		m.offices = append(m.offices, f)
		sizes = append(sizes, c.weight)
		weight += c.weight
		care += c.weight * f.care
	}
	for _, f := range m.offices {
		f.care *= weight / care
	}
	m.sizes = newWheel(sizes)
	var every, net []float64
	weight, risk := 0.0, 0.0
	for _, x := range offers {
		weight += x.weight
		risk += x.weight * x.risk
		every = append(every, x.weight)
		if !x.v.Has("online") {
			net = append(net, 0)
			continue
		}
		net = append(net, x.weight)
	}
	m.every, m.net = newWheel(every), newWheel(net)
	m.late = lateShare * weight / risk
	return m, nil
}

// busy is how many dossiers a month has against the others: little around Tết,
// much in summer when school papers are due.
var busy = [13]float64{0, 0.98, 0.72, 1.08, 1.02, 1.00, 1.06, 1.12, 1.16, 1.06, 0.98, 1.02, 1.00}

// weekday is how many come on a working day against the others: most on Mondays.
var weekday = [7]float64{0.10, 1.22, 1.06, 1.00, 0.96, 0.92, 0.14}

// counts returns how many dossiers arrive on each day from the first to today;
// together they are the total.
func (m *maker) counts() []int {
	rng := rand.New(rand.NewPCG(m.seed, streamPlan+1<<20))
	var cum []float64
	sum := 0.0
	today := m.now.Date()
	for d := m.first; d <= today; d++ {
		w := busy[d.Time().Month()] * spread(rng, 0.08)
		if m.cal.Working(d) {
			w *= max(weekday[d.Weekday()], 0.9)
		} else {
			w *= 0.12 // online only
		}
		if d == today {
			w *= m.passed()
		}
		sum += w
		cum = append(cum, sum)
	}
	out := make([]int, len(cum))
	before := 0
	for i, c := range cum {
		upTo := int(math.Round(c / sum * float64(m.total)))
		if i == len(cum)-1 {
			upTo = m.total
		}
		out[i] = upTo - before
		before = upTo
	}
	return out
}

// passed is how much of today's arrivals have come by now.
func (m *maker) passed() float64 {
	hour := float64(m.now.SecondOfDay()) / 3600
	if !m.cal.Working(m.now.Date()) {
		return hour / 24
	}
	return 0.02 + 0.98*min(max((hour-7.5)/9.5, 0), 1)
}

// chunk is how many dossiers share a write. Small writes are quicker to undo and
// to interrupt; but persons and tokens go to every corner of their indices, and
// once those are large a write costs the same pages for many as for few.
func (m *maker) chunk() int { return min(max(m.total/500, 500), 2000) }

// store makes and stores the year: one goroutine makes, this one stores.
func (m *maker) store(ctx context.Context, progress func(done, total int)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	chunks := make(chan []*dossier.History, 1)
	failed := make(chan error, 1)
	go func() {
		defer close(chunks)
		failed <- m.make(ctx, chunks)
	}()
	done := 0
	for c := range chunks {
		if err := m.desk.Load(ctx, author, illustration, c); err != nil {
			return err
		}
		if done += len(c); progress != nil {
			progress(done, m.total)
		}
	}
	return <-failed
}

func (m *maker) make(ctx context.Context, chunks chan<- []*dossier.History) error {
	chunk := m.chunk()
	var full []*dossier.History
	send := func(c []*dossier.History) error {
		select {
		case chunks <- c:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	for i, n := range m.counts() {
		day, err := m.day(m.first+moment.Date(i), n)
		if err != nil {
			return err
		}
		for full = append(full, day...); len(full) >= chunk; full = full[chunk:] {
			if err := send(slices.Clone(full[:chunk])); err != nil {
				return err
			}
		}
		full = slices.Clone(full) // let go of what was sent
	}
	if len(full) == 0 {
		return nil
	}
	return send(full)
}

// day makes the dossiers that arrived on one day, in the order of their arrival.
func (m *maker) day(d moment.Date, n int) ([]*dossier.History, error) {
	rng := rand.New(rand.NewPCG(m.seed, uint64(d)))
	arrivals := make([]arrival, n)
	for i := range arrivals {
		arrivals[i] = m.arrive(rng, d)
	}
	slices.SortStableFunc(arrivals, func(a, b arrival) int { return cmp.Compare(a.at, b.at) })
	out := make([]*dossier.History, n)
	for i, a := range arrivals {
		h, err := m.live(rng, a)
		if err != nil {
			return nil, fmt.Errorf("a dossier of %s at %s: %w", a.offer.code, a.at, err)
		}
		out[i] = h
	}
	for _, f := range m.offices {
		delete(f.numbers, d)
	}
	return out, nil
}

// An arrival is what comes: where, what, how and when.
type arrival struct {
	office  *office
	offer   *offer
	channel dossier.Channel
	at      moment.Instant
}

// arrive draws one arrival of a day.
func (m *maker) arrive(rng *rand.Rand, d moment.Date) arrival {
	a := arrival{office: m.offices[m.sizes.spin(rng)], offer: m.offers[m.every.spin(rng)]}
	for a.office.horizon < d.End() && a.office.horizon < m.now {
		a.office = m.offices[m.sizes.spin(rng)]
	}
	today := d == m.now.Date()
	open := m.cal.Working(d) && !(today && m.now < d.At(8*3600))
	// The share of online ones grows through the year, from 48 to 74 of 100 where
	// they are possible.
	share := 0.48 + 0.26*float64(d-m.first)/365 + a.office.online
	switch {
	case !open:
		a.offer, a.channel = m.offers[m.net.spin(rng)], dossier.Online
	case a.offer.v.Has("online") && chance(rng, share):
		a.channel = dossier.Online
	case a.offer.v.Has("post") && chance(rng, 0.05):
		a.channel = dossier.Post
	case a.offer.v.Has("direct"):
		a.channel = dossier.Direct
	default:
		a.channel = dossier.Online
	}
	for range 50 {
		a.at = d.At(second(rng, a.channel, open))
		if a.at < m.now {
			return a
		}
	}
	a.at = d.At(rng.IntN(max(m.now.SecondOfDay(), 1))) // early today
	if a.at.SecondOfDay() < 8*3600 && a.channel != dossier.Online {
		a.at = min(d.At(8*3600), m.now)
	}
	return a
}

// second draws a time of day: the counter's peak is in the morning with a
// smaller one after lunch, and who files at home does so in the evening too.
func second(rng *rand.Rand, c dossier.Channel, open bool) int {
	hour := 0.0
	if c == dossier.Online && (!open || chance(rng, 0.45)) {
		if hour = 20 + 1.6*rng.NormFloat64(); !open && chance(rng, 0.5) {
			hour = between(rng, 8, 18)
		}
		if hour < 6 || hour >= 24 {
			hour = between(rng, 18, 23)
		}
		return int(hour * 3600)
	}
	for {
		if hour = 8.9 + 0.9*rng.NormFloat64(); chance(rng, 0.36) {
			hour = 14.4 + 0.9*rng.NormFloat64()
		}
		if (hour >= 7.5 && hour < 11.45) || (hour >= 13 && hour < 16.9) {
			return int(hour * 3600)
		}
	}
}

// after returns the moment so many working hours later.
func (m *maker) after(t moment.Instant, hours float64) (moment.Instant, error) {
	return m.cal.Due(t, calendar.Limit{Qty: calendar.Quantity(max(hours, 0.01) * 1000), Unit: calendar.Hour}, "")
}

// hours returns the working hours between two moments.
func (m *maker) hours(a, b moment.Instant) float64 {
	return m.cal.WorkingTime(a, b).Seconds() / float64(time.Hour/time.Second)
}
