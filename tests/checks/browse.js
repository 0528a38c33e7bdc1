// Web pages -> what a browser without a network makes of them, one line of JSON for each page and way of reading.
// node browse.js CHROMIUM FILE...

const fs = require("fs");
const { pathToFileURL } = require("url");
const { chromium } = require("playwright-core");

const AXE = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const COLOURS = ["color-contrast", "link-in-text-block"];
const WAYS = [
  { name: "light", colorScheme: "light", viewport: { width: 1280, height: 900 } },
  // What is dark differs in its colours alone.
  { name: "dark", colorScheme: "dark", viewport: { width: 1280, height: 900 }, rules: COLOURS },
  { name: "narrow", colorScheme: "light", viewport: { width: 360, height: 740 } },
  { name: "without scripting", javaScriptEnabled: false },
];

/** What the page shows of what it holds; runs in the page. */
function shown() {
  const images = [...document.images].filter((image) => !image.complete || image.naturalWidth === 0);
  return {
    sheets: [...document.styleSheets].map((sheet) => sheet.cssRules.length),
    family: getComputedStyle(document.body).fontFamily,
    unshownFonts: [...document.fonts].filter((face) => face.status === "error").length,
    shownFonts: [...document.fonts].filter((face) => face.status === "loaded").length,
    unshownImages: images.length,
    images: document.images.length,
    scripts: document.scripts.length,
    overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  };
}

async function visit(browser, file, { name, rules, ...options }) {
  const context = await browser.newContext({ ...options, offline: true });
  const page = await context.newPage();
  const requests = [];
  const said = [];
  page.on("request", (request) => request.url().startsWith("data:") || requests.push(request.url()));
  page.on("console", (message) => said.push(message.text()));
  page.on("pageerror", (error) => said.push(String(error)));
  const address = pathToFileURL(file).href;
  await page.goto(address, { waitUntil: "load" });
  const visit = { file, way: name, others: requests.filter((each) => each !== address), requests: requests.length, said };
  if (options.javaScriptEnabled !== false) {
    // What is far from the window is laid out as well, so that it is looked at.
    await page.evaluate(() => document.querySelectorAll(".chapter").forEach((each) => (each.style.contentVisibility = "visible")));
    await page.evaluate(() => document.fonts.ready.then(() => true));
    visit.shown = await page.evaluate(shown);
    await page.evaluate(AXE);
    const result = await page.evaluate((chosen) => axe.run(document, { runOnly: chosen, preload: false }), rules || TAGS);
    visit.passes = result.passes.length;
    visit.violations = result.violations.map(
      (each) => `${each.id} (${each.nodes.length} times): ${each.help}: ${each.nodes[0].html.slice(0, 200)}`
        + ` ${each.nodes[0].failureSummary.slice(0, 300)}`,
    );
  }
  await context.close();
  return visit;
}

(async () => {
  const [executablePath, ...files] = process.argv.slice(2);
  const browser = await chromium.launch({ executablePath });
  try {
    for (const file of files) {
      for (const way of WAYS) {
        console.log(JSON.stringify(await visit(browser, file, way)));
      }
    }
  } finally {
    await browser.close();
  }
})();
