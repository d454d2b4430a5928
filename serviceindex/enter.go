package serviceindex

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
)

// An Entry is what was entered by hand for a metric of one unit, without the
// units below it, and one month.
type Entry struct {
	Unit        actor.UnitID
	Metric      string
	Month       moment.Date // any day of it
	Numerator   int64
	Denominator int64
	Source      string // who says so: "Cổng DVCQG, chức năng báo cáo"
	Document    string // number of the document, or ""

	// Set by the room.
	ID         string
	Version    int
	Account    string
	Name       string         // of the account, as it is now
	Entered    moment.Instant // nhập lúc
	Superseded moment.Instant // a later version replaced it, or it was withdrawn
}

var (
	entryCurrent = db.SQL("serviceindex.entry.current", `
		SELECT e.id, e.unit_id, e.metric, e.month, e.version, e.numerator, e.denominator, e.source, e.document,
			e.account, COALESCE(a.name, e.account), e.entered_at, e.superseded_at
		FROM entered_measure e
		LEFT JOIN account a ON a.id = e.account
		WHERE e.month = $1 AND e.unit_id = $2 AND e.metric = $3 AND e.superseded_at IS NULL`)
	entryLast = db.SQL("serviceindex.entry.last", `
		SELECT COALESCE(MAX(version), 0)
		FROM entered_measure
		WHERE unit_id = $1 AND metric = $2 AND month = $3`)
	entryInsert = db.SQL("serviceindex.entry.insert", `
		INSERT INTO entered_measure (id, unit_id, metric, month, version, numerator, denominator, source, document, account, entered_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`)
	entrySupersede = db.SQL("serviceindex.entry.supersede", `
		UPDATE entered_measure
		SET superseded_at = $1
		WHERE id = $2 AND superseded_at IS NULL`)
)

func scanEntry(r db.Scanner) (e Entry, err error) {
	err = r.Scan(&e.ID, &e.Unit, &e.Metric, &e.Month, &e.Version, &e.Numerator, &e.Denominator, &e.Source, &e.Document,
		&e.Account, &e.Name, &e.Entered, &e.Superseded)
	return e, err
}

// mostEntered bounds a number that a person enters: no province has more.
const mostEntered = 1_000_000_000

// Enter stores numbers for a metric that needs outside data, as a new version
// that replaces the one before it for the same unit and month; the old one stays
// to be read. The same numbers again, from the same source, change nothing.
// Errors: fault.Invalid with fields, fault.Forbidden.
func (x *Index) Enter(ctx context.Context, a actor.Actor, e Entry) (Entry, error) {
	e.Month = e.Month.FirstOfMonth()
	e.Source, e.Document = strings.TrimSpace(e.Source), strings.TrimSpace(e.Document)
	err := x.DB.Write(ctx, func(tx *db.Tx) error {
		if err := x.Guard.Check(ctx, tx, a, auth.IndexEnter, e.Unit); err != nil {
			return err
		}
		if err := x.check(ctx, tx, e); err != nil {
			return err
		}
		old, err := db.One(ctx, tx, entryCurrent, scanEntry, e.Month, string(e.Unit), e.Metric)
		if err != nil && !errors.Is(err, db.ErrNotFound) {
			return err
		}
		if old.ID != "" && old.Numerator == e.Numerator && old.Denominator == e.Denominator &&
			old.Source == e.Source && old.Document == e.Document {
			e = old
			return nil
		}
		if old.ID != "" {
			if _, err := tx.Exec(ctx, entrySupersede, tx.Now, old.ID); err != nil {
				return err
			}
		}
		last, err := db.Value[int](ctx, tx, entryLast, string(e.Unit), e.Metric, e.Month)
		if err != nil {
			return err
		}
		e.ID, e.Version, e.Account, e.Name, e.Entered, e.Superseded = db.NewID(), last+1, a.Account, a.Name, tx.Now, 0
		if _, err := tx.Exec(ctx, entryInsert, e.ID, string(e.Unit), e.Metric, e.Month, e.Version, e.Numerator, e.Denominator,
			e.Source, e.Document, e.Account, e.Entered); err != nil {
			return err
		}
		return x.record(ctx, tx, a, "index.enter", old, e, "")
	})
	return e, err
}

