// Looks at pages in headless Chromium: node look.mjs '{"root":…,"pages":[…],…}'.
// Prints what is wrong, as a JSON list of {page, width, what}; writes pictures
// when it is given a folder. With a script it drives one page instead.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import path from "node:path";

const job = JSON.parse(process.argv[2]);
const require = createRequire(path.join(job.root, "package.json"));
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

const wrong = [];
const browser = await chromium.launch({
  executablePath: job.chromium,
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
if (job.script) {
  const context = await browser.newContext({ viewport: { width: 1366, height: 900 }, locale: "vi-VN", javaScriptEnabled: !job.plain });
  await context.addCookies(job.cookies.map((c) => ({ ...c, url: job.base })));
  const page = await context.newPage();
  const say = (what) => wrong.push({ page: page.url(), width: 1366, what });
  page.on("pageerror", (e) => say("script: " + e.message));
  const is = (what, got, want) => { if (got !== want) say(`${what} is ${JSON.stringify(got)}, want ${JSON.stringify(want)}`); };
  const AsyncFunction = (async () => {}).constructor;
  try {
    await new AsyncFunction("page", "base", "is", "say", job.script)(page, job.base, is, say);
  } catch (e) {
    say("the script stopped: " + e.message);
  }
  await context.close();
}
for (const width of job.script ? [] : [1366, 390]) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, locale: "vi-VN" });
  await context.addCookies(job.cookies.map((c) => ({ ...c, url: job.base })));
  for (const at of job.pages) {
    const page = await context.newPage();
    const say = (what) => wrong.push({ page: at, width, what });
    page.on("console", (m) => { if (m.type() === "error" && !/status of [45]\d\d/.test(m.text())) say("console: " + m.text()); });
    page.on("pageerror", (e) => say("script: " + e.message));
    page.on("requestfailed", (r) => say(`request failed: ${r.url()} ${r.failure()?.errorText}`));
    page.on("request", (r) => { if (!r.url().startsWith(job.base) && !r.url().startsWith("data:")) say("asks another host: " + r.url()); });
    await page.goto(job.base + at, { waitUntil: "load" });
    await page.evaluate(() => document.fonts.ready);
    const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    if (over > 0) say(`the page is ${over} px wider than the window`);
    await page.evaluate(axe);
    const found = await page.evaluate((tags) => window.axe.run({ runOnly: { type: "tag", values: tags }, resultTypes: ["violations"] }), tags);
    for (const v of found.violations)
      for (const n of v.nodes) say(`axe ${v.id} (${v.impact}): ${n.html.slice(0, 200)} — ${n.failureSummary.replace(/\s+/g, " ")}`);
    if (job.pictures) {
      const name = (at.replace(/[^a-z0-9]+/gi, "-").replace(/^-|-$/g, "") || "first") + `-${width}.png`;
      await page.screenshot({ path: path.join(job.pictures, name), fullPage: true });
    }
    await page.close();
  }
  await context.close();
}
await browser.close();
console.log(JSON.stringify(wrong));
