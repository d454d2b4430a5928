// A dossier from the counter to the citizen: received, late, apologised for,
// processed by everybody in turn, returned, looked up.

import assert from 'node:assert/strict';
import { choose, receive } from './counter.mjs';
import { axe, both, button, follow, journey, link, main, says, screenshot, setUp, signIn } from './harness.mjs';

setUp();

// findByCode opens a dossier by the search that stands on every page.
async function findByCode(page, code) {
  const search = page.getByRole('searchbox', { name: /^Tìm hồ sơ theo mã/ });
  await search.fill(code);
  await Promise.all([page.waitForEvent('load'), search.press('Enter')]);
  if (!page.url().includes(`/dossiers/${code}`)) await follow(page, link(page, code));
  await main(page).getByRole('heading', { level: 1, name: new RegExp(`^${code}`) }).waitFor();
}

// act does what a dossier's page offers, through the page that asks for details
// where there is one; fill enters them.
async function act(page, name, done, fill) {
  let target = main(page).getByRole('button', { name, exact: true }).or(main(page).getByRole('link', { name, exact: true }));
  if (!(await target.first().isVisible())) await main(page).getByText(/^Khác/).first().click();
  await follow(page, target.first());
  if (fill) {
    await fill();
    await follow(page, main(page).getByRole('button', { name }));
  }
  await says(page, done);
}

both('from the counter to the result: receive, late, apology, process, return, look-up', {}, async (page, js) => {
  const look = js ? async (name) => (await axe(page), await screenshot(page, name)) : (name) => screenshot(page, `${name}-nojs`);
  const applicant = js ? 'Nguyễn Thị Thử Một' : 'Nguyễn Thị Thử Hai';
  const phone = js ? '0912345678' : '0912348765';

  // It came 30 days ago and is entered now: overdue from the first moment.
  await signIn(page, 'motcua.xa');
  const code = await receive(page, js, { applicant, phone, earlier: 30 });
  await look('received');
  const due = (await main(page).innerText()).match(/hẹn trả (\d\d:\d\d [^\n]*\d{4})/)[1];
  await says(page, 'Quá hạn và chưa xin lỗi người nộp.');

  // The receipt is a paper of its own, with the code and the promise.
  await page.goto(`/dossiers/${code}/receipt`);
  const paper = await page.locator('body').innerText();
  assert.ok(paper.includes(code) && paper.includes(applicant), 'the receipt names the dossier and the applicant');
  await look('receipt');

  // Late: it stands on the list, and one apology covers it.
  await page.goto('/work');
  await follow(page, page.getByRole('navigation', { name: 'Chức năng' }).getByRole('link', { name: 'Trễ hạn' }));
  const row = main(page).getByRole('row', { name: new RegExp(code) });
  assert.match(await row.innerText(), /Chưa xin lỗi|Hết thời gian xin lỗi/);
  await look('late');
  await row.getByRole('checkbox').check();
  await follow(page, button(page, 'Xem trước'));
  await says(page, 'Chưa có gì được ghi.');

  // Without a reason it is not sent, and the date that was typed stays.
  const newDate = page.getByLabel(new RegExp(`^Ngày hẹn mới của ${code}`));
  const promised = await newDate.inputValue();
  assert.match(promised, /^\d\d\/\d\d\/\d{4}$/, 'a new date is proposed');
  await follow(page, button(page, 'Gửi lời xin lỗi'));
  assert.equal(await newDate.inputValue(), promised);
  await page.getByRole('alert').waitFor();
  await look('apology-wrong');
  await page.getByLabel(/^Lý do chậm/).fill('Cán bộ phụ trách nghỉ ốm, đã phân công người khác.');
  await follow(page, button(page, 'Gửi lời xin lỗi'));
  await says(page, /Đã xin lỗi và hẹn lại 1 hồ sơ/);

  // The apology is told, and does not move the date by which it is judged.
  await findByCode(page, code);
  await says(page, new RegExp(`Xin lỗi muộn, ngày .* hẹn lại ${promised}`));
  assert.ok((await main(page).innerText()).includes(due), `still due ${due}`);
  await page.goto(`/dossiers/${code}/forms/04`);
  assert.ok((await page.locator('body').innerText()).includes(applicant));
  await look('form-04');

  // The specialist takes it and passes it on; the chairperson signs.
  await signIn(page, 'chuyenvien.xa');
  await page.goto('/work');
  await follow(page, link(page, code));
  await act(page, 'Nhận việc', `Bạn đã nhận hồ sơ ${code}.`);
  await look('processing');
  await act(page, 'Chuyển bước: Ký duyệt kết quả', `Đã chuyển hồ sơ ${code} sang bước tiếp theo.`, async () => {
    await page.getByLabel(/^Ghi chú cho bước sau/).fill('Đủ điều kiện, trình ký.');
  });
  await signIn(page, 'chutich.xa');
  await findByCode(page, code);
  await act(page, 'Xử lý xong', `Hồ sơ ${code} đã xử lý xong.`, async () => {
    await page.getByLabel('Có kết quả bản điện tử').check();
  });

  // Handed over at the counter; the whole story is on its page.
  await signIn(page, 'motcua.xa');
  await findByCode(page, code);
  await act(page, 'Trả kết quả', `Đã trả kết quả hồ sơ ${code}.`, async () => {
    await page.getByRole('radio', { name: 'tại Bộ phận Một cửa' }).check();
  });
  const story = await main(page).innerText();
  for (const part of ['Đã trả kết quả', 'quá hạn', 'Xin lỗi', 'Đủ điều kiện, trình ký.']) {
    assert.ok(story.toLowerCase().includes(part.toLowerCase()), `the page tells: ${part}`);
  }
  await look('returned');

  // The citizen sees where it is, without an account and without anybody's name.
  await page.context().clearCookies();
  await page.goto('/');
  await page.getByLabel(/^Mã hồ sơ/).fill(code);
  await page.getByLabel(/^4 số cuối điện thoại/).fill(phone.slice(-4));
  await follow(page, button(page, 'Tra cứu'));
  const found = await says(page, 'Bạn đã nhận kết quả');
  assert.ok(!found.includes('Nguyễn') && !found.includes(phone.slice(0, 6)), 'no personal data on a public page');
  await look('lookup');
});

