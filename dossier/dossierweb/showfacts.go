package dossierweb

import (
	"context"
	"slices"
	"strconv"
	"time"

	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/receipt"
	"cchc/base/web/ui"
	"cchc/dossier"
	"cchc/unit"
)

// A factRow is a fact in the timeline (quá trình).
type factRow struct {
	Kind    ui.Kind
	Title   string
	At      string
	Entered string // when it was entered, where that was another time
	Who     string
	Text    string
	Void    bool   // a correction took it back
	Correct string // address where it can be corrected, or ""
}

// enteredLater is how long after it happened a fact may be entered and still
// count as entered at once.
const enteredLater = time.Minute

// factRows tells the facts, the latest first.
func factRows(ctx context.Context, t *teller, v *showView) ([]factRow, error) {
	void := v.w.Void()
	last := lastMoving(v.w.Facts, void)
	var out []factRow
	for _, f := range v.w.Facts {
		who, err := t.who.acted(ctx, f.Account, f.Behalf)
		if err != nil {
			return nil, err
		}
		row := factRow{Kind: factKind(f), Title: factTitle(ctx, f), At: i18n.ShortInstant(ctx, f.At), Who: who, Void: void[f.Seq]}
		if f.Recorded > f.At.Add(enteredLater) {
			row.Entered = i18n.T(ctx, "dossierweb.fact.entered", "At", i18n.ShortInstant(ctx, f.Recorded))
		}
		if row.Text, err = factText(ctx, t, f); err != nil {
			return nil, err
		}
		if v.may[auth.DossierCorrect] && !row.Void && (f.Seq == last || correctable[f.Kind]) {
			row.Correct = dossierURL(v.w.Code, "correct") + "?seq=" + strconv.Itoa(f.Seq)
		}
		out = append(out, row)
	}
	slices.Reverse(out)
	return out, nil
}

// correctable facts can be corrected at any time; of those that move the clock
// only the latest, and of these the verb decides.
var correctable = map[dossier.FactKind]bool{dossier.FMarked: true, dossier.FPaid: true, dossier.FComplained: true}

// still are facts that do not move the clock.
var still = map[dossier.FactKind]bool{
	dossier.FRegistered: true, dossier.FMaximum: true, dossier.FStep: true, dossier.FMarked: true, dossier.FPaid: true,
	dossier.FRated: true, dossier.FExplained: true, dossier.FComplained: true, dossier.FReversed: true, dossier.FCorrected: true, dossier.FVoided: true,
}

func lastMoving(facts []dossier.Fact, void map[int]bool) int {
	last := 0
	for _, f := range facts {
		if !still[f.Kind] && !void[f.Seq] {
			last = f.Seq
		}
	}
	return last
}

// factTitle names what happened.
func factTitle(ctx context.Context, f dossier.Fact) string {
	switch f.Kind {
	case dossier.FStep:
		return i18n.T(ctx, "dossierweb.fact.step."+f.How)
	case dossier.FMarked:
		mark := i18n.T(ctx, "dossierweb.mark."+f.How)
		if f.Qty == 0 {
			return i18n.T(ctx, "dossierweb.fact.unmarked", "Mark", mark)
		}
		return i18n.T(ctx, "dossierweb.fact.marked", "Mark", mark)
	case dossier.FPaid:
		return i18n.T(ctx, "dossierweb.fact.paid", "Amount", i18n.Money(ctx, f.Qty))
	case dossier.FRated:
		return i18n.T(ctx, "dossierweb.fact.rated", "Count", f.Qty)
	}
	return i18n.T(ctx, "dossierweb.fact."+string(f.Kind))
}

func factText(ctx context.Context, t *teller, f dossier.Fact) (string, error) {
	var due, more string
	switch f.Kind {
	case dossier.FAccepted:
		due = i18n.T(ctx, "dossierweb.fact.due", "At", f.Due)
	case dossier.FSupplied, dossier.FDischarged, dossier.FResumed, dossier.FDueMoved:
		if f.Due != 0 {
			due = i18n.T(ctx, "dossierweb.fact.new_due", "At", f.Due)
		}
	case dossier.FApologised:
		due = i18n.T(ctx, "dossierweb.fact.promised", "On", f.Due.Date())
	case dossier.FAsked, dossier.FObliged, dossier.FPaused:
		if f.Due != 0 {
			due = i18n.T(ctx, "dossierweb.fact.supply_by", "On", f.Due.Date())
		}
	case dossier.FReturned:
		more = returnText(ctx, f.How)
	case dossier.FPaid:
		more = i18n.T(ctx, "dossierweb.payment."+f.How)
	case dossier.FTransferred:
		name, err := t.unit(ctx, f.Unit)
		if err != nil {
			return "", err
		}
		more = name
	}
	return joined(more, f.Reason, f.Document, due), nil
}

