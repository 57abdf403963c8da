import assert from 'node:assert/strict';
import test from 'node:test';
import { openSite } from './page-server.ts';

test('pages, style, API and refusals carry the same headers: one known script, no frame, no cache, no referrer', async (t) => {
  const { get } = await openSite(t, {});
  for (const path of ['/', '/style.css', '/api/v1/status', '/search', '/nothing', '/archives/zz']) {
    const { headers } = await get(path);
    assert.equal(
      headers.get('content-security-policy')?.replace(/'sha256-[\w+/]{43}='/, 'HASH'),
      "default-src 'none'; script-src HASH; style-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
      path,
    );
    assert.equal(headers.get('x-content-type-options'), 'nosniff');
    assert.equal(headers.get('referrer-policy'), 'no-referrer');
    assert.equal(headers.get('cache-control'), 'no-store');
    assert.equal(headers.get('cross-origin-resource-policy'), 'same-origin');
    assert.equal(headers.get('strict-transport-security'), null, 'not over plain HTTP');
  }
});

test('behind a proxy with TLS the browser is told to stay with TLS', async (t) => {
  const { web } = await openSite(t, {});
  const response = await fetch(`http://127.0.0.1:${web.port}/`, {
    headers: { 'x-forwarded-proto': 'https' },
  });
  assert.match(response.headers.get('strict-transport-security') ?? '', /^max-age=\d{7,}$/);
});
