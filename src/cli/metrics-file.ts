import { randomUUID } from 'node:crypto';
import { access, constants, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { errorMessage, isError, MothballError } from '../errors.ts';
import { type Context, readConfig, selectAccounts } from './context.ts';
import type { ExitCode } from './exit-code.ts';
import { byAccount, pickPolicies } from './pick-policies.ts';
import { RunMetrics } from './run-metrics.ts';

/** node_exporter, which reads the file, runs as another user. */
const mode = 0o644;

/** Runs the body and writes the file, also when the body fails. */
export async function withMetricsFile(
  context: Context,
  names: readonly string[],
  target: string,
  body: (metrics: RunMetrics) => Promise<ExitCode>,
): Promise<ExitCode> {
  const path = resolve(context.cwd, target);
  await requireWritable(path);
  const metrics = new RunMetrics();
  let code: ExitCode;
  try {
    code = await body(metrics);
  } catch (error) {
    await recordFault(context, names, metrics, error);
    await write(path, metrics).catch((failed: unknown) => context.io.problem(failed));
    throw error;
  }
  await write(path, metrics);
  return code;
}

/** Records a run that could not begin. */
async function recordFault(
  context: Context,
  names: readonly string[],
  metrics: RunMetrics,
  error: unknown,
): Promise<void> {
  const config = await readConfig(context).catch(() => null);
  if (config === null) return metrics.misconfigured();
  // A wrong command line, a pause, a signal: nothing happened, so what is in the file is still true.
  if (isError(error, 'config', 'usage', 'interrupted')) return;
  metrics.broke(config, byAccount(selectAccounts(config, context), pickPolicies(config, names)));
}

async function write(path: string, metrics: RunMetrics): Promise<void> {
  const text = metrics.text();
  if (text !== null) await writeMetricsFile(path, text);
}

/** @throws `usage` before the run when the file could not be written after it. */
async function requireWritable(path: string): Promise<void> {
  try {
    await access(dirname(path), constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new MothballError(
      {
        fact: `the directory of --metrics-file ${path} is not writable (${errorMessage(error)})`,
        notDone: 'nothing was run',
        remedy: 'Create the directory, or choose another',
      },
      { code: 'usage', cause: error },
    );
  }
}

/**
 * Writes the text to another file beside it, then renames that: a reader sees the old text or the
 * new one, whole. The temporary name does not end in `.prom`, which the textfile
 * collector looks for. @throws `store` when it can't be written.
 */
async function writeMetricsFile(path: string, text: AsyncIterable<string>): Promise<void> {
  const draft = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`);
  try {
    const file = await open(draft, 'wx', mode);
    try {
      await file.writeFile(text);
      // The umask may have taken the others' right to read.
      await file.chmod(mode);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw new MothballError(
      {
        fact: `can't write --metrics-file ${path} (${errorMessage(error)})`,
        notDone: 'the run itself is not affected, but Prometheus still sees the old figures',
      },
      { code: 'store', cause: error },
    );
  }
}
