// Headless Chromium, and what every journey through the console needs.

import { createRequire } from "node:module";

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

/** What axe finds against WCAG 2.2 AA, a line each. Scripts of the page's own policy do not hold for it. */
export async function axe(page) {
  const source = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
  const { readFile } = await import("node:fs/promises");
  await page.evaluate(await readFile(source, "utf8"));
  const found = await page.evaluate(() =>
    globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }),
  );
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((node) => node.target.join(" ")).join(", ")}`);
}
