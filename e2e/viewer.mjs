// Watches a live stream on the server's own pages in headless Chromium, by each way there is, as viewers with links old and new would.
//
//   node viewer.mjs --url URL --stream app/name [--key KEY] [--way WAY]… [--only NAME]… [--screenshots FOLDER]
//
// URL is the server's root; the stream is H.264 with AAC and already there. With WebRTC, give `--way whep`, and with `--key` a stream is
// published from the page by a pretended camera, to app/browser. Prints a line for each thing seen; exit code 0 when all of it went well.

import { createServer } from "node:http";
import { parseArgs } from "node:util";

import { chromium } from "playwright-core";

const { values: options } = parseArgs({
  options: {
    url: { type: "string" },
    stream: { type: "string" },
    key: { type: "string" },
    way: { type: "string", multiple: true, default: ["ll-hls", "hls", "flv", "ws-flv"] },
    only: { type: "string", multiple: true },
    screenshots: { type: "string" },
    seconds: { type: "string", default: "4" },
  },
});

const flags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // As browsers of viewers do: no sound before a tap.
  "--autoplay-policy=document-user-activation-required",
  "--use-fake-device-for-media-stream",
  "--use-fake-ui-for-media-stream",
];
// Of a machine that has much else to do.
const LIMIT = 90_000;
const root = options.url.replace(/\/$/, "");
const [app, name] = options.stream.split("/");
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", headless: true, args: flags });

function expect(holds, what) {
  if (!holds) throw new Error(`not so: ${what}`);
}

/** A page that keeps what went wrong on it. */
async function open(address, context = {}) {
  const page = await (await browser.newContext(context)).newPage();
  page.setDefaultTimeout(LIMIT);
  page.troubles = [];
  page.on("pageerror", (error) => page.troubles.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") page.troubles.push(message.text());
  });
  await page.goto(address);
  return page;
}

/** Waits until pictures are decoded and the clock of `frame`'s player has gone on for some seconds. */
async function plays(frame, seconds = Number(options.seconds)) {
  await frame.waitForSelector(".sp[data-phase=playing]", { timeout: LIMIT });
  return frame.evaluate(
    async ([seconds, limit]) => {
      const video = document.querySelector(".sp video");
      const frames = () => video.getVideoPlaybackQuality().totalVideoFrames;
      const begin = { time: video.currentTime, frames: frames(), at: performance.now() };
      while (performance.now() - begin.at < limit && video.currentTime - begin.time < seconds) {
        await new Promise((next) => setTimeout(next, 50));
      }
      const played = { seconds: video.currentTime - begin.time, frames: frames() - begin.frames, width: video.videoWidth };
      if (played.seconds < seconds || played.frames < seconds * 2 || played.width === 0) throw new Error(JSON.stringify(played));
      return { ...played, chip: document.querySelector(".sp-chip")?.textContent ?? "" };
    },
    [seconds, LIMIT],
  );
}

/** Opens or closes the player's settings, which are hidden while nobody moves. */
async function settings(page) {
  await page.mouse.move(200 + Math.random() * 50, 150);
  await page.click(".sp-bar button[aria-controls]");
}

async function picture(page, what) {
  if (!options.screenshots) return;
  for (const [width, height] of [[390, 800], [768, 900], [1440, 900]]) {
    for (const colorScheme of ["light", "dark"]) {
      await page.setViewportSize({ width, height });
      await page.emulateMedia({ colorScheme });
      await page.mouse.move(width / 2 + Math.random() * 9, 160);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
      expect(!wide, `${what} fits into ${width} pixels`);
      await page.screenshot({ path: `${options.screenshots}/${what}-${width}-${colorScheme}.png` });
    }
  }
}

