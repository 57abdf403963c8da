import { type Sha256, uid, uidValidity } from '../domain/brands.ts';
import { errorMessage } from '../errors.ts';
import type { ManifestHead } from '../format/manifest-types.ts';
import { readAll } from '../format/read-all.ts';
import { parseReceipt } from '../format/receipt.ts';
import type { Catalog } from '../ports/catalog.ts';
import type { Clock } from '../ports/clock.ts';
import type { Store } from '../ports/store.ts';

/** A manifest or receipt that can't be read, or an archive of the catalog that is not in the store. */
export interface DamagedKey {
  readonly key: string;
  readonly reason: string;
}

/** What receipts need of an archive; its lines are in the catalog. */
export interface IndexedArchive {
  readonly head: Pick<ManifestHead, 'id' | 'server' | 'account' | 'created'>;
  readonly messages: number;
}

interface ReceiptInput {
  readonly store: Store;
  readonly catalog: Catalog;
  readonly clock: Clock;
}

/** Returns the receipts that can't be read. */
export async function applyReceipts(
  input: ReceiptInput,
  receipts: readonly string[],
  indexed: ReadonlyMap<string, IndexedArchive>,
): Promise<readonly DamagedKey[]> {
  const damaged: DamagedKey[] = [];
  for (const key of receipts) {
    const archive = indexed.get(key.slice(0, key.lastIndexOf('/') + 1));
    if (archive === undefined) continue;
    try {
      await applyReceipt(input, archive, key);
    } catch (error) {
      damaged.push({ key, reason: errorMessage(error) });
    }
  }
  return damaged;
}

async function applyReceipt(
  { store, catalog, clock }: ReceiptInput,
  { head, messages }: IndexedArchive,
  key: string,
): Promise<void> {
  const receipt = parseReceipt(new TextDecoder().decode(await readAll(store.read(key))));
  // A receipt from the future would keep mail restored for ever.
  const at = new Date(Math.min(Date.parse(receipt.at), clock.now().getTime()));
  if (receipt.kind === 'purge') {
    const lines = receipt.lines.filter((line) => line < messages);
    await catalog.setDeleteState(head.id, lines, {
      state: 'deleted',
      at,
      reason: null,
      run: receipt.run,
    });
    return;
  }
  const { folder, uidValidity: validity, uids = [] } = receipt;
  const target =
    receipt.server === undefined || receipt.account === undefined
      ? await catalog.nameToday(head, new Date(head.created))
      : await catalog.nameToday({ server: receipt.server, account: receipt.account }, new Date(receipt.at));
  if (folder === undefined || validity === undefined) return;
  const wanted = new Set(receipt.lines);
  const digests = new Map<number, Sha256>();
  for await (const facts of catalog.lineFacts(head.id))
    for (const { line, sha256 } of facts) if (wanted.has(line)) digests.set(line, sha256);
  await catalog.addRestores(
    receipt.lines.flatMap((line, index) => {
      const sha256 = digests.get(line);
      const made = uids[index];
      if (sha256 === undefined || made === undefined) return [];
      const where = {
        server: target.server,
        account: target.account,
        folder,
        uidValidity: uidValidity(validity),
        uid: uid(made),
      };
      return [{ ...where, sha256, outcome: 'restored' as const, detail: null, at }];
    }),
  );
}
