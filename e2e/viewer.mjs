// Goes through the pages for viewers and guests in headless Chromium, as they would, on a server of its own with an FFmpeg that publishes.
//
//   node viewer.mjs --server BINARY [--about SUBJECT]… [--only PART]… [--screenshots FOLDER]
//
// Subjects are player, interruptions, restart, links, publishing and ways; PART is of a journey's name. Prints a line for each journey; exit code 0
// when all of them went well. With a folder, every state that pages have is in it, at three
// widths and in both themes; what axe finds on the way is a failure in any case.

import { createServer } from "node:http";
import { mkdir } from "node:fs/promises";
import { parseArgs } from "node:util";

import { axe, expect } from "./browser.mjs";
import { launch } from "./chromium.mjs";
import { Server } from "./sluice.mjs";

const { values: options } = parseArgs({
  options: {
    server: { type: "string" },
    about: { type: "string", multiple: true },
    only: { type: "string", multiple: true },
    screenshots: { type: "string" },
  },
});

const flags = [
  // As browsers of viewers do: no sound before a tap.
  "--autoplay-policy=document-user-activation-required",
  "--use-fake-device-for-media-stream",
  "--use-fake-ui-for-media-stream",
];
// Of a machine that has much else to do.
const LIMIT = 90_000;
const STREAM = "live/cam";
const NAMES = {
  whep: "WebRTC (below a second)",
  "ll-hls": "Low-latency HLS",
  hls: "HLS",
  flv: "HTTP-FLV",
  "ws-flv": "FLV over WebSocket",
  ts: "MPEG-TS",
  "ws-ts": "MPEG-TS over WebSocket",
};

if (options.screenshots) await mkdir(options.screenshots, { recursive: true });
const server = await Server.start(options.server);
const { root } = server;
const ask = await server.owner();
let publisher = await server.publish(STREAM);
const browser = await launch(flags);
const opened = [];

/** A page that keeps what went wrong on it: errors of scripts and of the policy, and requests to anybody but `origins`. */
async function open(address, { context = {}, prepare = async () => {}, origins = [root] } = {}) {
  const page = await (await browser.newContext(context)).newPage();
  opened.push(page);
  page.setDefaultTimeout(LIMIT);
  page.troubles = [];
  page.on("pageerror", (error) => page.troubles.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") page.troubles.push(`${message.text()} ${message.location().url}`);
  });
  page.on("request", (request) => {
    const url = request.url().replace(/^ws/, "http");
    if (![...origins, "data:", "blob:"].some((origin) => url.startsWith(origin))) page.troubles.push(`a request to ${url}`);
    if (/token|secret/.test(request.headers().referer ?? "")) page.troubles.push(`the address of the page is told to ${url}`);
    if ("cookie" in request.headers()) page.troubles.push(`a cookie is told to ${url}`);
  });
  await prepare(page);
  await page.goto(address);
  return page;
}

const watch = (query = "", more = {}) => open(`${root}/watch/${STREAM}${query}`, more);
/** Of the servers or publishers that journeys take away the browser writes down that they are away. */
const forgive = (page, pattern) => (page.troubles = page.troubles.filter((text) => !pattern.test(text)));
const phase = (page, name) => page.waitForSelector(`.sp[data-phase=${name}]`);

