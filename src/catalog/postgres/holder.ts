import { randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** Which process holds a lease. */
export interface Holder {
  readonly host: string;
  readonly pid: number;
  readonly machine: string;
}

/** Where nothing is known of it, no two processes are on one machine. */
const unknown = randomUUID();

/** This boot of this kernel, and the numbers that its processes have here (a container has its own). */
function bootOf(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return unknown;
  }
}

/** When a process began, in ticks since boot (proc(5)); null: there is none of this number, or it is hidden from us. */
function beginOf(pid: number): string | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name of the program may hold anything, parentheses too.
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}

/** This process. */
export function holderHere(): Holder {
  const { pid } = process;
  return { host: hostname(), pid, machine: `${bootOf()} ${beginOf(pid) ?? unknown}` };
}

/**
 * True when the kernel says that the process is no more: it ran here, and its number is free or another's.
 * A stopped process is there. Of other machines nothing is known.
 */
export function isDead({ pid, machine }: Pick<Holder, 'pid' | 'machine'>): boolean {
  const boot = bootOf();
  if (!machine.startsWith(`${boot} `)) return false;
  const begin = beginOf(pid);
  // What can't be read may be hidden (`hidepid`), and alive.
  return begin === null ? isFree(pid) : machine !== `${boot} ${begin}`;
}

/** Whether the kernel knows no process of this number. */
function isFree(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH';
  }
}
