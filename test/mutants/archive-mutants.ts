import type { Mutant } from './mutant.ts';

/** Ways to be careless in the first half: preflight, fetch, store, manifest, verify. */
export const archiveMutants: readonly Mutant[] = [
  {
    name: 'leaves plain mail of a dead process in the spool',
    patches: [{ file: 'run/run.ts', from: 'await emptySpool(work.spool.path);', to: '' }],
    caughtBy: 'spoolLeft',
  },
  {
    name: 'takes a store that another database writes to',
    patches: [
      {
        file: 'preflight/store-owner.ts',
        from: 'if (owner !== null) throw await this.#refusal(store, owner);',
        to: '',
      },
    ],
    caughtBy: 'secondDatabase',
  },
  {
    name: 'does not notice that another database took over',
    patches: [
      {
        file: 'preflight/store-gate.ts',
        from: 'if (known !== undefined) await this.requireOurs(store);',
        to: 'if (known !== undefined) await this.recognise(store);',
      },
    ],
    caughtBy: 'takenOver',
  },
  {
    name: 'does not read again what came in another length',
    patches: [
      {
        file: 'archive/attempt.ts',
        from: 'asNew(message, first.length !== message.size)',
        to: 'asNew(message, false)',
      },
    ],
    caughtBy: 'sizeMarked',
  },
  {
    name: 'archives a message that comes differently each time',
    patches: [
      {
        file: 'archive/attempt.ts',
        from: 'const equal = second !== null && second.sha256 === first.sha256 && second.length === first.length;',
        to: 'const equal = second !== null;',
      },
    ],
    caughtBy: 'differsEachTime',
  },
  {
    name: 'archives the placeholder of a server as mail',
    patches: [
      {
        file: 'archive/attempt.ts',
        from: 'const placeholder = isPlaceholder(head);',
        to: 'const placeholder = false;',
      },
    ],
    caughtBy: 'placeholder',
  },
  {
    name: 'does not quarantine a message that ends each connection',
    patches: [
      {
        file: 'archive/fetch.ts',
        from: 'await quarantine(work, batch, ledger, { uid: culprit, reason });',
        to: '',
      },
    ],
    caughtBy: 'endsConnections',
  },
  {
    name: 'selects mail that is quarantined',
    patches: [
      {
        file: 'domain/selection.ts',
        from: "if (quarantine !== undefined) return keep({ code: 'quarantined', detail: quarantine });",
        to: '',
      },
    ],
    caughtBy: 'quarantinedStays',
  },
  {
    name: 'selects mail that a restore brought back',
    patches: [
      {
        file: 'domain/selection.ts',
        from: "if (rules.restored.has(message.uid)) return keep({ code: 'restored' });",
        to: '',
      },
    ],
    caughtBy: 'restoredStays',
  },
  {
    name: 'takes any store for the known one',
    patches: [
      { file: 'preflight/store-gate.ts', from: 'if (marker !== known) {', to: "if (known === '') {" },
    ],
    caughtBy: 'storeReplaced',
  },
  {
    name: 'takes a store with archives that it does not know for a new one',
    patches: [
      {
        file: 'preflight/store-gate.ts',
        from: '    if (await isUsed(store)) throw this.#unknown(store);',
        to: '',
      },
    ],
    caughtBy: 'storeUnknown',
  },
  {
    name: 'does not look at what the canary became',
    patches: [{ file: 'store/canary.ts', from: 'if (!isIntact(found)) throw broken(key, found);', to: '' }],
    caughtBy: 'canary',
  },
  {
    name: 'believes that a bucket refuses a second object, although it took one',
    patches: [
      {
        file: 'store/s3/check.ts',
        from: 'const exclusive = secondRefused && understood;',
        to: 'const exclusive = true;',
      },
    ],
    caughtBy: 'ifNoneMatch',
  },
  {
    name: 'gives two archives one name where nothing refuses the second',
    patches: [
      {
        file: 'archive/seal.ts',
        from: '...(store.exclusive ? {} : { nonce: batch.key ?? batch.run }),',
        to: '',
      },
    ],
    caughtBy: 'ownName',
  },
  {
    name: 'puts objects without If-None-Match',
    patches: [
      {
        file: 'store/s3/put.ts',
        from: "...(guard === 'look' ? {} : { IfNoneMatch: '*' }),",
        to: '',
      },
    ],
    caughtBy: 'neverOverwrites',
  },
  {
    name: 'adopts an object without comparing it',
    patches: [
      {
        file: 'archive/seal-plain.ts',
        from: 'return found === null ? null : { key, version, ...found, adopted: true };',
        to: 'return { key, version, bytes: file.bytes, sha256: file.sha256, messages, ...found, adopted: true };',
      },
    ],
    caughtBy: 'strangerObject',
  },
  {
    name: 'adopts a manifest that describes another object',
    patches: [
      {
        file: 'archive/seal-plain.ts',
        from: 'if (!sameArchive(found, manifest)) return null;',
        to: 'if (found.head.id !== manifest.head.id) return null;',
      },
    ],
    caughtBy: 'strangerManifest',
  },
  {
    name: 'adopts an object without fsync',
    patches: [
      {
        file: 'archive/seal-plain.ts',
        from: '      // The run that left it may have been killed before its fsync: what is deleted for it must outlive a power cut.\n      await store.sync(key);',
        to: '',
      },
    ],
    caughtBy: 'adoptedSync',
  },
  {
    name: 'takes any sound manifest for the one that was written',
    patches: [
      {
        file: 'archive/verify.ts',
        from: '!(await saysTheSame(read, known.manifestSha256)) ||',
        to: '',
      },
    ],
    caughtBy: 'anotherManifest',
  },
  {
    name: 'does not compute the digest of a manifest',
    patches: [
      {
        file: 'format/manifest-parse.ts',
        from: "if (textDigest !== end.digest) throw damaged('its digest is wrong');",
        to: '',
      },
    ],
    caughtBy: 'manifestDamage',
  },
  {
    name: 'does not compare a manifest with what its final line counts',
    patches: [
      {
        file: 'format/manifest-parse.ts',
        from: 'if (end.messages !== messages.length)',
        to: 'if (end.messages < 0)',
      },
    ],
    caughtBy: 'manifestCount',
  },
  {
    name: 'relies on an old version of an object',
    patches: [
      {
        file: 'archive/verify.ts',
        from: 'manifest.head;\n  try {\n    // An old version lives only as long as nobody clears old versions away.\n    if (objectVersion !== null',
        to: "manifest.head;\n  try {\n    if (objectVersion === ''",
      },
    ],
    caughtBy: 's3Version',
  },
  {
    name: 'writes archives that a power loss takes',
    patches: [
      {
        file: 'store/durable-file.ts',
        from: 'fsync: Sync = (file) => file.sync()',
        to: 'fsync: Sync = async () => undefined',
      },
    ],
    caughtBy: 'powerLoss',
  },
  {
    name: 'syncs what it stores and not its name',
    patches: [{ file: 'store/durable-file.ts', from: 'await sync(directory);', to: '' }],
    caughtBy: 'powerLoss',
  },
];
