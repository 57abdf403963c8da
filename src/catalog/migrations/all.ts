import { initial } from './001-initial.ts';
import { objectVersion } from './002-object-version.ts';
import { daemon } from './003-daemon.ts';
import { history } from './004-history.ts';
import { days } from './005-days.ts';
import { encryption } from './006-encryption.ts';
import { notices } from './007-notices.ts';
import { reasonCodes } from './008-reason-codes.ts';
import { blames } from './009-blames.ts';
import { origin } from './010-origin.ts';
import { plannedMarkers } from './011-planned-markers.ts';
import { hostileMail } from './012-hostile-mail.ts';
import { folderRefusals } from './013-folder-refusals.ts';
import { eventCounts } from './014-totals.ts';
import { actedRuns } from './015-acted-runs.ts';
import { newestSamples } from './016-newest-samples.ts';
import { folderSpelling } from './017-spelling.ts';
import { purgedLines } from './018-purged-lines.ts';
import { aliases } from './019-aliases.ts';
import { databaseIdentity } from './020-identity.ts';
import { accountPauses } from './021-account-pauses.ts';
import { leases } from './022-leases.ts';
import { troubledRuns } from './023-troubled-runs.ts';
import { texts } from './024-texts.ts';
import { storedPlans } from './025-stored-plans.ts';
import { sizes } from './026-sizes.ts';
import { paces } from './027-paces.ts';
import type { Migration } from './migration.ts';

/** Every migration, in order. */
export const migrations: readonly Migration[] = [
  initial,
  objectVersion,
  daemon,
  history,
  days,
  encryption,
  notices,
  reasonCodes,
  blames,
  origin,
  plannedMarkers,
  hostileMail,
  folderRefusals,
  eventCounts,
  actedRuns,
  newestSamples,
  folderSpelling,
  purgedLines,
  aliases,
  databaseIdentity,
  accountPauses,
  leases,
  troubledRuns,
  texts,
  storedPlans,
  sizes,
  paces,
];
