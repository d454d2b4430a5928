package list

import (
	"net/url"
	"slices"
	"strings"

	"cchc/base/web/ui"
)

// Query is what the address of every list has: how it is sorted, where the page
// begins, and whether a file is wanted. Embed it beside web.Form.
type Query struct {
	Sort   string `form:"sort"`   // "due", or "-due" for the other way round
	After  string `form:"after"`  // the cursor that this page comes after
	Before string `form:"before"` // or before
	Format string `form:"format"` // csv, xlsx, or "" for the page
}

// An Order is what a list is sorted by.
type Order struct {
	Key  string
	Desc bool
}

// String writes the order as addresses have it.
func (o Order) String() string {
	if o.Desc {
		return "-" + o.Key
	}
	return o.Key
}

// Order returns the order that the address asks for, when it is one of keys, and
// otherwise usual. The address then says what is shown.
func (q *Query) Order(usual Order, keys ...string) Order {
	key, desc := strings.CutPrefix(q.Sort, "-")
	if !slices.Contains(keys, key) {
		q.Sort = ""
		return usual
	}
	return Order{Key: key, Desc: desc}
}

// A Cursor is a place in a sorted list: the sort key and the id of a row. Back
// means the rows before it.
type Cursor struct {
	Key  string
	ID   string
	Back bool
}

// IsZero reports whether the cursor is no place: the list's beginning, or, as the
// next page's, its end.
func (c Cursor) IsZero() bool { return c.ID == "" }

// String writes the place for addresses.
func (c Cursor) String() string {
	if c.IsZero() {
		return ""
	}
	return c.Key + "~" + c.ID
}

// ParseCursor reads a place; what cannot be read is the beginning.
func ParseCursor(s string) Cursor {
	i := strings.LastIndexByte(s, '~')
	if i < 0 {
		return Cursor{}
	}
	return Cursor{Key: s[:i], ID: s[i+1:]}
}

// Cursor returns where the page begins.
func (q *Query) Cursor() Cursor {
	if q.Before != "" {
		c := ParseCursor(q.Before)
		c.Back = !c.IsZero()
		return c
	}
	return ParseCursor(q.After)
}

// First reports whether the address is that of the list's beginning.
func (q *Query) First() bool { return q.Cursor().IsZero() }

// Turn cuts what a statement found, with a limit of one row more than a page has,
// to the page, puts rows that were read backwards into their order, and tells
// whether there are rows before and after the page.
func Turn[T any](found []T, at Cursor, limit int) (rows []T, before, after bool) {
	more := len(found) > limit
	rows = found[:min(len(found), limit)]
	if at.Back {
		slices.Reverse(rows)
		return rows, more, true
	}
	return rows, !at.IsZero(), more
}

// An Address is where a list is, with its filters.
type Address struct {
	Path   string
	Values url.Values
}

// At makes an address of alternating names and values; empty values are left out.
func At(path string, values ...string) Address {
	a := Address{Path: path, Values: url.Values{}}
	return a.with(values)
}

func (a Address) with(set []string) Address {
	for i := 0; i+1 < len(set); i += 2 {
		if set[i+1] == "" {
			a.Values.Del(set[i])
		} else {
			a.Values.Set(set[i], set[i+1])
		}
	}
	return a
}

// With returns the address with other values, as a link. The place in the list
// and the format of a file are no part of a list's address: they are there only
// when set here.
func (a Address) With(set ...string) string {
	b := Address{Path: a.Path, Values: url.Values{}}
	for name, list := range a.Values {
		if name != "after" && name != "before" && name != "format" && len(list) > 0 && list[0] != "" {
			b.Values[name] = list
		}
	}
	return b.with(set).String()
}

// On is the address of another page with the same values.
func (a Address) On(path string) string { a.Path = path; return a.String() }

// String writes the address.
func (a Address) String() string {
	if q := a.Values.Encode(); q != "" {
		return a.Path + "?" + q
	}
	return a.Path
}

// A Column is one column of a list.
type Column struct {
	Key     string // of the sort, when Sorts; of the column in files
	Label   string
	Sorts   bool
	Down    bool // the first click sorts downwards: newest, largest first
	Numeric bool
	Hidden  bool // the label is read out only
}

// Heads makes the heads of a table of the columns: links that sort, the one in
// use marked, and another click turns it round.
func Heads(columns []Column, o Order, at Address) []ui.Column {
	out := make([]ui.Column, len(columns))
	for i, c := range columns {
		h := ui.Column{Label: c.Label, Numeric: c.Numeric, Hidden: c.Hidden}
		if c.Sorts {
			to := Order{Key: c.Key, Desc: c.Down}
			if o.Key == c.Key {
				to.Desc = !o.Desc
				h.Sorted = "ascending"
				if o.Desc {
					h.Sorted = "descending"
				}
			}
			h.Sort = at.With("sort", to.String())
		}
		out[i] = h
	}
	return out
}

// Pager leads to the pages before and after; shown says what is on this one.
func Pager(at Address, before, after Cursor, shown string) ui.Pager {
	out := ui.Pager{Shown: shown}
	if !before.IsZero() {
		out.Prev = at.With("before", before.String())
	}
	if !after.IsZero() {
		out.Next = at.With("after", after.String())
	}
	return out
}
