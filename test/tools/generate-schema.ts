/** Writes the JSON schemas of policies/ from the schemas that files are checked with. */
import { writeFile } from 'node:fs/promises';
import { mainSchemaJson } from '../../src/config/schema-main.ts';
import { policySchemaJson } from '../../src/config/schema-policy.ts';

for (const [name, schema] of [
  ['policy', policySchemaJson()],
  ['mothball', mainSchemaJson()],
] as const)
  await writeFile(
    new URL(`../../policies/${name}.schema.json`, import.meta.url),
    `${JSON.stringify(schema, null, 2)}\n`,
  );
