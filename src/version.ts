import { readFileSync } from 'node:fs';
import { z } from 'zod';

const packageFile = new URL('../package.json', import.meta.url);

/** Version of the program, from package.json. */
export const version = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(packageFile, 'utf8'))).version;

/** Name and version as manifests record them. */
export const toolName = `mothball ${version}`;

/** No clock that is right says a day before this one. Moved with each release. */
export const releasedOn = new Date('2026-11-01T00:00:00Z');
