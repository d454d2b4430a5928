package dossier

import (
	"context"

	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/table"
	"cchc/calendar"
	"cchc/procedure"
	"cchc/unit"
)

// Times that a bare date stands for, so that what happened on one day keeps its
// order: received when the office opens, asked and supplied at noon, resolved at
// its close.
const (
	opening = 7*3600 + 30*60
	noon    = 12 * 3600
	closing = 17 * 3600
)

// earliest is the first day of a receipt that is taken for one and not for a
// mistake: spreadsheets write 1900-01-01 for an empty date, and Vietnam's time
// has had its offset since 13/06/1975.
var earliest = moment.NewDate(1975, 6, 13)

// What files call channels and ends, folded.
var (
	importChannels = map[string]Channel{
		"direct": Direct, "1": Direct, "d": Direct, "truc tiep": Direct, "tai bo phan mot cua": Direct,
		"online": Online, "2": Online, "o": Online, "truc tuyen": Online, "nop truc tuyen": Online, "qua mang": Online,
		"post": Post, "3": Post, "p": Post, "buu chinh": Post, "buu chinh cong ich": Post, "bcci": Post, "buu dien": Post,
	}
	importOutcomes = map[string]FactKind{
		"": FFinished, "done": FFinished, "da giai quyet": FFinished, "da xu ly xong": FFinished, "da co ket qua": FFinished,
		"refused": FRefused, "tu choi": FRefused, "khong giai quyet": FRefused, "tra lai": FRefused,
		"withdrawn": FWithdrawn, "rut": FWithdrawn, "rut ho so": FWithdrawn, "cong dan rut": FWithdrawn,
		"stopped": FStopped, "dung": FStopped, "dung xu ly": FStopped, "huy": FStopped,
	}
	importStatuses = map[string]Status{
		"1": Registered, "2": Accepted, "3": NotAccepted, "4": InProgress, "5": Supplement, "6": Obligation, "7": Withdrawing,
		"8": Stopped, "9": Finished, "10": HandedOver,
		"moi dang ky": Registered, "duoc tiep nhan": Accepted, "khong duoc tiep nhan": NotAccepted, "dang xu ly": InProgress,
		"yeu cau bo sung giay to": Supplement, "yeu cau thuc hien nghia vu tai chinh": Obligation, "cong dan yeu cau rut ho so": Withdrawing,
		"dung xu ly": Stopped, "da xu ly xong": Finished, "da tra ket qua": HandedOver,
	}
)

// procedureOn is a version found for a code, and the days on which it holds.
type procedureOn struct {
	from, to moment.Date
	version  *procedure.Version // nil when there is none on that day
}

// rowReader reads the cells of one row, and keeps the first fault.
type rowReader struct {
	t   *table.Reader
	now moment.Instant
	bad *fault.Fault
}

func (c *rowReader) wrong(column, key string, args ...any) {
	if c.bad == nil {
		c.bad = c.t.Wrong(column, key, args...)
	}
}

// when reads a time, or a day as its second.
func (c *rowReader) when(column string, second int) moment.Instant {
	s := c.t.Get(column)
	if s == "" {
		return 0
	}
	if d, second, ok := quickTime(s, second); ok {
		return d.At(second)
	}
	if i, err := moment.ParseInstant(s); err == nil {
		return i
	}
	d, err := moment.ParseDate(s)
	if err != nil {
		c.wrong(column, "dossier.import_date")
		return 0
	}
	return d.At(second)
}

// past is when for what happened: it cannot be later than now; a bare date of
// today is now.
func (c *rowReader) past(column string, second int) moment.Instant {
	i := c.when(column, second)
	if i > c.now {
		if i.Date() == c.now.Date() {
			return c.now
		}
		c.wrong(column, "dossier.in_future")
	}
	return i
}

func (c *rowReader) order(column string, later, earlier moment.Instant, key string) {
	if later != 0 && earlier != 0 && later < earlier {
		c.wrong(column, key)
	}
}

// quickTime reads the ways of writing a time of which files are full,
// 2026-11-23[T09:00[:05]] and 23/11/2026[ 09:00[:05]]: the layouts of package time
// take a fifth of an import.
func quickTime(s string, second int) (moment.Date, int, bool) {
	if len(s) < 10 {
		return 0, 0, false
	}
	two := func(i int) int {
		a, b := s[i]-'0', s[i+1]-'0'
		if a > 9 || b > 9 {
			return -1
		}
		return int(a)*10 + int(b)
	}
	var y, m, d int
	switch {
	case s[4] == '-' && s[7] == '-':
		y, m, d = two(0)*100+two(2), two(5), two(8)
		if two(0) < 0 || two(2) < 0 {
			return 0, 0, false
		}
	case s[2] == '/' && s[5] == '/':
		y, m, d = two(6)*100+two(8), two(3), two(0)
		if two(6) < 0 || two(8) < 0 {
			return 0, 0, false
		}
	default:
		return 0, 0, false
	}
	if m < 1 || m > 12 || d < 1 || d > 31 || y < 1900 || y > 2200 || d > 28 && d > moment.NewDate(y, 1, 1).AddMonths(m-1).LastOfMonth().Time().Day() {
		return 0, 0, false
	}
	date := moment.Date(dayNumber(y, m, d))
	switch {
	case len(s) == 10:
		return date, second, true
	case len(s) != 16 && len(s) != 19, s[10] != ' ' && (s[10] != 'T' || s[4] != '-'), s[13] != ':', len(s) == 19 && s[16] != ':':
		return 0, 0, false
	}
	h, min, sec := two(11), two(14), 0
	if len(s) == 19 {
		sec = two(17)
	}
	if h < 0 || h > 23 || min < 0 || min > 59 || sec < 0 || sec > 59 {
		return 0, 0, false
	}
	return date, h*3600 + min*60 + sec, true
}

