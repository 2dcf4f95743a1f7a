// Records by the console as an operator would, on a server of its own with an FFmpeg that publishes: a rule for everything, a recording
// that is watched while it is made and when it is done, and what can be done with it.
//
//   node recordings.mjs --server BINARY [--console FOLDER] [--screenshots FOLDER]
//
// With --console the pages of the console are those of that folder (`../console/dist`), and not what the binary has built in. Prints a
// line for each part; exit code 0 when all of them went well.

import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { axe, expect, launch, servePages, settled, watch } from "./browser.mjs";
import { storage } from "./s3.mjs";
import { Server } from "./sluice.mjs";

const { values: options } = parseArgs({
  options: { server: { type: "string" }, console: { type: "string" }, screenshots: { type: "string" } },
});
// Of a machine that has much else to do.
const LIMIT = 90_000;
const STREAM = "live/cam";

class Journey {
  constructor(page, ask) {
    this.page = page;
    this.ask = ask;
  }

  heading(text) {
    return this.page.getByRole("heading", { level: 1, name: text, exact: true }).waitFor();
  }

  video(holds, argument) {
    return this.page.waitForFunction(holds, argument, { timeout: LIMIT });
  }

  /** One press, and whoever publishes is recorded: it shows by itself, and counts. */
  async everything() {
    const { page } = this;
    await page.goto(`${root}/mgmt/recordings`);
    await this.heading("Recordings");
    await page.getByText("Nothing has been recorded yet").waitFor();
    await page.getByRole("button", { name: "Record everything" }).click();
    await page.getByText("From now on every stream is recorded").waitFor();
    this.publisher = await server.publish(STREAM);
    const row = page.getByRole("link", { name: /live\/cam/ });
    await row.getByText("Recording", { exact: true }).waitFor();
    const length = row.locator(".recording-length");
    const seconds = async () => (await length.textContent()).split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
    const before = await seconds();
    await server.until(async () => (await seconds()) >= before + 3, "the recording counts", LIMIT);
    // What the disk has, in figures and in words, as the server tells it.
    const parts = page.locator(".space-parts");
    const figure = async (name) => parts.locator("div", { has: page.getByText(name, { exact: true }) }).locator("dd").textContent();
    const { reserve, rate } = await this.ask("GET", "recordings/space");
    expect((await figure("Kept free")) === "1 GiB" && reserve === 2 ** 30, `${await figure("Kept free")} of ${reserve} is kept free`);
    expect((await page.locator(".space-bar > span").count()) === 4, "all of the disk is on the bar");
    await page.getByText(/^(At this pace there is room for (another \d+ (days|hours|minutes)|more than a year)|Recording; for how long)/).waitFor();
    const taken = await figure("Recordings");
    await page.waitForFunction((taken) => document.querySelector(".space-parts dd").textContent !== taken, taken, { timeout: LIMIT });
    expect(rate >= 0, `${rate} bytes a second`);
    await row.click();
    await page.waitForURL(/\/recordings\/[0-9a-f-]{36}$/);
    this.id = page.url().split("/").at(-1);
  }

  /** It is watched from its beginning while it is made. */
  async watches() {
    const { page } = this;
    await this.video(() => document.querySelector("video")?.readyState >= 2);
    await page.evaluate(() => document.querySelector("video").play());
    await this.video(() => {
      const video = document.querySelector("video");
      return video.currentTime > 4 && video.getVideoPlaybackQuality().totalVideoFrames > 50;
    });
    const at = await page.evaluate(() => document.querySelector("video").currentTime);
    const made = (await this.ask("GET", `recordings/${this.id}`)).seconds;
    expect(made > at, `at ${at} s of ${made} s: it was begun with the beginning`);
  }

