import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import process from 'node:process';
import type { Measured } from './measured.ts';

/** One row of performance.md. */
export interface Row {
  readonly mail: string;
  readonly what: string;
  readonly megabytes: number;
  /** Null: it could not be measured. */
  readonly measured: Measured | null;
  /** Time of the raw socket for the same mail, where there is one. */
  readonly floorSeconds: number | null;
}

function versionOf(program: string, args: readonly string[]): string {
  const { stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
  return error === undefined ? (/\d+(?:\.\d+)+\S*/.exec(stdout + stderr)?.[0] ?? 'unknown') : 'not installed';
}

const number = (value: number | null, digits: number): string =>
  value === null ? '–' : value.toFixed(digits);

/** The page, all of it. `loads` are the load averages of the machine at the start and at the end. */
export function page(rows: readonly Row[], scale: number, loads: readonly number[], date: Date): string {
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${(totalmem() / 1e9).toFixed(0)} GB, Linux ${release()}`;
  const programs = [
    `Node.js ${process.versions.node}`,
    `Dovecot ${versionOf('dovecot', ['--version'])}`,
    `mbsync ${versionOf('mbsync', ['--version'])}`,
    `getmail ${versionOf('getmail', ['--version'])}`,
  ];
  const table = rows.map(({ mail, what, megabytes, measured, floorSeconds }) => {
    if (measured === null) return [mail, what, '–', '–', '–', '–', '–'];
    const { seconds, cpuSeconds, peakMegabytes } = measured;
    const times = floorSeconds === null ? null : seconds / floorSeconds;
    return [
      mail,
      what,
      number(seconds, 2),
      megabytes === 0 ? '–' : number(megabytes / seconds, 1),
      number(cpuSeconds, 1),
      number(peakMegabytes, 0),
      number(times, 1),
    ];
  });
  const head = ['Mail', 'What', 'Seconds', 'MB/s', 'CPU seconds', 'Peak MB', 'Times the floor'];
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return `${intro}
- **Date**: ${date.toISOString().slice(0, 10)}
- **Machine**: ${machine}
- **Programs**: ${programs.join(', ')}
- **Amount**: scale ${scale}; at 1 it is 10,000 messages of 2 kB, 20,000 of 21 kB (10,000 for S3), and 4 of 50 MB, and less where there is latency. Below 1, start-up and single fsyncs are most of the time.
- **Load average** before and after: ${loads.map((load) => load.toFixed(1)).join(', ')}. Where it is above 1 the machine was shared, and walls are too long; processor time and ratios within the run hold better.

## What was measured

${[line(head), line(head.map(() => '---')), ...table.map(line)].join('\n')}
${outro}`;
}

const intro = `# Performance

This page is written by \`npm run bench\`, all of it in one run on one machine. Do not edit it.
`;

const outro = `
## How to read it

- **raw socket**: one FETCH of everything, its bytes thrown away, then UID STORE and UID EXPUNGE in ranges of 500. Nothing can be faster, so it is the floor. With "reads only", just the FETCH. With "MULTIAPPEND", nothing but that, 200 messages a command, is the floor of a restore.
- **mbsync** copies into a Maildir; **getmail6** copies into an mbox file, and deletes; **doveadm backup** copies on the server's own machine, without IMAP. None of them verifies what it wrote.
- **mothball** archives, reads everything back and compares every SHA-256, and only then deletes. Start-up of the program is included.
- **40 ms** is a proxy that delays every byte by 20 ms each way.
- Processor time is that of the client and is sampled 20 times a second. A row with dashes could not be measured.

## The page

With 5,000 accounts, 30 days of samples and 10,000 runs, a page is there after (\`npm run bench:page\`, 2026-11-29, same machine with nothing else to do): the overview 112 ms for the first visit after a start and 47 ms from then on, the accounts 42 to 62 ms, the policies 68 and 56 ms, the runs 98 and 86 ms.

## Many accounts

300 accounts with nothing to do, 40 ms away, against eight threads that only log in and out (\`npm run bench:accounts\`, 2026-11-29, same machine with nothing else to do): the loop takes 8.9 s, \`quota\` 8.9 s, \`scan\` 10.8 s (1.21 times the loop), \`plan\` 11.3 s (1.28 times) and \`run\` 11.6 s (1.30 times).

## Memory

The launcher starts Node with a young generation of at most 2 MB (\`--max-semi-space-size=2\`), and with heaps that may grow by a quarter beyond what is in use before everything is collected (\`--heap-growing-percent=25\`). No collection is forced. Mail passes through buffers outside of V8's heap, so a larger young generation only lets more of their handles, and with them the buffers, gather before they are freed. On a day when this machine was a third faster, with nothing else to do, peak and processor time for the mixed mail were 194 to 195 MB and 11.8 to 12.1 s with these two settings; 197 to 210 MB and 11.6 to 14.6 s with a growth of 35 %; 204 to 212 MB and 10.5 to 11.4 s with 50 %; 195 to 201 MB and 11.1 to 11.6 s with 1 MB and 50 %; 217 to 222 MB and 10.6 to 10.7 s with 4 MB and 50 %. The time by the clock was the same within 5 %.

With 500,000 messages of 440 bytes (\`npm run bench:half-million\`, 2026-11-29, load 1.6 to 2.3): \`export --all\` peaks at 199 MB and takes 26 s, \`reindex\` 126 MB and 23 s, \`restore --all\` 206 MB and 97 s (nothing but MULTIAPPEND takes 36 s), \`import\` of one mbox file 252 to 271 MB.
`;

export function loadNow(): number {
  return loadavg()[0] ?? Number(readFileSync('/proc/loadavg', 'utf8').split(' ')[0]);
}
