import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { glob, open } from 'node:fs/promises';
import type { Config } from './config.ts';

/**
 * A digest of every file that a configuration is made from. Contents are read, not file times: a
 * mounted Kubernetes secret changes by a symbolic link (`..data`) that is swapped, which leaves the
 * file's own entry alone. A file that can't be read counts as such; globs are expanded again.
 */
export async function fingerprint({
  sources,
  directory,
}: Pick<Config, 'sources' | 'directory'>): Promise<string> {
  const files = new Set(sources.files);
  for (const pattern of sources.globs) {
    for await (const file of glob(pattern, { cwd: directory })) files.add(resolveIn(directory, file));
  }
  const hash = createHash('sha256');
  for (const file of [...files].toSorted()) {
    const content = await contentOf(file);
    hash.update(`${file}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

function resolveIn(directory: string, file: string): string {
  return file.startsWith('/') ? file : `${directory}/${file}`;
}

async function contentOf(file: string): Promise<Buffer | string> {
  try {
    // O_NONBLOCK: a pipe in a file's place must not hang the daemon.
    await using handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    return (await handle.stat()).isFile() ? await handle.readFile() : 'not a file';
  } catch (error) {
    return `unreadable: ${codeOf(error)}`;
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}
