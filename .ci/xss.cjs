// A hostile portal, bantin, and Chromium that looks at what came of it. Usage: node xss.cjs BANTIN FOLDER CHROMIUM
const fs = require("fs");
const http = require("http");
const path = require("path");
const { spawn } = require("child_process");
const puppeteer = require("puppeteer-core");

const [bantin, folder, executablePath] = process.argv.slice(2);
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// ── The vectors. STRIKE becomes a call that we hear of, BEACON an address that we see asked for. ──────────────────────────
const tags = "a abbr applet article audio base bgsound blink blockquote body button canvas center custom-x details dialog div embed fieldset figure font form frame frameset h1 head html iframe image img input isindex keygen label layer legend li link listing main map mark marquee math menu meta meter nobr noembed noframes noscript object ol optgroup option output p param picture plaintext portal pre progress q script section select slot source span strong style sub summary sup svg table tbody td template textarea th thead time title tr track u ul video wbr xml xmp".split(" ");
const handlers = "onload onerror onclick onmouseover onmouseenter onfocus onfocusin onblur ontoggle onstart onbegin onend onrepeat onanimationstart onanimationend ontransitionrun onpointerover onpointerenter onpointerdown onbeforeinput oninput onchange oninvalid onsubmit onreset onkeydown oncopy oncut onpaste ondrag ondrop onscroll onwheel onresize onhashchange onpageshow onpopstate oncanplay onplay onloadstart onbeforetoggle onscrollend oncontentvisibilityautostatechange onsecuritypolicyviolation".split(" ");
const schemes = ["javascript:STRIKE", "JaVaScRiPt:STRIKE", "java\tscript:STRIKE", "java\nscript:STRIKE", "&#106;avascript:STRIKE", "&#x6A;avascript&colon;STRIKE", " \u0001javascript:STRIKE", "javascript&Tab;:STRIKE", "java&NewLine;script:STRIKE", "vbscript:STRIKE", "data:text/html,<script>STRIKE</script>", "data:text/html;base64,PHNjcmlwdD5TVFJJS0U8L3NjcmlwdD4=", "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload='STRIKE'/>", "feed:javascript:STRIKE", "view-source:javascript:STRIKE", "jar:javascript:STRIKE", "blob:javascript:STRIKE", "//BEACON", "\\\\BEACON", "javascript://%0aSTRIKE", "javas\u00adcript:STRIKE"];
const addressed = ['<a href="URL">x</a>', '<img src="URL">', '<img srcset="URL 1x">', '<iframe src="URL"></iframe>', '<form action="URL"><button>x</button></form>', '<button formaction="URL">x</button>', '<object data="URL"></object>', '<embed src="URL">', '<video poster="URL"></video>', '<audio src="URL" autoplay></audio>', '<body background="URL">', '<table background="URL"><tr><td>x</table>', '<base href="URL">', '<link rel=stylesheet href="URL">', '<link rel=import href="URL">', '<meta http-equiv=refresh content="0;url=URL">', '<blockquote cite="URL">x</blockquote>', '<svg><a xlink:href="URL"><text>x</text></a></svg>', '<svg><use href="URL"/></svg>', '<svg><image href="URL"/></svg>', '<math href="URL">x</math>', '<area href="URL">', '<input type=image src="URL">', '<a ping="URL" href="https://example.org/">x</a>', '<source src="URL">', '<track src="URL">', '<frame src="URL">', '<isindex action="URL">', '<a xml:base="URL" href="x">x</a>'];
const whole = ["<script>STRIKE</script>", "<SCRIPT>STRIKE</SCRIPT>", "<scr<script>ipt>STRIKE</scr</script>ipt>", "<script\x20type=module>STRIKE</script>", "<script/x>STRIKE</script>", "<script\u0000>STRIKE</script>", "\uFF1Cscript\uFF1ESTRIKE\uFF1C/script\uFF1E", "+ADw-script+AD4-STRIKE+ADw-/script+AD4-", "<noscript><p title=\"</noscript><img src=x onerror=STRIKE>\"></noscript>", "<svg><style><img src=x onerror=STRIKE></style></svg>", "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=STRIKE&gt;\">", "<svg></p><style><a id=\"</style><img src=1 onerror=STRIKE>\">", "<form><math><mtext></form><form><mglyph><style></math><img src onerror=STRIKE>", "<math><annotation-xml encoding=\"text/html\"><style><img src=x onerror=STRIKE></style></annotation-xml></math>", "<svg><foreignObject><img src=x onerror=STRIKE></foreignObject></svg>", "<svg><title><img src=x onerror=STRIKE></title></svg>", "<svg><desc><script>STRIKE</script></desc></svg>", "<svg><animate onbegin=STRIKE attributeName=x dur=1s>", "<svg><set attributeName=href to=javascript:STRIKE /></svg>", "<svg><script href=data:,STRIKE /></svg>", "<svg><script>&#83;TRIKE</script></svg>", "<!--><img src=x onerror=STRIKE>-->", "<!--!><img src=x onerror=STRIKE>-->", "<!-- --!><img src=x onerror=STRIKE> -->", "<![CDATA[<img src=x onerror=STRIKE>]]>", "<?xml version=1?><img src=x onerror=STRIKE>", "<? <img src=x onerror=STRIKE> ?>", "<textarea></textarea><img src=x onerror=STRIKE>", "<title></title><img src=x onerror=STRIKE>", "<xmp><p title=\"</xmp><img src=x onerror=STRIKE>\"></xmp>", "<noembed><img title=\"</noembed><img src=x onerror=STRIKE>\"></noembed>", "<noframes><p title=\"</noframes><img src=x onerror=STRIKE>\"></noframes>", "<iframe srcdoc=\"<script>parent.STRIKE</script>\"></iframe>", "<iframe srcdoc='&lt;img src=x onerror=parent.STRIKE&gt;'></iframe>", "<template><img src=x onerror=STRIKE></template>", "<div><template shadowrootmode=open><img src=x onerror=STRIKE></template></div>", "<select><template><img src=x onerror=STRIKE></template></select>", "<style>@import 'http://BEACON';</style>", "<style>*{background:url(http://BEACON)}</style>", "<p style=\"background:url(http://BEACON)\">x</p>", "<p style=\"width:expression(STRIKE)\">x</p>", "<p style=\"behavior:url(#default#time2)\">x</p>", "<div style=\"animation-name:x\" onanimationstart=STRIKE>x</div>", "<a href=\"x\" style=\"position:fixed;inset:0\">x</a>", "<img src=`x`onerror=STRIKE>", "<img src=\"x\"onerror=STRIKE>", "<img/src=x/onerror=STRIKE>", "<img\nsrc=x\nonerror\n=\nSTRIKE>", "<img src=x onerror=\"&#83;TRIKE\">", "<img src=x:x onerror=STRIKE//", "<img src=x onerror=STRIKE <p>", "<<img src=x onerror=STRIKE>", "<img \"\"\"><script>STRIKE</script>\">", "<a href=x\"onmouseover=STRIKE\">x</a>", "\"><img src=x onerror=STRIKE>", "'><img src=x onerror=STRIKE>", "</title><script>STRIKE</script>", "</textarea><script>STRIKE</script>", "</script><script>STRIKE</script>", "]]><script>STRIKE</script>", "--><script>STRIKE</script>", "{{constructor.constructor('STRIKE')()}}", "${STRIKE}", "{% raw %}<img src=x onerror=STRIKE>{% endraw %}", "&lt;img src=x onerror=STRIKE&gt;", "&amp;lt;img src=x onerror=STRIKE&amp;gt;", "&#x3c;img src=x onerror=STRIKE&#x3e;", "%3Cimg src=x onerror=STRIKE%3E", "\\u003cimg src=x onerror=STRIKE\\u003e", "<img src=http://BEACON>", "<input autofocus onfocus=STRIKE>", "<details open ontoggle=STRIKE>x</details>", "<video><source onerror=STRIKE></video>", "<object><param name=src value=javascript:STRIKE></object>", "<object data=http://BEACON></object>", "<link rel=prefetch href=http://BEACON>", "<link rel=dns-prefetch href=http://BEACON>", "<meta http-equiv=Content-Security-Policy content=\"script-src *\">", "<meta charset=utf-7>+ADw-img src=x onerror=STRIKE+AD4-", "<table><td background=http://BEACON>x</table>", "<p dir=\"\"onclick=STRIKE>x", "<a href=\"javascript&colon;STRIKE\">x</a>", "<a href=\"jav&#x0D;ascript:STRIKE\">x</a>", "<a id=nodeName href=x>x</a>", "<form id=attributes><input name=parentNode></form>", "<img name=getElementById><img name=body>", "<a href=\"//evil\\@BEACON\">x</a>"];

