package criteria

import (
	"context"
	"io"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/table"
)

// The columns of the workbook form. The first ones are for people; those from kind on
// are read by the program, and the rule in words is not: the parameters tell the rule.
var sheetColumns = []struct{ name, key string }{
	{"code", "criteria.col_code"}, {"name", "criteria.col_name"}, {"max", "criteria.col_max"}, {"words", "criteria.col_words"},
	{"evidence", "criteria.col_evidence"}, {"kind", "criteria.col_kind"}, {"level", "criteria.col_level"},
	{"rule", "criteria.col_rule"}, {"more", "criteria.col_more"},
}

const (
	levelBonus   = "T" // điểm thưởng
	levelPenalty = "P"
)

// WriteXLSX writes a set as a workbook in the usual form: one row a node with its
// code, name, maximum and rule in words, then columns from which ReadXLSX makes the
// same set again. What stands for the whole set is on a sheet of its own.
func WriteXLSX(ctx context.Context, to io.Writer, s *Set) error {
	f := excelize.NewFile()
	defer f.Close()
	x := &sheetWriter{f: f, sheet: i18n.T(ctx, "criteria.sheet")}
	x.do(f.SetSheetName("Sheet1", x.sheet))
	head := make([]any, len(sheetColumns))
	for i, c := range sheetColumns {
		head[i] = i18n.T(ctx, c.key)
	}
	x.row(head...)
	var walk func(n *Node, level string, depth int)
	walk = func(n *Node, level string, depth int) {
		var words, kind, rule, evidence string
		if n.Leaf != nil {
			words, kind, evidence = n.Leaf.Rule.Sentence(ctx, n), string(n.Leaf.Rule.Kind()), n.Leaf.Evidence
			w := &writer{}
			n.Leaf.Rule.write(w)
			rule = w.b.String()
		}
		var limit any
		if n.Max > 0 || n.Leaf == nil {
			limit = plain(n.Max)
		}
		x.row(n.Code, n.Name, limit, words, evidence, kind, level, rule, more(n))
		for _, c := range n.Children {
			walk(c, strconv.Itoa(depth+1), depth+1)
		}
	}
	for _, n := range s.Fields {
		walk(n, "1", 1)
	}
	for _, n := range s.Bonus.Items {
		walk(n, levelBonus, 0)
	}
	for _, n := range s.Penalty.Items {
		walk(n, levelPenalty, 0)
	}
	x.layout()
	x.sheet, x.rows = "meta", 0
	_, err := f.NewSheet(x.sheet)
	x.do(err)
	w := &writer{}
	w.meta(s)
	x.row("meta")
	x.row(w.b.String())
	if x.err != nil {
		return x.err
	}
	_, err = f.WriteTo(to)
	return err
}

// more writes what a node has beside its rule.
func more(n *Node) string {
	w := &writer{}
	w.flag("may_add", n.MayAdd)
	w.flag("added", n.Added)
	w.text("basis", n.Basis)
	if n.Leaf != nil {
		bare := *n.Leaf
		bare.Evidence = ""
		w.beside(&Node{Leaf: &bare})
	}
	return w.b.String()
}

type sheetWriter struct {
	f     *excelize.File
	sheet string
	rows  int
	err   error
}

func (x *sheetWriter) do(err error) {
	if x.err == nil {
		x.err = err
	}
}

func (x *sheetWriter) row(cells ...any) {
	x.rows++
	for i, c := range cells {
		if c == nil || c == "" {
			continue
		}
		at, err := excelize.CoordinatesToCellName(i+1, x.rows)
		x.do(err)
		x.do(x.f.SetCellValue(x.sheet, at, c))
	}
}

func (x *sheetWriter) layout() {
	for i, width := range []float64{9, 48, 9, 60, 32, 16, 6, 30, 24} {
		name, err := excelize.ColumnNumberToName(i + 1)
		x.do(err)
		x.do(x.f.SetColWidth(x.sheet, name, name, width))
	}
	bold, err := x.f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}, Alignment: &excelize.Alignment{WrapText: true, Vertical: "center"}})
	x.do(err)
	x.do(x.f.SetRowStyle(x.sheet, 1, 1, bold))
	wrap, err := x.f.NewStyle(&excelize.Style{Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}})
	x.do(err)
	if x.rows > 1 {
		x.do(x.f.SetCellStyle(x.sheet, "A2", "I"+strconv.Itoa(x.rows), wrap))
	}
	x.do(x.f.SetPanes(x.sheet, &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}))
}

