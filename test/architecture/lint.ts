import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';

const repository = join(import.meta.dirname, '../..');

/** Something that lint has against a file, such as `no-cycle`. */
export interface Verdict {
  readonly file: string;
  readonly line: number;
  readonly rule: string;
}

/**
 * Runs oxlint with this repository's own configuration over files made up in a directory of their own,
 * which is gone afterwards. Keys are paths as they would be in the repository.
 */
export async function lint(files: ReadonlyMap<string, string>): Promise<readonly Verdict[]> {
  const directory = await mkdtemp(join(tmpdir(), 'mothball-lint-'));
  try {
    for (const name of ['.oxlintrc.json', 'tsconfig.json', 'package.json']) {
      await cp(join(repository, name), join(directory, name));
    }
    await symlink(join(repository, 'node_modules'), join(directory, 'node_modules'));
    for (const [path, text] of files) {
      await mkdir(dirname(join(directory, path)), { recursive: true });
      await writeFile(join(directory, path), text);
    }
    return verdicts(
      await oxlint(directory, new Set([...files.keys()].map((path) => path.split('/')[0] ?? ''))),
    );
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** oxlint exits with 1 when it finds something; what it prints tells that from a failure to run. */
function oxlint(directory: string, folders: ReadonlySet<string>): Promise<string> {
  const program = join(repository, 'node_modules/oxlint/bin/oxlint');
  const args = [program, '--type-aware', '--deny-warnings', '-f', 'json', ...folders];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { cwd: directory, maxBuffer: 1e8 }, (error, stdout, stderr) => {
      if (stdout.startsWith('{')) resolve(stdout);
      else reject(new Error(`oxlint did not run: ${stdout}${stderr}`, { cause: error }));
    });
  });
}

interface Report {
  readonly diagnostics: readonly {
    readonly code: string;
    readonly filename: string;
    readonly labels: readonly { readonly span: { readonly line: number } }[];
  }[];
}

function verdicts(json: string): readonly Verdict[] {
  const report: Report = JSON.parse(json);
  return report.diagnostics.map(({ code, filename, labels }) => ({
    file: filename,
    line: labels[0]?.span.line ?? 0,
    rule: /\((.*)\)/.exec(code)?.[1] ?? code,
  }));
}
