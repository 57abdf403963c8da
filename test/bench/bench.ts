/**
 * Measures Mothball beside other programs, in one run, and writes docs/performance.md.
 *
 *   npm run bench [-- --scale 1] [--no-s3] [--out docs/performance.md]
 *
 * `--scale 0.1`: a tenth of the messages. Programs that are not installed are left out.
 */
import { spawnSync } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { mailbox, note, type SeedMessage } from '../corpus/mailbox.ts';
import { seedUser } from '../corpus/seed.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import { startRgw } from '../servers/rgw.ts';
import { startDelayProxy } from './delay-proxy.ts';
import type { Measured } from './measured.ts';
import { MothballBench } from './mothball-work.ts';
import { doveadm, getmail, mbsync, rawAppend, rawSocket } from './other-programs.ts';
import { buildPackage } from './package.ts';
import { loadNow, page, type Row } from './report.ts';

const { values } = parseArgs({
  options: {
    scale: { type: 'string', default: '1' },
    out: { type: 'string', default: 'docs/performance.md' },
    s3: { type: 'boolean', default: true },
  },
  allowNegative: true,
});
const scale = Number(values.scale);
const ages = { from: 400, to: 2_000 };
const flags = { '\\Seen': 70 };

function many(seed: number, count: number, meanSize: number): Iterable<SeedMessage> {
  return mailbox({ seed, count: Math.max(10, Math.round(count * scale)), ages, flags, meanSize });
}

function* few(): Generator<SeedMessage> {
  for (let index = 0; index < Math.max(1, Math.round(4 * scale)); index++)
    yield note(`huge ${index}`, 500, { size: 50_000_000 });
}

const corpora: readonly { readonly name: string; readonly mail: () => Iterable<SeedMessage> }[] = [
  { name: 'many small', mail: () => many(1, 10_000, 2_000) },
  { name: 'mixed', mail: () => many(2, 20_000, 21_000) },
  { name: 'few huge', mail: few },
];

const rows: Row[] = [];
let users = 0;

class Bench {
  readonly #dovecot: Dovecot;
  readonly #mothball: MothballBench;

  constructor(dovecot: Dovecot, mothball: MothballBench) {
    this.#dovecot = dovecot;
    this.#mothball = mothball;
  }

  /** A new user with this mail. */
  async seed(mail: Iterable<SeedMessage>) {
    const user = `bench${++users}`;
    const { messages, bytes } = await seedUser(this.#dovecot, user, mail);
    spawnSync('sync');
    return { target: { port: this.#dovecot.port, user }, messages, megabytes: bytes / 1e6 };
  }

  async row(about: Omit<Row, 'measured'>, work: () => Promise<Measured>): Promise<Measured | null> {
    let measured: Measured | null = null;
    try {
      measured = await work();
    } catch (error) {
      console.error(`${about.mail}, ${about.what}: ${String(error).slice(0, 500)}`);
    }
    rows.push({ ...about, measured });
    console.log(`${about.mail}, ${about.what}: ${measured?.seconds.toFixed(2) ?? 'not measured'}`);
    return measured;
  }

  /** Everything on loopback, for one kind of mail. */
  async near(mail: string, make: () => Iterable<SeedMessage>): Promise<void> {
    const floor = await this.seed(make());
    const { megabytes, messages } = floor;
    const about = { mail, megabytes, floorSeconds: null };
    await this.row({ ...about, what: 'raw socket, reads only' }, () => rawSocket(floor.target));
    await this.row({ ...about, what: 'mbsync, copies only' }, () => mbsync(floor.target));
    await this.row({ ...about, what: 'doveadm backup, copies only' }, () =>
      doveadm(this.#dovecot, floor.target.user),
    );
    const raw = await this.row({ ...about, what: 'raw socket, reads and deletes' }, () =>
      rawSocket(floor.target, messages),
    );
    const mine = { ...about, floorSeconds: raw?.seconds ?? null };
    const { target } = await this.seed(make());
    const site = await this.#mothball.localSite(target);
    try {
      await this.row({ ...mine, what: 'mothball, archives, verifies, deletes' }, () =>
        this.#mothball.archive(site, messages),
      );
      if (mail !== 'mixed') return;
      const append = await this.row({ ...about, what: 'raw socket, MULTIAPPEND' }, () =>
        rawAppend(floor.target, make()),
      );
      const restored = { ...about, floorSeconds: append?.seconds ?? null };
      await this.row({ ...restored, what: 'mothball restore' }, () => this.#mothball.restore(site));
      await this.row({ ...about, what: 'mothball import of an mbox file' }, () =>
        this.#mothball.import(site),
      );
      await this.row({ ...about, megabytes: 0, what: 'mothball search, with start-up' }, () =>
        this.#mothball.search(site),
      );
    } finally {
      await site.remove();
    }
  }

  /** 40 ms away: fewer messages, since getmail6 takes several round trips for each. */
  async far(): Promise<void> {
    const mail = '100 small, 40 ms';
    const make = () => mailbox({ seed: 7, count: 100, ages, flags, meanSize: 4_000 });
    const proxy = await startDelayProxy(this.#dovecot.port, 20);
    try {
      const behind = async () => {
        const { target, ...seeded } = await this.seed(make());
        return { target: { ...target, port: proxy.port }, ...seeded };
      };
      const floor = await behind();
      const about = { mail, megabytes: floor.megabytes, floorSeconds: null };
      await this.row({ ...about, what: 'mbsync, copies only' }, () => mbsync(floor.target));
      const raw = await this.row({ ...about, what: 'raw socket, reads and deletes' }, () =>
        rawSocket(floor.target, floor.messages),
      );
      const other = await behind();
      await this.row({ ...about, what: 'getmail6, copies and deletes' }, () => getmail(other.target));
      const mine = await behind();
      const site = await this.#mothball.localSite(mine.target);
      const what = 'mothball, archives, verifies, deletes';
      try {
        await this.row({ ...about, floorSeconds: raw?.seconds ?? null, what }, () =>
          this.#mothball.archive(site, mine.messages),
        );
        await this.row({ ...about, what: 'mothball restore' }, () => this.#mothball.restore(site));
      } finally {
        await site.remove();
      }
    } finally {
      await proxy.stop();
    }
  }

  async bucket(): Promise<void> {
    const rgw = await startRgw();
    try {
      const { target, messages, megabytes } = await this.seed(many(2, 10_000, 21_000));
      const about = { mail: 'mixed, S3 (Ceph RGW)', megabytes, floorSeconds: null };
      await this.row({ ...about, what: 'mothball, archives, verifies, deletes' }, () =>
        this.#mothball.archiveToS3(target, rgw, messages),
      );
    } finally {
      await rgw.stop();
    }
  }
}

const before = loadNow();
const built = await buildPackage();
const dovecot = await startDovecot({ quotaBytes: null });
try {
  const bench = new Bench(dovecot, new MothballBench(join(built, 'src', 'mothball.js')));
  const write = () => writeFile(values.out, page(rows, scale, [before, loadNow()], new Date()));
  // After each part: what was measured is not lost when a later part fails.
  for (const { name, mail } of corpora) await bench.near(name, mail).then(write);
  await bench.far().then(write);
  if (values.s3) await bench.bucket().then(write);
  spawnSync('prettier', ['--write', values.out]);
} finally {
  await dovecot.stop();
  await rm(built, { recursive: true, force: true });
}
