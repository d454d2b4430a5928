package table

import (
	"archive/zip"
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"cchc/base/fault"
)

// Kinds of files that Open reads.
const (
	CSV  = "csv"
	XLSX = "xlsx"
)

// sniffed is how much of a file tells what it is.
const sniffed = 64 << 10

// Open begins to read a file of either kind, which its content decides and not
// its name. f must stay open while rows are read; Close the Reader after.
//
// Faults, all Invalid: table.empty, table.column_missing, table.column_twice, and
// for what is no table of ours table.html, table.xls, table.password, table.ods,
// table.pdf, table.not_table, table.not_utf8, table.encoding_other,
// table.xlsx_broken, table.bomb, table.sheet_unknown, table.no_sheet. After a fault of the header the Reader is returned
// too, for its Header.
func Open(f io.ReaderAt, size int64, spec Spec) (*Reader, error) {
	t := &Reader{spec: spec}
	rows, err := open(f, size, spec.Sheet)
	if err != nil {
		return nil, err
	}
	t.rows = rows
	if err := t.begin(lookFor); err != nil {
		if t.header == nil {
			rows.close()
			return nil, err
		}
		return t, err
	}
	return t, nil
}

// Sort returns which kind of file it is; what is wrong with it is a fault as of
// Open.
func Sort(f io.ReaderAt, size int64) (string, error) {
	head, err := headOf(f, size)
	if err != nil {
		return "", err
	}
	if bytes.HasPrefix(head, []byte("PK\x03\x04")) {
		return XLSX, nil
	}
	return CSV, refused(head, f, size)
}

func headOf(f io.ReaderAt, size int64) ([]byte, error) {
	if size == 0 {
		return nil, fault.New(fault.Invalid, "table.empty")
	}
	head := make([]byte, min(size, sniffed))
	if n, err := f.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read a table: %w", err)
	} else if head = head[:n]; n == 0 {
		return nil, fault.New(fault.Invalid, "table.empty")
	}
	return head, nil
}

func open(f io.ReaderAt, size int64, sheet string) (raw, error) {
	sort, err := Sort(f, size)
	if err != nil {
		return nil, err
	}
	if sort == XLSX {
		b, err := openBook(f, size)
		if err != nil {
			return nil, err
		}
		return b.rows(sheet)
	}
	head, err := headOf(f, size)
	if err != nil {
		return nil, err
	}
	var r io.Reader = io.NewSectionReader(f, 0, size)
	if wide(head) {
		// With its mark there is no doubt about UTF-16: it is what a spreadsheet
		// calls "Unicode text".
		d := unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder()
		r = transform.NewReader(r, d)
		short, _, _ := transform.Bytes(d, head[:len(head)&^1])
		head = short
	}
	b := bufio.NewReaderSize(r, sniffed)
	if bom, _ := b.Peek(3); string(bom) == "\ufeff" {
		b.Discard(3)
	}
	return separated(b, separator(firstLines(head, 40))), nil
}

// firstLines returns the first n lines of a beginning, or what there is.
func firstLines(head []byte, n int) []byte {
	at := 0
	for range n {
		i := bytes.IndexByte(head[at:], '\n')
		if i < 0 {
			return head
		}
		at += i + 1
	}
	return head[:at]
}

func wide(head []byte) bool {
	return bytes.HasPrefix(head, []byte{0xFF, 0xFE}) || bytes.HasPrefix(head, []byte{0xFE, 0xFF})
}

// refused tells what is no CSV in UTF-8 or marked UTF-16.
func refused(head []byte, f io.ReaderAt, size int64) error {
	bad := func(key string, args ...any) error { return fault.New(fault.Invalid, key, args...) }
	switch {
	case bytes.HasPrefix(head, []byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")):
		// An encrypted workbook lies in the same envelope as the old format.
		if locked(f, size) {
			return bad("table.password")
		}
		return bad("table.xls")
	case bytes.HasPrefix(head, []byte("%PDF")):
		return bad("table.pdf")
	case bytes.HasPrefix(head, []byte("PK")), bytes.HasPrefix(head, []byte("\x1f\x8b")), bytes.HasPrefix(head, []byte("Rar!")), bytes.HasPrefix(head, []byte("7z\xBC\xAF")),
		bytes.HasPrefix(head, []byte("\x89PNG")), bytes.HasPrefix(head, []byte("\xFF\xD8\xFF")):
		return bad("table.not_table")
	case wide(head):
		return nil
	}
	body := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\ufeff")), " \t\r\n")
	if bytes.HasPrefix(body, []byte("<")) {
		return bad("table.html")
	}
	if len(body) == 0 {
		return bad("table.empty")
	}
	if i := bytes.IndexByte(head, 0); i >= 0 {
		if zeros := bytes.Count(head, []byte{0}); zeros > len(head)/4 {
			return bad("table.encoding_other", "Encoding", "UTF-16")
		}
		return bad("table.not_table")
	}
	// The last letter of the beginning may be cut in two.
	for range utf8.UTFMax {
		if utf8.Valid(head) || int64(len(head)) == size {
			break
		}
		head = head[:len(head)-1]
	}
	if !utf8.Valid(head) {
		return bad("table.encoding_other", "Encoding", looksLike(head))
	}
	return nil
}

// locked looks for the name that encryption gives to its content.
func locked(f io.ReaderAt, size int64) bool {
	var name []byte
	for _, u := range utf16.Encode([]rune("EncryptedPackage")) {
		name = append(name, byte(u), byte(u>>8))
	}
	buf := make([]byte, 1<<20)
	for at := int64(0); at < size; at += int64(len(buf) - len(name)) {
		n, _ := f.ReadAt(buf, at)
		if bytes.Contains(buf[:n], name) {
			return true
		}
	}
	return false
}

// looksLike guesses the encoding by the letters that Vietnamese uses most: in
// Windows-1258 the marks stand apart (CC, D2, DE, EC, F2) and đ is F0; TCVN3 has
// a letter of its own for each, đ being AE. It is only for the message: a guess
// is no ground to store names on.
func looksLike(head []byte) string {
	var tcvn, windows int
	for _, b := range head {
		switch b {
		case 0xAE, 0xB5, 0xB8, 0xB9, 0xA8, 0xA9, 0xAA, 0xAB, 0xAC, 0xAD, 0xB6, 0xB7, 0xBB, 0xBE, 0xC6, 0xC7, 0xCA, 0xCB:
			tcvn++
		case 0xCC, 0xD2, 0xDE, 0xEC, 0xF2, 0xF0, 0xE2, 0xEA, 0xF4, 0xE3, 0xF5, 0xFD:
			windows++
		}
	}
	if tcvn > windows {
		return "TCVN3 (ABC)"
	}
	return "Windows-1258"
}

// Sheets returns the names of a workbook's sheets that are not hidden; none for a
// file that has no sheets.
func Sheets(f io.ReaderAt, size int64) ([]string, error) {
	sort, err := Sort(f, size)
	if err != nil || sort != XLSX {
		return nil, err
	}
	b, err := openBook(f, size)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, s := range b.sheets {
		if !s.hidden {
			names = append(names, s.name)
		}
	}
	return names, nil
}

// notBook tells what a zip file without a workbook is.
func notBook(z *zip.Reader) error {
	for _, f := range z.File {
		switch {
		case f.Name == "mimetype", strings.HasPrefix(f.Name, "META-INF/manifest"):
			return fault.New(fault.Invalid, "table.ods")
		case f.Name == "xl/workbook.bin":
			return fault.New(fault.Invalid, "table.xls")
		}
	}
	return fault.New(fault.Invalid, "table.not_table")
}
