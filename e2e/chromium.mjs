// Headless Chromium, and pages of our own for it: what the scripts here have in common.

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";

import { chromium } from "playwright-core";

// In any container, and silent on every network but the loopback.
const flags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Starts a browser with these flags beside the usual ones. `handleSIGINT: false` leaves Ctrl-C to its caller. */
export function launch(more = [], { handleSIGINT = true } = {}) {
  return chromium.launch({
    executablePath: fileURLToPath(new URL("chromium.sh", import.meta.url)),
    headless: true,
    args: [...flags, ...more],
    handleSIGINT,
  });
}

/** Serves files of this folder by their paths, `{"/": ["text/html", "player.html"]}`, on a port of its own: so what pages ask a server for is cross-origin. */
export async function serve(files) {
  const site = createServer(async (request, response) => {
    const found = files[new URL(request.url, "http://page").pathname];
    response.writeHead(found ? 200 : 404, { "content-type": found?.[0] ?? "text/plain" });
    response.end(found ? await readFile(new URL(found[1], import.meta.url)) : "not found");
  });
  await new Promise((listening) => site.listen(0, "127.0.0.1", listening));
  return { origin: `http://127.0.0.1:${site.address().port}`, close: () => site.close() };
}
