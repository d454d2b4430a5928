package auth

import (
	"strings"
	"unicode"

	"github.com/trustelem/zxcvbn"
	"golang.org/x/text/unicode/norm"
)

// usual are words of which people in Vietnam make passwords, without marks, the most
// usual first: the dictionaries of the estimate know no Vietnamese. Years, rows of keys
// and repetitions it knows.
var usual = strings.Fields(`
	matkhau anhyeuem emyeuanh yeuem iuem anhiuem vietnam quantri admin cchc
	anhyeu emyeu yeuanh yeuemnhieu yeuanhnhieu nhieulam maimai mainhe maiyeu mylove
	matkhaumoi matkhaucu matma khongbiet khongco khongcomatkhau quenmatkhau doimatkhau dangnhap taikhoan
	quantrihethong quantrivien hethong nhanvien canbo congchuc chuyenvien vanphong ubnd uyban uybannhandan
	motcua hanhchinh hanhchinhcong dichvucong caicachhanhchinh chinhquyen hoidong hdnd chutich phochutich
	hanoi saigon danang haiphong cantho hue nghean thanhhoa quangtri quangbinh quangnam vietnamvodich
	bachkhoa hoctap sinhvien giaovien congty giadinh bome conyeu beyeu banbe tinhyeu hanhphuc maymay
	cuoicung tuoitre cuocsong thienthan hoangtu congchua batu nguyen tran pham hoang nguyenvan
	mot hai ba bon nam sau bay tam chin muoi motcaimatkhau conheo conmeo concho
	toiyeu toiyeuvietnam yeunuoc bachoviet hochiminh doclap tudohanhphuc doclaptudohanhphuc
`)

// plain returns a password as people guess it: lower case, without marks, đ as d.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Mn, r):
			return -1
		case r == 'đ' || r == 'Đ':
			return 'd'
		}
		return unicode.ToLower(r)
	}, norm.NFD.String(s))
}

// letters leaves only letters and digits: "Xã Gio Hải" and "xa-gio-hai" are one.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, plain(s))
}

// guesses estimates how many of a password somebody needs who knows what people
// choose: as it is typed, and as it is without marks and blanks.
func guesses(password string, own []string) float64 {
	words := append(own[:len(own):len(own)], usual...)
	least := zxcvbn.PasswordStrength(password, words).Guesses
	for _, s := range []string{plain(password), letters(password)} {
		// Where signs are a good part of it they are not left out.
		if s != password && 4*len(s) >= 3*len(plain(password)) {
			least = min(least, zxcvbn.PasswordStrength(s, words).Guesses)
		}
	}
	return least
}

// kinds are words before the proper name of a unit.
var kinds = []string{"uybannhandan", "ubnd", "dackhu", "phuong", "thitran", "thixa", "thanhpho", "huyen", "quan", "tinh", "xa", "so", "phong", "trungtam"}

// proper returns the name of a unit without what kind it is: "Xã Gio Hải" is giohai.
func proper(name string) string {
	s := letters(name)
	for _, k := range kinds {
		if rest, ok := strings.CutPrefix(s, k); ok && len(rest) >= 4 {
			return rest
		}
	}
	return s
}

// names reports whether a password contains one of the names: of a unit where its
// owner works.
func names(password string, units []string) bool {
	p := letters(password)
	for _, u := range units {
		if n := proper(u); len(n) >= 4 && strings.Contains(p, n) {
			return true
		}
	}
	return false
}
