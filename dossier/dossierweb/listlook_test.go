package dossierweb_test

import "testing"

func TestListsLookRight(t *testing.T) {
	t.Parallel()
	s, _ := busy(t)
	s.as(s.Chair).Look("/dossiers?bucket=all", "/dossiers?q=nobody", "/late?check=Hộ+tịch", "/units/"+string(s.Commune))
}

func TestReportsLookRight(t *testing.T) {
	t.Parallel()
	s, _ := busy(t)
	s.as(s.Chair).Look("/reports/ii06a?by=sector&compare=on", "/reports/ii06a?format=print&by=sector", "/reports/ii06a/list?column=received",
		"/reports/ii06a?period=custom&from=1/1/2026&to=1/1/2025")
}

func TestPublicPagesLookRight(t *testing.T) {
	t.Parallel()
	s, d := busy(t)
	s.Header.Set("Accept-Language", "vi")
	s.Look("/", "/lookup?code=x&digits=1", "/lookup?code="+d["sorry"].Code+"&digits=3456", "/lookup?code="+d["sorry"].Code+"&digits=0000",
		"/rate/"+d["done"].RatingToken)
}

// bulk apologises for what is late: choose a sector, read what is proposed, send.
const bulk = `
	await page.goto(base + "/late");
	is("the finding", await page.locator("h1").innerText(), "3 hồ sơ quá hạn, 2 chưa xin lỗi");
	await page.getByRole("link", { name: "Hộ tịch: " }).click();
	await page.getByRole("link", { name: "Chọn cả nhóm" }).click();
	await page.getByRole("button", { name: "Xem trước" }).click();
	is("how many are read", await page.locator("tr[data-row]").count(), 2);
	is("how many are possible", await page.locator("td input[type=text]").count(), 1);
	is("the date proposed", await page.locator("td input[type=text]").inputValue(), "01/12/2026");
	await page.getByLabel("Số ngày làm việc thêm").fill("2");
	await page.getByRole("button", { name: "Tính lại ngày hẹn" }).click();
	is("the date proposed anew", await page.locator("td input[type=text]").inputValue(), "26/11/2026");
	await page.getByRole("button", { name: "Gửi lời xin lỗi" }).click();
	is("what is wrong", await page.locator("#error-summary a").innerText(), "Nhập lý do.");
	await page.getByLabel("Lý do chậm").fill("Chờ xác minh tại thực địa");
	await page.getByRole("button", { name: "Gửi lời xin lỗi" }).click();
	is("what was done", await page.locator("h1").innerText(), "Đã xin lỗi và hẹn lại 1 hồ sơ");`

func TestApologisingInABrowserWithoutScripts(t *testing.T) {
	t.Parallel()
	s, _ := busy(t)
	s.as(s.Officer).DrivePlain(bulk)
}

func TestTheListIsWalkedByKeys(t *testing.T) {
	t.Parallel()
	s, d := busy(t)
	s.as(s.Officer).Drive(`
		await page.goto(base + "/dossiers?bucket=overdue");
		const at = () => page.evaluate(() => document.activeElement.textContent.trim());
		await page.keyboard.press("j");
		const first = await at();
		await page.keyboard.press("j");
		const second = await at();
		if (first === second) say("j stays on " + first);
		await page.keyboard.press("k");
		is("after k", await at(), first);
		await page.keyboard.press("Enter");
		await page.waitForURL("**/dossiers/" + first);
		await page.goto(base + "/reports/ii06a?by=sector");
		await page.keyboard.press("/");
		await page.keyboard.type("le thi hanh");
		await page.keyboard.press("Enter");
		await page.waitForURL("**/dossiers?*q=*");
		is("what was found", await page.locator("tr[data-row] th").innerText(), "` + d["late"].Code + `");`)
}