func factKind(f dossier.Fact) ui.Kind {
	switch f.Kind {
	case dossier.FAccepted, dossier.FSupplied, dossier.FDischarged, dossier.FResumed, dossier.FFinished, dossier.FReturned:
		return ui.OK
	case dossier.FAsked, dossier.FObliged, dossier.FPaused:
		return ui.Paused
	case dossier.FApologised, dossier.FComplained, dossier.FWithdrawal, dossier.FDueMoved:
		return ui.Soon
	case dossier.FNotAccepted, dossier.FRefused, dossier.FStopped, dossier.FWithdrawn, dossier.FVoided:
		return ui.Late
	}
	return ui.Neutral
}

// An auditRow is an entry of the trail (nhật ký).
type auditRow struct {
	At, Who, What, Changes, Reason string
}

func auditRows(ctx context.Context, t *teller, id string) ([]auditRow, error) {
	entries, err := audit.Of(ctx, t.q, "dossier", id)
	if err != nil {
		return nil, err
	}
	out := make([]auditRow, 0, len(entries))
	for _, e := range slices.Backward(entries) {
		row := auditRow{At: i18n.ShortInstant(ctx, e.At), What: i18n.Named(ctx, e.Verb, "dossierweb.audit.", "audit.verb.", "auth.verb."), Reason: e.Reason}
		if row.Who, err = t.who.acted(ctx, e.Actor.Account, e.Actor.For.Account); err != nil {
			return nil, err
		}
		var changes []string
		for _, c := range e.Changes {
			if c.Field == receipt.RedactedField { // hashes, for the check of the log
				continue
			}
			text, err := changeText(ctx, t, c)
			if err != nil {
				return nil, err
			}
			changes = append(changes, text)
		}
		row.Changes = joined(changes...)
		out = append(out, row)
	}
	return out, nil
}

// changeText writes a change of the trail; of personal fields only that they
// changed.
func changeText(ctx context.Context, t *teller, c audit.Change) (string, error) {
	field := i18n.Named(ctx, c.Field, "dossierweb.field.", "audit.field.")
	if c.Personal {
		if c.From == c.To {
			return "", nil
		}
		return i18n.T(ctx, "dossierweb.audit.personal", "Field", field), nil
	}
	from, err := changeValue(ctx, t, c.Field, c.From)
	if err != nil {
		return "", err
	}
	to, err := changeValue(ctx, t, c.Field, c.To)
	if err != nil {
		return "", err
	}
	if c.From == "" {
		return field + ": " + to, nil
	}
	return field + ": " + from + " → " + to, nil
}

func changeValue(ctx context.Context, t *teller, field, value string) (string, error) {
	if value == "" {
		return i18n.None, nil
	}
	switch field {
	case "status":
		n, err := strconv.Atoi(value)
		if err != nil {
			return value, nil
		}
		return statusText(ctx, dossier.Status(n)), nil
	case "due", "due_promised":
		at, err := moment.ParseInstant(value)
		if err != nil {
			return value, nil
		}
		return i18n.ShortInstant(ctx, at), nil
	case "unit":
		return t.unit(ctx, unit.ID(value))
	case "step_account":
		return t.who.of(ctx, value)
	case "channel":
		return channelText(ctx, dossier.Channel(value)), nil
	case "paper":
		return sourceText(ctx, value), nil
	case "verdict":
		return i18n.T(ctx, "dossierweb.verdict."+value), nil
	case "fact":
		return KindName(ctx, dossier.FactKind(value)), nil
	}
	return value, nil
}

// KindName says what happened, by its kind alone.
func KindName(ctx context.Context, k dossier.FactKind) string {
	return i18n.Named(ctx, string(k), "dossierweb.factkind.", "dossierweb.fact.")
}
