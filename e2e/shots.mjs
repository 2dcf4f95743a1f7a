// Pictures of every page of the console and of those for viewers and guests, at three widths and in both themes, and what axe says
// about each. Exit code 0 when every page fits its window and axe finds nothing.
//
//   node shots.mjs --url URL [--stream app/name] --out FOLDER [--only REGEX] [--widths 390,768,1440] [--themes light,dark]
//     [--language en-GB|zh-CN|x-pseudo] [--console FOLDER]
//
// With --console the pages are those of that folder (`../console/dist`), and not what the binary has built in.
// URL is the console's address, with the set-up token where the server is new: then the steps of the set-up are on the pictures;
// otherwise --name and --password log in. Without --stream the pictures are of a server that nobody publishes to.

import { mkdir } from "node:fs/promises";
import { parseArgs } from "node:util";

import { axe, launch, servePages, settled, watch } from "./browser.mjs";

const { values: options } = parseArgs({
  options: {
    url: { type: "string" },
    stream: { type: "string" },
    out: { type: "string" },
    only: { type: "string", default: "." },
    widths: { type: "string", default: "390,768,1440" },
    themes: { type: "string", default: "light,dark" },
    language: { type: "string", default: "en-GB" },
    console: { type: "string" },
    name: { type: "string", default: "admin" },
    password: { type: "string", default: "correct horse battery" },
  },
});
const { origin, searchParams } = new URL(options.url);
const root = new URL(options.url).pathname.replace(/\/setup$/, "").replace(/\/$/, "");
const { stream } = options;
const only = new RegExp(options.only);
const widths = options.widths.split(",").map(Number);
const themes = options.themes.split(",");

/** Of a server that nobody publishes to. */
const QUIET = { "overview-empty": "/", "streams-empty": "/streams", "metrics-empty": "/metrics", "activity-empty": "/activity?tab=log" };
/** Of one that has streams, for who is logged in. */
const BUSY = {
  overview: "/",
  streams: "/streams",
  "streams-table": ["/streams", async (page) => page.locator("input[type=radio][value=table] + label").click()],
  stream: `/streams/${stream}`,
  "stream-viewers": `/streams/${stream}?tab=viewers`,
  "stream-ingest": `/streams/${stream}?tab=ingest`,
  "stream-play": `/streams/${stream}?tab=play`,
  "stream-log": `/streams/${stream}?tab=log`,
  "stream-offline": "/streams/live/nobody",
  recordings: "/recordings",
  "recordings-rules": "/recordings?tab=policies",
  "recordings-timeshift": "/recordings?tab=timeshift",
  "recordings-retention": "/recordings?tab=retention",
  "recordings-storage": "/recordings?tab=storage",
  "go-live": "/go-live",
  "go-live-browser": "/go-live?way=browser",
  "go-live-guest": "/go-live?way=guest",
  "settings-general": "/settings",
  "settings-changes": ["/settings", async (page) => page.locator("form input").first().fill("Our channel")],
  "settings-network": "/settings?tab=network",
  "settings-https": "/settings?tab=https",
  "settings-keys": "/settings?tab=keys",
  "settings-playback": "/settings?tab=playback",
  "settings-hls": "/settings?tab=hls",
  "settings-ai": "/settings?tab=ai",
  "settings-limits": "/settings?tab=limits",
  "access-me": "/access",
  "access-users": "/access?tab=users",
  "access-logins": "/access?tab=logins",
  "access-tokens": "/access?tab=tokens",
  "access-support": "/access?tab=support",
  activity: "/activity",
  "activity-log": "/activity?tab=log",
  metrics: "/metrics",
  developer: "/developer",
  "developer-try": "/developer?tab=try",
  "developer-webhooks": "/developer?tab=webhooks",
  help: "/help",
  "help-here": ["/settings?tab=https", async (page) => page.keyboard.press("?")],
  "not-found": "/no/such/page",
};
/** For anybody, by addresses of the server. */
const PUBLIC = {
  watch: `/watch/${stream}`,
  "watch-share": [`/watch/${stream}`, async (page) => page.locator("details.share summary").click()],
  "watch-offline": "/watch/live/nobody",
  embed: `/embed/${stream}`,
  "embed-offline": "/embed/live/nobody",
  publish: "/publish",
  "publish-camera": ["/publish?stream=live/guest", async (page) => page.locator("form button").click()],
};

let troubles = 0;
const trouble = (text) => console.log(text) ?? (troubles += 1);

