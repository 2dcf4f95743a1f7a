// Headless Chromium, and what every journey through the console needs.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { extname, join } from "node:path";

import { launch as launchChromium } from "./chromium.mjs";

const flags = [
  "--autoplay-policy=no-user-gesture-required",
  "--use-fake-ui-for-media-stream",
  "--use-fake-device-for-media-stream",
];

export const launch = () => launchChromium(flags);

export function expect(holds, what) {
  if (!holds) throw new Error(`not so: ${what}`);
}

/** Collects what goes wrong unseen: errors of scripts and of the policy, and requests to anybody else. */
export function watch(page, origin, troubles = []) {
  page.on("console", (message) => {
    // Being asked to log in, or refused, is an answer that the browser writes down as well.
    if (message.type() === "error" && !/status of 4\d\d|status of 503|net::ERR_/.test(message.text())) troubles.push(message.text());
  });
  page.on("pageerror", (error) => troubles.push(error.message));
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(origin) && !url.startsWith("data:") && !url.startsWith("blob:")) troubles.push(`a request to ${url}`);
    if (request.resourceType() !== "document" && (request.headers().referer ?? "").includes("token")) {
      troubles.push(`the token is told to ${url}`);
    }
  });
  return troubles;
}

/** All that axe knows of WCAG 2.2 AA. */
const ALL = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
/** What of that may be otherwise in another theme, of a page that has been looked at in one. */
const OF_COLOURS = { type: "rule", values: ["color-contrast", "link-in-text-block"] };

/**
 * What axe finds against WCAG 2.2 AA, a line each; with `colours`, of colours alone, which takes a fraction of the time. Scripts of the
 * page's own policy do not hold for it.
 */
export async function axe(page, { colours = false } = {}) {
  // Until the page is left it stays there.
  if (!(await page.evaluate(() => "axe" in globalThis))) {
    await page.evaluate(await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8"));
  }
  const found = await page.evaluate((runOnly) => globalThis.axe.run(document, { runOnly, resultTypes: ["violations"] }), colours ? OF_COLOURS : ALL);
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((node) => node.target.join(" ")).join(", ")}`);
}

/** Waits until the page is as it is going to be: nothing is being loaded, and nothing moves that comes to an end. */
export const settled = (page) =>
  page.waitForFunction(() => {
    const ends = (animation) => animation.effect?.getComputedTiming().endTime !== Infinity;
    const moves = document.getAnimations().some((animation) => animation.playState === "running" && ends(animation));
    return !moves && !document.querySelector("main [aria-busy=true]") && [...document.images].every(({ complete }) => complete);
  });

/** Where the server has which page of the console's build: the last that fits. */
const PAGES = {
  "/mgmt/**": "index.html",
  "/watch/**": "watch.html",
  "/watch/recordings/**": "recording.html",
  "/embed/**": "embed.html",
  "/publish*": "publish.html",
};
const TYPES = { ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };

/** What `browser` opens from now on has the pages of the build in `folder` at `root`, a server whose binary may have others built in. */
export function servePages(browser, root, folder) {
  const open = browser.newContext.bind(browser);
  browser.newContext = async (how) => {
    const context = await open(how);
    for (const [place, page] of Object.entries(PAGES)) await context.route(`${root}${place}`, (route) => fromFolder(route, folder, page));
    return context;
  };
}

/** A file of `folder`, or `page` with what the server would put into it. */
async function fromFolder(route, folder, page) {
  const path = new URL(route.request().url()).pathname.replace(/^\/mgmt\//, "");
  const type = TYPES[extname(path)];
  if (type) {
    // A page that the server has led to is its own: what follows a redirect is not seen here.
    const body = await readFile(join(folder, path)).catch(() => null);
    return body ? route.fulfill({ contentType: type, body }) : route.continue();
  }
  const html = await readFile(join(folder, page), "utf8");
  const nonce = "journey";
  const policy = `default-src 'self'; style-src 'self' 'nonce-${nonce}'; img-src 'self' data: blob:; media-src 'self' blob:; worker-src 'self' blob:; object-src 'none'; base-uri 'self'`;
  const body = html.replace("<head>", '<head><base href="/mgmt/">').replaceAll("{{nonce}}", nonce);
  return route.fulfill({ contentType: "text/html; charset=utf-8", headers: { "content-security-policy": policy, "referrer-policy": "no-referrer" }, body });
}
