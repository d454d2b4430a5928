package file_test

import (
	"bytes"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"cchc/base/file"
)

// What a file is told to be is one of our types or none, by its content: nothing that a
// browser would run.
func FuzzDetect(f *testing.F) {
	f.Add(pdf)
	f.Add(picture(png.Encode))
	f.Add(picture(func(w io.Writer, m image.Image) error { return jpeg.Encode(w, m, nil) }))
	f.Add(packed("[Content_Types].xml=x", "word/document.xml=x"))
	f.Add(packed("[Content_Types].xml=x", "xl/workbook.xml=x", "xl/vbaProject.bin=x"))
	f.Add(packed("mimetype=application/vnd.oasis.opendocument.text", "content.xml=x"))
	f.Add([]byte("II*\x00\x08\x00\x00\x00"))
	f.Add([]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"))
	f.Add([]byte("<html><script>%PDF-1.7"))
	f.Add([]byte("PK\x05\x06"))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := file.Detect(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			t.Fatalf("bytes that are there cannot be read: %v", err)
		}
		if got == (file.Type{}) {
			return
		}
		if !slices.Contains(file.Types, got) {
			t.Errorf("it is %+v, which is none of ours", got)
		}
		if begin := bytes.ToLower(bytes.TrimLeft(b, " \t\r\n\ufeff")); bytes.HasPrefix(begin, []byte("<")) || bytes.HasPrefix(begin, []byte("#!")) {
			t.Errorf("%.40q is taken for %s", b, got.MIME)
		}
	})
}

// A name that somebody gives comes out harmless, no longer than it may be, with the
// extension of what the file is; and given again it stays as it is, so that a file that
// was downloaded and uploaded keeps its name.
func FuzzName(f *testing.F) {
	for _, s := range []string{"Đơn.pdf", `..\..\con.pdf`, "a.pdf.PDF", "nul", "e\u200b\u0301.pdf", strings.Repeat("ế", 200), "con." + strings.Repeat("x", 118), " . ", "\u037e\u202egpj.exe", "a/.pdf"} {
		for i := range file.Types {
			f.Add(s, uint8(i))
		}
	}
	f.Fuzz(func(t *testing.T, given string, kind uint8) {
		as := file.Types[int(kind)%len(file.Types)]
		got := file.Name(given, as)
		bare, ok := strings.CutSuffix(got, as.Ext)
		switch {
		case !ok || bare == "" || !utf8.ValidString(got):
			t.Errorf("%q becomes %q", given, got)
		case strings.ContainsAny(got, "/\\<>:\"|?*%;\r\n\x00") || strings.HasPrefix(got, "."):
			t.Errorf("%q becomes %q, which is not harmless", given, got)
		case utf8.RuneCountInString(bare) > 120:
			t.Errorf("%q becomes %q of %d characters", given, got, utf8.RuneCountInString(bare))
		}
		if again := file.Name(got, as); again != got {
			t.Errorf("%q becomes %q, and that %q", given, got, again)
		}
	})
}
