/** Writes policies/policy.schema.json from the schema that policy files are checked with. */
import { writeFile } from 'node:fs/promises';
import { policySchemaJson } from '../../src/config/schema-policy.ts';

const target = new URL('../../policies/policy.schema.json', import.meta.url);
await writeFile(target, `${JSON.stringify(policySchemaJson(), null, 2)}\n`);
