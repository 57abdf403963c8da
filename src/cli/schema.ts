import { mainSchemaJson } from '../config/schema-main.ts';
import { policySchemaJson } from '../config/schema-policy.ts';
import { MothballError } from '../errors.ts';
import type { Context } from './context.ts';
import { exit, type ExitCode } from './exit-code.ts';

/** The JSON schema of policy files, or of mothball.yaml. */
export async function schema({ io }: Context, [what = 'policy']: readonly string[]): Promise<ExitCode> {
  if (what !== 'policy' && what !== 'config')
    throw new MothballError({ fact: `schema takes policy or config, not "${what}"` }, { code: 'usage' });
  io.out(JSON.stringify(what === 'policy' ? policySchemaJson() : mainSchemaJson(), null, 2));
  return exit.ok;
}
