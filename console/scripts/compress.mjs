// Writes .br and .gz beside each text file of dist/ that gets smaller by it, once here instead of at each request.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import zlib from 'node:zlib';

import { files } from './files.mjs';

const DIST = new URL('../dist', import.meta.url).pathname;
const TEXT = /\.(js|css|svg|json|txt|webmanifest)$/;
const brotli = promisify(zlib.brotliCompress);
const gzip = promisify(zlib.gzip);

for (const name of await files(DIST)) {
  if (!TEXT.test(name)) continue;
  const path = join(DIST, name);
  const plain = await readFile(path);
  const params = { [zlib.constants.BROTLI_PARAM_QUALITY]: 11, [zlib.constants.BROTLI_PARAM_SIZE_HINT]: plain.length };
  await writeFile(`${path}.br`, await brotli(plain, { params }));
  await writeFile(`${path}.gz`, await gzip(plain, { level: 9 }));
}