// Withdraw takes the current entry of a unit, metric and month back: there is no
// value any more. It needs a reason. Errors: fault.NotFound, fault.Invalid,
// fault.Forbidden.
func (x *Index) Withdraw(ctx context.Context, a actor.Actor, u actor.UnitID, metric string, month moment.Date, reason string) error {
	return x.DB.Write(ctx, func(tx *db.Tx) error {
		if err := x.Guard.Check(ctx, tx, a, auth.IndexEnter, u); err != nil {
			return err
		}
		if reason = strings.TrimSpace(reason); reason == "" {
			return fault.New(fault.Invalid, "serviceindex.entry_wrong").With("reason", "serviceindex.reason_missing")
		}
		old, err := db.One(ctx, tx, entryCurrent, scanEntry, month.FirstOfMonth(), string(u), metric)
		if errors.Is(err, db.ErrNotFound) {
			return fault.New(fault.NotFound, "serviceindex.entry_unknown")
		}
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, entrySupersede, tx.Now, old.ID); err != nil {
			return err
		}
		return x.record(ctx, tx, a, "index.withdraw", old, Entry{Unit: u, Metric: metric, Month: old.Month}, reason)
	})
}

// check refuses what cannot be entered.
func (x *Index) check(ctx context.Context, q db.Queryer, e Entry) error {
	f := fault.New(fault.Invalid, "serviceindex.entry_wrong")
	if _, ok, err := x.Units.Last(ctx, q, e.Unit); err != nil {
		return err
	} else if !ok {
		return fault.New(fault.NotFound, "serviceindex.unit_unknown")
	}
	switch today := x.DB.Now().Date(); {
	case e.Month == 0 || e.Month < moment.NewDate(2000, 1, 1):
		f.With("month", "serviceindex.month_wrong")
	case e.Month > today:
		f.With("month", "serviceindex.month_future", "Today", today)
	default:
		if set, ok := x.Sets.On(e.Month.LastOfMonth()); !ok {
			f.With("month", "serviceindex.no_set", "Day", e.Month)
		} else if m, ok := set.Metric(e.Metric); !ok || !m.Entered {
			f.With("metric", "serviceindex.metric_not_entered", "Metric", e.Metric)
		}
	}
	if e.Numerator < 0 || e.Numerator > mostEntered {
		f.With("numerator", "serviceindex.number_wrong", "Most", mostEntered)
	}
	if e.Denominator < 0 || e.Denominator > mostEntered {
		f.With("denominator", "serviceindex.number_wrong", "Most", mostEntered)
	} else if e.Numerator > e.Denominator {
		f.With("numerator", "serviceindex.numerator_above", "Denominator", e.Denominator)
	}
	if e.Source == "" {
		f.With("source", "serviceindex.source_missing")
	} else if len(e.Source) > 400 {
		f.With("source", "serviceindex.text_long", "Most", 400)
	}
	if len(e.Document) > 400 {
		f.With("document", "serviceindex.text_long", "Most", 400)
	}
	return f.Or()
}

func (x *Index) record(ctx context.Context, tx *db.Tx, a actor.Actor, verb string, old, now Entry, reason string) error {
	if err := tx.Bump(ctx, enteredEpoch); err != nil {
		return err
	}
	if x.Publish != nil {
		x.Publish(ctx, tx, now.Unit)
	}
	was, is := func(e Entry, s string) string {
		if e.ID == "" {
			return ""
		}
		return s
	}, func(n int64) string { return strconv.FormatInt(n, 10) }
	var changes []audit.Change
	for _, c := range []audit.Change{
		{Field: "numerator", From: was(old, is(old.Numerator)), To: was(now, is(now.Numerator))},
		{Field: "denominator", From: was(old, is(old.Denominator)), To: was(now, is(now.Denominator))},
		{Field: "source", From: old.Source, To: now.Source},
		{Field: "document", From: old.Document, To: now.Document},
	} {
		if c.From != c.To {
			changes = append(changes, c)
		}
	}
	return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: verb, Kind: "entered_measure",
		ID: string(now.Unit) + "/" + now.Metric + "/" + now.Month.String(), Unit: now.Unit, Changes: changes, Reason: reason})
}
