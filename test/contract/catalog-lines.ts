import assert from 'node:assert/strict';
import test from 'node:test';
import { bytes } from '../../src/domain/brands.ts';
import { manifestDigest } from '../../src/format/manifest.ts';
import type { LineFacts } from '../../src/ports/lines.ts';
import { day, digest, inbox, manifest, message, numbered } from './catalog-samples.ts';
import type { MakeCatalog } from './catalog.ts';

/** How every catalog gives archives and their lines back. */
export function linesContract(name: string, make: MakeCatalog): void {
  test(`${name}: an archive and each of its lines come back as the manifest has them`, async (t) => {
    const catalog = await make(t);
    const lines = [
      message(1),
      message(2, {
        date: day(9).toISOString(),
        labels: ['Ärger', '\\Inbox'],
        flags: [],
        crlf: false,
        addedNewline: true,
        sizeMismatch: true,
        subject: 'Zażółć "gęślą" \u2028 jaźń',
        headers: { 'list-id': ['<a>', ''] },
        frame: { offset: bytes(2 ** 40), length: bytes(77) },
      }),
      message(3, { messageId: null, from: null, to: null, subject: null, emailId: null, size: bytes(0) }),
    ];
    const spelled = { delimiter: null, prefix: 'INBOX.' };
    const head = { ...manifest(lines).head, ...spelled, objectVersion: 'version-1' };
    await catalog.addArchive({ head, messages: lines }, 'the/manifest', null);
    assert.deepEqual(await catalog.lines(head.id), lines);
    assert.deepEqual(await catalog.archive(head.id), {
      ...inbox,
      id: head.id,
      store: 'local',
      key: head.key,
      manifestKey: 'the/manifest',
      objectVersion: 'version-1',
      encryption: null,
      origin: 'found',
      roles: ['inbox'],
      spelling: spelled,
      manifestSha256: await manifestDigest({ head, messages: lines }),
      policy: 'old',
      policyHash: head.policyHash,
      run: 'run-1',
      format: 'mbox',
      compression: 'zstd',
      messages: 3,
      bytes: 2003,
      storedBytes: 5000,
      created: day(2),
      verifiedAt: null,
      state: 'sealed',
      stateReason: null,
    });
    assert.equal(await catalog.archive(digest('other')), null);
    assert.deepEqual(await catalog.lines(digest('other')), []);
  });

  test(`${name}: what tells messages apart is given for every line, some at a time`, async (t) => {
    const catalog = await make(t);
    const few = [message(1, { flags: ['\\flagged'], size: bytes(0) }), message(2, { emailId: null })];
    // More than two pages, and the last one full.
    const many = numbered(10, 10_009);
    for (const [index, lines] of [few, many].entries())
      await catalog.addArchive(manifest(lines), `m${index}`, null);
    for (const lines of [few, many]) {
      const facts: LineFacts[] = [];
      let most = 0;
      for await (const some of catalog.lineFacts(manifest(lines).head.id)) {
        facts.push(...some);
        most = Math.max(most, some.length);
      }
      const expected = lines.map(({ uid, size, flags, sha256, emailId }, line): LineFacts => {
        return { line, uid, size, internalDate: day(1), flags, sha256, emailId };
      });
      assert.deepEqual(facts, expected);
      assert.ok(most <= 5000);
      assert.deepEqual(await catalog.lines(manifest(lines).head.id), lines);
    }
    for await (const some of catalog.lineFacts(manifest([message(5)]).head.id)) assert.deepEqual(some, []);
  });
}
