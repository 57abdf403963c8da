/** Tests of a file whose names match a pattern. */
export interface Catch {
  readonly file: string;
  readonly pattern: string;
}

/** A way to be careless, and the tests that must not let it pass. */
export interface Mutant {
  /** Goes on after "a program that". */
  readonly name: string;
  /** Each text stands in its file under src exactly once. */
  readonly patches: readonly { readonly file: string; readonly from: string; readonly to: string }[];
  readonly caughtBy: keyof typeof catches;
}

export const catches = {
  fsync: { file: 'fault/disk-errors.test.ts', pattern: 'fsync of an archive fails once' },
  readBack: { file: 'fault/disk-errors.test.ts', pattern: 'reading an archive back fails' },
  damaged: { file: 'fault/archive-damaged.test.ts', pattern: 'verify exits 4' },
  removed: { file: 'fault/archive-damaged.test.ts', pattern: 'was removed during the grace' },
  holdAdded: { file: 'fault/grace-changes.test.ts', pattern: 'a hold is added' },
  bystander: { file: 'fault/grace-changes.test.ts', pattern: 'marks a bystander' },
  recreated: { file: 'fault/identity.test.ts', pattern: 'made anew .* MAILBOXID' },
  swapped: { file: 'fault/identity.test.ts', pattern: 'swapped names, told apart by nothing' },
  brokenOff: { file: 'fault/broken-server.test.ts', pattern: 'breaks between STORE and EXPUNGE' },
  lateFlag: { file: 'fault/broken-server.test.ts', pattern: 'flags a target between' },
  ignored: { file: 'fault/broken-server.test.ts', pattern: 'EXPUNGE answers an untagged NO' },
  lengths: { file: 'fault/wrong-answers.test.ts', pattern: 'another length each time' },
  lateChanges: { file: 'fault/late-changes.test.ts', pattern: 'after our STORE .no CONDSTORE' },
  paused: { file: 'fault/paused-holder.test.ts', pattern: 'SIGSTOP' },
  killSwitch: { file: 'integration/daemon-pause.test.ts', pattern: 'stops before the next chunk' },
  overlap: { file: 'fault/overlap.test.ts', pattern: 'old runs alone first' },
  held: { file: 'integration/holds-and-limits.test.ts', pattern: 'held mail' },
  limits: { file: 'integration/holds-and-limits.test.ts', pattern: 'over maxPercent' },
  mirrors: { file: 'fault/mirrors.test.ts', pattern: 'mirror' },
  unproved: { file: 'integration/encrypted.test.ts', pattern: 'deleted only once' },
  expireHeld: { file: 'integration/expire-keeps.test.ts', pattern: 'under a hold' },
  mboxrd: { file: 'format/mboxrd.test.ts', pattern: 'stored as the rule says' },
} as const satisfies Record<string, Catch>;

