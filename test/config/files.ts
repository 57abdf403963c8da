import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import type { SecretSources } from '../../src/config/secret-sources.ts';
import { ConfigError, formatProblem } from '../../src/errors.ts';

/** A private directory with these files (mode 0600), removed after the test. */
export async function directoryWith(
  t: TestContext,
  files: Readonly<Record<string, string>>,
): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'mothball-config-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(directory, name)), { recursive: true });
    await writeFile(join(directory, name), text);
    await chmod(join(directory, name), 0o600);
  }
  return directory;
}

/** The smallest mothball.yaml that loads; needs the file `pw`. */
export const smallest = `version: 1
servers:
  main: { host: imap.example.com }
accounts:
  - { user: alice@example.com, server: main, passwordFile: pw }
`;

/** The same with policies from policies.yaml. */
export const withPolicies = `${smallest}policies: [policies.yaml]\n`;

/** A policy file around the given lines of one policy called `p`. */
export function policyFile(lines: string): string {
  const body = lines.replaceAll(/^/gm, '    ');
  return `version: 1\npolicies:\n  - name: p\n${body}\n`;
}

/** No environment: secrets come from files alone. */
export const noSecrets: SecretSources = { env: {}, cwd: '/' };

/** The problems of loading these files, with the directory taken out of file names; [] when it loads. */
export async function problemsOf(
  t: TestContext,
  files: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>> = {},
): Promise<readonly string[]> {
  const directory = await directoryWith(t, { pw: 'hunter2\n', ...files });
  try {
    await loadConfig(join(directory, 'mothball.yaml'), { env, cwd: directory });
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map((problem) => formatProblem(problem).replaceAll(`${directory}/`, ''));
  }
}
