import { countOf } from '../../domain/count.ts';
import type { HeldUp } from '../../watch/status.ts';
import { html, type Html } from '../html.ts';
import { accountLink, htmlTable, time } from './figures.ts';

/** Jobs that are named of each replica. */
const named = 8;

type Replica = HeldUp['daemons'][number];

const columns = [
  { title: 'Host' },
  { title: 'Process', number: true },
  { title: 'Since' },
  { title: 'Last heard of' },
  { title: 'Works on' },
  { title: 'Waiting', number: true },
];

/** The processes that share the work, what each is doing and since when; nothing where there is one only. */
export function replicasSection({ daemons }: HeldUp): Html | false {
  return (
    daemons.length > 1 &&
    html`<section aria-labelledby="replicas">
      <h2 id="replicas">Replicas</h2>
      ${htmlTable(`${countOf(daemons.length, 'replica')} and what they are doing`, columns, daemons.map(row))}
    </section>`
  );
}

function row({ host, pid, started, seen, state }: Replica): readonly (Html | string | number)[] {
  const marks = [...(state.leader ? ['leader'] : []), ...(state.stopping ? ['stopping'] : [])];
  const where = marks.length === 0 ? host : `${host} (${marks.join(', ')})`;
  return [where, pid, time(started), time(seen), work(state.jobs), state.waiting];
}

function work(jobs: Replica['state']['jobs']): Html | string {
  if (jobs.length === 0) return 'nothing';
  const shown = jobs.slice(0, named).map(({ kind, server, account, since }, index) => {
    const what = account === null || server === null ? null : html` ${accountLink({ server, account })}`;
    return html`${index === 0 ? null : ', '}${kind}${what} since ${time(since)}`;
  });
  const more = jobs.length - shown.length;
  return html`${shown}${more > 0 && ` and ${more} more`}`;
}
