// Sets a server up through its console as a newcomer would, goes through its pages, and looks on with everything that can go wrong.
//
//   node console.mjs --url URL --stream app/name [--console FOLDER] [--screenshots FOLDER]
//
// With --console the pages are those of that folder (`../console/dist`), and not what the binary has built in.
// URL is the address with the set-up token that the server prints. Prints `publish RTMP-URL` and `"ready"` when the console waits for the
// stream; goes on when it shows up. At the end it prints `"restart"`: the server is to be stopped, and, once it prints `"gone"`, started again
// at the same address.
// What a page says for a few seconds only, as that something was copied, is never waited for: on a busy machine it is gone before anybody looks.
// Exit code 0 when all of it went well. A server without the console has its plain page, and that is tried instead.

import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";

import { axe, expect, launch, servePages, watch } from "./browser.mjs";

const { values: options } = parseArgs({
  options: { url: { type: "string" }, stream: { type: "string" }, console: { type: "string" }, screenshots: { type: "string" } },
});
const run = promisify(execFile);
const PASSWORD = "correct horse battery";
/** For the server to end and the page to say so, and for the server to be back and heard again: seconds, also where much else runs. */
const AWAY = 60_000;
const [app, name] = options.stream.split("/");
const { origin } = new URL(options.url);

if (!(await (await fetch(options.url)).text()).includes('id="root"')) {
  await import("./plain.mjs");
} else {
  await journey();
}

async function journey() {
  const browser = await launch();
  if (options.console) servePages(browser, origin, options.console);
  try {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: "en-GB" });
    const page = await context.newPage();
    page.setDefaultTimeout(90_000);
    const troubles = watch(page, origin);
    const heading = (text) => page.getByRole("heading", { level: 1, name: text, exact: true }).waitFor();

    const publish = await setUp(page, heading);
    console.log(`publish ${publish}`);
    console.log('"ready"');
    const parts = {
      arrives: () => arrives(page),
      streams: () => streams(page, heading, context, browser),
      keys: () => keys(page, heading),
      goLive: () => goLive(page, heading, context),
      settings: () => settings(page, heading),
      roles: () => roles(page, heading, browser),
      languageAndTheme: () => languageAndTheme(page),
      former: () => former(page),
      login: () => login(page, heading),
      tokens: () => tokens(page, heading),
      webhooks: () => webhooks(page, heading),
      guest: () => guest(page, heading, browser),
      phone: () => phone(page),
      kicked: () => kicked(page, heading),
      restart: () => restart(page, heading),
    };
    for (const [name, part] of Object.entries(parts)) {
      console.log(name);
      await part();
    }
    expect(troubles.length === 0, `no trouble: ${troubles.join("; ")}`);
  } finally {
    await browser.close();
  }
}

/** From the printed address to the page that waits for the signal. */
async function setUp(page, heading) {
  await page.goto(options.url);
  await heading("Your account");
  expect(!page.url().includes("token"), `${page.url()} has no token any more`);
  await page.getByLabel("Password", { exact: true }).fill("short");
  await page.getByRole("button", { name: "Create account" }).click();
  await page.getByText("At least 8 characters", { exact: true }).waitFor();
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByLabel("Repeat the password").fill(PASSWORD);
  await page.getByRole("button", { name: "Create account" }).click();
  await heading("Language and appearance");
  await page.getByRole("button", { name: "Next" }).click();
  await heading("Can others reach the server?");
  await page.getByRole("button", { name: "Check" }).click();
  await page.getByText("Reachable").first().waitFor();
  await page.getByRole("button", { name: "Next" }).click();
  await heading("Your first stream");
  await page.getByLabel("Stream name").fill(name);
  await page.getByText("Waiting for the signal").waitFor();
  const server = await page.getByLabel("Server", { exact: true }).inputValue();
  await page.getByRole("button", { name: "Show: Stream key" }).click();
  const key = await page.getByLabel("Stream key", { exact: true }).inputValue();
  expect(key.startsWith(`${name}?secret=`), `${key} has the name and the key`);
  expect(new RegExp(`^rtmp://127\\.0\\.0\\.1(:\\d+)?/${app}$`).test(server), `${server} is where to publish`);
  return `${server}/${key}`;
}

