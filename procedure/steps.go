package procedure

import (
	"cchc/base/actor"
	"cchc/calendar"
)

// dayHours is what a working day is in steps.
const dayHours = 8

// Hours returns what the steps of a limit add up to, in thousandths of a working
// hour: 8 a working day, 8 for "within the day". A limit in calendar days,
// months or years has 8 for each of its days, a month being 30 and a year 365:
// there the hours are shares of the limit, and not time on the clock.
func Hours(l calendar.Limit) calendar.Quantity {
	switch l.Unit {
	case calendar.Hour:
		return l.Qty
	case calendar.SameDay:
		return dayHours * 1000
	case calendar.Month:
		return l.Qty * 30 * dayHours
	case calendar.Year:
		return l.Qty * 365 * dayHours
	}
	return l.Qty * dayHours
}

// ProposeSteps returns steps for a procedure that has none entered: receive,
// process, sign, return. An eighth of the limit each, at most half a day, goes to
// receiving and returning, an eighth and at most a day to signing, and the rest
// to the specialist; together they are the limit to the thousandth. The names
// are Vietnamese because they stand beside the procedure's own, as data; they
// are marked as proposed until somebody enters others. A limit of zero has none.
func ProposeSteps(l calendar.Limit) []Step {
	total := Hours(l)
	if total < 8 {
		return nil
	}
	half, day := min(total/8, 4000), min(total/8, 8000)
	return []Step{
		{Name: "Tiếp nhận, chuyển hồ sơ", Role: string(actor.OneStop), Hours: half, Proposed: true},
		{Name: "Thẩm định, xử lý hồ sơ", Role: string(actor.Specialist), Hours: total - 2*half - day, Proposed: true},
		{Name: "Ký duyệt kết quả", Role: string(actor.Chairperson), Hours: day, Proposed: true},
		{Name: "Trả kết quả", Role: string(actor.OneStop), Hours: half, Proposed: true},
	}
}
