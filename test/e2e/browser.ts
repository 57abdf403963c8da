/** Chromium from Debian, with JavaScript off unless a test asks for it, and screenshots where they are wanted. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core';
import { mailToken } from './fleet.ts';

/** Where the screenshots of a test run are left to be looked at; not set: none are made. */
const screenshots = process.env['MOTHBALL_SCREENSHOTS'];

export const phone = { width: 360, height: 740 } as const;
export const desk = { width: 1_200, height: 900 } as const;

export function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
}

/** A window of someone who logs in with the mail token, as a browser does it. */
export async function openWindow(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<BrowserContext> {
  return await browser.newContext({
    baseURL: url,
    javaScriptEnabled: false,
    viewport: desk,
    httpCredentials: { username: 'anyone', password: mailToken },
    ...options,
  });
}

export async function keepScreenshot(page: Page, name: string): Promise<void> {
  if (screenshots === undefined) return;
  await mkdir(screenshots, { recursive: true });
  await page.screenshot({ path: join(screenshots, `${name}.png`), fullPage: true });
}
