package dossierweb

import (
	"context"
	"time"

	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/web/ui"
	"cchc/calendar"
	"cchc/dossier"
)

// clockOf is the picture of a dossier's clock with its words: what was used,
// when it stood and why, what is left.
func clockOf(ctx context.Context, cal *calendar.Calendar, w *dossier.Whole, now moment.Instant) ui.Clock {
	c := ui.Clock{From: w.AcceptedAt, Due: w.Due, Now: now, Ended: w.Ended}
	for _, s := range dossier.Stops(w.Facts) {
		c.Stops = append(c.Stops, ui.Stop{From: s.From, To: s.To, Label: stopText(ctx, w, s)})
	}
	c.Note = joined(limitText(ctx, w.Limit), areaText(ctx, w.AreaClass), w.LimitBasis)
	if w.ExternalDue || w.Limit.Unit == "" {
		c.Note = i18n.T(ctx, "dossierweb.clock.external")
	}
	c.Text = i18n.T(ctx, "dossierweb.clock.due", "At", w.Due)
	if w.DueOriginal != 0 && w.DueOriginal != w.Due {
		c.Text += " " + i18n.T(ctx, "dossierweb.clock.first", "At", i18n.Date(ctx, w.DueOriginal.Date()))
	}
	text, kind := leftText(ctx, cal, now, w.State)
	c.Title, c.Kind = firstUpper(text), kind
	switch {
	case w.Ended != 0:
		c.Title = endText(ctx, cal, w)
	case w.Waiting != "":
		c.Title = i18n.T(ctx, "dossierweb.clock.paused", "On", i18n.DayMonth(ctx, w.WaitingSince.Date()), "For", i18n.T(ctx, "dossierweb.waiting."+w.Waiting))
		if w.Clock.Due > w.Due {
			// What is asked at every counter: when, if it came today?
			c.Due = w.Clock.Due
			c.Text += "; " + i18n.T(ctx, "dossierweb.clock.if_today", "At", i18n.LongDate(ctx, w.Clock.Due.Date()))
		}
	}
	return c
}

// endText says how a dossier ended, and by how much.
func endText(ctx context.Context, cal *calendar.Calendar, w *dossier.Whole) string {
	how := i18n.T(ctx, "dossierweb.end."+w.End)
	before, after := cal.WorkingDaysBetween(w.Ended.Date(), w.Due.Date()), cal.WorkingDaysBetween(w.Due.Date(), w.Ended.Date())
	switch v := w.Verdict(); {
	case v == dossier.Early && before > 0:
		return joined(how, i18n.T(ctx, "dossierweb.verdict.early_by", "Count", before))
	case v == dossier.Late && after > 0:
		return joined(how, i18n.T(ctx, "dossierweb.verdict.late_by", "Count", after))
	default:
		text, _ := verdictText(ctx, v)
		return joined(how, text)
	}
}

// stopText says from when to when the clock stood, why, and by which document.
func stopText(ctx context.Context, w *dossier.Whole, s calendar.Stop) string {
	why := joined(i18n.T(ctx, "dossierweb.stop."+s.Kind), shorten(s.Reason, 140), s.Document)
	switch {
	case s.As == calendar.Extend && s.To != 0 && s.To <= s.From.Add(time.Minute):
		l := w.Limit
		l.Qty = s.Extra.Qty
		return joined(i18n.T(ctx, "dossierweb.stop.extended", "On", i18n.DayMonth(ctx, s.From.Date()), "By", limitText(ctx, l)), shorten(s.Reason, 140), s.Document)
	case s.To == 0:
		return i18n.T(ctx, "dossierweb.stop.open", "From", i18n.DayMonth(ctx, s.From.Date()), "Why", why)
	case s.As == calendar.Reset:
		return i18n.T(ctx, "dossierweb.stop.reset", "From", i18n.DayMonth(ctx, s.From.Date()), "To", i18n.DayMonth(ctx, s.To.Date()), "Why", why)
	}
	return i18n.T(ctx, "dossierweb.stop.closed", "From", i18n.DayMonth(ctx, s.From.Date()), "To", i18n.DayMonth(ctx, s.To.Date()), "Why", why)
}

// A stepRow is an internal step in the table, and on the control sheet.
type stepRow struct {
	dossier.Step
	Who     string
	Now     bool
	Outcome saying
}

func stepRows(ctx context.Context, t *teller, cal *calendar.Calendar, w *dossier.Whole, now moment.Instant) ([]stepRow, error) {
	var out []stepRow
	at := current(w)
	for _, s := range w.Steps {
		name, err := t.who.of(ctx, s.Account)
		if err != nil {
			return nil, err
		}
		row := stepRow{Step: s, Who: joined(stepWho(ctx, s), name), Now: at != nil && at.Ord == s.Ord}
		row.Outcome = stepOutcome(ctx, cal, w, s, now)
		out = append(out, row)
	}
	return out, nil
}

// stepOutcome says whether a step was in time: by date, as dossiers are judged,
// and by instant where the limit is in hours.
func stepOutcome(ctx context.Context, cal *calendar.Calendar, w *dossier.Whole, s dossier.Step, now moment.Instant) saying {
	late := func(at moment.Instant) bool {
		return s.Due != 0 && (w.ByInstant && at > s.Due || !w.ByInstant && at.Date() > s.Due.Date())
	}
	switch {
	case s.Came == 0:
		return saying{}
	case s.Done != 0 && s.Due == 0:
		return saying{ui.OK, i18n.T(ctx, "dossierweb.step.done")}
	case s.Done != 0 && late(s.Done):
		return saying{ui.Late, i18n.T(ctx, "dossierweb.step.late")}
	case s.Done != 0 && s.Done.Date() == s.Due.Date():
		return saying{ui.OK, i18n.T(ctx, "dossierweb.step.on_time")}
	case s.Done != 0:
		return saying{ui.OK, i18n.T(ctx, "dossierweb.step.early")}
	case w.Waiting != "":
		return saying{ui.Paused, i18n.T(ctx, "dossierweb.left.paused")}
	case s.Due == 0:
		return saying{ui.Info, i18n.T(ctx, "dossierweb.step.under_way")}
	}
	open := w.State
	open.Due, open.Ended, open.Waiting = s.Due, 0, ""
	text, kind := leftText(ctx, cal, now, open)
	if kind == ui.Neutral {
		kind = ui.Info
	}
	return saying{kind, text}
}
