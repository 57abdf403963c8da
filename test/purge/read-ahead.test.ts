import assert from 'node:assert/strict';
import test from 'node:test';
import { sha256 } from '../../src/domain/brands.ts';
import { covers } from '../../src/purge/read-ahead.ts';

const archive = (id: string, manifest: string, lines: readonly number[]) => ({
  record: { id: sha256(id.repeat(64)), manifestSha256: sha256(manifest.repeat(64)) },
  entries: lines.map((line) => ({ line })),
});
const read = archive('a', 'b', [0, 1, 2]);
const minute = 60_000;

const rows = [
  { what: 'the same archive, read just now', asked: read, now: 0, still: true },
  { what: 'fewer of its lines', asked: archive('a', 'b', [1]), now: 0, still: true },
  { what: 'a line that was not compared', asked: archive('a', 'b', [1, 3]), now: 0, still: false },
  { what: 'another archive', asked: archive('c', 'b', [1]), now: 0, still: false },
  { what: 'the archive under a new manifest', asked: archive('a', 'c', [1]), now: 0, still: false },
  { what: 'it a moment before a minute is over', asked: read, now: minute - 1, still: true },
  { what: 'it after a minute', asked: read, now: minute, still: false },
  { what: 'it by a clock that was set back', asked: read, now: -1, still: false },
];

for (const { what, asked, now, still } of rows) {
  test(`an archive that was read ahead ${still ? 'need not' : 'must'} be read again for ${what}`, () => {
    assert.equal(covers(read, new Date(0), asked, new Date(now)), still);
  });
}
