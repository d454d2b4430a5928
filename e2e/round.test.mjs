// A round of the PAR index of a whole province, from a draft of the criteria set to
// the published ranking and its amended version: three communes and the province in
// the browser, each by several accounts, the other communes through the API under the
// same verbs. Every number is computed a second time by the command line.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { axe, button, follow, journey, link, main, rows, says, screenshot, setUp, signIn, world } from './harness.mjs';
import { Client, abreast, communes, makeProvince, place, run, year } from './province.mjs';

setUp(makeProvince);

const setFile = join(import.meta.dirname, '..', 'data', 'criteria_synthetic_commune.yaml');
const work = mkdtempSync(join(tmpdir(), 'cchc-round-'));
after(() => rmSync(work, { recursive: true, force: true }));

const all = Array.from({ length: communes }, (_, i) => i + 1);
const round = { url: '', id: '', leaves: [], sheets: {} }; // what one journey leaves to the next

// A document of three pages, as small as one can be.
const pdf = '%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n';

// Stages in their order, and those that are over: see ahead.
const stages = ['self', 'appraised1', 'explain', 'appraised2', 'council', 'approved'];

// calendar is a calendar whose stage now is open since a moment ago, as it can be typed.
function calendar(now) {
  const at = stages.indexOf(now);
  const typed = (minutes) => {
    const t = new Date(Date.now() + minutes * 60_000);
    const part = (options) => new Intl.DateTimeFormat('en-GB', { timeZone: 'Asia/Ho_Chi_Minh', ...options }).format(t);
    return `${part({ day: '2-digit', month: '2-digit', year: 'numeric' })} ${part({ hour: '2-digit', minute: '2-digit', second: '2-digit' })}`;
  };
  // Two days a stage; the one before ended when this one began.
  const edge = (i) => (i - at) * 2880 - 0.05;
  return stages.flatMap((s, i) => [
    [`opens.${s}`, typed(edge(i))],
    [`closes.${s}`, typed(edge(i + 1))],
  ]);
}

// inputs are what commune i enters, by leaf; the surveys are not among them. They are
// written as both the API and files of inputs read them.
function inputs(i) {
  const out = {};
  round.leaves.forEach(({ code, kind }, n) => {
    const k = i + 7 * n; // no two communes and leaves alike
    switch (kind) {
      case 'choice':
        out[code] = { option: `${1 + (k % 2)}` };
        break;
      case 'yes_no':
        out[code] = { option: k % 6 ? 'yes' : 'no' };
        break;
      case 'deduction':
        out[code] = { value: `${k % 3}` };
        break;
      case 'count_tiered':
        out[code] = { value: `${k % 30}` };
        break;
      case 'import':
        out[code] = { value: `${70 + (k % 25)}.5` };
        break;
      case 'count':
        if (i % 5 === 0) out[code] = { value: '1' };
        break;
      case 'late_penalty':
        break;
      default:
        out[code] = { num: 60 + (k % 41), den: 100 };
    }
  });
  return out;
}

// What the appraisals gave by hand, whatever was entered. Commune 2 stands first in
// lists: they go by group, and Miền núi comes before Đồng bằng.
const judged = { 2: { '2.1.1': '1.25', '1.1.1': '0.25' } };
const survey = (i) => ({ '4.2.1': 70 + (i % 27), '7.1.1': `${80 + (i % 15)}.25` });

// expected scores commune i by the command line, from everything that was entered for
// it; hand is what stages gave beside it.
const cards = [];
async function expected(i, hand = judged[i] ?? {}) {
  if (!cards[i]) {
    const given = { ...inputs(i) };
    for (const [leaf, value] of Object.entries(survey(i))) given[leaf] = { value: `${value}` };
    const file = join(work, `${i}.yaml`);
    writeFileSync(file, JSON.stringify(given));
    cards[i] = JSON.parse(await run(['score', '--set', setFile, '--inputs', file, '--format', 'json']));
  }
  return { card: cards[i], hand };
}

// fill fills fields of the page by name.
const fill = async (page, fields) => {
  for (const [name, value] of fields) await main(page).locator(`[name="${name}"]`).fill(value);
};

// step is a journey that is not begun when one before it failed: a round goes on from
// where it stands.
let stopped = '';
function step(name, steps) {
  journey(name, {}, async (page) => {
    assert.equal(stopped, '', 'not begun: an earlier step failed');
    stopped = name;
    await steps(page);
    stopped = '';
  });
}

