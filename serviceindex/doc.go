// Package serviceindex is the room of the real-time service index (chỉ số phục
// vụ người dân, doanh nghiệp): points for a unit, computed now from the facts of
// the other rooms.
//
// A Set is one version of the formulas, read from data with its dates and
// marks; a rule is one of five kinds and no other. A Value is a numerator and a
// denominator; a parent's is the sum of its units', and points are computed from
// the sums, rounded half-up to two decimals per metric, then added. What needs
// outside data is entered by hand, by month, and says so. Scores of different
// versions are never compared.
//
// Every score opens: points, formula with its numbers, measure, and the list of
// what was counted, with as many rows as the number says.
//
// Law: QĐ 766/QĐ-TTg of 23/06/2022. The formulas were computed again on published
// values of provinces and communes and match to the cent (testdata/golden_766.csv).
package serviceindex
