package list_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"cchc/base/moment"
	"cchc/base/web/list"
)

type item struct {
	id   int
	size int64
}

var items = list.Keys[item]{
	ID: func(x *item) string { return fmt.Sprintf("%03d", x.id) },
	By: map[string]func(*item) string{"size": func(x *item) string { return list.Number(x.size) }},
}

// Page by page, both ways and both orders, a list in memory is what sorting it
// whole gives, and the way back leads over the same pages.
func TestAListInMemoryPagesThroughAllItsRows(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		sort string
		n    int
	}{{"size", 103}, {"-size", 103}, {"", 40}, {"-size", 20}, {"size", 0}, {"size", 10}} {
		r := rand.New(rand.NewPCG(1, uint64(c.n)))
		var rows []item
		for i := range c.n {
			rows = append(rows, item{i, int64(r.IntN(15) - 7)}) // many are alike, some below zero
		}
		r.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		want := slices.Clone(rows)
		slices.SortFunc(want, func(a, b item) int {
			out := cmp.Or(cmp.Compare(a.size, b.size), cmp.Compare(a.id, b.id))
			if c.sort != "size" {
				out = -out
			}
			return out
		})
		usual := list.Order{Key: "size", Desc: true}
		whole := list.Cut(rows, &list.Query{Sort: c.sort}, usual, items, 0)
		if !reflect.DeepEqual(whole.Rows, want) && c.n > 0 || whole.All != c.n {
			t.Fatalf("%q: whole %v\nwant %v", c.sort, whole.Rows, want)
		}
		q := &list.Query{Sort: c.sort}
		var got []item
		var pages []list.Slice[item]
		for {
			p := list.Cut(rows, q, usual, items, 10)
			pages = append(pages, p)
			got = append(got, p.Rows...)
			if p.After.IsZero() {
				break
			}
			q = &list.Query{Sort: c.sort, After: p.After.String()}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: by pages %v\nwant %v", c.sort, got, want)
		}
		for i := len(pages) - 1; i > 0; i-- {
			p := list.Cut(rows, &list.Query{Sort: c.sort, Before: pages[i].Before.String()}, usual, items, 10)
			if !slices.Equal(p.Rows, pages[i-1].Rows) || p.After.IsZero() || p.Before.IsZero() != (i == 1) {
				t.Errorf("%q: back from page %d: %v, want %v", c.sort, i+1, p.Rows, pages[i-1].Rows)
			}
		}
	}
}

func TestWhatIsMissingIsInfinitelyFar(t *testing.T) {
	t.Parallel()
	if list.When(0) <= list.When(moment.Instant(1<<60)) {
		t.Error("a moment that is missing is not after all others")
	}
}
