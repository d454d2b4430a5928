package dossier

import (
	"regexp"
	"strings"
	"unicode"

	"cchc/base/fault"
	"cchc/base/moment"
)

// A Card is what the QR code of a citizen card (thẻ căn cước, căn cước công dân)
// says of its holder.
type Card struct {
	Number  string // 12 digits
	Old     string // of the identity card before; "" when there was none
	Name    string
	Born    moment.Date
	Sex     string // as the card writes it: Nam, Nữ
	Address string
	Issued  moment.Date
}

var (
	cardNumber = regexp.MustCompile(`^\d{12}$`)
	cardOld    = regexp.MustCompile(`^(\d{9}|\d{12})?$`)
)

// IsCard reports whether a text looks like what a scanner types for a citizen
// card: a scanner types into whatever field has the cursor.
func IsCard(text string) bool { return strings.Count(text, "|") >= 4 }

// ParseCard reads the text of a citizen card's QR code:
//
//	number|old number|name|born ddMMyyyy|sex|address|issued ddMMyyyy
//
// Cards issued since 2024 have more fields after these; they are not read. A
// malformed text gives a fault that names the part, never the text: it is
// somebody's data.
func ParseCard(text string) (Card, error) {
	wrong := func(key string, args ...any) (Card, error) {
		return Card{}, fault.New(fault.Invalid, "form.invalid").With("card", key, args...)
	}
	parts := strings.Split(strings.TrimSpace(text), "|")
	for i := range parts {
		parts[i] = strings.Join(strings.Fields(parts[i]), " ")
	}
	if len(parts) < 6 {
		return wrong("counter.card.parts", "Count", len(parts))
	}
	c := Card{Number: parts[0], Old: parts[1], Name: parts[2], Sex: parts[4], Address: parts[5]}
	if !cardNumber.MatchString(c.Number) {
		return wrong("counter.card.number")
	}
	if !cardOld.MatchString(c.Old) {
		return wrong("counter.card.old")
	}
	// A scanner set to another keyboard, or an input method that eats its keys,
	// loses the marks: better told than stored.
	if c.Name == "" || strings.ContainsFunc(c.Name, func(r rune) bool { return r == '?' || r == '\uFFFD' || unicode.IsDigit(r) }) {
		return wrong("counter.card.name")
	}
	var ok bool
	if c.Born, ok = cardDate(parts[3]); !ok {
		return wrong("counter.card.born")
	}
	if len(parts) > 6 && parts[6] != "" {
		if c.Issued, ok = cardDate(parts[6]); !ok {
			return wrong("counter.card.issued")
		}
	}
	return c, nil
}

// cardDate reads ddMMyyyy. Who knows only the year of birth has 0101 before it.
func cardDate(s string) (moment.Date, bool) {
	if len(s) != 8 {
		return 0, false
	}
	d, err := moment.ParseDate(s[4:] + "-" + s[2:4] + "-" + s[:2])
	return d, err == nil
}
