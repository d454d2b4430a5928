package dossierweb

import (
	"context"
	"strconv"
	"strings"
	"time"

	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/web/ui"
	"cchc/calendar"
	"cchc/dossier"
	"cchc/procedure"
	"cchc/unit"
)

// soonDays is how many working days before its due date a dossier is shown as
// due soon. Three working days is what the leaders' board warns of.
const soonDays = 3

// statusText names a national status.
func statusText(ctx context.Context, s dossier.Status) string {
	return i18n.T(ctx, "dossierweb.status."+strconv.Itoa(int(s)))
}

// stateText names the status of a state; one received by mistake has the national
// status of what was not accepted, and another reason for it.
func stateText(ctx context.Context, s dossier.State) string {
	if s.End == dossier.EndVoided {
		return i18n.T(ctx, "counter.void.status")
	}
	return statusText(ctx, s.Status())
}

// statusKind chooses the looks of a dossier's status as of now.
func statusKind(s dossier.State, now moment.Instant) ui.Kind {
	switch s.Status() {
	case dossier.Finished, dossier.HandedOver:
		return ui.OK
	case dossier.Stopped, dossier.NotAccepted:
		return ui.Neutral
	case dossier.Supplement, dossier.Obligation:
		return ui.Paused
	}
	if s.Overdue(now) {
		return ui.Late
	}
	return ui.Info
}

// leftText says what is left of a dossier's time, "còn 2 ngày làm việc", or how
// it ended, with the kind to show it in.
func leftText(ctx context.Context, cal *calendar.Calendar, now moment.Instant, s dossier.State) (string, ui.Kind) {
	switch {
	case s.NotAccepted != 0:
		return i18n.None, ui.Neutral
	case s.AcceptedAt == 0:
		return i18n.T(ctx, "dossierweb.left.not_started"), ui.Neutral
	case s.Ended != 0:
		return verdictText(ctx, s.Verdict())
	case s.Due == 0:
		return i18n.T(ctx, "dossierweb.left.no_due"), ui.Late
	case s.Waiting != "" && s.WaitingLate:
		return i18n.T(ctx, "dossierweb.left.paused_late"), ui.Late
	case s.Waiting != "":
		return i18n.T(ctx, "dossierweb.left.paused"), ui.Paused
	}
	days, rest, _ := cal.Left(now, s.Due)
	switch {
	case s.Overdue(now) && days > 0:
		return i18n.T(ctx, "dossierweb.left.overdue", "Count", days), ui.Late
	case s.Overdue(now):
		return i18n.T(ctx, "dossierweb.left.overdue_now"), ui.Late
	case now >= s.Due: // its time is over, its day is not
		return i18n.T(ctx, "dossierweb.left.last_day"), ui.Soon
	case days == 0:
		return i18n.T(ctx, "dossierweb.left.hours", "Hours", i18n.Hours(ctx, rest.Truncate(time.Minute))), ui.Soon
	case days <= soonDays:
		return i18n.T(ctx, "dossierweb.left.days", "Count", days), ui.Soon
	}
	return i18n.T(ctx, "dossierweb.left.days", "Count", days), ui.Neutral
}

// verdictText says how a dossier ended against its due date.
func verdictText(ctx context.Context, v dossier.Verdict) (string, ui.Kind) {
	switch v {
	case dossier.Early:
		return i18n.T(ctx, "dossierweb.verdict.early"), ui.OK
	case dossier.OnTime:
		return i18n.T(ctx, "dossierweb.verdict.on_time"), ui.OK
	case dossier.Late:
		return i18n.T(ctx, "dossierweb.verdict.late"), ui.Late
	}
	return i18n.None, ui.Neutral
}

// dueText writes when something is due for tables: the time of day only where it
// decides.
func dueText(ctx context.Context, due moment.Instant, byInstant bool) string {
	if byInstant {
		return i18n.ShortInstant(ctx, due)
	}
	return i18n.Date(ctx, due.Date())
}

// limitText writes a limit, "20 ngày làm việc".
func limitText(ctx context.Context, l calendar.Limit) string {
	if l.Unit == "" {
		return i18n.None
	}
	return i18n.T(ctx, "dossierweb.limit."+string(l.Unit), "Count", int(l.Qty+999)/1000, "Qty", quantity(ctx, l.Qty))
}

