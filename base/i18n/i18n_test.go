package i18n

import (
	"bytes"
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"golang.org/x/text/unicode/norm"

	"cchc/base/moment"
	"cchc/base/points"
)

var (
	vi = context.Background()
	en = With(context.Background(), English)
)

func TestFormats(t *testing.T) {
	t.Parallel()
	at, _ := moment.ParseInstant("2026-11-27T17:00")
	for _, c := range []struct{ call, got, want string }{
		{"Date", Date(vi, at.Date()), "27/11/2026"},
		{"Date of none", Date(vi, 0), "–"},
		{"Instant vi", Instant(vi, at), "17:00 thứ Sáu 27/11/2026"},
		{"Instant en", Instant(en, at), "17:00 Friday 27/11/2026"},
		{"Instant on a Sunday", Instant(vi, at.Add(48*time.Hour)), "17:00 Chủ nhật 29/11/2026"},
		{"ShortInstant", ShortInstant(vi, at), "27/11/2026 17:00"},
		{"DayMonth", DayMonth(vi, at.Date()), "27/11"},
		{"Month vi", Month(vi, at.Date()), "tháng 11/2026"},
		{"Month en", Month(en, at.Date()), "November 2026"},
		{"Number vi", Number(vi, 1234567), "1.234.567"},
		{"Number en", Number(en, 1234567), "1,234,567"},
		{"Number of three digits", Number(vi, 999), "999"},
		{"Number below zero", Number(vi, -1000), "−1.000"},
		{"Decimal vi", Decimal(vi, 12_345_000), "1.234,50"},
		{"Decimal en", Decimal(en, 12_345_000), "1,234.50"},
		{"Delta up", Delta(vi, 103_100), "+10,31"},
		{"Delta down", Delta(en, -12_000), "−1.20"},
		{"Delta none", Delta(vi, 0), "0,00"},
		{"Percent vi", Percent(vi, points.Ratio{Num: 31205, Den: 32068}), "97,31 %"},
		{"Percent en", Percent(en, points.Ratio{Num: 31205, Den: 32068}), "97.31%"},
		{"Percent of nothing", Percent(vi, points.Ratio{}), "–"},
		{"Share", Share(vi, points.Ratio{Num: 31205, Den: 32068}), "97,31 % (31.205 / 32.068)"},
		{"Money", Money(vi, 50_000), "50.000 đ"},
		{"Hours", Hours(vi, 6*time.Hour+30*time.Minute), "6 giờ 30 phút"},
		{"Hours en", Hours(en, time.Hour), "1 hour"},
	} {
		if c.got != c.want {
			t.Errorf("%s = %q, want %q", c.call, c.got, c.want)
		}
	}
}

func TestTChoosesThePluralFormAndWritesValuesForPeople(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		ctx  context.Context
		n    int
		want string
	}{{vi, 1, "1 giờ"}, {vi, 1234, "1.234 giờ"}, {en, 1, "1 hour"}, {en, 0, "0 hours"}, {en, 1234, "1,234 hours"}} {
		if got := T(c.ctx, "i18n.hours", "Count", c.n); got != c.want {
			t.Errorf("T(%s, hours, %d) = %q, want %q", Lang(c.ctx), c.n, got, c.want)
		}
	}
}

func TestTGivesAnUnknownKeyBack(t *testing.T) {
	t.Parallel()
	if got := T(vi, "no.such.key", "Count", 3); got != "no.such.key" {
		t.Errorf("T of an unknown key = %q", got)
	}
}

func TestLoadRefusesAKeyInTwoFiles(t *testing.T) {
	t.Parallel()
	_, err := load(fstest.MapFS{
		"messages/a.vi.toml": {Data: []byte(`"a.x" = "một"`)},
		"messages/b.vi.toml": {Data: []byte(`"a.x" = "hai"`)},
	}, Vietnamese)
	if err == nil || !strings.Contains(err.Error(), "a.x") {
		t.Errorf("load = %v, want an error that names a.x", err)
	}
}

func TestMatch(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]string{
		"": "vi", "en-GB,en;q=0.9": "en", "fr-FR,fr": "vi", "vi,en;q=0.5": "vi", "en;q=0.3,vi;q=0.9": "vi", ";;": "vi",
	} {
		if got := Match(header); got != want {
			t.Errorf("Match(%q) = %q, want %q", header, got, want)
		}
	}
}

func TestFold(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Đăng ký  khai sinh": "dang ky khai sinh",
		" ƯỚC  Ờ ":           "uoc o",
		"Thẩm định, cấp GCN": "tham dinh, cap gcn",
		"Xã Gio Hải":         "xa gio hai",
		"1.013978":           "1.013978",
		"Phường Đông Hà":     "phuong dong ha",
		"":                   "",
		"日本 Ā":               "日本 a",
		"\u00d0\u0103ng":     "dang",
	} {
		for _, form := range []norm.Form{norm.NFC, norm.NFD} {
			if got := Fold(form.String(in)); got != want {
				t.Errorf("Fold(%+q) = %q, want %q", form.String(in), got, want)
			}
		}
	}
}

func FuzzFold(f *testing.F) {
	f.Add("Đăng ký khai sinh")
	f.Add("\xff\x00 ạ̈")
	f.Fuzz(func(t *testing.T, s string) {
		once := Fold(s)
		if again := Fold(once); again != once {
			t.Errorf("Fold(%q) = %q, and folded again %q", s, once, again)
		}
		if upper := Fold(strings.ToUpper(once)); strings.ToLower(strings.ToUpper(once)) == once && upper != once {
			t.Errorf("Fold(%q) = %q, of its upper case %q", s, once, upper)
		}
	})
}

func BenchmarkFold(b *testing.B) {
	for b.Loop() {
		Fold("Đăng ký, cấp Giấy chứng nhận quyền sử dụng đất lần đầu")
	}
}

func BenchmarkT(b *testing.B) {
	b.Run("plain", func(b *testing.B) {
		for b.Loop() {
			T(vi, "web.skip")
		}
	})
	b.Run("counted", func(b *testing.B) {
		for b.Loop() {
			T(vi, "i18n.hours", "Count", 3)
		}
	})
}

func TestVietnameseOrder(t *testing.T) {
	t.Parallel()
	want := []string{"An", "Ăn", "Ân", "Bà", "Bả", "Bã", "Bá", "Bạ", "Danh", "Đa", "Đông Hà", "Ô", "Ơ", "Uy", "Ưa"}
	got := slices.Clone(want)
	rand.Shuffle(len(got), func(i, j int) { got[i], got[j] = got[j], got[i] })
	SortBy(got, func(s string) string { return s })
	if !slices.Equal(got, want) {
		t.Errorf("sorted %q, want %q", got, want)
	}
	for i := 1; i < len(want); i++ {
		if bytes.Compare(CollationKey(want[i-1]), CollationKey(want[i])) >= 0 {
			t.Errorf("CollationKey(%s) is not before CollationKey(%s)", want[i-1], want[i])
		}
	}
}
