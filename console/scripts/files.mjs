// The files of a folder, with their paths below it.
import { readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';

export async function files(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath ?? entry.path, entry.name)).split(sep).join('/'))
    .sort();
}
