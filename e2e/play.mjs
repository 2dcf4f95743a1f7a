// Plays a live stream in headless Chromium and reports what the media element saw.
//
//   node play.mjs --player hls|mpegts --url URL --seconds N [--limit N] [--screenshot FILE]
//
// Prints `"open"` when the player has been told the URL and `played {…}` at the end; exit code 0 when `currentTime`
// advanced by N seconds within the limit. The page is served from a port of its own, so the stream is cross-origin.

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { parseArgs } from "node:util";

import { chromium } from "playwright-core";

const { values: options } = parseArgs({
  options: {
    player: { type: "string" },
    url: { type: "string" },
    seconds: { type: "string", default: "5" },
    limit: { type: "string", default: "60" },
    screenshot: { type: "string" },
  },
});

const here = new URL(".", import.meta.url);
const served = {
  "/": ["text/html", new URL("player.html", here)],
  "/player.js": ["text/javascript", new URL("player.js", here)],
  "/hls.js": ["text/javascript", new URL("node_modules/hls.js/dist/hls.min.js", here)],
  "/mpegts.js": ["text/javascript", new URL("node_modules/mpegts.js/dist/mpegts.js", here)],
};

// Headless, in any container, and silent on every network but the loopback.
const flags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--autoplay-policy=no-user-gesture-required",
];

const site = createServer(async (request, response) => {
  const found = served[new URL(request.url, "http://page").pathname];
  response.writeHead(found ? 200 : 404, { "content-type": found?.[0] ?? "text/plain" });
  response.end(found ? await readFile(found[1]) : "not found");
});
await new Promise((listening) => site.listen(0, "127.0.0.1", listening));

const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", headless: true, args: flags });
let report;
try {
  const page = await browser.newPage();
  page.on("console", (message) => console.log(`console: ${message.text()}`));
  page.on("pageerror", (error) => console.log(`page error: ${error.message}`));
  await page.goto(`http://127.0.0.1:${site.address().port}/`);
  await page.evaluate(([player, url]) => window.start(player, url), [options.player, options.url]);
  console.log('"open"');
  report = await page.evaluate(
    ([seconds, limit]) => window.playFor(seconds, limit),
    [Number(options.seconds), Number(options.limit)],
  );
  if (options.screenshot) await page.screenshot({ path: options.screenshot });
} finally {
  await browser.close();
  site.close();
}
console.log(`played ${JSON.stringify(report)}`);
process.exitCode = report.last_time - report.first_time >= Number(options.seconds) ? 0 : 1;