// dayNumber counts days since 1970-01-01, by the civil calendar's 400-year cycle.
func dayNumber(y, m, d int) int {
	if m <= 2 {
		y--
	}
	shifted := (m + 9) % 12 // March is 0
	era := y / 400
	ofEra := y - era*400
	return era*146_097 + ofEra*365 + ofEra/4 - ofEra/100 + (153*shifted+2)/5 + d - 1 - 719_468
}

// parse makes a history of a row; the fault names the cell.
func (r *importRun) parse(ctx context.Context, t *table.Reader) (*record, *fault.Fault) {
	c := &rowReader{t: t, now: r.now}
	rec := &record{row: t.Row}
	d := &rec.h.Dossier
	d.System, d.Code, d.ExternalDue, d.ReturnBy, d.Territorial = r.x.System, t.Get("id"), true, AtCounter, true
	d.Convention, d.StopsAs = calendar.Days, calendar.Pause
	if d.Code == "" {
		c.wrong("id", "dossier.import_id")
	}
	var ok bool
	if d.Channel, ok = importChannels[i18n.Fold(t.Get("channel"))]; !ok {
		c.wrong("channel", "dossier.channel_wrong")
	}
	rec.read(c)
	received := rec.received
	u := r.x.Unit
	if code := t.Get("unit"); code != "" {
		id, ok := unit.ID(""), false
		if r.x.ByCode != nil {
			id, ok = r.x.ByCode(code, received.Date())
		}
		if !ok {
			c.wrong("unit", "dossier.unit_unknown")
		}
		u = id
	}
	if u == "" && c.bad == nil {
		c.wrong("unit", "dossier.unit_unknown")
	}
	var most moment.Instant
	if d.ProcedureCode = t.Get("procedure"); d.ProcedureCode != "" && c.bad == nil {
		v, err := r.procedure(ctx, d.ProcedureCode, received.Date())
		switch {
		case err != nil:
			c.wrong("procedure", "dossier.procedure_unknown", "Code", d.ProcedureCode)
		case v != nil:
			d.VersionID, d.Sector = v.ID, v.Sector
			if rec.due == 0 {
				most, _ = r.k.maximum(ctx, u, v, received)
			}
		}
	}
	rec.h.Facts = rec.facts(c, u, most)
	rec.h.Person = Person{Name: t.Get("applicant"), Phone: t.Get("phone"), IDNumber: t.Get("id_number"), Address: t.Get("address")}
	return rec, c.bad
}

// procedure finds the version in force on a day; nil when there is none.
func (r *importRun) procedure(ctx context.Context, code string, on moment.Date) (*procedure.Version, error) {
	for _, p := range r.procedures[code] {
		if p.from <= on && (p.to == 0 || on < p.to) {
			return p.version, nil
		}
	}
	v, err := r.k.Procedures.InForce(ctx, r.k.DB, code, on)
	switch {
	case err == nil:
		r.procedures[code] = append(r.procedures[code], procedureOn{v.From, v.To, v})
	case fault.Is(err, fault.NotFound):
		if len(r.procedures[code]) < 400 {
			r.procedures[code] = append(r.procedures[code], procedureOn{on, on + 1, nil})
		}
		err = nil
	}
	return v, err
}

// told is what a row says of times and of how the dossier stands.
type told struct {
	received, due, finished, returned moment.Instant
	from, to, dueAfter                moment.Instant
	status                            Status // 0 when the row does not say
	statusAt                          moment.Instant
	end                               FactKind
}

