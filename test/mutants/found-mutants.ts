import type { Mutant } from './mutant.ts';

/** Carelessness with what others may have written: stores, manifests, headers. */
export const foundMutants: readonly Mutant[] = [
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
        from: "origin = 'found' } = {}",
        to: "origin = 'sealed' } = {}",
      },
    ],
    caughtBy: 'found',
  },
  {
    name: 'takes the ID that a manifest gives itself',
    patches: [
      {
        file: 'format/manifest.ts',
        from: 'if (archiveId(head, messages) !== head.id)',
        to: "if (archiveId(head, messages) === '')",
      },
    ],
    caughtBy: 'madeUpId',
  },
];
