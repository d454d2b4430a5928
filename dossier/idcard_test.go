package dossier

import (
	"strings"
	"testing"

	"cchc/base/fault"
	"cchc/base/moment"
)

func TestACitizenCardIsReadAndWhatIsWrongWithItNamed(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		about, text string
		want        Card
		wrong       string
	}{
		{"as printed since 2021", "049185001234|201234567|Nguyễn Thị Ánh|02091985|Nữ|Thôn 3, Gio Hải, Quảng Trị|10052021",
			Card{"049185001234", "201234567", "Nguyễn Thị Ánh", moment.NewDate(1985, 9, 2), "Nữ", "Thôn 3, Gio Hải, Quảng Trị", moment.NewDate(2021, 5, 10)}, ""},
		{"never had an older card", "049205001234||Lê Văn Bảy|31012005|Nam|Tổ 1|01072023",
			Card{"049205001234", "", "Lê Văn Bảy", moment.NewDate(2005, 1, 31), "Nam", "Tổ 1", moment.NewDate(2023, 7, 1)}, ""},
		{"newer cards say more at the end", "049205001234||Lê  Văn Bảy|31012005|Nam|Tổ 1|01072024||Lê Văn Cha|Trần Thị Mẹ|\n",
			Card{"049205001234", "", "Lê Văn Bảy", moment.NewDate(2005, 1, 31), "Nam", "Tổ 1", moment.NewDate(2024, 7, 1)}, ""},
		{"without the day of issue", "049205001234||Lê Văn Bảy|01011950|Nam|Tổ 1",
			Card{"049205001234", "", "Lê Văn Bảy", moment.NewDate(1950, 1, 1), "Nam", "Tổ 1", 0}, ""},
		{"cut off", "049205001234||Lê Văn Bảy|3101", Card{}, "counter.card.parts"},
		{"a digit missing", "04920500123||Lê Văn Bảy|31012005|Nam|Tổ 1|01072023", Card{}, "counter.card.number"},
		{"an old number of eight digits", "049205001234|20123456|Lê Văn Bảy|31012005|Nam|Tổ 1|01072023", Card{}, "counter.card.old"},
		{"marks lost on the keyboard", "049205001234||L? V?n B?y|31012005|Nam|Tổ 1|01072023", Card{}, "counter.card.name"},
		{"no name", "049205001234|||31012005|Nam|Tổ 1|01072023", Card{}, "counter.card.name"},
		{"born on no day", "049205001234||Lê Văn Bảy|31022005|Nam|Tổ 1|01072023", Card{}, "counter.card.born"},
		{"issued on no day", "049205001234||Lê Văn Bảy|31012005|Nam|Tổ 1|2023", Card{}, "counter.card.issued"},
		{"something else", "H99.101-261123-0001", Card{}, "counter.card.parts"},
	} {
		got, err := ParseCard(x.text)
		if got != x.want {
			t.Errorf("%s: ParseCard = %+v, want %+v", x.about, got, x.want)
		}
		f := fault.As(err)
		switch {
		case x.wrong == "" && err != nil, x.wrong != "" && (f == nil || len(f.Fields) != 1 || f.Fields[0].Key != x.wrong):
			t.Errorf("%s: ParseCard says %v, want %q", x.about, err, x.wrong)
		case err != nil && strings.Contains(err.Error(), "Bảy"):
			t.Errorf("%s: the fault repeats somebody's data: %v", x.about, err)
		}
	}
}
