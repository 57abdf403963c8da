import type { App } from '../compose.ts';
import { requireIdentity } from '../read/open-archive.ts';
import type { ArchiveReader } from '../read/read-archive.ts';
import type { Wanted } from '../read/wanted.ts';

/** The reader for the wanted messages. @throws `usage` when one is encrypted and no identity was given. */
export function readerFor({ catalog, codec, config, gate }: App, wanted: readonly Wanted[]): ArchiveReader {
  const { decryption } = gate;
  requireIdentity(
    wanted.map(({ record }) => record),
    decryption,
  );
  const store = (name: string) => gate.find(name);
  const reading = decryption === null ? null : { decryption, spoolPath: config.spool.path };
  return { catalog, codec, store, reading };
}
