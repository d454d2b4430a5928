package table

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strconv"
	"time"

	"cchc/base/fault"
)

// sheetRows gives the rows of a sheet as they come out of the zip file.
type sheetRows struct {
	book *book
	part io.ReadCloser
	xml  *xml.Decoder
	now  line
	last int // number of the row before
	fail error
	done bool
}

func (s *sheetRows) line() line  { return s.now }
func (s *sheetRows) err() error  { return s.fail }
func (s *sheetRows) sheet() bool { return true }
func (s *sheetRows) close()      { s.part.Close() }

func (s *sheetRows) next() bool {
	if s.fail != nil || s.done {
		return false
	}
	for {
		t, err := s.xml.RawToken()
		if errors.Is(err, io.EOF) {
			// A sheet ends with its element and not with the file.
			s.fail = fault.New(fault.Invalid, "table.xlsx_broken")
			return false
		}
		if err != nil {
			s.fail = unreadable(err)
			return false
		}
		switch e := t.(type) {
		case xml.StartElement:
			if e.Name.Local == "row" {
				ok, err := s.row(e)
				if err != nil {
					s.fail = unreadable(err)
					if s.fail == nil {
						s.fail = fault.New(fault.Invalid, "table.xlsx_broken")
					}
					return false
				}
				if ok {
					return true
				}
			}
		case xml.EndElement:
			if e.Name.Local == "sheetData" || e.Name.Local == "worksheet" {
				s.done = true
				return false
			}
		}
	}
}

// row reads a row to its end; false when it has no cells.
func (s *sheetRows) row(e xml.StartElement) (bool, error) {
	number := s.last + 1
	if r := attr(e, "r"); r != "" {
		n, err := strconv.Atoi(r)
		if err != nil || n <= s.last || n > maxRows {
			return false, fault.New(fault.Invalid, "table.xlsx_broken")
		}
		number = n
	}
	s.last = number
	s.now = line{number: number, cells: make([]string, 0, len(s.now.cells))}
	kinds := make([]kind, 0, len(s.now.cells))
	plain := true
	for {
		t, err := s.xml.RawToken()
		if err != nil {
			return false, err
		}
		switch e := t.(type) {
		case xml.StartElement:
			if e.Name.Local != "c" {
				continue
			}
			at := len(s.now.cells)
			if ref := attr(e, "r"); ref != "" {
				var ok bool
				if at, ok = columnOf(ref); !ok || at < len(s.now.cells) {
					return false, fault.New(fault.Invalid, "table.xlsx_broken")
				}
			}
			if at >= maxColumns {
				return false, fault.New(fault.Invalid, "table.xlsx_broken")
			}
			value, k, err := s.cell(attr(e, "t"))
			if err != nil {
				return false, err
			}
			if value == "" && k == text {
				continue
			}
			for len(s.now.cells) < at {
				s.now.cells, kinds = append(s.now.cells, ""), append(kinds, text)
			}
			s.now.cells, kinds = append(s.now.cells, value), append(kinds, k)
			plain = plain && k == text
		case xml.EndElement:
			if e.Name.Local == "row" {
				if !plain {
					s.now.kinds = kinds
				}
				return len(s.now.cells) > 0, nil
			}
		}
	}
}

// cell reads a cell to its end.
func (s *sheetRows) cell(sort string) (string, kind, error) {
	var value []byte
	in, formulas, given, phonetic := false, false, false, 0
	for {
		t, err := s.xml.RawToken()
		if err != nil {
			return "", text, err
		}
		switch e := t.(type) {
		case xml.StartElement:
			switch e.Name.Local {
			case "v", "t":
				in, given = phonetic == 0, true
			case "f":
				formulas = true
			case "rPh":
				phonetic++
			}
		case xml.CharData:
			if in {
				if value = append(value, e...); len(value) > maxRow {
					return "", text, fault.New(fault.Invalid, "table.row_large", "Megabytes", maxRow>>20)
				}
			}
		case xml.EndElement:
			switch e.Name.Local {
			case "v", "t":
				in = false
			case "rPh":
				phonetic--
			case "c":
				return s.value(sort, string(value), formulas && !given)
			}
		}
	}
}

// value tells what a cell holds; missing is a formula that nobody computed.
func (s *sheetRows) value(sort, v string, missing bool) (string, kind, error) {
	if missing {
		return "=", formula, nil
	}
	if v == "" {
		return "", text, nil
	}
	switch sort {
	case "s":
		n, err := strconv.Atoi(v)
		shared, ok := s.book.shared.get(n)
		if err != nil || !ok {
			return "", text, fault.New(fault.Invalid, "table.xlsx_broken")
		}
		return shared, text, nil
	case "str", "inlineStr", "d":
		return v, text, nil
	case "b":
		if v == "1" {
			return "TRUE", text, nil
		}
		return "FALSE", text, nil
	case "e":
		return v, failed, nil
	}
	return tidy(v), number, nil
}

// day writes a serial number as a day, or as a time where it has one: day 1 is
// 1900-01-01 and there is a 29th of February in 1900, or day 0 is 1904-01-01.
// Numbers that are no day of 1930 to 2200 stay what they are.
func (s *sheetRows) day(v string) (string, bool) {
	f, err := strconv.ParseFloat(v, 64)
	if err != nil || math.IsNaN(f) {
		return "", false
	}
	if s.book.from04 {
		f += 1462
	}
	if f < 11_000 || f > 110_000 {
		return "", false
	}
	days, part := math.Modf(f)
	seconds := int(math.Round(part * 86_400))
	at := time.Date(1899, 12, 30, 0, 0, seconds, 0, time.UTC).AddDate(0, 0, int(days))
	if seconds == 0 {
		return at.Format("2006-01-02"), true
	}
	return at.Format("2006-01-02T15:04:05"), true
}
