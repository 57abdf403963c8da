import { foundMutants } from './found-mutants.ts';
import type { Mutant } from './mutant.ts';

export const mutants: readonly Mutant[] = [
  {
    name: 'does not look at the kill switch before a chunk',
    patches: [
      {
        file: 'purge/delete-state.ts',
        from: 'await requireNotPaused(work.catalog);',
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
        file: 'archive/verify.ts',
        from: 'const faults = await faultsOf({ ...work, seen }, store, record);',
        to: 'const faults: string[] = store === null ? [""] : [];',
      },
    ],
    caughtBy: 'readBack',
  },
  {
    name: 'finds no fault in any archive',
    patches: [{ file: 'archive/verify.ts', from: 'return report.faults.map(', to: 'return [].map(' }],
    caughtBy: 'damaged',
  },
  {
    name: 'deletes what nobody was shown to be able to decrypt',
    patches: [{ file: 'purge/purge.ts', from: 'if (unreadable !== null)', to: "if (unreadable === '')" }],
    caughtBy: 'unproved',
  },
  {
    name: 'does not look at the archive again before it deletes',
    patches: [
      {
        file: 'purge/purge.ts',
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
        file: 'purge/recheck.ts',
        from: "if (decision.kind === 'kept') sorter",
        to: 'if (decision === null) sorter',
      },
    ],
    caughtBy: 'holdAdded',
  },
  {
    name: 'does not compare a message with the one archived',
    patches: [
      {
        file: 'purge/recheck.ts',
        from: 'else if (!sameMessage(entry, meta))',
        to: 'else if (meta === null)',
      },
      {
        file: 'purge/same-bytes.ts',
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
        file: 'domain/folder.ts',
        from: 'return a.uidValidity === b.uidValidity && a.mailboxId === b.mailboxId;',
        to: 'return a !== null && b !== null;',
      },
    ],
    caughtBy: 'recreated',
  },
  {
    name: 'writes no intent before it deletes',
    patches: [
      {
        file: 'purge/delete.ts',
        from: 'await recordIntent(this.#work, record, entriesOf(targets));',
        to: '',
      },
    ],
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
        file: 'purge/delete.ts',
        from: 'markDeleted(uids, recheckedState.highestModseq)',
        to: 'markDeleted(uids, null)',
      },
      {
        file: 'purge/delete.ts',
        from: "if (sameFlags(flags, [...target.flags, '\\\\deleted']))",
        to: 'if (sameFlags(flags, flags))',
      },
    ],
    caughtBy: 'lateFlag',
  },
  {
    name: 'does not compare the flags after STORE',
    patches: [
      {
        file: 'purge/delete.ts',
        from: "if (sameFlags(flags, [...target.flags, '\\\\deleted']))",
        to: 'if (sameFlags(flags, flags))',
      },
    ],
    caughtBy: 'lateChanges',
  },
  {
    name: 'leaves its mark on what it does not delete',
    patches: [
      {
        file: 'purge/delete.ts',
        from: 'unmarkEach(this.#session, ours)',
        to: 'unmarkEach(this.#session, [])',
      },
    ],
    caughtBy: 'lateChanges',
  },
  {
    name: 'believes that what it expunged is gone',
    patches: [
      {
        file: 'purge/still-there.ts',
        from: 'present.add(uid);',
        to: 'if (uid < 0) present.add(uid);',
      },
    ],
    caughtBy: 'ignored',
  },
  {
    name: 'archives bodies of another length than announced',
    patches: [{ file: 'archive/attempt.ts', from: 'event.data.length !== message.size || ', to: '' }],
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
      { file: 'purge/other-policies.ts', from: '=> !copied.has(', to: '=> copied === null && !copied.has(' },
    ],
    caughtBy: 'overlap',
  },
  {
    name: 'ignores holds',
    patches: [
      {
        file: 'domain/selection.ts',
        from: "if (hold !== null) return keep({ code: 'held', detail: hold });",
        to: '',
      },
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
        from: 'mirror: virtual.has(top(row)) || given.some((role) => mirrors.has(role))',
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
  ...foundMutants,
];