  /** Its publisher goes, and after the gap that it may be away the recording is done. */
  async ends() {
    const { page } = this;
    const [job] = (await this.ask("GET", "jobs")).items;
    expect(job.streams.only[0] === "*/*", `${JSON.stringify(job.streams)} is everything`);
    // As long as what is done with it takes.
    await server.until(async () => (await this.ask("GET", `recordings/${this.id}`)).seconds >= 12, "it is long enough", LIMIT);
    await this.publisher.kill();
    await page.getByRole("button", { name: "End recording" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "End recording" }).click();
    await page.locator("main").getByText("Finished", { exact: true }).first().waitFor();
    await page.getByText("Why it ended").waitFor();
  }

  /** The file itself, from where somebody wants it. */
  async plays() {
    const { page } = this;
    await page.reload();
    await this.video(() => document.querySelector("video")?.readyState >= 1);
    const source = await page.evaluate(() => document.querySelector("video").src);
    expect(source.endsWith(`/recordings/${this.id}/files/1`), `${source} is its file`);
    const to = await page.evaluate(() => {
      const video = document.querySelector("video");
      video.currentTime = video.duration / 2;
      void video.play();
      return video.currentTime;
    });
    await this.video((to) => {
      const video = document.querySelector("video");
      return video.currentTime > to + 1 && video.getVideoPlaybackQuality().totalVideoFrames > 10;
    }, to);
  }

  /** The strip below: the picture of a moment before somebody goes there, and the way there by pointer and keys. */
  async finds() {
    const { page } = this;
    const strip = page.getByRole("slider", { name: "Place in the recording" });
    const length = (await this.ask("GET", `recordings/${this.id}`)).seconds;
    await page.evaluate(() => document.querySelector("video").pause());
    const point = async (share) => {
      const { x, y, width, height } = await strip.boundingBox();
      await page.mouse.move(x + width * share, y + height / 2);
    };
    const arrives = (at, within) => this.video(([at, within]) => {
      const video = document.querySelector("video");
      return !video.seeking && Math.abs(video.currentTime - at) < within;
    }, [at, within]);
    const pointed = page.locator(".strip-pointed");
    await point(0.5);
    await pointed.locator("img[data-loaded]").waitFor();
    const sheet = await pointed.locator("img").evaluate((image) => [image.src, image.naturalWidth, getComputedStyle(image).top]);
    expect(sheet[0].endsWith(`/files/1/previews.jpg`) && sheet[1] === 1600 && sheet[2] === "0px", `${sheet} is the sheet of its file`);
    const left = () => pointed.locator("img").evaluate((image) => Number.parseFloat(image.style.left));
    const middle = await left();
    await point(0.9);
    await page.waitForFunction((middle) => Number.parseFloat(document.querySelector(".strip-pointed img").style.left) < middle, middle);
    if (options.screenshots) await page.screenshot({ path: await shot("strip"), fullPage: true });
    await point(0.75);
    await page.mouse.down();
    await page.mouse.up();
    await arrives(length * 0.75, 0.5);
    await page.keyboard.press("Home");
    await arrives(0, 0.1);
    await page.keyboard.press("ArrowRight");
    await arrives(5, 0.1);
    expect((await strip.getAttribute("aria-valuetext")).startsWith("0:05 of "), `${await strip.getAttribute("aria-valuetext")} is where it is`);
    // The ends of a clip, as editors have them.
    await page.keyboard.press("i");
    await page.keyboard.press("ArrowRight");
    await arrives(10, 0.1);
    await page.keyboard.press("o");
    await page.getByText("0:05 to 0:10").waitFor();
    const end = page.getByRole("slider", { name: "End of the clip" });
    await end.press("ArrowLeft");
    await page.getByText("0:05 to 0:09").waitFor();
    await arrives(9, 0.1);
    const box = await end.boundingBox();
    await page.mouse.move(box.x + 4, box.y + 10);
    await page.mouse.down();
    await point(0.95);
    await pointed.locator("img[data-loaded]").waitFor();
    await page.mouse.up();
    await arrives(length * 0.95, 0.5);
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      await settled(page);
      const found = await axe(page, { colours: colorScheme === "dark" });
      expect(found.length === 0, `axe finds nothing at the strip: ${found.join("; ")}`);
    }
    await page.getByRole("button", { name: "All of it" }).click();
    await end.waitFor({ state: "detached" });

