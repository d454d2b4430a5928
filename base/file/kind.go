package file

import (
	"archive/zip"
	"bytes"
	"io"
	"path"
	"slices"
	"strings"
	"unicode"

	"github.com/gabriel-vasile/mimetype"
	"golang.org/x/text/unicode/norm"
)

// A Type is a kind of file that offices exchange.
type Type struct {
	MIME string
	Ext  string // with its dot
}

var (
	PDF  = Type{"application/pdf", ".pdf"}
	PNG  = Type{"image/png", ".png"}
	JPEG = Type{"image/jpeg", ".jpg"}
	TIFF = Type{"image/tiff", ".tif"}
	DOCX = Type{"application/vnd.openxmlformats-officedocument.wordprocessingml.document", ".docx"}
	XLSX = Type{"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx"}
	DOC  = Type{"application/msword", ".doc"}
	XLS  = Type{"application/vnd.ms-excel", ".xls"}
	ODT  = Type{"application/vnd.oasis.opendocument.text", ".odt"}
	ODS  = Type{"application/vnd.oasis.opendocument.spreadsheet", ".ods"}

	// CSV is for Limits.As only: by its content it is any text.
	CSV = Type{"text/csv", ".csv"}
)

// Types are all that Put knows. Nothing that a browser would run is among them.
var Types = []Type{PDF, PNG, JPEG, TIFF, DOCX, XLSX, DOC, XLS, ODT, ODS}

// Scans are what a scanner makes of paper.
var Scans = []Type{PDF, PNG, JPEG, TIFF}

// ByMIME returns the type of a MIME name, for what was stored earlier.
func ByMIME(name string) (Type, bool) {
	i := slices.IndexFunc(Types, func(t Type) bool { return t.MIME == name })
	if i < 0 {
		return Type{}, false
	}
	return Types[i], true
}

func allowed(t Type, types []Type) bool { return t != (Type{}) && slices.Contains(types, t) }

func extensions(types []Type) string {
	names := make([]string, len(types))
	for i, t := range types {
		names[i] = t.Ext[1:]
	}
	return strings.Join(names, ", ")
}

// detect tells the type by the content, or the zero Type when it is none of ours.
func detect(f io.ReaderAt, size int64) (Type, error) {
	m, err := mimetype.DetectReader(io.NewSectionReader(f, 0, size))
	if err != nil {
		return Type{}, err
	}
	for p := m; p != nil; p = p.Parent() { // whatever it is, first: is it a zip file?
		if p.Is("application/zip") {
			return office(f, size), nil
		}
	}
	for p := m; p != nil; p = p.Parent() {
		for _, t := range Types {
			if p.Is(t.MIME) && (t != PDF || beginsPDF(f)) {
				return t, nil
			}
		}
	}
	return Type{}, nil
}

// beginsPDF reports whether the file begins as a PDF. Readers look for the mark within
// the first kilobyte, so that a page of HTML could be a PDF too.
func beginsPDF(f io.ReaderAt) bool {
	head := make([]byte, 16)
	n, _ := f.ReadAt(head, 0)
	return bytes.HasPrefix(bytes.TrimLeft(bytes.TrimPrefix(head[:n], []byte("\xef\xbb\xbf")), " \t\r\n"), []byte("%PDF-"))
}

// Bounds of an office document.
const (
	maxUnpacked = 1 << 30 // bytes of all its parts
	maxParts    = 10_000
)

// office tells what a zip file holds by its list of contents: the beginning, by
// which others go, has them in any order. One with macros is none of ours, and
// neither is one that only begins like a zip file.
func office(f io.ReaderAt, size int64) Type {
	z, err := zip.NewReader(f, size)
	if err != nil {
		return Type{}
	}
	has, whole := map[string]*zip.File{}, uint64(0)
	for _, e := range z.File {
		// What opens a document unpacks it: one that swells beyond measure, or has more
		// parts than any office writes, is none.
		if whole += min(e.UncompressedSize64, maxUnpacked+1); whole > maxUnpacked || len(z.File) > maxParts {
			return Type{}
		}
		name := strings.ToLower(e.Name)
		if path.Base(name) == "vbaproject.bin" {
			return Type{}
		}
		has[name] = e
	}
	switch {
	case has["[content_types].xml"] != nil && has["word/document.xml"] != nil:
		return DOCX
	case has["[content_types].xml"] != nil && has["xl/workbook.xml"] != nil:
		return XLSX
	case has["mimetype"] != nil && has["content.xml"] != nil:
		return openDocument(has["mimetype"])
	}
	return Type{}
}

// openDocument reads the entry in which an OpenDocument says what it is.
func openDocument(e *zip.File) Type {
	r, err := e.Open()
	if err != nil {
		return Type{}
	}
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, 100))
	if err != nil {
		return Type{}
	}
	for _, t := range []Type{ODT, ODS} {
		if string(b) == t.MIME {
			return t
		}
	}
	return Type{}
}

// maxName is the most characters of a name without its extension.
const maxName = 120

// Name makes a name that somebody gave to a file harmless, for showing and for
// downloads: no folders, no characters that systems or screens give a meaning to,
// the extension of what the file is. An empty rest becomes "file". A name that was made
// here stays as it is.
func Name(given string, t Type) string {
	given = given[strings.LastIndexAny(given, `/\`)+1:]
	given = strings.Map(func(r rune) rune {
		switch {
		case r == unicode.ReplacementChar, unicode.Is(unicode.C, r): // controls, and what turns text around
			return -1
		case unicode.IsSpace(r):
			return ' '
		case strings.ContainsRune(`<>:"|?*%;`, r):
			return '_'
		}
		return r
	}, norm.NFC.String(given))
	// What was taken out may bring together what composes.
	given = bare(strings.Join(strings.Fields(norm.NFC.String(given)), " "), t)
	if given == "" || reserved[strings.ToLower(strings.TrimSpace(strings.SplitN(given, ".", 2)[0]))] {
		given = "file" + given
	}
	if r := []rune(given); len(r) > maxName {
		given = bare(string(r[:maxName]), t)
	}
	return given + t.Ext
}

// bare takes the type's extension off a name, as often as it stands there, and dots and
// spaces around: what is left would be given back as it is.
func bare(given string, t Type) string {
	for {
		given = strings.Trim(given, ". ")
		ext := path.Ext(given)
		if ext == "" || !strings.EqualFold(ext, t.Ext) && !(t == JPEG && strings.EqualFold(ext, ".jpeg")) && !(t == TIFF && strings.EqualFold(ext, ".tiff")) {
			return given
		}
		given = strings.TrimSuffix(given, ext)
	}
}

// reserved names open devices on Windows, whatever their extension.
var reserved = map[string]bool{
	"con": true, "prn": true, "aux": true, "nul": true,
	"com1": true, "com2": true, "com3": true, "com4": true, "com5": true, "com6": true, "com7": true, "com8": true, "com9": true,
	"lpt1": true, "lpt2": true, "lpt3": true, "lpt4": true, "lpt5": true, "lpt6": true, "lpt7": true, "lpt8": true, "lpt9": true,
}
