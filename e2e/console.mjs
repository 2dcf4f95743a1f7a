// Sets a server up through its console as a newcomer would, goes through its pages, and looks on with everything that can go wrong.
//
//   node console.mjs --url URL --stream app/name [--restart] [--screenshots FOLDER]
//
// URL is the address with the set-up token that the server prints. Prints `publish RTMP-URL` and `"ready"` when the console waits for the
// stream; goes on when it shows up. With --restart it prints `"restart"` at the end: the server is to be stopped, and, once it prints
// `"gone"`, started again at the same address.
// Exit code 0 when all of it went well. A server without the console has its plain page, and that is tried instead.

import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";

import { axe, expect, launch, watch } from "./browser.mjs";

const { values: options } = parseArgs({
  options: { url: { type: "string" }, stream: { type: "string" }, restart: { type: "boolean" }, screenshots: { type: "string" } },
});
const run = promisify(execFile);
const PASSWORD = "correct horse battery";
const [app, name] = options.stream.split("/");
const { origin } = new URL(options.url);

if (!(await (await fetch(options.url)).text()).includes('id="root"')) {
  await import("./plain.mjs");
} else {
  await journey();
}

async function journey() {
  const browser = await launch();
  try {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: "en-GB" });
    const page = await context.newPage();
    page.setDefaultTimeout(90_000);
    const troubles = watch(page, origin);
    const heading = (text) => page.getByRole("heading", { level: 1, name: text, exact: true }).waitFor();

    const publish = await setUp(page, heading);
    console.log(`publish ${publish}`);
    console.log('"ready"');
    await arrives(page);
    await streams(page, heading, context);
    await keys(page, heading);
    await settings(page, heading);
    await roles(page, heading, browser);
    await languageAndTheme(page);
    await former(page);
    await login(page, heading);
    await guest(page, heading, browser);
    await phone(page);
    if (options.restart) await restart(page, heading);
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
async function plays(page) {
  await page.waitForFunction(
    () => {
      const video = document.querySelector("video");
      return video && video.currentTime > 1 && video.getVideoPlaybackQuality().totalVideoFrames > 10;
    },
    undefined,
    { timeout: 60_000 },
  );
}

async function streams(page, heading, context) {
  await heading(options.stream);
  await plays(page);
  await page.getByRole("tab", { name: /Health/ }).click();
  await page.getByText("H.264").first().waitFor();
  await page.getByRole("tab", { name: /Viewers/ }).click();
  const kick = page.getByRole("button", { name: /^Disconnect 127/ });
  await kick.first().waitFor();
  await kick.first().click();
  await page.getByText("The viewer has been disconnected").waitFor();
  await page.getByRole("tab", { name: "Play and embed" }).click();
  const hls = await page.getByRole("textbox", { name: "HLS", exact: true }).inputValue();
  expect(hls.startsWith(`${origin}/${options.stream}.m3u8`), `${hls} is the stream's HLS`);
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.getByRole("button", { name: "Copy: HTTP-FLV" }).click();
  await page.getByRole("button", { name: "Copied" }).waitFor();
  expect((await page.evaluate(() => navigator.clipboard.readText())).endsWith(".flv"), "the address is copied");
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
  await row.getByRole("button", { name: "New secret" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "New secret" }).click();
  await page.getByText("The secret has been changed").waitFor();
  await page.waitForFunction((known) => ![...document.querySelectorAll("input")].some((field) => field.value === known), before);
  await row.getByRole("button", { name: "Remove" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
  await row.waitFor({ state: "detached" });
}

async function settings(page, heading) {
  await page.getByRole("tab", { name: "General" }).click();
  await page.getByLabel("Title").fill("Our channel");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved").first().waitFor();
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

/** A server that goes and comes back: the page says so, goes on by itself, and nothing is forgotten. */
async function restart(page, heading) {
  await page.goto(`${origin}/mgmt/settings`);
  await heading("Settings");
  await page.getByLabel("Footer").fill("not saved yet");
  console.log('"restart"');
  await page.getByText("Not connected").first().waitFor({ timeout: 60_000 });
  console.log('"gone"');
  await page.getByText("Not connected").first().waitFor({ state: "detached", timeout: 90_000 });
  expect((await page.getByLabel("Footer").inputValue()) === "not saved yet", "what was typed is still there");
  await page.reload();
  await heading("Settings");
  await page.getByLabel("Title").waitFor();
  expect((await page.getByLabel("Title").inputValue()) === "Our channel", "settings outlast the server");
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
  await hers.goto(`${origin}/mgmt/streams/${options.stream}`);
  await hers.getByLabel("Name").fill("vera");
  await hers.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await hers.getByRole("button", { name: "Log in" }).click();
  await hers.getByRole("heading", { level: 1, name: options.stream }).waitFor();
  await hers.getByRole("tab", { name: /Viewers/ }).click();
  expect((await hers.getByRole("button", { name: /Disconnect/ }).count()) === 0, "a viewer has no button that disconnects");
  expect((await hers.getByRole("link", { name: "Settings" }).count()) === 0, "a viewer has no settings");
  const status = await hers.evaluate(async (id) => {
    const { csrf } = await (await fetch("/api/v2/session")).json();
    const path = `/api/v2/streams/${encodeURIComponent(id)}/kick`;
    return (await fetch(path, { method: "POST", headers: { "x-csrf-token": csrf } })).status;
  }, options.stream);
  expect(status === 403, `a viewer is refused, with ${status}`);
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
    await page.waitForTimeout(800);
    const found = await axe(page);
    expect(found.length === 0, `axe finds nothing at /${place}: ${found.join("; ")}`);
  }
}

/** Bookmarks of the console before this one. */
async function former(page) {
  await page.goto(`${origin}/mgmt/en/routers-settings?tab=https`);
  await page.getByRole("tab", { name: "HTTPS", selected: true }).waitFor();
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
    await page.waitForTimeout(400);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(wide <= 0, `/${place} fits into 390 pixels, and is ${wide} wider`);
  }
}
