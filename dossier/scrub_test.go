package dossier

import (
	"context"
	"regexp"
	"strings"
	"testing"

	"cchc/base/db"
	"cchc/base/db/dbtest"
)

// plainText are columns of texts that people do not write words into, by name: ids, and
// words of the program's own.
var plainText = strings.Fields("id dossier_id account unit_id code kind state how outcome")

// leftAlone are columns of texts about dossiers that `scrubbed` has not, and why.
var leftAlone = map[string]string{
	"dossier_person.*":             "erase itself writes it anew",
	"dossier_agent.*":              "erase itself deletes it",
	"dossier_erased.part":          "a word of the program's",
	"dossier_fact.on_behalf":       "an account",
	"dossier_erased.reason":        "a request that names the person is refused; a rule's words are the program's",
	"dossier_erased.document":      "a request that names the person is refused; a decision is about a whole list",
	"subject_request.*":            "privacy.Forget and Scrub",
	"retention_proposal.*":         "privacy.Forget and Scrub",
	"retention_item.proposal_id":   "an id",
	"retention_item.problem":       "a message's key",
	"notice_message.*":             "notice.ForgetDossier deletes them",
	"notice_say.channel":           "a word of the program's",
	"exchange_link.*":              "where another system is: nothing of a dossier",
	"exchange_delivery.link_id":    "an id",
	"exchange_delivery.body":       "what happened, by codes and instants: nobody's data",
	"exchange_delivery.answer":     "what the other system's server said of the delivery",
	"exchange_run.*":               "codes and counts of a comparison",
	"exchange_difference.run_id":   "an id",
	"dossier_find.words":           "entered anew",
	"dossier_word.word":            "entered anew",
	"reserved_number.block":        "an id",
	"reserved_number.cancelled_by": "an account",
	"reserved_number.reason":       "of a number that was cancelled: no dossier has it",
	"dossier_step.role":            "a role",
	"dossier_paper.source":         "a word of the program's",
	"dossier_paper.file_key":       "a hash; emptied with the scan",
	"dossier_paper.file_type":      "a type of files; emptied with the scan",
	"dossier_original.returned_by": "an account",
	"dossier_hold.ended_by":        "an account",
	"dossier_elsewhere.body":       "an agency",
	"dossier_event.system":         "a system's name",
	"dossier_event.event":          "an id of the system's",
	"dossier_event.return_by":      "a word of the program's",
	"counter_list.body":            "an agency",
	"counter_list_item.list_id":    "an id",
	"cash_entry.session_id":        "an id",
	"bulk_item.run_id":             "an id",
	"bulk_item.problem":            "a message's key and numbers",
	"bulk_item.holder":             "an account",
	"bulk_item.undo_problem":       "a message's key and numbers",
	"bulk_run.act":                 "a word of the program's",
	"bulk_run.to_account":          "an account",
	"form_issue.form":              "a form's number",
	"dossier_replaced.by_id":       "an id",
}

var putForm = regexp.MustCompile(`UPDATE (\w+) SET (.*)`)

// textsAbout finds every column of texts in the tables that have rows of dossiers, or that
// these rows hang on, as the engine itself tells of its tables.
var textsAbout = map[db.Engine]string{
	db.SQLite: `
		WITH about AS (
			SELECT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) p WHERE m.type = 'table' AND p.name = 'dossier_id'),
		hung AS (
			SELECT name FROM about
			UNION SELECT f."table" FROM about a JOIN pragma_foreign_key_list(a.name) f WHERE f."table" NOT IN ('dossier', 'unit', 'account'))
		SELECT h.name, p.name FROM hung h JOIN pragma_table_info(h.name) p WHERE p.type = 'TEXT' ORDER BY 1, 2`,
	// Whatever is no number, no truth value and no bytes holds words.
	db.Postgres: `
		WITH about AS (
			SELECT c.table_name AS name
			FROM information_schema.columns c
			JOIN information_schema.tables t ON t.table_schema = c.table_schema AND t.table_name = c.table_name
			WHERE c.table_schema = current_schema() AND t.table_type = 'BASE TABLE' AND c.column_name = 'dossier_id'),
		hung AS (
			SELECT name FROM about
			UNION SELECT f.relname FROM about a
			JOIN pg_class r ON r.relname = a.name AND r.relnamespace = current_schema()::regnamespace
			JOIN pg_constraint k ON k.conrelid = r.oid AND k.contype = 'f'
			JOIN pg_class f ON f.oid = k.confrelid
			WHERE f.relname NOT IN ('dossier', 'unit', 'account'))
		SELECT h.name, c.column_name
		FROM hung h
		JOIN information_schema.columns c ON c.table_schema = current_schema() AND c.table_name = h.name
		WHERE c.data_type NOT IN ('bigint', 'integer', 'boolean', 'bytea') ORDER BY 1, 2`,
}

// Every column of texts in a table that has rows of dossiers, or that these rows hang on,
// is one out of which an erasing takes the person, or stands here with its reason: what is
// new fails until somebody has thought of it. Each engine tells of its own schema.
func TestEveryTextAboutADossierForgetsItsPerson(t *testing.T) {
	t.Parallel()
	d, _ := dbtest.Open(t)
	taken := map[string]bool{}
	for _, x := range scrubbed {
		m := putForm.FindStringSubmatch(x.put.Text(d.Engine()))
		if m == nil {
			t.Fatalf("a statement that stores texts again is not understood: %s", x.put.Text(d.Engine()))
		}
		columns, _, _ := strings.Cut(m[2], " WHERE ")
		for _, set := range strings.Split(columns, ",") {
			name, _, _ := strings.Cut(strings.TrimSpace(set), " ")
			taken[m[1]+"."+name] = true
		}
	}
	handle, err := d.Handle()
	if err != nil {
		t.Fatal(err)
	}
	defer handle.Close()
	rows, err := handle.QueryContext(context.Background(), textsAbout[d.Engine()])
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	plain, used, n := map[string]bool{}, map[string]bool{}, 0
	for _, name := range plainText {
		plain[name] = true
	}
	for rows.Next() {
		var table, column string
		if err := rows.Scan(&table, &column); err != nil {
			t.Fatal(err)
		}
		n++
		at := table + "." + column
		switch {
		case taken[at]:
			delete(taken, at)
		case leftAlone[table+".*"] != "":
			used[table+".*"] = true
		case leftAlone[at] != "":
			used[at] = true
		case !plain[column]:
			t.Errorf("%s: an erasing takes nobody out of it, and no reason is given", at)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	if n < 80 {
		t.Errorf("only %d columns were looked at", n)
	}
	for at := range leftAlone {
		if !used[at] {
			t.Errorf("%s is no column that needs a reason", at)
		}
	}
	for at := range taken {
		t.Errorf("%s is taken care of and was not found", at)
	}
}
