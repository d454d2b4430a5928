// What every journey needs: the program with a small demonstration on a free port,
// a browser, people who sign in, axe, pictures.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';

const root = join(import.meta.dirname, '..');
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export const out = join(import.meta.dirname, 'out');
export const dossiers = 1500;

// WCAG 2.2 AA, as axe can judge it.
const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

// program returns the binary that $CCHC names, or builds one into dir.
export async function program(dir) {
  if (process.env.CCHC) return process.env.CCHC;
  const path = join(dir, 'cchc');
  execFileSync('go', ['build', '-o', path, '.'], { cwd: root, stdio: 'inherit', env: { ...process.env, CGO_ENABLED: '0' } });
  return path;
}

// freePort asks the system for a port of the loopback that nobody uses.
async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

// serve starts the program with arguments such as demo or serve, on a free port, and
// waits until it answers. told is all that it printed.
async function serve(args) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(process.env.CCHC, [...args, '--addr', `127.0.0.1:${port}`], { stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (log += data));
  const gone = new Promise((resolve) => child.on('exit', (code) => resolve(code ?? -1)));
  const stop = async () => {
    child.kill('SIGTERM');
    const hung = setTimeout(() => child.kill('SIGKILL'), 10_000);
    const code = await gone;
    clearTimeout(hung);
    assert.equal(code, 0, `the program ended with ${code}:\n${log.slice(-2000)}`);
  };
  // A test that dies must not leave a server behind.
  process.on('exit', () => child.kill('SIGKILL'));

  for (const until = Date.now() + 120_000; ; ) {
    if (child.exitCode !== null) throw new Error(`the program ended with ${child.exitCode}:\n${log}`);
    if (Date.now() > until) throw new Error(`the program did not answer in 120 s:\n${log}`);
    const answer = await fetch(`${url}/healthz`).catch(() => undefined);
    if (answer?.ok) return { url, stop, told: log };
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

// accounts reads the accounts that the program prints. Those of the first commune
// go by their role: motcua.xa, chuyenvien.xa, chutich.xa; the others by their login.
function accounts(log) {
  const found = {};
  for (const [, login, password] of log.matchAll(/^ {2}([a-z]+[a-z0-9.-]*) +(\S+) {2,}\S/gm)) {
    found[login.replace(/[0-9]*\..*/, '.xa')] ??= { login, password };
  }
  for (const role of ['quantri', 'chutich', 'noivu', 'thanhtra', 'motcua.xa', 'chuyenvien.xa', 'chutich.xa']) {
    assert.ok(found[role], `no account ${role} in what the program printed:\n${log}`);
  }
  return found;
}

// makeDemo makes the demonstration's data in dir and returns dir.
export async function makeDemo(dir) {
  const began = Date.now();
  execFileSync(process.env.CCHC, ['demo', '--dossiers', `${dossiers}`, '--data', dir, '--make-only'], { stdio: ['ignore', 'inherit', 'pipe'] });
  console.log(`demonstration of ${dossiers} dossiers: ${((Date.now() - began) / 1000).toFixed(1)} s`);
  return dir;
}

// A journey's world: what setUp's tests share.
export const world = { url: '', browser: undefined, accounts: {} };

// demonstration puts a copy of the demonstration's data into dir, if one was made, and
// returns what serves it.
async function demonstration(dir) {
  const data = join(dir, 'data');
  if (process.env.E2E_DEMO) cpSync(process.env.E2E_DEMO, data, { recursive: true });
  return { args: ['demo', '--dossiers', `${dossiers}`, '--data', data], accounts };
}

// setUp gives the tests of a file a server with data of their own and a browser: the
// demonstration's, or what make makes in a folder. make returns the arguments that
// serve it, and accounts: by role, login and password, or how to read them out of
// what the program prints.
export function setUp(make = demonstration) {
  let server, dir;
  before(async () => {
    dir = mkdtempSync(join(tmpdir(), 'cchc-journey-'));
    process.env.CCHC = await program(dir);
    const made = await make(dir);
    server = await serve(made.args);
    world.url = server.url;
    world.accounts = typeof made.accounts === 'function' ? made.accounts(server.told) : made.accounts;
    world.browser = await chromium.launch({
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
    });
    mkdirSync(out, { recursive: true });
  });
  after(async () => {
    await world.browser?.close();
    try {
      await server?.stop();
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });
}

// journey is a test with a page of its own, closed at the end. Anything that the
// page did wrong on the way (an error of the server, a script, the policy against
// foreign scripts) fails it.
//
// options: js false for a browser without JavaScript, lang 'en', narrow for a
// telephone's width.
export function journey(name, options, steps) {
  test(name, { timeout: 180_000 }, async () => {
    const context = await open(options);
    const page = await context.newPage();
    const wrong = watch(page);
    try {
      await steps(page);
    } catch (err) {
      await page.screenshot({ path: join(out, `FAILED ${name.replaceAll('/', '-')}.png`), fullPage: true }).catch(() => {});
      err.message += `\nat ${page.url()}${wrong.length ? `\n${wrong.join('\n')}` : ''}`;
      throw err;
    } finally {
      await context.close();
    }
    assert.ok(wrong.length === 0, `${wrong.length} wrong:\n${wrong.join('\n')}`);
  });
}

// both is a journey played twice: with JavaScript and without.
export function both(name, options, steps) {
  journey(name, options, (page) => steps(page, true));
  journey(`${name}, without JavaScript`, { ...options, js: false }, (page) => steps(page, false));
}

// Contexts without JavaScript: in them nothing that is waited for on the page ever comes.
const plain = new WeakSet();

async function open({ js = true, lang = 'vi', narrow = false } = {}) {
  const context = await world.browser.newContext({
    baseURL: world.url,
    javaScriptEnabled: js,
    locale: 'vi-VN',
    timezoneId: 'Asia/Ho_Chi_Minh',
    viewport: narrow ? { width: 390, height: 844 } : { width: 1366, height: 768 },
  });
  context.setDefaultTimeout(15_000);
  if (!js) plain.add(context);
  if (lang !== 'vi') await context.addCookies([{ name: 'cchc_looks', value: `lang=${lang}`, url: world.url }]);
  return context;
}

const wrongOf = new WeakMap(); // page → what was wrong on it

function watch(page) {
  const wrong = [];
  wrongOf.set(page, wrong);
  page.on('pageerror', (err) => wrong.push(`script: ${err.message}`));
  page.on('response', (r) => r.status() >= 500 && wrong.push(`${r.status()} ${r.request().method()} ${r.url()}`));
  page.on('console', (m) => {
    // That a page answered 403, 404 or 422 is its right; a journey asks for it.
    if (m.type() === 'error' && !/the server responded with a status of 4\d\d/.test(m.text())) wrong.push(`console: ${m.text()}`);
  });
  page.on('requestfailed', (r) => {
    const why = r.failure()?.errorText;
    if (why !== 'net::ERR_ABORTED') wrong.push(`request: ${why} ${r.url()}`);
  });
  return wrong;
}

// signIn signs in, by the page that people use, whoever has the role in the
// demonstration: see accounts.
export async function signIn(page, role) {
  const { login, password } = world.accounts[role];
  await page.goto('/sign-in');
  await page.getByLabel(/^(Tên đăng nhập|User name)/).fill(login);
  await page.getByLabel(/^(Mật khẩu|Password)/).fill(password);
  await page.getByRole('main').getByRole('button', { name: /^(Đăng nhập|Sign in)$/ }).click();
  await page.getByRole('button', { name: /^(Đăng xuất|Sign out)$/ }).waitFor();
}

// follow clicks a link or button and waits for the page that comes.
export async function follow(page, target) {
  await Promise.all([page.waitForEvent('load'), target.click()]);
}

// main is the page's main part; the frame around it is the same everywhere.
export const main = (page) => page.getByRole('main');

// button and link find the one in the main part that says exactly this.
export const button = (page, name) => main(page).getByRole('button', { name, exact: true });
export const link = (page, name) => main(page).getByRole('link', { name, exact: true });

// rows are the lines of the main part's tables, without their heads.
export const rows = (page) => main(page).getByRole('table').getByRole('row').filter({ hasNot: page.getByRole('columnheader') });

// says waits until the main part says something, and returns all that it says.
export async function says(page, text) {
  await main(page).getByText(text).first().waitFor();
  return main(page).innerText();
}

// axe fails on anything that axe finds against WCAG 2.2 AA on the page as it stands.
export async function axe(page) {
  await page.evaluate(axeSource);
  const { violations } = await page.evaluate(
    (values) => window.axe.run(document, { runOnly: { type: 'tag', values }, resultTypes: ['violations'] }),
    rules,
  );
  const found = violations.flatMap((v) => v.nodes.map((n) => `${v.id} (${v.impact}): ${v.help}\n    ${n.target.join(' ')}\n    ${n.html}`));
  // Told at the end of the journey: one walk finds all there is.
  if (found.length) wrongOf.get(page).push(`axe found ${found.length} on ${page.url()}:\n${found.slice(0, 8).join('\n')}`);
}

// Pictures are for who looks at them: in CI nobody does, and they are a fifth of the time.
const pictures = !process.env.CI;

// screenshot keeps what the page looks like, at an office's and a telephone's
// width, and fails when the narrow one has to be scrolled sideways.
export async function screenshot(page, name) {
  const size = page.viewportSize();
  for (const width of [1366, 390]) {
    await page.setViewportSize({ width, height: width > 800 ? 768 : 844 });
    if (!plain.has(page.context())) {
      await page.evaluate(async () => {
        await document.fonts.ready;
        for (let i = 0; i < 2; i++) await new Promise(requestAnimationFrame); // charts follow the width
      });
    }
    const [wide, tall] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.scrollHeight]);
    // A reference of many operations is taller than a picture can be: of such a
    // page the first screen is kept.
    if (pictures) await page.screenshot({ path: join(out, `${name}-${width}.png`), fullPage: tall < 12_000 });
    if (wide > width) wrongOf.get(page).push(`${page.url()} is ${wide} px wide on a screen of ${width} px`);
  }
  await page.setViewportSize(size);
}
