// Every kind of page that links lead to from the navigation, for everybody and in
// both languages: it is there, axe finds nothing, it fits a telephone.

import assert from 'node:assert/strict';
import { axe, journey, main, screenshot, setUp, signIn, world } from './harness.mjs';

// kind is an address without what differs between pages of the same kind.
function kind(address) {
  const url = new URL(address, world.url);
  const path = url.pathname
    .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, ':id')
    .replaceAll(/\/H\d[\w.]*-\d{6}-\d+/g, '/:code')
    .replaceAll(/\/[A-Z_]{4,}/g, '/:metric')
    .replaceAll(/\/\d\.\d{6}/g, '/:procedure')
    .replace(/\/leaf\/[^/]+/, '/leaf/:leaf')
    .replace(/(\/projection\/:id\/:id)\/[^/]+/, '$1/:leaf')
    .replaceAll(/\/\d+(?=\/|$)/g, '/:n')
    .replace(/\/templates\/\w+\/\w+\/\w+$/, '/templates/:template'); // dozens, of one form
  const telling = ['show', 'part', 'bucket', 'by'].filter((name) => url.searchParams.has(name)).map((name) => `${name}=${url.searchParams.get(name)}`);
  return [path, ...telling].join(' ');
}

const everybody = ['', 'motcua.xa', 'chuyenvien.xa', 'chutich.xa', 'chutich', 'noivu', 'thanhtra', 'quantri'];

// A reference of the API is dozens of long pages: they have a journey of their own.
const reference = '/reference/';

// everyPage has everybody walk through the pages in a language.
export function everyPage(lang) {
  setUp();
  const seen = new Set(); // kinds of pages that somebody has been to in this language

  // walk goes from the addresses in begin to all that they lead to, but for what is
  // elsewhere's. What nav has is looked at for everybody, the rest once.
  const walk = async (page, begin, nav, elsewhere = () => false) => {
    const mine = new Set();
    const queue = begin.map((address) => ({ address, from: 'the navigation' }));
    const broken = [];
    let looked = 0;
    while (queue.length) {
      const { address, from } = queue.shift();
      const k = kind(address);
      if (mine.has(k) || (seen.has(k) && !nav.includes(address))) continue;
      const again = seen.has(k);
      mine.add(k);
      seen.add(k);
      // A file to download is only asked for.
      const answer = await page.request.get(address);
      if (answer.status() !== 200) {
        broken.push(`${answer.status()} ${address}, a link on ${from}`);
        continue;
      }
      if (!/^text\/html/.test(answer.headers()['content-type'])) continue;
      await page.goto(address);
      looked++;
      assert.equal(await page.locator('html').getAttribute('lang'), lang, address);
      assert.equal(await page.getByRole('heading', { level: 1 }).count(), 1, `one main heading on ${address}`);
      await axe(page);
      if (!again) await screenshot(page, `page ${lang} ${k.replaceAll('/', '-')}`);
      const links = await hrefs(page.getByRole('link'));
      queue.push(...links.filter((l) => l.startsWith(world.url) && !l.includes('#') && !elsewhere(l)).map((l) => ({ address: l, from: address })));
    }
    assert.deepEqual(broken, []);
    assert.ok(looked > 0);
    return looked;
  };
  const described = (address) => address.startsWith(world.url + reference);

  for (const who of everybody) {
    journey(`pages of ${who || 'a visitor'} in ${lang}`, { lang }, async (page) => {
      if (who) await signIn(page, who);
      await page.goto('/');
      const nav = await hrefs(page.getByRole('banner').getByRole('navigation').getByRole('link'));
      const begin = [page.url(), ...nav, `${world.url}/keys`, `${world.url}/api`, ...(who ? [] : [`${world.url}/lookup`, `${world.url}/sign-in`, `${world.url}/cchc`, `${world.url}/cchc/log`]),
        ...(who === 'quantri' ? ['/account/tokens', '/admin/tokens', '/admin/exchange', '/admin/exchange/reconcile', '/admin/erase', '/admin/log', '/admin/backups', '/notices', '/notices/wishes', '/admin/notices', '/admin/notices/templates', '/admin/notices/templates/received/email/vi'].map((path) => world.url + path) : [])];
      await walk(page, begin, nav, described);
    });
  }

  journey(`the API's reference in ${lang}`, { lang }, async (page) => {
    await page.goto('/api');
    const parts = [...new Set((await hrefs(main(page).getByRole('link'))).map((l) => l.split('#')[0]).filter(described))];
    assert.equal(await walk(page, parts, [], (l) => !described(l)), parts.length);
    assert.ok(parts.length > 10, `the reference has ${parts.length} parts`);
  });
}

const hrefs = (links) => links.evaluateAll((all) => all.map((a) => a.href));
