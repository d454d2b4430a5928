package dossier

import (
	"context"
	"fmt"

	"cchc/base/db"
	"cchc/base/moment"
)

// findVersion counts the rules of findable: a new number has every dossier
// entered anew when the program starts.
const findVersion = 1

// fillChunk is how many dossiers share a write while they are entered.
const fillChunk = 1000

var (
	fillState = db.SQL("dossier.find.state", `SELECT version, after_id FROM dossier_find_state WHERE one = 1`)
	fillMark  = db.SQL("dossier.find.mark", `UPDATE dossier_find_state SET version = $1, after_id = $2 WHERE one = 1`)
	fillRows  = db.SQL("dossier.find.rows", `
		SELECT d.id, d.code, d.unit_id, d.registered_at, p.name
		FROM dossier d
		JOIN dossier_person p ON p.dossier_id = d.id
		WHERE d.id > $1
		AND NOT EXISTS (SELECT 1 FROM dossier_find f WHERE f.dossier_id = d.id)
		ORDER BY d.id
		LIMIT 1000`)
	fillWipe  = db.SQL("dossier.find.wipe", `DELETE FROM dossier_find`)
	fillWords = db.SQL("dossier.word.wipe", `DELETE FROM dossier_word`)
	fillCount = db.SQL("dossier.find.count", `SELECT COUNT(*) FROM dossier`)
)

// FillSearch enters dossiers that were stored before there was a search, or by
// older rules of it: once after an upgrade, in small writes, and going on where
// it was interrupted. It reports how many of how many are done to progress (nil
// for none) and costs one point read when there is nothing to do.
func (k *Desk) FillSearch(ctx context.Context, progress func(done, total int)) error {
	version, after, err := k.fillState(ctx, k.DB)
	if err != nil || version == findVersion {
		return err
	}
	total, err := db.Value[int](ctx, k.DB, fillCount)
	if err != nil {
		return err
	}
	for done := 0; ; {
		n := 0
		err := k.DB.Write(ctx, func(tx *db.Tx) error {
			// Another process may have done it, or part of it, by now.
			if version, after, err = k.fillState(ctx, tx); err != nil || version == findVersion {
				return err
			}
			n, after, err = k.fillSome(ctx, tx, version, after)
			return err
		})
		if err != nil {
			return fmt.Errorf("make dossiers findable after %q: %w", after, err)
		}
		if n == 0 {
			return nil
		}
		if done += n; progress != nil {
			progress(min(done, total), total)
		}
	}
}

// fillSome enters one chunk and notes how far it came. A version below zero is a
// filling of this version under way.
func (k *Desk) fillSome(ctx context.Context, tx *db.Tx, version int, after string) (int, string, error) {
	if version != -findVersion {
		after = ""
		if version != 0 {
			for _, s := range []*db.Stmt{fillWipe, fillWords} {
				if _, err := tx.Exec(ctx, s); err != nil {
					return 0, after, err
				}
			}
		}
	}
	var rows, words [][]any
	n := 0
	err := db.Each(ctx, tx, fillRows, func(r db.Scanner) error {
		var d Dossier
		var name string
		if err := r.Scan(&d.ID, &d.Code, &d.State.Unit, &d.RegisteredAt, &name); err != nil {
			return err
		}
		f := d.findable(name)
		rows, words = append(rows, f.args(d.ID)), append(words, f.wordRows(d.ID)...)
		after = d.ID
		n++
		return nil
	}, after)
	if err != nil {
		return 0, after, err
	}
	if err := enterFound(ctx, tx, rows, words); err != nil {
		return 0, after, err
	}
	mark := -findVersion
	if n < fillChunk {
		mark = findVersion
	}
	_, err = tx.Exec(ctx, fillMark, mark, after)
	return n, after, err
}

func (k *Desk) fillState(ctx context.Context, q db.Queryer) (version int, after string, err error) {
	type state struct {
		version int
		after   string
	}
	s, err := db.One(ctx, q, fillState, func(r db.Scanner) (s state, err error) {
		err = r.Scan(&s.version, &s.after)
		return s, err
	})
	return s.version, s.after, err
}

// verifyFound compares how dossiers are found with how they should be.
var (
	verifyFound = db.SQL("dossier.verify.find", `
		SELECT d.code, d.id, d.unit_id, d.registered_at, p.name, COALESCE(f.unit_id, ''), f.arrived, COALESCE(f.words, ''), f.name_key
		FROM dossier d
		JOIN dossier_person p ON p.dossier_id = d.id
		LEFT JOIN dossier_find f ON f.dossier_id = d.id
		WHERE d.id > $1 AND d.id <= $2
		ORDER BY d.id`)
	verifyWords = db.SQL("dossier.verify.words", `SELECT word, arrived, dossier_id FROM dossier_word`)
)

// A wordSum adds up rows of dossier_word whatever their order: a million dossiers
// have five million words, which nobody wants to hold or sort.
type wordSum struct{ rows, sum uint64 }

func (s *wordSum) add(word string, arrived moment.Instant, id string) {
	h := uint64(14695981039346656037)
	mix := func(t string) {
		for i := range len(t) {
			h = (h ^ uint64(t[i])) * 1099511628211
		}
		h = (h ^ 0xff) * 1099511628211
	}
	mix(word)
	mix(fmt.Sprint(int64(arrived)))
	mix(id)
	s.rows++
	s.sum += h
}

func (k *Desk) verifyFoundBatch(ctx context.Context, s *db.Snapshot, after, last string, want *wordSum, report func(Difference)) error {
	return db.Each(ctx, s, verifyFound, func(r db.Scanner) error {
		var d Dossier
		var name string
		var have found
		if err := r.Scan(&d.Code, &d.ID, &d.State.Unit, &d.RegisteredAt, &name, &have.unit, &have.arrived, &have.words, &have.nameKey); err != nil {
			return err
		}
		f := d.findable(name)
		for _, row := range f.wordRows(d.ID) {
			want.add(row[0].(string), f.arrived, d.ID)
		}
		// Neither side is told: the words are the applicant's name.
		if have.unit != f.unit || have.arrived != f.arrived || have.words != f.words || string(have.nameKey) != string(f.nameKey) {
			report(Difference{What: d.Code, Have: "found otherwise", Want: "found by its applicant, unit and number"})
		}
		return nil
	}, after, last)
}

func (k *Desk) verifyFoundWords(ctx context.Context, s *db.Snapshot, want wordSum, report func(Difference)) error {
	var have wordSum
	err := db.Each(ctx, s, verifyWords, func(r db.Scanner) error {
		var word, id string
		var arrived moment.Instant
		err := r.Scan(&word, &arrived, &id)
		have.add(word, arrived, id)
		return err
	})
	if err == nil && have != want {
		report(Difference{What: "dossier_word", Have: fmt.Sprintf("%d words, sum %x", have.rows, have.sum), Want: fmt.Sprintf("%d words, sum %x", want.rows, want.sum)})
	}
	return err
}
