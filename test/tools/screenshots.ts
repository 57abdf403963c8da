/** Makes the pictures of the documentation (`npm run screenshots`): docs/images/*.png. Needs Chromium and pngquant. */
import { execFileSync } from 'node:child_process';
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BrowserContextOptions, type Page } from 'playwright-core';
import { openWindow, startBrowser } from '../e2e/browser.ts';
import { owner, startShowcase } from '../e2e/showcase.ts';
import { signIn } from '../e2e/tour.ts';

const directory = fileURLToPath(new URL('../../docs/images', import.meta.url));
const desk = { width: 1_280, height: 720 };
const phone = { width: 390, height: 780 };

interface Picture {
  readonly name: string;
  readonly path: string;
  readonly options: BrowserContextOptions;
  readonly asOwner?: boolean;
  /** Moves to what is to be seen. */
  readonly prepare?: (page: Page) => Promise<void>;
}

const pictures: readonly Picture[] = [
  { name: 'overview', path: '/', options: { viewport: desk, colorScheme: 'light' } },
  { name: 'overview-phone', path: '/', options: { viewport: phone, colorScheme: 'dark' } },
  { name: 'accounts', path: '/accounts', options: { viewport: desk, colorScheme: 'dark' } },
  {
    name: 'account',
    path: `/accounts/main/${encodeURIComponent(owner)}`,
    options: { viewport: desk, colorScheme: 'light' },
  },
  { name: 'policies', path: '/policies', options: { viewport: desk, colorScheme: 'light' } },
  {
    name: 'search',
    path: '/search?q=subject:offer+OR+subject:invoice',
    options: { viewport: desk, colorScheme: 'light' },
  },
  { name: 'owner', path: '/mine', options: { viewport: desk, colorScheme: 'light' }, asOwner: true },
  { name: 'owner-phone', path: '/mine', options: { viewport: phone, colorScheme: 'light' }, asOwner: true },
];

const [fleet, browser] = await Promise.all([startShowcase(), startBrowser()]);
try {
  await mkdir(directory, { recursive: true });
  for (const { name, path, options, asOwner = false, prepare } of pictures) {
    const window = await openWindow(browser, fleet.url, options);
    if (asOwner) await signIn(window, owner);
    const page = await window.newPage();
    await page.goto(path);
    await prepare?.(page);
    const file = join(directory, `${name}.png`);
    await page.screenshot({ path: file });
    execFileSync('pngquant', ['--force', '--skip-if-larger', '--ext', '.png', '--speed', '1', '64', file]);
    process.stdout.write(`${name}.png ${Math.round((await stat(file)).size / 1024)} KiB\n`);
    await window.close();
  }
} finally {
  await browser.close();
  await fleet.stop();
}
