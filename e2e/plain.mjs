// Sets a server up through its page as a newcomer would, and looks around in headless Chromium.
//
//   node console.mjs --url URL --stream app/name [--screenshots FOLDER]
//
// URL is the address with the set-up token that the server prints. Prints `"ready"` when nobody publishes and the page says
// so; goes on when the stream shows up, and then logs out and in again. Exit code 0 when all of it went well.

import { parseArgs } from "node:util";

import { launch } from "./chromium.mjs";

const { values: options } = parseArgs({
  options: { url: { type: "string" }, stream: { type: "string" }, screenshots: { type: "string" } },
});
const PASSWORD = "correct horse";

function expect(holds, what) {
  if (!holds) throw new Error(`not so: ${what}`);
}

const browser = await launch();
try {
  const context = await browser.newContext();
  const page = await context.newPage();
  const troubles = [];
  page.on("console", (message) => {
    // Being asked to log in is an answer with status 401, which the browser writes down as well.
    if (message.type() === "error" && !message.text().includes("401")) troubles.push(message.text());
  });
  page.on("pageerror", (error) => troubles.push(error.message));
  const origin = new URL(options.url).origin;
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(origin) && !url.startsWith("data:")) troubles.push(`a request to ${url}`);
    if (request.resourceType() !== "document" && (request.headers().referer ?? "").includes("token")) {
      troubles.push(`the token is told to ${url}`);
    }
  });

  let number = 0;
  const picture = async (name) => {
    if (!options.screenshots) return;
    number += 1;
    for (const width of [390, 1280]) {
      for (const colorScheme of ["light", "dark"]) {
        await page.setViewportSize({ width, height: 800 });
        await page.emulateMedia({ colorScheme });
        const wide = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
        expect(!wide, `${name} fits into ${width} pixels`);
        await page.screenshot({ path: `${options.screenshots}/${number}-${name}-${width}-${colorScheme}.png`, fullPage: true });
      }
    }
  };

  await page.goto(options.url);
  await page.waitForSelector("#set-up:not([hidden])");
  expect(!page.url().includes("token"), `${page.url()} has no token any more`);
  expect(await page.evaluate(() => document.activeElement.id === "new-name"), "the first field has the focus");
  await page.keyboard.press("Tab");
  await page.keyboard.type("short");
  await picture("set-up");
  await page.keyboard.press("Enter");
  expect(await page.isVisible("#set-up"), "a short password is not taken");
  await page.fill("#new-password", PASSWORD);
  await page.keyboard.press("Enter");

  await page.waitForSelector("#console:not([hidden])");
  await page.waitForSelector("#none:not([hidden])");
  await page.waitForSelector("#publish input");
  await picture("nobody");
  const [server, key] = await page.$$eval("#publish input", (fields) => fields.map((field) => field.value));
  expect(/^rtmp:\/\/127\.0\.0\.1:\d+\/live$/.test(server), `${server} is where to publish`);
  console.log(`publish ${server}/${key}`);
  console.log('"ready"');

  const item = `#streams li[data-id="${options.stream}"]`;
  await page.waitForSelector(`${item} .live`, { timeout: 60_000 });
  await page.waitForFunction((item) => document.querySelector(`${item} .tracks`).textContent.includes("h264"), item);
  const addresses = await page.$$eval(`${item} input`, (fields) => fields.map((field) => field.value));
  expect(addresses.includes(`${origin}/${options.stream}.m3u8`), `${addresses} has HLS`);
  await picture("stream");
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.click(`${item} button >> nth=1`);
  await page.waitForFunction(() => document.getElementById("said").textContent === "HTTP-FLV copied");
  expect((await page.evaluate(() => navigator.clipboard.readText())).endsWith(".flv"), "the address is copied");

  await page.click("#log-out");
  await page.waitForSelector("#log-in:not([hidden])");
  expect((await page.$$("#streams li")).length === 0, "nothing is left of the streams");
  await page.goto(`${origin}/some/where`);
  expect(page.url() === `${origin}/mgmt`, "unknown paths lead to the page");
  await page.waitForSelector("#log-in:not([hidden])");
  await page.fill("#name", "admin");
  await page.fill("#password", "wrong horse");
  await page.keyboard.press("Enter");
  await page.waitForSelector("#log-in .problem:not([hidden])");
  await picture("log-in");
  await page.fill("#password", PASSWORD);
  await page.keyboard.press("Enter");
  await page.waitForSelector(`${item} .live`);

  await page.goto(`${origin}/api/v2/reference`);
  expect((await page.title()).includes("API reference"), "there is a reference");
  await page.click('nav a[href="#get_streams"]');
  await picture("reference");
  expect(troubles.length === 0, `no trouble: ${troubles.join("; ")}`);
} finally {
  await browser.close();
}
