/** The page on small screens, in both colour schemes, by keyboard, and for who can't see it. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import type { Browser } from 'playwright-core';
import { axeFindings } from './axe.ts';
import { desk, keepScreenshot, openWindow, phone, startBrowser } from './browser.ts';
import { contrastFaults } from './contrast.ts';
import { type Fleet, startFleet } from './fleet.ts';
import { eachPage, type Tour, tourOf } from './tour.ts';

let fleet: Fleet;
let browser: Browser;
let tour: Tour;
let all: readonly string[];

before(async () => {
  [fleet, browser] = await Promise.all([startFleet(), startBrowser()]);
  tour = await tourOf(browser, fleet);
  all = [...tour.paths, ...tour.others];
});

after(async () => {
  await browser.close();
  await fleet.stop();
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`on a phone, ${colorScheme}, no page is wider than the screen`, async (t) => {
    await eachPage(
      t,
      browser,
      fleet,
      [...all, tour.large, '/no-such-page'],
      { viewport: phone, colorScheme, javaScriptEnabled: true },
      async (page, path) => {
        const width = await page.evaluate<number>('document.documentElement.scrollWidth');
        assert.ok(width <= phone.width, `${path} is ${width} wide`);
        const name = path.replaceAll(/[^a-z]+/g, '-').slice(0, 24);
        // Five megabytes of text on a phone make a picture that takes half a minute to paint.
        if (path !== tour.large)
          await keepScreenshot(page, `phone-${colorScheme}-${all.indexOf(path)}${name}`);
      },
    );
  });

  test(`axe-core finds nothing on any page, and all text stands out from its ground (WCAG 2.2, 1.4.3), ${colorScheme}`, async (t) => {
    const found: string[] = [];
    const options = { viewport: desk, colorScheme, javaScriptEnabled: true } as const;
    await eachPage(t, browser, fleet, [...all, '/no-such-page'], options, async (page, path) => {
      for (const finding of [...(await axeFindings(page)), ...(await contrastFaults(page))])
        found.push(`${path}: ${finding}`);
      const name = path.replaceAll(/[^a-z]+/g, '-').slice(0, 24);
      await keepScreenshot(page, `${colorScheme}-${all.indexOf(path)}${name}`);
    });
    assert.deepEqual(found, []);
  });
}

test('the two schemes have different grounds', async (t) => {
  const ground = async (colorScheme: 'light' | 'dark'): Promise<string> => {
    const window = await openWindow(browser, fleet.url, { colorScheme, javaScriptEnabled: true });
    t.after(() => window.close());
    const page = await window.newPage();
    await page.goto('/');
    return await page.evaluate<string>('getComputedStyle(document.documentElement).backgroundColor');
  };
  assert.deepEqual([await ground('light'), await ground('dark')], ['rgb(255, 255, 255)', 'rgb(18, 22, 28)']);
});

/** What the keyboard must reach, as the browser finds it. */
const reachable = `[...document.querySelectorAll('a, button, input:not([type=hidden]), select, summary, [tabindex="0"]')]`;

test('the keyboard reaches every link, field and table, in order, and shows where it is', async (t) => {
  await eachPage(t, browser, fleet, all, { javaScriptEnabled: true }, async (page, path) => {
    const wanted = await page.evaluate<number>(`${reachable}.length`);
    const reached: number[] = [];
    // The day, month, year and calendar of a date are four stops.
    const dates = await page.locator('input[type=date]').count();
    for (let step = 0; step < wanted + 3 * dates; step++) {
      await page.keyboard.press('Tab');
      const index = await page.evaluate<number>(`${reachable}.indexOf(document.activeElement)`);
      if (index !== reached.at(-1)) reached.push(index);
      const outline = await page.evaluate<string>('getComputedStyle(document.activeElement).outlineStyle');
      assert.ok(index < 0 || outline !== 'none', `${path}: focus is not seen on ${index}`);
    }
    // A closed <details> hides what is in it: that is not reached, and need not be.
    const visible = reached.filter((index) => index >= 0);
    assert.deepEqual(
      visible,
      visible.toSorted((a, b) => a - b),
      path,
    );
    const hidden = await page.evaluate<number>(
      `document.querySelectorAll('details:not([open]) :is(input, [tabindex="0"])').length`,
    );
    assert.equal(new Set(visible).size, wanted - hidden, path);
  });
});

test('pages have their landmarks, one heading, labelled fields, and captions on tables', async (t) => {
  await eachPage(t, browser, fleet, all, {}, async (page, path) => {
    for (const role of ['banner', 'main', 'contentinfo'] as const)
      assert.equal(await page.getByRole(role).count(), 1, `${path} ${role}`);
    // Before the sign-in, and in an error, there is nowhere to go.
    if (!/sign-in|0{64}/.test(path)) await page.getByRole('navigation', { name: 'Main' }).waitFor();
    assert.equal(await page.getByRole('heading', { level: 1 }).count(), 1, path);
    assert.equal(await page.locator('html').getAttribute('lang'), 'en');
    for (const table of await page.locator('table').all())
      assert.equal(await table.locator('caption').count(), 1, path);
    for (const input of await page.locator('input:not([type=hidden]), select').all()) {
      const id = await input.getAttribute('id');
      assert.equal(await page.locator(`label[for="${id}"]`).count(), 1, `${path} ${id}`);
    }
    for (const chart of await page.locator('svg:not([aria-hidden])').all())
      assert.match((await chart.locator('title').textContent()) ?? '', /\w/, path);
  });
});
