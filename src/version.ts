import { readFileSync } from 'node:fs';

const packageFile = new URL('../package.json', import.meta.url);

/** Version of the program, from package.json. Without a library: it is all that `--version` needs. */
export const version = readVersion(JSON.parse(readFileSync(packageFile, 'utf8')));

function readVersion(manifest: unknown): string {
  const found: unknown =
    typeof manifest === 'object' && manifest !== null ? Reflect.get(manifest, 'version') : null;
  if (typeof found !== 'string') throw new Error('package.json names no version');
  return found;
}

/** Name and version as manifests record them. */
export const toolName = `mothball ${version}`;

/** No clock that is right says a day before this one. Moved with each release. */
export const releasedOn = new Date('2026-11-01T00:00:00Z');
