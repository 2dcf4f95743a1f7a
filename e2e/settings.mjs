// Changes settings by the console as an operator would, and looks for what they change: with a real encoder, in playlists, in a page of
// somebody else.
//
//   node settings.mjs --server BINARY [--console FOLDER] [--only PART]… [--screenshots FOLDER]
//
// With --console the pages are those of that folder (`../console/dist`), and not what the binary has built in. Prints a line for each
// part; exit code 0 when all of them went well; the page where one did not is a picture in the folder.

import { execFile } from "node:child_process";
import { createServer } from "node:http";
import { parseArgs, promisify } from "node:util";

import { expect, launch, servePages, watch } from "./browser.mjs";
import { Server } from "./sluice.mjs";

const { values: options } = parseArgs({
  options: { server: { type: "string" }, console: { type: "string" }, only: { type: "string", multiple: true }, screenshots: { type: "string" } },
});
const run = promisify(execFile);
// Of a machine that has much else to do.
const LIMIT = 90_000;
const STREAM = "live/cam";

class Journey {
  constructor(page, ask) {
    this.page = page;
    this.ask = ask;
  }

  async settings(tab) {
    await this.page.goto(`${root}/mgmt/settings?tab=${tab}`);
    await this.page.getByRole("heading", { level: 1, name: "Settings" }).waitFor();
  }

  /** Whoever has it publishes; after another is made the old one is good for as long as was said. */
  async globalKey() {
    const { page } = this;
    await this.settings("keys");
    await page.getByRole("button", { name: "Show: Global key" }).click();
    const field = page.getByLabel("Global key", { exact: true });
    const rotate = async (grace) => {
      const before = await field.inputValue();
      await page.getByRole("button", { name: "New secret" }).click();
      const dialog = page.getByRole("dialog");
      await dialog.getByLabel("Grace period").selectOption({ label: grace });
      await dialog.getByRole("button", { name: "New secret" }).click();
      await dialog.waitFor({ state: "detached" });
      await page.waitForFunction((before) => ![...document.querySelectorAll("input")].some(({ value }) => value === before), before);
      return field.inputValue();
    };
    const first = await field.inputValue();
    expect(first === server.key && (await publishes(first)), "the key that is shown lets an encoder in");
    const second = await rotate("1 hour");
    expect(second !== first && (await publishes(second)), "another is made, and lets it in");
    expect(await publishes(first), "and the one before, for an hour");
    const third = await rotate("None: the old one ends at once");
    expect(!(await publishes(second)), "the one before is refused");
    expect(!(await publishes(first)), "and so is the first");
    expect(await publishes(third), "the new one lets an encoder in");
    await page.goto(`${root}/mgmt/go-live`);
    await page.getByRole("button", { name: "Show: Stream key" }).click();
    const told = await page.getByLabel("Stream key", { exact: true }).inputValue();
    expect(told.endsWith(`?secret=${third}`), `${told} is what newcomers are told`);
  }

  /** One playlist for all, and back; short segments, and back: for a stream that is live. */
  async hls() {
    const { page } = this;
    const publisher = await server.publish(STREAM, await globalKey(this.ask));
    try {
      const flip = async (name, on) => {
        await this.settings("hls");
        const flipped = page.getByRole("switch", { name });
        await flipped.waitFor({ state: "attached" });
        expect((await flipped.isChecked()) !== on, `${name} is not yet ${on}`);
        // It changes when the server has changed it.
        await flipped.click({ force: true });
        await page.waitForFunction(([name, on]) => [...document.querySelectorAll("[role=switch]")].some((one) => one.labels[0].textContent.startsWith(name) && one.checked === on && !one.disabled), [name, on]);
        await page.reload();
        await flipped.waitFor({ state: "attached" });
        expect((await flipped.isChecked()) === on, `${name} is ${on} also after the page was loaded again`);
      };
      await server.until(async () => (await media()).length > 0, "there are segments", LIMIT);
      expect(/hls_ctx=/.test(await playlist()), "each viewer has a session");
      await flip("One playlist for all", true);
      await server.until(async () => !/hls_ctx=/.test(await playlist()), "then none has", LIMIT);
      await flip("One playlist for all", false);
      await server.until(async () => /hls_ctx=/.test(await playlist()), "and each has one again", LIMIT);

      const last = async () => (await media()).at(-1);
      await server.until(async () => (await last()) >= 8, "segments are long", LIMIT);
      await flip("Short segments", true);
      await server.until(async () => (await last()) <= 3, "segments become short", LIMIT);
      await flip("Short segments", false);
      await server.until(async () => (await last()) >= 8, "and long again", LIMIT);
    } finally {
      await publisher.kill();
    }
  }

