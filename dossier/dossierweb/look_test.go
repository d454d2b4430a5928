package dossierweb_test

import (
	"testing"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/moment"
	"cchc/dossier"
	"cchc/dossier/dossiertest"
	"cchc/procedure"
)

// A morning at a counter: dossiers in every state that the pages know.
func morning(t *testing.T, d *desk) map[string]string {
	t.Helper()
	ctx := t.Context()
	codes := map[string]string{}
	for login, x := range map[string]struct {
		name string
		who  *actor.Actor
	}{"bich": {"Trần Thị Bích", &d.Officer}, "dung": {"Hoàng Anh Dũng", &d.Specialist}, "chien": {"Phan Văn Chiến", &d.CommuneChair}} {
		id, err := d.Accounts.Create(ctx, actor.System("test"), auth.NewAccount{Login: login, Name: x.name, Password: "nắng chiều trên sông", Grants: x.who.Grants})
		ask(t, err)
		x.who.Account, x.who.Name = id, x.name
		d.people[id] = *x.who
	}
	v, err := d.Desk.Procedures.InForce(ctx, d.DB, dossiertest.Birth, moment.NewDate(2026, 11, 23))
	ask(t, err)
	ask(t, d.Editor.SetPapers(ctx, actor.System("test"), v.ID, []procedure.Paper{
		{Name: "Tờ khai đăng ký khai sinh", Form: "TP/HT-2024", Required: true, Originals: 1},
		{Name: "Giấy chứng sinh hoặc văn bản của người làm chứng xác nhận về việc sinh", Required: true, Originals: 1},
		{Name: "Giấy chứng nhận kết hôn của cha mẹ", Copies: 1}}))
	ask(t, d.Editor.SetFees(ctx, actor.System("test"), v.ID, []procedure.Fee{{Channel: procedure.Direct, Label: "Lệ phí đăng ký quá hạn", Amount: 8000}}, "NQ 1"))
	receive := func(name, procedure, person string) string {
		app := d.Application(procedure)
		app.Person.Name, app.Person.Address = person, "Thôn 3, xã Gio Hải"
		x, err := d.Desk.Receive(ctx, d.Officer, app)
		ask(t, err)
		codes[name] = x.Code
		return x.Code
	}
	d.Clock.Set("2026-11-10T09:02")
	land := receive("land", dossiertest.Land, "Nguyễn Văn Anh")
	late := receive("late", dossiertest.Birth, "Trần Thị Bưởi")
	d.Clock.Set("2026-11-12T10:00")
	ask(t, d.Desk.Claim(ctx, d.Specialist, late))
	ask(t, d.Desk.Claim(ctx, d.Specialist, land))
	d.Clock.Set("2026-11-16T08:00")
	ask(t, d.Desk.Pause(ctx, d.Specialist, land, dossier.Ask{Reason: "đo đạc thực địa", Document: "CV 21/ĐĐ"}))
	d.Clock.Set("2026-11-20T14:00")
	ask(t, d.Desk.Resume(ctx, d.Specialist, land, 0))
	ask(t, d.Desk.Consult(ctx, d.Specialist, land, dossier.Consultation{Body: "Chi cục Thuế khu vực", Name: "Xác định nghĩa vụ tài chính", By: moment.NewDate(2026, 11, 26).At(17 * 3600)}))
	ask(t, d.Desk.Forward(ctx, d.Specialist, land, "", "Đủ điều kiện, trình ký"))
	d.Clock.Set("2026-11-23T08:05")
	waiting := receive("waiting", dossiertest.Land, "Lê Văn Cường")
	ask(t, d.Desk.AskForMore(ctx, d.Specialist, waiting, dossier.Ask{Reason: "Bản đồ địa chính\nHợp đồng có công chứng", Document: "14/PYC", SupplyBy: moment.NewDate(2026, 12, 4).At(17 * 3600)}))
	ready := receive("ready", dossiertest.Birth, "Phạm Thị Dung")
	ask(t, d.Desk.Finish(ctx, d.CommuneChair, ready, dossier.Result{Electronic: true, Document: "12/GKS"}))
	today := receive("today", dossiertest.Certify, "Hoàng Văn Em")
	ask(t, d.Desk.Claim(ctx, d.Specialist, today))
	receive("fresh", dossiertest.Birth, "Đỗ Thị Giang")
	app := d.Application(dossiertest.Birth)
	app.Channel, app.Person.Name = dossier.Online, "Vũ Văn Hải"
	arrived, err := d.Desk.Register(ctx, d.Officer, app)
	ask(t, err)
	codes["arrived"] = arrived.Code
	d.Clock.Set("2026-11-23T09:00")
	return codes
}

func TestPagesLookRight(t *testing.T) {
	t.Parallel()
	d := sit(t, nil)
	c := morning(t, d)
	d.enter(d.Officer)
	p := func(name string, below ...string) string {
		path := "/dossiers/" + c[name]
		for _, b := range below {
			path += "/" + b
		}
		return path
	}
	d.Look("/dossiers/new", "/dossiers/new?q=dang+ky", "/dossiers/new?q=khai+sinh", "/work?at=counter",
		p("land"), p("waiting"), p("arrived"), p("ready")+"?received=1", p("late"),
		p("late", "apologise"), p("ready", "hand-over"), p("land", "papers"), p("land", "person"),
		p("land", "receipt"), p("waiting", "forms", "02"), p("land", "forms", "06"))
	s := d.as(d.Specialist)
	s.Look("/work?as=specialist", p("late")+"?by=specialist", p("late", "forward"), "/dossiers/new", "/dossiers/H99.101-261123-9999")
	a := d.as(d.Auditor)
	a.Header.Set("Accept-Language", "en")
	a.Look("/work", p("land"))
}