// turn moves the round on to a stage, by the page that who keeps it has for that.
async function turn(page, stage) {
  await page.goto(`${round.url}/calendar`);
  await fill(page, calendar(stage));
  await main(page).locator('form[action$="/calendar"] [name=reason]').fill(`Chuyển sang giai đoạn ${stage}`);
  await follow(page, button(page, 'Lưu lịch'));
}

step('a criteria set is uploaded, checked and issued', async (page) => {
  await signIn(page, 'noivu');
  await page.goto('/scorecard/sets/import');
  await axe(page);
  await main(page).locator('[name=file]').setInputFiles(setFile);
  await follow(page, button(page, 'Nhập thành dự thảo'));
  await says(page, /[Dd]ự thảo/);
  await axe(page);
  await follow(page, link(page, 'Ban hành'));
  await fill(page, [['basis', '12/QĐ-UBND']]);
  await follow(page, button(page, 'Ban hành'));
  await says(page, /12\/QĐ-UBND/);
  round.set = new URL(page.url()).pathname.split('/').pop();
});

step('a round is opened for 124 communes and given to its appraisers', async (page) => {
  await signIn(page, 'noivu');
  await page.goto('/scorecard/rounds/new');
  await axe(page);
  await fill(page, [['name', `Chỉ số CCHC cấp xã năm ${year}`], ['from', `01/01/${year}`], ['to', `31/12/${year}`], ...calendar('self')]);
  await follow(page, button(page, 'Xem trước'));
  await says(page, new RegExp(`${communes} đơn vị được chấm`));
  await follow(page, button(page, `Mở đợt cho ${communes} đơn vị`));
  await says(page, new RegExp(`0/${communes} đơn vị đã nộp phiếu`));
  round.url = new URL(page.url()).pathname;
  round.id = round.url.split('/').pop();

  await page.goto(`${round.url}/appraisers`);
  for (const [stage, name] of [['appraised1', 'Thẩm định một'], ['appraised2', 'Thẩm định hai']]) {
    const boxes = main(page).locator(`[name^="${stage}."]`).and(main(page).getByRole('checkbox', { name }));
    for (const box of await boxes.all()) await box.check();
  }
  await axe(page);
  await follow(page, button(page, 'Lưu phân công'));
  await axe(page);

  const noivu = await Client.of('noivu');
  const set = await noivu.ask('GET', `/scorecard/sets/${round.set}`);
  assert.equal(set.state, 'issued');
  const kinds = set.nodes.filter((n) => n.kind);
  round.names = Object.fromEntries(kinds.map((n) => [n.code, n.name]));
  round.leaves = kinds.filter((n) => !n.source?.startsWith('survey'));
  const { items } = await noivu.ask('GET', `/scorecard/rounds/${round.id}/sheets`);
  assert.equal(items.length, communes);
  for (const i of [1, 2, 3]) round.sheets[i] = await sheetOf(i);
});

// sheetOf returns the sheet that commune i sees as its own.
async function sheetOf(i, client) {
  const own = client ?? (await Client.of(`lanhdao${i}`));
  const { items } = await own.ask('GET', `/scorecard/rounds/${round.id}/sheets`);
  assert.equal(items.length, 1, `commune ${i} sees ${items.length} sheets`);
  return items[0].id;
}

const sheet = (i) => `/scorecard/sheets/${round.sheets[i]}`;

// enter types one leaf into its page and saves it.
async function enter(page, i, leaf, { num, den, value, option }) {
  await page.goto(`${sheet(i)}/leaf/${leaf}`);
  if (num !== undefined) await fill(page, [['num', `${num}`], ['den', `${den}`]]);
  if (value !== undefined) await fill(page, [['value', value]]);
  if (option !== undefined) await main(page).locator(`[name=option][value="${option}"]`).check();
  await follow(page, button(page, 'Lưu'));
  await says(page, /Được [\d,]+ điểm/);
}

