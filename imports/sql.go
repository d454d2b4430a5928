package imports

import (
	"encoding/json"
	"fmt"

	"cchc/base/db"
	"cchc/base/fault"
)

const runColumns = `id, kind, name, file_key, file_size, format, sheets, sheet, options, state, account, person, unit_id,
	created_at, read_at, ended_at, row_count, fresh, changed, same, wrong, left_out, notes, header, fault, mended_key, file_gone_at`

var (
	runInsert = db.Rows("imports.run.insert", "import_run", runColumns, "")
	runByID   = db.SQL("imports.run.by_id", `SELECT `+runColumns+` FROM import_run WHERE id = $1`)
	runUpdate = db.SQL("imports.run.update", `
		UPDATE import_run SET sheet = $1, state = $2, read_at = $3, ended_at = $4, row_count = $5, fresh = $6, changed = $7,
			same = $8, wrong = $9, left_out = $10, notes = $11, header = $12, fault = $13, mended_key = $14
		WHERE id = $15`)
	runList = db.Lines("imports.run.list", `
		SELECT `+runColumns+`
		FROM import_run
		WHERE 1 = 1
		AND kind = :kind --[kind]
		AND (created_at, id) < (:at, :id) --[at, id]
		ORDER BY created_at DESC, id DESC
		LIMIT :limit`)
	runSame = db.SQL("imports.run.same", `
		SELECT `+runColumns+`
		FROM import_run
		WHERE file_key = $1 AND kind = $2 AND id <> $3 AND state = 'done'
		ORDER BY created_at`)

	flawInsert = db.Rows("imports.flaw.insert", "import_flaw", "run_id, ord, line, place, cells, fault", "")
	flawsOf    = db.SQL("imports.flaw.of", `
		SELECT line, place, cells, fault
		FROM import_flaw
		WHERE run_id = $1
		ORDER BY ord`)
	flawsDrop = db.SQL("imports.flaw.drop", `DELETE FROM import_flaw WHERE run_id = $1`)

	headerSet = db.Rows("imports.header.set", "import_header", "kind, header, name, account, recorded_at", `
		ON CONFLICT (kind, header) DO UPDATE SET name = excluded.name, account = excluded.account, recorded_at = excluded.recorded_at`)
	headersOf = db.SQL("imports.header.of", `SELECT header, name FROM import_header WHERE kind = $1`)
)

func (r Run) args() []any {
	return []any{r.ID, r.Kind, r.Name, r.Key, r.Size, r.Format, text(r.Sheets), r.Sheet, text(r.Options), string(r.State), r.Account,
		r.Person, string(r.Unit), r.Created, r.Read, r.Ended, r.Rows, r.New, r.Changed, r.Same, r.Wrong, r.Left, text(r.Notes), text(r.Header),
		text(r.Fault), r.Mended, r.Gone}
}

func (r Run) update() []any {
	return []any{r.Sheet, string(r.State), r.Read, r.Ended, r.Rows, r.New, r.Changed, r.Same, r.Wrong, r.Left, text(r.Notes),
		text(r.Header), text(r.Fault), r.Mended, r.ID}
}

func scanRun(s db.Scanner) (r Run, err error) {
	var sheets, options, notes, header, bad string
	if err = s.Scan(&r.ID, &r.Kind, &r.Name, &r.Key, &r.Size, &r.Format, &sheets, &r.Sheet, &options, &r.State, &r.Account, &r.Person,
		&r.Unit, &r.Created, &r.Read, &r.Ended, &r.Rows, &r.New, &r.Changed, &r.Same, &r.Wrong, &r.Left, &notes, &header, &bad, &r.Mended, &r.Gone); err != nil {
		return r, err
	}
	for _, x := range []struct {
		text string
		into any
	}{{sheets, &r.Sheets}, {options, &r.Options}, {notes, &r.Notes}, {header, &r.Header}, {bad, &r.Fault}} {
		if err := json.Unmarshal([]byte(x.text), x.into); err != nil {
			return r, fmt.Errorf("run %s: %w", r.ID, err)
		}
	}
	return r, nil
}

// text writes what a run keeps as it is; a fault without its cause, which is for
// the log.
func text(v any) string {
	if f, ok := v.(*fault.Fault); ok && f != nil {
		kept := *f
		kept.Cause = nil
		v = kept
	}
	b, err := json.Marshal(v)
	if err != nil {
		return "null"
	}
	return string(b)
}
