package list

import (
	"context"
	"net/http"
	"strings"

	"cchc/base/i18n"
	"cchc/base/web/ui"
)

// tableRows is how many rows of a Table stand on a page.
const tableRows = 50

// A Field is one column of a Table: how it sorts and what stands in the file.
type Field[T any] struct {
	Key, Label string
	Numeric    bool
	Down       bool            // the first click sorts downwards
	Sort       func(*T) string // nil: does not sort
	Cell       func(*T) string // nil: not in the file
}

// A Table is a list that is read whole, some thousands of rows at most: sorted and
// cut to a page by the address, or all of it as a file.
type Table[T any] struct {
	Slice[T]
	Address Address
	fields  []Field[T]
}

// NewTable sorts and cuts rows as the address asks, usual when it does not; a file
// has all of them. id tells rows apart and has no "~".
func NewTable[T any](rows []T, q *Query, usual Order, address Address, id func(*T) string, fields []Field[T]) Table[T] {
	keys := Keys[T]{ID: id, By: map[string]func(*T) string{}}
	for _, f := range fields {
		if f.Sort != nil {
			keys.By[f.Key] = f.Sort
		}
	}
	limit := tableRows
	if q.Format != "" {
		limit = 0
	}
	out := Table[T]{Slice: Cut(rows, q, usual, keys, limit), fields: fields, Address: address}
	if q.Sort != "" {
		out.Address.Values.Set("sort", q.Sort)
	}
	return out
}

// Heads are the heads of the table.
func (t *Table[T]) Heads() []ui.Column {
	var out []Column
	for _, f := range t.fields {
		out = append(out, Column{Key: f.Key, Label: f.Label, Sorts: f.Sort != nil, Down: f.Down, Numeric: f.Numeric})
	}
	return Heads(out, t.Order, t.Address)
}

// Pager leads to the pages before and after, and says how many rows there are.
func (t *Table[T]) Pager(ctx context.Context) ui.Pager {
	return Pager(t.Address, t.Before, t.After, i18n.T(ctx, "list.table.shown", "Count", len(t.Rows), "All", t.All))
}

// Send sends the whole table as a file of the format, named without its ending. noted
// notes it before its first byte leaves, where people of dossiers are named in it; nil
// is for tables without them.
func (t *Table[T]) Send(w http.ResponseWriter, r *http.Request, format, name string, noted func() error) error {
	f := File{Format: format, Name: name, Done: noted}
	for _, c := range t.fields {
		if c.Cell != nil {
			f.Header = append(f.Header, c.Label)
		}
	}
	f.Rows = func(add func([]string) error) error {
		for i := range t.Rows {
			var cells []string
			for _, c := range t.fields {
				if c.Cell != nil {
					cells = append(cells, c.Cell(&t.Rows[i]))
				}
			}
			if err := add(cells); err != nil {
				return err
			}
		}
		return nil
	}
	return Send(w, r, f)
}

// Finds reports whether a text is in any of the others, without marks and case.
func Finds(text string, in ...string) bool {
	return text == "" || strings.Contains(i18n.Fold(strings.Join(in, " ")), i18n.Fold(strings.TrimSpace(text)))
}