// ReadXLSX reads a workbook as WriteXLSX writes it, in either language, and returns
// the set's text in YAML. Faults name the row of the sheet as their line. An error
// that is no Faults is a fault of package table: no workbook at all.
func ReadXLSX(f io.ReaderAt, size int64) ([]byte, error) {
	meta, err := readMetaSheet(f, size)
	if err != nil {
		return nil, err
	}
	spec := table.Spec{}
	for _, c := range sheetColumns {
		col := table.Column{Name: c.name, Need: c.name == "code" || c.name == "name" || c.name == "max"}
		for _, lang := range i18n.Langs {
			col.Names = append(col.Names, i18n.T(i18n.With(context.Background(), lang), c.key))
		}
		spec.Columns = append(spec.Columns, col)
	}
	t, err := table.Open(f, size, spec)
	if err != nil {
		return nil, err
	}
	defer t.Close()
	b := &bookReader{}
	b.put(0, "meta:")
	b.block(0, "  ", meta)
	b.put(0, "domains:")
	for t.Next() {
		b.read(t)
	}
	if err := t.Err(); err != nil {
		return nil, err
	}
	if len(b.bonus) > 0 {
		b.lines = append(b.lines, sheetLine{0, "bonus:"})
		b.lines = append(b.lines, b.bonus...)
	}
	if len(b.penalties) > 0 {
		b.lines = append(b.lines, sheetLine{0, "penalties:"})
		b.lines = append(b.lines, b.penalties...)
	}
	var text strings.Builder
	for _, l := range b.lines {
		text.WriteString(l.text)
		text.WriteByte('\n')
	}
	_, faults := Read([]byte(text.String()))
	for i := range faults {
		if n := faults[i].Line; n > 0 && n <= len(b.lines) {
			faults[i].Line = b.lines[n-1].row
		}
	}
	faults = append(b.faults, faults...)
	return []byte(text.String()), faults.or()
}

func readMetaSheet(f io.ReaderAt, size int64) (string, error) {
	t, err := table.Open(f, size, table.Spec{Sheet: "meta", Columns: []table.Column{{Name: "meta", Need: true}}})
	if err != nil {
		if x := fault.As(err); x != nil && x.Key == "table.sheet_unknown" {
			return "", Faults{{Path: "meta", Key: "criteria.missing", Args: []any{"Name", "meta"}}}
		}
		return "", err
	}
	defer t.Close()
	if !t.Next() {
		if err := t.Err(); err != nil {
			return "", err
		}
		return "", Faults{{Path: "meta", Key: "criteria.missing", Args: []any{"Name", "meta"}}}
	}
	return t.Get("meta"), nil
}

// A sheetLine is a line of YAML with the row of the sheet that it came from.
type sheetLine struct {
	row  int
	text string
}

type bookReader struct {
	lines, bonus, penalties []sheetLine
	faults                  Faults
	depth                   int // of the node before
}

func (b *bookReader) put(row int, text string) { b.lines = append(b.lines, sheetLine{row, text}) }

// block writes a YAML text indented.
func (b *bookReader) block(row int, indent, text string) {
	for _, l := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		if strings.TrimSpace(l) != "" {
			b.put(row, indent+strings.TrimRight(l, "\r"))
		}
	}
}

func (b *bookReader) read(t *table.Reader) {
	row, level := t.Line(), strings.TrimSpace(t.Get("level"))
	get := func(name string) string { return strings.TrimSpace(t.Get(name)) }
	code := get("code")
	item := level == levelBonus || level == levelPenalty
	depth := 1
	if !item {
		n, err := strconv.Atoi(level)
		if level == "" { // a table of people's own: the code tells
			n, err = strings.Count(code, ".")+1, nil
		}
		if err != nil || n < 1 || n > maxDepth || n > b.depth+1 {
			b.faults = append(b.faults, Fault{Line: row, Path: "level", Code: code, Key: "criteria.bad_level", Args: []any{"Value", clip(level), "Max", b.depth + 1}})
			n = min(b.depth+1, max(1, b.depth))
		}
		depth = n
		if depth > 1 && depth > b.depth {
			b.put(row, strings.Repeat("  ", depth-1)+childKeys[min(depth-2, len(childKeys)-1)]+":")
		}
		b.depth = depth
	}
	from := len(b.lines)
	in := strings.Repeat("  ", depth)
	b.put(row, strings.Repeat("  ", depth-1)+"- code: "+quote(code))
	b.put(row, in+"name: "+quote(get("name")))
	if s := get("max"); s != "" {
		b.put(row, in+"max: "+quote(s))
	}
	if s := get("kind"); s != "" {
		b.put(row, in+"kind: "+quote(s))
		b.put(row, in+"rule:")
		b.block(row, in+"  ", t.Get("rule"))
	}
	if s := get("evidence"); s != "" {
		b.put(row, in+"evidence: "+quote(s))
	}
	b.block(row, in, t.Get("more"))
	if item {
		list := &b.bonus
		if level == levelPenalty {
			list = &b.penalties
		}
		*list = append(*list, b.lines[from:]...)
		b.lines = b.lines[:from:from]
	}
}
