package file_test

import (
	"bytes"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"slices"
	"testing"

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
