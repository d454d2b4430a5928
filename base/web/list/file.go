package list

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"github.com/xuri/excelize/v2"

	"cchc/base/fault"
	"cchc/base/i18n"
)

// FileRows is how many rows a file of a list has at most: a spreadsheet takes
// more, a person who reads it does not. What was left out is said in the last row.
const FileRows = 100_000

// A File is the file of a list. Rows calls add for every row in turn and stops at
// its error; it may be called while a consistent view of the database is open, for
// the file is finished before the first byte is sent.
type File struct {
	Format string // csv or xlsx
	Name   string // without the ending
	Header []string
	Rows   func(add func(cells []string) error) error
	Done   func() error // called when it is whole, before its first byte leaves; may be nil
}

// errFull ends the rows of a file.
var errFull = errors.New("the file is full")

// Wanted reports whether the address asks for a file; a format that nobody knows
// is a fault.
func (q *Query) Wanted() (bool, error) {
	switch q.Format {
	case "":
		return false, nil
	case "csv", "xlsx":
		return true, nil
	}
	return false, fault.New(fault.Invalid, "list.format_unknown", "Format", q.Format)
}

// Send writes the file and sends it. CSV is UTF-8 with the mark by which Excel
// knows it. No cell is ever a formula: in XLSX all are texts, in CSV one that a
// spreadsheet would compute gets an apostrophe.
func Send(w http.ResponseWriter, r *http.Request, f File) error {
	temp, err := os.CreateTemp("", "cchc-list-*")
	if err != nil {
		return fmt.Errorf("file of a list: %w", err)
	}
	defer os.Remove(temp.Name())
	defer temp.Close()
	kind := "text/csv; charset=utf-8"
	if f.Format == "xlsx" {
		kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
		err = f.xlsx(r.Context(), temp)
	} else {
		err = f.csv(r.Context(), temp)
	}
	if err == nil && f.Done != nil {
		err = f.Done()
	}
	if err != nil {
		return err
	}
	size, err := temp.Seek(0, io.SeekEnd)
	if err == nil {
		_, err = temp.Seek(0, io.SeekStart)
	}
	if err != nil {
		return fmt.Errorf("file of a list: %w", err)
	}
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", `attachment; filename="`+f.Name+"."+f.Format+`"`)
	h.Set("Content-Length", fmt.Sprint(size))
	h.Set("Cache-Control", "no-store")
	if _, err := io.Copy(w, temp); err != nil {
		panic(http.ErrAbortHandler) // half of it is sent: no error page can follow
	}
	return nil
}

// each calls add for the rows up to FileRows, and once more to say that there are
// others.
func (f File) each(ctx context.Context, add func([]string) error) error {
	n := 0
	err := f.Rows(func(cells []string) error {
		if n++; n > FileRows {
			return errFull
		}
		return add(cells)
	})
	if errors.Is(err, errFull) {
		return add([]string{i18n.T(ctx, "list.file.cut", "Count", FileRows)})
	}
	return err
}

func (f File) csv(ctx context.Context, w io.Writer) error {
	b := bufio.NewWriter(w)
	b.WriteString("\ufeff")
	out := csv.NewWriter(b)
	if err := out.Write(f.Header); err != nil {
		return err
	}
	err := f.each(ctx, func(cells []string) error {
		for i, c := range cells {
			cells[i] = Plain(c)
		}
		return out.Write(cells)
	})
	if err != nil {
		return err
	}
	out.Flush()
	return errors.Join(out.Error(), b.Flush())
}

// Plain returns a text so that no spreadsheet takes it for a formula.
func Plain(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}

func (f File) xlsx(ctx context.Context, w io.Writer) error {
	book := excelize.NewFile()
	defer book.Close()
	sheet := book.GetSheetName(0)
	out, err := book.NewStreamWriter(sheet)
	if err != nil {
		return fmt.Errorf("file of a list: %w", err)
	}
	bold, err := book.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	if err == nil {
		err = out.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"})
	}
	for i, h := range f.Header {
		if err == nil {
			err = out.SetColWidth(i+1, i+1, float64(min(max(len([]rune(h))+4, 14), 40)))
		}
	}
	if err != nil {
		return fmt.Errorf("file of a list: %w", err)
	}
	row := 0
	write := func(cells []string, style int) error {
		row++
		values := make([]any, len(cells))
		for i, c := range cells {
			values[i] = excelize.Cell{StyleID: style, Value: c} // a string: never a formula
		}
		return out.SetRow(fmt.Sprintf("A%d", row), values)
	}
	if err := write(f.Header, bold); err != nil {
		return err
	}
	if err := f.each(ctx, func(cells []string) error { return write(cells, 0) }); err != nil {
		return err
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("file of a list: %w", err)
	}
	_, err = book.WriteTo(w)
	return err
}
