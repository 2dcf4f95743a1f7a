// A server of the real binary, with a data folder of its own, and publishers for it.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const KEY = "viewer-publish-key-1";

/** Those that were started: none outlives who has started it. */
const started = new Set();
process.on("exit", () => started.forEach((child) => child.kill("SIGKILL")));
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));

function start(program, environment, ...words) {
  const child = spawn(program, words, { env: { ...process.env, ...environment }, stdio: ["ignore", "pipe", "pipe"] });
  started.add(child);
  child.on("exit", () => started.delete(child));
  return child;
}

export class Server {
  #binary;
  #folder;
  #environment;
  #process = null;
  #log = "";
  /** Where it listens, which stays so when it is started again. */
  addresses = null;
  key = KEY;

  /** Starts `binary` on ports of its own, with `environment` beside what all have. */
  static async start(binary, environment = {}) {
    const server = new Server();
    server.#binary = binary;
    server.#environment = environment;
    server.#folder = await mkdtemp(join(tmpdir(), "sluice-viewer-"));
    await server.start();
    return server;
  }

  async start() {
    const { http = "127.0.0.1:0", rtmp = "127.0.0.1:0", webrtc = "127.0.0.1:0" } = this.addresses ?? {};
    const environment = {
      SLUICE_DATA_DIR: this.#folder,
      SLUICE_HTTP_LISTEN: http,
      SLUICE_HTTPS_LISTEN: "off",
      SLUICE_RTMP_LISTEN: rtmp,
      SLUICE_WEBRTC_LISTEN: webrtc,
      SLUICE_PUBLISH_KEY: KEY,
      SLUICE_MEDIA_HLS_FRAGMENT: "2s",
      ...this.#environment,
    };
    this.#log = "";
    this.#process = start(this.#binary, environment, "serve");
    for (const stream of [this.#process.stdout, this.#process.stderr]) stream.on("data", (text) => (this.#log += text));
    await this.until(() => / ready /.test(this.#log), "the server is ready");
    this.addresses = JSON.parse(await readFile(join(this.#folder, "run", "addresses.json"), "utf8"));
  }

  get root() {
    return `http://${this.addresses.http}`;
  }

  /** Ends it as an operator would. */
  async stop() {
    const ended = once(this.#process, "exit");
    this.#process.kill("SIGTERM");
    await ended;
  }

  async remove() {
    if (this.#process.exitCode === null) await this.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** Somebody who may do everything: `ask(method, path, body)` at the API. */
  async owner() {
    await this.until(() => /setup\?token=[0-9a-f]+/.test(this.#log), "the log has the set-up token");
    const [, token] = /setup\?token=([0-9a-f]+)/.exec(this.#log);
    const api = `${this.root}/api/v2`;
    const headers = { "content-type": "application/json" };
    const made = await fetch(`${api}/setup`, { method: "POST", headers, body: JSON.stringify({ token, name: "ann", password: "correct horse battery" }) });
    const { csrf } = await made.json();
    if (!made.ok) throw new Error(`set-up: ${made.status}`);
    headers.cookie = made.headers.getSetCookie().map((cookie) => cookie.split(";")[0]).join("; ");
    headers["x-csrf-token"] = csrf;
    return async (method, path, body) => {
      const answer = await fetch(`${api}/${path}`, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
      return answer.status === 204 ? null : answer.json();
    };
  }

  /** What anybody may know of `stream`. */
  async look(stream) {
    const answer = await fetch(`${this.root}/api/v2/public/streams/${encodeURIComponent(stream)}`);
    return answer.json();
  }

  /** FFmpeg publishes `stream` by RTMP, a test picture and a tone with a key frame every two seconds, until it is killed. */
  async publish(stream, key = KEY) {
    const source = ["-f", "lavfi", "-i", "testsrc2=size=640x360:rate=25", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=44100"];
    const video = ["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-pix_fmt", "yuv420p", "-g", "50", "-b:v", "800k"];
    const target = ["-c:a", "aac", "-f", "flv", `rtmp://${this.addresses.rtmp}/${stream}?secret=${key}`];
    const publisher = start("ffmpeg", {}, "-v", "error", "-nostdin", "-re", ...source, ...video, ...target);
    for (const stream of [publisher.stdout, publisher.stderr]) stream.resume();
    await this.until(async () => (await this.look(stream)).outputs?.length > 0, `${stream} is live`);
    return {
      /** As when a network goes away. */
      kill: async () => {
        const ended = once(publisher, "exit");
        if (publisher.exitCode === null && publisher.signalCode === null) {
          publisher.kill("SIGKILL");
          await ended;
        }
      },
    };
  }

  /** Waits until `holds()`, and errs after `limit` milliseconds. */
  async until(holds, what, limit = 60_000) {
    const end = Date.now() + limit;
    while (!(await holds())) {
      if (Date.now() > end || this.#process.exitCode !== null) throw new Error(`not so: ${what}\n${this.#log.slice(-2_000)}`);
      await new Promise((next) => setTimeout(next, 100));
    }
  }
}
