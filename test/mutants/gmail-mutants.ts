import type { Mutant } from './mutant.ts';

/** Ways to be careless with Gmail's labels and Trash, and with servers that throttle. */
export const gmailMutants: readonly Mutant[] = [
  {
    name: 'deletes from Gmail what has one selected label',
    patches: [
      {
        file: 'domain/labels.ts',
        from: 'if (other === undefined || policy.delete === null) return selected;',
        to: 'if (other !== null) return selected;',
      },
    ],
    caughtBy: 'gmailLabels',
  },
  {
    name: 'does not look at excluded labels',
    patches: [
      {
        file: 'domain/labels.ts',
        from: 'if (excluded !== undefined || this.#isExcluded(own, policy))',
        to: "if (policy.name === '')",
      },
    ],
    caughtBy: 'gmailLabels',
  },
  {
    name: 'does not compare labels in the recheck',
    patches: [
      {
        file: 'purge/recheck.ts',
        from: 'else if (!sameLabels(entry.labels, meta.labels))',
        to: 'else if (meta === null)',
      },
    ],
    caughtBy: 'gmailRelabelled',
  },
  {
    name: 'does not compare labels before MOVE',
    patches: [
      {
        file: 'purge/trash.ts',
        from: 'return same && sameFlags(meta.flags, flags) && sameLabels(meta.labels, entry.labels);',
        to: 'return same && sameFlags(meta.flags, flags);',
      },
      {
        file: 'purge/trash.ts',
        from: 'const modified = new Set(await session.fence(uids, highestModseq));',
        to: 'const modified = new Set<Uid>();',
      },
    ],
    caughtBy: 'gmailLateLabel',
  },
  {
    name: 'sets \\Deleted outside Trash on Gmail',
    patches: [
      {
        file: 'purge/delete.ts',
        from: 'if (trash.path === record.folder) {',
        to: "if (trash.path !== '') {",
      },
    ],
    caughtBy: 'gmailTrashOnly',
  },
  {
    name: 'counts as freed what is in the Trash of Gmail',
    patches: [
      {
        file: 'work/ledger.ts',
        from: 'this.deleted(folder, { messages, bytes: bytes(0) });',
        to: 'this.deleted(folder, { messages, bytes: size });',
      },
    ],
    caughtBy: 'gmailFreed',
  },
  {
    name: 'takes what Gmail claims to have expunged for gone',
    patches: [
      {
        file: 'purge/gmail-trash.ts',
        from: 'return targets.filter(({ uid }) => !present.has(uid));',
        to: 'return targets;',
      },
    ],
    caughtBy: 'gmailStays',
  },
  {
    name: 'removes from Trash after a crash without asking the rules again',
    patches: [
      {
        file: 'purge/gmail-recover.ts',
        from: "decide(before, rules).kind === 'kept'",
        to: 'decide(before, rules).uid !== entry.uid',
      },
    ],
    caughtBy: 'gmailHold',
  },
  {
    name: 'removes from Trash after a crash without reading the archive again',
    patches: [
      {
        file: 'purge/gmail-recover.ts',
        from: 'if ((await faultsOf(work, store, record, entries)).length > 0) return [];',
        to: '',
      },
    ],
    caughtBy: 'gmailDamaged',
  },
  {
    name: 'takes whatever has a known UID in Trash for ours',
    patches: [
      {
        file: 'purge/gmail-trash.ts',
        from: 'const entry = meta.emailId === null ? undefined : wanted.get(meta.emailId);',
        to: 'const entry = [...wanted.values()][0];',
      },
      {
        file: 'purge/gmail-trash.ts',
        from: ' || (!entry.sizeMismatch && meta.size !== entry.size)',
        to: '',
      },
      {
        file: 'purge/gmail-trash.ts',
        from: 'return meta.emailId === entry.emailId && sameFlags(',
        to: 'return sameFlags(',
      },
      {
        file: 'purge/gmail-recover.ts',
        from: ' || !sameMessage(entry, meta)',
        to: '',
      },
    ],
    caughtBy: 'gmailStranger',
  },
  {
    name: 'counts as deleted what was taken out of Trash again',
    patches: [
      {
        file: 'purge/gmail-recover.ts',
        from: 'if (meta.emailId === emailId) return true;',
        to: 'if (meta === null) return true;',
      },
    ],
    caughtBy: 'gmailRescued',
  },
  {
    name: 'forgets after a crash which labels a message had before the move',
    patches: [
      {
        file: 'purge/gmail-recover.ts',
        from: '...new Set([...(entry.labels ?? []), ...given])',
        to: '...given',
      },
    ],
    caughtBy: 'gmailHadLabel',
  },
  {
    name: 'does not look at labels that a message was given in Trash',
    patches: [
      {
        file: 'purge/gmail-recover.ts',
        from: '[...(entry.labels ?? []), ...given]',
        to: 'entry.labels ?? []',
      },
    ],
    caughtBy: 'gmailGivenLabel',
  },
  {
    name: 'takes a message of another date in Trash for the archived one',
    patches: [{ file: 'purge/gmail-recover.ts', from: ' || !sameMessage(entry, meta)', to: '' }],
    caughtBy: 'gmailOtherDate',
  },
  {
    name: 'does not read in Trash what the policy wants read in full',
    patches: [
      {
        file: 'purge/gmail-recover.ts',
        from: 'if (bodies !== null && bodies.get(uid) !== entry.sha256) return [];',
        to: '',
      },
    ],
    caughtBy: 'gmailOtherText',
  },
  {
    name: 'counts as deleted what was moved from Trash to Spam',
    patches: [{ file: 'purge/gmail-recover.ts', from: " || role === 'junk'", to: '' }],
    caughtBy: 'gmailSpam',
  },
  {
    name: 'adds the label Trash at a restore',
    patches: [
      {
        file: 'imap/guard.ts',
        from: 'systemLabels.has(label.toLowerCase())',
        to: 'systemLabels.size > 0',
      },
    ],
    caughtBy: 'gmailGuard',
  },
  {
    name: 'goes on with an account that its server throttles',
    patches: [
      {
        file: 'work/account-pause.ts',
        from: 'if (known !== null && clock.now() < known.until) throw pausedError(known);',
        to: '',
      },
    ],
    caughtBy: 'throttled',
  },
  {
    name: 'goes on beyond the allowance of a day',
    patches: [
      {
        file: 'work/account-pause.ts',
        from: 'if (limit === null || used < limit) continue;',
        to: 'if (limit !== -1) continue;',
      },
    ],
    caughtBy: 'perDay',
  },
];
