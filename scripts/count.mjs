// count reads what `go test -json` prints, shows what a person wants of it (a line
// for each package, everything about what failed, the reason of what was skipped)
// and appends "passed failed skipped" to the file named by its argument.
//
// A test with subtests is not counted, they are: each name counts once.

import { appendFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const output = new Map(); // package and test → its lines so far
const parents = new Set(); // tests that have subtests
const results = new Map(); // package and test → pass, fail or skip
const show = (lines) => process.stdout.write((lines ?? []).filter((l) => !/^=== (RUN|PAUSE|CONT|NAME) /.test(l)).join(''));

for await (const line of createInterface({ input: process.stdin })) {
  let event;
  try {
    event = JSON.parse(line);
  } catch {
    console.log(line); // not from the test: the go command's own words
    continue;
  }
  const { Action, Package = event.ImportPath ?? '', Test, Output } = event;
  const key = Test ? `${Package} ${Test}` : Package;
  switch (Action) {
    case 'run':
      if (Test.includes('/')) parents.add(key.slice(0, key.lastIndexOf('/')));
      break;
    case 'output':
    case 'build-output':
      if (!output.has(key)) output.set(key, []);
      output.get(key).push(Output);
      break;
    case 'build-fail':
      show(output.get(key));
      break;
    case 'pass':
    case 'fail':
    case 'skip':
      if (Test) {
        results.set(key, Action);
        if (Action !== 'pass') show(output.get(key));
      } else {
        // Of a package: the line that says ok or FAIL, or all when something went
        // wrong outside its tests.
        const lines = output.get(key) ?? [];
        show(Action === 'fail' ? lines : lines.filter((l) => /^(ok|\?) /.test(l.replace('\t', ' '))));
      }
      output.delete(key);
  }
}

const count = { pass: 0, fail: 0, skip: 0 };
for (const [key, action] of results) if (!parents.has(key)) count[action]++;
console.log(`${count.pass} passed, ${count.fail} failed, ${count.skip} skipped`);
appendFileSync(process.argv[2], `${count.pass} ${count.fail} ${count.skip}\n`);