// A dossier received with the keyboard alone, with scripts and without.
const byKeyboard = `
	const key = (k) => page.keyboard.press(k);
	await page.goto(base + "/dossiers/new");
	is("the cursor", await page.evaluate(() => document.activeElement.name), "q");
	await page.keyboard.type("khai sinh");
	await Promise.all([page.waitForNavigation(), key("Enter")]);
	is("the due date", await page.textContent("#promise .due"), "17:00 thứ Sáu 27/11/2026");
	is("the cursor", await page.evaluate(() => document.activeElement.name), "name");
	await page.keyboard.type("Nguyễn Thị Ánh");
	await key("Tab");
	await key("Tab");
	await page.keyboard.type("0905123456");
	await Promise.all([page.waitForNavigation(), key("Enter")]);
	is("the name", await page.inputValue("[name=name]"), "Nguyễn Thị Ánh");
	is("the cursor", await page.evaluate(() => document.activeElement.textContent.trim()), "Tiếp nhận");
	await Promise.all([page.waitForNavigation(), key("Enter")]);
	is("the page", new URL(page.url()).pathname, "/dossiers/H99.101-261123-0001");
	is("the receipt", await page.getAttribute(".notice .btn-primary", "href"), "/dossiers/H99.101-261123-0001/receipt");
`

func TestADossierIsReceivedByKeyboardAlone(t *testing.T) {
	t.Parallel()
	d := sit(t, anOfficer)
	d.Drive(byKeyboard)
	if w := d.state(t, "H99.101-261123-0001"); w.Person.Name != "Nguyễn Thị Ánh" {
		t.Errorf("received for %q", w.Person.Name)
	}
}

func TestADossierIsReceivedWithoutScripts(t *testing.T) {
	t.Parallel()
	d := sit(t, anOfficer)
	d.DrivePlain(byKeyboard)
	if w := d.state(t, "H99.101-261123-0001"); w.Person.Name != "Nguyễn Thị Ánh" {
		t.Errorf("received for %q", w.Person.Name)
	}
}

func TestScriptsRefineTheCounterWhileOneTypes(t *testing.T) {
	t.Parallel()
	d := sit(t, anOfficer)
	d.Drive(`
		await page.goto(base + "/dossiers/new");
		await page.fill("[name=name]", "Trần Thị Bích");
		await page.focus("[name=q]");
		await page.keyboard.type("dang ky", { delay: 20 });
		await page.waitForSelector("#found [name=procedure]");
		is("hits", await page.locator("#found [name=procedure]").count(), 2);
		is("the cursor", await page.evaluate(() => document.activeElement.name), "q");
		await page.check("#found [value='1.012753']");
		await page.waitForSelector("#promise .due");
		is("the due date", await page.textContent("#promise .due"), "17:00 thứ Ba 22/12/2026");
		is("papers", await page.locator("#papers [name='papers.0']").count(), 1);
		await page.check("#found [value='1.001193']");
		await page.waitForFunction(() => document.querySelector("#promise .due")?.textContent.includes("27/11/2026"));
		is("the name", await page.inputValue("[name=name]"), "Trần Thị Bích");
		is("the address", new URL(page.url()).search, "");
	`)
}

func TestTheMenuOfADossierOpensWithoutScripts(t *testing.T) {
	t.Parallel()
	d := sit(t, anOfficer)
	x := d.Receive(t, dossiertest.Birth)
	d.DrivePlain(`
		await page.goto(base + "/dossiers/` + x.Code + `");
		await page.click(".page-head summary");
		await page.click(".page-head details a >> text=Xin lỗi");
		await page.fill("[name=reason]", "Quá tải");
		await page.fill("[name=until]", "02/12/2026");
		await page.click("main button[type=submit]");
		is("the page", new URL(page.url()).pathname, "/dossiers/` + x.Code + `");
		is("the alert", (await page.textContent(".notice.kind-info")).includes("02/12/2026"), true);
	`)
}

func TestTheReceiptFitsOnePageOfA5(t *testing.T) {
	t.Parallel()
	d := sit(t, anOfficer)
	app := d.Application(dossiertest.Birth)
	app.Person.Address, app.Person.Email = "Thôn 3, xã Gio Hải, tỉnh Sông Mẫu", "anh@example.vn"
	for range 2 {
		app.Papers = append(app.Papers, dossier.Paper{Name: "Bản sao giấy tờ khác có chứng thực", Source: "paper"})
	}
	x, err := d.Desk.Receive(t.Context(), d.Officer, app)
	ask(t, err)
	d.Drive(`
		await page.goto(base + "/dossiers/` + x.Code + `/receipt");
		const pdf = (await page.pdf({ preferCSSPageSize: true })).toString("latin1");
		is("pages", pdf.match(/\/Type\s*\/Page[^s]/g).length, 1);
		is("size", /MediaBox \[0 0 (\d+)/.exec(pdf)[1], "420");
	`)
}
