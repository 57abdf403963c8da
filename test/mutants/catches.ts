/** Tests of a file whose names match a pattern. */
export interface Catch {
  readonly file: string;
  readonly pattern: string;
}

export const catches = {
  fsync: { file: 'fault/disk-errors.test.ts', pattern: 'fsync of an archive fails once' },
  readBack: { file: 'fault/disk-errors.test.ts', pattern: 'reading an archive back fails' },
  damaged: { file: 'purge/purge-damaged.test.ts', pattern: 'verify exits 4' },
  removed: { file: 'purge/purge-damaged.test.ts', pattern: 'was removed during the grace' },
  holdAdded: { file: 'purge/recheck-grace.test.ts', pattern: 'a hold is added' },
  bystander: { file: 'purge/recheck-grace.test.ts', pattern: 'marks a bystander' },
  recreated: { file: 'purge/recheck-identity.test.ts', pattern: 'made anew .* MAILBOXID' },
  swapped: { file: 'purge/recheck-identity.test.ts', pattern: 'swapped names, told apart by nothing' },
  brokenOff: { file: 'fault/broken-server.test.ts', pattern: 'breaks between STORE and EXPUNGE' },
  lateFlag: { file: 'fault/broken-server.test.ts', pattern: 'flags a target between' },
  ignored: { file: 'fault/broken-server.test.ts', pattern: 'EXPUNGE answers an untagged NO' },
  lengths: { file: 'archive/fetch-wrong-answers.test.ts', pattern: 'another length each time' },
  lateChanges: { file: 'purge/delete-late-changes.test.ts', pattern: 'after our STORE .no CONDSTORE' },
  paused: { file: 'fault/paused-holder.test.ts', pattern: 'SIGSTOP' },
  killSwitch: { file: 'integration/daemon-pause.test.ts', pattern: 'stops before the next chunk' },
  overlap: { file: 'purge/other-policies.test.ts', pattern: 'old runs alone first' },
  held: { file: 'integration/holds-and-limits.test.ts', pattern: 'held mail' },
  limits: { file: 'integration/holds-and-limits.test.ts', pattern: 'over maxPercent' },
  mirrors: { file: 'fault/mirrors.test.ts', pattern: 'mirror' },
  unproved: { file: 'integration/encrypted.test.ts', pattern: 'deleted only once' },
  expireHeld: { file: 'integration/expire-keeps.test.ts', pattern: 'under a hold' },
  killed: { file: 'fault/kill.test.ts', pattern: 'ends in expunge' },
  cutHeader: { file: 'domain/manifest-hold.test.ts', pattern: 'only a part was recorded' },
  manifestFirst: { file: 'archive/seal.test.ts', pattern: 'would not be readable' },
  found: { file: 'fault/forged-archive.test.ts', pattern: 'with expunge, a forged archive' },
  madeUpId: { file: 'format/manifest.test.ts', pattern: 'whose ID is not that' },
  mboxrd: { file: 'format/mboxrd.test.ts', pattern: 'stored as the rule says' },
} as const satisfies Record<string, Catch>;