// read reads the times and the status of a row and checks their order.
func (x *told) read(c *rowReader) {
	x.received = c.past("received", opening)
	switch {
	case x.received == 0:
		c.wrong("received", "dossier.import_date")
	case x.received.Date() < earliest:
		c.wrong("received", "dossier.import_too_early", "Day", earliest)
	}
	x.due, x.finished, x.returned = c.when("due", closing), c.past("finished", closing), c.past("returned", closing)
	x.from, x.to, x.dueAfter = c.past("paused_from", noon), c.past("paused_to", noon), c.when("due_after_supplement", closing)
	outcome := i18n.Fold(c.t.Get("outcome"))
	var ok bool
	if x.end, ok = importOutcomes[outcome]; !ok {
		c.wrong("outcome", "dossier.import_outcome")
	}
	if s := c.t.Get("status"); s != "" {
		if x.status, ok = importStatuses[i18n.Fold(s)]; !ok {
			c.wrong("status", "dossier.import_status")
		}
		x.statusAt = c.past("status_at", closing)
		x.apply(c)
	}
	if x.finished == 0 && outcome != "" {
		c.wrong("outcome", "dossier.import_outcome_without_end")
	}
	day := x.received.Date().Start()
	c.order("finished", x.finished, x.received, "dossier.before_receipt")
	c.order("due", x.due, day, "dossier.import_due_before_receipt")
	c.order("paused_from", x.from, x.received, "dossier.before_receipt")
	c.order("paused_to", x.to, x.from, "dossier.before_request")
	c.order("finished", x.finished, max(x.from, x.to), "dossier.import_finished_in_pause")
	c.order("due_after_supplement", x.dueAfter, day, "dossier.import_due_before_receipt")
	c.order("returned", x.returned, max(x.finished, x.received), "dossier.before_finish")
	c.order("status_at", x.statusAt, x.received, "dossier.before_receipt")
	if x.to != 0 && x.from == 0 {
		c.wrong("paused_from", "dossier.import_pause_without_start")
	}
	if x.dueAfter != 0 && x.to == 0 {
		c.wrong("paused_to", "dossier.import_due_without_supply")
	}
}

// apply makes the times say what the status does: an export often knows the
// status and when it was reached, and no more.
func (x *told) apply(c *rowReader) {
	need := func(t *moment.Instant, column string) {
		if *t == 0 {
			*t = x.statusAt
		}
		if *t == 0 {
			c.wrong(column, "dossier.import_status_time", "Status", int(x.status))
		}
	}
	switch x.status {
	case Registered, Accepted, InProgress:
		// Who waits for papers does not work, and who has accepted nothing asked for none.
		if x.from != 0 && (x.to == 0 || x.status == Registered) {
			c.wrong("paused_from", "dossier.import_status_contradicts", "Status", int(x.status))
		}
	case Supplement, Obligation:
		need(&x.from, "paused_from")
		if x.to != 0 {
			c.wrong("paused_to", "dossier.import_status_contradicts", "Status", int(x.status))
		}
	case Withdrawing:
		need(&x.statusAt, "status_at")
	case Stopped, Finished:
		need(&x.finished, "finished")
		if x.status == Stopped && x.end == FFinished {
			x.end = FStopped
		}
	case HandedOver:
		need(&x.returned, "returned")
		if x.finished == 0 {
			x.finished = x.returned
		}
	case NotAccepted:
		if x.finished == 0 {
			x.finished = max(x.statusAt, x.received)
		}
	}
	ended := x.status == Stopped || x.status == Finished || x.status == HandedOver || x.status == NotAccepted
	if x.finished != 0 && !ended {
		c.wrong("finished", "dossier.import_status_contradicts", "Status", int(x.status))
	}
	if x.returned != 0 && x.status != HandedOver {
		c.wrong("returned", "dossier.import_status_contradicts", "Status", int(x.status))
	}
}

// facts are what happened by the row, in order.
func (x *told) facts(c *rowReader, u unit.ID, most moment.Instant) []Fact {
	facts := make([]Fact, 1, 5)
	facts[0] = Fact{Kind: FRegistered, At: x.received, Unit: u}
	switch x.status {
	case Registered:
		return facts
	case NotAccepted:
		return append(facts, Fact{Kind: FNotAccepted, At: x.finished})
	}
	facts = append(facts, Fact{Kind: FAccepted, At: x.received, Unit: u, Due: x.due})
	if most != 0 {
		facts = append(facts, Fact{Kind: FMaximum, At: x.received, Due: most})
	}
	if x.status == InProgress && x.from == 0 {
		facts = append(facts, Fact{Kind: FStep, At: max(x.statusAt, x.received), How: "claimed"})
	}
	asked, met := FAsked, FSupplied
	if x.status == Obligation {
		asked, met = FObliged, FDischarged
	}
	if x.from != 0 {
		facts = append(facts, Fact{Kind: asked, At: x.from, How: string(calendar.Pause)})
	}
	if x.to != 0 {
		facts = append(facts, Fact{Kind: met, At: x.to, Due: x.dueAfter})
	}
	if x.status == Withdrawing {
		facts = append(facts, Fact{Kind: FWithdrawal, At: x.statusAt})
	}
	if x.finished != 0 {
		facts = append(facts, Fact{Kind: x.end, At: x.finished})
	}
	if x.returned != 0 {
		facts = append(facts, Fact{Kind: FReturned, At: x.returned, How: AtCounter})
	}
	return facts
}
