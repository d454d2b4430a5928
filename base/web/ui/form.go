package ui

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"cchc/base/fault"
	"cchc/base/i18n"
)

// A Form is what was typed and what is wrong with it. The zero Form is empty and
// right.
type Form struct {
	Values url.Values
	Fault  *fault.Fault
	Labels map[string]string // what the error summary calls the fields, by name
}

// Call tells the error summary what a field is called. Without it the summary
// shows only what is wrong.
func (f *Form) Call(name, label string) {
	if f.Labels == nil {
		f.Labels = map[string]string{}
	}
	f.Labels[name] = label
}

// Set gives a field its first value, shown until somebody types another.
func (f *Form) Set(name string, values ...string) {
	if f.Values == nil {
		f.Values = url.Values{}
	}
	f.Values[name] = values
}

// Value returns what stands in a field.
func (f *Form) Value(name string) string {
	if f == nil {
		return ""
	}
	return f.Values.Get(name)
}

// Chosen reports whether value is among those chosen in a field.
func (f *Form) Chosen(name, value string) bool {
	return f != nil && slices.Contains(f.Values[name], value)
}

// Failed keeps err for the fields and reports true when it is one that the form
// should be shown again for: what was sent is wrong, or clashes with what is
// stored, or something that one field needs is away for the moment (web.WrongStatus tells the
// status). Other errors, and nil, are the caller's.
func (f *Form) Failed(err error) bool {
	x := fault.As(err)
	if x == nil || x.Kind != fault.Invalid && x.Kind != fault.Conflict && (x.Kind != fault.Unavailable || len(x.Fields) == 0) {
		return false
	}
	f.Fault = x
	return true
}

// Wrong reports whether the form is being shown again because of a fault.
func (f *Form) Wrong() bool { return f != nil && f.Fault != nil }

// problem returns what is wrong with a field, or "".
func (f *Form) problem(ctx context.Context, name string) string {
	if !f.Wrong() {
		return ""
	}
	for _, x := range f.Fault.Fields {
		if x.Name == name {
			return i18n.Field(ctx, x)
		}
	}
	return ""
}

// id returns the id of a field's control; the error summary links to it.
func id(name string) string {
	return "f-" + strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_':
			return r
		}
		return '-'
	}, name)
}
