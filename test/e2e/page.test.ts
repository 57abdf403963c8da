/** The status page of a running daemon in Chromium, without JavaScript. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import test, { after, before } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { keepScreenshot, openWindow, startBrowser } from './browser.ts';
import { type Fleet, startFleet, token, users } from './fleet.ts';
import { attached, large, scripted } from './hostile.ts';

let fleet: Fleet;
let browser: Browser;

before(async () => {
  [fleet, browser] = await Promise.all([startFleet(), startBrowser()]);
});

after(async () => {
  await browser.close();
  await fleet.stop();
});

async function open(t: test.TestContext, path: string): Promise<Page> {
  const window = await openWindow(browser, fleet.url);
  t.after(() => window.close());
  const page = await window.newPage();
  assert.equal((await page.goto(path))?.status(), 200, path);
  return page;
}

/** The cells of the row that a text stands in. */
async function row(page: Page, text: string): Promise<readonly string[]> {
  const cells = page.getByRole('row').filter({ hasText: text }).first().locator('th, td');
  return (await cells.allInnerTexts()).map((cell) => cell.trim());
}

test('the overview shows the accounts, the fullest first, with the days until they are full', async (t) => {
  const page = await open(t, '/');
  const table = page.getByRole('table', { name: 'Accounts closest to their limits' });
  const names = await table.getByRole('rowheader').allInnerTexts();
  assert.deepEqual(names, users);
  const [, , percent, , used, , days] = await row(page, users[0]);
  assert.match(`${percent} ${used} ${days}`, /^9\d\.\d % 1[89]\.\d MiB of 20\.0 MiB \d days$/);
  assert.deepEqual((await row(page, 'under 50 %')).slice(0, 2), ['under 50 %', '2']);
  assert.deepEqual((await row(page, '90 to 95 %')).slice(0, 2), ['90 to 95 %', '1']);
  await page.getByRole('img', { name: /^Space freed by day: 2\d\d\.\d MiB in 90 days$/ }).waitFor();
  const waiting = page.getByRole('region', { name: 'Waiting' });
  assert.match(
    await waiting.innerText(),
    /keep-a-week: 1 message, .* KiB of bob@example\.com on main: archived, may be deleted from \d{4}/,
  );
  const attention = page.getByRole('region', { name: 'Needs attention' });
  assert.match(await attention.innerText(), /Nothing failed, and nothing is damaged/);
  await keepScreenshot(page, 'fleet');
});

test('from the overview one gets to an account with its history, forecast and folders', async (t) => {
  const page = await open(t, '/');
  await page.getByRole('link', { name: users[0] }).first().click();
  await page.getByRole('heading', { level: 1, name: users[0] }).waitFor();
  await page.getByRole('img', { name: /% full at the last scan, full on \d{4}-\d\d-\d\d/ }).waitFor();
  assert.equal((await row(page, 'INBOX'))[1], '9');
  await keepScreenshot(page, 'account');
});

test('a pause stands on every page, until it ends', async (t) => {
  const page = await open(t, '/');
  const banner = page.getByRole('status').filter({ hasText: 'Paused' });
  assert.equal(await banner.count(), 0);
  await fleet.site.run(['pause', '--reason', 'moving <b>house</b>']);
  for (const path of ['/', '/accounts', '/policies', '/runs', '/archives', '/search']) {
    await page.goto(path);
    assert.match(
      await banner.innerText(),
      /Paused by .* since .*: moving <b>house<\/b>\. Nothing is archived or deleted/,
    );
  }
  await keepScreenshot(page, 'paused');
  await fleet.site.run(['resume']);
  await page.goto('/');
  assert.equal(await banner.count(), 0);
});

test('policies say when they run next, how the last run went, and what they will free', async (t) => {
  const page = await open(t, '/policies');
  const section = async (name: string): Promise<string> => page.getByRole('region', { name }).innerText();
  const old = await section('archive-old');
  assert.match(old, /Next run\s+\d{4}-\d\d-\d\d 02:15/);
  assert.match(old, /Last run\s+\S+ \S+\s+success 2 ok, 0 failed, 0 running/);
  assert.match(old, /Will free next\s+nothing archived so far/);
  assert.match(
    await section('keep-a-week'),
    /Will free next\s+.* KiB, 1 message archived and verified;\s+from \d{4}/,
  );
  assert.match(old, /Covers\s+2 accounts: alice@example\.com, carol@example\.com/);
  assert.match(await section('only-look'), /never automatically: plan mode/);
  await keepScreenshot(page, 'policies');
});