let count = 0;
const strike = () => `top.struck(${(count += 1)})`;
const beacon = (port) => `127.0.0.1:${port}/beacon/${count}`;
const filled = (vector, port) => vector.replaceAll("STRIKE", strike()).replaceAll("BEACON", beacon(port));
/// In groups that become an article each: an element that swallows what follows it costs its own kind only.
function grouped(port) {
  const groups = [];
  for (const tag of tags) {
    const all = [];
    for (const handler of handlers) {
      const more = { onfocus: " autofocus tabindex=1", onfocusin: " autofocus tabindex=1", ontoggle: " open", onanimationstart: ' style="animation:x 1s"', onerror: " src=x", onstart: " loop=1" }[handler] || "";
      all.push(filled(`<${tag}${more} ${handler}="STRIKE">x</${tag}>`, port));
    }
    groups.push(all);
  }
  for (const form of addressed) groups.push(schemes.map((scheme) => filled(form.replaceAll("URL", scheme), port)));
  for (const vector of whole) groups.push([filled(vector, port)]);
  return groups;
}

// ── The portal. ──────────────────────────────────────────────────────────────────────────────────────────────────────────
const asText = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
let groups = [];
let texts = [];
/// What the portal shows so far: a first poll's items are never mailed.
let published = 2;
function list() {
  // Titles as a portal has them that escapes nothing, and as one that escapes once or twice.
  const title = (n) => [`<img src=x onerror="top.struck(0)">`, asText(texts[n % texts.length]), asText(asText(texts[n % texts.length]))][n % 3];
  const rows = groups.slice(0, published).map((_, n) => `<li class=tin><a href="/tin/${n}">Tin ${n} ${title(n)}</a> <span class=ngay>${(n % 27) + 1}/05/2020</span><p class=sapo>${asText(texts[(n + 7) % texts.length])}</p></li>`);
  return `<!doctype html><html><head><meta charset=utf-8></head><body><ul class=danh-sach>${rows.join("\n")}</ul></body></html>`;
}
function article(n) {
  const text = asText(texts[(n + 3) % texts.length]);
  return `<!doctype html><html><head><meta charset=utf-8><meta name=author content="${text}"><script type="application/ld+json">${JSON.stringify({ "@type": "NewsArticle", headline: `Tin ${n} ${texts[n % texts.length]}`, articleSection: texts[(n + 5) % texts.length], author: { name: texts[(n + 1) % texts.length] } }).replaceAll("</", "<\\/")}</script></head><body><h1>Tin ${n} ${text}</h1><div class=noidung><p>Sáng nay, hội nghị đã nghe báo cáo về tình hình thực hiện nhiệm vụ.</p>${groups[n].map((vector) => `<div>${vector}</div>`).join("\n")}<figure><img src="/anh.png" alt="${text}"><figcaption>${text}</figcaption></figure><p><a href="/tep.pdf">${text}</a></p></div></body></html>`;
}
function feed(n) {
  const items = groups.slice(0, published).map((group, i) => `<item><title><![CDATA[Bản ${n} ${texts[i % texts.length].replaceAll("]]>", "")}]]></title><link>http://PORT/bai/${i}</link><guid>bai-${i}</guid><author>${asText(texts[(i + 2) % texts.length])}</author><category>${asText(texts[(i + 4) % texts.length])}</category><description>${asText(group.join("\n"))}</description></item>`);
  return `<?xml version="1.0"?><rss version="2.0"><channel><title>x</title><link>http://PORT/</link><description>x</description>${items.join("")}</channel></rss>`;
}
const portal = http.createServer((request, answer) => {
  const port = portal.address().port;
  const found = request.url.match(/^\/(?:tin|bai)\/(\d+)$/);
  const body = found && groups[found[1]] ? article(Number(found[1])) : request.url === "/danh-sach" ? list() : request.url === "/rss" ? feed(1).replaceAll("PORT", `127.0.0.1:${port}`) : "";
  answer.writeHead(body ? 200 : 404, { "content-type": `${request.url === "/rss" ? "application/rss+xml" : "text/html"}; charset=utf-8` });
  answer.end(body || "<p>404</p>");
});

