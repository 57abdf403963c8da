/** Hostile mail, small screens, other colours, the keyboard: with JavaScript on, where something could run. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { desk, keepScreenshot, openWindow, phone, startBrowser } from './browser.ts';
import { contrastFaults } from './contrast.ts';
import { startFleet, type Fleet } from './fleet.ts';

let fleet: Fleet;
let browser: Browser;
/** Every kind of page, with a message of each hostile kind. */
let paths: readonly string[];

before(async () => {
  [fleet, browser] = await Promise.all([startFleet(), startBrowser()]);
  const window = await openWindow(browser, fleet.url);
  const page = await window.newPage();
  const first = async (path: string): Promise<string> => {
    await page.goto(path);
    return (await page.getByRole('rowheader').getByRole('link').first().getAttribute('href')) ?? assert.fail(path);
  };
  paths = [
    '/',
    '/accounts/main/alice%40example.com',
    '/policies',
    '/runs',
    await first('/runs'),
    '/archives',
    await first('/archives'),
    '/search?q=from:eve',
    await first('/search?q=hostile'),
    await first('/search?q=control'),
    await first('/search?q=attachment'),
    await first('/search?q=megabytes'),
    '/archives/00000000',
  ];
  await window.close();
});

after(async () => {
  await browser.close();
  await fleet.stop();
});

async function eachPage(
  t: test.TestContext,
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

test('nothing in a message runs, loads or becomes markup, and no page breaks its own rules', async (t) => {
  const window = await openWindow(browser, fleet.url, { javaScriptEnabled: true });
  t.after(() => window.close());
  const page = await window.newPage();
  const asked: string[] = [];
  const said: string[] = [];
  page.on('request', (request) => asked.push(new URL(request.url()).origin));
  page.on('console', (line) => said.push(line.text()));
  page.on('dialog', (dialog) => said.push(dialog.message()));
  for (const path of paths) {
    const response = await page.goto(path);
    assert.doesNotMatch(await page.title(), /^owned/);
    assert.equal(await page.locator('script, iframe, object, embed, main img, [onerror], [style]').count(), 0, path);
    assert.equal(await page.locator('a[href^="javascript:"], form[action^="http"]').count(), 0, path);
    const { 'content-security-policy': policy } = response?.headers() ?? {};
    assert.match(policy ?? '', /^default-src 'none'; style-src 'self'; img-src 'self' data:;/);
    // Characters that move the cursor or turn the text are shown, not sent.
    // eslint-disable-next-line no-control-regex
    assert.doesNotMatch(await page.content(), /[\u0000-\u0008\u000b-\u001f\u007f\u202a-\u202e]/, path);
  }
  assert.deepEqual([...new Set(asked)], [fleet.url]);
  assert.deepEqual(said.filter((line) => !line.includes('404')), []);
});

test('control characters of a subject and a text can be read as what they are', async (t) => {
  const window = await openWindow(browser, fleet.url);
  t.after(() => window.close());
  const page = await window.newPage();
  await page.goto(paths[9] ?? '');
  const text = await page.getByRole('main').innerText();
  assert.match(text, /\\u\{1b\}\[31mred\\u\{7\}\\u\{202e\}txt\.exe/);
  assert.match(text, /before \\u\{1b\}\]0;owned\\u\{7\} after/);
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`on a phone, ${colorScheme}, no page is wider than the screen`, async (t) => {
    await eachPage(t, { viewport: phone, colorScheme, javaScriptEnabled: true }, async (page, path) => {
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(width <= phone.width, `${path} is ${width} wide`);
      if (!path.includes('runs/')) await keepScreenshot(page, `phone-${colorScheme}${path.replaceAll(/\W+/g, '-').slice(0, 24)}`);
    });
  });

  test(`all text stands out from its ground, ${colorScheme} (WCAG 2.2, 1.4.3)`, async (t) => {
    await eachPage(t, { viewport: desk, colorScheme, javaScriptEnabled: true }, async (page, path) => {
      assert.deepEqual(await contrastFaults(page), [], path);
    });
  });
}

test('the two schemes have different grounds', async (t) => {
  const ground = async (colorScheme: 'light' | 'dark'): Promise<string> => {
    const window = await openWindow(browser, fleet.url, { colorScheme, javaScriptEnabled: true });
    t.after(() => window.close());
    const page = await window.newPage();
    await page.goto('/');
    return await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  };
  assert.deepEqual([await ground('light'), await ground('dark')], ['rgb(255, 255, 255)', 'rgb(18, 22, 28)']);
});

test('the keyboard reaches every link, field and table, in order, and shows where it is', async (t) => {
  await eachPage(t, { javaScriptEnabled: true }, async (page, path) => {
    const wanted = await page.evaluate(() => document.querySelectorAll('a, button, input, select, summary, [tabindex="0"]').length);
    const reached: number[] = [];
    for (let step = 0; step < wanted; step++) {
      await page.keyboard.press('Tab');
      const { index, outlined } = await page.evaluate(() => {
        const all = [...document.querySelectorAll('a, button, input, select, summary, [tabindex="0"]')];
        const focused = document.activeElement ?? document.body;
        return { index: all.indexOf(focused), outlined: getComputedStyle(focused).outlineStyle !== 'none' };
      });
      reached.push(index);
      assert.ok(outlined, `${path}: focus is not seen on ${index}`);
    }
    // A closed <details> hides what is in it: that is not reached, and need not be.
    const visible = reached.filter((index) => index >= 0);
    assert.deepEqual(visible, visible.toSorted((a, b) => a - b), path);
    const hidden = await page.evaluate(() => document.querySelectorAll('details:not([open]) [tabindex="0"]').length);
    assert.equal(new Set(visible).size, wanted - hidden, path);
  });
});

test('pages have their landmarks, one heading, labelled fields, and captions on tables', async (t) => {
  await eachPage(t, {}, async (page, path) => {
    for (const role of ['banner', 'main', 'contentinfo'] as const)
      assert.equal(await page.getByRole(role).count(), 1, `${path} ${role}`);
    await page.getByRole('navigation', { name: 'Rooms' }).waitFor();
    assert.equal(await page.getByRole('heading', { level: 1 }).count(), 1, path);
    assert.equal(await page.locator('html').getAttribute('lang'), 'en');
    for (const table of await page.locator('table').all()) assert.equal(await table.locator('caption').count(), 1, path);
    for (const input of await page.locator('input, select').all()) {
      const id = await input.getAttribute('id');
      assert.equal(await page.locator(`label[for="${id}"]`).count(), 1, `${path} ${id}`);
    }
    for (const chart of await page.locator('svg:not([aria-hidden])').all())
      assert.match((await chart.locator('title').textContent()) ?? '', /\w/, path);
  });
});
