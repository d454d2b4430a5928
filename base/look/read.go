package look

import (
	"context"
	"slices"

	"cchc/base/db"
	"cchc/base/moment"
)

var (
	lookOf = db.SQL("look.of", `
		SELECT day, account, on_behalf, token, what, purpose, first_at, last_at, times
		FROM look
		WHERE object_id = $1
		ORDER BY last_at DESC
		LIMIT $2`)
	exportedOf = db.SQL("look.of.exported", `
		SELECT e.at, e.account, e.on_behalf, e.token, e.list, e.numbers, e.purpose
		FROM look_export e
		WHERE e.id IN (`+filesWith+`)
		ORDER BY e.at DESC
		LIMIT $2`)
	wordsOf = db.SQL("look.words", `SELECT DISTINCT purpose FROM look WHERE object_id = $1 AND purpose <> ''`)
	// A purpose is part of what tells looks apart: two that become the same words are one
	// look, which counts for both.
	wordsMerge = db.SQL("look.words.merge", `
		INSERT INTO look (object_id, day, account, on_behalf, token, what, purpose, first_at, last_at, times)
		SELECT object_id, day, account, on_behalf, token, what, CAST($1 AS TEXT), first_at, last_at, times
		FROM look
		WHERE object_id = $2 AND purpose = $3
		ON CONFLICT (object_id, day, account, on_behalf, token, what, purpose) DO UPDATE SET
			first_at = CASE WHEN excluded.first_at < look.first_at THEN excluded.first_at ELSE look.first_at END,
			last_at = CASE WHEN excluded.last_at > look.last_at THEN excluded.last_at ELSE look.last_at END,
			times = look.times + excluded.times`)
	wordsDrop = db.SQL("look.words.drop", `DELETE FROM look WHERE object_id = $1 AND purpose = $2`)
	countOld  = db.SQL("look.old", `SELECT COUNT(*) FROM look WHERE day < $1`)
	countAll  = db.SQL("look.all", `SELECT COUNT(*) FROM look`)
	dropOld   = db.SQL("look.drop", `DELETE FROM look WHERE day < $1`)
	oldFile   = db.SQL("look.export.old", `SELECT COUNT(*) FROM look_export WHERE at < $1`)
	allFile   = db.SQL("look.export.all", `SELECT COUNT(*) FROM look_export`)
	dropItem  = db.SQL("look.export.drop.item", `DELETE FROM look_export_item WHERE export_id IN (SELECT id FROM look_export WHERE at < $1)`)
	dropPart  = db.SQL("look.export.drop.part", `DELETE FROM look_export_part WHERE export_id IN (SELECT id FROM look_export WHERE at < $1)`)
	dropFile  = db.SQL("look.export.drop", `DELETE FROM look_export WHERE at < $1`)
)

// Of returns who looked at a thing, the latest first, and at most so many.
func (l *Log) Of(ctx context.Context, q db.Queryer, object string, limit int) ([]Look, error) {
	list, err := db.All(ctx, q, lookOf, func(r db.Scanner) (x Look, err error) {
		x.Object = object
		err = r.Scan(&x.Day, &x.Account, &x.Behalf, &x.Token, &x.What, &x.Purpose, &x.First, &x.Last, &x.Times)
		return x, err
	}, object, limit)
	if err != nil {
		return nil, err
	}
	files, err := db.All(ctx, q, exportedOf, func(r db.Scanner) (x Look, err error) {
		x.Object, x.What, x.Times = object, Exported, 1
		var with int
		err = r.Scan(&x.First, &x.Account, &x.Behalf, &x.Token, &x.List, &with, &x.Purpose)
		x.Last, x.Day, x.With = x.First, x.First.Date(), with != 0
		return x, err
	}, object, limit)
	if err != nil {
		return nil, err
	}
	list = append(list, files...)
	slices.SortStableFunc(list, func(x, y Look) int { return int(y.Last - x.Last) })
	return list[:min(len(list), limit)], nil
}

// Scrub takes a person out of the purposes that people typed.
func Scrub(ctx context.Context, tx *db.Tx, object string, scrub func(string) string) error {
	for _, x := range []struct {
		words *db.Stmt
		set   func(from, to string) error
	}{
		{wordsOf, func(from, to string) error {
			if _, err := tx.Exec(ctx, wordsMerge, to, object, from); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, wordsDrop, object, from)
			return err
		}},
		{openWords, func(from, to string) error {
			_, err := tx.Exec(ctx, openSet, to, object, from)
			return err
		}},
	} {
		words, err := db.Column[string](ctx, tx, x.words, object)
		if err != nil {
			return err
		}
		for _, w := range words {
			if s := scrub(w); s != w {
				if err := x.set(w, s); err != nil {
					return err
				}
			}
		}
	}
	return scrubExports(ctx, tx, object, scrub)
}

// Old counts what is older than a day, and all there is: looks and files.
func Old(ctx context.Context, q db.Queryer, before moment.Date) (old, all int, err error) {
	for _, x := range []struct {
		s    *db.Stmt
		args []any
		to   *int
	}{{countOld, []any{before}, &old}, {oldFile, []any{before.Start()}, &old}, {countAll, nil, &all}, {allFile, nil, &all}} {
		n, err := db.Value[int](ctx, q, x.s, x.args...)
		if err != nil {
			return 0, 0, err
		}
		*x.to += n
	}
	return old, all, nil
}

// Drop drops what is older than a day.
func Drop(ctx context.Context, tx *db.Tx, before moment.Date) (n int64, err error) {
	if n, err = tx.Exec(ctx, dropOld, before); err != nil {
		return 0, err
	}
	if _, err := tx.Exec(ctx, openDrop, min(before.Start(), tx.Now)); err != nil {
		return 0, err
	}
	for _, of := range []*db.Stmt{dropItem, dropPart} {
		if _, err := tx.Exec(ctx, of, before.Start()); err != nil {
			return 0, err
		}
	}
	files, err := tx.Exec(ctx, dropFile, before.Start())
	return n + files, err
}
