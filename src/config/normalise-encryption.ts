import { readFileSync } from 'node:fs';
import { recipientFault } from '../domain/age-recipient.ts';
import type { EncryptionConfig } from './config.ts';
import type { EncryptionInput } from './schema-store.ts';
import type { Scope } from './scope.ts';

/** The recipients of a store, each once; null: no encryption. An invalid one is reported without being shown. */
export function normaliseEncryption(
  scope: Scope,
  store: string,
  encryption: EncryptionInput | undefined,
): EncryptionConfig | null {
  if (encryption === undefined) return null;
  const place = ['stores', store, 'encryption'];
  const { recipients = [], recipientsFile } = encryption;
  for (const [index, text] of recipients.entries()) {
    const fault = recipientFault(text);
    if (fault !== null) scope.report([...place, 'recipients', index], fault);
  }
  if (recipientsFile === undefined) return { recipients: [...new Set(recipients)], file: null };
  const file = scope.resolve(recipientsFile);
  const listed = readRecipients(scope, [...place, 'recipientsFile'], file);
  return { recipients: [...new Set([...recipients, ...listed])], file };
}

function readRecipients(scope: Scope, place: readonly string[], file: string): readonly string[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    scope.report([...place], `${file} can't be read (${code}); it should list age recipients, one per line`);
    return [];
  }
  const found: string[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const recipient = line.trim();
    if (recipient === '' || recipient.startsWith('#')) continue;
    const fault = recipientFault(recipient);
    if (fault === null) found.push(recipient);
    else scope.report([...place], `line ${index + 1} of ${file} ${fault}`);
  }
  if (found.length === 0) scope.report([...place], `${file} has no age recipient`);
  return found;
}