/** The light goes on, and the picture moves. */
async function arrives(page) {
  await page.getByText("The picture has arrived").waitFor({ timeout: 90_000 });
  await plays(page);
  await page.getByRole("link", { name: "Open the stream" }).click();
}

/** A video on the page advances and decodes. */
async function plays(page, which = "video") {
  await page.waitForFunction((which) => {
    const video = document.querySelector(which);
    return video && video.currentTime > 1 && video.getVideoPlaybackQuality().totalVideoFrames > 10;
  }, which);
}

async function streams(page, heading, context, browser) {
  await heading(options.stream);
  await plays(page);
  await page.getByRole("tab", { name: /Health/ }).click();
  await page.getByText("H.264").first().waitFor();
  await page.getByRole("tab", { name: /Viewers/ }).click();
  // One who watches elsewhere is told apart by the browser. How many there are beside them depends on which ways the page here tries.
  const elsewhere = await browser.newContext({ userAgent: "Elsewhere/1" });
  const other = await elsewhere.newPage();
  await other.goto(`${origin}/watch/${options.stream}`);
  const theirs = page.getByRole("row", { name: /Elsewhere/ });
  await theirs.first().waitFor();
  await page.getByRole("tab", { name: /^Viewers ([2-9]|\d\d)/ }).waitFor();
  await elsewhere.close();
  await theirs.first().waitFor({ state: "detached" });
  // Who is put out is a program that does not come back, as the players of pages do.
  const program = await fetch(`${origin}/${options.stream}.flv`, { headers: { "user-agent": "Recorder/1" } });
  const ended = program.body.pipeTo(new WritableStream()).catch(() => undefined);
  const its = page.getByRole("row", { name: /Recorder/ });
  await its.getByRole("button", { name: /^Disconnect / }).click();
  await ended;
  await its.waitFor({ state: "detached" });
  await page.getByRole("tab", { name: "Play and embed" }).click();
  const hls = await page.getByRole("textbox", { name: "HLS", exact: true }).inputValue();
  expect(hls.startsWith(`${origin}/${options.stream}.m3u8`), `${hls} is the stream's HLS`);
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.getByRole("button", { name: "Copy: HTTP-FLV" }).click();
  await page.waitForFunction(async () => (await navigator.clipboard.readText()).endsWith(".flv"));
  await page.getByRole("link", { name: "Streams", exact: true }).first().click();
  await heading("Streams");
  await page.getByText("Table", { exact: true }).click();
  await page.getByRole("link", { name: options.stream }).waitFor();
}

