import type { AccountRef } from '../domain/account.ts';
import { bytes, shortId } from '../domain/brands.ts';
import { count, countOf } from '../domain/count.ts';
import { formatBytes } from '../domain/size.ts';
import { alike, general, reasonOn, type Some } from '../watch/alike.ts';
import { besidePauses } from '../watch/paused.ts';
import { soonest } from '../watch/pending.ts';
import { isPaused, type Status } from '../watch/status.ts';
import { accountPauseText } from '../work/account-pause.ts';
import { timeText } from './when.ts';

/** Lines of failures that are shown: with all around them they fit a screen. */
const mostLines = 7;
/** Accounts that a line names. */
const mostNames = 2;

/** What failed or is damaged, what is alike in one line. */
export function failureLines({ held, at: now }: Status, zone: string): readonly string[] {
  const newest = (dates: readonly (Date | null)[]): string =>
    timeText(
      dates.reduce<Date>((last, at) => (at !== null && at > last ? at : last), new Date(0)),
      zone,
    );
  const lines = [
    ...held.stores.map(({ store, reason }) => `store "${store}": ${reason}`),
    ...alike(held.runs, (run) => `${run.policy} ${run.result} ${general(run.reason, run)}`).map((runs) => {
      const [first] = runs;
      const when = newest(runs.map(({ finished }) => finished));
      if (first.result === 'limit')
        return `${first.policy} on ${names(runs)}: stopped by a limit ${when}; \`mothball plan ${first.policy}\` shows by how much`;
      const why = first.reason === null ? '' : `: ${reasonOn(runs)}`;
      return `${first.policy} on ${names(runs)}: failed ${when}${why}`;
    }),
    ...alike(besidePauses(held).unread, (one) => general(one.reason, one)).map((group) => {
      const why = reasonOn(group);
      return `${names(group)} could not be scanned ${newest(group.map(({ at }) => at))}: ${why}`;
    }),
    ...alike(
      besidePauses(held).postponed.filter((one) => !isPaused(one)),
      (one) => general(one.reason, one),
    ).map((group) => postponedText(group, now, zone)),
    ...alike(held.quarantined, ({ store, reason }) => `${store} ${reason}`).map((group) => {
      const [first] = group;
      const what =
        group.length === 1
          ? `archive ${shortId(first.id)} in store "${first.store}"`
          : `${countOf(group.length, 'archive')} in store "${first.store}", like ${shortId(first.id)}`;
      return `${what}: quarantined: ${first.reason}`;
    }),
  ];
  if (lines.length <= mostLines) return lines;
  return [
    ...lines.slice(0, mostLines),
    `and ${count(lines.length - mostLines)} more; \`mothball runs --failed\` and \`mothball status --json\` list all of them`,
  ];
}

/** What waits for the end of its policy's grace, one line for each policy, and what will not be deleted. */
export function waitingLines({ held, at: now }: Status, zone: string): readonly string[] {
  const paused = alike(besidePauses(held).postponed.filter(isPaused), ({ reason }) => reason);
  const pending = alike(held.pending, ({ policy, graceEnds }) => `${policy} ${graceEnds === null}`).map(
    (group) => {
      const [{ policy, graceEnds }] = group;
      const messages = group.reduce((sum, one) => sum + one.messages, 0);
      const size = group.reduce((sum, one) => sum + one.bytes, 0);
      const what = `${policy}: ${countOf(messages, 'message')}, ${formatBytes(bytes(size))} of ${names(group, 1)}`;
      if (graceEnds === null) return `${what}: archived, and kept: the policy no longer deletes`;
      return `${what}: archived, may be deleted from ${timeText(soonest(group, graceEnds), zone)}`;
    },
  );
  const throttled = alike(
    held.paused,
    ({ server, words, until }) => `${server} ${words} ${until.toISOString()}`,
  );
  return [
    ...throttled.map((group) => `${names(group)}: ${accountPauseText(group[0])}`),
    ...paused.map((group) => postponedText(group, now, zone)),
    ...pending,
  ];
}

function postponedText(group: Some<Status['held']['postponed'][number]>, now: Date, zone: string): string {
  const [first] = group;
  const next = group.reduce((least, { until }) => (until < least ? until : least), first.until);
  return `${names(group)}: ${reasonOn(group)}; tried again ${next <= now ? 'now' : timeText(next, zone)}`;
}

/** The accounts: all names of a few, else their number and the first of them. */
function names(accounts: readonly AccountRef[], most = mostNames): string {
  const on = ({ server, account }: AccountRef): string => `${account} on ${server}`;
  if (accounts.length <= most) return accounts.map(on).join(' and ');
  const [first] = accounts;
  return `${countOf(accounts.length, 'account')}${most === 1 || first === undefined ? '' : `, like ${on(first)}`}`;
}
