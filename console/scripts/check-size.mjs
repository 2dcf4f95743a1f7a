// Holds the sizes of dist/ (compressed, see compress.mjs) against what pages may weigh.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import zlib from 'node:zlib';

import { files } from './files.mjs';

const KB = 1000;
/** Gzip bytes that a browser loads before the page is there. */
const FIRST = {
  'index.html': { js: 230 * KB, css: 45 * KB },
  'watch.html': { js: 20 * KB, css: 8 * KB },
  'recording.html': { js: 20 * KB, css: 8 * KB },
  'embed.html': { js: 20 * KB, css: 8 * KB },
  'publish.html': { js: 20 * KB, css: 8 * KB },
  'legacy.html': { js: 20 * KB, css: 8 * KB },
};
/** Of each script that is loaded later; players are large by nature, and loaded when somebody plays. */
const LAZY = 60 * KB;
const PLAYERS = /^assets\/(hls|mpegts)/;
/** Brotli bytes of everything, which is what the binary grows by. */
const ALL = 2.5 * 1000 * KB;

const DIST = new URL('../dist', import.meta.url).pathname;
const names = await files(DIST);
const size = async (name) => zlib.gzipSync(await readFile(join(DIST, name)), { level: 9 }).length;
const rows = [];
const first = new Set();

for (const [page, budget] of Object.entries(FIRST)) {
  const html = await readFile(join(DIST, page), 'utf8');
  const found = new Set([...html.matchAll(/(?:src|href)="\.\/(assets\/[^"]+\.(?:js|css))"/g)].map(([, name]) => name));
  for (const kind of ['js', 'css']) {
    let bytes = 0;
    for (const name of found) if (name.endsWith(`.${kind}`)) bytes += await size(name);
    rows.push([`${page} ${kind}`, bytes, budget[kind]]);
  }
  for (const name of found) first.add(name);
}
for (const name of names) {
  if (!name.endsWith('.js') || first.has(name) || PLAYERS.test(name)) continue;
  rows.push([name, await size(name), LAZY]);
}
let all = 0;
for (const name of names) {
  if (names.includes(`${name}.br`) || name.endsWith('.gz')) continue;
  all += (await readFile(join(DIST, name))).length;
}
rows.push(['everything (brotli)', all, ALL]);

const over = rows.filter(([, bytes, most]) => bytes > most);
for (const [what, bytes, most] of rows) {
  if (bytes * 4 < most) continue;
  console.log(`${bytes > most ? 'OVER' : '  ok'} ${(bytes / KB).toFixed(1).padStart(8)} KB of ${(most / KB).toFixed(0).padStart(4)}  ${what}`);
}
if (over.length > 0) {
  console.error(`${over.length} over budget`);
  process.exit(1);
}
