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

// Chromium's own virtual authenticator stands for a telephone with a screen lock.
journey('a passkey is added, and signs in without a password', {}, async (page) => {
  const { login, password } = world.accounts.thanhtra;
  const home = world.url.replace('127.0.0.1', 'localhost'); // a passkey belongs to a name
  const device = await page.context().newCDPSession(page);
  await device.send('WebAuthn.enable');
  const { authenticatorId } = await device.send('WebAuthn.addVirtualAuthenticator', {
    options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
  });
  await page.goto(`${home}/sign-in?next=/me/passkeys`);
  await page.getByLabel('Tên đăng nhập').fill(login);
  await page.getByLabel('Mật khẩu').fill(password);
  await submit(page);
  await page.waitForURL(`${home}/me/passkeys`);
  await page.getByLabel('Tên khoá').fill('Điện thoại của tôi');
  await axe(page);
  await page.getByRole('button', { name: 'Thêm khoá truy cập' }).click();
  await page.getByText('Đã thêm khoá truy cập').waitFor();
  assert.equal(await page.locator('code.recovery').count(), 10);

  await page.goto(`${home}/me/passkeys`);
  await page.getByRole('cell', { name: 'chưa dùng lần nào' }).waitFor();
  await screenshot(page, 'passkeys');
  await page.getByLabel('Tên khoá').fill('Lần nữa');
  await page.getByRole('button', { name: 'Thêm khoá truy cập' }).click(); // the device has one
  await page.getByText('Thiết bị này đã có khoá').waitFor();
  await page.getByRole('button', { name: 'Đăng xuất' }).click();
  await page.getByRole('link', { name: 'Đăng nhập' }).waitFor();

  await page.goto(`${home}/sign-in?next=/me`);
  await axe(page);
  await page.getByRole('button', { name: 'Dùng khoá truy cập' }).click();
  await page.waitForURL(`${home}/me`);
  await page.getByText(`Tên đăng nhập: ${login}`).waitFor();

  // A device without its person lets nobody in.
  await page.getByRole('button', { name: 'Đăng xuất' }).click();
  await page.getByRole('link', { name: 'Đăng nhập' }).waitFor();
  await device.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false });
  await page.goto(`${home}/sign-in`);
  await page.getByRole('button', { name: 'Dùng khoá truy cập' }).click();
  await page.getByText('Thiết bị không trả lời').waitFor();
  await device.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: true });

  // The password alone is not enough any more; the device is the second step.
  await page.getByLabel('Tên đăng nhập').fill(login);
  await page.getByLabel('Mật khẩu').fill(password);
  await submit(page);
  await page.waitForURL(/\/sign-in\/code/);
  await axe(page);
  await screenshot(page, 'signin-second-step');
  await page.getByRole('button', { name: 'Dùng khoá truy cập' }).click();
  await page.getByRole('button', { name: 'Đăng xuất' }).waitFor();

  // Taken off, the password is enough: for the journeys of others.
  await page.goto(`${home}/me/passkeys`);
  await page.getByRole('button', { name: 'Bỏ khoá' }).click();
  await page.getByText('Đã bỏ khoá').waitFor();
});
