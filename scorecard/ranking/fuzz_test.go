package ranking

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"cchc/base/fault"
)

// Bands are read, highest first and each with a name, or refused as somebody's mistake;
// what was read is written and read again the same.
func FuzzReadBands(f *testing.F) {
	alias := "a: &a [x,x,x,x,x,x,x,x,x]\n"
	for c := 'b'; c < 'k'; c++ {
		alias += fmt.Sprintf("%c: &%c [%s]\n", c, c, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*%c,", c-1), 9), ","))
	}
	for _, s := range []string{
		"label,min,strict\nTốt,80,\nXuất sắc,90,true\n", "xếp loại;từ\nTốt;80,5\n", "- {label: Tốt, min: 80}\n- {band: Khá, min: 65.5, strict: true}\n", "bands:\n- label: '#1'\n  min: \"70\"\n",
		"meta: {bands: [{label: \" a \\n b\", min: 1}]}", alias + "bands: *j", alias + "bands: [{label: *j, min: 1}]", "- &a {label: x, min: 1, a: *a}", "- *a", "? ? ?", "", "[", strings.Repeat("[", 5_000), strings.Repeat("{a: ", 5_000),
		"- {label: x, min: 1e400}", "- {label: x, min: 922337203685477.5807}", "label,min\n\"a\nb\",1\n", "!!binary x", "\xff\xfe", "\x00"} {
		f.Add([]byte(s))
	}
	if b, err := os.ReadFile("../../data/criteria_synthetic_commune.yaml"); err == nil {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		bands, err := ReadBands(bytes.NewReader(text))
		if err != nil {
			if !fault.Is(err, fault.Invalid) {
				t.Errorf("no clear answer: %v", err)
			}
			return
		}
		if len(bands) == 0 || !slices.Equal(sorted(bands), bands) {
			t.Errorf("bands are %+v", bands)
		}
		for _, b := range bands {
			if b.Label == "" {
				t.Errorf("a band without a name in %+v", bands)
			}
		}
		var out bytes.Buffer
		if err := WriteBands(&out, bands); err != nil {
			t.Fatal(err)
		}
		if again, err := ReadBands(bytes.NewReader(out.Bytes())); err != nil || !slices.Equal(again, bands) {
			t.Errorf("%+v is written as %q and read as %+v, %v", bands, out.String(), again, err)
		}
	})
}
