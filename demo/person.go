package demo

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"cchc/base/i18n"
	"cchc/dossier"
)

// Names as they are spread among people, more or less.
var (
	families = strings.Fields(`Nguyễn Nguyễn Nguyễn Nguyễn Nguyễn Trần Trần Lê Lê Phạm Phạm Hoàng Huỳnh Phan Vũ Võ Đặng Bùi Đỗ
		Hồ Ngô Dương Lý Đinh Trịnh Mai Lương Hà Nông Vi Lò Quách`)
	womenMiddle = strings.Fields("Thị Thị Thị Thị Ngọc Thu Thanh Minh Hồng Kim Phương")
	menMiddle   = strings.Fields("Văn Văn Văn Văn Đức Hữu Minh Quang Công Xuân Đình Ngọc")
	womenGiven  = strings.Fields("Hoa Hương Lan Mai Hạnh Thảo Linh Trang Hằng Nga Yến Loan Thuý Dung Phượng Nhung Oanh Vân Hiền Liên Thơm Ánh")
	menGiven    = strings.Fields("Hùng Dũng Cường Tuấn Nam Sơn Hải Long Thắng Bình Khánh Trung Kiên Hiếu Quân Toàn Phúc Thành Tiến Lợi Đạt Khoa")
	hamlets     = strings.Fields("Đoài Đông Thượng Hạ Trung Nội Ngoại Tân Bến Chùa Đình Cầu")
)

func pick[T any](rng *rand.Rand, list []T) T { return list[rng.IntN(len(list))] }

func personName(rng *rand.Rand) string {
	if rng.IntN(2) == 0 {
		return pick(rng, families) + " " + pick(rng, womenMiddle) + " " + pick(rng, womenGiven)
	}
	return pick(rng, families) + " " + pick(rng, menMiddle) + " " + pick(rng, menGiven)
}

// applicant invents a person of a commune. No number can be anybody's: 099 is no
// province's code in an identity number, 0199 is a prefix that telephone numbers
// have not had since 2018, and example.com is reserved.
func applicant(rng *rand.Rand, c *commune) dossier.Person {
	p := dossier.Person{
		Name:     personName(rng),
		IDNumber: fmt.Sprintf("099%d%02d%06d", rng.IntN(4), rng.IntN(100), rng.IntN(1_000_000)),
		Phone:    fmt.Sprintf("0199%06d", rng.IntN(1_000_000)),
		Address:  "Thôn " + pick(rng, hamlets) + ", " + c.Name + ", " + provinceName,
	}
	if rng.IntN(5) == 0 {
		p.Email = strings.ReplaceAll(i18n.Fold(p.Name), " ", ".") + fmt.Sprintf("%d@example.com", rng.IntN(1000))
	}
	if rng.IntN(40) == 0 {
		p.Representative = personName(rng)
	}
	return p
}
