package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"slices"
	"strings"
	"testing"

	"cchc/base/actor"
	"cchc/base/db"
	"cchc/base/file"
	"cchc/dossier"
	"cchc/imports"
	"cchc/scorecard"
	"cchc/setting"
)

// noUse are columns that look as if they kept a stored file for somebody, and why they
// don't.
var noUse = map[string]string{
	"account_recovery.hash":         "of a code",
	"api_answer.key":                "the request's own",
	"criteria_set.sha256":           "of a text in the same row",
	"erased_file.key":               "files that are gone",
	"exchange_run.file":             "what the list was called",
	"notice.key":                    "what was told, once",
	"notice_message.key":            "what was told, once",
	"procedure_version.fee_hash":    "of a text",
	"procedure_version.limit_hash":  "of a text",
	"procedure_version.source_hash": "of a text",
	"sign_in_attempt.key":           "of a login or an address",
	"sign_in_attempt.login_key":     "of a login",
	"unscanned_file.key":            "what is known of a content, whoever has it",
	"audit_entry.changes":           "the trail tells of files and keeps none",
	"audit_entry.object_id":         "the trail tells of files and keeps none",
	"river_job.args":                "asks for deleting",
}

// Whoever adds a column that refers to stored files says so in fileUses, or the file is
// deleted while it is needed.
func TestEveryColumnThatRefersToAStoredFileIsAsked(t *testing.T) {
	t.Parallel()
	o := serveOffice(t)
	used := map[string]bool{}
	for _, u := range fileUses {
		for _, c := range u.Columns {
			used[c] = false
		}
	}
	// By what columns are called.
	looks := regexp.MustCompile(`(^|_)(key|sha256|hash|blob|file|scan|upload|attachment)$`)
	h, err := o.db.Handle()
	o.ok(t, err)
	defer h.Close()
	every := `SELECT m.name || '.' || p.name FROM sqlite_master m JOIN pragma_table_info(m.name) p WHERE m.type = 'table' AND p.type = 'TEXT' AND m.name NOT LIKE 'river%'`
	if o.db.Engine() == db.Postgres {
		every = `SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = 'public' AND data_type = 'text' AND table_name NOT LIKE 'river%'`
	}
	rows, err := h.QueryContext(ctx, every)
	o.ok(t, err)
	defer rows.Close()
	n := 0
	for rows.Next() {
		var c string
		o.ok(t, rows.Scan(&c))
		n++
		if _, ok := used[c]; ok {
			used[c] = true
		} else if _, ok := noUse[c]; !ok && looks.MatchString(c) {
			t.Errorf("%s may refer to stored files: ask for it in fileUses, or say in noUse why not", c)
		}
	}
	o.ok(t, rows.Err())
	if n < 200 {
		t.Fatalf("only %d columns were looked at", n)
	}
	for c, there := range used {
		if !there {
			t.Errorf("there is no column %s", c)
		}
	}

	// And by what is in them, of every file that can be brought.
	f := o.brought(t)
	name := regexp.MustCompile(`^(\w+)\.(?:CAST\()?"?(\w+)`)
	for _, found := range traces(t, o.db, f.pdf, f.list, f.upload, f.mended) {
		m := name.FindStringSubmatch(found)
		if m == nil {
			t.Fatalf("what column is %q?", found)
		}
		c := m[1] + "." + m[2]
		if _, ok := used[c]; ok {
			delete(used, c)
		} else if _, ok := noUse[c]; !ok && !slices.ContainsFunc(fileUses, func(u file.Use) bool { return slices.Contains(u.Columns, c) }) {
			t.Errorf("%s has the key of a stored file: ask for it in fileUses, or say in noUse why not", c)
		}
	}
	if len(used) > 0 {
		t.Errorf("the test brings no file for %v", used)
	}
}

// A bundle is files in all places where they can be: their keys, and what they belong to.
type bundle struct {
	pdf, list, upload, mended string
	dossier                   dossier.Dossier
	run                       string // of the import
	compared                  string // the comparison
}

const comparedList = "code,status\nH99.101-261120-0001,4\n"

// brought brings files everywhere: a decision that is a dossier's result and evidence of
// the PAR index, a list to be compared, and a file of dossiers with wrong rows.
func (o *office) brought(t *testing.T) (f bundle) {
	t.Helper()
	f.dossier = o.known(t)
	info, err := o.scans.Put(ctx, strings.NewReader("%PDF-1.4\nQuyết định\n%%EOF\n"), file.Limits{})
	o.ok(t, err)
	f.pdf = info.Key
	o.ok(t, o.desk.AddPaper(ctx, operator, f.dossier.Code, dossier.Paper{Name: "Quyết định", Source: "scanned", Result: true, FileKey: info.Key, FileName: "qd.pdf", FileType: info.Type.MIME, FileSize: info.Size}))
	o.proves(t, info)
	b := o.signIn(t, "quantri", actor.Grant{Role: actor.Administrator, Unit: o.province})
	at := upload(t, b, "/admin/exchange/reconcile", "cong.csv", comparedList, "unit", string(o.commune), "minutes", "5").Is(303).Header.Get("Location")
	f.compared = at[strings.LastIndex(at, "/")+1:]
	sum := sha256.Sum256([]byte(comparedList))
	f.list = hex.EncodeToString(sum[:])
	f.run = o.wrongRows(t)
	run, _, err := o.imports.ByID(ctx, operator, f.run)
	o.ok(t, err)
	f.upload, f.mended = run.Key, run.Mended
	return f
}

