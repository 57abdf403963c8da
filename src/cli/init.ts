import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { policySchemaJson } from '../config/schema-policy.ts';
import { errorMessage, MothballError } from '../errors.ts';
import type { Context } from './context.ts';
import { exit, type ExitCode } from './exit-code.ts';

const config = `# Mothball. Check it with: mothball validate; try the login with: mothball accounts --test
version: 1
servers:
  main: { host: imap.example.com, tls: implicit } # implicit (993) | starttls (143)
accounts:
  # The file holds the password alone and must not be readable by others (chmod 600).
  - { user: alice@example.com, server: main, passwordFile: ./alice.password }
stores:
  local: { type: local, path: ./archive }
database: sqlite:./mothball.db
policies: [policies/*.yaml]
`;

const policy = `# yaml-language-server: $schema=./policy.schema.json
version: 1
policies:
  - name: archive-after-2y
    mode: plan # reports only; when \`mothball plan\` shows what you want, change it to enforce
    match: { olderThan: 2y }
    archive: { to: local }
    delete: { after: 7d } # a week between the verified archive and the deletion
`;

/** Writes a first configuration. Never overwrites a file. */
export async function init({ io, cwd }: Context, args: readonly string[]): Promise<ExitCode> {
  const directory = resolve(cwd, args[0] ?? '.');
  const files: readonly (readonly [string, string])[] = [
    ['mothball.yaml', config],
    ['policies/archive-after-2y.yaml', policy],
    ['policies/policy.schema.json', `${JSON.stringify(policySchemaJson(), null, 2)}\n`],
  ];
  const there = files.map(([name]) => join(directory, name)).filter((path) => existsSync(path));
  if (there.length > 0)
    throw new MothballError(
      {
        fact: `${there.join(', ')} ${there.length === 1 ? 'exists' : 'exist'} already, and init overwrites nothing`,
        notDone: `nothing was written to ${directory}`,
        remedy: 'Choose another directory, like `mothball init mail`',
      },
      { code: 'usage' },
    );
  await mkdir(join(directory, 'policies'), { recursive: true });
  for (const [name, text] of files) {
    try {
      await writeFile(join(directory, name), text, { flag: 'wx' });
    } catch (error) {
      throw new MothballError(
        { fact: `${join(directory, name)} was not written: ${errorMessage(error)}` },
        { code: 'usage', cause: error },
      );
    }
    io.out(`wrote ${join(directory, name)}`);
  }
  io.out('next: put your server and account into mothball.yaml, and the password into a file of its own');
  io.out('(chmod 600); then run `mothball accounts --test`, `mothball quota` and `mothball plan`');
  return exit.ok;
}
