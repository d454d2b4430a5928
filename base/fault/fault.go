// Package fault holds the errors that a person may read: a kind, a message key
// for package i18n, and the fields concerned. Every other error reaches people
// only as "something went wrong" with a code; its text goes to the log.
package fault

import (
	"errors"
	"fmt"
	"strings"
)

// Kind tells what sort of answer a fault is.
type Kind int

const (
	Invalid         Kind = iota + 1 // what was sent is wrong; fields say where
	NotFound                        // there is no such thing, or none that this person may know of
	Forbidden                       // this person may not do that here
	Conflict                        // the thing is not in a state that allows it, or somebody was faster
	Unauthenticated                 // sign in first
	TooMany                         // slow down
	Unavailable                     // not now; try again
)

// A Field is what is wrong with one field of a form, column of a file or
// property of a request.
type Field struct {
	Name string
	Key  string
	Args []any // alternating name and value, for i18n
}

// A Fault is an error for a person. Key is the message; Args are alternating
// names and values for it.
type Fault struct {
	Kind   Kind
	Key    string
	Args   []any
	Fields []Field
	Cause  error // for the log only
}

// New returns a fault of a kind with a message key and its arguments.
func New(kind Kind, key string, args ...any) *Fault { return &Fault{Kind: kind, Key: key, Args: args} }

// With adds what is wrong with a field and returns the fault.
func (f *Fault) With(field, key string, args ...any) *Fault {
	f.Fields = append(f.Fields, Field{Name: field, Key: key, Args: args})
	return f
}

// Because records the cause, which only the log shows.
func (f *Fault) Because(err error) *Fault { f.Cause = err; return f }

// Error is for logs and tests, in English keys; people read the message of Key.
func (f *Fault) Error() string {
	var b strings.Builder
	b.WriteString(f.Key)
	for i := 0; i+1 < len(f.Args); i += 2 {
		fmt.Fprintf(&b, " %v=%v", f.Args[i], f.Args[i+1])
	}
	for _, x := range f.Fields {
		fmt.Fprintf(&b, "; %s: %s", x.Name, x.Key)
		for i := 0; i+1 < len(x.Args); i += 2 {
			fmt.Fprintf(&b, " %v=%v", x.Args[i], x.Args[i+1])
		}
	}
	if f.Cause != nil {
		fmt.Fprintf(&b, " (%v)", f.Cause)
	}
	return b.String()
}

// Unwrap returns the cause.
func (f *Fault) Unwrap() error { return f.Cause }

// As returns the fault in err's chain, or nil.
func As(err error) *Fault {
	var f *Fault
	if errors.As(err, &f) {
		return f
	}
	return nil
}

// Is reports whether err is a fault of the kind.
func Is(err error, k Kind) bool { f := As(err); return f != nil && f.Kind == k }

// Or returns the collected fault when it has fields, else nil: the last line of
// a Validate method.
func (f *Fault) Or() error {
	if f == nil || len(f.Fields) == 0 {
		return nil
	}
	return f
}
