package app

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db/dbtest"
	"cchc/base/i18n"
	"cchc/base/ledger"
	"cchc/base/points"
	"cchc/dossier"
	"cchc/scorecard"
	"cchc/scorecard/criteria"
	"cchc/scorecard/ranking"
)

// A stranger is somebody with the command, the public key and a folder: nothing of ours.
type stranger struct {
	t                 *testing.T
	command, key, dir string
}

func newStranger(t *testing.T, key string) stranger {
	t.Helper()
	s := stranger{t: t, dir: t.TempDir(), key: key}
	s.command = filepath.Join(s.dir, "cchc-receipt")
	build := exec.Command("go", "build", "-o", s.command, "./cmd/cchc-receipt")
	build.Dir = ".."
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return s
}

func (s stranger) file(name, text string) string {
	s.t.Helper()
	path := filepath.Join(s.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
	return path
}

// verifies runs the command in its folder and compares how it ends and what it says.
func (s stranger) verifies(what string, exit int, says string, args ...string) {
	s.t.Helper()
	c := exec.Command(s.command, append([]string{"--lang", "en", "--key", s.key}, args...)...)
	c.Dir, c.Env = s.dir, []string{}
	out, err := c.CombinedOutput()
	if c.ProcessState == nil || c.ProcessState.ExitCode() != exit || !strings.Contains(string(out), says) {
		s.t.Errorf("%s: %v, want exit %d and %q:\n%s", what, err, exit, says, out)
	}
}

// Every kind of thing that has receipts: made through its verbs, verified by a stranger
// from the files that the pages give, and named when a row behind it is edited.
func TestEveryKindOfReceiptHoldsAndWhatIsBehindItIsWatched(t *testing.T) {
	t.Parallel()
	ctx := i18n.With(context.Background(), i18n.English)
	o := logged(t)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	person, err := o.accounts.Create(ctx, operator, auth.NewAccount{Login: "chutich", Name: "Chủ tịch", Password: testPassword,
		Grants: []actor.Grant{{Role: actor.Chairperson, Unit: o.province}}})
	must(err)
	chair, err := auth.Load(ctx, o.db, person, o.db.Now().Date())
	must(err)
	sorry, moved := receive(t, o.rooms, o.commune), receive(t, o.rooms, o.commune)
	must(o.desk.Apologise(ctx, operator, sorry.Code, dossier.Apology{Reason: "mất điện", Document: "4/PXL", Until: sorry.Due.Add(48 * time.Hour)}))
	must(o.desk.Extend(ctx, operator, moved.Code, 2000, "xác minh thêm", "5/QĐ"))
	round := scoredRound(t, o.rooms, o.province)
	sheets, err := o.scorecard.Sheets(ctx, o.db, operator, round)
	must(err)
	sheet := sheets[0].ID
	o.clock.Set("2026-12-10T09:00")
	_, err = o.scorecard.Enter(ctx, operator, sheet, scorecard.Entry{Leaf: "1.1.1", Input: criteria.Input{Option: "Trong quý I"}})
	must(err)
	must(o.scorecard.HandIn(ctx, operator, sheet, true))
	o.clock.Set("2027-01-05T09:00")
	must(o.scorecard.Appraise(ctx, operator, round.ID, scorecard.StageAppraised1, []scorecard.Verdict{{Sheet: sheet, Leaf: "1.1.1", Accept: true, Seen: -1}}))
	o.clock.Set("2027-01-20T09:00")
	must(o.scorecard.Approve(ctx, operator, round.ID, "300/QĐ-UBND", o.db.Now().Date()))
	publication, err := o.scorecard.Propose(ctx, operator, scorecard.Proposal{Round: round.ID, Title: "Chỉ số CCHC 2026", Number: "301/QĐ-UBND", Decided: o.db.Now().Date(),
		Ties: ranking.Shared, Decimals: 2, Weighting: ranking.Plain})
	must(err)
	must(o.scorecard.ApprovePublication(ctx, chair, publication))
	step(t, o.rooms)

	s := newStranger(t, strings.Fields(o.b.Get("/cchc/log/key").Is(200).Body)[0])
	check := func() *ledger.Check {
		t.Helper()
		c, err := o.checkLog(ctx, ledger.Options{})
		must(err)
		return c
	}
	recount := func() (found []string) {
		t.Helper()
		_, err := o.verify(ctx, verifying{found: func(_ int, d dossier.Difference) { found = append(found, d.What) }})
		must(err)
		return found
	}
	if c, found := check(), recount(); c.First != nil || len(found) != 0 {
		t.Fatalf("before: %+v, %v", c.Findings, found)
	}
	final := fmt.Sprintf("UPDATE score SET by_hand = 1 WHERE sheet_id = '%s' AND leaf = '1.1.1' AND stage = ", sheet)
	entry := func(kind, id, field string) string {
		return fmt.Sprintf("UPDATE audit_entry SET reason = reason || '.' WHERE kind = '%s' AND object_id = '%s' AND changes LIKE '%%\"%s\"%%'", kind, id, field)
	}
	b := o.b.Other()
	b.Post("/sign-in", "login", "chutich", "password", testPassword).Is(303)
	for i, x := range []struct {
		kind, name, id string
		says           string
		content        bool
		tables         []string
		sql            string
		what, named    string // by verify --log; and by verify, "" not by it
	}{
		{"publication", publication, publication, "Công bố kết quả", true, []string{"publication_row"}, "UPDATE publication_row SET place = 9", "content", "publication " + publication},
		{"round", round.ID, round.ID, "Phê duyệt điểm cuối cùng", true, nil, final + "'final'", "content", "round " + round.ID},
		{"sheet", sheet, sheet, "Nộp phiếu tự chấm", true, nil, final + "'self'", "content", "sheet " + sheet},
		{"dossier", sorry.Code, sorry.ID, "Xin lỗi và hẹn lại ngày trả", false, []string{"audit_entry"}, entry("dossier", sorry.ID, "due_promised"), "edited", ""},
		{"dossier", moved.Code, moved.ID, "Thay đổi hạn trả", false, []string{"audit_entry"}, entry("dossier", moved.ID, "due"), "edited", ""},
	} {
		page := b.Get("/receipts/"+x.kind+"/"+x.name).Is(200).Count("tbody tr", 1).Has("tbody", x.says).Lacks("main", "Nội dung trước đây")
		href := page.Attr("tbody a", "href")
		text := b.Get(href).Is(200).Body
		file := s.file(fmt.Sprintf("receipt-%d.txt", i), text)
		s.verifies(x.says, 0, "HOLDS", file)
		s.verifies(x.says+", edited", 1, "it was changed", s.file("edited.txt", strings.Replace(text, x.id, x.id[1:]+"0", 1)))
		if x.content {
			content := b.Get("/receipts/" + x.kind + "/" + x.name + "/content.json").Is(200).Body
			s.verifies(x.says+", with its content", 0, "File is as recorded", "--content", s.file("content.json", content), file)
			s.verifies(x.says+", with another content", 1, "not what the entry is about", "--content", s.file("other.json", strings.Replace(content, "1", "2", 1)), file)
		}
		key := strings.TrimSuffix(href[strings.LastIndex(href, "/")+1:], ".txt")
		dbtest.Behind(t, o.db, x.tables, x.sql)
		if c := check(); !slices.ContainsFunc(c.Findings, func(f ledger.Finding) bool { return f.Entry == key && f.What == x.what && f.Number > 0 }) {
			t.Errorf("%s: %s: the log found %+v, want entry %s %s", x.says, x.sql, c.Findings, key, x.what)
		} else if f := c.Findings[slices.IndexFunc(c.Findings, func(f ledger.Finding) bool { return f.Entry == key })]; x.named != "" && !strings.Contains(found(ctx, f), x.named) {
			t.Errorf("%s: it is told as %q", x.says, found(ctx, f))
		}
		if got := recount(); x.named != "" && !slices.ContainsFunc(got, func(d string) bool { return strings.Contains(d, x.named) && strings.Contains(d, key) }) {
			t.Errorf("%s: %s: the recount found %v, want %s", x.says, x.sql, got, x.named)
		}
		s.verifies(x.says+", after that", 0, "HOLDS", file) // what was recorded stays proven
	}
	// A promise or a due date edited beside the trail is named by the recount.
	for _, x := range []struct{ code, id, column string }{{sorry.Code, sorry.ID, "due_promised"}, {moved.Code, moved.ID, "due_at"}} {
		dbtest.Behind(t, o.db, []string{"dossier"}, "UPDATE dossier SET "+x.column+" = "+x.column+" + 86400000 WHERE id = '"+x.id+"'")
		if got := recount(); !slices.ContainsFunc(got, func(d string) bool { return strings.Contains(d, x.code) }) {
			t.Errorf("%s of %s edited: the recount found %v", x.column, x.code, got)
		}
	}
}

// An appeal that is upheld locks the round's scores anew: the receipt from before holds
// for what was approved, the new one for what holds now, and the page says which is which,
// also where a server decided it whose clock is behind that of the one before.
func TestAnAppealHasReceiptsAndTheEarlierOneStays(t *testing.T) {
	t.Parallel()
	for name, later := range map[string]time.Duration{"one clock": 5 * time.Minute, "a clock that is behind": -5 * time.Second} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			appealed(t, later)
		})
	}
}