  /** What files and cameras may send: it is said before it is saved, is there afterwards, and can be left to the server again. */
  async limits() {
    const { page } = this;
    await this.settings("limits");
    const files = page.getByLabel("Files");
    const before = (await this.ask("GET", "settings")).source_limits;
    await files.fill("3000");
    await page.getByText(/^Files/).locator("..").getByText("3 Mbit/s", { exact: true }).waitFor();
    await this.save();
    const after = async () => (await this.ask("GET", "settings")).source_limits;
    expect((await after()).files === 3000 && (await after()).cameras === before.cameras, `${JSON.stringify(await after())} has what was typed`);
    await page.reload();
    await files.waitFor();
    expect((await files.inputValue()) === "3000 kbit/s", "it is there when the page is loaded again");
    await files.fill("");
    await this.save();
    expect((await after()).files === before.files, `${JSON.stringify(await after())} is as at first`);
  }

  /** A provider of models: what is no address is refused where it stands, and the key is told to nobody. */
  async ai() {
    const { page } = this;
    const KEY = "sk-journey-0123456789";
    await this.settings("ai");
    const [url, key] = [page.getByLabel("Base URL"), page.getByRole("textbox", { name: /^Key/ })];
    await url.fill("no address");
    await key.fill(KEY);
    await page.getByRole("button", { name: "Save" }).click();
    await page.locator("[aria-invalid=true]").waitFor();
    expect((await url.getAttribute("aria-invalid")) === "true", "the field that is wrong says so");
    expect((await url.inputValue()) === "no address" && (await key.inputValue()) === KEY, "nothing that was typed is lost");
    await url.fill("http://127.0.0.1:9/v1");
    await this.save();
    const known = async () => this.ask("GET", "settings");
    expect((await known()).ai.url === "http://127.0.0.1:9/v1" && (await known()).ai.key_set, "the provider is known");
    expect(!JSON.stringify(await known()).includes(KEY), "and its key is not told");
    await page.reload();
    await page.getByText("set", { exact: true }).waitFor();
    expect((await key.inputValue()) === "" && (await url.inputValue()) === "http://127.0.0.1:9/v1", "the page does not have it either");
    await page.getByRole("button", { name: "Remove the key" }).click();
    await page.getByText("set", { exact: true }).waitFor({ state: "detached" });
    expect(!(await known()).ai.key_set, "the key is gone");
  }

  /** The code that the stream's page has copied plays in a page of another site; where a pass is asked for, only with one. */
  async embed() {
    const { page } = this;
    const publisher = await server.publish(STREAM, await globalKey(this.ask));
    try {
      await page.goto(`${root}/mgmt/streams/${STREAM}?tab=play`);
      const copied = async (holds) => {
        await page.getByRole("button", { name: "Copy: Embed" }).click();
        await page.waitForFunction(async (holds) => new RegExp(holds).test(await navigator.clipboard.readText()), holds);
        return page.evaluate(() => navigator.clipboard.readText());
      };
      const code = await copied("^<iframe src=");
      expect(await elsewhere(code), "the copied code plays");
      await this.ask("PUT", "passes", { guarded: [STREAM] });
      expect(!(await elsewhere(code)), "without a pass it does not where one is asked for");
      await page.getByRole("button", { name: "Sign the addresses" }).click();
      await page.getByText(/^The addresses on this page are valid until/).waitFor();
      expect(await elsewhere(await copied("token=")), "with one it does");
    } finally {
      await this.ask("PUT", "passes", { guarded: [] });
      await publisher.kill();
    }
  }