/// The html parts of a mail.
function htmlOf(mail) {
  const part = mail.split(/Content-Type: text\/html/i)[1];
  if (!part) return "";
  const at = part.indexOf("\r\n\r\n");
  const body = part.slice(at + 4).split("\r\n--")[0];
  if (/base64/i.test(part.slice(0, at))) return Buffer.from(body, "base64").toString();
  const bytes = body.replaceAll("=\r\n", "").replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(bytes, "latin1").toString();
}

(async () => {
  await new Promise((resolve) => portal.listen(0, "127.0.0.1", resolve));
  const port = portal.address().port;
  groups = grouped(port);
  texts = whole.map((vector) => filled(vector, port)).map((text) => text.replaceAll("\u0000", "").slice(0, 150));
  const config = path.join(folder, "config.toml");
  const free = await new Promise((resolve) => {
    const probe = http.createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
  const base = `http://127.0.0.1:${free}`;
  const source = (id, at, more) => `[[source]]\nid = "${id}"\nname = "Nguồn ${id}"\nurl = "http://127.0.0.1:${port}${at}"\nmax_new = 1000\n${more}`;
  const feeds = ["trang", "rss"].map((id) => `[[feed]]\nname = "${id}"\ntitle = "<img src=x onerror=top.struck(0)>"\nquery = "source:${id}"\nitems = 500\n`);
  fs.writeFileSync(config, `[server]\nlisten = "127.0.0.1:${free}"\npublic_url = "${base}/"\n[store]\nurl = "sqlite:${folder}/bantin.db"\n[mail]\ntransport = "folder:${folder}/mail"\nfrom = "Bản tin <bantin@example.gov.vn>"\n[fetch]\nspacing = "0s"\n${source("trang", "/danh-sach", '[source.listing]\nitem = "li.tin"\nlink = "a"\ntitle = "a"\nlead = ".sapo"\ndate = ".ngay"\n[source.article]\nbody = "div.noidung"\n')}${source("rss", "/rss", "")}${feeds.join("")}`);
  // The portal is in this process, so nothing here may wait by blocking it.
  const run = (...args) =>
    new Promise((resolve, reject) => {
      const done = spawn(bantin, ["--config", config, ...args], { stdio: ["ignore", "pipe", "pipe"] });
      let said = "";
      for (const stream of [done.stdout, done.stderr]) stream.on("data", (data) => (said += data));
      done.on("close", (status) => (status === 0 ? resolve() : reject(new Error(`${args.join(" ")}: ${said}`))));
    });
  await run("poll");
  published = groups.length;
  for (let n = 0; n < 12; n += 1) await run("poll").catch((error) => n === 11 && console.error(error.message.slice(0, 300)));
  await run("subscribers", "add", "lan@so.example.gov.vn", "--feed", "trang", "--feed", "rss", "--schedule", "* * * * *", "--confirmed");
  const daemon = spawn(bantin, ["--config", config, "run"], { stdio: ["ignore", "ignore", fs.openSync(path.join(folder, "log"), "w")] });
  process.on("exit", () => daemon.kill());
  for (let n = 0; n < 200; n += 1) {
    if (await fetch(`${base}/readyz`).then((answer) => answer.ok, () => false)) break;
    await pause(100);
  }
  const browser = await puppeteer.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"], headless: true });
  const page = await browser.newPage();
  const wrong = [];
  let where = "";
  let shown = false;
  await page.exposeFunction("struck", (n) => wrong.push(`${where}: vector ${n} ran`));
  page.on("dialog", (dialog) => (wrong.push(`${where}: a dialog`), dialog.dismiss()));
  page.on("request", (request) => {
    // The markup of a feed keeps the pictures of its text, as readers expect; our own pages ask nobody.
    const picture = shown && request.resourceType() === "image";
    if (!picture && !request.url().startsWith(base) && !/^(data|about):/.test(request.url())) wrong.push(`${where}: asks for ${request.url().slice(0, 120)}`);
  });
  // Every handler that is left would run by one of these.
  const provoke = (mayLoad) =>
    page.evaluate((mayLoad) => {
      const found = [];
      for (const element of document.querySelectorAll("*")) {
        for (const { name, value } of element.attributes) {
          if (/^on/i.test(name)) found.push(`${name} on <${element.localName}>`);
          if (/^(href|src|action|formaction|data|poster|background|srcset|xlink:href|cite|ping)$/.test(name) && !/^(https?:|mailto:|tel:|\/(?!\/)|#|\?|[\w.%-]*$)/i.test(value)) found.push(`${name}=${value.slice(0, 60)}`);
        }
        if (!mayLoad && /^(script|iframe|object|embed|form|base|svg|math|link|meta|style|template|input|button)$/.test(element.localName) && !element.closest("head")) found.push(`<${element.localName}>`);
        for (const event of ["mouseover", "mouseenter", "focus", "pointerover", "animationstart", "toggle", "error", "load", "beforeinput", "keydown"]) element.dispatchEvent(new Event(event, { bubbles: false }));
      }
      return found;
    }, mayLoad);
  const look = async (what, mayLoad) => {
    await pause(30);
    for (const one of new Set(await provoke(mayLoad))) wrong.push(`${what}: ${one}`);
  };
  const open = async (address) => {
    [where, shown] = [address, false];
    const answer = await page.goto(base + address, { waitUntil: "load" });
    if (answer.status() >= 500) wrong.push(`${address}: ${answer.status()}`);
    await look(address, true);
  };
  // As a reader or a mail program without any policy shows it.
  const show = async (what, html, mayLoad = false) => {
    [where, shown] = [what, true];
    await page.goto("about:blank");
    await page.setContent(`<!doctype html><html><body>${html}</body></html>`, { waitUntil: "load" });
    await look(what, mayLoad);
  };
  // What the browser makes of them when nobody cleans them: if nothing ran here, nothing could be seen to run below.
  for (const [n, group] of groups.entries()) if (n % 3 === 0) await show(`raw ${n}`, group.join(""));
  const raw = new Set(wrong.splice(0).filter((line) => line.endsWith(" ran"))).size;
  if (raw < 100) wrong.push(`only ${raw} vectors run uncleaned`);
  let pages = 0;
  let marked = 0;
  const ids = [];
  for (const name of ["trang", "rss"]) {
    const feed = await (await fetch(`${base}/feeds/${name}/feed.json`)).json();
    for (const item of feed.items) {
      ids.push(item.id);
      marked += 1;
      await show(`feed ${name}, ${item.id}`, item.content_html || "");
      pages += 1;
    }
    // XML as the browser itself shows it.
    await open(`/feeds/${name}/rss.xml`);
    await open(`/feeds/${name}/atom.xml`);
    const all = new URL(feed.items[0]._bantin?.page || `${base}/`);
    await open(all.pathname);
  }
  for (let cursor = ""; cursor !== null; ) {
    const news = await (await fetch(`${base}/api/v1/items?limit=200${cursor}`)).json();
    for (const item of news.items) {
      await open(new URL(item.page).pathname);
      pages += 1;
    }
    cursor = news.next && `&cursor=${news.next}`;
  }
  for (const address of ["/", "/feeds/", "/sources/trang", "/sources/rss", "/subscribe"]) await open(address);
  for (const text of texts) {
    await open(`/search?q=${encodeURIComponent(text)}`);
    await open(`/search?q=tin&section=${encodeURIComponent(text)}`);
    await open(`/subscribe?q=${encodeURIComponent(text)}`);
    pages += 3;
  }
  const mail = path.join(folder, "preview");
  await run("preview", "--feed", "trang", "--feed", "rss", "--since", "2020-01-01", "--out", mail);
  let mails = 0;
  for (const file of fs.existsSync(mail) ? fs.readdirSync(mail) : []) {
    const text = fs.readFileSync(path.join(mail, file), "latin1");
    if (file.endsWith(".eml")) (mails += 1), await show(`mail ${file}`, htmlOf(text), true);
  }
  await browser.close();
  if (marked < 100 || pages < 300 || mails < 1) wrong.push(`only ${marked} items, ${pages} pages, ${mails} mails were looked at`);
  for (const line of [...new Set(wrong)].slice(0, 40)) console.error(line);
  console.log(`${groups.flat().length} vectors in ${groups.length} articles and a feed: ${marked} items of feeds, ${pages} pages, ${mails} mails opened; ${wrong.length} things wrong (uncleaned, ${raw} of a third of them ran)`);
  daemon.kill();
  portal.close();
  process.exit(wrong.length ? 1 : 0);
})();
