package table

import (
	"archive/zip"
	"bufio"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"

	"cchc/base/fault"
)

// Limits of a workbook, unzipped. A sheet of a million rows and twenty columns
// has about 1 GB of markup, which is read as a stream; texts that cells share
// stay in memory.
const (
	maxUnzipped = 4 << 30   // bytes of all parts together
	maxShared   = 256 << 20 // bytes of shared texts
	maxRatio    = 400       // a part that packs better than this holds nothing but one letter
	maxParts    = 10_000    // files in it: a sheet is one
	maxRows     = 1 << 20
	maxColumns  = 1 << 14
)

// A book is a workbook, of which sheets are read one after another. It reads the
// markup itself: the library that writes our workbooks holds the file in memory,
// and does not tell a formula without a value, or an error, from text.
type book struct {
	zip    *zip.Reader
	sheets []bookSheet
	from04 bool // days are counted from 1904
	shared texts
}

type bookSheet struct {
	name, part string
	hidden     bool
}

var (
	errBomb = fault.New(fault.Invalid, "table.bomb")
)

func openBook(f io.ReaderAt, size int64) (*book, error) {
	z, err := zip.NewReader(f, size)
	if err != nil {
		return nil, fault.New(fault.Invalid, "table.xlsx_broken").Because(err)
	}
	if len(z.File) > maxParts {
		return nil, errBomb
	}
	b := &book{zip: z}
	var all uint64
	for _, e := range z.File {
		if e.Flags&1 != 0 {
			return nil, fault.New(fault.Invalid, "table.password")
		}
		all += e.UncompressedSize64
		if all > maxUnzipped || e.UncompressedSize64 > 64<<20 && e.UncompressedSize64/max(1, e.CompressedSize64) > maxRatio {
			return nil, errBomb
		}
	}
	if b.part("xl/workbook.xml") == nil {
		return nil, notBook(z)
	}
	if err := b.contents(); err != nil {
		return nil, err
	}
	if len(b.sheets) == 0 {
		return nil, fault.New(fault.Invalid, "table.no_sheet")
	}
	return b, nil
}