test('all accounts are listed, found by a part of their name, by band, and as CSV', async (t) => {
  const page = await open(t, '/accounts');
  const names = (): Promise<readonly string[]> => page.getByRole('rowheader').allInnerTexts();
  assert.deepEqual(await names(), users);
  await page.getByLabel('Order').selectOption('by name');
  await page.getByLabel('Part of the name').fill('OB@exam');
  await page.getByRole('button', { name: 'Show' }).click();
  assert.deepEqual(await names(), [users[1]]);
  await page.getByLabel('Part of the name').fill('');
  await page.getByLabel('Full', { exact: true }).selectOption('90 to 95 %');
  await page.getByRole('button', { name: 'Show' }).click();
  assert.deepEqual(await names(), [users[0]]);
  const link = await page.getByRole('link', { name: 'All of these as CSV' }).getAttribute('href');
  const response = await page.context().request.get(link ?? '');
  assert.equal(response.headers()['content-type'], 'text/csv; charset=utf-8');
  const [head, ...rows] = (await response.text()).trimEnd().split('\r\n');
  assert.match(head ?? '', /^server,account,root,percent,usedBytes,limitBytes,/);
  assert.equal(rows.length, 1);
  assert.match(rows[0] ?? '', /^main,alice@example\.com,User quota,9\d\.?\d?,\d+,20971520,/);
});

test('an address that is not there is answered in the frame, with the way back', async (t) => {
  const window = await openWindow(browser, fleet.url);
  t.after(() => window.close());
  const page = await window.newPage();
  assert.equal((await page.goto('/no-such-page'))?.status(), 404);
  await page.getByRole('heading', { level: 1, name: 'Not found' }).waitFor();
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Accounts' }).click();
  await page.getByRole('heading', { level: 1, name: 'Accounts' }).waitFor();
});

test('the overview reloads itself only for those who ask for it', async (t) => {
  const page = await open(t, '/');
  const refresh = async (): Promise<string | null | undefined> => (await page.reload())?.headers()['refresh'];
  assert.equal(await refresh(), undefined);
  await page.getByRole('link', { name: 'Refresh every 30 seconds' }).click();
  assert.equal(await refresh(), '30');
});

test('runs are grouped by policy and time, and lead to each run', async (t) => {
  const page = await open(t, '/runs');
  const cells = (await row(page, 'archive-old')).map((cell) => cell.replaceAll(/\s+/g, ' '));
  assert.deepEqual(cells.slice(1, 4), ['archive-old', '2', 'success 2 ok, 0 failed, 0 running']);
  assert.match(cells[4] ?? '', /^64 \(/);
  await page.getByRole('row').filter({ hasText: 'archive-old' }).getByRole('link').first().click();
  const accounts = page.getByRole('row').filter({ hasText: 'archive-old' });
  assert.equal(await accounts.count(), 2);
});

test('runs are listed, filtered, and show what they did', async (t) => {
  const page = await open(t, '/runs');
  await page.getByLabel('Policy').selectOption('archive-old');
  await page.getByLabel(/^Account/).fill('alice@*');
  await page.getByRole('button', { name: 'Show' }).click();
  assert.equal(await page.getByRole('rowheader').count(), 1);
  await keepScreenshot(page, 'runs');
  await page.getByRole('rowheader').getByRole('link').click();
  const facts = await page.getByRole('main').innerText();
  assert.match(facts, /Archived\s+64 messages/);
  assert.match(facts, /Deleted\s+64 messages/);
  await keepScreenshot(page, 'run');
});

test('archives are listed, filtered, and one tells where its mail is', async (t) => {
  const page = await open(t, '/archives');
  await page.getByLabel('Policy').selectOption('keep-a-week');
  await page.getByRole('button', { name: 'Show' }).click();
  assert.match(await page.getByRole('table').innerText(), /bob@example\.com/);
  assert.doesNotMatch(await page.getByRole('table').innerText(), /alice/);
  await keepScreenshot(page, 'archives');
  await page.getByRole('rowheader').getByRole('link').click();
  assert.match(await page.getByRole('main').innerText(), /State\s+verified[^]*1 message awaiting deletion/);
  await keepScreenshot(page, 'archive');
});

test('a search finds a message, which opens as text and downloads as it was', async (t) => {
  const page = await open(t, '/search');
  await page.getByLabel('Search archived mail').fill('from:eve attachment');
  await page.getByRole('button', { name: 'Search' }).click();
  await keepScreenshot(page, 'search');
  await page.getByRole('link', { name: 'with an attachment' }).click();
  await page.getByRole('heading', { level: 1, name: 'with an attachment' }).waitFor();
  const shown = await page.getByRole('main').innerText();
  assert.match(shown, /See the attached file\. Grüße\./);
  assert.match(await page.getByRole('table', { name: /Attachments/ }).innerText(), /text\/html/);
  await keepScreenshot(page, 'message');
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Download as .eml' }).click(),
  ]);
  assert.match(download.suggestedFilename(), /^[0-9a-f]{12}-\d+\.eml$/);
  assert.deepEqual(await readFile(await download.path()), attached.raw);
});

