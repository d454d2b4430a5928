// Anybody looks a dossier up with its code and four digits, and learns nothing
// about a person.

import assert from 'node:assert/strict';
import { axe, button, follow, journey, main, rows, says, screenshot, setUp, signIn, world } from './harness.mjs';

setUp();

// some is a dossier of the demonstration with its applicant, as an officer sees
// them: the digits that open it and what must not be shown.
async function some(page) {
  await signIn(page, 'motcua.xa');
  await page.goto('/dossiers?bucket=ended');
  const codes = await rows(page).getByRole('rowheader').allInnerTexts();
  for (const code of codes) {
    await page.goto(`/dossiers/${code}`);
    const text = await main(page).innerText();
    const digits = text.match(/Điện thoại\s+•*(\d{4})/)?.[1];
    const name = text.match(/Họ và tên\s+([^\n]+)/)?.[1];
    if (digits && name) {
      await page.context().clearCookies();
      return { code, digits, name };
    }
  }
  assert.fail('no dossier with a telephone number');
}

async function look(page, code, digits) {
  await page.goto('/lookup');
  await page.getByLabel(/^Mã hồ sơ/).fill(code);
  await page.getByLabel(/^4 số cuối điện thoại/).fill(digits);
  await follow(page, button(page, 'Tra cứu'));
  return main(page).innerText();
}

// The number of look-ups from one address is bounded, so both browsers share few.
for (const js of [true, false]) {
  journey(`look a dossier up${js ? '' : ', without JavaScript'}`, { js }, async (page) => {
    const { code, digits, name } = await some(page);
    const found = await look(page, code, digits);
    assert.match(found, /Hồ sơ đã qua những bước nào/);
    assert.ok(!found.includes(name), 'no name on a public page');
    if (js) await axe(page);
    await screenshot(page, `lookup-found${js ? '' : '-nojs'}`);

    // A wrong number and an unknown code get the same answer.
    const wrong = await look(page, code, digits === '0000' ? '1111' : '0000');
    assert.match(wrong, /Chưa tìm thấy hồ sơ/);
    assert.equal(await page.getByLabel(/^Mã hồ sơ/).inputValue(), code, 'what was typed is kept');
    const unknown = await look(page, 'H99.101-260105-9876', '0000');
    assert.equal(unknown.replaceAll(/H99\S+/g, ''), wrong.replaceAll(/H99\S+/g, ''), 'the answer does not tell whether the code exists');
    if (js) await axe(page);
    await screenshot(page, `lookup-nothing${js ? '' : '-nojs'}`);
  });
}

journey('an empty look-up says what is missing', {}, async (page) => {
  await page.goto('/lookup');
  await button(page, 'Tra cứu').click();
  await page.getByRole('alert').waitFor();
  assert.equal(await page.getByLabel(/^Mã hồ sơ/).getAttribute('aria-invalid'), 'true');
  assert.equal(await page.getByLabel(/^4 số cuối điện thoại/).getAttribute('aria-invalid'), 'true');
  await axe(page);
});

journey('a machine that guesses is stopped', {}, async (page) => {
  let text = '';
  for (let i = 0; i < 15 && !/quá nhiều lần/.test(text); i++) text = await look(page, 'H99.101-260105-9876', `${1000 + i}`);
  await says(page, /Bạn tra cứu quá nhiều lần/);
  await axe(page);
  await screenshot(page, 'lookup-too-many');
});