const journeys = {
  async "the page finds the best way by itself"() {
    const page = await open(`${root}/watch/${options.stream}`);
    const played = await plays(page);
    expect(/^Live · [\d.]+ m?s$/.test(played.chip), `${played.chip} tells the latency`);
    expect((await page.textContent(".badge")) === "Live", "the badge says live");
    await page.locator(".sp").focus();
    await page.keyboard.press("s");
    await page.waitForSelector(".sp-figures div");
    const figures = await page.textContent(".sp-figures");
    expect(figures.includes(`${played.width} ×`), `${figures} has the resolution`);
    await picture(page, "watch");
    await page.keyboard.press("s");
    await settings(page);
    const ways = await page.locator(".sp-menu input[type=radio]").count();
    expect(ways > options.way.length, `${ways} ways to choose from`);
    await picture(page, "menu");
    await page.keyboard.press("Escape");
    await page.keyboard.press("k");
    await page.waitForSelector(".sp[data-phase=idle]");
    await page.keyboard.press("k");
    await plays(page, 1);
    await page.click(".share summary");
    const code = await page.inputValue(".share .field:last-child input");
    expect(code.includes(`${root}/embed/${options.stream}`), `${code} embeds the stream`);
    await picture(page, "share");
    return [page, played];
  },

  async "a page that was not touched begins without sound, and says so"() {
    const page = await open(`${root}/watch/${options.stream}`);
    const played = await plays(page, 1);
    expect(await page.evaluate(() => document.querySelector(".sp video").muted), "it is muted");
    await page.click(".sp-sound");
    expect(await page.evaluate(() => !document.querySelector(".sp video").muted), "a tap brings the sound");
    await page.waitForSelector(".sp-sound", { state: "hidden" });
    return [page, played];
  },

  async "it speaks Chinese"() {
    const page = await open(`${root}/watch/${options.stream}`, { locale: "zh-CN" });
    const played = await plays(page, 1);
    expect((await page.textContent(".badge")) === "直播中", "the badge is Chinese");
    expect((await page.getAttribute("html", "lang")) === "zh-CN", "and the page says so");
    return [page, played];
  },

  async "a stream that is not there is waited for"() {
    const page = await open(`${root}/watch/${app}/nobody`);
    await page.waitForSelector(".sp[data-phase=ended]");
    expect((await page.textContent(".sp-message")).startsWith("Not live right now"), "the page says that it waits");
    await picture(page, "waiting");
    return [page];
  },

  async "a frame on another site plays"() {
    const html = `<!doctype html><title>x</title><iframe src="${root}/embed/${options.stream}" width="640" height="360" allow="autoplay"></iframe>`;
    const site = createServer((_, response) => response.writeHead(200, { "content-type": "text/html" }).end(html));
    await new Promise((listening) => site.listen(0, "127.0.0.1", listening));
    try {
      const page = await open(`http://127.0.0.1:${site.address().port}/`);
      page.troubles = page.troubles.filter((text) => !text.includes("favicon"));
      const frame = page.frames().find((frame) => frame !== page.mainFrame());
      return [null, await plays(frame)];
    } finally {
      site.close();
    }
  },

  async "the watch page is in nobody's frame"() {
    const page = await open(`${root}/embed/${options.stream}`);
    const refused = await page.evaluate(async (address) => {
      const frame = document.createElement("iframe");
      frame.src = address;
      document.body.append(frame);
      await new Promise((loaded) => frame.addEventListener("load", loaded));
      try {
        return frame.contentDocument?.querySelector("#root") == null;
      } catch {
        return true;
      }
    }, `${root}/watch/${options.stream}`);
    expect(refused, "it refuses");
    return [null];
  },

  async "Oryx's links play"() {
    const links = [
      `/tools/player.html?url=${encodeURIComponent(`${root}/${options.stream}.flv`)}`,
      `/tools/xgplayer.html?url=${encodeURIComponent(`${root}/${options.stream}.m3u8?variant=ll`)}`,
      `/players/srs_player.html?schema=http&port=${new URL(root).port}&autostart=true&app=${app}&stream=${name}.flv`,
    ];
    if (options.way.includes("whep")) {
      links.push(`/players/whep.html?autostart=true&app=${app}&stream=${name}`);
      links.push(`/players/rtc_player.html?autostart=true&app=${app}&stream=${name}`);
    }
    let page;
    for (const link of links) {
      page = await open(`${root}${link}`);
      const played = await plays(page, 2);
      console.log(`  ${link.split("?")[0]} ${JSON.stringify(played)}`);
      expect(page.troubles.length === 0, `no trouble: ${page.troubles.join("; ")}`);
      await page.context().close();
    }
    page = await open(`${root}/players/srs_player.html`);
    await picture(page, "legacy");
    return [page];
  },

  async "who comes to publish is asked for a key"() {
    const page = await open(`${root}/publish`);
    await page.fill("input[name=stream]", "nothing");
    await page.click("button.main");
    expect(await page.isVisible("input[name=stream]"), "a name without an app is not taken");
    await picture(page, "key");
    await page.fill("input[name=stream]", `${app}/browser`);
    await page.click("button.main");
    await page.click(".pb-main");
    await page.waitForSelector(".pb[data-phase=ready]");
    await page.waitForFunction(() => document.querySelector(".pb video").videoWidth > 0);
    await page.click(".pb-quality summary");
    await picture(page, "preview");
    return [page];
  },

  async "an invitation that does not hold says so"() {
    const page = await open(`${root}/publish?token=eyJhbGciOiJIUzI1NiJ9.e30.x`);
    await page.waitForSelector(".about:not([hidden])");
    expect((await page.textContent(".about")).includes("does not hold"), "in words");
    expect(!page.url().includes("?"), "and its token is in no query any more");
    page.troubles = page.troubles.filter((text) => !text.includes("404") && !text.includes("422"));
    return [page];
  },
};

