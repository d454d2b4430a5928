// The leaders' board: every number opens to a list with exactly as many rows as
// it says, and the board moves by itself when facts arrive.

import assert from 'node:assert/strict';
import { receive } from './counter.mjs';
import { axe, both, button, follow, journey, main, rows, screenshot, setUp, signIn, world } from './harness.mjs';

setUp();

const number = (text) => Number(text.replaceAll('.', ''));

// tally counts the rows of the list that is open, page by page.
async function tally(page) {
  let n = await rows(page).count();
  const next = page.getByRole('navigation', { name: 'Trang của danh sách' }).getByRole('link', { name: 'Tiếp' });
  while (await next.isVisible()) {
    await follow(page, next);
    n += await rows(page).count();
  }
  return n;
}

// stats are the figures at the top of a page, by what they count.
async function stats(page) {
  const found = {};
  for (const item of await main(page).getByRole('list').first().getByRole('listitem').all()) {
    const [value, what] = (await item.innerText()).split(/\n+/);
    found[what.replace(/ \(.*/, '')] = { value: value.trim(), what, link: item.getByRole('link') };
  }
  return found;
}

both('board → what is open, overdue and due soon → exactly those dossiers', {}, async (page, js) => {
  await signIn(page, 'motcua.xa');
  await receive(page, js, { applicant: 'Giàng A Muộn', earlier: 30 }); // so that something is overdue on any day
  await receive(page, js, { applicant: 'Giàng Thị Sớm' });
  await signIn(page, 'chutich');
  await page.goto('/board');
  if (js) await axe(page);
  await screenshot(page, `board${js ? '' : '-nojs'}`);
  for (const [what, address] of [['đang giải quyết', '/dossiers'], ['quá hạn', '/late'], ['đến hạn trong 3 ngày làm việc', '/late']]) {
    await page.goto('/board');
    const stat = (await stats(page))[what];
    assert.ok(stat, `the board says how many are ${what}`);
    await follow(page, stat.link);
    assert.equal(new URL(page.url()).pathname, address);
    assert.equal(await tally(page), number(stat.value), `${stat.value} ${stat.what} on ${page.url()}`);
    if (js) await axe(page);
  }
});

both('board → a commune → every measure → exactly as many rows as the number says', {}, async (page, js) => {
  await signIn(page, 'chutich');
  await page.goto('/board');
  const table = main(page).getByRole('table', { name: /^Xếp hạng chỉ số phục vụ/ });
  await follow(page, table.getByRole('row').nth(1).getByRole('rowheader').getByRole('link'));
  if (js) await axe(page);
  await screenshot(page, `index-unit${js ? '' : '-nojs'}`);

  // The points of the groups add up to the points of the unit.
  const total = (await main(page).getByRole('heading', { level: 1 }).innerText()).match(/: ([\d,]+) \/ 100 điểm/)[1];
  const points = (text) => Math.round(Number(text.replace(',', '.')) * 100);
  const groups = (await main(page).getByRole('heading', { level: 2 }).allInnerTexts())
    .map((text) => text.match(/: ([\d,]+) \/ \d+$/)?.[1]).filter(Boolean);
  assert.equal(groups.length, 6);
  assert.equal(groups.reduce((sum, text) => sum + points(text), 0), points(total), `${groups.join(' + ')} = ${total}`);

  const links = await main(page).getByRole('link', { name: /^(Tử số|Mẫu số|Còn lại) [\d.]+$/ }).evaluateAll(
    (all) => all.map((a) => ({ text: a.innerText, href: a.getAttribute('href') })));
  assert.ok(links.length >= 30, `${links.length} numbers to open`);
  // The pages are the same with scripts: there, one measure is enough.
  let dossiers = 0;
  for (const { text, href } of js ? links.filter((l) => l.href.includes('/ON_TIME_RATE?')) : links) {
    const want = number(text.match(/[\d.]+$/)[0]);
    await page.goto(href);
    if (await main(page).getByRole('heading', { name: /^Số liệu đã nhập/ }).isVisible()) {
      // Entered by people, not counted from dossiers: the entries add up to it.
      const cells = (await rows(page).getByRole('cell').allInnerTexts()).filter((t) => /^[\d.]+ \/ [\d.]+$/.test(t)).map((t) => t.split(' / ').map(number));
      const [num, den] = cells.reduce(([a, b], [c, d]) => [a + c, b + d], [0, 0]);
      const got = { 'Tử': num, 'Mẫu': den, 'Còn': den - num }[text.split(' ')[0]];
      assert.equal(got, want, `${text} on ${href}`);
      continue;
    }
    assert.equal(await tally(page), want, `${text} on ${href}`);
    dossiers += want;
  }
  assert.ok(dossiers > 50, `${dossiers} rows were opened`);
});

both('sectors and procedures of the board lead to their dossiers', {}, async (page) => {
  await signIn(page, 'chutich');
  for (const name of [/^Đúng hạn theo lĩnh vực/, /^Thủ tục trễ nhiều nhất/]) {
    await page.goto('/board');
    const row = main(page).getByRole('table', { name }).getByRole('row').nth(1);
    const overdue = number((await row.getByRole('cell').last().innerText()).trim());
    await follow(page, row.getByRole('rowheader').getByRole('link'));
    const found = await tally(page);
    assert.ok(found >= overdue, `${found} rows, ${overdue} of them overdue on ${page.url()}`);
  }
});

journey('the board moves when a fact arrives, without being loaded again', {}, async (page) => {
  await signIn(page, 'chutich');
  await page.goto('/board');
  const before = number((await stats(page))['đang giải quyết'].value);

  const context = await world.browser.newContext({ baseURL: world.url, locale: 'vi-VN' });
  const counter = await context.newPage();
  try {
    await signIn(counter, 'motcua.xa');
    await receive(counter, true, { applicant: 'Vàng Thị Mới' });
  } finally {
    await context.close();
  }

  const until = Date.now() + 15_000;
  let now = before;
  while (now !== before + 1 && Date.now() < until) {
    await page.waitForTimeout(200);
    now = number((await stats(page))['đang giải quyết'].value);
  }
  assert.equal(now, before + 1, 'one more is open');
});

both('the index of a unit moves with what is returned', {}, async (page, js) => {
  const measure = async () => {
    await signIn(page, 'chutich.xa');
    await page.goto('/board');
    await follow(page, main(page).getByRole('table', { name: /^Xếp hạng/ }).getByRole('link').first());
    const row = main(page).getByRole('row', { name: /^Hồ sơ giải quyết đúng hạn, trước hạn/ });
    const read = async (name) => number((await row.getByRole('link', { name }).innerText()).match(/[\d.]+$/)[0]);
    return { num: await read(/^Tử số/), den: await read(/^Mẫu số/) };
  };
  const before = await measure();
  await signIn(page, 'motcua.xa');
  const code = await receive(page, js, { applicant: 'Sùng A Nhanh' });
  await page.goto(`/dossiers/${code}/finish`);
  await follow(page, button(page, 'Xử lý xong'));
  const after = await measure();
  assert.deepEqual(after, { num: before.num + 1, den: before.den + 1 });
});
