import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Archive, readArchives } from '../oracle/archives.ts';
import { makeSite, said, type Site, type SiteWish } from './installation.ts';
import type { Result } from './mothball.ts';

/** An age key pair by the stock tool: the identity's file, and its recipient. */
export interface KeyPair {
  readonly identity: string;
  readonly recipient: string;
  remove(): void;
}

export function keyPair(): KeyPair {
  const directory = mkdtempSync(join(tmpdir(), 'identity-'));
  const identity = join(directory, 'key.txt');
  execFileSync('age-keygen', ['-o', identity], { stdio: 'ignore' });
  const recipient = execFileSync('age-keygen', ['-y', identity], { encoding: 'utf8' }).trim();
  return { identity, recipient, remove: () => rmSync(directory, { recursive: true }) };
}

/** Entries under `stores`: one local store, encrypted to these. */
export function encryptedStore(...recipients: readonly string[]) {
  const local = { type: 'local', path: './archive', ephemeral: true, encryption: { recipients } };
  return { stores: { local } };
}

export interface EncryptedSite extends Site {
  /** Archives as `age`, `zstd` and the oracle read them. */
  archives(): readonly Archive[];
}

/** An installation whose archives are encrypted. No run of it may ever print the identity. */
export async function makeEncryptedSite(wish: SiteWish, keys: KeyPair): Promise<EncryptedSite> {
  const site = await makeSite({ ...wish, extra: { ...encryptedStore(keys.recipient), ...wish.extra } });
  const silent = async (running: Promise<Result>): Promise<Result> => {
    const result = await running;
    assertSilent(said(result), keys);
    return result;
  };
  return {
    ...site,
    run: (args, options) => silent(site.run(args, options)),
    runProcess: (args, options) => silent(site.runProcess(args, options)),
    archives: () => readArchives(site.archiveDir, keys.identity),
  };
}

export function assertSilent(text: string, keys: KeyPair): void {
  assert.doesNotMatch(text, /AGE-SECRET-KEY/i);
  const secret = /AGE-SECRET-KEY-1(\w+)/.exec(readFileSync(keys.identity, 'utf8'))?.[1];
  assert.ok(secret !== undefined && !text.includes(secret));
}
