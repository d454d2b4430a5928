package api

import (
	"cchc/base/fault"
	"cchc/base/moment"
)

// ReadDate reads a parameter that is a date; an empty one is zero. What is wrong
// goes to f. (Our own types stand in bodies; parameters know only plain ones.)
func ReadDate(f *fault.Fault, name, s string) moment.Date {
	d, err := moment.ParseDate(s)
	if err != nil && s != "" {
		f.With(name, "web.form.date", "Value", s)
		return 0
	}
	return d
}

// ReadInstant reads a parameter that is an instant; an empty one is zero.
func ReadInstant(f *fault.Fault, name, s string) moment.Instant {
	i, err := moment.ParseInstant(s)
	if err != nil && s != "" {
		f.With(name, "web.form.date", "Value", s)
		return 0
	}
	return i
}

// Wrong begins the fault of a request's parameters.
func Wrong() *fault.Fault { return fault.New(fault.Invalid, "web.form.invalid") }
