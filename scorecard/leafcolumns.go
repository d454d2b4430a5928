package scorecard

import (
	"slices"
	"strings"

	"cchc/base/table"
	"cchc/scorecard/criteria"
)

// What stands beside a leaf in the header of a wide table, where it has two columns.
var (
	selfWords  = []string{"Tự chấm", "Điểm tự chấm", "Tự đánh giá"}
	finalWords = []string{"Thẩm định", "Điểm thẩm định", "Điểm", "Kết quả", "Điểm cuối cùng"}
)

// selfColumn is how a reader calls the column of a leaf's self-score.
func selfColumn(code string) string { return "self:" + code }

// leafColumns returns the columns of a wide table: one for each leaf, found by its
// code, its code and name, or a name that no other leaf and no column of others has;
// and one for its self-score.
func leafColumns(items []*criteria.Node, others []table.Column) []table.Column {
	taken := map[string]int{}
	for _, c := range others {
		for _, s := range append([]string{c.Name}, c.Names...) {
			taken[table.Fold(s)] = 2
		}
	}
	for _, n := range items {
		taken[table.Fold(n.Name)]++
	}
	var out []table.Column
	for _, n := range items {
		names := []string{n.Code, n.Code + " " + n.Name}
		if taken[table.Fold(n.Name)] == 1 {
			names = append(names, n.Name)
		}
		final, self := table.Column{Name: n.Code, Names: names}, table.Column{Name: selfColumn(n.Code)}
		for _, name := range names {
			for _, w := range finalWords {
				final.Names = append(final.Names, name+" "+w)
			}
			for _, w := range selfWords {
				self.Names = append(self.Names, name+" "+w, w+" "+name)
			}
		}
		out = append(out, final, self)
	}
	return out
}

// optional returns columns of which none must be there.
func optional(list []table.Column) []table.Column {
	list = slices.Clone(list)
	for i := range list {
		list[i].Need = false
	}
	return list
}

// strange returns the columns of a file that nobody asked for, as it calls them.
func strange(t *table.Reader) []string {
	var out []string
	names := t.Names()
	for i, h := range t.Header() {
		if names[i] == "" && strings.TrimSpace(h) != "" {
			out = append(out, h)
		}
	}
	return out
}
