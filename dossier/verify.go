package dossier

import (
	"context"
	"fmt"

	"cchc/base/db"
	"cchc/base/moment"
)

// A Difference is something that a recount found: a row or counter that does not
// follow from the facts.
type Difference struct {
	What string // the dossier's code, or the counter's key
	Have string
	Want string
}

var (
	verifyRows = db.SQL("dossier.verify.rows", `
		SELECT `+columns+`, status, accepted_day, ended_day, due_day, verdict, timed_day, timed_ok
		FROM dossier
		WHERE id > $1
		ORDER BY id
		LIMIT 500`)
	verifyFacts = db.SQL("dossier.verify.facts", `
		SELECT dossier_id, seq, kind, at, recorded_at, account, unit_id, due, how, qty, ref, reason, document, on_behalf
		FROM dossier_fact
		WHERE dossier_id > $1 AND dossier_id <= $2
		ORDER BY dossier_id, seq`)
	verifyOrphans = db.SQL("dossier.verify.persons", `
		SELECT d.code
		FROM dossier d
		LEFT JOIN dossier_person p ON p.dossier_id = d.id
		WHERE p.dossier_id IS NULL`)
	verifyDays = db.SQL("dossier.verify.days", `
		SELECT unit_id, day, procedure_code, channel, received, early, on_time, late, moved_in, moved_out FROM tally_day`)
	verifyMonths = db.SQL("dossier.verify.months", `
		SELECT unit_id, month, received, online, e_result, digitised, reused, population, synced, obliged, paid_online,
			displeased, timed, timed_ok, postal, entered_later FROM tally_month`)
	verifyProcedures = db.SQL("dossier.verify.procedures", `
		SELECT unit_id, month, procedure_code, received, online, population, obliged, paid_online, ended, ended_in_time, e_result FROM tally_procedure`)
)

// Verify recounts everything from the facts in one consistent view: each
// dossier's row, how it is found, each counter. It reports every difference to found and the
// number of dossiers done to progress (nil for none). No difference is the only
// good answer.
func (k *Desk) Verify(ctx context.Context, progress func(done int), found func(Difference)) (dossiers int, err error) {
	err = k.DB.Snapshot(ctx, func(s *db.Snapshot) error {
		want := newTally()
		var words wordSum
		for after := ""; ; {
			batch, err := k.verifyBatch(ctx, s, after, want, found)
			if err != nil {
				return err
			}
			if len(batch) == 0 {
				break
			}
			dossiers += len(batch)
			last := batch[len(batch)-1]
			if err := k.verifyFoundBatch(ctx, s, after, last, &words, found); err != nil {
				return err
			}
			after = last
			if progress != nil {
				progress(dossiers)
			}
		}
		codes, err := db.Column[string](ctx, s, verifyOrphans)
		if err != nil {
			return err
		}
		for _, c := range codes {
			found(Difference{What: c, Have: "no applicant", Want: "one"})
		}
		if err := k.verifyFoundWords(ctx, s, words, found); err != nil {
			return err
		}
		if err := verifyForms(ctx, s, found); err != nil {
			return err
		}
		return verifyTallies(ctx, s, want, found)
	})
	return dossiers, err
}

// verifyBatch checks 500 rows and returns their ids.
func (k *Desk) verifyBatch(ctx context.Context, s *db.Snapshot, after string, want *tally, found func(Difference)) ([]string, error) {
	type repeated struct {
		status                   int
		accepted, ended, due, on moment.Date
		verdict                  Verdict
		ok                       bool
	}
	var rows []Dossier
	var extra []repeated
	err := db.Each(ctx, s, verifyRows, func(r db.Scanner) error {
		var d Dossier
		var x repeated
		err := r.Scan(append(d.targets(), &x.status, &x.accepted, &x.ended, &x.due, &x.verdict, &x.on, &x.ok)...)
		rows, extra = append(rows, d), append(extra, x)
		return err
	}, after)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	facts := map[string][]Fact{}
	err = db.Each(ctx, s, verifyFacts, func(r db.Scanner) error {
		var id string
		var f Fact
		err := r.Scan(append([]any{&id}, f.targets()...)...)
		facts[id] = append(facts[id], f)
		return err
	}, after, rows[len(rows)-1].ID)
	if err != nil {
		return nil, err
	}
	var ids []string
	for i := range rows {
		d := rows[i]
		ids = append(ids, d.ID)
		is := d
		d.State = Fold(facts[d.ID], d.Limit.ByInstant(), 0, 0)
		d.facts = len(facts[d.ID])
		want.add(&d, 1)
		on, ok := d.Timed()
		x := extra[i]
		y := repeated{int(d.Status()), d.AcceptedAt.Date(), d.Ended.Date(), d.Due.Date(), on, d.Verdict(), ok}
		if a, b := fmt.Sprint(is.stateArgs()...), fmt.Sprint(d.stateArgs()...); a != b {
			found(Difference{What: d.Code, Have: a, Want: b})
		} else if x != y {
			found(Difference{What: d.Code, Have: fmt.Sprint(x), Want: fmt.Sprint(y)})
		}
	}
	return ids, nil
}

func verifyTallies(ctx context.Context, s *db.Snapshot, want *tally, found func(Difference)) error {
	have := newTally()
	err := db.Each(ctx, s, verifyDays, func(r db.Scanner) error {
		var k dayKey
		var v [6]int64
		err := r.Scan(&k.unit, &k.day, &k.procedure, &k.channel, &v[0], &v[1], &v[2], &v[3], &v[4], &v[5])
		have.days[k] = &v
		return err
	})
	if err != nil {
		return err
	}
	err = db.Each(ctx, s, verifyMonths, func(r db.Scanner) error {
		var k monthKey
		var v [14]int64
		err := r.Scan(&k.unit, &k.month, &v[0], &v[1], &v[2], &v[3], &v[4], &v[5], &v[6], &v[7], &v[8], &v[9], &v[10], &v[11], &v[12], &v[13])
		have.months[k] = &v
		return err
	})
	if err != nil {
		return err
	}
	err = db.Each(ctx, s, verifyProcedures, func(r db.Scanner) error {
		var k procedureKey
		var v [8]int64
		err := r.Scan(&k.unit, &k.month, &k.procedure, &v[0], &v[1], &v[2], &v[3], &v[4], &v[5], &v[6], &v[7])
		have.procedures[k] = &v
		return err
	})
	if err != nil {
		return err
	}
	compareTallies("tally_day", have.days, want.days, found)
	compareTallies("tally_month", have.months, want.months, found)
	compareTallies("tally_procedure", have.procedures, want.procedures, found)
	return nil
}

// compareTallies reports every key whose counts differ; a missing one is zero.
func compareTallies[K comparable, V comparable](table string, have, want map[K]*V, found func(Difference)) {
	var zero V
	for k, w := range want {
		h := have[k]
		if h == nil {
			h = &zero
		}
		if *h != *w {
			found(Difference{What: fmt.Sprintf("%s %v", table, k), Have: fmt.Sprint(*h), Want: fmt.Sprint(*w)})
		}
	}
	for k, h := range have {
		if want[k] == nil && *h != zero {
			found(Difference{What: fmt.Sprintf("%s %v", table, k), Have: fmt.Sprint(*h), Want: fmt.Sprint(zero)})
		}
	}
}
