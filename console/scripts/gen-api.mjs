// Makes src/api/schema.d.ts from the API's document; with --check, only says whether it is up to date.
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import openapi, { astToString } from 'openapi-typescript';

const at = (path) => new URL(path, import.meta.url);
const document = at('../../docs/reference/openapi.json');
const target = at('../src/api/schema.d.ts');

const head = '// Made from docs/reference/openapi.json by scripts/gen-api.mjs; not to be edited.\n\n';
const text = head + astToString(await openapi(document, { alphabetize: true, defaultNonNullable: false }));

if (process.argv.includes('--check')) {
  const known = await readFile(target, 'utf8').catch(() => '');
  if (known !== text) {
    console.error('src/api/schema.d.ts is not what the API is: npm run gen-api');
    process.exit(1);
  }
} else {
  await writeFile(target, text);
  console.log(`wrote ${fileURLToPath(target)}`);
}