both('one is returned in time, another that is due soon is apologised for', {}, async (page, js) => {
  await signIn(page, 'motcua.xa');
  const code = await receive(page, js, { applicant: 'Lò Văn Đúng', phone: '0987654321' });
  await findByCode(page, code);
  await act(page, 'Xử lý xong', `Hồ sơ ${code} đã xử lý xong.`, async () => {});
  await act(page, 'Trả kết quả', `Đã trả kết quả hồ sơ ${code}.`, async () => {});
  assert.match(await main(page).innerText(), /trước hạn|đúng hạn/);

  const soon = await receive(page, js, { applicant: 'Lò Thị Chậm', phone: '0987123456' });
  await page.goto('/late?show=soon');
  const row = main(page).getByRole('row', { name: new RegExp(soon) });
  await row.getByRole('checkbox').check();
  await follow(page, button(page, 'Xem trước'));
  await page.getByLabel(/^Lý do chậm/).fill('Chờ kết quả xác minh.');
  await follow(page, button(page, 'Gửi lời xin lỗi'));
  await says(page, /Đã xin lỗi và hẹn lại 1 hồ sơ/);
  await page.goto(`/dossiers/${soon}`);
  await says(page, /[Xx]in lỗi.* ngày .*, hẹn lại/);
});

both('a request for more papers stops the clock, and supply starts it', {}, async (page, js) => {
  await signIn(page, 'motcua.xa');
  const code = await receive(page, js, { applicant: 'Hoàng Thị Thiếu', phone: '0911222333' });
  await findByCode(page, code);
  await act(page, 'Yêu cầu bổ sung', `Đã yêu cầu bổ sung cho hồ sơ ${code}.`, async () => {
    await page.getByLabel(/^Giấy tờ cần bổ sung/).fill('Bản sao căn cước của bên nam.');
  });
  await says(page, /Đồng hồ dừng từ/);
  if (js) await axe(page);
  await page.goto(`/dossiers/${code}/forms/02`);
  assert.ok((await page.locator('body').innerText()).includes('Bản sao căn cước của bên nam.'));
  await page.goto(`/dossiers/${code}`);
  await act(page, 'Đã bổ sung đủ', `Đã ghi nhận bổ sung cho hồ sơ ${code}.`, async () => {});
  assert.ok(!/Đồng hồ dừng từ/.test(await main(page).innerText()));
});

