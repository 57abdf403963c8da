import { readdirSync, readFileSync } from 'node:fs';
import process from 'node:process';

/** Ticks of a second in /proc; 100 on every Linux that Node runs on. */
const ticks = 100;

/** Processor seconds of this process, of all that it started, and of what ended meanwhile. */
export function familyCpuSeconds(pid = process.pid): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // User and system time, of itself and of children that it waited for.
    const times = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 15);
    const own = times.reduce((sum, time) => sum + Number(time), 0) / ticks;
    const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'latin1').trim().split(' '),
    );
    return children
      .filter((child) => child !== '')
      .reduce((sum, child) => sum + familyCpuSeconds(Number(child)), own);
  } catch {
    // It has ended, and its parent has its time.
    return 0;
  }
}
