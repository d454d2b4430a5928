package look

import (
	"context"
	"slices"
	"strings"

	"cchc/base/actor"
	"cchc/base/db"
	"cchc/base/moment"
)

// OnPaper is the format of what is printed.
const OnPaper = "paper"

// An Export is a file in which people of dossiers left the product (tệp đưa ra).
type Export struct {
	ID      string
	At      moment.Instant
	Account string
	Behalf  string
	Token   string
	Unit    actor.UnitID
	List    string // which list: "dossiers", "late"
	Filter  string // by what it was narrowed, without a person in it
	Format  string // csv, xlsx, json, paper
	Rows    int    // dossiers in it; NoteExport counts them when they are known
	Numbers bool   // with what pages mask
	Purpose string // "" where none is asked for
}

var (
	exportAdd  = db.Rows("look.export.add", "look_export", "id, at, account, on_behalf, token, unit_id, list, filter, format, quantity, numbers, purpose", "")
	exportPart = db.Rows("look.export.part", "look_export_part", "export_id, first_id, last_id, ids", "")
	exports    = db.Lines("look.exports", `
		SELECT id, at, account, on_behalf, token, unit_id, list, filter, format, quantity, numbers, purpose
		FROM look_export
		WHERE at < :before
		AND numbers = 1                                   --[numbers]
		ORDER BY at DESC, id DESC
		LIMIT :limit`)
	exportWords = db.SQL("look.export.words", `
		SELECT e.id, e.purpose
		FROM look_export e
		WHERE e.purpose <> '' AND e.id IN (`+filesWith+`)`)
	exportSet = db.SQL("look.export.words.set", `UPDATE look_export SET purpose = $1 WHERE id = $2`)
)

// partSize is how many things of a file share a row.
const partSize = 500

// filesWith are the files that the thing $1 was in.
const filesWith = `
			SELECT i.export_id FROM look_export_item i WHERE i.object_id = $1
			UNION
			SELECT p.export_id FROM look_export_part p WHERE p.first_id <= $1 AND p.last_id >= $1 AND REPLACE(p.ids, '|' || CAST($1 AS TEXT) || '|', '') <> p.ids`

// NoteExport notes a file and the things in it, before its first byte leaves.
func NoteExport(ctx context.Context, tx *db.Tx, a actor.Actor, e Export, objects []string) (id string, err error) {
	numbers := 0
	if e.Numbers {
		numbers = 1
	}
	id = db.NewID()
	err = tx.InsertRows(ctx, exportAdd, [][]any{{id, tx.Now, a.Account, a.For.Account, a.Token, string(e.Unit), e.List, e.Filter, e.Format, max(e.Rows, len(objects)), numbers, e.Purpose}})
	if err != nil {
		return "", err
	}
	objects = slices.Compact(slices.Sorted(slices.Values(objects)))
	var rows [][]any
	for part := range slices.Chunk(objects, partSize) {
		rows = append(rows, []any{id, part[0], part[len(part)-1], "|" + strings.Join(part, "|") + "|"})
	}
	return id, tx.InsertRows(ctx, exportPart, rows)
}

// Export notes a file of a list, as pages give it: without what they mask. A nil Log,
// and what the program itself makes, notes nothing.
func (l *Log) Export(ctx context.Context, a actor.Actor, e Export, objects []string) error {
	if l == nil || a.IsSystem() || len(objects) == 0 {
		return nil
	}
	return l.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := NoteExport(ctx, tx, a, e, objects)
		return err
	})
}

// Exports returns files, the latest first: those before a moment, or all.
func Exports(ctx context.Context, q db.Queryer, before moment.Instant, numbers bool, limit int) ([]Export, error) {
	if before == 0 {
		before = 1 << 52
	}
	args := db.Args{"before": before, "limit": limit}
	if numbers {
		args["numbers"] = true
	}
	stmt, params := exports.With(args)
	return db.All(ctx, q, stmt, func(r db.Scanner) (e Export, err error) {
		var with int
		err = r.Scan(&e.ID, &e.At, &e.Account, &e.Behalf, &e.Token, &e.Unit, &e.List, &e.Filter, &e.Format, &e.Rows, &with, &e.Purpose)
		e.Numbers = with != 0
		return e, err
	}, params...)
}

func scrubExports(ctx context.Context, tx *db.Tx, object string, scrub func(string) string) error {
	type of struct{ id, purpose string }
	list, err := db.All(ctx, tx, exportWords, func(r db.Scanner) (x of, err error) {
		err = r.Scan(&x.id, &x.purpose)
		return x, err
	}, object)
	if err != nil {
		return err
	}
	for _, x := range list {
		if s := scrub(x.purpose); s != x.purpose {
			if _, err := tx.Exec(ctx, exportSet, s, x.id); err != nil {
				return err
			}
		}
	}
	return nil
}
