import { policySchemaJson } from '../config/schema-policy.ts';
import type { Context } from './context.ts';
import { exit, type ExitCode } from './exit-code.ts';

export async function schema({ io }: Context): Promise<ExitCode> {
  io.out(JSON.stringify(policySchemaJson(), null, 2));
  return exit.ok;
}
