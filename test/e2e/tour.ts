/** Every kind of page of a fleet, with a message of each hostile kind. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { openWindow } from './browser.ts';
import { type Fleet, restoreToken, users } from './fleet.ts';

export interface Tour {
  /** One of them is of an archive that is not there. */
  readonly paths: readonly string[];
  /** Pages that the mail token does not open: of restores, and of an owner. */
  readonly others: readonly string[];
  /** The message with control characters; and the one of five megabytes, which costs seconds and is not among the paths. */
  readonly controlling: string;
  readonly large: string;
}

export async function tourOf(browser: Browser, fleet: Fleet): Promise<Tour> {
  const window = await openWindow(browser, fleet.url);
  const page = await window.newPage();
  const first = async (path: string): Promise<string> => {
    await page.goto(path);
    return (
      (await page.getByRole('rowheader').getByRole('link').first().getAttribute('href')) ?? assert.fail(path)
    );
  };
  const controlling = await first('/search?q=control');
  const large = await first('/search?q=megabytes');
  const firing = await first('/runs');
  const paths = [
    '/',
    '/accounts',
    '/accounts?by=domain',
    '/accounts/main/alice%40example.com',
    '/policies',
    '/stores',
    '/runs',
    firing,
    await first(firing),
    '/archives',
    await first('/archives'),
    '/search?q=from:eve',
    await first('/search?q=hostile'),
    controlling,
    await first('/search?q=attachment'),
    '/archives/00000000',
  ];
  await window.close();
  return { paths, others: await othersOf(browser, fleet, controlling), controlling, large };
}

/** Both restore one message on the way. */
async function othersOf(browser: Browser, fleet: Fleet, message: string): Promise<readonly string[]> {
  const form = `/restore?id=${encodeURIComponent(message.replace('/messages/', ''))}`;
  const admin = await windowFor(browser, fleet, form, {});
  const page = await admin.newPage();
  await page.goto(form);
  await page.getByLabel('Folder').fill('Back');
  await page.getByRole('button', { name: 'Restore' }).click();
  const job = await ended(page);
  const owner = await windowFor(browser, fleet, '/mine', {});
  const mine = await owner.newPage();
  await mine.goto('/mine?q=attic');
  const first = (await mine.getByRole('rowheader').getByRole('link').first().getAttribute('href')) ?? '';
  await mine.getByRole('checkbox').first().check();
  await mine.getByLabel('Put it into').selectOption('restored');
  await mine.getByRole('button', { name: 'Restore the chosen' }).click();
  const own = await ended(mine);
  await Promise.all([admin.close(), owner.close()]);
  const lost = `/mine/messages/${'0'.repeat(64)}/0`;
  return [form, job, '/mine/sign-in', '/mine', '/mine?q=attic&since=2020-01-01', first, own, lost];
}

/** Waits for the end of the restore that the page shows; its path. */
async function ended(page: Page): Promise<string> {
  for (;;) {
    const state = await page.locator('dl.facts dd').first().innerText();
    if (!/waiting|running/.test(state)) {
      assert.equal(state, 'done', await page.getByRole('main').innerText());
      return new URL(page.url()).pathname;
    }
    await page.waitForTimeout(200);
    await page.reload();
  }
}

/** A window of someone whom the page lets in. */
async function windowFor(
  browser: Browser,
  fleet: Fleet,
  path: string,
  options: BrowserContextOptions,
): Promise<BrowserContext> {
  if (path.startsWith('/restore')) {
    const httpCredentials = { username: 'anyone', password: restoreToken };
    return await openWindow(browser, fleet.url, { ...options, httpCredentials });
  }
  const window = await openWindow(browser, fleet.url, options);
  if (path.startsWith('/mine')) await signIn(window, users[0]);
  return window;
}

/** As an owner does it. */
export async function signIn(window: BrowserContext, account: string): Promise<void> {
  const page = await window.newPage();
  await page.goto('/mine');
  await page.getByLabel('User name of the mailbox').fill(account);
  await page.getByLabel('Password of the mailbox').fill('secret');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { level: 1, name: 'My archived mail' }).waitFor();
  await page.close();
}

/** Looks at each page, in one window for each kind of visitor. */
export async function eachPage(
  t: TestContext,
  browser: Browser,
  fleet: Fleet,
  paths: readonly string[],
  options: BrowserContextOptions,
  look: (page: Page, path: string) => Promise<void>,
): Promise<void> {
  const kinds = Map.groupBy(paths, (path) => /^\/(?:restore|mine)/.exec(path)?.[0] ?? '/');
  for (const group of kinds.values()) {
    const window = await windowFor(browser, fleet, group[0] ?? '/', options);
    t.after(() => window.close());
    const page = await window.newPage();
    for (const path of group) {
      await page.goto(path);
      await look(page, path);
    }
  }
}
