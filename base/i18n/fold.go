package i18n

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Fold returns s as search compares it: lower case, without marks, đ as d, runs
// of white space as one blank, none at the ends. "Đăng ký  khai sinh" is
// "dang ky khai sinh", whether its marks are composed (NFC) or apart (NFD).
//
// It works by table: x/text needs twenty times as long, and a search folds
// thousands of names.
func Fold(s string) string {
	t := foldTable()
	var b strings.Builder
	b.Grow(len(s))
	blank := false
	for i := 0; i < len(s); {
		r, n := rune(s[i]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRuneInString(s[i:])
		}
		i += n
		switch {
		case r < foldEnd:
			r = rune(t[r])
		case unicode.Is(unicode.Mn, r):
			continue
		case unicode.IsSpace(r):
			r = ' '
		default:
			r = unicode.ToLower(r)
		}
		switch {
		case r == 0: // a mark
		case r == ' ':
			blank = b.Len() > 0
		default:
			if blank {
				b.WriteByte(' ')
				blank = false
			}
			b.WriteRune(r)
		}
	}
	return b.String()
}

// foldEnd ends the table after Latin Extended Additional, where Vietnamese's
// composed letters are.
const foldEnd = 0x1F00

var foldTable = sync.OnceValue(func() *[foldEnd]uint16 {
	t := new([foldEnd]uint16)
	for r := rune(0); r < foldEnd; r++ {
		base := r
		if d := norm.NFD.String(string(r)); len(d) > 0 {
			base, _ = utf8.DecodeRuneInString(d)
		}
		switch {
		case r == 'đ' || r == 'Đ' || r == 'ð' || r == 'Ð': // Ð (eth) is typed for Đ in old documents
			t[r] = 'd'
		case unicode.Is(unicode.Mn, r) || r == 0:
			t[r] = 0
		case unicode.IsSpace(r):
			t[r] = ' '
		default:
			t[r] = uint16(unicode.ToLower(base))
		}
	}
	return t
})