both('a wrong field says what, where, and keeps what was typed', {}, async (page, js) => {
  await signIn(page, 'motcua.xa');
  await page.goto('/dossiers/new');
  await choose(page, js);
  await page.getByLabel(/^Điện thoại(?! của)/).fill('09123');
  await page.getByLabel(/^Địa chỉ/).fill('Bản Mới, xã Thử');
  await follow(page, button(page, 'Tiếp nhận'));
  const summary = page.getByRole('alert');
  await summary.waitFor();
  assert.match(await page.title(), /^Có lỗi/);
  assert.equal(await page.getByLabel(/^Địa chỉ/).inputValue(), 'Bản Mới, xã Thử');
  assert.ok(await page.getByRole('radio', { name: 'Thủ tục đăng ký kết hôn', exact: true }).isChecked());
  const name = page.getByLabel('Họ và tên');
  assert.equal(await name.getAttribute('aria-invalid'), 'true');
  await summary.getByRole('link').first().click();
  assert.ok(await main(page).getByRole('textbox').evaluateAll((all) => all.includes(document.activeElement)), 'the summary leads to a field');
  if (js) await axe(page);
  await screenshot(page, `counter-wrong${js ? '' : '-nojs'}`);
});

journey('receive with the keyboard alone', {}, async (page) => {
  await signIn(page, 'motcua.xa');
  const focused = () => page.evaluate(() => document.activeElement.labels?.[0]?.innerText ?? document.activeElement.innerText);
  // tabTo presses Tab until the element with this label has the focus.
  const tabTo = async (label) => {
    for (let i = 0; i < 60; i++) {
      if (label.test(await focused())) return;
      await page.keyboard.press('Tab');
    }
    assert.fail(`${label} cannot be reached with Tab`);
  };
  await page.goto('/work');
  await Promise.all([page.waitForURL('**/dossiers/new*'), page.keyboard.press('n')]);
  assert.match(await focused(), /Tìm thủ tục/, 'the cursor is where typing begins');
  await page.keyboard.type('ket hon');
  await page.getByRole('radio').first().waitFor();
  await tabTo(/^Thủ tục đăng ký kết hôn/);
  await page.keyboard.press('Space');
  await main(page).getByRole('table', { name: 'Các bước và hạn của từng bước' }).waitFor();
  await tabTo(/^Họ và tên/);
  await page.keyboard.type('Phàn Thị Phím');
  await tabTo(/^Điện thoại(?! của)/);
  await page.keyboard.type('0933444555');
  // Enter in a field saves nothing by itself; the button does.
  await tabTo(/^\s*Tiếp nhận/);
  await Promise.all([page.waitForURL('**/dossiers/*received*'), page.keyboard.press('Enter')]);
  await says(page, /Đã tiếp nhận hồ sơ/);
});

journey('who may not is told so, and what is not there is not found', {}, async (page) => {
  await signIn(page, 'thanhtra');
  const answer = await page.goto('/dossiers/new');
  assert.equal(answer.status(), 403);
  await main(page).getByRole('heading', { level: 1, name: 'Bạn không được làm việc này' }).waitFor();
  await axe(page);
  await screenshot(page, 'forbidden');
  assert.equal((await page.goto('/dossiers/H00-000000-0000')).status(), 404);
  await main(page).getByRole('heading', { level: 1, name: 'Không tìm thấy' }).waitFor();
  await axe(page);
  await screenshot(page, 'not-found');
  assert.equal((await page.goto('/nothing/here')).status(), 404);
});
