import assert from 'node:assert/strict';
import test from 'node:test';
import { bytes } from '../../src/domain/brands.ts';
import type { LineFacts } from '../../src/ports/lines.ts';
import { day, manifest, message, numbered } from './catalog-samples.ts';
import type { MakeCatalog } from './catalog.ts';

/** How every catalog gives the lines of an archive with many of them. */
export function linesContract(name: string, make: MakeCatalog): void {
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
