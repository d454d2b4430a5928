package ui

import (
	"cchc/base/moment"
)

// A Clock is the picture of a dossier's time: what was used, when it stood and
// why, what is left.
type Clock struct {
	From  moment.Instant // receipt
	Due   moment.Instant // as it stands now; zero draws no end
	Now   moment.Instant
	Ended moment.Instant // zero while it runs
	Stops []Stop
	Title string // "Còn 14 ngày làm việc"
	Text  string // ", hẹn trả 17:00 thứ Ba 15/12/2026 (hẹn đầu 09/12)"
	Note  string // "20 ngày làm việc · NĐ 101/2024"
	Kind  Kind
}

// A Stop is an interval in which the clock stood; a zero To is still open.
type Stop struct {
	From, To moment.Instant
	Label    string // "16–20/11 tạm dừng: chờ bản đo đạc (mẫu 02 số 14)"
}

// A segment is a piece of the bar, in thousandths of its width.
type segment struct {
	kind   string // used, stopped, over, left
	x, wid float64
}

// width is the bar's width in its own units.
const width = 1000

// segments cuts the time from receipt to the later of the due time and now (or
// the end) into pieces. The picture is by calendar time: nights and days off
// count, because people read dates off it.
func (c Clock) segments() []segment {
	end := c.end()
	last := max(c.Due, end)
	if last <= c.From {
		return nil
	}
	at := func(i moment.Instant) float64 {
		return float64(min(max(i, c.From), last)-c.From) / float64(last-c.From) * width
	}
	var out []segment
	add := func(kind string, from, to moment.Instant) {
		if to > from {
			out = append(out, segment{kind, at(from), at(to) - at(from)})
		}
	}
	// run adds what passed between two moments: used until due, over after.
	run := func(from, to moment.Instant) {
		if c.Due == 0 {
			add("used", from, to)
			return
		}
		add("used", from, min(to, c.Due))
		add("over", max(from, c.Due), to)
	}
	at0 := c.From
	for _, s := range c.Stops {
		to := s.To
		if to == 0 || to > end {
			to = end
		}
		from := max(s.From, at0)
		if to <= from {
			continue
		}
		run(at0, from)
		add("stopped", from, to)
		at0 = to
	}
	run(at0, end)
	add("left", max(end, c.From), c.Due)
	return out
}

// end is until when time was used.
func (c Clock) end() moment.Instant {
	if c.Ended != 0 {
		return c.Ended
	}
	return c.Now
}

// today returns where today's mark stands, or -1 when the clock has ended.
func (c Clock) today() float64 {
	last := max(c.Due, c.end())
	if c.Ended != 0 || last <= c.From {
		return -1
	}
	return float64(min(max(c.Now, c.From), last)-c.From) / float64(last-c.From) * width
}
