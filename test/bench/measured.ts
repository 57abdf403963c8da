import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import process from 'node:process';

/** What a program took, with all that it started. */
export interface Measured {
  readonly seconds: number;
  /** User and system time; sampled, so a little too small. Null: not measured. */
  readonly cpuSeconds: number | null;
  readonly peakMegabytes: number | null;
  readonly stdout: string;
}

/** Ticks of a second in /proc; 100 on every Linux that Node runs on. */
const ticks = 100;

/** A program that takes longer is stopped, and counts as not measured. */
const longestMs = 180_000;

export interface MeasuredOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly longestMs?: number;
}

/** Runs a program to its end. @throws when it fails. */
export async function measured(
  program: string,
  args: readonly string[],
  options: MeasuredOptions = {},
): Promise<Measured> {
  const begun = process.hrtime.bigint();
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    timeout: options.longestMs ?? longestMs,
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
  child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
  const use = new Map<number, { readonly cpu: number; readonly peak: number }>();
  const timer = setInterval(() => sample(child.pid ?? 0, use), 50);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  clearInterval(timer);
  const seconds = Number(process.hrtime.bigint() - begun) / 1e9;
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} exited ${code}: ${stderr.slice(-2000)}`);
  const all = [...use.values()];
  const cpuSeconds = all.reduce((sum, { cpu }) => sum + cpu, 0);
  return { seconds, cpuSeconds, peakMegabytes: Math.max(0, ...all.map(({ peak }) => peak)), stdout };
}

/** Notes processor time and most memory of a process and of those below it. */
function sample(pid: number, use: Map<number, { readonly cpu: number; readonly peak: number }>): void {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '0';
    // Of one that has ended the kernel says no more how much memory it had.
    const most = Math.max(Number(peak) / 1000, use.get(pid)?.peak ?? 0);
    use.set(pid, { cpu: (Number(fields[11]) + Number(fields[12])) / ticks, peak: most });
    for (const task of readdirSync(`/proc/${pid}/task`))
      for (const child of readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' '))
        if (child !== '') sample(Number(child), use);
  } catch {
    // It has ended.
  }
}
