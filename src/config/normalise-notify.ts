import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { readAddress } from '../domain/mail-address.ts';
import { parseTemplate } from '../domain/notice-template.ts';
import type { Duration, Notify } from '../domain/policy.ts';
import type { PolicyInput } from './schema-policy.ts';
import type { Scope } from './scope.ts';
import type { Path } from './yaml-source.ts';

const week: Duration = { count: 7, unit: 'd' };
const nearFull = 90;
const maxTemplateBytes = 64 * 1024;

/** The notices of a policy, with defaults; its template is read and checked. */
export async function normaliseNotify(
  scope: Scope,
  path: Path,
  input: PolicyInput['notify'],
  directory: string,
): Promise<Notify | null> {
  if (input === undefined || !input.account) return null;
  const checked = (key: 'subject' | 'template', text: string, file = ''): void => {
    try {
      parseTemplate(text);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      scope.report([...path, key], `${file}${error.message}`);
    }
  };
  const from = input.from === undefined ? null : readAddress(input.from);
  if (input.from !== undefined && from === null)
    scope.report([...path, 'from'], 'must be an address such as "Mail team <postmaster@example.com>"');
  if (input.subject !== undefined) checked('subject', input.subject);
  let template: string | null = null;
  if (input.template !== undefined) {
    const file = resolve(directory, input.template);
    const read = await readText(file);
    if ('fault' in read) scope.report([...path, 'template'], `${file} ${read.fault}`);
    else {
      template = read.text;
      checked('template', template, `${file}, `);
    }
  }
  return {
    template,
    subject: input.subject ?? null,
    from,
    every: input.every ?? week,
    nearFull: input.nearFull ?? nearFull,
  };
}

async function readText(file: string): Promise<{ readonly text: string } | { readonly fault: string }> {
  try {
    // O_NONBLOCK: a pipe in the file's place must not hang the start.
    await using handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = await handle.stat();
    if (!stat.isFile()) return { fault: 'is not a regular file' };
    if (stat.size > maxTemplateBytes) return { fault: `is larger than ${maxTemplateBytes} bytes` };
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(await handle.readFile()) };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return { fault: 'is not UTF-8' };
    return { fault: code === 'ENOENT' ? 'does not exist' : `can't be read (${code})` };
  }
}
