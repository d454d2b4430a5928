package imports

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/table"
)

// maxBook is how many wrong rows the workbook takes.
const maxBook = 100_000

// wrongRows gathers the wrong rows of a check: the first for the page, and a
// workbook of them to mend and bring again. Every cell of it is text, so that no
// spreadsheet takes one for a formula.
type wrongRows struct {
	run    Run
	header []string
	n      int
	rows   [][]any
	err    error

	file       *excelize.File
	out        *excelize.StreamWriter
	plain, red int
	width      int
}

func (w *wrongRows) add(f table.Flaw) {
	w.n++
	cells := f.Row.Cells()
	if w.header == nil {
		w.header = f.Row.Header()
	}
	if len(w.rows) < keptFlaws {
		shown := make([]string, len(cells))
		for i, c := range cells {
			if shown[i] = table.Shown(c); w.run.Kind == "dossiers" {
				shown[i] = masked(shown[i])
			}
		}
		wrong := f.Fault
		if w.run.Kind == "dossiers" {
			wrong = maskedFault(wrong)
		}
		w.rows = append(w.rows, []any{w.run.ID, w.n, f.Row.Line(), f.Column(), text(shown), text(wrong)})
	}
	if w.err == nil && w.n <= maxBook {
		w.err = w.write(f, cells)
	}
}

func (w *wrongRows) write(f table.Flaw, cells []string) error {
	if w.file == nil {
		if err := w.start(f.Row.Header()); err != nil {
			return err
		}
	}
	wrong := f.Column()
	row := make([]any, w.width+1)
	for i, c := range cells[:min(len(cells), w.width)] {
		style := w.plain
		if i == wrong {
			style = w.red
		}
		row[i] = excelize.Cell{StyleID: style, Value: printable(c)}
	}
	row[w.width] = excelize.Cell{StyleID: w.red, Value: Say(i18n.With(context.Background(), i18n.Vietnamese), f.Fault)}
	return w.out.SetRow("A"+strconv.Itoa(w.n+1), row)
}

// printable drops what a workbook cannot hold.
func printable(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, s)
}

func (w *wrongRows) start(header []string) (err error) {
	w.file = excelize.NewFile()
	if w.plain, err = w.file.NewStyle(&excelize.Style{NumFmt: 49}); err != nil { // text
		return err
	}
	if w.red, err = w.file.NewStyle(&excelize.Style{NumFmt: 49, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"FFD9D9"}}}); err != nil {
		return err
	}
	if w.out, err = w.file.NewStreamWriter("Sheet1"); err != nil {
		return err
	}
	w.width = len(header)
	row := make([]any, 0, len(header)+1)
	for _, h := range header {
		row = append(row, excelize.Cell{StyleID: w.plain, Value: printable(h)})
	}
	return w.out.SetRow("A1", append(row, excelize.Cell{StyleID: w.plain, Value: "Lỗi cần sửa"}))
}

// book returns the workbook.
func (w *wrongRows) book() (io.Reader, error) {
	if err := w.out.Flush(); err != nil {
		return nil, fmt.Errorf("write the wrong rows: %w", err)
	}
	var b bytes.Buffer
	if err := w.file.Write(&b); err != nil {
		return nil, fmt.Errorf("write the wrong rows: %w", err)
	}
	return &b, nil
}

func (w *wrongRows) close() {
	if w.file != nil {
		w.file.Close()
	}
}

// Say writes a fault for a person: where, and why.
func Say(ctx context.Context, f *fault.Fault) string {
	if f == nil {
		return ""
	}
	s := i18n.Fault(ctx, f)
	for _, x := range f.Fields {
		s += " " + i18n.Field(ctx, x)
	}
	return s
}
