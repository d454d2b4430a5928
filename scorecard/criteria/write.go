package criteria

import (
	"strings"

	"cchc/base/points"
)

// A writer writes YAML in the one form that Canonical has.
type writer struct {
	b     strings.Builder
	depth int
	dash  bool // the next line begins an entry of a list
}

func (w *writer) line(key, value string) {
	indent := w.depth
	if w.dash {
		w.b.WriteString(strings.Repeat("  ", indent-1))
		w.b.WriteString("- ")
		w.dash = false
	} else {
		w.b.WriteString(strings.Repeat("  ", indent))
	}
	w.b.WriteString(key)
	w.b.WriteByte(':')
	if value != "" {
		w.b.WriteByte(' ')
		w.b.WriteString(value)
	}
	w.b.WriteByte('\n')
}

// text writes a text; an empty one is left out.
func (w *writer) text(key, s string) {
	if s != "" {
		w.line(quote(key), quote(s))
	}
}

func (w *writer) num(key string, v Num)              { w.line(key, v.String()) }
func (w *writer) points(key string, p points.Points) { w.line(key, plain(p)) }

// flag writes true; false is left out.
func (w *writer) flag(key string, on bool) {
	if on {
		w.line(key, "true")
	}
}

// open begins a map or list under a key, which fn writes.
func (w *writer) open(key string, fn func()) {
	w.line(key, "")
	w.depth++
	fn()
	w.depth--
}

// entry writes one map of a list.
func (w *writer) entry(fn func()) {
	w.dash = true
	fn()
}

// texts writes a list of texts; an empty one is left out.
func (w *writer) texts(key string, list []string) {
	if len(list) == 0 {
		return
	}
	w.line(key, "")
	for _, s := range list {
		w.b.WriteString(strings.Repeat("  ", w.depth+1))
		w.b.WriteString("- ")
		w.b.WriteString(quote(s))
		w.b.WriteByte('\n')
	}
}