for (const way of options.way) {
  journeys[`a viewer who wants ${way} gets it`] = async () => {
    const page = await open(`${root}/watch/${options.stream}?way=${way}`);
    const played = await plays(page);
    await settings(page);
    const chosen = await page.textContent(".sp-menu fieldset:first-of-type label:has(input:checked)");
    await settings(page);
    await page.locator(".sp").focus();
    await page.keyboard.press("s");
    await page.waitForSelector(".sp-figures div");
    played.said = [chosen, await page.textContent(".sp-figures div:first-child dd")];
    expect(played.said[0] === played.said[1], `${played.said} is what was wanted`);
    return [page, played];
  };
}

if (options.key) {
  journeys["a browser publishes, and another watches"] = async () => {
    const link = `/players/whip.html?autostart=true&app=${app}&stream=browser&secret=${options.key}`;
    const publisher = await open(`${root}${link}`);
    await publisher.waitForSelector(".pb[data-phase=live]", { timeout: LIMIT });
    const viewer = await open(`${root}/players/whep.html?autostart=true&app=${app}&stream=browser`);
    const played = await plays(viewer);
    await publisher.waitForSelector(".pb-figures div");
    await picture(publisher, "live");
    played.sent = await publisher.textContent(".pb-figures");
    await publisher.click(".pb-main");
    await publisher.waitForSelector(".pb[data-phase=ready]");
    const public_ = `${root}/api/v2/public/streams/${app}%2Fbrowser`;
    await publisher.waitForFunction(async (url) => !(await (await fetch(url)).json()).live, public_, { timeout: 10_000 });
    await viewer.waitForSelector(".sp:not([data-phase=playing])", { timeout: 20_000 });
    await publisher.click(".pb-main");
    await publisher.waitForSelector(".pb[data-phase=live]", { timeout: LIMIT });
    await publisher.close();
    const page = await open(`${root}/embed/${app}/browser`);
    await page.waitForFunction(async (url) => !(await (await fetch(url)).json()).live, public_, { timeout: 10_000 });
    return [publisher, played];
  };
  journeys["a key that is wrong is refused, in words"] = async () => {
    const page = await open(`${root}/players/whip.html?autostart=true&app=${app}&stream=browser&secret=wrong`);
    await page.waitForSelector(".pb-trouble:not([hidden])");
    expect((await page.textContent(".pb-trouble")).includes("does not let you in"), "it says why");
    await picture(page, "refused");
    return [null];
  };
}

let failed = 0;
for (const [what, journey] of Object.entries(journeys)) {
  if (options.only && !options.only.some((part) => what.includes(part))) continue;
  try {
    const [page, played] = await journey();
    expect((page?.troubles.length ?? 0) === 0, `no trouble: ${page?.troubles.join("; ")}`);
    console.log(`ok: ${what}${played ? ` ${JSON.stringify(played)}` : ""}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED: ${what}: ${error.message}`);
    for (const [at, context] of browser.contexts().entries()) {
      for (const page of context.pages()) {
        const state = await page.evaluate(() => document.querySelector(".sp, .pb")?.outerHTML.slice(0, 200)).catch(() => "");
        console.log(`  ${page.url()} ${state} ${page.troubles?.join("; ")}`);
        if (options.screenshots) await page.screenshot({ path: `${options.screenshots}/failed-${failed}-${at}.png` }).catch(() => {});
      }
    }
  }
  for (const context of browser.contexts()) await context.close();
}
await browser.close();
process.exitCode = failed === 0 ? 0 : 1;
