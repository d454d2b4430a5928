package db

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A Table is one of the program's own tables, as it is written for another engine.
// The queue's and the migrations' tables are their libraries'.
type Table struct {
	Name    string  `json:"name"`
	Columns []Field `json:"columns"`
}

// A Field is what a table keeps. Engines differ in how they keep truth values and
// sizes of numbers; written, a column is one of a few types: int (also truth values,
// as 0 and 1), real, text, bytes (as base64).
type Field struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

// portable are the engines' types, as they are written.
var portable = map[string]string{
	"INTEGER": "int", "INT": "int", "TEXT": "text", "BLOB": "bytes", "REAL": "real",
	"bigint": "int", "integer": "int", "smallint": "int", "boolean": "int", "text": "text", "bytea": "bytes", "double precision": "real",
}

// ours reports whether a table is the program's own.
func ours(name string) bool {
	return name != "goose_db_version" && name != "cchc_import" && !strings.HasPrefix(name, "river_") && !strings.HasPrefix(name, "sqlite_")
}

// asker is a connection or a transaction.
type asker interface {
	QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error)
}

// Tables lists the program's tables by name, with the columns that are stored and
// not computed.
func (sn *Snapshot) Tables(ctx context.Context) ([]Table, error) {
	return tablesOf(ctx, sn.sql, sn.db.engine)
}

func tablesOf(ctx context.Context, q asker, e Engine) ([]Table, error) {
	list := `
		SELECT m.name, c.name, c.type
		FROM sqlite_master m JOIN pragma_table_xinfo(m.name) c
		WHERE m.type = 'table' AND c.hidden = 0
		ORDER BY m.name, c.cid`
	if e == Postgres {
		list = `
			SELECT c.table_name, c.column_name, c.data_type
			FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
			WHERE t.table_type = 'BASE TABLE' AND c.is_generated = 'NEVER' AND t.table_schema = current_schema()
			ORDER BY c.table_name COLLATE "C", c.ordinal_position`
	}
	rows, err := q.QueryContext(ctx, list)
	if err != nil {
		return nil, translate(err)
	}
	defer rows.Close()
	var out []Table
	for rows.Next() {
		var table, column, kind string
		if err := rows.Scan(&table, &column, &kind); err != nil {
			return nil, err
		}
		if !ours(table) {
			continue
		}
		as, ok := portable[kind]
		if !ok {
			return nil, fmt.Errorf("column %s.%s is of type %s, which is not written for another engine yet", table, column, kind)
		}
		if len(out) == 0 || out[len(out)-1].Name != table {
			out = append(out, Table{Name: table})
		}
		t := &out[len(out)-1]
		t.Columns = append(t.Columns, Field{column, as})
	}
	return out, rows.Err()
}

// list names the columns.
func (t Table) list() string {
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = `"` + c.Name + `"`
	}
	return strings.Join(names, ", ")
}

// EachRow gives every row of a table as a line of JSON, without its end; the line is
// good until fn returns.
func (sn *Snapshot) EachRow(ctx context.Context, t Table, fn func(line []byte) error) error {
	return eachRow(ctx, sn.sql, t, fn)
}

func eachRow(ctx context.Context, q asker, t Table, fn func(line []byte) error) error {
	rows, err := q.QueryContext(ctx, `SELECT `+t.list()+` FROM "`+t.Name+`"`)
	if err != nil {
		return translate(err)
	}
	defer rows.Close()
	values, to := make([]any, len(t.Columns)), make([]any, len(t.Columns))
	for i := range values {
		to[i] = &values[i]
	}
	var line []byte
	for rows.Next() {
		if err := rows.Scan(to...); err != nil {
			return translate(err)
		}
		line = append(line[:0], '[')
		for i, v := range values {
			if i > 0 {
				line = append(line, ',')
			}
			if line, err = appendValue(line, v, t.Columns[i].Type); err != nil {
				return fmt.Errorf("%s.%s: %w", t.Name, t.Columns[i].Name, err)
			}
		}
		if err := fn(append(line, ']')); err != nil {
			return err
		}
	}
	return translate(rows.Err())
}

func appendValue(line []byte, v any, kind string) ([]byte, error) {
	switch x := v.(type) {
	case nil:
		return append(line, "null"...), nil
	case int64:
		if kind == "int" {
			return strconv.AppendInt(line, x, 10), nil
		}
	case bool:
		if kind == "int" && x {
			return append(line, '1'), nil
		} else if kind == "int" {
			return append(line, '0'), nil
		}
	case float64:
		if kind == "real" {
			return strconv.AppendFloat(line, x, 'g', -1, 64), nil
		}
	case string:
		if kind == "text" {
			return appendText(line, x)
		}
	case []byte:
		if kind == "text" {
			return appendText(line, string(x))
		}
		if kind == "bytes" {
			line = append(line, '"')
			line = base64.StdEncoding.AppendEncode(line, x)
			return append(line, '"'), nil
		}
	}
	return nil, fmt.Errorf("a value of type %T where %s is kept", v, kind)
}

func appendText(line []byte, s string) ([]byte, error) {
	if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
		return nil, fmt.Errorf("%q is no text that both engines can keep", s)
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		return nil, err
	}
	return append(line, bytes.TrimSuffix(b.Bytes(), []byte("\n"))...), nil
}

// readRow reads a line that EachRow gave, for columns in the same order. truth says
// which columns the engine keeps as truth values.
func readRow(line []byte, t Table, truth []bool) ([]any, error) {
	var raw []json.RawMessage
	if err := json.Unmarshal(line, &raw); err != nil {
		return nil, err
	}
	if len(raw) != len(t.Columns) {
		return nil, fmt.Errorf("%d values for %d columns", len(raw), len(t.Columns))
	}
	out := make([]any, len(raw))
	for i, r := range raw {
		if string(r) == "null" {
			continue
		}
		var err error
		switch t.Columns[i].Type {
		case "int":
			var n int64
			if n, err = strconv.ParseInt(string(r), 10, 64); err == nil && truth[i] {
				out[i] = n != 0
			} else {
				out[i] = n
			}
		case "real":
			out[i], err = strconv.ParseFloat(string(r), 64)
		case "bytes":
			b := []byte{} // not NULL when there are none
			err = json.Unmarshal(r, &b)
			out[i] = b
		default:
			var s string
			err = json.Unmarshal(r, &s)
			out[i] = s
		}
		if err != nil {
			return nil, fmt.Errorf("%s.%s: %w", t.Name, t.Columns[i].Name, err)
		}
	}
	return out, nil
}

// A Tally counts the rows of a table and sums them up in a number that depends on
// every byte of every row and not on their order: two tables with the same tally have
// the same rows.
type Tally struct {
	Rows int64
	sum  [32]byte
}

// Add takes a row in.
func (t *Tally) Add(line []byte) {
	t.Rows++
	h := sha256.Sum256(line)
	carry := 0
	for i := 31; i >= 0; i-- {
		carry += int(t.sum[i]) + int(h[i])
		t.sum[i], carry = byte(carry), carry>>8
	}
}

// Sum writes the sum.
func (t *Tally) Sum() string { return hex.EncodeToString(t.sum[:]) }

// find returns the table of a name.
func find(all []Table, name string) (Table, bool) {
	i := slices.IndexFunc(all, func(t Table) bool { return t.Name == name })
	if i < 0 {
		return Table{}, false
	}
	return all[i], true
}
