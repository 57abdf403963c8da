import { type Explanation, MothballError } from '../errors.ts';
import type { ArchiveRecord } from '../ports/records.ts';
import { type Damaged, readArchived } from '../read/read-archive.ts';
import type { WebSource } from './source.ts';

/**
 * One archived message byte for byte. `encrypted`: what to say of one that only an identity opens.
 * @throws `missing`, `verify`, `store`, `refused`.
 */
export async function readMessage(
  { catalog, codec, gate }: WebSource,
  record: ArchiveRecord,
  line: number,
  encrypted: Explanation,
): Promise<Uint8Array> {
  // A daemon has no identity, on purpose.
  if (record.encryption !== null) throw new MothballError(encrypted, { code: 'refused' });
  const reader = { catalog, codec, store: (name: string) => gate.find(name), reading: null };
  const stop = ({ reason }: Damaged): never => {
    throw new MothballError(
      { fact: `the message can't be read back from store "${record.store}": ${reason}` },
      { code: 'verify' },
    );
  };
  for await (const { data } of readArchived(reader, [{ record, lines: [line] }], stop)) return data;
  throw new MothballError(
    { fact: `archive ${record.id} does not hold message ${line}` },
    { code: 'missing' },
  );
}