for (const i of [1, 2, 3]) {
  step(`commune ${i} scores itself with evidence, and its leader hands in`, async (page) => {
    await signIn(page, `chuyenvien${i}`);
    await page.goto('/scorecard/rounds');
    await follow(page, link(page, `Phiếu của ${place.name(i)}`));
    if (i === 1) await axe(page);
    const own = inputs(i);
    for (const leaf of ['1.1.1', '1.1.2', '1.2.1', '3.2.2']) await enter(page, i, leaf, own[leaf]);
    if (i === 1) await axe(page);

    await page.goto(`${sheet(i)}/leaf/1.1.1`);
    await follow(page, link(page, 'Thêm tài liệu'));
    await fill(page, [['title', `Kế hoạch CCHC năm ${year}`], ['number', `${i}/KH-UBND`], ['day', `15/01/${year}`], ['pages', '3'], ['page', '2']]);
    await main(page).locator('[name=file]').setInputFiles({ name: 'ke-hoach.pdf', mimeType: 'application/pdf', buffer: Buffer.from(pdf) });
    await follow(page, button(page, 'Lưu'));
    await says(page, new RegExp(`${i}/KH-UBND`));

    // The other leaves as their own system sends them, under the same verb.
    const system = await Client.of(`chuyenvien${i}`);
    for (const [leaf, input] of Object.entries(own)) {
      if (!['1.1.1', '1.1.2', '1.2.1', '3.2.2'].includes(leaf)) await system.ask('POST', `/scorecard/sheets/${round.sheets[i]}/scores`, { leaf, ...input, version: 0 });
    }
    if (i === 1) await conflict(page);

    await page.context().clearCookies();
    await signIn(page, `lanhdao${i}`);
    await page.goto(`${sheet(i)}/hand-in`);
    await main(page).locator('[name=lacking]').check();
    await follow(page, button(page, 'Nộp phiếu'));
    await says(page, /Đã nộp/);
    const { card } = await expected(i, {});
    // The surveys are not a unit's to score.
    const total = card.total - points(card, '4.2.1') - points(card, '7.1.1');
    await says(page, new RegExp(`${place.name(i)}: ${vn(total)}/`));
  });
}

// conflict: two people have the same leaf open. Who saves second sees both values and
// loses nothing of their own.
async function conflict(page) {
  const leaf = `${sheet(1)}/leaf/1.1.2`;
  const own = inputs(1)['1.1.2'];
  const other = await page.context().browser().newContext({ baseURL: new URL(page.url()).origin, locale: 'vi-VN', javaScriptEnabled: false });
  const theirs = await other.newPage();
  await signIn(theirs, 'lanhdao1');
  await theirs.goto(leaf);
  await page.goto(leaf);
  await fill(page, [['num', '41'], ['note', 'Theo báo cáo 12']]);
  await follow(page, button(page, 'Lưu'));
  await fill(theirs, [['num', `${own.num}`], ['note', 'Số đã kiểm tra']]);
  await follow(theirs, button(theirs, 'Lưu'));
  const told = await says(theirs, /Chuyên viên xã 1/);
  assert.match(told, /41\/100/);
  assert.match(told, new RegExp(`${own.num}/100`));
  assert.equal(await main(theirs).locator('[name=num]').inputValue(), `${own.num}`);
  assert.equal(await main(theirs).locator('[name=note]').inputValue(), 'Số đã kiểm tra');
  await follow(theirs, button(theirs, 'Lưu')); // with open eyes
  await says(theirs, /Được [\d,]+ điểm/);
  await page.goto(leaf);
  assert.equal(await main(page).locator('[name=num]').inputValue(), `${own.num}`);
  assert.match(await main(page).innerText(), /41\/100/); // the history keeps it
  await other.close();
}

step('the other 121 communes score themselves through the same verbs', async (page) => {
  await abreast(all.slice(3), 4, async (i) => {
    const own = await Client.of(`lanhdao${i}`);
    const id = await sheetOf(i, own);
    round.sheets[i] = id;
    for (const [leaf, input] of Object.entries(inputs(i))) await own.ask('POST', `/scorecard/sheets/${id}/scores`, { leaf, ...input, version: 0 });
    const answer = await own.post(`/scorecard/sheets/${id}/hand-in`, { lacking: 'on' });
    assert.equal(answer.status, 303, `commune ${i} cannot hand in`);
  });
  await signIn(page, 'noivu');
  await page.goto(round.url);
  await says(page, new RegExp(`${communes}/${communes} đơn vị đã nộp phiếu`));
  await axe(page);
  await screenshot(page, 'round-board');
  await turn(page, 'appraised1');
});

