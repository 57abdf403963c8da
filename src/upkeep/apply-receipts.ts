import { sha256 as asSha256, uid, uidValidity } from '../domain/brands.ts';
import { errorMessage } from '../errors.ts';
import type { Manifest } from '../format/manifest-types.ts';
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

interface ReceiptInput {
  readonly store: Store;
  readonly catalog: Catalog;
  readonly clock: Clock;
}

/** Returns the receipts that can't be read. */
export async function applyReceipts(
  input: ReceiptInput,
  receipts: readonly string[],
  indexed: ReadonlyMap<string, Manifest>,
): Promise<readonly DamagedKey[]> {
  const damaged: DamagedKey[] = [];
  for (const key of receipts) {
    const manifest = indexed.get(key.slice(0, key.lastIndexOf('/') + 1));
    if (manifest === undefined) continue;
    try {
      await applyReceipt(input, manifest, key);
    } catch (error) {
      damaged.push({ key, reason: errorMessage(error) });
    }
  }
  return damaged;
}

async function applyReceipt(
  { store, catalog, clock }: ReceiptInput,
  manifest: Manifest,
  key: string,
): Promise<void> {
  const receipt = parseReceipt(new TextDecoder().decode(await readAll(store.read(key))));
  // A receipt from the future would keep mail restored for ever.
  const at = new Date(Math.min(Date.parse(receipt.at), clock.now().getTime()));
  const { id } = manifest.head;
  if (receipt.kind === 'purge') {
    const lines = receipt.lines.filter((line) => line < manifest.messages.length);
    await catalog.setDeleteState(asSha256(id), lines, {
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
      ? await catalog.nameToday(manifest.head, new Date(manifest.head.created))
      : await catalog.nameToday({ server: receipt.server, account: receipt.account }, new Date(receipt.at));
  if (folder === undefined || validity === undefined) return;
  await catalog.addRestores(
    receipt.lines.flatMap((line, index) => {
      const info = manifest.messages[line];
      const made = uids[index];
      if (info === undefined || made === undefined) return [];
      const where = {
        server: target.server,
        account: target.account,
        folder,
        uidValidity: uidValidity(validity),
        uid: uid(made),
      };
      return [{ ...where, sha256: info.sha256, outcome: 'restored' as const, detail: null, at }];
    }),
  );
}
