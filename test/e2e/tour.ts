/** Every kind of page of a fleet, with a message of each hostile kind. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { openWindow } from './browser.ts';
import type { Fleet } from './fleet.ts';

export interface Tour {
  /** One of them is of an archive that is not there. */
  readonly paths: readonly string[];
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
  return { paths, controlling, large };
}

/** Looks at each page in one window. */
export async function eachPage(
  t: TestContext,
  browser: Browser,
  fleet: Fleet,
  paths: readonly string[],
  options: BrowserContextOptions,
  look: (page: Page, path: string) => Promise<void>,
): Promise<void> {
  const window = await openWindow(browser, fleet.url, options);
  t.after(() => window.close());
  const page = await window.newPage();
  for (const path of paths) {
    await page.goto(path);
    await look(page, path);
  }
}
