import { countOf } from '../domain/count.ts';
import { errorMessage, isError } from '../errors.ts';
import { labelFacts, type LabelFacts } from '../format/gmail-labels.ts';
import type { Manifest, ManifestMessage } from '../format/manifest-types.ts';
import { parseManifest } from '../format/manifest-parse.ts';
import type { Codec } from '../ports/codec.ts';
import type { OwnArchive } from '../ports/mail-files.ts';
import type { ImportSink, ImportSource, Incoming } from './incoming.ts';

/** A message of up to this many bytes is handed over in one piece. */
const wholeLimit = 8 * 1024 * 1024;

interface OwnReading {
  readonly source: Pick<ImportSource, 'folder' | 'foldersFrom' | 'labelsTo' | 'withDeleted'>;
  readonly codec: Pick<Codec, 'messages'>;
  readonly signal: AbortSignal;
  readonly sink: ImportSink;
  readonly counter: { deleted: number; labelsUnused: number };
}

interface Place {
  readonly folder: string;
  /** Gmail's Spam or Trash: All Mail does not hold what is in it. */
  readonly aside: boolean;
}

/** Whether a special use (RFC 6154) keeps mail out of All Mail. */
const isAside = (role: string): boolean => role === 'junk' || role === 'trash';

/**
 * The messages of an archive of Mothball, byte for byte as they were archived, with the flags, dates, labels and
 * the folder of its manifest. What can't be read is a problem, and the rest is taken.
 */
export async function readOwnArchive(reading: OwnReading, archive: OwnArchive): Promise<void> {
  const { sink } = reading;
  const problem = (message: number | null, reason: string): void =>
    sink.problem({ path: archive.path, message, offset: null, reason });
  let manifest: Manifest;
  try {
    manifest = await parseManifest(await archive.manifest());
  } catch (error) {
    problem(
      null,
      `its manifest can't be read (${errorMessage(error)}); where no manifest is beside it, its mail is read as from any file`,
    );
    return;
  }
  const place = { folder: folderOf(reading, archive, manifest), aside: manifest.head.roles.some(isAside) };
  let left = wantedOf(reading, manifest);
  while (left.length > 0) {
    const [done, error] = await readSome(reading, { archive, manifest, place }, left);
    if (error === null) return;
    const damaged = isError(error, 'verify');
    const after = left.length - done - 1;
    const rest = damaged ? '' : `; ${countOf(after, 'message')} after it not read`;
    problem((left[done] ?? 0) + 1, errorMessage(error) + rest);
    if (!damaged) return;
    left = left.slice(done + 1);
  }
}

/** Hands these messages over until one can't be read: how many before it, and why; null: all of them. */
async function readSome(
  reading: OwnReading,
  { archive, manifest, place }: { archive: OwnArchive; manifest: Manifest; place: Place },
  wanted: readonly number[],
): Promise<readonly [done: number, error: unknown]> {
  const { codec, signal, sink } = reading;
  const messages = codec.messages(manifest, wanted, archive.read)[Symbol.asyncIterator]();
  try {
    for (let done = 0; ; done += 1) {
      signal.throwIfAborted();
      let next;
      try {
        next = await messages.next();
      } catch (error) {
        return [done, error];
      }
      if (next.done === true) return [done, null];
      const { index, data } = next.value;
      const info = manifest.messages[index];
      if (info !== undefined)
        await hand(sink, incoming(reading, archive, place, { info, index }), info, data);
    }
  } finally {
    await messages.return?.();
  }
}

async function hand(
  sink: ImportSink,
  message: Incoming,
  { sha256 }: ManifestMessage,
  data: Uint8Array,
): Promise<void> {
  if (data.length <= wholeLimit) {
    await sink.whole(message, data, sha256);
    return;
  }
  await sink.begin(message);
  for (let at = 0; at < data.length; at += wholeLimit) await sink.piece(data.subarray(at, at + wholeLimit));
  await sink.end(sha256, data.length);
}

/** Lines that are taken; the others are counted. */
function wantedOf({ source, counter }: OwnReading, { messages }: Manifest): readonly number[] {
  return messages.flatMap(({ flags }, index) => {
    const deleted = flags.some((flag) => flag.toLowerCase() === '\\deleted');
    if (!deleted || source.withDeleted) return [index];
    counter.deleted += 1;
    return [];
  });
}

function incoming(
  { source, counter }: OwnReading,
  { path }: OwnArchive,
  { folder, aside }: Place,
  { info, index }: { readonly info: ManifestMessage; readonly index: number },
): Incoming {
  const byLabels = info.labels.length === 0 ? null : ownLabels(info);
  const labelsTo = byLabels === null || aside ? null : (source.labelsTo ?? null);
  if (byLabels !== null && labelsTo === null && source.foldersFrom === 'files') counter.labelsUnused += 1;
  const labelled = byLabels !== null && source.foldersFrom === 'gmail-labels';
  return {
    path,
    number: index + 1,
    offset: info.frame.offset,
    folder: labelsTo ?? (labelled ? [source.folder, ...byLabels.folder].join('/') : folder),
    internalDate: new Date(info.internalDate),
    flags: info.flags.filter((flag) => flag.toLowerCase() !== '\\deleted'),
    labels: info.labels,
  };
}

/** Labels as Gmail's IMAP has them, `\Inbox` and the like with a backslash, as its export spells them. */
function ownLabels({ labels }: ManifestMessage): LabelFacts {
  const spelled = labels.map((label) => `"${label.replace(/^\\/, '').replace(/["\\]/g, '\\$&')}"`);
  return labelFacts(spelled.join(','));
}

/** The folder below that of the import: the levels that the server had, without the prefix of its namespace. */
function folderOf(
  { source }: OwnReading,
  { several }: OwnArchive,
  { head: { account, folder, prefix = '', delimiter = '/' } }: Manifest,
): string {
  const own = folder.startsWith(prefix) ? folder.slice(prefix.length) : folder;
  const levels = delimiter === null ? [own] : own.split(delimiter);
  const names = levels.map((level) => level.replaceAll('/', '_')).filter((level) => level !== '');
  return [source.folder, ...(several ? [account.replaceAll('/', '_')] : []), ...names].join('/');
}
