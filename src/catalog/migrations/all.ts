import { initial } from './001-initial.ts';
import { objectVersion } from './002-object-version.ts';
import { daemon } from './004-daemon.ts';
import { history } from './006-history.ts';
import { encryption } from './007-encryption.ts';
import { days } from './008-days.ts';
import type { Migration } from './migration.ts';

/** Every migration, in order. */
export const migrations: readonly Migration[] = [initial, objectVersion, daemon, history, encryption, days];