step('appraisal 1 goes through a field by keys alone', async (page) => {
  await signIn(page, 'thamdinh1');
  await page.goto(`${round.url}/appraise/appraised1`);
  await axe(page);
  await follow(page, link(page, `2.1.1 ${round.names['2.1.1']}`));
  const press = (key) => Promise.all([page.waitForEvent('load'), page.keyboard.press(key)]);
  const code = () => new URL(page.url()).pathname.split('/').pop();
  let seen = 0;
  for (const leaf of ['2.1.1', '2.1.2', '2.1.3']) {
    assert.equal(code(), leaf);
    for (let n = 0; n < 6; n++) {
      if (leaf === '2.1.1' && n === 0) {
        // Points, why, Enter: what was typed counts, and not what the unit entered.
        await page.keyboard.press('e');
        await page.keyboard.type('1,25');
        await page.keyboard.press('Tab');
        await page.keyboard.type('Hai văn bản sai thể thức');
        await press('Enter');
      } else {
        await press('a');
      }
      seen++;
    }
    await says(page, new RegExp(`6/${communes} đơn vị`));
    if (leaf === '2.1.1') {
      await says(page, /Hai văn bản sai thể thức/);
      await axe(page);
      await screenshot(page, 'round-across');
    }
    if (leaf !== '2.1.3') await press(']');
  }
  assert.equal(seen, 18);

  // One leaf is to be explained; it is left out of what is accepted at once.
  await page.goto(`${sheet(2)}/leaf/1.1.1`);
  await fill(page, [['question', 'Kế hoạch ban hành ngày nào?']]);
  await follow(page, button(page, 'Gửi yêu cầu'));
  await page.goto(`${round.url}/appraise/appraised1/accept`);
  const waiting = await main(page).locator('[name=take]').count();
  await follow(page, button(page, 'Chấp nhận các điểm đã chọn'));
  await says(page, new RegExp(`${waiting}|${waiting.toLocaleString('vi-VN')}`));
});

step('a commune explains what it was asked, and appraisal 2 decides', async (page) => {
  await signIn(page, 'noivu');
  await turn(page, 'explain');
  await page.context().clearCookies();
  await signIn(page, 'chuyenvien2');
  await page.goto(sheet(2));
  await says(page, /1 tiêu chí cần giải trình/);
  await page.goto(`${sheet(2)}/leaf/1.1.1`);
  await fill(page, [['answer', 'Ngày 15/01, số 2/KH-UBND']]);
  await follow(page, button(page, 'Gửi giải trình'));
  await says(page, /Ngày 15\/01/);
  await axe(page);

  await page.context().clearCookies();
  await signIn(page, 'noivu');
  await turn(page, 'appraised2');
  await page.context().clearCookies();
  await signIn(page, 'thamdinh2');
  await page.goto(`${round.url}/appraise/appraised2/leaf/1.1.1`);
  const row = rows(page).filter({ has: page.getByRole('link', { name: place.name(2), exact: true }) });
  await row.locator('[name=points]').fill('0,25');
  await row.locator('[name=why]').fill('Ban hành chậm 5 ngày');
  await follow(page, row.getByRole('button', { name: /^Cho điểm/ }));
  await says(page, /Ban hành chậm 5 ngày/);
  await page.context().clearCookies();
  await signIn(page, 'noivu');
  await turn(page, 'council');
});

step('the council takes the survey results from a file', async (page) => {
  await signIn(page, 'noivu');
  await page.goto(`${round.url}/survey`);
  await axe(page);
  const bring = async (text) => {
    await main(page).locator('[name=file]').setInputFiles({ name: 'khao-sat.csv', mimeType: 'text/csv', buffer: Buffer.from(text) });
    await follow(page, button(page, 'Kiểm tra tệp'));
  };
  const line = (i) => `${place.code(i)},${survey(i)['4.2.1']},${survey(i)['7.1.1']}`;
  await bring(['Đơn vị,4.2.1,7.1.1', ...all.map(line), 'Xã Lạ,90,90'].join('\n'));
  await says(page, /Xã Lạ/);
  assert.equal(await main(page).locator('[name=source]').count(), 0, 'a file with a wrong cell can be stored');
  await bring(['Đơn vị,4.2.1,7.1.1', ...all.map(line)].join('\n'));
  await says(page, new RegExp(`Đọc được ${2 * communes} kết quả`));
  await axe(page);
  await screenshot(page, 'round-survey');
  await fill(page, [['source', '9/BC-SNV']]);
  await follow(page, button(page, `Lưu ${2 * communes} kết quả`));
  await says(page, new RegExp(`Đã lưu ${2 * communes} kết quả khảo sát`));
  await turn(page, 'approved');
});

step('another person approves', async (page) => {
  await signIn(page, 'chutich');
  await page.goto(`${round.url}/approve`);
  await axe(page);
  await fill(page, [['decision', '45/QĐ-UBND'], ['decided', today()]]);
  await follow(page, button(page, 'Phê duyệt kết quả'));
  await says(page, /đã phê duyệt/);
});

step('the ranking is published by two people, as the command line computes it', async (page) => {
  await signIn(page, 'noivu');
  round.published = await publish(page, `/scorecard/results/prepare?round=${round.id}`, '46/QĐ-UBND');
  await axe(page);
  await screenshot(page, 'round-result');
  await compare(page, round.published);
});

