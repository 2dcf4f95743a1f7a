// Holds the texts against each other and against the code: every language has the same keys and the same {{places}}, every key
// is used, every key used exists, and no text stands in the code.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import ts from 'typescript';

import { files } from './files.mjs';

const SRC = new URL('../src', import.meta.url).pathname;
const LANGUAGES = ['en', 'zh-CN'];
/** Attributes that people read or hear. */
const READ = new Set(['label', 'title', 'placeholder', 'alt', 'description', 'aria-label', 'aria-description', 'error', 'nothingFoundMessage']);
/** The forms that a key may have for numbers. */
const PLURAL = /_(zero|one|two|few|many|other)$/;

const troubles = [];

function flatten(value, prefix, into) {
  for (const [key, entry] of Object.entries(value)) {
    const path = prefix ? `${prefix}.${key}` : key;
    if (typeof entry === 'string') into.set(path, entry);
    else flatten(entry, path, into);
  }
  return into;
}

async function texts(language) {
  const all = new Map();
  for (const name of await files(join(SRC, 'i18n', language))) {
    if (!name.endsWith('.json')) continue;
    const area = name.replace(/\.json$/, '');
    flatten(JSON.parse(await readFile(join(SRC, 'i18n', language, name), 'utf8')), area, all);
  }
  return all;
}

/** Keys without the forms for numbers, with the places that a text fills in. */
function shapes(all) {
  const keys = new Map();
  for (const [key, text] of all) {
    const places = [...text.matchAll(/\{\{\s*(\w+)/g)].map(([, name]) => name);
    const tags = [...text.matchAll(/<(\w+)>/g)].map(([, name]) => `<${name}>`);
    const plain = key.replace(PLURAL, '');
    const known = keys.get(plain) ?? new Set();
    for (const place of [...places, ...tags]) known.add(place);
    keys.set(plain, known);
  }
  return keys;
}

const [base, ...others] = await Promise.all(LANGUAGES.map(async (language) => ({ language, keys: shapes(await texts(language)) })));
for (const other of others) {
  for (const [key, places] of base.keys) {
    const theirs = other.keys.get(key);
    if (!theirs) troubles.push(`${other.language} lacks ${key}`);
    else if ([...places].sort().join() !== [...theirs].sort().join()) troubles.push(`${other.language}: other places in ${key}`);
  }
  for (const key of other.keys.keys()) if (!base.keys.has(key)) troubles.push(`${other.language} has ${key}, which ${base.language} lacks`);
}

const used = new Set();
const beginnings = new Set();
/** Viewer pages bring their own small table of texts, and are only looked at for text in their markup. */
const areas = new Set([...base.keys.keys()].map((key) => key.split('.')[0]));

for (const name of await files(SRC)) {
  if (!/\.tsx?$/.test(name) || name.startsWith('i18n/') || /\.test\.tsx?$|\.d\.ts$/.test(name)) continue;
  const source = ts.createSourceFile(name, await readFile(join(SRC, name), 'utf8'), ts.ScriptTarget.Latest, true, name.endsWith('x') ? ts.ScriptKind.TSX : ts.ScriptKind.TS);
  const at = (node) => `${name}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1}`;
  const visit = (node) => {
    if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) {
      const key = node.text.replace(PLURAL, '');
      if (base.keys.has(key)) used.add(key);
      const call = node.parent;
      if (ts.isCallExpression(call) && call.expression.getText() === 't' && call.arguments[0] === node && !base.keys.has(key)) {
        troubles.push(`${at(node)}: no text ${node.text}`);
      }
    }
    if (ts.isTemplateExpression(node) && areas.has(node.head.text.split('.')[0]) && node.head.text.includes('.')) beginnings.add(node.head.text);
    if (ts.isJsxText(node) && /\p{L}{2}/u.test(node.text)) troubles.push(`${at(node)}: text in the code: ${node.text.trim()}`);
    if (ts.isJsxAttribute(node) && READ.has(node.name.getText()) && node.initializer && ts.isStringLiteral(node.initializer) && /\p{L}{2}/u.test(node.initializer.text)) {
      troubles.push(`${at(node)}: text in the code: ${node.initializer.text}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
}
for (const key of base.keys.keys()) {
  if (!used.has(key) && ![...beginnings].some((beginning) => key.startsWith(beginning))) troubles.push(`nothing uses ${key}`);
}

for (const trouble of troubles) console.error(trouble);
console.log(`${base.keys.size} texts in ${LANGUAGES.join(', ')}; ${troubles.length} troubles`);
if (troubles.length > 0) process.exit(1);
