/** Writes docs/reliability.md: the fault matrix, with the tests that show each row. */
import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { reliabilityPage } from '../reliability/page.ts';

const target = fileURLToPath(new URL('../../docs/reliability.md', import.meta.url));
await writeFile(target, reliabilityPage());
execFileSync('npx', ['prettier', '--write', target], { stdio: 'inherit' });
