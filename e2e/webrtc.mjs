// Publishes or plays a live stream by WebRTC in headless Chromium and reports what the page sees.
//
//   node webrtc.mjs --role publish|play --url URL [--api whip|srs] [--stream webrtc://…] [--bearer SECRET]
//                   [--codec h264|vp8|vp9|av1] [--camera] [--simulcast] [--no-picture] [--no-sound] [--via IP:PORT] [--tcp]
//                   [--calibrate] [--seconds N]
//
// With `--api srs` URL is that of the JSON API and `--stream` the stream in it. A publisher sends a beacon (beacon.js), or with
// `--camera` what the browser has for a camera; with `--simulcast` in full and in half size. `--via` has everything go to that address
// instead of the server's, `--tcp` by TCP only. With `--calibrate` a player looks at a beacon of its own first, and takes off what
// the page itself adds to the skew.
//
// Prints `"open"` when the server has answered, `progress {…}` each second and `report {…}` at the end, which is after N seconds, at
// SIGINT, or when the server ends it; then the session is deleted. Exit code 1 when the server refused.

import { parseArgs } from "node:util";

import { launch, serve } from "./chromium.mjs";

const { values: options } = parseArgs({
  options: {
    role: { type: "string" },
    url: { type: "string" },
    api: { type: "string", default: "whip" },
    stream: { type: "string" },
    bearer: { type: "string" },
    codec: { type: "string" },
    camera: { type: "boolean", default: false },
    simulcast: { type: "boolean", default: false },
    "no-picture": { type: "boolean", default: false },
    "no-sound": { type: "boolean", default: false },
    via: { type: "string" },
    tcp: { type: "boolean", default: false },
    calibrate: { type: "boolean", default: false },
    seconds: { type: "string", default: "86400" },
  },
});

const site = await serve({
  "/": ["text/html", "webrtc.html"],
  "/webrtc.js": ["text/javascript", "webrtc.js"],
  "/beacon.js": ["text/javascript", "beacon.js"],
  "/beeps.js": ["text/javascript", "beeps.js"],
});
const browser = await launch([
  "--autoplay-policy=no-user-gesture-required",
  "--use-fake-device-for-media-stream",
  "--use-fake-ui-for-media-stream",
  // Where there is no network but the loopback there is no other address to be at.
  "--allow-loopback-in-peer-connection",
  "--disable-background-timer-throttling",
  "--disable-renderer-backgrounding",
], { handleSIGINT: false });

let asked = false;
process.on("SIGINT", () => (asked = true));
const deadline = performance.now() + Number(options.seconds) * 1000;
try {
  const page = await browser.newPage();
  page.on("console", (message) => console.log(`console: ${message.text()}`));
  page.on("pageerror", (error) => console.log(`page error: ${error.message}`));
  await page.goto(site.origin);
  await page.evaluate((options) => window.start(options), options);
  console.log('"open"');
  let report;
  let told = 0;
  do {
    await new Promise((next) => setTimeout(next, 100));
    report = await page.evaluate(() => window.report());
    if (performance.now() - told >= 1000) {
      told = performance.now();
      console.log(`progress ${JSON.stringify(report)}`);
    }
  } while (!asked && !report.ended && performance.now() < deadline);
  report.errors.push(...(await page.evaluate(() => window.stop())));
  console.log(`report ${JSON.stringify(report)}`);
} catch (error) {
  console.log(`failed: ${error.message}`);
  process.exitCode = 1;
} finally {
  await browser.close();
  site.close();
}