step('an appeal amends the result, and what was published stays', async (page) => {
  const before = await table(round.published);
  await signIn(page, 'lanhdao2');
  await page.goto(`${sheet(2)}/appeal`);
  await axe(page);
  await fill(page, [['text', 'Đề nghị xem lại'], ['document', '7/CV-UBND'], ['claim.1.1.1', '0,5 điểm: đã gửi công văn']]);
  await follow(page, button(page, 'Gửi kiến nghị'));
  await says(page, /chờ quyết định/);
  await page.context().clearCookies();
  await signIn(page, 'chutich');
  await page.goto(sheet(2));
  await follow(page, link(page, 'Quyết định kiến nghị'));
  await main(page).getByRole('radio', { name: 'Chấp nhận', exact: true }).check();
  await fill(page, [['points.1.1.1', '0,5'], ['reason.1.1.1', 'Sổ công văn xác nhận']]);
  await follow(page, button(page, 'Quyết định kiến nghị'));
  await says(page, /Sổ công văn xác nhận/);
  judged[2]['1.1.1'] = '0.5';

  await page.context().clearCookies();
  await signIn(page, 'noivu');
  const amended = await publish(page, `/scorecard/results/prepare?round=${round.id}&amends=${round.published}`, '52/QĐ-UBND', 'Kiến nghị của Xã Số 2');
  await compare(page, amended);
  assert.equal(await table(round.published), before, 'what was published changed');
  assert.notEqual(await table(amended), before);

  // Anybody sees both, without an account.
  await page.context().clearCookies();
  await page.goto('/cchc');
  const told = await main(page).innerText();
  assert.match(told, /46\/QĐ-UBND/);
  assert.match(told, /52\/QĐ-UBND/);
  await axe(page);
  await screenshot(page, 'round-public');
  for (const id of [round.published, amended]) {
    await page.goto(`/cchc/${id}`);
    assert.equal(await main(page).locator('tr[data-row]').count(), communes);
    await axe(page);
  }
});

// publish prepares the result as noivu and approves it as chutich; it returns the id.
async function publish(page, path, number, reason) {
  await page.goto(path);
  await fill(page, [['title', `Kết quả Chỉ số CCHC cấp xã năm ${year}`], ['number', number], ['decided', today()], ...(reason ? [['reason', reason]] : [])]);
  await main(page).locator('[name=ties]').selectOption('shared');
  await axe(page);
  await follow(page, button(page, 'Trình phê duyệt'));
  const at = new URL(page.url()).pathname;
  await page.context().clearCookies();
  await signIn(page, 'chutich');
  await page.goto(`${at}/approve`);
  await follow(page, button(page, 'Phê duyệt và công bố'));
  await says(page, new RegExp(number.replace('/', '\\/')));
  return at.split('/').pop();
}

// table is a published result as everybody may fetch it.
async function table(id) {
  const answer = await fetch(`${world.url}/cchc/${id}/table.csv`);
  assert.equal(answer.status, 200);
  return answer.text();
}

// compare computes every commune's score and place by the command line and holds them
// against what was published.
async function compare(page, id) {
  const lines = ['block,unit,score,max'];
  await abreast(all, 3, async (i) => {
    const { card, hand } = await expected(i);
    let total = card.total;
    for (const [leaf, given] of Object.entries(hand)) total += Number(given) - points(card, leaf);
    lines.push(`${place.block(i)},${place.name(i)},${total.toFixed(2)},${card.effective_max}`);
  });
  const file = join(work, `${id}.csv`);
  writeFileSync(file, lines.join('\n') + '\n');
  const want = parse(await run(['rank', '--csv', file, '--ties', 'shared']));
  const got = Object.fromEntries(parse(await table(id)).map((r) => [r.unit, r]));
  assert.equal(Object.keys(got).length, communes);
  for (const w of want) {
    const g = got[w.unit];
    for (const column of ['block', 'score', 'max', 'percent', 'rank']) assert.equal(Number(g[column]) || g[column], Number(w[column]) || w[column], `${w.unit}: ${column}`);
  }
}

const points = (card, leaf) => Number(card.leaves.find((l) => l.code === leaf).points);

function parse(text) {
  // The columns that are read stand before those whose names have commas.
  const [head, ...lines] = text.replace(/^\uFEFF/, '').trim().split(/\r?\n/).filter((l) => !l.startsWith('#')).map((l) => l.split(','));
  return lines.map((l) => Object.fromEntries(head.map((h, i) => [h, l[i]])));
}

const vn = (n) => n.toFixed(2).replace('.', ',');

const today = () => new Intl.DateTimeFormat('en-GB', { timeZone: 'Asia/Ho_Chi_Minh', day: '2-digit', month: '2-digit', year: 'numeric' }).format(new Date());
