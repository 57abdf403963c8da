import type { Mutant } from './mutant.ts';

/** Carelessness with what others may have written: stores, manifests, headers. */
export const foundMutants: readonly Mutant[] = [
  {
    name: 'does not compare a manifest with the one that this run parsed',
    patches: [
      {
        file: 'work/read-back.ts',
        from: 'if (manifest?.digest !== digest) return false;',
        to: 'if (manifest === null) return false;',
      },
    ],
    caughtBy: 'alteredInRun',
  },
  {
    name: 'does not look whether the file that this run verified was touched',
    patches: [
      {
        file: 'work/read-back.ts',
        from: 'return (await store.fingerprint(key)) === seen.fingerprint ? seen : null;',
        to: 'return (await store.fingerprint(key)) === null ? null : seen;',
      },
    ],
    caughtBy: 'alteredInRun',
  },
  {
    name: 'takes the word of an archive that it only found',
    patches: [
      {
        file: 'purge/recheck.ts',
        from: "const found = record.origin !== 'sealed';",
        to: "const found = record.id === '';",
      },
    ],
    caughtBy: 'found',
  },
  {
    name: 'records what reindex found as if it had written it',
    patches: [
      {
        file: 'catalog/archives.ts',
        from: "origin = 'found' } = about",
        to: "origin = 'sealed' } = about",
      },
    ],
    caughtBy: 'found',
  },
  {
    name: 'takes the ID that a manifest gives itself',
    patches: [
      {
        file: 'format/manifest-parse.ts',
        from: 'if ((await turns.finish(archiveIdIn(head, messages))) !== head.id)',
        to: "if (head.id === '')",
      },
    ],
    caughtBy: 'madeUpId',
  },
  {
    name: 'records the marker of a store only after it was written',
    patches: [
      {
        file: 'preflight/store-gate.ts',
        from: 'const marker = await this.#catalog.planMarker(store.name, randomUUID());',
        to: 'const marker: string = randomUUID();',
      },
    ],
    caughtBy: 'killed',
  },
  {
    name: 'decides a hold on a header of which only a part was recorded',
    patches: [
      {
        file: 'domain/manifest-hold.ts',
        from: 'return headerNames.filter((name) => !cut.includes(name));',
        to: 'return headerNames.filter((name) => !cut.includes(`${name}?`));',
      },
    ],
    caughtBy: 'cutHeader',
  },
  {
    name: 'stores an object before it knows that its manifest can be read',
    patches: [
      { file: 'archive/seal.ts', from: 'await readable(spooled);', to: 'await encodeWithDigest(spooled);' },
    ],
    caughtBy: 'manifestFirst',
  },
  {
    name: 'leaves the record of a refused rename in the store',
    patches: [{ file: 'upkeep/rename.ts', from: 'await catalog.requireApart(from, to);', to: '' }],
    caughtBy: 'refusedRename',
  },
];
