package app

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"cchc/base/actor"
	"cchc/base/db"
	"cchc/base/look"
)

// What stands in the terrain of the matrix is asked for in more ways than who may: it is
// raised once for them, and nothing that they write stays.
func TestFilesAreNotedAndFormsBreakNothing(t *testing.T) {
	t.Parallel()
	w := raise(t)
	t.Run("files are noted", w.filesAreNoted)
	if !testing.Short() {
		t.Run("forms", w.ownFields)
	}
}

// Every route is asked for what it gives, as a page and as a file: a file,
// or a paper of many dossiers, that names an applicant is noted before it leaves. A new
// route is asked too: the matrix wants a fill of it.
func (w *terrain) filesAreNoted(t *testing.T) {
	named := map[string]bool{}
	var roles = []actor.Role{actor.OneStop, actor.Chairperson, actor.Administrator}
	for _, x := range w.routes() {
		if strings.HasSuffix(x.path, "/stream") {
			continue
		}
		q, err := w.inquiry(x, w.corners[ourCommune])
		if err != nil {
			continue // the matrix tells
		}
		for _, format := range []string{"", "csv", "xlsx"} {
			at := q.address
			switch {
			case format == "":
			case x.method != http.MethodGet || x.op != nil:
				continue
			case strings.Contains(at, "?"):
				at += "&format=" + format
			default:
				at += "?format=" + format
			}
			for _, role := range roles {
				rehearsal, r := db.Rehearse(ctx)
				got := w.sendWith(rehearsal, w.people[string(role)+ourCommune], asUsual, x.method, at, q.kind, q.body)
				if got.Code != http.StatusOK {
					continue
				}
				file := got.Header().Get("Content-Disposition") != ""
				text := readable(got)
				// What is printed of one dossier is a look at it (look.Printed).
				printed := strings.Contains(text, `class="paper`) && !strings.HasPrefix(x.path, "/dossiers/{code}/") && !strings.HasSuffix(x.path, "/slips/{ord}") && !strings.HasSuffix(x.path, "/requests/{id}/letter")
				if (file || printed) && strings.Contains(text, secretPrefix) {
					named[x.name] = true
					if s := r.Statements(); !slices.Contains(s, "look.export.add") && !slices.Contains(s, "look.put") {
						t.Errorf("%s gives %s people of dossiers and is not noted; it writes %v", at, role, s)
					}
				}
				break
			}
		}
	}
	for _, x := range []string{"GET /dossiers", "GET /counter/uncollected", "GET /admin/audit.csv", "GET /counter/custody", "GET /counter/lists/{kind}/{id}", "GET /counter/lists/{kind}/{id}/print", "GET /books/{unit}/{form}/{year}/print"} {
		if !named[x] {
			t.Errorf("%s names nobody: the walk sees too little of %v", x, named)
		}
	}
}

func TestTheFileOfAnImportOfDossiersIsNoted(t *testing.T) {
	t.Parallel()
	o := serveOffice(t)
	run := o.wrongRows(t)
	keeper := o.signIn(t, "quantri", actor.Grant{Role: actor.Administrator})
	keeper.Get("/admin/imports/" + run + "/file").Is(200)
	found, err := look.Exports(ctx, o.db, 0, true, 10)
	o.ok(t, err)
	if len(found) != 1 || found[0].List != "import" || found[0].Format != "csv" || found[0].Purpose == "" {
		t.Errorf("noted: %+v", found)
	}
	keeper.Get("/admin/privacy/exports").Is(200).Has("table", "tệp đã nhập")
}
