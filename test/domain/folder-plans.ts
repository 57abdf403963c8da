import { bytes, uid, uidValidity } from '../../src/domain/brands.ts';
import type { Role } from '../../src/domain/folder.ts';
import type { FolderPlan } from '../../src/domain/plan.ts';

/** A folder of 9 messages of which these may leave, 100 bytes each. */
export function folderPlan(path: string, uids: readonly number[], roles: readonly Role[] = []): FolderPlan {
  return {
    folder: {
      path,
      name: path,
      delimiter: '/',
      namespace: 'personal',
      roles,
      selectable: true,
      mirror: false,
    },
    state: {
      path,
      uidValidity: uidValidity(1),
      mailboxId: null,
      uidNext: 99,
      highestModseq: null,
      messages: 9,
      readOnly: true,
    },
    total: { messages: 9, bytes: bytes(900) },
    messages: uids.map((one) => ({
      uid: uid(one),
      size: bytes(100),
      internalDate: new Date(0),
      flags: [],
      emailId: null,
      reason: 'old',
      archived: false,
    })),
    kept: [],
  };
}
