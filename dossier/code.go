package dossier

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"cchc/base/db"
	"cchc/base/moment"
)

// A Code is the number of a dossier (mã hồ sơ) taken apart: the agency's code,
// the day and the number of that day.
//
// Commune and province: V1V2V3.Z1Z2.Y1Y2.MX1X2-YYMMDD-XXXX
// (000.00.16.H40-180123-0012, Thông tư 03/2018/TT-VPCP) and the newer style with
// the code of QĐ 20/2020/QĐ-TTg in front (H55.242-261123-0001). Ministry:
// G09.20-20260609-0092637. The number of the day may pass 9,999.
type Code struct {
	Agency string
	Day    moment.Date
	Number int64
}

var codeForm = regexp.MustCompile(`^([A-Z0-9]{1,3}(?:\.[A-Z0-9]{2,3}){0,8})-(\d{6}|\d{8})-(\d{4,9})$`)

// ParseCode reads a dossier's number in either style. Spaces around it and lower
// case are forgiven: people type it from a paper.
func ParseCode(s string) (Code, error) {
	m := codeForm.FindStringSubmatch(strings.ToUpper(strings.TrimSpace(s)))
	if m == nil {
		return Code{}, fmt.Errorf("%q is not the number of a dossier (H55.242-261123-0001)", s)
	}
	day := m[2]
	if len(day) == 6 {
		day = "20" + day
	}
	d, err := moment.ParseDate(day[:4] + "-" + day[4:6] + "-" + day[6:])
	if err != nil {
		return Code{}, fmt.Errorf("%q is not the number of a dossier: %w", s, err)
	}
	n, err := strconv.ParseInt(m[3], 10, 64)
	if err != nil || n == 0 {
		return Code{}, fmt.Errorf("%q is not the number of a dossier: its last part is not a number", s)
	}
	return Code{m[1], d, n}, nil
}

// String writes the code: ministries (codes of G) with the year in four digits
// and seven for the number, all others with six and four.
func (c Code) String() string {
	if strings.HasPrefix(c.Agency, "G") {
		return fmt.Sprintf("%s-%s-%07d", c.Agency, c.Day.Time().Format("20060102"), c.Number)
	}
	return fmt.Sprintf("%s-%s-%04d", c.Agency, c.Day.Time().Format("060102"), c.Number)
}

// One statement takes the number, so two counters never get the same, and what
// is rolled back was never given.
var numberNext = db.SQL("dossier.number.next", `
	INSERT INTO dossier_number (prefix, day, last)
	VALUES ($1, $2, 1)
	ON CONFLICT (prefix, day) DO UPDATE SET last = dossier_number.last + 1
	RETURNING last`)

// nextCode gives the next number of an agency for a day.
func nextCode(ctx context.Context, tx *db.Tx, agency string, day moment.Date) (string, error) {
	n, err := db.Value[int64](ctx, tx, numberNext, agency, day)
	if err != nil {
		return "", fmt.Errorf("number a dossier of %s: %w", agency, err)
	}
	return Code{agency, day, n}.String(), nil
}
