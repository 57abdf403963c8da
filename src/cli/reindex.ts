import { countOf } from '../domain/count.ts';
import { printable } from '../domain/printable.ts';
import { MothballError } from '../errors.ts';
import { reindexTexts } from '../upkeep/reindex-texts.ts';
import { reindex, type ReindexReport } from '../upkeep/reindex.ts';
import { lockedError } from '../work/locked-work.ts';
import { localUser } from './audit.ts';
import { type CommonOptions, type Context, printJson, withApp } from './context.ts';
import { exit, type ExitCode, strongest } from './exit-code.ts';

export async function reindexCommand(
  context: Context,
  _args: readonly string[],
  options: CommonOptions & {
    readonly store?: string;
    readonly newStore?: boolean;
    readonly takeOver?: boolean;
  },
): Promise<ExitCode> {
  return withApp(context, 'create', async (app) => {
    const { io } = context;
    const stores = [...app.stores.values()].filter(
      (store) => options.store === undefined || store.name === options.store,
    );
    if (stores.length === 0)
      throw new MothballError(
        {
          fact: `there is no store "${options.store ?? ''}"`,
          notDone: 'nothing was done',
          remedy: `The stores are: ${[...app.stores.keys()].join(', ')}`,
        },
        { code: 'usage' },
      );
    const reports: (ReindexReport & { readonly texts: number })[] = [];
    const codes: ExitCode[] = [];
    let locked = 0;
    for (const store of stores) {
      await using lock = await app.locks.store(store.name);
      if (lock === null) {
        io.problem(lockedError({ store: store.name }, 'nothing was done there'));
        locked += 1;
        continue;
      }
      const report = await reindex({
        store,
        newStore: options.newStore === true,
        ownership: app.gate.ownership,
        takeOver: options.takeOver === true,
        who: localUser(),
        catalog: lock.fenced ?? app.catalog,
        permit: lock,
        clock: app.clock,
        progress: app.progress,
        decryption: app.gate.decryption,
      });
      reports.push({ ...report, texts: await reindexTexts(app, store.name, app.config.policies) });
    }
    if (locked > 0) codes.push(locked === stores.length ? exit.locked : exit.partial);
    if (reports.some(({ damaged, foreign }) => damaged.length > 0 || foreign !== null))
      codes.push(exit.partial);
    if (options.json === true) printJson(io, 'reindex', { stores: reports });
    else for (const report of reports) showReport(context, report);
    return strongest(codes);
  });
}

function showReport({ io }: Context, report: ReindexReport & { readonly texts: number }): void {
  const { store, archives, messages, unread, orphans, expired, damaged, foreign, texts } = report;
  io.out(
    `${store}: the catalog has ${countOf(archives, 'archive')} with ${countOf(messages, 'message')}; they are verified before any of their mail is deleted`,
  );
  if (unread > 0)
    io.out(
      io.style(
        'red',
        `  ${countOf(unread, 'encrypted manifest')} could not be read, so their archives are missing from the catalog; until this database knows the store, nothing is archived to it and nothing is deleted. Run reindex again with --identity FILE.`,
      ),
    );
  if (texts > 0) io.out(`  the text of ${countOf(texts, 'archive')} was indexed`);
  if (foreign !== null) io.out(io.style('red', `  ${printable(foreign)}`));
  for (const key of orphans) io.out(`  object without a manifest: ${printable(key)}`);
  for (const key of expired)
    io.out(`  expired, the rest is removed by \`mothball expire\`: ${printable(key)}`);
  for (const { key, reason } of damaged) io.out(io.style('red', `  ${printable(key)}: ${printable(reason)}`));
}
