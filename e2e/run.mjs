// run plays the browser journeys, one file after the other (two at once share two cores
// and take as long), against the program
// that $CCHC names (built here when it names none).
//
//   node e2e/run.mjs [COUNTS]           all; appends "passed failed skipped" to COUNTS
//   node e2e/run.mjs --only lookup      files whose names contain the word
//
// Pictures of what the journeys saw are in e2e/out, but in CI only of what failed.

import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { out, program, makeDemo } from './harness.mjs';

const args = process.argv.slice(2);
const only = args[0] === '--only' ? args[1] : '';
const counts = args[0] === '--only' ? undefined : args[0];

const files = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith('.test.mjs') && name.includes(only))
  .sort()
  .map((name) => join(import.meta.dirname, name));
if (files.length === 0) throw new Error(`no journeys${only && ` named ${only}`}`);

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const work = mkdtempSync(join(tmpdir(), 'cchc-journeys-'));
process.on('exit', () => rmSync(work, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130));

// One demonstration is made; every file of journeys gets a copy of its own.
process.env.CCHC = await program(work);
process.env.E2E_DEMO = await makeDemo(join(work, 'demo'));

const count = { passed: 0, failed: 0, skipped: 0 };
const tally = (kind) => (event) => {
  // A suite and a file are no tests of their own.
  if (event.details.type === 'suite' || files.includes(event.name)) return;
  count[event.skip !== undefined || event.todo !== undefined ? 'skipped' : kind]++;
};
const journeys = run({ files, concurrency: 1 });
let broken = 0; // files that could not even be read
journeys.on('test:pass', tally('passed'));
journeys.on('test:fail', (event) => {
  if (files.includes(event.name)) broken++;
  tally('failed')(event);
});
await new Promise((resolve, reject) => {
  journeys.compose(new spec()).on('end', resolve).on('error', reject).pipe(process.stdout);
});

if (broken > 0 && count.failed === 0) count.failed = broken;
if (counts) appendFileSync(counts, `${count.passed} ${count.failed} ${count.skipped}\n`);
process.exit(count.failed > 0 || count.passed === 0 ? 1 : 0);
