package api

import (
	"slices"

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

// Page cuts a page out of a list that is read whole: cursor is the key of the last
// one of the page before, and keep leaves out what is not asked for. It returns the
// cursor of the page that follows, "" on the last. Fault: Invalid with the field
// cursor, for a key that is not in the list.
func Page[T any](all []T, cursor string, limit int, key func(T) string, keep ...func(T) bool) (page []T, next string, err error) {
	page = []T{}
	if cursor != "" {
		i := slices.IndexFunc(all, func(x T) bool { return key(x) == cursor })
		if i < 0 {
			return nil, "", Wrong().With("cursor", "api.cursor_wrong")
		}
		all = all[i+1:]
	}
	for _, x := range all {
		if slices.ContainsFunc(keep, func(f func(T) bool) bool { return !f(x) }) {
			continue
		}
		if len(page) == limit {
			return page, key(page[limit-1]), nil
		}
		page = append(page, x)
	}
	return page, "", nil
}
