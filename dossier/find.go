package dossier

import (
	"context"
	"slices"
	"strings"
	"unicode"

	"cchc/base/db"
	"cchc/base/i18n"
	"cchc/base/moment"
)

// What lists find dossiers by: table dossier_find has one narrow row for each,
// dossier_word one for each of its words. Both are written with the dossier, move
// with its unit, and are counted again by Verify.

var (
	findInsert = db.Rows("dossier.find.insert", "dossier_find", "dossier_id, unit_id, arrived, words, name_key", "")
	wordInsert = db.Rows("dossier.word.insert", "dossier_word", "word, arrived, dossier_id", "")
	findMove   = db.SQL("dossier.find.move", `UPDATE dossier_find SET unit_id = $1 WHERE dossier_id = $2`)
	findOf     = db.SQL("dossier.find.of", `SELECT unit_id, arrived, words, name_key FROM dossier_find WHERE dossier_id = $1`)
	findDrop   = db.SQL("dossier.find.drop", `DELETE FROM dossier_find WHERE dossier_id = $1`)
	wordDrop   = db.SQL("dossier.word.drop", `DELETE FROM dossier_word WHERE word = $1 AND arrived = $2 AND dossier_id = $3`)
)

// A found is the row of a dossier in dossier_find.
type found struct {
	unit    string
	arrived moment.Instant
	words   string
	nameKey []byte
}

func scanFound(r db.Scanner) (f found, err error) {
	err = r.Scan(&f.unit, &f.arrived, &f.words, &f.nameKey)
	return f, err
}

// findable returns how a dossier of a person is to be found.
func (d *Dossier) findable(name string) found {
	words := splitWords(i18n.Fold(name))
	if w := codeWord(d.Code); w != "" {
		words = append(words, w)
	}
	slices.Sort(words)
	return found{unit: string(d.State.Unit), arrived: d.RegisteredAt, words: " " + strings.Join(slices.Compact(words), " "), nameKey: i18n.CollationKey(name)}
}

func (f found) args(dossier string) []any {
	return []any{dossier, f.unit, f.arrived, f.words, f.nameKey}
}

func (f found) wordRows(dossier string) [][]any {
	var rows [][]any
	for _, w := range strings.Fields(f.words) {
		rows = append(rows, []any{w, f.arrived, dossier})
	}
	return rows
}

// enterFound makes new dossiers findable, as part of the write that stores them.
func enterFound(ctx context.Context, tx *db.Tx, rows, words [][]any) error {
	if err := tx.InsertRows(ctx, findInsert, rows); err != nil {
		return err
	}
	return tx.InsertRows(ctx, wordInsert, words)
}

// rearrive renews how a dossier is found after its arrival turned out to have been
// at another time: its place in lists, and that of each of its words, goes by it.
func rearrive(ctx context.Context, tx *db.Tx, d *Dossier) error {
	before, err := unfind(ctx, tx, d.ID)
	if err != nil {
		return err
	}
	for _, f := range before {
		f.unit, f.arrived = string(d.State.Unit), d.RegisteredAt
		if err := enterFound(ctx, tx, [][]any{f.args(d.ID)}, f.wordRows(d.ID)); err != nil {
			return err
		}
	}
	return nil
}

// unfind takes a dossier out of what lists find by, and returns how it stood
// there: nothing for one that FillSearch has yet to come to.
func unfind(ctx context.Context, tx *db.Tx, dossier string) ([]found, error) {
	before, err := db.All(ctx, tx, findOf, scanFound, dossier)
	if err != nil {
		return nil, err
	}
	for _, f := range before {
		for _, row := range f.wordRows(dossier) {
			if _, err := tx.Exec(ctx, wordDrop, row...); err != nil {
				return nil, err
			}
		}
		if _, err := tx.Exec(ctx, findDrop, dossier); err != nil {
			return nil, err
		}
	}
	return before, nil
}

// splitWords takes a folded text apart: what is neither letter nor digit parts
// words. A word of a name is a syllable; what is longer than wordMost was never
// said in one breath.
func splitWords(folded string) []string {
	words := strings.FieldsFunc(folded, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	for i, w := range words {
		if r := []rune(w); len(r) > wordMost {
			words[i] = string(r[:wordMost])
		}
	}
	return words
}

const wordMost = 32

// codeWord is the word by which the last part of a code is found: the number
// first, then its day, so that "0012" is its beginning and "261123-0012" the
// whole of it. What another system numbers in its own way is found by its code.
func codeWord(code string) string {
	c, err := ParseCode(code)
	if err != nil {
		return ""
	}
	parts := strings.Split(c.String(), "-")
	return parts[2] + "-" + parts[1]
}
