import { basename } from 'node:path';
import { looksLikeMbox } from '../format/mbox-reader.ts';
import { endsInReturns, MacReturns } from '../format/mac-returns.ts';
import type { MailFile } from '../ports/mail-files.ts';
import { type Foreign, foreignKind, foreignStart } from './foreign.ts';
import { type FsPath, shownPath } from './listing.ts';
import { compressionOf, type MailContent, openFile } from './open.ts';
import { pieces } from './pieces.ts';

const headLength = 16_384;
const packed = String.raw`(?:\.gz|\.zst|\.bz2|\.xz)?`;
/** What programs put behind the name of a folder. */
export const mboxEnding = new RegExp(String.raw`(?:\.mbo?x)?${packed}$`, 'i');
const surelyMbox = new RegExp(String.raw`\.mbo?x${packed}$`, 'i');
const surelyEml = new RegExp(String.raw`\.eml${packed}$`, 'i');

/** How a file holds mail, by its name and first bytes, or what else it is. @throws when it can't be read. */
export async function sniff(path: FsPath): Promise<MailFile['kind'] | Foreign> {
  const name = basename(shownPath(path));
  if (/\.emlx$/i.test(name)) return 'emlx';
  const content = await openFile(path);
  try {
    return await sniffContent(content, name);
  } finally {
    await content.close();
  }
}

/** The same of what was opened. */
export async function sniffContent(content: MailContent, name: string): Promise<MailFile['kind'] | Foreign> {
  if (/\.emlx$/i.test(name)) return 'emlx';
  const head = await headOf(content);
  const foreign = head === null ? null : foreignStart(head, name);
  if (foreign !== null) return foreign;
  if (surelyEml.test(name)) return 'eml';
  if (surelyMbox.test(name)) return 'mbox';
  if (head === null) return { what: 'compressed, and can not be read', mail: true };
  return looksLikeMbox(unixLines(head)) ? 'mbox' : foreignKind(head, name);
}

/** The first bytes of what a file holds, decompressed; null where they can't be. */
async function headOf(content: MailContent): Promise<Uint8Array | null> {
  const compression = await compressionOf(content);
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const piece of pieces(content)) {
      parts.push(Uint8Array.from(piece.subarray(0, headLength)));
      length += piece.length;
      if (length >= headLength) break;
    }
  } catch (error) {
    if (compression === 'plain') throw error;
    if (length === 0) return null;
  }
  return Buffer.concat(parts);
}

function unixLines(head: Uint8Array): Uint8Array {
  return endsInReturns(head) ? new MacReturns().push(head) : head;
}
