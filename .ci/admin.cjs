// Drives the admin pages of a real bantin in Chromium, beside a portal of its own that is redesigned on the way.
// Usage: node admin.cjs LANG BANTIN FOLDER CHROMIUM [SCREENSHOT_FOLDER]. Ends with 1 on any violation.
const fs = require("fs");
const http = require("http");
const path = require("path");
const { spawn, spawnSync } = require("child_process");
const puppeteer = require("puppeteer-core");
const axe = require("axe-core");

const [lang, bantin, folder, executablePath, shots] = process.argv.slice(2);
const password = "ba con trâu qua sông";
const views = [
  { name: "phone", width: 360, height: 740 },
  { name: "desk", width: 1280, height: 900 },
];
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// A portal with a list of news, in one of two makings.
let redesigned = false;
const title = (n) => `Hội nghị giao ban công tác quý, phiên thứ ${n}`;
function list() {
  const numbers = [12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1];
  const menu = "<nav class=menu><a href=/>Trang chủ</a><a href=/van-ban>Văn bản</a><a href=/lien-he>Liên hệ</a></nav>";
  const rows = redesigned
    ? `<main><div class="luoi tin-moi">${numbers.map((n) => `<article class=the><h3><a href=/tin/${n}>${title(n)}</a></h3><time>${n}/05/2020</time></article>`).join("")}</div></main>`
    : `<ul class=danh-sach>${numbers.map((n) => `<li class=tin><a href=/tin/${n}>${title(n)}</a> <span class=ngay>${n}/05/2020</span><p class=sapo>Tóm tắt của tin số ${n}, với vài chữ cho đủ một dòng.</p></li>`).join("")}</ul>`;
  return `<!doctype html><html><head><meta charset=utf-8><title>Tin hoạt động – Sở Thử nghiệm</title></head><body>${menu}${rows}<footer>Bản quyền thuộc về Sở</footer></body></html>`;
}
const article = (n) =>
  `<!doctype html><html><head><meta charset=utf-8></head><body><h1>${title(n)}</h1><div class=ngay>Ngày cập nhật: ${n}/05/2020</div><div class=noidung>${"<p>Sáng nay, hội nghị đã nghe báo cáo về tình hình thực hiện nhiệm vụ trong quý và bàn về các giải pháp cho thời gian tới.</p>".repeat(4)}</div></body></html>`;
const portal = http.createServer((request, answer) => {
  const found = request.url.match(/^\/tin\/(\d+)$/);
  const body = found ? article(Number(found[1])) : request.url === "/danh-sach" ? list() : "";
  answer.writeHead(body ? 200 : 404, { "content-type": "text/html; charset=utf-8" });
  answer.end(body || "<p>404</p>");
});

async function look(page, what) {
  await page.evaluate(axe.source);
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const found = await page.evaluate((tags) => axe.run(document, { runOnly: tags }), tags);
  const sideways = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  const wrong = found.violations.map((v) => `${v.id}: ${v.help}: ${v.nodes[0].html.slice(0, 200)}`);
  if (sideways) wrong.push("the page is wider than the window");
  if (found.passes.length < 5) wrong.push("axe-core found nothing to check");
  for (const line of wrong) console.error(`${what}: ${line}`);
  return wrong.length;
}