/** Waits until pictures are decoded and the clock of `frame`'s player has gone on for some seconds. */
async function plays(frame, seconds = 3) {
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

/** How loud it is, at most, within ten seconds or until it is heard at all: 0 to 1. */
async function loudness(page) {
  return page.evaluate(async () => {
    const video = document.querySelector(".sp video");
    video.muted = false;
    const stream = video.srcObject ?? video.captureStream();
    const context = new AudioContext();
    const analyser = context.createAnalyser();
    context.createMediaStreamSource(new MediaStream(stream.getAudioTracks())).connect(analyser);
    await context.resume();
    const samples = new Float32Array(analyser.fftSize);
    let peak = 0;
    for (let at = 0; at < 200 && peak < 0.02; at += 1) {
      await new Promise((next) => setTimeout(next, 50));
      analyser.getFloatTimeDomainData(samples);
      peak = Math.max(peak, ...samples.map(Math.abs));
    }
    await context.close();
    return peak;
  });
}

/** What the figures over the picture say the way is. */
async function wayOf(page) {
  await page.locator(".sp").focus();
  if (!(await page.isVisible(".sp-figures"))) await page.keyboard.press("s");
  await page.waitForSelector(".sp-figures div");
  return page.textContent(".sp-figures div:first-child dd");
}

/** Opens or closes the player's settings, which are hidden while nobody moves. */
async function settings(page) {
  await page.mouse.move(200 + Math.random() * 50, 150);
  await page.click(".sp-bar button[aria-controls]");
}

/** Looks at the page in each theme, and keeps pictures where they are wanted. */
async function picture(page, what) {
  const before = page.viewportSize();
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    for (const [width, height] of [[390, 800], [768, 900], [1440, 900]]) {
      await page.setViewportSize({ width, height });
      await page.mouse.move(width / 2 + Math.random() * 9, 120 + Math.random() * 9);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect(wide <= 0, `${what} fits into ${width} pixels`);
      if (options.screenshots) await page.screenshot({ path: `${options.screenshots}/${what}-${width}-${colorScheme}.png` });
    }
    const found = await axe(page);
    expect(found.length === 0, `${what} in ${colorScheme} is for everybody: ${found.join("; ")}`);
  }
  await page.setViewportSize(before);
}

