package app

import (
	"bufio"
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"
)

// Lines come whole and in order up to the bound, and beyond it none does; what follows
// the last end is no line.
func FuzzReadLine(f *testing.F) {
	for _, s := range []string{"", "\n", "a\nb\n", "a\nb", strings.Repeat("x", 15) + "\n", strings.Repeat("x", 16) + "\n", strings.Repeat("x", 39) + "\n\n", strings.Repeat("x", 40) + "\ny\n", strings.Repeat("x", 1000)} {
		f.Add([]byte(s))
	}
	const longest = 40 // with its end
	f.Fuzz(func(t *testing.T, text []byte) {
		in := bufio.NewReaderSize(struct{ io.Reader }{bytes.NewReader(text)}, 16)
		for _, want := range slices.Collect(bytes.Lines(text)) {
			got, err := readLine(in, longest)
			whole := bytes.HasSuffix(want, []byte("\n"))
			switch {
			case len(want) <= longest && whole:
				if err != nil || !bytes.Equal(got, want) {
					t.Fatalf("%q is read as %q, %v", want, got, err)
				}
				continue
			case err == nil:
				t.Errorf("%q is read as a line: %q", want, got)
			}
			return
		}
		if got, err := readLine(in, longest); err == nil {
			t.Errorf("after the end comes %q", got)
		}
	})
}