func (b *book) part(name string) *zip.File {
	name = strings.TrimPrefix(path.Clean("/"+name), "/")
	for _, f := range b.zip.File {
		if strings.EqualFold(strings.ReplaceAll(f.Name, `\`, "/"), name) {
			return f
		}
	}
	return nil
}

// read gives the markup of a part, at most most bytes of it.
func (b *book) read(f *zip.File, most int64, fn func(d *xml.Decoder) error) error {
	if f == nil {
		return nil
	}
	r, err := f.Open()
	if err != nil {
		return fault.New(fault.Invalid, "table.xlsx_broken").Because(err)
	}
	defer r.Close()
	return unreadable(fn(decoder(r, most)))
}

func decoder(r io.Reader, most int64) *xml.Decoder {
	d := xml.NewDecoder(bufio.NewReaderSize(&guarded{r, most}, 64<<10))
	d.CharsetReader = func(charset string, _ io.Reader) (io.Reader, error) {
		return nil, fmt.Errorf("markup in %s", charset)
	}
	return d
}

// guarded stops at a size, whatever the zip file's list says.
type guarded struct {
	r    io.Reader
	left int64
}

// Read reads on while the part is small enough.
func (g *guarded) Read(p []byte) (int, error) {
	n, err := g.r.Read(p)
	if g.left -= int64(n); g.left < 0 {
		return 0, errBomb
	}
	return n, err
}

func unreadable(err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return nil
	}
	if f := fault.As(err); f != nil {
		return f
	}
	return fault.New(fault.Invalid, "table.xlsx_broken").Because(err)
}

// contents reads which sheets there are, and where.
func (b *book) contents() error {
	at := map[string]string{}
	err := b.read(b.part("xl/_rels/workbook.xml.rels"), 16<<20, func(d *xml.Decoder) error {
		return elements(d, func(e xml.StartElement) error {
			if e.Name.Local == "Relationship" {
				target := attr(e, "Target")
				if !strings.HasPrefix(target, "/") {
					target = "xl/" + target
				}
				at[attr(e, "Id")] = target
			}
			return nil
		})
	})
	if err != nil {
		return err
	}
	return b.read(b.part("xl/workbook.xml"), 16<<20, func(d *xml.Decoder) error {
		return elements(d, func(e xml.StartElement) error {
			switch e.Name.Local {
			case "workbookPr":
				b.from04 = attr(e, "date1904") == "1" || attr(e, "date1904") == "true"
			case "sheet":
				s := bookSheet{name: attr(e, "name"), part: at[attr(e, "id")], hidden: strings.HasSuffix(strings.ToLower(attr(e, "state")), "hidden")}
				if b.part(s.part) != nil {
					b.sheets = append(b.sheets, s)
				}
			}
			return nil
		})
	})
}

// elements calls fn for every element that begins.
func elements(d *xml.Decoder, fn func(xml.StartElement) error) error {
	for {
		t, err := d.RawToken()
		if err != nil {
			return err
		}
		if e, ok := t.(xml.StartElement); ok {
			if err := fn(e); err != nil {
				return err
			}
		}
	}
}

func attr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// texts are the texts that cells share, in one piece: a million strings of their
// own would take twice the memory.
type texts struct {
	all  []byte
	ends []int
}

func (t *texts) get(i int) (string, bool) {
	if i < 0 || i >= len(t.ends) {
		return "", false
	}
	from := 0
	if i > 0 {
		from = t.ends[i-1]
	}
	return string(t.all[from:t.ends[i]]), true
}

func (b *book) readShared() error {
	return b.read(b.part("xl/sharedStrings.xml"), maxUnzipped, func(d *xml.Decoder) error {
		in, phonetic := false, 0
		for {
			t, err := d.RawToken()
			if err != nil {
				return err
			}
			switch e := t.(type) {
			case xml.StartElement:
				switch e.Name.Local {
				case "t":
					in = phonetic == 0
				case "rPh":
					phonetic++
				}
			case xml.CharData:
				if in {
					b.shared.all = append(b.shared.all, e...)
				}
			case xml.EndElement:
				switch e.Name.Local {
				case "t":
					in = false
				case "rPh":
					phonetic--
				case "si":
					b.shared.ends = append(b.shared.ends, len(b.shared.all))
				}
			}
			if len(b.shared.all)+8*len(b.shared.ends) > maxShared {
				return errBomb
			}
		}
	})
}

// rows begins a sheet, the first one in sight when name is "".
func (b *book) rows(name string) (raw, error) {
	for _, s := range b.sheets {
		if name == "" && s.hidden || name != "" && s.name != name {
			continue
		}
		if err := b.readShared(); err != nil {
			return nil, err
		}
		r, err := b.part(s.part).Open()
		if err != nil {
			return nil, fault.New(fault.Invalid, "table.xlsx_broken").Because(err)
		}
		return &sheetRows{book: b, part: r, xml: decoder(r, maxUnzipped)}, nil
	}
	if name == "" {
		return nil, fault.New(fault.Invalid, "table.no_sheet")
	}
	return nil, fault.New(fault.Invalid, "table.sheet_unknown", "Sheet", name)
}

// columnOf reads the letters of a cell's name: C17 is column 2.
func columnOf(ref string) (int, bool) {
	n := 0
	for i := range len(ref) {
		c := ref[i]
		if c >= 'a' && c <= 'z' {
			c -= 'a' - 'A'
		}
		if c < 'A' || c > 'Z' {
			return n - 1, i > 0
		}
		if n = n*26 + int(c-'A') + 1; n > maxColumns {
			return 0, false
		}
	}
	return n - 1, n > 0
}

// tidy writes a number as people do: a spreadsheet stores 0.1 as
// 0.10000000000000001.
func tidy(s string) string {
	if len(s) < 15 && !strings.ContainsAny(s, "eE") {
		return s
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return s
	}
	// A spreadsheet knows fifteen digits.
	f, err = strconv.ParseFloat(strconv.FormatFloat(f, 'g', 15, 64), 64)
	if err != nil {
		return s
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}