func appealed(t *testing.T, later time.Duration) {
	ctx := context.Background()
	o := logged(t)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	receive(t, o.rooms, o.commune) // so that something is measured
	round := scoredRound(t, o.rooms, o.province)
	sheets, err := o.scorecard.Sheets(ctx, o.db, operator, round)
	must(err)
	sheet := sheets[0].ID
	o.clock.Set("2026-12-10T09:00")
	must(o.scorecard.HandIn(ctx, operator, sheet, true))
	o.clock.Set("2027-01-20T09:00")
	must(o.scorecard.TakeDue(ctx))
	must(o.scorecard.Approve(ctx, operator, round.ID, "300/QĐ-UBND", o.db.Now().Date()))
	b := o.signIn(t, "chutich", actor.Grant{Role: actor.Chairperson, Unit: o.province})
	list := "/receipts/round/" + round.ID
	page := b.Get(list).Is(200).Count("tbody tr", 1).Lacks("main", "Nội dung trước đây")
	s := newStranger(t, strings.Fields(o.b.Get("/cchc/log/key").Body)[0])
	first := s.file("first.txt", b.Get(page.Attr("tbody a", "href")).Is(200).Body)
	before := s.file("before.json", b.Get(list+"/content.json").Is(200).Body)

	o.clock.Advance(later)
	appeal, err := o.scorecard.File(ctx, operator, sheet, scorecard.Appeal{Text: "Đề nghị xem lại", Leaves: []scorecard.AppealLeaf{{Leaf: "1.1.1", Claim: "Đã ban hành"}}})
	must(err)
	half := points.Points(points.Of(1) / 2)
	must(o.scorecard.Decide(ctx, operator, appeal, []scorecard.Ruling{{Leaf: "1.1.1", Accept: true, Reason: "Có tài liệu", ByHand: &half}}))
	step(t, o.rooms)

	page = b.Get(list).Is(200).Count("tbody tr", 2).Has("tbody tr:first-child", "Nội dung trước đây").
		Has("tbody tr:last-child", "Sửa điểm cuối cùng theo kiến nghị").Lacks("tbody tr:last-child", "Nội dung trước đây")
	noRawKeys(t, page.Body)
	second := s.file("second.txt", b.Get(page.Attr("tbody tr:last-child a", "href")).Is(200).Body)
	after := s.file("after.json", b.Get(list+"/content.json").Is(200).Body)
	s.verifies("the first, of what was approved", 0, "File is as recorded", "--content", before, first)
	s.verifies("the first, of what holds now", 1, "not what the entry is about", "--content", after, first)
	s.verifies("the second, of what holds now", 0, "File is as recorded", "--content", after, second)
	s.verifies("the second, of what was approved", 1, "not what the entry is about", "--content", before, second)

	// The sheet's own page: handed in, measured since, the appeal.
	own := b.Get("/receipts/sheet/"+sheet).Is(200).Count("tbody tr", 3).Has("tbody tr:nth-child(1)", "Nội dung trước đây").
		Has("tbody tr:nth-child(2)", "Khoá lại điểm đã nộp").Has("tbody tr:nth-child(3)", "Giải quyết kiến nghị về điểm")
	s.verifies("the appeal", 0, "final.1.1.1", s.file("appeal.txt", b.Get(own.Attr("tbody tr:nth-child(3) a", "href")).Is(200).Body))
	s.verifies("the sheet with what was measured", 0, "File is as recorded", "--content",
		s.file("sheet.json", b.Get("/receipts/sheet/"+sheet+"/content.json").Is(200).Body), s.file("sheet.txt", b.Get(own.Attr("tbody tr:nth-child(2) a", "href")).Is(200).Body))
	if c, err := o.checkLog(ctx, ledger.Options{}); err != nil || c.First != nil || len(c.Notes) > 1 {
		t.Errorf("the log: %+v, %+v, %v", c.Findings, c.Notes, err)
	}
}