async function keys(page, heading) {
  await page.goto(`${origin}/mgmt/settings?tab=keys`);
  await heading("Settings");
  await page.getByRole("button", { name: "Create key" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name", { exact: true }).fill("studio");
  await dialog.getByLabel("App").fill(app);
  await dialog.getByLabel("Stream", { exact: true }).fill("other");
  await dialog.getByRole("button", { name: "Create key" }).click();
  const row = page.getByRole("row", { name: /studio/ });
  await row.waitFor();
  await row.getByRole("button", { name: "Show: studio" }).click();
  const before = await row.getByLabel("studio", { exact: true }).inputValue();
  expect((await knock(page, before)) === 201, "the key lets a publisher in");
  await row.getByRole("button", { name: "New secret" }).click();
  await page.getByLabel("Grace period").selectOption("0");
  await page.getByRole("dialog").getByRole("button", { name: "New secret" }).click();
  await page.waitForFunction((known) => ![...document.querySelectorAll("input")].some((field) => field.value === known), before);
  const after = await row.getByLabel("studio", { exact: true }).inputValue();
  expect((await knock(page, before)) === 403, "the old secret lets nobody in any more");
  expect((await knock(page, after)) === 201, "the new one does");
  await row.getByRole("button", { name: "Remove" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
  await row.waitFor({ state: "detached" });
}

/** What a publisher from this page is answered who has `key`; one who is let in leaves again. */
async function knock(page, key) {
  return page.evaluate(
    async ([app, key]) => {
      const peer = new RTCPeerConnection();
      peer.addTransceiver("video", { direction: "sendonly" });
      const { sdp } = await peer.createOffer();
      peer.close();
      const headers = { authorization: `Bearer ${key}`, "content-type": "application/sdp" };
      const answer = await fetch(`/rtc/v1/whip/?app=${app}&stream=other`, { method: "POST", headers, body: sdp });
      if (answer.ok) await fetch(answer.headers.get("location"), { method: "DELETE" });
      return answer.status;
    },
    [app, key],
  );
}

/** From the browser itself: camera and microphone, the way they take, and the stream among those that are over. */
async function goLive(page, heading, context) {
  await context.grantPermissions(["camera", "microphone", "clipboard-read", "clipboard-write"]);
  await page.goto(`${origin}/mgmt/go-live?way=browser`);
  await heading("Go live");
  await page.getByLabel("Stream name").fill("desk");
  const publisher = (phase) => page.waitForSelector(`.pb[data-phase=${phase}]`);
  await publisher("idle");
  await page.click(".pb-main");
  await publisher("ready");
  await page.click(".pb-main");
  await page.getByText("The picture has arrived").waitFor();
  await plays(page, ".preview video");
  // Asked for here: a second page that shows it would be a third picture to decode, beside the one that is encoded.
  await page.waitForFunction(async (id) => {
    const { publisher } = await (await fetch(`/api/v2/streams/${encodeURIComponent(id)}`)).json();
    return publisher?.protocol === "webrtc" && typeof publisher.rtt_ms === "number";
  }, `${app}/desk`);
  await page.click(".pb-main");
  await publisher("ready");
  await page.goto(`${origin}/mgmt/streams`);
  // Among those that are waited for it stands for as long as somebody waits, as the player beside the camera may for a while.
  const over = page.getByRole("table", { name: "Offline" }).getByRole("row", { name: /desk/ });
  await over.waitFor();
  await page.getByRole("button", { name: `Forget ${app}/desk` }).click();
  await over.waitFor({ state: "detached" });
}

async function settings(page, heading) {
  await page.goto(`${origin}/mgmt/settings?tab=general`);
  await heading("Settings");
  await page.getByLabel("Title").fill("Our channel");
  const changes = page.getByRole("region", { name: "Saving changes" });
  await changes.getByText("Our channel").waitFor();
  await page.getByRole("button", { name: "Save" }).click();
  await changes.waitFor({ state: "detached" });
  await page.reload();
  await heading("Settings");
  await page.getByRole("tab", { name: "General" }).click();
  await page.waitForFunction(() => [...document.querySelectorAll("input")].some((field) => field.value === "Our channel"));
  await page.getByRole("tab", { name: "HTTPS" }).click();
  await page.getByRole("tab", { name: "Upload" }).click();
  await page.getByLabel("Certificate", { exact: true }).fill("no certificate");
  await page.getByLabel("Private key").fill("no key");
  await page.getByRole("button", { name: "Upload" }).click();
  await page.getByRole("alert").filter({ hasText: /\w/ }).first().waitFor();
  expect((await page.getByLabel("Private key").inputValue()) === "no key", "a form that was refused keeps what was typed");
  const { certificate, key } = await madeCertificate();
  await page.getByLabel("Certificate", { exact: true }).fill(certificate);
  await page.getByLabel("Private key").fill(key);
  await page.getByRole("button", { name: "Upload" }).click();
  await page.getByText("For journey.example", { exact: true }).waitFor();
  await page.getByText("Uploaded", { exact: true }).waitFor();
}

/** A certificate for journey.example that nobody vouches for. */
async function madeCertificate() {
  const folder = await mkdtemp(join(tmpdir(), "certificate-"));
  try {
    const names = ["-subj", "/CN=journey.example", "-addext", "subjectAltName=DNS:journey.example"];
    const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
    await run("openssl", ["req", "-x509", ...curve, "-days", "30", ...names, "-keyout", join(folder, "key"), "-out", join(folder, "certificate")]);
    const read = (name) => readFile(join(folder, name), "utf8");
    return { certificate: await read("certificate"), key: await read("key") };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** A program gets a token, may do with it what it says, and nothing once it is revoked. */
async function tokens(page, heading) {
  await page.goto(`${origin}/mgmt/access?tab=tokens`);
  await heading("Access");
  await page.getByRole("button", { name: "Create token" }).click();
  await page.getByRole("dialog").getByLabel("Name").fill("script");
  await page.getByRole("dialog").getByRole("button", { name: "Create token" }).click();
  const token = await page.getByRole("textbox", { name: "Token", exact: true }).inputValue();
  const status = async (method, path) => (await fetch(`${origin}/api/v2/${path}`, { method, headers: { authorization: `Bearer ${token}` } })).status;
  expect((await status("GET", "streams")) === 200, "the token lets a program see the streams");
  expect((await status("POST", `streams/${encodeURIComponent(options.stream)}/kick`)) === 403, "and do no more");
  const row = page.getByRole("row", { name: /script/ });
  await row.getByRole("button", { name: "Revoke" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
  await row.waitFor({ state: "detached" });
  expect((await status("GET", "streams")) === 401, "a token that is revoked lets nobody in");
}

/** A server of somebody's own is told, and what it was told and answered can be looked at. */
async function webhooks(page, heading) {
  let hear;
  const told = new Promise((resolve) => (hear = resolve));
  const hook = createServer((request, response) => {
    hear(request.headers);
    request.resume();
    request.on("end", () => response.end("thanks"));
  });
  await new Promise((listening) => hook.listen(0, "127.0.0.1", listening));
  try {
    await page.goto(`${origin}/mgmt/developer?tab=webhooks`);
    await heading("Developer");
    await page.getByRole("button", { name: "Create webhook" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name").fill("ours");
    await dialog.getByLabel("Address").fill(`http://127.0.0.1:${hook.address().port}/hook`);
    await dialog.getByRole("button", { name: "Create webhook" }).click();
    await page.getByText("The secret of ours").waitFor();
    const row = page.getByRole("row", { name: /ours/ });
    await row.getByRole("button", { name: "Test" }).click();
    await page.getByText(/It answered 200/).waitFor();
    const headers = await told;
    expect(Object.keys(headers).some((name) => name.includes("signature")), `what it is told is signed: ${Object.keys(headers)}`);
    await page.getByRole("link", { name: "Deliveries" }).click();
    await page.getByRole("row", { name: /delivered · 200/ }).first().getByRole("button", { name: "Show" }).click();
    await page.getByRole("dialog").getByText("thanks").waitFor();
    await page.goto(`${origin}/mgmt/developer?tab=webhooks`);
    await row.getByRole("button", { name: "Remove" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
    await row.waitFor({ state: "detached" });
  } finally {
    hook.closeAllConnections();
    hook.close();
  }
}

/** A guest gets a link, and finds a page that knows them behind it. */
async function guest(page, heading, browser) {
  await page.goto(`${origin}/mgmt/go-live?way=guest`);
  await heading("Go live");
  await page.getByLabel("Name", { exact: true }).fill("Gus");
  await page.getByRole("button", { name: "Create link" }).click();
  await page.getByRole("heading", { name: "The link for Gus" }).waitFor();
  const link = await page.getByRole("textbox", { name: "Link", exact: true }).inputValue();
  const context = await browser.newContext({ locale: "en-GB", permissions: ["camera", "microphone"] });
  const theirs = await context.newPage();
  const troubles = watch(theirs, origin);
  await theirs.goto(link);
  await theirs.getByRole("heading", { level: 1, name: "Gus" }).waitFor();
  expect(troubles.length === 0, `no trouble at the guest's: ${troubles.join("; ")}`);
  await context.close();
  await page.getByRole("row", { name: /Gus/ }).getByRole("button", { name: "Withdraw" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Withdraw" }).click();
  await page.getByRole("row", { name: /Gus/ }).waitFor({ state: "detached" });
}

/** The publisher is put out, and the page says since when nobody publishes. */
async function kicked(page, heading) {
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.goto(`${origin}/mgmt/streams/${options.stream}`);
  await heading(options.stream);
  await page.getByRole("button", { name: "Disconnect publisher" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Disconnect publisher" }).click();
  await page.getByText("Nobody is publishing this stream").waitFor();
  await page.getByText(/Last seen .* by RTMP/).waitFor();
}

/** A server that goes and comes back: the page says so, goes on by itself, and nothing is forgotten. */
async function restart(page, heading) {
  await page.goto(`${origin}/mgmt/settings`);
  await heading("Settings");
  await page.getByLabel("Footer").fill("not saved yet");
  console.log('"restart"');
  await page.getByText("Not connected").first().waitFor({ timeout: AWAY });
  console.log('"gone"');
  await page.getByText("Not connected").first().waitFor({ state: "detached", timeout: AWAY });
  expect((await page.getByLabel("Footer").inputValue()) === "not saved yet", "what was typed is still there");
  await page.reload();
  await heading("Settings");
  await page.getByLabel("Title").waitFor();
  expect((await page.getByLabel("Title").inputValue()) === "Our channel", "settings outlast the server");
  await page.goto(`${origin}/mgmt/streams`);
  await page.getByRole("table", { name: "Offline" }).getByRole("row", { name: options.stream }).waitFor();
}

/** Who only looks can change nothing: neither by a button nor by a request. */
async function roles(page, heading, browser) {
  await page.goto(`${origin}/mgmt/access?tab=users`);
  await heading("Access");
  await page.getByRole("button", { name: "Create account" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("vera");
  await dialog.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await dialog.getByLabel("Role").selectOption("viewer");
  await dialog.getByRole("button", { name: "Create account" }).click();
  await page.getByRole("row", { name: /vera/ }).waitFor();

  const other = await browser.newContext({ locale: "en-GB" });
  const hers = await other.newPage();
  // Oryx's addresses name the language.
  await hers.goto(`${origin}/mgmt/zh/routers-login`);
  await hers.locator("html[lang=zh-CN]").waitFor();
  await hers.goto(`${origin}/mgmt/streams/${options.stream}?lng=en`);
  await hers.getByLabel("Name").fill("vera");
  await hers.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await hers.getByRole("button", { name: "Log in" }).click();
  await hers.getByRole("heading", { level: 1, name: options.stream }).waitFor();
  await hers.getByRole("tab", { name: /Viewers/ }).click();
  expect((await hers.getByRole("button", { name: /Disconnect/ }).count()) === 0, "a viewer has no button that disconnects");
  expect((await hers.getByRole("link", { name: "Settings" }).count()) === 0, "a viewer has no settings");
  const statuses = await hers.evaluate(async (id) => {
    const { csrf } = await (await fetch("/api/v2/session")).json();
    const changes = [
      ["POST", `streams/${encodeURIComponent(id)}/kick`],
      ["DELETE", "sessions/1"],
      ["PATCH", "settings", { pages: { title: "hers" } }],
      ["POST", "keys", { label: "hers" }],
      ["POST", "users", { name: "vic", password: "correct horse battery", role: "admin" }],
      ["PUT", "passes", { guarded: [] }],
    ];
    const refused = changes.map(async ([method, path, body]) => {
      const headers = { "x-csrf-token": csrf, "content-type": method === "PATCH" ? "application/merge-patch+json" : "application/json" };
      return (await fetch(`/api/v2/${path}`, { method, headers, body: body && JSON.stringify(body) })).status;
    });
    return Promise.all(refused);
  }, options.stream);
  expect(statuses.every((status) => status === 403), `a viewer is refused, with ${statuses}`);
  await other.close();
}

async function languageAndTheme(page) {
  await page.goto(`${origin}/mgmt/`);
  await page.getByRole("button", { name: "Language" }).click();
  await page.getByRole("menuitem", { name: "简体中文" }).click();
  await page.getByRole("heading", { level: 1, name: "概览" }).waitFor();
  await page.reload();
  await page.getByRole("heading", { level: 1, name: "概览" }).waitFor();
  await page.getByRole("button", { name: "语言" }).click();
  await page.getByRole("menuitem", { name: "English" }).click();
  await page.getByRole("button", { name: "Theme" }).click();
  await page.getByRole("menuitem", { name: "Dark" }).click();
  expect((await page.getAttribute("html", "data-mantine-color-scheme")) === "dark", "the page is dark");
  for (const place of ["", `streams/${options.stream}`, "settings?tab=https"]) {
    await page.goto(`${origin}/mgmt/${place}`);
    await page.getByRole("heading", { level: 1 }).waitFor();
    await settled(page);
    const found = await axe(page);
    expect(found.length === 0, `axe finds nothing at /${place}: ${found.join("; ")}`);
  }
}

/** Bookmarks of the console before this one. */
async function former(page) {
  await page.goto(`${origin}/mgmt/en/routers-settings?tab=https`);
  await page.getByRole("tab", { name: "HTTPS", selected: true }).waitFor();
  await page.getByRole("button", { name: "Help with this page" }).click();
  await page.getByRole("dialog").getByText("With a name that leads to the server").waitFor();
  await page.keyboard.press("Escape");
  expect(page.url() === `${origin}/mgmt/settings?tab=https`, `${page.url()} is where HTTPS is set`);
}

async function login(page, heading) {
  await page.getByRole("button", { name: /^Account/ }).click();
  await page.getByRole("menuitem", { name: "Log out" }).click();
  await heading("Log in");
  await page.goto(`${origin}/some/where`);
  expect(page.url().startsWith(`${origin}/mgmt`), "unknown paths lead to the console");
  await heading("Log in");
  await page.getByLabel("Name").fill("admin");
  await page.getByLabel("Password", { exact: true }).fill("wrong horse");
  await page.keyboard.press("Enter");
  await page.getByText("Wrong name or password.").waitFor();
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.keyboard.press("Enter");
  await heading("Overview");
}

/** What the page asked for has come, and nothing fades or moves any more but what does for ever. */
async function settled(page) {
  await page.waitForFunction(() => {
    const moving = document.getAnimations().some(({ effect }) => effect.getComputedTiming().endTime !== Infinity);
    return !moving && !document.querySelector("main [aria-busy=true]");
  });
}

/** Every page opens, and is no wider than a phone. */
async function phone(page) {
  await page.setViewportSize({ width: 390, height: 844 });
  const settings = ["general", "network", "https", "keys", "playback", "hls", "limits"].map((tab) => `settings?tab=${tab}`);
  const access = ["me", "users", "tokens", "support"].map((tab) => `access?tab=${tab}`);
  const stream = ["viewers", "ingest", "play"].map((tab) => `streams/${options.stream}?tab=${tab}`);
  const others = ["", "streams", "streams/live/nobody", "go-live", "go-live?way=browser", "activity", "activity?tab=log", "metrics"];
  const help = ["developer", "developer?tab=try", "developer?tab=webhooks", "help", "no/such/page"];
  for (const place of [...others, ...stream, ...settings, ...access, ...help]) {
    await page.goto(`${origin}/mgmt/${place}`);
    await page.getByRole("heading", { level: 1 }).waitFor();
    await settled(page);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(wide <= 0, `/${place} fits into 390 pixels, and is ${wide} wider`);
    await tabsInLine(page, place);
  }
  // By keys to the last of them and back.
  await page.goto(`${origin}/mgmt/settings`);
  const tabs = page.getByRole("tab");
  await tabs.first().focus();
  for (const [key, at] of [["End", (await tabs.count()) - 1], ["Home", 0]]) {
    await page.keyboard.press(key);
    await page.keyboard.press("Enter");
    await page.waitForFunction((at) => document.querySelectorAll("[role=tab]")[at].getAttribute("aria-selected") === "true", at);
    await tabsInLine(page, `settings, ${key}`);
  }
}

/** Tabs are one line, whatever there are, and the chosen one is seen. */
async function tabsInLine(page, place) {
  // It is moved there a moment after it is chosen.
  await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
  const lines = await page.evaluate(() =>
    [...document.querySelectorAll("[role=tablist]")].map((list) => {
      const { left, right } = list.getBoundingClientRect();
      const tabs = [...list.children];
      const chosen = tabs.find((tab) => tab.getAttribute("aria-selected") === "true").getBoundingClientRect();
      return { heights: new Set(tabs.map((tab) => tab.offsetTop)).size, seen: chosen.left >= left - 1 && chosen.right <= right + 1 };
    }),
  );
  for (const { heights, seen } of lines) expect(heights === 1 && seen, `/${place} has its tabs in one line, and the chosen one is in view`);
}
