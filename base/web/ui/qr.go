package ui

import (
	"fmt"
	"strings"

	"github.com/skip2/go-qrcode"
)

// QRPath returns a QR code as the path of an SVG drawing: one unit a module, size
// units wide and high with the quiet zone of four that readers ask for. Medium
// correction: a fold or a stamp may hide 15 % of it.
//
// Errors: a text longer than a code holds (about 2,300 bytes).
func QRPath(text string) (path string, size int, err error) {
	code, err := qrcode.New(text, qrcode.Medium)
	if err != nil {
		return "", 0, fmt.Errorf("draw a QR code of %d bytes: %w", len(text), err)
	}
	bits := code.Bitmap()
	var b strings.Builder
	for y, row := range bits {
		for x := 0; x < len(row); x++ {
			if !row[x] {
				continue
			}
			n := 1
			for x+n < len(row) && row[x+n] {
				n++
			}
			fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", x, y, n, n)
			x += n
		}
	}
	return b.String(), len(bits), nil
}
