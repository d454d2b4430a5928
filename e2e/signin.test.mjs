// Signing in and out, and what happens when it goes wrong.

import assert from 'node:assert/strict';
import { axe, both, journey, screenshot, setUp, signIn, world } from './harness.mjs';

setUp();

const submit = (page) => page.getByRole('main').getByRole('button', { name: 'Đăng nhập' }).click();

both('a wrong password is said and what was typed is kept', {}, async (page, js) => {
  await page.goto('/sign-in');
  await page.getByLabel('Tên đăng nhập').fill('khong-co-ai');
  await page.getByLabel('Mật khẩu').fill('sai mật khẩu');
  await submit(page);
  const summary = page.getByRole('alert');
  await summary.waitFor();
  assert.equal(await page.getByLabel('Tên đăng nhập').inputValue(), 'khong-co-ai');
  assert.equal(await page.getByLabel('Mật khẩu').inputValue(), '', 'a password is never sent back');
  assert.match(await page.title(), /^Có lỗi/);
  if (js) await axe(page);
  await screenshot(page, `signin-wrong${js ? '' : '-nojs'}`);
});

both('an empty form names each field, and the summary leads there', {}, async (page) => {
  await page.goto('/sign-in');
  await submit(page);
  const summary = page.getByRole('alert');
  await summary.getByRole('link').first().click();
  assert.ok(await page.getByLabel('Tên đăng nhập').evaluate((field) => field === document.activeElement), 'the field has the cursor');
});

both('a page that needs an account leads back to itself after signing in', {}, async (page) => {
  await page.goto('/dossiers?q=x');
  assert.match(page.url(), /\/sign-in/);
  await page.getByLabel('Tên đăng nhập').fill(world.accounts['motcua.xa'].login);
  await page.getByLabel('Mật khẩu').fill(world.accounts['motcua.xa'].password);
  await submit(page);
  await page.waitForURL(`${world.url}/dossiers?q=x`);
});

journey('after signing out the pages are closed', {}, async (page) => {
  await signIn(page, 'motcua.xa');
  await page.goto('/dossiers');
  await page.getByRole('button', { name: 'Đăng xuất' }).click();
  await page.getByRole('link', { name: 'Đăng nhập' }).waitFor();
  await page.goto('/dossiers');
  assert.match(page.url(), /\/sign-in/);
});
