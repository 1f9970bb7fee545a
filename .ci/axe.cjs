// Walks the pages of a running bantin in Chromium and lets axe-core look at each, narrow and wide, light and dark.
// Usage: node axe.cjs BASE_URL CHROMIUM [SCREENSHOT_FOLDER]; the modules come from NODE_PATH. Ends with 1 on any violation.
const path = require("path");
const puppeteer = require("puppeteer-core");
const axe = require("axe-core");

const [base, executablePath, folder] = process.argv.slice(2);
const views = [
  { name: "phone", width: 360, height: 740 },
  { name: "desk", width: 1280, height: 900 },
];

// The pages themselves, each with what to do before it is looked at.
const submit = (values) => async (page) => {
  for (const [selector, value] of Object.entries(values)) {
    if (value === true) await page.click(selector);
    else await page.type(selector, value);
  }
  const buttons = await page.$$("main form button");
  if (!buttons.length) throw new Error(`no button at ${page.url()}: ${await page.$eval("body", (body) => body.innerText)}`);
  await Promise.all([page.waitForNavigation(), buttons[0].click()]);
};
const visits = [
  ["front", "/", null],
  ["news", "/news", null],
  ["feeds", "/feeds/", null],
  ["search", "/search", null],
  ["search-found", "/search?q=thong+tin", null],
  ["search-nothing", "/search?q=kh%C3%B4ngcógì&from=2020-01-01", null],
  ["search-wrong", "/search?q=tin+(m%E1%BB%9Bi&from=22/5/2020", null],
  ["subscribe", "/subscribe", null],
  ["subscribe-wrong", "/subscribe", submit({ "input[name=query]": "(tin" })],
  ["confirm-unknown", "/confirm/nothing", null],
  ["preferences-unknown", "/preferences/nothing", null],
  ["unsubscribe-unknown", "/unsubscribe/nothing", null],
  ["not-found", "/no-such-page", null],
];

async function look(page, what, more = ["best-practice"]) {
  await page.evaluate(axe.source);
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", ...more];
  const found = await page.evaluate((tags) => axe.run(document, { runOnly: tags }), tags);
  const sideways = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  const wrong = found.violations.map((v) => `${v.id}: ${v.help}: ${v.nodes[0].html.slice(0, 160)}`);
  if (sideways) wrong.push("the page is wider than the window");
  if (found.passes.length < 5) wrong.push("axe-core found nothing to check");
  for (const line of wrong) console.error(`${what}: ${line}`);
  return wrong.length;
}

(async () => {
  const args = ["--no-sandbox", "--disable-gpu"];
  const browser = await puppeteer.launch({ executablePath, args, headless: true });
  const names = new Set();
  let wrong = 0, looked = 0, mails = 0;
  for (const view of views) {
    for (const scheme of ["light", "dark"]) {
      const page = await browser.newPage();
      await page.setBypassCSP(true);
      await page.setViewport(view);
      await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
      const links = new Set();
      // Nothing but us may be asked, and nothing may move once it is shown.
      page.on("request", (request) => {
        if (request.url().startsWith(base) || request.url().startsWith("data:")) return;
        console.error(`a foreign request: ${request.url()}`);
        wrong += 1;
      });
      await page.evaluateOnNewDocument(() => {
        window.shifted = 0;
        new PerformanceObserver((list) => list.getEntries().forEach((one) => (window.shifted += one.value)))
          .observe({ type: "layout-shift", buffered: true });
      });
      const visit = async (name, address, before) => {
        const answer = await page.goto(new URL(address, base).href, { waitUntil: "load" });
        const weight = (await answer.buffer()).length;
        if (weight > 50000) console.error(`${name}: ${weight} bytes`), (wrong += 1);
        const shifted = await page.evaluate(() => window.shifted);
        if (shifted > 0.001) console.error(`${name} ${view.name}: the layout shifts by ${shifted}`), (wrong += 1);
        if (before) await before(page);
        wrong += await look(page, `${name} ${view.name} ${scheme}`);
        looked += 1;
        names.add(name);
        if (folder) await page.screenshot({ path: path.join(folder, `${name}-${view.name}-${scheme}.png`), fullPage: true });
        // A mail in the demo's mailbox is a frame; its links are the only way to the pages behind a token.
        for (const frame of page.frames()) {
          const found = await frame.$$eval("a[href]", (all) => all.map((a) => a.href));
          for (const link of found) if (link.startsWith(base)) links.add(link);
        }
      };
      // What a mail program shows: the same look at the mail by itself, which is no page and has no landmarks.
      const open = async (name) => {
        const mail = await page.$eval("iframe[srcdoc]", (frame) => frame.srcdoc);
        await page.goto("about:blank");
        await page.setContent(mail, { waitUntil: "load" });
        wrong += await look(page, `the mail of ${name} ${view.name} ${scheme}`, []);
        mails += 1;
      };
      for (const [name, address, before] of visits) await visit(name, address, before);
      // An address of its own for each view: one address is asked to confirm once a day.
      const address = `lan.${view.name}.${scheme}@so.example.gov.vn`;
      const asked = { "input[name=address]": address, "input[name=feeds]": true };
      await visit("subscribe-asked", "/subscribe", submit(asked));
      await new Promise((resolve) => setTimeout(resolve, 5000));
      // The mail that asks to confirm is there now, and others will soon push it off the list.
      await visit("mailbox", "/mailbox", null);
      // What these pages lead to: one of each kind.
      const seen = new Set(visits.map(([, address]) => address));
      for (const link of links) {
        const { pathname } = new URL(link);
        if (visits.some(([, address]) => address === pathname)) continue;
        const kind = pathname
          .replace(/^\/items\/[^/]*\/revisions\/.*/, "/revisions/")
          .replace(/^\/(items|sources|confirm|preferences|unsubscribe|digests)\/.*/, "/$1/");
        if (seen.has(kind) || /^\/(feeds|healthz|readyz|search|pictures)/.test(pathname)) continue;
        seen.add(kind);
        const name = kind.replaceAll("/", "") || "link";
        await visit(name, link, null);
        if (/^mailbox\d/.test(name)) await open(name);
        // What comes after the button of the page; whoever left in an earlier view is told so and has no button.
        const acts = /^(confirm|preferences|unsubscribe)$/.test(name) && (await page.$("main form button"));
        if (acts) await visit(`${name}-done`, link, submit({}));
      }
      await page.close();
    }
  }
  await browser.close();
  for (const needed of ["items", "sources", "confirm-done", "preferences-done", "unsubscribe-done", "digests"]) {
    if (!names.has(needed)) console.error(`no way led to ${needed}`), (wrong += 1);
  }
  console.log(`${mails} mails and ${looked} views of ${names.size} pages looked at, ${wrong} violations: ${[...names].join(" ")}`);
  process.exit(wrong ? 1 : 0);
})();