(async () => {
  await new Promise((resolve) => portal.listen(0, "127.0.0.1", resolve));
  const at = `127.0.0.1:${portal.address().port}`;
  const config = path.join(folder, "config.toml");
  const free = await new Promise((resolve) => {
    const probe = http.createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
  const base = `http://127.0.0.1:${free}`;
  fs.writeFileSync(config, `[server]\nlisten = "127.0.0.1:${free}"\npublic_url = "${base}/"\nlanguage = "${lang}"\n[store]\nurl = "sqlite:${folder}/bantin.db"\n[mail]\ntransport = "folder:${folder}/mail"\nfrom = "Bản tin <bantin@example.gov.vn>"\n[fetch]\nspacing = "0s"\n[admin]\ninside = ["${at}"]\n[[source]]\nid = "tu-tep"\nname = "Nguồn từ tệp <b>"\nurl = "http://${at}/khong-co"\n[[feed]]\nname = "tin"\ntitle = "Tin hoạt động"\n`);
  const made = spawnSync(bantin, ["--config", config, "admin", "add", "lan.anh"], { input: password });
  if (made.status !== 0) throw new Error(made.stderr.toString());
  for (const who of ["lan@so.example.gov.vn", "binh@so.example.gov.vn"]) {
    const args = ["--config", config, "subscribers", "add", who, "--feed", "tin", "--schedule", "30 7 * * Mon-Fri", "--confirmed"];
    spawnSync(bantin, args);
  }
  const daemon = spawn(bantin, ["--config", config, "run"], { stdio: ["ignore", "ignore", fs.openSync(path.join(folder, "log"), "w")] });
  const end = () => daemon.kill();
  process.on("exit", end);
  for (let n = 0; n < 100; n += 1) {
    if (await fetch(`${base}/readyz`).then((answer) => answer.ok, () => false)) break;
    await pause(100);
  }
  const browser = await puppeteer.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"], headless: true });
  const page = await browser.newPage();
  const refused = [];
  page.on("console", (message) => /Content Security Policy/.test(message.text()) && refused.push(message.text()));
  page.on("request", (request) => {
    if (!request.url().startsWith(base) && !request.url().startsWith("data:")) refused.push(`a request to ${request.url()}`);
  });
  await page.setViewport(views[1]);
  let wrong = 0, looked = 0;
  const names = new Set();
  // Everything that is looked at is looked at in each view, as it stands.
  const show = async (name) => {
    for (const view of views) {
      for (const scheme of ["light", "dark"]) {
        await page.setViewport(view);
        await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
        wrong += await look(page, `${lang} ${name} ${view.name} ${scheme}`);
        looked += 1;
        if (shots) await page.screenshot({ path: path.join(shots, `admin-${lang}-${name}-${view.name}-${scheme}.png`), fullPage: true });
      }
    }
    await page.setViewport(views[1]);
    names.add(name);
  };
  const press = async (selector) => Promise.all([page.waitForNavigation(), page.$eval(selector, (button) => button.click())]);
  const go = (address) => page.goto(`${base}${address}`);
  const must = (truth, what) => {
    if (!truth) throw new Error(`${what} at ${page.url()}: ${path.basename(folder)}`);
  };

  await go("/admin/settings");
  must(page.url().includes("/admin/login?next=settings"), "a login is asked for");
  await page.type("#name", "lan.anh");
  await page.type("#password", "sai mật khẩu rồi");
  await press("main button");
  await show("login-wrong");
  await page.type("#password", password);
  await press("main button");
  must(page.url() === `${base}/admin/settings`, "the login leads where somebody wanted to go");
  await show("settings");
  await go("/admin/add/source");
  await show("add");
  await page.type("#url", `http://${at}/danh-sach`);
  await press("button[value=look]");
  must((await page.$$("input[name=block]")).length > 0, "blocks are shown");
  await show("add-looked");
  // Point at the date of a row, and read the article of another.
  await page.$eval("input[name=pick-date][value='span.ngay']", (radio) => radio.click());
  await page.$eval("#row-2", (radio) => radio.click());
  await page.$eval("#schedule", (field) => (field.value = "mỗi giờ"));
  await press("button[value=preview]");
  must(await page.$("#schedule-wrong"), "a wrong schedule is told");
  must(await page.$eval("article.article h3", (heading) => heading.textContent.includes("phiên thứ 11")), "the second article is read");
  await show("add-wrong");
  await page.$eval("#schedule", (field) => (field.value = "adaptive"));
  await page.$eval("#name", (field) => (field.value = "Sở Thử nghiệm"));
  const id = await page.$eval("#id", (field) => field.value);
  await press("button[value=save]");
  must(page.url().startsWith(`${base}/admin/sources/${id}`), "it is kept");
  const until = async (text, what) => {
    for (let n = 0; n < 300; n += 1) {
      await go(`/admin/sources/${id}`);
      if (await page.$eval("main", (main, text) => main.innerHTML.includes(text), text)) return;
      await pause(100);
    }
    throw new Error(`${what}: ${fs.readFileSync(path.join(folder, "log"), "utf8").slice(-2000)}`);
  };
  await until("/pages/good", "it is polled");
  await show("source");
  redesigned = true;
  await press("button[value=poll]");
  await until('id="repair"', "a repair is proposed");
  await show("source-broken");
  await press("button[value=accept]");
  await until('class="fine"', "the repair is used");
  await show("source-repaired");
  await go(`/admin/sources/${id}/edit`);
  await show("edit");
  await press("button[value=preview]");
  await show("edit-looked");
  await go("/admin/sources/tu-tep");
  await show("source-of-file");
  for (const [name, address] of [["overview", "/admin/"], ["feeds", "/admin/feeds"], ["people", "/admin/subscribers"], ["person", "/admin/subscribers/1"], ["deliveries", "/admin/deliveries"], ["log", "/admin/log"], ["account", "/admin/account"], ["feed-of-file", "/admin/feeds/tin"]]) {
    await go(address);
    await show(name);
  }
  await go("/admin/add/feed");
  await page.type("#name", "giao-ban");
  await page.type("#title", "Giao ban");
  await page.type("#query", "(giao ban");
  await press("button[value=preview]");
  must(await page.$("#query-wrong"), "a wrong query is told");
  await show("feed-wrong");
  await page.$eval("#query", (field) => (field.value = "giao ban"));
  await press("button[value=preview]");
  await show("feed-preview");
  await press("button[value=save]");
  must(page.url().startsWith(`${base}/admin/feeds/giao-ban`), "the feed is kept");
  await show("feed");
  await press("header button");
  await go("/admin/");
  must(page.url().startsWith(`${base}/admin/login`), "after logging out nothing is shown");
  for (const line of refused) console.error(line), (wrong += 1);
  await browser.close();
  end();
  portal.close();
  console.log(`${lang}: ${looked} views of ${names.size} pages looked at, ${wrong} violations`);
  process.exit(wrong ? 1 : 0);
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
