package scorecard

import (
	"slices"
	"strings"

	"cchc/base/points"
)

func (f *Fields) index(key string) int {
	if f == nil {
		return -1
	}
	return slices.IndexFunc(f.list, func(e entry) bool { return e.key == key })
}

func (f *Fields) at(key string) any {
	if i := f.index(key); i >= 0 {
		return f.list[i].value
	}
	return nil
}

// Has reports whether there is an entry.
func (f *Fields) Has(key string) bool { return f.index(key) >= 0 }

// Keys lists the entries' keys in their order.
func (f *Fields) Keys() []string {
	var out []string
	for _, e := range f.list {
		out = append(out, e.key)
	}
	return out
}

// Text returns an entry as it would be typed; "" when there is none, or when it is
// no plain value.
func (f *Fields) Text(key string) string {
	s, _ := f.at(key).(scalar)
	return s.text
}

// Flag reports whether an entry is true.
func (f *Fields) Flag(key string) bool { return strings.EqualFold(f.Text(key), "true") }

// Sub returns the mapping below a key, an empty one when there is none.
func (f *Fields) Sub(key string) *Fields {
	if x, ok := f.at(key).(*Fields); ok {
		return x
	}
	return NewFields()
}

// Make returns the mapping below a key, and puts one there when there is none.
func (f *Fields) Make(key string) *Fields {
	if x, ok := f.at(key).(*Fields); ok {
		return x
	}
	x := NewFields()
	f.put(key, x)
	return x
}

// List returns the mappings in the list below a key.
func (f *Fields) List(key string) []*Fields {
	all, _ := f.at(key).([]any)
	var out []*Fields
	for _, v := range all {
		if x, ok := v.(*Fields); ok {
			out = append(out, x)
		}
	}
	return out
}

// Texts returns the plain values in the list below a key, or one value as a list
// of one.
func (f *Fields) Texts(key string) []string {
	switch x := f.at(key).(type) {
	case scalar:
		return []string{x.text}
	case []any:
		var out []string
		for _, v := range x {
			if s, ok := v.(scalar); ok {
				out = append(out, s.text)
			}
		}
		return out
	}
	return nil
}

func (f *Fields) put(key string, v any) {
	if i := f.index(key); i >= 0 {
		f.list[i].value = v
		return
	}
	f.list = append(f.list, entry{key, v})
}

// SetText puts a text under a key; "" takes the key away.
func (f *Fields) SetText(key, s string) {
	if s == "" {
		f.Drop(key)
		return
	}
	f.put(key, scalar{text: s})
}

// PutText puts a text under a key, also an empty one.
func (f *Fields) PutText(key, s string) { f.put(key, scalar{text: s}) }

// PutSub puts a mapping under a key, also an empty one.
func (f *Fields) PutSub(key string, x *Fields) { f.put(key, x) }

// SetBare puts a number as it is to be written, true, or false; "" takes the key
// away.
func (f *Fields) SetBare(key, s string) {
	if s == "" {
		f.Drop(key)
		return
	}
	f.put(key, scalar{s, true})
}

// SetFlag puts true, or takes the key away.
func (f *Fields) SetFlag(key string, on bool) {
	if on {
		f.SetBare(key, "true")
	} else {
		f.Drop(key)
	}
}

// SetPoints puts points.
func (f *Fields) SetPoints(key string, p points.Points) { f.SetBare(key, number(p)) }

// SetSub puts a mapping; an empty one takes the key away.
func (f *Fields) SetSub(key string, x *Fields) {
	if x == nil || len(x.list) == 0 {
		f.Drop(key)
		return
	}
	f.put(key, x)
}

// SetList puts a list of mappings; an empty one takes the key away.
func (f *Fields) SetList(key string, list []*Fields) {
	if len(list) == 0 {
		f.Drop(key)
		return
	}
	out := make([]any, len(list))
	for i := range list {
		out[i] = list[i]
	}
	f.put(key, out)
}

// SetTexts puts a list of texts; an empty one takes the key away.
func (f *Fields) SetTexts(key string, list []string) {
	if len(list) == 0 {
		f.Drop(key)
		return
	}
	out := make([]any, len(list))
	for i := range list {
		out[i] = scalar{text: list[i]}
	}
	f.put(key, out)
}

// Drop takes an entry away.
func (f *Fields) Drop(key string) {
	if i := f.index(key); i >= 0 {
		f.list = slices.Delete(f.list, i, i+1)
	}
}

// number writes points for a file: 2, 0.25.
func number(p points.Points) string {
	s := p.String()
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}