  /** A login that somebody has ended: the password is asked for over the page, and what was typed into it is still there, and saved. */
  async loginAgain() {
    const { page } = this;
    await this.settings("general");
    await page.getByLabel("Footer").fill("typed before");
    const { items } = await this.ask("GET", "logins");
    for (const { id } of items.filter(({ current }) => !current)) await this.ask("DELETE", `logins/${id}`);
    const dialog = page.getByRole("dialog", { name: "You have been logged out. Log in again to go on." });
    await dialog.getByLabel("Password", { exact: true }).fill("correct horse battery");
    await dialog.getByRole("button", { name: "Log in" }).click();
    await dialog.waitFor({ state: "detached" });
    expect((await page.getByLabel("Footer").inputValue()) === "typed before", "what was typed is still there");
    await this.save();
    expect((await this.ask("GET", "settings")).pages.icp === "typed before", "and is saved");
  }

  /** Presses Save, and waits until there is nothing to save any more. */
  async save() {
    const { page } = this;
    const changes = page.getByRole("region", { name: "Saving changes" });
    await changes.waitFor();
    await page.getByRole("button", { name: "Save" }).click();
    await changes.waitFor({ state: "detached" });
  }
}

const globalKey = async (ask) => (await ask("GET", "keys")).global;

/** Whether FFmpeg publishes some seconds by RTMP with `key`. */
async function publishes(key) {
  const source = ["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25", "-t", "2"];
  const video = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "25"];
  try {
    await run("ffmpeg", ["-v", "error", "-nostdin", "-re", ...source, ...video, "-f", "flv", `rtmp://${server.addresses.rtmp}/live/knock?secret=${key}`], { timeout: LIMIT });
    return true;
  } catch (error) {
    expect(error.code === 1, `FFmpeg is refused and does not fail otherwise: ${error}`);
    return false;
  }
}

/** The stream's HLS as a viewer is answered who asks for it first. */
const playlist = async () => (await fetch(`${root}/${STREAM}.m3u8`)).text();

/** How long its segments are, oldest first, for a viewer with a session or without. */
async function media() {
  const text = await playlist();
  const next = text.split("\n").find((line) => line.includes("hls_ctx="));
  const list = next && !text.includes("#EXTINF") ? await (await fetch(new URL(next, `${root}/${STREAM}.m3u8`))).text() : text;
  return [...list.matchAll(/^#EXTINF:([\d.]+)/gm)].map(([, seconds]) => Number(seconds));
}

/** Whether a page of another site whose text is `code` plays. */
async function elsewhere(code) {
  const html = `<!doctype html><title>x</title><link rel="icon" href="data:,">${code}`;
  const site = createServer((_, response) => response.writeHead(200, { "content-type": "text/html" }).end(html));
  await new Promise((listening) => site.listen(0, "127.0.0.1", listening));
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    // By its name it is another site than the server by its address.
    await page.goto(`http://localhost:${site.address().port}/`);
    const frame = page.frames().find((frame) => frame !== page.mainFrame());
    const ended = await frame.waitForFunction(
      () => {
        const video = document.querySelector(".sp video");
        if (document.querySelector(".sp[data-phase=failed], .sp[data-phase=idle] .sp-message:not([hidden])")) return "refused";
        return video?.currentTime > 2 && video.getVideoPlaybackQuality().totalVideoFrames > 20 && "plays";
      },
      null,
      { timeout: LIMIT },
    );
    return (await ended.jsonValue()) === "plays";
  } finally {
    await context.close();
    site.closeAllConnections();
    site.close();
  }
}

// Segments as long as the server has them by itself.
const server = await Server.start(options.server, { SLUICE_MEDIA_HLS_FRAGMENT: "10s" });
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
  for (const part of options.only ?? ["globalKey", "hls", "limits", "ai", "embed", "loginAgain"]) {
    const begun = Date.now();
    try {
      await journey[part]();
    } catch (error) {
      if (options.screenshots) await page.screenshot({ path: `${options.screenshots}/settings-${part}.png`, fullPage: true });
      throw error;
    }
    console.log(`${part}: ${((Date.now() - begun) / 1000).toFixed(1)} s`);
  }
  expect(troubles.length === 0, `no trouble: ${troubles.join("; ")}`);
} finally {
  await browser?.close();
  await server.remove();
}
