package dossier

import (
	"cchc/base/moment"
	"cchc/calendar"
	"cchc/procedure"
)

// plan returns the internal steps of a dossier with their sub-deadlines. A
// step's sub-deadline is the share of the limit that the steps up to it take, so
// the last one's is the due date itself (steps add up to the limit).
func plan(cal *calendar.Calendar, v *procedure.Version, caseCode string, limit calendar.Limit, received, due moment.Instant) ([]Step, error) {
	var source []procedure.Step
	for _, s := range v.Steps {
		if s.Case == "" || s.Case == caseCode {
			source = append(source, s)
		}
	}
	if len(source) == 0 {
		source = procedure.ProposeSteps(limit)
	}
	var total int64
	for _, s := range source {
		total += int64(s.Hours)
	}
	var steps []Step
	var used int64
	for i, s := range source {
		used += int64(s.Hours)
		step := Step{Ord: i + 1, Name: s.Name, Role: s.Role, Body: s.Body, Hours: int64(s.Hours), Due: due}
		if used < total {
			at, err := cal.Due(received, share(limit, used, total), "")
			if err != nil {
				return nil, err
			}
			step.Due = min(at, due)
		}
		steps = append(steps, step)
	}
	return steps, nil
}

// PlanSteps returns the internal steps of a dossier that is told afterwards, none
// of them begun: as plan makes them at acceptance and, with stops, as replan
// leaves those that are not done when the last stop has ended.
func PlanSteps(cal *calendar.Calendar, v *procedure.Version, caseCode string, limit calendar.Limit, accepted, due moment.Instant, stops []calendar.Stop) ([]Step, error) {
	steps, err := plan(cal, v, caseCode, limit, accepted, due)
	if err != nil || len(stops) == 0 {
		return steps, err
	}
	var used, total int64
	for _, s := range steps {
		total += s.Hours
	}
	for i := range steps {
		s := &steps[i]
		used += s.Hours
		s.Due = due
		if used < total {
			p, err := cal.Project(accepted, share(limit, used, total), "", stops, stops[len(stops)-1].To)
			if err != nil {
				return nil, err
			}
			s.Due = min(p.Due, due)
		}
	}
	return steps, nil
}

// share returns the part used/total of a limit. Limits that do not divide
// (same day, months) give the whole.
func share(l calendar.Limit, used, total int64) calendar.Limit {
	switch l.Unit {
	case calendar.WorkingDay, calendar.CalendarDay, calendar.Hour:
		l.Qty = calendar.Quantity((int64(l.Qty)*used + total - 1) / total)
	}
	return l
}

// arrive starts the steps of an accepted dossier: the first, at the one-stop, is
// done by accepting; the second gets it.
func arrive(steps []Step, account string, when moment.Instant) []Step {
	out := append([]Step(nil), steps...)
	if len(out) == 0 {
		return out
	}
	out[0].Came, out[0].Account = when, account
	if len(out) > 1 {
		out[0].Done, out[0].Outcome = when, "forwarded"
		out[1].Came = when
	}
	return out
}

// replan moves the sub-deadlines of the steps that are not done by as much as
// the due date moved: those whose share of the limit was not used up yet.
func (w *work) replan(cal *calendar.Calendar) error {
	var total int64
	for _, s := range w.steps {
		if !s.Beside {
			total += s.Hours
		}
	}
	stops := Stops(w.all())
	var used int64
	for i := range w.steps {
		s := &w.steps[i]
		if s.Beside {
			continue
		}
		used += s.Hours
		if s.Done != 0 {
			continue
		}
		due := w.d.Due
		if used < total && total > 0 && w.d.Limit.Unit != "" {
			p, err := cal.Project(w.d.AcceptedAt, share(w.d.Limit, used, total), w.d.Convention, stops, w.tx.Now)
			if err != nil {
				return err
			}
			due = min(p.Due, w.d.Due)
		}
		if due != s.Due {
			s.Due = due
			w.moved[s.Ord] = true
		}
	}
	return nil
}
