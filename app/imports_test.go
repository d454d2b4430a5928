package app

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"cchc/base/actor"
	"cchc/base/db"
	"cchc/base/db/dbtest"
	"cchc/base/fault"
	"cchc/base/file"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/base/web/webtest"
	"cchc/data"
	"cchc/dossier"
	"cchc/imports"
	"cchc/imports/importsweb"
	"cchc/reported/reportedweb"
	"cchc/unit"
)

// An importer is somebody in front of the pages of imports.
type importer struct {
	*webtest.Browser
	*rooms
	runs     *imports.Runs
	clock    *dbtest.Clock
	province unit.ID
	commune  unit.ID
	people   map[string]actor.Actor
}

func bringing(t *testing.T) *importer {
	t.Helper()
	r, clock, province, u := commune(t)
	files, err := file.Open(context.Background(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { files.Close() })
	x := &importer{rooms: r, runs: r.newImports(files), clock: clock, province: province, commune: u, people: map[string]actor.Actor{}}
	x.runs.Load = func(_ context.Context, account string) (actor.Actor, error) { return x.people[account], nil }
	mux := web.New(web.Config{
		Now: clock.Now, Log: slog.New(slog.DiscardHandler), Idle: 1e5 * time.Hour, Lifetime: 1e5 * time.Hour,
		Load: func(_ context.Context, account string, _ moment.Instant) (actor.Actor, error) {
			if a, ok := x.people[account]; ok {
				return a, nil
			}
			return actor.Actor{}, fault.New(fault.Unauthenticated, "auth.sign_in")
		},
	})
	(&importsweb.Pages{Runs: x.runs, Units: r.units, Live: r.hub}).Register(mux)
	(&reportedweb.Pages{Book: r.reported, Units: r.units}).Register(mux)
	mux.Handle("POST /enter/{account}", web.Public, func(w http.ResponseWriter, req *http.Request) error {
		if err := web.SignIn(req.Context(), req.PathValue("account"), r.db.Now()); err != nil {
			return err
		}
		return web.SeeOther(w, req, "/", "")
	})
	x.Browser = webtest.Open(t, mux)
	x.as("quantri", actor.Administrator, "")
	return x
}

// as signs somebody in who holds a role in a unit.
func (x *importer) as(login string, role actor.Role, u unit.ID) actor.Actor {
	a := actor.Actor{Account: login, Login: login, Name: login, Grants: []actor.Grant{{Role: role, Unit: u}}}
	x.people[login] = a
	x.Post("/enter/" + login)
	return a
}

// bring uploads a file to the page of a kind.
func (x *importer) bring(kind, name string, content []byte, fields ...string) *webtest.Page {
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for i := 0; i+1 < len(fields); i += 2 {
		m.WriteField(fields[i], fields[i+1])
	}
	w, _ := m.CreateFormFile("file", name)
	w.Write(content)
	m.Close()
	return x.Send("POST", "/admin/import/"+kind, m.FormDataContentType(), b.String())
}

// follow returns the page of the run to which an upload leads.
func (x *importer) follow(t *testing.T, p *webtest.Page) (*webtest.Page, string) {
	t.Helper()
	to := p.Header.Get("Location")
	if p.Status != http.StatusSeeOther || !strings.HasPrefix(to, "/admin/imports/") {
		t.Fatalf("an upload answered %d %q: %.2000s", p.Status, to, p.Body)
	}
	return x.Get(to).Is(200), to
}

func (x *importer) count(t *testing.T, q *db.Stmt) int {
	t.Helper()
	n, err := db.Value[int](t.Context(), x.db, q)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

var (
	countDossiers = db.SQL("apptest.dossiers", `SELECT COUNT(*) FROM dossier`)
	countUnits    = db.SQL("apptest.units", `SELECT COUNT(*) FROM unit`)
	countAccounts = db.SQL("apptest.accounts", `SELECT COUNT(*) FROM account`)
	countDone     = db.SQL("apptest.done", `SELECT COUNT(*) FROM import_run WHERE state = 'done'`)
	countFlaws    = db.SQL("apptest.flaws", `SELECT COUNT(*) FROM import_flaw`)
)

// workbook makes an XLSX file of rows.
func workbook(t testing.TB, rows ...[]any) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	for i, row := range rows {
		if err := f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &row); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestAWorkbookOfDossiersIsCheckedShownMendedAndTakenInWhole(t *testing.T) {
	t.Parallel()
	x := bringing(t)
	head := []any{"Mã hồ sơ", "Hình thức tiếp nhận", "Ngày tiếp nhận", "Hạn trả", "Người nộp", "Mã đơn vị"}
	bad := workbook(t, []any{"SỔ THEO DÕI HỒ SƠ"}, head,
		[]any{"H1", "Trực tiếp", 46266, 46270, "Nguyễn Thị Ánh", "H99.101"},
		[]any{"H2", "bồ câu", 46266, 46270, "Trần Văn Bê", "H99.101"},
		[]any{"H3", "online", "31/02/2026", 46270, "=1+1", "H99.101"})
	p, run := x.follow(t, x.bring("dossiers", "Sổ tháng 9.xlsx", bad, "system", "motcua-cu"))
	p.Has("h1", "2 trong 3 dòng cần sửa").Has("td.why", "Ô B4, cột Hình thức tiếp nhận").Has("td.flaw mark", "bồ câu").Has("td.flaw mark", "31/02/2026").
		Has("th", "Hạn trả").Count("tr[data-row]", 2).Has("button", "Nhập 1 dòng")
	if n := x.count(t, countDossiers); n != 0 {
		t.Errorf("a check stored %d dossiers", n)
	}
	x.Post(run+"/store").Is(422).Has("#error-summary", "2 dòng sai")

	// The workbook of wrong rows: the same columns, text only, and why.
	w := x.Get(run + "/wrong").Is(200)
	f, err := excelize.OpenReader(strings.NewReader(w.Body))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := f.GetRows("Sheet1")
	if err != nil || len(rows) != 3 || rows[0][6] != "Lỗi cần sửa" || rows[1][0] != "H2" || !strings.Contains(rows[1][6], "B4") {
		t.Errorf("the workbook of wrong rows is %q, %v", rows, err)
	}
	if v, err := f.GetCellFormula("Sheet1", "E3"); v != "" || err != nil {
		t.Errorf("what a person typed became the formula %q", v)
	}

	// Leaving them out is a decision.
	x.Post(run+"/store", "leave", "on").To(run)
	x.Get(run).Has("h1", "Đã nhập 1 dòng").Has(".stats", "dòng sai bỏ lại").Lacks("button", "Nhập").Count("tr[data-row]", 0)
	if n, flaws := x.count(t, countDossiers), x.count(t, countFlaws); n != 1 || flaws != 0 {
		t.Errorf("stored %d dossiers and kept %d wrong rows, want 1 and none", n, flaws)
	}
	x.Get(run + "/wrong").Is(404)

	good := workbook(t, head, []any{"H1", "Trực tiếp", 46266, 46270, "Nguyễn Thị Ánh", "H99.101"}, []any{"H2", "BCCI", 46266, 46270, "Trần Văn Bê", "H99.101"})
	p, run = x.follow(t, x.bring("dossiers", "mended.xlsx", good, "system", "motcua-cu"))
	p.Has("h1", "Tệp đúng: 1 trong 2 dòng sẽ được nhập")
	x.Post(run + "/store").To(run)
	d, err := x.desk.ByCode(t.Context(), x.db, operator, "H2")
	if err != nil || d.Due.String() != "2026-09-05T17:00" || d.Channel != dossier.Post {
		t.Errorf("H2 is %+v, %v", d.Dossier, err)
	}

	// The same file again is pointed out and has nothing new.
	p, run = x.follow(t, x.bring("dossiers", "again.xlsx", good, "system", "motcua-cu"))
	p.Has(".notice", "Chính tệp này đã được quantri nhập").Has("h1", "Cả 2 dòng đã có").Lacks("button", "Nhập")
	x.Post(run + "/store").Is(422)
	x.Post(run + "/abandon").To("/admin/imports")
	x.Get("/admin/imports").Is(200).Has("table", "Sổ tháng 9.xlsx").Has("table", "Đã bỏ").Count("tr[data-row]", 3)
	if got := x.Get(run + "/file").Is(200).Body; got != string(good) {
		t.Error("the file that was kept is another one")
	}
}

func TestEveryKindIsTakenInByItsPage(t *testing.T) {
	t.Parallel()
	x := bringing(t)
	store := func(kind, name string, content []byte, fields ...string) *webtest.Page {
		t.Helper()
		p, run := x.follow(t, x.bring(kind, name, content, fields...))
		p.Lacks(".notice", "Không")
		return x.Post(run + "/store")
	}
	store("units", "u.csv", []byte("Mã đơn vị;Tên đơn vị;Cấp;Mã cấp trên;Từ ngày\nH99.103;Xã Ba;xã;H99.104;01/07/2025\nH99.104;Xã Bốn;xã;H99;01/07/2025\n"), "basis", "1/NQ").Is(303)
	if n := x.count(t, countUnits); n != 4 {
		t.Errorf("there are %d units, want 4", n)
	}
	p := store("accounts", "a.csv", []byte("login,name,role,unit\nhanh,Lê Thị Hạnh,Một cửa,H99.101\ndung,Hoàng Anh Dũng,chuyên viên,H99.101\n")).Is(200).Has("h1", "2 tài khoản mới").Count("tbody tr", 2)
	if n := x.count(t, countAccounts); n != 2 || p.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%d accounts; the page of passwords is kept by %q", n, p.Header.Get("Cache-Control"))
	}
	password := p.Find("tbody tr:first-child td:last-child")
	if len(password) != 1 {
		t.Fatal("no password is shown")
	}
	if _, err := x.accounts.SignIn(t.Context(), "hanh", strings.TrimSpace(webtest.Text(password[0])), "10.0.0.1"); err != nil {
		t.Errorf("the first password does not sign in: %v", err)
	}
	store("holidays", "h.csv", []byte("Ngày,Loại,Tên\n27/11/2026,nghỉ,Bão số 15\n")).Is(303)
	store("procedures", "p.csv", []byte(strings.Join(strings.SplitAfterN(data.Procedures, "\n", 4)[:3], ""))).Is(303)
	store("ii06a", "bc.xlsx", formII06a(t, 10, 12), "unit", "H99.101", "from", "01/09/2026", "to", "30/09/2026", "source", "BC 12/UBND").Is(303)
	x.Get("/reports/reported").Is(200).Has("td", "BC 12/UBND").Has("th a", "Xã Gio Hải")
	x.Get("/reports/reported/compare?unit="+string(x.commune)+"&from=2026-09-01&to=2026-09-30&source=BC+12/UBND").Is(200).
		Has("h1", "1 trong 2 dòng khác").Has("mark", "+12").Has("td", "không có lĩnh vực")
	if n := x.count(t, countDone); n != 5 {
		t.Errorf("%d runs are done, want 5", n)
	}
}

// formII06a is a report as offices fill it in: titles, heads over several lines,
// the row of numbers, a sector and the total.
func formII06a(t testing.TB, received, total int) []byte {
	return workbook(t,
		[]any{"UBND XÃ GIO HẢI"}, []any{"", "", "TÌNH HÌNH, KẾT QUẢ GIẢI QUYẾT TTHC"}, []any{"STT", "Lĩnh vực", "Số lượng hồ sơ tiếp nhận"},
		[]any{"", "", "Tổng số", "Trong kỳ", "", "Từ kỳ trước", "Tổng số"},
		[]any{"(1)", "(2)", "(3)=(4)+(5)+(6)", "(4)", "(5)", "(6)", "(7)=(8)+(9)+(10)", "(8)", "(9)", "(10)", "(11)=(12)+(13)", "(12)", "(13)"},
		[]any{1, "Hộ tịch", received, 4, received - 4, "-", 8, 6, 1, 1, received - 8, received - 8, 0},
		[]any{"", "Tổng số", total, 4, total - 4, 0, 8, 6, 1, 1, total - 8, total - 8, 0},
		[]any{}, []any{"", "NGƯỜI LẬP BIỂU"})
}

func TestAReportWhoseSumsAreWrongNamesTheCell(t *testing.T) {
	t.Parallel()
	x := bringing(t)
	p, _ := x.follow(t, x.bring("ii06a", "bc.xlsx", workbook(t,
		[]any{"(1)", "(2)", "(3)", "(4)", "(5)", "(6)", "(7)", "(8)", "(9)", "(10)", "(11)", "(12)", "(13)"},
		[]any{1, "Hộ tịch", 11, 4, 6, 0, 8, 6, 1, 1, 2, 2, 0}, []any{2, "Đất đai", 10, 4, 6, 0, 8, 6, 1, 1, 1, 1, 0}, []any{3, "Khác", "nhiều", 4, 6, 0, 8, 6, 1, 1, 1, 1, 0}),
		"unit", "H99.101", "from", "01/09/2026", "to", "30/09/2026", "source", "BC"))
	p.Has("h1", "3 trong 3 dòng cần sửa").Has("td.why", "Ô C2").Has("td.why", "4+5+6 = 10").Has("td.why", "Ô C3").Has("td.why", "7+11 = 9").Has("td.why", "Ô C4").Lacks("button", "Nhập")
	if list, err := x.reported.List(t.Context(), operator); err != nil || len(list) != 0 {
		t.Errorf("reports are %v, %v", list, err)
	}
}

func TestHeadersThatNobodyKnowsAreAskedForAndRemembered(t *testing.T) {
	t.Parallel()
	x := bringing(t)
	content := []byte("SHS,Qua,Lúc nhận,Hẹn\nA1,direct,2026-09-01,2026-09-04\n")
	p, run := x.follow(t, x.bring("dossiers", "x.csv", content, "unit", "H99.101"))
	p.Has("h1", "Không đọc được tệp").Has(".notice", "Tệp thiếu cột").Count("select[name^=column-]", 4)
	x.Post(run+"/columns", "column-0", "id", "column-1", "channel", "column-2", "received", "column-3", "due").To(run)
	x.Get(run).Has("h1", "Tệp đúng: 1 trong 1 dòng")
	p, _ = x.follow(t, x.bring("dossiers", "y.csv", append(content, []byte("A2,online,2026-09-02,2026-09-07\n")...), "unit", "H99.101"))
	p.Has("h1", "Tệp đúng: 2 trong 2 dòng")
}

func TestOnlyThoseWithTheRightBringFilesAndSeeRuns(t *testing.T) {
	t.Parallel()
	x := bringing(t)
	_, run := x.follow(t, x.bring("dossiers", "x.csv", []byte("id,channel,received\nA,1,2026-09-01\n"), "unit", "H99.101"))
	x.as("motcua", actor.OneStop, x.commune)
	x.bring("dossiers", "x.csv", []byte("id,channel,received\nA,1,2026-09-01\n")).Is(403)
	x.Get("/admin/imports").Is(403)
	x.Get("/admin/import/units").Is(403)
	for _, below := range []string{"", "/file", "/stream"} {
		x.Get(run + below).Is(404)
	}
	x.Post(run + "/store").Is(404)
	// Home affairs of the commune may import dossiers there and not elsewhere.
	x.as("noivu", actor.HomeAffairs, x.commune)
	x.Get(run).Is(404)
	x.Get("/admin/import/units").Is(403)
	p, own := x.follow(t, x.bring("dossiers", "y.csv", []byte("id,channel,received\nB,1,2026-09-01\n"), "unit", "H99"))
	p.Has(".notice", "không có quyền") // in the province
	if n := x.count(t, countDossiers); n != 0 {
		t.Errorf("%d dossiers", n)
	}
	x.as("quantri", actor.Administrator, "")
	x.Get(own).Is(200) // who keeps the whole system sees it
}

// The corpus: what is wrong with files, for every kind of them.
func corpus(t testing.TB) map[string][]byte {
	bomb := func() []byte {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for name, text := range map[string]string{
			"xl/workbook.xml":            `<workbook xmlns:r="r"><sheets><sheet name="S" r:id="rId1"/></sheets></workbook>`,
			"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="rId1" Target="worksheets/sheet1.xml"/></Relationships>`,
		} {
			w, _ := z.Create(name)
			io.WriteString(w, text)
		}
		w, _ := z.Create("xl/worksheets/sheet1.xml")
		zeros := bytes.Repeat([]byte("0"), 1<<20)
		for range 100 {
			w.Write(zeros)
		}
		z.Close()
		return b.Bytes()
	}
	good := workbook(t, []any{"id", "channel", "received"}, []any{"A", "1", "2026-09-01"})
	return map[string][]byte{
		"empty.csv":        {},
		"blank.csv":        []byte("\n\n ,\n"),
		"mark-only.csv":    []byte("\ufeff"),
		"no-column.csv":    []byte("a,b,c\n1,2,3\n"),
		"windows1258.csv":  []byte("M\xe3 h\xf4\xec s\xf5\xf2,Ng\xe0y nh\xe2\xf2n\nH1,2\n"),
		"tcvn3.csv":        []byte("M\xb7 h\xe5 s\xac,Ng\xb5y ti\xd5p nh\xcbn\nH1,2\n"),
		"utf16.csv":        []byte("\xff\xfea\x00,\x00b\x00\n\x001\x00,\x002\x00\n\x00"),
		"utf16-nomark.csv": []byte("a\x00,\x00b\x00\n\x00"),
		"zero.csv":         []byte("a,b\n\x00,1\n"),
		"twice.csv":        []byte("id,id,code,code,login,login,date,date\n1,2,3,4,5,6,7,8\n"),
		"quote.csv":        []byte("a,b\n\"1,2\n3,4\n"),
		"ragged.csv":       []byte("id,channel,received\n1,2\n1,2,3,4\n"),
		"html.xls":         []byte("<html><table><tr><td>id</td></tr></table></html>"),
		"old.xls":          append([]byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"), make([]byte, 600)...),
		"pdf.xlsx":         []byte("%PDF-1.4\n"),
		"half.xlsx":        good[:len(good)/2],
		"bomb.xlsx":        bomb(),
		"no-rows.xlsx":     workbook(t),
		"one-letter.csv":   bytes.Repeat([]byte("x"), 300_000),
		"long-cell.csv":    []byte("id,channel,received\n" + strings.Repeat("y", 50_000) + ",1,2026-09-01\n"),
		"errors.xlsx":      workbook(t, []any{"id", "channel", "received"}, []any{"#REF!", "#N/A", "#VALUE!"}),
		"injection.csv":    []byte("id,channel,received\n=cmd|' /C calc'!A0,@SUM(1),+1\n"),
	}
}

func TestEveryBadFileOfEveryKindGetsAClearAnswerAndStoresNothing(t *testing.T) {
	t.Parallel()
	x := bringing(t)
	before := [3]int{x.count(t, countDossiers), x.count(t, countUnits), x.count(t, countAccounts)}
	for name, content := range corpus(t) {
		for _, k := range x.runs.Kinds {
			p := x.bring(k.Name, name, content, "unit", "H99.101", "from", "01/09/2026", "to", "30/09/2026", "source", "BC")
			switch p.Status {
			case http.StatusUnprocessableEntity:
				if said := p.Find("#error-summary li"); len(said) == 0 || len(webtest.Text(said[0])) < 15 {
					t.Errorf("%s as %s: no reason is given", name, k.Name)
				}
			case http.StatusSeeOther:
				to := p.Header.Get("Location")
				x.Get(to).Is(200).Lacks("button", "Nhập 1").Lacks(".notice", "Có lỗi khi xử lý")
				run, _, err := x.runs.ByID(t.Context(), x.people["quantri"], strings.TrimPrefix(to, "/admin/imports/"))
				if err != nil {
					t.Fatal(err)
				}
				if run.State == imports.Checked && run.Wrong == 0 && run.Rows > 0 || run.Busy() {
					t.Errorf("%s as %s: %s with %d rows, %d wrong", name, k.Name, run.State, run.Rows, run.Wrong)
				}
				if run.State == imports.Failed && run.Fault == nil {
					t.Errorf("%s as %s failed without a reason", name, k.Name)
				}
			default:
				t.Errorf("%s as %s answered %d: %.300s", name, k.Name, p.Status, p.Body)
			}
		}
	}
	if after := [3]int{x.count(t, countDossiers), x.count(t, countUnits), x.count(t, countAccounts)}; after != before {
		t.Errorf("bad files changed dossiers, units, accounts from %v to %v", before, after)
	}
}

// A workbook of some thousand rows is checked while its sender waits and stored in
// the background, and its one wrong cell has its place.
func TestALargeWorkbookIsStoredInTheBackground(t *testing.T) {
	t.Parallel()
	const rows, wrong = 4000, 2500
	x := bringing(t)
	table := [][]any{{"Mã hồ sơ", "Hình thức tiếp nhận", "Ngày tiếp nhận", "Hạn trả", "Người nộp", "Mã đơn vị"}}
	for i := range rows {
		channel := "Trực tiếp"
		if i+2 == wrong {
			channel = "bồ câu"
		}
		table = append(table, []any{fmt.Sprintf("HS-%05d", i), channel, 46266 + i%20, 46300, "Nguyễn Văn " + string(rune('A'+i%26)), "H99.101"})
	}
	p, run := x.follow(t, x.bring("dossiers", "cả năm.xlsx", workbook(t, table...), "system", "motcua-cu"))
	p.Has("h1", "1 trong 4.000 dòng cần sửa").Has("td.why", fmt.Sprintf("Ô B%d", wrong)).Count("tr[data-row]", 1).Has("button", "Nhập 3.999 dòng")
	x.Post(run+"/store", "leave", "on").To(run)
	x.Get(run).Has("h1", "đang được nhập")
	if n := x.count(t, countDossiers); n != 0 {
		t.Errorf("%d dossiers are stored before the job ran", n)
	}
	for range 2 { // a job may run twice
		if err := x.runs.Step(t.Context(), run[strings.LastIndex(run, "/")+1:], true, true); err != nil {
			t.Fatal(err)
		}
	}
	x.Get(run).Has("h1", "Đã nhập 3.999 dòng")
	if n := x.count(t, countDossiers); n != rows-1 {
		t.Errorf("%d dossiers are stored, want %d", n, rows-1)
	}
	if _, err := x.desk.Verify(t.Context(), nil, func(d dossier.Difference) { t.Errorf("%s: %s, want %s", d.What, d.Have, d.Want) }); err != nil {
		t.Error(err)
	}
}

// A large file is worked on in the background, and one that is cut off in the
// middle of being stored leaves nothing behind and can be begun anew.
func TestAnImportThatIsCutOffLeavesNothing(t *testing.T) {
	t.Parallel()
	x := bringing(t)
	a := x.people["quantri"]
	var b strings.Builder
	b.WriteString("id,channel,received,due,unit\n")
	for i := range 20_000 {
		fmt.Fprintf(&b, "HS-%06d,direct,2026-%02d-%02d,2026-11-20,H99.101\n", i, 1+i%9, 1+i%28)
	}
	run, err := x.runs.Begin(t.Context(), a, imports.Upload{Kind: "dossiers", Name: "lớn.csv", Content: strings.NewReader(b.String()), Options: map[string]string{"system": "cũ"}})
	if err != nil || run.State != imports.Waiting {
		t.Fatalf("Begin gave %+v, %v", run, err)
	}
	id := "/admin/imports/" + run.ID
	x.Get(id).Has("h1", "đang chờ")
	work := func(ctx context.Context, store bool) error { return x.runs.Step(ctx, run.ID, store, false) }
	if err := work(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	x.Get(id).Has("h1", "Tệp đúng: 20.000 trong 20.000 dòng").Has("button", "Nhập 20.000 dòng")
	x.Post(id + "/store").To(id)
	x.Get(id).Has("h1", "đang được nhập")

	ctx, cut := context.WithCancel(t.Context())
	x.runs.Watch = func(_ imports.Run, rows int) {
		if rows > 5000 {
			cut()
		}
	}
	if err := work(ctx, true); err == nil {
		t.Error("an import that was cut off says that it is done")
	}
	if n := x.count(t, countDossiers); n != 0 {
		t.Errorf("an import that was cut off left %d dossiers", n)
	}
	x.Get(id).Has("button", "Nhập lại từ đầu")
	x.runs.Watch = nil
	if err := work(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	if n := x.count(t, countDossiers); n != 20_000 {
		t.Errorf("%d dossiers are stored, want 20,000", n)
	}
	x.Get(id).Has("h1", "Đã nhập 20.000 dòng")
	if err := work(t.Context(), true); err != nil { // a job may run twice
		t.Error(err)
	}
	if _, err := x.desk.Verify(t.Context(), nil, func(d dossier.Difference) { t.Errorf("%s: %s, want %s", d.What, d.Have, d.Want) }); err != nil {
		t.Error(err)
	}
}
