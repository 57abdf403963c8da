import type { DatabaseKind } from './databases.ts';

/** Which database the tests of this process run on. A test file chooses before it imports them. */
export const chosen: { kind: DatabaseKind } = { kind: 'SQLite' };
