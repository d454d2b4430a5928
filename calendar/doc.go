// Package calendar is the statutory working-time clock (lịch làm việc và thời
// hạn giải quyết): office hours, days off and make-up days of a unit, and the
// due date of a limit counted over them, with everything that stops the clock.
//
// All of it is arithmetic: no database, no network, no time.Now. A due date is
// a function of the receipt, the limit, the stops and the calendar, so anyone
// can compute it again (see data/vectors_due.csv).
//
// # How a limit is counted
//
// The clock works in whole seconds; milliseconds are cut off, so a receipt at
// 15:00:00.9 is one at 15:00:00, which is what its paper says.
//
// A receipt outside office hours takes effect when the next session begins.
// Sessions include both ends: 11:30:00 and 17:00:00 are still inside, 11:30:01
// takes effect at 13:00. The day on which the receipt takes effect is the day
// of receipt and is not counted (Bộ luật Dân sự 91/2015/QH13, art. 147.2).
//
// A unit counts working days by one of two conventions. Days: whole working
// days, to the close of the last. Clock: the same time of day, N working days
// later. Other units of limit are the same under both. Whatever ends on a day
// off ends at the close of the next working day (art. 148.5).
//
// A day can be open for reception without counting as a working day (many
// offices receive on Saturday morning). A receipt on it takes effect at its own
// time and the counting begins with the next working day.
package calendar