    // In the library as well, and without a word about it to fingers and to who wants nothing to move.
    await page.goto(`${root}/mgmt/recordings`);
    const picture = page.getByRole("link", { name: /live\/cam/ }).first().locator(".picture");
    await picture.hover();
    await picture.locator(".picture-moment img[data-loaded]").waitFor();
    await page.goto(`${root}/mgmt/recordings/${this.id}`);
    await this.video(() => document.querySelector("video")?.readyState >= 1);
  }

  /** A part of it, from where the player is to where it is then. */
  async clips() {
    const { page } = this;
    const go = (to) =>
      page.evaluate((to) => {
        const video = document.querySelector("video");
        video.pause();
        video.currentTime = to;
      }, to);
    await go(2);
    await page.getByRole("button", { name: "Starts here" }).click();
    await go(5);
    await page.getByRole("button", { name: "Ends here" }).click();
    await page.getByText("0:02 to 0:05").waitFor();
    await page.getByRole("button", { name: "Make clip" }).click();
    await page.waitForURL((url) => !url.pathname.endsWith(this.id));
    await page.locator("main").getByText("Finished", { exact: true }).first().waitFor();
    await page.getByRole("link", { name: "The whole" }).waitFor();
    const clip = await this.ask("GET", `recordings/${page.url().split("/").at(-1)}`);
    expect(clip.clip_of === this.id && clip.seconds >= 3 && clip.seconds < 9, `${clip.seconds} s of ${clip.clip_of}`);
    await page.getByRole("button", { name: "Remove", exact: true }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
    await this.heading("Recordings");
    await page.goto(`${root}/mgmt/recordings/${this.id}`);
    await this.video(() => document.querySelector("video")?.readyState >= 1);
  }

  async renames() {
    const { page } = this;
    await page.getByRole("button", { name: "Rename" }).click();
    const field = page.getByRole("textbox", { name: "Name" });
    await field.fill(" ");
    await page.keyboard.press("Enter");
    await page.getByText("a label has 1 to 64 characters").waitFor();
    await field.fill("Evening show");
    await page.keyboard.press("Enter");
    await this.heading("Evening show");
    await page.reload();
    await this.heading("Evening show");
  }

  async downloads() {
    const { page } = this;
    const [file] = (await this.ask("GET", `recordings/${this.id}`)).files;
    const get = async (name) => {
      await page.getByRole("button", { name: "Download", exact: true }).click();
      const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("menuitem", { name }).click()]);
      return [await readFile(await download.path()), download.suggestedFilename()];
    };
    const [bytes, name] = await get(/^MP4/);
    expect(bytes.length === file.bytes, `${bytes.length} bytes are all ${file.bytes}`);
    expect(bytes.subarray(4, 8).toString() === "ftyp" && name.endsWith(".mp4"), `${name} is an MP4`);
    const [ts, tsName] = await get(/^TS/);
    expect(ts.length % 188 === 0 && ts[0] === 0x47 && ts[188] === 0x47 && tsName.endsWith(".ts"), `${tsName} is MPEG-TS`);
    const [flv, flvName] = await get(/^FLV/);
    expect(flv.subarray(0, 3).toString() === "FLV" && flvName.endsWith(".flv"), `${flvName} is FLV`);
    await page.getByRole("button", { name: "Copy: the address of file 1" }).click();
    await page.getByRole("button", { name: "Copied" }).waitFor();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    expect(copied === `${root}/api/v2/recordings/${this.id}/files/1`, `${copied} is its address`);
  }

  /** Into a bucket: with the wrong key it says so, and then a recording goes there. */
  async stores() {
    const { page } = this;
    const bucket = await storage();
    await page.goto(`${root}/mgmt/recordings?tab=storage`);
    await page.getByLabel("Address of the service").fill(`http://${bucket.address}`);
    await page.getByLabel("Bucket", { exact: true }).fill("films");
    await page.getByLabel("In the path (MinIO)").check();
    await page.getByLabel("Access key").fill(bucket.key_id);
    await page.getByLabel("Secret key").fill("wrong");
    await page.getByRole("button", { name: "Test" }).click();
    await page.getByText("Nothing can be written there").waitFor();
    await page.getByText("SignatureDoesNotMatch").waitFor();
    await page.getByLabel("Secret key").fill(bucket.secret);
    await page.getByRole("button", { name: "Test" }).click();
    await page.getByText("The bucket can be written, read and cleared").waitFor();
    if (options.screenshots) await page.screenshot({ path: await shot("storage-tested"), fullPage: true });
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Saved").first().waitFor();
    await page.goto(`${root}/mgmt/recordings/${this.id}`);
    await page.getByRole("button", { name: "Upload", exact: true }).click();
    await page.getByText(/^A copy is in films at/).waitFor();
    if (options.screenshots) await page.screenshot({ path: await shot("storage-there"), fullPage: true });
    bucket.stop();
  }

  /** By a link, on a phone of somebody without an account; who has another, or one that has expired, sees why there is nothing. */
  async shares() {
    const { page } = this;
    await page.getByRole("button", { name: "Share", exact: true }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("The link holds for").selectOption({ label: "1 day" });
    await dialog.getByRole("button", { name: "Make link" }).click();
    const field = dialog.getByLabel("Link", { exact: true });
    await field.waitFor();
    const link = await field.inputValue();
    expect(link.startsWith(`${root}/watch/recordings/${this.id}?pass=`), `${link} is a link`);
    const found = await axe(page);
    expect(found.length === 0, `axe finds nothing at the link: ${found.join("; ")}`);
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });

    const context = await browser.newContext({ viewport: { width: 390, height: 844 }, locale: "en-GB" });
      try {
      const guest = await context.newPage();
      guest.setDefaultTimeout(LIMIT);
      const troubles = watch(guest, root);
      await guest.goto(link);
      await guest.getByRole("heading", { level: 1, name: "Evening show" }).waitFor();
      for (const colorScheme of ["light", "dark"]) {
        await guest.emulateMedia({ colorScheme });
        const seen = await axe(guest);
        expect(seen.length === 0, `axe finds nothing at the shared page: ${seen.join("; ")}`);
      }
      const wide = await guest.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect(wide <= 0, `the shared page fits a phone, and is ${wide} wider`);
      if (options.screenshots) await guest.screenshot({ path: await shot("shared-390") });
      await guest.locator(".sp-big").click();
      const plays = (from) =>
        guest.waitForFunction(
          (from) => {
            const video = document.querySelector("video");
            return video.currentTime > from + 1 && video.getVideoPlaybackQuality().totalVideoFrames > 10;
          },
          from,
          { timeout: LIMIT },
        );
      await plays(0);
      const half = await guest.evaluate(() => document.querySelector("video").duration / 2);
      await guest.getByLabel("Position").fill(half.toFixed(1));
      await plays(half);
      // What is there is seen before somebody goes there, with the pass of the link alone.
      const bar = await guest.getByLabel("Position").boundingBox();
      await guest.mouse.move(bar.x + bar.width / 2, bar.y + bar.height / 2);
      await guest.waitForFunction(() => document.querySelector(".pointed:not([hidden]) img")?.naturalWidth === 1600);
      await guest.locator("summary").click();
      const [download] = await Promise.all([guest.waitForEvent("download"), guest.getByRole("link", { name: "Download as MP4" }).click()]);
      expect(download.suggestedFilename() === "Evening show.mp4", `${download.suggestedFilename()} is called as the recording`);
      expect(troubles.length === 0, `no trouble of a guest: ${troubles.join("; ")}`);

      const expired = await this.ask("POST", `recordings/${this.id}/share`, { expires_in: 0 });
      await guest.goto(`${root}${expired.path}`);
      await guest.getByText("This link has expired").waitFor();
      const [head, claims] = link.split("pass=")[1].split(".");
      await guest.goto(`${root}/watch/recordings/${this.id}?pass=${head}.${claims}.${"A".repeat(43)}`);
      await guest.getByText("This link does not open the recording").waitFor();
      const file = await context.request.get(`${root}/api/v2/recordings/${this.id}/files/1`);
      expect(file.status() === 401, `${file.status()} without a pass`);
    } finally {
      await context.close();
    }
  }

  async removes() {
    const { page } = this;
    await page.getByRole("button", { name: "Remove", exact: true }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("Evening show").waitFor();
    await dialog.getByRole("button", { name: "Remove" }).click();
    await this.heading("Recordings");
    await page.getByText("The recording has been removed").waitFor();
    await server.until(async () => (await page.getByText("Evening show").count()) === 0, "it is gone from the list", LIMIT);
    expect((await this.ask("GET", "recordings")).items.every(({ id }) => id !== this.id), "it is gone from the server");
  }

  /** On the page of a stream: an exception from everything, and back. */
  async switches() {
    const { page } = this;
    this.publisher = await server.publish(STREAM);
    await page.goto(`${root}/mgmt/streams/${STREAM}`);
    await this.heading(STREAM);
    await page.getByRole("link", { name: /^Recording \d+:\d\d$/ }).waitFor();
    await page.getByRole("button", { name: "Stop recording" }).click();
    await page.getByText("The stream is not recorded any more").waitFor();
    await page.getByRole("link", { name: /^Recording \d/ }).waitFor({ state: "detached" });
    const excepted = (await this.ask("GET", "jobs")).items[0].streams.except;
    expect(excepted.join() === STREAM, `${excepted} is the exception`);
    await page.getByRole("button", { name: "Record", exact: true }).click();
    const link = page.getByRole("link", { name: /^Recording \d+:\d\d$/ });
    await link.waitFor();
    await link.click();
    await page.getByRole("button", { name: "End recording" }).waitFor();
  }

  /** A rule that is refused, made, switched off and removed. */
  async rules() {
    const { page } = this;
    await page.goto(`${root}/mgmt/recordings?tab=policies`);
    await page.getByText("Recording 1 stream", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Create rule" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name", { exact: true }).fill("shows");
    await dialog.getByLabel("New file every").fill("0.1");
    await dialog.getByRole("button", { name: "Create rule" }).click();
    await dialog.getByText("at least 10 are needed").waitFor();
    await dialog.getByLabel("New file every").fill("60");
    await dialog.getByRole("button", { name: "Create rule" }).click();
    await dialog.waitFor({ state: "detached" });
    await page.getByText("A new file every 1 hour.").waitFor();
    // The switch itself is hidden under what is seen of it.
    const own = page.getByRole("switch", { name: "shows: on" });
    await own.press("Space");
    await page.getByText("Off", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Log of Everything" }).click();
    await page.getByRole("dialog").getByRole("log").or(page.getByText("Nothing has been written down")).first().waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Remove shows" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
    await own.waitFor({ state: "detached" });
  }

  /** How many at a time: refused, set, still so after a reload, and the default again. */
  async limits() {
    const { page } = this;
    await page.goto(`${root}/mgmt/recordings?tab=policies`);
    const field = page.getByLabel("Streams recorded at a time");
    await field.fill("0");
    const card = page.locator("section.card", { has: field });
    const save = card.getByRole("button", { name: "Save" });
    await save.click();
    await card.getByText("has to be from 1 to").waitFor();
    await field.fill("7");
    await save.click();
    await card.getByText("1 of 7 are being recorded now").waitFor();
    await page.reload();
    await field.waitFor();
    expect((await field.inputValue()) === "7", `${await field.inputValue()} is what was saved`);
    const most = async () => (await this.ask("GET", "jobs/kinds")).items.find(({ name }) => name === "record");
    expect((await most()).most === 7, "the server has it");
    await card.getByRole("button", { name: "Use the default" }).click();
    await card.getByRole("button", { name: "Use the default" }).waitFor({ state: "detached" });
    expect((await most()).most === (await most()).most_by_default, "the default is back");
  }

  /** Which FFmpeg makes the pictures, and what it can do. */
  async programs() {
    const { page } = this;
    await page.goto(`${root}/mgmt/settings`);
    const known = await this.ask("GET", "ffmpeg");
    await page.getByText(known.version, { exact: true }).waitFor();
    await page.getByRole("button", { name: "What it can do" }).click();
    await page.getByLabel("Filter by name").fill("libx264");
    await page.getByRole("region", { name: "Encoders" }).getByText("libx264", { exact: true }).waitFor();
    await page.getByRole("region", { name: "Decoders" }).getByText("None of that name").waitFor();
  }

  async retention() {
    const { page } = this;
    await page.goto(`${root}/mgmt/recordings?tab=retention`);
    await page.locator(".space-bar").waitFor();
    await page.getByLabel("Keep for days").fill("30");
    await page.getByLabel("All together at most").fill("0.5");
    await page.getByLabel("Copy finished files to").fill("nowhere");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("is not the whole path of a folder that is there").waitFor();
    await page.getByLabel("Copy finished files to").fill("");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Saved").first().waitFor();
    const kept = await this.ask("GET", "recordings/retention");
    expect(kept.days === 30 && kept.bytes === 2 ** 29 && kept.reserve === 2 ** 30, `${JSON.stringify(kept)} is what was typed`);
  }

  /** Every page in both themes, on a phone and wide. */
  async looks() {
    const { page } = this;
    const [newest, done] = (await this.ask("GET", "recordings")).items;
    const places = {
      library: "recordings",
      made: `recordings/${newest.id}`,
      done: `recordings/${done.id}`,
      policies: "recordings?tab=policies",
      storage: "recordings?tab=storage",
      retention: "recordings?tab=retention",
      stream: `streams/${STREAM}`,
      settings: "settings",
    };
    for (const [name, place] of Object.entries(places)) {
      await page.goto(`${root}/mgmt/${place}`);
      await page.getByRole("heading", { level: 1 }).waitFor();
      if (options.screenshots) await page.waitForFunction(() => [...document.querySelectorAll("video")].every(({ readyState }) => readyState >= 2));
      for (const theme of ["light", "dark"]) {
        await page.emulateMedia({ colorScheme: theme });
        for (const width of [390, 768, 1440]) {
          await page.setViewportSize({ width, height: width < 500 ? 844 : 900 });
          await settled(page);
          const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
          expect(wide <= 0, `/${place} fits into ${width} pixels, and is ${wide} wider`);
          if (options.screenshots) await page.screenshot({ path: await shot(`${name}-${width}-${theme}`), fullPage: true });
          if (width === 768) continue;
          const found = await axe(page, { colours: theme === "dark" });
          expect(found.length === 0, `axe finds nothing at /${place}, ${width} ${theme}: ${found.join("; ")}`);
        }
      }
    }
  }
}

const server = await Server.start(options.server);
const { root } = server;
let browser;
try {
  const ask = await server.owner();
  browser = await launch();
  if (options.console) servePages(browser, root, options.console);
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: "en-GB", permissions: ["clipboard-read", "clipboard-write"] });
  const entered = await context.request.post(`${root}/api/v2/session`, { data: { name: "ann", password: "correct horse battery" } });
  if (!entered.ok()) throw new Error(`log-in: ${await entered.text()}`);
  const page = await context.newPage();
  page.setDefaultTimeout(LIMIT);
  const troubles = watch(page, root);
  const journey = new Journey(page, ask);
  for (const part of ["everything", "watches", "ends", "plays", "finds", "clips", "renames", "downloads", "shares", "stores", "removes", "switches", "rules", "limits", "programs", "retention", "looks"]) {
    const begun = Date.now();
    await journey[part]();
    console.log(`${part}: ${((Date.now() - begun) / 1000).toFixed(1)} s`);
  }
  expect(troubles.length === 0, `no trouble: ${troubles.join("; ")}`);
} finally {
  await browser?.close();
  await server.remove();
}

async function shot(name) {
  await mkdir(options.screenshots, { recursive: true });
  return join(options.screenshots, `${name}.png`);
}
