// Package list is the kit for pages of many rows: what their address holds, heads
// that sort, paging by keys, what was filtered in words, files of exactly what is
// shown, and views that a person keeps. A room embeds Query in its own query:
//
//	type query struct {
//		web.Form
//		list.Query
//		Unit string `form:"unit"`
//	}
//
//	func (q *query) at() list.Address {
//		return list.At("/things", "unit", q.Unit, "sort", q.Sort)
//	}
//
// and shows a page so:
//
//	order := in.Order(list.Order{Key: "due"}, "due", "code")
//	rows, prev, next := …                     // after or before in.Cursor(), by order
//	ui.Table(ui.TableProps{Columns: list.Heads(columns, order, in.at())})
//	ui.Pages(list.Pager(in.at(), prev, next, shown))
//
// The statement of a list orders by a key that is never NULL and then by id, so
// that the place of every row is certain, and goes on after both:
//
//	AND (COALESCE(due_at, 4503599627370496), id) > (:key, :id)   --[id]
//	ORDER BY COALESCE(due_at, 4503599627370496), id
//
// What is missing sorts as if it were infinitely late: last going up, first going
// down. Names sort by a stored i18n.CollationKey, never by the engine. Going back
// is the same statement the other way round, its rows turned about: see Turn.
package list