test('a search is narrowed by account and dates, and says how much it shows', async (t) => {
  const page = await open(t, '/search');
  await page.getByLabel(/^Account/).fill('bob@*');
  await page.getByRole('button', { name: 'Search' }).click();
  await page.getByRole('table', { name: 'Messages found: 1, newest first' }).waitFor();
  assert.match(await page.getByRole('rowheader').innerText(), /Bob waits/);
  await page.getByLabel('From day').fill('2024-01-01');
  await page.getByLabel('Before day').fill('2024-01-02');
  await page.getByRole('button', { name: 'Search' }).click();
  await page.getByText('Nothing found.').waitFor();
});

test('long lists are leafed through', async (t) => {
  const page = await open(t, '/search?q=letter');
  const found = (): Promise<number> => page.getByRole('rowheader').count();
  assert.equal(await found(), 50);
  await page.getByRole('link', { name: 'Older' }).click();
  assert.equal(await found(), 10);
  await page.getByRole('link', { name: 'Newer' }).click();
  assert.equal(await found(), 50);
});

test('a query that can not be read is told beside it, and what is not there is a page that says so', async (t) => {
  const page = await open(t, '/search?q=colour:red');
  assert.match(await page.getByRole('alert').innerText(), /Unknown field "colour:"/);
  assert.equal(await page.getByLabel('Search archived mail').inputValue(), 'colour:red');
  assert.equal((await page.goto('/archives/00000000'))?.status(), 404);
  await page.getByRole('heading', { level: 1, name: 'Not found' }).waitFor();
  assert.equal((await page.goto('/runs?result=odd'))?.status(), 400);
});

test('a browser with a wrong token sees nothing but the refusal; with the status token no mail', async (t) => {
  for (const [password, path, status] of [
    ['wrong', '/', 401],
    ['wrong', '/search?q=letter', 401],
    [token, '/', 200],
    [token, '/search?q=letter', 401],
  ] as const) {
    const window = await openWindow(browser, fleet.url, { httpCredentials: { username: 'x', password } });
    t.after(() => window.close());
    const page = await window.newPage();
    const response = await page.goto(path);
    assert.equal(response?.status(), status, `${password} ${path}`);
    if (status === 200) continue;
    assert.match(await page.getByRole('main').innerText(), /^Please log in\s+A valid token is needed\.$/);
    assert.doesNotMatch(await page.content(), /alice|attic/);
  }
});

test('the original of every message comes back, five megabytes too', async (t) => {
  const page = await open(t, '/search?q=megabytes');
  const link = await page.getByRole('rowheader').getByRole('link').getAttribute('href');
  const response = await page.context().request.get(`${link}/download`);
  assert.ok((await response.body()).equals(large.raw));
  await page.goto('/search?q=hostile');
  const other = await page.getByRole('rowheader').getByRole('link').getAttribute('href');
  assert.ok((await (await page.context().request.get(`${other}/download`)).body()).equals(scripted.raw));
});
