import type { StoreHealth } from '../ports/store.ts';
import { printJson, withApp, type Context } from './context.ts';
import { exit, type ExitCode } from './exit-code.ts';
import { printable } from './printable.ts';

/** Checks every store as a run would, and says what it can promise. Exit 1 when one is refused. */
export async function validateStores(context: Context, document: object): Promise<ExitCode> {
  return withApp(context, 'read-only', async ({ config, gate }) => {
    const { io, options } = context;
    const stores: (StoreHealth & { readonly name: string; readonly type: string })[] = [];
    for (const { name, type } of config.stores.values())
      stores.push({ name, type, ...(await gate.inspect(name)) });
    if (options.json === true) printJson(io, 'validate', { ...document, stores });
    else {
      for (const { name, type, facts, warnings, refusals } of stores) {
        const verdict =
          refusals.length === 0 ? 'may be used' : 'is OFF: nothing is archived to it or deleted';
        io.out(`store ${name} (${type}) ${verdict}`);
        for (const fact of facts) io.out(`  ${printable(fact)}`);
        for (const text of warnings) io.out(`  ${io.style('yellow', 'warning:')} ${printable(text)}`);
        for (const text of refusals) io.out(`  ${io.style('red', 'refused:')} ${printable(text)}`);
      }
    }
    return stores.every(({ refusals }) => refusals.length === 0) ? exit.ok : exit.failure;
  });
}