func quantity(ctx context.Context, q calendar.Quantity) string {
	if i18n.Lang(ctx) == i18n.English {
		return q.String()
	}
	return q.VN()
}

// channelText names how a dossier came in.
func channelText(ctx context.Context, c dossier.Channel) string {
	return i18n.T(ctx, "dossierweb.channel."+string(c))
}

// returnText names how a result is handed over.
func returnText(ctx context.Context, how string) string {
	return i18n.T(ctx, "dossierweb.return."+how)
}

// sourceText names where a paper comes from.
func sourceText(ctx context.Context, source string) string {
	return i18n.T(ctx, "dossierweb.source."+source)
}

// roleText names who does a step.
func roleText(ctx context.Context, role string) string {
	if role == "" {
		return i18n.None
	}
	return i18n.T(ctx, "auth.role."+role)
}

// unitName returns the name of a unit as it is today, or as it last was.
func unitName(ctx context.Context, q db.Queryer, b *unit.Book, id unit.ID) (string, error) {
	u, ok, err := b.Last(ctx, q, id)
	if err != nil || !ok {
		return string(id), err
	}
	return u.Name, nil
}

// joined writes the parts that are not empty, with dots between.
func joined(parts ...string) string {
	var some []string
	for _, s := range parts {
		if s != "" && s != i18n.None {
			some = append(some, s)
		}
	}
	return strings.Join(some, " · ")
}

// firstUpper begins a sentence with what elsewhere stands inside of one.
func firstUpper(s string) string {
	for i, r := range s {
		return strings.ToUpper(string(r)) + s[i+len(string(r)):]
	}
	return s
}

// faultText is what a fault says, its fields where it has any.
func faultText(ctx context.Context, f *fault.Fault) string {
	if f == nil {
		return ""
	}
	var out []string
	for _, x := range f.Fields {
		out = append(out, i18n.Field(ctx, x))
	}
	if len(out) == 0 {
		out = append(out, i18n.Fault(ctx, f))
	}
	return strings.Join(out, " ")
}

// areaText names an area class that changes limits, "" for an ordinary area.
func areaText(ctx context.Context, area string) string {
	if area == "" {
		return ""
	}
	return i18n.T(ctx, "dossierweb.area."+area)
}

// stepWho says who does a step.
func stepWho(ctx context.Context, s dossier.Step) string {
	if s.Body != "" {
		return s.Body
	}
	return roleText(ctx, s.Role)
}

// shortDue writes a sub-deadline, "27/11 17:00", where the year is plain.
func shortDue(ctx context.Context, i moment.Instant) string {
	if i == 0 {
		return i18n.None
	}
	return i18n.DayMonth(ctx, i.Date()) + " " + i18n.Clock(ctx, i)
}

// feeText lists the fees of a channel; none stated is not free.
func feeText(ctx context.Context, fees []procedure.Fee) string {
	if len(fees) == 0 {
		return i18n.T(ctx, "dossierweb.fee.unstated")
	}
	var out []string
	for _, f := range fees {
		amount := i18n.Money(ctx, f.Amount)
		if f.Amount == 0 {
			amount = i18n.T(ctx, "dossierweb.fee.free")
		}
		out = append(out, strings.TrimSpace(f.Label+" "+amount))
	}
	return strings.Join(out, "; ")
}

func itoa(n int) string { return strconv.Itoa(n) }

// marksText names the properties of a dossier that the service index counts.
func marksText(ctx context.Context, m dossier.Marks) string {
	var out []string
	for _, x := range []struct {
		mark dossier.Marks
		name string
	}{
		{dossier.EResult, "e_result"}, {dossier.Digitised, "digitised"}, {dossier.Reused, "reused"}, {dossier.Population, "population"},
		{dossier.Synced, "synced"}, {dossier.Obliged, "obliged"}, {dossier.PaidOnline, "paid_online"}, {dossier.Disliked, "disliked"},
	} {
		if m&x.mark != 0 {
			out = append(out, i18n.T(ctx, "dossierweb.mark."+x.name))
		}
	}
	return joined(out...)
}

// sizeText writes the size of a file.
func sizeText(ctx context.Context, bytes int64) string {
	if bytes < 1<<20 {
		return i18n.Number(ctx, max(1, bytes>>10)) + " KB"
	}
	return i18n.Number(ctx, (bytes+1<<19)>>20) + " MB"
}