/** By subject; `ways` is added below. */
const journeys = {
  player: {
    async "the page finds the best way by itself"() {
      const page = await watch();
      const played = await plays(page);
      expect(/^Live · [\d.]+ m?s$/.test(played.chip), `${played.chip} tells the latency`);
      expect((await page.textContent(".badge")) === "Live", "the badge says live");
      await picture(page, "watch");
      expect((await wayOf(page)) === NAMES.whep, "it is WebRTC");
      // The bandwidth is known only once it has been looked at twice.
      await page.locator(".sp-figures", { hasText: "Bandwidth" }).waitFor();
      const figures = await page.textContent(".sp-figures");
      for (const figure of [`${played.width} ×`, "Delay from the server", "Bandwidth", "Round trip"]) expect(figures.includes(figure), `${figures} has ${figure}`);
      await picture(page, "figures");
      await page.keyboard.press("s");
      await settings(page);
      const ways = await page.locator(".sp-menu input[type=radio]").count();
      expect(ways === 1 + Object.keys(NAMES).length, `${ways} ways to choose from`);
      await picture(page, "menu");
      await page.click(`.sp-menu label:has-text("${NAMES.flv}")`);
      await page.keyboard.press("Escape");
      await plays(page, 1);
      expect((await wayOf(page)) === NAMES.flv, "the chosen way plays");
      await page.click(".share summary");
      const code = await page.inputValue(".share .field:last-child input");
      expect(code.includes(`${root}/embed/${STREAM}`), `${code} embeds the stream`);
      await picture(page, "share");
      return [page, played];
    },

    async "keys stop, play, silence and show captions"() {
      const page = await watch("?way=flv");
      await plays(page, 1);
      await page.click("h1");
      await page.keyboard.press("k");
      await phase(page, "idle");
      await picture(page, "stopped");
      await page.keyboard.press(" ");
      await plays(page, 1);
      const video = (read) => page.evaluate(`document.querySelector(".sp video").${read}`);
      const muted = await video("muted");
      await page.keyboard.press("m");
      expect((await video("muted")) !== muted, "m is for sound");
      await page.evaluate(() => {
        const track = document.querySelector(".sp video").addTextTrack("captions", "English", "en");
        track.addCue(new VTTCue(0, 1e6, "somebody speaks"));
      });
      await page.keyboard.press("c");
      expect((await video("textTracks[0].mode")) === "showing", "c is for captions");
      await settings(page);
      expect((await page.textContent(".sp-menu")).includes("English"), "which are in the menu");
      await page.keyboard.press("Escape");
      await page.keyboard.press("f");
      await page.waitForFunction(() => document.fullscreenElement?.matches(".sp"));
      await page.keyboard.press("f");
      await page.waitForFunction(() => document.fullscreenElement === null);
      await page.keyboard.press("i");
      await page.waitForFunction(() => document.pictureInPictureElement !== null);
      await page.keyboard.press("i");
      await page.waitForFunction(() => document.pictureInPictureElement === null);
      return [page];
    },

    async "a page that was not touched begins without sound, and says so"() {
      const page = await watch();
      // Asked over the protocol: what Playwright evaluates counts as a touch.
      const session = await page.context().newCDPSession(page);
      const read = async (expression) => (await session.send("Runtime.evaluate", { expression, userGesture: false })).result.value;
      const end = Date.now() + LIMIT;
      while ((await read(`document.querySelector(".sp")?.dataset.phase`)) !== "playing" && Date.now() < end) {
        await new Promise((next) => setTimeout(next, 100));
      }
      expect(await read(`document.querySelector(".sp video").muted`), "it is muted");
      await page.waitForSelector(".sp-sound");
      await picture(page, "silent");
      await page.click(".sp-sound");
      expect(await page.evaluate(() => !document.querySelector(".sp video").muted), "a tap brings the sound");
      await page.waitForSelector(".sp-sound", { state: "hidden" });
      return [page];
    },

    async "who comes late goes back to the beginning, and to the present again"() {
      const { id } = await ask("POST", "jobs", { kind: "timeshift", label: "past", streams: { only: [STREAM] } });
      await server.until(async () => (await server.look(STREAM)).timeshift >= 30, "half a minute is kept", LIMIT);
      const page = await watch();
      const back = page.getByRole("button", { name: /^(From the beginning|Go back)/ });
      await back.waitFor();
      await plays(page, 1);
      await picture(page, "late");
      await back.click();
      await plays(page, 2);
      const video = () => page.evaluate(() => (({ currentTime, duration }) => ({ currentTime, duration }))(document.querySelector(".sp video")));
      const { currentTime, duration } = await video();
      expect(duration - currentTime > 20, `it is ${currentTime} of ${duration} s`);
      await picture(page, "back");
      await page.locator(".sp-position").fill(String(Math.floor(duration - 8)));
      await page.waitForFunction((to) => document.querySelector(".sp video").currentTime > to, duration - 7, { timeout: LIMIT });
      await page.getByRole("button", { name: "Back to live" }).click();
      await back.waitFor();
      await plays(page, 1);
      expect(!((await video()).duration < 1e6), "it is live, without an end");
      await ask("DELETE", `jobs/${id}`);
      return [page];
    },

    async "who has to press play sees what there is to see"() {
      const page = await open(`${root}/embed/${STREAM}?autoplay=0`);
      await page.waitForFunction(() => document.querySelector(".sp-poster")?.naturalWidth > 0);
      expect(await page.isVisible(".sp-big"), "there is a button");
      await picture(page, "poster");
      await page.click(".sp-big");
      const played = await plays(page, 1);
      expect(!(await page.isVisible(".sp-poster")), "the poster is gone");
      await picture(page, "embed");
      return [page, played];
    },

    async "it speaks Chinese"() {
      const page = await watch("", { context: { locale: "zh-CN" } });
      const played = await plays(page, 1);
      expect((await page.textContent(".badge")) === "直播中", "the badge is Chinese");
      expect((await page.getAttribute("html", "lang")) === "zh-CN", "and the page says so");
      await picture(page, "chinese");
      return [page, played];
    },

    async "a frame on another site plays"() {
      const html = `<!doctype html><title>x</title><link rel="icon" href="data:,"><iframe src="${root}/embed/${STREAM}" width="640" height="360" allow="autoplay"></iframe>`;
      const site = createServer((_, response) => response.writeHead(200, { "content-type": "text/html" }).end(html));
      await new Promise((listening) => site.listen(0, "127.0.0.1", listening));
      try {
        const other = `http://localhost:${site.address().port}`;
        const page = await open(`${other}/`, { origins: [root, other] });
        const frame = page.frames().find((frame) => frame !== page.mainFrame());
        return [page, await plays(frame)];
      } finally {
        site.close();
      }
    },

    async "the watch page is in nobody's frame"() {
      const page = await open(`${root}/embed/${STREAM}`);
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
      }, `${root}/watch/${STREAM}`);
      expect(refused, "it refuses");
      return [null];
    },
  },

  interruptions: {
    async "a stream that is not there is waited for"() {
      const page = await open(`${root}/watch/live/later`);
      await phase(page, "ended");
      expect((await page.textContent(".sp-message")).startsWith("Not live right now"), "the page says that it waits");
      expect((await page.textContent(".badge")) === "Offline", "the badge says offline");
      await picture(page, "waiting");
      const later = await server.publish("live/later");
      const played = await plays(page, 2);
      await later.kill();
      await phase(page, "ended");
      expect((await page.textContent(".sp-message")).startsWith("The stream has ended"), "the page says that it is over");
      await picture(page, "ended");
      return [page, played];
    },

    async "where WebRTC does not get through, the next way plays"() {
      const page = await watch("", {
        prepare: (page) =>
          page.route("**/rtc/v1/whep/**", async (route) => {
            const answer = await route.fetch();
            // Of a network that nobody has: RFC 5737.
            const nowhere = (text) => text.replace(/^(a=candidate:\S+ \d+ \S+ \d+ )\S+/gm, "$1192.0.2.1");
            await route.fulfill({ response: answer, body: nowhere(await answer.text()) });
          }),
      });
      const played = await plays(page);
      expect((await wayOf(page)) === NAMES["ll-hls"], "by low-latency HLS");
      return [page, played];
    },

    async "where the server takes no WebRTC, the next way plays, also for who has asked for it"() {
      const page = await watch("?way=whep", { prepare: (page) => page.route("**/rtc/v1/whep/**", (route) => route.fulfill({ status: 406, body: "no" })) });
      const played = await plays(page, 1);
      expect((await wayOf(page)) === NAMES["ll-hls"], "by low-latency HLS");
      forgive(page, /status of 406/);
      return [page, played];
    },

    async "viewers go on when the publisher was killed and is back"() {
      const pages = [];
      for (const way of ["whep", "ll-hls", "flv"]) {
        const page = await watch(`?way=${way}`);
        await plays(page, 1);
        pages.push(page);
      }
      await publisher.kill();
      for (const page of pages) await page.waitForSelector(".sp:not([data-phase=playing])");
      await picture(pages[0], "dropped");
      publisher = await server.publish(STREAM);
      const played = [];
      for (const page of pages) played.push(await plays(page, 2));
      for (const page of pages) forgive(page, /status of 404/);
      return [pages, played];
    },
  },

  restart: {
    async "viewers go on when the server was started again"() {
      const pages = [];
      for (const way of ["whep", "hls", "ws-flv"]) {
        const page = await watch(`?way=${way}`);
        await plays(page, 1);
        pages.push(page);
      }
      await server.stop();
      for (const page of pages) await page.waitForSelector(".sp:not([data-phase=playing])");
      await picture(pages[0], "away");
      await publisher.kill();
      await server.start();
      publisher = await server.publish(STREAM);
      const played = [];
      for (const page of pages) played.push(await plays(page, 2));
      for (const page of pages) forgive(page, /ERR_|status of (404|503)|WebSocket/);
      return [pages, played];
    },
  },

  links: {
    async "Oryx's links play"() {
      const { port } = new URL(root);
      const links = {
        [`/tools/player.html?url=${encodeURIComponent(`${root}/${STREAM}.flv`)}`]: NAMES.flv,
        [`/tools/player.html?url=${encodeURIComponent(`${root}/${STREAM}.m3u8`)}`]: NAMES.hls,
        [`/tools/xgplayer.html?url=${encodeURIComponent(`${root}/${STREAM}.m3u8?variant=ll`)}`]: NAMES["ll-hls"],
        [`/players/srs_player.html?schema=http&port=${port}&autostart=true&app=live&stream=cam.flv`]: NAMES.flv,
        [`/players/srs_player.html?schema=http&port=${port}&autostart=true&app=live&stream=cam.m3u8`]: NAMES.hls,
        [`/players/whep.html?schema=http&port=${port}&api=${port}&autostart=true&stream=cam`]: NAMES.whep,
        [`/players/rtc_player.html?autostart=true&app=live&stream=cam`]: NAMES.whep,
      };
      let page;
      for (const [link, way] of Object.entries(links)) {
        page = await open(`${root}${link}`);
        const played = await plays(page, 1);
        expect((await wayOf(page)) === way, `${link} plays by ${way}`);
        console.log(`  ${link} ${JSON.stringify(played)}`);
        expect(page.troubles.length === 0, `no trouble: ${page.troubles.join("; ")}`);
      }
      await picture(page, "legacy-playing");
      page = await open(`${root}/players/srs_player.html`);
      await page.fill("input", "ftp://nowhere");
      await page.click("button.main");
      expect(!(await page.isVisible(".sp")), "what is no address plays nothing");
      await page.fill("input", "");
      await picture(page, "legacy");
      return [page];
    },

    async "Oryx's player plays from another host"() {
      // By its name it is another origin than by its address.
      const page = await open(`${root.replace("127.0.0.1", "localhost")}/tools/player.html?url=${encodeURIComponent(`${root}/${STREAM}.flv`)}`, {
        origins: [root, root.replace("127.0.0.1", "localhost")],
      });
      return [page, await plays(page, 1)];
    },

    async "links to Oryx's other pages lead to the console"() {
      for (const path of ["/console/en_index.html", "/console/", "/mgmt/en/routers-scenario?tab=live", "/mgmt/zh/routers-settings", "/"]) {
        const answer = await fetch(`${root}${path}`, { headers: { accept: "text/html" } });
        expect(answer.ok && new URL(answer.url).pathname.startsWith("/mgmt"), `${path} is answered: ${answer.status} ${answer.url}`);
      }
      return [null];
    },

    async "Oryx's page publishes, and another watches"() {
      const { port } = new URL(root);
      const page = await open(`${root}/players/whip.html?schema=http&port=${port}&api=${port}&autostart=true&stream=old&secret=${server.key}`);
      await page.waitForSelector(".pb[data-phase=live]");
      const viewer = await open(`${root}/players/rtc_player.html?autostart=true&stream=old`);
      const played = await plays(viewer);
      await picture(page, "legacy-live");
      return [[page, viewer], played];
    },

    async "SRS's page publishes as well"() {
      const page = await open(`${root}/players/rtc_publisher.html?autostart=true&app=live&stream=older&secret=${server.key}`);
      await page.waitForSelector(".pb[data-phase=live]");
      await server.until(async () => (await server.look("live/older")).live, "live/older is live");
      return [page];
    },
  },

  publishing: {
    async "who comes to publish is asked for a key"() {
      const page = await open(`${root}/publish`);
      await page.fill("input[name=stream]", "nothing");
      await page.click("button.main");
      expect(await page.isVisible("input[name=stream]"), "a name without an app is not taken");
      await picture(page, "key");
      await page.fill("input[name=stream]", "live/browser");
      await page.fill("input[name=secret]", server.key);
      await page.click("button.main");
      await page.waitForSelector(".pb[data-phase=idle]");
      await picture(page, "before");
      await page.click(".pb-main");
      await page.waitForSelector(".pb[data-phase=ready]");
      await page.waitForFunction(() => document.querySelector(".pb video").videoWidth > 0);
      await page.click(".pb-quality summary");
      await picture(page, "preview");
      await page.selectOption(".pb-quality select >> nth=0", "360");
      await page.waitForFunction(() => document.querySelector(".pb video").videoHeight === 360);
      await page.click(".pb-main");
      await page.waitForSelector(".pb[data-phase=live]");
      // The page goes away without a word.
      await page.close();
      const end = Date.now() + 5_000;
      while ((await server.look("live/browser")).live) expect(Date.now() < end, "the stream goes with its page");
      return [null];
    },

    async "a guest goes live, is watched, and stops"() {
      const { token } = await ask("POST", "invites", { label: "Gus", action: "publish", app: "live", stream: "guest", expires_in: 3600 });
      const page = await open(`${root}/publish#token=${token}`);
      await page.waitForSelector(".pb");
      expect((await page.textContent("h1")) === "Gus", "the guest is greeted");
      expect((await page.textContent(".about")).includes("live/guest"), "and told where they are");
      await picture(page, "guest");
      await page.click(".pb-main");
      await page.waitForSelector(".pb[data-phase=ready]");
      await page.click(".pb-main");
      await page.waitForSelector(".pb[data-phase=live]");
      const viewer = await open(`${root}/watch/live/guest`);
      const played = await plays(viewer);
      expect((await wayOf(viewer)) === NAMES.whep, "by WebRTC");
      expect((await loudness(viewer)) > 0.02, "the guest is heard");
      await page.waitForSelector(".pb-figures div");
      await picture(page, "live");
      played.sent = await page.textContent(".pb-figures");
      await page.click("text=Mute microphone");
      await page.click("text=Hide picture");
      await page.waitForSelector("text=Unmute microphone");
      await picture(page, "muted");
      await page.click(".pb-main");
      await page.waitForSelector(".pb[data-phase=ready]");
      expect((await page.textContent(".pb-badge")).startsWith("You are off air"), "the page says that it is over");
      await picture(page, "over");
      // A drop would keep viewers waiting for the one who has gone.
      const end = Date.now() + 3_000;
      while ((await server.look("live/guest")).live) expect(Date.now() < end, "the stream is over at once");
      await phase(viewer, "ended");
      await page.click(".pb-main");
      await page.waitForSelector(".pb[data-phase=live]");
      await plays(viewer, 1);
      return [[page, viewer], played];
    },

    async "an invitation to watch leads to the stream"() {
      const { token } = await ask("POST", "invites", { label: "Viv", action: "play", app: "live", stream: "cam", expires_in: 3600 });
      const guests = await open(`${root}/publish#token=${token}`);
      await guests.waitForURL(/\/watch\/live\/cam/);
      const played = await plays(guests, 1);
      return [guests, played];
    },

    async "an invitation that does not hold says so"() {
      const page = await open(`${root}/publish?token=eyJhbGciOiJIUzI1NiJ9.e30.x`);
      await page.waitForSelector(".about:not([hidden])");
      expect((await page.textContent(".about")).includes("does not hold"), "in words");
      expect(!page.url().includes("?"), "and its token is in no query any more");
      await picture(page, "uninvited");
      forgive(page, /status of (404|422)/);
      return [page];
    },

    async "a key that is wrong is refused, in words"() {
      const page = await open(`${root}/players/whip.html?autostart=true&app=live&stream=old&secret=wrong`);
      await page.waitForSelector(".pb-trouble:not([hidden])");
      expect((await page.textContent(".pb-trouble")).includes("does not let you in"), "it says why");
      await picture(page, "refused");
      forgive(page, /status of 403/);
      return [page];
    },
  },

  ways: {},
};

