package table_test

import (
	"fmt"
	"strings"
	"testing"

	"cchc/base/table"
)

// aliases are nine texts of nine times the one before: 9⁹ when they are followed.
func aliases() string {
	s := "a: &a [x,x,x,x,x,x,x,x,x]\n"
	for c := 'b'; c < 'k'; c++ {
		s += fmt.Sprintf("%c: &%c [%s]\n", c, c, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*%c,", c-1), 9), ","))
	}
	return s
}

// A mapping is read or refused, whatever its text is: with aliases that grow, with
// depths without end.
func FuzzParseMapping(f *testing.F) {
	for _, s := range []string{"columns:\n  code: Mã hồ sơ\n", aliases(), strings.Repeat("[", 10_000), strings.Repeat("{a: ", 10_000), "a: &a [*a]", "? ? ?", "!!binary x", "", " ", "0", "-1", "\x00", "\xff\xfe", "\u202e", "99999999999999999999", "e\u0302\u0301", "||||||||", "31/02/2026", "0000-00-00", "9999-12-31T24:61", "1e400", "NaN"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) { table.ParseMapping(text) })
}
