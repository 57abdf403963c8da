/** The owners' pages on a real catalog, with mail servers that accept one password each. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { type AccountRef, accountKey } from '../../src/domain/account.ts';
import type { OwnerLogins } from '../../src/ports/owner-logins.ts';
import type { RestoreJob, RestoreWish } from '../../src/ports/restore-jobs.ts';
import { bytes } from '../../src/domain/brands.ts';
import { alice, bob, digest, manifest, message } from '../contract/catalog-samples.ts';
import { openSite, type TestSite } from './page-server.ts';

export { alice, bob };
/** The same user on another server, and a name that differs in the case of a letter. */
export const elsewhere = { server: 'other', account: alice.account };
export const capital = { server: 'main', account: 'Alice@example.com' };
export const oauth = { server: 'main', account: 'olga@example.com' };
export const passwords: Readonly<Record<string, string>> = {
  [accountKey(alice)]: 'password of alice',
  [accountKey(bob)]: 'password of bob',
  [accountKey(elsewhere)]: 'password of the other alice',
  [accountKey(capital)]: 'password of Alice',
};

export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

/** Someone with a browser that keeps cookies. */
export class Visitor {
  readonly cookies = new Map<string, string>();
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(url: string, headers: Readonly<Record<string, string>> = {}) {
    this.#url = url;
    this.#headers = headers;
  }

  async ask(
    path: string,
    init: RequestInit = {},
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(this.#url + path, {
      redirect: 'manual',
      ...init,
      headers: { accept: 'text/html', ...(cookie === '' ? {} : { cookie }), ...this.#headers, ...headers },
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (line.includes('Max-Age=0')) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return { status: response.status, text: await response.text(), headers: response.headers };
  }

  post(
    path: string,
    fields: Readonly<Record<string, string>> | readonly (readonly [string, string])[],
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer> {
    const pairs = Array.isArray(fields) ? fields : Object.entries(fields);
    const body = new URLSearchParams(pairs.map(([name, value]): [string, string] => [name, value]));
    return this.ask(path, { method: 'POST', body }, headers);
  }

  /** The key of a form of a page. */
  async key(path: string, action: string): Promise<string> {
    const { text } = await this.ask(path);
    const form = text.split('<form').find((part) => part.includes(`action="${action}"`)) ?? assert.fail(text);
    return /name="key"\s+value="([^"]+)"/.exec(form)?.[1] ?? assert.fail(form);
  }

  async signIn(name: string, password: string, more: Readonly<Record<string, string>> = {}): Promise<Answer> {
    const key = await this.key('/mine/sign-in', '/mine/sign-in');
    return this.post('/mine/sign-in', { key, name, password, ...more });
  }
}

export interface OwnerSite {
  readonly site: TestSite;
  /** Passwords that reached a mail server. */
  readonly asked: (readonly [key: string, password: string])[];
  /** Servers that can't be asked. */
  readonly down: Set<string>;
  readonly wishes: RestoreWish[];
  readonly jobs: Map<string, RestoreJob>;
  /** Moves the clock, in milliseconds. */
  pass(ms: number): void;
  visitor(headers?: Readonly<Record<string, string>>): Visitor;
  /** Someone who has signed in. */
  owner(account?: AccountRef): Promise<Visitor>;
  /** Puts another mailbox behind the name of alice. */
  move(): void;
}

export const admins = {
  auth: { tokenFile: './token' },
  metrics: { auth: { tokenFile: './token' } },
} as const;

export async function openOwners(
  t: TestContext,
  http: object = { owners: true, ...admins },
  refusalMs = 0,
): Promise<OwnerSite> {
  const asked: (readonly [string, string])[] = [];
  const wishes: RestoreWish[] = [];
  const jobs = new Map<string, RestoreJob>();
  const clock = { at: Date.now() };
  const down = new Set<string>();
  let place = 'one';
  const ownerLogins: OwnerLogins = {
    wayOf: (ref) => (ref.account === oauth.account ? { kind: 'noPassword' } : { kind: 'password', place }),
    async check(ref, password) {
      asked.push([accountKey(ref), password]);
      if (down.has(ref.server)) return 'unavailable';
      return passwords[accountKey(ref)] === password ? 'accepted' : 'refused';
    },
  };
  const restores = {
    start: (wish: RestoreWish) => {
      const id = `job-${wishes.push(wish)}`;
      jobs.set(id, jobOf(id, wish));
      return id;
    },
    job: (id: string) => jobs.get(id) ?? null,
  };
  const accounts = [alice, bob, elsewhere, capital, oauth].map(({ server, account }) => ({
    user: account,
    server,
    passwordFile: './password',
  }));
  const servers = Object.fromEntries(
    ['main', 'other'].map((name) => [name, { host: '127.0.0.1', port: 1, tls: 'none' }]),
  );
  const site = await openSite(t, http, '127.0.0.1', () => ({ accounts, servers }), {
    ownerLogins,
    restores,
    refusalMs,
    clock: { now: () => new Date(clock.at) },
  });
  const url = `http://127.0.0.1:${site.web.port}`;
  const visitor: OwnerSite['visitor'] = (headers) => new Visitor(url, headers);
  return {
    site,
    asked,
    down,
    wishes,
    jobs,
    pass: (ms) => void (clock.at += ms),
    visitor,
    async owner(account = alice) {
      const one = visitor();
      const password = passwords[accountKey(account)] ?? assert.fail();
      const answer = await one.signIn(account.account, password, { server: account.server });
      assert.deepEqual([answer.status, answer.headers.get('location')], [303, '/mine'], answer.text);
      return one;
    },
    move: () => void (place = 'two'),
  };
}

function jobOf(id: string, wish: RestoreWish): RestoreJob {
  const messages = { done: 1, total: 2 };
  return {
    id,
    wish,
    started: new Date(),
    state: 'running',
    messages,
    counts: null,
    fault: null,
    lines: ['of admins'],
  };
}

/** An archive with two messages of each account. Returns its ID. */
export async function archiveOf(
  { site }: OwnerSite,
  account: AccountRef,
  subject: string,
  encrypted = false,
): Promise<string> {
  const messages = [1, 2].map((number) => message(number, { subject: `${subject} ${number}` }));
  const id = digest(accountKey(account) + subject);
  const object = { bytes: bytes(9), sha256: digest('sealed') };
  const encryption = { type: 'age' as const, recipients: digest('recipients'), ...object };
  await site.app.catalog.addArchive(
    manifest(messages, { ...account, id, ...(encrypted ? { encryption } : {}) }),
    `${id}.json`,
    null,
    encrypted ? { manifestObject: digest('sealed manifest') } : {},
  );
  return id;
}