export const mutants: readonly Mutant[] = [
  {
    name: 'does not look at the kill switch before a chunk',
    patches: [
      {
        file: 'intent.ts',
        from: "if (state === 'deleting') await requireNotPaused(work.catalog);",
        to: '',
      },
    ],
    caughtBy: 'killSwitch',
  },
  {
    name: 'skips fsync of what it stores',
    patches: [
      {
        file: 'store/durable-file.ts',
        from: 'fsync: Sync = (file) => file.sync()',
        to: 'fsync: Sync = async () => undefined',
      },
    ],
    caughtBy: 'fsync',
  },
  {
    name: 'takes a new archive for verified without reading it back',
    patches: [
      {
        file: 'seal.ts',
        from: 'const faults = await faultsOf(work, store, record);',
        to: 'const faults: string[] = store === null ? [""] : [];',
      },
    ],
    caughtBy: 'readBack',
  },
  {
    name: 'finds no fault in any archive',
    patches: [{ file: 'seal.ts', from: 'return report.faults.map(', to: 'return [].map(' }],
    caughtBy: 'damaged',
  },
  {
    name: 'deletes what nobody was shown to be able to decrypt',
    patches: [{ file: 'purge.ts', from: 'if (unreadable !== null)', to: "if (unreadable === '')" }],
    caughtBy: 'unproved',
  },
  {
    name: 'does not look at the archive again before it deletes',
    patches: [
      {
        file: 'purge.ts',
        from: 'if (fault === null) return true;',
        to: 'if (fault !== null) return true;',
      },
    ],
    caughtBy: 'removed',
  },
  {
    name: 'lets everything pass the recheck',
    patches: [
      {
        file: 'recheck.ts',
        from: "if (decision.kind === 'kept') sorter",
        to: 'if (decision === null) sorter',
      },
    ],
    caughtBy: 'holdAdded',
  },
  {
    name: 'does not compare a message with the one archived',
    patches: [
      { file: 'recheck.ts', from: 'else if (!sameMessage(entry, meta))', to: 'else if (meta === null)' },
      {
        file: 'recheck.ts',
        from: 'bodies.get(entry.uid) !== entry.sha256',
        to: 'bodies.get(entry.uid) === undefined',
      },
    ],
    caughtBy: 'swapped',
  },
  {
    name: 'takes every folder for the same one',
    patches: [
      {
        file: 'domain/plan.ts',
        from: 'return a.uidValidity === b.uidValidity && a.mailboxId === b.mailboxId;',
        to: 'return a !== null && b !== null;',
      },
    ],
    caughtBy: 'recreated',
  },
  {
    name: 'writes no intent before it deletes',
    patches: [{ file: 'delete.ts', from: "await setState(work, due, targets, 'deleting', null);", to: '' }],
    caughtBy: 'brokenOff',
  },
  {
    name: 'sends a plain EXPUNGE, past its guard',
    patches: [
      {
        file: 'imap/remove.ts',
        from: "wire.must('UID EXPUNGE', 'UID EXPUNGE', [sequence(set)])",
        to: "wire.must('EXPUNGE', 'EXPUNGE', set === '' ? [sequence(set)] : [])",
      },
      { file: 'imap/guard.ts', from: "  'APPEND',", to: "  'APPEND',\n  'EXPUNGE'," },
    ],
    caughtBy: 'bystander',
  },
  {
    name: 'deletes whatever changed since the recheck',
    patches: [
      {
        file: 'delete.ts',
        from: 'markDeleted(uids, rechecked.highestModseq)',
        to: 'markDeleted(uids, null)',
      },
      {
        file: 'delete.ts',
        from: "if (alike(flags, [...target.flags, '\\\\deleted']))",
        to: 'if (alike(flags, flags))',
      },
    ],
    caughtBy: 'lateFlag',
  },
  {
    name: 'does not compare the flags after STORE',
    patches: [
      {
        file: 'delete.ts',
        from: "if (alike(flags, [...target.flags, '\\\\deleted']))",
        to: 'if (alike(flags, flags))',
      },
    ],
    caughtBy: 'lateChanges',
  },
  {
    name: 'leaves its mark on what it does not delete',
    patches: [{ file: 'delete.ts', from: 'if (unmark.length > 0)', to: 'if (unmark.length < 0)' }],
    caughtBy: 'lateChanges',
  },
  {
    name: 'believes that what it expunged is gone',
    patches: [
      { file: 'intent.ts', from: 'present.add(meta.uid);', to: 'if (meta === null) present.add(meta);' },
    ],
    caughtBy: 'ignored',
  },
  {
    name: 'archives bodies of another length than announced',
    patches: [{ file: 'fetch.ts', from: 'event.data.length !== message.size || ', to: '' }],
    caughtBy: 'lengths',
  },
  {
    name: 'takes no lock',
    patches: [{ file: 'catalog/locks.ts', from: "BEGIN EXCLUSIVE');", to: "BEGIN');" }],
    caughtBy: 'paused',
  },
  {
    name: 'does not wait for the copy of another policy',
    patches: [
      { file: 'other-policies.ts', from: '=> !copied.has(', to: '=> copied === null && !copied.has(' },
    ],
    caughtBy: 'overlap',
  },
  {
    name: 'ignores holds',
    patches: [
      { file: 'domain/selection.ts', from: 'if (hold !== null) return keep(`held by ${hold}`);', to: '' },
    ],
    caughtBy: 'held',
  },
  {
    name: 'removes archives whose manifest can not decide a hold',
    patches: [
      {
        file: 'domain/manifest-hold.ts',
        from: "if (verdict === 'unknown') return",
        to: 'if (!verdict) return',
      },
    ],
    caughtBy: 'expireHeld',
  },
  {
    name: 'ignores limits',
    patches: [{ file: 'domain/plan.ts', from: 'return broken;', to: 'return [];' }],
    caughtBy: 'limits',
  },
  {
    name: 'purges folders that mirror others',
    patches: [
      {
        file: 'imap/folders.ts',
        from: 'mirror: virtual || given.some((role) => mirrors.has(role))',
        to: 'mirror: false',
      },
    ],
    caughtBy: 'mirrors',
  },
  {
    name: 'does not quote lines that start with From',
    patches: [
      {
        file: 'format/from-quote.ts',
        from: 'override readonly replacement = quotedFrom',
        to: 'override readonly replacement = from',
      },
    ],
    caughtBy: 'mboxrd',
  },
];
