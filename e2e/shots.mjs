// Pictures of every page of the console, at three widths and in both themes, and what axe says about each.
//
//   node shots.mjs --url URL --stream app/name --out FOLDER [--only REGEX] [--widths 390,768,1440]
//
// URL is the console's address, with the set-up token where the server is new; otherwise --name and --password log in.

import { mkdir } from "node:fs/promises";
import { parseArgs } from "node:util";

import { axe, launch, watch } from "./browser.mjs";

const { values: options } = parseArgs({
  options: {
    url: { type: "string" },
    stream: { type: "string" },
    out: { type: "string" },
    only: { type: "string", default: "." },
    widths: { type: "string", default: "390,768,1440" },
    themes: { type: "string", default: "light,dark" },
    language: { type: "string", default: "en-GB" },
    name: { type: "string", default: "admin" },
    password: { type: "string", default: "correct horse battery" },
  },
});
const { origin, searchParams } = new URL(options.url);
const root = new URL(options.url).pathname.replace(/\/setup$/, "").replace(/\/$/, "");

const PAGES = {
  overview: "/",
  streams: "/streams",
  stream: `/streams/${options.stream}`,
  "stream-viewers": `/streams/${options.stream}?tab=viewers`,
  "stream-ingest": `/streams/${options.stream}?tab=ingest`,
  "stream-play": `/streams/${options.stream}?tab=play`,
  "stream-offline": "/streams/live/nobody",
  "go-live": "/go-live",
  "go-live-browser": "/go-live?way=browser",
  "go-live-guest": "/go-live?way=guest",
  "settings-general": "/settings",
  "settings-network": "/settings?tab=network",
  "settings-https": "/settings?tab=https",
  "settings-keys": "/settings?tab=keys",
  "settings-playback": "/settings?tab=playback",
  "settings-hls": "/settings?tab=hls",
  "settings-limits": "/settings?tab=limits",
  "access-me": "/access",
  "access-users": "/access?tab=users",
  "access-tokens": "/access?tab=tokens",
  "access-support": "/access?tab=support",
  activity: "/activity",
  "activity-log": "/activity?tab=log",
  metrics: "/metrics",
  developer: "/developer",
  "developer-try": "/developer?tab=try",
  "developer-webhooks": "/developer?tab=webhooks",
  help: "/help",
};

const browser = await launch();
const only = new RegExp(options.only);
let troubles = 0;
try {
  await mkdir(options.out, { recursive: true });
  const context = await browser.newContext({ locale: options.language });
  const token = searchParams.get("token");
  if (token) {
    const made = await context.request.post(`${origin}/api/v2/setup`, { data: { token, name: options.name, password: options.password } });
    if (!made.ok()) throw new Error(`set-up: ${await made.text()}`);
  } else {
    const entered = await context.request.post(`${origin}/api/v2/session`, { data: { name: options.name, password: options.password } });
    if (!entered.ok()) throw new Error(`log-in: ${await entered.text()}`);
  }
  const page = await context.newPage();
  const seen = watch(page, origin);
  for (const [name, path] of Object.entries(PAGES)) {
    if (!only.test(name)) continue;
    for (const scheme of options.themes.split(",")) {
      await page.emulateMedia({ colorScheme: scheme });
      for (const width of options.widths.split(",").map(Number)) {
        await page.setViewportSize({ width, height: width < 500 ? 844 : 900 });
        if (width === Number(options.widths.split(",")[0]) && scheme === options.themes.split(",")[0]) {
          await page.goto(`${origin}${root}${path}`);
          await page.getByRole("heading", { level: 1 }).waitFor({ timeout: 60_000 });
          await page.waitForTimeout(2500);
        } else {
          await page.waitForTimeout(500);
        }
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        if (wide > 0) console.log(`${name} ${width}: ${wide} pixels too wide`), (troubles += 1);
        await page.screenshot({ path: `${options.out}/${name}-${width}-${scheme}.png`, fullPage: true });
      }
      for (const found of await axe(page)) console.log(`${name} ${scheme}: ${found}`), (troubles += 1);
    }
  }
  for (const trouble of new Set(seen)) console.log(`browser: ${trouble}`), (troubles += 1);
} finally {
  await browser.close();
}
console.log(`${troubles} troubles`);
process.exitCode = troubles > 0 ? 1 : 0;