/** The page as it is now, in every width and theme. */
async function pictures(page, name) {
  if (!only.test(name)) return;
  for (const theme of themes) {
    await page.emulateMedia({ colorScheme: theme });
    for (const width of widths) {
      await page.setViewportSize({ width, height: width < 500 ? 844 : 900 });
      await ready(page);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      if (wide > 0) trouble(`${name} ${width}: ${wide} pixels too wide`);
      await page.screenshot({ path: `${options.out}/${name}-${width}-${theme}.png`, fullPage: true });
      // What is shown at one width is hidden at another; themes differ in their colours.
      if (width === widths[0] || width === widths.at(-1)) {
        for (const found of await axe(page, { colours: theme !== themes[0] })) trouble(`${name} ${width} ${theme}: ${found}`);
      }
    }
  }
}

/** Nothing is being loaded, nothing moves, and a player has its picture. */
async function ready(page) {
  await page.evaluate(() => document.fonts.ready);
  await settled(page);
  await page.waitForTimeout(150);
}

/** Opens each of these pages, does what there is to be done first, and takes its pictures: in several tabs, as much of it is waiting. */
async function all(tabs, pages, base) {
  const left = Object.entries(pages).filter(([name]) => only.test(name));
  await Promise.all(
    tabs.map(async (tab) => {
      for (let next = left.shift(); next; next = left.shift()) await one(tab, base, next);
    }),
  );
}

async function one(page, base, [name, place]) {
  const [path, prepare] = [place].flat();
  await page.emulateMedia({ colorScheme: themes[0] });
  await page.setViewportSize({ width: widths[0], height: 900 });
  await page.goto(`${base}${path}`);
  await page.locator("h1").first().waitFor({ state: "attached", timeout: 60_000 });
  // What the server tells each second, and charts of more than one point, come a moment later.
  await page.waitForTimeout(1_000);
  await ready(page);
  await prepare?.(page);
  await page.waitForFunction(() => ![...document.querySelectorAll(".sp")].some((player) => /^(connecting|reconnecting)$/.test(player.dataset.phase)), null, { timeout: 15_000 }).catch(() => {});
  await pictures(page, name);
}

/** What the server records, of whoever is logged in: everything from now on, and the pages of what is there. */
async function recordings({ request }) {
  const { csrf } = await (await request.get(`${origin}/api/v2/session`)).json();
  const headers = { "x-csrf-token": csrf };
  const { items: jobs } = await (await request.get(`${origin}/api/v2/jobs`)).json();
  if (jobs.length === 0) await request.post(`${origin}/api/v2/jobs`, { headers, data: { kind: "record", label: "Everything", streams: { only: ["*/*"] } } });
  const { items } = await (await request.get(`${origin}/api/v2/recordings`)).json();
  const states = { recording: items.find(({ state }) => state === "recording"), "recording-finished": items.find(({ state }) => state !== "recording") };
  return Object.fromEntries(Object.entries(states).flatMap(([name, found]) => (found ? [[name, `/recordings/${found.id}`]] : [])));
}

/** The four steps of a new server, by its form. */
async function setUp(page) {
  await page.goto(options.url);
  await page.locator("input[autocomplete=new-password]").first().waitFor();
  await pictures(page, "setup-account");
  for (const field of await page.locator("input[autocomplete=new-password]").all()) await field.fill(options.password);
  await page.locator("button[type=submit]").click();
  const next = page.locator("main button").last();
  await page.locator("input[type=radio]").first().waitFor();
  await pictures(page, "setup-looks");
  await next.click();
  await page.locator("button[type=submit]").click();
  await page.locator("table").waitFor({ timeout: 60_000 });
  await pictures(page, "setup-reach");
  await next.click();
  await page.locator("[role=tabpanel], table, pre").first().waitFor();
  await pictures(page, "setup-stream");
}

const browser = await launch();
try {
  if (options.console) servePages(browser, origin, options.console);
  await mkdir(options.out, { recursive: true });
  const context = await browser.newContext({ locale: options.language, permissions: ["camera", "microphone"] });
  const tabs = await Promise.all([1, 2].map(() => context.newPage()));
  const [page] = tabs;
  const seen = [];
  for (const tab of tabs) {
    tab.setDefaultTimeout(60_000);
    watch(tab, origin, seen);
  }
  if (searchParams.get("token")) {
    await setUp(page);
  } else {
    if (only.test("login")) {
      await page.goto(`${origin}${root}/`);
      await page.locator("input[type=password]").waitFor();
      await pictures(page, "login");
    }
    const entered = await context.request.post(`${origin}/api/v2/session`, { data: { name: options.name, password: options.password } });
    if (!entered.ok()) throw new Error(`log-in: ${await entered.text()}`);
  }
  const recorded = await recordings(context);
  await all(tabs, stream ? { ...BUSY, ...recorded } : QUIET, `${origin}${root}`);
  if (stream) await all(tabs, PUBLIC, origin);
  for (const found of new Set(seen)) trouble(`browser: ${found}`);
} finally {
  await browser.close();
}
console.log(`${troubles} troubles`);
process.exitCode = troubles > 0 ? 1 : 0;
