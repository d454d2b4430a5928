package dossier

import (
	"context"
	"regexp"
	"strings"
	"unicode"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/i18n"
	"cchc/base/moment"
)

// A search is what a text asks for.
type search struct {
	code      string   // a whole code
	number    string   // a telephone or identity number, whole
	procedure string   // a procedure's code
	words     []string // beginnings of words, in any order
	nothing   bool     // the text has nothing that can be searched for
}

const (
	searchWords = 6    // as many words as names have
	fewWords    = 4000 // as many matches of the rarest word as are read and sorted
	sampleWords = 1000 // how far back a sample of a word's matches goes
)

var (
	procedureForm = regexp.MustCompile(`^[0-9]{1,2}\.[0-9]{6}$`)
	numberForm    = regexp.MustCompile(`^(\+?[0-9]{8,15}|[A-Z]{1,3}[0-9]{6,10})$`)
	lastPartForm  = regexp.MustCompile(`^([0-9]{6}|[0-9]{8})-([0-9]{1,9})$`)
)

// IsNumber reports whether a search text is a telephone or identity number: it
// then stays out of addresses and logs, and only who may read persons finds by
// it.
func IsNumber(text string) bool { return searchNumber(text) != "" }

func searchNumber(text string) string {
	p := Person{IDNumber: text}
	p.clean()
	if numberForm.MatchString(p.IDNumber) {
		return p.IDNumber
	}
	return ""
}

// readText decides what a search text is: a whole code, a procedure, a number of
// a person, or words.
func (k *Desk) readText(ctx context.Context, q db.Queryer, a actor.Actor, f Filter) (s search, err error) {
	text := strings.TrimSpace(f.Text)
	if text == "" {
		return s, nil
	}
	if c, err := ParseCode(text); err == nil {
		s.code = c.String()
		return s, nil
	}
	if procedureForm.MatchString(text) {
		s.procedure = text
		return s, nil
	}
	if s.number = searchNumber(text); s.number != "" {
		may, err := k.Guard.May(ctx, q, a, auth.DossierReadPerson, f.Unit)
		if err == nil && !may {
			err = numbersHidden
		}
		return s, err
	}
	for _, part := range strings.Fields(text) {
		s.words = append(s.words, searchParts(part)...)
	}
	s.words = s.words[:min(len(s.words), searchWords)]
	s.nothing = len(s.words) == 0
	return s, nil
}

// searchParts makes the words of one part of a text. The last part of a code is
// kept with its number first; a number alone is filled up to the four digits that
// codes have.
func searchParts(part string) []string {
	if m := lastPartForm.FindStringSubmatch(part); m != nil {
		return []string{fill(m[2]) + "-" + m[1]}
	}
	if strings.Trim(part, "0123456789") == "" && len(part) < 4 {
		return []string{fill(part) + "-"}
	}
	return splitWords(i18n.Fold(part))
}

func fill(number string) string { return strings.Repeat("0", max(0, 4-len(number))) + number }

// A way is how a list will be found.
type way struct {
	driver driver
	args   db.Args
	order  Order
	long   bool
}

var (
	countWord = db.SQL("dossier.word.count", `
		SELECT COUNT(*) FROM (SELECT 1 AS one FROM dossier_word WHERE word >= $1 AND word < $2 LIMIT $3) x`)
	firstWord  = db.SQL("dossier.word.first", `SELECT COALESCE(MIN(word), '') FROM dossier_word WHERE word >= $1 AND word < $2`)
	secondWord = db.SQL("dossier.word.second", `SELECT COALESCE(MIN(word), '') FROM dossier_word WHERE word > $1 AND word < $2`)
	sampleWord = db.SQL("dossier.word.sample", `
		SELECT arrived FROM dossier_word WHERE word = $1
		ORDER BY arrived DESC, dossier_id DESC
		LIMIT 1 OFFSET $2`)
	countUnit = db.SQL("dossier.find.unit_count", `
		SELECT COUNT(*) FROM (SELECT 1 AS one FROM dossier_find WHERE unit_id = $1 LIMIT $2) x`)
	countUnder = db.SQL("dossier.find.under_count", `
		SELECT COUNT(*) FROM (SELECT 1 AS one FROM dossier_find WHERE unit_id IN (`+strings.NewReplacer(":unit", "$1", ":today", "$2").Replace(reach)+`) LIMIT $3) x`)
	countAll = db.SQL("dossier.find.all_count", `
		SELECT COUNT(*) FROM (SELECT 1 AS one FROM dossier_find LIMIT $1) x`)
)

