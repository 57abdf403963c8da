import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './free-port.ts';

export interface PrometheusWish {
  /** Port on loopback that is scraped each second, as job `mothball`. */
  readonly target: number;
  readonly rulesFile: string;
}

export interface Alert {
  readonly state: 'pending' | 'firing';
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** A private Prometheus on loopback. */
export interface Prometheus {
  /** Pending and firing alerts. */
  alerts(): Promise<readonly Alert[]>;
  /** Values of an instant query. */
  query(expression: string): Promise<readonly number[]>;
  /** How the last scrape went. */
  scrape(): Promise<{ readonly health: string; readonly lastError: string }>;
  stop(): Promise<void>;
}

/** What its API answers; each call has the part that it asks for. */
interface Answer {
  readonly data: {
    readonly alerts: readonly Alert[];
    readonly result: readonly { readonly value: readonly [number, string] }[];
    readonly activeTargets: readonly { readonly health: string; readonly lastError: string }[];
  };
}

export async function startPrometheus({ target, rulesFile }: PrometheusWish): Promise<Prometheus> {
  const dir = await mkdtemp(join(tmpdir(), 'prometheus-'));
  const port = await freePort();
  const config = {
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    rule_files: [rulesFile],
    scrape_configs: [{ job_name: 'mothball', static_configs: [{ targets: [`127.0.0.1:${target}`] }] }],
  };
  // JSON is YAML.
  await writeFile(join(dir, 'prometheus.yml'), JSON.stringify(config));
  const args = [`--config.file=${dir}/prometheus.yml`, `--storage.tsdb.path=${dir}/data`];
  const child = spawn('prometheus', [...args, `--web.listen-address=127.0.0.1:${port}`], {
    cwd: dir,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (said += text));
  const ended = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      said += String(error);
      resolve();
    });
    child.once('close', () => resolve());
  });
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  const get = async (path: string): Promise<Response> => fetch(`http://127.0.0.1:${port}${path}`);
  const data = async (path: string): Promise<Answer['data']> => {
    const answer: Answer = JSON.parse(await (await get(`/api/v1/${path}`)).text());
    return answer.data;
  };
  for (let tries = 0; ; tries++) {
    const ready = await get('/-/ready').catch(() => null);
    if (ready?.status === 200) break;
    if (tries === 200 || child.exitCode !== null) {
      kill();
      throw new Error(`prometheus did not start:\n${said}`);
    }
    await sleep(100);
  }
  return {
    alerts: async () => (await data('alerts')).alerts,
    query: async (expression) =>
      (await data(`query?query=${encodeURIComponent(expression)}`)).result.map(({ value }) =>
        Number(value[1]),
      ),
    async scrape() {
      const [scrape] = (await data('targets')).activeTargets;
      if (scrape === undefined) throw new Error('prometheus has no target');
      return scrape;
    },
    async stop() {
      process.removeListener('exit', kill);
      child.kill('SIGTERM');
      await ended;
      await rm(dir, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
