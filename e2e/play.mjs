// Plays a live stream in headless Chromium and reports what the media element saw.
//
//   node play.mjs --player hls|mpegts --url URL --seconds N [--limit N] [--screenshot FILE]
//
// Prints `"open"` when the player has been told the URL and `played {…}` at the end; exit code 0 when `currentTime`
// advanced by N seconds within the limit. The page is served from a port of its own, so the stream is cross-origin.

import { parseArgs } from "node:util";

import { launch, serve } from "./chromium.mjs";

const { values: options } = parseArgs({
  options: {
    player: { type: "string" },
    url: { type: "string" },
    seconds: { type: "string", default: "5" },
    limit: { type: "string", default: "60" },
    screenshot: { type: "string" },
  },
});

const site = await serve({
  "/": ["text/html", "player.html"],
  "/player.js": ["text/javascript", "player.js"],
  "/hls.js": ["text/javascript", "node_modules/hls.js/dist/hls.min.js"],
  "/mpegts.js": ["text/javascript", "node_modules/mpegts.js/dist/mpegts.js"],
});
const browser = await launch(["--autoplay-policy=no-user-gesture-required"], { handleSIGINT: false });
let report;
try {
  const page = await browser.newPage();
  page.on("console", (message) => console.log(`console: ${message.text()}`));
  page.on("pageerror", (error) => console.log(`page error: ${error.message}`));
  await page.goto(site.origin);
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
