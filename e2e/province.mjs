// A province of 124 communes with nothing but units and accounts: what a round of the
// PAR index begins from. Everything comes in by the program's own
// commands, so that no journey depends on the demonstration.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { world } from './harness.mjs';

export const communes = 124;
export const year = new Date().getFullYear() - 1; // whole, whenever this runs
const password = 'ruong-lua-chin-vang';

const code = (i) => `H99.${String(i).padStart(3, '0')}`;

export const place = { name: (i) => `Xã Số ${i}`, code, block: (i) => (i % 2 ? 'Đồng bằng' : 'Miền núi') };

// run runs the program with a database and returns what it printed.
export function run(args, { input = '', db } = {}) {
  return new Promise((resolve, reject) => {
    const child = execFile(process.env.CCHC, args, { env: { ...process.env, ...(db && { CCHC_DB: db }) }, maxBuffer: 32 << 20 }, (err, out, log) =>
      err ? reject(new Error(`cchc ${args.join(' ')}: ${(log || out).slice(-1500)}`)) : resolve(out),
    );
    child.stdin.end(input);
  });
}

// abreast runs do for each of the list, some at a time.
export async function abreast(list, n, does) {
  const left = [...list];
  await Promise.all(
    Array.from({ length: n }, async () => {
      while (left.length) await does(left.shift());
    }),
  );
}

// makeProvince makes the province in dir, for setUp of the harness.
export async function makeProvince(dir) {
  const db = join(dir, 'cchc.db');
  const all = Array.from({ length: communes }, (_, i) => i + 1);
  const file = (name, head, rows) => {
    writeFileSync(join(dir, name), [head, ...rows].join('\n') + '\n');
    return join(dir, name);
  };
  await run(
    ['import', 'units', file('units.csv', 'code,name,level,parent_code,from,block', ['H99,Tỉnh Sông Mẫu,province,,2020-01-01,', ...all.map((i) => `${code(i)},${place.name(i)},commune,H99,2020-01-01,${place.block(i)}`)])],
    { db },
  );
  const accounts = {};
  const people = [
    ['noivu', 'Cán bộ Sở Nội vụ', 'home_affairs', 'H99'],
    ['chutich', 'Chủ tịch tỉnh', 'chairperson', 'H99'],
    ['thamdinh1', 'Thẩm định một', 'specialist', 'H99'],
    ['thamdinh2', 'Thẩm định hai', 'specialist', 'H99'],
    ...all.map((i) => [`lanhdao${i}`, `Lãnh đạo xã ${i}`, 'home_affairs', code(i)]),
    ...[1, 2, 3].map((i) => [`chuyenvien${i}`, `Chuyên viên xã ${i}`, 'specialist', code(i)]),
  ];
  await abreast(people, 3, async ([login, name, role, unit]) => {
    await run(['account', login, '--name', name, '--role', role, '--unit', unit], { db, input: `${password}\n` });
    accounts[login] = { login, password };
  });
  return { args: ['serve', '--db', db, '--files', join(dir, 'files'), '--api-rate', '0'], accounts };
}

// A Client is somebody who works without a browser: what another system does with the
// pages' forms and the API, under the same rights.
export class Client {
  #cookie = '';

  static async of(login) {
    const c = new Client();
    const answer = await c.post('/sign-in', { login, password });
    assert.equal(answer.status, 303, `${login} cannot sign in`);
    return c;
  }

  async #send(path, options) {
    const answer = await fetch(world.url + path, { redirect: 'manual', ...options, headers: { ...options.headers, cookie: this.#cookie } });
    for (const line of answer.headers.getSetCookie()) this.#cookie = line.split(';')[0];
    return answer;
  }

  post(path, form) {
    return this.#send(path, { method: 'POST', body: new URLSearchParams(form) });
  }

  // ask calls the API and returns its answer.
  async ask(method, path, body) {
    const answer = await this.#send(`/api/v1${path}`, { method, headers: { 'content-type': 'application/json' }, body: body && JSON.stringify(body) });
    const text = await answer.text();
    assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text}`);
    return text && JSON.parse(text);
  }
}
