// Object storage that is not ours (s3.py), with a bucket `films`.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const PYTHON = fileURLToPath(new URL("../.tools/venv/bin/python", import.meta.url));
const SCRIPT = fileURLToPath(new URL("s3.py", import.meta.url));

/** Starts one; `{ address, key_id, secret, stop }`. */
export async function storage() {
  const child = spawn(PYTHON, [SCRIPT], { stdio: ["ignore", "pipe", "ignore"] });
  process.on("exit", () => child.kill("SIGKILL"));
  const [line] = await once(createInterface(child.stdout), "line");
  return { ...JSON.parse(line), stop: () => child.kill("SIGKILL") };
}
