package dossierweb

import (
	"context"
	"net/http"
	"strings"

	"cchc/base/i18n"
	"cchc/base/web/list"
	"cchc/base/web/ui"
)

// tableRows is how many rows of a counter's table stand on a page.
const tableRows = 50

// A tableColumn is one column of a table of the counter: how it sorts and what
// stands in the file.
type tableColumn[T any] struct {
	key, label string
	numeric    bool
	down       bool            // the first click sorts downwards
	sort       func(*T) string // nil: does not sort
	cell       func(*T) string // nil: not in the file
}

// A table is a list of one desk, read whole: at most some thousands of rows.
type table[T any] struct {
	list.Slice[T]
	columns []tableColumn[T]
	address list.Address
}

// newTable sorts and cuts rows as the address asks; a file has all of them.
func newTable[T any](rows []T, q *list.Query, usual list.Order, address list.Address, id func(*T) string, columns []tableColumn[T]) table[T] {
	keys := list.Keys[T]{ID: id, By: map[string]func(*T) string{}}
	for _, c := range columns {
		if c.sort != nil {
			keys.By[c.key] = c.sort
		}
	}
	limit := tableRows
	if q.Format != "" {
		limit = 0
	}
	out := table[T]{Slice: list.Cut(rows, q, usual, keys, limit), columns: columns, address: address}
	if q.Sort != "" {
		out.address.Values.Set("sort", q.Sort)
	}
	return out
}

func (t *table[T]) heads() []ui.Column {
	var out []list.Column
	for _, c := range t.columns {
		out = append(out, list.Column{Key: c.key, Label: c.label, Sorts: c.sort != nil, Down: c.down, Numeric: c.numeric})
	}
	return list.Heads(out, t.Order, t.address)
}

func (t *table[T]) pager(ctx context.Context) ui.Pager {
	return list.Pager(t.address, t.Before, t.After, i18n.T(ctx, "counter.table.shown", "Count", len(t.Rows), "All", t.All))
}

// send sends the whole table as a file.
func (t *table[T]) send(w http.ResponseWriter, r *http.Request, format, name string) error {
	f := list.File{Format: format, Name: name}
	for _, c := range t.columns {
		if c.cell != nil {
			f.Header = append(f.Header, c.label)
		}
	}
	f.Rows = func(add func([]string) error) error {
		for i := range t.Rows {
			var cells []string
			for _, c := range t.columns {
				if c.cell != nil {
					cells = append(cells, c.cell(&t.Rows[i]))
				}
			}
			if err := add(cells); err != nil {
				return err
			}
		}
		return nil
	}
	return list.Send(w, r, f)
}

// finds reports whether a text is in any of the others, without marks and case.
func finds(text string, in ...string) bool {
	return text == "" || strings.Contains(i18n.Fold(strings.Join(in, " ")), i18n.Fold(strings.TrimSpace(text)))
}
