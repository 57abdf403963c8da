import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { openCatalog, type OpenOptions } from '../../src/catalog/sqlite.ts';
import type { Catalog } from '../../src/ports/catalog.ts';

/** A private directory, removed after the test. */
export async function directory(context: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'mothball-catalog-'));
  context.after(() => rm(path, { recursive: true, force: true }));
  return path;
}

/** A catalog that is closed after the test. */
export async function opened(
  context: TestContext,
  path: string,
  mode: OpenOptions['mode'] = 'create',
): Promise<Catalog> {
  const catalog = await openCatalog(path, { mode });
  context.after(() => catalog[Symbol.asyncDispose]());
  return catalog;
}
