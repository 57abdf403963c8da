import type { App } from '../compose.ts';
import { printable } from '../domain/printable.ts';
import { isError } from '../errors.ts';
import type { StoreHealth } from '../ports/store.ts';
import { encryptionFact, proveReadable } from '../upkeep/prove-readable.ts';
import { type Context, printJson, withApp } from './context.ts';
import { exit, type ExitCode } from './exit-code.ts';

interface StoreReport extends StoreHealth {
  readonly name: string;
  readonly type: string;
  /** When an identity was last proved to decrypt; null: never. Only for encrypted stores. */
  readonly identityProved?: string | null;
  /** Why the given identity did not prove it; null: it did, or no identity was given. */
  readonly identityFault: string | null;
}

/**
 * Checks every store as a run would, and shows what it can guarantee. With an identity it first proves
 * for each encrypted store that what is written there can be read. Exit 1 when a store is refused.
 */
export async function validateStores(context: Context, document: object): Promise<ExitCode> {
  const proves = context.options.identity !== undefined;
  return withApp(context, proves ? 'create' : 'read-only', async (app) => {
    const { io, options } = context;
    const stores: StoreReport[] = [];
    for (const { name, type } of app.config.stores.values())
      stores.push({ name, type, ...(await reportOn(app, name, proves)) });
    if (options.json === true) printJson(io, 'validate', { ...document, stores });
    else {
      for (const { name, type, facts, warnings, refusals, identityFault } of stores) {
        const verdict =
          refusals.length === 0 ? 'may be used' : 'is DISABLED: nothing is archived to it or deleted';
        io.out(`store "${name}" (${type}) ${verdict}`);
        for (const fact of facts) io.out(`  ${printable(fact)}`);
        for (const text of warnings) io.out(`  ${io.style('yellow', 'warning:')} ${printable(text)}`);
        if (identityFault !== null) io.out(`  ${io.style('red', 'identity:')} ${printable(identityFault)}`);
        for (const text of refusals) io.out(`  ${io.style('red', 'refused:')} ${printable(text)}`);
      }
    }
    const good = stores.every((store) => store.refusals.length === 0 && store.identityFault === null);
    return good ? exit.ok : exit.failure;
  });
}

async function reportOn(
  app: App,
  name: string,
  proves: boolean,
): Promise<Omit<StoreReport, 'name' | 'type'>> {
  let identityFault: string | null = null;
  try {
    if (proves) await proveReadable(app, name);
  } catch (error) {
    if (!isError(error)) throw error;
    identityFault = error.message;
  }
  const health = await app.gate.inspect(name);
  const encryption = await encryptionFact(app, name);
  if (encryption === null) return { ...health, identityFault };
  const identityProved = encryption.proved?.toISOString() ?? null;
  return { ...health, facts: [...health.facts, encryption.text], identityProved, identityFault };
}
