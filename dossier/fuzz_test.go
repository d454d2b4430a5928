package dossier_test

import (
	"testing"

	"cchc/dossier"
)

// Codes, cards as scanners type them, kinds of turns as people write them, times of
// others: whatever is typed is read or refused, and a code that was read is written as
// it was.
func FuzzTyped(f *testing.F) {
	for _, s := range []string{"H21.101-261123-0001", "000.00.01.H21-261123-0001", "049185001234|191234567|Nguyễn Văn A|01011985|Nam|Thôn 1, xã A|01012021", "A Đất đai\nB Hộ tịch", "2026-11-23T09:00:00+07:00", "20261123090000", "", " ", "0", "-1", "\x00", "\xff\xfe", "\u202e", "99999999999999999999", "e\u0302\u0301", "||||||||", "31/02/2026", "0000-00-00", "9999-12-31T24:61", "1e400", "NaN"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if c, err := dossier.ParseCode(s); err == nil {
			if again, err := dossier.ParseCode(c.String()); err != nil || again != c {
				t.Errorf("%q is %v, which is read as %v, %v", s, c, again, err)
			}
		}
		dossier.ParseCard(s)
		if kinds, err := dossier.ParseTurnKinds(s, "kinds"); err == nil && len(kinds) > dossier.MostTurnKinds {
			t.Errorf("%q gives %d kinds", s, len(kinds))
		}
		dossier.ReadTime(s)
	})
}
