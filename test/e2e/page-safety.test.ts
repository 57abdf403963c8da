/** Hostile mail on the page, with JavaScript on, where something could run. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import test, { after, before } from 'node:test';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { openWindow, startBrowser } from './browser.ts';
import { type Fleet, startFleet } from './fleet.ts';
import { eachPage, type Tour, tourOf } from './tour.ts';

let fleet: Fleet;
let browser: Browser;
let tour: Tour;

before(async () => {
  [fleet, browser] = await Promise.all([startFleet(), startBrowser()]);
  tour = await tourOf(browser, fleet);
});

after(async () => {
  await browser.close();
  await fleet.stop();
});

test('nothing in a message runs, loads or becomes markup, and no page breaks its own rules', async (t) => {
  const window = await openWindow(browser, fleet.url, { javaScriptEnabled: true });
  t.after(() => window.close());
  const page = await window.newPage();
  const asked: string[] = [];
  const said: string[] = [];
  page.on('request', (request) => asked.push(new URL(request.url()).origin));
  page.on('console', (line) => said.push(line.text()));
  page.on('dialog', (dialog) => said.push(dialog.message()));
  for (const path of [...tour.paths, tour.large]) {
    const response = await page.goto(path);
    assert.doesNotMatch(await page.title(), /^owned/);
    assert.equal(await page.locator('iframe, object, embed, main img, [onerror], [style]').count(), 0, path);
    const scripts = await page.locator('script').allTextContents();
    assert.equal(scripts.length, 1, path);
    const hash = createHash('sha256')
      .update(scripts[0] ?? '')
      .digest('base64');
    assert.equal(await page.locator('a[href^="javascript:"], form[action^="http"]').count(), 0, path);
    const { 'content-security-policy': policy } = response?.headers() ?? {};
    const own = `default-src 'none'; script-src 'sha256-${hash}'; style-src 'self'; img-src 'self' data:;`;
    assert.ok(policy?.startsWith(own), policy);
    // Characters that move the cursor or turn the text are shown, not sent.
    // eslint-disable-next-line no-control-regex
    assert.doesNotMatch(await page.content(), /[\u0000-\u0008\u000b-\u001f\u007f\u202a-\u202e]/, path);
  }
  assert.deepEqual([...new Set(asked)], [fleet.url]);
  assert.deepEqual(
    said.filter((line) => !line.includes('404')),
    [],
  );
});

test('times are in the zone of a browser that runs the script, on pages of admins and owners, and otherwise in UTC', async (t) => {
  const texts = async (options: BrowserContextOptions, path: string): Promise<readonly string[]> => {
    let found: readonly string[] = [];
    await eachPage(t, browser, fleet, [path], options, async (page) => {
      found = await page.locator('time, #zone').allTextContents();
    });
    return found;
  };
  const clock = /^\d{4}-\d\d-\d\d \d\d:\d\d$/;
  for (const path of [tour.controlling, '/mine?q=attic']) {
    const plain = { timezoneId: 'Asia/Kathmandu' };
    const utc = await texts(plain, path);
    const local = await texts({ ...plain, javaScriptEnabled: true }, path);
    assert.equal(utc.at(-1), 'all times are UTC');
    assert.match(local.at(-1) ?? '', /^times are in Asia\/(?:Kathmandu|Katmandu), whole days .* in UTC$/);
    assert.equal(local.length, utc.length);
    // The last but one is the time of the page itself.
    for (const [index, text] of local.slice(0, -2).entries()) {
      assert.match(text, clock);
      const ahead = Date.parse(`${text}Z`) - Date.parse(`${utc[index]}Z`);
      assert.equal(ahead, (5 * 60 + 45) * 60_000, `${path}: ${utc[index]} became ${text}`);
    }
  }
});

test('control characters of a subject and a text can be read as what they are', async (t) => {
  const window = await openWindow(browser, fleet.url);
  t.after(() => window.close());
  const page = await window.newPage();
  await page.goto(tour.controlling);
  const text = await page.getByRole('main').innerText();
  assert.match(text, /\\u\{1b\}\[31mred\\u\{7\}\\u\{202e\}txt\.exe/);
  assert.match(text, /before \\u\{1b\}\]0;owned\\u\{7\} after/);
});