for (const [way, name] of Object.entries(NAMES)) {
  journeys.ways[`a viewer who wants ${way} gets it, with sound`] = async () => {
    const page = await watch(`?way=${way}`);
    const played = await plays(page);
    expect((await wayOf(page)) === name, `it is ${name}`);
    played.loudness = await loudness(page);
    expect(played.loudness > 0.02, `${played.loudness} is heard`);
    return [page, played];
  };
}

let failed = 0;
const wanted = Object.entries(journeys).filter(([subject]) => !options.about || options.about.includes(subject));
for (const [what, journey] of wanted.flatMap(([, journeys]) => Object.entries(journeys))) {
  if (options.only && !options.only.some((part) => what.includes(part))) continue;
  try {
    const [seen, played] = await journey();
    const troubles = [seen ?? []].flat().flatMap((page) => page.troubles);
    expect(troubles.length === 0, `no trouble: ${troubles.join("; ")}`);
    console.log(`ok: ${what}${played ? ` ${JSON.stringify(played)}` : ""}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED: ${what}: ${error.message}`);
    for (const [at, page] of opened.entries()) {
      if (page.isClosed()) continue;
      const state = await page.evaluate(() => document.querySelector(".sp, .pb")?.outerHTML.slice(0, 200)).catch(() => "");
      console.log(`  ${page.url()} ${state} ${page.troubles.join("; ")}`);
      if (options.screenshots) await page.screenshot({ path: `${options.screenshots}/failed-${failed}-${at}.png` }).catch(() => {});
    }
  }
  opened.length = 0;
  for (const context of browser.contexts()) await context.close();
}
await browser.close();
await publisher.kill();
await server.remove();
process.exitCode = failed === 0 ? 0 : 1;
