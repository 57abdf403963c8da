import { appendFileSync } from 'node:fs';
import process from 'node:process';

const killAt = process.env['MOTHBALL_FAILPOINT'] ?? '';
const log = process.env['MOTHBALL_FAILPOINT_LOG'];
let hits = 0;

/**
 * A place where the fault tests kill the process, before and after each durable step. Inert unless
 * MOTHBALL_FAILPOINT (the hit to die at, from 1, or the name of a place) or MOTHBALL_FAILPOINT_LOG (a file) is set.
 */
export function failPoint(name: string): void {
  if (killAt === '' && log === undefined) return;
  hits += 1;
  if (log !== undefined) appendFileSync(log, `${hits} ${name}\n`);
  if (killAt === String(hits) || killAt === name) process.kill(process.pid, 'SIGKILL');
}
