package imports

import (
	"regexp"
	"slices"
	"strings"

	"cchc/base/fault"
)

// numbers are what could be somebody's identity or telephone number, as people write
// them; what has the form of a date or of a dossier's code is none.
var (
	numbers  = regexp.MustCompile(`\+?[0-9](?:[ .]?[0-9]){7,}|[0-9]{3,4}-[0-9]{3}-[0-9]{3,4}`)
	dateLike = regexp.MustCompile(`^[0-9]{1,2}[. -][0-9]{1,2}[. -][0-9]{4}$|^[0-9]{4}-[0-9]{2}-[0-9]{2}$`)
)

// masked hides all but the last four digits of numbers of persons: failing rows are
// shown to who brings a file, which is no reason to see whose numbers are in it. The
// workbook to mend has them whole: it is the file that was brought.
func masked(cell string) string {
	return numbers.ReplaceAllStringFunc(cell, func(s string) string {
		if dateLike.MatchString(s) {
			return s
		}
		r, left := []rune(s), 4
		for i, c := range slices.Backward(r) {
			switch {
			case c < '0' || c > '9':
			case left > 0:
				left--
			default:
				r[i] = '•'
			}
		}
		return string(r)
	})
}

// maskedFault is a fault with what was typed masked.
func maskedFault(f *fault.Fault) *fault.Fault {
	if f == nil {
		return nil
	}
	out := *f
	out.Args = maskedArgs(f.Args)
	out.Fields = slices.Clone(f.Fields)
	for i := range out.Fields {
		out.Fields[i].Args = maskedArgs(out.Fields[i].Args)
	}
	return &out
}

func maskedArgs(args []any) []any {
	out := slices.Clone(args)
	for i, a := range out {
		if s, ok := a.(string); ok && strings.ContainsAny(s, "0123456789") {
			out[i] = masked(s)
		}
	}
	return out
}
