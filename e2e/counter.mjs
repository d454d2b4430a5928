// The counter, as journeys of several files need it.

import { button, follow, main, says } from './harness.mjs';

// choose finds the registration of a marriage (same day, four steps) on the page
// of the counter and waits for the promise.
export async function choose(page, js) {
  await page.getByLabel(/^Tìm thủ tục/).fill('dang ky ket hon');
  if (!js) await follow(page, button(page, 'Tìm'));
  await page.getByRole('radio', { name: 'Thủ tục đăng ký kết hôn', exact: true }).check();
  if (!js) await follow(page, button(page, 'Tính ngày hẹn'));
  await main(page).getByRole('table', { name: 'Các bước và hạn của từng bước' }).waitFor();
}

// receive takes one in and returns its code. earlier is how many days ago it came,
// for one that is entered late.
export async function receive(page, js, { applicant, phone = '', earlier = 0 }) {
  await follow(page, page.getByRole('navigation', { name: 'Chức năng' }).getByRole('link', { name: 'Tiếp nhận' }));
  await choose(page, js);
  if (earlier) {
    await main(page).getByText('Nhập muộn, phi địa giới').click();
    await page.getByLabel(/^Hồ sơ đến lúc/).fill(`${daysAgo(earlier)} 08:15`);
  }
  // Each journey runs twice; the same person with the same matter would be asked about.
  await page.getByLabel('Họ và tên').fill(js ? applicant : `${applicant} Hai`);
  await page.getByLabel(/^Điện thoại(?! của)/).fill(phone);
  await follow(page, button(page, 'Tiếp nhận'));
  const text = await says(page, /Đã tiếp nhận hồ sơ/);
  return text.match(/Đã tiếp nhận hồ sơ (\S+), hẹn trả/)[1];
}

function daysAgo(n) {
  const parts = new Intl.DateTimeFormat('en-GB', { timeZone: 'Asia/Ho_Chi_Minh', day: '2-digit', month: '2-digit', year: 'numeric' });
  return parts.format(new Date(Date.now() - n * 86_400_000));
}