// way chooses how to find a list. What is under way is few and has indexes of its
// own. Of all dossiers, those with a rare word are read whole and sorted; with
// common words one walks in order of arrival, newest first, and stops when the
// page is full: the commoner the words, the sooner.
func (k *Desk) way(ctx context.Context, q db.Queryer, f Filter, s scope, text search) (way, error) {
	w := way{driver: driveState, args: k.bucketArgs(f), order: f.Order}
	s.args(w.args)
	if w.order.Key == "" {
		w.order = UsualOrder(f.Bucket, strings.TrimSpace(f.Text) != "")
	}
	if listKeys[w.order.Key] == "" {
		w.order = UsualOrder(f.Bucket, f.Text != "")
	}
	switch {
	case text.code != "":
		w.args["code"] = text.code
		return w, nil
	case text.number != "":
		w.args["number"] = text.number
		return w, nil
	case text.nothing:
		w.args["code"] = "" // nobody has it
		return w, nil
	case text.procedure != "":
		w.args["procedure"] = text.procedure
	}
	if len(text.words) == 0 {
		if f.Bucket.under() {
			return w, nil
		}
		return w, k.wayAll(ctx, q, s, &w)
	}
	for i, word := range text.words {
		name := "word" + string(rune('1'+i))
		w.args[name] = " " + word
	}
	w.args["words"] = true
	return w, k.wayWords(ctx, q, f, s, text.words, &w)
}

// wayAll finds a way to all dossiers of a scope.
func (k *Desk) wayAll(ctx context.Context, q db.Queryer, s scope, w *way) error {
	n, err := k.countScope(ctx, q, s, listMost+1)
	if err != nil {
		return err
	}
	w.long = n > listMost
	if w.long && w.order.Key != KeyReceived && w.order.Key != KeyCode {
		w.order = Order{Key: KeyReceived, Desc: true}
	}
	switch {
	case w.order.Key == KeyReceived:
		w.driver = driveArrived
	case !w.long:
		w.driver = driveScope
	}
	return nil
}

func (k *Desk) countScope(ctx context.Context, q db.Queryer, s scope, most int) (int, error) {
	switch {
	case s.one != "":
		return db.Value[int](ctx, q, countUnit, s.one, most)
	case s.under != "":
		return db.Value[int](ctx, q, countUnder, s.under, s.today, most)
	}
	return db.Value[int](ctx, q, countAll, most)
}

// wayWords finds a way to dossiers with words.
func (k *Desk) wayWords(ctx context.Context, q db.Queryer, f Filter, s scope, words []string, w *way) error {
	rarest, least := "", fewWords+1
	for _, word := range words {
		n, err := db.Value[int](ctx, q, countWord, word, word+pastWord, fewWords+1)
		if err != nil {
			return err
		}
		if n < least {
			rarest, least = word, n
		}
	}
	if rarest != "" {
		w.driver = driveRange
		w.args["word_from"], w.args["word_to"] = rarest, rarest+pastWord
		return nil
	}
	if f.Bucket.under() {
		return nil
	}
	w.driver, w.long = driveArrived, true
	if w.order.Key != KeyReceived {
		w.order = Order{Key: KeyReceived, Desc: true}
	}
	if s.one != "" {
		return nil
	}
	// A word that is whole has its dossiers in order of arrival: the one whose
	// sample goes back furthest is the rarest.
	var oldest moment.Instant
	for _, word := range words {
		whole, err := k.wholeWord(ctx, q, word)
		if err != nil || whole == "" {
			if err != nil {
				return err
			}
			continue
		}
		at, err := db.Value[moment.Instant](ctx, q, sampleWord, whole, sampleWords)
		if err != nil {
			return err
		}
		if oldest == 0 || at < oldest {
			oldest = at
			w.driver, w.args["word"] = driveWord, whole
		}
	}
	return nil
}

// wholeWord returns the only word that begins so, or "".
func (k *Desk) wholeWord(ctx context.Context, q db.Queryer, prefix string) (string, error) {
	first, err := db.Value[string](ctx, q, firstWord, prefix, prefix+pastWord)
	if err != nil || first == "" {
		return "", err
	}
	second, err := db.Value[string](ctx, q, secondWord, first, prefix+pastWord)
	if err != nil || second != "" {
		return "", err
	}
	return first, nil
}

// pastWord ends the range of words with a beginning: it comes after every letter
// in both engines' order of bytes.
var pastWord = string(unicode.MaxRune)