// proves makes a stored file evidence.
func (o *office) proves(t *testing.T, info file.Info) {
	t.Helper()
	e, err := o.scorecard.AddEvidence(ctx, operator, scorecard.Evidence{Unit: o.commune, Number: "1/QĐ-UBND", Issuer: "UBND", Title: "Quyết định", Pages: 1})
	o.ok(t, err)
	o.ok(t, o.scorecard.AddFile(ctx, operator, e.ID, info, "qd"+info.Type.Ext))
}

// left does what jobs do after somebody let go of files, and tells which are there.
func (o *office) left(t *testing.T, keys ...string) []bool {
	t.Helper()
	o.ok(t, o.eraseFiles(ctx, keys))
	var out []bool
	for _, k := range keys {
		has, err := o.scans.Has(ctx, k)
		o.ok(t, err)
		out = append(out, has)
	}
	return out
}

// One content, several rooms: each lets go of its own.
func TestAFileStaysAsLongAsAnyRoomRefersToIt(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := serveOffice(t)
	f := o.brought(t)
	is := func(what string, got []bool, want ...bool) {
		t.Helper()
		if !slices.Equal(got, want) {
			t.Errorf("%s: there are %v, want %v", what, got, want)
		}
	}
	all := []string{f.pdf, f.list, f.upload, f.mended}
	is("in use", o.left(t, all...), true, true, true, true)

	// A person is erased; the decision is evidence.
	o.ok(t, o.desk.Finish(ctx, operator, f.dossier.Code, dossier.Result{}))
	o.ok(t, o.desk.HandOver(ctx, operator, f.dossier.Code, dossier.AtCounter, 0, ""))
	o.ok(t, o.settings.Change(ctx, operator, setting.Change{Name: dossier.KeepMonths.Name, Unit: o.province, What: setting.Set, Value: "0", From: o.db.Now().Date(), Reason: "thử"}))
	_, err := o.desk.Erase(ctx, operator, dossier.Erasure{Subject: dossier.Subject{Number: known.IDNumber}, Codes: []string{f.dossier.Code}, Reason: "theo yêu cầu", Document: "Đơn 7"})
	o.ok(t, err)
	is("evidence of a person who was erased", o.left(t, f.pdf), true)

	// A list is compared that somebody brought as an import too, and as evidence nobody.
	run, err := o.imports.Begin(ctx, operator, imports.Upload{Kind: "dossiers", Name: "cong.csv", Content: strings.NewReader(comparedList), Options: map[string]string{"system": "cổng"}})
	o.ok(t, err)
	if run.Key != f.list {
		t.Fatalf("the list has the key %s, and as an import %s", f.list, run.Key)
	}
	o.ok(t, o.exchange.Work(ctx, f.compared))
	is("an import, when the list is compared", o.left(t, f.list), true)

	// An import is given up whose workbook of wrong rows somebody kept as evidence.
	o.proves(t, file.Info{Key: f.mended, Size: 1, Type: file.XLSX})
	o.ok(t, o.imports.Abandon(ctx, operator, f.run))
	is("what was given up", o.left(t, f.upload, f.mended), true, true)
	o.ok(t, o.db.Write(ctx, func(tx *db.Tx) error { return imports.Drop(ctx, tx, operator) }))
	is("what imports let go of", o.left(t, all...), true, false, false, true)
}

// A list goes by itself after it was compared, and the workbook of an import with it.
func TestFilesThatNobodyElseHasGoWithTheirRoom(t *testing.T) {
	t.Parallel()
	o := serveOffice(t)
	f := o.brought(t)
	o.ok(t, o.exchange.Work(ctx, f.compared))
	o.ok(t, o.imports.Abandon(ctx, operator, f.run))
	if got := o.left(t, f.pdf, f.list, f.upload, f.mended); !slices.Equal(got, []bool{true, false, true, false}) {
		t.Errorf("there are %v", got)
	}
	for _, kind := range []string{"exchange.erase_files", "imports.erase_files"} {
		n, err := db.Value[int](ctx, o.db, jobsOfKind, kind)
		if err != nil || n != 1 {
			t.Errorf("%d jobs %s wait, %v", n, kind, err)
		}
	}
}

var jobsOfKind = db.SQL("apptest.jobs_of_kind", `SELECT COUNT(*) FROM river_job WHERE kind = $1`)
