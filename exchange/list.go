package exchange

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"

	"cchc/base/fault"
	"cchc/base/moment"
	"cchc/base/table"
)

// A File is the other side's list of dossiers: a table (CSV, XLSX) with the
// columns code, status and, when they are there, system and time; or JSON, an
// array of objects with these names, or an object that has one as items.
type File struct {
	Name    string
	Content io.ReaderAt
	Size    int64
}

// An entry is one dossier as the list has it.
type entry struct {
	Code, System string
	Status       int
	At           moment.Instant
	Day          bool // At is a day
}

// Columns are those of the other side's list.
var Columns = []table.Column{
	{Name: "code", Names: []string{"mã hồ sơ", "số hồ sơ", "MaHoSo", "SoHoSo"}, Need: true},
	{Name: "status", Names: []string{"trạng thái", "trạng thái hồ sơ", "TrangThai", "TrangThaiHoSo"}, Need: true},
	{Name: "system", Names: []string{"hệ thống", "HeThong"}},
	{Name: "time", Names: []string{"at", "thời điểm", "thời gian", "ngày cập nhật", "ThoiDiem"}, Date: true},
}

// flawsShown is how many wrong lines are told at once.
const flawsShown = 20

// mostJSON bounds a list in JSON; a table may be larger, for it is read by rows.
const mostJSON = 64 << 20

// each calls do for every line, which may find a flaw of its own in it. A list
// with flaws is refused after the first of them were collected.
func (f File) each(readTime func(string) (moment.Instant, bool), do func(x entry, flaw func(key string, args ...any)) error) error {
	bad, n := fault.New(fault.Invalid, "exchange.compare.invalid"), 0
	line := func(number int, code, status, system, at string) error {
		flaw := func(key string, args ...any) {
			bad.With("file", key, append([]any{"Line", strconv.Itoa(number)}, args...)...)
		}
		x := entry{Code: code, System: system}
		var err error
		switch x.Status, err = strconv.Atoi(status); {
		case code == "":
			flaw("exchange.compare.code")
		case err != nil || x.Status < firstStatus || x.Status > lastStatus:
			flaw("exchange.compare.status", "Value", table.Shown(status))
		default:
			ok := true
			if at != "" {
				x.At, ok = readTime(at)
				_, day := moment.ParseDate(at)
				x.Day = day == nil
			}
			if !ok {
				flaw("exchange.compare.time", "Value", table.Shown(at))
				break
			}
			n++
			if err := do(x, flaw); err != nil {
				return err
			}
		}
		if len(bad.Fields) >= flawsShown {
			return bad
		}
		return nil
	}
	err := f.lines(line)
	if x := fault.As(err); x != nil && x != bad {
		bad.With("file", x.Key, x.Args...)
	} else if err != nil && x == nil {
		return err
	}
	if len(bad.Fields) == 0 && n == 0 {
		bad.With("file", "exchange.compare.empty")
	}
	return bad.Or()
}

func (f File) lines(line func(number int, code, status, system, at string) error) error {
	head := make([]byte, min(f.Size, 512))
	if n, err := f.Content.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return err
	} else if head = bytes.TrimLeft(bytes.TrimPrefix(head[:n], []byte("\ufeff")), " \t\r\n"); len(head) > 0 && (head[0] == '[' || head[0] == '{') {
		return f.json(line)
	}
	t, err := table.Open(f.Content, f.Size, table.Spec{Columns: Columns})
	if t != nil {
		defer t.Close()
	}
	if err != nil {
		return err
	}
	for t.Next() {
		if err := line(t.Line(), t.Get("code"), t.Get("status"), t.Get("system"), t.Get("time")); err != nil {
			return err
		}
	}
	return t.Err()
}

// json reads an array of objects, by itself or as the items of an object.
func (f File) json(line func(number int, code, status, system, at string) error) error {
	broken := func(n int, err error) error {
		return fault.New(fault.Invalid, "exchange.compare.json", "Line", strconv.Itoa(n)).Because(err)
	}
	if f.Size > mostJSON {
		return fault.New(fault.Invalid, "file.too_large", "Megabytes", mostJSON>>20)
	}
	r := io.NewSectionReader(f.Content, 0, f.Size)
	mark := make([]byte, 3)
	if n, _ := r.ReadAt(mark, 0); string(mark[:n]) == "\ufeff" {
		r = io.NewSectionReader(f.Content, 3, f.Size-3)
	}
	d := json.NewDecoder(r)
	t, err := d.Token()
	for err == nil && t != json.Delim('[') { // look for "items" in the object
		if t, err = d.Token(); err != nil {
			break
		}
		name, ok := t.(string)
		if !ok {
			return broken(0, errors.New("no items"))
		}
		if name == "items" {
			if t, err = d.Token(); err == nil && t != json.Delim('[') {
				return broken(0, errors.New("items is no list"))
			}
			break
		}
		var skip json.RawMessage
		err = d.Decode(&skip)
	}
	if err != nil {
		return broken(0, err)
	}
	for n := 1; d.More(); n++ {
		var x struct {
			Code, System, Time, At string
			Status                 json.RawMessage
		}
		if err := d.Decode(&x); err != nil {
			return broken(n, err)
		}
		at := x.Time
		if at == "" {
			at = x.At
		}
		if err := line(n, strings.TrimSpace(x.Code), strings.Trim(string(x.Status), `" `), strings.TrimSpace(x.System), strings.TrimSpace(at)); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil { // cut off
		return broken(0, err)
	}
	return nil
}
