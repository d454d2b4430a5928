package list

import (
	"cmp"
	"fmt"
	"slices"

	"cchc/base/i18n"
	"cchc/base/moment"
)

// Keys are what the rows of a list in memory can be sorted by: texts that order by
// their bytes. ID tells rows with the same key apart; it has no "~".
type Keys[T any] struct {
	ID func(*T) string
	By map[string]func(*T) string
}

// Names are the keys, for Query.Order.
func (k Keys[T]) names() []string {
	out := make([]string, 0, len(k.By))
	for name := range k.By {
		out = append(out, name)
	}
	return out
}

// A Slice is a page of a list that is in memory.
type Slice[T any] struct {
	Rows          []T
	Before, After Cursor
	Order         Order
	All           int // rows of the whole list
}

// Cut sorts rows as the address asks, usual when it does not, and cuts the page
// that it asks for; limit 0 is all of them, for a file. It goes over the rows once
// and sorts no more than a page; rows stays as it is.
func Cut[T any](rows []T, q *Query, usual Order, keys Keys[T], limit int) Slice[T] {
	out := Slice[T]{Order: q.Order(usual, keys.names()...), All: len(rows)}
	by := keys.By[out.Order.Key]
	if by == nil {
		by = keys.ID
	}
	at := q.Cursor()
	if limit <= 0 {
		limit, at = len(rows), Cursor{}
	}
	type place struct {
		key, id string
		i       int
	}
	sign := 1
	if out.Order.Desc != at.Back { // backwards is the other way round
		sign = -1
	}
	compare := func(a, b place) int { return sign * cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.id, b.id)) }
	from := place{key: at.Key, id: at.ID}
	most := limit + 1
	var best []place // sorted once it is full
	for i := range rows {
		p := place{key: by(&rows[i]), id: "", i: i}
		if full := len(best) >= most; full && sign*cmp.Compare(p.key, best[most-1].key) > 0 {
			continue
		}
		p.id = keys.ID(&rows[i])
		if !at.IsZero() && compare(p, from) <= 0 {
			continue
		}
		if len(best) < most {
			if best = append(best, p); len(best) == most {
				slices.SortFunc(best, compare)
			}
			continue
		}
		if n, _ := slices.BinarySearchFunc(best, p, compare); n < most {
			copy(best[n+1:], best[n:most-1])
			best[n] = p
		}
	}
	if len(best) < most {
		slices.SortFunc(best, compare)
	}
	best, before, after := Turn(best, at, limit)
	for _, p := range best {
		out.Rows = append(out.Rows, rows[p.i])
	}
	if len(best) == 0 {
		return out
	}
	if first := best[0]; before {
		out.Before = Cursor{Key: first.key, ID: first.id, Back: true}
	}
	if last := best[len(best)-1]; after {
		out.After = Cursor{Key: last.key, ID: last.id}
	}
	return out
}

// Number is a number as a key.
func Number(n int64) string { return fmt.Sprintf("%016x", uint64(n)+1<<63) }

// When is a moment as a key: none is infinitely far.
func When(t moment.Instant) string {
	if t == 0 {
		return "z" // after every number
	}
	return Number(int64(t))
}

// Name is a text as a key, in the order of a Vietnamese dictionary.
func Name(s string) string { return fmt.Sprintf("%x", i18n.CollationKey(s)) }
