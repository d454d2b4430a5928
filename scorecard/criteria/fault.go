package criteria

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"cchc/base/i18n"
)

// A Fault is one thing that is wrong in a file, with its place.
type Fault struct {
	Line int    // of the file, from 1; 0 when it has no line
	Path string // domains[0].criteria[2].max
	Code string // of the node it lies in; "" outside of the tree
	Key  string // message
	Args []any  // alternating names and values of the message
}

// Text says what is wrong, without its place.
func (f Fault) Text(ctx context.Context) string { return i18n.T(ctx, f.Key, f.Args...) }

// Place says where: line, path and code.
func (f Fault) Place(ctx context.Context) string {
	var parts []string
	if f.Line > 0 {
		parts = append(parts, i18n.T(ctx, "criteria.line", "Line", strconv.Itoa(f.Line)))
	}
	if f.Path != "" {
		parts = append(parts, f.Path)
	}
	s := strings.Join(parts, ", ")
	if f.Code != "" {
		s += " (" + f.Code + ")"
	}
	return s
}

// String is for logs and terminals, in English.
func (f Fault) String() string {
	ctx := i18n.With(context.Background(), i18n.English)
	return f.Place(ctx) + ": " + f.Text(ctx)
}

// Faults are all that is wrong with a file, in its order.
type Faults []Fault

// Error joins the faults, one a line, in English; pages write each in the reader's
// language.
func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i, x := range f {
		lines[i] = x.String()
	}
	return strings.Join(lines, "\n")
}

// or returns nil where there are none, so that no empty list becomes an error.
func (f Faults) or() error {
	if len(f) == 0 {
		return nil
	}
	return f
}

func join(at, key string) string {
	if at == "" {
		return key
	}
	return at + "." + key
}

func nth(at string, i int) string { return fmt.Sprintf("%s[%d]", at, i) }
